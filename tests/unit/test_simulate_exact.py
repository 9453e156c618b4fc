"""What a refutation rests on: membership, the start, exact runs and exact means."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction as Q
from typing import Any

import pytest

from theoryck.claims.arithmetic import Rationals
from theoryck.claims.claim import RateClaim
from theoryck.claims.expressions import Expr
from theoryck.claims.reading import read_claim
from theoryck.simulate.engine.classes import Candidate, in_class
from theoryck.simulate.engine.exact import exact_outcome
from theoryck.simulate.engine.exact_oracle import Script
from theoryck.simulate.engine.measures import expectations_outside, increasing_in_expectations
from theoryck.simulate.engine.membership import Assumed
from theoryck.simulate.engine.values import choose
from theoryck.simulate.noise import Exact, Gaussian, Multiplicative, Sampling, TwoPoint
from theoryck.simulate.problems.piecewise import AbsoluteValue, Huber
from theoryck.simulate.problems.quadratic import (
    DiagonalQuadratic,
    RotatedQuadratic,
    ShiftedQuadratics,
)

UNIT = DiagonalQuadratic((Q(1),))
START = (Q(1),)


def formula(text: str) -> Expr:
    table = {"id": "c", "parameters": {}, "method": "subgradient(step=1)", "assumptions": []}
    measured = read_claim(table | {"measure": text, "bound": "1"})
    assert isinstance(measured, RateClaim)
    return measured.measure


def outcome(candidate: Candidate, **changes: Any) -> Any:
    table = {
        "id": "claim",
        "parameters": {"L": "L > 0", "R": "R > 0", "sigma": "sigma >= 0"},
        "method": "sgd(step=1/(2*L))",
        "assumptions": ["convex", "smooth(L)", "unbiased", "bounded_variance(sigma)"],
        "initial": "norm(x[0] - x_star) <= R",
        "measure": "E(norm(x[2] - x_star)**2)",
        "bound": "R**2/16",
        "at": [{"L": 1, "R": 1, "sigma": 1}],
    } | changes
    claim = read_claim(table)
    return exact_outcome(claim, choose(claim.at[0]), candidate, math.inf)


def test_a_bound_that_is_attained_is_not_violated() -> None:
    found = outcome(Candidate(UNIT, Exact(), START))
    assert found.measure_text == found.bound_text == "1/16"
    assert not found.violated
    assert outcome(Candidate(UNIT, Exact(), START), bound="R**2/16 - 1/10**9").violated


def test_outside_of_the_class_nothing_is_said() -> None:
    steep = Candidate(DiagonalQuadratic((Q(101, 100),)), Exact(), START)
    assert outcome(steep, bound="R**2/1000") is None
    loud = Candidate(UNIT, TwoPoint(Q(101, 100)), START)
    assert outcome(loud, bound="R**2/1000") is None


def test_from_a_start_too_far_nothing_is_said() -> None:
    assert outcome(Candidate(UNIT, Exact(), (Q(101, 100),)), bound="R**2/1000") is None


def test_the_mean_is_over_all_outcomes() -> None:
    # x₂ = (1 − s₁)/4·… by hand: x₂ = x₀/4 − ξ₁/4 − ξ₂/2, E x₂² = 1/16 + 1/16 + 1/4
    found = outcome(Candidate(UNIT, TwoPoint(Q(1)), START))
    assert (found.measure_text, found.runs) == ("3/8", 4)
    assert found.violated


def test_outcomes_of_unequal_probability_are_weighted() -> None:
    # g = 4x with probability 1/4, else 0; x⁺ = x − g/8, so E x₂² = (1/4·(1/2)² + 3/4)²
    table = {
        "assumptions": ["convex", "smooth(L)", "unbiased", "strong_growth(4)"],
        "method": "sgd(step=1/(8*L))",
    }
    found = outcome(Candidate(UNIT, Multiplicative(Q(4)), START), **table)
    assert Q(found.measure_text) == (Q(1, 16) + Q(3, 4)) ** 2


def test_batches_are_means_of_outcomes() -> None:
    found = outcome(Candidate(UNIT, TwoPoint(Q(1)), START), method="sgd(step=1/(2*L), batch=2)")
    assert (found.measure_text, found.runs) == (str(Q(1, 16) + Q(5, 16) / 2), 16)


def test_what_is_random_outside_of_an_expectation_has_no_mean() -> None:
    candidate = Candidate(UNIT, TwoPoint(Q(1)), START)
    assert outcome(candidate, measure="E(f(x[2])) - f(x[1])") is None
    assert outcome(candidate, measure="norm(x[2] - x_star)**2") is None
    assert outcome(candidate, measure="E(f(x[2])) - f(x[0])") is not None


def test_a_probability_is_counted() -> None:
    candidate = Candidate(UNIT, TwoPoint(Q(1)), START)
    table = {"measure": "norm(x[2] - x_star)", "bound": "1/4"}
    # x₂ = 1/4 ∓ 1/4 ∓ 1/2: one of four outcomes is within, −1/2, 0, 1/2, 1
    found = outcome(candidate, **table, confidence="1/4")
    assert (found.measure_text, found.violated) == ("1/4", False)
    assert outcome(candidate, **table, confidence="26/100").violated


def test_a_sure_run_breaks_any_positive_probability() -> None:
    candidate = Candidate(UNIT, Exact(), START)
    assert outcome(candidate, bound="R**2/17", confidence="1/1000").violated
    assert not outcome(candidate, bound="R**2/17", confidence="0").violated


@pytest.mark.parametrize(
    "candidate",
    [
        Candidate(RotatedQuadratic((Q(1), Q(1))), Exact(), (Q(1, 2), Q(1, 2))),
        Candidate(UNIT, Gaussian(Q(1)), START),
        Candidate(DiagonalQuadratic((Q(1), Q(1))), TwoPoint(Q(1)), (Q(1, 2), Q(1, 2))),
    ],
)
def test_what_is_not_exact_refutes_nothing(candidate: Candidate) -> None:
    assert outcome(candidate, bound="R**2/1000") is None


def test_in_balls_a_method_that_compares_is_not_run() -> None:
    candidate = Candidate(UNIT, Exact(), START)
    irrational = {"at": [{"L": "sqrt(2)", "R": 1, "sigma": 1}], "bound": "R**2/1000"}
    clipped = "clipped_gd(step=1/(2*L), threshold=L*R)"
    assert outcome(candidate, **irrational).violated
    assert outcome(candidate, **irrational, method=clipped) is None
    assert outcome(candidate, bound="R**2/1000", method=clipped).violated


def test_a_projection_is_not_taken_for_the_identity() -> None:
    candidate = Candidate(UNIT, Exact(), START)
    assert outcome(candidate, bound="R**2/1000", method="projected_gradient(step=1/L)") is None


def test_too_many_outcomes_are_not_gone_through() -> None:
    candidate = Candidate(UNIT, TwoPoint(Q(1)), START)
    assert outcome(candidate, measure="E(norm(x[11] - x_star)**2)", bound="0") is None


def test_proximal_steps_and_line_searches_run_exactly() -> None:
    prox = {"method": "proximal_point(step=1/(2*L))", "assumptions": ["convex"]}
    found = outcome(Candidate(AbsoluteValue(Q(1)), Exact(), START), **prox)
    assert found.measure_text == "0"
    bent = outcome(Candidate(Huber(Q(1), Q(0), Q(1, 4)), Exact(), START), **prox)
    assert Q(bent.measure_text) == (1 - Q(1, 8) - Q(1, 8)) ** 2
    search = outcome(
        Candidate(DiagonalQuadratic((Q(1), Q(1, 4))), Exact(), (Q(1, 8), Q(1, 2))),
        method="gradient_descent_exact_line_search()",
        measure="f(x[2]) - f_star",
        bound="(3/5)**4*(f(x[0]) - f_star)",
    )
    assert search.measure_text == search.bound_text  # the slowest start there is


def test_squares_of_irrational_norms_are_rational() -> None:
    plane = DiagonalQuadratic((Q(1), Q(1)))
    found = outcome(
        Candidate(plane, Exact(), (Q(1, 2), Q(1, 2))),
        initial="norm(x[0] - x_star)**2 <= R**2/2",
        measure="norm(grad(x[0]))**2",
    )
    assert (found.measure_text, found.violated) == ("1/2", True)


def test_scripts_go_through_every_choice_once() -> None:
    outcomes = Multiplicative(Q(3)).outcomes()
    seen, probability, choices = set(), Q(0), ()
    while choices is not None:
        script = Script(outcomes, choices)
        for _ in range(3):
            script.draw()
        seen.add(tuple(script.taken))
        probability += script.probability()
        choices = script.following()
    assert (len(seen), probability) == (8, 1)


def member(candidate: Candidate, *names: str, **values: Any) -> bool:
    numbers = Rationals()
    exact = {key: numbers.rational(Q(value)) for key, value in values.items()}
    return in_class(candidate, [Assumed(name, exact) for name in names], numbers)


def test_finite_sums_ask_every_component() -> None:
    problem = ShiftedQuadratics(Q(2), 4, Q(1, 2))
    candidate = Candidate(problem, Sampling(4, problem.variance()), START)
    assert member(candidate, "finite_sum", "smooth", "unbiased", n=4, L=2)
    assert not member(candidate, "finite_sum", "smooth", n=5, L=2)
    assert not member(candidate, "finite_sum", "interpolation", n=4)
    assert not member(candidate, "finite_sum", "smooth", n=4, L="19/10")
    # noise that is no choice of a component is no finite sum
    assert not member(Candidate(UNIT, TwoPoint(Q(1)), START), "finite_sum", n=4)
    assert member(Candidate(UNIT, Exact(), START), "finite_sum", "interpolation", n=4)


def test_an_unknown_assumption_keeps_every_problem_out() -> None:
    assert not member(Candidate(UNIT, Exact(), START), "convex", "made_up")


@pytest.mark.parametrize(
    ("name", "values", "inside", "outside"),
    [
        ("smooth", {}, {"L": 2}, {"L": "199/100"}),
        ("strongly_convex", {}, {"mu": "1/2"}, {"mu": "51/100"}),
        ("pl", {}, {"mu": "1/2"}, {"mu": "51/100"}),
        ("error_bound", {}, {"delta": 1}, {"delta": "101/100"}),
        ("quadratic_growth", {}, {"mu": "1/2"}, {"mu": "51/100"}),
        ("kl", {"alpha": "1/2"}, {"c": 1}, {"c": "101/100"}),
        ("kl", {"c": "1/2"}, {"alpha": "1/2"}, {"alpha": "1/3"}),
        ("l0_l1_smooth", {"L1": 1}, {"L0": 2}, {"L0": "199/100"}),
        ("semi_smooth", {"c": 1}, {"beta": 2}, {"beta": "199/100"}),
        ("weakly_convex", {}, {"rho": 0}, {"rho": -1}),
        ("hessian_lipschitz", {}, {"rho": 0}, {"rho": -1}),
        (
            "strict_saddle",
            {"beta": 1, "delta": 2},
            {"alpha": "1/2", "epsilon": 1},
            {"alpha": "1/2", "epsilon": "101/100"},
        ),
    ],
)
def test_membership_of_a_quadratic_is_sharp(
    name: str, values: Any, inside: Any, outside: Any
) -> None:
    candidate = Candidate(DiagonalQuadratic((Q(1, 2), Q(2))), Exact(), (Q(1), Q(1)))
    assert member(candidate, name, **values, **inside)
    assert not member(candidate, name, **values, **outside)


def test_what_speaks_of_hessians_needs_them_everywhere() -> None:
    kinked = Candidate(Huber(Q(1), Q(1, 2), Q(1)), Exact(), START)
    assert member(kinked, "smooth", L=1)
    assert not member(kinked, "l0_l1_smooth", L0=1, L1=1)
    assert not member(kinked, "hessian_lipschitz", rho=100)
    assert not member(kinked, "strict_saddle", alpha="1/2", beta=1, epsilon=1, delta=2)


def test_flat_directions_leave_pl_but_not_strong_convexity() -> None:
    candidate = Candidate(DiagonalQuadratic((Q(0), Q(2))), Exact(), (Q(1), Q(1)))
    assert member(candidate, "pl", mu=2)
    assert not member(candidate, "strongly_convex", mu="1/100")
    assert not member(replace(candidate, problem=Huber(Q(1), Q(0), Q(1))), "pl", mu="1/1000")


@pytest.mark.parametrize(
    ("text", "increasing"),
    [
        ("E(f(x[1]) - f_star)", True),
        ("min_over(k, 0, 3, E(f(x[k])))", True),
        ("sqrt(E(f(x[1])))", True),
        ("f(x[0]) - E(f(x[1]))", False),
        ("E(f(x[1]))/E(f(x[2]))", False),
        ("abs(E(f(x[1])))", False),
    ],
)
def test_monotone_in_its_expectations(text: str, increasing: bool) -> None:
    assert increasing_in_expectations(formula(text)) is increasing


def test_expectations_move_outside_of_linear_expressions() -> None:
    for inside, outside in (
        ("mean_over(k, 0, 3, E(f(x[k])))", "E(mean_over(k, 0, 3, f(x[k])))"),
        ("2*E(f(x[1])) - E(f(x[2]))/3", "E(2*f(x[1]) - f(x[2])/3)"),
        ("E(f(x[1])) - f(x[0])", "E(f(x[1]) - f(x[0]))"),
        ("min_over(k, 0, 3, E(f(x[k])))", "min_over(k, 0, 3, E(f(x[k])))"),
        ("E(f(x[1])) - f(x[1])", "E(f(x[1])) - f(x[1])"),
        ("E(f(x[1]))*E(f(x[2]))", "E(f(x[1]))*E(f(x[2]))"),
        ("1/E(f(x[1]))", "1/E(f(x[1]))"),
    ):
        assert expectations_outside(formula(inside)) == formula(outside)


def test_a_run_beyond_the_largest_double_still_violates() -> None:
    found = outcome(
        Candidate(UNIT, Exact(), START),
        method="sgd(step=10/L)",
        measure="E(norm(x[400] - x_star)**2)",
    )
    assert found.violated
    assert (found.measure, found.measure_text) == (math.inf, "beyond the largest double")
