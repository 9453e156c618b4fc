"""Convex quadratic programs over the unit simplex, small and accurate."""

from __future__ import annotations

from typing import Any

import numpy as np

from theoryck.simulate.errors import SimulationError

MAX_CHANGES = 2000  # of the active set; programs of 60 weights take a few dozen


def minimise_on_simplex(points: Any, heights: Any, target: Any, curvature: float) -> Any:
    """The weights α ≥ 0, Σα = 1 that minimise (curvature/2)‖target − Σα_i p_i‖² + Σα_i c_i.

    An active-set method: the weights in use solve their optimality conditions by least squares
    (directions in which nothing bends are followed down to the next face), and the point with
    the most negative reduced cost joins them (Lawson and Hanson 1974, Chapter 23).

    Args:
        points: p_i, shape (n, d).
        heights: c_i, shape (n,).
        target: shape (d,).
        curvature: positive, or zero for a linear program.

    Returns:
        The weights, shape (n,).

    >>> minimise_on_simplex([[0.0], [2.0]], [0.0, 0.0], [0.5], 1.0)
    array([0.75, 0.25])
    """
    offsets = np.asarray(points, dtype=float) - np.asarray(target, dtype=float)
    costs = np.asarray(heights, dtype=float)
    hessian = curvature * offsets @ offsets.T
    start = int(np.argmin(0.5 * np.diag(hessian) + costs))
    weights = np.zeros(costs.size)
    weights[start] = 1.0
    active = [start]
    scale = max(1e-300, float(np.abs(hessian).max()), float(np.abs(costs - costs[start]).max()))
    for _ in range(MAX_CHANGES):
        weights, active = _solve_face(hessian, costs, weights, active, scale)
        reduced = hessian @ weights + costs
        level = float(reduced @ weights)
        entering = int(np.argmin(reduced))
        if reduced[entering] >= level - 1e-13 * scale or entering in active:
            return weights
        active = [*active, entering]
    raise SimulationError("the simplex program did not settle; its data may be inconsistent")


def _solve_face(
    hessian: Any, costs: Any, weights: Any, active: list[int], scale: float
) -> tuple[Any, list[int]]:
    """The minimiser over the face spanned by ``active``, reached without leaving the simplex."""
    for _ in range(MAX_CHANGES):
        direction = _descent(hessian, costs, weights, active, scale)
        shrinking = [
            (weights[i] / -step, i) for i, step in zip(active, direction, strict=True) if step < 0
        ]
        length, leaving = min(shrinking, default=(np.inf, -1))
        full = bool(np.isfinite(direction).all()) and length >= 1.0
        moved = weights.copy()
        moved[active] += (1.0 if full else length) * direction
        if full:
            return np.maximum(moved, 0.0) / np.maximum(moved, 0.0).sum(), active
        moved[leaving] = 0.0
        active = [i for i in active if i != leaving]
        weights = np.maximum(moved, 0.0) / np.maximum(moved, 0.0).sum()
        if len(active) == 1:
            weights = np.zeros_like(weights)
            weights[active[0]] = 1.0
            return weights, active
    raise SimulationError("the simplex program cycled; its data may be inconsistent")


def _descent(hessian: Any, costs: Any, weights: Any, active: list[int], scale: float) -> Any:
    """The step to the face's minimiser, or a long one along which the objective falls for ever."""
    m = len(active)
    if m == 1:
        return np.zeros(1)
    # moves along the face keep the sum: an orthonormal basis of the vectors with sum zero
    basis = np.linalg.qr(np.column_stack([np.ones(m), np.eye(m)[:, :-1]]))[0][:, 1:]
    gradient = basis.T @ (hessian @ weights + costs)[active]
    bend = basis.T @ hessian[np.ix_(active, active)] @ basis
    values, vectors = np.linalg.eigh(bend)
    along = vectors.T @ gradient
    curved = values > 1e-13 * scale
    flat = np.abs(np.where(curved, 0.0, along)) > 1e-11 * scale
    if flat.any():
        step = np.where(flat, -along, 0.0)
        return (
            basis @ (vectors @ step) * (1e6 * scale / max(1e-300, float(np.abs(along).max()) ** 2))
        )
    step = np.where(curved, -along / np.where(curved, values, 1.0), 0.0)
    return basis @ (vectors @ step)
