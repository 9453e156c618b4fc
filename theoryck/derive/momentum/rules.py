"""The rule of one step with memory: a combination of known inequalities that leaves squares."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import sympy

from theoryck.algebra import Form, dot
from theoryck.certificates.checker import gram_matrix
from theoryck.derive.momentum.state import MemoryStep, memory_step
from theoryck.derive.momentum.statements import Dissipation, Level, Potential
from theoryck.derive.potentials.multipliers import Point
from theoryck.derive.potentials.numbers import RationalFunctions
from theoryck.derive.potentials.signs import finite, nonnegative_here, principal_minors
from theoryck.derive.printing import to_claim_text
from theoryck.derive.relations import Relation
from theoryck.derive.rules.base import Conclusion, NotApplicableError, Rule, positive
from theoryck.derive.setting import ITERATION, Setting, Stuck, is_random
from theoryck.derive.statements import (
    DISTANCE_SQUARED,
    GAP,
    GRADIENT_SQUARED,
    Quantity,
    Statement,
    shifted,
)
from theoryck.errors import TheoryckError

MAX_GRAM = 5  # vectors whose Gram matrix is looked at minor by minor


class PotentialStep(Rule):
    """A potential of the state shrinks, by inequalities between the points of one step.

    The state is any: nothing is used of how it came about, so that the inequality holds at
    every k. The multipliers are checked, wherever they come from.
    """

    name = "potential of the state"
    formula = (
        "ratio*V[k] + noise - V[k+1] - drops = sum(multiplier*inequality) + <S, Gram>, "
        "multipliers >= 0, S PSD"
    )
    source = (
        "Lessard, Recht and Packard 2016, Section 3; the inequalities: Nesterov 2018, "
        "Lemma 1.2.3 and Theorem 2.1.5"
    )

    def assumed(self, setting: Setting) -> tuple[str, ...]:
        # the assumptions sharpen each other's bounds on the curvature
        return tuple(setting.assumptions)

    def stated(self, arguments: Mapping[str, Any]) -> str:
        shown = (f"{to_claim_text(m)} of {name}" for name, m in arguments["multipliers"])
        return f"{self.name}: {self.formula}; multipliers {', '.join(shown) or 'none'}"

    def conclude(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        if premises:
            raise NotApplicableError(f"{self.name} takes no premises")
        potential: Potential = arguments["potential"]
        ratio, noise = arguments["ratio"], arguments["noise"]
        drops: tuple[tuple[Quantity, sympy.Expr], ...] = arguments["drops"]
        points: tuple[Point, ...] = arguments["points"]
        try:
            step = memory_step(setting, [level.direction for level in potential.levels])
            remainder = dissipated(step, potential, ratio, drops, noise)
            conditions = [*_ground(setting, step)]
            for coefficient in (*potential.expressions, ratio, noise, *(c for _, c in drops)):
                conditions += finite(step.numbers.element(coefficient), step.numbers)
            for name, multiplier in arguments["multipliers"]:
                known = step.inequalities.get(name)
                if known is None:
                    raise NotApplicableError(f"the claim gives no inequality called {name!r}")
                value = step.numbers.element(multiplier)
                if known.equality:
                    conditions += finite(value, step.numbers)
                else:
                    conditions += nonnegative_here(value, points, step.numbers)
                remainder = remainder - known.form() * value
            conditions += _nonnegative(remainder, points, step.numbers)
        except (TheoryckError, Stuck, ZeroDivisionError) as error:
            raise NotApplicableError(str(error)) from error
        statement = Dissipation(
            potential, ratio, drops, noise, is_random(setting), step.names, step.weights
        )
        return Conclusion(statement, tuple(dict.fromkeys(conditions)))


def _ground(setting: Setting, step: MemoryStep) -> Iterator[Relation]:
    """What must hold for the points to exist and for the inequalities to have a value."""
    for proximal in step.trace.proximals:
        yield positive(step.numbers.expression(proximal.step))
    for assumption, constant in (("strongly_convex", "mu"), ("smooth", "L")):
        value = setting.constant(assumption, constant)
        if value is not None:
            yield positive(value)


def dissipated(
    step: MemoryStep,
    potential: Potential,
    ratio: sympy.Expr,
    drops: tuple[tuple[Quantity, sympy.Expr], ...],
    noise: sympy.Expr,
) -> Form:
    """``ratio*V[k] + noise - V[k+1] - drops`` over the leaves of the step.

    Raises:
        Stuck: a quantity has no meaning here.
        InexactError: a coefficient is no rational function.
    """
    numbers = step.numbers
    form = valued(step, potential, ahead=False) * numbers.element(ratio)
    form = form - valued(step, potential, ahead=True) + numbers.element(noise)
    for quantity, coefficient in drops:
        form = form - observed(step, quantity) * numbers.element(coefficient)
    return form


def valued(step: MemoryStep, potential: Potential, *, ahead: bool) -> Form:
    """V[k] before the step, or V[k+1] after it."""
    numbers, trace = step.numbers, step.trace
    there = potential.at(ITERATION + 1) if ahead else potential
    form = Form(trace, numbers.integer(0), {}, {})
    for term, own in zip(there.terms, potential.terms, strict=True):
        if len(term.direction) != step.size:
            raise Stuck("the potential is one of another state")
        weight = numbers.element(term.weight)
        if isinstance(term, Level):
            # a point is named by its direction before the step, whichever side it is taken on
            form = form + step.gap(own.direction, ahead) * weight
            continue
        direction = tuple(numbers.element(c) for c in term.direction)
        total = sum(
            (c for c, w in zip(direction, step.weights, strict=True) if w), numbers.integer(0)
        )
        if total != 0 and not step.minimiser:
            raise Stuck("the potential needs a minimiser x_star")
        vector = step.direction(direction, ahead)
        form = form + dot(vector, vector) * weight
    return form


def observed(step: MemoryStep, quantity: Quantity) -> Form:
    """A quantity at x[k] or x[k+1]."""
    for at, evaluation in enumerate(step.located[0]):
        if quantity == shifted(GAP, at):
            gap: Form = evaluation.value - step.trace.f_star
            return gap
        if quantity == shifted(GRADIENT_SQUARED, at):
            square: Form = dot(evaluation.gradient, evaluation.gradient)
            return square
        if quantity == shifted(DISTANCE_SQUARED, at) and step.minimiser:
            apart = evaluation.point - step.trace.x_star
            square = dot(apart, apart)
            return square
    raise Stuck(f"{quantity} is not observed")


def _nonnegative(
    remainder: Form, points: tuple[Point, ...], numbers: RationalFunctions
) -> Iterator[Relation]:
    if remainder.linear:
        raise NotApplicableError("a value of f is left over")
    matrix = gram_matrix(remainder, numbers)
    if len(matrix) > MAX_GRAM:
        raise NotApplicableError(f"a Gram matrix of {len(matrix)} vectors")
    for value in (remainder.constant, *principal_minors(matrix)):
        yield from nonnegative_here(value, points, numbers)


__all__ = ["PotentialStep", "dissipated", "observed", "valued"]
