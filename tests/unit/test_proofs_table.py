"""The committed table of proofs/ is what a run gives, and no verdict there is unexpected."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from theoryck.certificates import verify
from theoryck.check.run import Options, Outcome, check_paths, exit_code
from theoryck.report.markdown import markdown
from theoryck.verdict import Status

ROOT = Path(__file__).parents[2]
COMMAND = "theoryck check proofs --table proofs/README.md"
PATIENCE = 180.0  # seconds a claim: the same verdicts as in 60, on a machine with much else to do
LECTURES = {
    "ece826_lecture9",
    "giselsson_sgd",
    "mathematics_of_data_2018_lecture8",
    "mathematics_of_data_2020_lecture9",
    "mit_6881_lecture20",
}


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    """A run with no cache, from the root, as `make proofs` does it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        return check_paths(["proofs"], Options(budget=PATIENCE))


def test_the_committed_table_is_what_a_run_gives(outcome: Outcome) -> None:
    committed = (ROOT / "proofs" / "README.md").read_text(encoding="utf-8")
    assert markdown(outcome, COMMAND) == committed, f"run `{COMMAND}` and commit what it writes"


def test_no_verdict_is_unexpected(outcome: Outcome) -> None:
    # 3: some claims are open, which is no fault of theirs
    assert exit_code(outcome) in (0, 3)


def test_what_refutes_a_rate_is_confirmed_by_exact_arithmetic(outcome: Outcome) -> None:
    """A function, a start and a run. That each false claim is refuted is seen from its `expect`."""
    refuted = [r.verdict for r in outcome.results if r.verdict.status is Status.REFUTED]
    assert len(refuted) > 20
    for verdict in refuted:
        if verdict.kind != "rate":
            continue
        broken = [i for i in verdict.instances if i.status is Status.REFUTED]
        assert broken, verdict.id
        for instance in broken:
            assert instance.witness is not None, verdict.id
            if "claim" in instance.witness:  # a document that can be checked by itself
                assert verify(instance.witness).refutes


def test_no_engine_fails_or_runs_out_of_time(outcome: Outcome) -> None:
    """A verdict that hangs on the clock would differ from machine to machine."""
    for result in outcome.results:
        for name, report in result.verdict.engines.items():
            said = f"{result.verdict.id}, {name}: {report.reason}"
            assert "report it" not in report.reason, said
            assert "time is spent" not in report.reason, said


@pytest.mark.parametrize("lecture", sorted(LECTURES))
def test_every_lecture_has_rates_with_their_slides(lecture: str) -> None:
    file = ROOT / "proofs" / f"{lecture}.toml"
    claims = tomllib.loads(file.read_text(encoding="utf-8"))["claim"]
    rates = [c for c in claims if c.get("kind", "rate") in ("rate", "complexity")]
    assert len(rates) >= 3
    for claim in claims:
        assert "slide" in claim["source"], claim["id"]
