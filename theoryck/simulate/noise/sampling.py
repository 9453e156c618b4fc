"""Minibatches of a finite sum: fresh ones, or passes over the data."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from theoryck.algebra import NumberSystem
from theoryck.simulate.engine.membership import Assumed, Comparer
from theoryck.simulate.errors import SimulationError
from theoryck.simulate.noise.base import Noise, check_draws, whole
from theoryck.simulate.problems.base import Constants, Functions
from theoryck.simulate.streams import Streams


class Minibatches(Noise):
    """g is the mean gradient of some components, drawn as their indices (runs, b)."""

    count: int

    @abstractmethod
    def indices(self, streams: Streams, batch: int) -> Any:
        """The components of a batch, of shape (runs, b)."""

    def draw(self, streams: Streams, functions: Functions, batch: int) -> Any:
        if functions.components is None or functions.count != self.count:
            raise SimulationError(
                f"a finite sum of {self.count} components expected, the problem has "
                f"{functions.count if functions.components is not None else 1}"
            )
        check_draws(batch, streams.runs)
        return self.indices(streams, batch)

    def gradient(self, draw: Any, functions: Functions, x: Any) -> Any:
        if functions.components is None:
            raise SimulationError("the problem is no finite sum")
        return functions.components(x, draw)


@dataclass(frozen=True)
class Sampling(Minibatches):
    """Minibatches of a finite sum: components drawn uniformly, with or without replacement.

    ``spread`` bounds E‖∇f_i − ∇f‖² over all x, ``growth`` the ratio E‖∇f_i‖²/‖∇f‖², where that
    is known; ``interpolates`` says that all components share a minimiser. A batch of b without
    replacement has variance spread/b·(n − b)/(n − 1), which is at most spread/b.
    """

    count: int
    spread: Fraction | None
    replacement: bool = True
    growth: Fraction | None = None
    interpolates: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "count", whole(self.count, "a number of components"))

    def indices(self, streams: Streams, batch: int) -> Any:
        if self.replacement:
            return streams.integers("indices", self.count, batch)
        return streams.subset("order", self.count, batch)

    def describe(self) -> str:
        how = "with" if self.replacement else "without"
        return f"minibatches of {self.count} components {how} replacement"

    def data(self) -> dict[str, Any]:
        return {
            "kind": "sampling",
            "count": self.count,
            "spread": None if self.spread is None else str(self.spread),
            "replacement": self.replacement,
            "growth": None if self.growth is None else str(self.growth),
            "interpolates": self.interpolates,
        }

    def variance(self, constants: Constants) -> Fraction | None:
        return self.spread

    def satisfies(self, assumed: Assumed, constants: Constants, numbers: NumberSystem) -> bool:
        if assumed.name == "strong_growth" and self.growth is not None:
            return Comparer(numbers).at_most(self.growth, assumed.values["rho"])
        if assumed.name == "interpolation" and self.interpolates:
            return True
        return super().satisfies(assumed, constants, numbers)


@dataclass(frozen=True)
class Passes(Minibatches):
    """Passes over all components, batch after batch, the last of a pass perhaps smaller.

    Given the batches before, the next one is no uniform draw: the stochastic gradient is not
    unbiased in the sense of the claims, and no bound on its variance is known. All that is
    established is ``interpolates``, that all components share a minimiser.
    """

    count: int
    interpolates: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "count", whole(self.count, "a number of components"))

    @property
    def unbiased(self) -> bool:
        return self.count == 1

    def variance(self, constants: Constants) -> Fraction | None:
        return Fraction(0) if self.count == 1 else None

    def satisfies(self, assumed: Assumed, constants: Constants, numbers: NumberSystem) -> bool:
        if assumed.name == "interpolation" and self.interpolates:
            return True
        return super().satisfies(assumed, constants, numbers)

    def _within(self, batch: int) -> int:
        if batch > self.count:
            raise SimulationError(
                f"a batch of {batch} in passes over {self.count} components; "
                f"take at most {self.count}, or draw with replacement"
            )
        return batch

    def whole_pass(self, batch: int) -> int:
        """How many batches a pass has.

        >>> Cyclic(7).whole_pass(3)
        3
        """
        return -(-self.count // batch)


class Reshuffled(Passes):
    """Every pass in a random order of its own: random reshuffling (Bertsekas 2011)."""

    def indices(self, streams: Streams, batch: int) -> Any:
        return streams.shuffled_pass("reshuffled", self.count, self._within(batch))

    def describe(self) -> str:
        return f"passes over {self.count} components, each in a random order of its own"

    def data(self) -> dict[str, Any]:
        return _data("reshuffled", self)


class ShuffledOnce(Passes):
    """Every pass in the same random order, each run with an order of its own."""

    def indices(self, streams: Streams, batch: int) -> Any:
        return streams.repeated_pass("shuffled once", self.count, self._within(batch))

    def describe(self) -> str:
        return f"passes over {self.count} components in an order drawn once"

    def data(self) -> dict[str, Any]:
        return _data("shuffled once", self)


class Cyclic(Passes):
    """Every pass in the order 0, …, n − 1: the incremental gradient method's; nothing is random."""

    def indices(self, streams: Streams, batch: int) -> Any:
        return streams.cyclic_pass("cyclic", self.count, self._within(batch))

    def describe(self) -> str:
        return f"cyclic passes over {self.count} components"

    def data(self) -> dict[str, Any]:
        return _data("cyclic", self)


def _data(kind: str, passes: Passes) -> dict[str, Any]:
    return {"kind": kind, "count": passes.count, "interpolates": passes.interpolates}
