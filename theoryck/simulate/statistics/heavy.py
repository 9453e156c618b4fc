"""Means of numbers with heavy tails, from a bound on one of their moments."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from theoryck.simulate.errors import SimulationError
from theoryck.simulate.statistics.estimates import Estimate, check_level, finite_numbers_of


def median_of_means(sample: Any, moment: float, level: float, *, order: float = 2.0) -> Estimate:
    """The median of the means of k = ⌈8 ln(1/δ)⌉ blocks, δ = 1 − level, each of m = ⌊n/k⌋ numbers.

    A block's mean is within w of the true one with probability 3/4 or more, and then the median
    of the blocks is, except with probability e^(−k/8) ≤ δ (Lugosi and Mendelson 2019, Theorem 2).
    For a variance the width is w = √(4·moment/m) by Chebyshev; for a moment of order p < 2 it is
    w = (8·moment)^(1/p)/m^(1 − 1/p), by E|Σ Yᵢ|^p ≤ 2 Σ E|Yᵢ|^p (von Bahr and Esseen 1965,
    Theorem 2). Nothing else is assumed of the law.

    Args:
        sample: independent numbers, at least k.
        moment: a bound on E|X − E X|^order.
        level: the confidence of both bounds together.
        order: the order p of the moment, 1 < p ≤ 2.

    Raises:
        SimulationError: the sample is too short, or there is no such moment.

    >>> estimate = median_of_means([1.0, 3.0] * 100, 1.0, 0.95)
    >>> estimate.mean, round(estimate.upper, 2)
    (2.0, 2.71)
    """
    values = finite_numbers_of(sample, 1)
    check_level(level)
    if not 1 < order <= 2 or not 0 <= moment < math.inf:
        raise SimulationError(
            f"a moment of order 1 < p <= 2 expected, got a moment {moment} of order {order}"
        )
    blocks = math.ceil(8 * math.log(1 / (1 - level)))
    size = values.size // blocks
    if size < 1:
        raise SimulationError(
            f"{values.size} runs are too few: at level {level:g} the median of {blocks} means is "
            f"taken, each of one run or more"
        )
    means = values[: blocks * size].reshape(blocks, size).mean(axis=1)
    middle = float(np.median(means))
    if order == 2:
        width = math.sqrt(4 * moment / size)
    else:
        width = (8 * moment) ** (1 / order) * size ** (1 / order - 1)
    return Estimate(middle, middle - width, middle + width, level, values.size)


def catoni(sample: Any, variance: float, level: float) -> Estimate:
    """Catoni's M-estimator: almost as narrow as for normal numbers, from the variance alone.

    The zero θ of Σ ψ(α(Xᵢ − θ)), ψ(t) = sign(t) ln(1 + |t| + t²/2). With l = ln(2/δ) and n > 2l
    it is within η = √(2 v l/(n − 2l)) of the mean, for α = √(2l/(n(v + η²))), with probability
    1 − δ (Catoni 2012, Proposition 2.4); about √2 times as wide as for normal numbers, where the
    median of means takes √32.

    Args:
        sample: independent numbers.
        variance: a bound v on their variance.
        level: the confidence of both bounds together.

    Raises:
        SimulationError: the sample is too short for the level, or the variance is none.

    >>> estimate = catoni([1.0, 3.0] * 100, 1.0, 0.95)
    >>> round(estimate.mean, 6), round(estimate.upper, 2)
    (2.0, 2.2)
    """
    values = finite_numbers_of(sample, 1)
    check_level(level)
    if not 0 <= variance < math.inf:
        raise SimulationError(f"a variance expected, got {variance}")
    n, log = values.size, math.log(2 / (1 - level))
    if n <= 2 * log:
        raise SimulationError(f"{n} runs are too few at level {level:g}: more than {2 * log:.1f}")
    if variance == 0:
        return Estimate(float(np.median(values)), *(float(np.median(values)),) * 2, level, n)
    width = math.sqrt(2 * variance * log / (n - 2 * log))
    scale = math.sqrt(2 * log / (n * (variance + width**2)))
    middle = _zero(values, scale)
    return Estimate(middle, middle - width, middle + width, level, n)


def _zero(values: Any, scale: float) -> float:
    """The zero of the decreasing function θ ↦ Σ ψ(scale·(Xᵢ − θ)), by bisection."""

    def influence(theta: float) -> float:
        t = scale * (values - theta)
        with np.errstate(over="ignore"):
            return float(np.sum(np.sign(t) * np.log1p(np.abs(t) + t * t / 2)))

    low, high = float(np.min(values)), float(np.max(values))
    for _ in range(200):
        middle = low + (high - low) / 2
        if not low < middle < high:
            break
        low, high = (middle, high) if influence(middle) > 0 else (low, middle)
    return low + (high - low) / 2
