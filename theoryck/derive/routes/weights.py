"""Which weights make a recursion V[k+1] <= r(k)·V[k] + ... telescope."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import sympy

from theoryck.derive.routes.sums import shift_of
from theoryck.derive.rules.weighted import Recursion
from theoryck.derive.setting import ITERATION
from theoryck.derive.symbols import ONE, ZERO

MAX_POWER = 4  # of k in a weight
MAX_WEIGHTS = 5  # that are tried for one recursion


@dataclass(frozen=True)
class Weights:
    """w(k), and the b(k) with w(k)*r(k) <= (1 + b(k))*w(k-1)."""

    values: sympy.Expr
    growth: sympy.Expr


@dataclass(frozen=True)
class Contraction:
    """r(k) = 1 - rate/k + ..., a quotient of polynomials in k; ``shift``: of a factor k + s."""

    rate: sympy.Expr
    shift: sympy.Expr


def contraction(ratio: sympy.Expr) -> Contraction | None:
    """The rate of a contraction that is a quotient of polynomials in k, tending to 1 with k."""
    above, below = sympy.fraction(sympy.cancel(ratio))
    if not (above.is_polynomial(ITERATION) and below.is_polynomial(ITERATION)):
        return None
    lost = sympy.Poly(sympy.expand(below - above), ITERATION)
    whole = sympy.Poly(below, ITERATION)
    shift = shift_of(whole) if whole.degree() > 0 else ONE
    if lost.is_zero or lost.degree() < whole.degree() - 1:
        return Contraction(ZERO, shift)
    if lost.degree() > whole.degree() - 1:
        return None
    return Contraction(sympy.cancel(lost.LC() / whole.LC()), shift)


def weights_for(known: Recursion) -> Iterator[Weights]:
    """Weights to be tried, exact ones before those that leave a growth."""
    yield from islice(dict.fromkeys(_candidates(known.ratio)), MAX_WEIGHTS)


def _candidates(ratio: sympy.Expr) -> Iterator[Weights]:
    if ratio == 1:
        yield Weights(ONE, ZERO)
        return
    if ITERATION not in ratio.free_symbols:
        yield Weights(ONE / ratio ** (ITERATION + 1), ZERO)
        return
    order = contraction(ratio)
    weights: list[sympy.Expr] = []
    if order is not None and order.rate.is_Rational and order.rate >= 1:
        for power in range(min(int(order.rate), MAX_POWER), 0, -1):
            product = sympy.prod([ITERATION + order.shift - i for i in range(power)])
            weights += [(ITERATION + order.shift) ** power, product]
    for values in weights:
        yield Weights(values, ZERO)
    if not weights:
        yield Weights(ONE, ZERO)
    for values in (*weights[:1], *(() if weights else (ONE,))):
        before = values.subs(ITERATION, ITERATION - 1)
        growth = sympy.factor(sympy.cancel(values * ratio / before - 1))
        if growth != 0:
            yield Weights(values, growth)


__all__ = ["Contraction", "Weights", "contraction", "weights_for"]
