"""Refutations by samples as JSON documents, and their verification by running them again."""

from __future__ import annotations

import math
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from theoryck.assumptions import Assumption
from theoryck.certificates import CertificateError, Established
from theoryck.claims.claim import Claim, ComplexityClaim, RateClaim
from theoryck.claims.expressions import Expr
from theoryck.claims.printing import to_text
from theoryck.claims.reading import read_claim
from theoryck.simulate.engine.classes import Candidate
from theoryck.simulate.engine.complexity import as_rate
from theoryck.simulate.engine.described import candidate_data, read_candidate
from theoryck.simulate.engine.observe import horizon_of
from theoryck.simulate.engine.sampled import ERROR, Sampled, Seen, Trial, check, sample, steady
from theoryck.simulate.engine.values import choose

FORMAT = 1
KIND = "sample"
MOST_RUNS = 400_000
MOST_WORK = 50_000_000  # coordinates of all steps of one sample
PATIENCE = 300.0  # seconds for running a document again
SAME = 1e-6  # relative: the same seeds give the same numbers, but for the order of sums


def sample_document(
    claim: Claim, at: Mapping[str, str], candidate: Candidate, found: Sampled
) -> dict[str, Any] | None:
    """The JSON data of a refutation by samples; None where they cannot say what was run.

    Args:
        claim: the refuted claim, as its file has it.
        at: the instance as text.
        candidate: the problem with its noise and its start.
        found: what the samples show.
    """
    described = candidate_data(candidate)
    if described is None:
        return None
    return {
        "format": FORMAT,
        "kind": KIND,
        "claim": dict(claim.table),
        "at": dict(at),
        **described,
        "runs": found.runs,
        "seeds": [str(seed) for seed in found.seeds],
        "error": found.error,
        "mean": found.mean,
        "lower": found.lower,
        "bound": found.bound,
    }


@dataclass(frozen=True)
class _Stated:
    """What a document states, its numbers within their limits."""

    trial: Trial
    seeds: tuple[int, int]
    lower: float
    bound: float


def verify_sample(
    data: Mapping[str, Any],
    *,
    methods: Mapping[str, Any],
    assumptions: Mapping[str, Assumption],
    seed: int | None = None,
) -> Established:
    """Runs a refutation by samples again.

    The class of the problem, its noise and its start are established anew, exactly. The stated
    seeds have to give the stated numbers; and since whoever wrote the document chose those seeds,
    a third sample, twice as large, with a seed that he could not know has to refute the claim too.

    Args:
        data: the document.
        methods: those that the claim may name.
        assumptions: likewise.
        seed: that of the third sample; from the operating system by default.

    Raises:
        CertificateError: the document is malformed, or does not establish what it says.
        TheoryckError: its claim means nothing, or its instance cannot be run.
    """
    claim, at, text = _claim(data, methods, assumptions)
    stated = _read(data, claim, at)
    trial = stated.trial
    check(trial)
    first, second = (sample(trial, seed_) for seed_ in stated.seeds)
    lower = min(first.lower, second.lower)
    if not (first.above and second.above):
        raise CertificateError(
            f"the stated seeds show at least {lower:.6g} only, against the bound {first.bound:.6g}"
        )
    for name, here, there in (("lower", lower, stated.lower), ("bound", first.bound, stated.bound)):
        if not math.isclose(here, there, rel_tol=SAME):
            raise CertificateError(f"{name}: stated is {there:.10g}, the seeds give {here:.10g}")
    if not steady(trial, stated.seeds[0], first):
        raise CertificateError("rounding could make the excess: disturbed runs do not show it")
    fresh = secrets.randbits(62) if seed is None else seed
    again = sample(replace(trial, runs=2 * trial.runs), fresh)
    if not again.above:
        raise CertificateError(
            f"a fresh sample of {2 * trial.runs} runs (seed {fresh}) shows at least "
            f"{again.lower:.6g} only, against the bound {again.bound:.6g}"
        )
    return Established(claim.id, refutes=True, lines=_lines(trial, text, lower, again, fresh))


def _lines(
    trial: Trial, at: Mapping[str, str], lower: float, again: Seen, seed: int
) -> tuple[str, ...]:
    where = ", ".join(f"{name} = {value}" for name, value in at.items())
    problem = f"On {trial.candidate.describe()}, from an admissible start,"
    shown, said = what_is_shown(trial.claim)
    return (
        f"The bound of claim {trial.claim.id!r} fails at {where}, but for a probability of error "
        f"of at most {trial.error:.3g}. {problem} {shown} is at least {lower:.6g} by two samples "
        f"of {trial.runs} runs; {said} {again.bound:.6g}.",
        f"A fresh sample of {2 * trial.runs} runs (seed {seed}) says at least {again.lower:.6g}.",
        "The function, the noise and the start are in the class by exact arithmetic; the runs are "
        "in doubles with pseudo-random numbers, and rounding does not account for the excess.",
        "It does not say how large the worst case is.",
    )


def what_is_shown(claim: RateClaim) -> tuple[str, str]:
    """What the lower bound is about, and how to say what the claim allows."""
    measure = to_text(claim.measure)
    if claim.confidence is None:
        return measure, "the claim allows"
    relation = "below" if claim.relation in (">=", ">") else "above"
    return f"the probability that {measure} is {relation} the bound", "the claim allows"


def _claim(
    data: Mapping[str, Any],
    methods: Mapping[str, Any],
    assumptions: Mapping[str, Assumption],
) -> tuple[RateClaim | ComplexityClaim, Mapping[str, Expr], Mapping[str, str]]:
    if not isinstance(data, Mapping) or data.get("format") != FORMAT or data.get("kind") != KIND:
        raise CertificateError(f"a document of format {FORMAT} and kind {KIND!r} expected")
    table, at = data.get("claim"), data.get("at")
    if not isinstance(table, Mapping) or not isinstance(at, Mapping):
        raise CertificateError("claim, at: tables expected")
    stated = {key: value for key, value in table.items() if key not in ("at", "expect")}
    claim = read_claim({**stated, "at": [dict(at)]}, methods=methods, assumptions=assumptions)
    if not isinstance(claim, RateClaim | ComplexityClaim):
        raise CertificateError(f"a claim of kind {claim.kind}: samples refute rates")
    return claim, claim.at[0], {name: str(value) for name, value in at.items()}


def _read(
    data: Mapping[str, Any], claim: RateClaim | ComplexityClaim, at: Mapping[str, Expr]
) -> _Stated:
    values = choose(at)
    rate = claim if isinstance(claim, RateClaim) else as_rate(claim, values)
    candidate = read_candidate(data)
    runs, error = data.get("runs"), _number(data, "error")
    if not isinstance(runs, int) or isinstance(runs, bool) or not 1 <= runs <= MOST_RUNS:
        raise CertificateError(f"runs: a whole number up to {MOST_RUNS} expected, got {runs!r}")
    if not 0 < error <= ERROR:
        raise CertificateError(f"error: at most {ERROR:g} expected, got {error:g}")
    steps = max(horizon_of(rate, values), default=0)
    if runs * max(1, steps) * candidate.problem.dimension > MOST_WORK:
        raise CertificateError(f"{runs} runs of {steps} steps: too many to run again")
    trial = Trial(rate, values, candidate, runs, error, time.monotonic() + PATIENCE)
    return _Stated(trial, _seeds(data), _number(data, "lower"), _number(data, "bound"))


def _number(data: Mapping[str, Any], name: str) -> float:
    value = data.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise CertificateError(f"{name}: a finite number expected, got {str(value)[:40]}")
    return float(value)


def _seeds(data: Mapping[str, Any]) -> tuple[int, int]:
    texts = data.get("seeds")
    if not isinstance(texts, list) or len(texts) != 2 or not all(map(_whole, texts)):
        raise CertificateError("seeds: two whole numbers as text expected")
    first, second = int(texts[0]), int(texts[1])
    if first == second:
        raise CertificateError("seeds: two different ones expected")
    return first, second


def _whole(text: Any) -> bool:
    return isinstance(text, str) and text.isdecimal() and text.isascii() and len(text) <= 20
