"""Smooth functions that are not convex, summed over coordinates."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from theoryck.simulate.backend import Backend
from theoryck.simulate.errors import SimulationError
from theoryck.simulate.problems.base import Constants, Functions, Problem, shown
from theoryck.simulate.problems.parameters import settle
from theoryck.simulate.problems.second_order import diagonal


@dataclass(frozen=True)
class Cosine(Problem):
    """f(x) = L·width²·Σ(1 − cos(x_i/width)): f'' = L·cos(x/width), between −L and L."""

    curvature: Fraction
    width: Fraction
    size: int = 1

    def __post_init__(self) -> None:
        settle(self, numbers=("curvature", "width"), counts=("size",))
        if self.curvature <= 0 or self.width <= 0 or self.size < 1:
            raise SimulationError("L > 0, width > 0 and size >= 1 expected")

    @property
    def dimension(self) -> int:
        return self.size

    def describe(self) -> str:
        width, curvature = shown(self.width), shown(self.curvature)
        return f"the mountains 1 - cos(x/({width})) with curvature up to {curvature}"

    def constants(self) -> Constants:
        return Constants(
            lower=-self.curvature,
            upper=self.curvature,
            gradient=self.curvature * self.width if self.size == 1 else None,
            hessian=self.curvature / self.width,
            nonnegative=True,
        )

    def scaled(self, factor: Fraction) -> Cosine:
        return replace(self, width=self.width * factor)

    def on(self, backend: Backend) -> Functions:
        xp, rate, width = backend.xp, float(self.curvature), float(self.width)
        return Functions(
            self.size,
            value=lambda x: (
                2 * rate * width**2 * xp.sum(xp.sin(x / (2 * width)) ** 2, axis=-1, keepdims=True)
            ),
            gradient=lambda x: rate * width * xp.sin(x / width),
            f_star=0.0,
            x_star=backend.asarray([0.0] * self.size),
            **diagonal(backend, self.size, lambda x: rate * xp.cos(x / width)),
        )


@dataclass(frozen=True)
class SineSquared(Problem):
    """f(x) = (L/8)·width²·(t² + 3 sin²t), t = x/width: not convex, yet PL with L/256.

    Karimi, Nutini and Schmidt 2016, Section 2.2 (their 1/32 for L = 8); f'' is between −L/2 and L.
    """

    curvature: Fraction
    width: Fraction = Fraction(1)

    def __post_init__(self) -> None:
        settle(self, numbers=("curvature", "width"))
        if self.curvature <= 0 or self.width <= 0:
            raise SimulationError("L > 0 and width > 0 expected")

    @property
    def dimension(self) -> int:
        return 1

    def describe(self) -> str:
        return f"x**2 + 3*sin(x)**2, scaled to curvature {shown(self.curvature)}"

    def constants(self) -> Constants:
        return Constants(
            lower=-self.curvature / 2,
            upper=self.curvature,
            pl=self.curvature / 256,
            hessian=Fraction(3, 2) * self.curvature / self.width,
            nonnegative=True,
        )

    def scaled(self, factor: Fraction) -> SineSquared:
        return replace(self, width=self.width * factor)

    def on(self, backend: Backend) -> Functions:
        xp, rate, width = backend.xp, float(self.curvature) / 8, float(self.width)

        def value(x: Any) -> Any:
            t = x / width
            return rate * width**2 * (t * t + 3 * xp.sin(t) ** 2)

        return Functions(
            1,
            value=value,
            gradient=lambda x: rate * width * (2 * x / width + 3 * xp.sin(2 * x / width)),
            f_star=0.0,
            x_star=backend.asarray([0.0]),
            **diagonal(backend, 1, lambda x: rate * (2 + 6 * xp.cos(2 * x / width))),
        )
