"""The test of claims tested: how often it wrongs a true claim, and how soon it sees a false one.

All decisions are those of ``compare_mean``: above the bound where ln(wealth) >= ln(1/error).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from theoryck.simulate.statistics import (
    Answer,
    catoni,
    compare_mean,
    compare_probability,
    frequency,
    median_of_means,
    nonnegative_mean,
)
from theoryck.simulate.statistics.betting import log_wealth

REPETITIONS, SIZE = 10_000, 300
# each with the mean 1, which is the bound: the hardest true claim
LAWS = {
    "exponential": lambda rng, shape: rng.exponential(1.0, shape),
    "pareto of infinite variance": lambda rng, shape: rng.pareto(1.5, shape) / 2,
    "rare": lambda rng, shape: (rng.random(shape) < 1e-4) / 1e-4,
    "log-normal": lambda rng, shape: np.exp(2 * rng.standard_normal(shape) - 2),
    "chi-square": lambda rng, shape: rng.standard_normal(shape) ** 2,
    "fair coin": lambda rng, shape: 2.0 * (rng.random(shape) < 0.5),
    "almost constant": lambda rng, shape: 1 + 1e-3 * (rng.random(shape) - 0.5),
}


def fallen(samples: Any, bound: float, error: float) -> int:
    return int(np.sum(log_wealth(samples, bound) >= math.log(1 / error)))


@pytest.mark.parametrize("name", LAWS)
def test_a_true_claim_never_falls_in_ten_thousand_repetitions(name: str) -> None:
    samples = LAWS[name](np.random.default_rng(5), (REPETITIONS, SIZE))
    assert fallen(samples, 1.0, 1e-6) == 0
    # at a level that so many repetitions can see, it is wrong as seldom as it says
    slack = 5 * math.sqrt(0.05 * 0.95 * REPETITIONS)
    assert fallen(samples, 1.0, 0.05) <= 0.05 * REPETITIONS + slack


def test_the_level_is_not_empty_words() -> None:
    # the test does wrong a true claim now and then: it is a level, and not a wall
    samples = LAWS["exponential"](np.random.default_rng(6), (REPETITIONS, SIZE))
    assert 0.0002 < fallen(samples, 1.0, 0.05) / REPETITIONS <= 0.05


@pytest.mark.parametrize("name", ["exponential", "chi-square", "fair coin", "log-normal"])
def test_the_decision_is_that_of_the_report(name: str) -> None:
    rng = np.random.default_rng(7)
    for factor in (0.5, 0.8, 0.95, 1.0):
        sample = LAWS[name](rng, 1500)
        report = compare_mean(sample, factor, at_least=0.0, error=0.01)
        assert (report.answer is Answer.ABOVE) == bool(fallen(sample[None, :], factor, 0.01))


@pytest.mark.parametrize(
    ("name", "runs"),
    [("exponential", 6000), ("chi-square", 12_000), ("fair coin", 6000), ("almost constant", 1000)],
)
def test_a_mean_ten_percent_above_the_bound_is_seen(name: str, runs: int) -> None:
    samples = LAWS[name](np.random.default_rng(8), (40, runs))
    assert fallen(samples, 1 / 1.1, 1e-6) >= 36


def test_a_bound_of_half_is_seen_with_few_runs_and_heavy_tails() -> None:
    rng = np.random.default_rng(9)
    assert fallen(LAWS["exponential"](rng, (100, 200)), 0.5, 1e-6) >= 90
    assert fallen(LAWS["pareto of infinite variance"](rng, (100, 2000)), 0.5, 1e-6) >= 90


def test_the_lower_bound_is_the_largest_claim_that_falls() -> None:
    sample = LAWS["exponential"](np.random.default_rng(10), 2000)
    for error in (1e-6, 1e-2):
        bound = nonnegative_mean(sample, error)
        assert log_wealth(sample, bound * (1 - 1e-9)) >= math.log(1 / error)
        assert log_wealth(sample, bound * (1 + 1e-9)) < math.log(1 / error)


def test_the_lower_bound_scales_and_ignores_the_order() -> None:
    sample = LAWS["log-normal"](np.random.default_rng(11), 500)
    bound = nonnegative_mean(sample, 1e-3)
    assert nonnegative_mean(sample[::-1] * 1e40, 1e-3) == pytest.approx(1e40 * bound, rel=1e-9)
    assert nonnegative_mean(sample * 1e-200, 1e-3) == pytest.approx(1e-200 * bound, rel=1e-9)
    assert nonnegative_mean(np.zeros(50), 1e-3) == 0


@pytest.mark.parametrize("p", [0.1, 0.001])
def test_a_true_probability_never_falls(p: float) -> None:
    # exactly, by the binomial law: the probability that the test wrongs it
    runs, error = 2000, 1e-6
    counts = np.arange(runs + 1)
    logs = (
        np.array(
            [math.lgamma(runs + 1) - math.lgamma(k + 1) - math.lgamma(runs - k + 1) for k in counts]
        )
        + counts * math.log(p)
        + (runs - counts) * math.log1p(-p)
    )
    wrong = [frequency(int(k), runs, 1 - error).lower > p for k in counts[:600]]
    assert float(np.sum(np.exp(logs[:600])[wrong])) <= error
    assert any(wrong)


def test_a_confidence_of_ninety_nine_that_is_ninety_falls() -> None:
    rng = np.random.default_rng(12)
    failures = rng.random((200, 2000)) < 0.1
    answers = [compare_probability(2.0 * row, 1.0, 0.99).answer for row in failures]
    assert answers.count(Answer.ABOVE) == 200
    answers = [compare_probability(2.0 * row, 1.0, 0.9).answer for row in failures]
    assert Answer.ABOVE not in answers


TRIALS = 2000


@pytest.mark.parametrize("order", [2.0, 1.4])
def test_the_median_of_means_misses_as_seldom_as_stated(order: float) -> None:
    rng = np.random.default_rng(13)
    # |X| has a tail of index 1.5 or 2.5: a moment of order 1.4, or 2, and none beyond 1.5, or 2.5
    index = 2.5 if order == 2 else 1.5
    signs = np.sign(rng.random((TRIALS, 200)) - 0.5)
    samples = signs * (1 - rng.random((TRIALS, 200))) ** (-1 / index)
    moment = index / (index - order)
    found = [median_of_means(row, moment, 0.9, order=order) for row in samples]
    missed = np.mean([not e.lower <= 0 <= e.upper for e in found])
    assert missed <= 0.1


def test_catonis_estimate_is_narrow_and_misses_seldom() -> None:
    rng = np.random.default_rng(14)
    samples = LAWS["exponential"](rng, (500, 200))
    found = [catoni(row, 1.0, 0.9) for row in samples]
    assert np.mean([not e.lower <= 1 <= e.upper for e in found]) <= 0.1
    wide = median_of_means(samples[0], 1.0, 0.9)
    assert found[0].upper - found[0].lower < 0.6 * (wide.upper - wide.lower)


def test_an_outlier_moves_the_robust_means_little() -> None:
    sample = np.append(np.tile([0.9, 1.1], 200), 1e6)
    assert abs(median_of_means(sample, 1.0, 0.9).mean - 1) < 0.1
    assert abs(catoni(sample, 1.0, 0.9).mean - 1) < 0.5


@pytest.mark.parametrize("p", [0.5, 0.1, 0.001])
def test_the_mean_wealth_is_one_where_the_claim_is_just_true(p: float) -> None:
    # gone through outcome by outcome: a fair game neither wins nor loses in the mean
    runs, high = 4, 3.0
    outcomes = np.array(np.meshgrid(*[[0.0, high]] * runs)).reshape(runs, -1).T
    successes = np.sum(outcomes > 0, axis=1)
    weights = p**successes * (1 - p) ** (runs - successes)
    wealth = np.exp(log_wealth(outcomes, p * high))
    assert float(weights @ wealth) == pytest.approx(1)
    assert float(weights @ np.exp(log_wealth(outcomes, 2 * p * high))) < 1
