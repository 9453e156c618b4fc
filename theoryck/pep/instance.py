"""A claim at one instance: solved, and then proved or refuted exactly.

A claim may have several branches (the cases of a clipped step) and each of them several goals
(the items of a maximum). All of them are proved, or one is refuted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from theoryck.assumptions.conditions import sufficient_curvature
from theoryck.certificates import (
    GoalCertificate,
    Problem,
    Witness,
    certificate_document,
    gap_document,
    witness_document,
)
from theoryck.certificates.documents import as_float
from theoryck.claims.arithmetic import Rationals
from theoryck.pep.attain import attained, line_runs
from theoryck.pep.certify import rounded
from theoryck.pep.generate import Solved, layout_of, worst_case
from theoryck.pep.program import Dual, Failure
from theoryck.pep.prove import TOLERANCE, find_certificate
from theoryck.pep.refute import Refutation, refute
from theoryck.pep.solve import widest_margin
from theoryck.verdict import Instance, Status

GAP = 1e-4  # an equality is refuted when the worst case is smaller by this share
INFINITE = "infeasible"  # said of the dual: no multiple of the bound holds
EMPTY = "unbounded"  # likewise: nothing meets the conditions, so that every bound holds
NOTHING = "nothing meets the claim's conditions there"


@dataclass(frozen=True)
class SolvedGoal:
    """One goal of one branch with the solution of its program."""

    problem: Problem
    index: int
    solution: Solved

    @property
    def dual(self) -> Dual:
        """The dual solution."""
        return self.solution.dual


def undecided(at: Mapping[str, str], reason: str, **known: Any) -> Instance:
    """An instance that nothing is known of, with the reason."""
    values = {"claimed": None, "worst_case": None, **known}
    return Instance(at=at, status=Status.INCONCLUSIVE, reason=reason, **values)


def examine_instance(
    problems: Sequence[Problem],
    at: Mapping[str, str],
    deadline: float,
    solver: str | None = None,
) -> Instance:
    """Prove every goal of every branch, or refute one."""
    solved = []
    for problem in problems:
        for index in range(len(problem.goals)):
            found = _solve(problem, index, at, deadline, solver)
            if isinstance(found, Instance):
                return found
            solved.append(found)
    if all(one.dual.ratio == -np.inf for one in solved):
        return undecided(at, NOTHING)
    blank = _known(solved, at, deadline, solver)
    worst = max(one.dual.ratio for one in solved)
    equality = problems[0].claim.relation == "=="
    if equality and blank.status is Status.SUPPORTED and worst < 1 - GAP:
        return _below(solved, worst, blank, deadline, solver)
    certificates = _certificates(solved, deadline, solver)
    if certificates is None:
        return blank
    witness = None
    if equality:
        witness = next((w for one in solved if (w := attained(one.problem, one.solution))), None)
        if witness is None:
            return replace(blank, reason="the bound is proved; that it is attained is not")
    return _proved(solved, certificates, witness, at, deadline, solver)


def prove_instance(
    problems: Sequence[Problem],
    at: Mapping[str, str],
    deadline: float,
    solver: str | None = None,
) -> Instance | None:
    """A proof of every goal of every branch; None if there is none, and nothing is refuted."""
    solved = []
    for problem in problems:
        for index in range(len(problem.goals)):
            found = solve_goal(problem, index, deadline, solver)
            if isinstance(found, Failure) or found.dual.ratio > 1 + TOLERANCE:
                return None
            solved.append(SolvedGoal(problem, index, found))
    certificates = _certificates(solved, deadline, solver)
    return (
        None if certificates is None else _proved(solved, certificates, None, at, deadline, solver)
    )


def _proved(
    solved: Sequence[SolvedGoal],
    certificates: Sequence[GoalCertificate],
    witness: Witness | None,
    at: Mapping[str, str],
    deadline: float,
    solver: str | None,
) -> Instance:
    problem = solved[0].problem
    arithmetic = arithmetic_of(problem)
    document = certificate_document(
        problem.claim, at, arithmetic, certificates, witness, problem.auxiliary
    )
    return replace(
        _known(solved, at, deadline, solver),
        status=Status.PROVED,
        reason=f"an exact certificate in {arithmetic} was checked",
        certificate=document,
    )


def solve_goal(
    problem: Problem, index: int, deadline: float, solver: str | None = None
) -> Solved | Failure:
    """The worst case of a goal; −∞ times the bound where nothing meets the conditions, as in a
    case that cannot occur, with a dual that proves any bound."""
    layout = layout_of(problem, index)
    solved = worst_case(layout, deadline, solver)
    if not (isinstance(solved, Failure) and solved.reason == EMPTY):
        return solved
    assembled = layout.assembled(layout.every())
    dual = widest_margin(assembled, np.zeros(0, dtype=int), deadline, solver)
    if isinstance(dual, Failure):
        return dual
    return Solved(layout, assembled, replace(dual, ratio=-np.inf))


def _solve(
    problem: Problem, index: int, at: Mapping[str, str], deadline: float, solver: str | None
) -> SolvedGoal | Instance:
    """The solution of one goal's program, or what its failure says of the instance."""
    solved = solve_goal(problem, index, deadline, solver)
    if isinstance(solved, Failure):
        if solved.reason == INFINITE:
            return _attacked(problem, index, at, np.inf, deadline, solver)
        return undecided(at, solved.reason)
    if solved.dual.ratio > 1 + TOLERANCE:
        above = solved.dual.ratio if solved.dual.accurate else None
        lines = line_runs(problem, solved)
        attacked = _attacked(problem, index, at, above, deadline, solver, lines)
        if solved.dual.accurate or attacked.status is Status.REFUTED:
            return attacked
    return SolvedGoal(problem, index, solved)


def _known(
    solved: Sequence[SolvedGoal], at: Mapping[str, str], deadline: float, solver: str | None
) -> Instance:
    """What the solver's numbers alone say: the worst case, where it can be believed."""
    trusted = all(one.dual.accurate for one in solved)
    hardest = max(solved, key=lambda one: one.dual.ratio)
    scale = _bound_value(hardest.problem)
    reach = scale * max(hardest.dual.ratio, 0.0) ** (1 / hardest.problem.goals[0].power)
    exact = trusted and is_exact(hardest.problem, hardest.dual.ratio, deadline, solver)
    return Instance(
        at=at,
        claimed=scale,
        worst_case=reach if exact else None,
        status=Status.SUPPORTED if trusted else Status.INCONCLUSIVE,
        reason="the solver's optimum agrees; no exact certificate was found"
        if trusted
        else "the solver's accuracy does not reach so small a bound; no certificate was found",
    )


def _certificates(
    solved: Sequence[SolvedGoal], deadline: float, solver: str | None
) -> list[GoalCertificate] | None:
    found = []
    for one in solved:
        certificate = find_certificate(one.problem, one.index, one.solution, deadline, solver)
        if certificate is None:
            return None
        found.append(certificate)
    return found


def _below(
    solved: Sequence[SolvedGoal], worst: float, blank: Instance, deadline: float, solver: str | None
) -> Instance:
    """An equality whose bound is too large: certify a bound strictly below it."""
    share = rounded((1 + max(worst, 0.0)) / 2, 8)
    smaller = []
    for one in solved:
        exact_share = one.problem.numbers.rational(share)
        goals = tuple(replace(g, bound=g.bound * exact_share) for g in one.problem.goals)
        problem = replace(one.problem, goals=goals)
        solution = worst_case(layout_of(problem, one.index), deadline, solver)
        if isinstance(solution, Failure):
            return replace(blank, status=Status.INCONCLUSIVE, reason="the worst case seems smaller")
        smaller.append(SolvedGoal(problem, one.index, solution))
    certificates = _certificates(smaller, deadline, solver)
    if certificates is None:
        return replace(blank, status=Status.INCONCLUSIVE, reason="the worst case seems smaller")
    problem = solved[0].problem
    document = gap_document(
        problem.claim, blank.at, arithmetic_of(problem), certificates, str(share)
    )
    return replace(
        blank,
        status=Status.REFUTED,
        reason=(
            f"the worst case is smaller: a certificate bounds it by {float(share):.6g} of the "
            "claimed value" + (", both squared" if problem.goals[0].power == 2 else "")
        ),
        witness=document,
    )


def arithmetic_of(problem: Problem) -> str:
    """The name of the problem's exact arithmetic, as documents have it."""
    return "rationals" if isinstance(problem.numbers, Rationals) else "balls"


def is_exact(problem: Problem, worst: float, deadline: float, solver: str | None = None) -> bool:
    """Whether the optimum ``worst`` is the worst case, not only a bound on it.

    Without noise and relaxed answers, the inequalities used must be interpolation conditions.
    For convex functions these need a minimiser among the points; where the proof may not speak
    of one, the optimum over the functions that have one must come out the same.
    """
    bounds = sufficient_curvature(problem.assumed, problem.numbers)
    if problem.random or problem.relaxations or problem.branch or bounds is None:
        return False
    if not all(a.assumption.interpolation for a in problem.assumed):
        return False
    if problem.minimiser or problem.numbers.sign(bounds.lower) < 0:
        return True
    attained_minimum = replace(problem, minimiser=True)
    return any(
        isinstance(solved, Solved)
        and solved.dual.accurate
        and solved.dual.ratio >= worst * (1 - 1e-6)
        for solved in (
            worst_case(layout_of(attained_minimum, index), deadline, solver)
            for index in range(len(problem.goals))
        )
    )


def _bound_value(problem: Problem) -> float:
    """The claimed bound as a number; 1 where it is a multiple of the run's own quantities."""
    goal = problem.goals[0]
    if not goal.bound.is_constant():
        return 1.0
    return as_float(goal.bound.constant) ** (1 / goal.power)


def _attacked(
    problem: Problem,
    index: int,
    at: Mapping[str, str],
    ratio: float | None,
    deadline: float,
    solver: str | None,
    candidates: Iterable[Witness] = (),
) -> Instance:
    """The optimum lies above the bound: refuted with a witness, or inconclusive without one.

    ``ratio`` is infinite where no multiple of the bound holds, None where it is not known well.
    """
    scale = _bound_value(problem)
    power = problem.goals[index].power
    known = ratio is not None and np.isfinite(ratio)
    worst = None
    if ratio is not None and known and is_exact(problem, ratio, deadline, solver):
        worst = scale * ratio ** (1 / power)
    refutation = refute(problem, index, deadline, candidates, solver)
    if isinstance(refutation, Refutation):
        measured = as_float(refutation.run.measure) ** (1 / power)
        bound = as_float(refutation.run.bound) ** (1 / power)
        arithmetic = arithmetic_of(problem)
        return Instance(
            at=at,
            claimed=scale,
            worst_case=worst,
            status=Status.REFUTED,
            reason=(
                f"a function of the class in dimension {refutation.witness.dimension} and a start "
                f"reach {measured:.6g}, above the bound {bound:.6g}"
            ),
            witness=witness_document(problem.claim, at, arithmetic, refutation.witness),
        )
    above = f"{ratio ** (1 / power):.6g} times the bound" if ratio and known else "no finite value"
    reason = f"the relaxation gives {above}, and no witness was found: {refutation.reason}"
    return undecided(at, reason, claimed=scale, worst_case=worst)
