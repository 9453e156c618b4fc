"""Tight rates for all N by potentials: those that hold are proved, near misses never."""

from __future__ import annotations

import time
from typing import Any

import pytest

from theoryck.claims.reading import read_claim
from theoryck.derive import prove
from theoryck.verdict import EngineReport, Scope, Status

pytestmark = pytest.mark.costly

L = {"L": "L > 0", "N": "integer, N >= 1"}
R = {**L, "R": "R > 0"}
MU = {**L, "mu": "0 < mu <= L"}
SMOOTH = ["convex", "smooth(L)"]
STRONG = ["strongly_convex(mu)", "smooth(L)"]
GD, GD_ANY = "gradient_descent(step=1/L)", "gradient_descent(step=gamma)"
PROX = {"gamma": "gamma > 0", "N": "integer, N >= 1"}
FROM_DISTANCE = "norm(x[0] - x_star)**2 <= R**2"
GAP, GRADIENT = "f(x[N]) - f_star", "norm(grad(x[N]))"
SLOWER = "max(abs(1 - gamma*mu), abs(1 - gamma*L))**(2*N)"
RANGE = "0 < gamma < 2/L"


def rate(
    method: str,
    assumptions: list[str],
    measure: str,
    bound: str,
    parameters: dict[str, str],
    initial: str | None = FROM_DISTANCE,
) -> dict[str, Any]:
    table: dict[str, Any] = {
        "id": "claim",
        "method": method,
        "assumptions": assumptions,
        "measure": measure,
        "bound": bound,
        "parameters": parameters,
    }
    return table if initial is None else {**table, "initial": initial}


def examined(table: dict[str, Any]) -> EngineReport:
    return prove(read_claim(table), time.monotonic() + 60)


TRUE = {
    "gd, gap from distance": rate(GD, SMOOTH, GAP, "L*R**2/(4*N + 2)", R),
    "gd, short steps": rate(
        GD_ANY, SMOOTH, GAP, "L*R**2/(4*N*gamma*L + 2)", {**R, "gamma": "0 < gamma <= 1/L"}
    ),
    "gd, gradient from distance": rate(GD, SMOOTH, GRADIENT, "L*R/(N + 1)", R),
    "gd, gradient from gap": rate(
        GD,
        SMOOTH,
        f"{GRADIENT}**2",
        "2*L*D/(2*N + 1)",
        {**L, "D": "D > 0"},
        "f(x[0]) - f_star <= D",
    ),
    "gd, gradient, no growth": rate(
        GD_ANY,
        SMOOTH,
        GRADIENT,
        "norm(grad(x[0]))",
        {**L, "gamma": RANGE},
        None,
    ),
    "gd, strongly convex, gap": rate(
        GD_ANY, STRONG, GAP, f"{SLOWER}*(f(x[0]) - f_star)", {**MU, "gamma": RANGE}, None
    ),
    "gd, strongly convex, gradient": rate(
        GD_ANY,
        STRONG,
        f"{GRADIENT}**2",
        f"{SLOWER}*norm(grad(x[0]))**2",
        {**MU, "gamma": RANGE},
        None,
    ),
    "gd, strongly convex, gap, step 2/(L + mu)": rate(
        "gradient_descent(step=2/(L + mu))",
        STRONG,
        GAP,
        "((L - mu)/(L + mu))**(2*N)*(f(x[0]) - f_star)",
        MU,
        None,
    ),
    "proximal point, gap": rate(
        "proximal_point(step=gamma)", ["convex"], GAP, "R**2/(4*gamma*N)", {**PROX, "R": "R > 0"}
    ),
    "proximal point, strongly convex, gap": rate(
        "proximal_point(step=gamma)",
        ["strongly_convex(mu)"],
        GAP,
        "(f(x[0]) - f_star)/(1 + gamma*mu)**(2*N)",
        {**PROX, "mu": "mu > 0"},
        None,
    ),
    "heavy ball without momentum": rate(
        "heavy_ball(step=1/L, momentum=0)", SMOOTH, GAP, "L*R**2/(4*N + 2)", R
    ),
    "the last iterate but one": rate(
        GD, SMOOTH, "f(x[N - 1]) - f_star", "L*R**2/(4*N - 2)", {**R, "N": "integer, N >= 2"}
    ),
    "the least gradient": rate(GD, SMOOTH, "min_over(k, 0, N, norm(grad(x[k])))", "L*R/(N + 1)", R),
    "proximal point, strongly convex, gap from distance": rate(
        "proximal_point(step=gamma)",
        ["strongly_convex(mu)"],
        GAP,
        "mu*R**2/(2*((1 + gamma*mu)**(2*N) - 1))",
        {**PROX, "mu": "mu > 0", "R": "R > 0"},
    ),
    "gd, strongly convex, gap from distance": rate(
        GD,
        STRONG,
        GAP,
        "mu*R**2/(2*((1 - mu/L)**(-2*N) - 1 + mu/L))",
        {**R, "mu": "0 < mu < L"},
    ),
    "proximal point, growing steps": rate(
        "proximal_point(step=(k + 1)*gamma)",
        ["convex"],
        GAP,
        "R**2/(2*gamma*N*(N + 1))",
        {**PROX, "R": "R > 0"},
    ),
    "an order": rate(GD, SMOOTH, GRADIENT, "O(1/N)", R),
    "a looser bound": rate(GD, SMOOTH, GAP, "L*R**2/(3*N + 2)", R),
}


@pytest.mark.parametrize("name", TRUE)
def test_rates_that_hold_are_proved_for_all_parameters(name: str) -> None:
    report = examined(TRUE[name])
    assert report.status is Status.PROVED, report.reason
    assert report.scope is Scope.ALL_PARAMETERS
    assert report.evidence


TIGHT = (
    "gd, gap from distance",
    "gd, gradient from distance",
    "gd, gradient from gap",
    "gd, gradient, no growth",
    "proximal point, gap",
    "proximal point, strongly convex, gap",
    "proximal point, strongly convex, gap from distance",
)


@pytest.mark.parametrize("name", TIGHT)
def test_a_bound_one_percent_smaller_is_not_proved(name: str) -> None:
    table = TRUE[name]
    report = examined({**table, "bound": f"0.99*({table['bound']})"})
    assert report.status is Status.INCONCLUSIVE
    assert any(finding.code == "suggestion" for finding in report.findings)


def test_the_best_bound_is_found_whatever_is_claimed() -> None:
    assert examined(TRUE["a looser bound"]).best_bound == "L*R**2/(4*N + 2)"
    wrong = {**TRUE["proximal point, gap"], "bound": "R**2/(5*gamma*N)"}
    assert examined(wrong).best_bound == "R**2/(4*N*gamma)"


FALSE = {
    "N shifted": {**TRUE["gd, gap from distance"], "bound": "L*R**2/(4*N + 3)"},
    "index shifted": {**TRUE["gd, gap from distance"], "measure": "f(x[N - 1]) - f_star"},
    "N shifted, gradient": {**TRUE["gd, gradient from distance"], "bound": "L*R/(N + 2)"},
    "N shifted, proximal": {**TRUE["proximal point, gap"], "bound": "R**2/(4*gamma*(N + 1))"},
    "no convexity": {**TRUE["gd, gap from distance"], "assumptions": ["smooth(L)"]},
    "no smoothness": {**TRUE["gd, gap from distance"], "assumptions": ["convex"]},
    "no convexity, proximal": {**TRUE["proximal point, gap"], "assumptions": ["smooth(gamma)"]},
    "no strong convexity": {
        **TRUE["gd, strongly convex, gap"],
        "assumptions": ["convex", "smooth(L)"],
    },
    "constants swapped": {
        **TRUE["gd, strongly convex, gap, step 2/(L + mu)"],
        "bound": "(mu/L)**(2*N)*(f(x[0]) - f_star)",
    },
    "only the fast quadratic": {
        **TRUE["gd, strongly convex, gap"],
        "bound": "(1 - gamma*L)**(2*N)*(f(x[0]) - f_star)",
    },
    "step too long": {
        **TRUE["gd, short steps"],
        "parameters": {**R, "gamma": "0 < gamma <= 19/(10*L)"},
    },
    "step beyond 2/L": {
        **TRUE["gd, gradient, no growth"],
        "parameters": {**L, "gamma": "0 < gamma < 21/(10*L)"},
    },
    "start measured otherwise": {
        **TRUE["gd, gap from distance"],
        "initial": "norm(x[0] - x_star)**2 <= 2*R**2",
    },
    "growing steps, N shifted": {
        **TRUE["proximal point, growing steps"],
        "bound": "R**2/(2*gamma*(N + 1)*(N + 2))",
    },
    "momentum": {
        **TRUE["heavy ball without momentum"],
        "method": "heavy_ball(step=1/L, momentum=1/2)",
    },
}


@pytest.mark.parametrize("name", FALSE)
def test_near_misses_are_not_proved(name: str) -> None:
    assert examined(FALSE[name]).status is Status.INCONCLUSIVE
