"""What a source of stochastic gradients is, and which assumptions on noise it meets."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import flint

from theoryck.algebra import NumberSystem
from theoryck.claims.arithmetic import Balls
from theoryck.errors import TheoryckError
from theoryck.simulate.engine.membership import Assumed, Comparer
from theoryck.simulate.errors import SimulationError, TooManyDrawsError
from theoryck.simulate.problems.base import Constants, Functions
from theoryck.simulate.problems.parameters import rational
from theoryck.simulate.streams import AHEAD, Streams, whole_number


@dataclass(frozen=True)
class Outcome:
    """One value of a draw, on a line: g = scale·∇f(x) + shift, with its probability."""

    probability: Fraction
    scale: Fraction
    shift: Fraction


class Noise(ABC):
    """A source of stochastic gradients: one draw can be read at several points."""

    @abstractmethod
    def draw(self, streams: Streams, functions: Functions, batch: int) -> Any:
        """Random numbers for the mean of ``batch`` draws."""

    @abstractmethod
    def gradient(self, draw: Any, functions: Functions, x: Any) -> Any:
        """The stochastic gradient of a draw at x."""

    @abstractmethod
    def describe(self) -> str:
        """A few words for a reader."""

    @abstractmethod
    def variance(self, constants: Constants) -> Fraction | None:
        """An upper bound on E‖g − ∇f(x)‖² over all x, for one draw; None if there is none."""

    @property
    def unbiased(self) -> bool:
        """Whether E[g | everything before] = ∇f(x)."""
        return True

    def largest(self, constants: Constants) -> Fraction | None:
        """An upper bound on ‖g − ∇f(x)‖ over all draws and x; None if there is none."""
        return None

    def moment(self, alpha: flint.arb) -> flint.arb | None:
        """A ball with an upper bound on E‖g − ∇f(x)‖^α at every x; None if none is known."""
        return None

    def outcomes(self) -> tuple[Outcome, ...] | None:
        """Every value of one draw in one dimension; None if there are not just a few.

        A single outcome is one in any dimension.
        """
        return None

    def fits(self, dimension: int) -> bool:
        """Whether there is such noise in this dimension."""
        return True

    def data(self) -> dict[str, Any]:
        """The exact data as JSON-able text: see :func:`theoryck.simulate.noise.from_data`."""
        return {"kind": self.describe()}

    def satisfies(self, assumed: Assumed, constants: Constants, numbers: NumberSystem) -> bool:
        """Whether an assumption on noise is established, on a problem with these constants.

        The assumptions speak of one draw. The mean of a batch of independent unbiased draws
        meets them too: a norm's power of order >= 1 is convex.
        """
        values, order = assumed.values, Comparer(numbers)
        match assumed.name:
            case "unbiased":
                return self.unbiased
            case "bounded_variance":
                return order.at_most(self.variance(constants), values["sigma"] ** 2)
            case "bounded_second_moment":
                variance = self.variance(constants)
                if variance is None or constants.gradient is None or not self.unbiased:
                    return False
                return order.at_most(variance + constants.gradient**2, values["G"] ** 2)
            case "bounded_samples":
                largest = self.largest(constants)
                if largest is None or constants.gradient is None:
                    return False
                return order.at_most(largest + constants.gradient, values["G"])
            case "strong_growth":
                return self.variance(constants) == 0 and order.at_least(
                    Fraction(0), 1 - values["rho"]
                )
            case "heavy_tailed":
                return self._heavy_tailed(values["alpha"], values["sigma"], constants, numbers)
            case "interpolation":
                return self.variance(constants) == 0
        return False

    def _heavy_tailed(
        self, alpha: Any, sigma: Any, constants: Constants, numbers: NumberSystem
    ) -> bool:
        order = Comparer(numbers)
        if numbers.sign(alpha) <= 0:
            return False
        if order.at_most(self.largest(constants), sigma):
            return True
        # Jensen: a moment of order α ≤ 2 is at most the variance to the power α/2
        if numbers.sign(alpha - 2) <= 0 and order.at_most(self.variance(constants), sigma**2):
            return True
        balls = Balls()
        with balls.scope():
            moment = self.moment(flint.arb(alpha))
            if moment is None:
                return False
            try:
                return bool(moment <= balls.power(sigma, alpha))
            except TheoryckError:  # σ is not surely positive
                return False


@dataclass(frozen=True)
class Exact(Noise):
    """g = ∇f(x): no noise, which every bound on noise allows."""

    def draw(self, streams: Streams, functions: Functions, batch: int) -> None:
        return None

    def gradient(self, draw: Any, functions: Functions, x: Any) -> Any:
        return functions.gradient(x)

    def describe(self) -> str:
        return "exact gradients"

    def outcomes(self) -> tuple[Outcome, ...]:
        return (Outcome(Fraction(1), Fraction(1), Fraction(0)),)

    def variance(self, constants: Constants) -> Fraction:
        return Fraction(0)

    def largest(self, constants: Constants) -> Fraction:
        return Fraction(0)

    def data(self) -> dict[str, Any]:
        return {"kind": "exact"}


class Additive(Noise):
    """g = ∇f(x) + ξ with E ξ = 0, the same law at every x."""

    def gradient(self, draw: Any, functions: Functions, x: Any) -> Any:
        return functions.gradient(x) + draw


def exact(value: Any, what: str) -> Fraction:
    """A real number as a fraction; a double is exactly what it is.

    Raises:
        SimulationError: it is no finite real number.
    """
    if isinstance(value, bool | str):  # which Python would take for numbers
        raise SimulationError(f"{what}: a finite number expected, got {value!r}")
    return rational(value, what)


def level(value: Any, what: str = "a noise level") -> Fraction:
    """A number >= 0 as a fraction.

    Raises:
        SimulationError: it is none.
    """
    number = exact(value, what)
    if number < 0:
        raise SimulationError(f"{what} must not be negative, got {value}")
    return number


def whole(value: Any, what: str) -> int:
    """A positive whole number.

    Raises:
        SimulationError: it is none.
    """
    return whole_number(value, 1, f"{what} must be a positive whole number")


def check_dimension(expected: int, functions: Functions) -> None:
    """Raise unless the noise and the problem have one dimension.

    Raises:
        SimulationError: naming both.
    """
    if functions.dimension != expected:
        raise SimulationError(
            f"the noise is one in {expected} dimensions, the problem has {functions.dimension}"
        )


MOST_DRAWS = 10_000_000  # of all runs in one step, where each is drawn


def check_draws(batch: int, runs: int) -> None:
    """Raise if a batch is too large to be drawn one by one.

    Raises:
        TooManyDrawsError: naming the largest batch.
    """
    if batch * runs > MOST_DRAWS:
        raise TooManyDrawsError(
            f"a batch of {batch} draws for each of {runs} runs, where each is drawn: at most "
            f"{MOST_DRAWS} in a step expected; take a smaller batch, or normal noise, whose mean "
            "is normal again and takes any batch"
        )


def mean_of_draws(batch: int, dimension: int, streams: Streams, draws: Callable[[int], Any]) -> Any:
    """The mean of ``batch`` draws, of shape (runs, d) or (runs, 1), a part after the other so
    that memory stays bounded.

    Args:
        draws: so many draws, of shape (runs, number, d) or (runs, number, 1).

    Raises:
        TooManyDrawsError: the batch is too large for that.
    """
    check_draws(batch, streams.runs)
    xp = streams.backend.xp
    part = max(1, AHEAD // dimension)  # no matter how many runs: a run's numbers are its own
    if batch <= part:
        return xp.mean(draws(batch), axis=1)
    total = xp.sum(draws(part), axis=1)
    for begin in range(part, batch, part):
        total = total + xp.sum(draws(min(part, batch - begin)), axis=1)
    return total / batch
