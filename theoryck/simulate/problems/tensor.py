"""Orthogonal tensor decomposition: T = Σ_k a_k⊗a_k⊗a_k⊗a_k, the a_k an orthonormal basis of ℝ^d.

Ge, Huang, Jin and Yuan 2015, Section 4, minimise over unit vectors; here the constraint ‖u‖ = 1 is
the penalty ¼(‖u‖² − 1)², which changes no minimiser, as both terms are least there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from theoryck.algebra import dot
from theoryck.simulate.backend import Backend
from theoryck.simulate.errors import SimulationError
from theoryck.simulate.problems.base import Constants, Functions, Problem
from theoryck.simulate.problems.parameters import settle
from theoryck.simulate.problems.rows import products
from theoryck.simulate.problems.second_order import columnwise


def basis(size: int, seed: int) -> Any:
    """A random orthonormal basis, its vectors a_k in the rows."""
    gaussian = np.random.default_rng(seed).standard_normal((size, size))
    return np.linalg.qr(gaussian)[0].T


def _check(size: int) -> None:
    if size < 1:
        raise SimulationError(f"at least one component expected, got {size}")


@dataclass(frozen=True)
class TensorComponent(Problem):
    """f(u) = ¼(‖u‖⁴ − T(u, u, u, u)) + ¼(‖u‖² − 1)²: one component of the tensor.

    On the unit sphere it is (1 − T(u, u, u, u))/4, which the paper's Section 4.1 minimises. With
    c_k = ⟨a_k, u⟩ the gradient is c_k(2‖c‖² − 1 − c_k²) by coordinate, so that a stationary point
    has m coordinates c_k² = 1/(2m − 1) and else zeros. For m = 1 it is ±a_k, a minimiser, f* = 0;
    for m ≥ 2 the Hessian is −2/(2m − 1) across it among its coordinates, and −1 everywhere for
    m = 0: all are strict saddles, or the maximum 0.
    """

    size: int
    seed: int = 0

    def __post_init__(self) -> None:
        settle(self, counts=("size",), seeds=("seed",))
        _check(self.size)

    @property
    def dimension(self) -> int:
        return self.size

    def describe(self) -> str:
        return f"one component of an orthogonal tensor with {self.size} components"

    def constants(self) -> Constants:
        """∇²f = (2‖c‖² − 1)I + 4ccᵀ − 3·diag(c_k²) ⪰ −I, with equality at 0.

        For a unit vector v let p_k = c_k v_k and σ = Σ p_k. As Σ|p_k| ≤ ‖c‖, the positive and
        the negative p_k show Σ p_k² ≤ (‖c‖² + σ²)/2, so that
        2‖c‖² + 4σ² − 3Σ p_k² ≥ ‖c‖²/2 + 5σ²/2 ≥ 0.
        """
        return Constants(lower=Fraction(-1), nonnegative=True)

    def stationary(self, chosen: Sequence[int]) -> Any:
        """The stationary point with equal positive products with the chosen a_k, and 0 with the
        others: a minimiser for one, a strict saddle for more, 0 for none.

        Raises:
            SimulationError: some are no components.
        """
        if len(set(chosen)) < len(chosen) or any(not 0 <= k < self.size for k in chosen):
            raise SimulationError(
                f"different numbers from 0 to {self.size - 1} expected, got {list(chosen)}"
            )
        c = np.zeros(self.size)
        c[list(chosen)] = (2 * max(1, len(chosen)) - 1) ** -0.5
        return c @ basis(self.size, self.seed)

    def on(self, backend: Backend) -> Functions:
        xp = backend.xp
        vectors = backend.asarray(basis(self.size, self.seed), what="components")

        def turned(x: Any) -> Any:
            return products(xp, vectors, x)

        def back(c: Any) -> Any:
            return products(xp, xp.matrix_transpose(vectors), c)

        def value(x: Any) -> Any:
            c = turned(x)
            square = dot(c, c)
            return 0.25 * (square**2 - dot(c * c, c * c)) + 0.25 * (square - 1) ** 2

        def gradient(x: Any) -> Any:
            c = turned(x)
            return back(c * (2 * dot(c, c) - 1 - c * c))

        def product(x: Any, v: Any) -> Any:
            c, e = turned(x), turned(v)
            return back(e * (2 * dot(c, c) - 1 - 3 * c * c) + 4 * dot(c, e) * c)

        return Functions(
            dimension=self.size,
            value=value,
            gradient=gradient,
            f_star=0.0,
            x_star=backend.asarray(self.stationary((0,)), what="minimiser"),
            **columnwise(backend, self.size, product),
        )


@dataclass(frozen=True)
class TensorDecomposition(Problem):
    """f(u_1, …, u_d) = Σ_{i≠j} T(u_i, u_i, u_j, u_j) + ¼ Σ_i (‖u_i‖² − 1)²: all components at once.

    The paper's objective of Section 4.2 with the penalty. With c_ik = ⟨a_k, u_i⟩ the first term is
    Σ_{i≠j} Σ_k c_ik² c_jk² ≥ 0. It vanishes only if no a_k has a product with two of the u_i; as
    there are d of each, f = 0 exactly where u_i = ±a_k, a k of its own for each i.
    """

    size: int
    seed: int = 0

    def __post_init__(self) -> None:
        settle(self, counts=("size",), seeds=("seed",))
        _check(self.size)

    @property
    def dimension(self) -> int:
        return self.size**2

    def describe(self) -> str:
        return f"an orthogonal tensor with {self.size} components"

    def constants(self) -> Constants:
        return Constants(lower=None, nonnegative=True)

    def on(self, backend: Backend) -> Functions:
        xp, d = backend.xp, self.size
        vectors = backend.asarray(basis(d, self.seed), what="components")

        def turned(x: Any) -> Any:
            """c of shape (runs, d, d), a row for each u_i."""
            return xp.reshape(x, (x.shape[0], d, d)) @ xp.matrix_transpose(vectors)

        def back(c: Any) -> Any:
            return xp.reshape(c @ vectors, (c.shape[0], d * d))

        def others(squares: Any) -> Any:
            return xp.sum(squares, axis=1, keepdims=True) - squares

        def value(x: Any) -> Any:
            squares = turned(x) ** 2
            overlap = xp.sum(squares * others(squares), axis=-1)
            terms = overlap + 0.25 * (xp.sum(squares, axis=-1) - 1) ** 2
            return xp.sum(terms, axis=-1, keepdims=True)

        def gradient(x: Any) -> Any:
            c = turned(x)
            lengths = dot(c, c)
            return back(c * (4 * others(c**2) + lengths - 1))

        def product(x: Any, v: Any) -> Any:
            c, e = turned(x), turned(v)
            weights = 4 * others(c**2) + dot(c, c) - 1
            return back(e * weights + c * (8 * others(c * e) + 2 * dot(c, e)))

        return Functions(
            dimension=d * d,
            value=value,
            gradient=gradient,
            f_star=0.0,
            x_star=backend.asarray(basis(d, self.seed).ravel(), what="minimiser"),
            layers=tuple(slice(i * d, (i + 1) * d) for i in range(d)),
            **columnwise(backend, d * d, product),
        )
