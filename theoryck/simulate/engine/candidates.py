"""Problems to try a claim on: chosen from the constants of its class, kept if they are in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import chain, islice, zip_longest
from math import isqrt

import numpy as np

from theoryck.algebra import NumberSystem
from theoryck.simulate.engine.classes import (
    ROUNDING,
    Candidate,
    ClassBounds,
    class_bounds,
    in_class,
)
from theoryck.simulate.engine.finite_sums import finite_sums
from theoryck.simulate.engine.membership import Assumed
from theoryck.simulate.engine.sources import sources
from theoryck.simulate.problems.base import Problem
from theoryck.simulate.problems.constrained import Constrained
from theoryck.simulate.problems.feasible import Ball, Box
from theoryck.simulate.problems.generalised_smooth import l0_l1_problems
from theoryck.simulate.problems.nonconvex import Cosine, SineSquared
from theoryck.simulate.problems.piecewise import (
    AbsoluteValue,
    EuclideanNorm,
    Huber,
    LargestCoordinate,
)
from theoryck.simulate.problems.quadratic import (
    DiagonalQuadratic,
    RotatedQuadratic,
)

MOST_COORDINATES = 50
MOST_DIMENSIONS = 1000  # of a class that states its dimension
FIRST = 8  # plain candidates that are tried before finite sums take turns with them

Placed = tuple[Problem, tuple[Fraction, ...], bool]  # with a start, and whether it stretches


def candidates(
    assumed: Sequence[Assumed], numbers: NumberSystem, horizon: int, *, differentiable: bool
) -> Iterator[Candidate]:
    """Problems of the class, the telling ones first.

    Args:
        horizon: the number of steps, which fixes the widths of the piecewise problems.
        differentiable: leave out problems with kinks.
    """
    bounds = class_bounds(assumed)
    problems: Iterator[Placed] = chain(
        _smooth_problems(bounds, horizon),
        () if differentiable or bounds.upper is not None else _kinked(bounds, horizon),
    )
    if bounds.diameter is not None:
        problems = _constrained(problems, bounds.diameter)
    if bounds.dimension is not None:
        problems = chain(_sized(bounds, horizon), problems)
    plain = _with_noise(problems, assumed, bounds)
    special = _with_noise(_generalised_smooth(bounds), assumed, bounds)
    seen = set()
    first = islice(plain, FIRST)
    turns = zip_longest(finite_sums(assumed, bounds), plain)
    for candidate in chain(first, special, chain.from_iterable(turns)):
        if candidate is None or candidate in seen:
            continue
        if in_class(candidate, assumed, numbers):
            seen.add(candidate)
            yield candidate


def _with_noise(
    problems: Iterator[Placed], assumed: Sequence[Assumed], bounds: ClassBounds
) -> Iterator[Candidate]:
    for turn, (problem, direction, stretches) in enumerate(problems):
        if bounds.dimension not in (None, problem.dimension):
            continue
        # of a finite sum the noise is its sampling
        of_noise = [] if bounds.components is not None else assumed
        for source in sources(of_noise, problem.dimension, turn):
            yield Candidate(problem, source, direction, stretches)


def _smooth_problems(bounds: ClassBounds, horizon: int) -> Iterator[Placed]:
    lower = bounds.lower
    upper = bounds.upper if bounds.upper is not None else max(Fraction(1), 10 * lower)
    if upper <= 0 or lower > upper:
        return
    one = (Fraction(1),)
    least = lower if lower > 0 else upper / (2 * horizon + 1)
    if bounds.gradient is None:
        for value in _sweep(least, upper):
            yield DiagonalQuadratic((value,)), one, False
    for gradient in _gradient_levels(bounds):
        yield from _huber(lower, upper, gradient, horizon)
    if bounds.gradient is None:
        pair = (least, upper)
        yield DiagonalQuadratic(pair), (1 / least, 1 / upper), False
        yield DiagonalQuadratic(pair), (Fraction(1), Fraction(1)), False
        spread = _sweep(least, upper, 10)
        wide = tuple(Fraction((-1) ** i * (3 + i % 4), 3) for i in range(len(spread)))
        yield DiagonalQuadratic(spread), wide, False
        yield RotatedQuadratic(spread), wide, False
    for gradient in _gradient_levels(bounds):
        for start in (Fraction(1, 4), Fraction(3, 2), Fraction(3)):
            if gradient is None:
                yield Cosine(upper, 1 / start), one, True
            else:
                yield Cosine(upper, gradient / upper), (start * gradient / upper,), False
    if bounds.gradient is None:
        for start in (Fraction(1), Fraction(5, 2), Fraction(5)):
            yield SineSquared(upper, 1 / start), one, True
    if bounds.hessian is not None and bounds.hessian > 0 and bounds.gradient is None:
        # as narrow as the Hessian's constant allows, so not to be stretched
        width = upper / bounds.hessian
        for start in (Fraction(3, 2), Fraction(3)):
            yield Cosine(upper, width), (start * width,), False
            yield SineSquared(upper, 3 * width / 2), (start * width,), False


def _sweep(least: Fraction, most: Fraction, count: int = 6) -> tuple[Fraction, ...]:
    """Numbers from ``most`` down to ``least``, evenly spaced in their logarithm."""
    if least >= most:
        return (most,)
    quotient = float(most / least)
    inner = [
        min(
            max(
                Fraction(float(least) * quotient ** (i / (count - 1))).limit_denominator(10**6),
                least,
            ),
            most,
        )
        for i in range(1, count - 1)
    ]
    return tuple(sorted({least, most, *inner}, reverse=True))


def _gradient_levels(bounds: ClassBounds) -> tuple[Fraction | None, ...]:
    # 3-4-5: noise of length 4/5 beside gradients of length 3/5 has second moment 1
    if bounds.gradient is None:
        return (None,)
    return tuple(bounds.gradient * Fraction(part, 5) for part in (5, 4, 3))


def _huber(
    lower: Fraction, upper: Fraction, gradient: Fraction | None, horizon: int
) -> Iterator[Placed]:
    if lower == upper:
        return
    for part in (2 * horizon + 1, horizon + 1, 4 * horizon + 1, 4, 2):
        if gradient is None:
            yield Huber(upper, lower, Fraction(1, part)), (Fraction(1),), True
        else:
            width = gradient / upper
            yield Huber(upper, lower, width), (part * width,), True
            yield Huber(upper, lower, width), (part * width,), False
    if lower > 0:
        yield Huber(lower, upper, Fraction(1, 2)), (Fraction(1),), True


def _kinked(bounds: ClassBounds, horizon: int) -> Iterator[Placed]:
    if bounds.lower > 0:
        return
    size = min(horizon + 1, MOST_COORDINATES)
    for level in _gradient_levels(bounds):
        slope = level if level is not None else Fraction(1)
        yield AbsoluteValue(slope), (Fraction(1),), level is None
        if level is None:
            # steps of length about 1 get past the kink at once, unless the slope is small
            yield AbsoluteValue(Fraction(1, 2 * horizon + 1)), (Fraction(1),), True
            yield AbsoluteValue(Fraction(1, 20)), (Fraction(1),), True
        yield LargestCoordinate(slope, size), (Fraction(1),) * size, False
        yield EuclideanNorm(slope, 3), (Fraction(1), Fraction(-2), Fraction(1, 2)), False


def _generalised_smooth(bounds: ClassBounds) -> Iterator[Placed]:
    """Problems with just the pair (L0, L1) that is allowed, where no L bounds the Hessian."""
    if bounds.l0_l1 is not None and min(bounds.l0_l1) > 0:
        yield from l0_l1_problems(*bounds.l0_l1)


def _sized(bounds: ClassBounds, horizon: int) -> Iterator[Placed]:
    """Problems in just so many dimensions as the class has."""
    d = bounds.dimension
    upper = bounds.upper if bounds.upper is not None else max(Fraction(1), 10 * bounds.lower)
    if d is None or not 1 < d <= MOST_DIMENSIONS or upper <= 0 or bounds.lower > upper:
        return
    least = bounds.lower if bounds.lower > 0 else upper / (2 * horizon + 1)
    ones = (Fraction(1),) * d
    if bounds.gradient is None:
        yield DiagonalQuadratic((upper,) * d), ones, False
        yield DiagonalQuadratic(_spread(least, upper, d)), ones, False
        yield Cosine(upper, Fraction(2, 3), d), ones, True
        return
    root = Fraction(isqrt(d * 10**12) + 1, 10**6) * (1 + Fraction(1, 10**6))
    for gradient in _gradient_levels(bounds):
        if gradient is not None and bounds.lower == 0:
            width = gradient / (upper * root)
            for part in (4, 1, 2 * horizon + 1):
                yield Huber(upper, Fraction(0), width, d), (part * width,) * d, False


def _spread(least: Fraction, most: Fraction, count: int) -> tuple[Fraction, ...]:
    few = _sweep(least, most, min(count, 10))
    return tuple(few[i % len(few)] for i in range(count))


def _constrained(problems: Iterator[Placed], diameter: Fraction) -> Iterator[Placed]:
    """The problems on balls around x* and on boxes with x* in a side, all of that diameter, with
    starts that are far away in them."""
    length = float(diameter * (1 - 2 * ROUNDING))
    if length <= 0:
        return
    seen = set()
    for problem, direction, _ in problems:
        d = problem.dimension
        row = np.array([float(entry) for entry in direction])
        size = float(np.linalg.norm(row))
        where = problem, tuple((row / size).tolist()) if size else ()
        if size == 0 or where in seen:
            continue
        seen.add(where)
        # just inside, as exact doubles
        start = tuple(Fraction(v) for v in (0.999 * length / 2 * row / size).tolist())
        yield Constrained(problem, Ball.around_zero(length / 2, d)), start, False
        side = length / d**0.5 * (1 - 1e-12)
        lower = np.full(d, -side / 2)
        upper = np.full(d, side / 2)
        lower[0], upper[0] = 0.0, side
        corner = tuple(Fraction(0.999 * v) for v in upper.tolist())
        yield Constrained(problem, Box(lower, upper)), corner, False
