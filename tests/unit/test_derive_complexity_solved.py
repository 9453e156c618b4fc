"""The number of iterations, solved from a bound; and the suggestion that it becomes."""

from __future__ import annotations

import time
from typing import Any

import pytest
import sympy

from theoryck.claims.reading import read_claim
from theoryck.derive import examine
from theoryck.derive.complexity.solved import iterations
from theoryck.verdict import Status

N = sympy.Symbol("N", integer=True, positive=True)
L, R, EPSILON, MU = sympy.symbols("L R epsilon mu", positive=True)
AT = {L: 3, R: 2, EPSILON: sympy.Rational(1, 50), MU: 1}

BOUNDS = (
    2 * L * R / N,
    L * R**2 / (4 * N + 2),
    2 * L * R**2 / (N + 1) ** 2,
    sympy.sqrt(2 * L * R / N),
    sympy.sqrt(20 * L * R / N) + 20 * L * R / N,
    sympy.sqrt(20 * L * R / N + 9 * R**2 / N**2),
    R * (1 - MU / L) ** N,
    R * ((L - MU) / (L + MU)) ** (2 * N),
)


@pytest.mark.parametrize("bound", BOUNDS, ids=str)
def test_the_level_is_met_from_the_solution_on(bound: sympy.Expr) -> None:
    found = iterations(bound, N, EPSILON)
    assert found is not None
    whole = sympy.ceiling(found.subs(AT))
    assert float(bound.subs(AT).subs(N, whole)) <= 1 / 50
    if not bound.has(MU):  # of a geometric one log(1/q) >= 1 - q is used
        assert float(bound.subs(AT).subs(N, whole - 1)) > 1 / 50


@pytest.mark.parametrize("bound", [R + 1 / N, R, sympy.log(N) / N])
def test_what_is_not_solved(bound: sympy.Expr) -> None:
    assert iterations(bound, N, EPSILON) is None


def table(within: str) -> dict[str, Any]:
    return {
        "id": "c",
        "kind": "complexity",
        "parameters": {"L": "L > 0", "epsilon": "epsilon > 0"},
        "method": "gradient_descent(step=1/L)",
        "assumptions": ["smooth(L)"],
        "reach": "norm(grad(x[k])) <= epsilon",
        "within": within,
    }


def test_too_few_iterations_come_with_enough() -> None:
    claim = read_claim(table("L*(f(x[0]) - f_star)/(2*epsilon**2)"))
    report = examine(claim, time.monotonic() + 60)
    assert report.status is Status.INCONCLUSIVE
    assert report.best_bound == "2*(f(x[0]) - f_star)*L/epsilon**2"
    assert any(f.code == "suggestion" and report.best_bound in f.message for f in report.findings)
    again = examine(read_claim(table(report.best_bound)), time.monotonic() + 60)
    assert again.status is Status.PROVED
