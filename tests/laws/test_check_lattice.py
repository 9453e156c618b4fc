"""Laws of the lattice, over all reports that engines could make."""

from __future__ import annotations

from fractions import Fraction
from itertools import permutations

from hypothesis import given, settings
from hypothesis import strategies as st

from theoryck.check.combine import combine
from theoryck.check.records import from_data, plain, to_data
from theoryck.claims.claim import Claim, Parameter
from theoryck.claims.expressions import Number
from theoryck.verdict import EngineReport, Finding, Instance, Scope, Status

EVIDENCE = st.none() | st.just({"kind": "test"})

instances = st.builds(
    Instance,
    at=st.fixed_dictionaries({"N": st.sampled_from(["1", "2", "3", "4/2"])}),
    claimed=st.none() | st.floats(0, 10),
    worst_case=st.none() | st.floats(0, 10),
    status=st.sampled_from(Status),
    reason=st.sampled_from(["", "because"]),
    certificate=EVIDENCE,
    witness=EVIDENCE,
)


def engine_reports(name: str) -> st.SearchStrategy[EngineReport]:
    return st.builds(
        EngineReport,
        engine=st.just(name),
        status=st.sampled_from(Status),
        reason=st.sampled_from(["one", "two\nlines", ""]),
        scope=st.none() | st.sampled_from(Scope),
        tight=st.sampled_from([None, True, False]),
        best_bound=st.sampled_from([None, "1/N"]),
        instances=st.lists(instances, max_size=3).map(tuple),
        findings=st.lists(
            st.builds(Finding, st.sampled_from(["loose", "tight"]), st.just("m")), max_size=2
        ).map(tuple),
        evidence=st.lists(st.text(max_size=3), max_size=2).map(tuple),
        seconds=st.floats(0, 5),
    )


reports = st.tuples(*(st.none() | engine_reports(n) for n in ("derive", "pep", "simulate"))).map(
    lambda chosen: [report for report in chosen if report is not None]
)

claims = st.builds(
    lambda kind, horizons: Claim(
        id="c",
        kind=kind,
        text="",
        source="",
        parameters={"N": Parameter("N", None, True)},
        at=tuple({"N": Number(Fraction(n))} for n in horizons),
        expect=None,
        table={},
    ),
    st.sampled_from(["rate", "complexity", "inequality"]),
    st.lists(st.integers(1, 3), max_size=2),
)


@given(claims, reports)
def test_the_order_of_the_reports_does_not_matter(claim, found):
    verdicts = [combine(claim, order) for order in permutations(found)]
    assert all(verdict == verdicts[0] for verdict in verdicts)


@given(claims, reports)
def test_nothing_is_proved_without_a_proof(claim, found):
    verdict = combine(claim, found)
    if verdict.status is not Status.PROVED:
        assert verdict.scope is None
        return
    assert all(instance.status is not Status.REFUTED for instance in verdict.instances)
    provers = [report for report in found if report.engine != "simulate"]
    if verdict.scope is Scope.ALL_PARAMETERS:
        assert any(r.status is Status.PROVED and r.scope is verdict.scope for r in provers)
        return
    assert claim.at
    proved = [i for r in provers for i in r.instances if i.status is Status.PROVED]
    for at in claim.at:
        assert any(Fraction(i.at["N"]) == at["N"].value for i in proved)


@given(claims, reports)
def test_nothing_is_refuted_without_a_refutation(claim, found):
    verdict = combine(claim, found)
    if verdict.status is Status.REFUTED:
        refuting = [i for r in found for i in r.instances if i.status is Status.REFUTED]
        if claim.kind == "inequality":
            assert refuting or any(r.status is Status.REFUTED for r in found)
        else:
            assert any(instance.witness is not None for instance in refuting)


@given(claims, reports)
def test_a_refuting_witness_is_never_outvoted(claim, found):
    refuting = [i for r in found for i in r.instances if i.status is Status.REFUTED and i.witness]
    if refuting:
        allowed = (Status.REFUTED, Status.INVALID, Status.INCONCLUSIVE)
        verdict = combine(claim, found)
        assert verdict.status in allowed
        if verdict.status is Status.INCONCLUSIVE:
            assert "CONTRADICTION" in verdict.reason


@given(engine_reports("pep"))
def test_a_report_comes_back_from_its_data(report):
    assert from_data(to_data(report)) == report


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)


@given(json_like)
@settings(max_examples=50)
def test_plain_is_idempotent(value):
    assert plain(plain(value)) == plain(value)
