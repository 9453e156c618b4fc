"""Quadratics ½⟨x, Qx⟩ of given spectrum, diagonal or rotated, and sums of shifted ones."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from theoryck.algebra import NumberSystem, dot, ratio
from theoryck.simulate.backend import Backend
from theoryck.simulate.errors import SimulationError
from theoryck.simulate.problems.base import Constants, Functions, Problem, Separable, shown
from theoryck.simulate.problems.parameters import rationals, settle
from theoryck.simulate.problems.rows import check_indices, products
from theoryck.simulate.problems.second_order import diagonal


def _constants(spectrum: tuple[Fraction, ...]) -> Constants:
    positive = [value for value in spectrum if value > 0]
    convex = min(spectrum) >= 0
    return Constants(
        lower=min(spectrum),
        upper=max(spectrum),
        gradient=Fraction(0) if not any(spectrum) else None,
        pl=min(positive) if positive and convex else None,
        hessian=Fraction(0),
        quadratic=True,
        nonnegative=convex,
    )


def _checked(spectrum: tuple[Fraction, ...]) -> tuple[Fraction, ...]:
    spectrum = rationals(spectrum, "spectrum")
    if not spectrum:
        raise SimulationError("a quadratic needs at least one eigenvalue")
    if min(spectrum) < 0:
        raise SimulationError(
            f"the eigenvalue {min(spectrum)} is negative: the quadratic has no minimum; "
            "a QuadraticSaddle may have such eigenvalues"
        )
    return spectrum


@dataclass(frozen=True)
class DiagonalQuadratic(Separable):
    """f(x) = ½ Σ λ_i x_i² with exact eigenvalues λ_i ≥ 0."""

    spectrum: tuple[Fraction, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "spectrum", _checked(self.spectrum))

    @property
    def dimension(self) -> int:
        return len(self.spectrum)

    def describe(self) -> str:
        if len(self.spectrum) > 4:
            ends = f"{float(min(self.spectrum)):.4g} to {float(max(self.spectrum)):.4g}"
            return f"a quadratic in {self.dimension} dimensions, eigenvalues {ends}"
        return f"a quadratic with eigenvalues {', '.join(map(shown, self.spectrum))}"

    def constants(self) -> Constants:
        return _constants(self.spectrum)

    def on(self, backend: Backend) -> Functions:
        weights = backend.asarray([float(value) for value in self.spectrum], what="spectrum")

        def line_search(x: Any, direction: Any) -> Any:
            moved = weights * direction
            return x - ratio(dot(moved, x), dot(moved, direction)) * direction

        return Functions(
            dimension=self.dimension,
            value=lambda x: 0.5 * dot(x, weights * x),
            gradient=lambda x: weights * x,
            f_star=0.0,
            x_star=0.0 * weights,
            prox=lambda x, step: x / (1 + step * weights),
            line_search=line_search,
            **diagonal(backend, self.dimension, lambda x: weights + backend.xp.zeros_like(x)),
        )

    def tuned(self, factor: Fraction) -> DiagonalQuadratic | None:
        if len(self.spectrum) > 1:
            return None
        return DiagonalQuadratic((self.spectrum[0] * factor,))

    def height(self, i: int, t: Any, numbers: NumberSystem) -> Any:
        return numbers.rational(self.spectrum[i]) * t * t / numbers.integer(2)

    def slope(self, i: int, t: Any, numbers: NumberSystem) -> Any:
        return numbers.rational(self.spectrum[i]) * t

    def prox_coordinate(self, i: int, t: Any, step: Any, numbers: NumberSystem) -> Any:
        return t / (step * numbers.rational(self.spectrum[i]) + 1)

    def data(self) -> dict[str, Any]:
        return {"kind": "quadratic", "spectrum": [str(value) for value in self.spectrum]}


@dataclass(frozen=True)
class QuadraticSaddle(Problem):
    """f(x) = ½ Σ λ_i x_i² with at least one λ_i < 0: 0 is a strict saddle, or a maximum, and f has
    no minimum."""

    spectrum: tuple[Fraction, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "spectrum", rationals(self.spectrum, "spectrum"))
        if not self.spectrum or min(self.spectrum) >= 0:
            raise SimulationError(
                "a saddle needs a negative eigenvalue; without one take a DiagonalQuadratic"
            )

    @property
    def dimension(self) -> int:
        return len(self.spectrum)

    def describe(self) -> str:
        ends = f"{shown(min(self.spectrum))} to {shown(max(self.spectrum))}"
        return f"a quadratic saddle in {self.dimension} dimensions, eigenvalues {ends}"

    def constants(self) -> Constants:
        return _constants(self.spectrum)

    def on(self, backend: Backend) -> Functions:
        weights = backend.asarray([float(value) for value in self.spectrum], what="spectrum")
        return Functions(
            dimension=self.dimension,
            value=lambda x: 0.5 * dot(x, weights * x),
            gradient=lambda x: weights * x,
            f_star=None,
            x_star=None,
            **diagonal(backend, self.dimension, lambda x: weights + backend.xp.zeros_like(x)),
        )


@dataclass(frozen=True)
class RotatedQuadratic(Problem):
    """f(x) = ½⟨x, UΛUᵀx⟩ with a random rotation U: no coordinate is an eigenvector.

    Rounding moves the eigenvalues of the matrix that is run; Λ is used shrunk into the stated
    interval by more than that, so the stated bounds hold.
    """

    spectrum: tuple[Fraction, ...]
    seed: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "spectrum", _checked(self.spectrum))
        settle(self, seeds=("seed",))

    @property
    def dimension(self) -> int:
        return len(self.spectrum)

    def describe(self) -> str:
        ends = f"{float(min(self.spectrum)):.4g} to {float(max(self.spectrum)):.4g}"
        return f"a rotated quadratic in {self.dimension} dimensions, eigenvalues {ends}"

    def constants(self) -> Constants:
        constants = _constants(self.spectrum)
        # an eigenvalue 0 is run as a tiny positive one: no larger one bounds the growth then
        return replace(constants, pl=constants.lower or None)

    def matrix(self) -> Any:
        """The symmetric matrix."""
        d = self.dimension
        values = np.array([float(value) for value in self.spectrum])
        margin = 1e-12 * d * values.max()
        values = np.clip(values, min(values.min() + margin, values.max()), values.max() - margin)
        gaussian = np.random.default_rng(self.seed).standard_normal((d, d))
        rotation, _ = np.linalg.qr(gaussian)
        matrix = (rotation * values) @ rotation.T
        return 0.5 * (matrix + matrix.T)

    def on(self, backend: Backend) -> Functions:
        xp, matrix = backend.xp, backend.asarray(self.matrix(), what="matrix")
        values, vectors = (backend.place(found) for found in np.linalg.eigh(self.matrix()))

        def times(x: Any) -> Any:
            return products(xp, matrix, x)

        def prox(x: Any, step: Any) -> Any:
            shrunk = products(xp, xp.matrix_transpose(vectors), x) / (1 + step * values)
            return products(xp, vectors, shrunk)

        def line_search(x: Any, direction: Any) -> Any:
            moved = times(direction)
            return x - ratio(dot(moved, x), dot(moved, direction)) * direction

        return Functions(
            dimension=self.dimension,
            value=lambda x: 0.5 * dot(x, times(x)),
            gradient=times,
            f_star=0.0,
            x_star=backend.place(np.zeros(self.dimension)),
            prox=prox,
            line_search=line_search,
            hessian=lambda x: xp.broadcast_to(matrix, (x.shape[0], *matrix.shape)),
            hessian_vector=lambda x, v: times(v),
        )


@dataclass(frozen=True)
class ShiftedQuadratics(Problem):
    """f = (1/n) Σ f_i, f_i(x) = (λ/2)‖x − c_i‖² with centres ±reach in turn along one axis.

    The gradients of the components differ from ∇f by vectors of length at most λ·reach, equal
    to it for even n.
    """

    curvature: Fraction
    count: int
    reach: Fraction
    size: int = 1

    def __post_init__(self) -> None:
        settle(self, numbers=("curvature", "reach"), counts=("count", "size"))
        if self.count < 1 or self.curvature <= 0 or self.reach < 0:
            raise SimulationError("at least one component, λ > 0 and reach >= 0 expected")

    @property
    def dimension(self) -> int:
        return self.size

    def describe(self) -> str:
        rate = shown(self.curvature)
        return f"the mean of {self.count} quadratics with eigenvalue {rate}, centres apart"

    def constants(self) -> Constants:
        return Constants(
            lower=self.curvature, upper=self.curvature, hessian=Fraction(0), quadratic=True
        )

    def component_constants(self) -> Constants:
        return _constants((self.curvature,))

    def component_count(self) -> int:
        return self.count

    def offsets(self) -> tuple[Fraction, ...]:
        """The centres along the first axis, relative to their mean."""
        raw = [self.reach * (-1) ** i for i in range(self.count)]
        mean = sum(raw, Fraction(0)) / self.count
        return tuple(value - mean for value in raw)

    def variance(self) -> Fraction:
        """E‖∇f_i − ∇f‖² for one component drawn uniformly, the same at every x."""
        return self.curvature**2 * sum(v * v for v in self.offsets()) / self.count

    def spread(self) -> Fraction:
        return self.variance()

    def on(self, backend: Backend) -> Functions:
        xp, rate = backend.xp, float(self.curvature)
        offsets = backend.asarray([float(v) for v in self.offsets()], what="centres")
        floor = 0.5 * rate * float(sum(v * v for v in self.offsets()) / self.count)
        axis = backend.place(np.eye(self.size)[:1])

        def chosen(x: Any, indices: Any) -> Any:
            check_indices(xp, indices, x.shape[0], self.count)
            return xp.reshape(xp.take(offsets, xp.reshape(indices, (-1,))), indices.shape)

        def components(x: Any, indices: Any) -> Any:
            return rate * (x - xp.mean(chosen(x, indices), axis=1, keepdims=True) * axis)

        def component_values(x: Any, indices: Any) -> Any:
            centres = chosen(x, indices)
            squares = xp.mean((x[:, :1] - centres) ** 2, axis=1, keepdims=True)
            return 0.5 * rate * (squares + dot(x[:, 1:], x[:, 1:]))

        return Functions(
            dimension=self.size,
            value=lambda x: 0.5 * rate * dot(x, x) + floor,
            gradient=lambda x: rate * x,
            f_star=floor,
            x_star=backend.place(np.zeros(self.size)),
            components=components,
            count=self.count,
            component_values=component_values,
            **diagonal(backend, self.size, lambda x: rate * xp.ones_like(x)),
        )
