"""Recursions whose coefficients vary with k: weights, products and induction."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any

import sympy

from theoryck.derive.exact import equal
from theoryck.derive.printing import to_claim_text
from theoryck.derive.relations import Relation
from theoryck.derive.rules.base import (
    Conclusion,
    NotApplicableError,
    Rule,
    nonnegative,
    one_step,
    positive,
)
from theoryck.derive.rules.recursions import start_of
from theoryck.derive.rules.sums import integer_ends, sum_bound, within
from theoryck.derive.setting import ITERATION, Setting
from theoryck.derive.statements import (
    Aggregate,
    Bound,
    Measured,
    Quantity,
    Statement,
    is_nonnegative,
    shifted,
)
from theoryck.derive.symbols import ONE, ZERO, is_integral


@dataclass(frozen=True)
class Recursion:
    """``V[k+1] <= ratio*V[k] - weight*q[k+s] + noise``; each coefficient may contain k."""

    ratio: sympy.Expr
    weight: sympy.Expr
    noise: sympy.Expr
    expected: bool


def recursion_of(
    premise: Statement, potential: Quantity, summed: Quantity | None = None
) -> Recursion:
    """The premise as a recursion of the potential with at most one other quantity in it.

    Where the sum is of the potential itself, V[k+1] <= V[k] − (1 − r)·V[k] + B is read.
    """
    step = one_step(premise)
    ahead = shifted(potential)
    if step.form[ahead] != 1 or summed == ahead or not is_nonnegative(potential):
        raise NotApplicableError(f"the premise does not bound {ahead} from above")
    others = set(step.form.quantities) - {ahead, potential, summed}
    if others:
        raise NotApplicableError(f"the premise contains {', '.join(map(str, others))}")
    ratio, noise = -step.form[potential], -step.form.constant
    if summed == potential:
        return Recursion(ONE, 1 - ratio, noise, step.expected)
    weight = ZERO if summed is None else step.form[summed]
    return Recursion(ratio, weight, noise, step.expected)


def at(expr: sympy.Expr, index: sympy.Expr | int) -> sympy.Expr:
    """The expression with k replaced; refuses where it has no value there."""
    value = expr.subs(ITERATION, index)
    if value.has(sympy.zoo, sympy.nan, sympy.oo):
        raise NotApplicableError(f"{to_claim_text(expr)} has no value at k = {index}")
    return value


class WeightedRule(Rule):
    """Multiplies a recursion by weights w(k) > 0 and sums it.

    From V[k+1] <= r(k)·V[k] − A(k)·q(k) + B(k) with V, q, A >= 0. Let
    w(k+1)·r(k+1) <= (1 + b(k+1))·w(k) with b >= 0, P(k) = (1 + b(1))···(1 + b(k)) and
    W(k) = w(k)/P(k); then W(k)·r(k) <= W(k−1), so that the recursions times W(k), summed over
    k = 0..u, give

        W(u)·V[u+1] + sum(W(k)·A(k)·q(k)) <= w(0)·r(0)·V[0] + sum(W(k)·B(k)).

    Here 1/P(u) <= W(k)/w(k) <= 1, and P(u) <= exp(b(1) + ... + b(u)). Without growth b = 0 the
    noise B may have any sign.
    """

    source = "Robbins and Siegmund 1971, here with explicit constants; by induction over k"

    def conclude(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        potential, weights, growth = (
            arguments["potential"],
            arguments["weights"],
            arguments["growth"],
        )
        summed = self.summed(arguments)
        known = recursion_of(premises[0], potential, summed)
        first, last = self.ends(arguments)
        ahead = {
            name: at(value, ITERATION + 1)
            for name, value in {"w": weights, "r": known.ratio}.items()
        }
        grown = (1 + at(growth, ITERATION + 1)) * weights
        conditions = [*integer_ends(ZERO, last), positive(weights)]
        if not equal(ahead["w"] * ahead["r"], grown):
            conditions.append(Relation(ahead["w"] * ahead["r"], "<=", grown))
        if known.weight != 0:
            conditions.append(nonnegative(known.weight))
        factor, rest = ONE, list(premises[1:])
        if growth != 0:
            conditions.append(nonnegative(at(growth, ITERATION + 1)))
            conditions.append(nonnegative(known.noise))
            total = sum_bound(rest.pop(0), "<=")
            self.fits(total.term, growth, total.lower, ONE, total.upper, last)
            factor = sympy.exp(total.value)
        noise = ZERO
        if known.noise != 0:
            spent = sum_bound(rest.pop(0), "<=")
            self.fits(spent.term, weights * known.noise, spent.lower, ZERO, spent.upper, last)
            noise = spent.value
        paid = self._paid(at(weights * known.ratio, 0)) * start_of(potential) + noise
        statement, more = self.result(
            known, weights, factor * paid, tuple(rest), (first, last), arguments
        )
        return Conclusion(statement, (*conditions, *more))

    @staticmethod
    def _paid(factor: sympy.Expr) -> sympy.Expr:
        """What the start costs: nothing where the first step forgets it."""
        value = sympy.cancel(factor)
        return ZERO if value.is_nonpositive else value

    @staticmethod
    def fits(term: sympy.Expr, wanted: sympy.Expr, *ends: sympy.Expr) -> None:
        same_ends = all(equal(a, b) for a, b in zip(ends[::2], ends[1::2], strict=True))
        if not equal(term, wanted) or not same_ends:
            raise NotApplicableError("the sum is of other terms, or over another range")

    def summed(self, arguments: dict[str, Any]) -> Quantity | None:
        """The quantity in the sum, as it stands in the recursion."""
        return shifted(arguments["summand"], arguments["shift"])

    def ends(self, arguments: dict[str, Any]) -> tuple[sympy.Expr, sympy.Expr]:
        """The range of k of the summed steps that is measured; all from 0 on are summed."""
        shift = sympy.Integer(arguments["shift"])
        return arguments["lower"] - shift, arguments["upper"] - shift

    @abstractmethod
    def result(
        self,
        known: Recursion,
        weights: sympy.Expr,
        paid: sympy.Expr,
        premises: tuple[Statement, ...],
        ends: tuple[sympy.Expr, sympy.Expr],
        arguments: dict[str, Any],
    ) -> tuple[Statement, tuple[Relation, ...]]:
        """What follows from ``sum(w*A*q) <= paid`` and ``w(u)*V[u+1] <= paid``."""


class WeightedMinimum(WeightedRule):
    """The least q times the sum of its weights is at most the weighted sum."""

    name = "weighted telescoping"
    formula = (
        "V[k+1] <= r*V[k] - A*q[k] + B, w[k+1]*r[k+1] <= (1 + b[k+1])*w[k], w > 0, A, b >= 0  ⟹  "
        "min(q)*sum(w*A) <= exp(sum(b))*(w[0]*r[0]*V[0] + sum(w*B))"
    )

    def result(
        self,
        known: Recursion,
        weights: sympy.Expr,
        paid: sympy.Expr,
        premises: tuple[Statement, ...],
        ends: tuple[sympy.Expr, sympy.Expr],
        arguments: dict[str, Any],
    ) -> tuple[Statement, tuple[Relation, ...]]:
        (premise,) = premises
        total = sum_bound(premise, ">=")
        first, last = ends
        self.fits(total.term, weights * known.weight, total.lower, first, total.upper, last)
        measured = Measured(
            arguments["summand"],
            Aggregate.MIN,
            arguments["lower"],
            arguments["upper"],
            expected=known.expected,
        )
        self._check(arguments)
        conditions = (*integer_ends(first, last), positive(total.value))
        return Bound(measured, paid / total.value), conditions

    @staticmethod
    def _check(arguments: dict[str, Any]) -> None:
        if not is_nonnegative(arguments["summand"]):
            raise NotApplicableError(f"{arguments['summand']} cannot be summed here")


class WeightedSum(WeightedRule):
    """The sum of q times the least of its weights is at most the weighted sum."""

    name = "weighted telescoping"
    formula = (
        "V[k+1] <= r*V[k] - A*q[k] + B, w[k+1]*r[k+1] <= (1 + b[k+1])*w[k], w*A >= m > 0, b >= 0  "
        "⟹  m*sum(q) <= exp(sum(b))*(w[0]*r[0]*V[0] + sum(w*B))"
    )

    def result(
        self,
        known: Recursion,
        weights: sympy.Expr,
        paid: sympy.Expr,
        premises: tuple[Statement, ...],
        ends: tuple[sympy.Expr, sympy.Expr],
        arguments: dict[str, Any],
    ) -> tuple[Statement, tuple[Relation, ...]]:
        first, last = ends
        least = arguments["least"]
        if premises or not is_nonnegative(arguments["summand"]) or ITERATION in least.free_symbols:
            raise NotApplicableError("a nonnegative summand and a constant weight are expected")
        measured = Measured(
            arguments["summand"],
            Aggregate.SUM,
            arguments["lower"],
            arguments["upper"],
            expected=known.expected,
        )
        conditions = (
            *integer_ends(first, last),
            within(Relation(weights * known.weight, ">=", least), first, last),
            positive(least),
        )
        return Bound(measured, paid / least), conditions


class WeightedLast(WeightedRule):
    """The potential itself after the last step, what was gained on the way left out."""

    name = "weighted recursion"
    formula = (
        "V[k+1] <= r*V[k] + B, w[k+1]*r[k+1] <= (1 + b[k+1])*w[k], w > 0, b >= 0  ⟹  "
        "w[n-1]*V[n] <= exp(sum(b))*(w[0]*r[0]*V[0] + sum(w*B))"
    )

    def summed(self, arguments: dict[str, Any]) -> Quantity | None:
        return None

    def ends(self, arguments: dict[str, Any]) -> tuple[sympy.Expr, sympy.Expr]:
        return ZERO, arguments["index"] - 1

    def result(
        self,
        known: Recursion,
        weights: sympy.Expr,
        paid: sympy.Expr,
        premises: tuple[Statement, ...],
        ends: tuple[sympy.Expr, sympy.Expr],
        arguments: dict[str, Any],
    ) -> tuple[Statement, tuple[Relation, ...]]:
        if premises:
            raise NotApplicableError("there is a premise too many")
        index = arguments["index"]
        measured = Measured(
            arguments["potential"], Aggregate.LAST, index, index, expected=known.expected
        )
        return Bound(measured, paid / at(weights, index - 1)), ()


class Induction(Rule):
    """V[n] <= D(n) for n >= l, by induction.

    The right side r(k)·V + B(k) is affine in V, so that over 0 <= V <= D(k) it is largest at one of
    the two ends: both must be at most D(k+1). The induction begins at l = 0 with V[0] <= D(0), or
    at l = 1 with the first step.
    """

    name = "induction"
    formula = (
        "V[k+1] <= r*V[k] + B, V >= 0, V[l] <= D(l), B <= D(k+1), r*D(k) + B <= D(k+1) for k >= l  "
        "⟹  V[n] <= D(n) for n >= l"
    )
    source = "induction over k; Nemirovski, Juditsky, Lan and Shapiro 2009, Equation 2.9"

    def conclude(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        (premise,) = premises
        potential, index = arguments["potential"], arguments["index"]
        begin, shape = sympy.Integer(arguments["begin"]), arguments["shape"]
        known = recursion_of(premise, potential)
        if not is_integral(index) or begin not in (0, 1):
            raise NotApplicableError("the index of an iterate is an integer")
        start = start_of(potential)
        ahead = at(shape, ITERATION + 1)
        first = start
        if begin == 1:
            ratio = sympy.cancel(at(known.ratio, 0))
            first = (ZERO if ratio.is_nonpositive else ratio * start) + at(known.noise, 0)
        conditions = (
            Relation(index, ">=", begin),
            Relation(first, "<=", at(shape, begin)),
            within(Relation(known.noise, "<=", ahead), begin),
            within(Relation(known.ratio * shape + known.noise, "<=", ahead), begin),
        )
        measured = Measured(potential, Aggregate.LAST, index, index, expected=known.expected)
        return Conclusion(Bound(measured, at(shape, index)), conditions)
