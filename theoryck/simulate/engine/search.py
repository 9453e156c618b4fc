"""All candidates of one instance, and a look around the worst of each family."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction

from theoryck.claims.claim import RateClaim
from theoryck.claims.expressions import Gradient, mentions
from theoryck.errors import TheoryckError, UntraceableError
from theoryck.simulate.backend import Backend, numpy_backend
from theoryck.simulate.engine.candidates import candidates
from theoryck.simulate.engine.classes import Candidate, in_class
from theoryck.simulate.engine.described import candidate_data
from theoryck.simulate.engine.exact import ExactOutcome, exact_gradients_only, exact_outcome
from theoryck.simulate.engine.measures import comparisons
from theoryck.simulate.engine.observe import Observation, horizon_of, observe
from theoryck.simulate.engine.sampled import ERROR, Sampled, Trial, runs_needed, sampled, seeds_of
from theoryck.simulate.engine.starts import place_start
from theoryck.simulate.engine.values import Values, assumed
from theoryck.simulate.noise import Exact
from theoryck.simulate.runs.loop import OutOfTimeError

MAX_CANDIDATES = 40  # of one instance
MAX_RANDOMISED = 16  # candidates of one instance that need many runs
MAX_TUNINGS = 30  # runs spent on making the worst problem of a family worse
WORTH_TUNING = 0.2  # of the bound; a problem further below it is left alone
MAX_WORK = 200_000  # steps of one instance; beyond, only a few problems are run
FEW = 6
MAX_TRIALS = 4  # of one instance by fresh samples, which share the error of its report
LEAST_RUNS, MOST_RUNS = 500, 20_000  # of one sample
SAMPLE_WORK = 20_000_000  # coordinates of all steps of one sample
TIGHT = 1 - 1e-9  # of the bound; nothing is gained beyond


@dataclass(frozen=True)
class Setting:
    """What every run of one instance shares; ``error`` is that of one trial by samples."""

    claim: RateClaim
    values: Values
    level: float
    seed: int
    deadline: float
    error: float = ERROR / MAX_TRIALS
    backend: Backend = field(default_factory=numpy_backend)


@dataclass(frozen=True)
class Refutation:
    """A candidate that breaks the bound, in exact arithmetic or surely by two samples."""

    candidate: Candidate
    outcome: ExactOutcome | Sampled


@dataclass
class Record:
    """What was seen so far: runs within the bound, runs that are not, and refusals."""

    within: list[Observation] = field(default_factory=list)
    doubtful: list[Observation] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    late: str = ""
    trials: int = 0
    refutation: Refutation | None = None


def search(setting: Setting) -> Record:
    """Run the candidates of an instance, until one refutes the claim or time is up.

    Raises:
        TheoryckError: the claim cannot be run at all at this instance.
    """
    record = Record()
    worst: dict[type, tuple[float, Candidate]] = {}
    randomised = 0
    try:
        for tried, (origin, placed) in enumerate(placed_candidates(setting)):
            if tried == _affordable(setting, MAX_CANDIDATES) or randomised == MAX_RANDOMISED:
                break
            seen = _try(setting, placed, record)
            if record.refutation is not None:
                return record
            randomised += seen is not None and seen.randomised
            if seen is None or seen.randomised or not seen.below:
                continue
            family = type(origin.problem)
            if origin.problem.tuned(Fraction(1)) is not None and (
                family not in worst or seen.ratio > worst[family][0]
            ):
                worst[family] = (seen.ratio, origin)
        for ratio, origin in worst.values():
            undecided = record.refutation is None and not record.doubtful
            if undecided and WORTH_TUNING <= ratio < TIGHT:
                _tune(setting, record, ratio, origin)
    except OutOfTimeError as error:
        record.late = str(error)
    return record


def _affordable(setting: Setting, most: int) -> int:
    """How many problems are run: ``most``, or fewer where a run is long."""
    steps = max(horizon_of(setting.claim, setting.values), default=0)
    return max(FEW, min(most, MAX_WORK // max(1, steps)))


def placed_candidates(setting: Setting) -> Iterator[tuple[Candidate, Candidate]]:
    """Every candidate of the instance, as it was chosen and with its start placed."""
    claim, values = setting.claim, setting.values
    classes, numbers = assumed(claim.assumptions, values)
    steps = max(horizon_of(claim, values), default=0)
    exact = exact_gradients_only(claim)
    smooth = any(mentions(e, Gradient) for e in (claim.measure, claim.bound, *claim.initial))
    for candidate in candidates(classes, numbers, steps, differentiable=smooth):
        if exact and not isinstance(candidate.noise, Exact):
            continue
        placed = place_start(candidate, comparisons(claim.initial), values)
        if placed is not None and in_class(placed, classes, numbers):
            yield candidate, placed


def _try(setting: Setting, placed: Candidate, record: Record) -> Observation | None:
    """Run one candidate and file what was seen; None if the problem cannot answer the method."""
    claim, values = setting.claim, setting.values
    try:
        seen = observe(
            claim,
            values,
            placed,
            setting.backend,
            level=setting.level,
            seed=setting.seed,
            deadline=setting.deadline,
        )
    except UntraceableError as error:
        record.refused.append(str(error))
        return None
    if seen.below:
        record.within.append(seen)
        return seen
    outcome = exact_outcome(claim, values, placed, setting.deadline)
    if outcome is not None and outcome.violated:
        record.refutation = Refutation(placed, outcome)
    elif outcome is not None:
        # rounding or chance only: the exact runs kept the bound
        kept = replace(seen, measured=outcome.bound, lowest=outcome.measure, bound=outcome.bound)
        record.within.append(kept)
        return kept
    else:
        found = _by_samples(setting, placed, seen, record)
        if found is None:
            record.doubtful.append(seen)
        else:
            record.refutation = Refutation(placed, found)
    return seen


def _by_samples(
    setting: Setting, placed: Candidate, seen: Observation, record: Record
) -> Sampled | None:
    """What fresh samples refute where the first runs look as if they could."""
    if not seen.randomised or not seen.mean > seen.bound or record.trials == MAX_TRIALS:
        return None
    if candidate_data(placed) is None:
        return None  # no witness could say what was run
    steps = max(horizon_of(setting.claim, setting.values), default=0)
    most = min(MOST_RUNS, SAMPLE_WORK // max(1, steps * placed.problem.dimension))
    wanted = runs_needed(seen.mean, seen.bound, seen.deviation, setting.error)
    if wanted > most:
        return None
    record.trials += 1
    runs = int(min(most, max(LEAST_RUNS, wanted)))
    trial = Trial(setting.claim, setting.values, placed, runs, setting.error, setting.deadline)
    try:
        return sampled(trial, seeds_of(setting.seed, record.trials))
    except OutOfTimeError:
        raise
    except (TheoryckError, ArithmeticError):
        return None  # not established exactly, or no number: nothing is refuted


def _tune(setting: Setting, record: Record, ratio: float, origin: Candidate) -> None:
    """Change the worst problem's free constant as long as that makes it worse."""
    classes, numbers = assumed(setting.claim.assumptions, setting.values)
    factor, runs = Fraction(3, 2), 0
    while runs < _affordable(setting, MAX_TUNINGS) and factor > Fraction(1001, 1000):
        for step in (factor, 1 / factor):
            runs += 1
            problem = origin.problem.tuned(step)
            if problem is None:
                return
            changed = replace(origin, problem=problem)
            placed = place_start(changed, comparisons(setting.claim.initial), setting.values)
            if placed is None or not in_class(placed, classes, numbers):
                continue
            seen = _try(setting, placed, record)
            if record.refutation is not None or seen is None or not seen.below:
                return
            if seen.ratio > ratio:
                ratio, origin = seen.ratio, changed
                break
        else:
            factor = (1 + factor) / 2
