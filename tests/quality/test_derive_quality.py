"""Does derive tell true rates from near misses? True claims are proved, the others never."""

from __future__ import annotations

import time
from typing import Any

import pytest

from theoryck.claims.reading import read_claim
from theoryck.derive import prove
from theoryck.verdict import EngineReport, Scope, Status

pytestmark = pytest.mark.costly

L = {"L": "L > 0", "N": "integer, N >= 1"}
DELTA = {**L, "Delta": "Delta >= 0"}
MU = {"mu": "0 < mu <= L"}
R = {**L, "R": "R > 0"}
FROM_GAP, FROM_DISTANCE = "f(x[0]) - f_star <= Delta", "norm(x[0] - x_star)**2 <= R**2"

GD = "gradient_descent(step=1/L)"
GD_ANY = "gradient_descent(step=step)"
SGD_TUNED = "sgd(step=1/(L*sqrt(N)))"
GAP = "f(x[N]) - f_star"
DISTANCE = "norm(x[N] - x_star)**2"
LEAST = "min_over(k, 0, N - 1, norm(grad(x[k]))**2)"
MEAN = "mean_over(k, 0, N - 1, E(norm(grad(x[k]))**2))"
NOISE = ["smooth(L)", "unbiased", "bounded_variance(sigma)"]
MOMENT = ["smooth(L)", "unbiased", "bounded_second_moment(G)"]
GROWTH = ["smooth(L)", "unbiased", "strong_growth(rho)"]
STRONG = ["smooth(L)", "strongly_convex(mu)"]
SIGMA = {"sigma": "sigma >= 0"}


def rate(
    method: str,
    assumptions: list[str],
    measure: str,
    bound: str,
    parameters: dict[str, str],
    initial: str | None = FROM_GAP,
    **more: str,
) -> dict[str, Any]:
    table: dict[str, Any] = {
        "id": "claim",
        "method": method,
        "assumptions": assumptions,
        "measure": measure,
        "bound": bound,
        "parameters": {**parameters, **more},
    }
    return table if initial is None else {**table, "initial": initial}


def examined(table: dict[str, Any]) -> EngineReport:
    return prove(read_claim(table), time.monotonic() + 60)


TRUE = {
    "gd, smooth": rate(GD, ["smooth(L)"], LEAST, "2*L*Delta/N", DELTA),
    "gd, smooth, 0..N": rate(
        GD, ["smooth(L)"], "min_over(k, 0, N, norm(grad(x[k]))**2)", "2*L*Delta/(N + 1)", DELTA
    ),
    "gd, smooth, 1..N": rate(
        GD, ["smooth(L)"], "min_over(k, 1, N, norm(grad(x[k]))**2)", "2*L*Delta/N", DELTA
    ),
    "gd, smooth, norm": rate(
        GD,
        ["smooth(L)"],
        "min_over(k, 0, N - 1, norm(grad(x[k])))",
        "sqrt(2*L*Delta/N)",
        DELTA,
    ),
    "gd, smooth, sum": rate(
        GD, ["smooth(L)"], "sum_over(k, 0, N - 1, norm(grad(x[k]))**2)", "2*L*Delta", DELTA
    ),
    "gd, pl": rate(GD, ["smooth(L)", "pl(mu)"], GAP, "(1 - mu/L)**N*Delta", DELTA, **MU),
    "gd, pl, exp": rate(GD, ["smooth(L)", "pl(mu)"], GAP, "exp(-mu*N/L)*Delta", DELTA, **MU),
    "gd, pl, relative": rate(
        GD, ["smooth(L)", "pl(mu)"], GAP, "(1 - mu/L)**N*(f(x[0]) - f_star)", L, None, mu="mu > 0"
    ),
    "gd, pl, step": rate(
        GD_ANY,
        ["smooth(L)", "pl(mu)"],
        GAP,
        "(1 - mu*step)**N*Delta",
        DELTA,
        **MU,
        step="0 < step <= 1/L",
    ),
    "gd, pl, any step": rate(
        GD_ANY,
        ["smooth(L)", "pl(mu)"],
        GAP,
        "(1 - 2*mu*step*(1 - L*step/2))**N*Delta",
        DELTA,
        **MU,
        step="0 < step < 2/L",
    ),
    "gd, error bound": rate(
        GD_ANY,
        ["smooth(L)", "error_bound(delta)"],
        GAP,
        "(1 - step*delta*(1 - L*step/2))**N*(f(x[0]) - f_star)",
        L,
        None,
        delta="delta > 0",
        step="0 < step < 2/L",
    ),
    "gd, one step": rate(
        GD_ANY,
        ["smooth(L)"],
        "f(x[1]) - f_star",
        "f(x[0]) - f_star - step*(1 - L*step/2)*norm(grad(x[0]))**2",
        {"L": "L > 0"},
        None,
        step="0 < step < 2/L",
    ),
    "sgd, one step": rate(
        "sgd(step=step)",
        NOISE,
        "E(f(x[1]) - f(x[0]))",
        "-step*(1 - L*step/2)*norm(grad(x[0]))**2 + L*step**2*sigma**2/2",
        {"L": "L > 0"},
        None,
        **SIGMA,
        step="0 < step < 2/L",
    ),
    "sgd, summed": rate(
        SGD_TUNED,
        NOISE,
        "E(sum_over(k, 0, N - 1, norm(grad(x[k]))**2/sqrt(N) - sigma**2/N))/(2*L)",
        "f(x[0]) - f_star",
        L,
        None,
        **SIGMA,
    ),
    "sgd, order": rate(SGD_TUNED, NOISE, MEAN, "O(1/sqrt(N))", L, None, **SIGMA),
    "gd, semi-smooth": rate(
        GD_ANY,
        ["semi_smooth(c, beta)", "error_bound(delta)"],
        "f(x[N])",
        "(1 - delta*step*(1 - beta*step))**N*f(x[0])",
        {"N": "integer, N >= 1"},
        "f_star == 0",
        beta="beta > 0",
        delta="0 < delta <= beta",
        step="0 < step < 1/beta",
        c="0 <= c <= sqrt(delta)*step*beta/2",
    ),
    "sgd, harmonic steps": rate(
        "sgd(step=1/(mu*(k + 1)))",
        ["strongly_convex(mu)", "unbiased", "bounded_second_moment(G)"],
        "E(norm(x[N] - x_star)**2)",
        "G**2/(mu**2*N)",
        {"N": "integer, N >= 1"},
        None,
        mu="mu > 0",
        G="G > 0",
    ),
    "gd, strongly convex": rate(GD, STRONG, GAP, "(1 - mu/L)**N*Delta", DELTA, **MU),
    "gd, strongly convex, distance": rate(
        GD_ANY,
        STRONG,
        DISTANCE,
        "max(abs(1 - step*mu), abs(1 - step*L))**(2*N)*R**2",
        R,
        FROM_DISTANCE,
        **MU,
        step="0 < step < 2/L",
    ),
    "gd, convex": rate(GD, ["convex", "smooth(L)"], GAP, "L*R**2/(2*N)", R, FROM_DISTANCE),
    "gd, convex, distance": rate(
        GD_ANY,
        ["convex", "smooth(L)"],
        "norm(x[N] - x_star)",
        "norm(x[0] - x_star)",
        L,
        None,
        step="0 < step <= 2/L",
    ),
    "sgd, variance": rate(SGD_TUNED, NOISE, MEAN, "(2*L*Delta + sigma**2)/sqrt(N)", DELTA, **SIGMA),
    "sgd, variance, batch": rate(
        "sgd(step=1/L, batch=b)",
        NOISE,
        MEAN,
        "2*L*Delta/N + sigma**2/b",
        DELTA,
        **SIGMA,
        b="integer, b >= 1",
    ),
    "sgd, E outside": rate(
        SGD_TUNED,
        NOISE,
        "E(min_over(k, 0, N - 1, norm(grad(x[k]))**2))",
        "(2*L*Delta + sigma**2)/sqrt(N)",
        DELTA,
        **SIGMA,
    ),
    "sgd, second moment": rate(
        "sgd(step=step)",
        MOMENT,
        MEAN,
        "Delta/(step*N) + L*step*G**2/2",
        DELTA,
        step="step > 0",
        G="G > 0",
    ),
    "sgd, strong growth": rate(
        "sgd(step=1/(rho*L))", GROWTH, MEAN, "2*rho*L*Delta/N", DELTA, rho="rho >= 1"
    ),
    "sgd, strong growth and pl": rate(
        "sgd(step=1/(rho*L))",
        [*GROWTH, "pl(mu)"],
        "E(f(x[N]) - f_star)",
        "(1 - mu/(rho*L))**N*Delta",
        DELTA,
        **MU,
        rho="rho >= 1",
    ),
    "sgd, pl, to a floor": rate(
        "sgd(step=step)",
        [*NOISE, "pl(mu)"],
        "E(f(x[N])) - f_star",
        "(1 - mu*step)**N*Delta + L*step*sigma**2/(2*mu)",
        DELTA,
        **MU,
        **SIGMA,
        step="0 < step <= 1/L",
    ),
    "subgradient, best": rate(
        "subgradient(step=step)",
        ["convex", "lipschitz(G)"],
        "min_over(k, 0, N, f(x[k]) - f_star)",
        "(R**2 + (N + 1)*step**2*G**2)/(2*(N + 1)*step)",
        R,
        FROM_DISTANCE,
        G="G > 0",
        step="step > 0",
    ),
    "subgradient, average": rate(
        "subgradient(step=R/(G*sqrt(N + 1)))",
        ["convex", "lipschitz(G)"],
        "f(mean_over(k, 0, N, x[k])) - f_star",
        "R*G/sqrt(N + 1)",
        R,
        FROM_DISTANCE,
        G="G > 0",
    ),
    "proximal point": rate(
        "proximal_point(step=step)",
        ["convex"],
        GAP,
        "R**2/(2*step*N)",
        R,
        FROM_DISTANCE,
        step="step > 0",
    ),
    "proximal point, strongly convex": rate(
        "proximal_point(step=step)",
        ["strongly_convex(mu)"],
        DISTANCE,
        "R**2/(1 + step*mu)**(2*N)",
        R,
        FROM_DISTANCE,
        step="step > 0",
        mu="mu > 0",
    ),
}


@pytest.mark.parametrize("name", TRUE)
def test_true_rates_are_proved_for_all_parameters(name: str) -> None:
    report = examined(TRUE[name])
    assert report.status is Status.PROVED, report.reason
    assert report.scope is Scope.ALL_PARAMETERS
    assert report.best_bound
    assert any(line.startswith("1. ") for line in report.evidence)


# the steps of these proofs are tight, so that a slightly smaller bound must not come out
SHRINKABLE = (
    "gd, smooth",
    "gd, smooth, norm",
    "gd, pl",
    "gd, strongly convex, distance",
    "sgd, second moment",
    "sgd, strong growth",
    "subgradient, best",
    "subgradient, average",
    "proximal point, strongly convex",
)


@pytest.mark.parametrize("name", SHRINKABLE)
def test_a_bound_one_percent_smaller_is_not_proved(name: str) -> None:
    table = TRUE[name]
    report = examined({**table, "bound": f"0.99*({table['bound']})"})
    assert report.status is Status.INCONCLUSIVE
    assert any(finding.code == "suggestion" for finding in report.findings)


def without(table: dict[str, Any], assumption: str) -> dict[str, Any]:
    return {**table, "assumptions": [a for a in table["assumptions"] if a != assumption]}


FALSE = {
    "no smoothness": without(TRUE["gd, smooth"], "smooth(L)"),
    "no pl": without(TRUE["gd, pl"], "pl(mu)"),
    "no unbiasedness": without(TRUE["sgd, variance"], "unbiased"),
    "no variance bound": without(TRUE["sgd, variance"], "bounded_variance(sigma)"),
    "no moment bound": without(TRUE["sgd, second moment"], "bounded_second_moment(G)"),
    "no convexity": without(TRUE["subgradient, best"], "convex"),
    "no Lipschitz bound": without(TRUE["subgradient, best"], "lipschitz(G)"),
    "growth without unbiasedness": without(TRUE["sgd, strong growth"], "unbiased"),
    "N shifted": {**TRUE["gd, smooth"], "bound": "2*L*Delta/(N + 1)"},
    "power shifted": {**TRUE["gd, pl"], "bound": "(1 - mu/L)**(N + 1)*Delta"},
    "index shifted": {**TRUE["gd, pl"], "measure": "f(x[N - 1]) - f_star"},
    "range shifted": {
        **TRUE["gd, smooth, 0..N"],
        "measure": "min_over(k, 1, N, norm(grad(x[k]))**2)",
    },
    "step too long": {**TRUE["gd, smooth"], "method": "gradient_descent(step=2.1/L)"},
    "step too long, pl": {**TRUE["gd, pl"], "method": "gradient_descent(step=2.1/L)"},
    "step of the wrong sign": {**TRUE["gd, smooth"], "method": "gradient_descent(step=-1/L)"},
    "constants swapped": {**TRUE["gd, pl"], "bound": "(1 - L/mu)**N*Delta"},
    "the other convention of pl": {
        **TRUE["gd, pl"],
        "assumptions": ["smooth(L)", "error_bound(mu)"],
    },
    "mu above L": {
        **TRUE["gd, pl"],
        "parameters": {**TRUE["gd, pl"]["parameters"], "mu": "mu > 0"},
    },
    "the lecture's misplaced bracket": {
        **TRUE["sgd, variance"],
        "bound": "2*L*(Delta + sigma**2)/sqrt(N)",
    },
    "randomness without E": {
        **TRUE["sgd, variance"],
        "measure": "mean_over(k, 0, N - 1, norm(grad(x[k]))**2)",
    },
    "max of gradients": {
        **TRUE["gd, smooth"],
        "measure": "max_over(k, 0, N - 1, norm(grad(x[k]))**2)",
    },
    "last instead of least": {**TRUE["gd, smooth"], "measure": "norm(grad(x[N - 1]))**2"},
    "E inside a maximum": {
        **TRUE["sgd, variance"],
        "measure": "E(max_over(k, 0, N - 1, norm(grad(x[k]))**2))",
    },
    "floor without its noise": {
        **TRUE["sgd, pl, to a floor"],
        "bound": "(1 - mu*step)**N*Delta",
    },
    "twice the batch": {**TRUE["sgd, variance, batch"], "bound": "2*L*Delta/N + sigma**2/(2*b)"},
    "order too small": {**TRUE["sgd, order"], "bound": "O(1/N)"},
    "one step, one percent less": {
        **TRUE["gd, one step"],
        "bound": "f(x[0]) - f_star - 1.01*step*(1 - L*step/2)*norm(grad(x[0]))**2",
    },
    "one step without its noise": {
        **TRUE["sgd, one step"],
        "bound": "-step*(1 - L*step/2)*norm(grad(x[0]))**2",
    },
    "a negative multiple": {**TRUE["gd, one step"], "measure": "f_star - f(x[1])"},
    "semi-smooth, its root term one tenth less": {
        **TRUE["gd, semi-smooth"],
        "bound": ("(1 - delta*step*(1 - beta*step/2) + 0.9*c*sqrt(delta)*step)**N*f(x[0])"),
    },
    "semi-smooth, not to zero": without(TRUE["gd, semi-smooth"], "error_bound(delta)"),
    "harmonic steps without strong convexity": {
        **TRUE["sgd, harmonic steps"],
        "assumptions": ["convex", "unbiased", "bounded_second_moment(G)"],
    },
    "harmonic steps, one percent less": {
        **TRUE["sgd, harmonic steps"],
        "bound": "0.99*G**2/(mu**2*N)",
    },
    "harmonic steps, too short": {
        **TRUE["sgd, harmonic steps"],
        "method": "sgd(step=1/(3*mu*(k + 1)))",
    },
    "a proximal step backwards": {
        **TRUE["proximal point"],
        "method": "proximal_point(step=-step)",
    },
    "memory": {**TRUE["gd, smooth"], "method": "heavy_ball(step=1/L, momentum=1/2)"},
    "attained": {**TRUE["gd, smooth"], "relation": "=="},
}


@pytest.mark.parametrize("name", FALSE)
def test_near_misses_are_not_proved(name: str) -> None:
    report = examined(FALSE[name])
    assert report.status is Status.INCONCLUSIVE, report.evidence
    assert report.scope is None


def test_a_missing_unbiasedness_is_named() -> None:
    report = examined(FALSE["no unbiasedness"])
    codes = {finding.code: finding.message for finding in report.findings}
    assert "unbiased" in codes["missing-assumption"]


def test_the_provable_constant_is_suggested() -> None:
    report = examined(FALSE["the other convention of pl"])
    assert report.best_bound == "Delta*(1 - mu/(2*L))**N"
    assert "suggestion" in {finding.code for finding in report.findings}


def test_an_assumption_without_use_and_slack_are_noticed() -> None:
    table = {**TRUE["gd, smooth"], "assumptions": ["smooth(L)", "convex"], "bound": "3*L*Delta/N"}
    codes = {f.code: f.message for f in examined(table).findings}
    assert "convex" in codes["unused-assumption"]
    assert "3/2" in codes["loose"]


def test_an_empty_domain_proves_nothing() -> None:
    table = TRUE["gd, smooth"]
    report = examined({**table, "parameters": {**DELTA, "L": "1 < L < 0"}})
    assert report.status is Status.INCONCLUSIVE
    assert [finding.code for finding in report.findings] == ["vacuous"]
