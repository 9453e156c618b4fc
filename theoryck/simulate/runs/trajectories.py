"""Running a method on a problem by hand: the front door for Python users."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from theoryck.simulate.backend import Backend, numpy_backend, points
from theoryck.simulate.noise import Exact, Noise
from theoryck.simulate.problems.base import Problem
from theoryck.simulate.runs.loop import Runnable, Trajectory, run
from theoryck.simulate.runs.oracle import ArrayOracle
from theoryck.simulate.runs.schedule import schedule
from theoryck.simulate.streams import Streams


def trajectories(
    problem: Problem,
    method: Runnable,
    arguments: Mapping[str, Any],
    start: Any,
    horizon: int,
    *,
    noise: Noise | None = None,
    seed: int = 0,
    first: int = 0,
    backend: Backend | None = None,
) -> Trajectory:
    """All iterates x[0], …, x[horizon] of a batch of runs, one a row of ``start``.

    Args:
        problem: a problem of :mod:`theoryck.simulate.problems`.
        method: a method, such as ``METHODS["sgd"]``.
        arguments: its arguments: numbers, arrays of shape (runs,), or functions of k.
        start: floating-point numbers of shape (runs, d), computed in doubles.
        horizon: the number of steps.
        noise: where stochastic gradients come from; exact ones by default.
        seed: the seed of all runs.
        first: the number of the first run: runs are the same in any batch.
        backend: NumPy by default.

    Raises:
        SimulationError: the start is no such array, or the noise does not fit the problem.

    >>> import numpy as np
    >>> from fractions import Fraction
    >>> from theoryck.methods import METHODS
    >>> from theoryck.simulate.problems.quadratic import DiagonalQuadratic
    >>> line = DiagonalQuadratic((Fraction(1, 2),))
    >>> gd = METHODS["gradient_descent"]
    >>> trajectories(line, gd, {"step": 1.0}, np.array([[8.0]]), 3).at(3)
    array([[1.]])
    """
    backend = backend or numpy_backend()
    start = points(backend, start, problem.dimension, "start")
    streams = Streams(backend, seed, int(start.shape[0]), first)
    oracle = ArrayOracle(problem.on(backend), noise or Exact(), streams)
    given = schedule(method, arguments, int(start.shape[0]), backend)
    return run(method, oracle, given.at, start, horizon, range(horizon + 1))
