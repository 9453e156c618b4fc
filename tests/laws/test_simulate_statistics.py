"""Confidence bounds cover what they say: seldom wrong, and wrong where they must be."""

from __future__ import annotations

from math import comb
from typing import Any

import numpy as np
import pytest

from theoryck.simulate.errors import SimulationError
from theoryck.simulate.statistics import (
    bonferroni,
    empirical_bernstein,
    frequency,
    studentised,
)

TRIALS, SIZE = 2000, 60
DRAWS = {
    "normal": lambda rng: rng.standard_normal(SIZE) + 2,
    "uniform": lambda rng: 4 * rng.random(SIZE),
    "two-point": lambda rng: 4.0 * (rng.random(SIZE) < 0.5),
}  # all with mean 2


@pytest.mark.parametrize("name", DRAWS)
@pytest.mark.parametrize("level", [0.9, 0.99])
def test_students_bound_misses_the_mean_about_as_often_as_stated(name: str, level: float) -> None:
    rng = np.random.default_rng(0)
    upper = np.array([studentised(DRAWS[name](rng), level).upper for _ in range(TRIALS)])
    missed = np.mean(upper < 2)
    assert 0.2 * (1 - level) < missed < 1.6 * (1 - level) + 0.01


@pytest.mark.parametrize("name", ["uniform", "two-point"])
def test_bernsteins_bound_misses_at_most_as_often_as_stated(name: str) -> None:
    rng = np.random.default_rng(0)
    bounds = [empirical_bernstein(DRAWS[name](rng), 0.0, 4.0, 0.9) for _ in range(TRIALS)]
    assert np.mean([b.upper < 2 for b in bounds]) <= 0.1
    assert np.mean([b.lower > 2 for b in bounds]) <= 0.1


def test_bernstein_is_narrow_for_many_equal_numbers() -> None:
    estimate = empirical_bernstein(np.full(10_000, 0.3), 0.0, 1.0, 0.99)
    assert estimate.upper - estimate.mean < 0.002


@pytest.mark.parametrize("p", [0.02, 0.5, 0.97])
def test_frequencies_cover_exactly(p: float) -> None:
    # by summing the binomial law, no sampling: P(upper < p) <= 1 - level
    runs, level = 40, 0.95
    law = [comb(runs, k) * p**k * (1 - p) ** (runs - k) for k in range(runs + 1)]
    bounds = [frequency(k, runs, level) for k in range(runs + 1)]
    assert sum(w for w, b in zip(law, bounds, strict=True) if b.upper < p) <= 1 - level
    assert sum(w for w, b in zip(law, bounds, strict=True) if b.lower > p) <= 1 - level


def test_frequencies_are_clopper_and_pearsons() -> None:
    none_of_ten = frequency(0, 10, 0.95)
    assert none_of_ten.upper == pytest.approx(1 - 0.05 ** (1 / 10))
    assert none_of_ten.lower == 0
    # the largest p with P(at most 2 of 5) >= 5 %
    p = frequency(2, 5, 0.95).upper
    assert sum(comb(5, k) * p**k * (1 - p) ** (5 - k) for k in range(3)) == pytest.approx(0.05)


def test_a_false_rate_is_told_from_a_true_one() -> None:
    rng = np.random.default_rng(1)
    sample = rng.standard_normal(400) + 2
    estimate = studentised(sample, bonferroni(0.99, 16))
    assert estimate.upper < 2.3  # "at most 2.3" is supported
    assert estimate.lower > 1.75  # "at most 1.75" is surely false


def test_bonferroni_adds_up() -> None:
    assert 16 * (1 - bonferroni(0.99, 16)) == pytest.approx(0.01)


@pytest.mark.parametrize(
    "call",
    [
        lambda: studentised([1.0], 0.9),
        lambda: studentised([1.0, 2.0], 1.0),
        lambda: empirical_bernstein([1.0, 5.0], 0.0, 4.0, 0.9),
        lambda: empirical_bernstein([1.0, float("nan")], 0.0, 4.0, 0.9),
        lambda: frequency(3, 2, 0.9),
        lambda: frequency(0, 0, 0.9),
        lambda: bonferroni(0.9, 0),
    ],
)
def test_misuse_is_named(call: Any) -> None:
    with pytest.raises(SimulationError):
        call()


def test_a_run_that_diverged_bounds_nothing() -> None:
    estimate = studentised([1.0, float("inf"), 2.0], 0.9)
    assert estimate.upper == float("inf")
