"""A trace that answers more than linear algebra can say, and records what it left out.

An exact line search, a Polyak step, a normalised gradient, a projection: each answer is a new
leaf, together with a record of the equation that defines it. What of that equation is quadratic
becomes inequalities (:mod:`theoryck.assumptions.primitives`), the rest is given up: a proof that
does not need it is a proof. A witness must meet the equation itself, which ``holds`` checks.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from theoryck.algebra.adaptive import Condition
from theoryck.algebra.forms import Form
from theoryck.algebra.numbers import NumberSystem
from theoryck.algebra.point import Point
from theoryck.algebra.trace import Evaluation, Oracle, Proximal, Trace
from theoryck.errors import TooLargeError, UntraceableError

MAX_CASES = 12  # of one branch: each splits the claim in two


class Structure(StrEnum):
    """How f is composed, as far as a method asks."""

    PLAIN = "plain"
    COMPOSITE = "composite"  # f = h1 + h2, h2 closed and convex
    CONSTRAINED = "constrained"  # f over a closed convex set


@dataclass(frozen=True)
class Placing:
    """The values of a witness: a vector and a number for every Point and Form."""

    vector: Callable[[Point], Any]
    number: Callable[[Form], Any]
    numbers: NumberSystem

    def zero(self, vector: Any) -> bool:
        """Whether a placed vector is surely zero."""
        return all(self.numbers.sign(entry) == 0 for entry in vector.entries)

    def parallel(self, left: Any, right: Any) -> bool:
        """Whether two placed vectors are surely linearly dependent."""
        cross = left.dot(right) * left.dot(right) - left.dot(left) * right.dot(right)
        return bool(self.numbers.sign(cross) == 0)


@dataclass(frozen=True)
class Primitive(ABC):
    """An answer whose equation is more than its inequalities say."""

    label: str

    @property
    @abstractmethod
    def relaxation(self) -> str:
        """What the inequalities leave out, for the verdict."""

    @abstractmethod
    def holds(self, placing: Placing) -> bool:
        """Whether the equation holds exactly in a witness."""


@dataclass(frozen=True)
class LineSearch(Primitive):
    """``reached.point`` = start + displacement minimises f on the line through the start."""

    start: Point
    direction: Point
    displacement: Point
    reached: Evaluation

    @property
    def relaxation(self) -> str:
        return (
            "the step of an exact line search is any displacement that is orthogonal to the next "
            "gradient, as its direction is"
        )

    def holds(self, placing: Placing) -> bool:
        # a stationary point of a convex function on a line is a minimiser there
        step, direction = placing.vector(self.displacement), placing.vector(self.direction)
        if placing.zero(direction):  # the line is a point
            return placing.zero(step)
        slope = placing.vector(self.reached.gradient).dot(direction)
        return placing.parallel(step, direction) and placing.numbers.sign(slope) == 0


@dataclass(frozen=True)
class Direction(Primitive):
    """``unit`` = vector/‖vector‖, zero for the zero vector."""

    vector: Point
    unit: Point

    @property
    def relaxation(self) -> str:
        return "the direction of a vector is any vector of length at most 1"

    def holds(self, placing: Placing) -> bool:
        vector, unit = placing.vector(self.vector), placing.vector(self.unit)
        if placing.zero(vector):
            return placing.zero(unit)
        sign = placing.numbers.sign
        return (
            placing.parallel(vector, unit)
            and sign(unit.dot(unit) - 1) == 0
            and sign(vector.dot(unit)) > 0
        )


@dataclass(frozen=True)
class Damped(Primitive):
    """``result`` = vector/(offset + ‖vector‖); ``unit`` is the vector's direction."""

    vector: Point
    unit: Point
    offset: Any
    result: Point

    @property
    def relaxation(self) -> str:
        return "a damped normalised vector is known by its products with the vector's direction"

    def holds(self, placing: Placing) -> bool:
        vector, unit = placing.vector(self.vector), placing.vector(self.unit)
        length = vector.dot(unit)  # the direction itself is checked where it was recorded
        rest = placing.vector(self.result) * (self.offset + length) - vector
        return placing.zero(rest)


@dataclass(frozen=True)
class Rescaled(Primitive):
    """``result`` = numerator/‖vector‖²·vector, zero for the zero vector."""

    vector: Point
    numerator: Form
    result: Point

    @property
    def relaxation(self) -> str:
        return (
            "a step of adaptive length is any displacement whose product with the gradient is that "
            "of the step"
        )

    def holds(self, placing: Placing) -> bool:
        vector, result = placing.vector(self.vector), placing.vector(self.result)
        if placing.zero(vector):
            return placing.zero(result)
        rest = result * vector.dot(vector) - vector * placing.number(self.numerator)
        return placing.zero(rest)


@dataclass(frozen=True)
class Case:
    """A condition that this branch takes to hold: ``form >= 0``."""

    label: str
    form: Form


@dataclass
class Part:
    """The second part of f: its evaluations, with the values of an indicator zero, its proximal
    steps, and what the method says of the diameter of a set."""

    name: str
    optimum: Evaluation
    evaluations: list[Evaluation] = field(default_factory=list)
    proximals: list[Proximal] = field(default_factory=list)
    diameters: list[Any] = field(default_factory=list)


@dataclass(eq=False)
class RelaxedTrace(Trace):
    """A trace for performance estimation.

    Args:
        structure: how f is composed.
        branch: which of the conditions met in turn are taken to hold; later ones do.
    """

    structure: Structure = Structure.PLAIN
    branch: Sequence[bool] = ()
    primitives: list[Primitive] = field(default_factory=list)
    cases: list[Case] = field(default_factory=list)
    taken: list[bool] = field(default_factory=list)
    nearest: dict[str, Evaluation] = field(default_factory=dict)
    component_optima: dict[str, Evaluation] = field(default_factory=dict)
    spectral_roots: dict[str, Point] = field(default_factory=dict)
    second: Part | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.structure is not Structure.PLAIN:
            # stationarity of the sum: the gradients of its parts at x* cancel
            slope = self.vector("g_star")
            self.optimum = Evaluation("x_star", self.x_star, slope, self.f_star)
            name = "h2" if self.structure is Structure.COMPOSITE else "set"
            self.second = Part(name, Evaluation("x_star", self.x_star, -slope, self._zero()))

    def _zero(self) -> Form:
        return Form(self, self.numbers.integer(0), {}, {})

    def evaluate_second(self, x: Point) -> Evaluation:
        """The evaluation of the second part at x, with some subgradient (or normal) there."""
        second = self._second()
        for known in (second.optimum, *second.evaluations):
            if known.point is x or known.point.coefficients == x.coefficients:
                return known
        return self._new_second(x, self.vector(f"s{len(second.evaluations)}"))

    def _second(self) -> Part:
        if self.second is None:
            raise UntraceableError("the method asks for a second part of f that it did not before")
        return self.second

    def _new_second(self, x: Point, slope: Point) -> Evaluation:
        second = self._second()
        number = len(second.evaluations)
        value = self._zero() if second.name == "set" else self.scalar(f"t{number}")
        new = Evaluation(f"z{number}", x, slope, value)
        second.evaluations.append(new)
        return new

    def grad(self, x: Any) -> Point:
        slope = super().grad(x)
        if self.structure is Structure.COMPOSITE:
            return slope + self.evaluate_second(x).gradient
        return slope

    def value(self, x: Any) -> Form:
        value = super().value(x)
        if self.structure is Structure.COMPOSITE:
            return value + self.evaluate_second(x).value
        return value

    def prox(self, x: Any, step: Any) -> Point:
        if self.structure is Structure.COMPOSITE:
            raise UntraceableError("the proximal step of a sum: ask one of its parts")
        return super().prox(x, step)

    def parts(self) -> tuple[Oracle, Oracle]:
        if self.structure is not Structure.COMPOSITE:
            raise UntraceableError("the method asks for the parts of f in some of its steps only")
        return FirstPart(self), SecondPart(self)

    def project(self, x: Any, *, diameter: Any = None) -> Point:
        second = self._second()
        if diameter is not None:
            second.diameters.append(self.numbers.coerce(diameter))
        normal = self.vector(f"s{len(second.evaluations)}")
        return self._new_second(x - normal, normal).point

    def linear_minimizer(self, g: Any) -> Point:
        if not self._second().evaluations:
            # a conditional-gradient method moves between feasible points: its start is one
            self._new_second(self.start, self.zero())
        vertex = self.x_star + self.vector(f"p{len(self._second().evaluations)}")
        return self._new_second(vertex, -g).point

    def line_search(self, x: Any, direction: Any) -> Point:
        number = len(self.primitives)
        displacement = self.vector(f"w{number}")
        reached = self.evaluate(x + displacement)
        self.primitives.append(LineSearch(f"w{number}", x, direction, displacement, reached))
        return reached.point

    def unit(self, vector: Point) -> Point:
        for known in self.primitives:
            if isinstance(known, Direction) and known.vector.coefficients == vector.coefficients:
                return known.unit
        label = f"u{len(self.primitives)}"
        unit = self.vector(label)
        self.primitives.append(Direction(label, vector, unit))
        return unit

    def damped(self, vector: Point, offset: Any) -> Point:
        unit = self.unit(vector)
        label = f"u{len(self.primitives)}"
        result = self.vector(label)
        self.primitives.append(Damped(label, vector, unit, offset, result))
        return result

    def rescaled(self, vector: Point, numerator: Form) -> Point:
        label = f"u{len(self.primitives)}"
        result = self.vector(label)
        self.primitives.append(Rescaled(label, vector, numerator, result))
        return result

    def decide(self, condition: Condition) -> bool:
        form = condition.form
        if form.is_constant():
            return self.numbers.sign(form.constant) >= 0
        number = len(self.taken)
        if number >= MAX_CASES:
            raise TooLargeError(f"more than {MAX_CASES} conditions in one run: take fewer steps")
        answer = self.branch[number] if number < len(self.branch) else True
        self.taken.append(answer)
        self.cases.append(Case(f"case({number})", form if answer else -form))
        return answer

    def nearest_minimiser(self, at: Evaluation) -> Evaluation:
        """The minimiser of f that is nearest to an evaluated point."""
        if at.label not in self.nearest:
            label = f"p({at.label})"
            point = self.x_star + self.vector(label)
            self.nearest[at.label] = Evaluation(label, point, self.zero(), self.f_star)
        return self.nearest[at.label]

    def spectral_root(self, label: str) -> Point:
        """A vector whose products with its like are the entries of a positive semidefinite
        matrix, one row for each evaluated point."""
        if label not in self.spectral_roots:
            self.spectral_roots[label] = self.vector(f"q({label})")
        return self.spectral_roots[label]

    def component_optimum(self, label: str) -> Evaluation:
        """The drawn term of a finite sum at x*: its gradient there has mean zero."""
        if label not in self.component_optima:
            slope = self.vector(f"s({label})")
            self.component_optima[label] = Evaluation(
                f"x_star[{label}]", self.x_star, slope, self.f_star
            )
        return self.component_optima[label]


@dataclass(frozen=True)
class FirstPart(Oracle):
    """The oracle of h₁, of which f's own assumptions speak."""

    trace: RelaxedTrace

    def grad(self, x: Any) -> Point:
        return self.trace.evaluate(x).gradient

    def value(self, x: Any) -> Form:
        return self.trace.evaluate(x).value

    def sample_grad(self, x: Any, *, batch: int = 1) -> Point:
        return self.trace.sample_grad(x, batch=batch)


@dataclass(frozen=True)
class SecondPart(Oracle):
    """The oracle of h₂, closed and convex."""

    trace: RelaxedTrace

    def grad(self, x: Any) -> Point:
        return self.trace.evaluate_second(x).gradient

    def value(self, x: Any) -> Form:
        return self.trace.evaluate_second(x).value

    def prox(self, x: Any, step: Any) -> Point:
        second = self.trace._second()
        slope = self.trace.vector(f"s{len(second.evaluations)}")
        new = self.trace._new_second(x - step * slope, slope)
        second.proximals.append(Proximal(new, self.trace.numbers.coerce(step)))
        return new.point


@dataclass(eq=False)
class Probe(RelaxedTrace):
    """Finds out, in one step, which structure a method asks for."""

    asked: Structure = Structure.PLAIN

    def _ask(self, structure: Structure) -> None:
        if self.second is None:
            self.structure = self.asked = structure
            RelaxedTrace.__post_init__(self)

    def parts(self) -> tuple[Oracle, Oracle]:
        self._ask(Structure.COMPOSITE)
        return super().parts()

    def project(self, x: Any, *, diameter: Any = None) -> Point:
        self._ask(Structure.CONSTRAINED)
        return super().project(x, diameter=diameter)

    def linear_minimizer(self, g: Any) -> Point:
        self._ask(Structure.CONSTRAINED)
        return super().linear_minimizer(g)
