"""The dual of a performance-estimation problem as a linear matrix inequality, and back.

The unknowns are y = (u, weights, multipliers). Without completing inequalities u is the ratio:
the least u with u·bound − Σ w·measure − Σ λ·inequality = ⟨S, Gram⟩ + c, S ⪰ 0, c ≥ 0. With them
u is the margin: the ratio is 1, S ⪰ uI, and the completing multipliers are at least u.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp

from theoryck.pep.assemble import Assembled, rescaled
from theoryck.pep.interior import Optimum, Program
from theoryck.pep.lowrank import identity, joined, negated

MARGIN_CAP = 1.0  # the margin is a homogeneous quantity in claims without a constant
GAP = 1e-7  # relative, between the objectives of an accurate solution
RESIDUAL = 1e-6  # of the dual's identity, relative to the bound's own coefficients


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
class Failure:
    """Why there is no solution: the solver's own word."""

    reason: str


def has_constant(problem: Assembled) -> bool:
    """Whether any form has a constant; one that is identically zero leaves no room."""
    return any(np.any(c.constant) for c in (problem.bound, problem.alternatives, problem.slacks))


def bound_size(problem: Assembled) -> float:
    """The largest coefficient of the bound; zero where the bound is."""
    bound = problem.bound
    sizes = [np.abs(bound.linear.data), np.abs(bound.constant)]
    sizes.append(np.abs(bound.matrices.combination(np.ones(1))).ravel())
    return float(np.max(np.concatenate(sizes), initial=0))


def with_bound_times(problem: Assembled, share: float) -> Assembled:
    """The same with the bound multiplied by a positive number."""
    return replace(problem, bound=rescaled(problem.bound, np.array([share])))


def ratio_program(problem: Assembled) -> Program:
    """min u; where the bound is zero nothing is a multiple of it, and u is the excess over it."""
    nothing = bound_size(problem) == 0
    w, m = problem.alternatives.constant.size, problem.slacks.constant.size
    bound = problem.bound.constant
    first = np.array([1.0]) if nothing else bound
    constant = np.concatenate([first, -problem.alternatives.constant, -problem.slacks.constant])
    rows = [_nonnegative(problem, np.zeros(0, int))]
    offset = [np.zeros(rows[0].shape[0])]
    if has_constant(problem) or nothing:
        rows.append(sp.csr_array(constant[None, :]))
        offset.append(bound if nothing else np.zeros(1))
    return Program(
        cost=np.concatenate([[1.0], np.zeros(w + m)]),
        matrices=joined(
            [
                problem.bound.matrices,
                negated(problem.alternatives.matrices),
                negated(problem.slacks.matrices),
            ]
        ),
        constant=np.zeros((problem.basis.size,) * 2),
        inequalities=sp.csr_array(sp.vstack(rows)),
        offset=np.concatenate(offset),
        equalities=_flow(problem, -problem.bound.linear.toarray()),
        right=np.append(np.zeros(len(problem.basis.scalars)), 1.0),
    )


def margin_program(problem: Assembled, completing: np.ndarray) -> Program:
    """min −u under u ≤ MARGIN_CAP."""
    w, m = problem.alternatives.constant.size, problem.slacks.constant.size
    room = has_constant(problem)
    constant = np.concatenate([[-1.0], -problem.alternatives.constant, -problem.slacks.constant])
    rows = [_nonnegative(problem, completing), sp.csr_array(([-1.0], ([0], [0])), (1, 1 + w + m))]
    offset = [np.zeros(rows[0].shape[0]), np.array([MARGIN_CAP])]
    if room:
        rows.append(sp.csr_array(constant[None, :]))
        offset.append(problem.bound.constant)
    values = len(problem.basis.scalars)
    return Program(
        cost=np.concatenate([[-1.0], np.zeros(w + m)]),
        matrices=joined(
            [
                negated(identity(problem.basis.size)),
                negated(problem.alternatives.matrices),
                negated(problem.slacks.matrices),
            ]
        ),
        constant=problem.bound.matrices.combination(np.ones(1)),
        inequalities=sp.csr_array(sp.vstack(rows)),
        offset=np.concatenate(offset),
        equalities=_flow(problem, np.zeros((values, 1))),
        right=np.append(problem.bound.linear.toarray()[:, 0], 1.0),
    )


def _nonnegative(problem: Assembled, completing: np.ndarray) -> sp.csr_array:
    """w ≥ 0 and λ ≥ 0 of inequalities, λ ≥ u for the completing ones."""
    w, m = problem.alternatives.constant.size, problem.slacks.constant.size
    signed = np.concatenate([1 + np.arange(w), 1 + w + np.flatnonzero(~problem.equality)])
    over = np.flatnonzero(np.isin(signed, 1 + w + completing))
    data = np.concatenate([np.ones(signed.size), -np.ones(over.size)])
    row = np.concatenate([np.arange(signed.size), over])
    column = np.concatenate([signed, np.zeros(over.size, dtype=int)])
    return sp.csr_array((data, (row, column)), shape=(signed.size, 1 + w + m))


def _flow(problem: Assembled, first: np.ndarray) -> np.ndarray:
    """No value of f is left over, and the weights sum to 1."""
    w, m = problem.alternatives.constant.size, problem.slacks.constant.size
    flow = [first, problem.alternatives.linear.toarray(), problem.slacks.linear.toarray()]
    total = np.concatenate([[0.0], np.ones(w), np.zeros(m)])
    return np.vstack([np.hstack(flow), total])


def ratio_dual(problem: Assembled, found: Optimum) -> Dual:
    """The solution of a ratio program, read back."""
    value = float(found.y[0])
    if bound_size(problem) == 0:
        value += 1.0
    return _dual(problem, found, value, 0.0)


def margin_dual(problem: Assembled, found: Optimum) -> Dual:
    """The solution of a margin program, read back."""
    return _dual(problem, found, 1.0, float(found.y[0]))


def _dual(problem: Assembled, found: Optimum, ratio: float, margin: float) -> Dual:
    w = problem.alternatives.constant.size
    multipliers = found.y[1 + w :].copy()
    multipliers[~problem.equality] = np.maximum(multipliers[~problem.equality], 0)
    size = bound_size(problem) or 1.0
    return Dual(
        ratio=ratio,
        weights=np.maximum(found.y[1 : 1 + w], 0),
        multipliers=multipliers,
        psd=found.psd + margin * np.eye(problem.basis.size),
        gram=found.gram,
        values=-found.free[:-1],
        unit=float(found.rooms[-1]) if has_constant(problem) else 0.0,
        margin=margin,
        accurate=bool(
            found.gap <= GAP and found.residual <= RESIDUAL * size * max(1.0, abs(ratio))
        ),
    )
