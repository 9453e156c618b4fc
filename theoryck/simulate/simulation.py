"""Many runs at once as one array program, measured step by step in constant memory."""

from __future__ import annotations

import operator
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from theoryck.simulate.backend import Backend, numpy_backend, points
from theoryck.simulate.course import Course, Plan, Stop
from theoryck.simulate.errors import SimulationError
from theoryck.simulate.metrics import Metric
from theoryck.simulate.noise import Exact, Noise
from theoryck.simulate.problems.base import Problem
from theoryck.simulate.quantities import Quantity, View
from theoryck.simulate.record import Outcome
from theoryck.simulate.runs import OutOfTimeError, Runnable
from theoryck.simulate.schedule import schedule
from theoryck.simulate.streams import Streams

__all__ = ["Below", "Outcome", "Stop", "simulate"]


@dataclass(frozen=True)
class Below:
    """Stop a run once the quantity is at most ``level``."""

    quantity: Quantity
    level: float

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
) -> Outcome:
    """Run a method ``steps`` steps from every row of ``start``, and measure.

    All runs are one array program: a run sees the same random numbers, and so takes the same
    course, in any batch. A run that diverges is frozen at its last finite iterate, its metrics
    are infinite, and ``diverged`` says so.

    Args:
        problem: a problem of :mod:`theoryck.simulate.problems`.
        method: a method, such as ``METHODS["sgd"]``.
        arguments: the method's arguments, each a number, an array of shape (runs,) with a number
            for each run, or a function of k that gives either.
        start: the first iterates, floating-point numbers of shape (runs, d).
        steps: the number N of steps.
        metrics: what to measure, by name; see :mod:`theoryck.simulate.metrics`.
        noise: where stochastic gradients come from; exact ones by default.
        seed: the seed of all runs.
        first: the number of the first run.
        stop: which runs are done, such as ``Below(gap, 1e-6)``.
        backend: NumPy by default.
        deadline: a ``time.monotonic()`` value.

    Raises:
        SimulationError: something of this is not as described.
        OutOfTimeError: the deadline came first.

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
    backend = backend or numpy_backend()
    start = points(backend, start, problem.dimension, "start")
    steps = whole_steps(steps)
    runs = int(start.shape[0])
    plan = Plan(problem, method, steps, metrics, noise or Exact(), stop, backend)
    streams = Streams(backend, seed, runs, first)
    course = Course(plan, start, schedule(method, arguments, runs, backend), streams)
    while not course.ended:
        if course.k % 16 == 0 and time.monotonic() > deadline:
            raise OutOfTimeError(f"time was up at step {course.k} of {steps}")
        course.step()
    return course.outcome()


def whole_steps(steps: Any) -> int:
    """A number of steps as an integer.

    Raises:
        SimulationError: it is not one, or negative.
    """
    try:
        number = operator.index(steps)
    except TypeError as error:
        raise SimulationError(f"a whole number of steps expected, got {steps!r}") from error
    if number < 0 or isinstance(steps, bool):
        raise SimulationError(f"a number of steps expected, got {steps!r}")
    return number
