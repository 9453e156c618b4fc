"""Where stochastic gradients come from, and which assumptions on noise each source meets."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from theoryck.algebra import NumberSystem, norm, ratio
from theoryck.simulate.errors import SimulationError
from theoryck.simulate.membership import Assumed, Comparer
from theoryck.simulate.problems.base import Constants, Functions, shown
from theoryck.simulate.streams import Streams


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

    def outcomes(self) -> tuple[Outcome, ...] | None:
        """Every value of one draw in one dimension; None if there are not just a few.

        A single outcome is one in any dimension.
        """
        return None

    def data(self) -> dict[str, str]:
        """The exact data as JSON-able text; nothing where there is no noise."""
        return {"kind": self.describe()}

    def satisfies(self, assumed: Assumed, constants: Constants, numbers: NumberSystem) -> bool:
        """Whether an assumption on noise is established, on a problem with these constants."""
        values, order = assumed.values, Comparer(numbers)
        match assumed.name:
            case "unbiased":
                return True
            case "bounded_variance":
                return order.at_most(self.variance(constants), values["sigma"] ** 2)
            case "bounded_second_moment":
                variance = self.variance(constants)
                if variance is None or constants.gradient is None:
                    return False
                return order.at_most(variance + constants.gradient**2, values["G"] ** 2)
            case "strong_growth":
                return self.variance(constants) == 0 and order.at_least(
                    Fraction(0), 1 - values["rho"]
                )
            case "heavy_tailed":
                # Jensen: a moment of order α ≤ 2 is at most the variance to the power α/2
                within = numbers.sign(values["alpha"] - 2) <= 0 < numbers.sign(values["alpha"])
                return within and order.at_most(self.variance(constants), values["sigma"] ** 2)
            case "interpolation":
                return self.variance(constants) == 0
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


class Additive(Noise):
    """g = ∇f(x) + ξ with E ξ = 0, the same law at every x."""

    def gradient(self, draw: Any, functions: Functions, x: Any) -> Any:
        return functions.gradient(x) + draw


def _check_level(sigma: Fraction) -> None:
    if sigma < 0:
        raise SimulationError(f"a noise level must not be negative, got {sigma}")


@dataclass(frozen=True)
class TwoPoint(Additive):
    """ξ = ±σ·u with one fixed unit vector u and a fair sign: ‖ξ‖ = σ always."""

    sigma: Fraction

    def __post_init__(self) -> None:
        _check_level(self.sigma)

    def draw(self, streams: Streams, functions: Functions, batch: int) -> Any:
        xp, d = streams.backend.xp, functions.dimension
        coins = xp.sign(streams.uniform("noise", batch, 1) - 0.5)
        level = float(self.sigma) / d**0.5
        return xp.broadcast_to(level * xp.mean(coins, axis=1), (streams.runs, d))

    def describe(self) -> str:
        return f"noise of two values, of length {shown(self.sigma)}"

    def outcomes(self) -> tuple[Outcome, ...]:
        half, one = Fraction(1, 2), Fraction(1)
        return (Outcome(half, one, self.sigma), Outcome(half, one, -self.sigma))

    def data(self) -> dict[str, str]:
        return {"kind": "two-point", "sigma": str(self.sigma)}

    def variance(self, constants: Constants) -> Fraction:
        return self.sigma**2


@dataclass(frozen=True)
class Sphere(Additive):
    """ξ uniform on the sphere of radius σ: ‖ξ‖ = σ always."""

    sigma: Fraction

    def __post_init__(self) -> None:
        _check_level(self.sigma)

    def draw(self, streams: Streams, functions: Functions, batch: int) -> Any:
        directions = streams.normal("noise", batch, functions.dimension)
        directions = ratio(1.0, norm(directions)) * directions
        return float(self.sigma) * streams.backend.xp.mean(directions, axis=1)

    def describe(self) -> str:
        return f"noise on the sphere of radius {shown(self.sigma)}"

    def variance(self, constants: Constants) -> Fraction:
        return self.sigma**2


@dataclass(frozen=True)
class Gaussian(Additive):
    """ξ normal with covariance (σ²/d)·I: E‖ξ‖² = σ²."""

    sigma: Fraction

    def __post_init__(self) -> None:
        _check_level(self.sigma)

    def draw(self, streams: Streams, functions: Functions, batch: int) -> Any:
        d = functions.dimension
        # the mean of b normal vectors is one normal vector over √b
        return float(self.sigma) / (d * batch) ** 0.5 * streams.normal(f"noise {batch}", d)

    def describe(self) -> str:
        return f"Gaussian noise with variance {shown(self.sigma**2)}"

    def variance(self, constants: Constants) -> Fraction:
        return self.sigma**2


@dataclass(frozen=True)
class RareJumps(Additive):
    """ξ = ±size·u with probability p and 0 else, so that E‖ξ‖^α = p·size^α: a heavy tail."""

    size: Fraction
    p: Fraction

    def __post_init__(self) -> None:
        _check_level(self.size)
        if not 0 < self.p <= 1:
            raise SimulationError(f"a probability in (0, 1] expected, got {self.p}")

    def draw(self, streams: Streams, functions: Functions, batch: int) -> Any:
        xp, d, p = streams.backend.xp, functions.dimension, float(self.p)
        u = streams.uniform("noise", batch, 1)
        up, down = u < p / 2, (u >= p / 2) & (u < p)
        jumps = xp.where(up, xp.ones_like(u), xp.where(down, -xp.ones_like(u), xp.zeros_like(u)))
        level = float(self.size) / d**0.5
        return xp.broadcast_to(level * xp.mean(jumps, axis=1), (streams.runs, d))

    def describe(self) -> str:
        return f"jumps of length {float(self.size):.4g} with probability {shown(self.p)}"

    def outcomes(self) -> tuple[Outcome, ...]:
        one, each = Fraction(1), self.p / 2
        jumps = (Outcome(each, one, self.size), Outcome(each, one, -self.size))
        return jumps if self.p == 1 else (Outcome(1 - self.p, one, Fraction(0)), *jumps)

    def data(self) -> dict[str, str]:
        return {"kind": "rare jumps", "size": str(self.size), "probability": str(self.p)}

    def variance(self, constants: Constants) -> Fraction:
        return self.p * self.size**2

    def satisfies(self, assumed: Assumed, constants: Constants, numbers: NumberSystem) -> bool:
        if assumed.name == "heavy_tailed":
            alpha = assumed.values["alpha"]
            moment = numbers.rational(self.p) * numbers.power(numbers.rational(self.size), alpha)
            return numbers.sign(numbers.power(assumed.values["sigma"], alpha) - moment) >= 0
        return super().satisfies(assumed, constants, numbers)


@dataclass(frozen=True)
class Multiplicative(Noise):
    """g = ρ∇f(x) with probability 1/ρ and 0 else: E g = ∇f, E‖g‖² = ρ‖∇f‖²."""

    rho: Fraction

    def __post_init__(self) -> None:
        if self.rho < 1:
            raise SimulationError(f"strong growth needs rho >= 1, got {self.rho}")

    def draw(self, streams: Streams, functions: Functions, batch: int) -> Any:
        xp = streams.backend.xp
        u = streams.uniform("noise", batch, 1)
        rho = float(self.rho)
        factors = xp.where(u < 1 / rho, rho * xp.ones_like(u), xp.zeros_like(u))
        return xp.mean(factors, axis=1)

    def gradient(self, draw: Any, functions: Functions, x: Any) -> Any:
        return draw * functions.gradient(x)

    def describe(self) -> str:
        rho = shown(self.rho)
        return f"gradients that are {rho} times too long once in {rho} draws, and 0 else"

    def outcomes(self) -> tuple[Outcome, ...]:
        kept = Outcome(1 / self.rho, self.rho, Fraction(0))
        if self.rho == 1:
            return (kept,)
        return (kept, Outcome(1 - 1 / self.rho, Fraction(0), Fraction(0)))

    def data(self) -> dict[str, str]:
        return {"kind": "multiplicative", "rho": str(self.rho)}

    def variance(self, constants: Constants) -> Fraction | None:
        if constants.gradient is None:
            return None if self.rho > 1 else Fraction(0)
        return (self.rho - 1) * constants.gradient**2

    def satisfies(self, assumed: Assumed, constants: Constants, numbers: NumberSystem) -> bool:
        if assumed.name == "strong_growth":
            return Comparer(numbers).at_most(self.rho, assumed.values["rho"])
        if assumed.name == "interpolation":
            return True
        return super().satisfies(assumed, constants, numbers)


@dataclass(frozen=True)
class Sampling(Noise):
    """Minibatches of a finite sum: components drawn uniformly, with or without replacement.

    ``spread`` bounds E‖∇f_i − ∇f‖² over all x, ``growth`` the ratio E‖∇f_i‖²/‖∇f‖², where that
    is known; ``interpolates`` says that all components share a minimiser.
    """

    count: int
    spread: Fraction | None
    replacement: bool = True
    growth: Fraction | None = None
    interpolates: bool = False

    def draw(self, streams: Streams, functions: Functions, batch: int) -> Any:
        xp, n = streams.backend.xp, self.count
        if functions.components is None or functions.count != n:
            raise SimulationError(
                f"a finite sum of {n} components expected, the problem has {functions.count}"
            )
        if self.replacement:
            u = streams.uniform("indices", batch)
            return xp.minimum(
                xp.astype(xp.floor(u * n), xp.int64), xp.asarray(n - 1, dtype=xp.int64)
            )
        if batch > n:
            raise SimulationError(
                f"a batch of {batch} out of {n} components without replacement; "
                f"take at most {n}, or draw with replacement"
            )
        order = xp.argsort(streams.uniform("order", n), axis=1)
        return order[:, :batch]

    def gradient(self, draw: Any, functions: Functions, x: Any) -> Any:
        if functions.components is None:
            raise SimulationError("the problem is no finite sum")
        return functions.components(x, draw)

    def describe(self) -> str:
        how = "with" if self.replacement else "without"
        return f"minibatches of {self.count} components {how} replacement"

    def variance(self, constants: Constants) -> Fraction | None:
        return self.spread

    def satisfies(self, assumed: Assumed, constants: Constants, numbers: NumberSystem) -> bool:
        if assumed.name == "strong_growth" and self.growth is not None:
            return Comparer(numbers).at_most(self.growth, assumed.values["rho"])
        if assumed.name == "interpolation" and self.interpolates:
            return True
        return super().satisfies(assumed, constants, numbers)
