"""The engine: a claim's method, run on problems of its class."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from theoryck.claims.claim import Claim, ComplexityClaim, RateClaim
from theoryck.claims.expressions import Expr, Order
from theoryck.claims.printing import to_text
from theoryck.claims.sampling import sample_instances
from theoryck.claims.spelling import spell_instance
from theoryck.errors import TheoryckError
from theoryck.simulate.engine.classes import Candidate
from theoryck.simulate.engine.complexity import as_rate
from theoryck.simulate.engine.documents import kernel_document
from theoryck.simulate.engine.exact import ExactOutcome
from theoryck.simulate.engine.observe import Observation
from theoryck.simulate.engine.orders import GROWTH, Trend, trend
from theoryck.simulate.engine.sample_documents import sample_document, what_is_shown
from theoryck.simulate.engine.sampled import ERROR, Sampled
from theoryck.simulate.engine.search import (
    MAX_RANDOMISED,
    MAX_TRIALS,
    Record,
    Refutation,
    Setting,
    search,
)
from theoryck.simulate.engine.values import Values, choose
from theoryck.simulate.problems.base import ExactProblem, shown
from theoryck.simulate.statistics import bonferroni, shared
from theoryck.verdict import EngineReport, Instance, Status

ENGINE = "simulate"
LEVEL = 0.99  # of everything that one report says
DEFAULT_INSTANCES = 3
NOTHING_KNOWN = "no problem is known here that surely lies in the claim's class and meets its start"


def examine(claim: Claim, deadline: float, seed: int = 0) -> EngineReport:
    """What runs of the claim's method show.

    ``supported`` when every run on every problem tried kept the bound (the reason says what was
    tried); ``refuted`` when runs in exact arithmetic, on a problem whose membership in the class
    was checked exactly, break it, or when samples do so but for a probability of 1e-6 in all
    (:mod:`theoryck.simulate.engine.sampled`); and else ``inconclusive`` with the reason. It never
    raises for a user's claim.

    Args:
        claim: the claim, of any kind.
        deadline: a ``time.monotonic()`` value.
        seed: the seed of all randomness; the same seed gives the same report.
    """
    begun = time.monotonic()
    if not isinstance(claim, RateClaim | ComplexityClaim):
        return _inconclusive(f"simulate has no rules for {claim.kind} claims yet", begun)
    chosen = claim.at or sample_instances(claim, DEFAULT_INSTANCES)
    if not chosen:
        return _inconclusive("no parameter values are known that meet the constraints", begun)
    level = bonferroni(LEVEL, len(chosen) * MAX_RANDOMISED)
    error = shared(ERROR, len(chosen) * MAX_TRIALS)
    results = []
    ordered = isinstance(claim, RateClaim) and isinstance(claim.bound, Order)
    for at in chosen:
        results.append(_instance(claim, at, level, error, seed, deadline))
        status = results[-1].instance.status
        # runs refute no order, so that one doubt settles it
        if status is Status.REFUTED or (ordered and status is not Status.SUPPORTED):
            break
    return _report(results, begun)


@dataclass(frozen=True)
class _Result:
    instance: Instance
    evidence: tuple[str, ...] = ()


def _inconclusive(reason: str, begun: float) -> EngineReport:
    seconds = time.monotonic() - begun
    return EngineReport(ENGINE, Status.INCONCLUSIVE, reason, seconds=seconds)


def _instance(
    claim: RateClaim | ComplexityClaim,
    at: Mapping[str, Expr],
    level: float,
    error: float,
    seed: int,
    deadline: float,
) -> _Result:
    try:
        values = choose(at)
        rate = claim if isinstance(claim, RateClaim) else as_rate(claim, values)
        setting = Setting(rate, values, level, seed, deadline, error)
        if isinstance(rate.bound, Order):
            return _ordered(setting, trend(setting))
        record = search(setting)
    except TheoryckError as error:
        return _failed(at, str(error))
    except Exception as error:  # a user's method may raise anything; the reason says what
        return _failed(at, f"the run failed: {type(error).__name__}: {error}")
    if record.refutation is not None:
        return _refuted(claim, rate, at, values, record.refutation)
    return _judged(rate, values, record)


def _ordered(setting: Setting, found: Trend | None) -> _Result:
    """An order hides a constant: runs may show that none is needed to grow, and never refute."""
    text = setting.values.text
    if found is None:
        return _Result(Instance(text, None, None, Status.INCONCLUSIVE, NOTHING_KNOWN))
    evidence = tuple(
        f"{horizon} steps: measure/order at most {ratio:.4g}, on {candidate.describe()}"
        for horizon, ratio, candidate in zip(
            found.horizons, found.ratios, found.candidates, strict=True
        )
    )
    seen = (
        f"from {found.horizons[0]} to {found.horizons[-1]} steps the largest measure/order seen "
        f"goes from {found.ratios[0]:.3g} to {found.ratios[-1]:.3g}, in the end like "
        f"N**{found.exponent:.2g}"
    )
    if not found.settled:
        seen += " while its slope still changes, so this range tells little of the limit"
    if found.exponent > GROWTH:
        status, reason = (
            Status.INCONCLUSIVE,
            f"{seen}; no run breaks an order, which hides a constant",
        )
    else:
        status, reason = Status.SUPPORTED, f"{seen}: it stays bounded"
    return _Result(Instance(text, None, None, status, reason), evidence)


def _failed(at: Mapping[str, Expr], reason: str) -> _Result:
    text = spell_instance(at)
    return _Result(Instance(text, None, None, Status.INCONCLUSIVE, reason))


def _refuted(
    original: RateClaim | ComplexityClaim,
    claim: RateClaim,
    at: Mapping[str, Expr],
    values: Values,
    refutation: Refutation,
) -> _Result:
    placed, outcome = refutation.candidate, refutation.outcome
    where = ", ".join(shown(entry) for entry in placed.direction)
    on = f"{placed.describe()}, x[0] = ({where}) and x_star = 0"
    if isinstance(outcome, Sampled):
        witness = sample_document(original, values.text, placed, outcome)
        what, said = what_is_shown(claim)
        reason = (
            f"{on}: {what} has the mean {outcome.mean:.6g} over {outcome.runs} runs, and is at "
            f"least {outcome.lower:.6g} by two samples, each but for a probability of "
            f"{outcome.error:.2g}; {said} {outcome.bound:.6g}"
        )
    else:
        witness = _exact_witness(claim, at, values, placed, outcome)
        reason = f"{on}: {_exact_words(claim, outcome)}"
    instance = Instance(
        at=values.text,
        claimed=outcome.bound,
        worst_case=None,
        status=Status.REFUTED,
        reason=reason,
        witness=witness,
    )
    return _Result(instance, (reason,))


def _exact_witness(
    claim: RateClaim,
    at: Mapping[str, Expr],
    values: Values,
    placed: Candidate,
    outcome: ExactOutcome,
) -> dict[str, Any]:
    problem = placed.problem
    data = problem.data() if isinstance(problem, ExactProblem) else {}
    start = [str(entry) for entry in placed.direction]
    document = kernel_document(claim, at, values.text, placed)
    seen = {"start": start, "measure": outcome.measure_text, "bound": outcome.bound_text}
    # a document that the kernel verifies where it knows the function, else the bare data
    witness = (data if document is None else document) | seen
    return witness | {"noise": placed.noise.data()} if outcome.runs > 1 else witness


def _exact_words(claim: RateClaim, outcome: ExactOutcome) -> str:
    how = "an exact run gives"
    if outcome.runs > 1:
        how = f"the exact mean over all {outcome.runs} outcomes of the noise gives"
    what, relation = to_text(claim.measure), "above"
    if claim.confidence is not None:
        what, relation = f"P({what} within the bound)", "below"
    elif claim.relation in (">=", ">"):
        relation = "below"
    return f"{how} {what} = {outcome.measure:.6g}, {relation} {outcome.bound:.6g}"


def _judged(claim: RateClaim, values: Values, record: Record) -> _Result:
    seen, doubtful = record.within, record.doubtful
    evidence = tuple(_line(observation) for observation in (*seen, *doubtful))
    claimed = seen[0].bound if seen and claim.confidence is None else None
    if claimed is not None and not math.isfinite(claimed):
        claimed = None

    def result(status: Status, reason: str) -> _Result:
        return _Result(Instance(values.text, claimed, None, status, reason), evidence)

    for observation in doubtful:
        if observation.above and observation.randomised:
            return result(
                Status.INCONCLUSIVE,
                f"{observation.runs} runs do not refute, yet on "
                f"{observation.candidate.describe()} they are above the bound: at least "
                f"{observation.lowest:.6g} by Student's bound (level {LEVEL:g}) against "
                f"{observation.bound:.6g}; a refutation needs a witness that can be run again, "
                f"and an error of {ERROR:g}",
            )
        if observation.above:
            return result(
                Status.INCONCLUSIVE,
                f"in doubles, {observation.candidate.describe()} breaks the bound: "
                f"{_numbers(observation)}; it could not be run exactly",
            )
    if doubtful and not seen:
        return result(
            Status.INCONCLUSIVE,
            f"{doubtful[0].runs} runs do not tell on {doubtful[0].candidate.describe()}: upper "
            f"confidence bound {_numbers(doubtful[0])}",
        )
    if not seen:
        refused = record.refused[0] if record.refused else NOTHING_KNOWN
        return result(Status.INCONCLUSIVE, record.late or refused)
    summary = _summary(seen, record.late)
    if doubtful:
        summary += f"; on {len(doubtful)} more the runs do not tell"
    if claim.relation == "==" and max(o.ratio for o in seen) < 1 - 1e-6:
        return result(Status.INCONCLUSIVE, f"{summary}; that it is attained was not seen")
    return result(Status.SUPPORTED, summary)


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
        text += f" (all confidence bounds together at level {LEVEL:g}, of means Student's)"
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
