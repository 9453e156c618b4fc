"""Many runs at once as one array program, measured step by step in constant memory."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

import numpy as np

from theoryck.claims.arithmetic import Floats
from theoryck.simulate.backend import Backend, check_points, numpy_backend
from theoryck.simulate.errors import SimulationError
from theoryck.simulate.metrics import Carried, Metric
from theoryck.simulate.noise import Exact, Noise
from theoryck.simulate.oracle import ArrayOracle
from theoryck.simulate.problems.base import Problem
from theoryck.simulate.quantities import Quantity, View
from theoryck.simulate.runs import OutOfTimeError, Runnable
from theoryck.simulate.streams import Streams

Stop = Callable[[View], Any]  # which runs are done, of shape (runs,)


@dataclass(frozen=True)
class Below:
    """Stop a run once the quantity is at most ``level``."""

    quantity: Quantity
    level: float

    def __call__(self, view: View) -> Any:
        return view.of(self.quantity) <= self.level


@dataclass(frozen=True)
class Outcome:
    """What came of the runs, as NumPy arrays whose first axis is that of the runs.

    Attributes:
        measured: the metrics by name; infinite where a run diverged.
        last: the last iterates, of shape (runs, d); of a diverged run the last finite one.
        steps: how many steps each run took.
        stopped: which runs ended early by the rule for stopping.
        diverged: which runs left the finite numbers, in the step after ``steps``.
    """

    measured: Mapping[str, Any]
    last: Any
    steps: Any
    stopped: Any
    diverged: Any

    @property
    def runs(self) -> int:
        """How many runs there were."""
        return int(self.last.shape[0])

    def __str__(self) -> str:
        text = f"{self.runs} runs of up to {int(self.steps.max())} steps"
        for count, what in (
            (self.stopped.sum(), "stopped early"),
            (self.diverged.sum(), "diverged"),
        ):
            text += f", {int(count)} {what}" if count else ""
        return text


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
    check_points(start, problem.dimension, "start")
    backend.asarray(start, what="start")
    if steps < 0:
        raise SimulationError(f"a number of steps expected, got {steps}")
    runs = int(start.shape[0])
    functions = problem.on(backend)
    oracle = ArrayOracle(functions, noise or Exact(), Streams(backend, seed, runs, first))
    at = schedule(arguments, runs, backend)
    xp = backend.xp

    def seen(k: int, state: Any) -> View:
        return View(k, method.iterate(state), state, functions, backend)

    state = method.first_state(start)
    view = seen(0, state)
    carried = {name: metric.begin(view) for name, metric in metrics.items()}
    stopped = xp.zeros(runs, dtype=xp.bool) if stop is None else stop(view)
    diverged = xp.zeros(runs, dtype=xp.bool)
    taken = xp.zeros(runs, dtype=xp.int64)
    active, everyone = ~stopped, not bool(xp.any(stopped))
    for k in range(steps):
        if not everyone and not bool(xp.any(active)):
            break
        if k % 16 == 0 and time.monotonic() > deadline:
            raise OutOfTimeError(f"time was up at step {k} of {steps}")
        with backend.quiet():
            following = method.step(state, oracle, k, at(k))
            # the sum is finite if and only if all are, or they are near the largest double
            finite = xp.isfinite(xp.sum(method.iterate(following), axis=-1))
        if everyone and bool(xp.all(finite)):
            state = following
        else:
            diverged = diverged | (active & ~finite)
            active, everyone = active & finite, False
            state = merged(xp, active, following, state)
        taken = xp.where(active, k + 1, taken)
        view = seen(k + 1, state)
        for name, metric in metrics.items():
            updated = metric.update(carried[name], view)
            if not everyone:
                updated = _kept(xp, active, updated, carried[name])
            carried[name] = updated
        if stop is not None:
            ended = active & stop(view)
            if bool(xp.any(ended)):
                stopped, active, everyone = stopped | ended, active & ~ended, False
    measured = {}
    for name, metric in metrics.items():
        numbers = metric.result(carried[name], view)
        lost = xp.reshape(diverged, (runs, *(1 for _ in numbers.shape[1:])))
        measured[name] = backend.to_numpy(xp.where(lost, xp.inf, numbers))
    made = [backend.to_numpy(array) for array in (view.x, taken, stopped, diverged)]
    return Outcome(measured, *made)


def schedule(
    arguments: Mapping[str, Any], runs: int, backend: Backend
) -> Callable[[int], Mapping[str, Any]]:
    """The arguments at step k, as numbers or arrays of shape (runs, 1).

    Raises:
        SimulationError: an argument is neither a number nor an array of shape (runs,).
    """

    def coerced(name: str, given: Any) -> Any:
        if not hasattr(given, "shape") or given.shape == ():
            return Floats().coerce(given)
        if given.shape != (runs,):
            raise SimulationError(
                f"{name}: a number, or one for each of the {runs} runs, expected; "
                f"got an array of shape {tuple(given.shape)}"
            )
        return backend.xp.reshape(backend.asarray(given, what=name), (runs, 1))

    fixed = {name: coerced(name, v) for name, v in arguments.items() if not callable(v)}
    varying = {name: v for name, v in arguments.items() if callable(v)}
    if not varying:
        return lambda k: fixed
    return lambda k: fixed | {name: coerced(name, v(k)) for name, v in varying.items()}


def merged(xp: Any, active: Any, following: Any, state: Any) -> Any:
    """The following state of active runs, and the old one of the others."""
    if isinstance(following, tuple):
        pairs = zip(following, state, strict=True)
        return tuple(merged(xp, active, new, old) for new, old in pairs)
    if not hasattr(following, "shape") or following.shape == ():
        return following  # the same number for all runs
    if not hasattr(old := state, "shape"):
        old = xp.full_like(following, np.nan if old is None else float(old))
    mask = xp.reshape(active, (active.shape[0], *(1 for _ in following.shape[1:])))
    return xp.where(mask, following, old)


def _kept(xp: Any, active: Any, updated: Carried, carried: Carried) -> Carried:
    made = []
    for new, old in zip_longest(updated, carried):
        if old is None:  # a history has grown
            made.append(new)
            continue
        mask = xp.reshape(active, (active.shape[0], *(1 for _ in new.shape[1:])))
        made.append(xp.where(mask, new, old))
    return tuple(made)
