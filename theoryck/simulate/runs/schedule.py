"""A method's arguments: the same for all runs, one for each, fixed or changing with k."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from theoryck.simulate.backend import Backend
from theoryck.simulate.errors import SimulationError


@dataclass(frozen=True, eq=False)
class Schedule:
    """The arguments of some of ``runs`` runs at every step.

    Attributes:
        fixed: numbers, and arrays of shape (runs selected, 1).
        varying: functions of k that give a number, or an array of shape (runs,).
        rows: which runs are selected; None is all of them.
    """

    fixed: Mapping[str, Any]
    varying: Mapping[str, Callable[[int], Any]]
    runs: int
    backend: Backend
    rows: Any = None

    def at(self, k: int) -> Mapping[str, Any]:
        """The arguments at step k, as numbers or arrays of shape (runs selected, 1)."""
        if not self.varying:
            return self.fixed
        now = {name: self._selected(self._read(name, v(k))) for name, v in self.varying.items()}
        return {**self.fixed, **now}

    def select(self, rows: Any) -> Schedule:
        """The arguments of the runs at some places among those selected now."""
        xp = self.backend.xp
        fixed = {
            name: xp.take(value, rows, axis=0) if hasattr(value, "shape") else value
            for name, value in self.fixed.items()
        }
        chosen = rows if self.rows is None else xp.take(self.rows, rows, axis=0)
        return replace(self, fixed=fixed, rows=chosen)

    def _selected(self, value: Any) -> Any:
        if self.rows is None or not hasattr(value, "shape"):
            return value
        return self.backend.xp.take(value, self.rows, axis=0)

    def _read(self, name: str, given: Any) -> Any:
        return read(name, given, self.runs, self.backend)


def schedule(method: Any, arguments: Mapping[str, Any], runs: int, backend: Backend) -> Schedule:
    """The arguments of a method for all of ``runs`` runs; what has a default need not be given.

    Args:
        method: the method; if it says which arguments it has, they are held to that.
        arguments: numbers, arrays of shape (runs,), or functions of k that give either.
        runs: how many runs there are.

    Raises:
        SimulationError: an argument is missing, unknown, not finite, or of another shape.
    """
    given = {**_defaults(method, arguments), **arguments}
    fixed = {name: read(name, v, runs, backend) for name, v in given.items() if not callable(v)}
    varying = {name: v for name, v in given.items() if callable(v)}
    return Schedule(fixed, varying, runs, backend)


def read(name: str, given: Any, runs: int, backend: Backend) -> Any:
    """A number, or an array of shape (runs, 1) with a number for each run.

    Raises:
        SimulationError: it is neither, or not finite.
    """
    if isinstance(given, list | tuple) or getattr(given, "shape", ()) != ():
        values = backend.asarray(given, what=name)
        if tuple(values.shape) != (runs,):
            raise SimulationError(
                f"{name}: a number, or one for each of the {runs} runs, expected; "
                f"got an array of shape {tuple(values.shape)}"
            )
        return backend.xp.reshape(values, (runs, 1))
    try:
        if isinstance(given, str | bytes):
            raise TypeError("a text")
        number = float(given)
    except (TypeError, ValueError, OverflowError) as error:
        raise SimulationError(f"{name}: a number expected, got {given!r}") from error
    if not math.isfinite(number):
        raise SimulationError(f"{name}: a finite number expected, got {number}")
    return number


def _defaults(method: Any, arguments: Mapping[str, Any]) -> dict[str, Any]:
    known = getattr(method, "arguments", None)
    if known is None:
        return {}
    named = {argument.name: argument.default for argument in known}
    name = getattr(method, "name", type(method).__name__)
    for wrong in sorted(set(arguments) - set(named)):
        raise SimulationError(
            f"{name} has no argument {wrong}; it has {', '.join(named) or 'none'}"
        )
    for argument, default in named.items():
        if default is None and argument not in arguments:
            raise SimulationError(f"{name} needs its argument {argument}")
    return {argument: value for argument, value in named.items() if value is not None}
