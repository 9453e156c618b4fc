"""Additive noise with heavy tails: moments are finite below some order only.

Each law's moments E‖ξ‖^p are known in closed form; ``with_moment`` gives the law that meets
``heavy_tailed(alpha, sigma)`` all but with equality.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar, Self

import flint

from theoryck.simulate.errors import SimulationError
from theoryck.simulate.noise.base import (
    Additive,
    check_dimension,
    exact,
    level,
    mean_of_draws,
    whole,
)
from theoryck.simulate.noise.light import directions
from theoryck.simulate.noise.moments import ball, largest_scale, length_moment, power
from theoryck.simulate.problems.base import Constants, Functions, shown
from theoryck.simulate.streams import Streams


@dataclass(frozen=True)
class HeavyTailed(Additive):
    """ξ = scale·ζ in d dimensions, ζ a symmetric law whose moments below ``index`` are finite.

    Attributes:
        index: the order of the first infinite moment.
        scale: how large ξ is.
        dimension: that of its space, d.
    """

    law: ClassVar[str]

    index: Fraction
    scale: Fraction
    dimension: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "index", exact(self.index, "a tail index"))
        object.__setattr__(self, "scale", level(self.scale, "a scale"))
        object.__setattr__(self, "dimension", whole(self.dimension, "a dimension"))
        if self.index <= 0:
            raise SimulationError(f"a tail index must be positive, got {self.index}")

    @classmethod
    def with_moment(
        cls,
        alpha: Fraction | float,
        sigma: Fraction | float,
        dimension: int,
        index: Fraction | float | None = None,
    ) -> Self:
        """The law with E‖ξ‖^α just at most σ^α.

        Args:
            index: the tail index, above α; by default halfway to 2, or 5/4·α from α = 2 on.

        Raises:
            SimulationError: that moment is infinite, or σ is not positive.

        >>> noise = Pareto.with_moment(1.5, 2, dimension=3)
        >>> float(noise.index), float(noise.scale)
        (1.75, 0.546551766505)
        """
        order = exact(alpha, "alpha")
        tail = exact(index, "a tail index") if index is not None else (order + 2) / 2
        if index is None and order >= 2:
            tail = order * Fraction(5, 4)
        unit = cls(tail, Fraction(1), dimension)
        remedy = f"take a tail index above {order}, not {tail}"
        scale = largest_scale(unit.moment, order, exact(sigma, "sigma"), remedy)
        return cls(tail, scale, dimension)

    def fits(self, dimension: int) -> bool:
        return dimension == self.dimension

    def variance(self, constants: Constants) -> Fraction | None:
        return None if self.scale else Fraction(0)

    @property
    def unbiased(self) -> bool:
        """A mean of order 1 has to exist."""
        return self.index > 1 or self.scale == 0

    def moment(self, alpha: flint.arb) -> flint.arb | None:
        if not alpha < ball(self.index):
            return None
        return self.unit_moment(alpha) * power(self.scale, alpha)

    @abstractmethod
    def unit_moment(self, alpha: flint.arb) -> flint.arb:
        """E‖ζ‖^α, or a bound on it, for α below the index."""

    def data(self) -> dict[str, Any]:
        return {
            "kind": self.law,
            "index": str(self.index),
            "scale": str(self.scale),
            "dimension": self.dimension,
        }

    def describe(self) -> str:
        return (
            f"{self.law} noise of tail index {shown(self.index)}, scaled by {float(self.scale):.4g}"
        )


class Student(HeavyTailed):
    """Student's t with ν = index degrees of freedom: ζ = z/√(χ²_ν/ν), z standard normal.

    E‖ζ‖^p = ν^(p/2)·Γ((d + p)/2)·Γ((ν − p)/2)/(Γ(d/2)·Γ(ν/2)) for p < ν, since z and χ² are
    independent and E(χ²_ν)^q = 2^q·Γ(ν/2 + q)/Γ(ν/2); so E‖ζ‖² = d·ν/(ν − 2) for ν > 2. In one
    dimension it is the usual t, in several the multivariate one (Kotz and Nadarajah 2004).
    """

    law = "Student"

    def draw(self, streams: Streams, functions: Functions, batch: int) -> Any:
        check_dimension(self.dimension, functions)
        degrees, d = float(self.index), self.dimension

        def draws(number: int) -> Any:
            squares = 2 * streams.gamma("noise scale", degrees / 2, number, 1)
            return (degrees / squares) ** 0.5 * streams.normal("noise", number, d)

        return float(self.scale) * mean_of_draws(batch, d, streams, draws)

    def unit_moment(self, alpha: flint.arb) -> flint.arb:
        degrees = ball(self.index)
        tail = ((degrees - alpha) / 2).gamma() / (degrees / 2).gamma()
        return degrees ** (alpha / 2) * length_moment(self.dimension, alpha) * tail

    def variance(self, constants: Constants) -> Fraction | None:
        if self.index <= 2:
            return super().variance(constants)
        return self.scale**2 * self.dimension * self.index / (self.index - 2)


class Pareto(HeavyTailed):
    """A Pareto length in a direction uniform on the sphere: P(‖ζ‖ > t) = t^(−index), t >= 1.

    E‖ζ‖^p = index/(index − p) for p < index, in every dimension.
    """

    law = "Pareto"

    def draw(self, streams: Streams, functions: Functions, batch: int) -> Any:
        check_dimension(self.dimension, functions)
        d, root = self.dimension, -1 / float(self.index)

        def draws(number: int) -> Any:
            lengths = (1 - streams.uniform("noise length", number, 1)) ** root
            return lengths * directions(streams, "noise", number, d)

        return float(self.scale) * mean_of_draws(batch, d, streams, draws)

    def unit_moment(self, alpha: flint.arb) -> flint.arb:
        return ball(self.index) / (ball(self.index) - alpha)

    def variance(self, constants: Constants) -> Fraction | None:
        if self.index <= 2:
            return super().variance(constants)
        return self.scale**2 * self.index / (self.index - 2)


class AnyStable(HeavyTailed):
    """A symmetric α-stable law, α = index < 2; the mean of b draws is b^(1/α − 1) times one."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.index >= 2:
            raise SimulationError(
                f"a stable law of index below 2 expected, got {self.index}; "
                "that of index 2 is Gaussian"
            )

    def draw(self, streams: Streams, functions: Functions, batch: int) -> Any:
        check_dimension(self.dimension, functions)
        shrunk = float(self.scale) * batch ** (1 / float(self.index) - 1)
        return shrunk * self.one_draw(streams)

    @abstractmethod
    def one_draw(self, streams: Streams) -> Any:
        """ζ, of shape (runs, d)."""


class Stable(AnyStable):
    """The rotation-invariant α-stable law, E exp(i⟨t, ζ⟩) = exp(−‖t‖^α).

    ζ = √(2A)·z with z standard normal and A > 0 stable of index a = α/2, E exp(−sA) = exp(−s^a),
    drawn as sin(aθ)·sin((1 − a)θ)^(1/a − 1)/(sin θ^(1/a)·W^(1/a − 1)), θ uniform on (0, π) and W
    exponential (Kanter 1975; Chambers, Mallows and Stuck 1976).

    E‖ζ‖^p = 2^p·Γ(1 − p/α)·Γ((d + p)/2)/(Γ(1 − p/2)·Γ(d/2)) for p < α, since
    E A^q = Γ(1 − q/a)/Γ(1 − q) (Samorodnitsky and Taqqu 1994, Section 1.2 for d = 1).
    """

    law = "stable"

    def one_draw(self, streams: Streams) -> Any:
        xp, a = streams.backend.xp, float(self.index) / 2
        theta = _inside(streams.uniform("noise angle", 1)) * xp.pi
        wait = streams.exponential("noise wait", 1)
        mixed = (xp.sin((1 - a) * theta) / wait) ** (1 / a - 1)
        mixed = mixed * xp.sin(a * theta) / xp.sin(theta) ** (1 / a)
        return (2 * mixed) ** 0.5 * streams.normal("noise", self.dimension)

    def unit_moment(self, alpha: flint.arb) -> flint.arb:
        return _stable_moment(self.index, alpha) * length_moment(self.dimension, alpha)


class StableCoordinates(AnyStable):
    """Independent symmetric α-stable coordinates, E exp(i⟨t, ζ⟩) = exp(−Σ|t_i|^α).

    ζ_i = sin(αV)/cos(V)^(1/α)·(cos((1 − α)V)/W)^(1/α − 1), V uniform on (−π/2, π/2) and W
    exponential (Chambers, Mallows and Stuck 1976). E‖ζ‖^p ≤ d·E|ζ_1|^p for p ≤ 2, since the
    Euclidean norm is at most the p-norm; with equality for d = 1.
    """

    law = "stable by coordinate"

    def one_draw(self, streams: Streams) -> Any:
        xp, a, d = streams.backend.xp, float(self.index), self.dimension
        angle = (_inside(streams.uniform("noise angle", d)) - 0.5) * xp.pi
        wait = streams.exponential("noise wait", d)
        tail = (xp.cos((1 - a) * angle) / wait) ** (1 / a - 1)
        return xp.sin(a * angle) / xp.cos(angle) ** (1 / a) * tail

    def unit_moment(self, alpha: flint.arb) -> flint.arb:
        return _stable_moment(self.index, alpha) * length_moment(1, alpha) * self.dimension


def _stable_moment(index: Fraction, alpha: flint.arb) -> flint.arb:
    return flint.arb(2) ** alpha * (1 - alpha / ball(index)).gamma() / (1 - alpha / 2).gamma()


def _inside(uniform: Any) -> Any:
    """Numbers on [0, 1) moved by half of their spacing, so that none is an end."""
    return uniform + 2.0**-54
