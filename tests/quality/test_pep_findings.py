"""A finding is never wrong: whatever pep notices beside a verdict is checked against the kernel,
by a claim that says it."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import Any

import pytest

from theoryck.certificates import branches, verify
from theoryck.claims.arithmetic import Rationals
from theoryck.claims.claim import RateClaim
from theoryck.claims.reading import read_claim
from theoryck.claims.spelling import spell_instance
from theoryck.pep import examine
from theoryck.pep.instance import examine_instance
from theoryck.verdict import EngineReport, Status

pytestmark = pytest.mark.costly

GD: dict[str, Any] = {
    "id": "gd",
    "parameters": {"L": "L > 0", "R": "R > 0", "N": "integer, N >= 0"},
    "method": "gradient_descent(step=1/L)",
    "assumptions": ["convex", "smooth(L)"],
    "initial": "norm(x[0] - x_star)**2 <= R**2",
    "measure": "f(x[N]) - f_star",
    "bound": "L*R**2/(4*N + 2)",
    "at": [{"L": 1, "R": 1, "N": 1}, {"L": 2, "R": 1, "N": 2}],
}
GRADIENTS: dict[str, Any] = GD | {
    "initial": "f(x[0]) - f_star <= R",
    "measure": "min_over(k, 0, N, norm(grad(x[k]))**2)",
    "bound": "2*L*R/(N + 1)",
}
CONTRACTION: dict[str, Any] = GD | {
    "parameters": {"L": "L > 0", "mu": "0 < mu <= L", "N": "integer, N >= 1"},
    "method": "gradient_descent(step=1/L)",
    "assumptions": ["convex", "strongly_convex(mu)", "smooth(L)"],
    "initial": [],
    "measure": "norm(x[N] - x_star)**2",
    "bound": "(1 - mu/L)**(2*N)*norm(x[0] - x_star)**2",
    "at": [{"L": 1, "mu": "1/4", "N": 1}, {"L": 1, "mu": "1/2", "N": 2}],
}
WIDE = {**GD["parameters"], "g": "g > 0"}


def look(table: Mapping[str, Any], seconds: float = 120, **changes: Any) -> EngineReport:
    return examine(read_claim({**table, **changes}), time.monotonic() + seconds)


def holds(table: Mapping[str, Any], **changes: Any) -> bool:
    """Whether the claim is proved at all its instances."""
    claim = read_claim({**table, **changes})
    assert isinstance(claim, RateClaim)
    statuses = {
        examine_instance(
            tuple(branches(claim, at, Rationals())), spell_instance(at), time.monotonic() + 60
        ).status
        for at in claim.at
    }
    return statuses == {Status.PROVED}


def said(report: EngineReport, code: str) -> list[str]:
    return [finding.message for finding in report.findings if finding.code == code]


# ---------------------------------------------------------------- assumptions that are not needed


@pytest.mark.parametrize(
    ("table", "unused"),
    [
        (GD, []),  # both are used
        (GRADIENTS, ["convex"]),
        (CONTRACTION, ["convex"]),  # strongly convex functions are convex
        (GD | {"assumptions": ["convex", "smooth(L)", "lipschitz(R)"]}, ["lipschitz(R)"]),
        (GD | {"assumptions": ["convex", "smooth(L)", "smooth(2*L)"]}, ["smooth(2*L)"]),
        (GD | {"assumptions": ["convex", "smooth(L)", "hessian_lipschitz(R)"]}, ["hessian"]),
        (
            GD | {"relation": "==", "assumptions": ["convex", "smooth(L)", "weakly_convex(L)"]},
            ["weakly_convex(L)"],
        ),
    ],
)
def test_unused_assumptions_are_those_without_which_it_is_proved(
    table: dict[str, Any], unused: list[str]
) -> None:
    report = look(table)
    assert report.status is Status.PROVED
    named = [message.split(" is not needed")[0] for message in said(report, "unused-assumption")]
    assert len(named) == len(unused)
    assert all(name.startswith(expected) for name, expected in zip(named, unused, strict=True))
    for text in table["assumptions"]:
        fewer = [other for other in table["assumptions"] if other != text]
        assert holds(table, assumptions=fewer) is (text in named)


def test_under_a_finite_sum_its_terms_keep_their_assumptions() -> None:
    """Without finite_sum the others would speak of f, which is another claim."""
    report = look(GD, assumptions=["convex", "smooth(L)", "finite_sum(3)"])
    assert all("finite_sum" not in message for message in said(report, "unused-assumption"))


# ------------------------------------------------------------------- bounds that are not the best


def test_a_loose_bound_comes_with_a_better_one_that_holds() -> None:
    report = look(GD, bound="L*R**2/(3*N + 3/2)")
    assert report.best_bound == "0.75*(L*R**2/(3*N + 3/2))"
    assert "0.75" in said(report, "loose")[0]
    assert holds(GD, bound=report.best_bound)
    assert not holds(GD, bound=f"0.99*({report.best_bound})")


def test_a_factor_that_varies_gives_no_formula() -> None:
    report = look(GD, bound="L*R**2/2")
    assert report.best_bound is None
    (message,) = said(report, "loose")
    assert "0.2 to 0.3333 of the bound" in message
    factor = re.search(r"; (\S+) times the bound", message)
    assert factor is not None
    assert holds(GD, bound=f"{factor[1]}*L*R**2/2")


@pytest.mark.parametrize("bound", ["0.9*L*R**2/(4*N + 2)", "L*R**2/(4*N + 4)"])
def test_a_suggested_bound_holds_and_a_smaller_one_does_not(bound: str) -> None:
    report = look(GD, bound=bound)
    assert report.status is Status.REFUTED
    (message,) = said(report, "suggestion")
    better = re.search(r"<= (.*) has certificates", message)
    assert better is not None
    assert holds(GD, bound=better[1])
    assert not holds(GD, bound=f"0.97*{better[1]}")


def test_an_equality_may_hold_as_another_bound() -> None:
    report = look(GD, bound="L*R**2/(4*N)", relation="==", at=[{"L": 1, "R": 1, "N": 2}])
    assert report.status is Status.REFUTED
    assert any("<= 0.8*(L*R**2/(4*N))" in message for message in said(report, "suggestion"))


def test_no_factor_is_suggested_where_none_would_do() -> None:
    report = look(GD, initial="f(x[0]) - f_star <= L*R**2", measure="norm(x[N] - x_star)**2")
    assert report.status is Status.REFUTED
    assert said(report, "suggestion") == []


# ------------------------------------------------------------------ assumptions that are missing


@pytest.mark.parametrize(
    ("assumptions", "missing"), [(["smooth(L)"], "convex"), (["convex"], "smooth(L)")]
)
def test_with_the_missing_assumption_it_is_proved(assumptions: list[str], missing: str) -> None:
    report = look(GD, assumptions=assumptions)
    assert report.status is Status.REFUTED
    message = next(m for m in said(report, "missing-assumption") if m.startswith("with "))
    assert message.startswith(f"with {missing} ")
    assert holds(GD, assumptions=[*assumptions, missing])


def test_an_assumption_that_empties_the_class_is_not_offered() -> None:
    """Gradients of strongly convex functions are unbounded: lipschitz(G) proves it of nothing."""
    report = look(
        GD,
        parameters={
            "L": "L > 0",
            "mu": "mu > 0",
            "G": "G > 0",
            "R": "R > 0",
            "N": "integer, N >= 0",
        },
        assumptions=["strongly_convex(mu)"],
        measure="norm(grad(x[N]))**2",
        bound="G**2",
        at=[{"L": 2, "mu": 1, "G": 1, "R": 100, "N": 1}],
    )
    assert report.status is Status.REFUTED
    assert not any(m.startswith("with lipschitz") for m in said(report, "missing-assumption"))


# ----------------------------------------------------------------------- where it starts to fail


@pytest.mark.parametrize(
    ("changes", "parameter", "edge"),
    [
        # Taylor, Hendrickx and Glineur 2017, 4.1: the line 1/(4Ng + 2) holds up to g where it
        # meets (1 - g)**(2N)/2, here at N = 1: (1 - g)**2 (2g + 1) = 1
        ({"at": [{"L": 1, "R": 1, "g": g, "N": 1} for g in (1, 2)]}, "g", 1.5),
        ({"at": None, "bound": "L*R**2/(4*N*g*L + 2)"}, None, None),
        ({"at": [{"L": 1, "R": 1, "g": 1, "N": n} for n in (1, 9)]}, "N", 1.5),
    ],
)
def test_both_ends_of_a_threshold_are_checked(
    changes: dict[str, Any], parameter: str | None, edge: float | None
) -> None:
    if parameter == "N":  # 1/6 at N = 1, and 1/13 < 1/10 at N = 2
        changes = changes | {"bound": "L*R**2/(7*N - 1)"}
    table = GD | {
        "parameters": WIDE,
        "method": "gradient_descent(step=g)",
        "bound": "L*R**2/(4*N*g*L + 2)",
    }
    table = {key: value for key, value in (table | changes).items() if value is not None}
    report = look(table)
    assert report.status is Status.REFUTED
    (message,) = said(report, "fails-from")
    ends = re.search(r"proved at (\w+) = (\S+) and refuted at \1 = ([^:]+):", message)
    assert ends is not None
    if parameter is not None:
        assert ends[1] == parameter
    if edge is not None:
        assert float(ends[2]) <= edge <= float(ends[3])
    here = [i for i in report.instances if i.at[ends[1]] == ends[2]]
    there = [i for i in report.instances if i.at[ends[1]] == ends[3]]
    assert any(i.certificate and not verify(i.certificate).refutes for i in here)
    assert any(i.witness and verify(i.witness).refutes for i in there)


def test_nothing_fails_from_anywhere_if_it_holds_everywhere() -> None:
    assert said(look(GD), "fails-from") == []
    assert said(look(GD, bound="0.9*L*R**2/(4*N + 2)"), "fails-from") == []


# ------------------------------------------------------------------------------- what it rests on


def test_a_proof_tells_its_inequalities() -> None:
    report = look(GD)
    assert "convex + smooth: the conditions used are interpolation conditions" in report.evidence
    (first, second) = [line for line in report.evidence if line.startswith("at ")]
    assert re.match(r"at L = 1, R = 1, N = 1: \d+ inequalities with multipliers: ", first)
    assert "curvature" in second


def test_necessary_conditions_are_told_apart() -> None:
    report = look(
        GD,
        assumptions=["pl(L/2)", "smooth(L)"],
        initial="f(x[0]) - f_star <= R",
        measure="f(x[1]) - f_star",
        bound="R/2",
    )
    assert report.status is Status.PROVED
    assert any("necessary, and not known to be sufficient (pl)" in e for e in report.evidence)


def test_relaxed_steps_are_told() -> None:
    report = look(
        GD,
        parameters={"L": "L > 0", "mu": "0 < mu < L", "R": "R > 0", "N": "integer, N >= 0"},
        method="gradient_descent_exact_line_search()",
        assumptions=["strongly_convex(mu)", "smooth(L)"],
        measure="f(x[1]) - f_star",
        initial="f(x[0]) - f_star <= R",
        bound="((L - mu)/(L + mu))**2*R",
        at=[{"L": 1, "mu": "1/4", "R": 1, "N": 1}],
    )
    assert report.status is Status.PROVED
    assert any(e.startswith("the proof covers more than the method: ") for e in report.evidence)
