"""Additive noise that is bounded or normal: all its moments are finite."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import flint
import numpy as np

from theoryck.algebra import NumberSystem, norm, ratio
from theoryck.errors import InexactError
from theoryck.simulate.backend import numpy_backend
from theoryck.simulate.engine.membership import Assumed
from theoryck.simulate.errors import SimulationError
from theoryck.simulate.noise.base import (
    Additive,
    Outcome,
    check_dimension,
    exact,
    level,
    mean_of_draws,
    whole,
)
from theoryck.simulate.noise.moments import ball, power
from theoryck.simulate.problems.base import Constants, Functions, shown
from theoryck.simulate.streams import Streams

MARGIN = Fraction(1, 10**9)  # relative, far above what rounding does to a small matrix's factor


def directions(streams: Streams, kind: str, number: int, dimension: int) -> Any:
    """Points uniform on the unit sphere, of shape (runs, number, d)."""
    normals = streams.normal(kind, number, dimension)
    return ratio(1.0, norm(normals)) * normals


@dataclass(frozen=True)
class TwoPoint(Additive):
    """ξ = ±σ·u with one fixed unit vector u and a fair sign: ‖ξ‖ = σ always."""

    sigma: Fraction

    def __post_init__(self) -> None:
        object.__setattr__(self, "sigma", level(self.sigma))

    def draw(self, streams: Streams, functions: Functions, batch: int) -> Any:
        xp, d = streams.backend.xp, functions.dimension

        def coins(number: int) -> Any:
            u = streams.uniform("noise", number, 1)
            return xp.where(u < 0.5, -xp.ones_like(u), xp.ones_like(u))

        length = float(self.sigma) / d**0.5
        return xp.broadcast_to(length * mean_of_draws(batch, 1, streams, coins), (streams.runs, d))

    def describe(self) -> str:
        return f"noise of two values, of length {shown(self.sigma)}"

    def outcomes(self) -> tuple[Outcome, ...]:
        half, one = Fraction(1, 2), Fraction(1)
        return (Outcome(half, one, self.sigma), Outcome(half, one, -self.sigma))

    def data(self) -> dict[str, Any]:
        return {"kind": "two-point", "sigma": str(self.sigma)}

    def variance(self, constants: Constants) -> Fraction:
        return self.sigma**2

    def largest(self, constants: Constants) -> Fraction:
        return self.sigma


@dataclass(frozen=True)
class Sphere(Additive):
    """ξ uniform on the sphere of radius σ: ‖ξ‖ = σ always."""

    sigma: Fraction

    def __post_init__(self) -> None:
        object.__setattr__(self, "sigma", level(self.sigma))

    def draw(self, streams: Streams, functions: Functions, batch: int) -> Any:
        d = functions.dimension
        return float(self.sigma) * mean_of_draws(
            batch, d, streams, lambda number: directions(streams, "noise", number, d)
        )

    def describe(self) -> str:
        return f"noise on the sphere of radius {shown(self.sigma)}"

    def data(self) -> dict[str, Any]:
        return {"kind": "sphere", "sigma": str(self.sigma)}

    def variance(self, constants: Constants) -> Fraction:
        return self.sigma**2

    def largest(self, constants: Constants) -> Fraction:
        return self.sigma


@dataclass(frozen=True)
class Ball(Additive):
    """ξ uniform in the ball of the given radius in d dimensions: E‖ξ‖² = radius²·d/(d + 2)."""

    radius: Fraction
    dimension: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "radius", level(self.radius, "a radius"))
        object.__setattr__(self, "dimension", whole(self.dimension, "a dimension"))

    def draw(self, streams: Streams, functions: Functions, batch: int) -> Any:
        check_dimension(self.dimension, functions)
        d = self.dimension

        def points(number: int) -> Any:
            # the volume inside is uniform
            radii = streams.uniform("noise radius", number, 1) ** (1 / d)
            return radii * directions(streams, "noise", number, d)

        return float(self.radius) * mean_of_draws(batch, d, streams, points)

    def describe(self) -> str:
        return f"noise in the ball of radius {shown(self.radius)}"

    def fits(self, dimension: int) -> bool:
        return dimension == self.dimension

    def data(self) -> dict[str, Any]:
        return {"kind": "ball", "radius": str(self.radius), "dimension": self.dimension}

    def variance(self, constants: Constants) -> Fraction:
        return self.radius**2 * Fraction(self.dimension, self.dimension + 2)

    def largest(self, constants: Constants) -> Fraction:
        return self.radius


@dataclass(frozen=True)
class Gaussian(Additive):
    """ξ normal with covariance (σ²/d)·I: E‖ξ‖² = σ²."""

    sigma: Fraction

    def __post_init__(self) -> None:
        object.__setattr__(self, "sigma", level(self.sigma))

    def draw(self, streams: Streams, functions: Functions, batch: int) -> Any:
        d = functions.dimension
        # the mean of b normal vectors is one normal vector over √b
        return float(self.sigma) / (d * batch) ** 0.5 * streams.normal("noise", d)

    def describe(self) -> str:
        return f"Gaussian noise with variance {shown(self.sigma**2)}"

    def data(self) -> dict[str, Any]:
        return {"kind": "gaussian", "sigma": str(self.sigma)}

    def variance(self, constants: Constants) -> Fraction:
        return self.sigma**2


@dataclass(frozen=True, eq=False)
class CorrelatedGaussian(Additive):
    """ξ normal with a given covariance Σ, symmetric and positive semidefinite: E‖ξ‖² = tr Σ.

    >>> float(CorrelatedGaussian([[2.0, 1.0], [1.0, 2.0]]).variance(Constants(None)))
    4.000000004
    """

    covariance: Any

    def __post_init__(self) -> None:
        matrix = numpy_backend().asarray(self.covariance, what="covariance")
        if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or not len(matrix):
            raise SimulationError(f"a covariance of shape (d, d) expected, got {matrix.shape}")
        if not np.array_equal(matrix, matrix.T):
            raise SimulationError("a covariance must be symmetric")
        values = np.linalg.eigvalsh(matrix)
        if values[0] < -1e-12 * max(values[-1], 0.0) or values[-1] < 0:
            raise SimulationError(
                f"a covariance must be positive semidefinite, found the eigenvalue {values[0]:.6g}"
            )
        object.__setattr__(self, "covariance", matrix)

    @cached_property
    def factor(self) -> Any:
        """A matrix C with CᵀC = Σ, up to rounding: a standard normal row times C has Σ."""
        values, vectors = np.linalg.eigh(self.covariance)
        return np.sqrt(np.maximum(values, 0.0))[:, np.newaxis] * vectors.T

    def draw(self, streams: Streams, functions: Functions, batch: int) -> Any:
        d = len(self.covariance)
        check_dimension(d, functions)
        return streams.normal("noise", d) @ streams.backend.place(self.factor / batch**0.5)

    def describe(self) -> str:
        return f"Gaussian noise of a given covariance in {len(self.covariance)} dimensions"

    def fits(self, dimension: int) -> bool:
        return dimension == len(self.covariance)

    def data(self) -> dict[str, Any]:
        rows = [[str(Fraction(entry)) for entry in row] for row in self.covariance.tolist()]
        return {"kind": "correlated gaussian", "covariance": rows}

    def variance(self, constants: Constants) -> Fraction:
        trace = sum((Fraction(entry) for entry in np.diag(self.covariance).tolist()), Fraction(0))
        return trace * (1 + MARGIN)


@dataclass(frozen=True)
class RareJumps(Additive):
    """ξ = ±size·u with probability p and 0 else, so that E‖ξ‖^α = p·size^α: a heavy tail."""

    size: Fraction
    p: Fraction

    def __post_init__(self) -> None:
        object.__setattr__(self, "size", level(self.size))
        object.__setattr__(self, "p", exact(self.p, "a probability"))
        if not 0 < self.p <= 1:
            raise SimulationError(f"a probability in (0, 1] expected, got {self.p}")

    def draw(self, streams: Streams, functions: Functions, batch: int) -> Any:
        xp, d, p = streams.backend.xp, functions.dimension, float(self.p)

        def jumps(number: int) -> Any:
            u = streams.uniform("noise", number, 1)
            up, down = xp.ones_like(u), -xp.ones_like(u)
            return xp.where(u < p / 2, up, xp.where(u < p, down, xp.zeros_like(u)))

        length = float(self.size) / d**0.5
        return xp.broadcast_to(length * mean_of_draws(batch, 1, streams, jumps), (streams.runs, d))

    def describe(self) -> str:
        return f"jumps of length {float(self.size):.4g} with probability {shown(self.p)}"

    def outcomes(self) -> tuple[Outcome, ...]:
        one, each = Fraction(1), self.p / 2
        jumps = (Outcome(each, one, self.size), Outcome(each, one, -self.size))
        return jumps if self.p == 1 else (Outcome(1 - self.p, one, Fraction(0)), *jumps)

    def data(self) -> dict[str, Any]:
        return {"kind": "rare jumps", "size": str(self.size), "probability": str(self.p)}

    def variance(self, constants: Constants) -> Fraction:
        return self.p * self.size**2

    def largest(self, constants: Constants) -> Fraction:
        return self.size

    def satisfies(self, assumed: Assumed, constants: Constants, numbers: NumberSystem) -> bool:
        if assumed.name == "heavy_tailed" and numbers.sign(assumed.values["alpha"]) > 0:
            alpha, sigma = assumed.values["alpha"], assumed.values["sigma"]
            size, p = numbers.rational(self.size), numbers.rational(self.p)
            try:
                room = numbers.power(sigma, alpha) - p * numbers.power(size, alpha)
                return numbers.sign(room) >= 0
            except InexactError:
                pass  # irrational: in balls, then
        return super().satisfies(assumed, constants, numbers)

    def moment(self, alpha: flint.arb) -> flint.arb:
        return ball(self.p) * power(self.size, alpha)
