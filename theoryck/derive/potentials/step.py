"""One step of a method from any state, or one point, as exact forms over the parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from theoryck.algebra import Evaluation, Form, Point, Trace
from theoryck.assumptions.conditions import Assumed
from theoryck.certificates.inequalities import Inequalities
from theoryck.claims.evaluate import Environment, evaluate
from theoryck.derive.oracles import trace_of
from theoryck.derive.potentials.elements import Argument
from theoryck.derive.potentials.numbers import RationalFunctions
from theoryck.derive.setting import ITERATION, Setting, Stuck
from theoryck.derive.statements import (
    DISTANCE_SQUARED,
    GAP,
    GRADIENT_SQUARED,
    Affine,
    Quantity,
    shifted,
)
from theoryck.errors import TheoryckError

OBSERVABLES: tuple[Quantity, ...] = (GAP, DISTANCE_SQUARED, GRADIENT_SQUARED)


@dataclass(frozen=True)
class TracedPoints:
    """Points with what the assumptions say of them; ``points[i]`` is x[k+i]."""

    points: tuple[Evaluation, ...]
    inequalities: Inequalities

    @property
    def trace(self) -> Trace:
        """The trace that all forms belong to."""
        return self.inequalities.trace

    @cached_property
    def slacks(self) -> Mapping[str, Form]:
        """What is not negative, by name."""
        return {slack.name: slack.form() for slack in self.inequalities.slacks()}

    def quantity(self, quantity: Quantity) -> Form:
        """An observable of one of the points.

        Raises:
            Stuck: the quantity is none that is observed.
        """
        for at, evaluation in enumerate(self.points):
            apart = evaluation.point - self.trace.x_star
            if quantity == shifted(GAP, at):
                gap: Form = evaluation.value - self.trace.f_star
                return gap
            if quantity == shifted(DISTANCE_SQUARED, at):
                return apart.dot(apart)
            if quantity == shifted(GRADIENT_SQUARED, at):
                square: Form = evaluation.gradient.dot(evaluation.gradient)
                return square
        raise Stuck(f"{quantity} is not observed")

    def form(self, affine: Affine, numbers: RationalFunctions) -> Form:
        """An affine form in observables as a form over the leaves."""
        total = Form(self.trace, numbers.element(affine.constant), {}, {})
        for quantity, coefficient in affine.terms:
            total = total + self.quantity(quantity) * numbers.element(coefficient)
        return total


def traced_points(setting: Setting, numbers: RationalFunctions, count: int) -> TracedPoints:
    """x[k] alone (``count`` 1), or x[k] and x[k+1] with the step between them (``count`` 2).

    The state at k is any: what the method remembers beside x[k] are unknown vectors.

    Raises:
        Stuck: the method or a constant has no rational reading.
    """
    claim = setting.claim
    symbols = {s.name: numbers.element(s) for s in setting.domain.symbols.values()}
    k = numbers.element(ITERATION)
    trace = trace_of(claim, numbers)
    try:
        points = [trace.evaluate(trace.start)]
        if count == 2:
            points.append(trace.evaluate(_after(setting, trace, numbers, {**symbols, "k": k})))
        assumed = tuple(
            Assumed(
                use.assumption,
                {
                    name: evaluate(argument, Environment(symbols), numbers)
                    for name, argument in use.arguments.items()
                },
            )
            for use in claim.assumptions
        )
        if trace.samples or any(a.name == "finite_sum" for a in assumed):
            raise Stuck("potentials are sought for steps without noise")
        inequalities = Inequalities(trace, assumed, (), setting.has_minimiser)
        found = TracedPoints(tuple(points), inequalities)
        _ = found.slacks  # an undecided sign shows here
    except TheoryckError as error:
        raise Stuck(f"no rational step: {error}") from error
    return found


def _after(
    setting: Setting, trace: Trace, numbers: RationalFunctions, symbols: Mapping[str, object]
) -> Point:
    use = setting.claim.method
    values = {
        argument.name: numbers.coerce(argument.default)
        for argument in use.method.arguments
        if argument.default is not None
    }
    for name, expr in use.arguments.items():
        values[name] = evaluate(expr, Environment(symbols), numbers)
    values = {name: Argument(value.quotient) for name, value in values.items()}
    k = Argument(numbers.element(ITERATION).quotient)
    state = use.method.first_state(trace.start)
    if isinstance(state, tuple):
        if not all(isinstance(entry, Point) for entry in state):
            raise Stuck(f"{use.method.name} remembers a number from step to step")
        memory = (trace.x_star + trace.vector(f"memory{i}") for i in range(1, len(state)))
        state = (trace.start, *memory)
    try:
        after = use.method.iterate(use.method.step(state, trace, k, values))
    except TheoryckError:
        raise
    except Exception as error:  # the method is its author's code: anything may happen in it
        raise Stuck(f"{use.method.name} is not traced: {type(error).__name__}") from error
    if not isinstance(after, Point):
        raise Stuck(f"the step of {use.method.name} does not give a vector")
    return after
