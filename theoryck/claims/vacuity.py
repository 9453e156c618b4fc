"""Claims about empty classes: true of nothing, and worth saying so."""

from __future__ import annotations

from theoryck.claims.claim import Claim
from theoryck.verdict import Finding


def check_vacuity(claim: Claim) -> tuple[Finding, ...]:
    """A ``vacuous`` finding where no function on R^d meets the assumptions.

    The gradient of a strongly convex function grows without bound, so it is not Lipschitz, and
    an unbiased estimate of it has no bounded second moment (Nguyen et al. 2018, Section 1).
    """
    names = {use.assumption.name for use in getattr(claim, "assumptions", ()) if _named(use)}
    unbiased = bool(names & {"unbiased", "finite_sum"})
    bounded = "lipschitz" in names or (unbiased and "bounded_second_moment" in names)
    if claim.kind not in ("rate", "complexity") or "strongly_convex" not in names or not bounded:
        return ()
    which = "lipschitz" if "lipschitz" in names else "bounded_second_moment"
    message = (
        f"no function on all of R^d is strongly_convex and {which}: the gradient of a strongly "
        "convex function is unbounded; the claim is about no function at all"
    )
    return (Finding("vacuous", message),)


def _named(use: object) -> bool:
    return hasattr(use, "assumption")
