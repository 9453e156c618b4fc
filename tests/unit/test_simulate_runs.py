"""Runs: reproducible, the same in every batch, and divergence is a result."""

from __future__ import annotations

from fractions import Fraction as Q
from typing import Any

import array_api_strict
import numpy as np
import pytest

from theoryck.methods import METHODS
from theoryck.simulate.backend import cupy_backend, numpy_backend, of_namespace
from theoryck.simulate.errors import MissingExtraError
from theoryck.simulate.noise import Gaussian, Noise, Sampling, Sphere
from theoryck.simulate.problems.composite import Composite
from theoryck.simulate.problems.constrained import Constrained
from theoryck.simulate.problems.data import gaussian_least_squares
from theoryck.simulate.problems.feasible import Box
from theoryck.simulate.problems.piecewise import AbsoluteValue
from theoryck.simulate.problems.quadratic import DiagonalQuadratic
from theoryck.simulate.runs.loop import run
from theoryck.simulate.runs.oracle import ArrayOracle
from theoryck.simulate.streams import Streams

PROBLEM = DiagonalQuadratic((Q(1), Q(1, 4), Q(1, 2)))
ROWS = gaussian_least_squares(8, 3, noise=0.2)
BOXED = Constrained(PROBLEM, Box([-3.0, -2.0, -1.0], [1.0, 2.0, 0.5]))
COMPOSITE = Composite(PROBLEM, AbsoluteValue(Q(1, 10), 3))
ARGUMENTS = {
    "step": 0.1,
    "momentum": 0.5,
    "L": 1.0,
    "batch": 2,
    "period": 3,
    "anchor": 4,
    "threshold": 0.3,
    "radius": 0.1,
    "offset": 0.2,
    "decay": 0.9,
    "damping": 0.01,
    "beta1": 0.9,
    "beta2": 0.99,
    "metric": 2.0,
    "scale": 1.0,
    "alpha": 1.5,
    "D": 6.0,
    "G": 3.0,
    "M": 2.0,
    "rho": 1.0,
    "iterations": 3,
    "tolerance": 0.5,
    "retention": 0.9,
    "weight": 0.5,
    "initial": 0.3,
}


def simulate(
    name: str,
    runs: int,
    first: int = 0,
    seed: int = 3,
    steps: int = 7,
    backend: Any = None,
    noise: Noise | None = None,
    problem: Any = None,
) -> Any:
    backend = backend or numpy_backend()
    fitting = COMPOSITE if name == "proximal_gradient" else BOXED
    functions = (problem or fitting).on(backend)
    oracle = ArrayOracle(functions, noise or Gaussian(Q(1, 3)), Streams(backend, seed, runs, first))
    start = backend.place(np.tile([1.0, -2.0, 0.5], (runs, 1)))
    method = METHODS[name]
    arguments = {a.name: ARGUMENTS[a.name] for a in method.arguments}
    return run(method, oracle, lambda k: arguments, start, steps, range(steps + 1))


@pytest.mark.parametrize("name", METHODS)
def test_a_run_is_the_same_in_any_batch(name: str) -> None:
    together = simulate(name, 5).at(7)
    alone = np.concatenate([simulate(name, 1, first=i).at(7) for i in range(5)])
    np.testing.assert_allclose(together, alone, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name", METHODS)
def test_runs_under_the_strict_standard_agree(name: str) -> None:
    strict = simulate(name, 3, backend=of_namespace("strict", array_api_strict)).at(7)
    np.testing.assert_allclose(np.asarray(strict), simulate(name, 3).at(7), rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("noise", [Gaussian(Q(1)), Sphere(Q(1)), Sampling(8, None)])
def test_one_seed_gives_one_run_and_another_another(noise: Noise) -> None:
    problem = ROWS if isinstance(noise, Sampling) else PROBLEM
    first, again, other = (
        simulate("sgd", 4, seed=seed, noise=noise, problem=problem).at(7) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_runs_are_independent_of_each_other() -> None:
    ends = simulate("sgd", 2000).at(1)
    correlation = np.corrcoef(ends[:-1, 0], ends[1:, 0])[0, 1]
    assert abs(correlation) < 0.08
    assert len(np.unique(ends[:, 0])) == 2000


def test_streams_say_whether_they_were_used() -> None:
    streams = Streams(numpy_backend(), 0, 2)
    assert not streams.drawn
    streams.uniform("anything", 3)
    assert streams.drawn


def test_different_questions_have_different_numbers() -> None:
    streams = Streams(numpy_backend(), 0, 2)
    first, second = streams.normal("noise", 5), streams.normal("method sphere", 5)
    assert not np.array_equal(first, second)


def test_streams_go_on_past_a_block() -> None:
    long = Streams(numpy_backend(), 0, 2)
    drawn = np.stack([long.normal("noise", 1000) for _ in range(9)])
    assert len(np.unique(drawn)) == drawn.size


def test_divergence_is_a_result_without_a_warning() -> None:
    functions = PROBLEM.on(numpy_backend())
    oracle = ArrayOracle(functions, Gaussian(Q(0)), Streams(numpy_backend(), 0, 1))
    method = METHODS["gradient_descent"]
    kept = run(method, oracle, lambda k: {"step": 1e9}, np.ones((1, 3)), 200, [200])
    assert not np.isfinite(kept.at(200)).all()


def test_only_what_is_asked_for_is_kept() -> None:
    kept = simulate("gradient_descent", 1)
    assert sorted(kept.iterates) == list(range(8))
    method = METHODS["gradient_descent"]
    functions = PROBLEM.on(numpy_backend())
    oracle = ArrayOracle(functions, Gaussian(Q(0)), Streams(numpy_backend(), 0, 1))
    last = run(method, oracle, lambda k: {"step": 0.1}, np.ones((1, 3)), 9, [9])
    assert list(last.iterates) == [9]


def test_the_ball_and_the_sphere_of_the_methods_noise() -> None:
    oracle = ArrayOracle(
        PROBLEM.on(numpy_backend()), Gaussian(Q(0)), Streams(numpy_backend(), 0, 4000)
    )
    x = np.zeros((4000, 3))
    np.testing.assert_allclose(np.linalg.norm(oracle.noise(x, "sphere"), axis=1), 1)
    radii = np.linalg.norm(oracle.noise(x, "ball"), axis=1)
    assert radii.max() <= 1
    assert np.mean(radii**3) == pytest.approx(0.5, abs=0.03)  # the volume inside is uniform
    assert np.mean(oracle.noise(x, "gaussian") ** 2) == pytest.approx(1, abs=0.05)


@pytest.mark.gpu
def test_runs_on_a_device_agree() -> None:
    try:
        backend = cupy_backend()
    except MissingExtraError as reason:
        pytest.skip(str(reason))
    ended = backend.to_numpy(simulate("sgd", 3, backend=backend).at(7))
    np.testing.assert_allclose(ended, simulate("sgd", 3).at(7), rtol=1e-9)
