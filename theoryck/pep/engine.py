"""What the performance-estimation engine says of a claim."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

import numpy as np

from theoryck.algebra import NumberSystem
from theoryck.assumptions.base import Slack
from theoryck.assumptions.conditions import sufficient_curvature
from theoryck.certificates import (
    GoalCertificate,
    Problem,
    Witness,
    certificate_document,
    gap_document,
    instantiate,
    witness_document,
)
from theoryck.certificates.documents import as_float
from theoryck.claims.arithmetic import Balls, Rationals
from theoryck.claims.claim import Claim, RateClaim
from theoryck.claims.expressions import Expr
from theoryck.claims.sampling import sample_instances
from theoryck.claims.spelling import spell_instance
from theoryck.errors import InexactError, TheoryckError
from theoryck.pep.assemble import Assembled, assemble
from theoryck.pep.attain import attained, line_runs
from theoryck.pep.certify import completing_slacks, rounded, with_margin
from theoryck.pep.face import on_the_face
from theoryck.pep.refute import Refutation, refute
from theoryck.pep.solve import Dual, Failure, widest_margin, worst_ratio
from theoryck.verdict import EngineReport, Finding, Instance, Scope, Status

NAME = "pep"
SAMPLES = 4  # instances tried for a claim that names none
TOLERANCE = 1e-7  # relative, on a worst case in floating point
GAP = 1e-4  # an equality is refuted when the worst case is smaller by this share
UNBOUNDED = ("infeasible", "unbounded")  # of the dual: no finite multiple of the bound holds
LOOSE = 0.99  # a worst case below this share of the bound is reported


def examine(claim: Claim, deadline: float) -> EngineReport:
    """Look at a rate claim at its instances, or at a few small ones if it names none."""
    began = time.monotonic()
    if not isinstance(claim, RateClaim):
        return _silent(f"pep looks at rates, not at claims of kind {claim.kind}")
    chosen = claim.at or sample_instances(claim, SAMPLES)
    if not chosen:
        return _silent("no instance is given in `at`, and no small parameter values were found")
    instances = []
    for at in chosen:
        instances.append(_instance(claim, at, deadline))
        if instances[-1].status is Status.REFUTED:
            break
    report = _summary(claim, tuple(instances), len(chosen))
    return replace(report, seconds=time.monotonic() - began)


def _silent(reason: str) -> EngineReport:
    return EngineReport(engine=NAME, status=Status.INCONCLUSIVE, reason=reason)


def _instance(claim: RateClaim, at: Mapping[str, Expr], deadline: float) -> Instance:
    """The claim at one instance: in rationals, or in balls where a value is irrational."""
    text = spell_instance(at)
    systems: tuple[NumberSystem, ...] = (Rationals(), Balls())
    for numbers in systems:
        try:
            with numbers.scope() if isinstance(numbers, Balls) else nullcontext():
                return _examine_problem(instantiate(claim, at, numbers), text, deadline)
        except InexactError as error:
            reason = str(error)
        except TheoryckError as error:
            return _undecided(text, str(error))
    return _undecided(text, reason)


def _undecided(at: Mapping[str, str], reason: str, **known: Any) -> Instance:
    values = {"claimed": None, "worst_case": None, **known}
    return Instance(at=at, status=Status.INCONCLUSIVE, reason=reason, **values)


def _examine_problem(problem: Problem, at: Mapping[str, str], deadline: float) -> Instance:
    """Prove every goal, or refute one."""
    slacks = tuple(problem.slacks())
    arrays: list[Assembled] = []
    duals: list[Dual] = []
    for index in range(len(problem.goals)):
        assembled = assemble(problem, index, slacks)
        dual = worst_ratio(assembled, deadline)
        if isinstance(dual, Failure):
            if dual.reason in UNBOUNDED:
                return _attacked(problem, index, at, np.inf, deadline)
            return _undecided(at, dual.reason)
        if dual.ratio > 1 + TOLERANCE:
            above = dual.ratio if dual.accurate else None
            lines = line_runs(problem, assembled, dual)
            attacked = _attacked(problem, index, at, above, deadline, lines)
            if dual.accurate or attacked.status is Status.REFUTED:
                return attacked
        arrays.append(assembled)
        duals.append(dual)
    trusted = all(dual.accurate for dual in duals)
    worst = max(dual.ratio for dual in duals)
    scale = _bound_value(problem)
    reach = scale * max(worst, 0.0) ** (1 / problem.goals[0].power)
    blank = Instance(
        at=at,
        claimed=scale,
        worst_case=reach if trusted and is_exact(problem, worst, deadline) else None,
        status=Status.SUPPORTED if trusted else Status.INCONCLUSIVE,
        reason="the solver's optimum agrees; no exact certificate was found"
        if trusted
        else "the solver's accuracy does not reach so small a bound; no certificate was found",
    )
    equality = problem.claim.relation == "=="
    if equality and trusted and worst < 1 - GAP:
        return _below(problem, slacks, worst, blank, deadline)
    certificates = []
    for index, (assembled, dual) in enumerate(zip(arrays, duals, strict=True)):
        certificate = _certificate(problem, index, slacks, assembled, dual, deadline)
        if certificate is None:
            return blank
        certificates.append(certificate)
    witness = None
    if equality:
        tried = (attained(problem, a, d) for a, d in zip(arrays, duals, strict=True))
        witness = next((w for w in tried if w is not None), None)
        if witness is None:
            return replace(blank, reason="the bound is proved; that it is attained is not")
    arithmetic = _arithmetic(problem)
    return replace(
        blank,
        status=Status.PROVED,
        reason=f"an exact certificate in {arithmetic} was checked",
        certificate=certificate_document(problem.claim, at, arithmetic, certificates, witness),
    )


def _below(
    problem: Problem, slacks: tuple[Slack, ...], worst: float, blank: Instance, deadline: float
) -> Instance:
    """An equality whose bound is too large: certify a bound strictly below it."""
    share = rounded((1 + max(worst, 0.0)) / 2, 8)
    exact_share = problem.numbers.rational(share)
    goals = tuple(replace(goal, bound=goal.bound * exact_share) for goal in problem.goals)
    smaller = replace(problem, goals=goals)
    certificates = []
    for index in range(len(goals)):
        assembled = assemble(smaller, index, slacks)
        dual = worst_ratio(assembled, deadline)
        certificate = (
            _certificate(smaller, index, slacks, assembled, dual, deadline)
            if isinstance(dual, Dual)
            else None
        )
        if certificate is None:
            return replace(blank, status=Status.INCONCLUSIVE, reason="the worst case seems smaller")
        certificates.append(certificate)
    document = gap_document(problem.claim, blank.at, _arithmetic(problem), certificates, str(share))
    return replace(
        blank,
        status=Status.REFUTED,
        reason=(
            f"the worst case is smaller: a certificate bounds it by {float(share):.6g} of the "
            "claimed value" + (", both squared" if problem.goals[0].power == 2 else "")
        ),
        witness=document,
    )


def _arithmetic(problem: Problem) -> str:
    return "rationals" if isinstance(problem.numbers, Rationals) else "balls"


def is_exact(problem: Problem, worst: float, deadline: float) -> bool:
    """Whether the optimum ``worst`` is the worst case, not only a bound on it.

    Without noise, the inequalities used must be interpolation conditions. For convex functions
    these need a minimiser among the points; where the proof may not speak of one, the optimum
    over the functions that have one must come out the same.
    """
    bounds = sufficient_curvature(problem.assumed, problem.numbers)
    if problem.random or bounds is None:
        return False
    if not all(a.assumption.interpolation for a in problem.assumed):
        return False
    if problem.minimiser or problem.numbers.sign(bounds.lower) < 0:
        return True
    attained_minimum = replace(problem, minimiser=True)
    slacks = tuple(attained_minimum.slacks())
    return any(
        isinstance(dual, Dual) and dual.accurate and dual.ratio >= worst * (1 - 1e-6)
        for dual in (
            worst_ratio(assemble(attained_minimum, index, slacks), deadline)
            for index in range(len(problem.goals))
        )
    )


def _bound_value(problem: Problem) -> float:
    """The claimed bound as a number; 1 where it is a multiple of the run's own quantities."""
    goal = problem.goals[0]
    if not goal.bound.is_constant():
        return 1.0
    return as_float(goal.bound.constant) ** (1 / goal.power)


def _certificate(
    problem: Problem,
    index: int,
    slacks: tuple[Slack, ...],
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
            found = _certificate_from(problem, index, near, fewer, bound, deadline)
            if found is not None:
                return found
    return _certificate_from(problem, index, slacks, assembled, dual, deadline)


def _certificate_from(
    problem: Problem,
    index: int,
    slacks: tuple[Slack, ...],
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


def _attacked(
    problem: Problem,
    index: int,
    at: Mapping[str, str],
    ratio: float | None,
    deadline: float,
    candidates: Iterable[Witness] = (),
) -> Instance:
    """The optimum lies above the bound: refuted with a witness, or inconclusive without one.

    ``ratio`` is infinite where no multiple of the bound holds, None where it is not known well.
    """
    scale = _bound_value(problem)
    power = problem.goals[index].power
    known = ratio is not None and np.isfinite(ratio)
    worst = None
    if ratio is not None and known and is_exact(problem, ratio, deadline):
        worst = scale * ratio ** (1 / power)
    refutation = refute(problem, index, deadline, candidates)
    if isinstance(refutation, Refutation):
        measured = as_float(refutation.run.measure) ** (1 / power)
        bound = as_float(refutation.run.bound) ** (1 / power)
        arithmetic = _arithmetic(problem)
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
    return _undecided(at, reason, claimed=scale, worst_case=worst)


def _summary(claim: RateClaim, instances: tuple[Instance, ...], chosen: int) -> EngineReport:
    """The lattice over instances: one refutation refutes, a proof needs all of `at`."""
    worst_first = (Status.REFUTED, Status.INCONCLUSIVE, Status.SUPPORTED, Status.PROVED)
    status = min((i.status for i in instances), key=worst_first.index)
    deciding = next(i for i in instances if i.status is status)
    where = ", ".join(f"{name} = {value}" for name, value in deciding.at.items())
    reason = f"at {where}: {deciding.reason}" if where else deciding.reason
    scope = None
    if status is Status.PROVED:
        if claim.at:
            scope = Scope.INSTANCES
            reason = f"exact certificates at {_count(len(instances))} of `at`"
        else:
            status = Status.SUPPORTED
            reason = f"exact certificates at {_count(len(instances))} that theoryck chose"
    return EngineReport(
        engine=NAME,
        status=status,
        reason=reason,
        scope=scope,
        tight=_tight(instances),
        instances=instances,
        findings=_findings(instances),
    )


def _count(number: int) -> str:
    return "the instance" if number == 1 else f"all {number} instances"


def _ratios(instances: tuple[Instance, ...]) -> list[float]:
    return [
        i.worst_case / i.claimed
        for i in instances
        if i.worst_case is not None and i.claimed and i.status in (Status.PROVED, Status.SUPPORTED)
    ]


def _tight(instances: tuple[Instance, ...]) -> bool | None:
    ratios = _ratios(instances)
    if len(ratios) != len(instances):
        return None
    return all(ratio > 1 - 1e-6 for ratio in ratios)


def _findings(instances: tuple[Instance, ...]) -> tuple[Finding, ...]:
    ratios = _ratios(instances)
    if not ratios or len(ratios) != len(instances):
        return ()
    if all(ratio > 1 - 1e-6 for ratio in ratios):
        return (Finding("tight", "the bound is the worst case at every instance looked at"),)
    if max(ratios) < LOOSE:
        low, high = min(ratios), max(ratios)
        share = f"{high:.4g}" if high - low < 1e-4 * high else f"{low:.4g} to {high:.4g}"
        return (Finding("loose", f"the worst case is {share} of the bound at these instances"),)
    return ()
