"""Finite sums over the rows of a data set: what the problems with data share."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from theoryck.simulate.backend import numpy_backend
from theoryck.simulate.errors import SimulationError
from theoryck.simulate.products import by_rows

LARGEST = 1e90  # entries of data: the cubes of the rows' lengths are bounds on a Hessian
MARGIN = 1e-10  # relative, far above what rounding does to an eigenvalue of a small matrix


def above(value: float) -> Fraction:
    """A rational number above the number that was computed as ``value``."""
    return Fraction(float(value) * (1 + MARGIN) + 1e-300)


def below(value: float, scale: float) -> Fraction:
    """A rational number below the number ≥ 0 computed as ``value``, an error of ``scale``."""
    return Fraction(max(0.0, float(value) - MARGIN * float(scale)))


def checked_rows(data: Any) -> Any:
    """The rows of a data set as a NumPy array of shape (n, d).

    Raises:
        SimulationError: they are none, or so large that the constants of a problem overflow.
    """
    rows = numpy_backend().asarray(data, what="data")
    if rows.ndim != 2 or min(rows.shape) < 1:
        raise SimulationError(f"data of shape (n, d) expected, got {rows.shape}")
    largest = float(np.max(np.abs(rows)))
    if largest > LARGEST:
        raise SimulationError(
            f"data: entries of at most {LARGEST:g} expected, got {largest:g}; scale the data"
        )
    return rows


def products(xp: Any, rows: Any, x: Any) -> Any:
    """⟨a_i, x⟩ for every row and run, of shape (runs, n)."""
    return by_rows(xp, x, xp.matrix_transpose(rows))


def combinations(xp: Any, weights: Any, rows: Any) -> Any:
    """Σ_i w_i·a_i for every run, of shape (runs, d); weights of shape (runs, n)."""
    return by_rows(xp, weights, rows)


def drawn(xp: Any, rows: Any, indices: Any) -> Any:
    """The rows of each run's minibatch, of shape (runs, b, d)."""
    taken = xp.take(rows, xp.reshape(indices, (-1,)), axis=0)
    return xp.reshape(taken, (*indices.shape, rows.shape[1]))


def check_indices(xp: Any, indices: Any, runs: int, count: int) -> None:
    """Raise unless these are minibatches: integers of shape (runs, b) with b ≥ 1.

    Raises:
        SimulationError: naming what was found.
    """
    if not xp.isdtype(indices.dtype, "integral"):
        raise SimulationError(
            f"a minibatch is an array of integers, got {indices.dtype}; "
            "the components are numbered from 0"
        )
    if indices.ndim != 2 or indices.shape[0] != runs or indices.shape[1] < 1:
        raise SimulationError(
            f"a minibatch for each of {runs} runs, of shape ({runs}, b) with b >= 1, expected; "
            f"got {tuple(indices.shape)}"
        )
    least, most = int(xp.min(indices)), int(xp.max(indices))
    if least < 0 or most >= count:
        raise SimulationError(
            f"the components are numbered 0, …, {count - 1}; found {least if least < 0 else most}"
        )


def hessian_of_products(xp: Any, hessian_vector: Callable[[Any, Any], Any], x: Any) -> Any:
    """∇²f(x), of shape (runs, d, d), from its products with the d unit vectors."""
    runs, d = x.shape
    unit = xp.eye(d, dtype=x.dtype, device=x.device)

    def copies(array: Any, axis: int) -> Any:
        every = xp.broadcast_to(xp.expand_dims(array, axis=axis), (runs, d, d))
        return xp.reshape(every, (runs * d, d))

    columns = xp.reshape(hessian_vector(copies(x, 1), copies(unit, 0)), (runs, d, d))
    return 0.5 * (columns + xp.matrix_transpose(columns))
