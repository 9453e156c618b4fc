"""Everything that stands beside the verdict on a claim's instances, within a share of the time."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from theoryck.claims.claim import RateClaim
from theoryck.claims.expressions import Number
from theoryck.claims.printing import to_text
from theoryck.errors import TheoryckError
from theoryck.pep.answers import (
    Looked,
    larger_bound,
    missing_assumption,
    proof_lines,
    smaller_bound,
    unused_assumptions,
)
from theoryck.pep.causes import contradictory_start, infinite, meaningless, notes
from theoryck.pep.threshold import Look, threshold
from theoryck.pep.variants import At, traced
from theoryck.verdict import Finding, Instance, Status

LOOSE = 0.99  # a worst case below this share of the bound is reported
TIGHT = 1 - 1e-6  # a worst case above this share of the bound makes it tight


@dataclass(frozen=True)
class Beside:
    """The instances with the causes of what was not proved, those that were looked at besides,
    and what was noticed."""

    looked: Looked
    further: tuple[Instance, ...] = ()
    findings: tuple[Finding, ...] = ()
    evidence: tuple[str, ...] = ()
    best_bound: str | None = None


def beside(
    claim: RateClaim,
    looked: Looked,
    look: Look,
    deadline: float,
    solver: str | None = None,
) -> Beside:
    """What can be told of the claim besides its status at the instances.

    Args:
        claim: the claim.
        looked: its instances, with what was found there.
        look: looks at one more instance.
        deadline: a ``time.monotonic()`` value; what is not found by then is not told.
        solver: the solver's name; without one, it is chosen by size.
    """
    if all(instance.status is Status.PROVED for _, instance in looked):
        return _of_a_proof(claim, looked, deadline, solver)
    explained, cause = _explained(claim, looked, deadline, solver)
    findings = cause.findings
    evidence = proof_lines(claim, looked)
    if any(finding.code == "vacuous" for finding in findings):
        return Beside(explained, findings=findings, evidence=evidence)
    instances = [at for at, _ in looked]
    findings += tuple(_bound_findings([i for _, i in looked]))
    further: tuple[Instance, ...] = ()
    if any(instance.status is Status.REFUTED for _, instance in looked):
        if not cause.start:
            findings += tuple(missing_assumption(claim, instances, _share(deadline, 3), solver))
        findings += tuple(larger_bound(claim, instances, _share(deadline, 2), solver))
        found = threshold(claim, looked, look, deadline)
        if found is not None:
            findings += (found.finding(),)
            known = {tuple(i.at.items()) for _, i in looked}
            further = tuple(i for i in found.instances if tuple(i.at.items()) not in known)
    return Beside(explained, further, findings, evidence)


def _share(deadline: float, questions: int) -> float:
    """The deadline of the next of so many questions."""
    now = time.monotonic()
    return now + (deadline - now) / questions


def _of_a_proof(claim: RateClaim, looked: Looked, deadline: float, solver: str | None) -> Beside:
    instances = [at for at, _ in looked]
    shares = ratios([instance for _, instance in looked])
    findings = tuple(_bound_findings([instance for _, instance in looked]))
    best = None
    if any(finding.code == "loose" for finding in findings):
        factor = smaller_bound(claim, instances, max(shares), deadline, solver)
        if factor is not None:
            text = to_text(Number(factor))
            said = f"{findings[0].message}; {text} times the bound has certificates there too"
            findings = (replace(findings[0], message=said),)
            if len(shares) > 1 and max(shares) - min(shares) <= 1e-6 * max(shares):
                best = f"{text}*({to_text(claim.bound)})"
    findings += tuple(unused_assumptions(claim, instances, deadline, solver))
    return Beside(looked, (), findings, proof_lines(claim, looked), best)


@dataclass(frozen=True)
class _Cause:
    """Why something was not proved. ``start`` says that a condition on the start is missing, for
    which no assumption on f makes up."""

    sentences: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    start: bool = False


def _explained(
    claim: RateClaim, looked: Looked, deadline: float, solver: str | None
) -> tuple[Looked, _Cause]:
    """The first instance that decides the verdict, with the cause in its reason."""
    by_status = {
        instance.status: number for number, (_, instance) in reversed([*enumerate(looked)])
    }
    number = by_status.get(Status.REFUTED, by_status.get(Status.INCONCLUSIVE))
    if number is None:
        return looked, _Cause()
    at, instance = looked[number]
    cause = _cause(claim, at, instance, deadline, solver)
    explained = [*looked]
    reason = "; ".join(dict.fromkeys((*cause.sentences, instance.reason)))
    explained[number] = (at, replace(instance, reason=reason))
    return explained, cause


def _cause(
    claim: RateClaim, at: At, instance: Instance, deadline: float, solver: str | None
) -> _Cause:
    empty = meaningless(claim, at)
    if empty is not None:
        return _vacuous(empty)
    try:
        with traced(claim, at) as problems:
            odd = tuple(notes(claim, problems[0]))
            if instance.status is not Status.REFUTED and len(problems) == 1:
                contradiction = contradictory_start(problems[0], deadline, solver)
                if contradiction is not None:
                    return _vacuous(contradiction)
    except TheoryckError:
        return _Cause()
    unbounded = infinite(claim, at, deadline, solver) if instance.worst_case is None else None
    if unbounded is None:
        return _Cause(odd)
    sentence, remedy = unbounded.sentence(), unbounded.remedy()
    if remedy is None:
        return _Cause((*odd, sentence))
    finding = Finding("missing-assumption", f"{sentence}; {remedy}")
    return _Cause((*odd, sentence), (finding,), unbounded.start)


def _vacuous(sentence: str) -> _Cause:
    return _Cause((sentence,), (Finding("vacuous", f"{sentence}: the claim says nothing there"),))


def ratios(instances: Sequence[Instance]) -> list[float]:
    """The worst cases as shares of the bounds, where both are known and the bound holds."""
    return [
        i.worst_case / i.claimed
        for i in instances
        if i.worst_case is not None and i.claimed and i.status in (Status.PROVED, Status.SUPPORTED)
    ]


def is_tight(instances: Sequence[Instance]) -> bool | None:
    """Whether the bound is the worst case at every instance; None where that is not known."""
    shares = ratios(instances)
    if len(shares) != len(instances):
        return None
    return all(share > TIGHT for share in shares)


def _bound_findings(instances: Sequence[Instance]) -> Iterator[Finding]:
    shares = ratios(instances)
    if not shares or len(shares) != len(instances):
        return
    if all(share > TIGHT for share in shares):
        yield Finding("tight", "the bound is the worst case at every instance looked at")
    elif max(shares) < LOOSE:
        low, high = min(shares), max(shares)
        share = f"{high:.4g}" if high - low < 1e-4 * high else f"{low:.4g} to {high:.4g}"
        yield Finding("loose", f"the worst case is {share} of the bound at these instances")
