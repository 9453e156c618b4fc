"""False claims fall to runs with noise, and true ones stand, whatever the seed."""

from __future__ import annotations

import json
import time
import tomllib
from pathlib import Path
from typing import Any

import pytest

from theoryck.assumptions import ASSUMPTIONS
from theoryck.check.combine import combine
from theoryck.check.documents import verify_document
from theoryck.claims.reading import read_claim
from theoryck.methods import METHODS
from theoryck.simulate import examine
from theoryck.simulate.engine import search
from theoryck.simulate.engine.sampled import ERROR
from theoryck.verdict import EngineReport, Status

FOLDER = Path(__file__).parent / "claims"


def tables(name: str) -> list[Any]:
    claims = tomllib.loads((FOLDER / f"simulate_{name}.toml").read_text(encoding="utf-8"))["claim"]
    return [pytest.param(table, id=table["id"]) for table in claims]


def report(table: dict[str, Any], seed: int = 0) -> EngineReport:
    return examine(read_claim(table), time.monotonic() + 60, seed)


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fewer problems than usual, for the time that the tests take."""
    monkeypatch.setattr(search, "MAX_CANDIDATES", 16)
    monkeypatch.setattr(search, "MAX_RANDOMISED", 6)


@pytest.mark.parametrize("table", tables("false"))
def test_a_false_claim_falls(table: dict[str, Any]) -> None:
    found = report(table)
    assert found.status is Status.REFUTED, found.reason
    assert combine(read_claim(table), [found]).status is Status.REFUTED
    witness = json.loads(json.dumps(found.instances[-1].witness, allow_nan=False))
    assert witness["kind"] == "sample"
    assert witness["error"] <= ERROR / 4
    established = verify_document(witness, METHODS, ASSUMPTIONS)
    assert established.refutes
    assert "probability of error" in established.lines[0]


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("table", tables("true"))
def test_a_true_claim_stands(table: dict[str, Any], seed: int) -> None:
    found = report(table, seed)
    assert found.status is not Status.REFUTED, found.reason


def test_all_trials_of_all_instances_share_the_error() -> None:
    table = next(p.values[0] for p in tables("false") if p.id == "sgd-noise-ball-halved")
    at = table["at"][0]
    three = report(table | {"at": [at, at | {"N": 41}, at | {"N": 42}]})
    witness = three.instances[-1].witness
    assert witness is not None
    assert witness["error"] == pytest.approx(ERROR / (3 * search.MAX_TRIALS))
