"""What a test problem is: a description with established constants, and functions to run."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from theoryck.algebra import NumberSystem
from theoryck.simulate.backend import Backend
from theoryck.simulate.errors import SimulationError
from theoryck.simulate.problems.feasible import FeasibleSet


@dataclass(frozen=True)
class Constants:
    """Bounds that f is known to meet; None says that no bound is known.

    ``lower``: f − (lower/2)‖·‖² is convex; ``upper``: (upper/2)‖·‖² − f is convex;
    ``gradient``: sup ‖∇f‖ is at most this; ``pl``: ½‖∇f‖² ≥ pl·(f − f*);
    ``hessian``: the Hessian is Lipschitz with it; ``l0_l1``: ‖∇²f‖ ≤ L0 + L1‖∇f‖, both at once.
    Upper bounds err upwards, lower ones downwards: that f has the property is established, never
    guessed. ``twice`` says that f has a Hessian everywhere.
    """

    lower: Fraction | None
    upper: Fraction | None = None
    gradient: Fraction | None = None
    pl: Fraction | None = None
    hessian: Fraction | None = None
    l0_l1: tuple[Fraction, Fraction] | None = None
    quadratic: bool = False
    nonnegative: bool = False
    twice: bool = True

    @property
    def smoothness(self) -> Fraction | None:
        """A Lipschitz constant of the gradient."""
        if self.upper is None or self.lower is None:
            return None
        return max(self.upper, -self.lower, Fraction(0))

    @property
    def growth(self) -> Fraction | None:
        """A PL constant; strong convexity gives one (Nesterov 2018, Theorem 2.1.10)."""
        if self.lower is not None and self.lower > 0:
            return max(self.lower, self.pl or Fraction(0))
        return self.pl


@dataclass(frozen=True)
class Functions:
    """A problem's functions on batches: x of shape (runs, d), scalars of shape (runs, 1).

    What a problem does not know is None.

    Attributes:
        f_star: inf f, over the feasible set where there is one.
        x_star: a minimiser, of shape (d,).
        components: for indices of shape (runs, b) the mean of those components' gradients,
            of ``count`` components in all.
        component_values: likewise the mean of their values, of shape (runs, 1).
        hessian: the Hessian at every x, of shape (runs, d, d); where two pieces meet that of one.
        hessian_vector: ∇²f(x)v for v of shape (runs, d).
        feasible: the set that f is to be minimised on; None is the whole space.
        parts: h₁ and h₂ of f = h₁ + h₂, the second one simple: it has a prox.
        layers: the coordinates in groups that belong together, such as the layers of a network;
            none is a single group.
    """

    dimension: int
    value: Callable[[Any], Any]
    gradient: Callable[[Any], Any]
    f_star: float | None
    x_star: Any
    components: Callable[[Any, Any], Any] | None = None
    count: int = 1
    prox: Callable[[Any, Any], Any] | None = None
    line_search: Callable[[Any, Any], Any] | None = None
    component_values: Callable[[Any, Any], Any] | None = None
    hessian: Callable[[Any], Any] | None = None
    hessian_vector: Callable[[Any, Any], Any] | None = None
    feasible: FeasibleSet | None = None
    layers: tuple[slice, ...] = ()
    parts: tuple[Functions, Functions] | None = None

    def minimum(self) -> float:
        """f*.

        Raises:
            SimulationError: it is not known.
        """
        if self.f_star is None:
            raise SimulationError("the minimum of this problem is not known")
        return self.f_star

    def minimiser(self) -> Any:
        """A minimiser, of shape (d,).

        Raises:
            SimulationError: none is known.
        """
        if self.x_star is None:
            raise SimulationError("no minimiser of this problem is known")
        return self.x_star


def shown(value: Fraction) -> str:
    """A rational number for a reader: itself while it is short.

    >>> shown(Fraction(1, 3)), shown(Fraction(1000001, 3000001))
    ('1/3', '0.333334')
    """
    text = str(value)
    return text if len(text) <= 9 else f"{float(value):.6g}"


class Problem(ABC):
    """A function with known minimum, minimiser and constants."""

    @property
    @abstractmethod
    def dimension(self) -> int:
        """The dimension d of its space."""

    @abstractmethod
    def describe(self) -> str:
        """A few words for a reader."""

    @abstractmethod
    def constants(self) -> Constants:
        """What is established about f."""

    @abstractmethod
    def on(self, backend: Backend) -> Functions:
        """Its functions on a backend."""

    def component_constants(self) -> Constants | None:
        """What is established about every component of a finite sum; None if it is not one."""
        return None

    def component_count(self) -> int:
        """How many components the finite sum has."""
        return 1

    def spread(self) -> Fraction | None:
        """A bound on E‖∇f_i − ∇f‖² at every x, i uniform; None if none is known."""
        return None

    def scaled(self, factor: Fraction) -> Problem:
        """``factor²·f(x/factor)``: the same curvature bounds at another scale."""
        return self

    def tuned(self, factor: Fraction) -> Problem | None:
        """The problem with its one free constant times ``factor``; None if it has none."""
        return None


class ExactProblem(Problem):
    """A problem with x* = 0 and f* = 0 that is rational in its coordinates: it runs exactly."""

    @abstractmethod
    def exact_value(self, x: tuple[Any, ...], numbers: NumberSystem) -> Any:
        """f(x)."""

    @abstractmethod
    def exact_gradient(self, x: tuple[Any, ...], numbers: NumberSystem) -> tuple[Any, ...]:
        """∇f(x), or the subgradient that the problem's functions on arrays give."""

    def exact_prox(
        self, x: tuple[Any, ...], step: Any, numbers: NumberSystem
    ) -> tuple[Any, ...] | None:
        """argmin_u f(u) + ‖u − x‖²/(2 step); None where it is not known."""
        return None

    @abstractmethod
    def data(self) -> dict[str, Any]:
        """The exact data as JSON-able text, with the ``kind`` of problem."""


class Separable(ExactProblem):
    """``f(x) = Σ h_i(x_i)`` with piecewise rational h_i."""

    @abstractmethod
    def height(self, i: int, t: Any, numbers: NumberSystem) -> Any:
        """h_i(t)."""

    @abstractmethod
    def slope(self, i: int, t: Any, numbers: NumberSystem) -> Any:
        """h_i'(t), or a subgradient."""

    @abstractmethod
    def prox_coordinate(self, i: int, t: Any, step: Any, numbers: NumberSystem) -> Any:
        """argmin_u h_i(u) + (u − t)²/(2 step)."""

    def exact_value(self, x: tuple[Any, ...], numbers: NumberSystem) -> Any:
        total = numbers.integer(0)
        for i, t in enumerate(x):
            total = total + self.height(i, t, numbers)
        return total

    def exact_gradient(self, x: tuple[Any, ...], numbers: NumberSystem) -> tuple[Any, ...]:
        return tuple(self.slope(i, t, numbers) for i, t in enumerate(x))

    def exact_prox(self, x: tuple[Any, ...], step: Any, numbers: NumberSystem) -> tuple[Any, ...]:
        return tuple(self.prox_coordinate(i, t, step, numbers) for i, t in enumerate(x))
