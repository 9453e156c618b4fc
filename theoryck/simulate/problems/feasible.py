"""Sets that a problem is minimised on."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import array_api_compat
import numpy as np

from theoryck.algebra import norm, ratio
from theoryck.algebra.roots import concave_root
from theoryck.simulate.errors import SimulationError

LEAST = 1e-30  # of the largest weight: what a weight of 0 counts as


class FeasibleSet(ABC):
    """A closed convex set; points are arrays of shape (runs, d)."""

    @property
    @abstractmethod
    def dimension(self) -> int:
        """The dimension d of its space."""

    @property
    @abstractmethod
    def diameter(self) -> float:
        """sup ‖x − y‖ over the set."""

    @abstractmethod
    def describe(self) -> str:
        """A few words for a reader."""

    @abstractmethod
    def contains(self, point: Sequence[float]) -> bool:
        """Whether a point is in the set, decided in exact numbers."""

    @abstractmethod
    def project(self, x: Any) -> Any:
        """argmin ‖u − x‖ over the set."""

    @abstractmethod
    def project_weighted(self, x: Any, weights: Any) -> Any:
        """argmin Σ weights_i·(u_i − x_i)² over the set, for positive weights of x's shape.

        Where weights are 0 there are many minimisers, and the limit is given for these weights
        small and equal.
        """

    @abstractmethod
    def linear_minimizer(self, g: Any) -> Any:
        """argmin ⟨g, s⟩ over the set.

        Raises:
            SimulationError: there is none, as the set is not bounded.
        """


def _vector(what: str, entries: Any, infinite: float | None) -> Any:
    """The entries as a NumPy vector, of which some may be ``infinite``."""
    try:
        values = np.asarray(entries, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise SimulationError(f"{what}: a vector of real numbers expected ({error})") from error
    if values.ndim != 1 or values.size < 1:
        raise SimulationError(f"{what}: shape (d,) expected, got {values.shape}")
    if not np.all(np.isfinite(values) | (values == infinite)):
        raise SimulationError(f"{what}: every entry must be finite or {infinite}, got {values}")
    return values


def _here(values: Any, x: Any) -> Any:
    # a NumPy vector where x is
    xp = array_api_compat.array_namespace(x)
    return xp.asarray(values, dtype=x.dtype, device=array_api_compat.device(x))


@dataclass(frozen=True, eq=False)
class Box(FeasibleSet):
    """{x : lower ≤ x ≤ upper}, by coordinate; a side may be infinite.

    Attributes:
        lower: the d lower ends, finite or −∞.
        upper: the d upper ends, finite or ∞.

    >>> box = Box([-1.0, 0.0], [1.0, math.inf])
    >>> box.project(np.array([[3.0, -2.0]])), box.diameter
    (array([[1., 0.]]), inf)
    """

    lower: Any
    upper: Any

    def __post_init__(self) -> None:
        lower = _vector("lower", self.lower, -math.inf)
        upper = _vector("upper", self.upper, math.inf)
        if lower.shape != upper.shape or np.any(lower > upper):
            raise SimulationError(
                f"as many lower as upper ends, none above the other, expected; got {lower} "
                f"and {upper}"
            )
        object.__setattr__(self, "lower", lower)
        object.__setattr__(self, "upper", upper)

    @property
    def dimension(self) -> int:
        return int(self.lower.size)

    @property
    def diameter(self) -> float:
        return math.dist(self.lower, self.upper)

    def describe(self) -> str:
        return f"a box of diameter {self.diameter:.4g}"

    def contains(self, point: Sequence[float]) -> bool:
        values = np.asarray(point)
        return bool(np.all((self.lower <= values) & (values <= self.upper)))

    def project(self, x: Any) -> Any:
        xp = array_api_compat.array_namespace(x)
        return xp.minimum(xp.maximum(x, _here(self.lower, x)), _here(self.upper, x))

    def project_weighted(self, x: Any, weights: Any) -> Any:
        return self.project(x)  # the sum is least where every term is

    def linear_minimizer(self, g: Any) -> Any:
        xp = array_api_compat.array_namespace(g)
        lower, upper = _here(self.lower, g), _here(self.upper, g)
        least = self.project(xp.zeros_like(g))
        s = xp.where(g > 0, lower, xp.where(g < 0, upper, least))
        if not bool(xp.all(xp.isfinite(s))):
            raise SimulationError(
                "no feasible point minimises the linear function: the box is not bounded; give "
                "it finite sides"
            )
        return s


@dataclass(frozen=True, eq=False)
class Ball(FeasibleSet):
    """{x : ‖x − centre‖ ≤ radius}.

    Attributes:
        radius: the radius, positive.
        centre: the d coordinates of the centre.

    >>> Ball(2.0, [0.0, 0.0]).project(np.array([[3.0, 4.0], [0.0, 1.0]]))
    array([[1.2, 1.6],
           [0. , 1. ]])
    """

    radius: float
    centre: Any

    def __post_init__(self) -> None:
        if not 0 < self.radius < math.inf:
            raise SimulationError(f"a positive radius expected, got {self.radius}")
        object.__setattr__(self, "radius", float(self.radius))
        object.__setattr__(self, "centre", _vector("centre", self.centre, None))

    @classmethod
    def around_zero(cls, radius: float, dimension: int) -> Ball:
        """{x : ‖x‖ ≤ radius}."""
        return cls(radius, np.zeros(dimension))

    @property
    def dimension(self) -> int:
        return int(self.centre.size)

    @property
    def diameter(self) -> float:
        return 2 * self.radius

    def describe(self) -> str:
        return f"a ball of radius {self.radius:.4g}"

    def contains(self, point: Sequence[float]) -> bool:
        pairs = zip(point, self.centre, strict=True)
        square = sum((Fraction(float(p)) - Fraction(float(c))) ** 2 for p, c in pairs)
        return square <= Fraction(self.radius) ** 2

    def project(self, x: Any) -> Any:
        xp = array_api_compat.array_namespace(x)
        centre = _here(self.centre, x)
        y = x - centre
        length = norm(y)
        return xp.where(length > self.radius, centre + ratio(self.radius, length) * y, x)

    def project_weighted(self, x: Any, weights: Any) -> Any:
        """The nearest point is centre + w·y/(w + ν), y = x − centre, with ν ≥ 0 the root of
        1/‖w·y/(w + ν)‖ = 1/radius, whose left side is concave and increases with ν.
        """
        xp = array_api_compat.array_namespace(x)
        centre, radius = _here(self.centre, x), self.radius
        y = x - centre
        heaviest = xp.max(weights, axis=-1, keepdims=True)
        w = xp.maximum(ratio(weights, heaviest), xp.full_like(y, LEAST))

        def difference(nu: Any) -> tuple[Any, Any]:
            u = y * (w / (w + nu))
            length = norm(u)
            slope = ratio(xp.sum(u * u / (w + nu), axis=-1, keepdims=True), length**3)
            return ratio(1, length) - 1 / radius, slope

        outside = norm(y) > radius
        # the largest coordinate alone has its root on the left of that of all
        lowest = xp.max(w * (xp.abs(y) / radius - 1), axis=-1, keepdims=True)
        lowest = xp.where(outside & (lowest > 0), lowest, xp.zeros_like(lowest))
        nu = concave_root(difference, lowest)
        # inside there is nothing to do; outside, rounding may leave u just beyond the sphere
        nearest = self.project(centre + y * (w / (w + nu)))
        return xp.where(outside, nearest, x)

    def linear_minimizer(self, g: Any) -> Any:
        return _here(self.centre, g) - ratio(self.radius, norm(g)) * g
