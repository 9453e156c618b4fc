"""When a chain of potentials is asked: for horizons that one Gram problem does not reach, and
where that problem ended without a certificate."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace

from theoryck.certificates.measured import measured
from theoryck.certificates.problem import parameter_values
from theoryck.claims.arithmetic import Balls
from theoryck.claims.claim import RateClaim
from theoryck.claims.expressions import Expr, Order
from theoryck.claims.spelling import spell_instance
from theoryck.errors import TheoryckError
from theoryck.pep.chains import ChainAnswer, examine_chain
from theoryck.verdict import Instance, Status

LONG = 60  # iterates from which a chain is looked for first
TOO_LONG = 300  # iterates beyond which one Gram problem needs gigabytes of memory
SHARE = 0.5  # of the time that is left, for a chain that is only the first attempt
TOLERANCE = 1e-7  # relative, on a ratio in floating point


def with_chain(
    claim: RateClaim, at: Mapping[str, Expr], deadline: float, whole: Callable[[], Instance]
) -> Instance:
    """The claim at an instance, by one Gram problem (``whole``) and by a chain of potentials.

    A chain proves or supports a bound; it never refutes one, since its optimum may lie above the
    worst case.
    """
    if not may_chain(claim):
        return whole()
    iterates = horizon(claim, at)
    if iterates > LONG:
        now = time.monotonic()
        chained = by_chain(claim, at, now + SHARE * (deadline - now))
        if chained is not None and chained.status is Status.PROVED:
            return chained
        if iterates > TOO_LONG:
            return chained or _undecided(at)
        found = whole()
        return chained if chained and found.status is Status.INCONCLUSIVE else found
    found = whole()
    if found.status in (Status.PROVED, Status.REFUTED):
        return found
    chained = by_chain(claim, at, deadline)
    if chained is None:
        return found
    if chained.status is Status.PROVED:
        return replace(chained, worst_case=found.worst_case)
    return chained if found.status is Status.INCONCLUSIVE else found


def _undecided(at: Mapping[str, Expr]) -> Instance:
    return Instance(
        at=spell_instance(at),
        claimed=None,
        worst_case=None,
        status=Status.INCONCLUSIVE,
        reason=(
            "no chain of potentials proves the bound, and beyond "
            f"{TOO_LONG} iterates nothing else is tried"
        ),
    )


def may_chain(claim: RateClaim) -> bool:
    """Whether a chain can say anything of such a claim."""
    return (
        claim.relation == "<=" and claim.confidence is None and not isinstance(claim.bound, Order)
    )


def horizon(claim: RateClaim, at: Mapping[str, Expr]) -> int:
    """The last iterate that the measure reads, if it is one quantity an iterate; 0 if not."""
    numbers = Balls()
    try:
        with numbers.scope():
            values = parameter_values(at, numbers)
            return numbers.to_integer(measured(claim, values, numbers).horizon)
    except TheoryckError:
        return 0


def by_chain(claim: RateClaim, at: Mapping[str, Expr], deadline: float) -> Instance | None:
    """What a chain of potentials says: proved, supported, or nothing."""
    answer = examine_chain(claim, at, deadline)
    if not isinstance(answer, ChainAnswer):
        return None
    blank = Instance(
        at=spell_instance(at),
        claimed=answer.claimed,
        worst_case=None,
        status=Status.SUPPORTED,
        reason=f"potentials prove the bound in floating point only ({answer.reason})",
    )
    if answer.certificate is not None:
        return replace(
            blank, status=Status.PROVED, reason=answer.reason, certificate=answer.certificate
        )
    return blank if answer.accurate and answer.ratio <= 1 + TOLERANCE else None
