"""Eigenvectors of a matrix for every run, and what is computed in their coordinates."""

from __future__ import annotations

from typing import Any

from theoryck.algebra import Vector, ratio
from theoryck.algebra.language import namespace
from theoryck.errors import UntraceableError


def outer(x: Any, y: Any) -> Any:
    """The matrix xyᵀ of every run."""
    xp: Any = namespace(x, y)
    if isinstance(x, Vector) or xp is None:
        raise UntraceableError(
            "a matrix of gradients is no linear form in them: simulate can run it, pep and derive "
            "need its step stated by an equation"
        )
    return xp.expand_dims(x, axis=-1) * xp.expand_dims(y, axis=-2)


def eigenvectors(matrix: Any) -> tuple[Any, Any]:
    """Eigenvalues in increasing order, of shape (runs, d), and eigenvectors as columns.

    They are NaN where the matrix is not finite: a run that diverges is no reason to stop.
    """
    xp: Any = namespace(matrix)
    finite = xp.all(xp.isfinite(matrix), axis=(-2, -1), keepdims=True)
    values, vectors = xp.linalg.eigh(xp.where(finite, matrix, xp.zeros_like(matrix)))
    return xp.where(finite[..., 0], values, xp.full_like(values, xp.nan)), vectors


def into(vectors: Any, x: Any) -> Any:
    """The coordinates of x along the eigenvectors."""
    xp: Any = namespace(x)
    return xp.sum(vectors * xp.expand_dims(x, axis=-1), axis=-2)


def back(vectors: Any, coordinates: Any) -> Any:
    """The vector with these coordinates along the eigenvectors."""
    xp: Any = namespace(coordinates)
    return xp.sum(vectors * xp.expand_dims(coordinates, axis=-2), axis=-1)


def divided_by_root(matrix: Any, damping: Any, g: Any) -> Any:
    """(damping·I + √matrix)⁻¹g, and 0 along eigenvectors where both are 0."""
    xp: Any = namespace(matrix)
    values, vectors = eigenvectors(matrix)
    present = ~(values <= 1e-14 * values[..., -1:])  # NaN stays
    roots = xp.sqrt(xp.where(present, values, xp.zeros_like(values)))
    return back(vectors, ratio(into(vectors, g), damping + roots))
