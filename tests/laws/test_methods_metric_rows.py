"""The rows of the uniform framework, θ⁺ = θ − αH⁻¹ĝ + βH⁻¹H⁻(θ − θ⁻): which are the methods."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction as Q
from typing import Any

import numpy as np
import pytest

from theoryck.methods import METHODS
from theoryck.methods.steps import harmonic
from theoryck.simulate import simulate
from theoryck.simulate.metrics import Keep
from theoryck.simulate.noise import Gaussian
from theoryck.simulate.problems.quadratic import DiagonalQuadratic

PROBLEM = DiagonalQuadratic((Q(1), Q(1, 4), Q(3)))
START = np.array([[1.0, -2.0, 0.5], [0.3, 0.7, -1.0]])
RHO, TAU, BETA1, BETA2 = 0.6, 0.8, 0.7, 0.9
Row = Mapping[str, Any]


def path(name: str, arguments: Row) -> Any:
    given = {a.name: a.default for a in METHODS[name].arguments if a.default is not None}
    outcome = simulate(
        PROBLEM, METHODS[name], {**given, **arguments}, START, 20,
        {"x": Keep(tuple(range(21)))}, noise=Gaussian(Q(1)), seed=4,
    )  # fmt: skip
    return outcome.measured["x"]


def constant(k: int) -> float:
    return 0.1


def b(t: int) -> float:
    return 1 - BETA1**t


def c(t: int) -> float:
    return 1 - BETA2**t


def ball(step: Callable[[int], float]) -> Row:
    return {"step": step, "momentum": RHO, "retention": 1, "weight": 0, "initial": 1}


def adam(step: Callable[[int], float], kept: Callable[[int], float]) -> Row:
    return {
        "step": lambda k: step(k) * (1 - BETA1) / b(k + 1),
        "momentum": lambda k: BETA1 * b(k) / b(k + 1),
        "retention": lambda k: BETA2 * kept(k) / c(k + 1),
        "weight": lambda k: (1 - BETA2) / c(k + 1),
    }


def corrected(row: Row, step: Callable[[int], float]) -> Row:
    momentum = row["momentum"]

    def scaled(k: int) -> float:
        before = step(k - 1) if k else step(0)
        return step(k) / before * (momentum(k) if callable(momentum) else momentum)

    return {**row, "momentum": scaled}


ADAM = {"beta1": BETA1, "beta2": BETA2, "damping": 0.0}
TRUE: dict[str, tuple[Row, str, Row]] = {
    "sgd": (
        {"step": harmonic(0.1), "retention": 1, "weight": 0, "initial": 1},
        "sgd", {"step": harmonic(0.1)},
    ),
    "heavy ball": (ball(constant), "momentum_sgd", {"step": 0.1, "momentum": RHO}),
    "heavy ball, corrected": (
        corrected(ball(harmonic(0.1)), harmonic(0.1)),
        "momentum_sgd", {"step": harmonic(0.1), "momentum": RHO},
    ),
    "adagrad": ({"step": harmonic(0.5)}, "adagrad", {"step": harmonic(0.5), "damping": 0.0}),
    "rmsprop": (
        {"step": harmonic(0.5), "retention": TAU, "weight": 1 - TAU},
        "rmsprop", {"step": harmonic(0.5), "decay": TAU, "damping": 0.0},
    ),
    "adam, corrected": (adam(constant, c), "adam", {"step": 0.1, **ADAM}),
    "adam, corrected twice": (
        corrected(adam(harmonic(0.5), c), harmonic(0.5)),
        "adam", {"step": harmonic(0.5), **ADAM},
    ),
}  # fmt: skip
# as the slide prints them: Adam's second moment is not that of the step before times its weight,
# and a momentum of steps is one of gradients only while the step size stays
FALSE: dict[str, tuple[Row, str, Row]] = {
    "adam": (adam(constant, lambda k: 1.0), "adam", {"step": 0.1, **ADAM}),
    "heavy ball with a step that varies": (
        ball(harmonic(0.1)), "momentum_sgd", {"step": harmonic(0.1), "momentum": RHO},
    ),
}  # fmt: skip


@pytest.mark.parametrize("row", TRUE)
def test_a_row_is_the_method(row: str) -> None:
    in_frame, name, arguments = TRUE[row]
    np.testing.assert_allclose(
        path("adaptive_metric", in_frame), path(name, arguments), rtol=1e-11, atol=1e-13
    )


@pytest.mark.parametrize("row", FALSE)
def test_a_row_that_is_printed_wrongly(row: str) -> None:
    in_frame, name, arguments = FALSE[row]
    framed, run = path("adaptive_metric", in_frame), path(name, arguments)
    np.testing.assert_allclose(framed[:, 0], run[:, 0])
    assert np.abs(framed - run).max() > 1e-3
