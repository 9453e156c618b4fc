"""Running a method: all runs at once, one array operation a step."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from theoryck.algebra import Oracle
from theoryck.simulate.backend import Backend
from theoryck.simulate.errors import SimulationError


@runtime_checkable
class Runnable(Protocol):
    """What a run needs of a method: see :class:`theoryck.methods.base.Method`."""

    def first_state(self, x: Any) -> Any:
        """The state before the first step."""

    def step(self, state: Any, f: Oracle, k: Any, arguments: Mapping[str, Any]) -> Any:
        """The next state."""

    def iterate(self, state: Any) -> Any:
        """The iterate in a state."""


Arguments = Callable[[int], Mapping[str, Any]]


class OutOfTimeError(SimulationError):
    """The deadline came before the run ended."""


@dataclass(frozen=True)
class Trajectory:
    """The iterates that were asked for, by number, each of shape (runs, d)."""

    iterates: Mapping[int, Any]
    horizon: int

    def at(self, k: int) -> Any:
        """x[k].

        Raises:
            SimulationError: it was not kept.
        """
        if k not in self.iterates:
            raise SimulationError(f"x[{k}] was not kept in this run of {self.horizon} steps")
        return self.iterates[k]


def run(
    method: Runnable,
    oracle: Oracle,
    arguments: Arguments,
    start: Any,
    horizon: int,
    keep: Collection[int],
    *,
    deadline: float = float("inf"),
) -> Trajectory:
    """Run ``horizon`` steps from ``start``, an array of shape (runs, d), or any vector.

    A run that diverges goes on with infinities and NaN; its measure says so.

    Args:
        arguments: the method's arguments at step k.
        keep: the numbers of the iterates to keep.
        deadline: a ``time.monotonic()`` value.

    Raises:
        OutOfTimeError: the deadline came first.
    """
    if horizon < 0:
        raise SimulationError(f"a run of {horizon} steps")
    state = method.first_state(start)
    kept = {0: start} if 0 in keep else {}
    with Backend.quiet():
        for k in range(horizon):
            if k % 16 == 0 and time.monotonic() > deadline:
                raise OutOfTimeError(f"time was up at step {k} of {horizon}")
            state = method.step(state, oracle, k, arguments(k))
            if k + 1 in keep:
                kept[k + 1] = method.iterate(state)
    return Trajectory(kept, horizon)
