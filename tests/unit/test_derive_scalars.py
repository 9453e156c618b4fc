"""Inequalities and identities: proved, refuted at exact values, or left open in words."""

from __future__ import annotations

import time
from fractions import Fraction

import pytest
import sympy

from theoryck.claims.reading import read_claim
from theoryck.derive import examine
from theoryck.derive.symbols import as_sympy
from theoryck.verdict import EngineReport, Scope, Status


def inequality(conclusion: str, *hypotheses: str, **parameters: str) -> EngineReport:
    table = {
        "id": "claim",
        "kind": "inequality",
        "parameters": parameters,
        "hypotheses": list(hypotheses),
        "conclusion": conclusion,
    }
    return examine(read_claim(table), time.monotonic() + 20)


def identity(lhs: str, rhs: str, **parameters: str) -> EngineReport:
    table = {"id": "claim", "kind": "identity", "parameters": parameters, "lhs": lhs, "rhs": rhs}
    return examine(read_claim(table), time.monotonic() + 20)


@pytest.mark.parametrize(
    ("conclusion", "hypotheses", "parameters"),
    [
        ("2*a*b <= a**2 + b**2", (), {"a": "", "b": ""}),
        ("a*b <= a**2/(2*t) + t*b**2/2", ("t > 0",), {"a": "", "b": "", "t": ""}),
        ("sqrt(a*b) <= (a + b)/2", ("a >= 0", "b >= 0"), {"a": "", "b": ""}),
        ("a < (a + b)/2 < b", ("a < b",), {"a": "", "b": ""}),
        ("(1 + a)**n >= 1 + n*a", ("a >= 0",), {"a": "", "n": "integer, n >= 1"}),
        (
            "g*c/sqrt(d) + b*g**2/2 <= b*g**2",
            ("c <= sqrt(d)*g*b/2", "0 < g < 1/b"),
            {"b": "b > 0", "c": "", "d": "d > 0", "g": ""},
        ),
    ],
)
def test_true_inequalities(conclusion, hypotheses, parameters) -> None:
    report = inequality(conclusion, *hypotheses, **parameters)
    assert report.status is Status.PROVED, report.reason
    assert report.scope is Scope.ALL_PARAMETERS
    assert report.evidence


@pytest.mark.parametrize(
    ("conclusion", "hypotheses"),
    [
        ("a**2 <= a", ("a >= 0",)),
        ("1/a <= 5", ("a > 0",)),
        ("a**2 > 0", ()),
        ("a < a**2 + 1/4", ()),
        ("sqrt(a) <= a", ("a >= 0",)),
        ("a**4 - 2*a**2 + 999/1000 >= 0", ()),
    ],
)
def test_false_inequalities_are_refuted_at_exact_values(conclusion, hypotheses) -> None:
    report = inequality(conclusion, *hypotheses, a="")
    assert report.status is Status.REFUTED, report.reason
    (instance,) = report.instances
    assert Fraction(instance.at["a"]) is not None
    assert instance.status is Status.REFUTED


def test_an_undefined_text_is_not_proved() -> None:
    report = inequality("a/a <= 1", a="")
    assert report.status is Status.INCONCLUSIVE
    assert "division by zero" in report.reason


def test_hypotheses_that_contradict_each_other_are_vacuous() -> None:
    report = inequality("a > 5", "a < 0", "a > 1", a="")
    assert report.status is Status.INCONCLUSIVE
    assert report.findings[0].code == "vacuous"
    assert report.findings[0].message == "no parameters satisfy a < 0 and a > 1"


def test_a_range_that_may_be_empty_is_not_summed() -> None:
    assert inequality("sum_over(k, 5, n, k) >= 0", n="integer, n >= 5").status is Status.PROVED
    report = inequality("sum_over(k, 5, n, k) >= 0", n="integer, n >= 1")
    assert report.status is Status.INCONCLUSIVE
    assert [finding.code for finding in report.findings] == ["undefined"]
    assert "a range may be empty: n >= 5" in report.reason


@pytest.mark.parametrize(
    ("conclusion", "n"),
    [
        ("sum_over(k, 1, n, 1/k) >= log(n + 1)", "n >= 1"),
        ("sum_over(k, 1, n, 1/k) <= n", "n >= 1"),
        ("sum_over(k, 1, n, 1/k**2) <= 2", "n >= 1"),
        ("sum_over(k, 1, n, sum_over(j, 1, k, j)) == n*(n + 1)*(n + 2)/6", "n >= 1"),
        ("min_over(k, 1, n, (k - 3)**2) >= 0", "n >= 1"),
        ("max_over(k, 1, n, k/(k + 1)) <= 1", "n >= 1"),
    ],
)
def test_sums_over_symbolic_ranges(conclusion: str, n: str) -> None:
    report = inequality(conclusion, n=f"integer, {n}")
    assert report.status is Status.PROVED, report.reason
    assert len(report.evidence) >= 2


@pytest.mark.parametrize(
    "conclusion",
    [
        "sum_over(k, 1, n, 1/k**2) <= 3/2",
        "sum_over(k, 1, n, (-1)**k) <= -1",
        "max_over(k, 1, n, k*(10 - k)) <= 24",
        "min_over(k, 1, n, (k - 5/2)**2) >= 1/2",
        "sum_over(k, 1, n, sum_over(j, 1, k, 1)) == n**2",
        "sum_over(k, 1, n, 1/k) <= 5",
    ],
)
def test_false_sums_are_refuted(conclusion: str) -> None:
    report = inequality(conclusion, n="integer, n >= 1")
    assert report.status is Status.REFUTED, report.reason


def test_a_time_that_is_spent_is_a_finding() -> None:
    table = {"id": "c", "kind": "inequality", "parameters": {"a": "a > 0", "b": "b > 0"}}
    table["conclusion"] = "sqrt(a*b) <= (a + b)/2"
    report = examine(read_claim(table), time.monotonic() - 1)
    assert report.status is Status.INCONCLUSIVE
    assert "timed-out" in [finding.code for finding in report.findings]


@pytest.mark.parametrize(
    ("lhs", "rhs", "parameters"),
    [
        ("(a**2 - 1)/(a - 1)", "a + 1", {"a": ""}),
        ("1 - sigmoid(a)", "sigmoid(-a)", {"a": ""}),
        ("sqrt(a)*sqrt(b)", "sqrt(a*b)", {"a": "a >= 0", "b": "b >= 0"}),
        ("max(a, b)", "(a + b + abs(a - b))/2", {"a": "", "b": ""}),
        ("q**(n + 1)", "q*q**n", {"q": "q > 0", "n": "integer, n >= 0"}),
    ],
)
def test_true_identities(lhs, rhs, parameters) -> None:
    report = identity(lhs, rhs, **parameters)
    assert report.status is Status.PROVED, report.reason


@pytest.mark.parametrize(
    ("lhs", "rhs"),
    [
        ("sqrt(a**2)", "a"),
        ("(a + 1)**2", "a**2 + 1"),
        ("exp(2*a)", "2*exp(a)"),
        ("a*(1 + 10**-9)", "a"),
        ("sin(2*a)", "2*sin(a)"),
    ],
)
def test_false_identities(lhs, rhs) -> None:
    report = identity(lhs, rhs, a="")
    assert report.status is Status.REFUTED, report.reason


def test_a_complexity_that_no_derived_rate_gives_is_open() -> None:
    table = {
        "id": "claim",
        "kind": "complexity",
        "parameters": {"L": "L > 0", "epsilon": "epsilon > 0"},
        "method": "gradient_descent(step=1/L)",
        "assumptions": ["smooth(L)"],
        "reach": "norm(grad(x[N])) <= epsilon",
        "within": "O(1/epsilon)",
    }
    report = examine(read_claim(table), time.monotonic() + 5)
    assert report.status is not Status.PROVED


def test_text_never_becomes_an_expression() -> None:
    with pytest.raises(sympy.SympifyError):
        as_sympy("__import__('os').getcwd()")
