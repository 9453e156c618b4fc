"""From what the engines found to one verdict: the lattice of the claim format, as pure functions.

What a status may rest on is decided here and nowhere else, so an engine that claims too much
(a simulation that "proves", a refutation without a witness) is corrected here, loudly.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from theoryck.check.documents import SAMPLE
from theoryck.check.engines import NAMES
from theoryck.check.instances import Key, merge, summary, wanted
from theoryck.claims.claim import Claim
from theoryck.verdict import EngineReport, Finding, Instance, Scope, Status, Verdict

PROVERS = frozenset({"derive", "pep"})
FUNCTION_KINDS = frozenset({"rate", "complexity"})  # refuted by a function, so by a witness
INSTANCE_ORDER = ("pep", "derive", "simulate")
FORMULA_ORDER = ("derive", "pep", "simulate")

MOST_ERROR = 1e-6  # of a refutation by samples
BUG = "this is a fault of theoryck, please report it"


Gathered = tuple[tuple[Key, tuple[Instance, ...]], ...]


@dataclass(frozen=True)
class Answer:
    """A status with what it covers and why."""

    status: Status
    reason: str
    scope: Scope | None = None


def combine(
    claim: Claim,
    reports: Iterable[EngineReport],
    findings: Iterable[Finding] = (),
    seconds: float = 0.0,
) -> Verdict:
    """The verdict that the engines' reports carry together; their order does not matter.

    * A claim that an engine finds meaningless at some parameters is ``invalid``.
    * A claim that fails at one choice of parameters is ``refuted``.
    * A derivation for all parameters makes it ``proved``; so do exact certificates, with the scope
      ``instances``, if *every* choice in ``at`` has one. With no ``at`` only the first counts.
    * A proof and a refutation of the same thing cannot both be right: the verdict is
      ``inconclusive`` and says so.
    * Otherwise it is ``supported`` if any engine's numbers agree, else ``inconclusive``.

    Args:
        claim: what was checked.
        reports: at most one an engine.
        findings: noticed outside the engines (dimensions).
        seconds: the time that the whole check took.
    """
    admitted = [admit(claim, report) for report in reports]
    by_name = {report.engine: report for report in _ordered(admitted, NAMES)}
    gathered = merge(report.instances for report in _ordered(admitted, INSTANCE_ORDER))
    answer = _decide(claim, tuple(by_name.values()), gathered)
    sure = answer.status in (Status.PROVED, Status.SUPPORTED)
    return Verdict(
        id=claim.id,
        kind=claim.kind,
        status=answer.status,
        reason=" ".join(answer.reason.split()),
        scope=answer.scope,
        tight=_tight(by_name.values()) if sure else None,
        best_bound=_best_bound(claim, answer, admitted),
        instances=tuple(summary(same) for _, same in gathered),
        findings=_findings(answer, [tuple(findings), *(r.findings for r in by_name.values())]),
        engines=by_name,
        expect=claim.expect,
        seconds=seconds,
    )


def admit(claim: Claim, report: EngineReport) -> EngineReport:
    """The report less whatever its engine had no right to say.

    Only derive and pep prove; an instance is proved by a certificate, or by a derivation; a claim
    about a class of functions is refuted by a witness, which states an error of at most 1e-6 where
    it rests on samples.
    """
    instances = tuple(_admit_instance(claim, report, instance) for instance in report.instances)
    refuted = any(instance.status is Status.REFUTED for instance in instances)
    needs_witness = claim.kind in FUNCTION_KINDS
    if report.status is Status.PROVED and report.engine not in PROVERS:
        return _lower(report, instances, Status.SUPPORTED, "may not prove")
    if report.status is Status.REFUTED and needs_witness and not refuted:
        return _lower(report, instances, Status.INCONCLUSIVE, "gave no witness of its refutation")
    return replace(report, instances=instances)


def _lower(
    report: EngineReport, instances: tuple[Instance, ...], status: Status, why: str
) -> EngineReport:
    reason = f"{report.engine} said {report.status} but {why} ({BUG}): {report.reason}"
    return replace(report, status=status, scope=None, instances=instances, reason=reason)


def _admit_instance(claim: Claim, report: EngineReport, instance: Instance) -> Instance:
    match instance.status:
        case Status.PROVED if report.engine not in PROVERS or (
            report.engine == "pep" and instance.certificate is None
        ):
            why = f"{report.engine} gave no certificate ({BUG})"
            return replace(instance, status=Status.SUPPORTED, reason=why)
        case Status.REFUTED if claim.kind in FUNCTION_KINDS and instance.witness is None:
            why = f"{report.engine} gave no witness ({BUG})"
            return replace(instance, status=Status.INCONCLUSIVE, reason=why)
        case Status.REFUTED if not _sure(instance):
            why = (
                f"{report.engine} refutes by samples without an error of at most {MOST_ERROR:g} "
                f"({BUG}): {instance.reason}"
            )
            return replace(instance, status=Status.INCONCLUSIVE, reason=why)
        case _:
            return instance


def _sure(instance: Instance) -> bool:
    """Whether a refutation by samples says how sure it is, and is sure enough."""
    witness = instance.witness
    if witness is None or witness.get("kind") != SAMPLE:
        return True
    error = witness.get("error")
    return isinstance(error, float) and 0 < error <= MOST_ERROR


def _ordered(reports: Iterable[EngineReport], order: tuple[str, ...]) -> list[EngineReport]:
    def rank(report: EngineReport) -> tuple[int, str]:
        known = report.engine in order
        return (order.index(report.engine) if known else len(order), report.engine)

    return sorted(reports, key=rank)


def _decide(
    claim: Claim,
    reports: tuple[EngineReport, ...],
    gathered: Gathered,
) -> Answer:
    if not reports:
        return Answer(
            Status.INCONCLUSIVE, f"no engine that was asked has rules for the kind {claim.kind!r}"
        )
    proof = next((r for r in reports if _proves_all(r)), None)
    refutation = next((r for r in reports if _refutes(r)), None)
    contradiction = _contradiction(proof, refutation, gathered)
    if contradiction:
        return Answer(Status.INCONCLUSIVE, contradiction)
    invalid = next((r for r in reports if r.status is Status.INVALID), None)
    if invalid:
        return Answer(Status.INVALID, invalid.reason)
    if refutation:
        return Answer(Status.REFUTED, _why_refuted(refutation))
    if proof:
        return Answer(Status.PROVED, proof.reason, Scope.ALL_PARAMETERS)
    proved = {key for key, same in gathered if any(i.status is Status.PROVED for i in same)}
    asked = wanted(claim)
    if asked and all(key in proved for key in asked):
        return Answer(
            Status.PROVED, _why_proved_there(set(asked), gathered, reports), Scope.INSTANCES
        )
    return _unproved(reports, proved, asked)


def _proves_all(report: EngineReport) -> bool:
    return report.status is Status.PROVED and report.scope is Scope.ALL_PARAMETERS


def _refutes(report: EngineReport) -> bool:
    return report.status is Status.REFUTED or any(
        instance.status is Status.REFUTED for instance in report.instances
    )


def _contradiction(
    proof: EngineReport | None,
    refutation: EngineReport | None,
    gathered: Gathered,
) -> str | None:
    """Why the reports cannot all be right, or None."""
    if proof and refutation:
        return (
            f"CONTRADICTION: {proof.engine} proves the claim for all parameters and "
            f"{refutation.engine} refutes it; {BUG}, with the claim"
        )
    for _, same in gathered:
        if {Status.PROVED, Status.REFUTED} <= {instance.status for instance in same}:
            return (
                f"CONTRADICTION: at {describe(same[0].at)} the claim is proved and refuted; "
                f"{BUG}, with the claim"
            )
    return None


def _why_refuted(report: EngineReport) -> str:
    if report.status is Status.REFUTED:
        return report.reason
    instance = next(i for i in report.instances if i.status is Status.REFUTED)
    return instance.reason or f"{report.engine} refutes it at {describe(instance.at)}"


def _why_proved_there(
    asked: set[Key], gathered: Gathered, reports: tuple[EngineReport, ...]
) -> str:
    where = "the one instance" if len(asked) == 1 else f"all {len(asked)} instances"
    certified = all(
        any(i.certificate is not None for i in same) for key, same in gathered if key in asked
    )
    how = ", each with an exact certificate that was checked" if certified else ""
    provers = [r.engine for r in reports if any(i.status is Status.PROVED for i in r.instances)]
    return f"proved at {where} in `at`{how} ({', '.join(provers)})"


def _unproved(
    reports: tuple[EngineReport, ...], proved: set[Key], asked: tuple[Key, ...]
) -> Answer:
    agreeing = [r for r in reports if r.status in (Status.SUPPORTED, Status.PROVED)]
    # numbers that agree do not outweigh a worst case that an exact optimum puts above the bound
    above = [r for r in reports if any(_exceeds(instance) for instance in r.instances)]
    status = Status.SUPPORTED if agreeing and not above else Status.INCONCLUSIVE
    speaking = above or agreeing or list(reports)
    parts = [f"{report.engine}: {report.reason}" for report in speaking]
    if proved and asked:
        missing = sum(key not in proved for key in set(asked))
        parts.insert(0, f"not proved at {missing} of the {len(set(asked))} instances in `at`")
    elif proved:
        where = "one instance" if len(proved) == 1 else f"{len(proved)} instances"
        parts.insert(0, f"proved at {where}, but not for all parameters, and the claim has no `at`")
    return Answer(status, "; ".join(parts))


def _exceeds(instance: Instance) -> bool:
    claimed, worst = instance.claimed, instance.worst_case
    return claimed is not None and worst is not None and worst > claimed * (1 + 1e-6)


def _tight(reports: Iterable[EngineReport]) -> bool | None:
    """Whether the bound is the worst case; None if nobody knows or two engines disagree."""
    said = {report.tight for report in reports if report.tight is not None}
    return said.pop() if len(said) == 1 else None


def _best_bound(claim: Claim, answer: Answer, reports: Iterable[EngineReport]) -> str | None:
    """The best bound known: what a proof gave, or the claim's own if that is proved; else what
    was proved instead of it. A bound for all parameters goes before one for instances."""
    ordered = _ordered(reports, FORMULA_ORDER)
    if answer.status is Status.PROVED:
        ordered = [report for report in ordered if report.scope is answer.scope]
    found = next((report.best_bound for report in ordered if report.best_bound is not None), None)
    if found is None and answer.status is Status.PROVED:
        bound = claim.table.get("bound")
        return None if bound is None else str(bound)
    return found


def _findings(answer: Answer, groups: Iterable[tuple[Finding, ...]]) -> tuple[Finding, ...]:
    """Everything noticed, once each; what is proved needs no suggestion how to make it true."""
    proved = answer.status is Status.PROVED
    found = dict.fromkeys(finding for group in groups for finding in group)
    return tuple(f for f in found if not (proved and f.code == "suggestion"))


def describe(at: object) -> str:
    """A choice of parameters for people: ``L = 1, N = 3``.

    >>> describe({"L": "1", "N": "3"})
    'L = 1, N = 3'
    """
    items = at.items() if hasattr(at, "items") else ()
    return ", ".join(f"{name} = {value}" for name, value in items) or "no parameters"


__all__ = ["Answer", "admit", "combine", "describe"]
