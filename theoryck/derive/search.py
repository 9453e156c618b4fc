"""The search for a derivation: routes give bounds, comparisons end in the claim."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from theoryck.claims.claim import RateClaim
from theoryck.derive.comparisons import follows
from theoryck.derive.contradictions import contradiction
from theoryck.derive.decide import Decision, Proved, Unknown, decide
from theoryck.derive.findings import is_smaller
from theoryck.derive.measure import Target, read_measure
from theoryck.derive.proof import Workshop
from theoryck.derive.relations import Relation
from theoryck.derive.routes import ROUTES, Route
from theoryck.derive.routes.start import from_the_start, start_links
from theoryck.derive.setting import (
    OtherKind,
    OutOfTime,
    Setting,
    Stuck,
    is_random,
    method_obligations,
    setting_of,
)
from theoryck.derive.symbols import ONE, Obligation

ROUTE_SHARE = 0.5  # of the time that is left, for one route
FIRST_BOUNDS = 4  # of each route that are compared before the rest of any
TOLD_STOPS = 3  # routes whose ends are told where nothing came out
NO_ROUTE = "no route leads to what the claim measures"


class NoParameters(Stuck):  # an outcome like Stuck, not an error
    """The claim speaks of no parameters at all."""


class UndefinedText(Stuck):
    """The claim's text may have no value; ``obligation`` is what it would need."""

    def __init__(self, obligation: Obligation, decision: Decision) -> None:
        why = decision.reason if isinstance(decision, Unknown) else str(decision)
        super().__init__(f"the claim's text may have no value: {why}")
        self.obligation = obligation


def prepare(claim: RateClaim, deadline: float) -> tuple[Setting, Target]:
    """What the claim assumes and measures.

    Raises:
        NoParameters: no parameters satisfy its constraints.
        Stuck: it has no symbolic reading, or its text may have no value.
    """
    setting = setting_of(claim)
    empty = contradiction(setting.domain, deadline)
    if empty is not None:
        raise NoParameters(empty.message)
    _require_values(setting, (*setting.obligations, *method_obligations(setting)), deadline)
    target, obligations = read_measure(setting, is_random(setting))
    _require_values(setting, obligations, deadline)
    return setting, target


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
    stops: dict[str, str] = {}
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
    reasons = {why: name for name, why in reversed(stops.items())}  # by the first route to say so
    told = [f"{name}: {why}" for name, why in stops.items() if reasons[why] == name][:TOLD_STOPS]
    return Found(workshop, best=best, stopped="; ".join(told) or NO_ROUTE)


def candidates(workshop: Workshop, target: Target, stops: dict[str, str]) -> Iterator[int]:
    """Bounds to compare with the claim: a few of every route, then the rest of each.

    ``stops`` collects where each route stopped, if it is one for such claims.
    """
    searches = [(route, _patient(route, workshop, target, stops)) for route in ROUTES]
    for _, found in searches:
        yield from islice(found, FIRST_BOUNDS)
    for route, found in searches:
        yield from islice(found, max(0, route.at_most - FIRST_BOUNDS))


def _patient(
    route: Route, workshop: Workshop, target: Target, stops: dict[str, str]
) -> Iterator[int]:
    """The route's bounds, found within its share of the time that is left when it begins."""
    whole, now = workshop.deadline, time.monotonic()
    own = now + ROUTE_SHARE * (whole - now)
    found = route.bounds(workshop, target)
    while True:
        workshop.deadline = own
        failures = len(workshop.failures)
        try:
            number = next(found)
        except OtherKind:
            return
        except (StopIteration, Stuck) as end:
            why = str(end) or _last_failure(workshop.failures[failures:])
            if why:
                stops[route.name] = why
            return
        except OutOfTime:
            if time.monotonic() > whole:
                raise
            stops[route.name] = "the search needs more time"
            return
        finally:
            workshop.deadline = whole
        yield number


def _last_failure(failures: list[str]) -> str:
    """The condition that was met last and not shown, rather than an assumption that lacks."""
    conditions = [text for text in failures if "which fails" in text or "not proved" in text]
    return (conditions or failures or [""])[-1]


def _require_values(setting: Setting, needed: tuple[Obligation, ...], deadline: float) -> None:
    """Stops unless the texts that the obligations come from have a value on the whole domain."""
    for obligation in dict.fromkeys(needed):
        trivial = Relation(ONE, "<=", ONE)
        decision = decide(trivial, setting.domain, deadline, (obligation,))
        if not isinstance(decision, Proved):
            raise UndefinedText(obligation, decision)
