"""Derivations about clipping and explicit functions that were tampered with are refused."""

from __future__ import annotations

import time
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pytest

from theoryck.claims.reading import read_claim
from theoryck.derive.heavy.rules import ClippedBias, ClippedMethodStep, ClippedSquare, ClippedStep
from theoryck.derive.lower.attained import attainment
from theoryck.derive.lower.families import Quadratic
from theoryck.derive.lower.rules import ChosenExample, RunOnExample, RunValue
from theoryck.derive.proof import Condition, Derivation, Step
from theoryck.derive.recheck import recheck
from theoryck.derive.sampling import sample_points
from theoryck.derive.search import prepare, search
from theoryck.derive.setting import Setting
from theoryck.derive.values import holds_at

SECONDS = 60.0

CONTRACTION: dict[str, Any] = {
    "id": "gd",
    "parameters": {"mu": "mu > 0", "L": "L > mu", "N": "integer, N >= 0"},
    "method": "gradient_descent(step=1/L)",
    "assumptions": ["strongly_convex(mu)", "smooth(L)"],
    "measure": "norm(x[N] - x_star)**2",
    "bound": "(1 - mu/L)**(2*N)*norm(x[0] - x_star)**2",
}

CLIPPED: dict[str, Any] = {
    "id": "clipped",
    "parameters": {
        "L": "L > 0",
        "G": "G > 0",
        "sigma": "sigma > 0",
        "alpha": "1 < alpha <= 2",
        "h": "h > 0",
        "tau": "tau > 0",
        "N": "integer, N >= 1",
    },
    "method": "clipped_sgd(step=h, threshold=tau)",
    "assumptions": ["smooth(L)", "lipschitz(G)", "unbiased", "heavy_tailed(alpha, sigma)"],
    "measure": "mean_over(k, 0, N - 1, E(norm(grad(x[k]))**2))",
    "bound": (
        "2*(f(x[0]) - f_star)/(h*N) + tau**(2 - 2*alpha)*(G + sigma)**(2*alpha) "
        "+ L*h*tau**(2 - alpha)*(G + sigma)**alpha"
    ),
}


def deadline() -> float:
    return time.monotonic() + SECONDS


@pytest.fixture(scope="module")
def lower() -> tuple[Setting, Derivation]:
    setting, target = prepare(read_claim(CONTRACTION), deadline())
    found = attainment(setting, target, deadline())
    assert found is not None
    return setting, found


@pytest.fixture(scope="module")
def clipped() -> tuple[Setting, Derivation]:
    setting, target = prepare(read_claim(CLIPPED), deadline())
    found = search(setting, target, deadline())
    assert found.proof is not None
    return setting, found.workshop.derivation(found.proof)


def changed(derivation: Derivation, number: int, **fields: Any) -> Derivation:
    steps: list[Step] = list(derivation.steps)
    steps[number - 1] = replace(steps[number - 1], **fields)
    return Derivation(tuple(steps))


def place(derivation: Derivation, kind: type) -> Step:
    return next(step for step in derivation.steps if isinstance(step.rule, kind))


def test_an_untouched_lower_bound_passes(lower: tuple[Setting, Derivation]) -> None:
    setting, derivation = lower
    assert recheck(derivation, setting, deadline()) is None


def test_a_function_outside_the_class_is_refused(lower: tuple[Setting, Derivation]) -> None:
    setting, derivation = lower
    step = place(derivation, ChosenExample)
    example = step.arguments["example"]
    flatter = Quadratic(example.curvature / 2, example.squared_start)
    arguments = MappingProxyType({"example": flatter})
    conclusion = ChosenExample().conclude((), setting, example=flatter)
    forged = tuple(Condition(relation, "forged") for relation in conclusion.conditions)
    tampered = changed(
        derivation,
        step.number,
        arguments=arguments,
        statement=conclusion.statement,
        conditions=forged,
    )
    problem = recheck(tampered, setting, deadline())
    assert problem is not None
    assert "not proved" in problem


def test_another_value_on_the_run_is_refused(lower: tuple[Setting, Derivation]) -> None:
    setting, derivation = lower
    step = place(derivation, RunOnExample)
    said = step.statement
    assert isinstance(said, RunValue)
    larger = replace(said, value=2 * said.value)
    assert recheck(changed(derivation, step.number, statement=larger), setting, deadline())


def test_a_larger_start_is_refused() -> None:
    table = {
        **CONTRACTION,
        "parameters": {**CONTRACTION["parameters"], "R": "R > 0"},
        "initial": "norm(x[0] - x_star) <= R",
        "bound": "2*(1 - mu/L)**(2*N)*R**2",
    }
    setting, target = prepare(read_claim(table), deadline())
    assert attainment(setting, target, deadline()) is None
    mu, size = setting.domain.symbols["mu"], setting.domain.symbols["R"]
    point = next(sample_points(setting.domain))
    for square, allowed in ((size**2, True), (2 * size**2, False)):
        example = Quadratic(mu, square)
        conditions = ChosenExample().conclude((), setting, example=example).conditions
        assert all(holds_at(condition, point) for condition in conditions) is allowed


@pytest.mark.parametrize(
    ("kind", "better"),
    [
        (ClippedStep, lambda s: replace(s, threshold=s.threshold / 2)),
        (ClippedBias, lambda s: replace(s, bound=s.bound / 2)),
        (ClippedSquare, lambda s: replace(s, bound=s.bound / 2)),
    ],
)
def test_better_bounds_on_a_clipped_step_are_refused(
    clipped: tuple[Setting, Derivation], kind: type, better: Any
) -> None:
    setting, derivation = clipped
    assert isinstance(derivation.steps[0].rule, ClippedMethodStep)
    step = next(s for s in derivation.steps if isinstance(s.statement, kind))
    tampered = changed(derivation, step.number, statement=better(step.statement))
    problem = recheck(tampered, setting, deadline())
    assert problem is not None
    assert f"step {step.number}" in problem


def test_a_derivation_does_not_pass_for_a_claim_without_an_assumption(
    clipped: tuple[Setting, Derivation],
) -> None:
    _, derivation = clipped
    assumptions = ["smooth(L)", "unbiased", "heavy_tailed(alpha, sigma)"]
    weaker, _ = prepare(read_claim({**CLIPPED, "assumptions": assumptions}), deadline())
    assert recheck(derivation, weaker, deadline()) is not None
