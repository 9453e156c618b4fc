"""Every method, problem, noise and metric under the strict standard: the numbers of NumPy."""

from __future__ import annotations

from fractions import Fraction as Q
from functools import cache
from pathlib import Path as File
from typing import Any

import array_api_strict
import numpy as np
import pytest

from tests.oracles.simulators import arguments_of, noises, problems, start_of
from theoryck.errors import TheoryckError
from theoryck.methods import METHODS
from theoryck.simulate import Below, Checkpoint, Outcome, simulate
from theoryck.simulate.backend import Backend, cupy_backend, numpy_backend, of_namespace
from theoryck.simulate.errors import MissingExtraError
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
from theoryck.simulate.noise import Gaussian, Noise, Sampling
from theoryck.simulate.problems.base import Problem
from theoryck.simulate.quantities import gradient_norm, iterate_norm, value

STRICT = of_namespace("array_api_strict", array_api_strict)
PROBLEMS = problems()
ALL_METRICS: dict[str, Metric] = {
    "last": Last(value),
    "least": Least(value),
    "largest": Largest(gradient_norm),
    "total": Total(iterate_norm),
    "mean": Mean(value, weight=lambda k: k + 1),
    "variance": Variance(iterate_norm),
    "share": Share(iterate_norm, level=0.5),
    "average": AtAverage(value),
    "first": FirstTime(value, 0.1),
    "best": Path(Least(value), every=2),
    "kept": Keep((0, 3)),
}


def go(
    name: str, problem: Problem, noise: Noise, backend: Backend, steps: int = 3, **more: Any
) -> Outcome | str:
    """The outcome, or the words with which the method is refused on the problem."""
    settings: dict[str, Any] = {"metrics": {"last": Last(value)}, "seed": 4} | more
    try:
        return simulate(
            problem, METHODS[name], arguments_of(name), start_of(problem, 3), steps,
            noise=noise, backend=backend, **settings,
        )  # fmt: skip
    except TheoryckError as error:
        return str(error)


def agree(one: Outcome | str, other: Outcome | str, rtol: float = 1e-9) -> bool:
    """Check that two outcomes are the same; whether there were any."""
    if isinstance(one, str) or isinstance(other, str):
        assert one == other
        return False
    np.testing.assert_allclose(one.last, other.last, rtol=rtol, atol=rtol)
    for name, numbers in one.measured.items():
        np.testing.assert_allclose(numbers, other.measured[name], rtol=rtol, atol=rtol)
    for name in ("steps", "stopped", "diverged"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    return True


def usual_noise(problem: Problem) -> Noise:
    n = problem.component_count()
    return Sampling(n, None) if n > 1 else Gaussian(Q(1))


@cache
def ran(name: str) -> frozenset[str]:
    """The problems on which a method ran, and the same in both array libraries."""
    return frozenset(
        label
        for label, problem in PROBLEMS.items()
        if agree(
            go(name, problem, usual_noise(problem), numpy_backend()),
            go(name, problem, usual_noise(problem), STRICT),
        )
    )


@pytest.mark.parametrize("name", METHODS)
def test_a_method_on_every_problem(name: str) -> None:
    assert ran(name), f"{name} was refused on every problem"


def test_a_method_that_only_asks_for_gradients_runs_everywhere() -> None:
    assert ran("sgd") == ran("adam") == ran("gradient_descent") == set(PROBLEMS)


@pytest.mark.parametrize("label", ["0 DiagonalQuadratic", "15 LeastSquares", "29 NetworkProblem"])
def test_every_noise_on_a_problem(label: str) -> None:
    problem = PROBLEMS[label]
    for kind, noise in noises(problem).items():
        pair = [go("momentum_sgd", problem, noise, b) for b in (numpy_backend(), STRICT)]
        assert agree(*pair), f"{kind} was refused: {pair[0]}"


@pytest.mark.parametrize("label", PROBLEMS)
def test_every_metric_on_a_problem_with_runs_that_end(label: str) -> None:
    problem = PROBLEMS[label]
    first = go("sgd", problem, usual_noise(problem), numpy_backend(), metrics={"v": Path(value)})
    assert isinstance(first, Outcome)
    level = float(np.median(first.measured["v"][:, 1]))
    more = {"metrics": ALL_METRICS, "stop": Below(value, level)}
    pair = [
        go("sgd", problem, usual_noise(problem), b, 4, **more) for b in (numpy_backend(), STRICT)
    ]
    assert agree(*pair), pair[0]
    assert isinstance(pair[0], Outcome)
    assert pair[0].stopped.any()


FAMILIES = (
    *("gradient_descent", "nesterov", "sgd", "momentum_sgd", "adagrad_full", "adam", "amsgrad"),
    *("lamb", "clipped_sgd", "acclip", "spider", "sgld", "perturbed_gd", "cubic_regularization"),
)


@pytest.mark.gpu
def test_a_device_gives_the_numbers_of_numpy(tmp_path: File) -> None:
    """A method of each family, every noise that fits, networks, and runs that are gone on with."""
    try:
        device = cupy_backend()
    except MissingExtraError as reason:
        pytest.skip(str(reason))
    rotated, noise = PROBLEMS["2 RotatedQuadratic"], Gaussian(Q(1))
    for name in FAMILIES:
        pair = [go(name, rotated, noise, b, 5) for b in (numpy_backend(), device)]
        assert agree(*pair), pair[0]
    for problem in PROBLEMS.values():
        for source in noises(problem).values():
            pair = [go("adam", problem, source, b) for b in (numpy_backend(), device)]
            assert agree(*pair), pair[0]
    whole = go("sgd", rotated, noise, numpy_backend(), 6, metrics=ALL_METRICS)
    for steps in (2, 4):  # begun, and then gone on with
        saved = Checkpoint(tmp_path, steps)
        more = {"metrics": ALL_METRICS, "checkpoint": saved}
        assert agree(whole, go("sgd", rotated, noise, device, 6, **more))
