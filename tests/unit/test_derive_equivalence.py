"""Equivalences: inductions over linear relations, exact runs, and what neither decides."""

from __future__ import annotations

import time
from typing import Any

import pytest

from theoryck.algebra import hadamard, ratio, sqrt
from theoryck.claims.reading import read_claim
from theoryck.derive import examine
from theoryck.methods import METHODS, method
from theoryck.verdict import EngineReport, Scope, Status


@method(start=lambda x: (x, x))
def nesterov_by_sequences(state: Any, f: Any, *, step: Any, momentum: Any) -> Any:
    """The state keeps y: x⁺ = y − step·∇f(y), y⁺ = x⁺ + momentum·(x⁺ − x)."""
    x, y = state
    x_next = y - step * f.grad(y)
    return x_next, x_next + momentum * (x_next - x)


@method(start=lambda x: (x, x))
def momentum_from_the_start(state: Any, f: Any, *, step: Any, momentum: Any) -> Any:
    """Momentum SGD whose first moment is not 0 but the start."""
    x, m = state
    m = momentum * m + f.sample_grad(x)
    return x - step * m, m


@method(start=lambda x: (x, x - x))
def exact_momentum(state: Any, f: Any, *, step: Any, momentum: Any) -> Any:
    """m⁺ = momentum·m + ∇f(x), x⁺ = x − step·m⁺, m₀ = 0."""
    x, m = state
    m = momentum * m + f.grad(x)
    return x - step * m, m


OWN = {
    **METHODS,
    "exact_momentum": exact_momentum,
    "nesterov_by_sequences": nesterov_by_sequences,
    "momentum_from_the_start": momentum_from_the_start,
}
PLAIN = {"s": "s > 0", "m": "0 <= m < 1"}


def compared(first: str, second: str, *conditions: str, **parameters: str) -> EngineReport:
    table = {"id": "c", "kind": "equivalence", "methods": [first, second]}
    table |= {"assumptions": list(conditions), "parameters": parameters}
    return examine(read_claim(table, methods=OWN), time.monotonic() + 20)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("exact_momentum(step=s, momentum=m)", "heavy_ball(step=s, momentum=m)"),
        ("nesterov_by_sequences(step=s, momentum=m)", "nesterov(step=s, momentum=m)"),
        ("gradient_descent(step=s)", "heavy_ball(step=s, momentum=0)"),
        ("sgd(step=s/sqrt(k + 1))", "sgd(step=s*sqrt(k + 1)/(k + 1))"),
        ("sgd(step=s, batch=3)", "sgd(step=s, batch=6/2)"),
        ("proximal_point(step=2*s)", "proximal_point(step=s + s)"),
    ],
)
def test_equal_iterates_are_proved(first: str, second: str) -> None:
    report = compared(first, second, **PLAIN)
    assert (report.status, report.scope) == (Status.PROVED, Scope.ALL_PARAMETERS), report.reason
    assert "every k" in report.reason


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("momentum_sgd(step=s/(k + 1), momentum=m)", "heavy_ball(step=s/(k + 1), momentum=m)"),
        ("nesterov(step=s, momentum=m)", "heavy_ball(step=s, momentum=m)"),
        ("momentum_from_the_start(step=s, momentum=m)", "heavy_ball(step=s, momentum=m)"),
        ("momentum_sgd(step=s, momentum=m)", "heavy_ball(step=s*(1 - m), momentum=m)"),
        ("heavy_ball(step=s, momentum=m)", "heavy_ball(step=s, momentum=m**2)"),
        ("gradient_descent(step=s)", "proximal_point(step=s)"),
        ("clipped_gd(step=s, threshold=1)", "normalized_gd(step=s, offset=1)"),
        ("adam(step=s, beta1=0, beta2=1/2, damping=1)", "rmsprop(step=s, decay=1/2, damping=1)"),
    ],
)
def test_different_iterates_are_refuted_by_a_run(first: str, second: str) -> None:
    report = compared(first, second, **PLAIN)
    assert report.status is Status.REFUTED, report.reason
    (instance,) = report.instances
    assert instance.witness is not None
    mine, other = instance.witness["iterates"][-1]
    assert mine != other


def test_conditions_on_the_arguments_are_used() -> None:
    both = ("heavy_ball(step=s, momentum=m)", "heavy_ball(step=s, momentum=b)")
    parameters = {**PLAIN, "b": "0 <= b < 1"}
    assert compared(*both, "m == b", **parameters).status is Status.PROVED
    assert compared(*both, "m <= b", **parameters).status is Status.REFUTED
    assert compared(*both, **parameters).status is Status.REFUTED


def test_runs_that_agree_prove_nothing() -> None:
    report = compared(
        "clipped_gd(step=s, threshold=1)", "clipped_sgd(step=s, threshold=1)", **PLAIN
    )
    assert report.status is Status.SUPPORTED


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("sgd(step=s)", "gradient_descent(step=s)"),
        ("momentum_sgd(step=s, momentum=0)", "gradient_descent(step=s)"),
        ("clipped_sgd(step=s, threshold=1)", "clipped_gd(step=s, threshold=1)"),
    ],
)
def test_where_only_noise_tells_them_apart_nothing_is_proved(first: str, second: str) -> None:
    report = compared(first, second, **PLAIN)
    assert report.status is Status.SUPPORTED
    assert "draws stochastic gradients" in report.reason


def test_a_claim_without_noise_is_read_with_exact_gradients() -> None:
    report = compared("momentum_sgd(step=s, momentum=m)", "heavy_ball(step=s, momentum=m)", **PLAIN)
    assert report.status is Status.PROVED
    assert "with noise the iterates differ" in report.evidence[-1]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (
            "adam(step=s, beta1=0, beta2=m, damping=1)",
            "adam(step=s, beta1=1-1, beta2=m, damping=1)",
        ),
        ("adagrad(step=s, damping=m)", "adagrad(step=2*s/2, damping=m)"),
        ("adagrad_norm(step=s)", "adagrad_norm(step=s + 0)"),
        ("clipped_gd(step=s, threshold=s)", "clipped_gd(step=s, threshold=2*s/2)"),
        ("gradient_descent_polyak_step(scale=s)", "gradient_descent_polyak_step(scale=2*s/2)"),
        ("lamb(step=s, decay=m)", "lamb(step=s*s/s, decay=m)"),
    ],
)
def test_methods_that_look_at_coordinates(first: str, second: str) -> None:
    report = compared(first, second, **PLAIN)
    assert (report.status, report.scope) == (Status.PROVED, Scope.ALL_PARAMETERS), report.reason
    assert any("one coordinate" in line for line in report.evidence)


@method(start=lambda x: (x, x - x))
def adagrad_forgetting(state: Any, f: Any, *, step: Any, damping: Any) -> Any:
    """AdaGrad that keeps the last square only: not AdaGrad from the second step on."""
    x, _ = state
    g = f.sample_grad(x)
    last = hadamard(g, g)
    return x - step * ratio(g, damping + sqrt(last)), last


def test_a_state_that_is_lost_is_noticed() -> None:
    own = {**OWN, "adagrad_forgetting": adagrad_forgetting}
    table = {"id": "c", "kind": "equivalence", "parameters": PLAIN}
    table["methods"] = ["adagrad(step=s, damping=1)", "adagrad_forgetting(step=s, damping=1)"]
    report = examine(read_claim(table, methods=own), time.monotonic() + 20)
    assert report.status is Status.REFUTED, report.reason


def test_different_questions_are_not_compared() -> None:
    report = compared("sgd(step=s, batch=1)", "sgd(step=s, batch=2)", **PLAIN)
    assert report.status is Status.INCONCLUSIVE
    assert "stochastic gradient with 1" in report.reason


def test_an_argument_without_a_value_proves_nothing() -> None:
    report = compared("gradient_descent(step=1/a)", "gradient_descent(step=1/a)", a="")
    assert report.status is not Status.PROVED
