"""What simulate may say, and what it must not: no true claim falls, and false ones do."""

from __future__ import annotations

import json
import time
from fractions import Fraction as Q
from typing import Any

import pytest

from theoryck.certificates import verify
from theoryck.check import check
from theoryck.claims.reading import read_claim
from theoryck.simulate import examine
from theoryck.verdict import EngineReport, Status

BASE: dict[str, Any] = {
    "id": "claim",
    "parameters": {"L": "L > 0", "R": "R > 0", "N": "integer, N >= 1"},
    "method": "gradient_descent(step=1/L)",
    "assumptions": ["convex", "smooth(L)"],
    "initial": "norm(x[0] - x_star)**2 <= R**2",
    "measure": "f(x[N]) - f_star",
    "bound": "L*R**2/(4*N + 2)",
    "at": [{"L": 1, "R": 1, "N": 2}],
}
SGD: dict[str, Any] = {
    "id": "sgd",
    "parameters": {
        "L": "L > 0",
        "Delta": "Delta > 0",
        "sigma": "sigma >= 0",
        "N": "integer, N >= 1",
    },
    "method": "sgd(step=1/(L*sqrt(N)))",
    "assumptions": ["smooth(L)", "unbiased", "bounded_variance(sigma)"],
    "initial": "f(x[0]) - f_star <= Delta",
    "measure": "mean_over(k, 0, N - 1, E(norm(grad(x[k]))**2))",
    "bound": "(2*L*Delta + sigma**2)/sqrt(N)",
    "at": [{"L": 1, "Delta": 1, "sigma": 1, "N": 4}],
}


def report(
    table: dict[str, Any], seed: int = 0, seconds: float = 60, **changes: Any
) -> EngineReport:
    return examine(read_claim(table | changes), time.monotonic() + seconds, seed)


FALSE = {
    "a step that is too long": BASE | {"method": "gradient_descent(step=2.1/L)"},
    "a dropped factor": BASE | {"bound": "L*R**2/(4*N + 2)/2"},
    "a horizon one off": BASE | {"bound": "L*R**2/(4*(N + 1) + 2)"},
    "a constant swapped": BASE
    | {"bound": "R*L**2/(4*N + 2)", "at": [{"L": "1/2", "R": 2, "N": 1}]},
    "a dropped assumption": BASE
    | {"assumptions": ["convex"], "at": [{"L": "1/10", "R": 1, "N": 1}]},
    "an irrational parameter": BASE
    | {"bound": "0.99*L*R**2/(4*N + 2)", "at": [{"L": "sqrt(2)", "R": 1, "N": 2}]},
    "the other convention of pl": {
        "id": "pl",
        "parameters": {"L": "L > 0", "mu": "0 < mu <= L", "N": "integer, N >= 1"},
        "method": "gradient_descent(step=1/L)",
        "assumptions": ["smooth(L)", "error_bound(mu)"],
        "measure": "f(x[N]) - f_star",
        "bound": "(1 - mu/L)**N*(f(x[0]) - f_star)",
        "at": [{"L": 1, "mu": "1/4", "N": 3}],
    },
    "constants in the wrong place": SGD
    | {
        "bound": "2*L*(Delta + sigma**2)/sqrt(N)",
        "at": [{"L": "1/10", "Delta": 1, "sigma": 1, "N": 4}],
    },
    "a probability too high": SGD
    | {
        "measure": "norm(grad(x[1]))",
        "bound": "sigma/2",
        "initial": "f(x[0]) - f_star <= 0",
        "confidence": "1 - 1/10",
        "at": [{"L": 1, "Delta": 1, "sigma": 1, "N": 1}],
    },
    "too few iterations": {
        "id": "complexity",
        "kind": "complexity",
        "parameters": {"L": "L > 0", "R": "R > 0", "epsilon": "epsilon > 0"},
        "method": "gradient_descent(step=1/L)",
        "assumptions": ["convex", "smooth(L)"],
        "initial": "norm(x[0] - x_star)**2 <= R**2",
        "reach": "f(x[k]) - f_star <= epsilon",
        "within": "L*R**2/(8*epsilon)",
        "at": [{"L": 1, "R": 1, "epsilon": "1/40"}],
    },
}  # fmt: skip

NOT_REFUTED = {
    "the rate": BASE,
    "a looser rate": BASE | {"bound": "L*R**2/(2*N)"},
    "clipped gradients": BASE
    | {"method": "clipped_gd(step=1/L, threshold=L*R)", "bound": "L*R**2/2"},
    "a dimensionless horizon": SGD,
    "a confidence": SGD
    | {"measure": "norm(grad(x[1]))", "bound": "10*(sigma + L + Delta)", "confidence": "1 - 1/10"},
    "enough iterations": FALSE["too few iterations"] | {"within": "L*R**2/(4*epsilon)"},
    "nine and a half iterations are ten": FALSE["too few iterations"]
    | {"within": "L*R**2/(4*epsilon) - 1/2"},
    "an unknown class": BASE | {"assumptions": ["strongly_convex(L)", "lipschitz(L*R)"]},
    "strong growth, tight in one step": {
        "id": "growth",
        "parameters": {"L": "L > 0", "rho": "rho >= 1"},
        "method": "sgd(step=1/(rho*L))",
        "assumptions": ["convex", "smooth(L)", "quadratic", "unbiased", "strong_growth(rho)"],
        "measure": "E(f(x[1]) - f_star)",
        "bound": "f(x[0]) - f_star",
        "at": [{"L": 1, "rho": 3}],
    },
}  # fmt: skip


@pytest.mark.parametrize("name", FALSE)
def test_a_false_claim_falls(name: str) -> None:
    found = report(FALSE[name])
    assert found.status is Status.REFUTED, found.reason
    witness = found.instances[-1].witness
    assert witness is not None
    data = json.loads(json.dumps(witness, allow_nan=False))
    if data.get("kind") == "function":
        assert verify(data).refutes


@pytest.mark.parametrize("name", NOT_REFUTED)
def test_a_claim_that_may_be_true_stands(name: str) -> None:
    table = {key: value for key, value in NOT_REFUTED[name].items() if value is not None}
    assert report(table).status in (Status.SUPPORTED, Status.INCONCLUSIVE)


def test_nothing_is_ever_proved() -> None:
    assert report(BASE).status is Status.SUPPORTED
    assert report(BASE).scope is None


def test_the_witness_can_be_followed_by_hand() -> None:
    witness = report(BASE, bound="0.99*L*R**2/(4*N + 2)").instances[0].witness
    assert witness is not None
    function = witness["function"]
    x, width = Q(witness["start"][0]), Q(function["breakpoints"][1])
    outer, inner, _ = map(Q, function["curvatures"])
    assert (inner, outer) == (1, 0)
    for _ in range(2):
        x = x - (inner * x if abs(x) <= width else inner * width * (1 if x > 0 else -1))
    value = inner * x * x / 2 if abs(x) <= width else inner * width * (abs(x) - width / 2)
    assert value == Q(witness["measure"]) > Q(witness["bound"]) == Q(99, 1000)
    assert verify(json.loads(json.dumps(witness))).refutes


def test_the_exact_mean_over_noise_can_be_followed_by_hand() -> None:
    found = report(FALSE["constants in the wrong place"])
    witness = found.instances[0].witness
    assert witness is not None
    assert witness["noise"] == {"kind": "two-point", "sigma": "1"}
    curvature, start = float(Q(witness["spectrum"][0])), float(Q(witness["start"][0]))
    mean, states = 0.0, [(1.0, start)]
    step = 1 / (0.1 * 2)
    for _ in range(4):
        mean += sum(p * (curvature * x) ** 2 for p, x in states) / 4
        states = [
            (p / 2, x - step * (curvature * x + sign)) for p, x in states for sign in (1.0, -1.0)
        ]
    assert f"{mean:.6g}" in found.reason


def test_what_is_too_much_to_go_through_is_refuted_by_samples() -> None:
    # the outcomes of sixty draws are too many to go through one by one
    found = report(
        SGD, bound="sigma**2/1000", at=[{"L": 1, "Delta": "1/1000", "sigma": 1, "N": 60}]
    )
    assert found.status is Status.REFUTED
    assert "by two samples" in found.reason
    witness = found.instances[0].witness
    assert witness is not None
    assert witness["kind"] == "sample"
    assert 0 < witness["error"] <= 1e-6 / 4


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"bound": "Omega(L*R**2/N)"}, "only an upper order"),
        ({"bound": "O(L*R**2/N)", "confidence": "1 - 1/10"}, "some probability"),
        ({"bound": "O(L*R**2)", "measure": "f(x[3]) - f_star", "as": "L -> 0"}, "growing horizon"),
        ({"method": "frank_wolfe()"}, "no answer"),
        ({"at": [{"L": 1, "R": 1, "N": 1_000_000}]}, "steps"),
        (
            {"assumptions": ["strict_saddle(L, L, L*R, 0*R + R)", "smooth(L)", "lipschitz(L*R)"]},
            "class",
        ),
    ],
)
def test_what_cannot_be_run_is_inconclusive_with_the_reason(changes: Any, words: str) -> None:
    found = report(BASE, **changes)
    assert found.status is Status.INCONCLUSIVE
    assert words in found.reason


def test_other_kinds_are_not_simulated() -> None:
    table = {"id": "i", "kind": "identity", "parameters": {"a": ""}, "lhs": "a", "rhs": "a"}
    assert "identity" in report(table).reason


def test_one_seed_gives_one_report() -> None:
    first, again = (report(SGD, seed=5) for _ in range(2))
    assert (first.reason, first.evidence) == (again.reason, again.evidence)
    assert first.evidence != report(SGD, seed=6).evidence


def test_time_that_is_up_is_said() -> None:
    found = report(SGD, seconds=-1)
    assert found.status is Status.INCONCLUSIVE
    assert "time was up" in found.reason


def test_default_instances_are_chosen_from_the_constraints() -> None:
    table = {key: value for key, value in BASE.items() if key != "at"}
    found = report(table)
    assert len(found.instances) == 3
    assert found.status is Status.SUPPORTED


def test_every_instance_is_looked_at() -> None:
    at = [{"L": 1, "R": 1, "N": 1}, {"L": "1/2", "R": 1, "N": 1}]
    found = report(BASE, bound="R**2/(4*N + 2)", at=[at[1], {"L": 2, "R": 1, "N": 1}])
    assert [i.status for i in found.instances] == [Status.SUPPORTED, Status.REFUTED]


def test_long_runs_are_made_on_fewer_problems(monkeypatch: pytest.MonkeyPatch) -> None:
    many = report(BASE)
    monkeypatch.setattr("theoryck.simulate.engine.search.MAX_WORK", 20)  # ten runs of two steps
    few = report(BASE)
    assert few.status is Status.SUPPORTED
    assert 6 <= len(few.evidence) < len(many.evidence)


def test_an_order_is_compared_over_growing_horizons() -> None:
    bounded = report(BASE, bound="O(L*R**2/N)")
    assert bounded.status is Status.SUPPORTED
    assert "stays bounded" in bounded.reason
    growing = report(BASE, bound="O(L*R**2/N**2)")
    assert growing.status is Status.INCONCLUSIVE
    assert "N**1" in growing.reason


def test_a_diverging_method_has_no_order() -> None:
    found = report(BASE, bound="O(L*R**2/N)", method="gradient_descent(step=3/L)")
    assert found.status is Status.INCONCLUSIVE


def test_a_run_that_leaves_the_doubles_refutes_all_the_same() -> None:
    table = BASE | {"method": "gradient_descent(step=10/L)", "bound": "L*R**2"}
    verdict = check(table | {"at": [{"L": 1, "R": 1, "N": 500}]}, engines=["simulate"])
    assert verdict.status is Status.REFUTED, verdict.reason
    witness = json.loads(json.dumps(verdict.instances[0].witness, allow_nan=False))
    assert any("beyond the largest double" in line for line in verify(witness).lines)
