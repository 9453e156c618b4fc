"""A false claim gets the smallest change that makes it true; what is suggested is proved."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from theoryck.claims.reading import read_claim
from theoryck.derive import examine
from theoryck.derive.measure import Target
from theoryck.derive.proof import Workshop
from theoryck.derive.repairs import bounds
from theoryck.derive.repairs.bounds import changed_bounds, with_bound
from theoryck.derive.search import prepare, search
from theoryck.derive.setting import Setting
from theoryck.verdict import EngineReport, Status

SIZES = {"L": "L > 0", "D": "D >= 0", "N": "integer, N >= 1"}
MU = {**SIZES, "mu": "0 < mu <= L"}
LEAST = "min_over(k, 0, N - 1, norm(grad(x[k]))**2)"
NOISE = {**SIZES, "sigma": "sigma >= 0"}


def rate(bound: str, **changes: Any) -> dict[str, Any]:
    return {
        "id": "claim",
        "parameters": SIZES,
        "method": "gradient_descent(step=1/L)",
        "assumptions": ["smooth(L)"],
        "initial": "f(x[0]) - f_star <= D",
        "measure": LEAST,
        "bound": bound,
        **changes,
    }


def linear(bound: str, condition: str) -> dict[str, Any]:
    assumptions = ["smooth(L)", condition]
    return rate(bound, parameters=MU, assumptions=assumptions, measure="f(x[N]) - f_star")


# of claims with one search in common: the false bound, the one that is true, and what is said
NEAR: dict[str, tuple[dict[str, Any], str, str, str]] = {
    "a factor": (rate("L*D/N"), "1.6*L*D/N", "2*D*L/N", "5/4 times the claimed bound"),
    "off by one": (rate("L*D/N"), "2*L*D/(N + 1)", "2*D*L/N", "with N - 1 in place of N"),
    "a factor that lacks": (rate("L*D/N"), "2*D/N", "2*D*L/N", "lacks the factor L"),
    "PL without its half": (
        linear("D/N", "pl(mu)"),
        "(1 - 2*mu/L)**N*D",
        "D*(1 - mu/L)**N",
        "the other convention",
    ),
    "exchanged constants": (
        linear("D/N", "pl(mu)"),
        "(1 - L/mu)**N*D",
        "(1 - mu/L)**N*D",
        "with L and mu exchanged",
    ),
}

# claims that are true as they stand under other hypotheses, or of another order
REPAIRED: dict[str, tuple[dict[str, Any], str]] = {
    "an order": (rate("O(1/N**2)"), f"{LEAST} <= O(1/N) is proved"),
    "no smoothness": (
        rate("2*L*D/N", assumptions=[]),
        "with smooth(L) among the assumptions the claim is proved",
    ),
    "no unbiasedness": (
        rate(
            "2*L*D/sqrt(N) + sigma**2/sqrt(N)",
            parameters=NOISE,
            method="sgd(step=1/(L*sqrt(N)))",
            assumptions=["smooth(L)", "bounded_variance(sigma)"],
            measure="min_over(k, 0, N - 1, E(norm(grad(x[k]))**2))",
        ),
        "with unbiased among the assumptions the claim is proved",
    ),
    "too long a step": (
        rate(
            "2*D/(N*g)",
            parameters={**SIZES, "g": "0 < g < 2/L"},
            method="gradient_descent(step=g)",
        ),
        "with g <= 1/L among the constraints the claim is proved",
    ),
}


def soon() -> float:
    return time.monotonic() + 60


def examined(table: dict[str, Any]) -> EngineReport:
    return examine(read_claim(table), soon())


def suggestions(report: EngineReport) -> list[str]:
    return [finding.message for finding in report.findings if finding.code == "suggestion"]


@pytest.fixture(scope="module")
def searched() -> Callable[[dict[str, Any]], tuple[Setting, Target, Workshop]]:
    """The setting and the search of a claim, made once for all its bounds."""
    known: dict[str, tuple[Setting, Target, Workshop]] = {}

    def made(table: dict[str, Any]) -> tuple[Setting, Target, Workshop]:
        key = str(table)
        if key not in known:
            setting, target = prepare(read_claim(table), soon())
            known[key] = (setting, target, search(setting, target, soon()).workshop)
        return known[key]

    return made


@pytest.mark.parametrize("name", NEAR)
def test_the_smallest_change_of_the_bound_comes_first(name: str, searched) -> None:
    table, claimed, true, words = NEAR[name]
    setting, target, tried = searched(table)
    false = with_bound(setting, read_claim({**table, "bound": claimed}).bound)
    assert false is not None
    first = next(changed_bounds(false, target, tried, soon()))
    assert first.startswith(f"{table['measure']} <= {true} is proved: ")
    assert words in first


@pytest.mark.parametrize("name", REPAIRED)
def test_the_change_of_the_claim_is_told(name: str) -> None:
    table, expected = REPAIRED[name]
    report = examined(table)
    assert report.status is not Status.PROVED
    assert expected in suggestions(report), (suggestions(report), report.reason)


def test_a_proved_claim_gets_no_suggestion() -> None:
    report = examined(rate("2*L*D/N"))
    assert report.status is Status.PROVED
    assert not suggestions(report)


OTHER_KINDS: dict[str, tuple[dict[str, Any], str | None]] = {
    "constants": (
        {
            "kind": "implication",
            "parameters": {"mu": "mu > 0"},
            "hypotheses": ["strongly_convex(mu)"],
            "conclusion": "error_bound(4*mu)",
        },
        "error_bound(2*mu) under strongly_convex(mu) is proved",
    ),
    "one hypothesis more": (
        {
            "kind": "implication",
            "parameters": {"mu": "mu > 0"},
            "hypotheses": ["quadratic_growth(mu)"],
            "conclusion": "pl(mu/4)",
        },
        "pl(mu/4) under quadratic_growth(mu) and convex is proved",
    ),
    "a factor of an identity": (
        {
            "kind": "identity",
            "parameters": {"a": "a > 0", "b": "b > 0"},
            "lhs": "(a + b)**2 - (a - b)**2",
            "rhs": "2*a*b",
        },
        "(a + b)**2 - (a - b)**2 == 4*a*b is proved",
    ),
    "a term of an identity": (
        {
            "kind": "identity",
            "parameters": {"a": "a > 0", "b": "b > 0"},
            "lhs": "(a + b)**2",
            "rhs": "a**2 + b**2",
        },
        "(a + b)**2 == a**2 + b**2 + 2*a*b is proved",
    ),
    "a factor of an inequality": (
        {
            "kind": "inequality",
            "parameters": {"a": "", "b": ""},
            "conclusion": "(a + b)**2 <= a**2 + b**2",
        },
        "(a + b)**2 <= 2*(a**2 + b**2) is proved",
    ),
    "a strict inequality": (
        {
            "kind": "inequality",
            "parameters": {"a": "", "b": ""},
            "conclusion": "2*a*b < a**2 + b**2",
        },
        "2*a*b <= a**2 + b**2 is proved",
    ),
    "an inequality the wrong way round": (
        {"kind": "inequality", "parameters": {"a": "a >= 1"}, "conclusion": "a >= a**2"},
        "a <= a**2 is proved",
    ),
    "nothing near is true": (
        {"kind": "inequality", "parameters": {"a": ""}, "conclusion": "a <= a**3"},
        None,
    ),
}


@pytest.mark.parametrize("name", OTHER_KINDS)
def test_other_kinds_get_what_is_true_instead(name: str) -> None:
    table, expected = OTHER_KINDS[name]
    report = examined({"id": "claim", **table})
    assert report.status is Status.REFUTED
    assert suggestions(report) == ([] if expected is None else [expected])


@pytest.mark.parametrize("name", ["a factor", "exchanged constants"])
def test_what_looks_true_at_a_few_points_is_not_yet_suggested(
    name: str, searched, monkeypatch
) -> None:
    """With every change plausible, the first that is told is still one that is proved."""
    monkeypatch.setattr(bounds, "_plausible", lambda *_: True)
    table, claimed, true, _ = NEAR[name]
    setting, target, tried = searched(table)
    false = with_bound(setting, read_claim({**table, "bound": claimed}).bound)
    assert false is not None
    told = list(changed_bounds(false, target, tried, soon()))
    assert told[0].startswith(f"{table['measure']} <= {true} is proved: ")


def test_a_text_without_a_value_gets_the_constraint_that_gives_it_one() -> None:
    table = rate(
        "2*D/(N*g*(2 - L*g))",
        parameters={**SIZES, "g": "g > 0"},
        method="gradient_descent(step=g)",
    )
    report = examined(table)
    assert "may have no value: a division by zero is not ruled out" in report.reason
    assert suggestions(report) == ["with g < 2/L among the constraints the claim is proved"]
