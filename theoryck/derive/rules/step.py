"""The method's step, and what is exact about it: expansions and combinations of inequalities."""

from __future__ import annotations

from typing import Any

import sympy

from theoryck.derive.relations import Relation
from theoryck.derive.rules.base import (
    Conclusion,
    NotApplicableError,
    Rule,
    nonnegative,
    one_step,
    positive,
)
from theoryck.derive.setting import Setting, Stuck, traced_step
from theoryck.derive.statements import (
    DISTANCE_SQUARED,
    MINIMISER_DISTANCE,
    Affine,
    Arrow,
    Displacement,
    OneStep,
    Quantity,
    Statement,
    affine,
    inner,
    is_nonnegative,
    shifted,
    total,
)
from theoryck.derive.symbols import ONE, ZERO


def displacement(statement: Statement) -> Displacement:
    """The premise as a displacement."""
    if not isinstance(statement, Displacement):
        raise NotApplicableError("the method's step is expected as a premise")
    return statement


def against(arrow: Arrow, step: Displacement) -> Affine:
    """⟨arrow, x[k+1] - x[k]⟩."""
    terms: dict[Quantity, sympy.Expr] = {}
    for other, coefficient in step.terms:
        pair = inner(arrow, other)
        terms[pair] = terms.get(pair, ZERO) + coefficient
    return affine(terms)


def length_squared(step: Displacement) -> Affine:
    """‖x[k+1] - x[k]‖²."""
    return total((against(arrow, step), coefficient) for arrow, coefficient in step.terms)


class MethodStep(Rule):
    """The step as the method's own source defines it."""

    name = "the method's step"
    formula = "traced from the method with symbolic coefficients"
    source = "definition"

    def conclude(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        try:
            traced = traced_step(setting)
        except Stuck as stuck:
            raise NotApplicableError(str(stuck)) from stuck
        return Conclusion(traced.displacement, tuple(map(positive, traced.proximal_lengths)))


class DistanceExpansion(Rule):
    """The square of x[k+1] − x* = (x[k] − x*) + (x[k+1] − x[k])."""

    name = "expansion of the square"
    formula = "‖a + b‖² = ‖a‖² + 2⟨a, b⟩ + ‖b‖²"
    source = "algebra"

    def conclude(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        (premise,) = premises
        if not setting.has_minimiser:
            raise NotApplicableError("the distance to x_star needs a minimiser")
        step = displacement(premise)
        form = (
            affine({shifted(DISTANCE_SQUARED): ONE, DISTANCE_SQUARED: -ONE})
            .plus(against(MINIMISER_DISTANCE, step), sympy.Integer(-2))
            .plus(length_squared(step), -ONE)
        )
        return Conclusion(OneStep(form, "=="))


class BackwardExpansion(Rule):
    """The square of x[k] − x* = (x[k+1] − x*) − (x[k+1] − x[k]), for implicit steps."""

    name = "expansion of the square, seen from x[k+1]"
    formula = "‖a - b‖² = ‖a‖² - 2⟨a, b⟩ + ‖b‖²"
    source = "algebra"

    def conclude(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        (premise,) = premises
        if not setting.has_minimiser:
            raise NotApplicableError("the distance to x_star needs a minimiser")
        step = displacement(premise)
        ahead = Arrow(MINIMISER_DISTANCE.direction, 1)
        form = (
            affine({shifted(DISTANCE_SQUARED): ONE, DISTANCE_SQUARED: -ONE})
            .plus(against(ahead, step), sympy.Integer(-2))
            .plus(length_squared(step), ONE)
        )
        return Conclusion(OneStep(form, "=="))


class Combination(Rule):
    """A sum of inequalities with nonnegative multipliers (of equalities: with any)."""

    name = "combination"
    formula = "inequalities may be added with nonnegative multipliers"
    source = "algebra"

    def conclude(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        multipliers = arguments["multipliers"]
        steps = [one_step(premise) for premise in premises]
        if len(steps) != len(multipliers):
            raise NotApplicableError("one multiplier for each premise is expected")
        form = total((s.form, m) for s, m in zip(steps, multipliers, strict=True))
        conditions: tuple[Relation, ...] = tuple(
            nonnegative(m)
            for s, m in zip(steps, multipliers, strict=True)
            if s.relation == "<=" and m != 1
        )
        relation = "==" if all(s.relation == "==" for s in steps) else "<="
        # what holds on every path holds in expectation: the multipliers are not random
        expected = any(s.expected for s in steps)
        return Conclusion(OneStep(form, relation, expected), conditions)


class Sandwich(Rule):
    """A term of either sign, where its quantity lies between two multiples of another.

    From l·b <= a <= u·b and b >= 0: c·a <= max(c·l, c·u)·b for every c.
    """

    name = "two-sided bound"
    formula = "l*b <= a <= u*b, b >= 0  ⟹  c*a <= max(c*l, c*u)*b"
    source = "algebra"

    def conclude(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        below, above = (one_step(premise) for premise in premises)
        inside, outside, factor = arguments["inside"], arguments["outside"], arguments["factor"]
        for step, sign in ((below, -1), (above, 1)):
            fits = set(step.form.quantities) == {inside, outside} and step.form.constant == 0
            if not fits or step.form[inside] != sign or step.relation != "<=":
                raise NotApplicableError(f"bounds of {inside} by {outside} are expected")
        if not is_nonnegative(outside):
            raise NotApplicableError(f"{outside} has no sign of its own")
        least, most = below.form[outside], -above.form[outside]
        worst = sympy.Max(*(sympy.factor(factor * multiple) for multiple in (least, most)))
        form = affine({inside: factor, outside: -worst})
        return Conclusion(OneStep(form, "<=", below.expected or above.expected))


class Nonnegativity(Rule):
    """A gap or a squared norm is not negative."""

    name = "nonnegativity"
    formula = "f(x) >= f*, ‖v‖² >= 0"
    source = "definition of f* = inf f and of the norm"

    def conclude(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        quantity = arguments["quantity"]
        if not is_nonnegative(quantity):
            raise NotApplicableError(f"{quantity} has no sign of its own")
        return Conclusion(OneStep(affine({quantity: -ONE}), "<="))
