"""Exit codes, routing, budgets, the in-process check, claim files."""

from __future__ import annotations

import time
from pathlib import Path
from types import ModuleType

import pytest

import theoryck
from theoryck.check.engines import ENGINES, Engine, UnknownEngineError, ask, route, select
from theoryck.check.files import Problem, find
from theoryck.check.run import Outcome, Result, default_jobs, exit_code
from theoryck.claims.reading import read_claim
from theoryck.errors import ClaimError
from theoryck.verdict import EngineReport, Status, Verdict

IDENTITY = {"id": "c", "kind": "identity", "parameters": {}, "lhs": "1", "rhs": "1"}


def outcome(*pairs: tuple[str, str | None], problems: int = 0) -> Outcome:
    results = (
        Result("f", Verdict("c", "rate", Status(s), "r", expect=e and Status(e))) for s, e in pairs
    )
    return Outcome(tuple(results), tuple(Problem("f", "m") for _ in range(problems)))


@pytest.mark.parametrize(
    ("found", "code"),
    [
        (outcome(), 0),
        (outcome(("proved", None), ("supported", None)), 0),
        (outcome(("refuted", "refuted")), 0),
        (outcome(("inconclusive", "inconclusive")), 0),
        (outcome(("invalid", "invalid")), 0),
        (outcome(("refuted", None)), 1),
        (outcome(("supported", "proved")), 1),
        (outcome(("inconclusive", "proved")), 1),
        (outcome(("proved", "refuted"), ("inconclusive", None)), 1),
        (outcome(("refuted", "proved")), 1),
        (outcome(("proved", "invalid")), 1),
        (outcome(("invalid", None)), 2),
        (outcome(("invalid", "proved"), ("refuted", None)), 2),
        (outcome(("proved", None), problems=1), 2),
        (outcome(problems=1), 2),
        (outcome(("inconclusive", None)), 3),
        (outcome(("inconclusive", None), ("inconclusive", "proved")), 1),
    ],
)
def test_exit_code(found, code):
    assert exit_code(found) == code


def test_engines_are_selected_in_one_order():
    assert select(["simulate", "derive", "derive"]) == select("derive") + select(["simulate"])
    for wrong in ([], ["Pep"], [""]):
        with pytest.raises(UnknownEngineError):
            select(wrong)


RATE = {
    "parameters": {"L": "L > 0", "R": "R > 0", "N": "integer, N >= 1"},
    "method": "gradient_descent(step=1/L)",
    "assumptions": ["convex", "smooth(L)"],
    "initial": "norm(x[0] - x_star)**2 <= R**2",
}
TRUE_CLAIMS = {
    "rate": RATE | {"measure": "f(x[N]) - f_star", "bound": "L*R**2/2"},
    "complexity": {
        **RATE,
        "parameters": {"L": "L > 0", "R": "R > 0", "epsilon": "epsilon > 0"},
        "reach": "f(x[N]) - f_star <= epsilon",
        "within": "L*R**2/epsilon + 1",
    },
    "membership": {
        "function": "x**2",
        "variables": ["x"],
        "domain": {"x": "R"},
        "assumptions": ["convex"],
    },
    "implication": {
        "parameters": {"mu": "mu > 0"},
        "hypotheses": ["strongly_convex(mu)"],
        "conclusion": "pl(mu)",
    },
    "schedule": {"schedule": "1/(k + 1)", "conditions": ["sum(gamma) == oo"]},
    "inequality": {"parameters": {"a": ""}, "hypotheses": [], "conclusion": "a**2 >= 0"},
    "identity": {"parameters": {"a": ""}, "lhs": "a + a", "rhs": "2*a"},
    "equivalence": {
        "parameters": {"gamma": "gamma > 0"},
        "methods": ["gradient_descent(step=gamma)", "heavy_ball(step=gamma, momentum=0)"],
        "assumptions": [],
    },
    "gradient": {"function": "x**2", "variables": ["x"], "derivative": "2*x"},
}


@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name)
@pytest.mark.parametrize("kind", TRUE_CLAIMS)
def test_the_routing_table_says_what_the_engines_can(engine, kind):
    claim = read_claim({"id": "c", "kind": kind} | TRUE_CLAIMS[kind])
    report = ask(engine, claim, 20.0)
    assert [f for f in report.findings if f.code == "fault"] == []
    if kind in engine.kinds:
        assert report.status in (Status.PROVED, Status.SUPPORTED), report.reason
    else:
        # an engine that says more has learnt this kind: add it to the table
        assert report.status is Status.INCONCLUSIVE


def test_routing():
    assert route("rate", ENGINES) == ENGINES
    assert route("no-such-kind", ENGINES) == ()


@pytest.fixture
def fake(monkeypatch):
    """An engine whose module exists in this process only."""

    def make(name, examine):
        module = ModuleType(f"theoryck_fake_{name}")
        module.examine = examine
        monkeypatch.setitem(__import__("sys").modules, module.__name__, module)
        return Engine(name, module.__name__, frozenset({"identity"}))

    return make


def test_ask_gives_a_deadline_and_survives_anything(fake):
    claim = read_claim(IDENTITY)
    seen = []

    def examine(claim, deadline):
        seen.append(deadline - time.monotonic())
        return EngineReport("other-name", Status.SUPPORTED, "r")

    report = ask(fake("derive", examine), claim, 7.0)
    assert report.engine == "derive"
    assert 6 < seen[0] <= 7

    def broken(claim, deadline):
        raise MemoryError

    report = ask(fake("pep", broken), claim, 7.0)
    assert report.status is Status.INCONCLUSIVE
    assert "MemoryError" in report.reason
    assert [finding.code for finding in report.findings] == ["fault"]
    report = ask(Engine("x", "theoryck_no_such_module", frozenset()), claim, 1.0)
    assert "theoryck_no_such_module" in report.reason


def test_check_of_a_table_that_means_nothing_is_invalid():
    verdict = theoryck.check(IDENTITY | {"lhs": "q"}, engines=["derive"])
    assert verdict.status is Status.INVALID
    assert "'q'" in verdict.reason
    assert theoryck.check({}, engines=["derive"]).status is Status.INVALID


def test_check_of_a_kind_that_no_engine_asked_knows():
    verdict = theoryck.check(IDENTITY, engines=["pep"])
    assert verdict.status is Status.INCONCLUSIVE
    assert "'identity'" in verdict.reason


def test_check_of_a_file_gives_every_verdict(tmp_path):
    file = tmp_path / "a.toml"
    file.write_text(
        "format = 1\n"
        '[[claim]]\nid = "a"\nkind = "identity"\nlhs = "1"\nrhs = "1"\n'
        '[[claim]]\nid = "b"\nkind = "identity"\nlhs = "q"\nrhs = "1"\n'
    )
    first, second = theoryck.check(file, engines=["pep"])
    assert (first.status, second.status) == (Status.INCONCLUSIVE, Status.INVALID)
    with pytest.raises(ClaimError):
        theoryck.check(tmp_path / "missing.toml")


@pytest.mark.parametrize("budget", [0, -1, float("nan")])
def test_check_wants_a_budget(budget):
    with pytest.raises(ValueError, match="budget"):
        theoryck.check(IDENTITY, budget=budget)


def test_files_are_found_once_and_in_order(tmp_path):
    for name in ("b.toml", "a.toml", "c.toml"):
        (tmp_path / name).write_text('format = 1\n[[claim]]\nid = "a"\n')
    (tmp_path / "other.toml").write_text("x = 1\n")
    (tmp_path / "link.toml").symlink_to(tmp_path / "nowhere.toml")
    files, problems = find([tmp_path, tmp_path / "a.toml", tmp_path / "gone"])
    assert [file.name for file in files] == ["a.toml", "b.toml", "c.toml"]
    assert [Path(problem.file).name for problem in problems] == ["gone"]
    files, problems = find([tmp_path / "link.toml", tmp_path / "other.toml"])
    assert len(files) == 2  # named by hand: it is for the reader to say what is wrong with them


def test_default_jobs():
    assert default_jobs(0) == 1
    assert default_jobs(1) == 1
    assert default_jobs(10_000) >= 1
