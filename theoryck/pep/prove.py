"""From a solved program to a certificate that the kernel accepts."""

from __future__ import annotations

import numpy as np

from theoryck.certificates import GoalCertificate, Problem
from theoryck.claims.arithmetic import Rationals
from theoryck.pep.assemble import Assembled
from theoryck.pep.certify import completing_slacks, with_margin
from theoryck.pep.face import on_the_face
from theoryck.pep.generate import Solved
from theoryck.pep.null import beside_null_space
from theoryck.pep.program import Dual, Failure
from theoryck.pep.solve import widest_margin, worst_ratio

TOLERANCE = 1e-7  # relative, on a worst case in floating point


def find_certificate(
    problem: Problem, index: int, solved: Solved, deadline: float, solver: str | None = None
) -> GoalCertificate | None:
    """Try few inequalities before all that gave the worst case: the certificate is then simple.

    Where the bound is the worst case itself, those of the classical proofs often determine the
    multipliers; where it is larger, room on all sides is what is wanted.
    """
    layout, tight = solved.layout, _is_tight(solved.dual)
    for chosen in (layout.forward(), layout.near()) if tight else (layout.near(),):
        fewer = layout.assembled(chosen)
        if len(fewer.names) >= len(solved.assembled.names):
            continue
        bound = worst_ratio(fewer, deadline, solver)
        if isinstance(bound, Dual) and bound.ratio <= 1 + TOLERANCE:
            found = _from_solution(problem, index, fewer, bound, deadline, solver)
            if found is not None:
                return found
    return _from_solution(problem, index, solved.assembled, solved.dual, deadline, solver)


def _is_tight(dual: Dual) -> bool:
    return dual.ratio >= 1 - TOLERANCE


def _from_solution(
    problem: Problem,
    index: int,
    assembled: Assembled,
    dual: Dual,
    deadline: float,
    solver: str | None,
) -> GoalCertificate | None:
    """With room on all sides, round; on the boundary, recover the optimal face."""
    goal = problem.goals[index]
    slacks = [slack for name in assembled.names if (slack := problem.slack(name)) is not None]
    rational = isinstance(problem.numbers, Rationals)
    if rational and _is_tight(dual):
        # no room is left: there is nothing to widen
        found = on_the_face(problem, goal, slacks, assembled, dual, deadline)
        if found is not None:
            return found
    completing = completing_slacks(slacks)
    wide = widest_margin(assembled, np.array(completing, dtype=int), deadline, solver)
    if isinstance(wide, Failure):
        return None
    found = with_margin(problem, goal, slacks, assembled, completing, wide)
    if found is not None or not rational:
        return found
    return beside_null_space(problem, goal, slacks, assembled, wide) or on_the_face(
        problem, goal, slacks, assembled, wide, deadline
    )
