"""The bounds on the escape from a saddle against gradient descent on random quadratics."""

from __future__ import annotations

import time
from functools import cache
from typing import Any

import numpy as np
import pytest
import sympy

from theoryck.claims.reading import read_claim
from theoryck.derive.escape.rules import (
    Escape,
    EscapeDecrease,
    EscapeDistance,
    EscapeFall,
    EscapeGradient,
    UnstableDirection,
)
from theoryck.derive.examine import examine
from theoryck.derive.rules.base import NotApplicableError
from theoryck.derive.rules.step import MethodStep
from theoryck.derive.setting import START_GAP, Setting, setting_of
from theoryck.derive.statements import Bound
from theoryck.verdict import Status

TABLE: dict[str, Any] = {
    "id": "escape",
    "parameters": {
        "L": "L > 0",
        "gamma": "0 < gamma <= L",
        "h": "0 < h <= 2/L",
        "r": "r > 0",
        "N": "integer, N >= 0",
    },
    "method": "gradient_descent(step=h)",
    "assumptions": ["smooth(L)", "quadratic_saddle(gamma, r)"],
    "measure": "f(x[N]) - f(x[0])",
    "bound": "0",
}


@cache
def setting(**changes: str) -> Setting:
    return setting_of(read_claim({**TABLE, **changes}))


def number(expr: sympy.Expr, values: dict[str, float]) -> float:
    names = sorted(symbol.name for symbol in expr.free_symbols)
    return float(compiled(expr)(*(values[name] for name in names)))


@cache
def compiled(expr: sympy.Expr) -> Any:
    return sympy.lambdify(sorted(expr.free_symbols, key=lambda symbol: symbol.name), expr)


def test_no_run_is_slower_than_the_bounds() -> None:
    claim, rng = setting(), np.random.default_rng(0)
    step = MethodStep().conclude((), claim).statement
    growth = UnstableDirection().conclude((step,), claim).statement
    index = claim.domain.symbols["N"]
    rules = (EscapeDistance(), EscapeGradient(), EscapeFall())
    lower = [rule.conclude((growth,), claim, index=index).statement for rule in rules]
    upper = EscapeDecrease().conclude((growth,), claim, index=index).statement
    assert isinstance(upper, Bound)
    tightest = [np.inf] * 3
    for trial in range(40):
        size = int(rng.integers(1, 5))
        smoothness = float(rng.uniform(0.5, 3))
        eigenvalues = rng.uniform(-1, 1, size) * smoothness
        eigenvalues[0] = -abs(eigenvalues[0]) - 0.01 * smoothness
        smoothness = max(smoothness, float(np.abs(eigenvalues).max()))
        h = float(rng.uniform(0.05, 2)) / smoothness
        start = rng.standard_normal(size) * (0 if trial % 4 == 0 else 1)
        start[0] = rng.uniform(0.1, 1)
        values = {
            "L": smoothness,
            "gamma": float(-eigenvalues[0]) * (1 if trial % 2 else 0.7),
            "h": h,
            "r": float(start[0]) * (1 if trial % 2 else 0.9),
        }
        x = start.copy()
        for k in range(6):
            seen = (
                float(np.linalg.norm(x - start)),
                float(np.linalg.norm(eigenvalues * x)),
                float(eigenvalues @ (start**2 - x**2)) / 2,
            )
            for place, (statement, value) in enumerate(zip(lower, seen, strict=True)):
                assert isinstance(statement, Escape)
                told = number(statement.bound, {**values, "N": k})
                assert told <= value + 1e-9
                if k:
                    tightest[place] = min(tightest[place], (value - told) / (1 + value))
            fall = number(upper.bound - START_GAP, {**values, "N": k})
            assert -seen[2] <= fall + 1e-9
            x = x - h * eigenvalues * x
    # in one dimension with the very constants, nothing is lost
    assert tightest == pytest.approx([0, 0, 0], abs=1e-9)


def test_too_long_a_step_is_refused_where_it_would_be_wrong() -> None:
    claim = setting()
    step = MethodStep().conclude((), claim).statement
    growth = UnstableDirection().conclude((step,), claim).statement
    for rule in (EscapeDecrease(), EscapeFall()):
        conditions = rule.conclude((growth,), claim, index=claim.domain.symbols["N"]).conditions
        assert any("L*h <= 2" in str(condition) for condition in conditions)
    # step*lam = 3 in a direction of positive curvature: f rises there faster than it falls
    h, eigenvalues, start = 3.0, np.array([-0.01, 1.0]), np.array([0.1, 1.0])
    after = start - h * eigenvalues * start
    assert eigenvalues @ (after**2 - start**2) > 0


@pytest.mark.parametrize(
    "method", ["proximal_point(step=h)", "gradient_descent(step=h/(k + 1))", "sgd(step=h)"]
)
def test_other_steps_are_not_followed(method: str) -> None:
    claim = setting(method=method)
    step = MethodStep().conclude((), claim).statement
    if method.startswith("sgd"):  # without noise it is gradient descent
        UnstableDirection().conclude((step,), claim)
        return
    with pytest.raises(NotApplicableError):
        UnstableDirection().conclude((step,), claim)


def test_the_growth_needs_the_assumption() -> None:
    claim = setting_of(read_claim({**TABLE, "assumptions": ["smooth(L)", "quadratic"]}))
    step = MethodStep().conclude((), claim).statement
    with pytest.raises(NotApplicableError, match="quadratic_saddle"):
        UnstableDirection().conclude((step,), claim)


@pytest.mark.parametrize(
    ("reach", "reason"),
    [
        ("norm(x[k] - x_star) >= L*r", "told by"),
        ("norm(x[k] - x[1]) >= r", "told by"),
        ("f(x[k]) - f_star <= 1", "no minimum"),
        ("2*norm(grad(x[k])) >= gamma*r", "told by"),
    ],
)
def test_targets_that_are_not_read_say_so(reach: str, reason: str) -> None:
    table = {key: TABLE[key] for key in ("id", "parameters", "method", "assumptions")}
    table |= {"kind": "complexity", "reach": reach, "within": "L*h"}
    report = examine(read_claim(table), time.monotonic() + 20)
    assert report.status is Status.INCONCLUSIVE
    assert reason in report.reason
