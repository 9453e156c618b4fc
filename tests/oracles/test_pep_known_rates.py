"""Worst cases that pep computes, against closed forms and against an independent solver.

Each case is posed with a bound far from its worst case, so that the value can only be computed.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from math import inf, sqrt
from typing import Any

import pytest

from theoryck.claims import read_claim
from theoryck.pep import examine
from theoryck.verdict import Instance, Status

pytestmark = pytest.mark.costly

AGREEMENT = 1e-6  # relative

GAP = "f(x[{N}]) - f_star"
DISTANCE = "norm(x[{N}] - x_star)**2"
GRADIENT = "norm(grad(x[{N}]))"

BEST = "min_over(k, 0, {N}, f(x[k]) - f_star)"
AVERAGE = "mean_over(k, 0, {N}, f(x[k]) - f_star)"

NEAR = "norm(x[0] - x_star) <= {R}"
LOW = "f(x[0]) - f_star <= {R}"
FLAT = "norm(grad(x[0])) <= {R}"


@dataclass(frozen=True)
class Case:
    """A run of N steps of a method on a class, what is measured, and its exact worst case."""

    method: str
    assumptions: tuple[str, ...]
    initial: str
    measure: str
    N: int
    R: float
    worst: float

    def __str__(self) -> str:
        return f"{self.method}, {', '.join(self.assumptions)}, {self.measure}, N={self.N}"


def posed(case: Case) -> dict[str, Any]:
    """The claim's table, without a bound."""
    return {
        "method": case.method,
        "assumptions": list(case.assumptions),
        "initial": case.initial.format(R=case.R),
        "measure": case.measure.format(N=case.N),
    }


def look(case: Case, bound: str) -> Instance:
    """What pep says of the case with this bound."""
    table = {"id": "case", "bound": bound, "at": [{}], **posed(case)}
    (instance,) = examine(read_claim(table), time.monotonic() + 60).instances
    return instance


def convex(L: float) -> tuple[str, ...]:
    return ("convex", f"smooth({L})")


def strongly(mu: float, L: float) -> tuple[str, ...]:
    return (f"strongly_convex({mu})", f"smooth({L})")


# N, L, R, the step times L: on both sides of the optimal step, the usual ones, odd units
LONG_AND_SHORT = [
    *((1, 1, 1, 0.5), (3, 2, 3, 1), (5, 1, 2, 1.5), (2, 4, 1, 1.9), (10, 1, 1, 1)),
    *((3, 1000000, 0.001, 1), (2, 0.000001, 1000, 1.5)),
]

# N, mu, L, R, the step
CURVED = [(1, 0.1, 1, 1, 1), (3, 0.1, 1, 2, 1.5), (2, 1, 4, 1, 0.4), (4, 0.5, 2, 3, 0.9)]


def gradient_descent_on_convex() -> list[Case]:
    """Drori and Teboulle 2014, Kim 2024 (values); Taylor, Hendrickx and Glineur 2017 (gradients)"""
    cases = []
    for N, L, R, h in LONG_AND_SHORT:
        method = f"gradient_descent(step={h}/{L})"
        values = L * R**2 / 2 * max(1 / (2 * N * h + 1), (1 - h) ** (2 * N))
        gradients = L * R * max(1 / (N * h + 1), abs(1 - h) ** N)
        cases += [
            Case(method, convex(L), NEAR, GAP, N, R, values),
            Case(method, convex(L), NEAR, GRADIENT, N, R, gradients),
            Case(method, convex(L), NEAR, DISTANCE, N, R, R**2),
            Case(method, convex(L), FLAT, GRADIENT, N, R, R),
        ]
    return cases


def gradient_descent_on_strongly_convex() -> list[Case]:
    """Taylor, Hendrickx and Glineur 2018: each measure against itself."""
    cases = []
    for N, mu, L, R, step in CURVED:
        factor = max(abs(1 - step * mu), abs(1 - step * L)) ** N
        methods = [f"gradient_descent(step={step})"]
        if N == 2:  # without momentum these two are gradient descent
            methods += [f"{name}(step={step}, momentum=0)" for name in ("heavy_ball", "nesterov")]
        for method in methods:
            cases += [
                Case(method, strongly(mu, L), NEAR, DISTANCE, N, R, factor**2 * R**2),
                Case(method, strongly(mu, L), LOW, GAP, N, R, factor**2 * R),
                Case(method, strongly(mu, L), FLAT, GRADIENT, N, R, factor * R),
            ]
    return cases


def proximal_point() -> list[Case]:
    """Taylor, Hendrickx and Glineur 2017; Rockafellar 1976"""
    cases = []
    for N, gamma, R in [(1, 1, 1), (3, 0.5, 2), (6, 2, 1)]:
        method = f"proximal_point(step={gamma})"
        cases.append(Case(method, ("convex",), NEAR, GAP, N, R, R**2 / (4 * gamma * N)))
        for mu in (0.1, 0.5):
            worst = (1 + gamma * mu) ** (-2 * N) * R**2
            cases.append(Case(method, (f"strongly_convex({mu})",), NEAR, DISTANCE, N, R, worst))
    return cases


def optimized_gradient() -> list[Case]:
    """Kim and Fessler 2016: theta_0 = 1, and the last theta is longer than the others."""
    cases = []
    for N, L, R in [(1, 1, 1), (2, 2, 1), (4, 1, 3)]:
        theta = 1.0
        for _ in range(N - 1):
            theta = (1 + sqrt(1 + 4 * theta**2)) / 2
        theta = (1 + sqrt(1 + 8 * theta**2)) / 2
        method, worst = f"optimized_gradient(L={L})", L * R**2 / (2 * theta**2)
        cases.append(Case(method, convex(L), NEAR, GAP, N, R, worst))
    return cases


# computed with PEPit 0.5.1 and Clarabel at a gap of 1e-11, with R = 1 and the norm squared:
# method, momentum, mu, L, N, step, measure, worst case
INDEPENDENT = [
    ("heavy_ball", 0.25, 0.1, 1, 2, 1, GAP, 0.069176971136294),
    ("heavy_ball", 0.25, 0.1, 1, 4, 1, GAP, 0.024503827526590652),
    ("heavy_ball", 0.5, 0.25, 2, 3, 0.5, DISTANCE, 0.6210391910631116),
    ("heavy_ball", 0.5, 0, 1, 3, 1, GAP, 0.11116552349501446),
    ("heavy_ball", 0.5, 0, 1, 2, 0.5, GRADIENT, sqrt(0.1975308641990674)),
    ("nesterov", 0.25, 0.1, 1, 2, 1, GAP, 0.07017574879074748),
    ("nesterov", 0.25, 0.1, 1, 4, 1, GAP, 0.025556488568829392),
    ("nesterov", 0.5, 0.25, 2, 3, 0.5, DISTANCE, 0.32972717285340736),
    ("nesterov", 0.5, 0, 1, 3, 1, GAP, 0.05263157895128428),
    ("nesterov", 0.5, 0, 1, 2, 0.5, GRADIENT, sqrt(0.197530864202272)),
]


def momentum() -> list[Case]:
    return [
        Case(
            f"{name}(step={step}, momentum={inertia})",
            strongly(mu, L) if mu else convex(L),
            *(NEAR, measure, N, 1, worst),
        )
        for name, inertia, mu, L, N, step, measure, worst in INDEPENDENT
    ]


EXACT = [
    *gradient_descent_on_convex(),
    *gradient_descent_on_strongly_convex(),
    *proximal_point(),
    *optimized_gradient(),
    *momentum(),
]


@pytest.mark.parametrize("case", EXACT, ids=str)
def test_the_worst_case_is_the_known_one(case: Case, optimum: Callable[..., float]) -> None:
    """Computed where nothing in the claim tells what it is, and certified a hair above."""
    found = optimum(3 * case.worst, **posed(case))
    assert found == pytest.approx(case.worst, rel=AGREEMENT, abs=0)
    instance = look(case, repr((1 + AGREEMENT) * case.worst))
    assert instance.worst_case == pytest.approx(case.worst, rel=AGREEMENT, abs=0)
    assert instance.status is Status.PROVED, instance.reason
    assert instance.certificate is not None


# exact numbers throughout: the method, the class, the start, what is measured, the worst case
SLOW, FAST = ("strongly_convex(1/10)", "smooth(1)"), ("strongly_convex(1/2)", "smooth(2)")
TIGHT = [
    ("gradient_descent(step=1/2)", ("convex", "smooth(2)"), NEAR, GAP, 4, "2*9/(4*4 + 2)"),
    ("gradient_descent(step=1)", ("convex", "smooth(1)"), NEAR, GAP, 15, "9/(4*15 + 2)"),
    ("gradient_descent(step=3/2)", SLOW, NEAR, DISTANCE, 3, "(17/20)**6*9"),
    ("gradient_descent(step=3/10)", FAST, LOW, GAP, 2, "(17/20)**4*3"),
    ("gradient_descent(step=9/10)", FAST, FLAT, GRADIENT, 2, "(4/5)**2*3"),
    ("subgradient(step=3/(2*2))", ("convex", "lipschitz(2)"), NEAR, BEST, 3, "2*3/2"),
    ("subgradient(step=3/(2*3))", ("convex", "lipschitz(2)"), NEAR, AVERAGE, 8, "2*3/3"),
    ("proximal_point(step=1/3)", ("convex",), NEAR, GAP, 5, "9/(4/3*5)"),
    ("proximal_point(step=2)", ("strongly_convex(1/5)",), NEAR, DISTANCE, 4, "(5/7)**8*9"),
]


@pytest.mark.parametrize("row", TIGHT, ids=str)
def test_the_worst_case_itself_has_an_exact_certificate(row: tuple[Any, ...]) -> None:
    """Rows of rational worst cases; a hundredth of a thousandth below there is a run."""
    method, assumptions, initial, measure, N, bound = row
    case = Case(method, assumptions, initial, measure, N, 3, inf)
    tight = look(case, bound)
    assert tight.status is Status.PROVED, tight.reason
    assert tight.certificate is not None
    assert tight.certificate["arithmetic"] == "rationals"
    below = look(case, f"({bound})*(1 - 1/100000)")
    assert below.status is Status.REFUTED, below.reason


# a witness of a longer run is harder to round: there pep may end inconclusive, never proved
SHORT = [case for case in EXACT if case.N <= 5]


@pytest.mark.parametrize("case", SHORT, ids=str)
def test_one_percent_less_is_refuted(case: Case) -> None:
    instance = look(case, repr(0.99 * case.worst))
    assert instance.status is Status.REFUTED, instance.reason
    assert instance.witness is not None


# N + 1 a square, so that the tuned step is rational: M, R, N
SUBGRADIENT = [(1, 1, 0), (2, 3, 3), (1, 2, 8)]


@pytest.mark.parametrize(("M", "R", "N"), SUBGRADIENT)
@pytest.mark.parametrize("measure", ["best", "average"])
def test_the_subgradient_method_reaches_exactly_its_rate(
    M: int, R: int, N: int, measure: str
) -> None:
    """Drori and Teboulle 2016. The class is not among those whose optimum pep reports as the worst
    case, so the value is enclosed by what is proved and what is refuted."""
    root = round(sqrt(N + 1))
    measured = {
        "best": f"min_over(k, 0, {N}, f(x[k]) - f_star)",
        "average": f"mean_over(k, 0, {N}, f(x[k]) - f_star)",
    }[measure]
    case = Case(
        f"subgradient(step={R}/({M}*{root}))",
        ("convex", f"lipschitz({M})"),
        *(NEAR, measured, N, R, M * R / root),
    )
    assert look(case, f"{M}*{R}/{root}*(1 + 1e-6)").status is Status.PROVED
    assert look(case, f"{M}*{R}/{root}*(1 - 1e-6)").status is Status.REFUTED


def pl_factor(mu: float, L: float, step: float) -> float:
    """One step on smooth PL functions: a bound on the ratio of the gaps, with m = -L
    [Abbaszadehpeivasti, de Klerk, Zamani 2022]"""
    m = -L
    root = sqrt((L - m) * (m - mu) * (2 - L * step) * mu * step + (L - m) ** 2)
    return ((mu * (1 - L * step) + root) / (L - m + mu)) ** 2


@pytest.mark.parametrize(("mu", "L", "step"), [(0.5, 1, 1), (0.1, 1, 0.5), (1, 4, 0.2)])
def test_one_step_on_pl_functions_is_within_the_known_bound(
    mu: float, L: float, step: float
) -> None:
    """The conditions of this class are only necessary: what they give is a bound, and proves."""
    factor = pl_factor(mu, L, step)
    method, assumptions = f"gradient_descent(step={step})", (f"smooth({L})", f"pl({mu})")
    case = Case(method, assumptions, LOW, GAP, 1, 1, inf)
    assert look(case, repr(factor * (1 + 1e-6))).status is Status.PROVED
    # the published bound is that of the two points of the run; a point between them does better
    closer = look(case, repr(factor * (1 - 1e-4)))
    assert closer.status is Status.PROVED
    assert closer.certificate is not None
    assert closer.certificate["auxiliary"]
    # a parabola with the least curvature is in the class
    assert look(case, repr((1 - step * mu) ** 2 * 0.99)).status is Status.REFUTED


@pytest.mark.parametrize(("N", "root"), [(1, 2), (3, 3), (5, 2)])
def test_nesterov_on_strongly_convex_functions_is_within_the_known_bound(N: int, root: int) -> None:
    """Nesterov 2018, Theorem 2.2.3, with kappa = 1/root**2; not tight."""
    L = root**2
    case = Case(
        f"nesterov(step=1/{L}, momentum=({root} - 1)/({root} + 1))",
        strongly(1, L),
        *("", GAP, N, 1, inf),
    )
    bound = f"(1 - 1/{root})**{N}*(f(x[0]) - f_star + norm(x[0] - x_star)**2/2)"
    assert look(case, bound).status is Status.PROVED


@pytest.mark.parametrize(("N", "step"), [(1, 0.5), (4, 0.1)])
def test_the_subgradient_method_with_any_step_is_within_the_known_bound(
    N: int, step: float
) -> None:
    """Shor 1985: the best of N + 1 iterates, with M = R = 1."""
    measure = f"min_over(k, 0, {N}, f(x[k]) - f_star)"
    method = f"subgradient(step={step})"
    case = Case(method, ("convex", "lipschitz(1)"), NEAR, measure, N, 1, inf)
    bound = (1 + (N + 1) * step**2) / (2 * (N + 1) * step)
    assert look(case, repr(bound * (1 + 1e-9))).status is Status.PROVED
