"""What a rate's report says of lower bounds: attained bounds, and orders from below."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from theoryck.claims.claim import RateClaim
from theoryck.claims.expressions import Order
from theoryck.derive.lower.attained import attainment, order_attainment
from theoryck.derive.measure import Target
from theoryck.derive.proof import Derivation
from theoryck.derive.setting import Setting
from theoryck.verdict import EngineReport, Finding, Scope, Status

ENGINE = "derive"
TIGHTNESS_SECONDS = 1.5  # spent on whether a proved bound is attained, where that is not asked


def with_attainment(
    report: EngineReport, claim: RateClaim, setting: Setting, target: Target, deadline: float
) -> EngineReport:
    """The report of a proved upper bound, with what is known of its being attained.

    A claim with ``==`` is proved only if the bound is attained; one with ``<=`` is ``tight`` then.
    """
    if report.status is not Status.PROVED or isinstance(claim.bound, Order):
        return report
    is_equality = claim.relation == "=="
    until = deadline if is_equality else min(deadline, time.monotonic() + TIGHTNESS_SECONDS)
    found = attainment(setting, target, until)
    if found is not None:
        # a later finding of slack would contradict what is shown here
        findings = tuple(f for f in report.findings if f.code != "loose")
        return replace(
            report,
            tight=True,
            reason=f"{report.reason}; the bound is attained",
            findings=(*findings, Finding("tight", "an explicit function attains the bound")),
            evidence=(*report.evidence, *lines(found)),
        )
    if not is_equality:
        return report
    return replace(
        report,
        status=Status.INCONCLUSIVE,
        reason=(
            "the bound is proved as an upper bound for all parameters; derive does not show that "
            "it is attained"
        ),
        scope=None,
    )


def lines(found: Derivation) -> tuple[str, ...]:
    """The lower bound as printed, after the lines of the upper one."""
    return ("the bound is attained:", *found.lines)


def examine_order_from_below(
    claim: RateClaim,
    setting: Setting,
    target: Target,
    deadline: float,
    from_above: Callable[[RateClaim, float], EngineReport],
) -> EngineReport:
    """``Omega``: the worst case is at least of that order; ``Theta``: also at most.

    Args:
        claim: a claim whose bound is such an order.
        setting: the claim, read.
        target: what it measures.
        deadline: a value of ``time.monotonic()``.
        from_above: examines the claim with ``O`` in place of ``Theta``.
    """
    if not isinstance(claim.bound, Order):
        raise TypeError("a claim with an order is expected")
    found = order_attainment(setting, target, deadline)
    if found is None:
        reason = "no explicit function of the class is found whose run is of that order from below"
        return EngineReport(ENGINE, Status.INCONCLUSIVE, reason)
    below = EngineReport(
        ENGINE,
        Status.PROVED,
        "for all parameters an explicit function of the class makes the measure of that order",
        scope=Scope.ALL_PARAMETERS,
        evidence=found.lines,
    )
    if claim.bound.kind == "Omega":
        return below
    above = from_above(replace(claim, bound=Order("O", claim.bound.body)), deadline)
    if above.status is not Status.PROVED:
        return replace(
            above, reason=f"the order is shown from below, not from above: {above.reason}"
        )
    return replace(
        above,
        reason=f"{above.reason}; an explicit function of the class shows the order from below",
        evidence=(*above.evidence, "from below:", *found.lines),
    )


__all__ = ["examine_order_from_below", "with_attainment"]
