"""Claims that cannot be proved for a reason of their own: each gets a sentence that names it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import pytest

from theoryck import method
from theoryck.claims.reading import read_claim
from theoryck.methods import METHODS
from theoryck.pep import examine
from theoryck.verdict import EngineReport, Status

pytestmark = pytest.mark.costly

GD: dict[str, Any] = {
    "id": "gd",
    "parameters": {"L": "L > 0", "mu": "mu > 0", "R": "R > 0", "N": "integer, N >= 0"},
    "method": "gradient_descent(step=1/L)",
    "assumptions": ["convex", "smooth(L)"],
    "initial": ["norm(x[0] - x_star)**2 <= R**2"],
    "measure": "f(x[N]) - f_star",
    "bound": "L*R**2/(4*N + 2)",
    "at": [{"L": 1, "mu": 2, "R": 1, "N": 2}],
}
DISTANCE = {"measure": "norm(x[N] - x_star)**2", "bound": "4*R**2"}


@method
def stand_still(x: Any, f: Any) -> Any:
    """x⁺ = x"""
    return x


def look(seconds: float = 120, **changes: Any) -> EngineReport:
    table: Mapping[str, Any] = {**GD, **changes}
    methods = {**METHODS, "stand_still": stand_still}
    return examine(read_claim(table, methods=methods), time.monotonic() + seconds)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"initial": [], **DISTANCE}, "the worst case is infinite: nothing bounds x₀ − x*"),
        (
            {"initial": ["f(x[0]) - f_star <= R"], **DISTANCE},
            "the worst case is infinite: nothing bounds x₀ − x*",
        ),
        ({"initial": []}, "nothing bounds x₀ − x* (a bound on f(x₀) − f* would do as well)"),
        ({"assumptions": ["convex"]}, "nothing bounds the curvature of f"),
        ({"method": "frank_wolfe()", "initial": []}, "nothing bounds the feasible set"),
        (
            {"assumptions": ["convex"], "initial": []},
            "nothing bounds x₀ − x* and the curvature of f",
        ),
        ({"assumptions": []}, "no assumption says anything of f"),
        ({"assumptions": []}, "nothing bounds the curvature of f"),
        (
            {"assumptions": ["hessian_lipschitz(R)"]},
            "pep knows no inequality that follows from hessian_lipschitz",
        ),
        (
            {
                "method": "sgd(step=1/L)",
                "measure": "E(f(x[1]) - f_star)",
                "assumptions": ["convex", "smooth(L)", "unbiased"],
            },
            "nothing bounds the noise of the stochastic gradients",
        ),
        ({"method": "gradient_descent(step=-1/L)"}, "the step is negative, -1"),
        ({"method": "stand_still()"}, "stand_still never asks f anything"),
        ({"method": "proximal_point(step=-1)", "assumptions": ["convex"]}, "proximal step of -1"),
    ],
)
def test_what_is_wrong_is_said_first(changes: dict[str, Any], words: str) -> None:
    report = look(**changes)
    assert report.status in (Status.REFUTED, Status.INCONCLUSIVE)
    assert words in report.reason
    assert report.instances[0].reason in report.reason


def test_what_to_add_is_said() -> None:
    report = look(initial=["f(x[0]) - f_star <= R"], **DISTANCE)
    messages = [f.message for f in report.findings if f.code == "missing-assumption"]
    assert any("add norm(x[0] - x_star)**2 <= R**2 to `initial`" in text for text in messages)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"assumptions": ["strongly_convex(mu)", "smooth(L)"]},
            "no function is both 2-strongly convex and 1-smooth",
        ),
        (
            {"initial": ["norm(x[0] - x_star)**2 <= R**2", "norm(x[0] - x_star)**2 >= 2*R**2"]},
            "they contradict each other",
        ),
        (
            {"initial": ["norm(x[0] - x_star)**2 <= R**2", "f(x[0]) - f_star >= L*R**2"]},
            "they contradict each other",
        ),
        ({"initial": ["norm(x[0] - x_star)**2 == -R"]}, "no start meets the condition"),
        ({"initial": ["f(x[0]) - f_star <= -R"]}, "no start meets the condition"),
    ],
)
@pytest.mark.parametrize("factor", ["1", "1/100"])
def test_a_claim_about_nothing_is_vacuous_whatever_it_says(
    changes: dict[str, Any], words: str, factor: str
) -> None:
    report = look(**changes, bound=f"{factor}*L*R**2/(4*N + 2)")
    assert report.status is Status.INCONCLUSIVE
    assert words in report.reason
    assert [f.code for f in report.findings] == ["vacuous"]


@pytest.mark.parametrize("at", [{"mu": 1}, {"mu": "1/2"}])
def test_what_is_at_the_edge_or_inside_is_not_vacuous(at: dict[str, Any]) -> None:
    report = look(
        assumptions=["strongly_convex(mu)", "smooth(L)"],
        initial=["norm(x[0] - x_star)**2 <= R**2", "norm(x[0] - x_star)**2 >= R**2"],
        at=[GD["at"][0] | at],
    )
    assert report.status is Status.PROVED
    assert all(f.code != "vacuous" for f in report.findings)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"initial": ["f(x[0]) - f_star <= R"], "bound": "R"},
        {
            "initial": ["f(x[0]) - f_star <= R"],
            "measure": "min_over(k, 0, N, norm(grad(x[k]))**2)",
            "bound": "2*L*R",
        },
        {"method": "proximal_point(step=1)", "assumptions": ["convex"], **DISTANCE},
        {"method": "stand_still()", **DISTANCE},
    ],
)
def test_no_step_at_all_is_a_horizon_too(changes: dict[str, Any]) -> None:
    report = look(at=[GD["at"][0] | {"N": 0}], **changes)
    assert report.status is Status.PROVED


def test_a_silent_method_that_keeps_its_bound_is_proved_and_told() -> None:
    report = look(method="stand_still()", bound="L*R**2/2")
    assert report.status is Status.PROVED
    assert "stand_still never asks f anything" in report.evidence


def test_instances_that_were_not_reached_are_named() -> None:
    at = [GD["at"][0] | {"N": n} for n in range(8)]
    report = look(seconds=-1, at=at)
    assert report.status is Status.INCONCLUSIVE
    assert "budget" in report.reason
    assert "not reached: at L = 1, mu = 2, R = 1, N = 0; " in report.reason
    assert "and 3 more" in report.reason


def test_a_refutation_says_what_was_not_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each instance has its share of the time; the clock jumps past the end after the first."""
    import theoryck.pep.engine as engine

    class Clock:
        now = time.monotonic()

        def monotonic(self) -> float:
            return self.now

    clock = Clock()
    look_at = engine._instance

    def slow(*args: Any, **kwargs: Any) -> Any:
        found = look_at(*args, **kwargs)
        clock.now += 1000
        return found

    monkeypatch.setattr(engine, "time", clock)
    monkeypatch.setattr(engine, "_instance", slow)
    at = [GD["at"][0] | {"N": n} for n in (1, 2)]
    report = look(at=at, bound="L*R**2/(5*N + 2)")
    assert report.status is Status.REFUTED
    assert report.reason.endswith("not reached: at L = 1, mu = 2, R = 1, N = 2")


def test_a_fault_beside_the_verdict_does_not_cost_it(monkeypatch: pytest.MonkeyPatch) -> None:
    import theoryck.pep.engine as engine

    def broken(*_: Any) -> Any:
        raise ZeroDivisionError("on purpose")

    monkeypatch.setattr(engine, "beside", broken)
    report = look()
    assert report.status is Status.PROVED
    assert "on purpose" in report.evidence[0]
