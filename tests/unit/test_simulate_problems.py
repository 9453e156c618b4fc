"""Test problems: their gradients are gradients, and their constants are honest."""

from __future__ import annotations

from fractions import Fraction as Q
from typing import Any

import numpy as np
import pytest

from tests.unit.problem_table import KINKED, SMOOTH
from theoryck.claims.arithmetic import Rationals, to_fraction
from theoryck.simulate.backend import numpy_backend
from theoryck.simulate.problems.base import ExactProblem, Problem
from theoryck.simulate.problems.data import (
    LogisticRegression,
    breast_cancer,
)
from theoryck.simulate.problems.nonconvex import SineSquared
from theoryck.simulate.problems.quadratic import (
    ShiftedQuadratics,
)

EVERY = SMOOTH | {name: p for name, p in KINKED.items() if name != "composite"}


def points(problem: Problem, count: int = 60, spread: float = 2.0, seed: int = 1) -> Any:
    rng = np.random.default_rng(seed)
    x_star = np.asarray(problem.on(numpy_backend()).x_star)
    return x_star + spread * rng.standard_normal((count, problem.dimension))


@pytest.mark.parametrize("name", EVERY)
def test_curvature_stays_between_the_constants(name: str) -> None:
    constants = EVERY[name].constants()
    functions = EVERY[name].on(numpy_backend())
    x, y = points(EVERY[name], 200), points(EVERY[name], 200, seed=2)
    dx, dg = x - y, functions.gradient(x) - functions.gradient(y)
    product, square = np.sum(dx * dg, axis=1), np.sum(dx * dx, axis=1)
    assert constants.lower is not None
    assert (product >= float(constants.lower) * square - 1e-9).all()
    if constants.upper is not None:
        assert (product <= float(constants.upper) * square + 1e-9).all()
        lipschitz = np.linalg.norm(dg, axis=1) / np.linalg.norm(dx, axis=1)
        assert (lipschitz <= float(constants.smoothness or 0) + 1e-9).all()


@pytest.mark.parametrize("name", EVERY)
def test_gradient_and_pl_constants_hold(name: str) -> None:
    constants = EVERY[name].constants()
    functions = EVERY[name].on(numpy_backend())
    for spread in (0.01, 1.0, 30.0):
        x = points(EVERY[name], 300, spread)
        squares = np.sum(functions.gradient(x) ** 2, axis=1)
        gaps = functions.value(x)[:, 0] - functions.f_star
        if constants.gradient is not None:
            assert (np.sqrt(squares) <= float(constants.gradient) + 1e-9).all()
        if constants.growth is not None:
            assert (0.5 * squares >= float(constants.growth) * gaps * (1 - 1e-9) - 1e-12).all()


def test_the_pl_constant_of_the_sine_is_nearly_attained_by_no_smaller_one() -> None:
    problem = SineSquared(Q(8))
    t = np.linspace(-10, 10, 200_001)[:, None]
    functions = problem.on(numpy_backend())
    value = functions.value(t)[:, 0]
    away = value > 1e-6
    quotients = 0.5 * functions.gradient(t)[away, 0] ** 2 / value[away]
    assert quotients.min() >= 1 / 32
    assert quotients.min() < 1 / 4  # far below the curvature at the minimum: it is not convex


@pytest.mark.parametrize(
    "name", [n for n, p in SMOOTH.items() if p.constants().hessian is not None]
)
def test_hessian_constants_hold(name: str) -> None:
    constants = SMOOTH[name].constants()
    assert constants.hessian is not None
    functions, h = SMOOTH[name].on(numpy_backend()), 1e-4
    x, y = points(SMOOTH[name], 50), points(SMOOTH[name], 50, seed=3)
    u = np.random.default_rng(5).standard_normal((1, functions.dimension))
    u /= np.linalg.norm(u)

    def bend(z: Any) -> Any:
        return (functions.gradient(z + h * u) - functions.gradient(z - h * u)) / (2 * h)

    change = np.linalg.norm(bend(x) - bend(y), axis=1)
    assert (change <= float(constants.hessian) * np.linalg.norm(x - y, axis=1) + 1e-5).all()


@pytest.mark.parametrize(
    "name", [name for name, problem in EVERY.items() if isinstance(problem, ExactProblem)]
)
def test_exact_answers_are_those_of_the_arrays(name: str) -> None:
    problem, numbers = EVERY[name], Rationals()
    assert isinstance(problem, ExactProblem)
    functions = problem.on(numpy_backend())
    for seed in range(5):
        rng = np.random.default_rng(seed)
        entries = [Q(int(v), 8) for v in rng.integers(-20, 20, problem.dimension)]
        x = np.array([[float(v) for v in entries]])
        exact = tuple(numbers.rational(v) for v in entries)
        assert float(to_fraction(problem.exact_value(exact, numbers))) == pytest.approx(
            functions.value(x)[0, 0]
        )
        gradient = [float(to_fraction(v)) for v in problem.exact_gradient(exact, numbers)]
        np.testing.assert_allclose(gradient, functions.gradient(x)[0], atol=1e-12)
        moved = problem.exact_prox(exact, numbers.rational(Q(1, 3)), numbers)
        if moved is not None and functions.prox is not None:
            np.testing.assert_allclose(
                [float(to_fraction(v)) for v in moved], functions.prox(x, 1 / 3)[0], atol=1e-12
            )


@pytest.mark.parametrize("name", ["diagonal", "rotated", "huber", "stiff", "absolute"])
def test_prox_minimises(name: str) -> None:
    functions, step = EVERY[name].on(numpy_backend()), 0.7
    assert functions.prox is not None
    x = points(EVERY[name], 20)
    u = functions.prox(x, step)

    def objective(v: Any) -> Any:
        return functions.value(v)[:, 0] + np.sum((v - x) ** 2, axis=1) / (2 * step)

    for seed in range(20):
        trial = u + 1e-3 * np.random.default_rng(seed).standard_normal(u.shape)
        assert (objective(u) <= objective(trial) + 1e-12).all()


def test_line_search_minimises_along_the_line() -> None:
    for name in ("diagonal", "rotated"):
        functions = SMOOTH[name].on(numpy_backend())
        assert functions.line_search is not None
        x = points(SMOOTH[name], 10)
        found = functions.line_search(x, -functions.gradient(x))
        slope = np.sum(functions.gradient(found) * functions.gradient(x), axis=1)
        np.testing.assert_allclose(slope, 0, atol=1e-9)


def test_shifted_quadratics_have_the_stated_variance() -> None:
    for count in (2, 3, 4, 7):
        problem = ShiftedQuadratics(Q(3, 2), count, Q(1, 2))
        functions = problem.on(numpy_backend())
        assert functions.components is not None
        x = np.array([[0.7]])
        spread = [
            float(functions.components(x, np.array([[i]]))[0, 0] - functions.gradient(x)[0, 0])
            for i in range(count)
        ]
        assert np.mean(np.square(spread)) == pytest.approx(float(problem.variance()))


def test_logistic_gradients_spread_no_more_than_stated() -> None:
    problem = breast_cancer().rescaled(Q(1, 50), Q(2), Q(1))
    functions = problem.on(numpy_backend())
    assert functions.components is not None
    assert problem.spread() <= 1
    for row in points(problem, 4, spread=5.0):
        each = np.arange(functions.count)[:, None]
        gradients = functions.components(np.tile(row, (functions.count, 1)), each)
        away = gradients - functions.gradient(row[None])
        assert np.mean(np.sum(away**2, axis=1)) <= float(problem.spread())


def test_the_curvature_bound_of_the_logistic_loss_is_attained_at_zero() -> None:
    problem, h = LogisticRegression([[3.0]], [1.0], Q(1, 10)), 1e-4
    functions = problem.on(numpy_backend())
    bend = functions.gradient(np.array([[h]])) - functions.gradient(np.array([[-h]]))
    upper = problem.constants().upper
    assert upper is not None
    assert bend[0, 0] / (2 * h) == pytest.approx(float(upper), rel=1e-6)
    assert upper == problem.component_constants().upper
