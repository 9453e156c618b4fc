"""Arguments that mean nothing, and questions that a problem cannot answer: refused by name."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction as Q
from typing import Any

import numpy as np
import pytest

from theoryck.errors import DomainError, TheoryckError, UntraceableError
from theoryck.methods import METHODS
from theoryck.simulate import simulate, trajectories
from theoryck.simulate.backend import Backend
from theoryck.simulate.errors import SimulationError
from theoryck.simulate.metrics import Last
from theoryck.simulate.problems.base import Functions
from theoryck.simulate.problems.composite import Composite
from theoryck.simulate.problems.constrained import Constrained
from theoryck.simulate.problems.feasible import Ball, Box
from theoryck.simulate.problems.piecewise import AbsoluteValue, Huber
from theoryck.simulate.problems.quadratic import DiagonalQuadratic
from theoryck.simulate.quantities import iterate_norm

PLANE = DiagonalQuadratic((Q(1), Q(2)))
START = np.ones((2, 2))


class Bare(DiagonalQuadratic):
    """Knows its values and gradients only."""

    def on(self, backend: Backend) -> Functions:
        known = super().on(backend)
        return Functions(self.dimension, known.value, known.gradient, None, None)


class Torn(DiagonalQuadratic):
    """Its layers leave a coordinate out."""

    def on(self, backend: Backend) -> Functions:
        return replace(super().on(backend), layers=(slice(0, 1), slice(2, 3)))


def run(name: str, problem: Any = PLANE, start: Any = START, **arguments: Any) -> Any:
    defaults = {a.name: a.default for a in METHODS[name].arguments if a.default is not None}
    return simulate(
        problem, METHODS[name], {**defaults, **arguments}, start, 3, {"norm": Last(iterate_norm)}
    )


@pytest.mark.parametrize(
    ("name", "arguments", "question"),
    [
        ("cubic_regularization", {"M": 1.0}, "f.hessian has no answer.*need a hessian"),
        (
            "negative_curvature_descent",
            {"L": 1.0, "rho": 1.0, "iterations": 2},
            "f.hessian_vector has no answer.*need a hessian_vector",
        ),
        ("frank_wolfe", {}, r"f.linear_minimizer has no answer.*Constrained\(problem, Box"),
        ("accelegrad", {"D": 1.0, "G": 1.0}, r"diameter 1.*Constrained\(problem, Box"),
        ("stochastic_accelegrad", {"D": 1.0, "G": 1.0}, r"diameter 1.*Constrained\(problem, Box"),
        ("proximal_point", {"step": 1.0}, "f.prox has no answer.*need a prox"),
        ("proximal_gradient", {"step": 1.0}, r"f.parts has no answer.*Composite\(smooth"),
        ("gradient_descent_exact_line_search", {}, "f.line_search has no answer"),
    ],
)
def test_a_question_without_an_answer(name: str, arguments: Any, question: str) -> None:
    with pytest.raises(UntraceableError, match=question):
        run(name, Bare((Q(1), Q(2))), **arguments)


def test_a_minimum_that_is_not_known() -> None:
    with pytest.raises(SimulationError, match="minimum of this problem is not known"):
        run("gradient_descent_polyak_step", Bare((Q(1), Q(2))))


def test_a_feasible_set_that_is_too_wide() -> None:
    wide = Constrained(PLANE, Ball(2.0, [0.0, 0.0]))
    with pytest.raises(UntraceableError, match=r"a set of diameter 3\.9"):
        run("accelegrad", wide, D=3.9, G=1.0)
    assert np.isfinite(run("accelegrad", wide, D=4.0, G=1.0).last).all()


def test_layers_that_leave_a_coordinate_out() -> None:
    with pytest.raises(DomainError, match=r"\[\(0, 1\), \(2, 3\)\] are not 3 coordinates"):
        run("lamb", Torn((Q(1), Q(2), Q(3))), np.ones((2, 3)), step=0.1)


@pytest.mark.parametrize("iterations", [0, -1, 1.5])
def test_iterations_that_are_none(iterations: Any) -> None:
    with pytest.raises(DomainError, match="iterations: a positive whole number expected"):
        run("negative_curvature_descent", L=2.0, rho=1.0, iterations=iterations)


@pytest.mark.parametrize("name", ["spider", "clipped_spider"])
def test_counts_that_differ_between_runs(name: str) -> None:
    more = {"threshold": 1.0} if name == "clipped_spider" else {}
    with pytest.raises(TheoryckError, match="period: one number for all runs expected"):
        run(name, step=0.1, period=np.array([2.0, 3.0]), **more)
    together = run(name, step=0.1, period=np.array([2.0, 2.0]), **more)
    np.testing.assert_array_equal(together.last, run(name, step=0.1, period=2, **more).last)


@pytest.mark.parametrize("period", [0, -2])
def test_a_period_that_is_none(period: int) -> None:
    with pytest.raises(DomainError, match="a positive period expected"):
        run("spider", step=0.1, period=period)


@pytest.mark.parametrize(
    "name", sorted(n for n, m in METHODS.items() if any(a.name == "batch" for a in m.arguments))
)
def test_a_batch_that_is_none(name: str) -> None:
    given = {a.name: 0.5 for a in METHODS[name].arguments if a.default is None}
    given |= {"period": 2} if "period" in given else {}
    given |= {"D": 9.0} if "D" in given else {}
    problem = Constrained(PLANE, Ball(1.0, [0.0, 0.0]))
    with pytest.raises(TheoryckError, match="a batch must be a positive whole number, got 0"):
        run(name, problem, batch=0, **given)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Box([0.0, 2.0], [1.0, 1.0]), "none above the other"),
        (lambda: Box([0.0], [1.0, 1.0]), "none above the other"),
        (lambda: Box([np.nan], [1.0]), "finite or -inf"),
        (lambda: Box([np.inf], [np.inf]), "finite or -inf"),
        (lambda: Box([0.0], [-np.inf]), "finite or inf"),
        (lambda: Box(0.0, 1.0), r"shape \(d,\) expected, got \(\)"),
        (lambda: Box([], []), r"shape \(d,\) expected"),
        (lambda: Box(["a"], [1.0]), "real numbers expected"),
        (lambda: Ball(0.0, [0.0]), "positive radius expected, got 0"),
        (lambda: Ball(-1.0, [0.0]), "positive radius"),
        (lambda: Ball(float("nan"), [0.0]), "positive radius expected, got nan"),
        (lambda: Ball(float("inf"), [0.0]), "positive radius"),
        (lambda: Ball(1.0, [np.inf]), "finite"),
        (lambda: Constrained(PLANE, Ball(1.0, [0.0])), "in 2 dimensions expected, got a ball"),
        (lambda: Composite(PLANE, AbsoluteValue(Q(1))), "of one space expected"),
    ],
)
def test_sets_and_sums_that_mean_nothing(make: Any, message: str) -> None:
    with pytest.raises(SimulationError, match=message):
        make()


def test_a_linear_function_on_a_set_that_is_not_bounded() -> None:
    half = Constrained(PLANE, Box([-1.0, -1.0], [np.inf, 1.0]))
    with pytest.raises(SimulationError, match="not bounded; give it finite sides"):
        run("frank_wolfe", half, np.array([[-1.0, 0.5]]))


def test_a_run_that_diverges_does_not_stop_the_others() -> None:
    steep = Constrained(Huber(Q(1), Q(0), Q(1)), Box([-np.inf], [np.inf]))
    start = np.array([[1.0], [2.0]])
    for name, arguments in {
        "adagrad_full": {"step": np.array([0.1, 1e308]), "damping": 1e-300},
        "amsgrad": {"step": np.array([0.1, 1e308])},
    }.items():
        outcome = run(name, steep, start, **arguments)
        assert not outcome.diverged[0]


def test_a_hessian_that_overflows_is_a_divergence() -> None:
    class Quartic(DiagonalQuadratic):
        def on(self, backend: Backend) -> Functions:
            xp = backend.xp
            return Functions(
                1, lambda x: x**4, lambda x: 4 * x**3, 0.0, None,
                hessian=lambda x: xp.expand_dims(12 * x**2, axis=-1),
                hessian_vector=lambda x, v: 12 * x**2 * v,
            )  # fmt: skip

    quartic, start = Quartic((Q(1),)), np.array([[1.0], [1e200]])
    more = {"L": 12.0, "rho": 24.0, "iterations": 1}
    for name, arguments in (("cubic_regularization", {"M": 24.0}),
                            ("negative_curvature_descent", more)):  # fmt: skip
        outcome = run(name, quartic, start, **arguments)
        assert outcome.diverged.tolist() == [False, True]


def test_trajectories_refuse_likewise() -> None:
    with pytest.raises(UntraceableError, match=r"f\.linear_minimizer has no answer"):
        trajectories(PLANE, METHODS["frank_wolfe"], {}, START, 1)
