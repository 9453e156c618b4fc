"""Workers: processes, threads and a Dask cluster give what one process gives."""

from __future__ import annotations

import os
import warnings
from fractions import Fraction as Q
from pathlib import Path as File
from typing import Any

import joblib
import numpy as np
import pytest

from theoryck.methods import METHODS
from theoryck.simulate import Below, Checkpoint, Outcome, bar, simulate
from theoryck.simulate.errors import SimulationError
from theoryck.simulate.metrics import Last, Least, Path
from theoryck.simulate.noise import Gaussian
from theoryck.simulate.problems.quadratic import RotatedQuadratic
from theoryck.simulate.quantities import View, gap
from theoryck.simulate.runs.workers import WorkerError

PROBLEM = RotatedQuadratic((Q(1, 4), Q(1, 2), Q(1)))
STARTS = np.random.default_rng(0).standard_normal((50, 3))


def go(**more: Any) -> Outcome:
    metrics = {"gap": Last(gap), "best": Path(Least(gap), every=10)}
    arguments = {"step": lambda k: 0.5 / (k + 1) ** 0.5, "momentum": np.linspace(0, 0.5, 50)}
    more = {"metrics": metrics, "stop": Below(gap, 0.01), "block": 16} | more
    return simulate(
        PROBLEM, METHODS["momentum_sgd"], arguments, STARTS, 40, noise=Gaussian(Q(1)), **more
    )


def same(one: Outcome, other: Outcome) -> None:
    for name in one.measured:
        np.testing.assert_array_equal(one.measured[name], other.measured[name])
    for name in ("last", "steps", "stopped", "diverged"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


def test_two_processes_give_what_one_gives(tmp_path: File) -> None:
    seen: list[tuple[int, int]] = []
    parallel = go(
        workers=2,
        checkpoint=Checkpoint(tmp_path, 25),
        progress=lambda done, total: seen.append((done, total)),
    )
    same(parallel, go())
    assert sorted(seen) == seen
    assert seen[-1] == (50 * 40, 50 * 40)
    assert len(list(tmp_path.iterdir())) == 4
    same(go(checkpoint=Checkpoint(tmp_path, 25)), parallel)


def test_two_threads_give_what_one_gives() -> None:
    with joblib.parallel_config("threading"):
        same(go(workers=2), go())


def test_a_cluster_of_two_workers_gives_what_one_process_gives() -> None:
    distributed = pytest.importorskip("distributed", reason="Dask is not installed")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the cluster's own: of ports, and of sockets it closes
        with (
            distributed.LocalCluster(
                n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
            ) as cluster,
            distributed.Client(cluster) as client,
        ):
            with joblib.parallel_config("dask"):
                parallel = go(workers=2)
            # each block was a task on a worker of the cluster
            done = client.run(lambda dask_worker: dask_worker.state.executed_count)
    same(parallel, go())
    assert len(done) == 2
    assert sum(done.values()) >= 1


def deadly(view: View) -> Any:
    if view.k == 3:
        os._exit(1)
    return gap(view)


def faulty(view: View) -> Any:
    if view.k == 3:
        raise ZeroDivisionError("a bug in the quantity")
    return gap(view)


def test_a_worker_that_dies_is_an_error_and_no_hang() -> None:
    with pytest.raises(WorkerError, match="a worker died before its runs ended"):
        go(workers=2, metrics={"deadly": Least(deadly)})
    same(go(workers=2), go())  # and the next runs find new workers


def test_an_error_in_a_worker_is_that_error() -> None:
    with pytest.raises(ZeroDivisionError, match="a bug in the quantity"):
        go(workers=2, metrics={"faulty": Least(faulty)})


@pytest.mark.parametrize("workers", [0, -1, 1.5, "two", True])
def test_a_number_of_workers(workers: Any) -> None:
    with pytest.raises(SimulationError, match="workers"):
        go(workers=workers)


def test_progress_is_told_of_every_block() -> None:
    seen: list[tuple[int, int]] = []
    go(progress=lambda done, total: seen.append((done, total)))
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert seen[0] == (0, 2000)
    assert seen[-1] == (2000, 2000)
    assert (16 * 16, 2000) in seen  # within the first block of 16 runs, after 16 steps


def test_the_bar_shows_the_end(capsys: pytest.CaptureFixture[str]) -> None:
    with bar("four blocks") as progress:
        go(progress=progress)
    shown = capsys.readouterr().out
    assert "four blocks" in shown
    assert "100%" in shown
