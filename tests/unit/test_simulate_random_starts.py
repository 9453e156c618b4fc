"""Random starts: of the right laws, the same in any batch, and independent of the noise."""

from __future__ import annotations

from fractions import Fraction as Q
from typing import Any

import array_api_strict
import numpy as np
import pytest
from scipy.stats import kstest

from theoryck.simulate.backend import numpy_backend, of_namespace
from theoryck.simulate.errors import SimulationError
from theoryck.simulate.noise import Gaussian
from theoryck.simulate.problems.quadratic import DiagonalQuadratic
from theoryck.simulate.random_starts import InCube, Normal, OnSphere, StartLaw, starts
from theoryck.simulate.streams import Streams

LAWS = [InCube(-1, 3), Normal(2.0), OnSphere(0.5)]


@pytest.mark.parametrize("law", LAWS)
def test_a_run_has_its_start_in_any_batch(law: StartLaw) -> None:
    together = starts(law, 6, 3, seed=4, first=2)
    assert together.shape == (6, 3)
    np.testing.assert_array_equal(together[3:5], starts(law, 2, 3, seed=4, first=5))
    assert not np.array_equal(together, starts(law, 6, 3, seed=5, first=2))
    strict = starts(law, 6, 3, seed=4, first=2, backend=of_namespace("s", array_api_strict))
    np.testing.assert_allclose(np.asarray(strict), together, rtol=1e-14)
    moved = starts(law, 6, 3, seed=4, first=2, around=[1.0, 2.0, 3.0])
    np.testing.assert_allclose(moved - together, [[1.0, 2.0, 3.0]] * 6)


def test_starts_have_their_laws() -> None:
    cube = starts(InCube(-1, 3), 300, 5).ravel()
    assert kstest(cube, "uniform", args=(-1, 4)).pvalue > 1e-9
    assert kstest(starts(Normal(2.0), 300, 5).ravel(), "norm", args=(0, 2)).pvalue > 1e-9
    sphere = starts(OnSphere(0.5), 300, 3)
    np.testing.assert_allclose(np.linalg.norm(sphere, axis=1), 0.5)
    # Archimedes: a coordinate of the sphere in space is uniform
    assert kstest(sphere[:, 0], "uniform", args=(-0.5, 1)).pvalue > 1e-9


def test_starts_are_independent_of_the_noise() -> None:
    functions = DiagonalQuadratic((Q(1),) * 3).on(numpy_backend())
    noise = Gaussian(Q(3)).draw(Streams(numpy_backend(), 0, 400), functions, 1)
    correlation = np.corrcoef(starts(Normal(), 400, 3)[:, 0], noise[:, 0])[0, 1]
    assert abs(correlation) < 0.3


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: InCube(1, 0), "lower <= upper"),
        (lambda: InCube(0, float("inf")), "a side of the cube: a finite number expected"),
        (lambda: Normal(-1), "a standard deviation must not be negative"),
        (lambda: OnSphere(float("nan")), "a radius: a finite"),
        (lambda: starts(Normal(), 0, 3), "at least one run"),
        (lambda: starts(Normal(), 2, 0), "a dimension must be"),
        (lambda: starts(Normal(), 2, 3, seed=-1), "a seed must be"),
        (lambda: starts(Normal(), 2, 3, around=[1.0]), r"shape \(3,\) expected, got \(1,\)"),
        (lambda: starts(Normal(), 2, 1, around=[float("nan")]), "NaN"),
    ],
)
def test_what_is_no_start_is_refused_by_name(make: Any, message: str) -> None:
    with pytest.raises(SimulationError, match=message):
        make()
