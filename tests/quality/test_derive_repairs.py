"""A false claim gets the smallest change that makes it true; what is suggested is proved."""

from __future__ import annotations

import time
from typing import Any

import pytest

from theoryck.claims.reading import read_claim
from theoryck.derive import examine
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


# claim, the bound of the suggestion (None: the claim's own), and words in it
REPAIRED: dict[str, tuple[dict[str, Any], str | None, str]] = {
    "a factor": (rate("L*D/N"), "2*D*L/N", "2 times the claimed bound"),
    "a fraction": (rate("1.6*L*D/N"), "2*D*L/N", "5/4 times the claimed bound"),
    "off by one": (rate("2*L*D/(N + 1)"), "2*D*L/N", "with N - 1 in place of N"),
    "a factor that lacks": (rate("2*D/N"), "2*D*L/N", "lacks the factor L"),
    "PL without its half": (
        linear("(1 - 2*mu/L)**N*D", "pl(mu)"),
        "D*(1 - mu/L)**N",
        "the other convention",
    ),
    "an error bound with a half": (
        linear("(1 - mu/L)**N*D", "error_bound(mu)"),
        "D*(1 - mu/(2*L))**N",
        "the other convention",
    ),
    "exchanged constants": (
        linear("(1 - L/mu)**N*D", "pl(mu)"),
        "(1 - mu/L)**N*D",
        "with L and mu exchanged",
    ),
    "an order": (rate("O(1/N**2)"), "O(1/N)", "is proved"),
    "no smoothness": (
        rate("2*L*D/N", assumptions=[]),
        None,
        "with smooth(L) among the assumptions",
    ),
    "no unbiasedness": (
        rate(
            "2*L*D/sqrt(N) + sigma**2/sqrt(N)",
            parameters=NOISE,
            method="sgd(step=1/(L*sqrt(N)))",
            assumptions=["smooth(L)", "bounded_variance(sigma)"],
            measure="min_over(k, 0, N - 1, E(norm(grad(x[k]))**2))",
        ),
        None,
        "with unbiased among the assumptions",
    ),
    "too long a step": (
        rate(
            "2*D/(N*g)",
            parameters={**SIZES, "g": "0 < g < 2/L"},
            method="gradient_descent(step=g)",
        ),
        None,
        "with g <= 1/L among the constraints",
    ),
}


def examined(table: dict[str, Any]) -> EngineReport:
    return examine(read_claim(table), time.monotonic() + 60)


def suggestions(report: EngineReport) -> list[str]:
    return [finding.message for finding in report.findings if finding.code == "suggestion"]


@pytest.mark.parametrize("name", REPAIRED)
def test_the_smallest_repair_is_suggested(name: str) -> None:
    table, bound, words = REPAIRED[name]
    report = examined(table)
    assert report.status is not Status.PROVED
    told = suggestions(report)
    assert any(words in message for message in told), (told, report.reason)
    if bound is not None:
        expected = f"{table['measure']} <= {bound} is proved"
        assert any(message.startswith(expected) for message in told), told


@pytest.mark.parametrize("name", ["off by one", "PL without its half", "exchanged constants"])
def test_the_suggested_bound_is_proved_as_a_claim(name: str) -> None:
    table, bound, _ = REPAIRED[name]
    assert examined({**table, "bound": bound}).status is Status.PROVED


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
