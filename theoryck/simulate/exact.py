"""The same method on the same problem without rounding: what a refutation rests on."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import flint

from theoryck.algebra import Coordinates, NumberSystem, Oracle, Trace
from theoryck.claims.arithmetic import Balls, Rationals
from theoryck.claims.claim import MethodUse, RateClaim
from theoryck.claims.evaluate import Environment, evaluate, holds
from theoryck.claims.expressions import Comparison, names
from theoryck.errors import InexactError, TheoryckError, TooLargeError
from theoryck.simulate.candidates import Candidate, in_class
from theoryck.simulate.measures import iterates_needed
from theoryck.simulate.noise import Exact
from theoryck.simulate.problems.base import ExactProblem
from theoryck.simulate.runs import Arguments, OutOfTimeError, run
from theoryck.simulate.values import Values, assumed, to_float, widen

MAX_BITS = 200_000  # of a coordinate: rationals grow with every step


@dataclass(frozen=True, eq=False)
class ExactOracle(Oracle):
    """Answers for a rational problem, with :class:`Coordinates` over a number system."""

    problem: ExactProblem
    numbers: NumberSystem
    deadline: float

    def grad(self, x: Any) -> Coordinates:
        if time.monotonic() > self.deadline:
            raise OutOfTimeError("time was up in the exact run")
        entries = tuple(_bounded(t) for t in x.entries)
        return Coordinates(self.problem.exact_gradient(entries, self.numbers))

    def value(self, x: Any) -> Any:
        return self.problem.exact_value(x.entries, self.numbers)

    def minimum(self) -> Any:
        return self.numbers.integer(0)

    def sample_grad(self, x: Any, *, batch: Any = 1) -> Coordinates:
        return self.grad(x)  # zero noise is a noise of every class that is tried here

    def sample_grads(self, points: tuple[Any, ...], *, batch: Any = 1) -> tuple[Any, ...]:
        return tuple(self.grad(x) for x in points)

    def prox(self, x: Any, step: Any) -> Coordinates:
        entries = tuple(_bounded(t) for t in x.entries)
        moved = self.problem.exact_prox(entries, step, self.numbers)
        if moved is None:
            raise self.no_answer("f.prox of this problem")
        return Coordinates(moved)

    def line_search(self, x: Any, direction: Any) -> Coordinates:
        if not self.problem.constants().quadratic:
            raise self.no_answer("f.line_search of this problem")
        # on a quadratic ∇f(x + td) = ∇f(x) + t·∇f(d), since ∇f(0) = 0
        along = self.grad(direction).dot(direction)
        if self.numbers.sign(along) == 0:
            return x if isinstance(x, Coordinates) else Coordinates(tuple(x))
        moved: Coordinates = x - direction * (self.grad(x).dot(direction) / along)
        return moved

    def project(self, x: Any) -> Any:
        return x


def _bounded(t: Any) -> Any:
    if isinstance(t, flint.fmpq) and int(t.q).bit_length() > MAX_BITS:
        raise TooLargeError(f"a coordinate of more than {MAX_BITS} bits in the exact run")
    return t


@dataclass(frozen=True)
class ExactOutcome:
    """What the exact run shows: whether the bound fails, and both sides as text and double."""

    violated: bool
    measure: float
    bound: float
    measure_text: str
    bound_text: str


def exact_outcome(
    claim: RateClaim, values: Values, candidate: Candidate, deadline: float
) -> ExactOutcome | None:
    """Re-run a candidate exactly; None where that cannot be done.

    The candidate's membership in the class and the conditions on its start are checked exactly
    too: a None or an outcome that violates nothing never refutes.
    """
    if not isinstance(candidate.problem, ExactProblem) or not isinstance(candidate.noise, Exact):
        return None
    systems: list[NumberSystem] = [Rationals()] if isinstance(values.numbers, Rationals) else []
    if _traceable(claim.method):
        # a method that compares nothing may run in balls: no comparison can be decided wrongly
        systems.append(Balls())
    for numbers in systems:
        try:
            with _scope(numbers):
                return _outcome(claim, _in(numbers, values), candidate, deadline)
        except InexactError:
            continue
        except (TheoryckError, ArithmeticError, TypeError, ValueError):
            return None
    return None


def _scope(numbers: NumberSystem) -> Any:
    return numbers.scope() if isinstance(numbers, Balls) else nullcontext()


def _in(numbers: NumberSystem, values: Values) -> Values:
    if isinstance(numbers, Rationals):
        return values
    # evaluated anew, at this precision
    exact = {name: widen(value) for name, value in values.exact.items()}
    return Values(numbers, exact, values.floats, values.text)


def _outcome(
    claim: RateClaim, values: Values, candidate: Candidate, deadline: float
) -> ExactOutcome | None:
    numbers = values.numbers
    classes, system = assumed(claim.assumptions, values)
    if not in_class(candidate, classes, system):
        return None
    problem = candidate.problem
    if not isinstance(problem, ExactProblem):
        return None
    oracle = ExactOracle(problem, numbers, deadline)
    start = Coordinates(tuple(numbers.rational(entry) for entry in candidate.direction))
    needed = iterates_needed((claim.measure, claim.bound, *claim.initial), values.floats)
    trajectory = run(
        claim.method.method,
        oracle,
        arguments_at(claim.method, values.exact, numbers),
        start,
        max(needed, default=0),
        needed,
        deadline=deadline,
    )
    environment = Environment(
        symbols={
            **values.exact,
            "f_star": numbers.integer(0),
            "x_star": Coordinates((numbers.integer(0),) * len(start.entries)),
        },
        iterate=trajectory.at,
        value=oracle.value,
        gradient=oracle.grad,
    )
    if not all(holds(condition, environment, numbers) for condition in claim.initial):
        return None
    if claim.confidence is not None and (
        numbers.sign(evaluate(claim.confidence, environment, numbers)) <= 0
    ):
        return None  # a sure violation breaks every positive probability, and no other
    measure = evaluate(claim.measure, environment, numbers)
    bound = evaluate(claim.bound, environment, numbers)
    excess = numbers.sign(measure - bound)
    violated = excess < 0 if claim.relation in (">=", ">") else excess > 0
    return ExactOutcome(violated, to_float(measure), to_float(bound), _text(measure), _text(bound))


def _text(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 400 else f"about {to_float(value)!r}"


def arguments_at(use: MethodUse, symbols: Mapping[str, Any], numbers: NumberSystem) -> Arguments:
    """The method's arguments as a function of k."""
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


def _traceable(use: MethodUse) -> bool:
    """Whether the method runs on traced vectors, which have no order and no truth."""
    method, trace = use.method, Trace()
    arguments = {a.name: trace.numbers.integer(1) for a in method.arguments}
    try:
        state = method.first_state(trace.start)
        for k in range(2):
            state = method.step(state, trace, k, arguments)
    except InexactError:
        return True
    except Exception:  # whatever a user's method raises, it is not shown to be traceable
        return False
    return True


def initial_holds(candidate: Candidate, conditions: Sequence[Comparison], values: Values) -> bool:
    """Whether a rational candidate's start meets the conditions exactly."""
    if not isinstance(candidate.problem, ExactProblem):
        return False
    numbers = values.numbers
    oracle = ExactOracle(candidate.problem, numbers, float("inf"))
    start = Coordinates(tuple(numbers.rational(entry) for entry in candidate.direction))
    environment = Environment(
        symbols={
            **values.exact,
            "f_star": numbers.integer(0),
            "x_star": Coordinates((numbers.integer(0),) * len(start.entries)),
        },
        iterate=lambda k: start,
        value=oracle.value,
        gradient=oracle.grad,
    )
    try:
        return all(holds(condition, environment, numbers) for condition in conditions)
    except TheoryckError:
        return False
