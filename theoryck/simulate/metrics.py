"""Summaries of runs that are kept up to date step by step: no history unless it is asked for."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import array_api_compat

from theoryck.simulate.errors import SimulationError
from theoryck.simulate.quantities import Quantity, View

Carried = tuple[Any, ...]  # arrays whose first axis is that of the runs


class Metric(ABC):
    """A summary of the iterates x[0], …, x[N] of every run, in constant memory."""

    @abstractmethod
    def begin(self, view: View) -> Carried:
        """What is carried along after no steps."""

    @abstractmethod
    def update(self, carried: Carried, view: View) -> Carried:
        """What is carried along one step later."""

    @abstractmethod
    def result(self, carried: Carried, last: View) -> Any:
        """The summary: an array whose first axis is that of the runs.

        Args:
            carried: as of the last step of each run.
            last: the runs at their last iterates.
        """


@dataclass(frozen=True)
class Last(Metric):
    """The quantity at the last iterate."""

    quantity: Quantity

    def begin(self, view: View) -> Carried:
        return ()

    def update(self, carried: Carried, view: View) -> Carried:
        return ()

    def result(self, carried: Carried, last: View) -> Any:
        return last.of(self.quantity)


@dataclass(frozen=True)
class Ranged(Metric):
    """A summary of the quantity at x[lower], …, x[upper]; ``upper`` None is the last iterate.

    A theorem about N steps often speaks of x[0], …, x[N − 1]: then ``upper`` is N − 1.
    """

    quantity: Quantity
    lower: int = 0
    upper: int | None = None

    def __post_init__(self) -> None:
        if self.lower < 0 or (self.upper is not None and self.upper < self.lower):
            raise SimulationError(f"a range of iterates expected, got {self.lower} to {self.upper}")

    @abstractmethod
    def start(self, number: Any) -> Carried:
        """What is carried along where the range holds nothing yet; ``number`` gives the shape."""

    @abstractmethod
    def include(self, carried: Carried, number: Any) -> Carried:
        """What is carried along with one more number."""

    def begin(self, view: View) -> Carried:
        empty = self.start(view.x[:, 0])
        return self.include(empty, view.of(self.quantity)) if self._holds(0) else empty

    def update(self, carried: Carried, view: View) -> Carried:
        return self.include(carried, view.of(self.quantity)) if self._holds(view.k) else carried

    def _holds(self, k: int) -> bool:
        return k >= self.lower and (self.upper is None or k <= self.upper)


class Least(Ranged):
    """The least of the quantity; infinite where the range is empty."""

    def start(self, number: Any) -> Carried:
        return (_filled(number, float("inf")),)

    def include(self, carried: Carried, number: Any) -> Carried:
        return (_xp(number).minimum(carried[0], number),)

    def result(self, carried: Carried, last: View) -> Any:
        return carried[0]


class Largest(Ranged):
    """The largest of the quantity."""

    def start(self, number: Any) -> Carried:
        return (_filled(number, -float("inf")),)

    def include(self, carried: Carried, number: Any) -> Carried:
        return (_xp(number).maximum(carried[0], number),)

    def result(self, carried: Carried, last: View) -> Any:
        return carried[0]


class Total(Ranged):
    """The sum of the quantity."""

    def start(self, number: Any) -> Carried:
        return (_filled(number, 0.0),)

    def include(self, carried: Carried, number: Any) -> Carried:
        return (carried[0] + number,)

    def result(self, carried: Carried, last: View) -> Any:
        return carried[0]


class Mean(Ranged):
    """The mean of the quantity; NaN where the range is empty."""

    def start(self, number: Any) -> Carried:
        return (_filled(number, 0.0), _filled(number, 0.0))

    def include(self, carried: Carried, number: Any) -> Carried:
        return (carried[0] + number, carried[1] + 1.0)

    def result(self, carried: Carried, last: View) -> Any:
        with last.backend.quiet():
            return carried[0] / carried[1]


@dataclass(frozen=True)
class AtAverage(Metric):
    """The quantity at the mean of x[lower], …, x[upper], itself carried as a running mean."""

    quantity: Quantity
    lower: int = 0
    upper: int | None = None

    def begin(self, view: View) -> Carried:
        empty = (_filled(view.x, 0.0), _filled(view.x[:, 0], 0.0))
        return self.update(empty, view)

    def update(self, carried: Carried, view: View) -> Carried:
        if view.k < self.lower or (self.upper is not None and view.k > self.upper):
            return carried
        mean, count = carried
        count = count + 1.0
        return mean + (view.x - mean) / view.backend.xp.expand_dims(count, axis=-1), count

    def result(self, carried: Carried, last: View) -> Any:
        view = View(last.k, carried[0], carried[0], last.functions, last.backend)
        return view.of(self.quantity)


@dataclass(frozen=True)
class FirstTime(Metric):
    """The first k at which the quantity is at most ``level``; infinite if it never is."""

    quantity: Quantity
    level: float

    def begin(self, view: View) -> Carried:
        return self.update((_filled(view.x[:, 0], float("inf")),), view)

    def update(self, carried: Carried, view: View) -> Carried:
        xp = view.backend.xp
        reached = (view.of(self.quantity) <= self.level) & xp.isinf(carried[0])
        return (xp.where(reached, float(view.k), carried[0]),)

    def result(self, carried: Carried, last: View) -> Any:
        return carried[0]


@dataclass(frozen=True)
class Path(Metric):
    """The history of the quantity at k = 0, every, 2·every, …, of shape (runs, points).

    A run that stops early repeats its last number.
    """

    quantity: Quantity
    every: int = 1

    def __post_init__(self) -> None:
        if self.every < 1:
            raise SimulationError(f"every must be a positive number of steps, got {self.every}")

    def begin(self, view: View) -> Carried:
        return (view.of(self.quantity),)

    def update(self, carried: Carried, view: View) -> Carried:
        return (*carried, view.of(self.quantity)) if view.k % self.every == 0 else carried

    def result(self, carried: Carried, last: View) -> Any:
        return last.backend.xp.stack(list(carried), axis=1)


def _xp(number: Any) -> Any:
    return array_api_compat.array_namespace(number)


def _filled(like: Any, number: float) -> Any:
    return _xp(like).full_like(like, number)
