"""A sample held against a bound: what can be said, at which error, and what was not seen.

>>> report = compare_mean([0.9, 1.1] * 500, 2.0, at_least=0.0)
>>> report.answer
<Answer.WITHIN: 'within'>
>>> compare_mean([0.9, 1.1] * 5000, 0.9, at_least=0.0).answer
<Answer.ABOVE: 'above'>
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from theoryck.simulate.errors import SimulationError
from theoryck.simulate.statistics.betting import nonnegative_mean
from theoryck.simulate.statistics.estimates import check_error, numbers_of
from theoryck.simulate.statistics.exponents import ExponentFit
from theoryck.simulate.statistics.frequencies import frequency
from theoryck.simulate.statistics.heavy import median_of_means
from theoryck.simulate.statistics.means import check_range, studentised
from theoryck.simulate.statistics.multiplicity import shared

ERROR = 1e-6  # the largest probability of error that a refutation may have
DETAIL = 1e-9  # relative: a measure this little above a bound is rounding


class Answer(StrEnum):
    """What a sample says about "at most the bound"."""

    ABOVE = "above"
    WITHIN = "within"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class Report:
    """What was looked at, what was found, and how sure it is.

    Attributes:
        question: what was held against what.
        answer: ``above`` only by a bound that is valid for every law allowed and every number of
            runs; ``within`` as the notes say; else ``undecided``.
        bound: what was claimed.
        mean: the sample's mean, or frequency.
        lower, upper: the true one is above (below) this, each but for ``error``.
        error: the probability that the answer "above" is wrong; all looks together have
            ``error·looks``, what the caller allowed.
        looks: among how many comparisons the allowed error was shared.
        runs: how many runs there were.
        notes: how the bounds were found, and what was not seen.
    """

    question: str
    answer: Answer
    bound: float
    mean: float
    lower: float
    upper: float
    error: float
    looks: int
    runs: int
    notes: tuple[str, ...]

    def __str__(self) -> str:
        at = f"{self.runs} runs, error {self.error:.3g}"
        if self.looks > 1:
            at += f" each of {self.looks} looks"
        head = (
            f"{self.question}: {self.answer} the bound {self.bound:.6g}"
            if self.answer is not Answer.UNDECIDED
            else f"{self.question}: undecided against the bound {self.bound:.6g}"
        )
        body = f"mean {self.mean:.6g}, between {self.lower:.6g} and {self.upper:.6g} ({at})"
        return "; ".join((head, body, *self.notes))


def compare_mean(
    sample: Any,
    bound: float,
    *,
    at_least: float = -math.inf,
    at_most: float = math.inf,
    moment: float | None = None,
    order: float = 2.0,
    error: float = ERROR,
    looks: int = 1,
) -> Report:
    """Holds "the mean is at most ``bound``" against independent runs.

    Above it is said only by a bound without assumptions on the tails: from ``at_least`` by
    betting (:mod:`theoryck.simulate.statistics.betting`), or from a known ``moment`` by the
    median of means. Without either the mean of a law may be anything at all, and the answer is
    never "above". Within it is said by ``at_most`` or the moment, and else by Student's bound,
    which is asymptotic: a tail that was not seen could lie beyond.

    Args:
        sample: the measure of every run; infinite where a run diverged.
        bound: what the mean is claimed to be at most.
        at_least, at_most: limits that the measure cannot leave, known beforehand.
        moment: a bound on E|X − E X|^order, known beforehand.
        order: its order, 1 < order ≤ 2; 2 is the variance.
        error: allowed for all looks together.
        looks: how many samples, instances or interim looks share the error (Bonferroni).

    Raises:
        SimulationError: an entry is NaN or outside of its limits, there are fewer than two, or a
            level or a bound is not a number in its range.
    """
    values = numbers_of(sample, 2)
    each = _error(error, looks)
    limit = _bound(bound)
    if np.any(values < at_least) or np.any(values > at_most):
        check_range(values, at_least, at_most)
    lost = int(np.isinf(values).sum())
    lower, upper, notes = -math.inf, math.inf, []
    if math.isfinite(at_least):
        lower = at_least + nonnegative_mean(values - at_least, each)
        notes.append(f"lower bound by betting, for every law on [{at_least:g}, oo)")
    if math.isfinite(at_most) and not lost:
        upper = at_most - nonnegative_mean(at_most - values, each)
        notes.append(f"upper bound by betting, for every law up to {at_most:g}")
    if moment is not None and not lost:
        found = median_of_means(values, moment, 1 - each, order=order)
        lower, upper = max(lower, found.lower), min(upper, found.upper)
        notes.append(f"bounds by the median of means, from a moment of order {order:g}")
    if lost:
        notes.append(f"{lost} runs diverged: their measure is infinite")
    elif upper == math.inf:
        upper = studentised(values, 1 - each).upper
        notes.append("upper bound by Student's quantile: asymptotic, a rare tail is not seen")
    if lower == -math.inf:
        notes.append("no lower bound: neither a least value nor a moment is known")
    room = DETAIL * abs(limit)
    answer = _answer(lower > limit + room, upper <= limit + room)
    mean = math.inf if lost else float(np.mean(values))
    return Report(
        "the mean", answer, limit, mean, lower, upper, each, looks, values.size, tuple(notes)
    )


def compare_probability(
    sample: Any, bound: float, confidence: float, *, error: float = ERROR, looks: int = 1
) -> Report:
    """Holds "the measure is at most ``bound`` with probability at least ``confidence``" against
    independent runs, by Clopper and Pearson's exact bounds for the probability of a failure.

    The report is about that probability: its ``bound`` is 1 − confidence.

    Args:
        sample: the measure of every run; infinite where a run diverged, which is a failure.
        bound: what the measure is claimed to be at most.
        confidence: the claimed probability.
        error, looks: as for :func:`compare_mean`.

    Raises:
        SimulationError: an entry is NaN, or a level or a bound is not a number in its range.

    >>> compare_probability([0.5] * 60 + [2.0] * 40, 1.0, 0.9).answer
    <Answer.ABOVE: 'above'>
    """
    values = numbers_of(sample, 1)
    each = _error(error, looks)
    limit = _bound(bound)
    if not 0 <= confidence <= 1:
        raise SimulationError(f"a claimed probability between 0 and 1 expected, got {confidence}")
    failures = int(np.sum(values > limit + DETAIL * abs(limit)))
    found = frequency(failures, values.size, 1 - each)
    allowed = 1 - confidence
    notes = [f"{failures} failures, bounds by Clopper and Pearson, exact for every probability"]
    if not failures:
        notes.append(f"a failure rarer than {found.upper:.3g} is not seen with so many runs")
    answer = _answer(found.lower > allowed * (1 + DETAIL), found.upper <= allowed)
    return Report(
        f"the probability that the measure is above {limit:.6g}",
        answer,
        allowed,
        found.mean,
        found.lower,
        found.upper,
        each,
        looks,
        values.size,
        tuple(notes),
    )


def compare_exponent(fit: ExponentFit, claimed: float) -> Report:
    """Holds "the measure is O(N**claimed)" against a fit.

    The answer is never "above": an order speaks of the limit and hides a constant, so no finite
    range of horizons breaks it; the notes say what was seen.
    """
    claim = _bound(claimed)
    allowed = fit.allows(claim)
    notes = [str(fit), "an order hides a constant and speaks of the limit: no range breaks it"]
    if not allowed:
        notes.append(f"in this range the measure falls slower than N**{claim:g}")
    return Report(
        "the exponent",
        Answer.WITHIN if allowed and fit.settled else Answer.UNDECIDED,
        claim,
        fit.exponent,
        fit.lower,
        fit.upper,
        (1 - fit.level) / 2,
        1,
        sum(fit.runs),
        tuple(notes),
    )


def _answer(above: bool, within: bool) -> Answer:
    if above:
        return Answer.ABOVE
    return Answer.WITHIN if within else Answer.UNDECIDED


def _error(error: float, looks: int) -> float:
    check_error(error)
    return shared(error, looks)


def _bound(bound: Any) -> float:
    if isinstance(bound, bool) or not isinstance(bound, int | float | np.floating | np.integer):
        raise SimulationError(f"a bound is a number, got {bound!r}")
    if not math.isfinite(bound):
        raise SimulationError(f"a bound is a finite number, got {bound}")
    return float(bound)
