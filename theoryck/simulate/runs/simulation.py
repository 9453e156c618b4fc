"""Many runs at once as one array program, measured step by step in constant memory."""

from __future__ import annotations

import math
import operator
import time
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from theoryck.simulate.backend import Backend, numpy_backend, points
from theoryck.simulate.errors import SimulationError
from theoryck.simulate.metrics import Metric
from theoryck.simulate.noise import Exact, Noise
from theoryck.simulate.problems.base import Problem
from theoryck.simulate.quantities import Quantity, View
from theoryck.simulate.runs.blocks import Task, blocks
from theoryck.simulate.runs.checkpoint import Checkpoint
from theoryck.simulate.runs.course import Plan, Stop
from theoryck.simulate.runs.fingerprint import fingerprint
from theoryck.simulate.runs.grids import Grid, grid
from theoryck.simulate.runs.loop import Runnable
from theoryck.simulate.runs.progress import Progress, bar
from theoryck.simulate.runs.record import Outcome, joined
from theoryck.simulate.runs.schedule import schedule
from theoryck.simulate.runs.workers import run_all
from theoryck.simulate.streams import Streams

__all__ = ["Below", "Checkpoint", "Grid", "Outcome", "Stop", "bar", "grid", "simulate"]


@dataclass(frozen=True)
class Below:
    """Stop a run once the quantity is at most ``level``."""

    quantity: Quantity
    level: float

    def __post_init__(self) -> None:
        if math.isnan(self.level):
            raise SimulationError("a level to stop at expected, got NaN, which nothing is below")

    def __call__(self, view: View) -> Any:
        return view.of(self.quantity) <= self.level


def simulate(
    problem: Problem,
    method: Runnable,
    arguments: Mapping[str, Any],
    start: Any,
    steps: int,
    metrics: Mapping[str, Metric],
    *,
    noise: Noise | None = None,
    seed: int = 0,
    first: int = 0,
    stop: Stop | None = None,
    backend: Backend | None = None,
    deadline: float = float("inf"),
    block: int | None = None,
    workers: int = 1,
    checkpoint: Checkpoint | None = None,
    progress: Progress | None = None,
) -> Outcome:
    """Run a method ``steps`` steps from every row of ``start``, and measure.

    Runs go in blocks, and a block is one array program. A run draws numbers of its own, and so
    takes the same course in any batch, block and number of workers. One that diverges is put
    down at its last finite iterate; its metrics are infinite, and ``diverged`` says so.

    The memory is that of the metrics (see :mod:`theoryck.simulate.metrics`), of a few states of a
    block, and of up to 4096 numbers that a run draws ahead: none of it grows with ``steps``.

    Args:
        problem: a problem of :mod:`theoryck.simulate.problems`.
        method: a method, such as ``METHODS["sgd"]``.
        arguments: the method's arguments, each a number, an array of shape (runs,) with a number
            for each run, or a function of k that gives either. :func:`grid` makes such arrays.
        start: the first iterates, floating-point numbers of shape (runs, d); all runs are
            computed in doubles.
        steps: the number N of steps.
        metrics: what to measure, by name; see :mod:`theoryck.simulate.metrics`.
        noise: where stochastic gradients come from; exact ones by default.
        seed: the seed of all runs.
        first: the number of the first run.
        stop: which runs are done, such as ``Below(gap, 1e-6)``; they do not go on.
        backend: NumPy by default.
        deadline: a ``time.monotonic()`` value.
        block: how many runs go together; by default as many as fit a processor's cache.
        workers: how many processes share the blocks. Under ``joblib.parallel_config`` they are
            what it says: ``"threading"``, or ``"dask"`` for machines.
        checkpoint: where to save the runs now and then, and to go on from.
        progress: told how many steps of how many are done, such as by :func:`bar`.

    Raises:
        SimulationError: something of this is not as described.
        OutOfTimeError: the deadline came first.
        CheckpointError: there is a checkpoint of other runs, or a damaged one.
        WorkerError: a worker died.

    >>> import numpy as np
    >>> from fractions import Fraction
    >>> from theoryck.methods import METHODS
    >>> from theoryck.simulate.metrics import Last
    >>> from theoryck.simulate.problems.quadratic import DiagonalQuadratic
    >>> from theoryck.simulate.quantities import gap
    >>> line, gd = DiagonalQuadratic((Fraction(1),)), METHODS["gradient_descent"]
    >>> steps = np.array([0.5, 1.0, 3.0])
    >>> outcome = simulate(line, gd, {"step": steps}, np.ones((3, 1)), 2000, {"gap": Last(gap)})
    >>> print(outcome, outcome.measured["gap"])
    3 runs of up to 2000 steps, 1 diverged [ 0.  0. inf]
    """
    backend, noise = backend or numpy_backend(), noise or Exact()
    _check_kinds(problem, method, arguments, metrics, noise, stop)
    start = points(backend, start, problem.dimension, "start")
    plan = Plan(
        problem, method, _count(steps, 0, "steps"), metrics, noise or Exact(), stop, backend
    )
    runs = int(start.shape[0])
    Streams(backend, seed, runs, first)  # refuses what is no seed before any worker starts
    schedule(method, arguments, runs, backend)
    parts = blocks(runs, problem.dimension, block, backend)
    until = time.time() + deadline - time.monotonic()
    prints = _prints(plan, arguments, start, seed, first, parts) if checkpoint else {}
    task = Task(plan, arguments, start, seed, first, until, checkpoint, prints)
    return joined(run_all(task, parts, _count(workers, 1, "workers"), progress))


def _check_kinds(
    problem: Any, method: Any, arguments: Any, metrics: Any, noise: Any, stop: Any
) -> None:
    for given, kind, what in (
        (problem, Problem, "a problem"),
        (method, Runnable, "a method"),
        (arguments, Mapping, "arguments by name"),
        (metrics, Mapping, "metrics by name"),
        (noise, Noise, "a source of noise"),
    ):
        if not isinstance(given, kind):
            raise SimulationError(f"{what} expected, got a {type(given).__name__}")
    if stop is not None and not callable(stop):
        raise SimulationError(
            f"a rule for stopping such as Below(gap, 1e-6) expected, got a {type(stop).__name__}"
        )
    for name, metric in metrics.items():
        if not isinstance(metric, Metric):
            raise SimulationError(
                f"{name}: a metric such as Last(gap) expected, got a {type(metric).__name__}"
            )


def _count(given: Any, least: int, what: str) -> int:
    try:
        number = operator.index(given)
    except TypeError as error:
        raise SimulationError(f"a whole number of {what} expected, got {given!r}") from error
    if number < least or isinstance(given, bool):
        raise SimulationError(f"a number of {what} of at least {least} expected, got {given!r}")
    return number


def _prints(
    plan: Plan, arguments: Mapping[str, Any], start: Any, seed: int, first: int, parts: list[range]
) -> dict[str, str]:
    """The fingerprints of all that the runs depend on, down to the last digit."""
    depends = {
        "problem": plan.problem,
        "method": plan.method,
        "arguments": arguments,
        "start": plan.backend.to_numpy(start),
        "steps": plan.steps,
        "metrics": plan.metrics,
        "noise": plan.noise,
        "seed": seed,
        "first run": first,
        "rule for stopping": plan.stop,
        "array library": (plan.backend.name, getattr(plan.backend.xp, "__version__", "")),
        "blocks": parts,
        "version of theoryck": version("theoryck"),
    }
    return {name: fingerprint(value) for name, value in depends.items()}
