"""Classes whose conditions are only necessary: more of them, at points between those of the run.

A function that meets such conditions at the iterates may have no continuation that meets them in
between, so looking there gives better bounds (Rubbens, Hendrickx and Taylor 2025).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from theoryck.assumptions.base import Subject
from theoryck.certificates import Between, Problem, branches
from theoryck.claims.expressions import Expr
from theoryck.pep.instance import prove_instance
from theoryck.verdict import Instance

WEIGHTS = (("1/2",), ("1/4", "1/2", "3/4"))
MAX_POINTS = 8  # of the run: the program grows with every point between


def strengthened(
    problems: Sequence[Problem],
    at: Mapping[str, Expr],
    text: Mapping[str, str],
    deadline: float,
    solver: str | None = None,
) -> Instance | None:
    """A proof that looks at f between consecutive points of the run, if one is found.

    Args:
        problems: the branches, without further points.
        at: the instance, and as text.
        text: likewise.
        deadline: when to stop.
        solver: the solver's name; without one, it is chosen by size.
    """
    problem = problems[0]
    if not necessary_only(problem) or len(problem.trace.evaluations) > MAX_POINTS:
        return None
    labels = [e.label for e in problem.trace.evaluations]
    for weights in WEIGHTS:
        between = [Between(i, j, w) for i, j in pairwise(labels) for w in weights]
        more = tuple(branches(problem.claim, at, problem.numbers, between))
        found = prove_instance(more, text, deadline, solver)
        if found is not None:
            return found
    return None


def necessary_only(problem: Problem) -> bool:
    """Whether an assumption on f gives conditions that are not known to interpolate."""
    return any(
        a.assumption.subject is Subject.FUNCTION and not a.assumption.interpolation
        for a in problem.assumed
    )
