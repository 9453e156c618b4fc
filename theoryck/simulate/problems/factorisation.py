"""Matrix factorisation: smooth on bounded sets only, every local minimum a global one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from theoryck.algebra import dot
from theoryck.simulate.backend import Backend, numpy_backend
from theoryck.simulate.errors import SimulationError
from theoryck.simulate.problems.base import Constants, Functions, Problem
from theoryck.simulate.problems.parameters import seeded, settle, whole
from theoryck.simulate.problems.second_order import columnwise

MARGIN = 1e-10  # relative, far above what rounding does to a singular value


@dataclass(frozen=True, eq=False)
class MatrixFactorisation(Problem):
    """f(U, V) = ½‖UVᵀ − M‖², M of shape (m, n), U of shape (m, r) and V of shape (n, r).

    A point is the rows of U and then those of V, m·r + n·r coordinates. With the singular values
    σ_1 ≥ σ_2 ≥ … of M the minimum is ½ Σ_{i>r} σ_i² (Eckart and Young 1936). Factors made of any
    r or fewer singular triplets are stationary, and every local minimum is global (Baldi and
    Hornik 1989); at 0 the Hessian's least eigenvalue is −σ_1.

    Args:
        target: M.
        rank: r, at most the smaller side of M.
    """

    target: Any
    rank: int

    def __post_init__(self) -> None:
        matrix = _matrix(self.target)
        settle(self, counts=("rank",))
        if not 1 <= self.rank <= min(matrix.shape):
            raise SimulationError(
                f"a rank from 1 to {min(matrix.shape)} expected for a target of shape "
                f"{matrix.shape}, got {self.rank}"
            )
        object.__setattr__(self, "target", matrix)

    @property
    def dimension(self) -> int:
        return int(sum(self.target.shape)) * self.rank

    def describe(self) -> str:
        m, n = self.target.shape
        return f"the factorisation of a matrix of shape ({m}, {n}) with rank {self.rank}"

    def constants(self) -> Constants:
        return Constants(lower=None, nonnegative=True)

    @cached_property
    def _triplets(self) -> tuple[Any, Any, Any]:
        left, values, right = np.linalg.svd(self.target, full_matrices=False)
        return left, values, right.T

    def stationary(self, chosen: Sequence[int]) -> Any:
        """The stationary point made of the chosen singular triplets, numbered from the largest.

        The first ``rank`` of them give a minimiser, others a strict saddle where the singular
        values differ; the empty choice is 0.

        Raises:
            SimulationError: there are not so many, or more than ``rank``.
        """
        left, values, right = self._triplets
        _check_chosen(chosen, len(values), self.rank)
        roots = np.sqrt(values[list(chosen)])
        u, v = np.zeros((left.shape[0], self.rank)), np.zeros((right.shape[0], self.rank))
        u[:, : len(roots)] = left[:, list(chosen)] * roots
        v[:, : len(roots)] = right[:, list(chosen)] * roots
        return np.concatenate([u.ravel(), v.ravel()])

    def on(self, backend: Backend) -> Functions:
        xp, rank = backend.xp, self.rank
        target = backend.asarray(self.target, what="target")
        m, n = self.target.shape
        values = self._triplets[1]

        def factors(x: Any) -> tuple[Any, Any]:
            runs = x.shape[0]
            return (
                xp.reshape(x[:, : m * rank], (runs, m, rank)),
                xp.reshape(x[:, m * rank :], (runs, n, rank)),
            )

        def joined(u: Any, v: Any) -> Any:
            runs = u.shape[0]
            return xp.concat([xp.reshape(u, (runs, -1)), xp.reshape(v, (runs, -1))], axis=1)

        def residual(u: Any, v: Any) -> Any:
            return u @ xp.matrix_transpose(v) - target

        def value(x: Any) -> Any:
            entries = xp.reshape(residual(*factors(x)), (x.shape[0], -1))
            return 0.5 * dot(entries, entries)

        def gradient(x: Any) -> Any:
            u, v = factors(x)
            r = residual(u, v)
            return joined(r @ v, xp.matrix_transpose(r) @ u)

        def product(x: Any, d: Any) -> Any:
            (u, v), (du, dv) = factors(x), factors(d)
            r = residual(u, v)
            dr = du @ xp.matrix_transpose(v) + u @ xp.matrix_transpose(dv)
            return joined(
                dr @ v + r @ dv, xp.matrix_transpose(dr) @ u + xp.matrix_transpose(r) @ du
            )

        return Functions(
            dimension=self.dimension,
            value=value,
            gradient=gradient,
            f_star=0.5 * float(np.sum(values[rank:] ** 2)),
            x_star=backend.asarray(self.stationary(range(rank)), what="minimiser"),
            **columnwise(backend, self.dimension, product),
        )


@dataclass(frozen=True, eq=False)
class SymmetricFactorisation(Problem):
    """f(U) = ¼‖UUᵀ − M‖², M symmetric of shape (n, n), U of shape (n, r), its rows a point.

    The Hessian's quadratic form at U is ½‖DUᵀ + UDᵀ‖² + ⟨D, (UUᵀ − M)D⟩ in the direction D, so at
    least −λ_max(M)‖D‖², and that exactly at U = 0 where λ_max(M) ≥ 0. With λ_1 ≥ λ_2 ≥ … the
    eigenvalues of M, the minimum is ¼ (Σ λ_i² − Σ_{i≤r} max(λ_i, 0)²).

    Args:
        target: M.
        rank: r, at most n.
    """

    target: Any
    rank: int

    def __post_init__(self) -> None:
        matrix = _matrix(self.target)
        settle(self, counts=("rank",))
        if matrix.shape[0] != matrix.shape[1] or not np.array_equal(matrix, matrix.T):
            raise SimulationError("a symmetric target expected; (M + Mᵀ)/2 is one")
        if not 1 <= self.rank <= matrix.shape[0]:
            raise SimulationError(f"a rank from 1 to {matrix.shape[0]} expected, got {self.rank}")
        object.__setattr__(self, "target", matrix)

    @property
    def dimension(self) -> int:
        return int(self.target.shape[0]) * self.rank

    def describe(self) -> str:
        n = self.target.shape[0]
        return f"the symmetric factorisation of a matrix of shape ({n}, {n}) with rank {self.rank}"

    @cached_property
    def _eigen(self) -> tuple[Any, Any]:
        values, vectors = np.linalg.eigh(self.target)
        return values[::-1], vectors[:, ::-1]

    def constants(self) -> Constants:
        scale = float(np.abs(self._eigen[0]).max())
        largest = max(0.0, float(self._eigen[0][0]) + MARGIN * scale)
        return Constants(lower=-Fraction(largest), nonnegative=True)

    def stationary(self, chosen: Sequence[int]) -> Any:
        """The stationary point made of the chosen eigenvectors, numbered from the largest
        eigenvalue; a chosen eigenvalue below zero counts as zero.

        Raises:
            SimulationError: there are not so many, or more than ``rank``.
        """
        values, vectors = self._eigen
        _check_chosen(chosen, len(values), self.rank)
        u = np.zeros((len(values), self.rank))
        roots = np.sqrt(np.maximum(values[list(chosen)], 0.0))
        u[:, : len(roots)] = vectors[:, list(chosen)] * roots
        return u.ravel()

    def on(self, backend: Backend) -> Functions:
        xp, rank, n = backend.xp, self.rank, self.target.shape[0]
        target = backend.asarray(self.target, what="target")
        values = self._eigen[0]
        missed = np.sum(np.minimum(values[:rank], 0.0) ** 2) + np.sum(values[rank:] ** 2)

        def factor(x: Any) -> Any:
            return xp.reshape(x, (x.shape[0], n, rank))

        def residual(u: Any) -> Any:
            return u @ xp.matrix_transpose(u) - target

        def value(x: Any) -> Any:
            entries = xp.reshape(residual(factor(x)), (x.shape[0], -1))
            return 0.25 * dot(entries, entries)

        def gradient(x: Any) -> Any:
            u = factor(x)
            return xp.reshape(residual(u) @ u, x.shape)

        def product(x: Any, d: Any) -> Any:
            u, du = factor(x), factor(d)
            dr = du @ xp.matrix_transpose(u) + u @ xp.matrix_transpose(du)
            return xp.reshape(dr @ u + residual(u) @ du, x.shape)

        return Functions(
            dimension=self.dimension,
            value=value,
            gradient=gradient,
            f_star=0.25 * float(missed),
            x_star=backend.asarray(self.stationary(range(rank)), what="minimiser"),
            **columnwise(backend, self.dimension, product),
        )


def random_low_rank(rows: int, columns: int, rank: int, *, seed: int = 0) -> Any:
    """A matrix with ``rank`` singular values, rank, …, 2, 1, and random singular vectors.

    >>> random_low_rank(4, 3, 2).shape
    (4, 3)
    """
    rows, columns, rank = whole(rows, "rows"), whole(columns, "columns"), whole(rank, "rank")
    if not 1 <= rank <= min(rows, columns):
        raise SimulationError(f"a rank from 1 to {min(rows, columns)} expected, got {rank}")
    generator = np.random.default_rng(seeded(seed))
    left, _ = np.linalg.qr(generator.standard_normal((rows, rank)))
    right, _ = np.linalg.qr(generator.standard_normal((columns, rank)))
    return (left * np.arange(rank, 0.0, -1.0)) @ right.T


def _matrix(target: Any) -> Any:
    matrix = numpy_backend().asarray(target, what="target")
    if matrix.ndim != 2 or min(matrix.shape) < 1:
        raise SimulationError(f"a matrix expected, got an array of shape {matrix.shape}")
    return matrix


def _check_chosen(chosen: Sequence[int], count: int, rank: int) -> None:
    if len(chosen) > rank or len(set(chosen)) < len(chosen):
        raise SimulationError(f"at most {rank} different numbers expected, got {list(chosen)}")
    if any(not 0 <= i < count for i in chosen):
        raise SimulationError(f"numbers from 0 to {count - 1} expected, got {list(chosen)}")
