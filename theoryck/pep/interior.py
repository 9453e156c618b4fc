"""A primal–dual interior-point method for linear matrix inequalities with low-rank data.

The programs of performance estimation have one dense block of moderate order n, many multipliers
y, and matrices F_i of rank three or so. In dual form the cost of a step is then that of the
Schur complement M_ij = tr(F_i X F_j S⁻¹), which low rank makes cheap. Source: the HKM direction
of Helmberg, Rendl, Vanderbei and Wolkowicz 1996, Kojima, Shindoh and Hara 1997, Monteiro 1997,
with Mehrotra's predictor and corrector, as in SDPA (Yamashita, Fujisawa and Kojima 2003).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import scipy.linalg
import scipy.sparse as sp

from theoryck.pep.lowrank import LowRank

STEPS = 100
FEASIBLE = 1e-10  # the largest residual of a solution that needs no more steps
STALLED = 5  # steps without progress
SIZES = (10.0, 1e3, 1e5)  # of the starting matrices, tried in turn
DIVERGED = 1e13  # of the objective or of an iterate: nothing bounds the program
FRACTION = 0.95  # of the way to the boundary
FLOOR = 1e-6  # gaps are relative to the objective, or to this if it is smaller
REFINEMENTS = 6  # of the solution of a linear system, while they help
RIDGE = 1e-15  # relative, on the diagonal of the Schur complement


@dataclass(frozen=True)
class Program:
    """min cost·y subject to constant + Σ y_i F_i ⪰ 0, offset + inequalities·y ≥ 0 and
    equalities·y = right.

    Shapes: ``cost`` (p,), ``matrices`` p matrices of order n, ``constant`` (n, n),
    ``inequalities`` (l, p), ``offset`` (l,), ``equalities`` (e, p), ``right`` (e,).
    """

    cost: np.ndarray
    matrices: LowRank
    constant: np.ndarray
    inequalities: sp.csr_array
    offset: np.ndarray
    equalities: np.ndarray
    right: np.ndarray


@dataclass(frozen=True)
class Optimum:
    """A solution and its multipliers: cost = F*(gram) + inequalitiesᵀ·rooms + equalitiesᵀ·free.

    ``psd`` is constant + Σ y_i F_i. ``gap`` is the difference of the two objectives relative to
    the objective, ``residual`` the largest error in any of the equations, relative to its data.
    """

    y: np.ndarray
    psd: np.ndarray
    gram: np.ndarray
    rooms: np.ndarray
    free: np.ndarray
    objective: float
    gap: float
    residual: float

    @property
    def error(self) -> float:
        """The larger of gap and residual."""
        return max(self.gap, self.residual)


def interior_point(program: Program, tolerance: float, deadline: float) -> Optimum | None:
    """The most accurate point found, or None where the iteration did not converge at all.

    Stops when the gap is below ``tolerance`` and the residuals are too, and below FEASIBLE, or
    when double precision gives no more; it is for the caller to look at ``gap`` and ``residual``.
    """
    best: Optimum | None = None
    for size in SIZES:
        found = _from(program, size, tolerance, deadline)
        if found is not None and (best is None or found.error < best.error):
            best = found
        if (best is not None and best.error <= 1e3 * tolerance) or time.monotonic() > deadline:
            break
    return best


@dataclass(frozen=True)
class _Point:
    """An interior point: y, S and X, the rooms r of the inequalities and their multipliers z,
    the multipliers ν of the equalities."""

    y: np.ndarray
    s: np.ndarray
    x: np.ndarray
    r: np.ndarray
    z: np.ndarray
    nu: np.ndarray

    def moved(self, other: _Point, dual: float, primal: float) -> _Point:
        return _Point(
            self.y + dual * other.y,
            self.s + dual * other.s,
            self.x + primal * other.x,
            self.r + dual * other.r,
            self.z + primal * other.z,
            self.nu + primal * other.nu,
        )

    def complementarity(self) -> float:
        return float((np.vdot(self.s, self.x) + self.r @ self.z) / (len(self.s) + self.r.size))


def _from(program: Program, size: float, tolerance: float, deadline: float) -> Optimum | None:
    n, rooms = program.constant.shape[0], program.offset.size
    p, e = program.cost.size, program.right.size
    point = _Point(
        y=np.zeros(p),
        s=size * np.eye(n),
        x=size * np.eye(n),
        r=np.full(rooms, size),
        z=np.full(rooms, size),
        nu=np.zeros(e),
    )
    best: Optimum | None = None
    progress, stalled = np.inf, 0
    for _ in range(STEPS):
        now = _measured(program, point)
        if best is None or now.error < best.error:
            best = now
        done = best.error <= tolerance and best.residual <= FEASIBLE
        if done or time.monotonic() > deadline:
            break
        # the gap itself says little while the objective is still far from its value
        left = max(point.complementarity(), now.residual)
        progress, stalled = (left, 0) if left < 0.9 * progress else (progress, stalled + 1)
        if stalled > STALLED:
            break
        if (
            not np.isfinite(now.objective)
            or max(abs(now.objective), np.abs(point.y).max()) > DIVERGED
        ):
            return None
        moved = _step(program, point)
        if moved is None:
            break
        point = moved
    return best


def _residuals(
    program: Program, point: _Point
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    return (
        program.constant + program.matrices.combination(point.y) - point.s,
        program.offset + program.inequalities @ point.y - point.r,
        program.right - program.equalities @ point.y,
        program.cost
        - program.matrices.inner(point.x)
        - program.inequalities.T @ point.z
        - program.equalities.T @ point.nu,
    )


def _measured(program: Program, point: _Point) -> Optimum:
    data = (program.constant, program.offset, program.right, program.cost)
    errors = zip(_residuals(program, point), data, strict=True)
    objective = float(program.cost @ point.y)
    other = float(
        program.right @ point.nu - np.vdot(program.constant, point.x) - program.offset @ point.z
    )
    size = max(abs(objective), abs(other), FLOOR)
    return Optimum(
        y=point.y,
        psd=point.s,
        gram=point.x,
        rooms=point.z,
        free=point.nu,
        objective=objective,
        gap=max(abs(objective - other), point.complementarity()) / size,
        residual=max(
            float(np.abs(error).max(initial=0) / (1 + np.abs(scale).max(initial=0)))
            for error, scale in errors
        ),
    )


def measured(
    program: Program, y: np.ndarray, gram: np.ndarray, rooms: np.ndarray, free: np.ndarray
) -> Optimum:
    """A solution that came from elsewhere, with its gap and its residuals.

    S and the rooms of the inequalities are those that y gives; how far they, the Gram matrix
    and the multipliers leave their cones counts as a residual.
    """
    s = program.constant + program.matrices.combination(y)
    r = program.offset + program.inequalities @ y
    outside = [-np.linalg.eigvalsh(m).min(initial=0.0) for m in (s, gram) if m.size]
    outside += [-r.min(initial=0.0), -rooms.min(initial=0.0)]
    found = _measured(program, _Point(y, s, gram, r, rooms, free))
    return replace(found, residual=max(found.residual, *outside))


def _step(program: Program, point: _Point) -> _Point | None:
    """One predictor–corrector step; None where double precision ends."""
    try:
        s_root = np.linalg.cholesky(point.s)
        x_root = np.linalg.cholesky(point.x)
        inverse_root = scipy.linalg.solve_triangular(s_root, np.eye(len(s_root)), lower=True)
        s_inverse = inverse_root.T @ inverse_root
        schur = program.matrices.products(x_root, inverse_root.T)
        ratio = point.z / point.r
        weighted = program.inequalities.multiply(ratio[:, None]).tocsr()
        schur += (program.inequalities.T @ weighted).toarray()
        solve = _Saddle(
            schur,
            program.equalities,
            lambda y: (
                program.matrices.inner(point.x @ program.matrices.combination(y) @ s_inverse)
                + program.inequalities.T @ (ratio * (program.inequalities @ y))
            ),
        )
    except (np.linalg.LinAlgError, scipy.linalg.LinAlgError):
        return None
    matrix, room, equal, cost = _residuals(program, point)
    mu = point.complementarity()

    def direction(target: float, second: np.ndarray, second_room: np.ndarray) -> _Point:
        """The Newton step towards complementarity ``target``, with second-order terms."""
        start = target * s_inverse - point.x
        forced = start - (point.x @ matrix + second) @ s_inverse
        forced_room = (target - second_room) / point.r - point.z
        right = (
            program.matrices.inner(forced)
            + program.inequalities.T @ (forced_room - ratio * room)
            - cost
        )
        dy, dnu = solve(right, equal)
        ds = matrix + program.matrices.combination(dy)
        dx = start - (point.x @ ds + second) @ s_inverse
        dr = room + program.inequalities @ dy
        dz = forced_room - ratio * dr
        return _Point(dy, ds, (dx + dx.T) / 2, dr, dz, dnu)

    none = np.zeros_like(point.s)
    affine = direction(0.0, none, np.zeros_like(point.r))
    if not np.all(np.isfinite(affine.y)):
        return None
    dual, primal = _reach(point, affine, s_root, x_root)
    ahead = point.moved(affine, min(dual, 1), min(primal, 1)).complementarity()
    exponent = max(1.0, 3 * min(dual, primal, 1) ** 2)
    sigma = min(1.0, max(ahead / mu, 0.0) ** exponent)
    step = direction(sigma * mu, affine.x @ affine.s, affine.z * affine.r)
    if not np.all(np.isfinite(step.y)):
        return None
    dual, primal = _reach(point, step, s_root, x_root)
    dual, primal = min(1.0, FRACTION * dual), min(1.0, FRACTION * primal)
    if max(dual, primal) < 1e-8:
        return None
    return point.moved(step, dual, primal)


def _reach(
    point: _Point, step: _Point, s_root: np.ndarray, x_root: np.ndarray
) -> tuple[float, float]:
    """How far S and r, and X and z, can go along a step before the cone ends."""

    def semidefinite(root: np.ndarray, change: np.ndarray) -> float:
        half = scipy.linalg.solve_triangular(root, change, lower=True)
        whole = scipy.linalg.solve_triangular(root, half.T, lower=True)
        least = np.linalg.eigvalsh((whole + whole.T) / 2)[0]
        return -1 / least if least < 0 else np.inf

    def nonnegative(values: np.ndarray, change: np.ndarray) -> float:
        falling = change < 0
        return float(np.min(-values[falling] / change[falling], initial=np.inf))

    return (
        min(semidefinite(s_root, step.s), nonnegative(point.r, step.r)),
        min(semidefinite(x_root, step.x), nonnegative(point.z, step.z)),
    )


class _Saddle:
    """Solves M dy − Bᵀ dν = right, B dy = equal, for symmetric positive definite M."""

    def __init__(
        self,
        schur: np.ndarray,
        equalities: np.ndarray,
        apply: Callable[[np.ndarray], np.ndarray],
    ) -> None:
        self.apply, self.equalities = apply, equalities
        # units of its own for each unknown, or a ridge would drown the small ones
        diagonal = np.diag(schur)
        self.scale = 1 / np.sqrt(
            np.maximum(diagonal, 1e-300 + 1e-30 * diagonal.max(initial=1e-300))
        )
        normal = schur * self.scale[:, None] * self.scale[None, :]
        self.rows = equalities * self.scale[None, :]
        for ridge in (RIDGE, 1e-13, 1e-11, 1e-9):
            try:
                shifted = normal + ridge * np.eye(len(normal))
                self.root = scipy.linalg.cho_factor(shifted, lower=True, check_finite=True)
                break
            except (scipy.linalg.LinAlgError, ValueError):
                continue
        else:
            raise np.linalg.LinAlgError("the Schur complement is not positive definite")
        self.solved_rows = scipy.linalg.cho_solve(self.root, self.rows.T)
        inner = self.rows @ self.solved_rows
        inner += RIDGE * np.trace(inner) / max(1, len(inner)) * np.eye(len(inner))
        self.inner = scipy.linalg.cho_factor(inner, lower=True) if len(inner) else None

    def __call__(self, right: np.ndarray, equal: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        dy, dnu = self._once(right, equal)
        error, missing = self._left(right, equal, dy, dnu)
        for _ in range(REFINEMENTS):
            more, more_nu = self._once(error, missing)
            dy_next, dnu_next = dy + more, dnu + more_nu
            error_next, missing_next = self._left(right, equal, dy_next, dnu_next)
            if not self._size(error_next, missing_next) < self._size(error, missing):
                break
            dy, dnu, error, missing = dy_next, dnu_next, error_next, missing_next
        return dy, dnu

    def _left(
        self, right: np.ndarray, equal: np.ndarray, dy: np.ndarray, dnu: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        # M by its definition and not by its entries, whose cancellations cost more digits
        return right - self.apply(dy) + self.equalities.T @ dnu, equal - self.equalities @ dy

    @staticmethod
    def _size(error: np.ndarray, missing: np.ndarray) -> float:
        return float(max(np.abs(error).max(initial=0), np.abs(missing).max(initial=0)))

    def _once(self, right: np.ndarray, equal: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        first = scipy.linalg.cho_solve(self.root, right * self.scale)
        if self.inner is None:
            return first * self.scale, np.zeros(0)
        nu = scipy.linalg.cho_solve(self.inner, equal - self.rows @ first)
        return (first + self.solved_rows @ nu) * self.scale, nu
