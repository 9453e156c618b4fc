"""Lemmas that turn one step into N. Each is tested against brute-force recursions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import sympy

from theoryck.derive.exact import whole_cases
from theoryck.derive.relations import Relation
from theoryck.derive.rules.base import (
    Conclusion,
    NotApplicableError,
    Rule,
    nonnegative,
    one_step,
    positive,
)
from theoryck.derive.setting import (
    ITERATION,
    START_DISTANCE,
    START_GAP,
    START_GRADIENT,
    Setting,
)
from theoryck.derive.statements import (
    DISTANCE_SQUARED,
    GAP,
    GRADIENT_SQUARED,
    Aggregate,
    Bound,
    Measured,
    OneStep,
    Quantity,
    Statement,
    is_nonnegative,
    shifted,
)
from theoryck.derive.symbols import ONE, ZERO, is_integral


def start_of(potential: Quantity) -> sympy.Expr:
    """The potential at x[0]."""
    if potential == GAP:
        return START_GAP
    if potential == DISTANCE_SQUARED:
        return START_DISTANCE**2
    if potential == GRADIENT_SQUARED:
        return START_GRADIENT**2
    raise NotApplicableError(f"{potential} is no potential with a known start")


def recursion(
    premise: Statement, potential: Quantity, summands: tuple[Quantity, ...]
) -> tuple[OneStep, dict[Quantity, sympy.Expr]]:
    """The premise as ``potential[k+1] <= ...`` with nothing but the given quantities in it."""
    step = one_step(premise)
    ahead = shifted(potential)
    if step.form[ahead] != 1:
        raise NotApplicableError(f"the premise does not bound {ahead} from above")
    others = set(step.form.quantities) - {ahead, potential, *summands}
    if others:
        raise NotApplicableError(f"the premise contains {', '.join(map(str, others))}")
    coefficients = dict(step.form.terms)
    for expr in (*coefficients.values(), step.form.constant):
        if ITERATION in expr.free_symbols:
            raise NotApplicableError("the coefficients vary with k")
    return step, coefficients


class Telescoping(Rule):
    """If V[k+1] <= V[k] − A·q[k+s] + B with V, q >= 0 and A > 0, then summing k gives

    A·(q[l] + ... + q[u]) <= V[0] + (u + 1 − s)·B, for s <= l and l <= u; here s is 0 or 1.
    """

    name = "telescoping"
    formula = "V[k+1] <= V[k] - A*q[k] + B for all k  ⟹  A*sum(q[0..n]) <= V[0] + (n+1)*B"
    source = "sum over k; V, q >= 0"

    def conclude(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        (premise,) = premises
        potential, summand, shift = arguments["potential"], arguments["summand"], arguments["shift"]
        lower, upper = arguments["lower"], arguments["upper"]
        summed = shifted(summand, shift)
        step, coefficients = recursion(premise, potential, (summed,))
        # where the sum is of the potential itself, its coefficient on the right is less than 1
        weight = coefficients.get(summed, ZERO)
        if summed == potential:
            weight = weight + 1
        elif coefficients.get(potential, ZERO) != -1:
            raise NotApplicableError("the potential's coefficient is not 1")
        if summed == shifted(potential) or not is_nonnegative(summand):
            raise NotApplicableError(f"{summand} cannot be summed here")
        if not (is_integral(lower) and is_integral(upper)):
            raise NotApplicableError("the ends of a sum are integers")
        noise = -step.form.constant
        bound = (start_of(potential) + (upper + 1 - shift) * noise) / weight
        measured = Measured(summand, Aggregate.SUM, lower, upper, expected=step.expected)
        conditions = (
            positive(weight),
            Relation(lower, ">=", sympy.Integer(shift)),
            Relation(upper, ">=", lower),
        )
        return Conclusion(Bound(measured, bound), conditions)


class Geometric(Rule):
    """If V[k+1] <= q·V[k] + B with 0 <= q, then V[n] <= qⁿ·V[0] + B·(1 + q + ... + qⁿ⁻¹).

    Without B the sign of q is free: V >= 0 and q < 0 leave only V = 0.
    """

    name = "geometric recursion"
    formula = (
        "V[k+1] <= q*V[k] + B for all k, V >= 0, q >= 0 or B = 0  ⟹  "
        "V[n] <= q**n*V[0] + B*(1 - q**n)/(1 - q)"
    )
    source = "induction over k; Polyak 1987, Section 2.2.1, Lemma 1"

    def conclude(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        (premise,) = premises
        potential, index = arguments["potential"], arguments["index"]
        step, coefficients = recursion(premise, potential, ())
        ahead = shifted(potential)
        ratio, noise = -coefficients.get(potential, ZERO), -step.form.constant
        if not is_integral(index) or ahead == potential:
            raise NotApplicableError("the index of an iterate is an integer")
        ratio = whole_cases(sympy.factor, ratio)
        start = start_of(potential)
        conditions = [nonnegative(index)]
        if noise == 0:
            bound = ratio**index * start
        elif ratio == 1:
            bound = start + index * noise
        else:
            conditions += [nonnegative(ratio), Relation(ratio, "!=", ONE)]
            bound = ratio**index * start + noise * (1 - ratio**index) / (1 - ratio)
        measured = Measured(potential, Aggregate.LAST, index, index, expected=step.expected)
        return Conclusion(Bound(measured, bound), tuple(conditions))


class HarmonicSteps(Rule):
    """Steps of length of the order 1/(k + 1), as strong convexity is used with.

    If V[k+1] <= (1 − c/(k+1))·V[k] + B/(k+1)² with V >= 0, c > 1, B >= 0, then with b = min(c, 2)
    V[n] <= B/((b − 1)·n) for n >= 1. At k = 0 the right side is at most B, and B <= D for
    D = B/(b − 1) since b <= 2; if V[k] <= D/k, then (k + 1 − b)·D/k + B/(k + 1) <= D, since
    B <= (b − 1)·D and k/(k + 1) <= 1, which says that V[k+1] <= D/(k + 1).
    """

    name = "recursion with harmonic steps"
    formula = (
        "V[k+1] <= (1 - c/(k+1))*V[k] + B/(k+1)**2 for all k, V >= 0, c > 1, B >= 0  ⟹  "
        "V[n] <= B/((min(c, 2) - 1)*n)"
    )
    source = "Chung 1954, Lemma 1; here with explicit constants, by induction over k"

    def conclude(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        (premise,) = premises
        potential, index = arguments["potential"], arguments["index"]
        step = one_step(premise)
        ahead = shifted(potential)
        if step.form[ahead] != 1 or set(step.form.quantities) - {ahead, potential}:
            raise NotApplicableError(f"the premise does not bound {ahead} by {potential} alone")
        if not is_integral(index) or not is_nonnegative(potential):
            raise NotApplicableError("the index of an iterate is an integer")
        contraction = sympy.cancel((1 + step.form[potential]) * (ITERATION + 1))
        noise = sympy.cancel(-step.form.constant * (ITERATION + 1) ** 2)
        if ITERATION in contraction.free_symbols | noise.free_symbols:
            raise NotApplicableError("the coefficients are not those of harmonic steps")
        bound = noise / ((sympy.Min(contraction, 2) - 1) * index)
        measured = Measured(potential, Aggregate.LAST, index, index, expected=step.expected)
        conditions = (
            Relation(contraction, ">", ONE),
            nonnegative(noise),
            Relation(index, ">=", ONE),
        )
        return Conclusion(Bound(measured, bound), conditions)


class LastOfMonotone(Rule):
    """The last term of a non-increasing sequence is at most its mean."""

    name = "last of a non-increasing sequence"
    formula = "q[k+1] <= q[k] for all k  ⟹  (n - l + 1)*q[n] <= q[l] + ... + q[n]"
    source = "algebra"

    def conclude(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        decrease, summed = premises
        if not isinstance(summed, Bound) or summed.measured.aggregate is not Aggregate.SUM:
            raise NotApplicableError("a bound on a sum is expected")
        quantity = summed.measured.quantity
        step = one_step(decrease)
        wanted = {shifted(quantity): ONE, quantity: -ONE}
        if dict(step.form.terms) != wanted or step.form.constant != 0:
            raise NotApplicableError(f"{quantity} is not shown to be non-increasing")
        if step.expected and not summed.measured.expected:
            raise NotApplicableError("a decrease in expectation says nothing about one path")
        lower, upper = summed.measured.lower, summed.measured.upper
        measured = Measured(
            quantity, Aggregate.LAST, upper, upper, expected=summed.measured.expected
        )
        count = upper - lower + 1
        return Conclusion(Bound(measured, summed.bound / count), (positive(count),))


class LastIsLeast(Rule):
    """The last term of a non-increasing sequence is the least."""

    name = "least of a non-increasing sequence"
    formula = "q[k+1] <= q[k] for all k  ⟹  q[n] = min(q[l], ..., q[n])"
    source = "algebra"

    def conclude(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        decrease, least = premises
        if not isinstance(least, Bound) or least.measured.aggregate is not Aggregate.MIN:
            raise NotApplicableError("a bound on a minimum is expected")
        measured = least.measured
        step = one_step(decrease)
        wanted = {shifted(measured.quantity): ONE, measured.quantity: -ONE}
        if dict(step.form.terms) != wanted or step.form.constant != 0 or measured.root:
            raise NotApplicableError(f"{measured.quantity} is not shown to be non-increasing")
        if step.expected and not measured.expected:
            raise NotApplicableError("a decrease in expectation says nothing about one path")
        last = replace(measured, aggregate=Aggregate.LAST, lower=measured.upper)
        return Conclusion(Bound(last, least.bound))
