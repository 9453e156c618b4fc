"""Step-size rules: the printed formulas, in simulations and in claims."""

from __future__ import annotations

from fractions import Fraction as Q
from math import ceil, sqrt
from typing import Any

import numpy as np
import pytest

from theoryck.claims import read_claim
from theoryck.claims.arithmetic import Floats
from theoryck.claims.claim import RateClaim
from theoryck.claims.evaluate import Environment, evaluate
from theoryck.errors import DomainError
from theoryck.methods import METHODS
from theoryck.methods.steps import (
    by_epochs,
    constant,
    cool_down,
    half_root,
    harmonic,
    inverse_root,
    linear,
    root,
)
from theoryck.simulate import simulate
from theoryck.simulate.metrics import Last
from theoryck.simulate.problems.quadratic import DiagonalQuadratic
from theoryck.simulate.quantities import iterate_norm

RULES = [
    (constant(0.3), lambda k: 0.3, "0.3"),
    (harmonic(0.3), lambda k: 0.3 / (k + 1), "0.3/(k + 1)"),
    (inverse_root(0.3), lambda k: 0.3 / sqrt(k + 1), "0.3/sqrt(k + 1)"),
    (by_epochs(0.3, 50), lambda k: 0.3 / (1 + ceil(k / 50)), "0.3/(1 + ceil(k/50))"),
    (by_epochs(0.3, 50, linear), lambda k: 0.3 / (1 + ceil(k / 50)), "0.3/(1 + ceil(k/50))"),
    (
        by_epochs(0.3, 50, root),
        lambda k: 0.3 / (1 + sqrt(ceil(k / 50))),
        "0.3/(1 + sqrt(ceil(k/50)))",
    ),
    (
        by_epochs(0.3, 50, half_root),
        lambda k: 0.3 / (1 + 0.5 * sqrt(ceil(k / 50))),
        "0.3/(1 + 0.5*sqrt(ceil(k/50)))",
    ),
    (
        cool_down(0.3, 60),
        lambda k: 0.3 if k <= 60 else 0.3 * 61 / (k + 1),
        "0.3*min(1, 61/(k + 1))",
    ),
]  # fmt: skip
POINTS = (0, 1, 2, 49, 50, 51, 60, 61, 100, 149, 150, 151, 1000)


@pytest.mark.parametrize(("rule", "formula", "text"), RULES)
def test_a_rule_is_its_formula_in_python_and_in_claims(rule: Any, formula: Any, text: str) -> None:
    claim = read_claim(
        {
            "id": "claim",
            "parameters": {"R": "R > 0", "N": "integer, N >= 1"},
            "method": f"gradient_descent(step={text})",
            "assumptions": ["convex", "smooth(1)"],
            "initial": "norm(x[0] - x_star) <= R",
            "measure": "f(x[N]) - f_star",
            "bound": "R**2",
        },
        methods=METHODS,
    )
    assert isinstance(claim, RateClaim)
    node = claim.method.arguments["step"]
    for k in POINTS:
        assert rule(k) == pytest.approx(formula(k), rel=1e-15)
        claimed = evaluate(node, Environment({"k": float(k)}), Floats())
        assert float(claimed) == pytest.approx(formula(k), rel=1e-14)


def test_a_rule_has_one_step_for_each_run() -> None:
    steps = np.array([0.1, 0.2])
    outcome = simulate(
        DiagonalQuadratic((Q(1),)), METHODS["gradient_descent"], {"step": harmonic(steps)},
        np.ones((2, 1)), 2, {"norm": Last(iterate_norm)},
    )  # fmt: skip
    np.testing.assert_allclose(outcome.measured["norm"], (1 - steps) * (1 - steps / 2))


def test_the_combined_rule_is_a_damped_step_of_a_rule() -> None:
    # γ_k = γ₀/((1 + ψ(⌈k/K⌉))(α‖g‖ + 1))
    outcome = simulate(
        DiagonalQuadratic((Q(3),)), METHODS["damped_sgd"],
        {"step": by_epochs(0.1, 2, half_root), "damping": 0.4}, np.array([[5.0]]), 7,
        {"norm": Last(iterate_norm)},
    )  # fmt: skip
    x = 5.0
    for k in range(7):
        x -= 0.1 / ((1 + 0.5 * sqrt(ceil(k / 2))) * (0.4 * abs(3 * x) + 1)) * 3 * x
    np.testing.assert_allclose(outcome.measured["norm"], [abs(x)], rtol=1e-14)


@pytest.mark.parametrize("period", [0, -3, float("nan")])
def test_a_period_that_is_none(period: float) -> None:
    with pytest.raises(DomainError, match="positive number of steps"):
        by_epochs(1.0, period)


def test_a_cutoff_that_is_none() -> None:
    with pytest.raises(DomainError, match="at least 0"):
        cool_down(1.0, -1)
