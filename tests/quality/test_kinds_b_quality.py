"""Does derive tell true schedules, implications and equivalences from near misses?"""

from __future__ import annotations

import time
from typing import Any

import pytest

from theoryck.claims.reading import read_claim
from theoryck.derive import examine
from theoryck.verdict import Status

MU, BIG = {"mu": "mu > 0"}, {"L": "L > 0"}


def status(kind: str, seconds: float = 20.0, **keys: Any) -> Status:
    claim = read_claim({"id": "c", "kind": kind, **keys})
    return examine(claim, time.monotonic() + seconds).status


SCHEDULES = [
    # rule, condition, and whether it holds
    ("1/(k + 1)", "sum(s) == oo", True),
    ("1/(k + 1)", "sum(s) < oo", False),
    ("1/(k + 1)**(101/100)", "sum(s) == oo", False),
    ("1/(k + 1)**(99/100)", "sum(s) == oo", True),
    ("1/sqrt(k + 1)", "sum(s**2) < oo", False),
    ("1/(k + 1)**(51/100)", "sum(s**2) < oo", True),
    ("1/((k + 2)*log(k + 2))", "sum(s) < oo", False),
    ("1/((k + 2)*log(k + 2)**(101/100))", "sum(s) < oo", True),
    ("(99/100)**k", "sum(s) == oo", False),
    ("(101/100)**k/2**k", "sum(s) < oo", True),
    ("1/(1 + 1/(k + 1))", "sum(s**2) < oo", False),
    ("1/sqrt(k + 1)", "sum(s)/sum(s**2) == oo", True),
    ("1/(k + 1)**2", "sum(s)/sum(s**2) == oo", False),
    ("min(1, 3/(k + 1))", "sum(s**2) < oo", True),
    ("max(1/10, 3/(k + 1))", "sum(s**2) < oo", False),
]


@pytest.mark.parametrize(("rule", "condition", "true"), SCHEDULES)
def test_schedules(rule: str, condition: str, true: bool) -> None:
    found = status("schedule", schedule=rule, conditions=[condition])
    assert found is (Status.PROVED if true else Status.REFUTED)


FALSE_IMPLICATIONS = [
    (["strongly_convex(mu)"], "pl(101*mu/100)", MU),
    (["strongly_convex(mu)"], "error_bound(201*mu/100)", MU),
    (["strongly_convex(mu)"], "quadratic_growth(101*mu/100)", MU),
    (["strongly_convex(mu)"], "kl(1/2, sqrt(201*mu/100))", MU),
    (["pl(mu)"], "error_bound(201*mu/100)", MU),
    (["error_bound(mu)"], "pl(51*mu/100)", MU),
    (["kl(1/2, c)"], "error_bound(101*c**2/100)", {"c": "c > 0"}),
    (["convex", "quadratic_growth(mu)"], "pl(mu/2)", MU),
    (["pl(mu)"], "quadratic_growth(101*mu/100)", MU),
    (["smooth(L)"], "smooth(99*L/100)", BIG),
    (["smooth(L)"], "weakly_convex(99*L/100)", BIG),
    (["smooth(L)"], "l0_l1_smooth(99*L/100, 0)", BIG),
    (["smooth(L)"], "convex", BIG),
    (["smooth(L)", "convex"], "pl(mu)", {**MU, **BIG}),
    (["smooth(L)", "convex"], "strongly_convex(mu)", {**MU, **BIG}),
    (["pl(mu)", "convex"], "strongly_convex(mu)", MU),
    (["quadratic_growth(mu)"], "pl(mu/1000)", MU),
    (["strongly_convex(mu)"], "smooth(L)", {**MU, **BIG}),
    (["l0_l1_smooth(L, l)"], "smooth(L)", {**BIG, "l": "l > 0"}),
    (["weakly_convex(r)"], "convex", {"r": "r > 0"}),
    (["bounded_second_moment(G)"], "bounded_variance(G)", {"G": "G > 0"}),
    (["unbiased", "bounded_variance(G)"], "bounded_second_moment(G)", {"G": "G > 0"}),
    (["unbiased", "bounded_variance(G)"], "strong_growth(2)", {"G": "G > 0"}),
    (["unbiased", "bounded_variance(G)"], "interpolation", {"G": "G > 0"}),
]


@pytest.mark.parametrize(("hypotheses", "conclusion", "parameters"), FALSE_IMPLICATIONS, ids=str)
def test_false_implications_are_refuted(
    hypotheses: list[str], conclusion: str, parameters: dict[str, str]
) -> None:
    keys = {"hypotheses": hypotheses, "conclusion": conclusion, "parameters": parameters}
    assert status("implication", **keys) is Status.REFUTED


def test_a_weaker_domain_is_not_enough() -> None:
    """The constant may be negative: what needs its sign is not proved."""
    free = {"mu": ""}
    for conclusion in ("pl(mu)", "convex", "quadratic_growth(mu)"):
        keys = {"hypotheses": ["strongly_convex(mu)"], "conclusion": conclusion}
        assert status("implication", 2.0, parameters=free, **keys) is not Status.PROVED
    keys = {"hypotheses": ["kl(1/2, c)"], "conclusion": "error_bound(c**2)"}
    assert status("implication", 2.0, parameters={"c": ""}, **keys) is not Status.PROVED
