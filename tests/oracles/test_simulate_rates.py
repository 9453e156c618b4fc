"""Known worst cases: simulations keep them, and break every bound a little below them."""

from __future__ import annotations

import time
from typing import Any

import pytest

from theoryck.claims.reading import read_claim
from theoryck.simulate import examine
from theoryck.verdict import EngineReport, Status

CONVEX, STRONG = ["convex", "smooth(L)"], ["strongly_convex(mu)", "smooth(L)"]
DISTANCE = "norm(x[0] - x_star)**2 <= R**2"
SMALL = {"L": 1, "R": 1, "N": 3}
LARGER = {"L": "3/2", "R": 2, "N": 8}
FIRM = {"L": 1, "mu": "1/5", "R": 1, "N": 4}

# name: (claim, tight). A tight one is the exact worst case, and families here reach it.
RATES: dict[str, tuple[dict[str, Any], bool]] = {
    "gd values, step 1/L": (
        {"assumptions": CONVEX, "method": "gradient_descent(step=1/L)",
         "bound": "L*R**2/(4*N + 2)", "at": [SMALL, LARGER]},
        True,
    ),
    "gd values, short step": (
        {"assumptions": CONVEX, "method": "gradient_descent(step=1/(2*L))",
         "bound": "L*R**2/2*max(1/(N + 1), (1/2)**(2*N))", "at": [SMALL]},
        True,
    ),
    "gd values, long step": (
        {"assumptions": CONVEX, "method": "gradient_descent(step=9/(5*L))",
         "bound": "L*R**2/2*max(1/(18*N/5 + 1), (4/5)**(2*N))", "at": [SMALL]},
        True,
    ),
    "gd gradient": (
        {"assumptions": CONVEX, "method": "gradient_descent(step=1/L)",
         "measure": "norm(grad(x[N]))", "bound": "L*R/(N + 1)", "at": [SMALL, LARGER]},
        True,
    ),
    "gd distance": (
        {"assumptions": CONVEX, "method": "gradient_descent(step=1/L)",
         "measure": "norm(x[N] - x_star)**2", "bound": "R**2", "at": [SMALL]},
        True,
    ),
    "gd strongly convex distance": (
        {"assumptions": STRONG, "method": "gradient_descent(step=1/L)",
         "measure": "norm(x[N] - x_star)**2", "bound": "(1 - mu/L)**(2*N)*R**2", "at": [FIRM]},
        True,
    ),
    "gd strongly convex values": (
        {"assumptions": STRONG, "method": "gradient_descent(step=3/(2*L))", "initial": None,
         "bound": "max(abs(1 - 3*mu/(2*L)), 1/2)**(2*N)*(f(x[0]) - f_star)", "at": [FIRM]},
        True,
    ),
    "gd exact line search": (
        {"assumptions": STRONG, "method": "gradient_descent_exact_line_search()", "initial": None,
         "bound": "((L - mu)/(L + mu))**(2*N)*(f(x[0]) - f_star)", "at": [FIRM]},
        True,
    ),
    "gd on quadratics": (
        {"assumptions": [*CONVEX, "quadratic"], "method": "gradient_descent(step=1/L)",
         "bound": "L*R**2/2/(2*N + 1)*(1 - 1/(2*N + 1))**(2*N)", "at": [SMALL, LARGER]},
        True,
    ),
    "smooth, least gradient": (
        {"assumptions": ["smooth(L)"], "method": "gradient_descent(step=1/L)",
         "initial": "f(x[0]) - f_star <= Delta", "bound": "2*L*Delta/N",
         "measure": "min_over(k, 0, N - 1, norm(grad(x[k]))**2)",
         "at": [{"L": 1, "Delta": 1, "N": 3}]},
        False,
    ),
    "smooth and pl": (
        {"assumptions": ["smooth(L)", "pl(mu)"], "method": "gradient_descent(step=1/L)",
         "initial": "f(x[0]) - f_star <= Delta", "bound": "(1 - mu/L)**N*Delta",
         "at": [{"L": 1, "mu": mu, "Delta": 1, "N": 3} for mu in ("1/5", "1/300")]},
        False,
    ),
    "subgradient best": (
        {"assumptions": ["convex", "lipschitz(G)"], "method": "subgradient(step=R/(G*sqrt(N + 1)))",
         "measure": "min_over(k, 0, N, f(x[k]) - f_star)", "bound": "G*R/sqrt(N + 1)",
         "at": [{"G": 1, "R": 1, "N": 3}, {"G": 2, "R": 3, "N": 8}]},
        True,
    ),
    "proximal point": (
        {"assumptions": ["convex"], "method": "proximal_point(step=s)", "bound": "R**2/(4*s*N)",
         "at": [{"s": "1/2", "R": 1, "N": 3}]},
        True,
    ),
    "proximal point, strongly convex": (
        {"assumptions": ["strongly_convex(mu)"], "method": "proximal_point(step=s)",
         "measure": "norm(x[N] - x_star)**2", "bound": "(1 + s*mu)**(-2*N)*R**2",
         "at": [{"s": "1/2", "mu": 2, "R": 1, "N": 3}]},
        True,
    ),
    "nesterov, strongly convex": (
        {"assumptions": STRONG, "initial": None,
         "method": "nesterov(step=1/L, momentum=(sqrt(L) - sqrt(mu))/(sqrt(L) + sqrt(mu)))",
         "bound": "(1 - sqrt(mu/L))**N*(f(x[0]) - f_star + mu*norm(x[0] - x_star)**2/2)",
         "at": [FIRM]},
        False,
    ),
    "sgd, bounded variance": (
        {"assumptions": ["smooth(L)", "unbiased", "bounded_variance(sigma)"],
         "method": "sgd(step=1/(L*sqrt(N)))", "initial": "f(x[0]) - f_star <= Delta",
         "measure": "mean_over(k, 0, N - 1, E(norm(grad(x[k]))**2))",
         "bound": "(2*L*Delta + sigma**2)/sqrt(N)",
         "at": [{"L": 1, "Delta": 1, "sigma": 1, "N": 4}]},
        False,
    ),
    "sgd, one step from the minimiser": (
        {"assumptions": ["convex", "smooth(L)", "unbiased", "bounded_variance(sigma)"],
         "method": "sgd(step=1/L)", "initial": "norm(x[0] - x_star)**2 <= 0",
         "measure": "E(norm(x[1] - x_star)**2)", "bound": "sigma**2/L**2",
         "at": [{"L": 2, "sigma": 3}]},
        True,
    ),
}  # fmt: skip
PARAMETERS = {
    "L": "L > 0", "mu": "mu > 0", "R": "R > 0", "N": "integer, N >= 1", "G": "G > 0", "s": "s > 0",
    "Delta": "Delta > 0", "sigma": "sigma >= 0",
}  # fmt: skip


def report(name: str, **changes: Any) -> EngineReport:
    table = {"id": "rate", "measure": "f(x[N]) - f_star", "initial": DISTANCE, **RATES[name][0]}
    table |= changes
    if table["initial"] is None:
        del table["initial"]
    table["parameters"] = {p: PARAMETERS[p] for p in table["at"][0]}
    return examine(read_claim(table), time.monotonic() + 60)


@pytest.mark.parametrize("name", RATES)
def test_a_true_rate_is_supported(name: str) -> None:
    found = report(name)
    assert found.status is Status.SUPPORTED, found.reason


@pytest.mark.parametrize("name", [name for name, (_, tight) in RATES.items() if tight])
def test_one_percent_less_is_refuted(name: str) -> None:
    found = report(name, bound=f"0.99*({RATES[name][0]['bound']})")
    assert found.status is Status.REFUTED, found.reason
    witness = found.instances[-1].witness
    assert witness is not None
    assert {"kind", "start", "measure", "bound"} <= set(witness)


@pytest.mark.parametrize("name", ["gd values, step 1/L", "gd strongly convex distance"])
def test_an_equality_is_seen_to_be_attained(name: str) -> None:
    assert report(name, relation="==").status is Status.SUPPORTED
    loose = report(name, relation="==", bound=f"2*({RATES[name][0]['bound']})")
    assert loose.status is Status.INCONCLUSIVE
    assert "attained" in loose.reason
