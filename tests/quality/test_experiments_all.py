"""Every experiment is held to what it shows by some test."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.quality.experiments import names

TESTS = "\n".join(
    path.read_text(encoding="utf-8")
    for path in Path(__file__).parent.glob("test_experiments_*.py")
    if path.name != Path(__file__).name
)


def test_the_experiments_that_were_promised_are_there() -> None:
    assert len(names()) >= 12


@pytest.mark.parametrize("name", names())
def test_some_test_runs_the_experiment(name: str) -> None:
    assert f'"{name}"' in TESTS
