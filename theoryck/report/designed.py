"""What ``theoryck derive --optimise`` and ``--reach`` print."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from theoryck.claims.claim import Claim, RateClaim
from theoryck.claims.printing import to_text
from theoryck.errors import TheoryckError
from theoryck.report.derivations import Page

if TYPE_CHECKING:
    from theoryck.derive.relations import Relation

FOUND, NOT_FOUND = 0, 3


def optimal_page(claim: Claim, parameter: str, budget: float) -> tuple[Page, int]:
    """The best value of a parameter, the bound there, and the derivation of that bound.

    Args:
        claim: a rate.
        parameter: one of its parameters.
        budget: seconds.
    """
    from theoryck.derive.design import optimal_step
    from theoryck.derive.printing import to_claim_text

    if not isinstance(claim, RateClaim):
        return Page(claim, f"a {claim.kind} claim has no bound to minimise", None), NOT_FOUND
    try:
        best = optimal_step(claim, parameter, time.monotonic() + budget)
    except TheoryckError as error:
        return Page(claim, f"not optimised: {error}", None), NOT_FOUND
    value, bound = to_claim_text(best.optimum.value), to_claim_text(best.bound)
    horizon = [
        p.name
        for p in claim.parameters.values()
        if p.integer and p.name in {s.name for s in best.optimum.value.free_symbols}
    ]
    kind = f"depends on {', '.join(horizon)}" if horizon else "is constant along the run"
    notes = [
        f"the step that minimises the bound {kind}",
        *(f"why it is the best: {reason}" for reason in best.optimum.reasons),
        *_where(best.optimum.where),
        f"its domain: {_domain(best.optimum.domain.relations)}",
        f"the bound there: {to_text(claim.measure)} <= {bound}",
    ]
    if best.proof is None:
        notes.append(
            "this follows from the derivation below, which holds for every value in the domain"
        )
        page = Page(claim, f"{parameter} = {value}", best.derived.derivation, tuple(notes))
        return page, FOUND
    notes.append("derived again with this value in place of the parameter:")
    chosen = replace(best.claim, text=claim.text)
    return Page(chosen, f"{parameter} = {value}", best.proof.derivation, tuple(notes)), FOUND


def reach_page(claim: Claim, level: str, budget: float) -> tuple[Page, int]:
    """The number of iterations after which the bound is at most a level, with its derivation."""
    from theoryck.derive.design import iterations_to
    from theoryck.derive.printing import to_claim_text

    if not isinstance(claim, RateClaim):
        return Page(claim, f"a {claim.kind} claim has no bound to bring down", None), NOT_FOUND
    try:
        found = iterations_to(claim, level, time.monotonic() + budget)
    except TheoryckError as error:
        return Page(claim, f"not solved: {error}", None), NOT_FOUND
    steps = to_claim_text(found.steps)
    answer = f"{to_text(claim.measure)} <= {level} for every integer {found.horizon} >= {steps}"
    exact = "for no smaller number is it" if found.exact else "a smaller number may do"
    notes = [
        f"the bound {to_claim_text(found.bound)} is at most {level} from there on; {exact}",
        *_where(found.where),
    ]
    if found.proof is None:
        return Page(claim, answer, None, tuple(notes)), FOUND
    return Page(found.claim, answer, found.proof.derivation, tuple(notes)), FOUND


def _where(relations: Iterable[Relation]) -> list[str]:
    return [f"where {relation}" for relation in relations]


def _domain(relations: Iterable[Relation]) -> str:
    return ", ".join(map(str, relations)) or "all values of the parameters"
