"""Runs at scale: constant memory, grids as one program, and what runs save by ending."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace
from fractions import Fraction as Q
from typing import Any

import numpy as np
import pytest

from theoryck.methods import METHODS
from theoryck.simulate import Below, Outcome, grid, simulate
from theoryck.simulate.metrics import AtAverage, FirstTime, Last, Least, Mean, Metric, Variance
from theoryck.simulate.noise import Gaussian
from theoryck.simulate.problems.base import Functions
from theoryck.simulate.problems.quadratic import DiagonalQuadratic
from theoryck.simulate.quantities import gap

PLANE = DiagonalQuadratic((Q(1), Q(1, 4)))
WIDE = DiagonalQuadratic((Q(1),) * 64)
STARTS = np.ones((20, 64))
METRICS: dict[str, Metric] = {
    "last": Last(gap),
    "least": Least(gap),
    "mean": Mean(gap),
    "average": AtAverage(gap),
    "variance": Variance(gap),
    "first": FirstTime(gap, 0.01),
}


def go(start: Any, steps: int, **more: Any) -> Outcome:
    more = {"arguments": {"step": 0.1}, "metrics": METRICS, "noise": Gaussian(Q(1))} | more
    return simulate(PLANE, METHODS["sgd"], start=start, steps=steps, **more)


def peak(steps: int) -> int:
    tracemalloc.start()
    try:
        simulate(WIDE, METHODS["sgd"], {"step": 0.1}, STARTS, steps, METRICS, noise=Gaussian(Q(1)))
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_number_of_steps() -> None:
    peak(3)  # what is imported is no memory of the runs
    short = peak(300)  # by then as much is drawn ahead as ever will be
    assert peak(3_000) < 1.05 * short + 20_000


def test_a_grid_is_every_combination_alone() -> None:
    tried = grid(step=[0.05, 0.2, 1.0], momentum=[0.0, 0.5], seeds=3)
    assert tried.labels[1] == {"step": 0.05, "momentum": 0.5}
    assert tried.shape == (3, 2, 3)
    starts = np.arange(6.0).reshape(3, 2)
    together = simulate(
        PLANE, METHODS["heavy_ball"], tried.arguments, tried.starts(starts), 30, {"gap": Last(gap)}
    )
    gaps = tried.reshaped(together.measured["gap"])
    for i, step in enumerate(tried.values["step"]):
        for j, momentum in enumerate(tried.values["momentum"]):
            arguments = {"step": step, "momentum": momentum}
            alone = simulate(
                PLANE, METHODS["heavy_ball"], arguments, starts, 30, {"gap": Last(gap)}
            )
            np.testing.assert_allclose(gaps[i, j], alone.measured["gap"], rtol=1e-12)
    assert tried.reshaped(together.last).shape == (3, 2, 3, 2)
    assert tried.starts([1.0, 2.0]).shape == (18, 2)


def test_the_noise_ball_of_a_grid_of_steps() -> None:
    """E gap = step·σ²/(2(2 − step·λ)) a coordinate in the stationary state, summed over both."""
    tried = grid(step=[0.05, 0.1, 0.2], seeds=300)
    metrics: dict[str, Metric] = {"mean": Mean(gap, lower=400)}
    outcome = go(np.zeros((900, 2)), 1200, arguments=tried.arguments, metrics=metrics)
    seen = tried.reshaped(outcome.measured["mean"]).mean(axis=1)
    steps = np.array(tried.values["step"])
    # each coordinate has variance step·(σ²/2)/(λ(2 − step·λ)), of which the gap takes λ/2
    expected = sum(steps * 0.5 / (2 * (2 - steps * value)) for value in (1.0, 0.25))
    np.testing.assert_allclose(seen, expected, rtol=0.05)


@pytest.mark.parametrize("block", [None, 10])
def test_runs_that_have_ended_cost_nothing(
    block: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows of gradients that are computed: not many more than those of runs on their way."""
    rows = 0
    original = DiagonalQuadratic.on

    def counted(self: Any, backend: Any) -> Functions:
        functions = original(self, backend)

        def gradient(x: Any) -> Any:
            nonlocal rows
            rows += x.shape[0]
            return functions.gradient(x)

        return replace(functions, gradient=gradient)

    monkeypatch.setattr(DiagonalQuadratic, "on", counted)
    starts = np.geomspace(0.1, 1e30, 80)[:, None] * np.ones(2)
    arguments = {"step": 1.0}
    outcome = go(
        starts,
        1000,
        arguments=arguments,
        stop=Below(gap, 1e-3),
        noise=None,
        metrics={},
        block=block,
    )
    assert outcome.stopped.all()
    needed = int(outcome.steps.sum())
    assert needed < 0.7 * outcome.steps.max() * 80
    assert rows <= 1.5 * needed
