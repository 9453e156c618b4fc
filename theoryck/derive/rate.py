"""Rate claims: from the method's step to the claimed bound, or to where the derivation stops."""

from __future__ import annotations

import time
from collections.abc import Callable

import sympy

from theoryck.claims.claim import RateClaim
from theoryck.claims.expressions import Order
from theoryck.claims.printing import to_text
from theoryck.derive.findings import (
    derived_bound,
    looseness,
    missing_assumptions,
    unused_assumptions,
)
from theoryck.derive.lower.report import examine_order_from_below, with_attainment
from theoryck.derive.measure import Target
from theoryck.derive.oracles import EXACT_READING
from theoryck.derive.printing import tidy, to_claim_text
from theoryck.derive.proof import Workshop, failure
from theoryck.derive.recheck import recheck
from theoryck.derive.relations import Relation
from theoryck.derive.repairs import repaired_text, repairs
from theoryck.derive.rules.measures import ClaimFollows
from theoryck.derive.search import NoParameters, UndefinedText, prepare, search
from theoryck.derive.setting import (
    OutOfTime,
    Setting,
    Stuck,
    draws,
    is_random,
)
from theoryck.derive.statements import Bound
from theoryck.verdict import EngineReport, Finding, Scope, Status

ENGINE = "derive"
SEARCH_SHARE = 0.7  # of the time; the rest is for the re-check


def examine_rate(claim: RateClaim, deadline: float) -> EngineReport:
    """Tries to prove a rate for all parameters; what it cannot do is inconclusive.

    Args:
        claim: the claim.
        deadline: a value of ``time.monotonic()``.
    """
    try:
        return _reported(claim, deadline, repairs)
    except UndefinedText as undefined:
        found = repaired_text(claim, undefined.obligation, deadline)
        return inconclusive(str(undefined), found)


def prove_rate(claim: RateClaim, deadline: float) -> EngineReport:
    """As :func:`examine_rate`, for a rate that another claim rests on: nothing is repaired."""
    try:
        return _reported(claim, deadline, lambda *_: ())
    except UndefinedText as undefined:
        return inconclusive(str(undefined))


Repair = Callable[[Setting, Target, Workshop, float], tuple[Finding, ...]]


def _reported(claim: RateClaim, deadline: float, repair: Repair) -> EngineReport:
    try:
        return _examine(claim, deadline, repair)
    except UndefinedText:
        raise
    except Stuck as stuck:
        return inconclusive(str(stuck))
    except OutOfTime:
        return inconclusive("the time is spent before anything is derived")


def inconclusive(reason: str, findings: tuple[Finding, ...] = ()) -> EngineReport:
    """The report of an attempt that proved nothing."""
    return EngineReport(ENGINE, Status.INCONCLUSIVE, reason, findings=findings)


def _examine(claim: RateClaim, deadline: float, repair: Repair) -> EngineReport:
    if claim.relation not in ("<=", "=="):
        return inconclusive(f"derive proves upper bounds, not {claim.relation!r}")
    try:
        setting, target = prepare(claim, deadline)
    except NoParameters as empty:
        return inconclusive(str(empty), (Finding("vacuous", str(empty)),))
    if isinstance(claim.bound, Order) and claim.bound.kind != "O":
        return examine_order_from_below(claim, setting, target, deadline, examine_rate)
    now = time.monotonic()
    found = search(setting, target, now + SEARCH_SHARE * (deadline - now))
    if found.proof is not None:
        report = _report(claim, setting, found.workshop, found.proof, deadline)
        return with_attainment(report, claim, setting, target, deadline)
    repaired = repair(setting, target, found.workshop, deadline)
    if found.best is None:
        return _nothing_derived(found.workshop, found.stopped, repaired)
    return _other_bound(claim, found.workshop, found.best, target, repaired, deadline)


def _report(
    claim: RateClaim, setting: Setting, workshop: Workshop, last: int, deadline: float
) -> EngineReport:
    derivation = workshop.derivation(last)
    problem = recheck(derivation, setting, deadline)
    if problem is not None:
        return inconclusive(f"the derivation did not pass its re-check: {problem}")
    derived = derived_bound(derivation)
    findings = unused_assumptions(derivation, setting)
    if not isinstance(claim.bound, Order):
        findings += looseness(derived, setting)
    best = to_claim_text(tidy(derived))
    notes = [f"on the domain, {note}" for note in setting.notes]
    if draws(setting) and not is_random(setting):
        notes.append(EXACT_READING)
    evidence = (*notes, *derivation.lines)
    return EngineReport(
        ENGINE,
        Status.PROVED,
        f"proved for all parameters in {len(derivation.steps)} checked steps",
        scope=Scope.ALL_PARAMETERS,
        best_bound=best,
        findings=findings,
        evidence=evidence,
    )


def _other_bound(
    claim: RateClaim,
    workshop: Workshop,
    best: int,
    target: Target,
    repairs: tuple[Finding, ...],
    deadline: float,
) -> EngineReport:
    """The report when something was proved, but not the claim."""
    statement = workshop.statement(best)
    if not isinstance(statement, Bound):
        return inconclusive("no bound was derived")
    derived, claimed = target.scale * statement.bound + target.offset, workshop.setting.bound
    goal = Relation(derived, "<=", claimed)
    if target.measured.root:
        goal = Relation(target.scale**2 * statement.bound, "<=", claimed**2)
        derived = sympy.sqrt(goal.left)
    text = to_claim_text(tidy(derived))
    why = failure(ClaimFollows(), goal, workshop.decided(goal))
    if isinstance(claim.bound, Order):
        orders = [text for text in workshop.failures if "order" in text]
        why = orders[-1] if orders else why
    if recheck(workshop.derivation(best), workshop.setting, deadline) is not None:
        return inconclusive(why)
    best_known = f"{to_text(claim.measure)} <= {text} is proved"
    told = any(finding.message.startswith(best_known) for finding in repairs)
    findings = (
        *repairs,
        *(() if told else (Finding("suggestion", best_known),)),
        *missing_assumptions(workshop),
    )
    return EngineReport(
        ENGINE,
        Status.INCONCLUSIVE,
        f"derive proves the bound {text}, from which the claim does not follow: {why}",
        best_bound=text,
        findings=findings,
        evidence=workshop.derivation(best).lines,
    )


def _nothing_derived(workshop: Workshop, reason: str, repairs: tuple[Finding, ...]) -> EngineReport:
    """The report when no bound came out, with the last things that stopped it."""
    missing = (*repairs, *missing_assumptions(workshop))
    stops = [text for text in dict.fromkeys(workshop.failures) if " needs " in text]
    tail = f" ({'; '.join(stops[-2:])})" if stops else ""
    return inconclusive(reason + tail, missing)
