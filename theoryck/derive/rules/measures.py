"""From what a recursion bounds to what the claim measures, and from the start to its bound."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import sympy

from theoryck.derive.printing import to_claim_text
from theoryck.derive.relations import Relation
from theoryck.derive.rules.base import (
    Conclusion,
    ConvexRule,
    NotApplicableError,
    Rule,
    nonnegative,
    one_step,
    positive,
)
from theoryck.derive.rules.closing import ClosingRule
from theoryck.derive.setting import (
    ITERATION,
    START_DISTANCE,
    START_GAP,
    START_GRADIENT,
    Setting,
    start_relation,
)
from theoryck.derive.statements import (
    DISTANCE_SQUARED,
    GAP,
    GRADIENT_SQUARED,
    Aggregate,
    Bound,
    ClaimedBound,
    Measured,
    Quantity,
    Statement,
    shifted,
)
from theoryck.derive.symbols import ONE, ZERO

STARTS: dict[Quantity, sympy.Expr] = {
    GAP: START_GAP,
    DISTANCE_SQUARED: START_DISTANCE**2,
    GRADIENT_SQUARED: START_GRADIENT**2,
}


def bound_on(statement: Statement, *aggregates: Aggregate) -> Bound:
    """The premise as a bound on a quantity aggregated in one of these ways."""
    if not isinstance(statement, Bound) or statement.measured.aggregate not in aggregates:
        raise NotApplicableError(f"a bound on a {' or '.join(aggregates)} is expected")
    return statement


class MeanOfSum(Rule):
    """The mean is the sum over the number of terms."""

    name = "mean"
    formula = "mean(q[l..u]) = sum(q[l..u])/(u - l + 1)"
    source = "definition"

    def conclude(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        (premise,) = premises
        known = bound_on(premise, Aggregate.SUM)
        count = known.measured.upper - known.measured.lower + 1
        measured = replace(known.measured, aggregate=Aggregate.MEAN)
        return Conclusion(Bound(measured, known.bound / count), (positive(count),))


class MinimumBelowMean(Rule):
    """The least of some numbers is at most their mean; E min <= min E."""

    name = "minimum"
    formula = "min(q[l..u]) <= mean(q[l..u])"
    source = "algebra"

    def conclude(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        (premise,) = premises
        known = bound_on(premise, Aggregate.MEAN)
        measured = replace(known.measured, aggregate=Aggregate.MIN)
        return Conclusion(Bound(measured, known.bound))


class MinimumBelowLast(Rule):
    """The least of some numbers is at most the last of them."""

    name = "minimum"
    formula = "min(q[l..u]) <= q[u]"
    source = "algebra"

    def conclude(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        (premise,) = premises
        known = bound_on(premise, Aggregate.LAST)
        lower = arguments["lower"]
        measured = replace(known.measured, aggregate=Aggregate.MIN, lower=lower)
        conditions = (Relation(lower, "<=", known.measured.upper),)
        return Conclusion(Bound(measured, known.bound), conditions)


class ValueAtAverage(ConvexRule):
    """A convex function at the mean of points is at most the mean of its values."""

    name = "value at the average point"
    formula = "f(mean(x[l..u])) - f* <= mean(f(x[l..u]) - f*) for convex f"
    source = "Jensen's inequality"

    def conclude(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        (premise,) = premises
        known = bound_on(premise, Aggregate.MEAN)
        conditions = self.convexity(setting)
        if known.measured.quantity != GAP:
            raise NotApplicableError("a bound on the mean of f(x[k]) - f* is expected")
        measured = replace(known.measured, aggregate=Aggregate.AVERAGE)
        return Conclusion(Bound(measured, known.bound), conditions)


class FirstStep(Rule):
    """A one-step inequality at k = 0, where the start is known and not random."""

    name = "the first step"
    formula = "V[k+1] <= a*V[k] + b*q[k] + c at k = 0"
    source = "the inequality holds for every k"

    def conclude(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        (premise,) = premises
        step, potential = one_step(premise), arguments["potential"]
        ahead = shifted(potential)
        rest = {q: c for q, c in step.form.terms if q != ahead}
        if step.form[ahead] != 1 or not rest.keys() <= STARTS.keys():
            raise NotApplicableError(f"the premise does not bound {ahead} by what the start has")
        bound = -step.form.constant - sum((c * STARTS[q] for q, c in rest.items()), ZERO)
        bound = bound.subs(ITERATION, ZERO)
        measured = Measured(potential, Aggregate.LAST, ONE, ONE, expected=step.expected)
        return Conclusion(Bound(measured, bound))


class LinkAtLast(Rule):
    """A pointwise inequality ``a <= c*b + e`` at the iterate where b is bounded."""

    name = "pointwise inequality at the last iterate"
    formula = "a(x) <= c*b(x) for every x, b(x[n]) <= B  ⟹  a(x[n]) <= c*B"
    source = "algebra"

    def conclude(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        pointwise, last = premises
        known = bound_on(last, Aggregate.LAST)
        target = arguments["target"]
        form = one_step(pointwise).form
        above, below = form[target], -form[known.measured.quantity]
        if set(form.quantities) != {target, known.measured.quantity} or known.measured.root:
            raise NotApplicableError("the inequality links other quantities")
        if one_step(pointwise).expected:
            raise NotApplicableError("an inequality at every point is expected")
        bound = (below * known.bound - form.constant) / above
        measured = replace(known.measured, quantity=target)
        return Conclusion(Bound(measured, bound), (positive(above), nonnegative(below)))


class InitialCondition(Rule):
    """The claim's initial condition, in a bound that grows with the start."""

    name = "initial condition"
    formula = "the bound does not decrease in the start's quantity"
    source = "assumed"

    def conclude(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        (premise,) = premises
        known = bound_on(premise, *Aggregate)
        relation = setting.initial[arguments["relation"]]
        found = start_relation(relation)
        if found is None:
            raise NotApplicableError(f"{relation} is no upper bound on the start")
        quantity, upper = found
        if quantity in (START_DISTANCE, START_GRADIENT):
            # r <= R gives r**2 <= R**2, since 0 <= r
            quantity, upper = quantity**2, upper**2
        slope, rest, conditions = affine_in(known.bound, quantity)
        return Conclusion(Bound(known.measured, slope * upper + rest), conditions)


def affine_in(
    bound: sympy.Expr, quantity: sympy.Expr
) -> tuple[sympy.Expr, sympy.Expr, tuple[Relation, ...]]:
    """``bound = slope*quantity + rest`` and the condition that the slope is not negative."""
    name = sympy.Dummy("start", nonnegative=True)
    replaced = bound.subs(quantity, name)
    slope = sympy.factor_terms(sympy.diff(replaced, name))
    rest = sympy.factor_terms(replaced.subs(name, ZERO))
    starts = {START_GAP, START_DISTANCE, START_GRADIENT}
    if name in slope.free_symbols or starts & (replaced.free_symbols & quantity.free_symbols):
        raise NotApplicableError(f"the bound is not affine in {to_claim_text(quantity)}")
    if name not in replaced.free_symbols:
        raise NotApplicableError(f"the bound does not contain {to_claim_text(quantity)}")
    return slope, rest, (nonnegative(slope),)


class StartLink(Rule):
    """A pointwise inequality at x[0], in a bound that grows with the start."""

    name = "pointwise inequality at the start"
    formula = "a(x[0]) <= c*b(x[0]) in a bound that does not decrease in a(x[0])"
    source = "algebra"

    def conclude(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        pointwise, bounded = premises
        known = bound_on(bounded, *Aggregate)
        source, target = arguments["replaced"], arguments["by"]
        form = one_step(pointwise).form
        if set(form.quantities) != {source, target} or one_step(pointwise).expected:
            raise NotApplicableError("the inequality links other quantities")
        above, below = form[source], -form[target]
        upper = (below * STARTS[target] - form.constant) / above
        slope, rest, conditions = affine_in(known.bound, STARTS[source])
        bound = slope * upper + rest
        return Conclusion(Bound(known.measured, bound), (*conditions, positive(above)))


class NormFollows(ClosingRule):
    """A bound on ‖v‖² that is at most the square of the one claimed for ‖v‖.

    By Jensen's inequality E‖v‖ <= √(E‖v‖²) and mean ‖v‖ <= √(mean ‖v‖²).
    """

    name = "comparison of squares with the claim"
    formula = "E‖v‖² <= B and s**2*B <= C**2, s >= 0, C >= 0  ⟹  s*E‖v‖ <= C"
    source = "Jensen's inequality"

    def compare(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        (premise,) = premises
        known = bound_on(
            premise, Aggregate.LAST, Aggregate.MIN, Aggregate.MEAN, Aggregate.SQUARED_MEAN
        )
        squared = known.measured.aggregate is Aggregate.SQUARED_MEAN
        if known.measured.quantity == GAP or known.measured.root != squared:
            raise NotApplicableError("a bound on the square of a norm is expected")
        if arguments["offset"] != 0:
            raise NotApplicableError("a norm alone is expected")
        scale, claimed = arguments["scale"], setting.bound
        squared = scale**2 * known.bound
        statement = ClaimedBound(arguments["text"], sympy.sqrt(squared), claimed)
        conditions: tuple[Relation, ...] = (
            Relation(squared, "<=", claimed**2),
            nonnegative(claimed),
        )
        if scale != ONE:
            conditions = (nonnegative(scale), *conditions)
        return Conclusion(statement, conditions)


class ClaimFollows(ClosingRule):
    """The derived bound is at most the claimed one, for all parameters."""

    name = "comparison with the claim"
    formula = "q <= B and s*B + t <= C on the whole domain, s >= 0  ⟹  s*q + t <= C"
    source = "the claim"

    def compare(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        (premise,) = premises
        known = bound_on(premise, *Aggregate)
        scale, claimed = arguments["scale"], setting.bound
        derived = scale * known.bound + arguments["offset"]
        statement = ClaimedBound(arguments["text"], derived, claimed)
        conditions: tuple[Relation, ...] = (Relation(derived, "<=", claimed),)
        if scale != ONE:
            conditions = (nonnegative(scale), *conditions)
        return Conclusion(statement, conditions)
