"""What a sample is checked for, and what is said of its mean."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from theoryck.simulate.errors import SimulationError


@dataclass(frozen=True)
class Estimate:
    """A sample mean, and bounds that the true mean is below (above) with probability ``level``."""

    mean: float
    lower: float
    upper: float
    level: float
    runs: int


def numbers_of(sample: Any, least: int) -> Any:
    """The sample as doubles of shape (runs,).

    Raises:
        SimulationError: it is not a list of real numbers, an entry is NaN, or it is too short.
    """
    try:
        values = np.asarray(sample)
        if values.dtype.kind not in "fiub":
            raise TypeError(f"entries of type {values.dtype}")
        values = values.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise SimulationError(f"a sample of real numbers expected ({error})") from error
    if values.ndim > 1 and values.size != values.shape[0]:
        raise SimulationError(
            f"a sample has one number for each run; got an array of shape {values.shape}"
        )
    values = values.reshape(-1)
    if values.size < least:
        raise SimulationError(f"at least {least} runs expected, got {values.size}")
    if np.any(np.isnan(values)):
        raise SimulationError(
            f"{int(np.isnan(values).sum())} of {values.size} numbers are NaN; a run that diverged "
            "counts as infinite, and what was not measured must be left out"
        )
    return values


def finite_numbers_of(sample: Any, least: int) -> Any:
    """The same for what needs finite numbers.

    Raises:
        SimulationError: also where a number is infinite.
    """
    values = numbers_of(sample, least)
    lost = int(np.isinf(values).sum())
    if lost:
        raise SimulationError(
            f"{lost} of {values.size} numbers are infinite: those runs diverged, and the mean of "
            "all is infinite too"
        )
    return values


def check_level(level: float) -> None:
    """Raise unless ``level`` is a confidence.

    Raises:
        SimulationError: it is not strictly between 0 and 1.
    """
    if not _inside(level):
        raise SimulationError(f"a confidence level between 0 and 1 expected, got {level}")


def check_error(error: float) -> None:
    """Raise unless ``error`` is a probability of being wrong.

    Raises:
        SimulationError: it is not strictly between 0 and 1/2.
    """
    if not _inside(error) or error >= 0.5:
        raise SimulationError(
            f"a probability of error between 0 and 1/2 expected (1e-6, say), got {error}"
        )


def _inside(number: Any) -> bool:
    return isinstance(number, int | float | np.floating) and bool(0 < number < 1)


def unbounded(mean: float, level: float, runs: int) -> Estimate:
    """What is known of a mean when nothing bounds it."""
    return Estimate(mean, -math.inf, math.inf, level, runs)
