"""Second-order methods: the cubic model's global minimum, promised decrease, and escape."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from theoryck.algebra import Oracle
from theoryck.algebra.roots import concave_root
from theoryck.methods import METHODS
from theoryck.methods.spectral import eigenvectors
from theoryck.simulate.backend import Backend

D = 4


class Model(Oracle):
    """f(x) = ⟨g, x⟩ + ½⟨x, Hx⟩ − third·Σx³/6 at any x, with a start for Lanczos."""

    def __init__(self, g: Any, hessian: Any, third: float = 0.0, start: Any = None) -> None:
        self.g, self.h, self.third, self.start = g, hessian, third, start

    def value(self, x: Any) -> Any:
        square = np.einsum("ri,rij,rj->r", x, self.h, x)[:, None] / 2
        return (
            np.sum(self.g * x, -1, keepdims=True)
            + square
            - self.third * np.sum(x**3, -1, keepdims=True) / 6
        )

    def grad(self, x: Any) -> Any:
        return self.g + np.einsum("rij,rj->ri", self.h, x) - self.third * x**2 / 2

    def hessian(self, x: Any) -> Any:
        return self.h - self.third * np.eye(D) * x[:, None, :]

    def hessian_vector(self, x: Any, v: Any) -> Any:
        return np.einsum("rij,rj->ri", self.hessian(x), v)

    def noise(self, x: Any, law: str) -> Any:
        assert law == "sphere"
        return self.start


def matrix(rng: Any, eigenvalues: Any) -> Any:
    rotation, _ = np.linalg.qr(rng.standard_normal((D, D)))
    made = rotation @ np.diag(eigenvalues) @ rotation.T
    return (made + made.T)[None] / 2, rotation


def cubic(model: Model, M: float) -> Any:
    with Backend.quiet():
        return METHODS["cubic_regularization"].step(np.zeros((1, D)), model, 0, {"M": M})


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    eigenvalues=st.lists(st.floats(-10, 10), min_size=D, max_size=D),
    power=st.integers(-9, 3),
    regularization=st.integers(-3, 3),
    hard=st.integers(0, 2),
)
def test_the_cubic_step_is_a_global_minimum_of_its_model(
    seed: int, eigenvalues: list[float], power: int, regularization: int, hard: int
) -> None:
    # sufficient: (H + M‖h‖/2·I)h = −g with H + M‖h‖/2·I ≥ 0 (Nesterov and Polyak 2006)
    rng, M = np.random.default_rng(seed), 10.0**regularization
    h_matrix, rotation = matrix(rng, sorted(eigenvalues))
    g = 10.0**power * rng.standard_normal((1, D))
    for i in range(hard):  # the hard case: no gradient along the lowest eigenvectors
        g = g - (g @ rotation[:, i]) * rotation[None, :, i]
    h = cubic(Model(g, h_matrix), M)[0]
    mu = M * np.linalg.norm(h) / 2
    scale = (np.abs(h_matrix).max() + mu) * np.linalg.norm(h) + np.linalg.norm(g)
    residual = h_matrix[0] @ h + mu * h + g[0]
    assert np.linalg.norm(residual) <= 1e-10 * scale + 1e-300
    assert np.linalg.eigvalsh(h_matrix[0])[0] + mu >= -1e-9 * (1 + np.abs(h_matrix).max())


def test_from_a_saddle_the_cubic_step_goes_down_the_lowest_eigenvector() -> None:
    saddle = Model(np.zeros((1, D)), np.diag([2.0, 1.0, -3.0, 0.5])[None])
    np.testing.assert_allclose(cubic(saddle, 2.0), [[0, 0, 3.0, 0]], atol=1e-12)


def test_at_a_minimum_the_cubic_step_is_none() -> None:
    bowl = Model(np.zeros((1, D)), np.diag([2.0, 1.0, 3.0, 0.5])[None])
    np.testing.assert_array_equal(cubic(bowl, 2.0), np.zeros((1, D)))


def test_runs_of_every_kind_go_together() -> None:
    rng = np.random.default_rng(3)
    models = [(matrix(rng, rng.uniform(-2, 2, D))[0], rng.standard_normal((1, D)))
              for _ in range(5)]  # fmt: skip
    models.append((np.diag([-1.0, 1, 2, 3])[None], np.array([[0.0, 0.1, 0.1, 0]])))
    models.append((np.full((1, D, D), np.nan), np.ones((1, D))))
    models.append((np.zeros((1, D, D)), np.zeros((1, D))))
    h, g = (np.concatenate(arrays) for arrays in zip(*models, strict=True))
    with Backend.quiet():
        step = METHODS["cubic_regularization"].step
        together = step(np.zeros((len(models), D)), Model(g, h), 0, {"M": 1.5})
        alone = [step(np.zeros((1, D)), Model(b, a), 0, {"M": 1.5}) for a, b in models]
    np.testing.assert_allclose(together, np.concatenate(alone), rtol=1e-12, atol=1e-14)
    assert np.isnan(together[-2]).all()
    assert np.isfinite(np.delete(together, -2, axis=0)).all()


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    eigenvalues=st.lists(st.floats(-4, 4), min_size=D, max_size=D),
    power=st.integers(-4, 1),
    third=st.floats(0, 3),
    iterations=st.integers(1, 7),
)
def test_a_step_of_negative_curvature_descent_keeps_its_promise(
    seed: int, eigenvalues: list[float], power: int, third: float, iterations: int
) -> None:
    # near 0 the Hessian of the model is third-Lipschitz, and its norm is below L there
    rng = np.random.default_rng(seed)
    h_matrix, _ = matrix(rng, eigenvalues)
    g = 10.0**power * rng.standard_normal((1, D))
    start = rng.standard_normal((1, D))
    model = Model(g, h_matrix, third, start / np.linalg.norm(start))
    zero, rho = np.zeros((1, D)), third + 0.5
    reach = 2 * 4 / rho + np.linalg.norm(g)
    L = 4 + third * reach
    a = {"L": L, "rho": rho, "iterations": iterations}
    with Backend.quiet():
        x = METHODS["negative_curvature_descent"].step(zero, model, 0, a)
    fell = float((model.value(zero) - model.value(x))[0, 0])
    promised = float(np.sum(g * g)) / (2 * L)
    if iterations >= D:  # the lowest eigenvalue is found from almost every start
        lowest = min(np.linalg.eigvalsh(h_matrix[0])[0], 0.0)
        promised = max(promised, 2 * abs(lowest) ** 3 / (3 * rho**2))
    assert fell >= promised * (1 - 1e-6) - 1e-12


def test_lanczos_stops_where_its_space_is_exhausted() -> None:
    axis = np.array([[0.0, 1.0, 0.0, 0.0]])  # an eigenvector: nothing else is ever seen
    g = np.array([[0.1, -0.2, 0.3, 0.4]])
    model = Model(g, np.diag([1.0, -2.0, -3.0, 4.0])[None], 0.0, axis)
    a = {"L": 4.0, "rho": 1.0, "iterations": 4}
    x = METHODS["negative_curvature_descent"].step(np.zeros((1, D)), model, 0, a)
    np.testing.assert_allclose(x, [[0.0, 4.0, 0.0, 0.0]], atol=1e-12)


def test_what_is_left_of_an_exhausted_space_is_rounding() -> None:
    rng = np.random.default_rng(5)
    h_matrix, rotation = matrix(rng, np.array([-4.0, -2.0, 1.0, 3.0]))
    start = rotation[None, :, 1]  # the eigenvector of −2, up to rounding
    model = Model(np.zeros((1, D)), h_matrix, 0.0, start)
    a = {"L": 4.0, "rho": 1.0, "iterations": 4}
    x = METHODS["negative_curvature_descent"].step(np.zeros((1, D)), model, 0, a)
    np.testing.assert_allclose(x, -4.0 * start, atol=1e-9)


def test_a_secular_equation_of_many_runs() -> None:
    b = np.array([[1e-12], [1.0], [1e12]])
    found = concave_root(lambda t: (1 - b / t, b / t**2), b / 1e3)
    np.testing.assert_allclose(found, b, rtol=1e-15)


def test_matrices_that_are_not_finite_have_no_eigenvalues() -> None:
    matrices = np.stack([np.eye(3), np.full((3, 3), np.inf)])
    values, _ = eigenvectors(matrices)
    np.testing.assert_array_equal(values[0], np.ones(3))
    assert np.isnan(values[1]).all()


@pytest.mark.parametrize("name", ["cubic_regularization", "negative_curvature_descent"])
def test_second_order_methods_find_a_second_order_point(name: str) -> None:
    # f = Σ(−x²/2 + x⁴/4), started at its saddle 0, where gradient descent stays
    class Wells(Oracle):
        def grad(self, x: Any) -> Any:
            return x**3 - x

        def hessian(self, x: Any) -> Any:
            return (3 * x**2 - 1)[:, :, None] * np.eye(2)

        def hessian_vector(self, x: Any, v: Any) -> Any:
            return (3 * x**2 - 1) * v

        def noise(self, x: Any, law: str) -> Any:
            return np.array([[0.6, 0.8]])

    given = {"M": 6.0, "L": 11.0, "rho": 12.0, "iterations": 2}
    method = METHODS[name]
    x: Any = np.zeros((1, 2))
    with Backend.quiet():
        for k in range(200):
            x = method.step(x, Wells(), k, {a.name: given[a.name] for a in method.arguments})
    np.testing.assert_allclose(np.abs(x), np.ones((1, 2)), atol=1e-6)
