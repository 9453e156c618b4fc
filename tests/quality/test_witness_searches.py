"""Searches for explicit functions find known worst cases, and never break a true claim."""

from __future__ import annotations

import json
import time
import tomllib
from math import sqrt
from pathlib import Path
from typing import Any

import pytest

from theoryck.certificates import verify
from theoryck.check.rerun import AGREEMENT, rerun
from theoryck.claims.claim import RateClaim
from theoryck.claims.reading import read_claim
from theoryck.claims.sampling import sample_instances
from theoryck.pep.candidates import explicit_witness, refuted_by
from theoryck.pep.cycles import cycle_witness, cycles, read_recursion
from theoryck.verdict import EngineReport, Status

PROOFS = sorted((Path(__file__).parents[2] / "proofs").glob("*.toml"))

GAP, DISTANCE, GRADIENT = "f(x[{N}]) - f_star", "norm(x[{N}] - x_star)**2", "norm(grad(x[{N}]))"
NEAR, LOW, FLAT = (
    "norm(x[0] - x_star) <= {R}",
    "f(x[0]) - f_star <= {R}",
    "norm(grad(x[0])) <= {R}",
)
BEST = "min_over(k, 0, {N}, f(x[k]) - f_star)"
AVERAGE = "mean_over(k, 0, {N}, f(x[k]) - f_star)"
CONVEX = ["convex", "smooth({L})"]
STRONG = ["strongly_convex({mu})", "smooth({L})"]


def posed(row: int, method: str, assumptions: Any, initial: str, measure: str, **constants: Any):
    """A case of the table of known worst cases; ``worst`` is the value."""
    texts = {"method": method, "initial": initial, "measure": measure}
    table = {key: text.format(**constants) for key, text in texts.items()}
    table |= {"id": f"row-{row}", "assumptions": [a.format(**constants) for a in assumptions]}
    return pytest.param(
        table, constants["worst"], id=f"{row}: {table['method']} {table['measure']}"
    )


def known() -> list[Any]:
    """Drori and Teboulle 2014; Taylor, Hendrickx and Glineur 2017 and 2018; Kim 2024"""
    cases = []
    for N, L, R, h in [(1, 1, 1, 0.5), (5, 2, 3, 1.5), (2, 4, 1, 1.9), (40, 1, 1, 1)]:
        values = L * R**2 / 2 * max(1 / (2 * N * h + 1), (1 - h) ** (2 * N))
        slopes = L * R * max(1 / (N * h + 1), abs(1 - h) ** N)
        gd = ("gradient_descent(step={h}/{L})", CONVEX)
        size = {"N": N, "L": L, "R": R, "h": h}
        cases += [
            posed(1, *gd, NEAR, GAP, **size, worst=values),
            posed(2, *gd, NEAR, GRADIENT, **size, worst=slopes),
            posed(3, *gd, NEAR, DISTANCE, **size, worst=R**2),
            posed(3, *gd, FLAT, GRADIENT, **size, worst=R),
        ]
    for N, mu, L, R, step in [(3, 0.1, 1, 2, 1.5), (4, 0.5, 2, 3, 0.9)]:
        rate = max(abs(1 - step * mu), abs(1 - step * L)) ** N
        size = {"N": N, "mu": mu, "L": L, "R": R, "step": step}
        for row, name in ((4, "gradient_descent"), (11, "proximal_gradient")):
            gd = (name + "(step={step})", STRONG)
            cases.append(posed(row, *gd, NEAR, DISTANCE, **size, worst=rate**2 * R**2))
            cases.append(posed(row, *gd, LOW, GAP, **size, worst=rate**2 * R))
        search = ("gradient_descent_exact_line_search()", STRONG, LOW, GAP)
        cases.append(posed(5, *search, **size, worst=((L - mu) / (L + mu)) ** (2 * N) * R))
    for N, M, R in [(3, 2, 3), (20, 1, 1)]:
        method = "subgradient(step={R}/({M}*sqrt({N} + 1)))"
        for measure in (BEST, AVERAGE):
            size = {"N": N, "M": M, "R": R, "worst": M * R / sqrt(N + 1)}
            cases.append(posed(7, method, ["convex", "lipschitz({M})"], NEAR, measure, **size))
    for N, step, R in [(3, 0.5, 2), (20, 100, 1), (20, 0.001, 1)]:
        size = {"N": N, "step": step, "R": R, "mu": 0.5}
        prox = "proximal_point(step={step})"
        cases.append(posed(9, prox, ["convex"], NEAR, GAP, **size, worst=R**2 / (4 * step * N)))
        worst = (1 + step * 0.5) ** (-2 * N) * R**2
        cases.append(posed(10, prox, STRONG[:1], NEAR, DISTANCE, **size, worst=worst))
    for N, L, R in [(1, 1, 1), (4, 1, 3), (10, 1, 1)]:
        theta = 1.0
        for _ in range(N - 1):
            theta = (1 + sqrt(1 + 4 * theta**2)) / 2
        theta = (1 + sqrt(1 + 8 * theta**2)) / 2
        size = {"N": N, "L": L, "R": R, "worst": L * R**2 / (2 * theta**2)}
        cases.append(posed(12, "optimized_gradient(L={L})", CONVEX, NEAR, GAP, **size))
    for N, mu, h in [(3, 0.01, 0.5), (5, 0.01, 1.8), (20, 0.01, 1)]:
        best = min(max(1 / (h * (2 * N + 1)), mu), 1)
        worst = max(best * (1 - best * h) ** (2 * N), (1 - h) ** (2 * N)) / 2
        size = {"N": N, "mu": mu, "L": 1, "h": h, "R": 1, "worst": worst}
        quadratic = ["quadratic", *STRONG]
        cases.append(posed(15, "gradient_descent(step={h})", quadratic, NEAR, GAP, **size))
    for N, mu, L in [(3, 1, 10)]:
        steps = "2/({L} + {mu} - ({L} - {mu})*cos(pi*(2*k + 1)/(2*{N})))"
        kappa = (L + mu) / (L - mu)
        chebyshev = 4 * kappa**3 - 3 * kappa
        size = {"N": N, "mu": mu, "L": L, "R": 1, "worst": 1 / chebyshev**2}
        method = f"gradient_descent(step={steps})"
        cases.append(posed(16, method, ["quadratic", *STRONG], NEAR, DISTANCE, **size))
    return cases


def found(table: dict[str, Any], bound: str) -> Any:
    claim = read_claim(table | {"bound": bound, "at": [{}]})
    return explicit_witness(claim, claim.at[0], time.monotonic() + 30)


@pytest.mark.parametrize(("table", "worst"), known())
def test_one_percent_less_is_refuted_and_the_worst_case_is_not(
    table: dict[str, Any], worst: float
) -> None:
    witness = found(table, f"0.99*{worst!r}")
    assert witness is not None
    assert verify(json.loads(json.dumps(witness.document))).refutes
    assert found(table, f"{worst!r}*(1 + 1e-9)") is None


def true_claims() -> list[Any]:
    return [
        pytest.param(table, id=f"{path.stem}/{table['id']}")
        for path in PROOFS
        for table in tomllib.loads(path.read_text())["claim"]
        if table.get("expect") == "proved" and table.get("kind", "rate") == "rate"
    ]


@pytest.mark.parametrize("table", true_claims())
def test_no_function_breaks_a_true_claim(table: dict[str, Any]) -> None:
    claim = read_claim(table)
    assert isinstance(claim, RateClaim)
    for at in (*claim.at[:2], *sample_instances(claim, 3)):
        assert explicit_witness(claim, at, time.monotonic() + 1) is None
        assert cycle_witness(claim, at, time.monotonic() + 1) is None


TUNED = "heavy_ball(step=4/(sqrt({L}) + 1)**2, momentum=((sqrt({L}) - 1)/(sqrt({L}) + 1))**2)"


def heavy_ball(L: int, N: int, factor: str) -> RateClaim:
    """Heavy ball tuned for quadratics, claimed to contract as it does there."""
    table = {
        "id": "heavy-ball",
        "method": TUNED.format(L=L),
        "assumptions": ["strongly_convex(1)", f"smooth({L})"],
        "initial": "norm(x[0] - x_star)**2 <= 1",
        "measure": f"norm(x[{N}] - x_star)**2",
        "bound": f"{factor}*((sqrt({L}) - 1)/(sqrt({L}) + 1))**{N}",
        "at": [{}],
    }
    claim = read_claim(table)
    assert isinstance(claim, RateClaim)
    return claim


@pytest.mark.parametrize(("L", "N"), [(25, 30), (30, 40), (100, 100), (10000, 50)])
def test_heavy_ball_is_caught_in_a_cycle(L: int, N: int) -> None:
    """Goujaud, Taylor and Dieuleveut 2023; at L/mu = 25 Lessard, Recht and Packard 2016"""
    witness = cycle_witness(heavy_ball(L, N, "10"), {}, time.monotonic() + 20)
    assert witness is not None
    assert verify(json.loads(json.dumps(witness.document))).refutes
    # what stays near the start is no contraction at all
    contained = read_claim(heavy_ball(L, N, "10").table | {"bound": "10**9"})
    assert cycle_witness(contained, {}, time.monotonic() + 1) is None


@pytest.mark.parametrize(
    "method",
    [
        "gradient_descent(step=1/25)",
        "nesterov(step=1/25, momentum=2/3)",
        "heavy_ball(step=1/25, momentum=0)",
        "heavy_ball(step=1/(25 + k), momentum=1/2)",
        "gradient_descent_polyak_step()",
    ],
)
def test_methods_that_converge_have_no_cycle(method: str) -> None:
    claim = read_claim(heavy_ball(25, 20, "10").table | {"method": method, "bound": "1/10**9"})
    assert isinstance(claim, RateClaim)
    assert cycle_witness(claim, {}, time.monotonic() + 1) is None


def test_a_recursion_is_read_off_the_trace() -> None:
    from fractions import Fraction

    claim = read_claim(
        heavy_ball(25, 9, "1").table | {"method": "nesterov(step=1/8, momentum=1/2)"}
    )
    assert isinstance(claim, RateClaim)
    found = read_recursion(claim, {})
    assert found is not None
    assert (found.a, found.b, found.u) == pytest.approx((1.5, -0.5, 1.5))
    assert (found.c, found.d, found.w) == pytest.approx((0.125, 0, 0))
    assert list(cycles(found, Fraction(1), Fraction(8))) == []


def test_the_simulator_runs_these_witnesses_too() -> None:
    small = read_claim(
        {
            "id": "gd",
            "method": "gradient_descent(step=1/2)",
            "assumptions": ["convex", "smooth(2)"],
            "initial": "norm(x[0] - x_star) <= 3",
            "measure": "norm(grad(x[4]))",
            "bound": "0.99*6/5",
            "at": [{}],
        }
    )
    for claim, search in ((small, explicit_witness), (heavy_ball(25, 30, "1"), cycle_witness)):
        witness = search(claim, {}, time.monotonic() + 30)
        assert witness is not None
        refuted = refuted_by(witness)
        report = rerun(claim, EngineReport("pep", Status.REFUTED, "", instances=(refuted,)))
        (instance,) = report.instances
        assert instance.witness is not None
        seen = instance.witness["run"]
        assert seen["deviation"] <= AGREEMENT
        assert seen["measure"] > seen["bound"]
        assert verify(json.loads(json.dumps(instance.witness))).refutes
        assert "within" in report.evidence[-1]
        assert "does not show" not in report.evidence[-1]
