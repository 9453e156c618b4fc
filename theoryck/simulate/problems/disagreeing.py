"""Finite sums of quadratics that disagree: centres and curvatures of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from itertools import chain
from typing import Any

import numpy as np

from theoryck.algebra import dot
from theoryck.simulate.backend import Backend
from theoryck.simulate.errors import SimulationError
from theoryck.simulate.problems.base import Constants, Functions, Problem
from theoryck.simulate.problems.parameters import rationals
from theoryck.simulate.problems.rows import check_indices, drawn, products

MARGIN = Fraction(1, 10**9)  # relative, far above what rounding does to an eigenvalue

Vector = tuple[Fraction, ...]
Matrix = tuple[Vector, ...]


def diagonal_matrix(entries: Sequence[Fraction]) -> Matrix:
    """The matrix with these entries on its diagonal."""
    return tuple(
        tuple(value if i == j else Fraction(0) for j in range(len(entries)))
        for i, value in enumerate(entries)
    )


@dataclass(frozen=True)
class DisagreeingQuadratics(Problem):
    """f = (1/n) Σ f_i, f_i(x) = ½⟨x − c_i, A_i(x − c_i)⟩ with symmetric A_i ⪰ 0.

    ∇f_i(x) − ∇f(x) = (A_i − Ā)x − (A_i c_i − mean of A_j c_j) is bounded in x if and only if all
    A_i are equal; then E‖∇f_i − ∇f‖² = (1/n) Σ ‖A(c_i − c̄)‖² at every x.

    Args:
        centres: the n points c_i.
        matrices: the n matrices A_i; their mean must be positive definite, so that there is
            one minimiser.
    """

    centres: tuple[Vector, ...]
    matrices: tuple[Matrix, ...]

    def __post_init__(self) -> None:
        points = tuple(rationals(centre, "centres") for centre in self.centres)
        object.__setattr__(self, "centres", points)
        matrices = tuple(tuple(rationals(row, "matrices") for row in m) for m in self.matrices)
        object.__setattr__(self, "matrices", matrices)
        n, d = len(self.centres), len(self.centres[0]) if self.centres else 0
        if n < 1 or d < 1 or any(len(c) != d for c in self.centres):
            raise SimulationError("at least one centre, and all of one dimension, expected")
        if len(self.matrices) != n:
            raise SimulationError(f"{n} centres need {n} matrices, got {len(self.matrices)}")
        for matrix in self.matrices:
            if len(matrix) != d or any(len(row) != d for row in matrix):
                raise SimulationError(f"matrices of shape ({d}, {d}) expected")
            if any(matrix[i][j] != matrix[j][i] for i in range(d) for j in range(i)):
                raise SimulationError("symmetric matrices expected")
            if _rank(matrix) is None:
                raise SimulationError("every matrix must be positive semidefinite")
        if _rank(self.mean_matrix) != d:
            raise SimulationError(
                "the mean of the matrices is not positive definite: the minimiser is not unique"
            )

    @staticmethod
    def isotropic(
        centres: Sequence[Sequence[Fraction]], curvature: Fraction = Fraction(1)
    ) -> DisagreeingQuadratics:
        """f_i(x) = (curvature/2)‖x − c_i‖².

        >>> corners = [(Fraction(1), Fraction(0)), (Fraction(-1), Fraction(0))]
        >>> DisagreeingQuadratics.isotropic(corners).spread()
        Fraction(1, 1)
        """
        points = tuple(tuple(centre) for centre in centres)
        return DisagreeingQuadratics(
            points, tuple(diagonal_matrix((curvature,) * len(point)) for point in points)
        )

    @staticmethod
    def diagonal(
        centres: Sequence[Sequence[Fraction]], spectra: Sequence[Sequence[Fraction]]
    ) -> DisagreeingQuadratics:
        """f_i(x) = ½ Σ_j spectra[i][j]·(x_j − c_ij)²."""
        return DisagreeingQuadratics(
            tuple(tuple(centre) for centre in centres),
            tuple(diagonal_matrix(tuple(spectrum)) for spectrum in spectra),
        )

    @property
    def dimension(self) -> int:
        return len(self.centres[0])

    def component_count(self) -> int:
        return len(self.centres)

    def describe(self) -> str:
        n, d = self.component_count(), self.dimension
        how = "equal" if self._equal else "different"
        return f"the mean of {n} quadratics in {d} dimensions, centres apart, {how} curvatures"

    @cached_property
    def mean_matrix(self) -> Matrix:
        """Ā, the Hessian of f."""
        n, size = len(self.matrices), range(self.dimension)
        return tuple(
            tuple(sum((m[i][j] for m in self.matrices), Fraction(0)) / n for j in size)
            for i in size
        )

    @property
    def _equal(self) -> bool:
        return all(matrix == self.matrices[0] for matrix in self.matrices)

    def constants(self) -> Constants:
        least, most = _range(self.mean_matrix)
        return _bounds(least, most)

    def component_constants(self) -> Constants:
        ranges = [_range(matrix) for matrix in self.matrices]
        return _bounds(min(low for low, _ in ranges), max(high for _, high in ranges))

    def spread(self) -> Fraction | None:
        """E‖∇f_i − ∇f‖², exactly; None where it grows with x."""
        if not self._equal:
            return None
        moved = [_times(self.matrices[0], centre) for centre in self.centres]
        n = len(moved)
        mean = [sum(column, Fraction(0)) / n for column in zip(*moved, strict=True)]
        squares = ((v - m) ** 2 for row in moved for v, m in zip(row, mean, strict=True))
        return sum(squares, Fraction(0)) / n

    def scaled(self, factor: Fraction) -> DisagreeingQuadratics:
        moved = tuple(tuple(factor * v for v in centre) for centre in self.centres)
        return replace(self, centres=moved)

    def on(self, backend: Backend) -> Functions:
        xp, n, d = backend.xp, self.component_count(), self.dimension
        matrices = np.array([[[float(v) for v in row] for row in m] for m in self.matrices])
        shifts = np.array(
            [
                [float(v) for v in _times(matrix, centre)]
                for matrix, centre in zip(self.matrices, self.centres, strict=True)
            ]
        )
        centres = backend.asarray([[float(v) for v in c] for c in self.centres], what="centres")
        mean = np.array([[float(v) for v in row] for row in self.mean_matrix])
        x_star = np.linalg.solve(mean, shifts.mean(axis=0))
        hessian = backend.asarray(mean, what="matrices")
        flat = backend.asarray(matrices.reshape(n, d * d), what="matrices")
        minimiser = backend.asarray(x_star, what="minimiser")
        away = x_star - backend.to_numpy(centres)
        floor = float(np.mean(np.einsum("ni,nij,nj->n", away, matrices, away))) / 2

        def each(x: Any, indices: Any) -> tuple[Any, Any]:
            """x − c_i and A_i(x − c_i) for the drawn components, of shape (runs, b, d)."""
            check_indices(xp, indices, x.shape[0], n)
            shift = xp.expand_dims(x, axis=1) - drawn(xp, centres, indices)
            chosen = xp.reshape(drawn(xp, flat, indices), (*indices.shape, d, d))
            return shift, (chosen @ xp.expand_dims(shift, axis=-1))[..., 0]

        def component_values(x: Any, indices: Any) -> Any:
            shift, moved = each(x, indices)
            return 0.5 * xp.mean(xp.sum(shift * moved, axis=-1), axis=1, keepdims=True)

        def gradient(x: Any) -> Any:
            return products(xp, hessian, x - minimiser)

        return Functions(
            dimension=d,
            value=lambda x: floor + 0.5 * dot(x - minimiser, gradient(x)),
            gradient=gradient,
            f_star=floor,
            x_star=minimiser,
            components=lambda x, indices: xp.mean(each(x, indices)[1], axis=1),
            count=n,
            component_values=component_values,
            hessian=lambda x: xp.broadcast_to(hessian, (x.shape[0], d, d)),
            hessian_vector=lambda x, v: products(xp, hessian, v),
        )


def _times(matrix: Matrix, vector: Vector) -> Vector:
    return tuple(
        sum((m * v for m, v in zip(row, vector, strict=True)), Fraction(0)) for row in matrix
    )


def _bounds(least: Fraction, most: Fraction) -> Constants:
    return Constants(
        lower=least,
        upper=most,
        gradient=Fraction(0) if most == 0 else None,
        pl=least if least > 0 else None,
        hessian=Fraction(0),
        quadratic=True,
        nonnegative=True,
    )


def _range(matrix: Matrix) -> tuple[Fraction, Fraction]:
    """Bounds on the eigenvalues of a positive semidefinite matrix: exact for a diagonal one, and
    else with a margin."""
    size = range(len(matrix))
    if all(matrix[i][j] == 0 for i in size for j in size if i != j):
        entries = [matrix[i][i] for i in size]
        return min(entries), max(entries)
    values = np.linalg.eigvalsh([[float(v) for v in row] for row in matrix])
    scale = Fraction(max(abs(float(v)) for v in chain.from_iterable(matrix)))
    slack = MARGIN * scale * len(matrix)
    least = max(Fraction(0), Fraction(float(values[0])) - slack)
    return least, Fraction(float(values[-1])) + slack


def _rank(matrix: Matrix) -> int | None:
    """The rank of a positive semidefinite matrix, by exact elimination; None if it is not one."""
    rows, rank = [list(row) for row in matrix], 0
    while rows:
        pivot, first = rows[0][0], rows[0]
        if pivot < 0 or (pivot == 0 and any(first)):
            return None
        if pivot == 0:
            rows = [row[1:] for row in rows[1:]]
            continue
        rank += 1
        rows = [
            [v - row[0] / pivot * u for v, u in zip(row[1:], first[1:], strict=True)]
            for row in rows[1:]
        ]
    return rank
