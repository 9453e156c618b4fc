"""Refutation by simulation: fresh runs on one problem of the class, at a stated error.

What it rests on, each of which has to hold before anything is said:

* the function, the noise and the start are in the claim's class by exact arithmetic;
* the measure's mean is above the bound by a confidence bound that assumes nothing about the law of
  the runs beyond "the measure cannot be below its least value" (betting), or the probability of
  a failure is above the allowed one by Clopper and Pearson's bound;
* two samples with different seeds both say so, neither of which was used to choose the problem;
* the excess is more than rounding could make: the bound and the method's arguments in doubles
  agree with those in balls, the excess is above 1e-6 relative, and a run whose every gradient is
  disturbed by 1e-12 relative, which is thousands of roundings, moves it by less than a tenth.

That the pseudo-random numbers are as good as random ones is taken for granted.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from theoryck.claims.arithmetic import Balls
from theoryck.claims.claim import RateClaim
from theoryck.claims.evaluate import evaluate
from theoryck.claims.expressions import Expectation, Order, mentions
from theoryck.simulate.backend import Backend, numpy_backend
from theoryck.simulate.engine.arrays import ArrayNumbers
from theoryck.simulate.engine.classes import Candidate
from theoryck.simulate.engine.exact import admissible, arguments_at, exact_start, names_noise
from theoryck.simulate.engine.measures import (
    environment,
    expectations_outside,
    expectations_seen,
    increasing_in_expectations,
    iterates_needed,
    norms_squared,
    with_expectations,
    without_expectations,
)
from theoryck.simulate.engine.ranges import least_in_expectations
from theoryck.simulate.engine.values import Values, to_float
from theoryck.simulate.errors import SimulationError
from theoryck.simulate.noise import Exact
from theoryck.simulate.problems.base import Functions
from theoryck.simulate.runs.loop import Trajectory, run
from theoryck.simulate.runs.oracle import ArrayOracle
from theoryck.simulate.statistics import frequency, nonnegative_mean, shared
from theoryck.simulate.statistics.betting import SHARES
from theoryck.simulate.streams import Streams

ERROR = 1e-6  # of all that one report says, at most
MARGIN = 1e-6  # relative: an excess below it is no refutation
DISTURBANCE = 1e-12  # relative, of every gradient and value
ERRATIC = 1e17  # so many radians apart are neighbouring doubles near 1, and more
STEADY = 0.1  # of the excess: what the disturbance may move
AGREEMENT = 1e-9  # relative, between doubles and balls
MOST_STEPS = 5_000  # of a run
CHUNK = 4_000_000  # numbers kept of runs at once: 32 MB


@dataclass(frozen=True)
class Trial:
    """What is run: a claim at an instance, on a candidate."""

    claim: RateClaim
    values: Values
    candidate: Candidate
    runs: int
    error: float
    deadline: float


@dataclass(frozen=True)
class Sampled:
    """What two samples show.

    Attributes:
        lower: the measure's mean, or the probability of a failure, is at least this.
        bound: what the claim allows.
        mean: that of the first sample.
        runs: of each sample.
        error: the probability that a sample's bound is wrong.
        seeds: those of the samples.
    """

    lower: float
    bound: float
    mean: float
    runs: int
    error: float
    seeds: tuple[int, int]


@dataclass(frozen=True)
class Seen:
    """What one sample shows: a lower confidence bound, the sample's mean, and the claim's bound."""

    lower: float
    mean: float
    bound: float

    @property
    def above(self) -> bool:
        """Whether it exceeds the bound by more than rounding could."""
        return self.lower - self.bound > MARGIN * max(abs(self.bound), abs(self.lower))


def seeds_of(seed: int, number: int) -> tuple[int, int]:
    """Two seeds that no other sample uses.

    >>> len(set(seeds_of(0, 0) + seeds_of(0, 1) + seeds_of(1, 0)))
    6
    """
    words = np.random.SeedSequence(entropy=(seed, 1 + number)).generate_state(2, np.uint64)
    first, second = (int(word) >> 1 for word in words)
    return first, second


def sampled(trial: Trial, seeds: tuple[int, int]) -> Sampled | None:
    """What two fresh samples refute; None if they do not.

    Raises:
        OutOfTimeError: time was up.
        TheoryckError: the claim cannot be refuted by samples, and why.
    """
    check(trial)
    found = []
    for seed in seeds:
        seen = sample(trial, seed)
        if not seen.above:
            return None
        found.append(seen)
    if not steady(trial, seeds[0], found[0]):
        return None
    return Sampled(
        lower=min(seen.lower for seen in found),
        bound=found[0].bound,
        mean=found[0].mean,
        runs=trial.runs,
        error=trial.error,
        seeds=seeds,
    )


def check(trial: Trial) -> None:
    """Raise unless a sample could refute the claim on this candidate.

    Raises:
        TheoryckError: naming what is in the way.
    """
    claim, values = trial.claim, trial.values
    _check_form(claim, values, trial.candidate)
    steps = max(_needed(trial))
    if steps > MOST_STEPS:
        raise SimulationError(f"{steps} steps: samples are of at most {MOST_STEPS}")
    with Balls().scope():
        if not admissible(claim, values, trial.candidate):
            raise SimulationError("that the problem is in the class is not established exactly")
    _limit(trial)
    _check_arguments(trial)


def _check_form(claim: RateClaim, values: Values, candidate: Candidate) -> None:
    if not isinstance(candidate.noise, Exact) and not names_noise(claim):
        raise SimulationError("the claim assumes nothing of the noise: no noise is in its class")
    if isinstance(claim.bound, Order):
        raise SimulationError("an order hides a constant: no runs break it")
    if not iterates_needed((claim.bound,), values.floats) <= {0}:
        raise SimulationError("the bound depends on the run")
    if claim.confidence is not None:
        if mentions(claim.measure, Expectation):
            raise SimulationError("a probability of an expectation")
        return
    if claim.relation not in ("<=", "<", "=="):
        raise SimulationError(
            "a lower bound on an expectation: a tail that is not seen may keep it"
        )
    if not mentions(claim.measure, Expectation):
        raise SimulationError("what every run keeps is not refuted by samples")
    outside = without_expectations(claim.measure)
    if not iterates_needed(outside, values.floats) <= {0}:
        raise SimulationError("the measure is random outside of its expectations")
    if not increasing_in_expectations(expectations_outside(claim.measure)):
        raise SimulationError("the measure is not monotone in its expectations")


def _limit(trial: Trial) -> float:
    """The bound, or the allowed probability of a failure, as a double that balls agree with."""
    claim, values = trial.claim, trial.values
    balls = Balls()
    with balls.scope():
        here = exact_start(trial.candidate, values.in_balls())
        if here is None:
            raise SimulationError("the start is not known exactly")
        bound = _agreed(evaluate(norms_squared(claim.bound), here, balls), "the bound")
        if claim.confidence is None:
            return bound
        return 1 - _agreed(evaluate(claim.confidence, here, balls), "the confidence")


def _agreed(ball: Any, what: str) -> float:
    """The upper end of a ball that is narrower than rounding."""
    middle, radius = to_float(ball), float(ball.rad())
    if not math.isfinite(middle) or radius > AGREEMENT * max(abs(middle), 1e-300):
        raise SimulationError(f"{what} is not known well enough: {ball}")
    return middle + radius


def _check_arguments(trial: Trial) -> None:
    """The arguments in doubles are those in balls, up to rounding: no step is cancelled away."""
    use, values = trial.claim.method, trial.values
    steps = max(_needed(trial))
    balls = Balls()
    with balls.scope():
        exact = arguments_at(use, values.in_balls().exact, balls)
        doubles = arguments_at(use, values.floats, ArrayNumbers())
        for k in {0, 1, steps // 2, max(steps - 1, 0)}:
            near = doubles(k)
            for name, ball in exact(k).items():
                value = to_float(ball)
                if not abs(float(near[name]) - value) <= AGREEMENT * abs(value):
                    raise SimulationError(f"{name} at k = {k} is not known well enough in doubles")


def _needed(trial: Trial) -> frozenset[int]:
    claim = trial.claim
    return iterates_needed((claim.measure, claim.bound), trial.values.floats) | {0}


@dataclass(frozen=True, eq=False)
class _Confined(ArrayOracle):
    """Without the answers of a feasible set: the whole space is not what such a claim speaks of."""

    def project(self, x: Any, *, diameter: Any = None) -> Any:
        raise self.no_answer("f.project")

    def project_weighted(self, x: Any, weights: Any) -> Any:
        raise self.no_answer("f.project")


def sample(
    trial: Trial, seed: int, change: Callable[[Functions, Backend], Functions] = lambda f, b: f
) -> Seen:
    """What ``trial.runs`` runs of one seed show.

    Args:
        trial: what is run.
        seed: of all runs.
        change: what is done to the problem's functions first.

    Raises:
        TheoryckError: the problem cannot answer the method, or time was up.
    """
    backend = numpy_backend()
    functions = change(trial.candidate.problem.on(backend), backend)
    with backend.quiet():
        if trial.claim.confidence is not None:
            return _failures(trial, functions, seed, backend)
        return _means(trial, functions, seed, backend)


def _batches(
    trial: Trial, functions: Functions, seed: int, backend: Backend
) -> Iterator[Trajectory]:
    """The runs, so many at once as memory allows."""
    claim, candidate, needed = trial.claim, trial.candidate, _needed(trial)
    arguments = arguments_at(claim.method, trial.values.floats, ArrayNumbers())
    row = backend.asarray([[float(entry) for entry in candidate.direction]], what="start")
    chunk = max(1, CHUNK // (len(needed) * functions.dimension))
    for first in range(0, trial.runs, chunk):
        runs = min(chunk, trial.runs - first)
        streams = Streams(backend, seed, runs, first)
        yield run(
            claim.method.method,
            _Confined(functions, candidate.noise, streams),
            arguments,
            backend.xp.broadcast_to(row + functions.minimiser(), (runs, functions.dimension)),
            max(needed),
            needed,
            deadline=trial.deadline,
        )


def _means(trial: Trial, functions: Functions, seed: int, backend: Backend) -> Seen:
    values, measure = trial.values, expectations_outside(trial.claim.measure)
    parts: list[list[Any]] = []
    start: Trajectory | None = None
    for batch in _batches(trial, functions, seed, backend):
        parts.append(expectations_seen(measure, values.floats, batch, functions, backend))
        start = Trajectory({0: batch.at(0)[:1]}, 0)
    if start is None:
        raise SimulationError(f"at least one run expected, got {trial.runs}")
    here = environment(values.floats, start, functions)
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    least = least_in_expectations(measure, here)
    each = shared(trial.error, len(columns))
    lower = [_lower(x, low, each) for x, low in zip(columns, least, strict=True)]
    means = [float(np.mean(x)) for x in columns]
    filled = [with_expectations(measure, here, given, backend) for given in (lower, means)]
    return Seen(filled[0], filled[1], _limit(trial))


def _lower(column: Any, least: float, error: float) -> float:
    if not math.isfinite(least):
        raise SimulationError("nothing is known that the measure cannot be below")
    above = column - least
    # what overflowed, or has no value, counts as the least: that lowers the bound, never raises it
    above = np.where(np.isfinite(above), np.maximum(above, 0.0), 0.0)
    return least + nonnegative_mean(above, error)


def _failures(trial: Trial, functions: Functions, seed: int, backend: Backend) -> Seen:
    """How often the bound fails by more than rounding could make of a run that keeps it."""
    claim, values = trial.claim, trial.values
    flip = -1.0 if claim.relation in (">=", ">") else 1.0
    failures = 0
    for batch in _batches(trial, functions, seed, backend):
        here = environment(values.floats, batch, functions)
        measured = np.asarray(evaluate(claim.measure, here, ArrayNumbers()), dtype=np.float64)
        bound = np.asarray(evaluate(claim.bound, here, ArrayNumbers()), dtype=np.float64)
        room = MARGIN * np.maximum(np.abs(bound), np.abs(measured))
        failed = np.isfinite(measured) & (flip * (measured - bound) > room)
        runs = int(batch.at(0).shape[0])
        failures += int(np.sum(np.broadcast_to(failed.reshape(-1), (runs,))))
    found = frequency(failures, trial.runs, 1 - trial.error)
    return Seen(found.lower, found.mean, _limit(trial))


def steady(trial: Trial, seed: int, seen: Seen) -> bool:
    """Whether rounding cannot have made the excess: disturbed runs say nearly the same."""
    again = sample(trial, seed, _disturbed)
    moved = abs(again.lower - seen.lower)
    return again.above and moved <= STEADY * (seen.lower - seen.bound)


def _disturbed(functions: Functions, backend: Backend) -> Functions:
    """Every gradient and value off by up to 1e-12 of itself, differently from point to point.

    The last digits of x decide by how much, as they do with rounding: what a method cancels is
    disturbed too.
    """
    xp, components = backend.xp, functions.components

    def factors(x: Any) -> Any:
        return 1 + DISTURBANCE * xp.cos(ERRATIC * x)

    return replace(
        functions,
        value=lambda x: factors(xp.sum(x, axis=-1, keepdims=True)) * functions.value(x),
        gradient=lambda x: factors(x) * functions.gradient(x),
        components=None if components is None else lambda x, i: factors(x) * components(x, i),
    )


def runs_needed(mean: float, bound: float, deviation: float, error: float) -> float:
    """About how many runs show a mean above the bound.

    The bets win about (Δ/s)²/2 nats a run where the excess Δ is small beside the deviation s, and
    less where it is not; half as many again make it likely. However steady the runs, one wins no
    more than the largest share does on an excess of Δ.

    >>> round(runs_needed(1.1, 1.0, 1.0, 1e-6), -2)
    5400.0
    """
    excess = mean - bound
    if not excess > 0:
        return math.inf
    nats = math.log(1 / error) + math.log(len(SHARES))
    spread, most = deviation / excess, math.log1p(SHARES[0] * excess / max(bound, TINY))
    return max(1.5 * 2 * (1 + spread) * spread * nats, 1.1 * nats / most)


TINY = 1e-300  # a bound of 0 is passed by whatever is above it
