"""The engine: a claim's method, run on problems of its class."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from theoryck.claims.claim import Claim, RateClaim
from theoryck.claims.expressions import Gradient, Order, mentions
from theoryck.claims.printing import to_text
from theoryck.claims.sampling import sample_instances
from theoryck.errors import TheoryckError, UntraceableError
from theoryck.simulate.backend import numpy_backend
from theoryck.simulate.candidates import Candidate, candidates
from theoryck.simulate.exact import ExactOutcome, exact_outcome
from theoryck.simulate.measures import comparisons
from theoryck.simulate.observe import Observation, horizon_of, observe
from theoryck.simulate.problems.base import ExactProblem
from theoryck.simulate.runs import OutOfTimeError
from theoryck.simulate.starts import place_start
from theoryck.simulate.statistics import bonferroni
from theoryck.simulate.values import Values, assumed, choose
from theoryck.verdict import EngineReport, Instance, Status

ENGINE = "simulate"
LEVEL = 0.99  # of everything that one report says
DEFAULT_INSTANCES = 3
MAX_CANDIDATES = 40  # of one instance


def examine(claim: Claim, deadline: float, seed: int = 0) -> EngineReport:
    """What runs of the claim's method show.

    ``supported`` when every run on every problem tried kept the bound (the reason says what
    was tried), ``refuted`` when a run in exact arithmetic, on a problem whose membership in the
    class was checked exactly, breaks it, and else ``inconclusive`` with the reason. It never
    raises for a user's claim.

    Args:
        claim: the claim, of any kind.
        deadline: a ``time.monotonic()`` value.
        seed: the seed of all randomness; the same seed gives the same report.
    """
    begun = time.monotonic()
    if not isinstance(claim, RateClaim):
        return _inconclusive(f"simulate has no rules for {claim.kind} claims yet", begun)
    if isinstance(claim.bound, Order):
        return _inconclusive("an order bound hides a constant: no run can break or keep it", begun)
    chosen = claim.at or sample_instances(claim, DEFAULT_INSTANCES)
    if not chosen:
        return _inconclusive("no parameter values are known that meet the constraints", begun)
    level = bonferroni(LEVEL, len(chosen) * MAX_CANDIDATES)
    results = []
    for at in chosen:
        try:
            results.append(_instance(claim, choose(at), level, seed, deadline))
        except TheoryckError as error:
            text = {name: to_text(expr) for name, expr in at.items()}
            results.append(_Result(Instance(text, None, None, Status.INCONCLUSIVE, str(error))))
        except (ArithmeticError, ValueError, TypeError, AttributeError, MemoryError) as error:
            # a user's method may raise anything; which claim is at fault, the reason says
            text = {name: to_text(expr) for name, expr in at.items()}
            reason = f"the run failed: {type(error).__name__}: {error}"
            results.append(_Result(Instance(text, None, None, Status.INCONCLUSIVE, reason)))
        if results[-1].instance.status is Status.REFUTED:
            break
    return _report(results, begun)


@dataclass(frozen=True)
class _Result:
    instance: Instance
    observations: tuple[Observation, ...] = ()
    evidence: tuple[str, ...] = ()


def _inconclusive(reason: str, begun: float) -> EngineReport:
    seconds = time.monotonic() - begun
    return EngineReport(ENGINE, Status.INCONCLUSIVE, reason, seconds=seconds)


def _instance(
    claim: RateClaim, values: Values, level: float, seed: int, deadline: float
) -> _Result:
    classes, numbers = assumed(claim.assumptions, values)
    steps = max(horizon_of(claim, values), default=0)
    speaks_of_gradients = any(
        mentions(expr, Gradient) for expr in (claim.measure, claim.bound, *claim.initial)
    )
    backend = numpy_backend()
    seen: list[Observation] = []
    refused: list[str] = []
    doubtful: list[Observation] = []
    late = ""
    tried = 0
    for candidate in candidates(classes, numbers, steps, differentiable=speaks_of_gradients):
        if tried == MAX_CANDIDATES:
            break
        try:
            placed = place_start(candidate, comparisons(claim.initial), values)
            if placed is None:
                continue
            tried += 1
            seen_here = observe(
                claim, values, placed, backend, level=level, seed=seed, deadline=deadline
            )
        except OutOfTimeError as error:
            late = str(error)
            break
        except UntraceableError as error:
            refused.append(str(error))
            continue
        if seen_here.below:
            seen.append(seen_here)
            continue
        outcome = None
        if not seen_here.randomised:
            outcome = exact_outcome(claim, values, placed, deadline)
        if outcome is not None and outcome.violated:
            return _refuted(claim, values, placed, outcome)
        if outcome is not None:
            seen.append(_corrected(seen_here, outcome))
        else:
            doubtful.append(seen_here)
    return _judged(claim, values, seen, doubtful, refused, late)


def _corrected(observation: Observation, outcome: ExactOutcome) -> Observation:
    """The observation with the numbers of the exact run, which kept the bound."""
    return Observation(
        observation.candidate,
        observation.runs,
        observation.randomised,
        min(outcome.measure, outcome.bound),
        outcome.measure,
        outcome.bound,
        observation.slack,
    )


def _refuted(claim: RateClaim, values: Values, placed: Candidate, outcome: ExactOutcome) -> _Result:
    problem = placed.problem
    data = problem.data() if isinstance(problem, ExactProblem) else {}
    witness = data | {
        "start": [str(entry) for entry in placed.direction],
        "measure": outcome.measure_text,
        "bound": outcome.bound_text,
    }
    relation = "below" if claim.relation in (">=", ">") else "above"
    reason = (
        f"{placed.describe()}, x[0] = ({', '.join(witness['start'])}) and x_star = 0: an exact run "
        f"gives {to_text(claim.measure)} = {outcome.measure:.6g}, {relation} {outcome.bound:.6g}"
    )
    instance = Instance(
        at=values.text,
        claimed=outcome.bound,
        worst_case=None,
        status=Status.REFUTED,
        reason=reason,
        witness=witness,
    )
    return _Result(instance, (), (reason,))


def _judged(
    claim: RateClaim,
    values: Values,
    seen: Sequence[Observation],
    doubtful: Sequence[Observation],
    refused: Sequence[str],
    late: str,
) -> _Result:
    evidence = tuple(_line(observation) for observation in (*seen, *doubtful))
    claimed = seen[0].bound if seen and claim.confidence is None else None

    def result(status: Status, reason: str) -> _Result:
        return _Result(Instance(values.text, claimed, None, status, reason), tuple(seen), evidence)

    above = [observation for observation in doubtful if observation.above]
    if above:
        worst = above[0]
        return result(
            Status.INCONCLUSIVE,
            f"in doubles, {worst.candidate.describe()} breaks the bound: {_numbers(worst)}; "
            "no exact run confirms it",
        )
    if doubtful:
        wide = doubtful[0]
        return result(
            Status.INCONCLUSIVE,
            f"the runs do not tell on {wide.candidate.describe()}: {_numbers(wide)}",
        )
    if not seen:
        return result(Status.INCONCLUSIVE, late or (refused[0] if refused else NOTHING_KNOWN))
    if claim.relation == "==" and max(o.ratio for o in seen) < 1 - 1e-6:
        return result(
            Status.INCONCLUSIVE, f"{_summary(seen, late)}; that the bound is attained was not seen"
        )
    return result(Status.SUPPORTED, _summary(seen, late))


NOTHING_KNOWN = "no problem is known here that surely lies in the claim's class and meets its start"


def _numbers(observation: Observation) -> str:
    return f"{observation.measured:.6g} against {observation.bound:.6g}"


def _line(observation: Observation) -> str:
    what = f"{observation.runs} runs, upper bound" if observation.randomised else "1 run, measured"
    return f"{observation.candidate.describe()}: {what} {_numbers(observation)}"


def _summary(seen: Sequence[Observation], late: str) -> str:
    runs = sum(observation.runs for observation in seen)
    largest = max(seen, key=lambda observation: observation.ratio)
    text = (
        f"{len(seen)} problems of the class, {runs} runs, all within the bound: the largest ratio "
        f"is {largest.ratio:.4g}, on {largest.candidate.describe()}"
    )
    if any(observation.randomised for observation in seen):
        text += f" (all confidence bounds together at level {LEVEL:g})"
    return f"{text}; {late}, and the other problems were not run" if late else text


def _report(results: Sequence[_Result], begun: float) -> EngineReport:
    instances = tuple(result.instance for result in results)
    evidence = tuple(line for result in results for line in result.evidence)
    statuses = [instance.status for instance in instances]
    if Status.REFUTED in statuses:
        status = Status.REFUTED
    elif all(s is Status.SUPPORTED for s in statuses):
        status = Status.SUPPORTED
    else:
        status = Status.INCONCLUSIVE
    reason = next(i.reason for i in instances if i.status is status)
    if status is Status.SUPPORTED:
        reason += "; functions of the class other than these were not seen"
    return EngineReport(
        engine=ENGINE,
        status=status,
        reason=reason,
        instances=instances,
        evidence=evidence,
        seconds=time.monotonic() - begun,
    )
