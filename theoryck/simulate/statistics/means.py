"""One-sided confidence bounds for the mean of independent numbers with light or bounded tails."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy.special import stdtrit

from theoryck.simulate.errors import SimulationError
from theoryck.simulate.statistics.estimates import (
    Estimate,
    check_level,
    finite_numbers_of,
    numbers_of,
    unbounded,
)


def studentised(sample: Any, level: float) -> Estimate:
    """Student's bounds: exact for normal samples, asymptotic for others.

    For skew or heavy-tailed samples they are too optimistic on the side of the tail: they may
    support a claim, and are never what a refutation rests on.

    Args:
        sample: independent numbers, at least two; one that is infinite makes the bounds so.
        level: the confidence of each one-sided bound.

    Raises:
        SimulationError: an entry is NaN, there are fewer than two, or the level is none.

    >>> studentised([1.0, 2.0, 3.0], 0.95).mean
    2.0
    """
    values = numbers_of(sample, 2)
    check_level(level)
    n, mean = values.size, float(np.mean(values))
    if not math.isfinite(mean):
        return unbounded(mean, level, n)
    width = float(stdtrit(n - 1, level) * np.std(values, ddof=1) / math.sqrt(n))
    return Estimate(mean, mean - width, mean + width, level, n)


def empirical_bernstein(sample: Any, lower: float, upper: float, level: float) -> Estimate:
    """Bounds for independent numbers in [lower, upper], valid for every sample size.

    Maurer and Pontil 2009, Theorem 4: with probability 1 − δ the mean is below the sample mean
    plus √(2 V ln(2/δ)/n) + 7 (upper − lower) ln(2/δ)/(3 (n − 1)), V the sample variance.

    Raises:
        SimulationError: an entry lies outside the range.
    """
    values = finite_numbers_of(sample, 2)
    check_level(level)
    check_range(values, lower, upper)
    n, mean, log = values.size, float(np.mean(values)), math.log(2 / (1 - level))
    variance = float(np.var(values, ddof=1))
    width = math.sqrt(2 * variance * log / n) + 7 * (upper - lower) * log / (3 * (n - 1))
    return Estimate(mean, mean - width, mean + width, level, n)


def check_range(values: Any, lower: float, upper: float) -> None:
    """Raise unless every number lies in [lower, upper].

    Raises:
        SimulationError: one does not, or the ends are no range.
    """
    if not lower < upper:
        raise SimulationError(f"a range with lower < upper expected, got [{lower}, {upper}]")
    outside = values[(values < lower) | (values > upper)]
    if outside.size:
        raise SimulationError(
            f"every entry must lie in [{lower}, {upper}], got {float(outside[0]):g}"
        )
