"""What a sample can be that it should not be: refused by name, or read as documented."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from theoryck.simulate.errors import SimulationError
from theoryck.simulate.statistics import (
    Answer,
    betting,
    catoni,
    compare_exponent,
    compare_mean,
    compare_probability,
    empirical_bernstein,
    fit_exponent,
    frequency,
    holm,
    median_of_means,
    nonnegative_mean,
    spend,
    studentised,
)

NAN, OO = math.nan, math.inf
GOOD = {n: [1 / n, 1.1 / n] for n in (10, 20, 40, 80)}

WRONG: dict[str, tuple[Any, str]] = {
    "nan in a mean": (lambda: compare_mean([1.0, NAN], 1.0), "1 of 2 numbers are NaN"),
    "nan in a probability": (lambda: compare_probability([NAN], 1.0, 0.9), "NaN"),
    "nan in a bet": (lambda: nonnegative_mean([NAN], 0.1), "NaN"),
    "nothing": (lambda: compare_mean([], 1.0), "at least 2 runs expected, got 0"),
    "one run": (lambda: compare_mean([1.0], 1.0), "at least 2 runs expected, got 1"),
    "no run": (lambda: compare_probability([], 1.0, 0.9), "at least 1 runs expected"),
    "words": (lambda: compare_mean(["a", "b"], 1.0), "real numbers"),
    "complex": (lambda: compare_mean([1j, 2.0], 1.0), "real numbers"),
    "ragged": (lambda: compare_mean([[1.0], [1.0, 2.0]], 1.0), "real numbers"),
    "a matrix": (lambda: compare_mean(np.ones((3, 2)), 1.0), r"shape \(3, 2\)"),
    "an error of 0": (lambda: compare_mean([1.0, 2.0], 1.0, error=0.0), "between 0 and 1/2"),
    "an error of 1": (lambda: compare_mean([1.0, 2.0], 1.0, error=1.0), "between 0 and 1/2"),
    "an error of nan": (lambda: compare_mean([1.0, 2.0], 1.0, error=NAN), "between 0 and 1/2"),
    "an error in words": (lambda: compare_mean([1.0, 2.0], 1.0, error="small"), "1/2"),
    "no looks": (lambda: compare_mean([1.0, 2.0], 1.0, looks=0), "at least one statement"),
    "a bound of nan": (lambda: compare_mean([1.0, 2.0], NAN), "finite number"),
    "a bound of infinity": (lambda: compare_mean([1.0, 2.0], OO), "finite number"),
    "a bound in words": (lambda: compare_mean([1.0, 2.0], "1"), "a bound is a number"),
    "below the least": (lambda: compare_mean([-1.0, 2.0], 1.0, at_least=0.0), "got -1"),
    "above the most": (lambda: compare_mean([1.0, 2.0], 1.0, at_most=1.5), "got 2"),
    "negative bets": (lambda: nonnegative_mean([-1e-9, 1.0], 0.1), r"\[0.0, inf\]"),
    "an empty range": (lambda: betting([1.0], 1.0, 1.0, 0.9), "lower < upper"),
    "infinite in bernstein": (lambda: empirical_bernstein([1.0, OO], 0, OO, 0.9), "diverged"),
    "a confidence of 2": (lambda: compare_probability([1.0], 1.0, 2.0), "probability between"),
    "a moment of order 3": (lambda: median_of_means([1.0] * 99, 1.0, 0.9, order=3.0), "order"),
    "an infinite moment": (lambda: median_of_means([1.0] * 99, OO, 0.9), "moment"),
    "too few blocks": (lambda: median_of_means([1.0] * 9, 1.0, 0.9), "too few"),
    "too few for catoni": (lambda: catoni([1.0] * 4, 1.0, 0.9), "too few"),
    "a negative variance": (lambda: catoni([1.0] * 40, -1.0, 0.9), "variance"),
    "infinite in catoni": (lambda: catoni([1.0, OO] * 20, 1.0, 0.9), "diverged"),
    "a level of 1": (lambda: studentised([1.0, 2.0], 1), "confidence level"),
    "half a success": (lambda: frequency(0.5, 2, 0.9), "successes"),
    "three horizons": (lambda: fit_exponent({1: [1.0], 2: [1.0], 3: [1.0]}), "four horizons"),
    "horizon 0": (lambda: fit_exponent({0: [1.0]} | GOOD), "positive whole"),
    "horizon 1.5": (lambda: fit_exponent({1.5: [1.0]} | GOOD), "positive whole"),
    "a mean of 0": (lambda: fit_exponent(GOOD | {160: [0.0]}), "N = 160"),
    "a diverged horizon": (lambda: fit_exponent(GOOD | {160: [OO]}), "diverged"),
    "an empty horizon": (lambda: fit_exponent(GOOD | {160: []}), "at least 1 runs"),
    "an exponent of nan": (lambda: compare_exponent(fit_exponent(GOOD), NAN), "finite"),
    "no p-values": (lambda: holm([], 0.05), "p-values"),
    "a p-value of 2": (lambda: holm([2.0], 0.05), "p-values"),
    "looks that shrink": (lambda: spend(0.05, [20, 10]), "increasing"),
    "no such spending": (lambda: spend(0.05, [10], "all at once"), "pocock"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_misuse_is_named(name: str) -> None:
    call, words = WRONG[name]
    with pytest.raises(SimulationError, match=words):
        call()


def test_integers_booleans_and_single_precision_are_numbers() -> None:
    expected = compare_mean([0.0, 1.0] * 50, 0.9, at_least=0, at_most=1)
    for kind in (np.int64, np.uint8, np.bool_, np.float32):
        sample = np.array([0, 1] * 50).astype(kind)
        assert compare_mean(sample, 0.9, at_least=0, at_most=1) == expected
        column = compare_mean(sample.reshape(-1, 1), 0.9, at_least=0, at_most=1)
        assert column == expected


def test_a_run_that_diverged_makes_the_mean_infinite_and_is_told() -> None:
    report = compare_mean([1.0] * 200 + [OO], 2.0)
    assert report.mean == report.upper == OO
    assert report.answer is Answer.UNDECIDED
    assert "1 runs diverged" in str(report)
    # of numbers that are never negative, one in two hundred far away is enough to see
    assert compare_mean([1.0] * 200 + [OO], 2.0, at_least=0.0).answer is Answer.ABOVE
    assert compare_probability([OO] * 50, 2.0, 0.5).answer is Answer.ABOVE


def test_without_limits_or_moments_no_mean_is_ever_above() -> None:
    sample = np.random.default_rng(0).normal(10.0, 0.1, 10_000)
    report = compare_mean(sample, 1.0)
    assert report.answer is Answer.UNDECIDED
    assert "neither a least value nor a moment" in str(report)
    assert compare_mean(sample, 1.0, moment=0.01).answer is Answer.ABOVE
    assert compare_mean(sample, 1.0, at_least=-100.0).answer is Answer.ABOVE


def test_a_report_says_the_error_the_runs_and_what_was_not_seen() -> None:
    report = compare_mean(np.random.default_rng(0).exponential(1.0, 500), 2.0, looks=4)
    assert report.error == 2.5e-7
    for words in ("500 runs", "error 2.5e-07", "4 looks", "asymptotic", "not seen"):
        assert words in str(report)
    rare = compare_probability([0.0] * 100, 1.0, 0.9)
    assert "a failure rarer than" in str(rare)


def test_a_bound_that_is_met_exactly_is_kept() -> None:
    assert compare_mean([1.0] * 1000, 1.0, at_least=0.0, at_most=1.0).answer is Answer.WITHIN
    assert compare_mean([1.0 + 1e-15] * 1000, 1.0, at_least=0.0).answer is Answer.WITHIN
    assert compare_mean([0.0] * 10, 0.0, at_least=0.0).answer is Answer.WITHIN
