"""Claims with what derive must make of them, one file an area."""

from __future__ import annotations

import time
import tomllib
from pathlib import Path

import pytest

from theoryck.claims.reading import read_claim
from theoryck.derive import prove
from theoryck.verdict import EngineReport, Scope, Status

FOLDER = Path(__file__).parent / "claims"
SECONDS = 60.0  # far more than a quiet machine needs, so that a busy one proves the same


def tables(area: str) -> list[pytest.ParameterSet]:
    """The claims of ``claims/<area>.toml``, each with its id: all that are true, and every second

    near miss, whose searches are the long ones; ``benchmarks/derivations.py`` looks at all.
    """
    claims = tomllib.loads((FOLDER / f"{area}.toml").read_text(encoding="utf-8"))["claim"]
    near_misses = [table for table in claims if table.get("expect") != "proved"]
    kept = [table for table in claims if table not in near_misses] + near_misses[::2]
    return [pytest.param(table, id=table["id"]) for table in kept]


def examined(table: dict[str, object]) -> EngineReport:
    """What derive proves of one of them; what would be true instead is tested elsewhere."""
    claim = read_claim({key: value for key, value in table.items() if key != "expect"})
    return prove(claim, time.monotonic() + SECONDS)


def check(table: dict[str, object]) -> None:
    """A claim that expects "proved" is proved for all parameters, every other one is not."""
    report = examined(table)
    if table.get("expect") == "proved":
        assert report.status is Status.PROVED, report.reason
        assert report.scope is Scope.ALL_PARAMETERS
        assert report.evidence
        return
    assert report.status is not Status.PROVED, report.evidence
    if table.get("expect") == "refuted":
        assert report.status is Status.REFUTED, report.reason
