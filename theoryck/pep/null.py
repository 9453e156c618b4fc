"""Duals that cannot have a positive definite S: directions that every proof must leave alone.

Where a shift of some leaves changes nothing (all gradients of a function over a set by one
vector, say), S vanishes on that shift in every proof, and no margin S ⪰ sI exists. The widest
margin is then zero, but its solution is as positive as can be: what S vanishes on is read off
it, made rational, and S·V = 0 is solved exactly, the multipliers keeping their room.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import scipy.linalg

from theoryck.algebra import Leaf
from theoryck.assumptions.base import Slack
from theoryck.certificates import Goal, GoalCertificate, Problem
from theoryck.pep.assemble import Assembled
from theoryck.pep.certify import accepted
from theoryck.pep.face import solve_exactly
from theoryck.pep.program import Dual

VANISHING = (1e-9, 1e-7, 1e-5)  # eigenvalues of S, relative to the largest
NEGLIGIBLE = (1e-4, 1e-6, 1e-2)  # multipliers, relative to the largest: those may be zero
SIMPLE = 60  # denominators of a shift
NEAR = 2e-3  # how far a computed shift may be from such a fraction: the solver is not precise there


def beside_null_space(
    problem: Problem, goal: Goal, slacks: Sequence[Slack], assembled: Assembled, wide: Dual
) -> GoalCertificate | None:
    """An exact certificate whose S is positive definite beside a rational null space."""
    if wide.psd.size == 0:
        return None
    eigenvalues, vectors = np.linalg.eigh(wide.psd)
    for size in sorted({int(np.sum(eigenvalues < t * eigenvalues[-1])) for t in VANISHING} - {0}):
        basis = rational_span(assembled, vectors[:, :size])
        if basis is None:
            continue
        for threshold in NEGLIGIBLE:
            kept = np.abs(wide.multipliers) > threshold * np.abs(wide.multipliers).max(initial=0)
            found = solve_exactly(goal, slacks, assembled, wide, kept, basis)
            if found is not None and accepted(problem, goal, found):
                return found
    return None


def rational_span(
    assembled: Assembled, vectors: np.ndarray
) -> dict[Leaf, tuple[Fraction, ...]] | None:
    """The span of orthonormal columns with an identity on well-chosen leaves, in simple fractions;
    None where the entries are none."""
    _, _, order = scipy.linalg.qr(vectors.T, pivoting=True)
    pivots = order[: vectors.shape[1]]
    reduced = vectors @ np.linalg.inv(vectors[pivots])
    scale = assembled.basis.vector_scale
    rows: dict[Leaf, tuple[Fraction, ...]] = {}
    for leaf, row in zip(
        assembled.basis.vectors, reduced * scale[:, None] / scale[pivots][None, :], strict=True
    ):
        entries = tuple(Fraction(float(entry)).limit_denominator(SIMPLE) for entry in row)
        if any(
            abs(float(e) - x) > NEAR * max(1.0, abs(x)) for e, x in zip(entries, row, strict=True)
        ):
            return None
        rows[leaf] = entries
    return rows
