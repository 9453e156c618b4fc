"""One candidate, run and measured against the claimed bound."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from theoryck.algebra import Oracle
from theoryck.claims.claim import RateClaim
from theoryck.claims.evaluate import Environment, evaluate
from theoryck.claims.expressions import Expectation, Expr, mentions
from theoryck.simulate.backend import Backend
from theoryck.simulate.engine.arrays import ArrayNumbers
from theoryck.simulate.engine.classes import Candidate
from theoryck.simulate.engine.exact import arguments_at
from theoryck.simulate.engine.measures import (
    environment,
    expectations_outside,
    expectations_seen,
    increasing_in_expectations,
    iterates_needed,
    with_expectations,
)
from theoryck.simulate.engine.values import Values
from theoryck.simulate.errors import SimulationError
from theoryck.simulate.problems.base import Functions
from theoryck.simulate.runs.loop import Trajectory, run
from theoryck.simulate.runs.oracle import ArrayOracle
from theoryck.simulate.statistics import bonferroni, frequency, studentised
from theoryck.simulate.streams import Streams

RUNS = 300  # of a randomised method; more would tighten bounds by the square root only
MAX_STEPS = 100_000  # of one run
MAX_KEPT = 10_000_000  # numbers kept of a batch of runs: 80 MB
TOLERANCE = 1e-9  # relative, for what rounding may add to a measure


@dataclass(frozen=True)
class Observation:
    """What was seen on one candidate.

    ``measured`` is compared with ``bound``: one run's measure, the worst of all runs, an upper
    confidence bound for a claim about an expectation, or for one with a confidence the largest
    probability of failure that the runs allow (and ``bound`` the claimed one). Of a mean, or a
    probability, ``mean`` is the sample's, and ``deviation`` the standard deviation of one run.
    """

    candidate: Candidate
    runs: int
    randomised: bool
    measured: float
    lowest: float
    bound: float
    slack: float
    mean: float = math.nan
    deviation: float = math.nan

    @property
    def below(self) -> bool:
        """Whether the bound was kept, with the rounding of doubles allowed for."""
        return self.measured <= self.bound + self.slack

    @property
    def above(self) -> bool:
        """Whether even the lowest value that the runs allow is above the bound."""
        return not self.lowest <= self.bound + self.slack

    @property
    def ratio(self) -> float:
        """Measured over bound; infinite for a run that diverged.

        A bound that is not positive is no scale: 1 where it is attained, 0 below it.
        """
        if not math.isfinite(self.measured):
            return math.inf
        if self.bound <= 0:
            attained = self.measured >= self.bound - self.slack
            return float(attained) if self.below else math.inf
        return self.measured / self.bound


def horizon_of(claim: RateClaim, values: Values) -> frozenset[int]:
    """The numbers of the iterates that the claim speaks of.

    Raises:
        SimulationError: too many steps, or an iterate before the start.
    """
    needed = iterates_needed((claim.measure, claim.bound, *claim.initial), values.floats)
    if max(needed, default=0) > MAX_STEPS:
        raise SimulationError(f"{max(needed)} steps; simulations run at most {MAX_STEPS}")
    if min(needed, default=0) < 0:
        raise SimulationError("the claim speaks of an iterate before x[0]")
    return needed


def observe(
    claim: RateClaim,
    values: Values,
    candidate: Candidate,
    backend: Backend,
    *,
    level: float,
    seed: int,
    deadline: float,
) -> Observation:
    """Run the claim's method on a candidate that lies in its class, and measure.

    A first run tells whether anything is random; if so many runs follow, as one batch.

    Raises:
        TheoryckError: the problem cannot answer the method, or time was up.
    """
    needed = horizon_of(claim, values) | {0}
    functions = candidate.problem.on(backend)

    def trajectory(runs: int) -> tuple[Trajectory, Streams]:
        streams = Streams(backend, seed, runs)
        oracle: Oracle = ArrayOracle(functions, candidate.noise, streams)
        row = [float(entry) for entry in candidate.direction]
        start = backend.asarray([row] * runs, what="start") + functions.minimiser()
        arguments = arguments_at(claim.method, values.floats, ArrayNumbers())
        steps = max(needed, default=0)
        kept = run(claim.method.method, oracle, arguments, start, steps, needed, deadline=deadline)
        return kept, streams

    first, streams = trajectory(1)
    if not streams.drawn:
        return _measure(claim, values, candidate, functions, first, backend, level, False)
    runs = min(RUNS, max(2, MAX_KEPT // (len(needed) * functions.dimension)))
    batch, _ = trajectory(runs)
    return _measure(claim, values, candidate, functions, batch, backend, level, True)


def _measure(
    claim: RateClaim,
    values: Values,
    candidate: Candidate,
    functions: Functions,
    trajectory: Trajectory,
    backend: Backend,
    level: float,
    randomised: bool,
) -> Observation:
    def at(expr: Expr, expectation: Any = lambda value: value) -> Any:
        here = environment(values.floats, trajectory, functions, expectation)
        with backend.quiet():
            value = evaluate(expr, here, ArrayNumbers())
            if hasattr(value, "shape"):
                return backend.to_numpy(value).reshape(-1)
            return np.asarray([value], dtype=np.float64)

    runs = int(trajectory.at(0).shape[0])
    flip = -1.0 if claim.relation in (">=", ">") else 1.0
    bounds = at(claim.bound)
    # the bound is one number where it is about the start alone: all runs start alike
    varies = randomised and not iterates_needed((claim.bound,), values.floats) <= {0}
    bound = 0.0 if varies else float(bounds[0])
    slack = TOLERANCE * float(np.max(np.abs(bounds))) if np.all(np.isfinite(bounds)) else 0.0

    def made(measured: float, lowest: float, limit: float, room: float) -> Observation:
        return Observation(candidate, runs, randomised, measured, lowest, limit, room)

    def excess() -> Any:
        """The measure, or by how much it is above a bound that differs from run to run."""
        return flip * (at(claim.measure) - bounds) if varies else flip * at(claim.measure)

    if claim.confidence is not None:
        allowed = 1 - float(at(claim.confidence)[0])
        kept = int(np.sum(excess() <= flip * bound + slack))
        if not randomised:
            return made(float(kept == 0), float(kept == 0), allowed, 0.0)
        failures = frequency(runs - kept, runs, level)
        seen = made(failures.upper, failures.lower, allowed, 0.0)
        return replace(seen, mean=failures.mean, deviation=_spread(failures.mean))
    measure = expectations_outside(claim.measure)
    if randomised and mentions(measure, Expectation):
        if varies:
            raise SimulationError("the bound depends on the run, and the measure is a mean")
        with backend.quiet():
            columns = expectations_seen(measure, values.floats, trajectory, functions, backend)
            start = Trajectory({0: trajectory.at(0)[:1]}, 0)
            here = environment(values.floats, start, functions)
            low, high, mean, deviation = _expected(measure, here, columns, backend, level, flip)
        return replace(made(high, low, flip * bound, slack), mean=mean, deviation=deviation)
    samples = excess()
    worst = float(np.max(samples)) if not np.any(np.isnan(samples)) else math.inf
    return made(worst, worst, flip * bound, slack)


def _spread(p: float) -> float:
    return math.sqrt(p * (1 - p))


def _expected(
    measure: Expr,
    here: Environment,
    columns: Sequence[Any],
    backend: Backend,
    level: float,
    flip: float,
) -> tuple[float, float, float, float]:
    """Lower and upper confidence bounds for a measure that is increasing in its expectations,
    its value at the sample means, and about its standard deviation for one run."""
    if not increasing_in_expectations(measure):
        raise SimulationError("the measure is not monotone in its expectations")
    if flip < 0:
        raise SimulationError("a lower bound on an expectation")
    each = bonferroni(level, max(1, len(columns)))
    found = [studentised(np.where(np.isnan(c), math.inf, c), each) for c in columns]
    runs = columns[0].size
    errors = [float(np.std(c, ddof=1)) / math.sqrt(runs) for c in columns]
    low, high, mean, step = (
        with_expectations(measure, here, given, backend)
        for given in (
            [e.lower for e in found],
            [e.upper for e in found],
            [e.mean for e in found],
            [e.mean + error for e, error in zip(found, errors, strict=True)],
        )
    )
    deviation = math.sqrt(runs) * (step - mean) if math.isfinite(step) else math.inf
    return low, high if math.isfinite(high) else math.inf, mean, deviation
