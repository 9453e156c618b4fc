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
from theoryck.pep.program import Dual
from theoryck.pep.solve import widest_margin, worst_ratio

TOLERANCE = 1e-7  # relative, on a worst case in floating point


def find_certificate(
    problem: Problem, index: int, solved: Solved, deadline: float
) -> GoalCertificate | None:
    """Try the inequalities that most proofs need, then those that gave the worst case."""
    fewer = solved.layout.assembled(solved.layout.near())
    if len(fewer.names) < len(solved.assembled.names):
        bound = worst_ratio(fewer, deadline)
        if isinstance(bound, Dual) and bound.ratio <= 1 + TOLERANCE:
            found = _from_solution(problem, index, fewer, bound, deadline)
            if found is not None:
                return found
    return _from_solution(problem, index, solved.assembled, solved.dual, deadline)


def _from_solution(
    problem: Problem,
    index: int,
    assembled: Assembled,
    dual: Dual,
    deadline: float,
) -> GoalCertificate | None:
    """With room on all sides, round; on the boundary, recover the optimal face."""
    goal = problem.goals[index]
    slacks = [slack for name in assembled.names if (slack := problem.slack(name)) is not None]
    completing = completing_slacks(slacks)
    wide = widest_margin(assembled, np.array(completing, dtype=int), deadline)
    if isinstance(wide, Dual):
        found = with_margin(problem, goal, slacks, assembled, completing, wide)
        if found is not None:
            return found
    if not isinstance(problem.numbers, Rationals):
        return None
    if isinstance(wide, Dual):
        found = beside_null_space(problem, goal, slacks, assembled, wide)
        if found is not None:
            return found
    for candidate in (dual, wide):
        if isinstance(candidate, Dual):
            found = on_the_face(problem, goal, slacks, assembled, candidate, deadline)
            if found is not None:
                return found
    return None
