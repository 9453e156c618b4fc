"""Refutations by samples come from strangers too: every lie in one is found."""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from theoryck.assumptions import ASSUMPTIONS
from theoryck.certificates import CertificateError
from theoryck.check.combine import combine
from theoryck.check.recheck import still_holds
from theoryck.claims.reading import read_claim
from theoryck.cli import cli
from theoryck.errors import TheoryckError
from theoryck.methods import METHODS
from theoryck.simulate import examine
from theoryck.simulate.engine.classes import Candidate
from theoryck.simulate.engine.described import candidate_data, read_candidate
from theoryck.simulate.engine.sample_documents import verify_sample
from theoryck.simulate.errors import SimulationError
from theoryck.simulate.noise import Sampling
from theoryck.simulate.problems.quadratic import ShiftedQuadratics
from theoryck.verdict import EngineReport, Status

TABLE: dict[str, Any] = {
    "id": "sgd-variance-dropped",
    "parameters": {
        "L": "L > 0",
        "Delta": "Delta > 0",
        "sigma": "sigma > 0",
        "N": "integer, N >= 1",
    },
    "method": "sgd(step=1/(L*sqrt(N)))",
    "assumptions": ["smooth(L)", "unbiased", "bounded_variance(sigma)"],
    "initial": "f(x[0]) - f_star <= Delta",
    "measure": "mean_over(k, 0, N - 1, E(norm(grad(x[k]))**2))",
    "bound": "2*L*Delta/sqrt(N)",
    "at": [{"L": 1, "Delta": "1/100", "sigma": 1, "N": 30}],
}


@pytest.fixture(scope="module")
def report() -> EngineReport:
    return examine(read_claim(TABLE), time.monotonic() + 120)


@pytest.fixture(scope="module")
def document(report: EngineReport) -> dict[str, Any]:
    return json.loads(json.dumps(report.instances[0].witness, allow_nan=False))


def verified(document: dict[str, Any], seed: int = 7) -> Any:
    return verify_sample(document, methods=METHODS, assumptions=ASSUMPTIONS, seed=seed)


def test_a_document_is_verified_by_new_runs(document: dict[str, Any]) -> None:
    established = verified(document)
    assert established.refutes
    assert established.claim_id == TABLE["id"]
    assert "(seed 7)" in established.lines[1]
    other = verified(document, seed=8)
    assert other.lines[0] == established.lines[0]
    assert other.lines[1] != established.lines[1]


def changed(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(document: dict[str, Any]) -> None:
        *outer, last = path.split(".")
        for key in outer:
            document = document[key]
        document[last] = value

    return change


LIES = {
    "a bound that holds": (changed("claim.bound", "2*L*Delta + sigma**2"), "only, against"),
    "another instance": (changed("at.Delta", "100"), "only, against|not established"),
    "a louder noise": (changed("noise.sigma", "3"), "not established"),
    "a steeper function": (changed("problem.spectrum", ["3/2"]), "not established"),
    "a start too far": (changed("start", ["2"]), "not established"),
    "a lower bound made up": (changed("lower", 0.9), "lower: stated is 0.9"),
    "a bound made up": (changed("bound", 1e-9), "bound: stated is 1e-09"),
    "other seeds": (changed("seeds", ["5", "6"]), "stated is"),
    "one seed twice": (changed("seeds", ["5", "5"]), "different"),
    "seeds in words": (changed("seeds", ["five", "6"]), "whole numbers"),
    "endless seeds": (changed("seeds", ["1" * 5000, "6"]), "whole numbers"),
    "an error of a tenth": (changed("error", 0.1), "at most 1e-06"),
    "no error": (changed("error", 0), "at most 1e-06"),
    "an error that is none": (changed("error", float("nan")), "finite number"),
    "more runs than memory": (changed("runs", 10**9), "up to 400000"),
    "half a run": (changed("runs", 0.5), "whole number"),
    "true runs": (changed("runs", True), "whole number"),
    "other runs": (changed("runs", 400), "stated is"),
    "endless steps": (changed("at.N", "90000"), "samples are of at most 5000"),
    "two coordinates": (changed("start", ["1/10", "0"]), "coordinates expected"),
    "a start of NaN": (changed("start", ["nan"]), "rational number"),
    "a huge exponent": (changed("start", ["1e999999999"]), "rational number"),
    "an unknown family": (changed("problem.family", "least squares"), "a family expected"),
    "a missing key": (changed("problem", {"family": "quadratic"}), "keys"),
    "an endless problem": (changed("problem.spectrum", ["1"] * 5000), "at most 1000"),
    "unknown noise": (changed("noise.kind", "rabbit"), "no noise is of kind"),
    "no noise": (changed("noise", None), "a table expected"),
    "no claim": (changed("claim", None), "tables expected"),
    "an order": (changed("claim.bound", "O(Delta)"), "hides a constant"),
    "no noise in the claim": (changed("claim.assumptions", ["smooth(L)"]), "nothing of the noise"),
    "another format": (changed("format", 2), "format 1"),
}  # fmt: skip


@pytest.mark.parametrize("name", LIES)
def test_a_lie_is_found(name: str, document: dict[str, Any]) -> None:
    lie = copy.deepcopy(document)
    change, words = LIES[name]
    change(lie)
    with pytest.raises(TheoryckError, match=words):
        verified(lie)


def test_other_kinds_of_claims_are_no_matter_of_samples(document: dict[str, Any]) -> None:
    identity = {"id": "i", "kind": "identity", "parameters": {}, "lhs": "1", "rhs": "1"}
    with pytest.raises(TheoryckError, match="kind identity"):
        verified(document | {"claim": identity, "at": {}})


def test_sampling_brings_the_variance_of_its_problem(document: dict[str, Any]) -> None:
    problem = ShiftedQuadratics(Fraction(1), 4, Fraction(1, 2))
    honest = candidate_data(Candidate(problem, Sampling(4, problem.variance()), (Fraction(1, 10),)))
    assert honest is not None
    noise = honest["noise"]
    assert read_candidate(honest).noise == Sampling(4, problem.variance())
    for lie in ({"spread": "0"}, {"interpolates": True}, {"growth": "1"}, {"count": 5}):
        with pytest.raises(SimulationError, match="not those of the problem"):
            read_candidate(honest | {"noise": {**noise, **lie}})


def test_seeds_that_were_searched_for_do_not_help(
    document: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    import theoryck.simulate.engine.sample_documents as module

    real = module.sample

    def searched(trial: Any, seed: int, *change: Any) -> Any:
        seen = real(trial, seed, *change)
        known = {int(s) for s in document["seeds"]}
        return seen if seed in known else module.replace(seen, lower=seen.bound)

    monkeypatch.setattr(module, "sample", searched)
    with pytest.raises(CertificateError, match="a fresh sample"):
        verified(document)


def test_the_report_of_samples_is_checked_again(report: EngineReport) -> None:
    assert still_holds(read_claim(TABLE), report)
    other = read_claim(TABLE | {"bound": "L*Delta/sqrt(N)"})
    assert not still_holds(other, report)


@pytest.mark.parametrize("error", [1e-5, 0.0, -1.0, "1e-9", None, float("nan"), True])
def test_samples_without_a_small_error_refute_nothing(report: EngineReport, error: Any) -> None:
    instance = report.instances[0]
    assert instance.witness is not None
    bold = replace(instance, witness={**instance.witness, "error": error})
    verdict = combine(read_claim(TABLE), [replace(report, instances=(bold,))])
    assert verdict.status is Status.INCONCLUSIVE
    assert combine(read_claim(TABLE), [report]).status is Status.REFUTED


def test_the_command_verifies_a_file(tmp_path: Path, document: dict[str, Any]) -> None:
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_text(json.dumps(document), encoding="utf-8")
    bad.write_text(json.dumps(document | {"lower": 0.9}), encoding="utf-8")
    run = CliRunner()
    said = run.invoke(cli, ["verify", str(good)])
    assert said.exit_code == 0, said.output
    assert "but for a probability of error" in said.output
    assert "fresh sample" in said.output
    said = run.invoke(cli, ["verify", str(bad)])
    assert said.exit_code == 1
    assert "does not hold" in said.output
