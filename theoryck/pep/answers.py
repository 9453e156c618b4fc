"""Answers beside the verdict: what a proof rests on, what it does not need, what would be true.

Whatever a finding here says of a changed claim was proved by exact certificates at every instance
that was looked at. All of it is bounded in time: what is not found in time is not told.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from math import ceil, log10
from typing import Any

from theoryck.assumptions import ASSUMPTIONS
from theoryck.assumptions.base import Subject
from theoryck.certificates import Problem
from theoryck.certificates.words import inequalities_used
from theoryck.claims.claim import RateClaim
from theoryck.claims.expressions import Expectation, Number, mentions
from theoryck.claims.printing import brief, to_text
from theoryck.claims.vacuity import check_vacuity
from theoryck.errors import TheoryckError
from theoryck.pep.causes import meaningless, notes
from theoryck.pep.strengthen import necessary_only
from theoryck.pep.variants import (
    INFINITE,
    At,
    assuming,
    assumption_texts,
    bounded_by,
    certified_at_all,
    traced,
    without,
    worst_share,
)
from theoryck.verdict import Finding, Instance, Status

LARGEST = 10  # the factor beyond which a larger bound is no small change
DENOMINATOR = 60  # of a factor that is taken for exact
EXACT = 1e-7  # relative, between a worst case in floating point and such a factor
LINES = 12  # instances whose proofs are described

Looked = Sequence[tuple[At, Instance]]


def proof_lines(claim: RateClaim, looked: Looked) -> tuple[str, ...]:
    """What the proofs rest on: their inequalities, what these are, what they leave out."""
    lines: dict[str, None] = {}
    proved = [(at, i) for at, i in looked if i.status is Status.PROVED and i.certificate]
    for at, instance in proved[:LINES]:
        if "potentials" in (instance.certificate or {}):
            lines |= dict.fromkeys(_chain(instance))
            continue
        try:
            with traced(claim, at) as problems:
                lines |= dict.fromkeys(_conditions(problems[0]))
                lines |= dict.fromkeys(notes(claim, problems[0]))
                lines |= dict.fromkeys(_proof(instance, problems))
        except TheoryckError:
            continue
    return tuple(lines)


def _chain(instance: Instance) -> Iterator[str]:
    """The steps of a chain of potentials, by the inequalities that they use."""
    certificate = instance.certificate or {}
    kinds = Counter(
        name.split("(")[0]
        for proof in certificate["proofs"]
        for name in (*proof["multipliers"], *proof["completion"])
    )
    listed = ", ".join(f"{kind} ({count})" for kind, count in kinds.items())
    yield (
        f"{_place(instance)}a chain of {len(certificate['potentials'])} potentials, each step by "
        f"inequalities of its own points: {listed}"
    )


def _place(instance: Instance) -> str:
    listed = ", ".join(f"{name} = {value}" for name, value in instance.at.items())
    return f"at {listed}: " if listed else ""


def _proof(instance: Instance, problems: Sequence[Problem]) -> Iterator[str]:
    names = _names(instance.certificate or {})
    if names:
        used = inequalities_used(names, problems)
        yield f"{_place(instance)}{len(names)} inequalities with multipliers: {used}"
    for relaxation in dict.fromkeys(r for problem in problems for r in problem.relaxations):
        yield f"the proof covers more than the method: {relaxation}"


def _names(certificate: Mapping[str, Any]) -> list[str]:
    """The inequalities of a certificate of kind "upper-bound"."""
    found: dict[str, None] = {}
    for goal in certificate.get("goals", ()):
        for key in ("multipliers", "completion", "matrices"):
            found |= dict.fromkeys(goal.get(key, ()))
    return list(found)


def _conditions(problem: Problem) -> Iterator[str]:
    """Whether the inequalities characterise the class at the points, or are necessary only."""
    listed = " + ".join(dict.fromkeys(a.name for a in problem.assumed))
    if not listed:
        return
    if necessary_only(problem):
        which = [
            a.name
            for a in problem.assumed
            if a.assumption.subject is Subject.FUNCTION and not a.assumption.interpolation
        ]
        yield (
            f"{listed}: the conditions used are necessary, and not known to be sufficient "
            f"({', '.join(dict.fromkeys(which))}): the true worst case may be smaller"
        )
    elif problem.random:
        yield f"{listed}: the conditions on the noise are necessary ones, on expectations"
    else:
        yield f"{listed}: the conditions used are interpolation conditions"


def unused_assumptions(
    claim: RateClaim, instances: Sequence[At], deadline: float, solver: str | None
) -> Iterator[Finding]:
    """Assumptions without which certificates are found at all instances too.

    Under a finite sum the other assumptions change their meaning without it, so that it stays.
    """
    texts = assumption_texts(claim)
    for position, use in enumerate(claim.assumptions):
        if use.assumption.name == "finite_sum":
            continue
        if time.monotonic() < deadline and certified_at_all(
            without(claim, position), instances, deadline, solver
        ):
            where = _everywhere(len(instances))
            message = (
                f"{texts[position]} is not needed: without it, certificates were found {where}"
            )
            yield Finding("unused-assumption", message)


def missing_assumption(
    claim: RateClaim, instances: Sequence[At], deadline: float, solver: str | None
) -> Iterator[Finding]:
    """One more assumption under which the claim has certificates at all instances."""
    for text in _candidates(claim):
        if time.monotonic() > deadline:
            return
        variant = assuming(claim, text)
        if variant is None or _is_vacuous(variant, instances):
            continue
        if certified_at_all(variant, instances, deadline, solver):
            message = f"with {text} certificates were found {_everywhere(len(instances))}"
            yield Finding("missing-assumption", message)
            return


def _candidates(claim: RateClaim) -> Iterator[str]:
    """Assumptions that the claim does not make, with the parameters that bear their names."""
    made = {use.assumption.name for use in claim.assumptions}
    random = mentions(claim.measure, Expectation)
    for name, assumption in ASSUMPTIONS.items():
        quantities = [quantity.name for quantity in assumption.quantities]
        subjects = (Subject.FUNCTION, Subject.NOISE) if random else (Subject.FUNCTION,)
        if name in made or assumption.subject not in subjects:
            continue
        if all(quantity in claim.parameters for quantity in quantities):
            yield f"{name}({', '.join(quantities)})" if quantities else name


def _is_vacuous(claim: RateClaim, instances: Sequence[At]) -> bool:
    """Whether the claim is about no function at an instance: its proof would say nothing."""
    return bool(check_vacuity(claim)) or any(meaningless(claim, at) for at in instances)


def larger_bound(
    claim: RateClaim, instances: Sequence[At], deadline: float, solver: str | None
) -> Iterator[Finding]:
    """The smallest simple multiple of a bound that fails for which certificates are found; of an
    equality that fails from below too."""
    share = _largest_share(claim, instances, deadline, solver)
    if share is None or not 0 < share <= LARGEST or (share <= 1 and claim.relation != "=="):
        return
    factor = _certified_factor(claim, share, instances, deadline, solver)
    if factor is not None:
        where = _everywhere(len(instances))
        message = (
            f"{brief(claim.measure)} <= {to_text(Number(factor))}*({brief(claim.bound)}) has "
            f"certificates {where}"
        )
        yield Finding("suggestion", message)


def smaller_bound(
    claim: RateClaim, instances: Sequence[At], share: float, deadline: float, solver: str | None
) -> Fraction | None:
    """A factor below 1 by which a bound that is larger than the worst case may be multiplied."""
    factor = _certified_factor(claim, share, instances, deadline, solver) if share > 0 else None
    return factor if factor is not None and factor < 1 else None


def _largest_share(
    claim: RateClaim, instances: Sequence[At], deadline: float, solver: str | None
) -> float | None:
    shares = []
    for at in instances:
        share = worst_share(claim, at, deadline, solver)
        if share is None or share == INFINITE:
            return None
        shares.append(share)
    return max(shares, default=None)


def _certified_factor(
    claim: RateClaim, share: float, instances: Sequence[At], deadline: float, solver: str | None
) -> Fraction | None:
    for factor in simple_factors(share):
        if time.monotonic() > deadline:
            return None
        if certified_at_all(bounded_by(claim, factor), instances, deadline, solver):
            return factor
    return None


def simple_factors(share: float) -> Iterator[Fraction]:
    """Numbers not below a positive share but for its rounding: one with a small denominator where
    it is one, then it rounded up to three and to two digits.

    >>> [str(factor) for factor in simple_factors(1.3333333331)]
    ['4/3', '67/50', '7/5']
    """
    near = Fraction(share).limit_denominator(DENOMINATOR)
    if near > 0 and abs(float(near) - share) <= EXACT * share:
        yield near
    for digits in (3, 2):
        unit = Fraction(10) ** (ceil(log10(share)) - digits)
        yield ceil(Fraction(share) * (1 + Fraction(1, 10**6)) / unit) * unit


def _everywhere(count: int) -> str:
    return "at the instance" if count == 1 else f"at all {count} instances"
