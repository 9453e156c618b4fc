"""Families of functions with one free parameter, chosen from the constants of a claim's class."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

from theoryck.algebra import NumberSystem
from theoryck.assumptions.base import Curvature
from theoryck.certificates.function_runs import FunctionRun, exactly
from theoryck.certificates.functions import ExplicitFunction, LargestPiece, Quadratic
from theoryck.certificates.piecewise import Piecewise
from theoryck.certificates.problem import assumptions_at, parameter_values
from theoryck.claims.arithmetic import Floats, to_fraction
from theoryck.claims.claim import RateClaim
from theoryck.claims.expressions import Expr
from theoryck.errors import TheoryckError

MAX_PIECES = 80  # of the largest-piece function: half of them is its dimension
FLAT = 10**4  # how much less than the largest a curvature is, where the class allows none
BITS = 256


@dataclass(frozen=True)
class Placed:
    """A function with a start."""

    function: ExplicitFunction
    start: tuple[Fraction, ...]


@dataclass(frozen=True)
class Ends:
    """Rational bounds on curvature and gradients, inside of those that the claim's class has."""

    lower: Fraction
    upper: Fraction | None
    gradient: Fraction | None


class Family(ABC):
    """Functions with a start, by a parameter in [0, 1] and the distance of the start.

    ``free`` says whether the parameter changes anything.
    """

    free: ClassVar[bool] = True

    @abstractmethod
    def member(self, parameter: float, scale: float, denominator: int | None) -> Placed:
        """The function, its numbers rounded to this denominator; None is no rounding."""


def _between(low: Fraction, high: Fraction, parameter: float, denominator: int | None) -> Fraction:
    """Geometrically between two positive numbers, and these themselves at the ends."""
    if parameter <= 0 or low == high:
        return low
    if parameter >= 1:
        return high
    value = float(low) * (float(high) / float(low)) ** parameter
    return min(max(rounded(value, denominator), low), high)


def rounded(value: float, denominator: int | None) -> Fraction:
    """A fraction near the value, to a relative precision of about 1/denominator; without one
    the value itself."""
    if value == 0 or not math.isfinite(value):
        return Fraction(0)
    if denominator is None:
        return Fraction(value)
    # a power of ten as the unit, so that small numbers keep their digits too
    unit = Fraction(10) ** math.floor(math.log10(abs(value)))
    return unit * Fraction(value / float(unit)).limit_denominator(denominator)


@dataclass(frozen=True)
class Parabolas(Family):
    """(c/2)x², c between the ends."""

    low: Fraction
    high: Fraction

    def member(self, parameter: float, scale: float, denominator: int | None) -> Placed:
        curvature = _between(self.low, self.high, parameter, denominator)
        return Placed(Quadratic(((curvature,),)), (rounded(scale, denominator),))


@dataclass(frozen=True)
class Knees(Family):
    """Curvature ``inner`` up to the knee and ``outer`` beyond: Huber's function for outer = 0.

    The knee is a share of the start's distance, or, where gradients are bounded, of the distance
    that the bound allows.
    """

    inner: Fraction
    outer: Fraction
    gradient: Fraction | None

    def member(self, parameter: float, scale: float, denominator: int | None) -> Placed:
        start = rounded(scale, denominator)
        share = _between(Fraction(1, 1000), Fraction(1), parameter, denominator)
        whole = start if self.gradient is None else self.gradient / self.inner
        return Placed(bent(self.inner, self.outer, share * whole), (start,))


def bent(inner: Fraction, outer: Fraction, knee: Fraction) -> Piecewise:
    """The even function with curvature ``inner`` up to the knee and ``outer`` beyond."""
    slope = inner * knee
    return Piecewise((-knee, knee), (-slope, -slope, slope), (outer, inner, outer))


@dataclass(frozen=True)
class Kinks(Family):
    """s|x| + (c/2)x², where the class is not smooth; gradients of the start's size, or up to G."""

    curvature: Fraction
    gradient: Fraction | None

    def member(self, parameter: float, scale: float, denominator: int | None) -> Placed:
        start = rounded(scale, denominator)
        if self.gradient is not None:
            slope = _between(self.gradient / 10, self.gradient, parameter, denominator)
        else:
            slope = start * _between(Fraction(1, 10**4), Fraction(10**4), parameter, denominator)
        function = Piecewise((Fraction(0),), (-slope, slope), (self.curvature, self.curvature))
        return Placed(function, (start,))


@dataclass(frozen=True)
class Planes(Family):
    """½(low·x² + high·y²) with starts in all directions; in the middle (1/low, 1/high), the
    worst one of exact line search."""

    low: Fraction
    high: Fraction

    def member(self, parameter: float, scale: float, denominator: int | None) -> Placed:
        zero = Fraction(0)
        middle = self.low / self.high
        away = 100 ** (2 * parameter - 1)
        share = middle if parameter == 0.5 else middle * rounded(away, denominator)
        start = rounded(scale, denominator)
        return Placed(Quadratic(((self.low, zero), (zero, self.high))), (start, start * share))


@dataclass(frozen=True)
class Pieces(Family):
    """G·max |x_i|: a subgradient method sees one coordinate a step (Nesterov 2018, 3.2.1)."""

    gradient: Fraction
    size: int
    free: ClassVar[bool] = False

    def member(self, parameter: float, scale: float, denominator: int | None) -> Placed:
        size, zero = self.size, Fraction(0)
        slopes = tuple(
            tuple(sign * self.gradient if i == j else zero for j in range(size))
            for i in range(size)
            for sign in (1, -1)
        )
        count = len(slopes)
        function = LargestPiece(slopes, (zero,) * count, (Fraction(1, count),) * count)
        # no two coordinates are equal, so that balls can tell which is the largest
        start = tuple(
            rounded(scale / math.sqrt(size), denominator) * (1 - Fraction(i, 10**9))
            for i in range(size)
        )
        return Placed(function, start)


def families(claim: RateClaim, at: Mapping[str, Expr]) -> Iterator[Family]:
    """The families that lie in the claim's class, as far as that is known."""
    ends = class_ends(claim, at)
    if ends is None:
        return
    lower, upper, gradient = ends.lower, ends.upper, ends.gradient
    if upper is not None and lower > upper:
        return
    if gradient is None and upper is not None:
        least = lower if lower > 0 else upper / FLAT
        yield Parabolas(least, upper)
        if lower < upper:
            yield Knees(upper, lower, None)
            yield Planes(lower if lower > 0 else upper / 50, upper)
        if 0 < lower < upper:
            yield Knees(lower, upper, None)
    elif gradient is None:
        yield Kinks(lower, None)
        yield Parabolas(lower or Fraction(1, 1000), max(100 * lower, Fraction(1000)))
    elif upper is not None:
        yield Knees(upper, Fraction(0), gradient)
    elif lower == 0:
        yield Kinks(Fraction(0), gradient)
        size = horizon(claim, at) + 1
        if size <= MAX_PIECES // 2:
            yield Pieces(gradient, size)


def class_ends(claim: RateClaim, at: Mapping[str, Expr]) -> Ends | None:
    """What the assumptions allow at the instance; None where they exclude each other.

    Where an assumption has a known sufficient condition, that is taken, else what it implies.
    """

    def bounds(numbers: NumberSystem) -> list[Curvature]:
        assumed = assumptions_at(claim, parameter_values(at, numbers), numbers)
        found = []
        for a in assumed:
            enough = a.assumption.enough(a.values, numbers)
            found.append(enough or a.assumption.curvature(a.values, numbers))
        return found

    each = exactly(bounds, BITS)
    lowers = [-_below(-b.lower) for b in each if b.lower is not None]
    uppers = [_below(b.upper) for b in each if b.upper is not None]
    gradients = [_below(b.gradient) for b in each if b.gradient is not None]
    upper = min(uppers) if uppers else None
    gradient = min(gradients) if gradients else None
    if (upper is not None and upper <= 0) or (gradient is not None and gradient <= 0):
        return None
    return Ends(max([Fraction(0), *lowers]), upper, gradient)


def _below(value: Any) -> Fraction:
    """A rational number at an exact one, or just below a ball."""
    ball = getattr(value, "ball", None)
    if ball is None:
        return to_fraction(value)
    # well below, so that comparing it with the ball again is no matter of rounding
    end = to_fraction(ball.lower().mid().fmpq())
    short = Fraction(math.floor(end * 2**60), 2**60)
    return short - abs(short) / 2**40


def horizon(claim: RateClaim, at: Mapping[str, Expr]) -> int:
    """The number of steps that the measure looks at."""
    run = FunctionRun(claim, at, Quadratic(((Fraction(1),),)), (Fraction(1),), Floats())
    try:
        run.evaluate(claim.measure)
    except (TheoryckError, ArithmeticError):
        return 1
    return len(run.iterates) - 1
