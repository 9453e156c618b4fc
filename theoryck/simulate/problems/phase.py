"""Phase retrieval: a signal from the squares of its products with known vectors."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from theoryck.simulate.backend import Backend, numpy_backend
from theoryck.simulate.errors import SimulationError
from theoryck.simulate.problems.base import Constants, Functions, Problem
from theoryck.simulate.problems.parameters import seeded, whole
from theoryck.simulate.problems.rows import check_indices, combinations, drawn, products

MARGIN = 1e-10  # relative, far above what rounding does to an eigenvalue


@dataclass(frozen=True, eq=False)
class PhaseRetrieval(Problem):
    """f(x) = (1/4n) Σ (⟨a_i, x⟩² − y_i)² with y_i = ⟨a_i, x̄⟩²: f* = 0 at ±x̄.

    ∇²f(x) = (1/n) Σ (3⟨a_i, x⟩² − y_i) a_i a_iᵀ is least at x = 0, so that f is weakly convex with
    λ_max((1/n) Σ y_i a_i a_iᵀ); 0 is a stationary point with no direction in which f increases to
    second order. With many Gaussian a_i all local minima are global ones (Sun, Qu, Wright 2018).

    Args:
        data: the a_i as the rows of a matrix.
        signal: x̄.
    """

    data: Any
    signal: Any

    def __post_init__(self) -> None:
        backend = numpy_backend()
        rows = backend.asarray(self.data, what="data")
        signal = backend.asarray(self.signal, what="signal")
        if rows.ndim != 2 or min(rows.shape) < 1 or signal.shape != rows.shape[1:]:
            raise SimulationError(
                f"data of shape (n, d) and a signal of shape (d,) expected, got {rows.shape} "
                f"and {signal.shape}"
            )
        object.__setattr__(self, "data", rows)
        object.__setattr__(self, "signal", signal)

    @property
    def dimension(self) -> int:
        return int(self.data.shape[1])

    def component_count(self) -> int:
        return int(self.data.shape[0])

    def describe(self) -> str:
        n, d = self.data.shape
        return f"phase retrieval of {d} unknowns from {n} measurements"

    def constants(self) -> Constants:
        weighted = self.data.T * (self.data @ self.signal) ** 2
        most = float(np.linalg.eigvalsh(weighted @ self.data / len(self.data))[-1])
        return Constants(lower=-Fraction(most * (1 + MARGIN)), nonnegative=True)

    def component_constants(self) -> Constants:
        curvatures = (self.data @ self.signal) ** 2 * np.sum(self.data**2, axis=1)
        most = float(curvatures.max())
        return Constants(lower=-Fraction(most * (1 + MARGIN)), nonnegative=True)

    def on(self, backend: Backend) -> Functions:
        xp, n = backend.xp, self.data.shape[0]
        rows = backend.asarray(self.data, what="data")
        measured = backend.asarray((self.data @ self.signal) ** 2, what="measurements")

        def value(x: Any) -> Any:
            away = products(xp, rows, x) ** 2 - measured
            return xp.sum(away**2, axis=-1, keepdims=True) / (4 * n)

        def gradient(x: Any) -> Any:
            heights = products(xp, rows, x)
            return combinations(xp, (heights**2 - measured) * heights, rows) / n

        def product(x: Any, v: Any) -> Any:
            curvatures = 3 * products(xp, rows, x) ** 2 - measured
            return combinations(xp, curvatures * products(xp, rows, v), rows) / n

        def hessian(x: Any) -> Any:
            curvatures = 3 * products(xp, rows, x) ** 2 - measured
            return xp.matrix_transpose(rows) @ (xp.expand_dims(curvatures, axis=-1) * rows) / n

        def each(x: Any, indices: Any) -> tuple[Any, Any, Any]:
            """The drawn a_i, ⟨a_i, x⟩ and y_i."""
            check_indices(xp, indices, x.shape[0], n)
            chosen = drawn(xp, rows, indices)
            heights = xp.sum(chosen * xp.expand_dims(x, axis=1), axis=-1)
            squares = xp.reshape(xp.take(measured, xp.reshape(indices, (-1,))), indices.shape)
            return chosen, heights, squares

        def components(x: Any, indices: Any) -> Any:
            chosen, heights, squares = each(x, indices)
            weights = xp.expand_dims((heights**2 - squares) * heights, axis=-1)
            return xp.mean(weights * chosen, axis=1)

        def component_values(x: Any, indices: Any) -> Any:
            _, heights, squares = each(x, indices)
            return xp.mean((heights**2 - squares) ** 2, axis=1, keepdims=True) / 4

        return Functions(
            dimension=self.dimension,
            value=value,
            gradient=gradient,
            f_star=0.0,
            x_star=backend.asarray(self.signal, what="signal"),
            components=components,
            count=n,
            component_values=component_values,
            hessian=hessian,
            hessian_vector=product,
        )


def gaussian_phase_retrieval(count: int, size: int, *, seed: int = 0) -> PhaseRetrieval:
    """Standard normal a_i and a signal of length 1, uniform on the sphere.

    >>> gaussian_phase_retrieval(30, 4).describe()
    'phase retrieval of 4 unknowns from 30 measurements'
    """
    count, size = whole(count, "count"), whole(size, "size")
    if count < 1 or size < 1:
        raise SimulationError("at least one measurement and one unknown expected")
    generator = np.random.default_rng(seeded(seed))
    signal = generator.standard_normal(size)
    return PhaseRetrieval(generator.standard_normal((count, size)), signal / np.linalg.norm(signal))
