"""Blocks of runs on several workers: processes, threads, or machines, as joblib is told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from theoryck.simulate.errors import SimulationError
from theoryck.simulate.runs.blocks import Task, run_block
from theoryck.simulate.runs.progress import Progress
from theoryck.simulate.runs.record import Outcome

# how the libraries call the death of a worker: of joblib's processes, and of Dask's machines
DEATHS = frozenset({"TerminatedWorkerError", "BrokenProcessPool", "KilledWorker"})


class WorkerError(SimulationError):
    """A worker ended before its runs did."""


def run_all(
    task: Task, parts: Sequence[range], workers: int, progress: Progress | None
) -> list[Outcome]:
    """The outcomes of all blocks, in order; the same for any number of workers.

    Raises:
        WorkerError: a worker died.
    """
    total = task.runs * task.plan.steps
    if workers == 1:
        return [_alone(task, part, total, progress) for part in parts]
    outcomes: dict[int, Outcome] = {}
    done = 0
    for number, outcome in _in_parallel(task, parts, workers):
        outcomes[number] = outcome
        done += len(parts[number]) * task.plan.steps
        if progress is not None:
            progress(done, total)
    return [outcomes[number] for number in range(len(parts))]


def _alone(task: Task, part: range, total: int, progress: Progress | None) -> Outcome:
    if progress is None:
        return run_block(task, part)
    before = part.start * task.plan.steps

    def show(k: int) -> None:
        progress(before + k * len(part), total)

    outcome = run_block(task, part, show)
    progress(before + len(part) * task.plan.steps, total)
    return outcome


def _in_parallel(task: Task, parts: Sequence[range], workers: int) -> Any:
    from joblib import Parallel, delayed

    try:
        jobs = (delayed(_numbered)(task, number, part) for number, part in enumerate(parts))
        yield from Parallel(n_jobs=workers, return_as="generator_unordered")(jobs)
    except Exception as error:
        if type(error).__name__ not in DEATHS:
            raise
        raise WorkerError(
            f"a worker died before its runs ended ({error}): killed, or out of memory. Fewer "
            "workers or smaller blocks need less memory; with a checkpoint, what was done is kept"
        ) from error


def _numbered(task: Task, number: int, part: range) -> tuple[int, Outcome]:
    return number, run_block(task, part)
