"""Exact worst cases of many steps: theoryck's pep engine beside PEPit, in time and memory.

PEPit is no dependency of theoryck; for this script alone: ``pip install PEPit==0.5.1``.
Run as ``python benchmarks/pep_solving.py [REPEATS]``; the tables that it prints stand in
README.md. Every measurement is a process of its own, so that its peak memory is known.
"""

from __future__ import annotations

import contextlib
import io
import json
import math
import os
import platform
import resource
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from importlib.metadata import version
from statistics import median

PATIENCE = 120.0  # seconds for one measurement of the peer
METHODS = {
    "gradient descent": "gradient_descent(step=1)",
    "heavy ball": "heavy_ball(step=1, momentum=1/3)",
    "Nesterov": "nesterov(step=1, momentum=k/(k + 3))",
}
CASES = (
    *(("gradient descent", horizon) for horizon in (10, 20, 40, 80, 200)),
    ("heavy ball", 40),
    ("Nesterov", 40),
)
PEER_LARGEST = 40  # beyond, the peer does not come back in time
LONG = 40  # from here on, one run each
CERTIFIED = 40


def problem(method: str, horizon: int, bound: str):
    """f(x[N]) - f_star at L = R = 1, traced."""
    from theoryck.certificates import instantiate
    from theoryck.claims import read_claim
    from theoryck.claims.arithmetic import Rationals

    table = {
        "id": "benchmark",
        "method": METHODS[method],
        "assumptions": ["convex", "smooth(1)"],
        "initial": "norm(x[0] - x_star) <= 1",
        "measure": f"f(x[{horizon}]) - f_star",
        "bound": bound,
        "at": [{}],
    }
    return instantiate(read_claim(table), {}, Rationals())


def theoryck_value(method: str, horizon: int) -> Callable[[], float]:
    """The worst case as a number: tracing, assembly and all solves."""
    from theoryck.pep.generate import Solved, layout_of, worst_case

    def work() -> float:
        posed = problem(method, horizon, f"1/(4*{horizon} + 2)")
        solved = worst_case(layout_of(posed, 0), time.monotonic() + PATIENCE)
        assert isinstance(solved, Solved), solved
        assert solved.dual.accurate
        return solved.dual.ratio / (4 * horizon + 2)

    return work


def certificate(method: str, horizon: int, factor: str) -> Callable[[], tuple[float, float]]:
    """The times to find an exact certificate of factor times the bound, and to check it anew."""
    from theoryck.certificates import check_goal
    from theoryck.pep.generate import Solved, layout_of, worst_case
    from theoryck.pep.prove import find_certificate

    def work() -> tuple[float, float]:
        deadline = time.monotonic() + PATIENCE
        bound = f"{factor}*1/(4*{horizon} + 2)"
        posed = problem(method, horizon, bound)
        solved = worst_case(layout_of(posed, 0), deadline)
        assert isinstance(solved, Solved), solved
        start = time.perf_counter()
        found = find_certificate(posed, 0, solved, deadline)
        finding = time.perf_counter() - start
        assert found is not None
        start = time.perf_counter()
        again = problem(method, horizon, bound)
        check_goal(again, again.goals[0], found)
        return finding, time.perf_counter() - start

    return work


def pepit_value(method: str, horizon: int) -> Callable[[], float]:
    """The worst case by PEPit, as its examples pose it, with Clarabel."""
    from PEPit import PEP
    from PEPit.functions import SmoothConvexFunction

    def work() -> float:
        posed = PEP()
        f = posed.declare_function(SmoothConvexFunction, L=1)
        x_star = f.stationary_point()
        x = posed.set_initial_point()
        posed.set_initial_condition((x - x_star) ** 2 <= 1)
        before = x
        for k in range(horizon):
            if method == "gradient descent":
                x = x - f.gradient(x)
            elif method == "heavy ball":
                x, before = x - f.gradient(x) + (x - before) / 3, x
            else:
                y = x + k / (k + 3) * (x - before)
                x, before = y - f.gradient(y), x
        posed.set_performance_metric(f(x) - f(x_star))
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            return float(posed.solve(wrapper="cvxpy", solver="CLARABEL", verbose=0))

    return work


WORKS = {
    "pepit": pepit_value,
    "theoryck": theoryck_value,
    "loose": lambda method, horizon: certificate(method, horizon, "(1 + 1e-6)"),
    "tight": lambda method, horizon: certificate(method, horizon, "1"),
}


def measure(name: str, method: str, horizon: int) -> None:
    """Print seconds, value and peak memory of one piece of work; imports and caches apart."""
    with contextlib.suppress(AssertionError):
        WORKS[name](method, 3)()
    work = WORKS[name](method, horizon)
    start = time.perf_counter()
    value = work()
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "value": value, "megabytes": peak}))


def measured(name: str, method: str, horizon: int) -> dict | None:
    """The same in a process of its own; None where it runs out of patience."""
    command = [sys.executable, __file__, "--measure", name, method, str(horizon)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE + 30)
    except subprocess.TimeoutExpired:
        return None
    if done.returncode:
        raise RuntimeError(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def growth(points: dict[int, float]) -> float:
    """The slope of log(seconds) over log(N), in least squares."""
    xs, ys = [math.log(n) for n in points], [math.log(t) for t in points.values()]
    x, y = sum(xs) / len(xs), sum(ys) / len(ys)
    rise = sum((a - x) * (b - y) for a, b in zip(xs, ys, strict=True))
    return rise / sum((a - x) ** 2 for a in xs)


def text(runs: list[dict]) -> tuple[str, str]:
    if not runs:
        return "–", "–"
    seconds = median(run["seconds"] for run in runs)
    return f"{seconds:.3g} s", f"{max(run['megabytes'] for run in runs):.0f} MB"


def main(repeats: int) -> None:
    print(
        f"Medians of {repeats} interleaved runs (one from N = {LONG} on); "
        f"{os.cpu_count()} cores, {platform.machine()}, "
        f"Python {platform.python_version()}, PEPit {version('PEPit')}, "
        f"cvxpy {version('cvxpy')}, Clarabel {version('clarabel')}.\n"
    )
    print("| method | N | PEPit | memory | theoryck | memory | ratio |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    times: dict[str, dict[int, float]] = {"pepit": {}, "theoryck": {}}
    for method, horizon in CASES:
        runs: dict[str, list[dict]] = {"pepit": [], "theoryck": []}
        # one run of each in turn, so that a busy spell of the machine meets all of them
        for _ in range(repeats if horizon < LONG else 1):
            for name in runs:
                if name == "theoryck" or horizon <= PEER_LARGEST:
                    runs[name].append(measured(name, method, horizon))
        exact = 1 / (4 * horizon + 2)
        for run in (*runs["pepit"], *runs["theoryck"]):
            if method == "gradient descent":
                assert abs(run["value"] - exact) < 1e-5 * exact, (method, horizon, run)
        if runs["pepit"]:
            values = [median(run["value"] for run in runs[name]) for name in runs]
            assert abs(values[0] - values[1]) < 1e-4 * values[1], (method, horizon, values)
        if method == "gradient descent":
            for name, found in runs.items():
                if found:
                    times[name][horizon] = median(run["seconds"] for run in found)
        peer, own = text(runs["pepit"]), text(runs["theoryck"])
        ratio = "–"
        if runs["pepit"]:
            both = [median(run["seconds"] for run in runs[name]) for name in runs]
            ratio = f"{both[0] / both[1]:.0f}"
        print(f"| {method} | {horizon} | {peer[0]} | {peer[1]} | {own[0]} | {own[1]} | {ratio} |")
    print(
        f"\nFitted growth of the time of gradient descent: PEPit N^{growth(times['pepit']):.1f}, "
        f"theoryck N^{growth(times['theoryck']):.1f}.\n"
    )
    print("| certificate of gradient descent | N | found in | checked in |")
    print("| --- | --- | --- | --- |")
    for name, words in (("loose", "1e-6 above the worst case"), ("tight", "exactly tight")):
        runs_of = [measured(name, "gradient descent", CERTIFIED) for _ in range(repeats)]
        found, checked = (median(run["value"][i] for run in runs_of) for i in (0, 1))
        print(f"| {words} | {CERTIFIED} | {found:.3g} s | {checked:.3g} s |")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        measure(sys.argv[2], sys.argv[3], int(sys.argv[4]))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
