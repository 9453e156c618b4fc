"""From a solved program to a certificate that the kernel accepts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from theoryck.assumptions.base import Slack
from theoryck.certificates import GoalCertificate, Problem
from theoryck.claims.arithmetic import Rationals
from theoryck.pep.assemble import Assembled, assemble
from theoryck.pep.certify import completing_slacks, with_margin
from theoryck.pep.face import on_the_face
from theoryck.pep.solve import Dual, widest_margin, worst_ratio

TOLERANCE = 1e-7  # relative, on a worst case in floating point


def find_certificate(
    problem: Problem,
    index: int,
    slacks: Sequence[Slack],
    assembled: Assembled,
    dual: Dual,
    deadline: float,
) -> GoalCertificate | None:
    """Try the inequalities that most proofs need, then all of them."""
    near = tuple(slack for slack in slacks if not slack.distant)
    if len(near) < len(slacks):
        fewer = assemble(problem, index, near)
        bound = worst_ratio(fewer, deadline)
        if isinstance(bound, Dual) and bound.ratio <= 1 + TOLERANCE:
            found = _from_solution(problem, index, near, fewer, bound, deadline)
            if found is not None:
                return found
    return _from_solution(problem, index, slacks, assembled, dual, deadline)


def _from_solution(
    problem: Problem,
    index: int,
    slacks: Sequence[Slack],
    assembled: Assembled,
    dual: Dual,
    deadline: float,
) -> GoalCertificate | None:
    """With room on all sides, round; on the boundary, recover the optimal face."""
    goal = problem.goals[index]
    completing = completing_slacks(slacks)
    wide = widest_margin(assembled, np.array(completing, dtype=int), deadline)
    if isinstance(wide, Dual):
        found = with_margin(problem, goal, slacks, assembled, completing, wide)
        if found is not None:
            return found
    if not isinstance(problem.numbers, Rationals):
        return None
    for candidate in (dual, wide):
        if isinstance(candidate, Dual):
            found = on_the_face(problem, goal, slacks, assembled, candidate, deadline)
            if found is not None:
                return found
    return None
