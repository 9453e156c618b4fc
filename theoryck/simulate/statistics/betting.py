"""A lower bound on the mean of non-negative numbers that assumes nothing else about them.

Whoever says that X ≥ 0 has a mean of at most m offers fair or favourable odds on every bet that
gains θ(X/m − 1) per unit of wealth, 0 ≤ θ ≤ 1: the wealth ∏ᵢ (1 + θ(Xᵢ/m − 1)) is never negative,
and its mean is at most 1. By Markov's inequality it exceeds 1/δ with probability at most δ, for
every sample size and every law, with an infinite variance or an infinite mean too. A mixture over
several θ is such a wealth again, and the m that it does not rule out are at least the bound.

Ville 1939; Shafer 2021; Waudby-Smith and Ramdas 2024, Section 4 (the hedged capital process);
Mineiro 2022 for numbers without an upper limit.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy.optimize import brentq

from theoryck.simulate.statistics.estimates import Estimate, check_error, check_level, numbers_of
from theoryck.simulate.statistics.means import check_range

# the shares of wealth at stake; a factor 2 between them costs little against the best share
SHARES = (0.9, *(2.0**-i for i in range(1, 13)))
DETAIL = 1e-11  # relative, of the bound
LARGEST = 1e300  # an infinite measure counts as this: the mean is at least that of the capped one


def log_wealth(samples: Any, mean: float) -> Any:
    """ln of the wealth won against "the mean is at most ``mean``", for samples in the last axis.

    Args:
        samples: non-negative numbers of shape (..., runs).
        mean: the claimed mean, positive.

    Returns:
        An array of shape (...).

    >>> float(log_wealth(np.zeros(10), 1.0)) < 0
    True
    """
    # relative to the claim; what is far beyond it wins as much as LARGEST does
    with np.errstate(over="ignore"):
        ratios = np.minimum(np.asarray(samples, dtype=np.float64) / mean, LARGEST) - 1.0
    logs = np.stack([np.sum(np.log1p(share * ratios), axis=-1) for share in SHARES])
    most = np.max(logs, axis=0)
    return most + np.log(np.mean(np.exp(logs - most), axis=0))


def nonnegative_mean(sample: Any, error: float) -> float:
    """A number that the mean of a law on [0, ∞) is at least, but for a probability ``error``.

    Args:
        sample: independent numbers of one law, none negative; an infinite one counts as 1e300.
        error: the probability that the bound is above the mean.

    Raises:
        SimulationError: an entry is negative or NaN, or there is none.

    >>> rare = [0.0] * 990 + [100.0] * 10
    >>> 0.2 < nonnegative_mean(rare, 0.01) < 1
    True
    """
    values = numbers_of(sample, 1)
    check_error(error)
    check_range(values, 0.0, math.inf)
    values = np.minimum(values, LARGEST)
    wanted = math.log(1 / error)
    high = float(np.max(values))  # no wealth is won against it
    low = _beaten(values, high, wanted)
    if low == 0:
        return 0.0
    root = brentq(
        lambda t: float(log_wealth(values, math.exp(t))) - wanted,
        math.log(low),
        math.log(high),
        xtol=DETAIL / 4,
    )
    # a little below the root, on the side that is ruled out
    found = math.exp(root - DETAIL)
    return found if float(log_wealth(values, found)) >= wanted else low


def _beaten(values: Any, high: float, wanted: float) -> float:
    """Some mean that the sample rules out; 0 where it rules out none that matters."""
    low = high
    while low > high * 1e-12 and low > 0:
        low /= 16
        if float(log_wealth(values, low)) >= wanted:
            return low
    return 0.0


def betting(sample: Any, lower: float, upper: float, level: float) -> Estimate:
    """Bounds for independent numbers in [lower, upper], whose upper end may be infinite.

    Valid for every sample size; of the bounds for bounded numbers the narrowest here.

    Raises:
        SimulationError: an entry lies outside the range.

    >>> betting([0.4, 0.6] * 200, 0.0, 1.0, 0.95).upper < 0.56
    True
    """
    values = numbers_of(sample, 1)
    check_level(level)
    check_range(values, lower, upper)
    error = 1 - level
    above = math.inf
    if math.isfinite(upper):
        above = upper - nonnegative_mean(upper - values, error)
    below = lower + nonnegative_mean(values - lower, error)
    return Estimate(float(np.mean(values)), below, above, level, values.size)
