"""Summaries of runs that are kept up to date step by step: no history unless it is asked for.

A batch of R runs carries R numbers for most of them, R·d for :class:`AtAverage`, R numbers for
every point of a :class:`Path` and R·d for every point of :class:`Keep`, however many steps there
are. Of a run that stops early they speak of the iterates up to there.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import array_api_compat
import numpy as np

from theoryck.simulate.errors import SimulationError
from theoryck.simulate.quantities import Quantity, View

Carried = tuple[Any, ...]  # numbers, and arrays whose first axis is that of the runs
Weight = Callable[[int], float]  # of x[k], at least 0


class Metric(ABC):
    """A summary of the iterates x[0], …, x[N] of every run."""

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
            carried: as of the last step of these runs.
            last: these runs at their last iterates.
        """

    def lost(self, summary: Any, last: View) -> Any:
        """The summary, a NumPy array, of runs that diverged in the step after ``last``."""
        return np.full_like(summary, np.inf)


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
        _check_range(self.lower, self.upper)

    @abstractmethod
    def start(self, number: Any) -> Carried:
        """What is carried along where the range holds nothing yet; ``number`` gives the shape."""

    @abstractmethod
    def include(self, carried: Carried, number: Any, k: int) -> Carried:
        """What is carried along with one more number, the quantity at x[k]."""

    def begin(self, view: View) -> Carried:
        return self.update(self.start(view.x[:, 0]), view)

    def update(self, carried: Carried, view: View) -> Carried:
        if not _holds(self.lower, self.upper, view.k):
            return carried
        return self.include(carried, view.of(self.quantity), view.k)

    def result(self, carried: Carried, last: View) -> Any:
        return carried[0]


class Least(Ranged):
    """The least of the quantity; infinite where the range is empty."""

    def start(self, number: Any) -> Carried:
        return (_filled(number, float("inf")),)

    def include(self, carried: Carried, number: Any, k: int) -> Carried:
        return (_xp(number).minimum(carried[0], number),)


class Largest(Ranged):
    """The largest of the quantity; −infinite where the range is empty."""

    def start(self, number: Any) -> Carried:
        return (_filled(number, -float("inf")),)

    def include(self, carried: Carried, number: Any, k: int) -> Carried:
        return (_xp(number).maximum(carried[0], number),)


class Total(Ranged):
    """The sum of the quantity."""

    def start(self, number: Any) -> Carried:
        return (_filled(number, 0.0),)

    def include(self, carried: Carried, number: Any, k: int) -> Carried:
        return (carried[0] + number,)


@dataclass(frozen=True)
class Mean(Ranged):
    """The mean of the quantity, Σ w(k)·q(x[k]) / Σ w(k) if there is a ``weight``.

    NaN where the weights add up to nothing.
    """

    weight: Weight | None = None

    def start(self, number: Any) -> Carried:
        return (_filled(number, 0.0), 0.0)

    def include(self, carried: Carried, number: Any, k: int) -> Carried:
        weight = _weight(self.weight, k)
        return (carried[0] + weight * number, carried[1] + weight)

    def result(self, carried: Carried, last: View) -> Any:
        return carried[0] / carried[1] if carried[1] else _filled(carried[0], float("nan"))


class Variance(Ranged):
    """The mean square deviation of the quantity from its mean over the run; NaN for no iterates.

    By Welford's recursion, which loses no digits to a large mean.
    """

    def start(self, number: Any) -> Carried:
        return (_filled(number, 0.0), _filled(number, 0.0), 0)

    def include(self, carried: Carried, number: Any, k: int) -> Carried:
        mean, squares, count = carried
        moved = mean + (number - mean) / (count + 1)
        return moved, squares + (number - mean) * (number - moved), count + 1

    def result(self, carried: Carried, last: View) -> Any:
        _, squares, count = carried
        return squares / count if count else _filled(squares, float("nan"))


@dataclass(frozen=True)
class Share(Ranged):
    """The share of the iterates at which the quantity is at most ``level``; NaN for none."""

    level: float = 0.0

    def start(self, number: Any) -> Carried:
        return (_filled(number, 0.0), 0)

    def include(self, carried: Carried, number: Any, k: int) -> Carried:
        xp = _xp(number)
        return (carried[0] + xp.astype(number <= self.level, number.dtype), carried[1] + 1)

    def result(self, carried: Carried, last: View) -> Any:
        return carried[0] / carried[1] if carried[1] else _filled(carried[0], float("nan"))


@dataclass(frozen=True)
class AtAverage(Metric):
    """The quantity at the mean of x[lower], …, x[upper], itself carried as a running mean.

    With a ``weight`` at Σ w(k)·x[k] / Σ w(k); infinite where the weights add up to nothing.
    """

    quantity: Quantity
    lower: int = 0
    upper: int | None = None
    weight: Weight | None = None

    def __post_init__(self) -> None:
        _check_range(self.lower, self.upper)

    def begin(self, view: View) -> Carried:
        return self.update((_filled(view.x, 0.0), 0.0), view)

    def update(self, carried: Carried, view: View) -> Carried:
        if not _holds(self.lower, self.upper, view.k):
            return carried
        mean, total = carried
        weight = _weight(self.weight, view.k)
        if weight == 0.0:
            return carried
        total = total + weight
        return mean + (weight / total) * (view.x - mean), total

    def result(self, carried: Carried, last: View) -> Any:
        mean, total = carried
        if total == 0.0:
            return _filled(mean[:, 0], float("inf"))
        return replace(last, x=mean, state=mean).of(self.quantity)


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

    def lost(self, summary: Any, last: View) -> Any:
        return summary  # what was reached was reached before


@dataclass(frozen=True)
class Path(Metric):
    """The history of a quantity, or of a metric so far, of shape (runs, points).

    ``Path(Least(gap))`` is the best gap so far, ``Path(AtAverage(gap))`` the gap at the average
    so far. A run that stops early repeats its last number; one that diverges is infinite from
    there on.

    Attributes:
        followed: a quantity, or a metric with one number for each run.
        every: the points are k = 0, every, 2·every, …, N.
        at: the points, if they are chosen one by one.
    """

    followed: Quantity | Metric
    every: int = 1
    at: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.every, int) or self.every < 1:
            raise SimulationError(f"every must be a positive number of steps, got {self.every}")
        if self.at is not None:
            object.__setattr__(self, "at", _chosen(self.at))

    @property
    def metric(self) -> Metric:
        """What is followed, as a metric."""
        return self.followed if isinstance(self.followed, Metric) else Last(self.followed)

    def points(self, horizon: int) -> Sequence[int]:
        """The numbers k of the points, in ascending order."""
        return range(0, horizon + 1, self.every) if self.at is None else _within(self.at, horizon)

    def begin(self, view: View) -> Carried:
        inner = self.metric.begin(view)
        runs, points = view.x.shape[0], len(self.points(view.horizon))
        history = _history(view.x, (runs, points))
        return self._noted((inner, history), view)

    def update(self, carried: Carried, view: View) -> Carried:
        return self._noted((self.metric.update(carried[0], view), carried[1]), view)

    def _noted(self, carried: Carried, view: View) -> Carried:
        place = _place(self.points(view.horizon), view.k)
        if place is not None:
            inner, history = carried
            history[:, place] = self.metric.result(inner, view)
        return carried

    def result(self, carried: Carried, last: View) -> Any:
        inner, history = carried
        ahead = _ahead(self.points(last.horizon), last)
        final = last.backend.xp.expand_dims(self.metric.result(inner, last), axis=1)
        return last.backend.xp.where(ahead, final, history)

    def lost(self, summary: Any, last: View) -> Any:
        after = np.asarray(self.points(last.horizon)) > last.k
        return np.where(after, np.inf, summary)


@dataclass(frozen=True)
class Keep(Metric):
    """The iterates x[k] for the k in ``at``, in ascending order: of shape (runs, points, d).

    A run that stops early repeats its last iterate; one that diverges is infinite from there on.
    """

    at: tuple[int, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "at", _chosen(self.at))

    def begin(self, view: View) -> Carried:
        runs, d = view.x.shape
        history = _history(view.x, (runs, len(_within(self.at, view.horizon)), d))
        return self.update((history,), view)

    def update(self, carried: Carried, view: View) -> Carried:
        place = _place(self.at, view.k)
        if place is not None:
            carried[0][:, place, :] = view.x
        return carried

    def result(self, carried: Carried, last: View) -> Any:
        xp = last.backend.xp
        ahead = xp.reshape(_ahead(self.at, last), (1, -1, 1))
        return xp.where(ahead, xp.expand_dims(last.x, axis=1), carried[0])

    def lost(self, summary: Any, last: View) -> Any:
        after = np.asarray(self.at)[:, None] > last.k
        return np.where(after, np.inf, summary)


def _check_range(lower: int, upper: int | None) -> None:
    if lower < 0 or (upper is not None and upper < lower):
        raise SimulationError(f"a range of iterates expected, got {lower} to {upper}")


def _holds(lower: int, upper: int | None, k: int) -> bool:
    return k >= lower and (upper is None or k <= upper)


def _weight(weight: Weight | None, k: int) -> float:
    number = 1.0 if weight is None else float(weight(k))
    if not 0.0 <= number < float("inf"):
        raise SimulationError(f"a weight must be a finite number >= 0, got {number} at k = {k}")
    return number


def _chosen(at: Sequence[int]) -> tuple[int, ...]:
    if any(not isinstance(k, int) or k < 0 for k in at) or not at:
        raise SimulationError(f"numbers of iterates expected, such as (0, 10, 100); got {at}")
    return tuple(sorted(set(at)))


def _within(at: tuple[int, ...], horizon: int) -> tuple[int, ...]:
    if at[-1] > horizon:
        raise SimulationError(f"x[{at[-1]}] lies beyond the run of {horizon} steps")
    return at


def _place(points: Sequence[int], k: int) -> int | None:
    place = bisect_left(points, k)
    return place if place < len(points) and points[place] == k else None


def _ahead(points: Sequence[int], last: View) -> Any:
    return last.backend.place(np.asarray(points) > last.k)


def _history(like: Any, shape: tuple[int, ...]) -> Any:
    # written to as the run goes on: every point once, and only here
    return _xp(like).zeros(shape, dtype=like.dtype, device=array_api_compat.device(like))


def _xp(number: Any) -> Any:
    return array_api_compat.array_namespace(number)


def _filled(like: Any, number: float) -> Any:
    return _xp(like).full_like(like, number)
