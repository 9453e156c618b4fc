"""First iterates drawn at random: one for each run, the same in any batch."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

from theoryck.algebra import norm, ratio
from theoryck.simulate.backend import Backend, numpy_backend
from theoryck.simulate.errors import SimulationError
from theoryck.simulate.noise.base import exact, level, whole
from theoryck.simulate.streams import Streams

KIND = "start"  # no source of noise and no method asks for numbers by this name


class StartLaw(ABC):
    """A law on the points of a space of any dimension."""

    @abstractmethod
    def points(self, streams: Streams, dimension: int) -> Any:
        """A point for each run, of shape (runs, d)."""


@dataclass(frozen=True)
class InCube(StartLaw):
    """Uniform on [lower, upper]^d."""

    lower: float
    upper: float

    def __post_init__(self) -> None:
        if exact(self.lower, "a side of the cube") > exact(self.upper, "a side of the cube"):
            raise SimulationError(f"lower <= upper expected, got {self.lower} and {self.upper}")

    def points(self, streams: Streams, dimension: int) -> Any:
        lower, upper = float(self.lower), float(self.upper)
        return lower + (upper - lower) * streams.uniform(KIND, dimension)


@dataclass(frozen=True)
class Normal(StartLaw):
    """Normal with independent coordinates of this deviation around 0."""

    deviation: float = 1.0

    def __post_init__(self) -> None:
        level(self.deviation, "a standard deviation")

    def points(self, streams: Streams, dimension: int) -> Any:
        return float(self.deviation) * streams.normal(KIND, dimension)


@dataclass(frozen=True)
class OnSphere(StartLaw):
    """Uniform on the sphere of this radius around 0."""

    radius: float = 1.0

    def __post_init__(self) -> None:
        level(self.radius, "a radius")

    def points(self, streams: Streams, dimension: int) -> Any:
        normals = streams.normal(KIND, dimension)
        return float(self.radius) * ratio(1.0, norm(normals)) * normals


def starts(
    law: StartLaw,
    runs: int,
    dimension: int,
    *,
    seed: int = 0,
    first: int = 0,
    around: Any = None,
    backend: Backend | None = None,
) -> Any:
    """A start for each of the runs ``first, …, first + runs − 1``, of shape (runs, d).

    They are independent of the noise of a simulation with the same seed.

    Args:
        around: a point that is added to all of them, of shape (d,), such as a saddle.

    Raises:
        SimulationError: something of this is not as described.

    >>> starts(InCube(-1, 1), runs=3, dimension=2).shape
    (3, 2)
    """
    dimension = whole(dimension, "a dimension")
    backend = backend or numpy_backend()
    points = law.points(Streams(backend, seed, runs, first), dimension)
    if around is None:
        return points
    centre = backend.asarray(around, what="around")
    if centre.shape != (dimension,):
        raise SimulationError(f"around: shape ({dimension},) expected, got {tuple(centre.shape)}")
    return centre + points
