"""What the performance-estimation engine says of a claim."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import replace

from theoryck.algebra import NumberSystem
from theoryck.certificates import branches
from theoryck.claims.arithmetic import Balls, Rationals
from theoryck.claims.claim import Claim, RateClaim
from theoryck.claims.expressions import Expr
from theoryck.claims.sampling import sample_instances
from theoryck.claims.spelling import spell_instance
from theoryck.errors import InexactError, TheoryckError
from theoryck.pep.candidates import explicit_witness, refuted_by
from theoryck.pep.cycles import cycle_witness
from theoryck.pep.instance import examine_instance, undecided
from theoryck.verdict import EngineReport, Finding, Instance, Scope, Status

NAME = "pep"
SAMPLES = 4  # instances tried for a claim that names none
QUICK = 0.1  # seconds for simple functions before anything is solved
CYCLES = 1.0  # seconds for cycles, spent only where the method has one on some polygon
CLOSE = 3.0  # seconds for them where solving decided nothing
LOOSE = 0.99  # a worst case below this share of the bound is reported


def examine(claim: Claim, deadline: float) -> EngineReport:
    """Look at a rate claim at its instances, or at a few small ones if it names none."""
    began = time.monotonic()
    if not isinstance(claim, RateClaim):
        return _silent(f"pep looks at rates, not at claims of kind {claim.kind}")
    chosen = claim.at or sample_instances(claim, SAMPLES)
    if not chosen:
        return _silent("no instance is given in `at`, and no small parameter values were found")
    instances = []
    for at in chosen:
        instances.append(_instance(claim, at, deadline))
        if instances[-1].status is Status.REFUTED:
            break
    report = _summary(claim, tuple(instances), len(chosen))
    return replace(report, seconds=time.monotonic() - began)


def _silent(reason: str) -> EngineReport:
    return EngineReport(engine=NAME, status=Status.INCONCLUSIVE, reason=reason)


def _instance(claim: RateClaim, at: Mapping[str, Expr], deadline: float) -> Instance:
    """The claim at one instance: simple functions first, which need no solver."""
    for search, seconds in ((explicit_witness, QUICK), (cycle_witness, CYCLES)):
        quick = search(claim, at, min(deadline, time.monotonic() + seconds))
        if quick is not None:
            return refuted_by(quick)
    solved = _solved(claim, at, deadline)
    if solved.status is not Status.INCONCLUSIVE:
        return solved
    found = explicit_witness(claim, at, min(deadline, time.monotonic() + CLOSE))
    return solved if found is None else replace(refuted_by(found), worst_case=solved.worst_case)


def _solved(claim: RateClaim, at: Mapping[str, Expr], deadline: float) -> Instance:
    """The claim at one instance: in rationals, or in balls where a value is irrational."""
    text = spell_instance(at)
    systems: tuple[NumberSystem, ...] = (Rationals(), Balls())
    for numbers in systems:
        try:
            with numbers.scope() if isinstance(numbers, Balls) else nullcontext():
                return examine_instance(tuple(branches(claim, at, numbers)), text, deadline)
        except InexactError as error:
            reason = str(error)
        except TheoryckError as error:
            return undecided(text, str(error))
    return undecided(text, reason)


def _summary(claim: RateClaim, instances: tuple[Instance, ...], chosen: int) -> EngineReport:
    """The lattice over instances: one refutation refutes, a proof needs all of `at`."""
    worst_first = (Status.REFUTED, Status.INCONCLUSIVE, Status.SUPPORTED, Status.PROVED)
    status = min((i.status for i in instances), key=worst_first.index)
    deciding = next(i for i in instances if i.status is status)
    where = ", ".join(f"{name} = {value}" for name, value in deciding.at.items())
    reason = f"at {where}: {deciding.reason}" if where else deciding.reason
    scope = None
    if status is Status.PROVED:
        if claim.at:
            scope = Scope.INSTANCES
            reason = f"exact certificates at {_count(len(instances))} of `at`"
        else:
            status = Status.SUPPORTED
            reason = f"exact certificates at {_count(len(instances))} that theoryck chose"
    return EngineReport(
        engine=NAME,
        status=status,
        reason=reason,
        scope=scope,
        tight=_tight(instances),
        instances=instances,
        findings=_findings(instances),
    )


def _count(number: int) -> str:
    return "the instance" if number == 1 else f"all {number} instances"


def _ratios(instances: tuple[Instance, ...]) -> list[float]:
    return [
        i.worst_case / i.claimed
        for i in instances
        if i.worst_case is not None and i.claimed and i.status in (Status.PROVED, Status.SUPPORTED)
    ]


def _tight(instances: tuple[Instance, ...]) -> bool | None:
    ratios = _ratios(instances)
    if len(ratios) != len(instances):
        return None
    return all(ratio > 1 - 1e-6 for ratio in ratios)


def _findings(instances: tuple[Instance, ...]) -> tuple[Finding, ...]:
    ratios = _ratios(instances)
    if not ratios or len(ratios) != len(instances):
        return ()
    if all(ratio > 1 - 1e-6 for ratio in ratios):
        return (Finding("tight", "the bound is the worst case at every instance looked at"),)
    if max(ratios) < LOOSE:
        low, high = min(ratios), max(ratios)
        share = f"{high:.4g}" if high - low < 1e-4 * high else f"{low:.4g} to {high:.4g}"
        return (Finding("loose", f"the worst case is {share} of the bound at these instances"),)
    return ()
