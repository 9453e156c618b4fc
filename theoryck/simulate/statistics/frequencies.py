"""Probabilities from counts."""

from __future__ import annotations

from scipy.special import betaincinv

from theoryck.simulate.errors import SimulationError
from theoryck.simulate.statistics.estimates import Estimate, check_level


def frequency(successes: int, runs: int, level: float) -> Estimate:
    """Clopper and Pearson's exact one-sided bounds for a probability (1934).

    >>> estimate = frequency(100, 100, 0.95)
    >>> 0.97 < estimate.lower < 0.971
    True
    """
    check_level(level)
    if runs < 1 or not 0 <= successes <= runs or int(successes) != successes:
        raise SimulationError(
            f"a number of successes among at least one run expected, got {successes} in {runs} runs"
        )
    alpha = 1 - level
    lower = float(betaincinv(successes, runs - successes + 1, alpha)) if successes else 0.0
    failed = runs - successes
    upper = float(betaincinv(successes + 1, failed, 1 - alpha)) if failed else 1.0
    return Estimate(successes / runs, lower, upper, level, runs)
