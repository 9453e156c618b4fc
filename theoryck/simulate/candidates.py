"""Problems to try a claim on: chosen from the constants of its class, kept if they are in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import chain, islice
from typing import Any

from theoryck.algebra import NumberSystem
from theoryck.simulate.classes import Candidate, ClassBounds, class_bounds, in_class
from theoryck.simulate.finite_sums import finite_sums
from theoryck.simulate.membership import Assumed
from theoryck.simulate.noise import (
    Exact,
    Gaussian,
    Multiplicative,
    Noise,
    RareJumps,
    Sphere,
    TwoPoint,
)
from theoryck.simulate.problems.base import Problem
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
from theoryck.simulate.values import floor_fraction

MOST_COORDINATES = 50
FIRST = 8  # plain problems that are tried before those with data


def candidates(
    assumed: Sequence[Assumed], numbers: NumberSystem, horizon: int, *, differentiable: bool
) -> Iterator[Candidate]:
    """Problems of the class, the telling ones first.

    Args:
        horizon: the number of steps, which fixes the widths of the piecewise problems.
        differentiable: leave out problems with kinks.
    """
    bounds = class_bounds(assumed)
    problems = chain(
        _smooth_problems(bounds, horizon),
        () if differentiable or bounds.upper is not None else _kinked(bounds, horizon),
    )
    plain = (
        Candidate(problem, source, direction, stretches)
        for problem, direction, stretches in problems
        for source in _noises(assumed, bounds)
        if problem.dimension > 1 or not isinstance(source, Sphere)  # two points, on a line
    )
    seen = set()
    first = islice(plain, FIRST)
    for candidate in chain(first, finite_sums(assumed, bounds), plain):
        if candidate not in seen and in_class(candidate, assumed, numbers):
            seen.add(candidate)
            yield candidate


Placed = tuple[Problem, tuple[Fraction, ...], bool]


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


def _noises(assumed: Sequence[Assumed], bounds: ClassBounds) -> Iterator[Noise]:
    yield Exact()
    if not any(a.name == "unbiased" for a in assumed) or bounds.components is not None:
        return
    for a in assumed:
        v = a.values
        match a.name:
            case "bounded_variance":
                sigma = floor_fraction(v["sigma"])
                yield from (TwoPoint(sigma), Sphere(sigma), Gaussian(sigma))
            case "bounded_second_moment":
                level = floor_fraction(v["G"])
                yield from (TwoPoint(level * Fraction(part, 5)) for part in (3, 4))
            case "strong_growth":
                yield Multiplicative(max(floor_fraction(v["rho"]), Fraction(1)))
            case "heavy_tailed":
                yield from _heavy(v)


def _heavy(v: Any) -> Iterator[Noise]:
    sigma, alpha = floor_fraction(v["sigma"]), float(floor_fraction(v["alpha"]))
    p = Fraction(1, 64)
    if alpha > 0:
        size = sigma * Fraction(float(p) ** (-1 / alpha) * (1 - 1e-9)).limit_denominator(10**6)
        yield RareJumps(size, p)
    yield TwoPoint(sigma)
