"""A trace: the leaves of one symbolic run and the oracle answers that it recorded."""

from __future__ import annotations

from abc import ABC
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from theoryck.algebra.adaptive import Condition
from theoryck.algebra.forms import Form
from theoryck.algebra.numbers import NumberSystem
from theoryck.algebra.point import Leaf, Point
from theoryck.errors import DomainError, InexactError, UntraceableError


class Fractions(NumberSystem):
    """Rational numbers as Python fractions: the number system that needs no library."""

    name = "fractions"

    def rational(self, value: Fraction) -> Fraction:
        return value

    def power(self, base: Any, exponent: Any) -> Fraction:
        exponent = Fraction(exponent)
        if exponent.denominator != 1:
            raise InexactError(f"{base} ** {exponent} is not among the rationals")
        if base == 0 and exponent < 0:
            raise DomainError("a negative power of zero")
        return Fraction(base) ** int(exponent)

    def constant(self, name: str) -> Any:
        raise InexactError(f"{name} is not rational")

    def function(self, name: str, *arguments: Any) -> Any:
        if name in ("min", "max"):
            return (min if name == "min" else max)(*arguments)
        if name == "abs":
            return abs(arguments[0])
        raise InexactError(f"{name} is not a function among the rationals")

    def sign(self, value: Any) -> int:
        return int(value > 0) - int(value < 0)

    def to_integer(self, value: Any) -> int:
        if Fraction(value).denominator != 1:
            raise DomainError(f"{value} is not an integer")
        return int(value)


class Oracle(ABC):  # noqa: B024 - every question has a default answer: a refusal
    """What a method may ask of the function. The oracle chooses what the answers are:
    linear forms in a trace, arrays in a simulation.

    Every question but the last two raises :class:`UntraceableError` unless the oracle answers it.
    """

    def grad(self, x: Any) -> Any:
        """∇f(x), or a subgradient."""
        raise self.no_answer("f.grad")

    def value(self, x: Any) -> Any:
        """f(x)."""
        raise self.no_answer("f.value")

    def sample_grad(self, x: Any, *, batch: int = 1) -> Any:
        """A stochastic gradient at x, the mean of ``batch`` draws."""
        raise self.no_answer("f.sample_grad")

    def prox(self, x: Any, step: Any) -> Any:
        """argmin_u f(u) + ‖u − x‖²/(2 step)."""
        raise self.no_answer("f.prox")

    def noise(self, x: Any, law: str) -> Any:
        """A random vector of x's space: ``law`` is ``sphere``, ``ball`` or ``gaussian``."""
        raise self.no_answer("f.noise")

    def minimum(self) -> Any:
        """f* = inf f."""
        raise self.no_answer("f.minimum")

    def line_search(self, x: Any, direction: Any) -> Any:
        """The point that minimises f on the line through x along the direction."""
        raise self.no_answer("f.line_search")

    def sample_grads(self, points: tuple[Any, ...], *, batch: int = 1) -> tuple[Any, ...]:
        """Stochastic gradients at several points, of one and the same draw."""
        raise self.no_answer("f.sample_grads")

    def project(self, x: Any, *, diameter: Any = None) -> Any:
        """The point of the feasible set (of that diameter, if one is given) nearest to x."""
        raise self.no_answer("f.project")

    def hessian(self, x: Any) -> Any:
        """The matrix ∇²f(x)."""
        raise self.no_answer("f.hessian")

    def hessian_vector(self, x: Any, v: Any) -> Any:
        """∇²f(x)v."""
        raise self.no_answer("f.hessian_vector")

    def linear_minimizer(self, g: Any) -> Any:
        """argmin ⟨g, s⟩ over the feasible set."""
        raise self.no_answer("f.linear_minimizer")

    def parts(self) -> tuple[Oracle, Oracle]:
        """The oracles of h₁ and h₂, where f = h₁ + h₂ with a simple second part."""
        raise self.no_answer("f.parts")

    def project_weighted(self, x: Any, weights: Any) -> Any:
        """argmin Σ weights_i·(u_i − x_i)² over the feasible set; x unless the oracle has one."""
        return x

    def layers(self) -> tuple[slice, ...]:
        """The coordinates of x in groups that belong together, such as a network's layers; all
        of them in one group unless the oracle knows of more."""
        return (slice(None),)

    def no_answer(self, question: str) -> UntraceableError:
        """The error for a question that this oracle cannot answer."""
        return UntraceableError(
            f"{question} has no answer from {type(self).__name__}: run such a method with an "
            "oracle that has one (simulate), or state its step by what is asked here"
        )


@dataclass(frozen=True)
class Evaluation:
    """A point where f was evaluated: x, ∇f(x) (or the subgradient at hand) and f(x).

    The entries are Points and a Form in a trace, coordinates and a number in a run.
    """

    label: str
    point: Any
    gradient: Any
    value: Any


@dataclass(frozen=True)
class Sample:
    """A stochastic gradient: the evaluation it estimates, its deviation g − ∇f(x), and the
    vector leaves that were known before it was drawn, of which it is independent."""

    label: str
    evaluation: Evaluation
    deviation: Point
    batch: int
    past: tuple[Leaf, ...]


@dataclass(frozen=True)
class Proximal:
    """A proximal step: the evaluation at the new point, and the step size."""

    evaluation: Evaluation
    step: Any


@dataclass(eq=False)
class Trace(Oracle):
    """Owns its leaves; answers a method's questions with new leaves and records them.

    The origin of space is a leaf of its own, ``x_star``: every iterate of a method that
    commutes with translations is ``x_star`` plus displacements, so that differences of
    iterates never contain it. Values of f are ``f_star`` plus leaves ``h0, h1, ...`` likewise.

    >>> trace = Trace()
    >>> x = trace.start
    >>> print(x - trace.grad(x) / 4)
    x_star + d - 1/4*g0
    """

    numbers: NumberSystem = field(default_factory=Fractions)
    evaluations: list[Evaluation] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)
    proximals: list[Proximal] = field(default_factory=list)
    vectors: list[Leaf] = field(default_factory=list)
    scalars: list[Leaf] = field(default_factory=list)
    x_star: Point = field(init=False)
    f_star: Form = field(init=False)
    start: Point = field(init=False)
    optimum: Evaluation = field(init=False)

    def __post_init__(self) -> None:
        self.x_star = self.vector("x_star")
        self.f_star = self.scalar("f_star")
        self.optimum = Evaluation("x_star", self.x_star, self.zero(), self.f_star)
        self.start = self.x_star + self.vector("d")

    def vector(self, name: str) -> Point:
        """A new vector leaf."""
        leaf = Leaf(name, len(self.vectors) + len(self.scalars), False, self)
        self.vectors.append(leaf)
        return Point(self, {leaf: self.numbers.integer(1)})

    def scalar(self, name: str) -> Form:
        """A new scalar leaf."""
        leaf = Leaf(name, len(self.vectors) + len(self.scalars), True, self)
        self.scalars.append(leaf)
        return Form(self, self.numbers.integer(0), {leaf: self.numbers.integer(1)}, {})

    def leaf_point(self, leaf: Leaf) -> Point:
        """A vector leaf as a Point."""
        return Point(self, {leaf: self.numbers.integer(1)})

    def zero(self) -> Point:
        """The zero displacement."""
        return Point(self, {})

    def evaluate(self, x: Point) -> Evaluation:
        """The evaluation at x, made on first sight: two equal points share their gradient."""
        if not isinstance(x, Point) or x.trace is not self:
            raise UntraceableError("an oracle call at something that is not a vector of this trace")
        for known in (self.optimum, *self.evaluations):
            if known.point is x or known.point.coefficients == x.coefficients:
                return known
        number = len(self.evaluations)
        new = Evaluation(f"y{number}", x, self.vector(f"g{number}"), self._value(number))
        self.evaluations.append(new)
        return new

    def grad(self, x: Any) -> Point:
        return self.evaluate(x).gradient

    def value(self, x: Any) -> Form:
        return self.evaluate(x).value

    def minimum(self) -> Form:
        return self.f_star

    def project_weighted(self, x: Any, weights: Any) -> Any:
        raise self.no_answer("f.project_weighted")  # what is proved may be asked of any set

    def sample_grad(self, x: Any, *, batch: int = 1) -> Point:
        evaluation = self.evaluate(x)
        number = len(self.samples)
        past = tuple(self.vectors)
        size = self.numbers.to_integer(self.numbers.coerce(batch))
        if size < 1:
            raise DomainError(f"a batch of {size} draws")
        deviation = self.vector(f"e{number}")
        self.samples.append(Sample(f"e{number}", evaluation, deviation, size, past))
        return evaluation.gradient + deviation

    def prox(self, x: Any, step: Any) -> Point:
        # u = x − step·g with g a subgradient at u itself: the leaf comes first, the point follows
        number = len(self.evaluations)
        gradient = self.vector(f"g{number}")
        u = x - step * gradient
        evaluation = Evaluation(f"y{number}", u, gradient, self._value(number))
        self.evaluations.append(evaluation)
        self.proximals.append(Proximal(evaluation, self.numbers.coerce(step)))
        return u

    def unit(self, vector: Point) -> Point:
        """The direction vector/‖vector‖, 0 for the zero vector."""
        raise UntraceableError("a norm is not quadratic: square the norm")

    def damped(self, vector: Point, offset: Any) -> Point:
        """vector/(offset + ‖vector‖) for a positive offset."""
        raise UntraceableError("a division by a norm: state a normalised step by its equation")

    def rescaled(self, vector: Point, numerator: Form) -> Point:
        """numerator/‖vector‖²·vector, 0 for the zero vector."""
        raise UntraceableError(
            "a division by a traced scalar: state an adaptive step by its equation"
        )

    def decide(self, condition: Condition) -> bool:
        """Whether a condition on traced scalars is taken to hold."""
        raise UntraceableError(
            "a case distinction that depends on f: pep can take its cases one by one, simulate can "
            "run it"
        )

    def _value(self, number: int) -> Form:
        # measured from f*, so that differences of values never contain it
        return self.f_star + self.scalar(f"h{number}")
