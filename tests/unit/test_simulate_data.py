"""Problems with data: second order, minibatches, constants that hold, and the data themselves."""

from __future__ import annotations

import cmath
import importlib
from fractions import Fraction as Q
from typing import Any

import array_api_strict
import numpy as np
import pytest

from theoryck.simulate.backend import numpy_backend, of_namespace
from theoryck.simulate.errors import MissingExtraError, SimulationError
from theoryck.simulate.problems import datasets
from theoryck.simulate.problems.base import Problem
from theoryck.simulate.problems.classification import LinearClassification
from theoryck.simulate.problems.data import (
    LeastSquares,
    LogisticRegression,
    SoftmaxRegression,
    breast_cancer,
    gaussian_least_squares,
    softmax_regression,
)
from theoryck.simulate.problems.datasets import FILES, load
from theoryck.simulate.problems.losses import CrossEntropy, Logistic

RNG = np.random.default_rng(0)
SMALL = SoftmaxRegression(RNG.standard_normal((9, 3)), [0, 1, 2, 3] * 2 + [0], Q(1, 20), Q(3))
PROBLEMS: dict[str, Problem] = {
    "least squares": gaussian_least_squares(12, 5, noise=0.3),
    "overparameterised": gaussian_least_squares(5, 12),
    "logistic": breast_cancer(),
    "softmax": SMALL,
    "iris": softmax_regression("iris"),
    "wine": softmax_regression("wine", Q(1, 7)),
}
CLASSIFICATION: dict[str, Any] = {
    name: made for name, made in PROBLEMS.items() if isinstance(made, LinearClassification)
}


def points(problem: Problem, count: int = 5, spread: float = 1.0, seed: int = 1) -> Any:
    rng = np.random.default_rng(seed)
    x_star = np.asarray(problem.on(numpy_backend()).x_star)
    return x_star + spread * rng.standard_normal((count, problem.dimension))


@pytest.mark.parametrize("name", PROBLEMS)
def test_gradients_and_hessians_agree_with_differences(name: str) -> None:
    functions, h = PROBLEMS[name].on(numpy_backend()), 1e-3
    x, v = points(PROBLEMS[name]), points(PROBLEMS[name], seed=2)
    v = v / np.linalg.norm(v, axis=1, keepdims=True)
    assert functions.hessian_vector is not None
    assert functions.hessian is not None
    product = functions.hessian_vector(x, v)
    for function, derivative in (
        (functions.value, np.sum(functions.gradient(x) * v, axis=1, keepdims=True)),
        (functions.gradient, product),
    ):
        near = (function(x + h * v) - function(x - h * v)) / (2 * h)
        far = (function(x + 2 * h * v) - function(x - 2 * h * v)) / (4 * h)
        scale = max(1.0, float(np.abs(derivative).max()))
        np.testing.assert_allclose((4 * near - far) / 3, derivative, atol=1e-7 * scale)
    whole = (functions.hessian(x) @ v[..., None])[..., 0]
    np.testing.assert_allclose(whole, product, rtol=1e-9, atol=1e-11)


def test_softmax_gradients_agree_with_complex_steps_through_its_formula() -> None:
    x = np.random.default_rng(4).standard_normal((3, 4))

    def f(entries: list[complex]) -> complex:
        total = 0j
        for row, label in zip(SMALL.data, SMALL.labels, strict=True):
            scores = [sum(row[i] * entries[4 * i + j] for i in range(3)) for j in range(4)]
            total += cmath.log(sum(cmath.exp(s) for s in scores)) - scores[int(label)]
        return 3 * (total / 9 + sum(e * e for e in entries) / 40)

    functions, flat = SMALL.on(numpy_backend()), list(x.ravel())
    gradient = functions.gradient(x.reshape(1, -1))[0]
    assert functions.value(x.reshape(1, -1))[0, 0] == pytest.approx(f(flat).real, rel=1e-13)
    for i, slope in enumerate(gradient):
        moved = [complex(e, 1e-30 if i == j else 0) for j, e in enumerate(flat)]
        assert slope == pytest.approx(f(moved).imag / 1e-30, rel=1e-11)


@pytest.mark.parametrize("name", PROBLEMS)
def test_minibatches_are_means_of_components(name: str) -> None:
    functions = PROBLEMS[name].on(numpy_backend())
    x, n = points(PROBLEMS[name], 3), functions.count
    everything = np.tile(np.arange(n), (3, 1))
    some = np.array([[0, 4], [2, 2], [n - 1, 1]])
    for mean, whole in (
        (functions.components, functions.gradient),
        (functions.component_values, functions.value),
    ):
        assert mean is not None
        np.testing.assert_allclose(mean(x, everything), whole(x), rtol=1e-10, atol=1e-12)
        halves = (mean(x, some[:, :1]) + mean(x, some[:, 1:])) / 2
        np.testing.assert_allclose(mean(x, some), halves, rtol=1e-12, atol=1e-13)
        one_by_one = np.concatenate([mean(x[i : i + 1], some[i : i + 1]) for i in range(3)])
        np.testing.assert_array_equal(mean(x, some), one_by_one)


@pytest.mark.parametrize("name", PROBLEMS)
def test_a_batch_of_runs_is_the_runs_to_the_last_bit(name: str) -> None:
    functions = PROBLEMS[name].on(numpy_backend())
    assert functions.hessian_vector is not None
    x = points(PROBLEMS[name], 7)
    for function in (functions.value, functions.gradient):
        rows = np.concatenate([function(row[None]) for row in x])
        np.testing.assert_array_equal(function(x), rows)


@pytest.mark.parametrize("name", PROBLEMS)
def test_everything_runs_under_the_strict_standard(name: str) -> None:
    strict = of_namespace("strict", array_api_strict)
    ours, theirs = PROBLEMS[name].on(strict), PROBLEMS[name].on(numpy_backend())
    x, v = points(PROBLEMS[name], 2), points(PROBLEMS[name], 2, seed=2)
    indices = np.array([[0, 1], [3, 3]])
    for function, arguments in (
        ("value", (x,)),
        ("gradient", (x,)),
        ("components", (x, indices)),
        ("component_values", (x, indices)),
        ("hessian", (x,)),
        ("hessian_vector", (x, v)),
    ):
        given = getattr(ours, function)(*(array_api_strict.asarray(a) for a in arguments))
        np.testing.assert_allclose(
            np.asarray(given), getattr(theirs, function)(*arguments), rtol=1e-11, atol=1e-12
        )


@pytest.mark.parametrize("name", CLASSIFICATION)
def test_the_minimum_is_the_minimum(name: str) -> None:
    functions = CLASSIFICATION[name].on(numpy_backend())
    x_star = np.reshape(functions.x_star, (1, -1))
    assert functions.value(x_star)[0, 0] == functions.f_star
    assert np.abs(functions.gradient(x_star)).max() < 1e-13
    for spread in (1e-3, 1.0, 100.0):
        assert (functions.value(points(CLASSIFICATION[name], 30, spread)) > functions.f_star).all()


@pytest.mark.parametrize("name", CLASSIFICATION)
def test_curvature_lies_between_the_constants(name: str) -> None:
    problem = CLASSIFICATION[name]
    constants, functions = problem.constants(), problem.on(numpy_backend())
    assert functions.hessian is not None
    for spread in (0.0, 0.1, 3.0):
        for center in (0.0, 1.0):
            x = center * np.asarray(functions.x_star) + spread * points(problem, 2)
            eigenvalues = np.linalg.eigvalsh(functions.hessian(x))
            assert eigenvalues.min() >= float(constants.lower or 0) * (1 - 1e-9)
            assert eigenvalues.max() <= float(constants.upper or 0)
    # at 0 every loss is at its most curved for two classes: the bound is reached
    if problem.outputs == 1:
        top = np.linalg.eigvalsh(functions.hessian(np.zeros((1, problem.dimension)))).max()
        assert top == pytest.approx(float(constants.upper or 0), rel=1e-8)


@pytest.mark.parametrize("name", CLASSIFICATION)
def test_hessian_and_component_constants_hold(name: str) -> None:
    problem = CLASSIFICATION[name]
    functions = problem.on(numpy_backend())
    whole, each = problem.constants(), problem.component_constants()
    assert functions.hessian is not None
    assert functions.components is not None
    for spread in (0.01, 1.0):
        x, y = points(problem, 2, spread), points(problem, 2, spread, seed=2)
        change = np.linalg.norm(functions.hessian(x) - functions.hessian(y), ord=2, axis=(1, 2))
        assert (change <= float(whole.hessian or 0) * np.linalg.norm(x - y, axis=1)).all()
    x, y = points(problem, 4), points(problem, 4, seed=2)
    for i in range(0, functions.count, 7):
        index = np.full((4, 1), i)
        dg = functions.components(x, index) - functions.components(y, index)
        product, square = np.sum((x - y) * dg, axis=1), np.sum((x - y) ** 2, axis=1)
        assert (product <= float(each.upper or 0) * square).all()
        assert (product >= float(each.lower or 0) * square * (1 - 1e-9)).all()


def test_the_constants_of_softmax_are_nearly_reached() -> None:
    # two classes and one feature: f'' = 2p(1 − p) along (1, −1)/√2, so ½ at 0
    pair = SoftmaxRegression([[1.0], [1.0]], [0, 1], Q(1, 100))
    functions, upper = pair.on(numpy_backend()), pair.constants().upper
    assert functions.hessian is not None
    assert upper is not None
    top = np.linalg.eigvalsh(functions.hessian(np.zeros((1, 2)))).max()
    assert top == pytest.approx(float(upper), rel=1e-8)
    # |∇³| = 2√2·|p(1 − p)(1 − 2p)| along it, at most 2√2/(6√3) where p = ½ ± 1/√12
    t, h = np.log((1 + 3**-0.5) / (1 - 3**-0.5)) / 2, 1e-4
    u = np.array([[1.0, -1.0]]) / 2**0.5
    bend = (
        functions.hessian(np.array([[t, -t]]) + h * u)
        - functions.hessian(np.array([[t, -t]]) - h * u)
    ) / (2 * h)
    third = abs((u @ bend[0] @ u.T)[0, 0])
    assert third == pytest.approx(float(pair.constants().hessian or 0), rel=1e-3)
    assert third <= float(pair.constants().hessian or 0)


@pytest.mark.parametrize("name", CLASSIFICATION)
def test_gradients_spread_no_more_than_stated(name: str) -> None:
    problem = CLASSIFICATION[name].rescaled(Q(1, 50), Q(2), Q(1))
    functions, n = problem.on(numpy_backend()), problem.component_count()
    assert problem.spread() <= 1
    assert problem.constants().upper <= 2 + Q(1, 10**6)
    assert problem.constants().lower == Q(1, 50)
    assert functions.components is not None
    for row in points(problem, 3, spread=20.0):
        gradients = functions.components(np.tile(row, (n, 1)), np.arange(n)[:, None])
        away = gradients - functions.gradient(row[None])
        assert np.mean(np.sum(away**2, axis=1)) <= float(problem.spread())


def test_rescaling_components_bounds_every_component() -> None:
    problem = SMALL.rescaled(Q(1, 10), Q(5), None, of_components=True)
    assert problem.component_constants().upper == 5
    assert problem.component_constants().lower == Q(1, 10)
    assert isinstance(problem, SoftmaxRegression)
    assert problem.outputs == 4


def test_softmax_of_two_classes_is_logistic_regression_of_the_difference() -> None:
    rows, signs = RNG.standard_normal((10, 3)), np.where(RNG.random(10) < 0.5, -1.0, 1.0)
    two = SoftmaxRegression(rows, (signs + 1) / 2, Q(1, 10)).on(numpy_backend())
    # ridge/2·(‖x‖² + ‖y‖²) is least, for a given x − y, where x = −y: a quarter of ‖x − y‖²
    one = LogisticRegression(rows, signs, Q(1, 20)).on(numpy_backend())
    assert two.f_star == pytest.approx(one.f_star, rel=1e-12)
    columns = np.reshape(two.x_star, (3, 2))
    np.testing.assert_allclose(columns[:, 1] - columns[:, 0], one.x_star, rtol=1e-9)


def test_the_third_derivatives_of_the_losses_are_bounded_as_stated() -> None:
    t = np.linspace(-10, 10, 200_001)
    sigmoid = 1 / (1 + np.exp(-t))
    third = np.abs(sigmoid * (1 - sigmoid) * (1 - 2 * sigmoid)).max()
    bound = float(Logistic().bounds.bend)
    assert third <= bound < third * 1.001
    for classes in (2, 3, 6):
        p = np.random.default_rng(classes).dirichlet([0.3] * classes, 3000)
        u = np.random.default_rng(1).standard_normal((3000, classes))
        u /= np.linalg.norm(u, axis=1, keepdims=True)
        away = u - np.sum(p * u, axis=1, keepdims=True)
        bounds = CrossEntropy().bounds
        assert np.abs(np.sum(p * away**3, axis=1)).max() <= float(bounds.bend)
        assert np.sum(p * away**2, axis=1).max() <= float(bounds.curvature)


def test_the_data_are_those_of_scikit_learn() -> None:
    ours = pytest.importorskip("sklearn.datasets", reason="the data are bundled with it")
    for name, (_, _, loader) in FILES.items():
        rows, labels = getattr(ours, loader)(return_X_y=True)
        made = load(name)
        np.testing.assert_array_equal(made.rows, rows)
        np.testing.assert_array_equal(made.labels, labels)
        assert made.classes == len(np.unique(labels))


def test_without_its_file_scikit_learn_itself_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = load("iris")
    files = {"iris": ("moved.csv", 1, "load_iris")}
    monkeypatch.setattr(datasets, "FILES", files)
    np.testing.assert_array_equal(load("iris").rows, expected.rows)
    np.testing.assert_array_equal(load("iris").labels, expected.labels)


def test_features_are_scaled_and_pairs_are_signed() -> None:
    digits = load("digits").standardised()
    assert digits.rows.shape == (1797, 61)  # three pixels are 0 in every picture
    np.testing.assert_allclose(digits.rows.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(digits.rows.std(axis=0), 1, rtol=1e-12)
    assert (digits.with_ones().rows[:, -1] == 1).all()
    pair = digits.pair(3, 8)
    assert sorted(set(pair.labels)) == [-1.0, 1.0]
    assert (pair.labels == 1).sum() == (digits.labels == 8).sum()
    assert LogisticRegression(pair.rows, pair.labels, Q(1)).dimension == 61


def test_softmax_regression_learns_its_classes() -> None:
    for name, most in (("iris", 0.95), ("wine", 0.98), ("digits", 0.97)):
        problem = softmax_regression(name, Q(1, 100))
        functions = problem.on(numpy_backend())
        scores = problem.data @ np.reshape(functions.x_star, (-1, problem.outputs))
        assert np.mean(np.argmax(scores, axis=1) == problem.labels) > most
        assert np.abs(functions.gradient(functions.x_star[None])).max() < 1e-13


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: SoftmaxRegression([[1.0]], [0.0], Q(0)), "ridge > 0"),
        (lambda: SoftmaxRegression([[1.0]], [0.0], Q(-1)), "ridge > 0"),
        (lambda: SoftmaxRegression([[1.0]], [0.0], float("nan")), "ridge: a positive number"),
        (lambda: SoftmaxRegression([[1.0]], [0.0], float("inf")), "ridge: a positive number"),
        (lambda: SoftmaxRegression([[1.0]], [0.0], Q(1), "much"), "scale: a positive number"),
        (lambda: SoftmaxRegression([[1.0]], [0.0], Q(1), Q(-1)), "scale > 0"),
        (lambda: SoftmaxRegression([[1.0], [2.0]], [0, 1.5], Q(1)), "found 1.5"),
        (lambda: SoftmaxRegression([[1.0], [2.0]], [0, -1], Q(1)), "found -1"),
        (lambda: SoftmaxRegression([[1.0], [2.0]], [0, 2], Q(1), classes=2), "found 2"),
        (lambda: SoftmaxRegression([[1.0], [2.0]], [0, 0], Q(1), classes=1), "two classes"),
        (lambda: SoftmaxRegression([[1.0], [2.0]], [0, 1, 1], Q(1)), "n targets"),
        (lambda: SoftmaxRegression([1.0, 2.0], [0, 1], Q(1)), r"shape \(n, d\)"),
        (lambda: SoftmaxRegression([[1.0], [float("nan")]], [0, 1], Q(1)), "NaN"),
        (lambda: SoftmaxRegression([[1.0], [2.0]], [0, float("nan")], Q(1)), "labels: .*NaN"),
        (lambda: LogisticRegression([[1.0], [2.0]], [True, False], Q(1)), "found 0"),
        (lambda: LeastSquares([[1j]], [1.0]), "complex"),
        (lambda: LeastSquares([[1e200]], [1.0]), "at most 1e.90 expected, got 1e.200; scale"),
        (lambda: LogisticRegression([[1e91]], [1.0], Q(1)), "scale the data"),
        (lambda: load("mnist"), "breast cancer, digits, iris, wine"),
        (lambda: load("iris").pair(0, 3), "two of the classes 0, …, 2 of iris"),
        (lambda: load("iris").pair(1, 1), "two of the classes"),
    ],
)
def test_data_that_mean_nothing(make: Any, message: str) -> None:
    with pytest.raises(SimulationError, match=message):
        make()


def test_numbers_are_taken_as_they_are_written() -> None:
    rows = np.array([[1, 2], [3, 4]], dtype=np.int8)
    whole = SoftmaxRegression(rows, [0, 1], 1)
    single = SoftmaxRegression(rows.astype(np.float32), np.array([0, 1], dtype=np.int32), 1.0)
    assert whole.ridge == single.ridge == Q(1)
    np.testing.assert_array_equal(whole.minimiser, single.minimiser)


@pytest.mark.parametrize("ridge", [1e-2, 1e-8, 1e-14])
@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e2])
def test_the_minimum_is_found_on_data_that_are_not_scaled(scale: float, ridge: float) -> None:
    rng = np.random.default_rng(3)
    rows = scale * rng.standard_normal((40, 3))
    for labels in (np.where(rows[:, 0] > 0, 1.0, -1.0), np.ones(40)):  # separable: x* is far
        problem = LogisticRegression(rows, labels, ridge)
        slope = problem.on(numpy_backend()).gradient(problem.minimiser[None])
        assert np.sum(slope**2) / (2 * ridge) < 1e-12


def test_a_minimum_that_is_not_found_is_no_minimum() -> None:
    rows = 1e9 * np.random.default_rng(3).standard_normal((40, 3))
    problem = LogisticRegression(rows, np.where(rows[:, 1] + rows[:, 0] > 0, 1.0, -1.0), 1e-25)
    try:
        slope = problem.on(numpy_backend()).gradient(problem.minimiser[None])
    except SimulationError as error:
        assert "scale the data" in str(error)  # noqa: PT017  # either outcome is right
    else:
        assert np.sum(slope**2) / 2e-25 < 1e-12


def test_indices_of_least_squares_are_checked() -> None:
    functions = PROBLEMS["least squares"].on(numpy_backend())
    assert functions.components is not None
    with pytest.raises(SimulationError, match="0, …, 11; found 12"):
        functions.components(np.zeros((1, 5)), np.array([[12]]))


@pytest.mark.parametrize("name", FILES)
def test_the_missing_extra_is_named(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=rf"the {name} data .*theoryck\[data\]"):
        load(name)
