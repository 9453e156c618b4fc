"""Noise that scales the gradient: E g = ∇f and E‖g‖² = ρ‖∇f‖², strong growth with equality."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from fractions import Fraction
from math import isqrt
from typing import Any

import flint

from theoryck.algebra import NumberSystem
from theoryck.claims.arithmetic import Balls, to_fraction
from theoryck.simulate.engine.membership import Assumed, Comparer
from theoryck.simulate.errors import SimulationError
from theoryck.simulate.noise.base import Noise, Outcome, exact, level, mean_of_draws
from theoryck.simulate.noise.moments import ball
from theoryck.simulate.problems.base import Constants, Functions, shown
from theoryck.simulate.streams import Streams


class Scaling(Noise):
    """g = F·∇f(x) with a random factor F of mean 1, independent of x."""

    @abstractmethod
    def factors(self, streams: Streams, number: int) -> Any:
        """So many factors, of shape (runs, number, 1)."""

    @abstractmethod
    def growth(self) -> Fraction:
        """E F², or an upper bound: the ρ of strong growth."""

    def draw(self, streams: Streams, functions: Functions, batch: int) -> Any:
        return mean_of_draws(batch, 1, streams, lambda number: self.factors(streams, number))

    def gradient(self, draw: Any, functions: Functions, x: Any) -> Any:
        return draw * functions.gradient(x)

    def variance(self, constants: Constants) -> Fraction | None:
        excess = self.growth() - 1
        if constants.gradient is None:
            return None if excess > 0 else Fraction(0)
        return excess * constants.gradient**2

    def satisfies(self, assumed: Assumed, constants: Constants, numbers: NumberSystem) -> bool:
        if assumed.name == "strong_growth":
            return Comparer(numbers).at_most(self.growth(), assumed.values["rho"])
        if assumed.name == "interpolation":
            return True
        return super().satisfies(assumed, constants, numbers)


def _growth(rho: Any) -> Fraction:
    number = exact(rho, "rho")
    if number < 1:
        raise SimulationError(f"strong growth needs rho >= 1, got {rho}")
    return number


@dataclass(frozen=True)
class Multiplicative(Scaling):
    """g = ρ∇f(x) with probability 1/ρ and 0 else: E g = ∇f, E‖g‖² = ρ‖∇f‖²."""

    rho: Fraction

    def __post_init__(self) -> None:
        object.__setattr__(self, "rho", _growth(self.rho))

    def factors(self, streams: Streams, number: int) -> Any:
        xp, rho = streams.backend.xp, float(self.rho)
        u = streams.uniform("noise", number, 1)
        return xp.where(u < 1 / rho, rho * xp.ones_like(u), xp.zeros_like(u))

    def growth(self) -> Fraction:
        return self.rho

    def largest(self, constants: Constants) -> Fraction | None:
        # |F − 1| is ρ − 1 or 1
        if constants.gradient is None or self.rho == 1:
            return Fraction(0) if self.rho == 1 else None
        return max(self.rho - 1, Fraction(1)) * constants.gradient

    def describe(self) -> str:
        rho = shown(self.rho)
        return f"gradients that are {rho} times too long once in {rho} draws, and 0 else"

    def outcomes(self) -> tuple[Outcome, ...]:
        kept = Outcome(1 / self.rho, self.rho, Fraction(0))
        if self.rho == 1:
            return (kept,)
        return (kept, Outcome(1 - 1 / self.rho, Fraction(0), Fraction(0)))

    def data(self) -> dict[str, Any]:
        return {"kind": "multiplicative", "rho": str(self.rho)}


@dataclass(frozen=True)
class UniformFactor(Scaling):
    """F uniform on [1 − width, 1 + width]: E F² = 1 + width²/3.

    >>> float(UniformFactor.with_growth(Fraction(4, 3)).width)
    1.0
    """

    width: Fraction

    def __post_init__(self) -> None:
        object.__setattr__(self, "width", level(self.width, "a width"))

    @classmethod
    def with_growth(cls, rho: Fraction | float) -> UniformFactor:
        """The one with E F² just at most ρ."""
        square = 3 * (_growth(rho) - 1)
        # ⌊√(p/q)⌋ to twelve digits: √(p/q) = √(pq)/q
        digits = 10**12
        root = isqrt(square.numerator * square.denominator * digits**2)
        return cls(Fraction(root, square.denominator * digits))

    def factors(self, streams: Streams, number: int) -> Any:
        return 1 + float(self.width) * (2 * streams.uniform("noise", number, 1) - 1)

    def growth(self) -> Fraction:
        return 1 + self.width**2 / 3

    def largest(self, constants: Constants) -> Fraction | None:
        if constants.gradient is None:
            return None if self.width else Fraction(0)
        return self.width * constants.gradient

    def describe(self) -> str:
        return f"gradients times a uniform factor, E‖g‖² = {shown(self.growth())}‖∇f‖²"

    def data(self) -> dict[str, Any]:
        return {"kind": "uniform factor", "width": str(self.width)}


@dataclass(frozen=True)
class LogNormalFactor(Scaling):
    """F = exp(sZ − s²/2) with Z standard normal and s² = log ρ: E F = 1, E F² = ρ, F > 0."""

    rho: Fraction

    def __post_init__(self) -> None:
        object.__setattr__(self, "rho", _growth(self.rho))

    @property
    def spread(self) -> float:
        """s, a little below √log ρ, so that E F² is at most ρ for it."""
        balls = Balls()
        with balls.scope():
            log = ball(self.rho).log()
            root = log.sqrt().lower() if log > 0 else flint.arb(0)
            return float(to_fraction(root.mid().fmpq())) * (1 - 1e-15)

    def factors(self, streams: Streams, number: int) -> Any:
        xp, s = streams.backend.xp, self.spread
        return xp.exp(s * streams.normal("noise", number, 1) - s * s / 2)

    def growth(self) -> Fraction:
        return self.rho

    def describe(self) -> str:
        return f"gradients times a log-normal factor, E‖g‖² = {shown(self.rho)}‖∇f‖²"

    def data(self) -> dict[str, Any]:
        return {"kind": "log-normal factor", "rho": str(self.rho)}
