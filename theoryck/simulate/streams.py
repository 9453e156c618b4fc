"""Random numbers: one seed, one independent stream a run, whatever the runs are batched with."""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from theoryck.simulate.backend import Backend
from theoryck.simulate.errors import SimulationError

BLOCK = 4096  # numbers that a run draws ahead at most, so that it draws seldom


@dataclass(eq=False)
class Streams:
    """The random numbers of runs ``first, …, first + runs − 1`` of one seed.

    Each run and each kind of question has a generator of its own, ``SeedSequence(seed,
    spawn_key=(run, kind))``: a run sees the same numbers in any batch. ``drawn`` says whether
    anything was asked at all, so a run that drew nothing is known to be deterministic.
    """

    backend: Backend
    seed: int
    runs: int
    first: int = 0
    drawn: bool = False
    _blocks: dict[Any, tuple[list[np.random.Generator], Any, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.runs < 1:
            raise SimulationError(f"at least one run expected, got {self.runs}")

    def normal(self, kind: str, *shape: int) -> Any:
        """Standard normal numbers of shape (runs, *shape)."""
        return self.backend.place(self._next(kind, "standard_normal", shape))

    def uniform(self, kind: str, *shape: int) -> Any:
        """Numbers uniform on [0, 1) of shape (runs, *shape)."""
        return self.backend.place(self._next(kind, "random", shape))

    def _next(self, kind: str, law: str, shape: tuple[int, ...]) -> Any:
        self.drawn = True
        key = (kind, law, shape)
        generators, block, used = self._blocks.get(key) or (self._spawn(key), None, 0)
        if block is None or used == block.shape[1]:
            # longer blocks as the run goes on; where a generator's numbers are cut is no matter
            longest = max(1, BLOCK // max(1, math.prod(shape)))
            length = 1 if block is None else min(2 * used, longest)
            block = np.stack([getattr(g, law)((length, *shape)) for g in generators])
            used = 0
        self._blocks[key] = (generators, block, used + 1)
        return block[:, used]

    def _spawn(self, key: Any) -> list[np.random.Generator]:
        number = zlib.crc32(repr(key).encode())
        return [
            np.random.Generator(
                np.random.PCG64(np.random.SeedSequence(self.seed, spawn_key=(run, number)))
            )
            for run in range(self.first, self.first + self.runs)
        ]
