"""A claim with one thing changed, and what holds of it: for the answers beside a verdict.

A variant is read from a changed table, as if its author had written it, so that everything
which the assumptions imply (whether x* exists, say) is found anew.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from fractions import Fraction
from typing import Any

from theoryck.algebra import NumberSystem
from theoryck.assumptions import ASSUMPTIONS
from theoryck.certificates import Problem, branches
from theoryck.claims.arithmetic import Balls, Rationals
from theoryck.claims.claim import RateClaim
from theoryck.claims.expressions import Expr, Number
from theoryck.claims.printing import to_text
from theoryck.claims.reading import read_claim
from theoryck.errors import ClaimError, InexactError, TheoryckError
from theoryck.pep import instance
from theoryck.pep.instance import solve_goal
from theoryck.pep.long_horizons import LONG, by_chain, horizon, may_chain
from theoryck.pep.program import Failure
from theoryck.pep.prove import TOLERANCE, find_certificate
from theoryck.verdict import Status

INFINITE = float("inf")

At = Mapping[str, Expr]


def changed(claim: RateClaim, **keys: Any) -> RateClaim | None:
    """The claim with other values of some keys of its table; None if that means nothing."""
    own = {use.assumption.name: use.assumption for use in claim.assumptions}
    try:
        read = read_claim(
            {**claim.table, **keys},
            methods={claim.method.method.name: claim.method.method},
            assumptions={**ASSUMPTIONS, **own},
        )
    except ClaimError:
        return None
    return read if isinstance(read, RateClaim) else None


def assumption_texts(claim: RateClaim) -> tuple[str, ...]:
    """The assumptions as the claim writes them, in the order of ``claim.assumptions``."""
    return tuple(
        use.assumption.name
        + (f"({', '.join(to_text(a) for a in use.arguments.values())})" if use.arguments else "")
        for use in claim.assumptions
    )


def without(claim: RateClaim, position: int) -> RateClaim | None:
    """The claim with one assumption less."""
    texts = assumption_texts(claim)
    return changed(claim, assumptions=[*texts[:position], *texts[position + 1 :]])


def assuming(claim: RateClaim, *texts: str) -> RateClaim | None:
    """The claim with more assumptions."""
    return changed(claim, assumptions=[*assumption_texts(claim), *texts])


def starting(claim: RateClaim, condition: str) -> RateClaim | None:
    """The claim with one more condition on the start."""
    return changed(claim, initial=[*map(to_text, claim.initial), condition])


def bounded_by(claim: RateClaim, factor: Fraction) -> RateClaim | None:
    """The upper bound ``factor`` times as large."""
    text = to_text(Number(factor))
    return changed(claim, bound=f"({text})*({to_text(claim.bound)})", relation="<=")


@contextmanager
def traced(claim: RateClaim, at: At) -> Iterator[tuple[Problem, ...]]:
    """The claim's branches at an instance: in rationals, or in balls where those do not do.

    Raises:
        TheoryckError: the claim cannot be traced there.
    """
    systems: Sequence[NumberSystem] = (Rationals(), Balls())
    for numbers in systems:
        with numbers.scope() if isinstance(numbers, Balls) else nullcontext():
            try:
                problems = tuple(branches(claim, at, numbers))
            except InexactError:
                if numbers is systems[-1]:
                    raise
                continue
            yield problems
            return


def worst_share(
    claim: RateClaim, at: At, deadline: float, solver: str | None = None
) -> float | None:
    """The worst case as a multiple of the bound, a floating-point upper bound on it.

    Infinite where no multiple of the bound holds, None where nothing was found out, as for
    horizons that one Gram problem does not reach.
    """
    if horizon(claim, at) > LONG:
        return None
    try:
        with traced(claim, at) as problems:
            shares = [
                _share(problem, index, deadline, solver)
                for problem in problems
                for index in range(len(problem.goals))
            ]
    except TheoryckError:
        return None
    known = [share for share in shares if share is not None]
    if INFINITE in known:
        return INFINITE
    return max(known) if len(known) == len(shares) else None


def _share(problem: Problem, index: int, deadline: float, solver: str | None) -> float | None:
    solved = solve_goal(problem, index, deadline, solver)
    if isinstance(solved, Failure):
        return INFINITE if solved.reason == instance.INFINITE else None
    if not solved.dual.accurate and solved.dual.ratio > -INFINITE:
        return None
    share: float = max(solved.dual.ratio, 0.0) ** (1 / problem.goals[index].power)
    return share


def certified(claim: RateClaim, at: At, deadline: float, solver: str | None = None) -> bool:
    """Whether an exact certificate of the upper bound is found at an instance."""
    if time.monotonic() > deadline:
        return False
    if horizon(claim, at) > LONG:
        chain = by_chain(claim, at, deadline) if may_chain(claim) else None
        return chain is not None and chain.status is Status.PROVED
    try:
        with traced(claim, at) as problems:
            return all(
                certificate_exists(problem, index, deadline, solver)
                for problem in problems
                for index in range(len(problem.goals))
            )
    except TheoryckError:
        return False


def certificate_exists(
    problem: Problem, index: int, deadline: float, solver: str | None = None
) -> bool:
    """Whether a certificate of a goal is found that the kernel accepts."""
    if time.monotonic() > deadline:
        return False
    solved = solve_goal(problem, index, deadline, solver)
    if isinstance(solved, Failure) or solved.dual.ratio > 1 + TOLERANCE:
        return False
    return find_certificate(problem, index, solved, deadline, solver) is not None


def certified_at_all(
    claim: RateClaim | None, instances: Sequence[At], deadline: float, solver: str | None = None
) -> bool:
    """Whether certificates are found at every instance, of which there must be one."""
    return (
        claim is not None
        and bool(instances)
        and all(certified(claim, at, deadline, solver) for at in instances)
    )
