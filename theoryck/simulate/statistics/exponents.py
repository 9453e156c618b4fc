"""The exponent of a power law, from independent runs at several horizons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import ndtri, stdtrit

from theoryck.simulate.errors import SimulationError
from theoryck.simulate.statistics.estimates import check_level, finite_numbers_of

SETTLED = 0.05  # a slope that changes by less over the range of horizons counts as one


@dataclass(frozen=True)
class ExponentFit:
    """The slope of ln(mean measure) over ln N, and whether it is one slope.

    Attributes:
        exponent, lower, upper: the slope with its two-sided confidence interval.
        curvature, curvature_lower, curvature_upper: likewise the coefficient of (ln N)².
        first, last: the slopes at the shortest and at the longest horizon, curvature included.
        level: the confidence of each interval.
        horizons: the values of N.
        runs: how many runs there are at each.
    """

    exponent: float
    lower: float
    upper: float
    curvature: float
    curvature_lower: float
    curvature_upper: float
    first: float
    last: float
    level: float
    horizons: tuple[int, ...]
    runs: tuple[int, ...]

    @property
    def settled(self) -> bool:
        """Whether no curvature is seen: it may be zero, or it moves the slope hardly at all."""
        within = self.curvature_lower <= 0 <= self.curvature_upper
        return within or abs(self.last - self.first) < SETTLED

    def allows(self, exponent: float) -> bool:
        """Whether N**exponent bounds what was seen: the slope is not surely above it."""
        return (self.lower if self.settled else min(self.lower, self.last)) <= exponent

    def __str__(self) -> str:
        text = (
            f"the measure goes like N**{self.exponent:.3f} (between {self.lower:.3f} and "
            f"{self.upper:.3f} at level {self.level:g}) for N from {self.horizons[0]} to "
            f"{self.horizons[-1]}, {len(self.horizons)} horizons of {_span(self.runs)} runs each"
        )
        if self.settled:
            return f"{text}; beyond that range nothing was seen"
        return (
            f"{text}; the slope is not settled: it goes from {self.first:.3f} to {self.last:.3f}, "
            "so this range is before the asymptotic one"
        )


def fit_exponent(samples: Mapping[int, Any], level: float = 0.95) -> ExponentFit:
    """The exponent b of E(measure) ≈ c·N^b, by weighted least squares of the logarithms.

    The mean at each N has the variance s²/n, its logarithm about s²/(n·mean²) (delta method); the
    weights are the inverses. Runs at one horizon must not be reused at another: the points are
    taken to be independent. Residuals larger than those variances explain widen the intervals
    (by √(χ²/ν), Birge 1932). With one run, or equal ones, at every N the points weigh alike, and
    Student's quantiles are used. A quadratic term is fitted beside: an exponent that is read off
    while the slope still changes is not the asymptotic one, and the fit says so.

    Args:
        samples: by horizon N, the measure of every run, positive in the mean.
        level: the confidence of the intervals, each two-sided.

    Raises:
        SimulationError: fewer than four horizons, or a mean that has no logarithm.

    >>> fit = fit_exponent({n: [3 / n] for n in (10, 20, 40, 80, 160)})
    >>> round(fit.exponent, 9), fit.settled
    (-1.0, True)
    """
    check_level(level)
    if len(samples) < 4:
        raise SimulationError(
            f"at least four horizons expected to tell a slope from a curve, got {len(samples)}"
        )
    horizons = tuple(sorted(samples))
    if not all(isinstance(n, int | np.integer) and n >= 1 for n in horizons):
        raise SimulationError(f"horizons are positive whole numbers, got {list(horizons)}")
    columns = [finite_numbers_of(samples[n], 1) for n in horizons]
    means = np.array([float(np.mean(column)) for column in columns])
    if np.any(means <= 0):
        at = horizons[int(np.argmax(means <= 0))]
        raise SimulationError(
            f"the mean at N = {at} is {means.min():g}; only positive ones have a logarithm"
        )
    sizes = np.array([column.size for column in columns])
    deviations = np.array([np.std(c, ddof=1) if c.size > 1 else 0.0 for c in columns])
    errors = deviations / (np.sqrt(sizes) * means)
    t, y = np.log(np.array(horizons, dtype=np.float64)), np.log(means)
    t = t - t.mean()
    known = bool(np.all(errors > 0))
    line = _fit(np.stack([np.ones_like(t), t], axis=1), y, errors if known else None, level)
    bend = _fit(np.stack([np.ones_like(t), t, t * t], axis=1), y, errors if known else None, level)
    slope, curvature = line[1], bend[2]
    return ExponentFit(
        *slope,
        *curvature,
        first=bend[1][0] + 2 * curvature[0] * float(t[0]),
        last=bend[1][0] + 2 * curvature[0] * float(t[-1]),
        level=level,
        horizons=tuple(int(n) for n in horizons),
        runs=tuple(int(n) for n in sizes),
    )


def _fit(design: Any, y: Any, errors: Any, level: float) -> tuple[tuple[float, float, float], ...]:
    """Every coefficient with the ends of its interval."""
    weights = np.ones_like(y) if errors is None else 1 / errors
    freedom = y.size - design.shape[1]
    rows = design * weights[:, None]
    orthogonal, triangular = np.linalg.qr(rows)
    found = np.linalg.solve(triangular, orthogonal.T @ (weights * y))
    residual = float(np.sum((weights * (y - design @ found)) ** 2)) / freedom
    inverse = np.linalg.inv(triangular)
    tail = (1 + level) / 2
    if errors is None:
        scale, quantile = residual, float(stdtrit(freedom, tail))
    else:
        scale, quantile = max(1.0, residual), float(ndtri(tail))
    widths = quantile * np.sqrt(scale * np.sum(inverse**2, axis=1))
    return tuple((float(b), float(b - w), float(b + w)) for b, w in zip(found, widths, strict=True))


def _span(runs: tuple[int, ...]) -> str:
    low, high = min(runs), max(runs)
    return str(low) if low == high else f"{low} to {high}"
