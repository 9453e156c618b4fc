"""Exactly tight claims: recover a rational dual on the optimal face.

Where the claimed bound is the worst case, the matrix S of every dual solution is singular: it
vanishes on the range of the primal Gram matrix. That range is read off the primal and made
rational, the equations S·V = 0 and the identity are solved exactly for the active multipliers
(free unknowns rounded, the others following), and the kernel judges. Source: facial reduction
as in Peyrl and Parrilo 2008, Section 3, and Monniaux and Corbineau 2011.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import flint
import numpy as np
import scipy.linalg

from theoryck.algebra import Form, Leaf
from theoryck.assumptions.base import Slack
from theoryck.certificates import Goal, GoalCertificate, Problem
from theoryck.pep.assemble import Assembled
from theoryck.pep.certify import accepted, active_sets, unscaled
from theoryck.pep.polish import polished
from theoryck.pep.program import Dual

RANGE_THRESHOLDS = (1e-3, 1e-5, 1e-7)  # eigenvalues of the Gram matrix, relative to the largest
DENOMINATORS = tuple(10**digits for digits in range(9))
NEAR = 1e-12  # a polished entry of the range may be off by this much, relative to 1 and its size
MAX_UNKNOWNS = 2000


def on_the_face(
    problem: Problem,
    goal: Goal,
    slacks: Sequence[Slack],
    assembled: Assembled,
    dual: Dual,
    deadline: float,
) -> GoalCertificate | None:
    """An exact certificate near a dual solution on the boundary, if the kernel accepts one."""
    for rank in _ranks(dual.gram):
        for active in active_sets(dual):
            if np.count_nonzero(active) > MAX_UNKNOWNS:
                continue
            if time.monotonic() > deadline:
                return None
            sharp = polished(assembled, dual, rank, active)
            basis = None if sharp is None else rational_range(assembled, sharp[0])
            if sharp is None or basis is None:
                continue
            certificate = solve_exactly(goal, slacks, assembled, sharp[1], active, basis)
            if certificate is not None and accepted(problem, goal, certificate):
                return certificate
    return None


def _ranks(gram: np.ndarray) -> list[int]:
    """Guesses at the rank of the primal, smallest first."""
    if gram.size == 0:
        return [0]
    eigenvalues = np.linalg.eigvalsh(gram)
    counts = {int(np.sum(eigenvalues > t * eigenvalues[-1])) for t in RANGE_THRESHOLDS}
    return sorted(counts - {0})


def rational_range(
    assembled: Assembled, factor: np.ndarray
) -> dict[Leaf, tuple[Fraction, ...]] | None:
    """A rational basis of the range of a matrix, a row of coordinates a leaf.

    The basis is the one with an identity on r well-chosen leaves, so that it is unique and its
    entries are ratios of the worst case's own numbers.
    """
    rank = factor.shape[1]
    if rank == 0:
        return dict.fromkeys(assembled.basis.vectors, ())
    basis, _ = np.linalg.qr(factor)
    _, _, order = scipy.linalg.qr(basis.T, pivoting=True)
    pivots = order[:rank]
    reduced = basis @ np.linalg.inv(basis[pivots])
    scale = assembled.basis.vector_scale
    unscaled_rows = reduced * scale[:, None] / scale[pivots][None, :]
    rows: dict[Leaf, tuple[Fraction, ...]] = {}
    for leaf, row in zip(assembled.basis.vectors, unscaled_rows, strict=True):
        entries = [near_rational(float(entry)) for entry in row]
        if any(entry is None for entry in entries):
            return None
        rows[leaf] = tuple(entry for entry in entries if entry is not None)
    return rows


def near_rational(value: float) -> Fraction | None:
    """The fraction of least denominator, by powers of ten, that agrees to NEAR."""
    for denominator in DENOMINATORS:
        candidate = Fraction(value).limit_denominator(denominator)
        if abs(float(candidate) - value) <= NEAR * max(1.0, abs(value)):
            return candidate
    return None


def solve_exactly(
    goal: Goal,
    slacks: Sequence[Slack],
    assembled: Assembled,
    dual: Dual,
    active: np.ndarray,
    basis: Mapping[Leaf, tuple[Fraction, ...]],
) -> GoalCertificate | None:
    """A certificate with S·V = 0 on the columns of ``basis`` and the identity, both exactly.

    The ``active`` multipliers are the unknowns; free ones are rounded from ``dual``, the others
    follow. None where the equations have no solution; signs and S ⪰ 0 are for the kernel.
    """
    indices = [int(i) for i in np.flatnonzero(active)]
    indices.sort(key=lambda i: -abs(float(dual.multipliers[i])))
    weighted = [i for i, w in enumerate(dual.weights) if w > 1e-7]
    numeric = [float(dual.weights[i]) for i in weighted]
    numeric += [float(v) for v in unscaled(assembled, dual)[indices]]
    forms = [goal.alternatives[i] for i in weighted] + [slacks[i].form() for i in indices]
    tight = _constant_is_tight(assembled, dual)
    columns = [_equations(form, basis, tight) for form in forms]
    target = _equations(goal.bound, basis, tight)
    for position, column in enumerate(columns):
        column["weights"] = flint.fmpq(1 if position < len(weighted) else 0)
    target["weights"] = flint.fmpq(1)
    solution = _affine_solution(columns, target, numeric)
    if solution is None:
        return None
    weights = [Fraction(0)] * len(goal.alternatives)
    for i, value in zip(weighted, solution, strict=False):
        weights[i] = value
    multipliers = {
        assembled.names[i]: str(value)
        for i, value in zip(indices, solution[len(weighted) :], strict=True)
        if value != 0
    }
    return GoalCertificate(tuple(map(str, weights)), multipliers)


def _constant_is_tight(assembled: Assembled, dual: Dual) -> bool:
    rest = (
        assembled.bound.constant[0]
        - assembled.alternatives.constant @ dual.weights
        - assembled.slacks.constant @ dual.multipliers
    )
    return bool(abs(rest) <= 1e-6 * max(abs(assembled.bound.constant[0]), 1e-300))


def _equations(
    form: Form, basis: Mapping[Leaf, tuple[Fraction, ...]], tight: bool
) -> dict[Any, Any]:
    """What a form contributes to each equation: values of f, the constant, and (Q·V)_{u,k}."""
    column: dict[Any, Any] = dict(form.linear)
    if tight:
        column["constant"] = form.constant
    for (u, v), coefficient in form.quadratic.items():
        # a leaf outside the Gram basis was dropped there; it has no row here either
        if u not in basis or v not in basis:
            continue
        half = coefficient / 2
        for k, entry in enumerate(basis[v]):
            _add(column, (u, k), half * flint.fmpq(entry.numerator, entry.denominator))
        for k, entry in enumerate(basis[u]):
            _add(column, (v, k), half * flint.fmpq(entry.numerator, entry.denominator))
    return column


def _add(column: dict[Any, Any], key: Any, value: Any) -> None:
    column[key] = column[key] + value if key in column else value


def _affine_solution(
    columns: Sequence[Mapping[Any, Any]], target: Mapping[Any, Any], numeric: Sequence[float]
) -> list[Fraction] | None:
    """A rational solution of Σ z_j·column_j = target near ``numeric``, or None if there is none.

    The largest unknowns come first, so that elimination makes them depend on the small ones.
    """
    keys = list(dict.fromkeys([key for column in (*columns, target) for key in column]))
    zero = flint.fmpq(0)
    entries = [column.get(key, zero) for key in keys for column in (*columns, target)]
    reduced, rank = flint.fmpq_mat(len(keys), len(columns) + 1, entries).rref()
    unknowns = len(columns)
    pivots = []
    for row in range(rank):
        pivot = next(j for j in range(unknowns + 1) if reduced[row, j] != 0)
        if pivot == unknowns:
            return None
        pivots.append(pivot)
    free = [j for j in range(unknowns) if j not in set(pivots)]
    solution: list[Any] = [zero] * unknowns
    for j in free:
        value = Fraction(numeric[j]).limit_denominator(10**6)
        solution[j] = flint.fmpq(value.numerator, value.denominator)
    for row, pivot in enumerate(pivots):
        value = reduced[row, unknowns]
        for j in free:
            value = value - reduced[row, j] * solution[j]
        solution[pivot] = value
    return [Fraction(int(v.p), int(v.q)) for v in solution]
