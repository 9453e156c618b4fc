"""Families of symmetric matrices of low rank, kept as their factors."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse as sp
from threadpoolctl import threadpool_limits

NEGLIGIBLE = 1e-14  # of an eigenvalue, relative to the largest of an equilibrated matrix
NOISE = 1e-13  # an entry that rounding left of a zero, relative to its matrix
BLOCK = 256  # rows of products held at a time


def one_thread() -> AbstractContextManager[object]:
    """Linear algebra on one thread: on matrices of these orders several threads only wait for
    each other, and on a busy machine a hundred times longer."""
    return threadpool_limits(limits=1, user_api="blas")


@dataclass(frozen=True)
class LowRank:
    """Symmetric matrices F_0 … F_{m-1} with F_i = Σ_r d_r v_r v_rᵀ.

    ``vectors`` holds the v_r as rows, shape (q, n), ``signs`` the d_r, shape (q,), and
    ``starts`` the row at which each matrix begins, shape (m,), strictly increasing from 0.
    A matrix that is zero keeps one zero row.
    """

    vectors: np.ndarray
    signs: np.ndarray
    starts: np.ndarray

    @property
    def size(self) -> int:
        """The number of matrices, m."""
        return int(self.starts.size)

    @cached_property
    def owners(self) -> np.ndarray:
        """The matrix that each factor belongs to, shape (q,)."""
        return np.repeat(np.arange(self.size), np.diff(self.starts, append=self.signs.size))

    @cached_property
    def gathering(self) -> sp.csr_array:
        """The matrix (m, q) that sums what factors give, with their signs, over each matrix."""
        ends = np.append(self.starts, self.signs.size)
        return sp.csr_array((self.signs, np.arange(self.signs.size), ends), (self.size, ends[-1]))

    def combination(self, coefficients: np.ndarray) -> np.ndarray:
        """Σ y_i F_i, shape (n, n)."""
        weights = self.signs * coefficients[self.owners]
        matrix: np.ndarray = self.vectors.T @ (weights[:, None] * self.vectors)
        return (matrix + matrix.T) / 2

    def inner(self, matrix: np.ndarray) -> np.ndarray:
        """⟨F_i, Z⟩ for all i, shape (m,); Z need not be symmetric."""
        products = np.einsum("rn,rn->r", self.vectors @ matrix, self.vectors)
        return np.asarray(self.gathering @ products)

    def products(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """tr(F_i A Aᵀ F_j B Bᵀ) for all i and j, shape (m, m).

        With K = VAAᵀVᵀ and H = VBBᵀVᵀ this sums d_r d_s K_rs H_rs over the factors of i and j:
        O(q²n) operations, where the matrices themselves would take O(m²n²).
        """
        k, h = self.vectors @ left, self.vectors @ right
        summed = np.empty((self.signs.size, self.size))
        for start in range(0, self.signs.size, BLOCK):
            rows = slice(start, start + BLOCK)
            summed[rows] = (self.gathering @ ((k @ k[rows].T) * (h @ h[rows].T))).T
        matrix = self.gathering @ summed
        return np.asarray((matrix + matrix.T) / 2)

    def scaled(self, columns: np.ndarray, matrices: np.ndarray) -> LowRank:
        """The matrices s_i·D F_i D for diagonal D = diag(``columns``) and s = ``matrices`` > 0."""
        size = np.sqrt(matrices)[self.owners]
        return LowRank(self.vectors * columns * size[:, None], self.signs, self.starts)

    def take(self, chosen: np.ndarray) -> LowRank:
        """The matrices at the given positions, in that order."""
        ends = np.append(self.starts[1:], self.signs.size)
        lengths = (ends - self.starts)[chosen]
        starts = np.cumsum(lengths) - lengths
        rows = np.repeat(self.starts[chosen] - starts, lengths) + np.arange(lengths.sum())
        return LowRank(self.vectors[rows], self.signs[rows], starts)

    def triangles(self) -> sp.csr_array:
        """The upper triangles, row by row, one row a matrix; what rounding left is dropped."""
        i, j = np.triu_indices(self.vectors.shape[1])
        parts = [sp.csr_array((0, i.size))]
        for start in range(0, self.size, BLOCK):
            chosen = np.arange(start, min(start + BLOCK, self.size))
            entries = self.take(chosen).dense()[:, i, j]
            largest = np.abs(entries).max(axis=1, initial=0)[:, None]
            parts.append(sp.csr_array(np.where(np.abs(entries) > NOISE * largest, entries, 0.0)))
        return sp.csr_array(sp.vstack(parts))

    def dense(self) -> np.ndarray:
        """All the matrices, shape (m, n, n)."""
        n = self.vectors.shape[1]
        result = np.zeros((self.size, n, n))
        ends = np.append(self.starts[1:], self.signs.size)
        for i, (start, end) in enumerate(zip(self.starts, ends, strict=True)):
            v = self.vectors[start:end]
            result[i] = v.T @ (self.signs[start:end, None] * v)
        return result


def joined(parts: Sequence[LowRank]) -> LowRank:
    """Several families in one, in order; all of the same n."""
    counts = np.cumsum([0, *(part.signs.size for part in parts)])
    return LowRank(
        np.concatenate([part.vectors for part in parts]),
        np.concatenate([part.signs for part in parts]),
        np.concatenate([part.starts + count for part, count in zip(parts, counts, strict=False)]),
    )


def negated(family: LowRank) -> LowRank:
    """The matrices −F_i."""
    return LowRank(family.vectors, -family.signs, family.starts)


def identity(n: int) -> LowRank:
    """The family of one matrix, I."""
    return LowRank(np.eye(n), np.ones(n), np.zeros(min(n, 1), dtype=int))


def factorised(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows v_r and numbers d_r with matrix = Σ d_r v_r v_rᵀ, |d_r| = 1, rank many.

    The matrix is equilibrated by powers of two first, so that entries keep their relative
    precision where points and gradients are measured in units far apart.
    """
    scale = _equilibrating(matrix)
    eigenvalues, directions = np.linalg.eigh(matrix * scale[:, None] * scale[None, :])
    size = np.abs(eigenvalues)
    keep = size > NEGLIGIBLE * np.max(size, initial=0.0)
    rows = (directions[:, keep] * np.sqrt(size[keep]) / scale[:, None]).T
    return rows, np.sign(eigenvalues[keep])


def _equilibrating(matrix: np.ndarray) -> np.ndarray:
    """Powers of two d with the non-zero entries of diag(d)·M·diag(d) near 1 in least squares."""
    n = matrix.shape[0]
    i, j = np.nonzero(np.triu(matrix))
    rows = np.arange(i.size)
    design = np.zeros((i.size, n))
    np.add.at(design, (rows, i), 1.0)
    np.add.at(design, (rows, j), 1.0)
    logs = np.linalg.lstsq(design, -np.log2(np.abs(matrix[i, j])), rcond=None)[0]
    return np.asarray(2.0 ** np.round(np.clip(logs, -300, 300)))
