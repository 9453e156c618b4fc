"""A claim's method run on an explicit function without rounding: the second form of witness.

Nothing is traced here: the run is one on numbers, so that methods with steps of their own
(Polyak's step, clipping, line searches) are followed too. Irrational numbers become balls,
which are compared only where the answer is sure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any, TypeVar

import flint

from theoryck.algebra import Coordinates, NumberSystem, Oracle
from theoryck.assumptions import curvature, generalised_smoothness, growth
from theoryck.assumptions.base import Assumption, Curvature, Values
from theoryck.assumptions.conditions import Assumed
from theoryck.certificates.checker import CertificateError
from theoryck.certificates.functions import ExplicitFunction
from theoryck.certificates.problem import assumptions_at, parameter_values, step_arguments
from theoryck.certificates.sure import SureBall, SureBalls
from theoryck.claims.arithmetic import Balls, Rationals
from theoryck.claims.claim import RateClaim
from theoryck.claims.evaluate import Environment, evaluate, holds
from theoryck.claims.expressions import (
    Apply,
    Comparison,
    Expectation,
    Expr,
    Number,
    Order,
    Over,
    names,
)
from theoryck.errors import (
    DomainError,
    InexactError,
    TheoryckError,
    TooLargeError,
    UntraceableError,
)

MAX_STEPS = 10_000
MAX_ENTRY_BITS = 100_000  # of a coordinate: rationals grow with every step
MAX_WORK = 100_000_000  # multiplications in one run, each counted with its bits
T = TypeVar("T")


class NoFunction(Oracle):
    """The oracle of the zero function: the simple part of f = f + 0."""

    def grad(self, x: Any) -> Any:
        return x - x

    def value(self, x: Any) -> Any:
        return 0

    def minimum(self) -> Any:
        return 0

    def prox(self, x: Any, step: Any) -> Any:
        return x


@dataclass(eq=False)
class FunctionOracle(Oracle):
    """Answers of an explicit function, with :class:`Coordinates` over a number system.

    Stochastic gradients are exact ones: no noise is a noise that every claim allows. There is
    no feasible set. After a proximal step, the gradient at its point is the one that the step
    produced.
    """

    function: ExplicitFunction
    numbers: NumberSystem
    _work: int = 0
    _known: dict[Any, tuple[Any, Coordinates]] = field(default_factory=dict)

    def grad(self, x: Any) -> Coordinates:
        entries = self._entries(x)
        known = self._known.get(_key(x))
        if known is not None:
            return known[1]
        return self._keep(x, Coordinates(self.function.gradient(entries, self.numbers)))

    def value(self, x: Any) -> Any:
        return self.function.value(self._entries(x), self.numbers)

    def minimum(self) -> Any:
        return self.numbers.integer(0)

    def sample_grad(self, x: Any, *, batch: Any = 1) -> Coordinates:
        return self.sample_grads((x,), batch=batch)[0]

    def sample_grads(self, points: tuple[Any, ...], *, batch: Any = 1) -> tuple[Coordinates, ...]:
        if self.numbers.to_integer(self.numbers.coerce(batch)) < 1:
            raise DomainError(f"a batch of {batch} draws")
        return tuple(self.grad(x) for x in points)

    def prox(self, x: Any, step: Any) -> Coordinates:
        step = self.numbers.coerce(step)
        if self.numbers.sign(step) <= 0:
            raise DomainError(f"a proximal step of {step}")
        moved = self.function.prox(self._entries(x), step, self.numbers)
        if moved is None:
            raise self.no_answer("f.prox")
        u = Coordinates(moved)
        produced = (x - u) / step
        known = self._known.get(_key(u))
        if known is not None and any(
            self.numbers.sign(a - b) != 0
            for a, b in zip(known[1].entries, produced.entries, strict=True)
        ):
            raise CertificateError("one point, two subgradients")
        self._keep(u, produced)
        return u

    def line_search(self, x: Any, direction: Any) -> Coordinates:
        found = self.function.line_minimum(self._entries(x), self._entries(direction), self.numbers)
        if found is None:
            raise self.no_answer("f.line_search")
        return Coordinates(found)

    def parts(self) -> tuple[Oracle, Oracle]:
        return self, NoFunction()

    def no_answer(self, question: str) -> UntraceableError:
        return UntraceableError(f"{question} has no exact answer for {self.function.describe()}")

    def _keep(self, x: Coordinates, gradient: Coordinates) -> Coordinates:
        # with the point itself, so that its identity is not given to another one
        self._known[_key(x)] = (x, gradient)
        return gradient

    def _entries(self, x: Any) -> tuple[Any, ...]:
        if not isinstance(x, Coordinates) or len(x.entries) != self.function.dimension:
            raise UntraceableError("an oracle call at something that is not a vector of this run")
        bits = max(map(_bits, x.entries))
        if bits > MAX_ENTRY_BITS:
            raise TooLargeError(f"a coordinate of over {MAX_ENTRY_BITS} bits: use balls")
        self._work += (bits + 64) * self.function.cost
        if self._work > MAX_WORK:
            raise TooLargeError("the exact run is too long: use balls, or fewer steps")
        return x.entries


def _bits(entry: Any) -> int:
    if isinstance(entry, flint.fmpq):
        return int(entry.p).bit_length() + int(entry.q).bit_length()
    return entry.ball.bits() if isinstance(entry, SureBall) else 64


def _key(x: Coordinates) -> Any:
    """Equal points have one subgradient where equality can be told: not in balls."""
    if all(isinstance(entry, flint.fmpq) for entry in x.entries):
        return x.entries
    return id(x)


@dataclass(eq=False)
class FunctionRun:
    """Iterates of a claim's method on a function, made as far as they are asked for.

    Any number system will do: the exact ones for witnesses, floats in the search for them.
    """

    claim: RateClaim
    at: Mapping[str, Expr]
    function: ExplicitFunction
    start: tuple[Fraction, ...]
    numbers: NumberSystem
    symbols: Mapping[str, Any] = field(init=False)
    oracle: FunctionOracle = field(init=False)
    iterates: list[Coordinates] = field(init=False)
    _state: Any = field(init=False)
    _fixed: dict[str, Any] | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        if len(self.start) != self.function.dimension:
            raise CertificateError(
                f"start: {len(self.start)} numbers for a function on R^{self.function.dimension}"
            )
        self.symbols = parameter_values(self.at, self.numbers)
        self.oracle = FunctionOracle(self.function, self.numbers)
        x = Coordinates(tuple(self.numbers.rational(entry) for entry in self.start))
        self._state = self.claim.method.method.first_state(x)
        self.iterates = [x]

    def iterate(self, index: int) -> Coordinates:
        """x[index]."""
        if index < 0:
            raise DomainError(f"x[{index}]: iterates are numbered from 0")
        if index > MAX_STEPS:
            raise TooLargeError(f"x[{index}]: runs go up to {MAX_STEPS} iterates")
        while len(self.iterates) <= index:
            self._advance()
        return self.iterates[index]

    def _advance(self) -> None:
        use, numbers = self.claim.method, self.numbers
        k = numbers.integer(len(self.iterates) - 1)
        try:
            self._state = use.method.step(self._state, self.oracle, k, self._arguments(k))
            x = use.method.iterate(self._state)
        except TheoryckError:
            raise
        except Exception as error:  # the method is its author's code: anything may happen in it
            raise UntraceableError(
                f"{use.method.name} cannot be run exactly: {type(error).__name__}: {error}"
            ) from error
        kind = type(numbers.integer(0))
        if not isinstance(x, Coordinates) or any(type(entry) is not kind for entry in x.entries):
            raise UntraceableError(f"{use.method.name} left the {numbers.name}")
        self.iterates.append(x)

    def _arguments(self, k: Any) -> dict[str, Any]:
        use = self.claim.method
        if any("k" in names(expr) for expr in use.arguments.values()):
            return step_arguments(use, k, self.symbols, self.numbers)
        if self._fixed is None:
            self._fixed = step_arguments(use, k, self.symbols, self.numbers)
        return self._fixed

    def environment(self) -> Environment:
        """What the names of the claim mean on this run."""
        origin = Coordinates((self.numbers.integer(0),) * self.function.dimension)
        return Environment(
            symbols={**self.symbols, "f_star": self.numbers.integer(0), "x_star": origin},
            iterate=self.iterate,
            value=self.oracle.value,
            gradient=self.oracle.grad,
        )

    def evaluate(self, expr: Expr) -> Any:
        """The value of an expression of the claim on this run."""
        return evaluate(norms_squared(expr), self.environment(), self.numbers)

    def admissible(self) -> bool:
        """Whether the start meets the claim's conditions."""
        here = self.environment()
        return all(
            holds(
                Comparison(tuple(map(norms_squared, condition.operands)), condition.relations),
                here,
                self.numbers,
            )
            for condition in self.claim.initial
        )


def norms_squared(expr: Expr) -> Expr:
    """The same quantity with ``norm(v)**2`` as ``dot(v, v)``, which is rational where v is."""
    match expr:
        case Apply(
            function="**",
            arguments=(Apply(function="norm", arguments=(v,)), Number(value=power)),
        ) if power == 2:
            inner = norms_squared(v)
            return Apply("dot", (inner, inner), expr.column)
        case Apply(arguments=arguments):
            return replace(expr, arguments=tuple(norms_squared(a) for a in arguments))
        case Over() | Expectation():
            return replace(expr, body=norms_squared(expr.body))
    return expr


@dataclass(frozen=True)
class Outcome:
    """A run that refutes a claim: both sides of the bound, and x[0], x[1], ..."""

    function: ExplicitFunction
    iterates: tuple[Coordinates, ...]
    measure: Any
    bound: Any


def scope(numbers: NumberSystem) -> AbstractContextManager[None]:
    """The precision that a number system works at."""
    return numbers.scope() if isinstance(numbers, Balls) else nullcontext()


def exactly(question: Callable[[NumberSystem], T], bits: int) -> T:
    """The answer in rationals, or in balls where a value is irrational."""
    try:
        return question(Rationals())
    except (InexactError, TooLargeError):
        balls = SureBalls(bits)
        with balls.scope():
            return question(balls)


def check_function(
    claim: RateClaim,
    at: Mapping[str, Expr],
    function: ExplicitFunction,
    start: tuple[Fraction, ...],
    numbers: NumberSystem,
) -> Outcome:
    """Raise CertificateError unless the method's run on the function breaks the claim's bound.

    Args:
        claim, at: the claim at an instance.
        function: with minimiser x* = 0 and f* = 0.
        start: x[0].
        numbers: rationals, or :class:`SureBalls` inside their scope.

    Raises:
        CertificateError: the function is not known to be in the class, the start is not
            admissible, or the bound is kept.
        InexactError: a value is irrational (use balls instead of rationals).
        UndecidedError: in balls, something could not be told at the working precision.
        UntraceableError: the function has no exact answer to a question of the method.
    """
    if isinstance(claim.bound, Order):
        raise CertificateError("an order bound says nothing about a single instance")
    if claim.confidence is not None:
        raise CertificateError("a claim with a probability is not refuted by a run without noise")
    bits = numbers.bits if isinstance(numbers, Balls) else 256
    exactly(lambda system: check_membership(claim, at, function, system), bits)
    if not exactly(lambda system: _run(claim, at, function, start, system).admissible(), bits):
        raise CertificateError("the start does not meet the conditions on it")
    run = _run(claim, at, function, start, numbers)
    measure, bound = run.evaluate(claim.measure), run.evaluate(claim.bound)
    if numbers.sign(measure - bound) <= 0:
        raise CertificateError("the run does not violate the bound")
    return Outcome(function, tuple(run.iterates), measure, bound)


_run = FunctionRun


def check_membership(
    claim: RateClaim, at: Mapping[str, Expr], function: ExplicitFunction, numbers: NumberSystem
) -> None:
    """Raise CertificateError unless the function surely meets every assumption of the claim,
    with no noise and, where it is to be a finite sum, with terms equal to itself."""
    for assumed in assumptions_at(claim, parameter_values(at, numbers), numbers):
        if not _is_member(function, assumed, numbers):
            raise CertificateError(
                f"{function.describe()} is not known to be {assumed.name} with these constants"
            )


def _is_member(function: ExplicitFunction, assumed: Assumed, numbers: NumberSystem) -> bool:
    bounds = assumed.assumption.enough(assumed.values, numbers)
    if bounds is not None and function.within(bounds, numbers):
        return True
    rule = RULES.get(assumed.assumption)
    return rule is not None and rule(function, assumed.values, numbers)


Rule = Callable[[ExplicitFunction, Values, NumberSystem], bool]


def _kl(function: ExplicitFunction, values: Values, numbers: NumberSystem) -> bool:
    # with the power ½ it is ‖∇f‖² ≥ c²(f − f*)
    half = numbers.sign(2 * values["alpha"] - 1) == 0
    return half and function.dominates(values["c"] * values["c"], numbers)


def _quadratic_growth(function: ExplicitFunction, values: Values, numbers: NumberSystem) -> bool:
    # PL with the same constant gives it (Karimi, Nutini and Schmidt 2016, Theorem 2); every
    # function here with ``dominates`` of its own has a Lipschitz gradient
    return function.dominates(2 * values["mu"], numbers)


def _l0_l1(function: ExplicitFunction, values: Values, numbers: NumberSystem) -> bool:
    bounds = Curvature(lower=-values["L0"], upper=values["L0"])
    return (
        function.quadratic and numbers.sign(values["L1"]) >= 0 and function.within(bounds, numbers)
    )


def _hessian(function: ExplicitFunction, values: Values, numbers: NumberSystem) -> bool:
    return function.quadratic and numbers.sign(values["rho"]) >= 0


RULES: Mapping[Assumption, Rule] = {
    curvature.QUADRATIC: lambda function, values, numbers: function.quadratic,
    growth.PL: lambda function, values, numbers: function.dominates(2 * values["mu"], numbers),
    growth.ERROR_BOUND: lambda function, values, numbers: function.dominates(
        values["delta"], numbers
    ),
    growth.KL: _kl,
    growth.QUADRATIC_GROWTH: _quadratic_growth,
    generalised_smoothness.L0_L1_SMOOTH: _l0_l1,
    generalised_smoothness.HESSIAN_LIPSCHITZ: _hessian,
}


__all__ = [
    "FunctionOracle",
    "FunctionRun",
    "Outcome",
    "SureBall",
    "check_function",
    "check_membership",
]
