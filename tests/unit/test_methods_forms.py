"""The methods against their formulas, written out once more in plain NumPy."""

from __future__ import annotations

from fractions import Fraction as Q
from typing import Any

import numpy as np
import pytest

from theoryck.algebra.units import CURVATURE, GRADIENT, NONE, STEP, X
from theoryck.methods import METHODS
from theoryck.simulate import trajectories
from theoryck.simulate.noise import TwoPoint
from theoryck.simulate.problems.quadratic import DiagonalQuadratic

WEIGHTS = np.array([1.0, 0.25, 2.0])
PROBLEM = DiagonalQuadratic((Q(1), Q(1, 4), Q(2)))
START = np.array([[1.0, -3.0, 0.5]])
STEPS = 6


def grad(x: Any) -> Any:
    return WEIGHTS * x


def ran(name: str, **arguments: Any) -> Any:
    defaults = {a.name: float(a.default) for a in METHODS[name].arguments if a.default is not None}
    kept = trajectories(PROBLEM, METHODS[name], defaults | arguments, START, STEPS)
    return np.stack([kept.at(k)[0] for k in range(STEPS + 1)])


def written(update: Any, *memory: Any) -> Any:
    x, path = START[0], [START[0]]
    for k in range(STEPS):
        x, memory = update(k, x, *memory)
        path.append(x)
    return np.stack(path)


def test_adam() -> None:
    def update(k: int, x: Any, m: Any, v: Any) -> Any:
        g = grad(x)
        m, v = 0.8 * m + 0.2 * g, 0.9 * v + 0.1 * g**2
        return x - 0.1 * (m / (1 - 0.8 ** (k + 1))) / (np.sqrt(v / (1 - 0.9 ** (k + 1))) + 0.01), (
            m,
            v,
        )

    expected = written(update, 0 * START[0], 0 * START[0])
    found = ran("adam", step=0.1, beta1=0.8, beta2=0.9, damping=0.01)
    np.testing.assert_allclose(found, expected)


def test_amsgrad_never_forgets_its_largest_moment() -> None:
    def update(k: int, x: Any, m: Any, v: Any, top: Any) -> Any:
        g = grad(x)
        m, v = 0.8 * m + 0.2 * g, 0.5 * v + 0.5 * g**2
        top = np.maximum(top, v)
        return x - 0.3 * m / np.sqrt(top), (m, v, top)

    expected = written(update, 0 * START[0], 0 * START[0], np.full(3, 0.2**2))
    found = ran("amsgrad", step=0.3, beta1=0.8, beta2=0.5, damping=0.2)
    np.testing.assert_allclose(found, expected)


def test_adagrads_and_rmsprop() -> None:
    def diagonal(k: int, x: Any, r: Any) -> Any:
        r = r + grad(x) ** 2
        return x - 0.5 * grad(x) / (0.1 + np.sqrt(r)), (r,)

    def scalar(k: int, x: Any, r: Any) -> Any:
        r = r + grad(x) @ grad(x)
        return x - 0.5 * grad(x) / np.sqrt(r), (r,)

    def full(k: int, x: Any, s: Any) -> Any:
        s = s + np.outer(grad(x), grad(x))
        values, vectors = np.linalg.eigh(s)
        root = vectors @ np.diag(np.sqrt(np.maximum(values, 0))) @ vectors.T
        return x - 0.5 * np.linalg.solve(0.1 * np.eye(3) + root, grad(x)), (s,)

    def decaying(k: int, x: Any, r: Any) -> Any:
        r = 0.7 * r + 0.3 * grad(x) ** 2
        return x - 0.5 * grad(x) / (0.1 + np.sqrt(r)), (r,)

    zero = 0 * START[0]
    np.testing.assert_allclose(ran("adagrad", step=0.5, damping=0.1), written(diagonal, zero))
    np.testing.assert_allclose(ran("adagrad_norm", step=0.5), written(scalar, 0.0))
    np.testing.assert_allclose(
        ran("adagrad_full", step=0.5, damping=0.1), written(full, np.zeros((3, 3))), rtol=1e-6
    )
    np.testing.assert_allclose(
        ran("rmsprop", step=0.5, decay=0.7, damping=0.1), written(decaying, zero)
    )


def test_lamb_moves_by_a_fixed_part_of_its_length() -> None:
    path = ran("lamb", step=0.1)
    lengths = np.linalg.norm(path, axis=1)
    np.testing.assert_allclose(np.linalg.norm(np.diff(path, axis=0), axis=1), 0.1 * lengths[:-1])


def test_clipping() -> None:
    def clipped(k: int, x: Any) -> Any:
        return x - 0.4 * min(1, 0.7 / np.linalg.norm(grad(x))) * grad(x), ()

    def by_coordinate(k: int, x: Any) -> Any:
        return x - 0.4 * np.clip(grad(x), -0.7, 0.7), ()

    for name in ("clipped_gd", "clipped_sgd"):
        np.testing.assert_allclose(ran(name, step=0.4, threshold=0.7), written(clipped))
    np.testing.assert_allclose(
        ran("coordinate_clipped_sgd", step=0.4, threshold=0.7), written(by_coordinate)
    )


def test_acclip() -> None:
    def update(k: int, x: Any, m: Any, t: Any) -> Any:
        g = grad(x)
        m, t = 0.8 * m + 0.2 * g, 0.9 * t + 0.1 * np.abs(g) ** 1.5
        return x - 0.4 * np.minimum(t ** (1 / 1.5) / (np.abs(m) + 0.01), 1) * m, (m, t)

    expected = written(update, 0 * START[0], 0 * START[0])
    found = ran("acclip", step=0.4, beta1=0.8, beta2=0.9, damping=0.01, alpha=1.5)
    np.testing.assert_allclose(found, expected)


def test_normalised_and_polyak_steps() -> None:
    def normalised(k: int, x: Any) -> Any:
        return x - 0.3 / (np.linalg.norm(grad(x)) + 0.2) * grad(x), ()

    def polyak(k: int, x: Any) -> Any:
        return x - 0.5 * (x @ grad(x) / 2) / (grad(x) @ grad(x)) * grad(x), ()

    np.testing.assert_allclose(ran("normalized_gd", step=0.3, offset=0.2), written(normalised))
    np.testing.assert_allclose(ran("gradient_descent_polyak_step", scale=0.5), written(polyak))


def test_momenta() -> None:
    def ball(k: int, x: Any, before: Any) -> Any:
        return x - 0.2 * grad(x) + 0.6 * (x - before), (x,)

    def look_ahead(k: int, x: Any, before: Any) -> Any:
        y = x + 0.6 * (x - before)
        return y - 0.2 * grad(y), (x,)

    def summed(k: int, x: Any, m: Any) -> Any:
        m = 0.6 * m + grad(x)
        return x - 0.2 * m, (m,)

    both = {"step": 0.2, "momentum": 0.6}
    np.testing.assert_allclose(ran("heavy_ball", **both), written(ball, START[0]))
    np.testing.assert_allclose(ran("nesterov", **both), written(look_ahead, START[0]))
    np.testing.assert_allclose(ran("momentum_sgd", **both), written(summed, 0 * START[0]))
    # the same method in two forms
    np.testing.assert_allclose(ran("heavy_ball", **both), ran("momentum_sgd", **both))


def test_the_optimized_gradient_method_ends_with_its_last_coefficient() -> None:
    def with_horizon(steps: int) -> Any:
        x = y = START[0]
        theta = 1.0
        for k in range(steps):
            after = x - grad(x) / 2
            factor = 8 if k == steps - 1 else 4
            following = (1 + np.sqrt(1 + factor * theta**2)) / 2
            x = after + (theta - 1) / following * (after - y) + theta / following * (after - x)
            y, theta = after, following
        return x

    expected = np.stack([with_horizon(k) for k in range(STEPS + 1)])
    np.testing.assert_allclose(ran("optimized_gradient", L=2.0), expected)


def test_exact_line_search_makes_gradients_orthogonal() -> None:
    path = ran("gradient_descent_exact_line_search")
    slopes = grad(path)
    np.testing.assert_allclose(np.sum(slopes[1:] * slopes[:-1], axis=1), 0, atol=1e-12)


def test_spider_reads_its_differences_from_one_sample() -> None:
    # additive noise cancels in ∇f_S(x) − ∇f_S(x⁻): between anchors only the anchor's noise stays
    kept = trajectories(
        PROBLEM, METHODS["spider"], {"step": 0.1, "period": 100, "batch": 1, "anchor": 1},
        START, STEPS, noise=TwoPoint(Q(1)),
    )  # fmt: skip
    path = np.stack([kept.at(k)[0] for k in range(STEPS + 1)])
    noise = -np.diff(path, axis=0) / 0.1 - grad(path[:-1])
    np.testing.assert_allclose(noise, np.tile(noise[0], (STEPS, 1)), atol=1e-12)
    assert np.linalg.norm(noise[0]) == pytest.approx(1)


def test_zero_gradients_stop_normalised_methods() -> None:
    start = np.zeros((1, 3))
    for name in ("adagrad_norm", "adagrad", "adagrad_full", "normalized_gd", "clipped_gd",
                 "gradient_descent_polyak_step", "rmsprop", "lamb"):  # fmt: skip
        arguments = {a.name: 0.0 if a.name in ("damping", "offset") else 0.5
                     for a in METHODS[name].arguments if a.name != "batch"}  # fmt: skip
        kept = trajectories(PROBLEM, METHODS[name], arguments, start, 3)
        np.testing.assert_array_equal(kept.at(3), start)


def test_arguments_may_be_integers_and_fractions() -> None:
    for step in (1, Q(1, 2)):
        kept = trajectories(PROBLEM, METHODS["sgld"], {"step": step}, START, 1)
        same = trajectories(PROBLEM, METHODS["sgld"], {"step": float(step)}, START, 1)
        np.testing.assert_array_equal(kept.at(1), same.at(1))


def test_every_method_says_where_it_is_from() -> None:
    for method in METHODS.values():
        assert "[" in method.source
        assert "]" in method.source


@pytest.mark.parametrize(
    ("name", "units"),
    [
        ("gradient_descent", {"step": STEP}),
        ("clipped_gd", {"step": STEP, "threshold": GRADIENT}),
        ("normalized_gd", {"step": X, "offset": GRADIENT}),
        ("perturbed_gd", {"step": STEP, "radius": GRADIENT}),
        ("optimized_gradient", {"L": CURVATURE}),
        ("adam", {"step": X, "beta1": NONE, "beta2": NONE, "damping": GRADIENT, "batch": NONE}),
        ("adagrad_norm", {"step": X, "damping": GRADIENT, "batch": NONE}),
        ("accelegrad", {"D": X, "G": GRADIENT}),
        ("damped_sgd", {"step": STEP, "damping": NONE / GRADIENT, "batch": NONE}),
        ("cubic_regularization", {"M": CURVATURE / X}),
        (
            "negative_curvature_descent",
            {"L": CURVATURE, "rho": CURVATURE / X, "iterations": NONE},
        ),
        (
            "normalized_spider",
            {
                "step": X,
                "tolerance": GRADIENT,
                "period": NONE,
                "batch": NONE,
                "anchor": NONE,
            },
        ),
    ],
)
def test_arguments_have_their_units(name: str, units: Any) -> None:
    assert {a.name: a.unit for a in METHODS[name].arguments} == units


def test_every_argument_has_a_unit() -> None:
    for method in METHODS.values():
        assert all(argument.unit is not None for argument in method.arguments), method.name


def test_all_methods_of_the_claim_format_are_there() -> None:
    assert set(METHODS) >= {
        "gradient_descent",
        "gradient_descent_exact_line_search",
        "gradient_descent_polyak_step",
        "heavy_ball",
        "nesterov",
        "optimized_gradient",
        "subgradient",
        "proximal_point",
        "proximal_gradient",
        "projected_gradient",
        "frank_wolfe",
        "clipped_gd",
        "normalized_gd",
        "sgd",
        "momentum_sgd",
        "clipped_sgd",
        "coordinate_clipped_sgd",
        "acclip",
        "perturbed_gd",
        "perturbed_sgd",
        "sgld",
        "adagrad_norm",
        "adagrad",
        "adagrad_full",
        "rmsprop",
        "adam",
        "amsgrad",
        "accelegrad",
        "lamb",
        "spider",
        "variable_metric",
    }
