"""The semidefinite programs, in CVXPY; their answers are candidates until checked exactly."""

from __future__ import annotations

import time
import warnings
from dataclasses import dataclass
from typing import Any

import cvxpy as cp
import numpy as np
import scipy.sparse as sp

from theoryck.pep.assemble import Assembled, Columns

# Tried in turn: a tight solve first, since exact recovery needs its digits, then the defaults.
TOLERANCES = (1e-11, 1e-8)
VIOLATION_CAP = 100.0  # of the scaled measure over the bound: beyond, larger is not better
MARGIN_CAP = 1.0  # the margin is a homogeneous quantity in claims without a constant
RESIDUAL = 1e-6  # of the dual's identity, relative to the bound's own coefficients
TRACE_CAP = 100.0  # of the scaled Gram matrix of a witness


@dataclass(frozen=True)
class Dual:
    """A solution of the dual: ``ratio``·bound − Σ w·measure − Σ λ·inequality = ⟨S, Gram⟩ + c.

    ``gram``, ``values`` and ``unit`` are the primal solution that came with it: divided by
    ``unit``, which stands for the constant 1, they are the worst case (if ``unit`` is not zero).
    Everything is in the scaled basis. ``accurate`` says whether the solver met its tolerance and
    the identity holds to six digits of the bound itself, however small that is.
    """

    ratio: float
    weights: np.ndarray
    multipliers: np.ndarray
    psd: np.ndarray
    gram: np.ndarray
    values: np.ndarray
    unit: float
    margin: float
    accurate: bool


@dataclass(frozen=True)
class Attack:
    """Gram matrix and values of f that violate the bound, all inequalities met with room."""

    gram: np.ndarray
    values: np.ndarray


@dataclass(frozen=True)
class Failure:
    """Why there is no solution: the solver's own word."""

    reason: str


def worst_ratio(problem: Assembled, deadline: float) -> Dual | Failure:
    """The least t with measure ≤ t·bound provable from the inequalities.

    By weak duality measure ≤ t·bound on the class; where the inequalities are interpolation
    conditions and the dimension is free, t is the exact worst case.
    """
    return _dual(problem, None, deadline)


def widest_margin(problem: Assembled, completing: np.ndarray, deadline: float) -> Dual | Failure:
    """A proof of measure ≤ bound with S ⪰ sI and the ``completing`` multipliers ≥ s, s maximal."""
    return _dual(problem, completing, deadline)


def _dual(problem: Assembled, completing: np.ndarray | None, deadline: float) -> Dual | Failure:
    n, m = problem.basis.size, len(problem.names)
    weights = cp.Variable(problem.alternatives.constant.size, nonneg=True)
    multipliers = cp.Variable(m)
    free = cp.Variable()  # the ratio, or the margin
    psd = cp.Variable((n, n), PSD=True) if n else None
    goal, goal_constant = _stack(problem.bound).toarray()[:, 0], float(problem.bound.constant[0])
    size = max(float(np.abs(goal).max(initial=0)), abs(goal_constant))
    ratio: Any = free if completing is None and size > 0 else 1.0
    # nothing is a multiple of a bound that is zero: there the excess over it is minimised
    excess: Any = free if completing is None and size == 0 else 0.0
    left = ratio * goal - _stack(problem.alternatives) @ weights
    left = left - _stack(problem.slacks) @ multipliers
    constraints = [cp.sum(weights) == 1]
    signed = np.flatnonzero(~problem.equality)
    if signed.size:
        constraints.append(multipliers[signed] >= 0)
    square: Any = np.zeros(goal.size)
    if psd is not None:
        shape = _triangle(n)
        padded = sp.vstack([shape, sp.csr_array((goal.size - shape.shape[0], n * n))]).tocsc()
        square = padded @ cp.vec(psd, order="C")
        if completing is not None:
            square = square + (padded @ np.eye(n).ravel()) * free
    identity = left == square if goal.size else None
    if identity is not None:
        constraints.append(identity)
    constant = (
        ratio * goal_constant
        + excess
        - problem.alternatives.constant @ weights
        - problem.slacks.constant @ multipliers
    )
    has_constant = any(
        np.any(c.constant) for c in (problem.bound, problem.alternatives, problem.slacks)
    )
    # a constant that is identically zero leaves no room
    reached = constant >= (free if has_constant and completing is not None else 0)
    constraints.append(reached)
    if completing is None:
        objective = cp.Minimize(free)
    else:
        objective = cp.Maximize(free)
        constraints += [free <= MARGIN_CAP]
        if completing.size:
            constraints.append(multipliers[completing] >= free)
    program = cp.Problem(objective, constraints)
    accurate = _solve(program, deadline)
    if isinstance(accurate, Failure):
        return accurate
    dual = np.zeros(goal.size) if identity is None else np.asarray(identity.dual_value)
    gram, values = _primal(dual, n)
    found = float(free.value)
    margin = 0.0 if completing is None else found
    matrix = np.zeros((0, 0)) if psd is None else np.asarray(psd.value) + margin * np.eye(n)
    residual = 0.0 if identity is None else float(np.max(identity.violation(), initial=0))
    value = 1.0 if completing is not None else found if size > 0 else 1.0 + found
    return Dual(
        ratio=value,
        weights=np.maximum(np.asarray(weights.value), 0),
        multipliers=np.asarray(multipliers.value).reshape(m),
        psd=matrix,
        gram=gram,
        values=values,
        unit=abs(float(np.asarray(reached.dual_value).sum())),
        margin=margin,
        accurate=accurate and residual <= RESIDUAL * (size or 1.0) * max(1.0, abs(value)),
    )


def _stack(columns: Columns) -> sp.csc_array:
    return sp.csc_array(sp.vstack([columns.gram, columns.linear]))


def _triangle(n: int) -> sp.csr_array:
    """Takes vec(S) to the coefficients of the monomials ⟨u, v⟩, u ≤ v: off-diagonal ones twice."""
    i, j = np.triu_indices(n)
    factor = np.where(i == j, 1.0, 2.0)
    return sp.csr_array((factor, (np.arange(i.size), i * n + j)), shape=(i.size, n * n))


def _primal(dual: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """The Gram matrix and the values of f in the multipliers of the dual's identity."""
    i, j = np.triu_indices(n)
    gram = np.zeros((n, n))
    gram[i, j] = gram[j, i] = dual[: i.size]
    sign = 1.0 if np.trace(gram) >= 0 else -1.0
    return sign * gram, sign * dual[i.size :]


def attack(problem: Assembled, deadline: float) -> Attack | Failure:
    """Numbers of low rank that violate the bound and meet every inequality with room to spare.

    First the widest margin is found, then, with a tenth of it kept, the largest violation, then
    the Gram matrix of least trace that has most of that.
    """
    n = problem.basis.size
    gram = cp.Variable((n, n), PSD=True)
    values = cp.Variable(problem.slacks.linear.shape[0])
    margin = cp.Variable()
    pick = _triangle(n)
    pick.data[:] = 1.0
    monomials = pick @ cp.vec(gram, order="C")

    def at(columns: Columns) -> Any:
        read = columns.gram.T @ monomials + columns.constant
        return read + columns.linear.T @ values if columns.linear.shape[0] else read

    slack = at(problem.slacks)
    excess = at(problem.alternatives) - at(problem.bound)[0]
    equal, signed = np.flatnonzero(problem.equality), np.flatnonzero(~problem.equality)
    fixed = [slack[equal] == 0] if equal.size else []
    fixed += [cp.trace(gram) <= TRACE_CAP]

    def room(width: Any) -> list[Any]:
        return [slack[signed] >= width] if signed.size else []

    def numbers() -> Attack:
        return Attack(np.asarray(gram.value), np.atleast_1d(values.value))

    widest = [*fixed, margin <= MARGIN_CAP, excess >= margin, *room(margin)]
    failed = _solve(cp.Problem(cp.Maximize(margin), widest), deadline)
    if isinstance(failed, Failure):
        return failed
    found = float(margin.value)
    if found <= 0:
        return Failure("no numbers violate the bound and meet the interpolation conditions")
    best = numbers()
    kept = [*fixed, *room(found / 10)]
    largest = cp.Problem(cp.Maximize(margin), [*kept, margin <= VIOLATION_CAP, excess >= margin])
    if isinstance(_solve(largest, deadline), Failure) or margin.value <= 0:
        return best
    best = numbers()
    most = 0.9 * float(margin.value)
    thin = cp.Problem(cp.Minimize(cp.trace(gram)), [*kept, excess >= most])
    return best if isinstance(_solve(thin, deadline), Failure) else numbers()


def _solve(program: Any, deadline: float) -> bool | Failure:
    """Whether the solution is accurate; a Failure where there is none worth looking at."""
    said = "not tried"
    for position, tolerance in enumerate(TOLERANCES):
        left = deadline - time.monotonic()
        if left <= 0:
            return Failure("the time budget is spent")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # CVXPY warns of what the status says anyway
                program.solve(
                    solver=cp.CLARABEL,
                    tol_gap_abs=tolerance,
                    tol_gap_rel=tolerance,
                    tol_feas=tolerance,
                    time_limit=left,
                )
        except cp.error.SolverError as error:
            said = str(error).split("\n", maxsplit=1)[0]
            continue
        said = program.status
        if said == cp.OPTIMAL:
            return True
        if said in (cp.INFEASIBLE, cp.UNBOUNDED):
            return Failure(said)
        if said == cp.OPTIMAL_INACCURATE and position == len(TOLERANCES) - 1:
            return False
    return Failure(f"the solver ended with status {said}")
