"""Moments of noise as balls, and the scale at which one of them is as large as allowed."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import floor, log10
from typing import Any

import flint

from theoryck.claims.arithmetic import Balls, to_fraction
from theoryck.simulate.errors import SimulationError

DIGITS = 12  # of a scale that is chosen: less than a ball of 53 bits can tell, and readable


def ball(value: Fraction) -> flint.arb:
    """A rational number as a ball, at the precision of the thread."""
    return flint.arb(flint.fmpq(value.numerator, value.denominator))


def power(base: Fraction, exponent: flint.arb) -> flint.arb:
    """base^exponent for base >= 0 and exponent > 0."""
    return flint.arb(0) if base == 0 else ball(base) ** exponent


def length_moment(dimension: int, alpha: flint.arb) -> flint.arb:
    """E‖z‖^α·2^(−α/2) of a standard normal z in d dimensions: Γ((d + α)/2)/Γ(d/2)."""
    half = ball(Fraction(dimension, 2))
    return (half + alpha / 2).gamma() / half.gamma()


def largest_scale(
    moment: Callable[[Any], Any], alpha: Fraction, sigma: Fraction, heavier: str
) -> Fraction:
    """The largest s, nearly, with E‖s·ξ‖^α ≤ σ^α, given E‖ξ‖^α as a function of α.

    Args:
        heavier: what to change where the moment is infinite.

    Raises:
        SimulationError: it is infinite, or σ = 0.
    """
    if alpha <= 0 or sigma <= 0:
        raise SimulationError(f"alpha > 0 and sigma > 0 expected, got {alpha} and {sigma}")
    with Balls().scope():
        unit = moment(ball(alpha))
        if unit is None:
            raise SimulationError(f"the moment of order {alpha} is infinite: {heavier}")
        quotient = ball(sigma) / unit ** (1 / ball(alpha))
        value = to_fraction(quotient.lower().mid().fmpq())
    if value <= 0:
        raise SimulationError(f"no moment of order {alpha} could be bounded")
    digit = Fraction(10) ** (floor(log10(value)) - DIGITS + 1)
    return (value // digit - 1) * digit
