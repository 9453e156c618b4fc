"""False bounds are never proved by a chain of potentials, under any horizon or observable."""

from __future__ import annotations

import time
from typing import Any

import pytest

from theoryck.claims import read_claim
from theoryck.claims.claim import RateClaim
from theoryck.pep.chains import ChainAnswer, examine_chain
from theoryck.pep.program import Failure

PATIENCE = 60.0
START = "norm(x[0] - x_star)**2 <= R**2"
CONVEX, STRONG = ["convex", "smooth(L)"], ["strongly_convex(L/4)", "smooth(L)"]

# the exact worst cases: method, assumptions, start, measure, value
TIGHT = {
    "value": ("gradient_descent(step=1/L)", CONVEX, START, "f(x[N]) - f_star", "L*R**2/(4*N + 2)"),
    "gradient": (
        "gradient_descent(step=1/L)",
        CONVEX,
        START,
        "norm(grad(x[N]))**2",
        "L**2*R**2/(N + 1)**2",
    ),
    "distance": (
        "gradient_descent(step=8/(5*L))",
        STRONG,
        START,
        "norm(x[N] - x_star)",
        "R*(3/5)**N",
    ),
    "proximal": ("proximal_point(step=1/L)", ["convex"], START, "f(x[N]) - f_star", "L*R**2/(4*N)"),
    "subgradient": (
        "subgradient(step=R/(L*sqrt(N + 1)))",
        ["convex", "lipschitz(L)"],
        START,
        "min_over(k, 0, N, f(x[k]) - f_star)",
        "L*R/sqrt(N + 1)",
    ),
}


def claim(name: str, factor: str, horizon: int, **changes: Any) -> RateClaim:
    method, assumptions, initial, measure, bound = TIGHT[name]
    table = {
        "id": "chain",
        "parameters": {"L": "L > 0", "R": "R > 0", "N": "integer, N >= 1"},
        "method": method,
        "assumptions": assumptions,
        "initial": initial,
        "measure": measure,
        "bound": f"({bound})*{factor}",
        "at": [{"L": 2, "R": 3, "N": horizon}],
        **changes,
    }
    found = read_claim(table)
    assert isinstance(found, RateClaim)
    return found


def proved(which: RateClaim) -> bool:
    answer = examine_chain(which, which.at[0], time.monotonic() + PATIENCE)
    return isinstance(answer, ChainAnswer) and answer.certificate is not None


@pytest.mark.parametrize("name", TIGHT)
@pytest.mark.parametrize("horizon", [1, 3, 8])
def test_a_hundredth_less_is_never_proved(name: str, horizon: int) -> None:
    assert not proved(claim(name, "99/100", horizon))
    assert proved(claim(name, "101/100", horizon))


@pytest.mark.parametrize("name", TIGHT)
def test_a_millionth_less_is_never_proved(name: str) -> None:
    assert not proved(claim(name, "(1 - 1/1000000)", 3))


@pytest.mark.parametrize(
    "changes",
    [
        {"assumptions": ["convex"]},
        {"assumptions": ["smooth(L)"]},
        {"assumptions": ["convex", "smooth(2*L)"]},
        {"method": "gradient_descent(step=5/(2*L))"},
        {"method": "gradient_descent(step=1/(2*L))"},
        {"initial": "f(x[0]) - f_star <= R"},
        {"initial": "norm(x[0] - x_star)**2 <= 2*R**2"},
        {"measure": "f(x[N - 1]) - f_star"},
        {"method": "sgd(step=1/L)", "measure": "E(f(x[N]) - f_star)"},
        {
            "method": "sgd(step=1/L)",
            "measure": "E(f(x[N]) - f_star)",
            "assumptions": ["convex", "smooth(L)", "unbiased"],
        },
    ],
)
def test_a_near_miss_is_never_proved(changes: dict[str, Any]) -> None:
    assert not proved(claim("value", "1", 4, **changes))


def test_a_bound_that_is_not_positive_says_so() -> None:
    which = claim("value", "0", 3)
    answer = examine_chain(which, which.at[0], time.monotonic() + PATIENCE)
    assert isinstance(answer, Failure)
    assert "not positive" in answer.reason


def test_a_spent_budget_says_so() -> None:
    which = claim("value", "2", 300)
    answer = examine_chain(which, which.at[0], time.monotonic())
    assert isinstance(answer, Failure)
    assert "budget" in answer.reason
