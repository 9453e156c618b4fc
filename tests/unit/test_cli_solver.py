"""The choice of a solver, from the command line down to the program that it solves."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import theoryck
from theoryck.check.cache import ReportCache
from theoryck.check.engines import ENGINES, UnknownEngineError, select, with_solver
from theoryck.check.workers import Job
from theoryck.claims.reading import read_claim
from theoryck.cli import cli
from theoryck.pep import examine
from theoryck.pep.solve import UnknownSolverError, solvers
from theoryck.verdict import Status

CLAIM = """
format = 1

[[claim]]
id = "gd"
parameters = { L = "L > 0", R = "R > 0" }
method = "gradient_descent(step=1/L)"
assumptions = ["convex", "smooth(L)"]
initial = "norm(x[0] - x_star)**2 <= R**2"
measure = "f(x[1]) - f_star"
bound = "L*R**2/5"
at = [{ L = 1, R = 1 }]
"""
TABLE = {
    "id": "gd",
    "parameters": {"L": "L > 0", "R": "R > 0"},
    "method": "gradient_descent(step=1/L)",
    "assumptions": ["convex", "smooth(L)"],
    "initial": "norm(x[0] - x_star)**2 <= R**2",
    "measure": "f(x[1]) - f_star",
    "bound": "L*R**2/5",
    "at": [{"L": 1, "R": 1}],
}


def run(tmp_path: Path, *options: str) -> Any:
    file = tmp_path / "claims.toml"
    file.write_text(CLAIM, encoding="utf-8")
    arguments = ["check", str(file), "--no-cache", "--json", "-", *options]
    return CliRunner().invoke(cli, arguments)


@pytest.mark.parametrize("solver", ["schur", "clarabel"])
def test_any_installed_solver_may_be_asked_for(solver: str, tmp_path: Path) -> None:
    result = run(tmp_path, "--engine", "pep", "--solver", solver)
    assert result.exit_code == 0, result.output
    (claim,) = json.loads(result.stdout)["results"]
    assert claim["status"] == "proved"


def test_a_solver_that_is_not_there_is_an_error_that_lists_those_that_are(tmp_path: Path) -> None:
    result = run(tmp_path, "--solver", "clarabell")
    assert result.exit_code == 2
    said = " ".join(result.stderr.replace("│", " ").split())
    assert "no solver 'clarabell'" in said
    assert "did you mean 'clarabel'?" in said
    assert all(name in said for name in solvers())


def test_a_solver_for_engines_that_have_none_is_an_error(tmp_path: Path) -> None:
    result = run(tmp_path, "--engine", "derive", "--solver", "clarabel")
    assert result.exit_code == 2
    assert "not among the engines" in " ".join(result.stderr.split())


def test_it_reaches_the_solver(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every program, those of the answers beside the verdict too."""
    import theoryck.pep.solve as solve

    asked: list[str] = []
    real = solve._named

    def named(name: str) -> Any:
        asked.append(name)
        return real(name)

    monkeypatch.setattr(solve, "_named", named)
    for bound in ("L*R**2/5", "L*R**2/7"):
        claim = read_claim(TABLE | {"bound": bound})
        examine(claim, time.monotonic() + 60, solver="clarabel")
    assert asked
    assert set(asked) == {"clarabel"}


def test_from_python_too() -> None:
    verdict = theoryck.check(TABLE, engines=["pep"], solver="clarabel")
    assert verdict.status is Status.PROVED
    with pytest.raises(UnknownSolverError, match=r"installed are .*clarabel"):
        theoryck.check(TABLE, engines=["pep"], solver="none")
    with pytest.raises(UnknownSolverError, match=r"installed are .*clarabel"):
        examine(read_claim(TABLE), time.monotonic() + 60, solver="none")


def test_only_pep_is_told() -> None:
    assert [e.options for e in with_solver(ENGINES, "schur")] == [(), (("solver", "schur"),), ()]
    with pytest.raises(UnknownEngineError):
        with_solver(select(["simulate"]), "schur")


def test_reports_of_different_solvers_are_kept_apart(tmp_path: Path) -> None:
    cache = ReportCache(tmp_path, 60.0)
    (pep,) = select(["pep"])
    job = Job(read_claim(TABLE), None, (pep,))
    paths = {cache._path(job, e) for s in ("schur", "clarabel") for e in with_solver([pep], s)}
    assert len(paths | {cache._path(job, pep)}) == 3
