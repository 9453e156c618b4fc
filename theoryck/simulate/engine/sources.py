"""Sources of noise to try a claim with: each as strong as its assumptions allow."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from math import floor
from typing import Any

from theoryck.simulate.engine.membership import Assumed
from theoryck.simulate.engine.values import ceil_fraction, floor_fraction
from theoryck.simulate.errors import SimulationError
from theoryck.simulate.noise import (
    Ball,
    Exact,
    Gaussian,
    LogNormalFactor,
    Multiplicative,
    Noise,
    Pareto,
    RareJumps,
    Sphere,
    Stable,
    Student,
    TwoPoint,
    UniformFactor,
)

RARE = Fraction(1, 64)  # the probability of a jump; jumps of 8σ have variance σ²
FIRST = 3  # problems that are run with the most telling noise only
Source = Callable[[], Noise]


def sources(assumed: Sequence[Assumed], dimension: int, turn: int) -> Iterator[Noise]:
    """Exact gradients first, then noise in this dimension.

    Every problem is run with the noise that is most telling of its assumption; the rest, which
    needs more runs to tell anything, comes later, and problems take turns with it.

    Args:
        turn: the number of the problem.
    """
    yield Exact()
    if not any(a.name == "unbiased" for a in assumed):
        return
    for a in assumed:
        telling, others = _sources(a, dimension)
        late = others[turn % len(others) :][:1] if others and turn >= FIRST else []
        for source in (*telling, *late):
            try:
                yield source()
            except SimulationError:
                continue  # no such noise, as for sigma = 0


def _sources(assumed: Assumed, dimension: int) -> tuple[list[Source], list[Source]]:
    values = assumed.values
    match assumed.name:
        case "bounded_variance":
            return _of_variance(floor_fraction(values["sigma"]), dimension)
        case "bounded_second_moment":
            level = floor_fraction(values["G"])
            # beside gradients of length 4/5 and 3/5 of it
            return [lambda: TwoPoint(level * 3 / 5), lambda: TwoPoint(level * 4 / 5)], [
                lambda: _jumps(level * 3 / 5, Fraction(2)),
                lambda: Gaussian(level * 4 / 5),
                lambda: Pareto.with_moment(2, level * 3 / 5, dimension),
            ]
        case "bounded_samples":
            level = floor_fraction(values["G"])
            return [lambda: TwoPoint(level / 5), lambda: TwoPoint(level * 2 / 5)], [
                lambda: Ball(level / 5, dimension),
                lambda: Sphere(level * 2 / 5),
            ]
        case "strong_growth":
            rho = max(floor_fraction(values["rho"]), Fraction(1))
            return [lambda: Multiplicative(rho)], [
                lambda: LogNormalFactor(rho),
                lambda: UniformFactor.with_growth(rho),
            ]
        case "heavy_tailed":
            return _of_moment(values, dimension)
    return [], []


def _of_variance(sigma: Fraction, d: int) -> tuple[list[Source], list[Source]]:
    telling: list[Source] = [lambda: TwoPoint(sigma), lambda: Gaussian(sigma)]
    if d > 1:  # on a line it is the noise of two points
        telling.insert(1, lambda: Sphere(sigma))
    return telling, [
        lambda: _jumps(sigma, Fraction(2)),
        lambda: Student.with_moment(2, sigma, d),
        lambda: Pareto.with_moment(2, sigma, d),
        lambda: Ball(sigma, d),
    ]


def _of_moment(values: Any, d: int) -> tuple[list[Source], list[Source]]:
    # by Jensen a bound on a higher moment gives those on the lower ones
    alpha, sigma = ceil_fraction(values["alpha"]), floor_fraction(values["sigma"])
    return [lambda: _jumps(sigma, alpha), lambda: TwoPoint(sigma)], [
        lambda: Pareto.with_moment(alpha, sigma, d),
        lambda: Student.with_moment(alpha, sigma, d),
        lambda: Stable.with_moment(alpha, sigma, d),
    ]


def _jumps(sigma: Fraction, alpha: Fraction) -> RareJumps:
    """Jumps with p·size^α just below σ^α.

    Raises:
        SimulationError: alpha is not positive.
    """
    if alpha <= 0:
        raise SimulationError(f"alpha > 0 expected, got {alpha}")
    if alpha == 2:
        return RareJumps(sigma * 8, RARE)
    # rounded down: where both sides are irrational, no ball tells that they are equal
    growth = Fraction(floor(float(RARE) ** (-1 / float(alpha)) * (1 - 1e-9) * 10**9), 10**9)
    return RareJumps(sigma * growth, RARE)
