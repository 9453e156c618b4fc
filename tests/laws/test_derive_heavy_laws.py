"""The rules on clipped gradients against exact expectations over random two- to five-point laws."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
import sympy

from theoryck.claims.reading import read_claim
from theoryck.derive.heavy.powers import power_sum
from theoryck.derive.heavy.reading import clipping
from theoryck.derive.heavy.rules import (
    MOMENTS,
    BiasOfClipped,
    BoundedGradientDescent,
    ClippedBias,
    ClippedDescent,
    ClippedMethodStep,
    ClippedSquare,
    ConvexMoment,
    MinkowskiMoment,
    Moment,
    SquareOfClipped,
)
from theoryck.derive.rules.base import NotApplicableError
from theoryck.derive.setting import Setting, Stuck, setting_of
from theoryck.derive.statements import GAP, GRADIENT_SQUARED, NEXT_GAP, OneStep

ALPHAS = (1.1, 1.5, 1.9, 2.0)


def setting(**changes: Any) -> Setting:
    table = {
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
        "bound": "1",
        **changes,
    }
    return setting_of(read_claim(table))


def number(expr: sympy.Expr, **values: float) -> float:
    names = sorted(symbol.name for symbol in expr.free_symbols)
    return float(compiled(expr)(*(values[name] for name in names)))


@cache
def compiled(expr: sympy.Expr) -> Any:
    return sympy.lambdify(sorted(expr.free_symbols, key=lambda symbol: symbol.name), expr)


def law(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Gradient, deviations with mean zero and a heavy one among them, and their probabilities."""
    count = int(rng.integers(2, 6))
    probabilities = rng.dirichlet(np.ones(count) * rng.choice([0.3, 3.0]))
    deviations = rng.standard_normal((count, 2)) * rng.choice([0.1, 1.0, 30.0], size=(count, 1))
    deviations -= probabilities @ deviations
    return rng.standard_normal(2) * rng.choice([0.1, 1.0, 10.0]), deviations, probabilities


@pytest.mark.parametrize("alpha", ALPHAS)
def test_moments_bias_and_descent_hold_for_random_laws(alpha: float) -> None:
    claim, rng = setting(), np.random.default_rng(int(10 * alpha))
    step = ClippedMethodStep().conclude((), claim).statement
    for rule in (MinkowskiMoment(), ConvexMoment()):
        moment = rule.conclude((), claim).statement
        square = SquareOfClipped().conclude((step, moment), claim).statement
        bias = BiasOfClipped().conclude((step, moment), claim).statement
        assert isinstance(moment, Moment)
        assert isinstance(square, ClippedSquare)
        assert isinstance(bias, ClippedBias)
        weight = sympy.Rational(1, 2)
        decreases = [
            ClippedDescent().conclude((step, bias, square), claim, weight=weight).statement,
            BoundedGradientDescent().conclude((step, bias, square), claim).statement,
        ]
        for _ in range(60):
            slope, deviations, p = law(rng)
            drawn = slope + deviations
            tau, h, smoothness = rng.uniform(0.05, 5), rng.uniform(0.01, 2), rng.uniform(0.1, 3)
            lengths = np.linalg.norm(drawn, axis=1)
            clipped = np.minimum(1, tau / np.maximum(lengths, 1e-12))[:, None] * drawn
            values = {
                "alpha": alpha,
                "sigma": float(p @ np.linalg.norm(deviations, axis=1) ** alpha) ** (1 / alpha),
                "G": float(np.linalg.norm(slope)),
                "tau": tau,
                "h": h,
                "L": smoothness,
            }
            room = 1 + 1e-9
            assert p @ lengths**alpha <= number(moment.bound, **values) * room
            squares = (clipped**2).sum(axis=1)
            assert p @ squares <= number(square.bound, **values) * room
            off = np.linalg.norm(p @ clipped - slope)
            assert off <= number(bias.bound, **values) * room + 1e-9
            # f(x⁺) − f(x) is at most this for every L-smooth f, and equal to it for a quadratic
            change = -h * slope @ (p @ clipped) + smoothness * h**2 / 2 * (p @ squares)
            for decrease in decreases:
                assert isinstance(decrease, OneStep)
                gain = number(decrease.form[GRADIENT_SQUARED], **values) * (slope @ slope)
                assert change + gain + number(decrease.form.constant, **values) <= 1e-9


def test_the_second_moment_bound_is_attained_by_a_gradient_of_the_threshold_s_length() -> None:
    claim = setting()
    step = ClippedMethodStep().conclude((), claim).statement
    tau, alpha = claim.domain.symbols["tau"], claim.domain.symbols["alpha"]
    exact = Moment(alpha, tau**alpha)
    square = SquareOfClipped().conclude((step, exact), claim).statement
    assert isinstance(square, ClippedSquare)
    assert sympy.simplify(square.bound - tau**2) == 0


def test_quantities_of_a_decrease() -> None:
    claim = setting()
    step = ClippedMethodStep().conclude((), claim).statement
    moment = MinkowskiMoment().conclude((), claim).statement
    parts = (
        step,
        BiasOfClipped().conclude((step, moment), claim).statement,
        SquareOfClipped().conclude((step, moment), claim).statement,
    )
    decrease = BoundedGradientDescent().conclude(parts, claim).statement
    assert isinstance(decrease, OneStep)
    assert decrease.expected
    assert set(decrease.form.quantities) == {NEXT_GAP, GAP, GRADIENT_SQUARED}


@pytest.mark.parametrize("weight", [sympy.Rational(1, 2), sympy.Integer(1)])
def test_young_s_inequality_is_sharp_where_the_bias_points_back(weight: sympy.Expr) -> None:
    claim = setting()
    step = ClippedMethodStep().conclude((), claim).statement
    slope = sympy.Symbol("slope", positive=True)
    # b = -weight*∇f and no second moment: f changes by -h*(1 - weight)*‖∇f‖² to first order
    parts = (step, ClippedBias(weight * slope), ClippedSquare(sympy.Integer(0)))
    decrease = ClippedDescent().conclude(parts, claim, weight=weight).statement
    assert isinstance(decrease, OneStep)
    h = claim.domain.symbols["h"]
    change = -decrease.form[GRADIENT_SQUARED] * slope**2 - decrease.form.constant
    assert sympy.expand(change + h * (1 - weight) * slope**2) == 0


@pytest.mark.parametrize("assumption", ["lipschitz(G)", "heavy_tailed(alpha, sigma)"])
def test_every_moment_needs_its_assumptions(assumption: str) -> None:
    rest = ["smooth(L)", "lipschitz(G)", "unbiased", "heavy_tailed(alpha, sigma)"]
    rest.remove(assumption)
    claim = setting(assumptions=rest)
    for rule in MOMENTS:
        with pytest.raises(NotApplicableError):
            rule.conclude((), claim)


def test_the_bias_needs_unbiased_draws() -> None:
    claim = setting(assumptions=["smooth(L)", "lipschitz(G)", "heavy_tailed(alpha, sigma)"])
    step = ClippedMethodStep().conclude((), claim).statement
    moment = MinkowskiMoment().conclude((), claim).statement
    with pytest.raises(NotApplicableError, match="unbiased"):
        BiasOfClipped().conclude((step, moment), claim)


@pytest.mark.parametrize(
    "method",
    [
        "sgd(step=h)",
        "clipped_gd(step=h, threshold=tau)",
        "normalized_gd(step=h, offset=tau)",
        "coordinate_clipped_sgd(step=h, threshold=tau)",
        "clipped_sgd(step=h, threshold=sigma - G)",
        "gradient_descent(step=h)",
    ],
)
def test_other_steps_are_not_read_as_clipped(method: str) -> None:
    with pytest.raises(Stuck):
        clipping(setting(method=method))


def test_a_clipped_step_is_read_with_its_length_and_threshold() -> None:
    read = clipping(setting(method="clipped_sgd(step=h/(k + 1), threshold=2*tau)"))
    assert str(read.length) == "h/(k + 1)"
    assert str(read.threshold) == "2*tau"


def test_sums_of_powers_are_equal_where_their_normal_forms_are() -> None:
    a, c, n = sympy.Symbol("a", real=True), *sympy.symbols("c N", positive=True)
    pairs = [
        (
            (c * n ** (1 / (3 * a - 2))) ** (2 - 2 * a),
            c**2 * n ** ((2 - 2 * a) / (3 * a - 2)) / c ** (2 * a),
        ),
        (4 ** (a - 1), 2 ** (2 * a) / 4),
        ((n**a + 1) ** 2, n ** (2 * a) + 2 * n**a + 1),
        (1 / (n * n ** (-a / (3 * a - 2))), n ** ((2 - 2 * a) / (3 * a - 2))),
    ]
    for left, right in pairs:
        assert power_sum(left).terms == power_sum(right).terms
    assert power_sum(2 ** (a - 1)).terms != power_sum(2**a).terms
    rng = np.random.default_rng(0)
    for left, _ in pairs:
        values = {"a": rng.uniform(1.1, 2), "c": rng.uniform(0.5, 2), "N": rng.uniform(1, 9)}
        rebuilt = sum(
            coefficient * sympy.Mul(*(b**e for b, e in monomial))
            for monomial, coefficient in power_sum(left).terms.items()
        )
        assert number(sympy.sympify(rebuilt), **values) == pytest.approx(number(left, **values))
