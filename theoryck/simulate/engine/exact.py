"""The same method on the same problem without rounding: what a refutation rests on."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from theoryck.algebra import Coordinates, NumberSystem, Trace
from theoryck.assumptions import Subject
from theoryck.claims.arithmetic import Balls, Rationals
from theoryck.claims.claim import MethodUse, RateClaim
from theoryck.claims.evaluate import Environment, evaluate, holds
from theoryck.claims.expressions import Comparison, Expectation, mentions, names
from theoryck.errors import InexactError, TheoryckError
from theoryck.simulate.engine.classes import Candidate, in_class
from theoryck.simulate.engine.exact_oracle import ExactOracle, Script
from theoryck.simulate.engine.measures import (
    iterates_needed,
    norms_squared,
    norms_squared_in,
    without_expectations,
)
from theoryck.simulate.engine.values import Values, assumed, to_float
from theoryck.simulate.errors import SimulationError
from theoryck.simulate.problems.base import ExactProblem, Problem
from theoryck.simulate.problems.quadratic import DiagonalQuadratic, ShiftedQuadratics
from theoryck.simulate.runs.loop import Arguments, Trajectory, run

MAX_RUNS = 1024  # outcomes of the noise that are gone through one by one


@dataclass(frozen=True)
class ExactOutcome:
    """What exact runs show: whether the bound fails, and both sides as text and double."""

    violated: bool
    measure: float
    bound: float
    measure_text: str
    bound_text: str
    runs: int


def exact_outcome(
    claim: RateClaim, values: Values, candidate: Candidate, deadline: float
) -> ExactOutcome | None:
    """Re-run a candidate exactly; None where that cannot be done.

    Noise of a few values on a line is gone through outcome by outcome, and an expectation is
    their weighted mean. The candidate's membership in the class and the conditions on its start
    are checked exactly too: None, or an outcome that violates nothing, never refutes.
    """
    problem, outcomes = candidate.problem, candidate.noise.outcomes()
    if not isinstance(problem, ExactProblem) or outcomes is None:
        return None
    if len(outcomes) > 1 and problem.dimension > 1:
        return None
    claim = replace(claim, measure=norms_squared(claim.measure), bound=norms_squared(claim.bound))
    systems: list[NumberSystem] = [Rationals()] if isinstance(values.numbers, Rationals) else []
    for numbers in (*systems, Balls()):
        try:
            with _scope(numbers):
                if not admissible(claim, values, candidate):
                    return None
                used = values if isinstance(numbers, Rationals) else values.in_balls()
                if isinstance(numbers, Balls) and not _traceable(claim.method, used):
                    return None  # in balls, a method that compares might be misled
                return _Rerun(claim, used, candidate, problem, deadline).outcome()
        except InexactError:
            continue
        except (TheoryckError, ArithmeticError, TypeError, ValueError):
            return None
    return None


def _scope(numbers: NumberSystem) -> Any:
    return numbers.scope() if isinstance(numbers, Balls) else nullcontext()


def admissible(claim: RateClaim, values: Values, candidate: Candidate) -> bool:
    """Whether the candidate is in the claim's class and its start meets the conditions.

    Rational values are compared as such, since balls cannot tell that two numbers are equal.
    """
    classes, numbers = assumed(claim.assumptions, values)
    if not in_class(candidate, classes, numbers):
        return False
    return start_holds(candidate, claim.initial, values)


@dataclass(frozen=True)
class _Rerun:
    claim: RateClaim
    values: Values
    candidate: Candidate
    problem: ExactProblem
    deadline: float

    def outcome(self) -> ExactOutcome | None:
        claim, numbers = self.claim, self.values.numbers
        runs = list(self._runs())
        here = runs[0][1]
        bound = evaluate(claim.bound, here, numbers)
        if claim.confidence is not None:
            return self._frequency(runs, bound)
        if len(runs) > 1 and not self._random_only_in_expectations():
            return None
        measure = self._expected(runs)
        excess = numbers.sign(measure - bound)
        violated = excess < 0 if claim.relation in (">=", ">") else excess > 0
        return _outcome(violated, measure, bound, len(runs))

    def _runs(self) -> Iterator[tuple[Any, Environment]]:
        """Every run with its probability."""
        claim, values, numbers = self.claim, self.values, self.values.numbers
        outcomes = self.candidate.noise.outcomes() or ()
        needed = iterates_needed((claim.measure, claim.bound, *claim.initial), values.floats)
        start = start_of(self.candidate, numbers)
        choices: tuple[int, ...] | None = ()
        for _ in range(MAX_RUNS):
            script = Script(outcomes, choices or ())
            oracle = ExactOracle(self.problem, numbers, script, self.deadline)
            kept = run(
                claim.method.method,
                oracle,
                arguments_at(claim.method, values.exact, numbers),
                start,
                max(needed, default=0),
                needed,
                deadline=self.deadline,
            )
            if len(outcomes) ** len(script.taken) > MAX_RUNS:
                raise SimulationError(f"more than {MAX_RUNS} outcomes of the noise")
            yield numbers.rational(script.probability()), exact_environment(values, oracle, kept)
            choices = script.following()
            if choices is None:
                return
        raise SimulationError(f"more than {MAX_RUNS} outcomes of the noise")

    def _random_only_in_expectations(self) -> bool:
        """Whether what stands outside of E(...) is the start alone."""
        outside = without_expectations(self.claim.measure)
        found = iterates_needed((*outside, self.claim.bound), self.values.floats)
        return mentions(self.claim.measure, Expectation) and found <= {0}

    def _expected(self, runs: Sequence[tuple[Any, Environment]]) -> Any:
        """The measure, each E(...) the weighted mean of what it is in the single runs."""
        numbers, measure = self.values.numbers, self.claim.measure
        totals: list[Any] = []
        for probability, here in runs:
            seen: list[Any] = []
            evaluate(measure, _reading(here, _collector(seen)), numbers)
            weighted = [probability * value for value in seen]
            totals = [a + b for a, b in zip(totals, weighted, strict=True)] if totals else weighted
        means = iter(totals)
        return evaluate(measure, _reading(runs[0][1], lambda _: next(means)), numbers)

    def _frequency(self, runs: Sequence[tuple[Any, Environment]], bound: Any) -> ExactOutcome:
        """For a claim with a confidence: the probability that the bound holds, against it."""
        numbers = self.values.numbers
        kept = numbers.integer(0)
        for probability, here in runs:
            excess = numbers.sign(evaluate(self.claim.measure, here, numbers) - bound)
            within = excess >= 0 if self.claim.relation in (">=", ">") else excess <= 0
            kept = kept + probability if within else kept
        wanted = evaluate(self.claim.confidence, runs[0][1], numbers)  # type: ignore[arg-type]
        return _outcome(numbers.sign(kept - wanted) < 0, kept, wanted, len(runs))


def _collector(seen: list[Any]) -> Callable[[Any], Any]:
    def expectation(value: Any) -> Any:
        seen.append(value)
        return value

    return expectation


def _reading(here: Environment, expectation: Callable[[Any], Any]) -> Environment:
    return Environment(here.symbols, here.iterate, here.value, here.gradient, expectation)


def _outcome(violated: bool, measure: Any, bound: Any, runs: int) -> ExactOutcome:
    return ExactOutcome(
        violated, _double(measure), _double(bound), _text(measure), _text(bound), runs
    )


def _double(value: Any) -> float:
    """The nearest double; infinite beyond the largest, as of a run that diverges."""
    try:
        return to_float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _text(value: Any) -> str:
    text = str(value)
    if len(text) <= 400:
        return text
    number = _double(value)
    return f"about {number!r}" if math.isfinite(number) else "beyond the largest double"


def names_noise(claim: RateClaim) -> bool:
    """Whether the claim assumes something of the noise, or that f is a finite sum."""
    return any(
        use.assumption.subject is Subject.NOISE
        or use.assumption.name in ("finite_sum", "interpolation")
        for use in claim.assumptions
    )


def exact_gradients_only(claim: RateClaim) -> bool:
    """Whether nothing in the claim is random: its stochastic gradients are the gradients."""
    texts = (claim.measure, claim.bound, *claim.initial)
    expected = any(mentions(text, Expectation) for text in texts)
    return not names_noise(claim) and not expected and claim.confidence is None


def start_of(candidate: Candidate, numbers: NumberSystem) -> Coordinates:
    """The candidate's x[0], relative to x* = 0."""
    return Coordinates(tuple(numbers.rational(entry) for entry in candidate.direction))


def exact_environment(
    values: Values, oracle: ExactOracle, kept: Trajectory, least: Fraction = Fraction(0)
) -> Environment:
    """What the names of a claim mean on an exact run, for the oracle's function plus ``least``."""
    numbers = values.numbers
    dimension = oracle.problem.dimension
    f_star = numbers.rational(least)
    return Environment(
        symbols={
            **values.exact,
            "f_star": f_star,
            "x_star": Coordinates((numbers.integer(0),) * dimension),
        },
        iterate=kept.at,
        value=lambda x: oracle.value(x) + f_star,
        gradient=oracle.grad,
    )


def exact_form(problem: Problem) -> tuple[ExactProblem, Fraction] | None:
    """A rational problem g with f = g + f*, and f*; None where there is none."""
    match problem:
        case ExactProblem():
            return problem, Fraction(0)
        case ShiftedQuadratics(curvature=curvature, size=size, count=count):
            squares = sum((v * v for v in problem.offsets()), Fraction(0))
            return DiagonalQuadratic((curvature,) * size), curvature * squares / (2 * count)
    return None


def exact_start(candidate: Candidate, values: Values) -> Environment | None:
    """What the names of a claim mean at x[0], exactly; None where that is not known."""
    form = exact_form(candidate.problem)
    if form is None:
        return None
    problem, least = form
    oracle = ExactOracle(problem, values.numbers, Script(()), float("inf"))
    kept = Trajectory({0: start_of(candidate, values.numbers)}, 0)
    return exact_environment(values, oracle, kept, least)


def arguments_at(use: MethodUse, symbols: Mapping[str, Any], numbers: NumberSystem) -> Arguments:
    """The method's arguments as a function of k; those left out have their defaults."""
    fixed = {
        argument.name: numbers.rational(Fraction(argument.default))
        for argument in use.method.arguments
        if argument.default is not None
    }
    varying = {name: expr for name, expr in use.arguments.items() if "k" in names(expr)}
    for name, expr in use.arguments.items():
        if name not in varying:
            fixed[name] = evaluate(expr, Environment(symbols), numbers)

    def at(k: int) -> Mapping[str, Any]:
        if not varying:
            return fixed
        environment = Environment({**symbols, "k": numbers.integer(k)})
        return fixed | {name: evaluate(e, environment, numbers) for name, e in varying.items()}

    return at


def _traceable(use: MethodUse, values: Values) -> bool:
    """Whether the method runs on traced vectors, which have no order and no truth."""
    trace = Trace(numbers=values.numbers)
    arguments = arguments_at(use, values.exact, values.numbers)
    try:
        state = use.method.first_state(trace.start)
        for k in range(2):
            state = use.method.step(state, trace, k, arguments(k))
    except Exception:  # whatever a user's method raises, it is not shown to be traceable
        return False
    return True


def start_holds(candidate: Candidate, conditions: Sequence[Comparison], values: Values) -> bool:
    """The same in rationals, or in balls where a condition has a root in it."""
    with Balls().scope():
        return any(
            initial_holds(candidate, conditions, used) for used in (values, values.in_balls())
        )


def initial_holds(candidate: Candidate, conditions: Sequence[Comparison], values: Values) -> bool:
    """Whether a rational candidate's start meets the conditions exactly."""
    here = exact_start(candidate, values)
    if here is None:
        return False
    try:
        return all(holds(norms_squared_in(c), here, values.numbers) for c in conditions)
    except TheoryckError:
        return False
