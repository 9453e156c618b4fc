"""Branches, and witnesses of methods with line searches, adaptive steps, second parts and sets."""

from __future__ import annotations

import copy
from fractions import Fraction
from typing import Any

import pytest

from theoryck.algebra import Fractions, cases, dot, norm, ratio
from theoryck.certificates import CertificateError, verify
from theoryck.certificates.problem import branches, instantiate
from theoryck.claims.reading import read_claim
from theoryck.errors import DomainError, TheoryckError, TooLargeError, UntraceableError
from theoryck.methods import METHODS, method

CLAIM = {
    "id": "moves",
    "parameters": {"R": "R > 0", "N": "integer, N >= 0"},
    "assumptions": ["convex", "smooth(1)"],
    "initial": "norm(x[0] - x_star)**2 <= R**2",
    "measure": "norm(x[N] - x[0])**2",
    "bound": "0.9*R**2",
    "at": [{"R": 1, "N": 1}],
}


@method
def capped_distance(x: Any, f: Any) -> Any:
    """A projection on a set that the method knows to be short."""
    return f.project(x - f.grad(x), diameter=1)


@method
def backward(x: Any, f: Any, *, step: Any) -> Any:
    """A proximal step on the second part alone."""
    return f.parts()[1].prox(x, step)


OWN = {**METHODS, "capped_distance": capped_distance, "backward": backward}


def witness(
    name: str, leaves: dict[str, Any], values: dict[str, str], **claim: Any
) -> dict[str, Any]:
    """A witness on the line: a number for every leaf."""
    table = CLAIM | {"method": name} | claim
    document: dict[str, Any] = {
        "format": 1,
        "kind": "witness",
        "claim": table,
        "at": {key: str(value) for key, value in table["at"][0].items()},
        "arithmetic": "rationals",
        "dimension": 1,
        "vectors": {leaf: [str(value)] for leaf, value in leaves.items()},
        "values": values,
    }
    if "cases" in document["claim"]:
        document["cases"] = document["claim"].pop("cases")
    return document


HALF = {"h0": "1/2"}
SEGMENT = {
    "assumptions": ["convex", "smooth(1)", "bounded_domain(2)"],
    "at": [{"R": 2, "N": 1}],
}
# ½x² from 1; for sums and sets, ½(x − 1)² with the minimiser at 0: the second part is |x + 1|,
# or the set is [−2, 0]
RUNS = {
    "line search": witness(
        "gradient_descent_exact_line_search()",
        {"d": 1, "g0": 1, "w0": -1, "g1": 0},
        {"h0": "1/2", "h1": "0"},
        assumptions=["strongly_convex(1)", "smooth(1)"],  # else it may end anywhere on a flat piece
    ),
    "Polyak": witness(
        "gradient_descent_polyak_step()",
        {"d": 1, "g0": 1, "u0": "1/2"},
        HALF,
        bound="0.2*R**2",
    ),
    "normalised": witness("normalized_gd(step=1, offset=0)", {"d": 1, "g0": 1, "u0": 1}, HALF),
    "damped": witness(
        "normalized_gd(step=1, offset=1)",
        {"d": 1, "g0": 1, "u0": 1, "u1": "1/2"},
        HALF,
        bound="0.2*R**2",
    ),
    "clipped": witness(
        "clipped_gd(step=1, threshold=1/2)",
        {"d": 1, "g0": 1, "u0": 1},
        HALF,
        bound="0.2*R**2",
        cases=[False],
    ),
    "not clipped": witness(
        "clipped_gd(step=1, threshold=2)", {"d": 1, "g0": 1}, HALF, cases=[True]
    ),
    "norm in a sum": witness(
        "gradient_descent(step=1)",
        {"d": 1, "g0": 1, "u0": 1},
        HALF,
        measure="norm(x[0] - x_star) - 0*f(x[0])",
        bound="0.9*R",
    ),
    "composite": witness(
        "proximal_gradient(step=1)",
        {"d": 2, "g_star": -1, "g0": 1, "s0": 1},
        {"h0": "0", "t0": "0"},
        at=[{"R": 2, "N": 1}],
    ),
    "projected": witness(
        "projected_gradient(step=1)",
        {"d": -2, "g_star": -1, "g0": -3, "s0": 1},
        {"h0": "4"},
        **SEGMENT,
    ),
    "conditional": witness(
        "frank_wolfe()",
        {"d": -2, "g_star": -1, "g0": -3, "p1": 0},
        {"h0": "4"},
        **SEGMENT,
    ),
}


@pytest.mark.parametrize("name", RUNS)
def test_a_true_run_is_a_witness(name: str) -> None:
    assert verify(RUNS[name]).refutes


@pytest.mark.parametrize("name", RUNS)
def test_no_leaf_of_a_run_can_be_changed(name: str) -> None:
    """Beside the values that no inequality ties down, of which there are none here."""
    for table in ("vectors", "values"):
        for leaf, entry in RUNS[name][table].items():
            for change in (Fraction(1, 7), Fraction(-1, 7)):
                changed = copy.deepcopy(RUNS[name])
                text = entry[0] if table == "vectors" else entry
                new = str(Fraction(text) + change)
                changed[table][leaf] = [new] if table == "vectors" else new
                with pytest.raises(CertificateError):
                    verify(changed)


def test_the_other_case_is_not_that_of_the_run() -> None:
    for name in ("clipped", "not clipped"):
        flipped = copy.deepcopy(RUNS[name])
        flipped["cases"] = [not case for case in flipped["cases"]]
        flipped["vectors"] |= {"u0": ["1"]} if flipped["cases"] == [False] else {}
        if flipped["cases"] == [True]:
            del flipped["vectors"]["u0"]
        with pytest.raises(CertificateError, match="another branch"):
            verify(flipped)


@pytest.mark.parametrize("listed", [[], [True, True], [False], [1], "yes"])
def test_the_cases_are_those_that_the_method_meets(listed: Any) -> None:
    with pytest.raises(CertificateError):
        verify(RUNS["not clipped"] | {"cases": listed})


def test_on_the_boundary_of_a_case_nothing_is_refuted() -> None:
    """There the method may take either branch."""
    for listed, leaves in ([True], {}), ([False], {"u0": 1}):
        run = witness(
            "clipped_gd(step=1, threshold=1)", {"d": 1, "g0": 1} | leaves, HALF, cases=listed
        )
        with pytest.raises(CertificateError, match="another branch"):
            verify(run)


def test_a_line_search_along_zero_stays() -> None:
    """f = 0 has a zero gradient everywhere: the line through x₀ is x₀ alone."""
    leaves = {"d": 0, "g0": 0, "w0": 1, "g1": 0}
    with pytest.raises(CertificateError, match="w0"):
        verify(
            witness(
                "gradient_descent_exact_line_search()", leaves, {"h0": "0", "h1": "0"}, bound="0"
            )
        )


def test_a_set_has_the_diameter_that_the_method_is_told() -> None:
    run = RUNS["projected"]
    told = run | {"claim": run["claim"] | {"method": "capped_distance()"}}
    with pytest.raises(CertificateError, match="further apart"):
        verify(told, methods=OWN)
    near = copy.deepcopy(told)
    near["vectors"] = {"d": ["-1"], "g_star": ["-1"], "g0": ["-2"], "s0": ["1"]}
    near["values"] = {"h0": "3/2"}
    near["at"]["R"] = "1"
    assert verify(near, methods=OWN).refutes


@pytest.mark.parametrize("name", ["backward", "proximal_point", "proximal_gradient"])
@pytest.mark.parametrize("step", ["0", "-1"])
def test_a_proximal_step_is_positive(name: str, step: str) -> None:
    claim = read_claim(CLAIM | {"method": f"{name}(step={step})"}, methods=OWN)
    with pytest.raises(DomainError, match="must be positive"):
        instantiate(claim, claim.at[0], Fractions())


def problems(own: Any, count: int, **claim: Any) -> list[Any]:
    text = f"{own.name}()"
    table = CLAIM | {"method": text, "at": [{"R": 1, "N": count}]} | claim
    read = read_claim(table, methods={own.name: own})
    return list(branches(read, read.at[0], Fractions()))


@method
def two_speeds(x: Any, f: Any) -> Any:
    g = f.grad(x)
    return x - cases(norm(g) <= 1, 2, 1) * g


@pytest.mark.parametrize("count", [0, 1, 3])
def test_every_combination_of_cases_is_a_branch(count: int) -> None:
    found = problems(two_speeds, count)
    assert len({p.branch for p in found}) == len(found) == 2**count
    assert {len(p.branch) for p in found} == {count}


def test_the_two_sides_of_a_case_meet() -> None:
    yes, no = problems(two_speeds, 1)
    (left,), (right,) = yes.trace.cases, no.trace.cases
    assert (yes.branch, no.branch) == ((True,), (False,))
    assert str(left.form) == "-<g0,g0> + 1"
    assert str(right.form) == "<g0,g0> - 1"


def test_too_many_combinations_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("theoryck.certificates.problem.MAX_BRANCHES", 7)
    assert len(problems(two_speeds, 2)) == 4
    with pytest.raises(TooLargeError, match="more than 7"):
        problems(two_speeds, 3)
    with pytest.raises(TooLargeError, match="in one run"):
        problems(two_speeds, 13)


@method
def normalised_case(x: Any, f: Any) -> Any:
    g = f.grad(x)
    return x - cases(ratio(1, norm(g)) <= 1, 2, 1) * g


@method
def negative_case(x: Any, f: Any) -> Any:
    g = f.grad(x)
    return x - cases(1 / (norm(g) - 1) <= 1, 2, 1) * g


@method
def product_of_scalars(x: Any, f: Any) -> Any:
    g = f.grad(x)
    return x - (f.value(x) - f.minimum()) * ratio(1, norm(g)) * g


@pytest.mark.parametrize(
    ("own", "words"),
    [
        (normalised_case, "compare the norm itself"),
        (negative_case, "denominator may be negative"),
        (product_of_scalars, "product of two traced scalars"),
    ],
)
def test_what_cannot_be_compared_or_multiplied(own: Any, words: str) -> None:
    with pytest.raises(UntraceableError, match=words):
        problems(own, 1)


def test_a_norm_with_an_offset_is_a_form_wherever_it_stands() -> None:
    (problem,) = problems(
        method(plain), 1, initial="f(x[0]) - f_star + (norm(x[0] - x_star) + 1) <= R"
    )
    assert str(problem.hypotheses[0].form) == "-<d,u0> - h0"


def plain(x: Any, f: Any) -> Any:
    """x⁺ = x − ∇f(x)"""
    return x - f.grad(x)


RANDOM = {
    "method": "sgd(step=1)",
    "assumptions": ["convex", "smooth(1)", "unbiased"],
    "measure": "norm(x[0] - x_star)**2",
    "at": [{"R": 1, "N": 1}],
}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"bound": "norm(x[N] - x_star)**2"}, r"E\(...\)"),
        ({"bound": "E(norm(x[N] - x_star))**2"}, "power"),
        ({"measure": "R**2 - E(norm(x[N] - x_star))**2"}, "power"),
    ],
)
def test_what_is_random_is_averaged_before_it_is_bent(changes: dict, words: str) -> None:
    claim = read_claim(CLAIM | RANDOM | changes)
    with pytest.raises(UntraceableError, match=words):
        instantiate(claim, claim.at[0], Fractions())


def test_the_mean_of_a_norm_as_a_bound_is_not_squared() -> None:
    """(E‖v‖)² <= E‖v‖², so that the square would be too large a bound."""
    texts = {"measure": "norm(x[0] - x_star)", "bound": "E(norm(x[N] - x_star))"}
    claim = read_claim(CLAIM | RANDOM | texts)
    (goal,) = instantiate(claim, claim.at[0], Fractions()).goals
    assert goal.power == 1
    assert "u" in str(goal.bound)
    measured = {"measure": "E(norm(x[N] - x_star))", "bound": "R"}
    claim = read_claim(CLAIM | RANDOM | measured)
    (goal,) = instantiate(claim, claim.at[0], Fractions()).goals
    assert goal.power == 2


def test_terms_with_minimisers_may_have_a_sum_without_one() -> None:
    """½dist² to {xy >= 1, x > 0} and to {y <= 0}: both grow, their sum only tends to 0."""
    table = CLAIM | {
        "method": "sgd(step=1)",
        "initial": "f(x[0]) - f_star <= R",
        "measure": "E(f(x[N]) - f_star)",
    }
    growing = ["convex", "smooth(1)", "quadratic_growth(1)"]
    for assumptions, exists in (
        (["finite_sum(2)", *growing], False),
        (growing, True),
        (["finite_sum(2)", "strongly_convex(1)", "smooth(1)"], True),
        (["finite_sum(2)", *growing, "interpolation"], True),
    ):
        claim = read_claim(table | {"assumptions": assumptions})
        assert instantiate(claim, claim.at[0], Fractions()).minimiser == exists


def test_a_verified_bound_tells_what_was_relaxed() -> None:
    table = CLAIM | {
        "method": "gradient_descent_exact_line_search()",
        "measure": "f(x[1])",
        "bound": "f(x[0])",
    }
    goal = {"weights": ["1"], "multipliers": {"descent(w0)": "1"}}
    document = {
        "format": 1,
        "kind": "upper-bound",
        "claim": table,
        "at": {"R": "1", "N": "1"},
        "arithmetic": "rationals",
        "goals": [goal],
    }
    lines = verify(document).lines
    assert any("covers more than the method" in line for line in lines)
    with pytest.raises(TheoryckError):
        verify(document | {"claim": table | {"bound": "0.9*f(x[0])"}})


def test_the_square_of_a_gradient_is_traced_exactly() -> None:
    """A quotient by dot(g, g) is the answer that a Polyak step needs."""

    def polyak(x: Any, f: Any) -> Any:
        g = f.grad(x)
        return x - ratio(f.value(x) - f.minimum(), dot(g, g)) * g

    (problem,) = problems(method(polyak), 1)
    assert "polyak(u0)" in problem.singles


@pytest.mark.parametrize("entry", [3, "y0", ["y0", "y1"], ["y0", "y1", 1], [["y0"], "y1", "1/2"]])
def test_malformed_auxiliary_points_are_refused(entry: Any) -> None:
    document = {
        "format": 1,
        "kind": "upper-bound",
        "claim": CLAIM | {"method": "gradient_descent(step=1)"},
        "at": {"R": "1", "N": "1"},
        "arithmetic": "rationals",
        "goals": [],
        "auxiliary": [entry],
    }
    with pytest.raises(CertificateError, match="auxiliary"):
        verify(document)


@pytest.mark.parametrize("terms", ["0", "1/2"])
def test_nothing_is_refuted_of_sums_that_do_not_exist(terms: str) -> None:
    run = witness(
        "sgd(step=1)", {"d": 1, "g0": 0}, {"h0": "0"}, measure="E(norm(x[1] - x_star)**2)"
    )
    run["claim"]["assumptions"] = ["convex", "finite_sum(2)"]
    assert verify(run).refutes
    run["claim"]["assumptions"] = ["convex", f"finite_sum({terms})"]
    with pytest.raises(TheoryckError):
        verify(run)
