"""A rate claim at one instance, as exact forms: what is assumed and what is to be shown.

Everything here is rebuilt from the claim (its method is traced, its assumptions are read where
they are defined), so that a certificate needs to name inequalities only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Any

from theoryck.algebra import Form, NumberSystem, Point, Root, Trace, TracedScalar
from theoryck.assumptions.base import PairFamily, Slack
from theoryck.assumptions.conditions import (
    Assumed,
    noise_slacks,
    pair_families,
    point_slacks,
)
from theoryck.claims.claim import MethodUse, RateClaim
from theoryck.claims.evaluate import Environment, Extremum, evaluate
from theoryck.claims.expressions import (
    Comparison,
    Expectation,
    Expr,
    Gradient,
    Iterate,
    Number,
    Order,
    Symbol,
    Value,
    children,
    walk,
)
from theoryck.errors import DomainError, TheoryckError, TooLargeError, UntraceableError

MAX_HORIZON = 2000  # iterates of one trace; the forms grow with its square


@dataclass(frozen=True)
class Hypothesis:
    """A condition on the start: ``form >= 0`` (zero if ``equality``, positive if ``strict``)."""

    name: str
    form: Form
    equality: bool = False
    strict: bool = False

    def slack(self) -> Slack:
        """The same as a named inequality."""
        return Slack(self.name, lambda: self.form, self.equality)


@dataclass(frozen=True)
class Goal:
    """``min(alternatives) <= bound``; ``power`` 2 says that both sides have been squared."""

    alternatives: tuple[Form, ...]
    bound: Form
    power: int


@dataclass(frozen=True)
class Problem:
    """A claim at an instance. ``parameters`` are the exact values, ``minimiser`` says whether
    the proof may speak of x* as a point."""

    claim: RateClaim
    parameters: Mapping[str, Any]
    trace: Trace
    iterates: tuple[Point, ...]
    goals: tuple[Goal, ...]
    hypotheses: tuple[Hypothesis, ...]
    assumed: tuple[Assumed, ...]
    minimiser: bool

    @property
    def numbers(self) -> NumberSystem:
        """The number system of every coefficient."""
        return self.trace.numbers

    @property
    def random(self) -> bool:
        """Whether the run draws stochastic gradients."""
        return bool(self.trace.samples)

    @cached_property
    def families(self) -> tuple[PairFamily, ...]:
        """The inequalities over pairs of points; there are as many as squares of the horizon."""
        return pair_families(self.assumed, self.trace, minimiser=self.minimiser)

    @cached_property
    def singles(self) -> Mapping[str, Slack]:
        """Every other inequality that a proof may use, by name."""
        single = [hypothesis.slack() for hypothesis in self.hypotheses]
        single += point_slacks(self.assumed, self.trace, minimiser=self.minimiser)
        single += noise_slacks(self.assumed, self.trace)
        return {slack.name: slack for slack in single}

    def slacks(self) -> Iterator[Slack]:
        """Every inequality that a proof may use."""
        yield from self.singles.values()
        for family in self.families:
            yield from family.members()

    def slack(self, name: str) -> Slack | None:
        """The inequality of that name; None if the claim gives none."""
        if name in self.singles:
            return self.singles[name]
        return next((s for family in self.families if (s := family.find(name))), None)


@dataclass
class Run:
    """Iterates of a method on an oracle, made as far as they are asked for."""

    use: MethodUse
    trace: Trace
    symbols: Mapping[str, Any]
    state: Any = field(init=False)
    iterates: list[Point] = field(init=False)

    def __post_init__(self) -> None:
        self.state = self.use.method.first_state(self.trace.start)
        self.iterates = [self.use.method.iterate(self.state)]

    def iterate(self, index: int) -> Point:
        """x[index]."""
        if index < 0:
            raise DomainError(f"x[{index}]: iterates are numbered from 0")
        if index > MAX_HORIZON:
            raise TooLargeError(f"x[{index}]: traces go up to {MAX_HORIZON} iterates")
        while len(self.iterates) <= index:
            self._advance()
        return self.iterates[index]

    def _advance(self) -> None:
        numbers = self.trace.numbers
        k = numbers.integer(len(self.iterates) - 1)
        environment = Environment({**self.symbols, "k": k})
        values = {
            argument.name: numbers.coerce(argument.default)
            for argument in self.use.method.arguments
            if argument.default is not None
        }
        for name, expr in self.use.arguments.items():
            values[name] = evaluate(expr, environment, numbers)
        name = self.use.method.name
        try:
            self.state = self.use.method.step(self.state, self.trace, k, values)
            x = self.use.method.iterate(self.state)
        except TheoryckError:
            raise
        except Exception as error:  # the method is its author's code: anything may happen in it
            raise UntraceableError(
                f"{name} cannot be traced: {type(error).__name__}: {error} (constants inside a "
                "method must be exact: x/2 or fractions.Fraction, not 0.5*step)"
            ) from error
        if not isinstance(x, Point):
            raise UntraceableError(f"{name} gave {type(x).__name__}, not a vector")
        self.iterates.append(x)


def parameter_values(at: Mapping[str, Expr], numbers: NumberSystem) -> dict[str, Any]:
    """The values of an instance's parameters."""
    return {name: evaluate(value, Environment(), numbers) for name, value in at.items()}


def instantiate(claim: RateClaim, at: Mapping[str, Expr], numbers: NumberSystem) -> Problem:
    """Trace the claim's method and read its measure, bound and start at given parameters.

    Raises:
        InexactError: a value is irrational (use balls instead of rationals).
        UntraceableError: the method, the measure or the bound is not quadratic in the vectors.
        DomainError, UndecidedError, TooLargeError: as :func:`evaluate`.
    """
    if isinstance(claim.bound, Order):
        raise UntraceableError("an order bound says nothing about a single instance")
    if claim.confidence is not None:
        raise UntraceableError("a claim with a probability is not one about expectations")
    parameters = parameter_values(at, numbers)
    trace = Trace(numbers=numbers)
    run = Run(claim.method, trace, parameters)
    environment = Environment(
        symbols={**parameters, "f_star": trace.f_star, "x_star": trace.x_star},
        iterate=run.iterate,
        value=trace.value,
        gradient=trace.grad,
    )
    measure = evaluate(claim.measure, environment, numbers)
    if trace.samples:
        _refuse_random(claim, measure)
    bound = evaluate(claim.bound, environment, numbers)
    hypotheses = tuple(
        hypothesis
        for position, condition in enumerate(claim.initial)
        for hypothesis in _hypotheses(position, condition, environment, trace)
    )
    assumed = tuple(
        Assumed(
            use.assumption,
            {
                name: evaluate(argument, Environment(parameters), numbers)
                for name, argument in use.arguments.items()
            },
        )
        for use in claim.assumptions
    )
    minimiser = mentions_minimiser(claim) or any(a.assumption.has_minimiser for a in assumed)
    return Problem(
        claim=claim,
        parameters=parameters,
        trace=trace,
        iterates=tuple(run.iterates),
        goals=_goals(measure, bound, trace),
        hypotheses=hypotheses,
        assumed=assumed,
        minimiser=minimiser,
    )


def mentions_minimiser(claim: RateClaim) -> bool:
    """Whether the claim speaks of x* as a point, which says that it exists."""
    texts = (claim.measure, claim.bound, *claim.initial)
    return any(
        isinstance(node, Symbol) and node.name == "x_star" for text in texts for node in walk(text)
    )


def _refuse_random(claim: RateClaim, measure: Any) -> None:
    """A measure of a random run must be an expectation, and not one of a maximum."""
    if _random_outside(claim.measure) or any(
        _random_outside(text) for text in (claim.bound, *claim.initial)
    ):
        raise UntraceableError("the run is random: write E(...) around what depends on it")
    if isinstance(measure, Extremum) and measure.kind == "max":
        raise UntraceableError("the expectation of a maximum is not quadratic")


def _random_outside(expr: Any) -> bool:
    """Whether something that depends on a random iterate stands outside E(...)."""
    if isinstance(expr, Expectation):
        return False
    if isinstance(expr, Iterate):
        return not (isinstance(expr.index, Number) and expr.index.value == 0)
    return any(_random_outside(child) for child in children(expr))


def _goals(measure: Any, bound: Any, trace: Trace) -> tuple[Goal, ...]:
    kind, items = (
        (measure.kind, measure.items) if isinstance(measure, Extremum) else ("min", (measure,))
    )
    if any(isinstance(item, Root) for item in items) or isinstance(bound, Root):
        squares = tuple(_square(item, trace) for item in items)
        target, power = _square(bound, trace), 2
    else:
        squares = tuple(_form(item, trace) for item in items)
        target, power = _form(bound, trace), 1
    groups = [squares] if kind == "min" else [(square,) for square in squares]
    return tuple(Goal(tuple(group), target, power) for group in groups)


def _form(value: Any, trace: Trace) -> Form:
    if isinstance(value, Form):
        return value
    if isinstance(value, TracedScalar | Point):
        raise UntraceableError("the measure and the bound must be scalars, quadratic or constant")
    return Form(trace, trace.numbers.coerce(value), {}, {})


def _square(value: Any, trace: Trace) -> Form:
    """The square of a non-negative quantity."""
    if isinstance(value, Root):
        if trace.numbers.sign(value.scale) < 0:
            raise UntraceableError("a negative multiple of a norm")
        return value**2
    form = _form(value, trace)
    if not form.is_constant():
        raise UntraceableError("a norm compared with a quantity that is not quadratic when squared")
    if trace.numbers.sign(form.constant) < 0:
        raise UntraceableError("a norm compared with a negative number")
    return _form(form.constant * form.constant, trace)


def _hypotheses(
    position: int, condition: Comparison, environment: Environment, trace: Trace
) -> Iterator[Hypothesis]:
    values: Sequence[Any] = [
        evaluate(operand, environment, trace.numbers) for operand in condition.operands
    ]
    for part, ((left, right), relation) in enumerate(
        zip(pairwise(values), condition.relations, strict=True)
    ):
        if relation == "!=":
            raise UntraceableError("a start that is only told to differ from something")
        if relation.startswith(">"):
            left, right = right, left
        if isinstance(left, Root) or isinstance(right, Root):
            form = _square(right, trace) - _square(left, trace)
        else:
            form = _form(right, trace) - _form(left, trace)
        name = f"initial({position})" if len(values) == 2 else f"initial({position},{part})"
        yield Hypothesis(name, form, relation == "==", relation in ("<", ">"))


def depends_on_run(expr: Expr) -> bool:
    """Whether an expression reads anything off the run."""
    return any(isinstance(node, Iterate | Value | Gradient) for node in walk(expr))
