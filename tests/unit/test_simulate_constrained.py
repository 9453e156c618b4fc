"""Problems on feasible sets, and sums with a simple part: what is known, and how methods run."""

from __future__ import annotations

from fractions import Fraction as Q
from typing import Any

import array_api_strict
import numpy as np
import pytest

from theoryck.algebra import dot
from theoryck.methods import METHODS
from theoryck.simulate import simulate, trajectories
from theoryck.simulate.backend import Backend, numpy_backend, of_namespace
from theoryck.simulate.metrics import Last
from theoryck.simulate.noise import Gaussian, Sampling
from theoryck.simulate.problems.base import Functions
from theoryck.simulate.problems.composite import Composite
from theoryck.simulate.problems.constrained import Constrained
from theoryck.simulate.problems.data import gaussian_least_squares
from theoryck.simulate.problems.feasible import Ball, Box
from theoryck.simulate.problems.piecewise import AbsoluteValue, EuclideanNorm
from theoryck.simulate.problems.quadratic import DiagonalQuadratic
from theoryck.simulate.quantities import gap

PLANE = DiagonalQuadratic((Q(1), Q(3)))
ROWS = gaussian_least_squares(40, 3, noise=0.5)
AROUND = Box([-1.0, -1.0], [2.0, 1.0])
BEYOND = Box([0.5, -1.0], [2.0, 1.0])  # the minimiser 0 is outside
SHIFTED = Ball(1.0, [1.5, 1.0])


def constrained_minimum(problem: Any, x: Any, steps: int = 1500) -> Any:
    """By projected gradient descent, checked by the variational inequality."""
    step = 1 / float(problem.constants().upper)
    kept = trajectories(problem, METHODS["projected_gradient"], {"step": step}, x, steps)
    found = kept.at(steps)
    functions = problem.on(numpy_backend())
    moved = functions.feasible.project(found - functions.gradient(found))
    np.testing.assert_allclose(moved, found, atol=1e-9)
    return found


def test_what_is_known_stays_where_the_minimiser_is_feasible() -> None:
    functions = Constrained(PLANE, AROUND).on(numpy_backend())
    assert functions.f_star == 0
    np.testing.assert_array_equal(functions.x_star, [0, 0])
    assert functions.feasible is AROUND
    assert Constrained(PLANE, AROUND).constants() == PLANE.constants()


@pytest.mark.parametrize("feasible", [BEYOND, SHIFTED])
def test_what_speaks_of_the_minimum_is_unknown_elsewhere(feasible: Any) -> None:
    problem = Constrained(PLANE, feasible)
    functions, constants = problem.on(numpy_backend()), problem.constants()
    assert functions.f_star is None
    assert functions.x_star is None
    assert constants.pl is None
    assert (constants.lower, constants.upper) == (1, 3)  # of f on the whole space


def test_a_minimiser_on_the_sphere_is_decided_in_exact_numbers() -> None:
    centre = [0.6, 0.8]
    length = Q(0.6) ** 2 + Q(0.8) ** 2
    assert Ball(1.0, centre).contains([0.0, 0.0]) == (length <= 1)
    assert Constrained(PLANE, Ball(1.0001, centre)).on(numpy_backend()).f_star == 0
    assert Constrained(PLANE, Ball(0.9999, centre)).on(numpy_backend()).f_star is None


@pytest.mark.parametrize("feasible", [BEYOND, SHIFTED])
def test_frank_wolfe_and_projection_find_the_same_point(feasible: Any) -> None:
    problem, start = Constrained(PLANE, feasible), np.array([[1.5, 0.5]])
    best = constrained_minimum(problem, start)
    kept = trajectories(problem, METHODS["frank_wolfe"], {}, start, 3000)
    value = problem.on(numpy_backend()).value
    # Jaggi 2013, Theorem 1: f(x[k]) − f* ≤ 2·L·diameter²/(k + 2)
    for k in (1, 10, 100, 3000):
        above = float((value(kept.at(k)) - value(best))[0, 0])
        assert -1e-12 <= above <= 2 * 3 * feasible.diameter**2 / (k + 2)


def test_accelegrad_is_as_fast_as_its_theorem_says() -> None:
    # the theorem's constants are those of proofs/written_accelegrad.toml
    problem, steps = Constrained(PLANE, AROUND), 200
    D, G, L = AROUND.diameter, 8.0, 3.0  # no gradient near the box is longer than G
    outcome = simulate(
        problem, METHODS["accelegrad"], {"D": D, "G": G}, np.array([[2.0, -1.0], [-1.0, 1.0]]),
        steps, {"gap": Last(gap)},
    )  # fmt: skip
    bound = 64 * D * (D * L * (np.log(16 * D * L / (3 * G)) - 1) + 4 * G) / (steps * (steps + 1))
    assert np.all(outcome.measured["gap"] <= bound)
    assert np.all(outcome.measured["gap"] < 1e-2)


def test_stochastic_accelegrad_averages_the_noise_out() -> None:
    problem, a = Constrained(PLANE, AROUND), {"D": AROUND.diameter, "G": 4.0}
    start = np.tile([2.0, -1.0], (200, 1))
    found = [
        float(np.mean(simulate(
            problem, METHODS["stochastic_accelegrad"], a, start, steps, {"gap": Last(gap)},
            noise=Gaussian(Q(1)),
        ).measured["gap"]))
        for steps in (30, 3000)
    ]  # fmt: skip
    assert found[1] < found[0] / 5  # the rate is 1/√N: a tenth


def test_amsgrad_stays_in_the_set_in_its_own_metric() -> None:
    problem = Constrained(PLANE, SHIFTED)
    start = np.array([[1.5, 0.5]])
    kept = trajectories(
        problem, METHODS["amsgrad"], {"step": 0.05, "beta1": 0.5, "beta2": 0.9, "damping": 0.1},
        start, 1000,
    )  # fmt: skip
    for k in (1, 10, 1000):
        assert np.linalg.norm(kept.at(k) - [1.5, 1.0]) <= 1 + 1e-12
    np.testing.assert_allclose(kept.at(1000), constrained_minimum(problem, start), atol=1e-6)


def test_lasso_is_solved_by_proximal_gradient() -> None:
    # the optimality conditions of ‖Ax − b‖²/2n + w·Σ|x|, at zeros and elsewhere
    weight, problem = 0.2, Composite(ROWS, AbsoluteValue(Q(1, 5), 3))
    step = 1 / float(ROWS.constants().upper)
    kept = trajectories(
        problem, METHODS["proximal_gradient"], {"step": step}, np.ones((1, 3)), 2000
    )
    x = kept.at(2000)
    slope = ROWS.on(numpy_backend()).gradient(x)
    np.testing.assert_allclose(slope[x != 0], -weight * np.sign(x[x != 0]), atol=1e-9)
    assert np.all(np.abs(slope[x == 0]) <= weight)


def test_a_sum_knows_its_minimum_where_its_parts_share_a_minimiser() -> None:
    both = Composite(PLANE, AbsoluteValue(Q(1, 10), 2)).on(numpy_backend())
    assert both.f_star == 0
    other = Composite(ROWS, AbsoluteValue(Q(1, 10), 3)).on(numpy_backend())
    assert other.f_star is None
    assert other.x_star is None


def test_constants_of_a_sum_are_those_of_its_parts() -> None:
    kinked = Composite(PLANE, AbsoluteValue(Q(1, 10), 2)).constants()
    assert (kinked.lower, kinked.upper, kinked.gradient, kinked.twice) == (1, None, None, False)
    smooth = Composite(PLANE, DiagonalQuadratic((Q(2), Q(5)))).constants()
    assert (smooth.lower, smooth.upper, smooth.quadratic) == (3, 8, True)
    rows = Composite(ROWS, AbsoluteValue(Q(1, 10), 3))
    of_each = rows.component_constants()
    assert of_each is not None
    assert (of_each.lower, of_each.upper) == (0, None)
    assert rows.component_count() == 40


def test_components_of_a_sum_are_components_of_the_whole() -> None:
    functions = Composite(ROWS, AbsoluteValue(Q(1, 10), 3)).on(numpy_backend())
    x, everyone = np.array([[0.3, -0.4, 1.0]]), np.arange(40)[None]
    assert functions.components is not None
    np.testing.assert_allclose(functions.components(x, everyone), functions.gradient(x))
    kept = trajectories(
        Composite(ROWS, AbsoluteValue(Q(1, 10), 3)), METHODS["sgd"], {"step": 0.01, "batch": 4},
        x, 5, noise=Sampling(40, None),
    )  # fmt: skip
    assert np.isfinite(kept.at(5)).all()


def test_minibatches_of_a_constrained_sum() -> None:
    problem = Constrained(ROWS, Ball.around_zero(0.1, 3))
    kept = trajectories(
        problem, METHODS["sgd"], {"step": 0.01, "batch": 4}, np.zeros((2, 3)), 5,
        noise=Sampling(40, None),
    )  # fmt: skip
    assert np.isfinite(kept.at(5)).all()
    assert problem.component_constants() == ROWS.component_constants()
    assert problem.spread() == ROWS.spread()


@pytest.mark.parametrize("feasible", [AROUND, SHIFTED])
def test_sets_under_the_strict_standard(feasible: Any) -> None:
    strict = of_namespace("strict", array_api_strict)
    rng = np.random.default_rng(0)
    x, w = 3 * rng.standard_normal((6, 2)), rng.uniform(0.1, 5, (6, 2))
    a, b = strict.place(x), strict.place(w)
    for there, here in (
        (feasible.project(a), feasible.project(x)),
        (feasible.project_weighted(a, b), feasible.project_weighted(x, w)),
        (feasible.linear_minimizer(a), feasible.linear_minimizer(x)),
    ):
        np.testing.assert_allclose(np.asarray(there), here, rtol=1e-13, atol=1e-15)


def test_layers_are_those_of_the_problem() -> None:
    class Layered(DiagonalQuadratic):
        def on(self, backend: Backend) -> Functions:
            from dataclasses import replace

            return replace(super().on(backend), layers=(slice(0, 1), slice(1, 3)))

    problem, x = Layered((Q(1), Q(2), Q(3))), np.array([[3.0, 4.0, -2.0]])
    a = {x.name: x.default for x in METHODS["lamb"].arguments if x.default is not None}
    moved = trajectories(problem, METHODS["lamb"], {**a, "step": 0.1}, x, 1).at(1) - x
    for layer in (slice(0, 1), slice(1, 3)):
        part = moved[:, layer]
        expected = 0.1 * np.linalg.norm(x[:, layer])
        assert float(dot(part, part)[0, 0]) ** 0.5 == pytest.approx(expected)


def test_a_simple_part_has_a_prox() -> None:
    with pytest.raises(Exception, match="a function with a prox expected"):
        Composite(PLANE, EuclideanNorm(Q(1), 2)).on(numpy_backend())
