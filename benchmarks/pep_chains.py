"""theoryck's chains of potentials beside AutoLyap: gradient descent over long horizons.

AutoLyap is no dependency of theoryck; for this script alone: ``pip install autolyap==0.2.1``.
Run as ``python benchmarks/pep_chains.py [REPEATS]``; the table that it prints stands in README.md.
Every run has a process of its own, whose peak memory is recorded, imports included.
"""

from __future__ import annotations

import json
import math
import os
import platform
import resource
import subprocess
import sys
import time
from importlib.metadata import version
from statistics import median

LOOSE = "1 + 1/1000000"
SHORT, LONG = (40, 160, 640), (2500, 10000)


def theoryck_value(horizon: int) -> tuple[float, float]:
    """Seconds, and the smallest multiple of 1/(4N + 2) that potentials prove."""
    from theoryck.certificates.links import links
    from theoryck.claims.arithmetic import Rationals
    from theoryck.pep.chain_blocks import blocks
    from theoryck.pep.chain_program import Solution, program, smallest_ratio
    from theoryck.pep.chain_sizes import sizes

    which = claim(horizon, "1")
    began = time.perf_counter()
    chain = links(which, {}, Rationals())
    problem = program(zip(blocks(chain, frozenset()), sizes(chain), strict=True), False)
    assert problem is not None
    found = smallest_ratio(problem, time.monotonic() + 600)
    assert isinstance(found, Solution), found
    return time.perf_counter() - began, float(found.unknowns[0])


def theoryck_certificate(horizon: int) -> tuple[float, float]:
    """Seconds for an exact certificate of the bound, a millionth above the worst case."""
    from theoryck.pep.chains import ChainAnswer, examine_chain

    began = time.perf_counter()
    answer = examine_chain(claim(horizon, LOOSE), {}, time.monotonic() + 600)
    taken = time.perf_counter() - began
    assert isinstance(answer, ChainAnswer), answer
    assert answer.certificate is not None, answer.reason
    return taken, answer.ratio * (1 + 1e-6)


def theoryck_verify(horizon: int) -> tuple[float, float]:
    """Seconds to re-check that certificate from its data."""
    from theoryck.certificates import verify
    from theoryck.pep.chains import ChainAnswer, examine_chain

    answer = examine_chain(claim(horizon, LOOSE), {}, time.monotonic() + 600)
    assert isinstance(answer, ChainAnswer)
    assert answer.certificate is not None, answer.reason
    data = json.loads(json.dumps(answer.certificate))
    began = time.perf_counter()
    verify(data)
    return time.perf_counter() - began, 1.0


def autolyap_value(horizon: int) -> tuple[float, float]:
    """Seconds, and AutoLyap's bound as a multiple of 1/(4N + 2)."""
    from autolyap import IterationDependent, SolverOptions
    from autolyap.algorithms import GradientMethod
    from autolyap.problemclass import InclusionProblem, SmoothConvex

    began = time.perf_counter()
    problem, method = InclusionProblem([SmoothConvex(1.0)]), GradientMethod(gamma=1.0)
    first = IterationDependent.get_parameters_distance_to_solution(method, 0)
    last = IterationDependent.get_parameters_function_value_suboptimality(method, horizon)
    options = SolverOptions(backend="cvxpy", cvxpy_solver="CLARABEL")
    found = IterationDependent.search_lyapunov(
        problem, method, horizon, first[0], last[0], first[1], last[1], options, verbosity=0
    )
    assert found["status"] == "feasible", found["status"]
    return time.perf_counter() - began, found["c_K"] * (4 * horizon + 2)


def claim(horizon: int, factor: str):  # type: ignore[no-untyped-def]  # theoryck loads late
    """f(x[N]) - f_star <= factor/(4*N + 2) at L = R = 1."""
    from theoryck.claims import read_claim

    return read_claim(
        {
            "id": "gd",
            "method": "gradient_descent(step=1)",
            "assumptions": ["convex", "smooth(1)"],
            "initial": "norm(x[0] - x_star)**2 <= 1",
            "measure": f"f(x[{horizon}]) - f_star",
            "bound": f"({factor})/(4*{horizon} + 2)",
            "at": [{}],
        }
    )


WORKS = {
    work.__name__: work
    for work in (autolyap_value, theoryck_value, theoryck_certificate, theoryck_verify)
}


def apart(work: str, horizon: int) -> tuple[float, float, float]:
    """Seconds, ratio and peak megabytes of a run in a process of its own."""
    run = subprocess.run(
        [sys.executable, __file__, "one", work, str(horizon)],
        capture_output=True,
        text=True,
        check=True,
    )
    seconds, ratio, memory = json.loads(run.stdout.splitlines()[-1])
    return seconds, ratio, memory


def one(work: str, horizon: int) -> None:
    """What a process of its own does; a short run first warms the imports."""
    WORKS[work](3)
    seconds, ratio = WORKS[work](horizon)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps([seconds, ratio, memory]))


def main(repeats: int) -> None:
    print(
        f"Medians of {repeats} interleaved runs, each in a process of its own; "
        f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, "
        f"AutoLyap {version('autolyap')} with cvxpy {version('cvxpy')}, Clarabel "
        f"{version('clarabel')} for both.\n"
    )
    print("| N | work | seconds | relative error | peak memory |")
    print("| --- | --- | --- | --- | --- |")
    known: dict[str, list[tuple[int, float]]] = {}
    for horizon in (*SHORT, *LONG):
        works = [work for work in WORKS if horizon in SHORT or work != "autolyap_value"]
        count = repeats if horizon in SHORT else max(1, repeats // 2)
        runs = [[apart(work, horizon) for work in works] for _ in range(count)]
        for work, column in zip(works, zip(*runs, strict=True), strict=True):
            seconds, ratio, memory = (median(part) for part in zip(*column, strict=True))
            known.setdefault(work, []).append((horizon, seconds))
            error = "" if work == "theoryck_verify" else f"{ratio - 1:+.1e}"
            print(
                f"| {horizon} | {work.replace('_', ', ')} | {seconds:.3f} | {error} "
                f"| {memory:.0f} MB |",
                flush=True,
            )
    print()
    for work, pairs in known.items():
        (small, fast), (large, slow) = pairs[1], pairs[-1]
        exponent = math.log(slow / fast) / math.log(large / small)
        print(f"{work.replace('_', ', ')}: seconds grow as N^{exponent:.2f} from N = {small}.")


if __name__ == "__main__":
    if sys.argv[1:2] == ["one"]:
        one(sys.argv[2], int(sys.argv[3]))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
