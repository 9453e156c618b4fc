"""Complexity claims: the rates they reduce to, and the off-by-ones in between."""

from __future__ import annotations

import time
from fractions import Fraction
from typing import Any

import pytest

from theoryck.claims.claim import ComplexityClaim
from theoryck.claims.grammar import parse_expression
from theoryck.claims.printing import to_text
from theoryck.claims.reading import read_claim
from theoryck.claims.scopes import RUN
from theoryck.claims.scopes import Scope as Names
from theoryck.derive import examine
from theoryck.derive.complexity.rates import free_names, rates, target_of
from theoryck.verdict import EngineReport, Scope, Status

pytestmark = pytest.mark.costly

BASE = {"L": "L > 0", "epsilon": "epsilon > 0"}
GD = "gradient_descent(step=1/L)"
GRADIENT = "norm(grad(x[k]))**2 <= epsilon"
FROM_START = "2*L*(f(x[0]) - f_star)/epsilon"


def table(reach: str, within: str, assumptions: list[str], **more: Any) -> dict[str, Any]:
    parameters = {**BASE, **more.pop("parameters", {})}
    claim = {"id": "c", "kind": "complexity", "method": GD, "assumptions": assumptions}
    return claim | {"reach": reach, "within": within, "parameters": parameters} | more


def examined(claim: dict[str, Any]) -> EngineReport:
    return examine(read_claim(claim), time.monotonic() + 40)


def reduced(claim: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Measure, bound and the constraint on the count of each rate claim."""
    read = read_claim(claim)
    assert isinstance(read, ComplexityClaim)
    target = target_of(read)
    found = []
    for rate in rates(read, target, Fraction(1), (), False):
        condition = rate.parameters[target.count].condition
        assert condition is not None
        found.append((to_text(rate.measure), to_text(rate.bound), to_text(condition)))
    return found


def test_the_last_and_the_best_iterate() -> None:
    assert reduced(table(GRADIENT, FROM_START, ["smooth(L)"])) == [
        (
            "min_over(k, 0, N - 1, norm(grad(x[k]))**2)",
            "epsilon",
            "N >= 2*L*Delta_0/epsilon + 1 and N >= 1",
        ),
        ("norm(grad(x[N]))**2", "epsilon", "N >= 2*L*Delta_0/epsilon and N >= 0"),
    ]


def test_a_bound_index_is_not_the_number_of_iterations() -> None:
    reach = "min_over(k, 0, N - 1, norm(grad(x[k]))**2) <= epsilon"
    assert reduced(table(reach, "5/epsilon", ["smooth(L)"])) == [
        (
            "min_over(k, 0, N - 1, norm(grad(x[k]))**2)",
            "epsilon",
            "N >= 5/epsilon and N >= 1",
        )
    ]


def test_free_names() -> None:
    names = Names("", {"N": ()}, frozenset({"N"}), RUN | {"k"})
    within = parse_expression("min_over(k, 0, N, norm(x[k]))", scope=names)
    assert free_names(within) == {"N"}
    beside = parse_expression("min_over(j, 0, k, norm(x[j])) + norm(x[k])", scope=names)
    assert free_names(beside) == {"k"}


def test_another_name_where_the_count_is_declared() -> None:
    claim = table(GRADIENT, "5/epsilon", ["smooth(L)"], parameters={"N": "integer, N >= 1"})
    assert reduced(claim)[-1][2] == "n >= 5/epsilon and n >= 0"


DISTANCE = {"initial": "norm(x[0] - x_star)**2 <= R**2", "parameters": {"R": "R > 0"}}
GAP = "f(x[N]) - f_star <= epsilon"


@pytest.mark.parametrize(
    "claim",
    [
        table(GRADIENT, FROM_START, ["smooth(L)"]),
        table("norm(grad(x[k])) <= epsilon", f"{FROM_START}/epsilon", ["smooth(L)"]),
        table(GAP, "L*R**2/(2*epsilon)", ["smooth(L)", "convex"], **DISTANCE),
        table(
            "f(x[k]) - f_star <= epsilon*(f(x[0]) - f_star)",
            "L/mu*log(1/epsilon)",
            ["smooth(L)", "pl(mu)"],
            parameters={"mu": "0 < mu <= L", "epsilon": "0 < epsilon < 1"},
        ),
        table(
            "norm(grad(x[k])) <= epsilon",
            "O(1/epsilon**2)",
            ["smooth(L)"],
            initial="f(x[0]) - f_star <= 1/L",
        ),
    ],
    ids=lambda c: f"{c['reach']} within {c['within']}",
)
def test_targets_that_are_reached(claim: dict[str, Any]) -> None:
    report = examined(claim)
    assert (report.status, report.scope) == (Status.PROVED, Scope.ALL_PARAMETERS), report.reason


@pytest.mark.parametrize(
    "claim",
    [
        table(GRADIENT, FROM_START.replace("2", "1"), ["smooth(L)"]),
        table("norm(grad(x[k])) <= epsilon", FROM_START, ["smooth(L)"]),
        table(GAP, "L*R**2/(5*epsilon)", ["smooth(L)", "convex"], **DISTANCE),
        table(
            "norm(grad(x[k])) <= epsilon",
            "O(1/epsilon)",
            ["smooth(L)"],
            initial="f(x[0]) - f_star <= 1/L",
        ),
    ],
    ids=lambda c: f"{c['reach']} within {c['within']}",
)
def test_targets_that_may_not_be_reached(claim: dict[str, Any]) -> None:
    assert examined(claim).status is Status.INCONCLUSIVE


def test_no_upper_bound_shows_that_no_fewer_iterations_suffice() -> None:
    lower = table(GRADIENT, "1", ["smooth(L)"])
    lower["at_least"] = lower.pop("within")
    assert examined(lower).status is Status.INCONCLUSIVE


SURE = {
    "id": "c",
    "kind": "complexity",
    "parameters": {
        "L": "L > 0",
        "sigma": "sigma > 0",
        "eps": "0 < eps < sigma",
        "zeta": "0 < zeta < 1",
        "D": "D > 0",
    },
    "method": "sgd(step=zeta*eps**2/(2*L*sigma**2))",
    "assumptions": ["smooth(L)", "unbiased", "bounded_variance(sigma)"],
    "initial": "f(x[0]) - f_star <= D",
    "reach": "norm(grad(x[k]))**2 <= eps**2",
    "confidence": "1 - zeta",
}


@pytest.mark.parametrize(
    ("within", "status"),
    [
        ("8*L*D*sigma**2/(zeta**2*eps**4)", Status.PROVED),
        ("8*L*D*sigma**2/(zeta*eps**4)", Status.INCONCLUSIVE),
    ],
)
def test_markov_s_inequality_pays_for_confidence(within: str, status: Status) -> None:
    report = examined({**SURE, "within": within})
    assert report.status is status, report.reason
