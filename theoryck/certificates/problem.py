"""A rate claim at one instance, as exact forms: what is assumed and what is to be shown.

Everything here is rebuilt from the claim (its method is traced, its assumptions are read where
they are defined), so that a certificate needs to name inequalities only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import pairwise
from typing import Any

from theoryck.algebra import Form, NumberSystem, Point, Root, Trace, TracedScalar
from theoryck.algebra.adaptive import Shifted
from theoryck.algebra.relaxed import Probe, RelaxedTrace, Structure
from theoryck.assumptions import Subject
from theoryck.assumptions.conditions import Assumed, of_the_mean
from theoryck.certificates.inequalities import Hypothesis, Inequalities
from theoryck.claims.claim import MethodUse, RateClaim
from theoryck.claims.evaluate import Environment, Extremum, evaluate
from theoryck.claims.expressions import (
    Apply,
    Comparison,
    Expectation,
    Expr,
    Gradient,
    Iterate,
    Number,
    Order,
    Over,
    Symbol,
    Value,
    children,
    mentions,
    walk,
)
from theoryck.errors import DomainError, TheoryckError, TooLargeError, UntraceableError

MAX_BRANCHES = 1024  # combinations of cases
MAX_HORIZON = 2000  # iterates of one trace; the forms grow with its square


@dataclass(frozen=True)
class Goal:
    """``min(alternatives) <= bound``; ``power`` 2 says that both sides have been squared."""

    alternatives: tuple[Form, ...]
    bound: Form
    power: int


@dataclass(frozen=True)
class Between:
    """A further point at which f is looked at: (1 − weight)·left + weight·right, two evaluated
    points by their labels, ``weight`` an exact number as text.

    Where conditions are only necessary, they are stronger with more points (Rubbens, Hendrickx
    and Taylor 2025): a function that meets them at the run's points only may have no continuation.
    """

    left: str
    right: str
    weight: str


@dataclass(frozen=True)
class Problem(Inequalities):
    """A claim at an instance. ``parameters`` are the exact values."""

    claim: RateClaim
    parameters: Mapping[str, Any]
    iterates: tuple[Point, ...]
    goals: tuple[Goal, ...]
    auxiliary: tuple[Between, ...] = ()

    @property
    def branch(self) -> tuple[bool, ...]:
        """Which of the conditions met in turn were taken to hold."""
        return tuple(self.trace.taken) if isinstance(self.trace, RelaxedTrace) else ()

    @property
    def relaxations(self) -> tuple[str, ...]:
        """What the inequalities leave out of the method's steps, in words."""
        if not isinstance(self.trace, RelaxedTrace):
            return ()
        return tuple(dict.fromkeys(p.relaxation for p in self.trace.primitives))


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
        k = self.trace.numbers.integer(len(self.iterates) - 1)
        self.state = advance(self.use, self.trace, self.state, k, self.symbols)
        self.iterates.append(self.use.method.iterate(self.state))


def advance(use: MethodUse, trace: Trace, state: Any, k: Any, symbols: Mapping[str, Any]) -> Any:
    """The state after step ``k`` of a method, an element of the trace's number system."""
    values = step_arguments(use, k, symbols, trace.numbers)
    name = use.method.name
    try:
        state = use.method.step(state, trace, k, values)
        x = use.method.iterate(state)
    except TheoryckError:
        raise
    except Exception as error:  # the method is its author's code: anything may happen in it
        raise UntraceableError(
            f"{name} cannot be traced: {type(error).__name__}: {error} (constants inside a "
            "method must be exact: x/2 or fractions.Fraction, not 0.5*step)"
        ) from error
    if not isinstance(x, Point):
        raise UntraceableError(f"{name} gave {type(x).__name__}, not a vector")
    return state


def step_arguments(
    use: MethodUse, k: Any, symbols: Mapping[str, Any], numbers: NumberSystem
) -> dict[str, Any]:
    """The arguments of a method at step ``k``."""
    environment = Environment({**symbols, "k": k})
    values = {
        argument.name: numbers.coerce(argument.default)
        for argument in use.method.arguments
        if argument.default is not None
    }
    for name, expr in use.arguments.items():
        values[name] = evaluate(expr, environment, numbers)
    return values


def parameter_values(at: Mapping[str, Expr], numbers: NumberSystem) -> dict[str, Any]:
    """The values of an instance's parameters."""
    return {name: evaluate(value, Environment(), numbers) for name, value in at.items()}


def instantiate(
    claim: RateClaim,
    at: Mapping[str, Expr],
    numbers: NumberSystem,
    branch: Sequence[bool] = (),
    auxiliary: Sequence[Between] = (),
) -> Problem:
    """Trace the claim's method and read its measure, bound and start at given parameters.

    Args:
        branch: which of the conditions that the method meets in turn are taken to hold; those
            beyond are (see :func:`branches`).
        auxiliary: further points at which f is looked at, after all those of the run.

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
    structure = structure_of(claim.method, parameters, numbers)
    trace = RelaxedTrace(numbers=numbers, structure=structure, branch=branch)
    run = Run(claim.method, trace, parameters)
    environment = Environment(
        symbols={**parameters, "f_star": trace.f_star, "x_star": trace.x_star},
        iterate=run.iterate,
        value=trace.value,
        gradient=trace.grad,
        # elsewhere the mean of a norm is that of <e, v>, with the direction e of the vector v
        expectation=lambda value: (
            value.form() if trace.samples and isinstance(value, Root) else value
        ),
    )
    measure = evaluate(_without_outer_mean(claim.measure), environment, numbers)
    bound = evaluate(claim.bound, environment, numbers)
    hypotheses = tuple(
        hypothesis
        for position, condition in enumerate(claim.initial)
        for hypothesis in start_conditions(position, condition, environment, trace)
    )
    if trace.samples:  # for the measure, the bound or the start
        refuse_random(claim)
        if isinstance(measure, Extremum) and measure.kind == "max":
            raise UntraceableError("the expectation of a maximum is not quadratic")
        if trace.cases:
            raise UntraceableError("which case applies is random: a trace can follow one only")
    _refuse_proximal(trace)
    for between in auxiliary:
        _look_between(between, trace)
    assumed = assumptions_at(claim, parameters, numbers)
    if structure is not Structure.PLAIN:
        _refuse_unconstrained(assumed, claim)
    minimiser = speaks_of_minimiser(claim, assumed) or _attained(claim, assumed, structure)
    return Problem(
        claim=claim,
        parameters=parameters,
        trace=trace,
        iterates=tuple(run.iterates),
        goals=_goals(measure, bound, trace),
        hypotheses=hypotheses,
        assumed=assumed,
        minimiser=minimiser,
        auxiliary=tuple(auxiliary),
    )


def _look_between(between: Between, trace: Trace) -> None:
    points = {e.label: e.point for e in (trace.optimum, *trace.evaluations)}
    for label in (between.left, between.right):
        if label not in points:
            raise DomainError(f"an auxiliary point beside {label}, which the run does not evaluate")
    weight = trace.numbers.rational(Fraction(between.weight))
    left, right = points[between.left], points[between.right]
    trace.evaluate(left + (right - left) * weight)


def branches(
    claim: RateClaim,
    at: Mapping[str, Expr],
    numbers: NumberSystem,
    auxiliary: Sequence[Between] = (),
) -> Iterator[Problem]:
    """The claim at an instance, once for every way in which its cases can fall out.

    A bound holds if it holds in all of them. Most claims have one branch.

    Raises what :func:`instantiate` raises.
    """
    branch: list[bool] = []
    for _ in range(MAX_BRANCHES):
        problem = instantiate(claim, at, numbers, branch, auxiliary)
        yield problem
        branch = list(problem.branch)
        while branch and not branch[-1]:
            branch.pop()
        if not branch:
            return
        branch[-1] = False
    raise TooLargeError(f"more than {MAX_BRANCHES} combinations of cases: take fewer steps")


def structure_of(use: MethodUse, parameters: Mapping[str, Any], numbers: NumberSystem) -> Structure:
    """How the method takes f to be composed, as seen in its first step."""
    probe = Probe(numbers=numbers)
    with suppress(TheoryckError):  # it will be told when the claim's own run meets it
        advance(use, probe, use.method.first_state(probe.start), numbers.integer(0), parameters)
    return probe.asked


def _refuse_proximal(trace: RelaxedTrace) -> None:
    steps = [*trace.proximals, *(() if trace.second is None else trace.second.proximals)]
    for step in (proximal.step for proximal in steps):
        if trace.numbers.sign(step) <= 0:
            raise DomainError(f"a proximal step of {step}: it must be positive")


def _refuse_unconstrained(assumed: Sequence[Assumed], claim: RateClaim) -> None:
    for a in assumed:
        if a.assumption.of_the_minimum:
            raise UntraceableError(
                f"{a.name} compares f with its minimum on the whole space; "
                f"{claim.method.method.name} minimises over a set or adds a second part"
            )


def _attained(claim: RateClaim, assumed: Sequence[Assumed], structure: Structure) -> bool:
    """Whether f* > −∞ implies a minimiser here: for quadratics, and over a compact set."""
    if structure is Structure.CONSTRAINED:
        return any(a.assumption.over_domain is not None for a in assumed)
    return any(a.assumption.attains_minimum for a in assumed) and _mentions(claim, "f_star")


def assumptions_at(
    claim: RateClaim, parameters: Mapping[str, Any], numbers: NumberSystem
) -> tuple[Assumed, ...]:
    """The claim's assumptions with the values of their parameters."""
    return tuple(
        Assumed(
            use.assumption,
            {
                name: evaluate(argument, Environment(parameters), numbers)
                for name, argument in use.arguments.items()
            },
        )
        for use in claim.assumptions
    )


def speaks_of_minimiser(claim: RateClaim, assumed: Sequence[Assumed]) -> bool:
    """Whether a proof may speak of x* as a point. Terms with minimisers have a sum without one,
    unless the sum inherits what gives it."""
    on_f = of_the_mean(assumed)
    return mentions_minimiser(claim) or any(
        a.assumption.has_minimiser and (a in on_f or a.assumption.subject is not Subject.FUNCTION)
        for a in assumed
    )


def mentions_minimiser(claim: RateClaim) -> bool:
    """Whether the claim speaks of x* as a point, which says that it exists."""
    return _mentions(claim, "x_star")


def _mentions(claim: RateClaim, name: str) -> bool:
    texts = (claim.measure, claim.bound, *claim.initial)
    return any(
        isinstance(node, Symbol) and node.name == name for text in texts for node in walk(text)
    )


def refuse_random(claim: RateClaim) -> None:
    """What a claim says of a random run must be an expectation."""
    texts = (claim.measure, claim.bound, *claim.initial)
    if any(_random_outside(text) for text in texts):
        raise UntraceableError("the run is random: write E(...) around what depends on it")
    if any(_power_of_mean(node) for text in texts for node in walk(text)):
        raise UntraceableError("a power of an expectation: square inside, E(norm(...)**2)")


def _power_of_mean(expr: Any) -> bool:
    return isinstance(expr, Apply) and expr.function == "**" and mentions(expr, Expectation)


def _without_outer_mean(measure: Expr) -> Expr:
    """The same without an outermost E(...): a norm is then squared inside it, which is on the
    safe side, since E(norm)**2 <= E(norm**2)."""
    match measure:
        case Expectation(body=body):
            return body
        case Over(body=Expectation(body=body)):
            return replace(measure, body=body)
    return measure


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
    if any(isinstance(v, Root) for v in (*items, bound)) and all(
        _has_square(v) for v in (*items, bound)
    ):
        squares = tuple(squared(item, trace) for item in items)
        target, power = squared(bound, trace), 2
    else:
        squares = tuple(quadratic(item, trace) for item in items)
        target, power = quadratic(bound, trace), 1
    groups = [squares] if kind == "min" else [(square,) for square in squares]
    return tuple(Goal(tuple(group), target, power) for group in groups)


def _has_square(value: Any) -> bool:
    """Whether the square of a non-negative quantity is a form."""
    constant = isinstance(value, Form) and value.is_constant()
    return isinstance(value, Root) or constant or not isinstance(value, TracedScalar | Point)


def quadratic(value: Any, trace: Trace) -> Form:
    """A number or a traced scalar as a form; a norm with the direction of its vector."""
    if isinstance(value, Form):
        return value
    if isinstance(value, Root | Shifted):
        return value.form()
    if isinstance(value, TracedScalar | Point):
        raise UntraceableError("the measure and the bound must be scalars, quadratic or constant")
    return Form(trace, trace.numbers.coerce(value), {}, {})


def squared(value: Any, trace: Trace) -> Form:
    """The square of a non-negative quantity."""
    if isinstance(value, Root):
        if trace.numbers.sign(value.scale) < 0:
            raise UntraceableError("a negative multiple of a norm")
        return value**2
    form = quadratic(value, trace)
    if not form.is_constant():
        raise UntraceableError("a norm compared with a quantity that is not quadratic when squared")
    if trace.numbers.sign(form.constant) < 0:
        raise UntraceableError("a norm compared with a negative number")
    return quadratic(form.constant * form.constant, trace)


def start_conditions(
    position: int, condition: Comparison, environment: Environment, trace: Trace
) -> Iterator[Hypothesis]:
    """The inequalities of one condition of the claim's ``initial``."""
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
        if any(isinstance(v, Root) for v in (left, right)) and all(
            _has_square(v) for v in (left, right)
        ):
            form = squared(right, trace) - squared(left, trace)
        else:
            form = quadratic(right, trace) - quadratic(left, trace)
        name = f"initial({position})" if len(values) == 2 else f"initial({position},{part})"
        yield Hypothesis(name, form, relation == "==", relation in ("<", ">"))


def depends_on_run(expr: Expr) -> bool:
    """Whether an expression reads anything off the run."""
    return any(isinstance(node, Iterate | Value | Gradient) for node in walk(expr))
