"""The engine's entry: which kinds of claims it looks at."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from theoryck.claims.claim import (
    Claim,
    ComplexityClaim,
    EquivalenceClaim,
    GradientClaim,
    IdentityClaim,
    ImplicationClaim,
    InequalityClaim,
    MembershipClaim,
    RateClaim,
    ScheduleClaim,
)
from theoryck.derive.complexity import examine_complexity
from theoryck.derive.equivalences import examine_equivalence
from theoryck.derive.gradient import examine_gradient
from theoryck.derive.implications import examine_implication
from theoryck.derive.implications.conflicts import excluded
from theoryck.derive.membership import examine_membership
from theoryck.derive.rate import examine_rate, inconclusive, prove_rate
from theoryck.derive.repairs import suggested
from theoryck.derive.scalars import examine_identity, examine_inequality
from theoryck.derive.schedules import examine_schedule
from theoryck.derive.written import examine_with_derivation
from theoryck.errors import TheoryckError
from theoryck.verdict import EngineReport


def examine(claim: Claim, deadline: float) -> EngineReport:
    """What the symbolic engine finds out about a claim; it never raises for a user's claim.

    Args:
        claim: any claim.
        deadline: a value of ``time.monotonic()``; no new query is begun after it.

    >>> from theoryck.claims.reading import read_claim
    >>> claim = read_claim({
    ...     "id": "gd", "parameters": {"L": "L > 0", "Delta": "Delta >= 0", "N": "integer, N >= 1"},
    ...     "method": "gradient_descent(step=1/L)", "assumptions": ["smooth(L)"],
    ...     "initial": "f(x[0]) - f_star <= Delta",
    ...     "measure": "min_over(k, 0, N - 1, norm(grad(x[k]))**2)", "bound": "2*L*Delta/N"})
    >>> report = examine(claim, time.monotonic() + 30)
    >>> print(report.status, "for", report.scope)
    proved for all parameters
    """
    began = time.monotonic()
    try:
        report = _examine(claim, deadline, examine_rate)
        found = suggested(claim, report, deadline)
        if isinstance(claim, RateClaim | ComplexityClaim):
            found = (*found, *excluded(claim, deadline))
        report = replace(report, findings=(*report.findings, *found))
    except TheoryckError as error:
        report = inconclusive(f"the derivation stopped: {error}")
    return replace(report, seconds=time.monotonic() - began)


def prove(claim: Claim, deadline: float) -> EngineReport:
    """As :func:`examine`, without the search for what would be true instead.

    Args:
        claim: any claim.
        deadline: a value of ``time.monotonic()``.
    """
    try:
        return _examine(claim, deadline, prove_rate)
    except TheoryckError as error:
        return inconclusive(f"the derivation stopped: {error}")


def _examine(
    claim: Claim, deadline: float, rate: Callable[[RateClaim, float], EngineReport]
) -> EngineReport:
    match claim:
        case RateClaim(derivation=written) if written is not None:
            return examine_with_derivation(claim, written, deadline)
        case RateClaim():
            return rate(claim, deadline)
        case InequalityClaim():
            return examine_inequality(claim, deadline)
        case IdentityClaim():
            return examine_identity(claim, deadline)
        case GradientClaim():
            return examine_gradient(claim, deadline)
        case MembershipClaim():
            return examine_membership(claim, deadline)
        case ScheduleClaim():
            return examine_schedule(claim, deadline)
        case ImplicationClaim():
            return examine_implication(claim, deadline)
        case ComplexityClaim():
            return examine_complexity(claim, deadline)
        case EquivalenceClaim():
            return examine_equivalence(claim, deadline)
    return inconclusive(f"derive has no rules for {claim.kind} claims yet")
