"""Runs: the same in any block, stopped or not, interrupted or not; metrics against histories."""

from __future__ import annotations

from fractions import Fraction as Q
from pathlib import Path as File
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from theoryck.methods import METHODS, method
from theoryck.simulate import Below, Checkpoint, Outcome, simulate, trajectories
from theoryck.simulate.metrics import (
    AtAverage,
    FirstTime,
    Keep,
    Largest,
    Last,
    Least,
    Mean,
    Metric,
    Path,
    Share,
    Total,
    Variance,
)
from theoryck.simulate.noise import Exact, Gaussian, Noise, Sampling
from theoryck.simulate.problems.base import Problem
from theoryck.simulate.problems.data import gaussian_least_squares
from theoryck.simulate.problems.quadratic import DiagonalQuadratic, RotatedQuadratic
from theoryck.simulate.products import by_rows
from theoryck.simulate.quantities import View, distance_squared, gap, gradient_norm
from theoryck.simulate.runs.course import Course

ROTATED = RotatedQuadratic((Q(1, 4), Q(1, 2), Q(1)))
ROWS = gaussian_least_squares(20, 3, noise=0.5)
NOISES: dict[str, tuple[Problem, Noise]] = {
    "exact": (ROTATED, Exact()),
    "gaussian": (ROTATED, Gaussian(Q(1))),
    "minibatches": (ROWS, Sampling(20, None)),
    "minibatches without replacement": (ROWS, Sampling(20, None, replacement=False)),
}
METHOD_ARGUMENTS: dict[str, dict[str, Any]] = {
    "sgd": {"step": lambda k: 0.5 / (k + 1), "batch": 2},
    "momentum_sgd": {"step": 0.05, "momentum": np.linspace(0, 0.9, 40)},
    "adam": {"step": 0.05, "beta1": 0.9, "beta2": 0.99, "damping": 1e-8},
    "adagrad_full": {"step": 0.2, "damping": 0.1},
    "spider": {"step": 0.05, "period": 3, "anchor": 4},
    "perturbed_gd": {"step": 0.1, "radius": 0.2},
}
STARTS = np.random.default_rng(0).standard_normal((40, 3)) * np.linspace(0.1, 4, 40)[:, None]


def weight(k: int) -> float:
    return float(k + 1)


METRICS: dict[str, Metric] = {
    "last": Last(gap),
    "least": Least(gradient_norm),
    "largest": Largest(gap, 2, 9),
    "total": Total(gap, 1),
    "mean": Mean(gap, upper=10),
    "weighted": Mean(gap, weight=weight),
    "variance": Variance(gap),
    "share": Share(gap, level=1.0),
    "average": AtAverage(gap, 3),
    "weighted average": AtAverage(distance_squared, weight=weight),
    "first": FirstTime(gap, 0.3),
    "path": Path(gap, every=4),
    "best": Path(Least(gap), at=(0, 1, 7, 18)),
    "kept": Keep((0, 5, 20)),
}


def same(one: Outcome, other: Outcome) -> None:
    for name in one.measured:
        np.testing.assert_array_equal(one.measured[name], other.measured[name], err_msg=name)
    for name in ("last", "steps", "stopped", "diverged"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)


def go(name: str, noise: str, steps: int = 20, start: Any = STARTS, **more: Any) -> Outcome:
    problem, source = NOISES[noise]
    arguments = {
        name: value[: len(start)] if hasattr(value, "shape") else value
        for name, value in METHOD_ARGUMENTS[name].items()
    }
    more = {"metrics": METRICS, "noise": source, "seed": 5} | more
    return simulate(problem, METHODS[name], arguments, start, steps, **more)


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("method", METHOD_ARGUMENTS)
def test_a_run_is_the_same_to_the_last_digit_in_any_block(method: str, noise: str) -> None:
    whole = go(method, noise, block=40)
    same(whole, go(method, noise, block=7))
    same(whole, go(method, noise))


@given(lower=st.integers(0, 39), size=st.integers(1, 40), block=st.integers(1, 40))
@settings(max_examples=25)
def test_a_run_is_the_same_among_any_others(lower: int, size: int, block: int) -> None:
    upper = min(lower + size, 40)
    whole = go("sgd", "minibatches")
    part = go("sgd", "minibatches", start=STARTS[lower:upper], first=lower, block=block)
    np.testing.assert_array_equal(part.last, whole.last[lower:upper])
    np.testing.assert_array_equal(part.measured["path"], whole.measured["path"][lower:upper])


@given(level=st.floats(0.01, 3), block=st.sampled_from([3, 16, 40]))
@settings(max_examples=10)
def test_stopping_changes_no_course(level: float, block: int) -> None:
    stopped = go("momentum_sgd", "gaussian", stop=Below(gap, level), block=block)
    everything = go("momentum_sgd", "gaussian", metrics={"x": Keep(tuple(range(21)))})
    path = go("momentum_sgd", "gaussian", metrics={"gap": Path(gap)}).measured["gap"]
    for run in range(40):
        done = np.flatnonzero(path[run] <= level)
        ended = int(done[0]) if len(done) else 20
        assert stopped.steps[run] == ended
        assert stopped.stopped[run] == (len(done) > 0)
        np.testing.assert_array_equal(stopped.last[run], everything.measured["x"][run, ended])
        assert stopped.measured["last"][run] == path[run, ended]
        assert stopped.measured["kept"][run, 2] == pytest.approx(stopped.last[run])
        if run % 9:
            continue
        short = METRICS | {"best": Last(gap), "kept": Last(gap)}
        alone = go("momentum_sgd", "gaussian", ended, metrics=short)
        for name in ("least", "total", "mean", "variance", "share", "average", "first"):
            assert stopped.measured[name][run] == alone.measured[name][run], name


@pytest.mark.parametrize("noise", ["exact", "gaussian"])
def test_metrics_are_those_of_the_full_history(noise: str) -> None:
    problem, source = NOISES[noise]
    outcome = go("sgd", noise)
    arguments = METHOD_ARGUMENTS["sgd"]
    kept = trajectories(problem, METHODS["sgd"], arguments, STARTS, 20, noise=source, seed=5)
    xs = np.stack([kept.at(k) for k in range(21)], axis=1)
    matrix = ROTATED.matrix()

    def gaps(x: Any) -> Any:
        return 0.5 * np.einsum("...i,ij,...j->...", x, matrix, x)

    q = gaps(xs)
    w = np.arange(1.0, 22)
    centre = np.tensordot(xs, w / w.sum(), axes=(1, 0))
    reached = q <= 0.3
    expected = {
        "last": q[:, -1],
        "least": np.linalg.norm(xs @ matrix, axis=-1).min(axis=1),
        "largest": q[:, 2:10].max(axis=1),
        "total": q[:, 1:].sum(axis=1),
        "mean": q[:, :11].mean(axis=1),
        "weighted": q @ w / w.sum(),
        "variance": q.var(axis=1),
        "share": (q <= 1).mean(axis=1),
        "average": gaps(xs[:, 3:].mean(axis=1)),
        "weighted average": np.sum(centre**2, axis=1),
        "first": np.where(reached.any(axis=1), reached.argmax(axis=1), np.inf),
        "path": q[:, ::4],
        "best": np.minimum.accumulate(q, axis=1)[:, [0, 1, 7, 18]],
        "kept": xs[:, [0, 5, 20]],
    }
    assert expected.keys() == METRICS.keys()
    for name, numbers in expected.items():
        np.testing.assert_allclose(outcome.measured[name], numbers, rtol=1e-10, atol=1e-12)


class Interrupted(Exception):
    """What a test stops a run with."""


def interrupt(after: int, patch: pytest.MonkeyPatch) -> None:
    """Let the next runs take so many steps in all."""
    left, step = iter(range(after)), Course.step

    def limited(course: Course) -> None:
        if next(left, None) is None:
            raise Interrupted
        step(course)

    patch.setattr(Course, "step", limited)


@given(
    after=st.integers(0, 70),
    every=st.integers(2, 9),
    block=st.sampled_from([16, 17, 40]),
    noise=st.sampled_from(sorted(NOISES)),
    method=st.sampled_from(sorted(METHOD_ARGUMENTS)),
    level=st.sampled_from([None, 0.05, 0.5]),
)
@example(after=11, every=2, block=40, noise="gaussian", method="momentum_sgd", level=0.5)
@settings(max_examples=14)
def test_a_resumed_run_is_the_uninterrupted_one_to_the_last_digit(
    after: int, every: int, block: int, noise: str, method: str, level: float | None
) -> None:
    more: dict[str, Any] = {"block": block}
    if level is not None:
        more["stop"] = Below(gap, level)
    with TemporaryDirectory() as folder:
        more["checkpoint"] = Checkpoint(File(folder) / "runs", every)
        with pytest.MonkeyPatch.context() as patch:
            interrupt(after, patch)
            try:
                interrupted = go(method, noise, **more)
            except Interrupted:
                interrupted = None
        resumed = go(method, noise, **more)
        again = go(method, noise, **more)  # everything is there already
    plain = go(method, noise, **{name: v for name, v in more.items() if name != "checkpoint"})
    same(resumed, plain)
    same(again, plain)
    if interrupted is not None:
        same(interrupted, plain)


def test_a_resumed_run_takes_only_the_steps_that_are_left(tmp_path: File) -> None:
    more = {"checkpoint": Checkpoint(tmp_path, 6), "block": 40}
    with pytest.MonkeyPatch.context() as patch:
        interrupt(15, patch)
        with pytest.raises(Interrupted):
            go("sgd", "gaussian", **more)
    with pytest.MonkeyPatch.context() as patch:
        interrupt(8, patch)  # 20 steps less the 12 that were saved
        resumed = go("sgd", "gaussian", **more)
    same(resumed, go("sgd", "gaussian"))


def steep(view: View) -> Any:
    return distance_squared(view) ** 3


@pytest.mark.parametrize("block", [4, 50])
def test_divergence_is_a_result_of_the_run_alone(block: int) -> None:
    line = DiagonalQuadratic((Q(1),))
    factors = np.linspace(0.5, 60, 50)  # x is multiplied by 1 − step in every step
    metrics: dict[str, Metric] = {
        "last": Last(gap),
        "least": Least(gap),
        "steep": Path(steep, every=50),
        "gap": Path(gap, every=50),
        "first": FirstTime(gap, 0.2),
        "kept": Keep((100, 300)),
    }
    outcome = simulate(
        line, METHODS["gradient_descent"], {"step": factors}, np.ones((50, 1)), 300, metrics,
        block=block,
    )  # fmt: skip
    growth = np.abs(1 - factors)
    with np.errstate(over="ignore"):
        sizes = growth[:, None] ** np.arange(302)
    expected = np.array([np.flatnonzero(~np.isfinite(row))[:1] for row in sizes], dtype=object)
    for run, first_infinite in enumerate(expected):
        lost = len(first_infinite) > 0 and first_infinite[0] <= 300
        assert outcome.diverged[run] == lost
        if lost:
            assert abs(outcome.steps[run] - (first_infinite[0] - 1)) <= 1  # rounding at the edge
            assert np.isfinite(outcome.last[run]).all()
            assert np.isinf(outcome.measured["last"][run])
            assert np.isinf(outcome.measured["least"][run])
            after = np.arange(0, 301, 50) > outcome.steps[run]
            assert outcome.measured["gap"][run, 0] == 0.5
            assert np.isinf(outcome.measured["gap"][run, after]).all()
            assert np.isfinite(outcome.measured["kept"][run, 0]) == (outcome.steps[run] >= 100)
        else:
            np.testing.assert_allclose(np.abs(outcome.last[run, 0]), sizes[run, 300], rtol=1e-9)
    assert 0 < outcome.diverged.sum() < 50
    assert outcome.measured["first"][0] == 1  # 0.5·0.5² ≤ 0.2
    assert not np.isnan(outcome.measured["steep"]).any()  # a finite x whose measure overflows


@method
def bears_no_infinity(x: Any, f: Any, *, step: Any) -> Any:
    """Gradient descent that breaks down where an iterate is not finite."""
    if not np.isfinite(x).all():
        raise ArithmeticError("it was given infinities")
    return x - step * f.grad(x)


def test_a_run_that_diverged_does_not_disturb_the_others() -> None:
    line, steps = DiagonalQuadratic((Q(1),)), np.array([0.5, 1e300, 1e3, 0.1, 0.2, 0.3])
    outcome = simulate(line, bears_no_infinity, {"step": steps}, np.ones((6, 1)), 200, {})
    np.testing.assert_array_equal(outcome.diverged, [False, True, True, False, False, False])
    np.testing.assert_allclose(outcome.last[[0, 3], 0], [0.5**200, 0.9**200], rtol=1e-9)


@pytest.mark.parametrize("d", [1, 3, 50, 200])
def test_a_product_depends_on_its_row_alone(d: int) -> None:
    x, matrix = np.random.default_rng(d).standard_normal((2, 200, d))
    matrix = matrix[:d, :]
    whole = by_rows(np, x, matrix)
    np.testing.assert_allclose(whole, x @ matrix, rtol=1e-11, atol=1e-13)
    for size in (1, 2, 3, 15, 16, 17, 33):
        np.testing.assert_array_equal(by_rows(np, x[9 : 9 + size], matrix), whole[9 : 9 + size])
