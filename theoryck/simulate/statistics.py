"""Means with one-sided confidence bounds, frequencies, and many statements at once."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import betaincinv, stdtrit

from theoryck.simulate.errors import SimulationError


@dataclass(frozen=True)
class Estimate:
    """A sample mean, and bounds that the true mean is below (above) with probability ``level``."""

    mean: float
    lower: float
    upper: float
    level: float
    runs: int


def bonferroni(level: float, statements: int) -> float:
    """The level of each of several statements so that all hold together with ``level``.

    >>> round(bonferroni(0.95, 5), 10)
    0.99
    """
    _check_level(level)
    if statements < 1:
        raise SimulationError(f"at least one statement expected, got {statements}")
    return 1 - (1 - level) / statements


def studentised(sample: Any, level: float) -> Estimate:
    """Student's bounds: exact for normal samples, asymptotic for others.

    Args:
        sample: independent numbers, at least two.
        level: the confidence of each one-sided bound.

    >>> studentised([1.0, 2.0, 3.0], 0.95).mean
    2.0
    """
    values = _sample(sample, 2)
    _check_level(level)
    n, mean = values.size, float(np.mean(values))
    if not math.isfinite(mean):
        return Estimate(mean, -math.inf, math.inf, level, n)
    width = float(stdtrit(n - 1, level) * np.std(values, ddof=1) / math.sqrt(n))
    return Estimate(mean, mean - width, mean + width, level, n)


def empirical_bernstein(sample: Any, lower: float, upper: float, level: float) -> Estimate:
    """Bounds for independent numbers in [lower, upper], valid for every sample size.

    Maurer and Pontil 2009, Theorem 4: with probability 1 − δ the mean is below the sample mean
    plus √(2 V ln(2/δ)/n) + 7 (upper − lower) ln(2/δ)/(3 (n − 1)), V the sample variance.

    Raises:
        SimulationError: an entry lies outside the range.
    """
    values = _sample(sample, 2)
    _check_level(level)
    if not np.all((values >= lower) & (values <= upper)):
        raise SimulationError(f"every entry must lie in [{lower}, {upper}]")
    n, mean, log = values.size, float(np.mean(values)), math.log(2 / (1 - level))
    variance = float(np.var(values, ddof=1))
    width = math.sqrt(2 * variance * log / n) + 7 * (upper - lower) * log / (3 * (n - 1))
    return Estimate(mean, mean - width, mean + width, level, n)


def frequency(successes: int, runs: int, level: float) -> Estimate:
    """Clopper and Pearson's exact one-sided bounds for a probability (1934).

    >>> estimate = frequency(100, 100, 0.95)
    >>> 0.97 < estimate.lower < 0.971
    True
    """
    _check_level(level)
    if runs < 1 or not 0 <= successes <= runs:
        raise SimulationError(f"{successes} successes in {runs} runs")
    alpha = 1 - level
    lower = float(betaincinv(successes, runs - successes + 1, alpha)) if successes else 0.0
    failed = runs - successes
    upper = float(betaincinv(successes + 1, failed, 1 - alpha)) if failed else 1.0
    return Estimate(successes / runs, lower, upper, level, runs)


def _sample(sample: Any, least: int) -> Any:
    values = np.asarray(sample, dtype=np.float64).reshape(-1)
    if values.size < least:
        raise SimulationError(f"at least {least} runs expected, got {values.size}")
    return values


def _check_level(level: float) -> None:
    if not 0 < level < 1:
        raise SimulationError(f"a confidence level between 0 and 1 expected, got {level}")
