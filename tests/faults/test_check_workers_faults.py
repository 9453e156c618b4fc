"""Engines that crash, hang, are killed or talk nonsense cost their own answer and no more."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time

import pytest

from theoryck.check.engines import Engine
from theoryck.check.run import Options, check_paths
from theoryck.check.workers import Job, run_jobs
from theoryck.claims.reading import read_claim
from theoryck.verdict import Status

pytestmark = pytest.mark.filterwarnings("error")

ENGINES = """
import os, signal, sys, time
from theoryck.verdict import EngineReport, Status

def good(claim, deadline):
    return EngineReport("x", Status.SUPPORTED, "good " + claim.id)

def raises(claim, deadline):
    raise RuntimeError("out of ideas")

def recurses(claim, deadline):
    return recurses(claim, deadline)

def killed(claim, deadline):
    os.kill(os.getpid(), signal.SIGKILL)

def exits(claim, deadline):
    os._exit(7)

def segfaults(claim, deadline):
    signal.raise_signal(signal.SIGSEGV)

def hangs(claim, deadline):
    while True:
        time.sleep(1)

def hangs_hard(claim, deadline):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    while True:
        pass

def marks_and_hangs(claim, deadline):
    with open(os.environ["MARKER"], "w") as stream:
        stream.write(str(os.getpid()))
    hangs(claim, deadline)

def nonsense(claim, deadline):
    return EngineReport("x", "splendid", "r")

def nothing(claim, deadline):
    return None

def prints(claim, deadline):
    print("NOISE")
    os.write(1, b"NOISE")
    return good(claim, deadline)
"""


@pytest.fixture(scope="module")
def behaviour(tmp_path_factory):
    """Makes an engine of a function above; one module each, as an engine is a module."""
    folder = tmp_path_factory.mktemp("engines")
    (folder / "theoryck_test_engines.py").write_text(ENGINES)
    sys.path.insert(0, str(folder))

    def make(function: str) -> Engine:
        module = f"theoryck_test_{function}"
        text = f"from theoryck_test_engines import {function} as examine\n"
        (folder / f"{module}.py").write_text(text)
        return Engine(function, module, frozenset({"identity", "rate"}))

    yield make
    sys.path.remove(str(folder))


def claim(name: str):
    return read_claim({"id": name, "kind": "identity", "parameters": {}, "lhs": "1", "rhs": "1"})


def run(jobs, **options):
    options = {"processes": 1, "budget": 30.0, "grace": 0.2} | options
    return {number: reports for number, reports, _ in run_jobs(jobs, **options)}


@pytest.mark.parametrize(
    ("function", "words"),
    [
        ("raises", "RuntimeError: out of ideas"),
        ("recurses", "RecursionError"),
        ("killed", "killed by SIGKILL, as the system does when memory runs out"),
        ("exits", "exit code 7"),
        ("segfaults", "killed by SIGSEGV"),
        ("nonsense", "an answer that is none"),
        ("nothing", "fault"),
    ],
)
def test_the_other_engines_are_heard(behaviour, function, words):
    engines = (behaviour("good"), behaviour(function), behaviour("prints"))
    (reports,) = run([Job(claim("c"), None, engines)]).values()
    assert [r.status for r in reports] == [Status.SUPPORTED, Status.INCONCLUSIVE, Status.SUPPORTED]
    assert words in reports[1].reason
    assert function in reports[1].reason


@pytest.mark.parametrize("function", ["hangs", "hangs_hard"])
def test_an_engine_that_hangs_is_ended_and_leaves_time_for_the_others(behaviour, function):
    engines = (behaviour(function), behaviour("good"))
    (reports,) = run([Job(claim("c"), None, engines)], budget=1.0).values()
    assert reports[0].status is Status.INCONCLUSIVE
    assert "budget, 0.5 s" in reports[0].reason
    assert reports[1].reason == "good c"
    assert not multiprocessing.active_children()


def test_every_claim_is_answered_whatever_the_number_of_processes(behaviour):
    engines = (behaviour("good"), behaviour("raises"))
    jobs = [Job(claim(f"c{n}"), None, engines) for n in range(5)]
    alone, together = run(jobs, processes=1), run(jobs, processes=2)
    assert set(alone) == set(together) == set(range(5))
    for number in range(5):
        assert [r.reason for r in alone[number]] == [r.reason for r in together[number]]
        assert alone[number][0].reason == f"good c{number}"


def test_closing_ends_the_processes(behaviour):
    running = run_jobs(
        [Job(claim("a"), None, (behaviour("good"),)), Job(claim("b"), None, (behaviour("hangs"),))],
        processes=2,
        budget=60.0,
    )
    next(running)
    running.close()
    assert not multiprocessing.active_children()


FILE = """
format = 1
[[claim]]
id = "one"
kind = "identity"
lhs = "1"
rhs = "1"
"""

DRIVER = """
import signal
import sys
from theoryck.check.engines import Engine
from theoryck.check.run import Options, check_paths
from theoryck import cli

def main():
    engine = Engine(sys.argv[1], "theoryck_test_" + sys.argv[1], frozenset({"identity"}))
    return cli.finish(lambda: check_paths([sys.argv[2]], Options((engine,))) and 0)

if __name__ == "__main__":
    # a test run started in the background inherits an ignored Ctrl-C; a terminal gives none
    signal.signal(signal.SIGINT, signal.default_int_handler)
    main()
"""


@pytest.fixture
def start(behaviour, tmp_path):
    """Starts a command that asks one engine about one claim."""
    (tmp_path / "claims.toml").write_text(FILE)
    (tmp_path / "driver.py").write_text(DRIVER)
    folder = next(p for p in sys.path if os.path.exists(f"{p}/theoryck_test_engines.py"))
    search = os.pathsep.join(filter(None, [folder, os.environ.get("PYTHONPATH")]))
    started = []

    def run(function: str) -> subprocess.Popen:
        behaviour(function)
        command = [sys.executable, "driver.py", function, "claims.toml"]
        process = subprocess.Popen(
            command,
            env=os.environ | {"PYTHONPATH": search, "MARKER": str(tmp_path / "pid")},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
            start_new_session=True,
        )
        started.append(process)
        return process

    yield run
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.fixture
def hanging(start, tmp_path):
    """A running command whose engine hangs, and the process of that engine."""
    marker = tmp_path / "pid"
    process = start("marks_and_hangs")
    _until(lambda: marker.exists() and marker.read_text() != "")
    return process, int(marker.read_text())


def test_what_an_engine_prints_is_kept_from_standard_output(start):
    said, noise = start("prints").communicate()
    assert said == ""
    assert noise.count("NOISE") == 2


def test_control_c_ends_everything_with_130(hanging):
    process, worker = hanging
    os.killpg(process.pid, signal.SIGINT)  # what a terminal does: everyone in the group gets it
    _, said = process.communicate()
    assert process.returncode == 130
    assert said == "theoryck: interrupted\n"
    _until(lambda: not _alive(worker))


def test_a_worker_does_not_outlive_a_parent_that_was_killed(hanging):
    process, worker = hanging
    process.kill()
    _until(lambda: not _alive(worker))


def _until(condition) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_crash_reaches_the_verdict(behaviour, tmp_path):
    (tmp_path / "claims.toml").write_text(FILE)
    options = Options((behaviour("killed"), behaviour("good")), budget=30.0)
    outcome = check_paths([tmp_path / "claims.toml"], options)
    (result,) = outcome.results
    assert result.verdict.status is Status.SUPPORTED
    assert "SIGKILL" in result.verdict.engines["killed"].reason
