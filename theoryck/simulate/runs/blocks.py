"""Blocks of runs: small enough for the cache, and each by itself on any worker."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import array_api_compat.numpy as compat_numpy
import numpy as np

from theoryck.simulate.backend import Backend
from theoryck.simulate.errors import SimulationError
from theoryck.simulate.products import TILE
from theoryck.simulate.runs.checkpoint import Checkpoint, damaged, load, save
from theoryck.simulate.runs.course import Course, Plan
from theoryck.simulate.runs.loop import OutOfTimeError
from theoryck.simulate.runs.record import Outcome
from theoryck.simulate.runs.schedule import schedule
from theoryck.simulate.streams import Streams

CACHE = 2**15  # numbers of a block's iterates: 256 kB, of which a method holds a few
BETWEEN = 16  # steps between two looks at the clock


@dataclass(frozen=True, eq=False)
class Task:
    """Runs to be done: what they depend on, and what is to happen on the way.

    Attributes:
        start: the first iterates of all runs.
        until: when time is up, as ``time.time()`` has it.
        prints: the fingerprints that checkpoints are held to.
    """

    plan: Plan
    arguments: Mapping[str, Any]
    start: Any
    seed: int
    first: int
    until: float
    checkpoint: Checkpoint | None
    prints: Mapping[str, str]

    @property
    def runs(self) -> int:
        """How many runs there are."""
        return int(self.start.shape[0])


def blocks(runs: int, dimension: int, block: int | None, backend: Backend) -> list[range]:
    """The runs in blocks of ``block``; by default as many as fit the cache of a processor.

    What computes elsewhere takes all runs at once. The blocks do not depend on the number of
    workers, nor the results on the blocks.

    Raises:
        SimulationError: ``block`` is no positive whole number.
    """
    if block is not None and (not isinstance(block, int) or block < 1):
        raise SimulationError(f"a block of runs must be a positive whole number, got {block}")
    if block is None:
        if backend.xp is not compat_numpy:
            return [range(runs)]
        many = -(-runs // max(TILE, CACHE // dimension))
        block = -(-runs // many // TILE) * TILE
    return [range(lower, min(lower + block, runs)) for lower in range(0, runs, block)]


def run_block(task: Task, block: range, progress: Callable[[int], None] | None = None) -> Outcome:
    """Do the runs of one block, from a checkpoint if there is one.

    Args:
        progress: told now and then how many steps were taken.

    Raises:
        OutOfTimeError: time was up; a checkpoint was saved first, if there are to be any.
        CheckpointError: there is a checkpoint that these runs cannot go on from.
    """
    course = _begun(task, block)
    last = course.k
    while not course.ended:
        if course.k % BETWEEN == 0:
            if progress is not None:
                progress(course.k)
            if time.time() > task.until:
                _save(task, block, course)
                raise OutOfTimeError(f"time was up at step {course.k} of {task.plan.steps}")
        course.step()
        if task.checkpoint is not None and course.k - last >= task.checkpoint.every:
            _save(task, block, course)
            last = course.k
    _save(task, block, course)
    return course.outcome()


def _begun(task: Task, block: range) -> Course:
    plan, backend = task.plan, task.plan.backend
    arguments = schedule(plan.method, task.arguments, task.runs, backend)
    if len(block) < task.runs:
        arguments = arguments.select(backend.place(np.arange(block.start, block.stop)))
    first = task.first + block.start
    streams = Streams(backend, task.seed, len(block), first)
    course = Course(plan, task.start[block.start : block.stop, :], arguments, streams)
    if task.checkpoint is None:
        return course
    path = task.checkpoint.file(first, first + len(block))
    saved = load(path, task.prints)
    if saved is not None:
        try:
            fresh = Streams(backend, task.seed, len(block), first)
            course.resume(saved, arguments, fresh)
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            raise damaged(path, error) from error
    return course


def _save(task: Task, block: range, course: Course) -> None:
    if task.checkpoint is not None:
        first = task.first + block.start
        save(task.checkpoint.file(first, first + len(block)), task.prints, course.saved())
