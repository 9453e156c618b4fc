"""theoryck's pep engine beside PEPit: N steps of gradient descent on smooth convex functions.

PEPit is no dependency of theoryck; for this script alone: ``pip install PEPit==0.5.1``.
Run as ``python benchmarks/pep_gd.py [REPEATS]``; the table that it prints stands in README.md.
"""

from __future__ import annotations

import contextlib
import io
import os
import platform
import sys
import time
import warnings
from collections.abc import Callable
from importlib.metadata import version
from statistics import median

from PEPit import PEP
from PEPit.functions import SmoothConvexFunction

from theoryck.certificates import instantiate
from theoryck.claims import read_claim
from theoryck.claims.arithmetic import Rationals
from theoryck.claims.claim import RateClaim
from theoryck.pep import examine
from theoryck.pep.assemble import assemble
from theoryck.pep.solve import Dual, worst_ratio
from theoryck.verdict import Status

HORIZONS = (5, 10, 20)
PATIENCE = 600.0


def claim(horizon: int) -> RateClaim:
    """f(x[N]) - f_star <= 1/(4*N + 2) at L = R = 1, the exact worst case."""
    table = {
        "id": "gd",
        "method": "gradient_descent(step=1)",
        "assumptions": ["convex", "smooth(1)"],
        "initial": "norm(x[0] - x_star) <= 1",
        "measure": f"f(x[{horizon}]) - f_star",
        "bound": f"1/(4*{horizon} + 2)",
        "at": [{}],
    }
    read = read_claim(table)
    assert isinstance(read, RateClaim)
    return read


def theoryck_value(horizon: int) -> float:
    """The worst case, as a number."""
    problem = instantiate(claim(horizon), {}, Rationals())
    dual = worst_ratio(assemble(problem, 0, tuple(problem.slacks())), time.monotonic() + PATIENCE)
    assert isinstance(dual, Dual)
    return dual.ratio / (4 * horizon + 2)


def theoryck_certificate(horizon: int) -> float:
    """The worst case with an exact certificate of it, checked."""
    report = examine(claim(horizon), time.monotonic() + PATIENCE)
    assert report.status is Status.PROVED, report.reason
    worst = report.instances[0].worst_case
    assert worst is not None
    return worst


def pepit_value(horizon: int) -> float:
    """The worst case, as a number, with the same solver."""
    problem = PEP()
    f = problem.declare_function(SmoothConvexFunction, L=1)
    x_star = f.stationary_point()
    x = problem.set_initial_point()
    problem.set_initial_condition((x - x_star) ** 2 <= 1)
    for _ in range(horizon):
        x = x - f.gradient(x)
    problem.set_performance_metric(f(x) - f(x_star))
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        return float(problem.solve(wrapper="cvxpy", solver="CLARABEL", verbose=0))


def seconds(work: Callable[[int], float], horizon: int) -> float:
    """The time that the work takes, whose value must be the known one."""
    start = time.perf_counter()
    value = work(horizon)
    taken = time.perf_counter() - start
    exact = 1 / (4 * horizon + 2)
    assert abs(value - exact) < 1e-5 * exact, (work.__name__, horizon, value, exact)
    return taken


def main(repeats: int) -> None:
    works = (pepit_value, theoryck_value, theoryck_certificate)
    for work in works:
        seconds(work, 2)  # imports and caches
    print(
        f"Medians of {repeats} interleaved runs; {os.cpu_count()} cores, {platform.machine()}, "
        f"Python {platform.python_version()}, PEPit {version('PEPit')}, "
        f"cvxpy {version('cvxpy')}, Clarabel {version('clarabel')}.\n"
    )
    print("| N | PEPit, value | theoryck, value | ratio | theoryck, exact certificate | ratio |")
    print("| --- | --- | --- | --- | --- | --- |")
    for horizon in HORIZONS:
        # one run of each in turn, so that a busy spell of the machine meets all of them
        runs = [[seconds(work, horizon) for work in works] for _ in range(repeats)]
        peer, value, certificate = (median(column) for column in zip(*runs, strict=True))
        print(
            f"| {horizon} | {peer:.3f} s | {value:.3f} s | {peer / value:.1f} "
            f"| {certificate:.3f} s | {peer / certificate:.1f} |"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 7)
