"""From the sum of the gains to the length of the gradients: how long can the shortest be?"""

from __future__ import annotations

from typing import Any

import sympy

from theoryck.derive.functional.oracle import LENGTH
from theoryck.derive.functional.pieces import cleared, given, is_continuous, pieces_of, undecided
from theoryck.derive.functional.statements import GainSum
from theoryck.derive.relations import Relation
from theoryck.derive.rules.base import (
    Conclusion,
    NotApplicableError,
    Rule,
    nonnegative,
    positive,
)
from theoryck.derive.setting import Setting
from theoryck.derive.statements import (
    GRADIENT_SQUARED,
    Aggregate,
    Bound,
    Measured,
    Statement,
)
from theoryck.derive.symbols import ZERO, is_integral


def gain_sum(premises: tuple[Statement, ...]) -> GainSum:
    """The premise as a sum of gains."""
    (premise,) = premises
    if not isinstance(premise, GainSum):
        raise NotApplicableError("a sum of gains is expected as a premise")
    return premise


def least(known: GainSum, lower: sympy.Expr, squared: sympy.Expr) -> Bound:
    """A bound on the least squared norm of the gradients from ``lower`` on."""
    return Bound(Measured(GRADIENT_SQUARED, Aggregate.MIN, lower, known.upper), squared)


def terms_from(known: GainSum, lower: sympy.Expr) -> tuple[sympy.Expr, list[Relation]]:
    """How many terms a sum has from ``lower`` on, and when the others may be dropped."""
    if not is_integral(lower):
        raise NotApplicableError("the ends of a range are integers")
    if lower == 0:
        return known.count, [positive(known.count)]
    dropped = [piece.asks(piece.value, ">=", ZERO) for piece in pieces_of(known.gain)]
    count = known.upper - lower + 1
    return count, [nonnegative(lower), positive(count), *dropped]


class LeastByGrowth(Rule):
    """A gain that grows with the gradient: if all gradients were longer than r, the n gains
    would add up to more than n·φ(r). Where some gradient is zero, the least is 0 <= r.
    """

    name = "the shortest gradient, from a gain that grows"
    formula = (
        "φ strictly increasing, n terms, n*φ(r) >= B, r >= 0, sum(φ(s[k])) <= B  ⟹  min s[k] <= r"
    )
    source = "monotonicity"

    def conclude(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        known = gain_sum(premises)
        radius, lower = arguments["radius"], arguments["lower"]
        if not is_continuous(known.gain):
            raise NotApplicableError("a gain that may jump is not shown to grow by its slope")
        count, conditions = terms_from(known, lower)
        conditions.append(nonnegative(radius))
        for piece in pieces_of(known.gain):
            slope = sympy.factor(sympy.diff(piece.value, LENGTH))
            conditions.append(piece.asks(slope, ">", ZERO))
            conditions.append(_at(piece.value * count, ">=", known.total, piece.where, radius))
        return Conclusion(least(known, lower, radius**2), undecided(conditions))


def _at(
    left: sympy.Expr,
    sign: str,
    right: sympy.Expr,
    where: tuple[Relation, ...],
    radius: sympy.Expr,
) -> Relation:
    def put(expr: sympy.Expr) -> sympy.Expr:
        return expr.subs(LENGTH, radius)

    premises = tuple(Relation(put(r.left), r.sign, put(r.right)) for r in where)
    return given(cleared(put(left), sign, put(right)), premises)


class LeastByValues(Rule):
    """As :class:`LeastByGrowth`, for any gain: longer gradients than r gain too much."""

    name = "the shortest gradient, from the gains of longer ones"
    formula = "n*φ(s) > B for all s > r, n terms, sum(φ(s[k])) <= B, r >= 0  ⟹  min s[k] <= r"
    source = "algebra"

    def conclude(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        known = gain_sum(premises)
        radius, lower = arguments["radius"], arguments["lower"]
        count, conditions = terms_from(known, lower)
        conditions.append(nonnegative(radius))
        longer = Relation(LENGTH, ">", radius)
        conditions += [
            piece.asks(piece.value * count, ">", known.total, longer)
            for piece in pieces_of(known.gain)
        ]
        return Conclusion(least(known, lower, radius**2), undecided(conditions))


def two_regimes(known: GainSum, rate: sympy.Expr, turn: sympy.Expr) -> list[Relation]:
    """What makes the gain at least ``rate*min(s**2, turn*s)``, and the total not negative."""
    short, long = Relation(LENGTH, "<=", turn), Relation(LENGTH, ">=", turn)
    conditions = [positive(rate), positive(turn), nonnegative(known.total)]
    for piece in pieces_of(known.gain):
        conditions.append(piece.asks(piece.value, ">=", rate * LENGTH**2, short))
        conditions.append(piece.asks(piece.value, ">=", rate * turn * LENGTH, long))
    return conditions


class LeastByTwoRegimes(Rule):
    """A gain that is quadratic for short gradients and linear for long ones, from below.

    From c·min(s², t·s) <= B/n either s² <= B/(c·n) or s <= B/(c·t·n).
    """

    name = "the shortest gradient, from a gain in two regimes"
    formula = (
        "φ(s) >= c*min(s**2, t*s) for s > 0, c, t > 0, n terms, sum(φ(s[k])) <= B  ⟹  "
        "min s[k]**2 <= B/(c*n) + (B/(c*t*n))**2"
    )
    source = "algebra"

    def conclude(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        known = gain_sum(premises)
        rate, turn, lower = arguments["rate"], arguments["turn"], arguments["lower"]
        count, conditions = terms_from(known, lower)
        conditions += two_regimes(known, rate, turn)
        share = known.total / (rate * count)
        return Conclusion(least(known, lower, share + (share / turn) ** 2), undecided(conditions))


class LeastByLine(Rule):
    """A gain above a line, which gives the mean of the norms and so their least.

    a·s[k] <= φ(s[k]) + b, for s[k] = 0 too since b >= 0.
    """

    name = "the shortest gradient, from a gain above a line"
    formula = (
        "φ(s) >= a*s - b for s > 0, a > 0, b >= 0, n terms, sum(φ(s[k])) <= B  ⟹  "
        "min s[k]**2 <= ((B/n + b)/a)**2"
    )
    source = "algebra"

    def conclude(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        known = gain_sum(premises)
        slope, depth, lower = arguments["slope"], arguments["depth"], arguments["lower"]
        count, conditions = terms_from(known, lower)
        conditions += [positive(slope), nonnegative(depth), nonnegative(known.total)]
        conditions += [
            piece.asks(piece.value, ">=", slope * LENGTH - depth) for piece in pieces_of(known.gain)
        ]
        bound = ((known.total / count + depth) / slope) ** 2
        return Conclusion(least(known, lower, bound), undecided(conditions))


def mean(known: GainSum, lower: sympy.Expr, value: sympy.Expr) -> Bound:
    """A bound ``value**2`` on the square of the mean norm of the gradients from ``lower`` on."""
    measured = Measured(GRADIENT_SQUARED, Aggregate.SQUARED_MEAN, lower, known.upper, root=True)
    return Bound(measured, value**2)


class MeanByLine(Rule):
    """A gain above a line: the sum of ``a*s[k] <= φ(s[k]) + b`` over the range."""

    name = "the mean gradient, from a gain above a line"
    formula = (
        "φ(s) >= a*s - b for s > 0, a > 0, b >= 0, n terms, sum(φ(s[k])) <= B  ⟹  "
        "mean s[k] <= (B/n + b)/a"
    )
    source = "algebra"

    def conclude(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        known = gain_sum(premises)
        slope, depth, lower = arguments["slope"], arguments["depth"], arguments["lower"]
        count, conditions = terms_from(known, lower)
        conditions += [positive(slope), nonnegative(depth)]
        conditions += [
            piece.asks(piece.value, ">=", slope * LENGTH - depth) for piece in pieces_of(known.gain)
        ]
        bound = (known.total / count + depth) / slope
        return Conclusion(mean(known, lower, bound), undecided(conditions))


class MeanByTwoRegimes(Rule):
    """A gain that is quadratic for short gradients and linear for long ones, from below.

    The squares of the short gradients add up to at most B/c, so that by Cauchy–Schwarz the short
    ones add up to at most √(n·B/c); the long ones add up to at most B/(c·t).
    """

    name = "the mean gradient, from a gain in two regimes"
    formula = (
        "φ(s) >= c*min(s**2, t*s) for s > 0, c, t > 0, n terms, sum(φ(s[k])) <= B  ⟹  "
        "mean s[k] <= sqrt(B/(c*n)) + B/(c*t*n)"
    )
    source = "Koloskova, Hendrikx and Stich 2023, proof of Theorem 2.1"

    def conclude(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        known = gain_sum(premises)
        rate, turn, lower = arguments["rate"], arguments["turn"], arguments["lower"]
        count, conditions = terms_from(known, lower)
        conditions += two_regimes(known, rate, turn)
        share = known.total / (rate * count)
        return Conclusion(
            mean(known, lower, sympy.sqrt(share) + share / turn), undecided(conditions)
        )
