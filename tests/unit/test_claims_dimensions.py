"""Units: each row of the table, true claims without a finding, broken ones with both terms."""

from fractions import Fraction

import pytest

from theoryck.algebra.units import CURVATURE, GRADIENT, NONE, STEP, F, Unit, X
from theoryck.claims import read_claim
from theoryck.claims.dimensions import check_dimensions, units

PARAMETERS = {
    **{name: f"{name} > 0" for name in ("L", "R", "mu", "G", "sigma", "gamma", "c", "L0", "L1")},
    **{name: f"{name} > 0" for name in ("rho", "delta", "beta", "epsilon", "q")},
    "Delta": "Delta >= 0",
    "alpha": "0 <= alpha < 1",
    "N": "integer, N >= 1",
}
DISTANCE = "norm(x[0] - x_star)**2 <= R**2"
GAP = "f(x[0]) - f_star <= Delta"
VALUE = "f(x[N]) - f_star"
GRADIENTS = "mean_over(k, 0, N - 1, E(norm(grad(x[k]))**2))"


def claim(bound, assumptions=("convex", "smooth(L)"), **changes):
    table = {
        "id": "a",
        "parameters": PARAMETERS,
        "method": "gradient_descent(step=1/L)",
        "assumptions": list(assumptions),
        "initial": DISTANCE,
        "measure": VALUE,
        "bound": bound,
        **changes,
    }
    return read_claim(table)


def messages(*args, **kwargs):
    return [finding.message for finding in check_dimensions(claim(*args, **kwargs))]


@pytest.mark.parametrize(
    ("assumption", "name", "unit"),
    [
        ("smooth(L)", "L", CURVATURE),
        ("strongly_convex(mu)", "mu", CURVATURE),
        ("weakly_convex(rho)", "rho", CURVATURE),
        ("pl(mu)", "mu", CURVATURE),
        ("quadratic_growth(mu)", "mu", CURVATURE),
        ("error_bound(delta)", "delta", CURVATURE),
        ("lipschitz(G)", "G", GRADIENT),
        ("bounded_variance(sigma)", "sigma", GRADIENT),
        ("bounded_second_moment(G)", "G", GRADIENT),
        ("l0_l1_smooth(L0, L1)", "L1", X**-1),
        ("l0_l1_smooth(L0, L1)", "L0", CURVATURE),
        ("hessian_lipschitz(rho)", "rho", F / X**3),
        ("semi_smooth(c, beta)", "c", Unit(x=Fraction(-1), f=Fraction(1, 2))),
        ("semi_smooth(c, beta)", "beta", CURVATURE),
        ("strong_growth(rho)", "rho", NONE),
        ("kl(1/2, c)", "c", Unit(x=Fraction(-1), f=Fraction(1, 2))),
        ("kl(0, c)", "c", GRADIENT),
        ("kl(2/3, c)", "c", Unit(x=Fraction(-1), f=Fraction(1, 3))),
        ("kl(alpha, c)", "alpha", NONE),
        ("kl(alpha, c)", "c", None),
        ("smooth(2*L)", "L", CURVATURE),
        ("smooth(1/gamma)", "gamma", STEP),
        ("smooth(L**2)", "L", Unit(x=Fraction(-1), f=Fraction(1, 2))),
        ("heavy_tailed(alpha, sigma)", "sigma", GRADIENT),
    ],
)
def test_the_unit_table(assumption, name, unit):
    found = claim("O(1)", [assumption], method="gradient_descent(step=1/q)")
    assert units(found)[name] == unit
    assert check_dimensions(found) == ()


@pytest.mark.parametrize(
    ("changes", "name", "unit"),
    [
        ({"method": "gradient_descent(step=gamma)"}, "gamma", STEP),
        ({"method": "heavy_ball(step=1/L, momentum=beta)"}, "beta", NONE),
        ({"method": "gradient_descent(step=R/(q*sqrt(N)))"}, "q", GRADIENT),
        ({"initial": GAP}, "Delta", F),
        ({"initial": DISTANCE}, "R", X),
        ({"confidence": "1 - q"}, "q", NONE),
        ({"bound": "q*L*R**2"}, "q", NONE),
        ({"bound": "R**2*q"}, "q", CURVATURE),
        ({"bound": "exp(-q*N)*L*R**2"}, "q", NONE),
        ({"bound": "q**N*L*R**2"}, "q", NONE),
        ({"bound": "O(q)"}, "q", None),
        ({}, "N", NONE),
        ({}, "epsilon", None),
    ],
)
def test_parameters_get_units_by_unification(changes, name, unit):
    assert units(claim(**{"bound": "L*R**2", **changes}))[name] == unit


SGD = {
    "method": "sgd(step=1/(L*sqrt(N)))",
    "assumptions": ("smooth(L)", "unbiased", "bounded_variance(sigma)"),
    "initial": GAP,
    "measure": GRADIENTS,
}
TRUE = [
    {"bound": "L*R**2/(4*N + 2)"},
    {"bound": "L*R**2/2*max(1/(2*N + 1), (1 - gamma*L)**(2*N))",
     "method": "gradient_descent(step=gamma)"},
    {"bound": "(1 - mu/L)**N*Delta", "assumptions": ("smooth(L)", "pl(mu)"), "initial": GAP},
    {"bound": "((L - mu)/(L + mu))**(2*N)*R**2", "measure": "norm(x[N] - x_star)**2"},
    {"bound": "max(abs(1 - gamma*mu), abs(1 - gamma*L))**N*norm(x[0] - x_star)",
     "measure": "norm(x[N] - x_star)", "method": "gradient_descent(step=gamma)"},
    {"bound": "(2*L*Delta + sigma**2)/sqrt(N)", **SGD},
    {"bound": "Delta/(gamma*N) + L*gamma*G**2/2", **SGD, "method": "sgd(step=gamma)",
     "assumptions": ("smooth(L)", "unbiased", "bounded_second_moment(G)")},
    {"bound": "(R**2 + (N + 1)*gamma**2*G**2)/(2*(N + 1)*gamma)",
     "assumptions": ("convex", "lipschitz(G)"), "method": "subgradient(step=gamma)",
     "measure": "min_over(k, 0, N, f(x[k])) - f_star"},
    {"bound": "Delta*(1 - c**2/(2*L))**N", "assumptions": ("smooth(L)", "kl(1/2, c)"),
     "initial": GAP},
    {"bound": "Delta/(1 + c**2/L*Delta**(2*alpha - 1)*N)**(1/(2*alpha - 1))",
     "assumptions": ("smooth(L)", "kl(alpha, c)"), "initial": GAP},
    {"bound": "Delta*exp(-mu*N/L)", "assumptions": ("smooth(L)", "pl(mu)"), "initial": GAP},
    {"bound": "0"},
    {"bound": "oo"},
    {"bound": "max(L*R**2, 0)"},
    {"bound": "sum_over(i, 1, N, L*R**2/i**2)"},
    {"bound": "O(R/N + 1)"},
    {"bound": "R**2/(4*N + 2)", "assumptions": ("convex", "smooth(1)"),
     "method": "gradient_descent(step=1)"},
    {"bound": "1/(4*N + 2)", "assumptions": ("convex", "smooth(1)"),
     "method": "gradient_descent(step=1)", "initial": "norm(x[0] - x_star) <= 1"},
    {"bound": "sigma**alpha*N**((1 - alpha)/alpha)*q", "method": "sgd(step=gamma)",
     "assumptions": ("heavy_tailed(alpha, sigma)",)},
    {"bound": "(L*R**2)**(1/alpha)*(L*R**2)**(1 - alpha**-1)"},
    {"bound": "(L*R**2)**(N/alpha)*(L*R**2)**(1 - N/alpha)"},
    {"bound": "gamma*G**2", "method": "sgd(step=min(gamma, epsilon/(L*G)))",
     "assumptions": ("smooth(L)", "bounded_second_moment(G)")},
]  # fmt: skip


@pytest.mark.parametrize("changes", TRUE, ids=lambda changes: changes["bound"])
def test_consistent_claims_have_no_finding(changes):
    assert messages(**changes) == []


BROKEN = [
    ({"bound": "L*R/(4*N + 2)"},
     "bound: f(x[N]) - f_star has unit f but L*R/(4*N + 2) has unit f/x"),
    ({"bound": "R**2/N"}, "bound: f(x[N]) - f_star has unit f but R**2/N has unit x^2"),
    ({"bound": "1/N"}, "bound: f(x[N]) - f_star has unit f but 1/N has no unit"),
    ({"bound": "L*R**2", "method": "gradient_descent(step=1/sqrt(L))"},
     "method: 1/sqrt(L) has unit x/f^(1/2) but the step of gradient_descent has unit x^2/f"),
    ({"bound": "L*R**2", "method": "gradient_descent(step=0.1)"},
     "method: 0.1 has no unit but the step of gradient_descent has unit x^2/f"),
    ({"bound": "L*R**2", "method": "heavy_ball(step=1/L, momentum=L)"},
     "method: L has unit f/x^2 but the momentum of heavy_ball has no unit"),
    ({"bound": "2*L*(Delta + sigma**2)/sqrt(N)", **SGD},
     "bound: Delta has unit f but sigma**2 has unit f^2/x^2"),
    ({"bound": "(1 - mu)**N*L*R**2", "assumptions": ("smooth(L)", "pl(mu)")},
     "bound: 1 has no unit but mu has unit f/x^2"),
    ({"bound": "exp(-mu*N)*L*R**2", "assumptions": ("smooth(L)", "pl(mu)")},
     "bound: -mu*N has unit f/x^2 but the argument of exp has no unit"),
    ({"bound": "L*R**2/N**L"},
     "bound: L has unit f/x^2 but an exponent, as that of N, has no unit"),
    ({"bound": "max(L*R**2, R)"}, "bound: L*R**2 has unit f but R has unit x"),
    ({"bound": "L*R**2", "assumptions": ("smooth(L)", "lipschitz(L)")},
     "assumptions: L has unit f/x^2 but G of lipschitz has unit f/x"),
    ({"bound": "L*R**2", "initial": "norm(x[0] - x_star) <= R and f(x[0]) - f_star <= R"},
     "initial: f(x[0]) - f_star has unit f but R has unit x"),
    ({"bound": "L*R**2", "confidence": "1 - L"}, "confidence: 1 has no unit but L has unit f/x^2"),
    ({"bound": "L*R**2", "parameters": {**PARAMETERS, "L": "L >= 1"}},
     "parameters.L: L has unit f/x^2 but 1 has no unit"),
    ({"bound": "L*R**2", "parameters": {**PARAMETERS, "mu": "0 < mu <= L*R"},
      "assumptions": ("smooth(L)", "pl(mu)")},
     "parameters.mu: mu has unit f/x^2 but L*R has unit f/x"),
    ({"bound": "L*R**2", "measure": "f(grad(x[N]))"},
     "measure: grad(x[N]) has unit f/x but the argument of f(grad(x[N])) has unit x"),
    ({"bound": "Delta*(1 - c**2/(2*L))**N", "assumptions": ("smooth(L)", "kl(alpha, c)"),
      "initial": GAP},
     "bound: 1 has no unit but c**2/(2*L) has unit f*(1/f^2)^alpha"),
    ({"bound": "R/(4*N + 2)", "assumptions": ("convex", "smooth(1)"),
      "method": "gradient_descent(step=1)"},
     "bound: f(x[N]) - f_star has unit f but R/(4*N + 2) has unit x"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "message"), BROKEN, ids=lambda value: str(value)[:40])
def test_a_mismatch_names_both_terms_and_their_units(changes, message):
    assert messages(**changes) == [message]


def test_one_finding_for_each_independent_mismatch():
    found = messages("L*R + sigma", ("smooth(L)", "bounded_variance(sigma)"))
    assert found == ["bound: f(x[N]) - f_star has unit f but L*R + sigma has unit f/x"]
    found = messages("exp(L)*L*R**2 + (R + L)")
    assert len(found) == 2


def test_other_kinds():
    complexity = {
        "id": "a",
        "kind": "complexity",
        "parameters": PARAMETERS,
        "method": "gradient_descent(step=1/L)",
        "assumptions": ["smooth(L)"],
        "initial": GAP,
        "reach": "min_over(i, 0, k, norm(grad(x[i]))) <= epsilon",
        "within": "2*L*Delta/epsilon**2",
    }
    assert check_dimensions(read_claim(complexity)) == ()
    assert units(read_claim(complexity))["epsilon"] == GRADIENT
    wrong = read_claim({**complexity, "within": "2*L*Delta/epsilon"})
    assert "a number of iterations has no unit" in check_dimensions(wrong)[0].message
    hidden = read_claim({**complexity, "within": "O(1/epsilon)"})
    assert check_dimensions(hidden) == ()
    implication = {
        "id": "a",
        "kind": "implication",
        "parameters": {"mu": "mu > 0"},
        "hypotheses": ["strongly_convex(mu)"],
        "conclusion": "error_bound(2*mu)",
    }
    assert check_dimensions(read_claim(implication)) == ()
    (finding,) = check_dimensions(read_claim({**implication, "conclusion": "pl(mu**2)"}))
    assert finding.code == "dimension-mismatch"
    schedule = {
        "id": "a",
        "kind": "schedule",
        "parameters": {"a": "a > 0", "T": "integer, T >= 1"},
        "schedule": "a/(1 + k/T)",
        "conditions": ["sum(gamma) == oo"],
    }
    assert check_dimensions(read_claim(schedule)) == ()


def test_kinds_without_units_have_no_finding():
    table = {
        "id": "a",
        "kind": "inequality",
        "parameters": {"a": "", "b": ""},
        "conclusion": "a + a**2 >= exp(b)",
    }
    assert check_dimensions(read_claim(table)) == ()
