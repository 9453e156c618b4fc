"""Interpolants: through the recorded points, in the class, and run by the methods."""

from __future__ import annotations

from fractions import Fraction as Q
from typing import Any

import numpy as np
import pytest

from theoryck.algebra import Oracle
from theoryck.methods import METHODS
from theoryck.simulate import Interpolant, replay
from theoryck.simulate.backend import numpy_backend
from theoryck.simulate.errors import SimulationError
from theoryck.simulate.problems.base import Problem
from theoryck.simulate.problems.nonconvex import Cosine
from theoryck.simulate.problems.piecewise import Huber, LargestCoordinate
from theoryck.simulate.problems.quadratic import RotatedQuadratic
from theoryck.simulate.witnesses.simplex import minimise_on_simplex

CASES: dict[str, tuple[Problem, float, float | None, int]] = {
    "huber": (Huber(Q(1), Q(0), Q(1, 3), size=2), 0.0, 1.0, 40),
    "strongly convex huber": (Huber(Q(3), Q(1), Q(1, 3)), 1.0, 3.0, 25),
    "quadratic": (RotatedQuadratic((Q(1, 2), Q(1), Q(2), Q(4))), 0.5, 4.0, 60),
    "looser constants": (RotatedQuadratic((Q(1, 2), Q(1), Q(2))), 0.0, 9.0, 30),
    "weakly convex": (Cosine(Q(1), Q(1), size=2), -1.0, 1.0, 40),
    "not smooth": (LargestCoordinate(Q(2), 3), 0.0, None, 50),
}


def recorded(name: str) -> tuple[Any, Any, Any, float, float | None]:
    problem, lower, upper, count = CASES[name]
    functions = problem.on(numpy_backend())
    x = np.random.default_rng(3).standard_normal((count, problem.dimension))
    x[-1] = 0.0  # where every piece of a maximum meets
    return x, functions.gradient(x), functions.value(x)[:, 0], lower, upper


@pytest.mark.parametrize("name", CASES)
def test_it_passes_through_the_recorded_points(name: str) -> None:
    x, g, f, lower, upper = recorded(name)
    interpolant = Interpolant(x, g, f, lower, upper)
    for point, gradient, value in zip(x, g, f, strict=True):
        found, slope = interpolant.evaluate(point)
        assert found == pytest.approx(value, abs=1e-9)
        np.testing.assert_allclose(slope, gradient, atol=1e-9)


@pytest.mark.parametrize("name", CASES)
def test_it_lies_in_the_class(name: str) -> None:
    x, g, f, lower, upper = recorded(name)
    interpolant = Interpolant(x, g, f, lower, upper)
    points = 1.5 * np.random.default_rng(4).standard_normal((40, x.shape[1]))
    answers = [interpolant.evaluate(point) for point in points]
    for y, (fy, gy) in zip(points, answers, strict=True):
        for z, (fz, gz) in zip(points, answers, strict=True):
            dx, dg = y - z, gy - gz
            gap = fy - fz - gz @ dx - 0.5 * lower * (dx @ dx)
            if upper is not None:
                # Taylor, Hendrickx and Glineur 2017, Theorem 4, for the shifted function
                shifted = dg - lower * dx
                gap -= (shifted @ shifted) / (2 * (upper - lower))
            assert gap >= -1e-9


@pytest.mark.parametrize("name", CASES)
def test_its_gradient_is_the_derivative_of_its_value(name: str) -> None:
    interpolant = Interpolant(*recorded(name))
    h = 1e-6
    for point in np.random.default_rng(5).standard_normal((10, interpolant.dimension)):
        slope = [
            (interpolant.evaluate(point + h * e)[0] - interpolant.evaluate(point - h * e)[0])
            / (2 * h)
            for e in np.eye(interpolant.dimension)
        ]
        np.testing.assert_allclose(interpolant.evaluate(point)[1], slope, atol=1e-4)


@pytest.mark.parametrize("name", CASES)
def test_its_proximal_step_is_optimal(name: str) -> None:
    interpolant, step = Interpolant(*recorded(name)), 0.4
    for x in np.random.default_rng(6).standard_normal((5, interpolant.dimension)):
        u = interpolant.prox(x, step)

        def objective(v: Any, x: Any = x) -> float:
            return float(interpolant.evaluate(v)[0] + (v - x) @ (v - x) / (2 * step))

        for seed in range(30):
            shift = 1e-3 * np.random.default_rng(seed).standard_normal(u.shape)
            assert objective(u) <= objective(u + shift) + 1e-12


@pytest.mark.parametrize(
    "name", ["gradient_descent", "heavy_ball", "nesterov", "optimized_gradient"]
)
def test_a_replay_is_the_run_on_the_function_itself(name: str) -> None:
    """Recording a run's evaluations and replaying it gives the same iterates back."""
    problem, lower, upper, _ = CASES["huber"]
    functions, method = problem.on(numpy_backend()), METHODS[name]
    arguments = {a.name: {"step": 0.7, "momentum": 0.4, "L": 1.0}[a.name] for a in method.arguments}
    asked = [np.zeros((1, 2))]

    class Recording(Oracle):
        def grad(self, x: Any) -> Any:
            asked.append(x)
            return functions.gradient(x)

    start, steps = np.array([[1.0, -0.6]]), 6
    state, expected = method.first_state(start), [start]
    for k in range(steps):
        state = method.step(state, Recording(), k, arguments)
        expected.append(method.iterate(state))
    x = np.unique(np.concatenate([*asked, expected[-1]]), axis=0)
    ran = replay(
        x, functions.gradient(x), functions.value(x)[:, 0], lower, upper, method,
        [arguments] * steps, start[0], steps,
    )  # fmt: skip
    np.testing.assert_allclose(ran.iterates, np.concatenate(expected), atol=1e-9)
    assert ran.values[-1] == pytest.approx(functions.value(expected[-1])[0, 0], abs=1e-9)


def test_data_of_no_function_of_the_class_are_not_passed_through() -> None:
    x, g, f, lower, upper = recorded("quadratic")
    interpolant = Interpolant(x, np.roll(g, 1, axis=0), f, lower, upper)
    misses = [abs(interpolant.evaluate(p)[0] - v) for p, v in zip(x, f, strict=True)]
    assert max(misses) > 1e-2


def test_simplex_programs_against_enumeration() -> None:
    rng = np.random.default_rng(7)
    for _ in range(40):
        n, d = int(rng.integers(1, 7)), int(rng.integers(1, 4))
        points, heights = rng.standard_normal((n, d)), rng.standard_normal(n)
        target, curvature = rng.standard_normal(d), float(rng.uniform(0, 3))
        weights = minimise_on_simplex(points, heights, target, curvature)
        assert weights.min() >= 0
        assert weights.sum() == pytest.approx(1)

        def objective(
            a: Any, p: Any = points, c: Any = heights, t: Any = target, m: float = curvature
        ) -> float:
            away = t - a @ p
            return float(0.5 * m * away @ away + a @ c)

        for _ in range(50):
            other = rng.dirichlet(np.full(n, 0.3))
            assert objective(weights) <= objective(other) + 1e-12
        # first-order conditions, which are sufficient here
        slope = curvature * (weights @ points - target) @ points.T + heights
        assert (slope >= slope @ weights - 1e-10).all()


def test_coinciding_and_collinear_points_do_no_harm() -> None:
    weights = minimise_on_simplex([[0.0], [0.0], [1.0], [2.0]], [1.0, 0.5, 0.5, 0.5], [0.25], 2.0)
    assert weights @ np.array([0.0, 0.0, 1.0, 2.0]) == pytest.approx(0.25)
    assert weights[0] == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"gradients": [[1.0]]}, "one shape"),
        ({"values": [0.0, float("nan")]}, "finite"),
        ({"upper": 0.0}, "lower < upper"),
        ({"start": [1.0, 2.0]}, "dimension"),
        ({"arguments_per_k": []}, "as many arguments"),
    ],
)
def test_data_that_do_not_fit_are_named(change: dict[str, Any], message: str) -> None:
    data: dict[str, Any] = {
        "points": [[0.0], [1.0]],
        "gradients": [[0.0], [1.0]],
        "values": [0.0, 0.5],
        "lower": 0.0,
        "upper": 1.0,
        "method": METHODS["gradient_descent"],
        "arguments_per_k": [{"step": 0.5}],
        "start": [1.0],
        "horizon": 1,
    }
    with pytest.raises(SimulationError, match=message):
        replay(**(data | change))
