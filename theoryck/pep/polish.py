"""Sharpening a primal–dual solution: from a solver's five digits to all of a double's."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from theoryck.pep.assemble import Assembled, Columns
from theoryck.pep.lowrank import one_thread
from theoryck.pep.program import Dual

STEPS = 12
CONVERGED = 1e-10  # in the scaled basis, where coefficients are near 1
ACTIVE_WEIGHT = 1e-7


def polished(
    problem: Assembled, dual: Dual, rank: int, active: np.ndarray
) -> tuple[np.ndarray, Dual] | None:
    """P of shape (n, rank), with PPᵀ near the primal Gram matrix, and the dual beside it.

    With the active set and the rank known, optimality is a system of polynomial equations:
    S(λ)·P = 0, the identity in the values of f, every active inequality tight, the weighted
    measures equal to the ratio times the bound. Gauss–Newton steps of least norm solve it from
    the solver's point; solutions need not be unique.
    """
    tight = np.flatnonzero(active | problem.equality)
    weighted = np.flatnonzero(dual.weights > ACTIVE_WEIGHT)
    constants = (problem.slacks.constant[tight], problem.bound.constant)
    homogeneous = not any(np.any(c) for c in constants)
    unit = 1.0 if homogeneous or dual.unit <= 1e-9 else dual.unit
    eigenvalues, directions = np.linalg.eigh(dual.gram / unit)
    factor = directions[:, -rank:] * np.sqrt(np.maximum(eigenvalues[-rank:], 0))
    system = _System(problem, tight, weighted, homogeneous)
    multipliers, weights = dual.multipliers[tight], dual.weights[weighted]
    point = (factor, dual.values / unit, multipliers, weights, np.array([dual.ratio]))
    before = np.inf
    for _ in range(STEPS):
        residual, jacobian = system.at(*point)
        error = float(np.abs(residual).max(initial=0))
        if before <= CONVERGED and error > before / 2:
            break  # rounding errors are all that is left
        before = error
        with one_thread():
            step = np.linalg.lstsq(jacobian, -residual, rcond=1e-10)[0]
        point = _moved(point, step)
        if not np.all(np.isfinite(step)):
            return None
        if np.abs(step).max(initial=0) < 1e-15 * max(1.0, float(np.abs(point[0]).max())):
            break
    residual, _ = system.at(*point)
    if np.abs(residual).max(initial=0) > CONVERGED:
        return None
    factor, values, multipliers, weights, ratio = point
    full, shares = np.zeros_like(dual.multipliers), np.zeros_like(dual.weights)
    full[tight], shares[weighted] = multipliers, weights
    sharp = replace(
        dual,
        ratio=float(ratio[0]),
        multipliers=full,
        weights=shares,
        values=values,
        gram=factor @ factor.T,
        unit=1.0,
    )
    return factor, sharp


Point = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def _moved(point: Point, step: np.ndarray) -> Point:
    parts, start = [], 0
    for part in point:
        parts.append(part + step[start : start + part.size].reshape(part.shape))
        start += part.size
    return parts[0], parts[1], parts[2], parts[3], parts[4]


class _System:
    """The optimality equations in (P, values, multipliers, weights, ratio), with their Jacobian."""

    def __init__(
        self, problem: Assembled, tight: np.ndarray, weighted: np.ndarray, homogeneous: bool
    ) -> None:
        self.homogeneous = homogeneous
        n = problem.basis.size
        self.slacks = _dense(problem.slacks, tight, n)
        self.measures = _dense(problem.alternatives, weighted, n)
        self.bound = _dense(problem.bound, np.array([0]), n)

    def at(
        self,
        factor: np.ndarray,
        values: np.ndarray,
        multipliers: np.ndarray,
        weights: np.ndarray,
        ratio: np.ndarray,
    ) -> tuple[np.ndarray, np.ndarray]:
        q, a, c = self.slacks
        qm, am, cm = self.measures
        qb, ab, cb = (part[0] for part in self.bound)
        t = float(ratio[0])
        n, rank = factor.shape
        s, m, w = values.size, multipliers.size, weights.size
        slack_matrix = t * qb - np.tensordot(weights, qm, 1) - np.tensordot(multipliers, q, 1)
        gram = factor @ factor.T

        def read(matrices: np.ndarray, linear: np.ndarray, constant: np.ndarray) -> Any:
            return np.tensordot(matrices, gram, 2) + linear @ values + constant

        bound = float(np.sum(qb * gram) + ab @ values + cb)
        residual = [
            (slack_matrix @ factor).ravel(),
            t * ab - am.T @ weights - a.T @ multipliers,
            read(q, a, c),
            read(qm, am, cm) - t * bound,
            np.array([np.sum(weights) - 1.0]),
        ]
        zeros = np.zeros
        q_factor, qm_factor = (q @ factor).reshape(m, -1), (qm @ factor).reshape(w, -1)
        qb_factor = (qb @ factor).ravel()
        first = np.kron(slack_matrix, np.eye(rank))
        rows = [
            [first, zeros((n * rank, s)), -q_factor.T, -qm_factor.T, qb_factor[:, None]],
            [zeros((s, n * rank)), zeros((s, s)), -a.T, -am.T, ab[:, None]],
            [2 * q_factor, a, zeros((m, m)), zeros((m, w)), zeros((m, 1))],
            [
                2 * (qm_factor - t * qb_factor),
                am - t * ab,
                zeros((w, m)),
                zeros((w, w)),
                np.full((w, 1), -bound),
            ],
            [zeros((1, n * rank)), zeros((1, s)), zeros((1, m)), np.ones((1, w)), zeros((1, 1))],
        ]
        if self.homogeneous:
            # nothing else fixes the size of P: keep it
            residual.append(zeros(1))
            rows.append([factor.reshape(1, -1), zeros((1, s + m + w + 1))])
        return np.concatenate(residual), np.vstack([np.hstack(row) for row in rows])


def _dense(
    columns: Columns, chosen: np.ndarray, n: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Symmetric matrices (m, n, n), coefficients of the values (m, s) and constants (m,)."""
    i, j = np.triu_indices(n)
    coefficients = columns.gram[:, chosen].toarray().T
    matrices = np.zeros((chosen.size, n, n))
    matrices[:, i, j] = coefficients / 2
    matrices += np.swapaxes(matrices, 1, 2)
    return matrices, columns.linear[:, chosen].toarray().T, columns.constant[chosen]
