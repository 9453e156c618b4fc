"""One step of SGD over a finite sum of n terms: theoryck's pep engine beside PEPit.

The terms are smooth and strongly convex and agree at the minimiser. theoryck poses the problem in
expectation over the drawn term, so that its size does not depend on n; PEPit poses every term.

PEPit is no dependency of theoryck; for this script alone: ``pip install PEPit==0.5.1``.
Run as ``python benchmarks/pep_finite_sum.py [REPEATS]``; the table that it prints stands in
README.md. Every measurement is a process of its own, so that its peak memory is known.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import platform
import resource
import subprocess
import sys
import time
import warnings
from importlib.metadata import version
from statistics import median

MU, L, STEP = "1/10", "1", "7/10"
WORST = (1 - 0.7 * 0.1) ** 2  # of E‖x1 − x*‖² over ‖x0 − x*‖²
SIZES = {"pepit": (5, 10, 20), "theoryck": (5, 10, 20, 1000), "certificate": (5, 10, 20, 1000)}


def claim(n: int):
    from theoryck.claims import read_claim

    return read_claim(
        {
            "id": "sgd",
            "method": f"sgd(step={STEP})",
            "assumptions": [
                *(f"strongly_convex({MU})", f"smooth({L})", f"finite_sum({n})", "interpolation"),
            ],
            "measure": "E(norm(x[1] - x_star)**2)",
            "bound": "(93/100)**2*norm(x[0] - x_star)**2",
            "at": [{}],
        }
    )


def theoryck_value(n: int) -> float:
    """The worst case as a number."""
    from theoryck.certificates import instantiate
    from theoryck.claims.arithmetic import Rationals
    from theoryck.pep.generate import Solved, layout_of, worst_case

    solved = worst_case(layout_of(instantiate(claim(n), {}, Rationals()), 0), time.monotonic() + 60)
    assert isinstance(solved, Solved), solved
    return solved.dual.ratio * WORST


def theoryck_certificate(n: int) -> float:
    """The same with an exact certificate of the tight bound, checked."""
    from theoryck.certificates import instantiate
    from theoryck.claims.arithmetic import Rationals
    from theoryck.pep.generate import Solved, layout_of, worst_case
    from theoryck.pep.prove import find_certificate

    deadline = time.monotonic() + 60
    problem = instantiate(claim(n), {}, Rationals())
    solved = worst_case(layout_of(problem, 0), deadline)
    assert isinstance(solved, Solved), solved
    assert find_certificate(problem, 0, solved, deadline) is not None
    return solved.dual.ratio * WORST


def pepit_value(n: int) -> float:
    """PEPit's own example of this worst case, with Clarabel."""
    from PEPit.examples.stochastic_and_randomized_convex_minimization import (
        wc_sgd_overparametrized,
    )

    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        value, _ = wc_sgd_overparametrized(
            L=1, mu=0.1, gamma=0.7, n=n, wrapper="cvxpy", solver="CLARABEL", verbose=-1
        )
    return float(value)


WORKS = {"pepit": pepit_value, "theoryck": theoryck_value, "certificate": theoryck_certificate}


def measure(name: str, n: int) -> None:
    """Print seconds, value and peak memory of one piece of work; imports apart."""
    WORKS[name](2)
    start = time.perf_counter()
    value = WORKS[name](n)
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "value": value, "peak": peak}))


def measured(name: str, n: int) -> dict[str, float]:
    """One measurement in a process of its own, whose value must be the known one."""
    command = [sys.executable, __file__, "--measure", name, str(n)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout.splitlines()[-1])
    assert abs(found["value"] - WORST) < 1e-5, (name, n, found)
    return found


def main(repeats: int) -> None:
    sizes = sorted({n for every in SIZES.values() for n in every})
    runs = {(name, n): [] for name, every in SIZES.items() for n in every}
    for _ in range(repeats):  # in turn, so that a busy spell of the machine meets all of them
        for (name, n), found in runs.items():
            found.append(measured(name, n))
    print(
        f"Medians of {repeats} interleaved runs; {os.cpu_count()} cores, {platform.machine()}, "
        f"Python {platform.python_version()}, PEPit {version('PEPit')}.\n"
    )
    print("| n | PEPit | peak | theoryck, value | peak | ratio | theoryck, tight certificate |")
    print("| --- | --- | --- | --- | --- | --- | --- |")

    def of(name: str, n: int, key: str) -> float | None:
        found = runs.get((name, n))
        return None if found is None else median(run[key] for run in found)

    for n in sizes:
        peer, own = of("pepit", n, "seconds"), of("theoryck", n, "seconds")
        cells = [
            "-" if peer is None else f"{peer:.3f} s",
            "-" if peer is None else f"{of('pepit', n, 'peak'):.0f} MiB",
            f"{own:.3f} s",
            f"{of('theoryck', n, 'peak'):.0f} MiB",
            "-" if peer is None else f"{peer / own:.1f}",
            f"{of('certificate', n, 'seconds'):.3f} s",
        ]
        print(f"| {n} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        measure(sys.argv[2], int(sys.argv[3]))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
