"""Which D(n) an induction V[n] <= D(n) is tried with: the claim's own bound, then c/(n + s)^p."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from theoryck.claims.expressions import Order
from theoryck.derive.measure import Target
from theoryck.derive.routes.sums import leading, parts_of
from theoryck.derive.rules.base import NotApplicableError
from theoryck.derive.rules.recursions import start_of
from theoryck.derive.rules.weighted import Recursion
from theoryck.derive.setting import ITERATION, Setting, start_relation
from theoryck.derive.statements import Quantity
from theoryck.derive.symbols import ZERO

Shape = tuple[int, sympy.Expr]


def shapes(
    setting: Setting,
    known: Recursion,
    potential: Quantity,
    index: sympy.Expr,
    target: Target,
    factor: sympy.Expr,
) -> Iterator[Shape]:
    """Where the induction begins, and D with k for n.

    ``factor``: what is measured is at most this multiple of the potential.
    """
    if not isinstance(setting.claim.bound, Order) and not target.measured.root:
        yield from _claimed(setting, index, target, factor)
    if ITERATION in known.ratio.free_symbols | known.noise.free_symbols:
        yield from _natural(setting, known, potential)


def _claimed(
    setting: Setting, index: sympy.Expr, target: Target, factor: sympy.Expr
) -> Iterator[Shape]:
    """The claimed bound itself, read as a function of the iterate's number."""
    names = [s for s in index.free_symbols if sympy.expand(index - s).is_Integer]
    if len(names) != 1 or names[0] not in setting.bound.free_symbols:
        return
    moved = ITERATION - sympy.expand(index - names[0])
    claimed = (setting.bound - target.offset) / (target.scale * factor)
    shape = claimed.subs(names[0], moved)
    for begin in (0, 1):
        value = shape.subs(ITERATION, begin)
        if not value.has(sympy.zoo, sympy.nan, sympy.oo):
            yield begin, shape


def _natural(setting: Setting, known: Recursion, potential: Quantity) -> Iterator[Shape]:
    """With r(k) = 1 - c*(k + s)**(-q) + ... and B(k) = B*(k + s)**(-2q) + ...: D = Q/(k + s)**q.

    The induction step asks for about (c - q)*Q >= B where q = 1, and (c - q/2)*Q >= B below; the
    start for Q >= V[0]*s**q.
    """
    lost, noise = (parts_of(sympy.expand(e)) for e in (1 - known.ratio, known.noise))
    slow, loud = leading(lost) if lost else None, leading(noise) if noise else None
    if slow is None or loud is None or not slow.power.is_Rational:
        return
    power = slow.power
    if loud.power < 2 * power or not 0 < power <= 1:
        return
    spare = slow.factor - power
    if spare.is_nonpositive:
        return
    needed = sympy.factor(loud.factor / spare)
    for begin, first in _starts(setting, known, potential):
        if begin == 1 or not slow.shift.is_zero:
            at_start = first * (slow.shift + begin) ** power
            yield (
                begin,
                sympy.Max(needed, sympy.factor(at_start)) / (ITERATION + slow.shift) ** power,
            )
    if power == 1:
        yield 1, sympy.Max(needed, known.noise.subs(ITERATION, ZERO)) / ITERATION


def _starts(
    setting: Setting, known: Recursion, potential: Quantity
) -> Iterator[tuple[int, sympy.Expr]]:
    """What is known of V at the first iterate, and at the one after it."""
    try:
        start = start_of(potential)
    except NotApplicableError:
        return
    uppers = []
    for relation in setting.initial:
        found = start_relation(relation)
        if found is not None and found[0] in (start, sympy.sqrt(start)):
            uppers.append(found[1] if found[0] == start else found[1] ** 2)
    for upper in (*uppers, start):
        yield 0, upper
    ratio = sympy.cancel(known.ratio.subs(ITERATION, ZERO))
    if ratio.is_nonpositive:
        yield 1, known.noise.subs(ITERATION, ZERO)
