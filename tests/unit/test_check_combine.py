"""The lattice of verdicts, case by case."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from theoryck.check.combine import combine
from theoryck.claims.claim import Claim, Parameter
from theoryck.claims.expressions import Number
from theoryck.verdict import EngineReport, Finding, Instance, Scope, Status

P, R, S, I, X = (  # noqa: E741 - the five statuses, as the tables below write them
    Status.PROVED,
    Status.REFUTED,
    Status.SUPPORTED,
    Status.INCONCLUSIVE,
    Status.INVALID,
)


def claim(*horizons: int, kind: str = "rate", expect: Status | None = None) -> Claim:
    return Claim(
        id="c",
        kind=kind,
        text="",
        source="",
        parameters={"N": Parameter("N", None, True)},
        at=tuple({"N": Number(Fraction(n))} for n in horizons),
        expect=expect,
        table={"id": "c"},
    )


def at(n: int | str, status: Status, **more) -> Instance:
    evidence = {P: {"certificate": {"kind": "test"}}, R: {"witness": {"kind": "test"}}}
    fields = {"claimed": 1.0, "worst_case": 0.5} | evidence.get(status, {}) | more
    return Instance(at={"N": str(n)}, status=status, **fields)


def report(engine: str, status: Status, *instances: Instance, **more) -> EngineReport:
    reason = more.pop("reason", f"{engine} says {status}")
    return EngineReport(engine, status, reason, instances=instances, **more)


EVERYWHERE = {"scope": Scope.ALL_PARAMETERS}
HERE = {"scope": Scope.INSTANCES}

CASES = {
    "a derivation proves everywhere": (
        claim(),
        [report("derive", P, **EVERYWHERE), report("pep", I)],
        (P, Scope.ALL_PARAMETERS),
    ),
    "a derivation goes before instances": (
        claim(1),
        [report("derive", P, **EVERYWHERE), report("pep", P, at(1, P), **HERE)],
        (P, Scope.ALL_PARAMETERS),
    ),
    "certificates at every instance prove there": (
        claim(1, 2),
        [report("derive", I), report("pep", P, at(1, P), at(2, P), **HERE)],
        (P, Scope.INSTANCES),
    ),
    "two engines prove an instance each": (
        claim(1, 2),
        [report("derive", S, at(2, P)), report("pep", S, at(1, P))],
        (P, Scope.INSTANCES),
    ),
    "one instance short is only supported": (
        claim(1, 2),
        [report("pep", S, at(1, P), at(2, S))],
        (S, None),
    ),
    "an instance that nobody looked at is not proved": (
        claim(1, 2),
        [report("pep", P, at(1, P), **HERE)],
        (S, None),
    ),
    "with no `at` instances do not count": (
        claim(),
        [report("pep", P, at(1, P), **HERE)],
        (S, None),
    ),
    "the same number in another spelling": (
        claim(3),
        [report("pep", P, at("6/2", P), **HERE)],
        (P, Scope.INSTANCES),
    ),
    "one refuted instance refutes": (
        claim(1, 2),
        [report("pep", R, at(1, P), at(2, R))],
        (R, None),
    ),
    "a refutation elsewhere goes before proved instances": (
        claim(1),
        [report("pep", P, at(1, P), **HERE), report("simulate", R, at(7, R))],
        (R, None),
    ),
    "an engine that forgets that it refuted an instance": (
        claim(1),
        [report("pep", I, at(1, R))],
        (R, None),
    ),
    "numbers support": (claim(1), [report("pep", I), report("simulate", S)], (S, None)),
    "a worst case above the bound outweighs runs below it": (
        claim(1),
        [
            report("pep", I, replace(at(1, I), claimed=1.0, worst_case=1.5)),
            report("simulate", S, at(1, S)),
        ],
        (I, None),
    ),
    "a proof at one instance does not support another": (
        claim(1, 2),
        [report("pep", I, at(1, P), at(2, I))],
        (I, None),
    ),
    "nothing known": (claim(1), [report("pep", I), report("simulate", I)], (I, None)),
    "an engine finds it meaningless": (
        claim(1),
        [report("pep", X), report("simulate", S)],
        (X, None),
    ),
    "nobody can look": (claim(1), [], (I, None)),
    "a proof that does not say what it covers": (claim(1), [report("derive", P)], (S, None)),
}


@pytest.mark.parametrize("case", CASES)
def test_lattice(case):
    subject, reports, (status, scope) = CASES[case]
    verdict = combine(subject, reports)
    assert (verdict.status, verdict.scope) == (status, scope), verdict.reason
    assert verdict.reason
    assert "\n" not in verdict.reason


def test_a_simulation_never_proves():
    for scope in Scope:
        verdict = combine(claim(1), [report("simulate", P, at(1, P), scope=scope)])
        assert verdict.status is S
        assert verdict.instances[0].status is S
        assert "may not prove" in verdict.engines["simulate"].reason


def test_pep_proves_no_instance_without_a_certificate():
    verdict = combine(claim(1), [report("pep", P, at(1, P, certificate=None), **HERE)])
    assert verdict.status is S
    assert "no certificate" in verdict.instances[0].reason


def test_a_refutation_of_a_rate_needs_a_witness():
    for bare in (report("pep", R), report("pep", R, at(1, R, witness=None))):
        verdict = combine(claim(1), [bare])
        assert verdict.status is I
        assert "no witness" in verdict.reason
    assert combine(claim(1), [report("pep", I, at(1, R, witness=None))]).status is I


def test_a_scalar_claim_is_refuted_by_its_values():
    assert combine(claim(kind="inequality"), [report("derive", R)]).status is R


@pytest.mark.parametrize(
    "reports",
    [
        [report("derive", P, **EVERYWHERE), report("pep", R, at(1, R))],
        [report("derive", P, **EVERYWHERE), report("simulate", I, at(5, R))],
        [report("derive", S, at(1, P)), report("pep", R, at(1, R))],
    ],
)
def test_a_contradiction_is_loud_and_decides_nothing(reports):
    verdict = combine(claim(1), reports)
    assert verdict.status is I
    assert verdict.scope is None
    assert verdict.reason.startswith("CONTRADICTION")
    assert "report" in verdict.reason
    assert any(instance.status is R for instance in verdict.instances)


def test_reasons_name_the_engine_or_the_kind():
    assert "'rate'" in combine(claim(), []).reason
    assert combine(claim(), [report("pep", I, reason="no\n time")]).reason == "pep: no time"
    assert "1 of the 2" in combine(claim(1, 2), [report("pep", S, at(1, P), at(2, S))]).reason
    assert "all 2 instances" in combine(claim(1, 2), [report("pep", P, at(1, P), at(2, P))]).reason


def test_instances_of_engines_are_merged_with_those_of_pep_first():
    verdict = combine(
        claim(1, 2),
        [
            report("simulate", S, at(9, S), at(1, S, worst_case=0.1)),
            report("pep", S, at(1, P, worst_case=0.5), at(2, I, worst_case=None, claimed=None)),
            report("derive", I, at("4/2", S, worst_case=0.25)),
        ],
    )
    assert [i.at["N"] for i in verdict.instances] == ["1", "2", "9"]
    first, second, _ = verdict.instances
    assert (first.status, first.worst_case, first.certificate) == (P, 0.5, {"kind": "test"})
    assert (second.status, second.worst_case) == (S, 0.25)


def test_tight_and_best_bound_and_findings():
    loose = Finding("loose", "2 times")
    verdict = combine(
        claim(1),
        [
            report("pep", S, tight=True, best_bound="1/N", findings=(loose,)),
            report("derive", S, best_bound="2/N", findings=(loose,)),
        ],
        findings=[Finding("dimension-mismatch", "m")],
    )
    assert verdict.tight is True
    assert verdict.best_bound == "2/N"
    assert [f.code for f in verdict.findings] == ["dimension-mismatch", "loose"]
    other = [report("pep", S, tight=True), report("derive", S, tight=False)]
    assert combine(claim(), other).tight is None
    assert combine(claim(), [report("pep", R, at(1, R), tight=True)]).tight is None


def test_the_best_bound_of_a_proved_claim_is_no_worse_than_its_own():
    subject = replace(claim(1), table={"id": "c", "bound": "1/N"})
    weaker = report("derive", I, best_bound="2/N")
    proved = [weaker, report("pep", P, at(1, P), **HERE)]
    assert combine(subject, proved).best_bound == "1/N"
    assert combine(subject, [weaker, report("pep", I)]).best_bound == "2/N"
    better = report("derive", P, best_bound="1/(2*N)", **EVERYWHERE)
    assert combine(subject, [better, proved[1]]).best_bound == "1/(2*N)"


def test_what_is_proved_needs_no_suggestion():
    hint = Finding("suggestion", "try 2/N")
    for status, kept in ((I, True), (P, False)):
        verdict = combine(
            claim(1), [report("derive", I, findings=(hint,)), report("pep", status, at(1, status))]
        )
        assert (hint in verdict.findings) is kept
