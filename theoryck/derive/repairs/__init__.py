"""What would make a claim true: the smallest changes, each proved on the changed claim."""

from __future__ import annotations

import time
from collections.abc import Iterator

import sympy

from theoryck.claims.claim import Claim, RateClaim
from theoryck.claims.expressions import Order
from theoryck.derive.measure import Target
from theoryck.derive.proof import Workshop
from theoryck.derive.repairs.assumptions import changed_hypotheses, constrained, with_minimiser
from theoryck.derive.repairs.bounds import changed_bounds, changed_orders
from theoryck.derive.repairs.kinds import suggestions
from theoryck.derive.setting import OutOfTime, Setting, Stuck
from theoryck.derive.symbols import Obligation
from theoryck.errors import TheoryckError
from theoryck.verdict import EngineReport, Finding, Status

REPAIR_SHARE = 0.5  # of the time that is left, for all attempts together
REPAIR_SECONDS = 5.0  # at most: a suggestion is a courtesy
# what SymPy raises where an expression is beyond it: a suggestion less, not a failed check
ALGEBRA_ERRORS = (
    TheoryckError,
    ArithmeticError,
    NotImplementedError,
    TypeError,
    ValueError,
    sympy.polys.polyerrors.BasePolynomialError,
)
OTHER_KINDS_SECONDS = 2.0
MAX_REPAIRS = 2  # that are told

__all__ = ["repaired_text", "repairs", "suggested"]


def repairs(
    setting: Setting, target: Target, tried: Workshop, deadline: float
) -> tuple[Finding, ...]:
    """Small changes under which the claim is proved, as suggestions.

    First a minimiser, if only its existence lacks; then what is smallest: another bound that the
    derived one proves (the other PL convention, N shifted by one, a constant factor, two constants
    exchanged). Where none helps: one more constraint on the parameters, one more assumption, or
    the other PL convention among them.
    Every suggestion was derived on the changed claim and passed the re-check.

    Args:
        setting, target: the claim that was not proved.
        tried: the workshop of its search, whose steps are used again.
        deadline: a value of ``time.monotonic()``.
    """
    now = time.monotonic()
    deadline = now + min(REPAIR_SECONDS, REPAIR_SHARE * (deadline - now))
    found: list[Finding] = []
    for suggestion in _in_order(setting, target, tried, deadline):
        found.append(Finding("suggestion", suggestion))
        if len(found) >= MAX_REPAIRS:
            break
    return tuple(found)


def repaired_text(claim: RateClaim, obligation: Obligation, deadline: float) -> tuple[Finding, ...]:
    """Suggestions for a rate whose text may have no value, of what would give it one.

    Args:
        claim: the rate.
        obligation: what is not shown.
        deadline: a value of ``time.monotonic()``.
    """
    try:
        found = constrained(claim, obligation, deadline)
        return tuple(Finding("suggestion", text) for text in found)
    except ALGEBRA_ERRORS:
        return ()


def suggested(claim: Claim, report: EngineReport, deadline: float) -> tuple[Finding, ...]:
    """Suggestions beside the report on a claim of another kind than a rate, unless it is proved.

    Args:
        claim: the claim.
        report: what is known of it.
        deadline: a value of ``time.monotonic()``.
    """
    if report.status not in (Status.REFUTED, Status.INCONCLUSIVE):
        return ()
    deadline = min(deadline, time.monotonic() + OTHER_KINDS_SECONDS)
    try:
        return tuple(
            Finding("suggestion", f"{text} is proved") for text in suggestions(claim, deadline)
        )
    except ALGEBRA_ERRORS:
        return ()


def _in_order(setting: Setting, target: Target, tried: Workshop, deadline: float) -> Iterator[str]:
    attempts = changed_orders if isinstance(setting.claim.bound, Order) else changed_bounds
    told = False
    try:
        yield from with_minimiser(setting, deadline)
        for suggestion in attempts(setting, target, tried, deadline):
            told = True
            yield suggestion
        if not told:
            yield from changed_hypotheses(setting, tried, deadline)
    except (OutOfTime, Stuck, *ALGEBRA_ERRORS):
        return
