"""Rate claims: from the method's step to the claimed bound, or to where the derivation stops."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

import sympy

from theoryck.claims.claim import RateClaim
from theoryck.claims.expressions import Order
from theoryck.claims.printing import to_text
from theoryck.derive.comparisons import follows
from theoryck.derive.decide import Proved, decide, is_empty
from theoryck.derive.findings import (
    derived_bound,
    is_smaller,
    looseness,
    missing_assumptions,
    natural_relations,
    unused_assumptions,
)
from theoryck.derive.measure import Target, read_measure
from theoryck.derive.oracles import EXACT_READING
from theoryck.derive.printing import tidy, to_claim_text
from theoryck.derive.proof import Workshop, failure
from theoryck.derive.recheck import recheck
from theoryck.derive.relations import Relation
from theoryck.derive.routes import ROUTES, Route
from theoryck.derive.routes.start import from_the_start, start_links
from theoryck.derive.rules.measures import ClaimFollows
from theoryck.derive.setting import (
    OutOfTime,
    Setting,
    Stuck,
    draws,
    is_random,
    method_obligations,
    setting_of,
)
from theoryck.derive.statements import Bound
from theoryck.derive.symbols import ONE, Obligation
from theoryck.verdict import EngineReport, Finding, Scope, Status

ENGINE = "derive"
SEARCH_SHARE = 0.7  # of the time; the rest is for the re-check
ROUTE_SHARE = 0.5  # of the time that is left, for one route
FIRST_BOUNDS = 4  # of each route that are compared before the rest of any


def examine_rate(claim: RateClaim, deadline: float) -> EngineReport:
    """Tries to prove a rate for all parameters; what it cannot do is inconclusive.

    Args:
        claim: the claim.
        deadline: a value of ``time.monotonic()``.
    """
    try:
        return _examine(claim, deadline)
    except Stuck as stuck:
        return inconclusive(str(stuck))
    except OutOfTime:
        return inconclusive("the time is spent before anything is derived")


def inconclusive(reason: str, findings: tuple[Finding, ...] = ()) -> EngineReport:
    """The report of an attempt that proved nothing."""
    return EngineReport(ENGINE, Status.INCONCLUSIVE, reason, findings=findings)


def _examine(claim: RateClaim, deadline: float) -> EngineReport:
    if claim.relation not in ("<=", "=="):
        return inconclusive(f"derive proves upper bounds, not {claim.relation!r}")
    if isinstance(claim.bound, Order) and claim.bound.kind != "O":
        return inconclusive(f"derive proves upper bounds, not {claim.bound.kind}(...)")
    setting = setting_of(claim)
    if is_empty(setting.domain, deadline):
        message = "no parameters satisfy the constraints together with the initial condition"
        return inconclusive(message, (Finding("vacuous", message),))
    _require_values(setting, (*setting.obligations, *method_obligations(setting)), deadline)
    target, obligations = read_measure(setting, is_random(setting))
    _require_values(setting, obligations, deadline)
    now = time.monotonic()
    found = search(setting, target, now + SEARCH_SHARE * (deadline - now))
    if found.proof is not None:
        return _report(claim, setting, found.workshop, found.proof, deadline)
    repairs = _repairs(setting, target, found.workshop, deadline)
    if found.best is None:
        return _nothing_derived(found.workshop, found.stopped, repairs)
    return _other_bound(claim, found.workshop, found.best, target, repairs, deadline)


@dataclass(frozen=True)
class Found:
    """What a search came to: a proof of the claim, or the best bound, or why there is none."""

    workshop: Workshop
    proof: int | None = None
    best: int | None = None
    stopped: str = ""


def search(setting: Setting, target: Target, deadline: float) -> Found:
    """Looks for a derivation of the claim along the routes."""
    workshop = Workshop(setting, deadline)
    best: int | None = None
    stops: list[str] = []
    try:
        links = start_links(workshop)
        for number in candidates(workshop, target, stops):
            for started in from_the_start(workshop, links, number, target):
                proof = follows(workshop, started, target)
                if proof is not None:
                    return Found(workshop, proof=proof)
                if best is None or is_smaller(workshop, started, best):
                    best = started
    except OutOfTime:
        workshop.failures.append("the search needs more time")
    stopped = "; ".join(dict.fromkeys(stops)) or "no route leads to what the claim measures"
    return Found(workshop, best=best, stopped=stopped)


def candidates(workshop: Workshop, target: Target, stops: list[str]) -> Iterator[int]:
    """Bounds to compare with the claim: a few of every route, then the rest of each.

    ``stops`` collects why a route could not read the claim.
    """
    searches = [(route, _patient(route, workshop, target, stops)) for route in ROUTES]
    for _, found in searches:
        yield from islice(found, FIRST_BOUNDS)
    for route, found in searches:
        yield from islice(found, max(0, route.at_most - FIRST_BOUNDS))


def _patient(route: Route, workshop: Workshop, target: Target, stops: list[str]) -> Iterator[int]:
    """The route's bounds, found within its share of the time that is left when it begins."""
    whole, now = workshop.deadline, time.monotonic()
    own = now + ROUTE_SHARE * (whole - now)
    found = route.bounds(workshop, target)
    while True:
        workshop.deadline = own
        try:
            number = next(found)
        except StopIteration:
            return
        except Stuck as stuck:
            stops.append(str(stuck))
            return
        except OutOfTime:
            if time.monotonic() > whole:
                raise
            workshop.failures.append(f"{route.name}: the search needs more time")
            return
        finally:
            workshop.deadline = whole
        yield number


def _repairs(
    setting: Setting, target: Target, tried: Workshop, deadline: float
) -> tuple[Finding, ...]:
    """Natural relations between the constants, under which the claim is proved."""
    for relation in natural_relations(setting):
        known = tried.decisions.get(relation)
        if isinstance(known, Proved) or isinstance(tried.decided(relation), Proved):
            continue
        narrower = replace(setting, domain=setting.domain.where(relation))
        now = time.monotonic()
        try:
            found = search(narrower, target, now + SEARCH_SHARE * (deadline - now))
            if found.proof is None:
                continue
            derivation = found.workshop.derivation(found.proof)
        except (Stuck, OutOfTime):
            continue
        if recheck(derivation, narrower, deadline) is None:
            message = f"with {relation} among the constraints the claim is proved"
            return (Finding("suggestion", message),)
    return ()


def _require_values(setting: Setting, needed: tuple[Obligation, ...], deadline: float) -> None:
    """Stops unless the texts that the obligations come from have a value on the whole domain."""
    for obligation in dict.fromkeys(needed):
        trivial = Relation(ONE, "<=", ONE)
        decision = decide(trivial, setting.domain, deadline, (obligation,))
        if not isinstance(decision, Proved):
            raise Stuck(f"the claim's text may have no value: {decision}")


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
    if claim.relation == "==":
        return EngineReport(
            ENGINE,
            Status.INCONCLUSIVE,
            "the bound is proved as an upper bound for all parameters; derive does not show that "
            "it is attained",
            best_bound=best,
            evidence=evidence,
        )
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
    findings = (
        *repairs,
        Finding("suggestion", f"{to_text(claim.measure)} <= {text} is proved"),
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
