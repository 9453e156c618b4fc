"""The performance-estimation engine: what it assembles, what it says, and that scale is nothing."""

from __future__ import annotations

import time
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from theoryck.algebra import Coordinates, dot
from theoryck.certificates import instantiate, verify
from theoryck.certificates.documents import as_float
from theoryck.claims.arithmetic import Rationals
from theoryck.claims.reading import read_claim
from theoryck.pep import examine
from theoryck.pep.assemble import assemble
from theoryck.pep.certify import rounded, simplex_weights
from theoryck.verdict import EngineReport, Scope, Status

pytestmark = pytest.mark.costly

GD = {
    "id": "gd",
    "parameters": {"L": "L > 0", "R": "R > 0", "N": "integer, N >= 1"},
    "method": "gradient_descent(step=1/L)",
    "assumptions": ["convex", "smooth(L)"],
    "initial": "norm(x[0] - x_star)**2 <= R**2",
    "measure": "f(x[N]) - f_star",
    "bound": "L*R**2/(4*N + 2)",
    "at": [{"L": 1, "R": 1, "N": 2}],
}


def look(seconds: float = 60, **changes: Any) -> EngineReport:
    table = {key: value for key, value in (GD | changes).items() if value is not None}
    return examine(read_claim(table), time.monotonic() + seconds)


def test_columns_are_the_forms_in_the_scaled_basis() -> None:
    claim = read_claim(GD | {"at": [{"L": 1000, "R": "1/100", "N": 2}]})
    problem = instantiate(claim, claim.at[0], Rationals())
    slacks = tuple(problem.slacks())
    arrays = assemble(problem, 0, slacks)
    generator = np.random.default_rng(0)
    basis = arrays.basis
    scaled = generator.normal(size=(basis.size, 3))
    heights = generator.normal(size=len(basis.scalars))
    values: dict[Any, Any] = {
        leaf: Coordinates(tuple(float(x) for x in row * s))
        for leaf, row, s in zip(basis.vectors, scaled, basis.vector_scale, strict=True)
    }
    values |= {
        leaf: float(h * s)
        for leaf, h, s in zip(basis.scalars, heights, basis.scalar_scale, strict=True)
    }
    i, j = np.triu_indices(basis.size)
    gram = (scaled @ scaled.T)[i, j]
    read = arrays.slacks.gram.T @ gram + arrays.slacks.linear.T @ heights + arrays.slacks.constant
    for slack, value, scale in zip(slacks, read, arrays.row_scale, strict=True):
        form = slack.form()
        direct = as_float(form.constant)
        direct += sum(as_float(c) * values[leaf] for leaf, c in form.linear.items())
        direct += sum(
            as_float(c) * dot(values[u], values[v]) for (u, v), c in form.quadratic.items()
        )
        assert value == pytest.approx(direct * scale, rel=1e-9, abs=1e-9)
    assert 0.1 < np.abs(arrays.slacks.gram.data).max() < 100


@pytest.mark.parametrize("scale", [("1/1000", 1), (10**6, "1/1000"), (3, 10**4)])
def test_the_scale_of_the_problem_does_not_matter(scale: tuple) -> None:
    report = look(at=[{"L": scale[0], "R": scale[1], "N": 4}])
    (instance,) = report.instances
    assert report.status is Status.PROVED
    assert instance.worst_case == pytest.approx(instance.claimed, rel=1e-6)


def test_a_proof_at_every_instance_is_one_of_scope_instances() -> None:
    report = look(at=[{"L": 1, "R": 1, "N": 1}, {"L": 2, "R": 3, "N": 5}])
    assert (report.status, report.scope, report.tight) == (Status.PROVED, Scope.INSTANCES, True)


def test_without_at_certificates_only_support() -> None:
    report = look(at=None)
    assert report.status is Status.SUPPORTED
    assert report.scope is None
    assert all(i.status is Status.PROVED for i in report.instances)


def test_a_loose_bound_is_proved_and_its_ratio_told() -> None:
    report = look(bound="L*R**2/(2*N)")
    assert report.status is Status.PROVED
    assert [f.code for f in report.findings] == ["loose"]
    assert "0.4" in report.findings[0].message  # (1/10)/(1/4)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"bound": "O(1/N)"}, "order bound"),
        ({"bound": "(f(x[0]) - f_star)**2 + L*R**2"}, "degree four|square"),
        ({"measure": "E(f(x[N]))**2"}, "square|degree|power"),
        ({"assumptions": ["smooth(L)"], "confidence": "1/2"}, "probability"),
        ({"method": "sgd(step=1/L)", "assumptions": ["smooth(L)", "unbiased"]}, r"E\(...\)"),
        ({"relation": "==", "at": [{"L": 1, "R": 1, "N": 5000}]}, "2000"),
    ],
)
def test_what_it_cannot_do_it_says(changes: dict, words: str) -> None:
    report = look(**changes)
    assert report.status is Status.INCONCLUSIVE
    import re

    assert re.search(words, report.reason), report.reason


def test_a_spent_budget_is_a_reason() -> None:
    report = look(seconds=-1)
    assert report.status is Status.INCONCLUSIVE
    assert "budget" in report.reason


def test_a_refutation_holds_the_run() -> None:
    report = look(bound="0.99*L*R**2/(4*N + 2)")
    (instance,) = report.instances
    assert instance.status is Status.REFUTED
    assert instance.witness is not None
    assert verify(instance.witness).refutes


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        # true, and tight at ratio 1: the worst case is a parabola with either curvature
        ({"bound": "((L - mu)/(L + mu))**(2*N)*norm(x[0] - x_star)**2"}, Status.PROVED),
        ({"bound": "0.99*((L - mu)/(L + mu))**(2*N)*norm(x[0] - x_star)**2"}, Status.REFUTED),
        ({"bound": "((L - mu)/(L + mu))**(2*N + 1)*norm(x[0] - x_star)**2"}, Status.REFUTED),
    ],
)
def test_a_bound_may_be_a_multiple_of_the_start(changes: dict, status: Status) -> None:
    report = look(
        parameters={"L": "L > 0", "mu": "0 < mu <= L", "N": "integer, N >= 1"},
        method="gradient_descent(step=2/(L + mu))",
        assumptions=["strongly_convex(mu)", "smooth(L)"],
        initial=None,
        measure="norm(x[N] - x_star)**2",
        at=[{"L": 1, "mu": "1/10", "N": 2}],
        **changes,
    )
    assert report.status is status


def test_a_bound_of_zero_can_be_proved() -> None:
    """With mu = L the first step of length 1/L lands on the minimiser."""
    report = look(
        assumptions=["strongly_convex(L)", "smooth(L)"],
        measure="norm(x[1] - x_star)**2",
        bound="0",
        at=[{"L": 2, "R": 1, "N": 1}],
    )
    assert report.status is Status.PROVED


@pytest.mark.parametrize("value", [0.1, 1e-9, 12345.678, 1 / 3, -2.5, 0.0])
def test_rounding_keeps_relative_precision(value: float) -> None:
    assert float(rounded(value, 30)) == pytest.approx(value, rel=2**-29)


def test_weights_sum_to_one_exactly() -> None:
    assert sum(simplex_weights(np.array([1 / 3, 1 / 3, 1 / 3, 1e-15]), 20)) == Fraction(1)


@pytest.mark.parametrize("horizon", [5, 20])
def test_a_line_that_attains_the_worst_case_refutes_one_percent_less(horizon: int) -> None:
    """The worst function of gradient descent has one variable, and is found exactly."""
    report = look(bound="0.99*L*R**2/(4*N + 2)", at=[{"L": 3, "R": 2, "N": horizon}])
    (instance,) = report.instances
    assert instance.status is Status.REFUTED
    assert instance.witness is not None
    assert verify(instance.witness).refutes
    assert "one variable" in report.reason or instance.witness.get("dimension") == 1


@pytest.mark.parametrize(
    ("initial", "status"),
    [
        ("R**2 >= norm(x[0] - x_star)**2", Status.PROVED),
        ("R > norm(x[0] - x_star)", Status.PROVED),
        ("norm(x[0] - x_star)**2 >= R**2", Status.REFUTED),
        ("R**2 <= norm(x[0] - x_star)**2", Status.REFUTED),
    ],
)
def test_a_start_is_bounded_from_the_side_that_is_written(initial: str, status: Status) -> None:
    assert look(initial=initial).status is status


@pytest.mark.parametrize(("radius", "horizon"), [(1, 1), ("1/2", 2)])
def test_a_case_that_cannot_occur_is_proved_like_any_other(radius: Any, horizon: int) -> None:
    """Gradients of length at most L*R = 1 are never clipped; the certificate shows that too."""
    report = look(
        method="clipped_gd(step=1/L, threshold=1)",
        at=[{"L": 1, "R": radius, "N": horizon}],
    )
    assert report.status is Status.PROVED
    assert verify(report.instances[0].certificate or {}).refutes is False
