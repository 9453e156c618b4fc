"""What the performance-estimation engine says of a claim."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from functools import partial

from theoryck.algebra import NumberSystem
from theoryck.certificates import branches
from theoryck.claims.arithmetic import Balls, Rationals
from theoryck.claims.claim import Claim, RateClaim
from theoryck.claims.expressions import Expr
from theoryck.claims.sampling import sample_instances
from theoryck.claims.spelling import spell_instance
from theoryck.errors import InexactError, TheoryckError
from theoryck.pep.answers import Looked
from theoryck.pep.beside import Beside, beside, is_tight
from theoryck.pep.candidates import explicit_witness, refuted_by
from theoryck.pep.causes import meaningless
from theoryck.pep.cycles import cycle_witness
from theoryck.pep.instance import examine_instance, undecided
from theoryck.pep.long_horizons import with_chain
from theoryck.pep.solve import UnknownSolverError, solvers
from theoryck.pep.strengthen import strengthened
from theoryck.verdict import EngineReport, Instance, Scope, Status

NAME = "pep"
SAMPLES = 4  # instances tried for a claim that names none
QUICK = 0.1  # seconds for simple functions before anything is solved
CYCLES = 1.0  # seconds for cycles, spent only where the method has one on some polygon
CLOSE = 3.0  # seconds for them where solving decided nothing
BESIDE = 2.0  # the time for answers beside the verdict, in multiples of that for the verdict,
SPARE = 0.25  # or as a share of what is left, whatever is more
UNREACHED = "the time budget is spent"
NAMED = 5  # instances that were not reached, by name


def examine(claim: Claim, deadline: float, *, solver: str | None = None) -> EngineReport:
    """Look at a rate claim at its instances, or at a few small ones if it names none.

    Args:
        claim: the claim.
        deadline: a ``time.monotonic()`` value, of which each instance has its share.
        solver: one of :func:`theoryck.pep.solve.solvers`; without one, it is chosen by size.

    Raises:
        UnknownSolverError: the solver is not installed.
    """
    began = time.monotonic()
    if solver is not None and solver not in (known := solvers()):
        raise UnknownSolverError(f"no solver {solver!r}: installed are {', '.join(sorted(known))}")
    if not isinstance(claim, RateClaim):
        return _silent(f"pep looks at rates, not at claims of kind {claim.kind}")
    chosen = claim.at or sample_instances(claim, SAMPLES)
    if not chosen:
        return _silent("no instance is given in `at`, and no small parameter values were found")
    looked = _looked(claim, chosen, deadline, solver)
    found = _beside(claim, looked, began, deadline, solver)
    report = _summary(claim, tuple(instance for _, instance in found.looked))
    return replace(
        report,
        instances=(*report.instances, *found.further),
        findings=found.findings,
        evidence=found.evidence,
        best_bound=found.best_bound,
        seconds=time.monotonic() - began,
    )


def _beside(
    claim: RateClaim, looked: Looked, began: float, deadline: float, solver: str | None
) -> Beside:
    now = time.monotonic()
    end = min(deadline, now + max(BESIDE * (now - began), SPARE * (deadline - now)))
    try:
        look = partial(_instance, claim, deadline=end, solver=solver)
        return beside(claim, looked, look, end, solver)
    except Exception as error:
        # nothing of it decides the verdict, so a fault there must not cost one either
        said = f"no answers beside the verdict: {type(error).__name__}: {error}"
        return Beside(looked, evidence=(said,))


def _looked(
    claim: RateClaim, chosen: Sequence[Mapping[str, Expr]], deadline: float, solver: str | None
) -> list[tuple[Mapping[str, Expr], Instance]]:
    """What is found at each instance, in its share of the time that is left."""
    looked = []
    for number, at in enumerate(chosen):
        now = time.monotonic()
        if now > deadline:
            instance = undecided(spell_instance(at), UNREACHED)
        else:
            end = now + (deadline - now) / (len(chosen) - number)
            instance = _instance(claim, at, end, solver)
        looked.append((at, instance))
    return looked


def _silent(reason: str) -> EngineReport:
    return EngineReport(engine=NAME, status=Status.INCONCLUSIVE, reason=reason)


def _instance(
    claim: RateClaim, at: Mapping[str, Expr], deadline: float, solver: str | None
) -> Instance:
    """The claim at one instance: simple functions first, which need no solver."""
    nothing = meaningless(claim, at)
    if nothing is not None:
        return undecided(spell_instance(at), nothing)
    for search, seconds in ((explicit_witness, QUICK), (cycle_witness, CYCLES)):
        quick = search(claim, at, min(deadline, time.monotonic() + seconds))
        if quick is not None:
            return refuted_by(quick)
    solved = with_chain(claim, at, deadline, partial(_solved, claim, at, deadline, solver))
    if solved.status is not Status.INCONCLUSIVE:
        return solved
    found = explicit_witness(claim, at, min(deadline, time.monotonic() + CLOSE))
    return solved if found is None else replace(refuted_by(found), worst_case=solved.worst_case)


def _solved(
    claim: RateClaim, at: Mapping[str, Expr], deadline: float, solver: str | None
) -> Instance:
    """The claim at one instance: in rationals, or in balls where a value is irrational."""
    text = spell_instance(at)
    systems: tuple[NumberSystem, ...] = (Rationals(), Balls())
    for numbers in systems:
        try:
            with numbers.scope() if isinstance(numbers, Balls) else nullcontext():
                problems = tuple(branches(claim, at, numbers))
                found = examine_instance(problems, text, deadline, solver)
                if found.status is not Status.INCONCLUSIVE:
                    return found
                return strengthened(problems, at, text, deadline, solver) or found
        except InexactError as error:
            reason = str(error)
        except TheoryckError as error:
            return undecided(text, str(error))
    return undecided(text, reason)


def _summary(claim: RateClaim, instances: tuple[Instance, ...]) -> EngineReport:
    """The lattice over instances: one refutation refutes, a proof needs all of `at`."""
    worst_first = (Status.REFUTED, Status.INCONCLUSIVE, Status.SUPPORTED, Status.PROVED)
    status = min((i.status for i in instances), key=worst_first.index)
    deciding = next(i for i in instances if i.status is status)
    reason = f"{_where(deciding)}: {deciding.reason}" if deciding.at else deciding.reason
    scope = None
    if status is Status.PROVED:
        if claim.at:
            scope = Scope.INSTANCES
            reason = f"exact certificates at {_count(len(instances))} of `at`"
        else:
            status = Status.SUPPORTED
            reason = f"exact certificates at {_count(len(instances))} that theoryck chose"
    unreached = [_where(i) for i in instances if i.reason == UNREACHED]
    if unreached and deciding.reason == UNREACHED:
        reason = UNREACHED
    if unreached:
        more = f" and {len(unreached) - NAMED} more" if len(unreached) > NAMED else ""
        reason += f"; not reached: {'; '.join(unreached[:NAMED])}{more}"
    return EngineReport(
        engine=NAME,
        status=status,
        reason=reason,
        scope=scope,
        tight=is_tight(instances),
        instances=instances,
    )


def _where(instance: Instance) -> str:
    listed = ", ".join(f"{name} = {value}" for name, value in instance.at.items())
    return f"at {listed}" if listed else "at no parameters"


def _count(number: int) -> str:
    return "the instance" if number == 1 else f"all {number} instances"
