"""Flat and sharp minima whose components agree or disagree."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from theoryck.simulate.backend import Backend
from theoryck.simulate.errors import SimulationError
from theoryck.simulate.problems.base import Constants, Functions, Problem, shown
from theoryck.simulate.problems.parameters import rationals, settle
from theoryck.simulate.problems.rows import check_indices, drawn
from theoryck.simulate.problems.second_order import diagonal

TWO_PI = Fraction(62832, 10000)  # above 2π

Tilts = tuple[tuple[Fraction, ...], ...]


@dataclass(frozen=True)
class TwoMinima(Problem):
    """f = (1/n) Σ f_i with two minima in each coordinate, f_i(x) = Σ_j W(x_j) + t_ij·B(x_j).

    W has minima of value 0 at ``left`` and ``right``, with second derivatives κ and κ' there: it is
    quadratic outside of them and κw²(1 − cos((x − left)/w)) from the left one up to the peak,
    likewise from the right one, w chosen so that the peaks meet. Where κ = κ', W is twice
    continuously differentiable.

    B has slope 1 left of ``left`` and 0 right of ``right``, and between them 1 − 3u² + 2u³, u from
    0 to 1. As Σ_i t_ij = 0, f(x) = Σ_j W(x_j), whatever the tilts. At x_j = right every f_i has the
    slope 0 and the curvature of f in coordinate j: the components agree. At x_j = left their
    slopes are t_ij: they disagree, though f is just as flat if κ = κ'.

    Args:
        tilts: t, a row for each component and a column for each coordinate.
        left, right: the minima.
        left_curvature, right_curvature: κ and κ'.
    """

    tilts: Tilts
    left: Fraction = Fraction(0)
    right: Fraction = Fraction(2)
    left_curvature: Fraction = Fraction(1)
    right_curvature: Fraction = Fraction(1)

    def __post_init__(self) -> None:
        settle(self, numbers=("left", "right", "left_curvature", "right_curvature"))
        rows = tuple(rationals(row, "tilts") for row in self.tilts)
        object.__setattr__(self, "tilts", rows)
        if not self.tilts or not self.tilts[0]:
            raise SimulationError("tilts for at least one component and one coordinate expected")
        if any(len(row) != len(self.tilts[0]) for row in self.tilts):
            raise SimulationError("as many tilts for every component expected")
        if any(sum(column, Fraction(0)) != 0 for column in zip(*self.tilts, strict=True)):
            raise SimulationError("the tilts of the components must add up to 0")
        if self.left >= self.right or min(self.left_curvature, self.right_curvature) <= 0:
            raise SimulationError("left < right and positive curvatures expected")

    @property
    def dimension(self) -> int:
        return len(self.tilts[0])

    def component_count(self) -> int:
        return len(self.tilts)

    def describe(self) -> str:
        kinds = f"{shown(self.left_curvature)} and {shown(self.right_curvature)}"
        return (
            f"two minima with curvatures {kinds} in each of {self.dimension} coordinates, "
            f"{self.component_count()} components that agree at the second"
        )

    def constants(self) -> Constants:
        most = max(self.left_curvature, self.right_curvature)
        even = self.left_curvature == self.right_curvature
        # W''' = κ/w between the minima with w = gap/2π; the Hessian is diagonal
        steepest = most * TWO_PI / (self.right - self.left) if even else None
        return Constants(lower=-most, upper=most, hessian=steepest, nonnegative=True, twice=even)

    def component_constants(self) -> Constants:
        """|B''| is at most 3/2 over the gap between the minima."""
        most = max(self.left_curvature, self.right_curvature)
        tilt = max(abs(t) for row in self.tilts for t in row)
        bound = most + Fraction(3, 2) * tilt / (self.right - self.left)
        even = self.left_curvature == self.right_curvature
        return Constants(lower=-bound, upper=bound, twice=even)

    def spread(self) -> Fraction:
        """E‖∇f_i − ∇f‖² at most, which is what it is left of the left minima: (1/n) Σ t_ij²."""
        total = sum((t * t for row in self.tilts for t in row), Fraction(0))
        return total / self.component_count()

    def scaled(self, factor: Fraction) -> TwoMinima:
        tilts = tuple(tuple(factor * t for t in row) for row in self.tilts)
        return replace(self, tilts=tilts, left=factor * self.left, right=factor * self.right)

    def on(self, backend: Backend) -> Functions:
        xp, count = backend.xp, self.component_count()
        tilts = backend.asarray([[float(t) for t in row] for row in self.tilts], what="tilts")
        left, right = float(self.left), float(self.right)
        gap = right - left
        rates = float(self.left_curvature), float(self.right_curvature)
        # equal heights: κ w² = κ' w'², and π(w + w') = gap
        roots = math.sqrt(rates[0]), math.sqrt(rates[1])
        widths = [gap / math.pi * root / sum(roots) for root in reversed(roots)]
        peak = left + math.pi * widths[0]

        def placed(x: Any) -> tuple[Any, Any, Any, Any]:
            """Distances inwards from the nearer minimum, and its κ, w and the sign."""
            on_left = x <= peak
            away = xp.where(on_left, x - left, right - x)
            rate = xp.where(on_left, xp.full_like(x, rates[0]), xp.full_like(x, rates[1]))
            width = xp.where(on_left, xp.full_like(x, widths[0]), xp.full_like(x, widths[1]))
            return away, rate, width, xp.where(on_left, xp.ones_like(x), -xp.ones_like(x))

        def well(x: Any) -> Any:
            away, rate, width, _ = placed(x)
            inner = 2 * rate * width**2 * xp.sin(away / (2 * width)) ** 2
            return xp.where(away < 0, 0.5 * rate * away**2, inner)

        def well_slope(x: Any) -> Any:
            away, rate, width, sign = placed(x)
            inner = width * xp.sin(away / width)
            return sign * rate * xp.where(away < 0, away, inner)

        def well_curvature(x: Any) -> Any:
            away, rate, width, _ = placed(x)
            return rate * xp.where(away < 0, xp.ones_like(x), xp.cos(away / width))

        def bend(x: Any) -> Any:
            below = xp.where(x < left, x - left, xp.zeros_like(x))
            u = xp.clip((x - left) / gap, 0.0, 1.0)
            return below + gap * (u - u**3 + 0.5 * u**4)

        def bend_slope(x: Any) -> Any:
            u = xp.clip((x - left) / gap, 0.0, 1.0)
            return 1 - u * u * (3 - 2 * u)

        def drawn_tilts(x: Any, indices: Any) -> Any:
            check_indices(xp, indices, x.shape[0], count)
            return xp.mean(drawn(xp, tilts, indices), axis=1)

        def component_values(x: Any, indices: Any) -> Any:
            each = well(x) + drawn_tilts(x, indices) * bend(x)
            return xp.sum(each, axis=-1, keepdims=True)

        return Functions(
            dimension=self.dimension,
            value=lambda x: xp.sum(well(x), axis=-1, keepdims=True),
            gradient=well_slope,
            f_star=0.0,
            x_star=backend.asarray([right] * self.dimension, what="minimiser"),
            components=lambda x, i: well_slope(x) + drawn_tilts(x, i) * bend_slope(x),
            count=count,
            component_values=component_values,
            **diagonal(backend, self.dimension, well_curvature),
        )


def lecture_minima(size: int = 1) -> TwoMinima:
    """Giselsson's picture of minima that are equally flat, but not component by component.

    The left minimum is 0.8, where the fourth of four components has the slope −2.77: with the step
    0.5 it leads to 2.185, beyond the peak. In more coordinates the components take turns.

    >>> lecture_minima().component_count()
    4
    """
    if size < 1:
        raise SimulationError(f"at least one coordinate expected, got {size}")
    steep, mild = Fraction(277, 100), Fraction(277, 200)
    slopes = (steep, mild, -mild, -steep)
    tilts = tuple(tuple(slopes[(i + j) % 4] for j in range(size)) for i in range(4))
    return TwoMinima(tilts, left=Fraction(4, 5), right=Fraction(14, 5))
