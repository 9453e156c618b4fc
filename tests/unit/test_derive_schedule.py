"""Step-size rules: leading terms against numbers, conditions against the textbooks."""

from __future__ import annotations

import math
import time
from typing import Any

import pytest
import sympy

from theoryck.claims.reading import read_claim
from theoryck.derive import examine
from theoryck.derive.domain import Domain
from theoryck.derive.schedules.leading import Calculus, UndecidedGrowthError
from theoryck.derive.schedules.series import Finite, Infinite, of_leading
from theoryck.verdict import EngineReport, Scope, Status

K = sympy.Symbol("k", integer=True, nonnegative=True)


def calculus() -> Calculus:
    return Calculus(Domain(), K, time.monotonic() + 10)


def schedule(rule: str, *conditions: str, **parameters: str) -> EngineReport:
    table: dict[str, Any] = {"id": "c", "kind": "schedule", "schedule": rule}
    table |= {"conditions": list(conditions), "parameters": parameters}
    return examine(read_claim(table), time.monotonic() + 20)


SEQUENCES = [
    3 / (2 + sympy.ceiling(K / 7)),
    sympy.sqrt(K + 5) * (K**2 - 100) / (sympy.floor(K / 3) + sympy.log(K + 2)),
    sympy.Max(K, 4 * sympy.sqrt(K)) - sympy.Min(K / 2, 9),
    sympy.Abs(7 - K) / sympy.exp(1 / (K + 1)),
    sympy.log(1 + 2 / (K + 1)),
    (K + 1) ** 2 - K**2,
    sympy.ceiling(1 / (K + 1)) + sympy.floor(sympy.Rational(5, 2) + 1 / (K + 1)),
]


@pytest.mark.parametrize("sequence", SEQUENCES, ids=str)
def test_a_leading_term_is_the_limit_of_the_quotient(sequence: sympy.Expr) -> None:
    leading = calculus().leading(sequence)
    far = 10**40
    quotient = (sequence / leading.term(K)).subs(K, far).evalf(60)
    assert math.isclose(float(quotient), 1, rel_tol=0.02)
    assert leading.sign == int(sympy.sign(leading.coefficient))


@pytest.mark.parametrize(
    "sequence",
    [
        sympy.sin(K),
        (-1) ** K * K,
        sympy.floor(2 + 1 / (K + 1)),
        sympy.log(sympy.log(sympy.log(K + 99))),
    ],
    ids=str,
)
def test_what_the_rules_do_not_cover_is_undecided(sequence: sympy.Expr) -> None:
    with pytest.raises(UndecidedGrowthError):
        calculus().leading(sequence)


@pytest.mark.parametrize(
    ("terms", "total"),
    [
        (1 / (K + 1), Infinite(1)),
        (-1 / (K + 1), Infinite(-1)),
        ((K + 1) ** sympy.Rational(-101, 100), Finite()),
        (1 / ((K + 2) * sympy.log(K + 2)), Infinite(1)),
        (1 / ((K + 2) * sympy.log(K + 2) ** 2), Finite()),
        (sympy.sqrt(sympy.log(K + 2)) / (K + 2) ** 2, Finite()),
        (sympy.log(K + 2) ** -5 / sympy.sqrt(K + 2), Infinite(1)),
        (sympy.Rational(9, 10) ** K * K**50, Finite()),
        (sympy.Rational(11, 10) ** K / (K + 1) ** 50, Infinite(1)),
    ],
    ids=str,
)
def test_sums(terms: sympy.Expr, total: Any) -> None:
    here = calculus()
    assert of_leading(here.leading(terms), here).total == total


RULES = {"gamma0": "gamma0 > 0", "K": "integer, K >= 1"}


@pytest.mark.parametrize("rule", ["gamma0/(1 + ceil(k/K))", "gamma0/(1 + sqrt(ceil(k/K)))"])
def test_the_lecture_rules(rule: str) -> None:
    ratio = schedule(rule, "sum(gamma) == oo", "sum(gamma)/sum(gamma**2) == oo", **RULES)
    assert (ratio.status, ratio.scope) == (Status.PROVED, Scope.ALL_PARAMETERS)
    squares = schedule(rule, "sum(gamma**2) < oo", **RULES)
    assert squares.status is (Status.REFUTED if "sqrt" in rule else Status.PROVED)


def test_a_sum_starts_where_its_terms_have_values() -> None:
    assert "from k = 0" in schedule("1/(k + 1)", "sum(s) == oo").evidence[0]
    assert "from k = 1" in schedule("1/k", "sum(s) == oo").evidence[0]
    assert "from k = 2" in schedule("1/(k*log(k))", "sum(s) == oo").evidence[0]
    report = schedule("1/(k - 5)", "sum(s) == oo")
    assert report.status is Status.INCONCLUSIVE
    assert "k - 5 != 0" in report.reason


def test_a_refutation_names_exact_values_and_the_comparison() -> None:
    report = schedule("(k + 1)**(-p)", "sum(s) == oo", p="0 < p <= 2")
    assert report.status is Status.REFUTED
    (instance,) = report.instances
    assert instance.status is Status.REFUTED
    assert float(sympy.Rational(instance.at["p"])) > 1
    assert "p-series" in report.reason


def test_limits_of_quotients() -> None:
    assert schedule("g", "sum(s)/sum(s**2) == 1/g", g="g > 0").status is Status.PROVED
    assert schedule("g", "sum(s)/sum(s**2) == 2/g", g="g > 0").status is Status.REFUTED
    assert schedule("1/(k + 1)", "sum(s**2)/sum(s) == 0").status is Status.PROVED


def test_signs_that_differ_over_the_domain_are_not_decided() -> None:
    assert schedule("c/(k + 1)", "sum(s) == oo", c="c >= 0").status is Status.INCONCLUSIVE
    assert schedule("c/(k + 1)", "sum(s) == oo", c="c < 0").status is not Status.PROVED


def test_an_empty_domain_is_vacuous() -> None:
    report = schedule("c/(k + 1)", "sum(s) == oo", c="1 < c < 0")
    assert [finding.code for finding in report.findings] == ["vacuous"]
