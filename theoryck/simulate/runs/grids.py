"""Hyper-parameters tried with one another: a grid of them as runs of one array program."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from theoryck.simulate.errors import SimulationError


@dataclass(frozen=True)
class Grid:
    """Every combination of the hyper-parameters' values, each tried with ``seeds`` runs.

    Runs are in the order of ``itertools.product``, the runs of one combination side by side.

    Attributes:
        values: the values of each hyper-parameter, in order.
        seeds: how many runs there are of each combination.
    """

    values: Mapping[str, tuple[float, ...]]
    seeds: int

    @property
    def shape(self) -> tuple[int, ...]:
        """How many values each hyper-parameter has, and then the number of seeds."""
        return (*(len(values) for values in self.values.values()), self.seeds)

    @property
    def runs(self) -> int:
        """How many runs there are in all."""
        return math.prod(self.shape)

    @property
    def arguments(self) -> dict[str, Any]:
        """A number for each run, of shape (runs,), by hyper-parameter."""
        axes = np.meshgrid(*self.values.values(), np.zeros(self.seeds), indexing="ij")
        return {name: axis.reshape(-1) for name, axis in zip(self.values, axes, strict=False)}

    @property
    def labels(self) -> list[dict[str, float]]:
        """The combinations, in order."""
        return [dict(zip(self.values, c, strict=True)) for c in product(*self.values.values())]

    def starts(self, x: Any) -> Any:
        """First iterates of all runs, of shape (runs, d).

        Args:
            x: one point for all, of shape (d,), or one for each seed, of shape (seeds, d).

        Raises:
            SimulationError: it has another shape.
        """
        points = np.asarray(x)
        if points.ndim == 1:
            points = np.broadcast_to(points, (self.seeds, *points.shape))
        if points.ndim != 2 or points.shape[0] != self.seeds:
            raise SimulationError(
                f"a point of shape (d,), or one for each of the {self.seeds} seeds, expected; "
                f"got shape {points.shape}"
            )
        return np.tile(points, (self.runs // self.seeds, 1))

    def reshaped(self, numbers: Any) -> Any:
        """What was measured, by hyper-parameters and seed: its first axis in :attr:`shape`.

        Raises:
            SimulationError: it is not of these runs.
        """
        array = np.asarray(numbers)
        if array.shape[:1] != (self.runs,):
            raise SimulationError(f"{self.runs} runs expected, got shape {array.shape}")
        return array.reshape(*self.shape, *array.shape[1:])


def grid(*, seeds: int = 1, **values: Sequence[float]) -> Grid:
    """All combinations of the values of hyper-parameters, each with ``seeds`` runs.

    Raises:
        SimulationError: there is nothing to combine, or something is not finite.

    >>> tried = grid(step=[0.5, 1.0], momentum=[0.0, 0.9], seeds=2)
    >>> tried.arguments["step"]
    array([0.5, 0.5, 0.5, 0.5, 1. , 1. , 1. , 1. ])
    >>> tried.arguments["momentum"]
    array([0. , 0. , 0.9, 0.9, 0. , 0. , 0.9, 0.9])
    >>> tried.reshaped(range(8)).shape
    (2, 2, 2)
    """
    if not values:
        raise SimulationError("a grid of at least one hyper-parameter expected")
    if not isinstance(seeds, int) or seeds < 1:
        raise SimulationError(f"a positive whole number of seeds expected, got {seeds!r}")
    read = {name: _read(name, given) for name, given in values.items()}
    return Grid(read, seeds)


def _read(name: str, given: Any) -> tuple[float, ...]:
    try:
        numbers = tuple(float(value) for value in given)
    except (TypeError, ValueError, OverflowError) as error:
        raise SimulationError(f"{name}: a list of numbers expected, got {given!r}") from error
    if not numbers or not all(map(math.isfinite, numbers)):
        raise SimulationError(f"{name}: at least one value, all finite, expected; got {given!r}")
    return numbers
