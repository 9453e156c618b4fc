"""Every problem of the package: derivatives, components, minima, constants, batches."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from fractions import Fraction as Q
from typing import Any

import array_api_strict
import numpy as np
import pytest

from tests.unit.problem_table import CONSTRAINED, EVERY, KINKED, SMOOTH, SOFTMAX, WILD
from theoryck.simulate import problems
from theoryck.simulate.backend import numpy_backend, of_namespace
from theoryck.simulate.problems.base import Functions, Problem

DIFFERENTIABLE = SMOOTH | WILD | CONSTRAINED | SOFTMAX
SECOND = [name for name, p in DIFFERENTIABLE.items() if p.on(numpy_backend()).hessian_vector]
SUMS = [name for name, p in EVERY.items() if p.on(numpy_backend()).components is not None]
SOLVED = [name for name, p in EVERY.items() if p.on(numpy_backend()).f_star is not None]


def functions(name: str) -> Functions:
    return EVERY[name].on(numpy_backend())


def points(name: str, count: int = 40, spread: float = 1.0, seed: int = 1) -> Any:
    there = functions(name)
    centre = np.zeros(there.dimension) if there.x_star is None else there.x_star
    rng = np.random.default_rng(seed)
    return centre + spread * rng.standard_normal((count, there.dimension))


def few(name: str, count: int) -> int:
    """So many points, or a tenth in many dimensions."""
    return count if EVERY[name].dimension <= 16 else count // 10


def differences(function: Any, x: Any, direction: Any, h: float = 1e-4) -> Any:
    """The derivative along a direction, with an error of the order of h⁴."""
    near = function(x + h * direction) - function(x - h * direction)
    far = function(x + 2 * h * direction) - function(x - 2 * h * direction)
    return (8 * near - far) / (12 * h)


def assert_close(name: str, ours: Any, expected: Any) -> None:
    """To 1e-7, but at points where the second derivative jumps within the difference."""
    scale = np.maximum(1.0, np.abs(expected).max(axis=-1, keepdims=True))
    agree = (np.abs(ours - expected) <= 1e-7 * scale).all(axis=-1)
    if EVERY[name].constants().twice:
        assert agree.all()
    else:
        assert agree.mean() > 0.9


def subclasses() -> Iterator[type]:
    for found in pkgutil.walk_packages(problems.__path__, problems.__name__ + "."):
        module = importlib.import_module(found.name)
        for value in vars(module).values():
            problem = inspect.isclass(value) and issubclass(value, Problem)
            if problem and value.__module__ == module.__name__ and not inspect.isabstract(value):
                yield value


def test_every_problem_is_in_the_table() -> None:
    tested = {type(problem) for problem in EVERY.values()}
    missing = {kind.__name__ for kind in subclasses()} - {kind.__name__ for kind in tested}
    assert not missing, f"add {missing} to tests/unit/problem_table.py"
    assert len(tested) >= 28


@pytest.mark.parametrize("name", DIFFERENTIABLE)
@pytest.mark.parametrize("spread", [0.3, 3.0])
def test_gradients_are_those_of_the_values(name: str, spread: float) -> None:
    there, x = functions(name), points(name, few(name, 40), spread)
    expected = np.concatenate(
        [differences(there.value, x, e) for e in np.eye(there.dimension)], axis=1
    )
    assert_close(name, there.gradient(x), expected)


@pytest.mark.parametrize("name", SECOND)
@pytest.mark.parametrize("spread", [0.3, 3.0])
def test_hessian_vector_products_are_those_of_the_gradients(name: str, spread: float) -> None:
    there, x = functions(name), points(name, spread=spread)
    v = np.random.default_rng(3).standard_normal(x.shape)
    assert there.hessian_vector is not None
    assert_close(name, there.hessian_vector(x, v), differences(there.gradient, x, v))


def test_which_problems_have_no_hessian() -> None:
    assert set(DIFFERENTIABLE) - set(SECOND) <= {"on a ball"}


@pytest.mark.parametrize("name", SECOND)
def test_hessians_are_symmetric_and_have_these_products(name: str) -> None:
    there, x = functions(name), points(name, 5)
    assert there.hessian is not None
    assert there.hessian_vector is not None
    hessian = there.hessian(x)
    v = np.random.default_rng(3).standard_normal(x.shape)
    np.testing.assert_allclose(hessian, np.swapaxes(hessian, 1, 2), rtol=1e-11, atol=1e-11)
    np.testing.assert_allclose(
        (hessian @ v[..., None])[..., 0], there.hessian_vector(x, v), rtol=1e-10, atol=1e-10
    )


@pytest.mark.parametrize("name", SUMS)
def test_components_average_to_the_whole(name: str) -> None:
    there, x = functions(name), points(name, 3)
    assert there.components is not None
    everyone = np.tile(np.arange(there.count), (3, 1))
    np.testing.assert_allclose(
        there.components(x, everyone), there.gradient(x), rtol=1e-10, atol=1e-10
    )
    if there.component_values is not None:
        np.testing.assert_allclose(
            there.component_values(x, everyone), there.value(x), rtol=1e-10, atol=1e-10
        )
    else:
        assert name == "composite"


@pytest.mark.parametrize("name", [n for n in SUMS if n != "composite"])
def test_gradients_of_components_are_those_of_their_values(name: str) -> None:
    there = functions(name)
    assert there.components is not None
    for i in range(0, there.count, max(1, there.count // 4)):
        x, index = points(name, 8, seed=i), np.full((8, 1), i)
        expected = np.concatenate(
            [
                differences(lambda z, at=index: there.component_values(z, at), x, e)
                for e in np.eye(there.dimension)
            ],
            axis=1,
        )
        assert_close(name, there.components(x, index), expected)


@pytest.mark.parametrize("name", SOLVED)
def test_the_minimum_is_the_minimum(name: str) -> None:
    there = functions(name)
    at = np.reshape(there.x_star, (1, -1))
    level = max(1.0, abs(there.minimum()))
    assert there.value(at)[0, 0] == pytest.approx(there.minimum(), abs=1e-12 * level)
    if there.feasible is None:
        assert np.abs(there.gradient(at)).max() < 1e-9
    for spread in (1e-3, 0.3, 4.0):
        x = points(name, 200, spread)
        x = x if there.feasible is None else there.feasible.project(x)
        assert (there.value(x) >= there.minimum() - 1e-12 * level).all()


# where the curvature comes near the stated bound, by the name of the bound
ATTAINED: dict[str, tuple[str, list[float]]] = {
    "diagonal": ("upper", [0.0, 0.0, 0.0]),
    "cosine": ("lower", [np.pi / 3, 0.0]),
    "sine squared": ("upper", [0.0]),
    "three centres": ("lower", [0.0, 0.0]),
    "crossed valleys": ("upper", [0.0, 0.0]),
    "single saddle": ("lower", [4 / 3]),
    "equally flat": ("lower", [1.8, 1.8]),
    "quadratic saddle": ("lower", [0.0, 0.0, 0.0]),
    "symmetric factorisation": ("lower", [0.0] * 6),
    "phase retrieval": ("lower", [0.0] * 4),
    "tensor component": ("lower", [0.0] * 4),
    "hyperbolic cosine": ("lower", [0.0, 0.0]),
    "quadratic exponential": ("lower", [0.1, 0.2, 0.3]),
    "fourth power": ("lower", [0.0, 0.0]),
    "norm power": ("lower", [0.0, 0.0, 0.0]),
}


def eigenvalues(name: str, x: Any) -> Any:
    hessian = functions(name).hessian
    assert hessian is not None
    return np.linalg.eigvalsh(hessian(x))


@pytest.mark.parametrize("name", SECOND)
def test_the_curvature_stays_between_the_bounds(name: str) -> None:
    constants = EVERY[name].constants()
    for spread in (0.1, 1.0, 6.0):
        values = eigenvalues(name, points(name, few(name, 200), spread))
        if constants.lower is not None:
            assert values.min() >= float(constants.lower) - 1e-9
        if constants.upper is not None:
            assert values.max() <= float(constants.upper) + 1e-9


@pytest.mark.parametrize("name", ATTAINED)
def test_bounds_that_are_exact_are_attained(name: str) -> None:
    kind, where = ATTAINED[name]
    values, constants = eigenvalues(name, np.array([where])), EVERY[name].constants()
    stated = constants.lower if kind == "lower" else constants.upper
    assert stated is not None
    found = values.min() if kind == "lower" else values.max()
    assert found == pytest.approx(float(stated), rel=1e-6, abs=1e-8)


@pytest.mark.parametrize("name", SUMS)
def test_bounds_on_the_components_hold(name: str) -> None:
    there, constants = functions(name), EVERY[name].component_constants()
    assert constants is not None
    assert there.components is not None
    x, y = points(name, 60), points(name, 60, seed=2)
    square = np.sum((x - y) ** 2, axis=1)
    for i in range(0, there.count, max(1, there.count // 6)):
        index = np.full((60, 1), i)
        product = np.sum((x - y) * (there.components(x, index) - there.components(y, index)), 1)
        if constants.lower is not None:
            assert (product >= (float(constants.lower) - 1e-9) * square).all()
        if constants.upper is not None:
            assert (product <= (float(constants.upper) + 1e-9) * square).all()


@pytest.mark.parametrize("name", SUMS)
def test_the_components_spread_no_more_than_stated(name: str) -> None:
    there, stated = functions(name), EVERY[name].spread()
    if stated is None:
        return
    assert there.components is not None
    for row in points(name, 6, 3.0):
        x = np.tile(row, (there.count, 1))
        away = there.components(x, np.arange(there.count)[:, None]) - there.gradient(x)
        assert np.mean(np.sum(away**2, axis=1)) <= float(stated) * (1 + 1e-12)


@pytest.mark.parametrize("name", ["shifted", "three centres", "rare steep loss", "equally flat"])
def test_a_spread_that_is_exact_is_attained(name: str) -> None:
    there, stated = functions(name), EVERY[name].spread()
    assert stated is not None
    assert there.components is not None
    x = np.full((there.count, there.dimension), -0.5)
    away = there.components(x, np.arange(there.count)[:, None]) - there.gradient(x)
    assert np.mean(np.sum(away**2, axis=1)) == pytest.approx(float(stated), rel=1e-12)


GENERALISED = [name for name, p in EVERY.items() if p.constants().l0_l1 is not None]


@pytest.mark.parametrize("name", GENERALISED)
def test_l0_and_l1_bound_the_hessian(name: str) -> None:
    pair, there = EVERY[name].constants().l0_l1, functions(name)
    assert pair is not None
    for spread in (0.01, 1.0, 5.0):
        x = points(name, 400, spread)
        norms = np.abs(eigenvalues(name, x)).max(axis=1)
        bound = float(pair[0]) + float(pair[1]) * np.linalg.norm(there.gradient(x), axis=1)
        assert (norms <= bound * (1 + 1e-9)).all()
    assert EVERY[name].constants().smoothness is None


@pytest.mark.parametrize("name", GENERALISED)
def test_no_smaller_l0_and_no_smaller_l1_would_do(name: str) -> None:
    pair, there = EVERY[name].constants().l0_l1, functions(name)
    assert pair is not None
    l0, l1 = map(float, pair)
    t = np.linspace(0, 12 / l1, 4001)[:, None] * np.eye(there.dimension)[:1]
    norms = np.abs(eigenvalues(name, t)).max(axis=1)
    slopes = np.linalg.norm(there.gradient(t), axis=1)
    assert len(GENERALISED) == 5
    assert (norms > 0.999 * l0 + l1 * slopes).any()
    assert (norms > l0 + 0.99 * l1 * slopes).any()


@pytest.mark.parametrize("name", EVERY)
def test_a_run_is_the_same_in_any_batch(name: str) -> None:
    there, x = functions(name), points(name, 7)
    questions = [there.value, there.gradient]
    v = points(name, 7, seed=9)
    if there.components is not None:
        index = np.arange(7)[:, None] % there.count
        np.testing.assert_array_equal(
            there.components(x, index)[3:4], there.components(x[3:4], index[3:4])
        )
    if there.hessian_vector is not None:
        np.testing.assert_array_equal(
            there.hessian_vector(x, v)[3:4], there.hessian_vector(x[3:4], v[3:4])
        )
    for question in questions:
        np.testing.assert_array_equal(question(x)[3:4], question(x[3:4]))


@pytest.mark.parametrize("name", [n for n in EVERY if n not in KINKED])
def test_every_function_runs_under_the_strict_standard(name: str) -> None:
    xp = array_api_strict
    strict, plain = EVERY[name].on(of_namespace("strict", xp)), functions(name)
    x, v = points(name, 4, 2.0), points(name, 4, seed=9)
    index = np.array([[0, 1], [1, 1], [0, 0], [1, 0]])
    asked: list[tuple[str, tuple[Any, ...]]] = [
        ("value", (x,)), ("gradient", (x,)), ("hessian", (x,)), ("hessian_vector", (x, v)),
        ("components", (x, index)), ("component_values", (x, index)),
    ]  # fmt: skip
    for question, given in asked:
        if getattr(plain, question) is not None:
            ours = getattr(strict, question)(*map(xp.asarray, given))
            np.testing.assert_allclose(
                np.asarray(ours), getattr(plain, question)(*given), rtol=1e-11, atol=1e-11
            )


SCALED = [
    "huber", "cosine", "sine squared", "fourth power", "norm power", "saddle chain", "equally flat",
    "full matrices", "hyperbolic cosine", "quadratic exponential",
]  # fmt: skip


@pytest.mark.parametrize("name", SCALED)
def test_scaling_keeps_the_curvature(name: str) -> None:
    problem = EVERY[name]
    scaled, x = problem.scaled(Q(3)), points(name, 5)
    there = scaled.on(numpy_backend())
    np.testing.assert_allclose(there.value(3 * x), 9 * functions(name).value(x), rtol=1e-12)
    assert there.minimum() == pytest.approx(9 * functions(name).minimum())
    assert scaled.constants().upper == problem.constants().upper
    assert scaled.constants().lower == problem.constants().lower
    pair, before = scaled.constants().l0_l1, problem.constants().l0_l1
    if pair is not None and before is not None:
        assert pair == (before[0], before[1] / 3)
    of_each, each = scaled.component_constants(), problem.component_constants()
    assert (of_each is None) == (each is None)
    if of_each is not None and each is not None:
        assert of_each.upper == each.upper
    if problem.spread() is not None:
        assert scaled.spread() == 9 * (problem.spread() or 0)
