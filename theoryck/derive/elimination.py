"""The search for one-step inequalities: quantities are eliminated one by one.

From an inequality in many quantities to one in a few: each unwanted quantity is cancelled by
adding a known inequality that contains it, with the multiplier that makes its coefficient zero.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count, islice, permutations, product

import sympy

from theoryck.derive.decide import Proved
from theoryck.derive.proof import Workshop
from theoryck.derive.relations import Relation
from theoryck.derive.rules.base import NotApplicableError
from theoryck.derive.rules.step import Combination, Nonnegativity, Sandwich
from theoryck.derive.setting import ITERATION, Stuck
from theoryck.derive.statements import (
    GAP,
    GRADIENT_SQUARED,
    Direction,
    Inner,
    OneStep,
    Quantity,
    is_nonnegative,
)
from theoryck.derive.symbols import ONE, ZERO

MAX_ELIMINATIONS = 6  # in one chain; the classic proofs need at most four
MAX_SPLITS = 3  # ways to cancel a coefficient of either sign, term by term
MAX_CANDIDATES = 4  # one-step inequalities of one shape


def eliminations(
    workshop: Workshop, start: int, allowed: frozenset[Quantity], catalogue: tuple[int, ...]
) -> Iterator[int]:
    """Steps that follow from ``start`` and the catalogue and contain only allowed quantities."""
    key = ("eliminations", start, allowed, catalogue)
    if key not in workshop.memory:
        workshop.memory[key] = Remembered(_eliminations(workshop, start, allowed, catalogue))
    return iter(workshop.memory[key])


@dataclass
class Remembered:
    """An iteration that can be begun again; what was found is not searched for twice.

    A search that ran out of time goes on where the found steps end: nowhere.
    """

    search: Iterator[int]
    found: list[int] = field(default_factory=list)

    def __iter__(self) -> Iterator[int]:
        for position in count():
            while position >= len(self.found):
                number = next(self.search, None)
                if number is None:
                    return
                self.found.append(number)
            yield self.found[position]


def _eliminations(
    workshop: Workshop, start: int, allowed: frozenset[Quantity], catalogue: tuple[int, ...]
) -> Iterator[int]:
    seen: list[OneStep] = []

    def search(parts: tuple[tuple[int, sympy.Expr], ...], depth: int) -> Iterator[int]:
        form = _combined(workshop, parts)
        unwanted = sorted((q for q in form.form.quantities if q not in allowed), key=_order)
        if not unwanted:
            if depth == 0 and not any(form.same_as(known) for known in seen):
                seen.append(form)
                yield _record(workshop, parts)
            return
        if depth == 0:
            return
        quantity = unwanted[0]
        coefficient = form.form[quantity]
        used = {number for number, _ in parts}
        for number, multiplier in _cancelling(workshop, quantity, coefficient, allowed, catalogue):
            if number not in used:
                yield from search((*parts, (number, multiplier)), depth - 1)

    # the shortest combinations first: they are the ones that people read
    found = (n for depth in range(MAX_ELIMINATIONS + 1) for n in search(((start, ONE),), depth))
    yield from islice(found, MAX_CANDIDATES)


def _order(quantity: Quantity) -> tuple[int, str]:
    if isinstance(quantity, Inner):
        arrows = (quantity.left, quantity.right)
        if any(arrow.direction is Direction.NOISE for arrow in arrows):
            return 0, str(quantity)
        if quantity.left != quantity.right:
            return 1, str(quantity)
    if quantity == GAP:
        return 2, str(quantity)
    return (4 if quantity == GRADIENT_SQUARED else 3), str(quantity)


def _cancelling(
    workshop: Workshop,
    quantity: Quantity,
    coefficient: sympy.Expr,
    allowed: frozenset[Quantity],
    catalogue: tuple[int, ...],
) -> Iterator[tuple[int, sympy.Expr]]:
    """The inequalities that can cancel a term, each with its (proved nonnegative) multiplier."""
    for number in catalogue:
        statement = workshop.statement(number)
        if not isinstance(statement, OneStep):
            continue
        other = statement.form[quantity]
        if other == 0:
            continue
        multiplier = sympy.cancel(-coefficient / other)
        if statement.relation == "==" or _is_nonnegative(workshop, multiplier):
            yield number, multiplier
    if not _has_sign(workshop, coefficient):
        if ITERATION not in coefficient.free_symbols:
            yield from _sandwiches(workshop, quantity, coefficient, allowed, catalogue)
        # a maximum that varies with k fits no lemma for recursions
        yield from _splits(workshop, quantity, coefficient, allowed, catalogue)
    if is_nonnegative(quantity) and _is_nonnegative(workshop, coefficient):
        yield workshop.add(Nonnegativity(), quantity=quantity), coefficient


def _sandwiches(
    workshop: Workshop,
    quantity: Quantity,
    coefficient: sympy.Expr,
    allowed: frozenset[Quantity],
    catalogue: tuple[int, ...],
) -> Iterator[tuple[int, sympy.Expr]]:
    """Two-sided bounds, of use where the sign of the coefficient depends on the parameters."""
    for below, above in permutations(catalogue, 2):
        forms = [s.form for s in map(workshop.statement, (below, above)) if isinstance(s, OneStep)]
        others = {q for form in forms for q in form.quantities} - {quantity}
        # a maximum inside a maximum helps nobody: what remains must be wanted
        if len(forms) != 2 or len(others) != 1 or not others <= allowed:
            continue
        try:
            found = workshop.add(
                Sandwich(),
                below,
                above,
                inside=quantity,
                outside=others.pop(),
                factor=-coefficient,
            )
        except (NotApplicableError, Stuck):
            continue
        yield found, ONE


def _splits(
    workshop: Workshop,
    quantity: Quantity,
    coefficient: sympy.Expr,
    allowed: frozenset[Quantity],
    catalogue: tuple[int, ...],
) -> Iterator[tuple[int, sympy.Expr]]:
    """The terms of a coefficient of either sign, each cancelled from its own side."""
    signed = _signed_parts(workshop, coefficient)
    if signed is None:
        return
    gains, losses = signed
    below, above = _sides(workshop, quantity, allowed, catalogue)
    if is_nonnegative(quantity) and losses != 0:
        below = (*below, workshop.add(Nonnegativity(), quantity=quantity))
    for pair in islice(product(below, above), MAX_SPLITS):
        forms = [s.form for s in map(workshop.statement, pair) if isinstance(s, OneStep)]
        multipliers = (-gains / forms[0][quantity], losses / forms[1][quantity])
        try:
            yield workshop.add(Combination(), *pair, multipliers=multipliers), ONE
        except (NotApplicableError, Stuck):
            continue


def _signed_parts(
    workshop: Workshop, coefficient: sympy.Expr
) -> tuple[sympy.Expr, sympy.Expr] | None:
    """``coefficient = gains - losses``, both sums of terms of one sign; None: a term has none."""
    gains, losses = ZERO, ZERO
    for term in sympy.Add.make_args(sympy.expand(coefficient)):
        if _is_nonnegative(workshop, term):
            gains += term
        elif _is_nonnegative(workshop, -term):
            losses -= term
        else:
            return None
    return gains, losses


def with_gain(
    workshop: Workshop,
    number: int,
    quantity: Quantity,
    allowed: frozenset[Quantity],
    catalogue: tuple[int, ...],
) -> Iterator[int]:
    """The step with a coefficient of the quantity that is not negative, what it loses moved away.

    A loss −c·q is bounded by an inequality q <= ..., in wanted quantities.
    """
    statement = workshop.statement(number)
    if not isinstance(statement, OneStep):
        return
    coefficient = statement.form[quantity]
    if _has_sign(workshop, coefficient):
        yield number
        return
    signed = _signed_parts(workshop, coefficient)
    if signed is None or signed[0] == 0:
        return
    _, above = _sides(workshop, quantity, allowed, catalogue)
    for bound in above[:MAX_SPLITS]:
        other = workshop.statement(bound)
        if not isinstance(other, OneStep):
            continue
        multipliers = (ONE, signed[1] / other.form[quantity])
        try:
            yield workshop.add(Combination(), number, bound, multipliers=multipliers)
        except (NotApplicableError, Stuck):
            continue


def _sides(
    workshop: Workshop,
    quantity: Quantity,
    allowed: frozenset[Quantity],
    catalogue: tuple[int, ...],
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Inequalities that bound the quantity from below, and from above, by wanted ones."""
    sides: tuple[list[int], list[int]] = ([], [])
    for number in catalogue:
        statement = workshop.statement(number)
        if not isinstance(statement, OneStep) or statement.form[quantity] == 0:
            continue
        if not set(statement.form.quantities) - {quantity} <= allowed:
            continue
        if _is_nonnegative(workshop, statement.form[quantity]):
            sides[1].append(number)
        elif _is_nonnegative(workshop, -statement.form[quantity]):
            sides[0].append(number)
    return tuple(sides[0]), tuple(sides[1])


def _has_sign(workshop: Workshop, value: sympy.Expr) -> bool:
    return _is_nonnegative(workshop, value) or _is_nonnegative(workshop, -value)


def _is_nonnegative(workshop: Workshop, value: sympy.Expr) -> bool:
    return isinstance(workshop.decided(Relation(value, ">=", ZERO)), Proved)


def _combined(workshop: Workshop, parts: tuple[tuple[int, sympy.Expr], ...]) -> OneStep:
    premises = tuple(workshop.statement(number) for number, _ in parts)
    multipliers = tuple(multiplier for _, multiplier in parts)
    statement = (
        Combination().conclude(premises, workshop.setting, multipliers=multipliers).statement
    )
    if not isinstance(statement, OneStep):
        raise NotApplicableError("a combination is a one-step statement")
    return statement


def _record(workshop: Workshop, parts: tuple[tuple[int, sympy.Expr], ...]) -> int:
    if len(parts) == 1:
        return parts[0][0]
    numbers = tuple(number for number, _ in parts)
    multipliers = tuple(multiplier for _, multiplier in parts)
    return workshop.add(Combination(), *numbers, multipliers=multipliers)
