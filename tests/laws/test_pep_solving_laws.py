"""Laws of assembling and solving: arrays are the exact forms, solvers agree, and constraint
generation ends at the value of the whole problem."""

from __future__ import annotations

import time
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from theoryck.algebra import Evaluation, Form, dot
from theoryck.assumptions.base import PairFamily
from theoryck.certificates import Problem, instantiate
from theoryck.certificates.documents import as_float
from theoryck.claims import read_claim
from theoryck.claims.arithmetic import Balls, Rationals
from theoryck.pep.assemble import Assembled, lay_out
from theoryck.pep.attack import Attack, attack
from theoryck.pep.certify import completing_slacks
from theoryck.pep.generate import Solved, layout_of, worst_case
from theoryck.pep.interior import measured
from theoryck.pep.lowrank import LowRank, factorised, joined, negated
from theoryck.pep.pairs import traced_template
from theoryck.pep.program import Failure, ratio_program
from theoryck.pep.solve import (
    UnknownSolverError,
    solved,
    solvers,
    widest_margin,
    worst_ratio,
)

steps = st.fractions(min_value=Fraction(1, 5), max_value=Fraction(9, 5), max_denominator=7)
momenta = st.fractions(min_value=0, max_value=Fraction(3, 4), max_denominator=5)
scales = st.sampled_from(["1", "1/1000", "10**5", "3"])


@st.composite
def problems(draw: st.DrawFn, longest: int = 4) -> Problem:
    """A claim about a few steps of some method on some class, at some scale."""
    L, R, N = draw(scales), draw(scales), draw(st.integers(1, longest))
    step, momentum = draw(steps), draw(momenta)
    method = draw(
        st.sampled_from(
            [
                f"gradient_descent(step={step}/({L}))",
                f"heavy_ball(step={step}/({L}), momentum={momentum})",
                f"nesterov(step={step}/({L}), momentum={momentum})",
                f"proximal_point(step={step}/({L}))",
            ]
        )
    )
    lower = draw(st.sampled_from([["convex"], [f"strongly_convex(({L})/10)"]]))
    measure = draw(
        st.sampled_from(
            [
                f"f(x[{N}]) - f_star",
                f"norm(x[{N}] - x_star)**2",
                f"norm(grad(x[{N}]))**2",
                f"min_over(k, 0, {N}, f(x[k]) - f_star)",
            ]
        )
    )
    units = {"f": f"({L})*({R})**2", "norm(x": f"({R})**2", "norm(g": f"({L})**2*({R})**2"}
    unit = next((unit for name, unit in units.items() if measure.startswith(name)), units["f"])
    table = {
        "id": "law",
        "method": method,
        "assumptions": [*lower, f"smooth({L})"],
        "initial": f"norm(x[0] - x_star)**2 <= ({R})**2",
        "measure": measure,
        "bound": unit,
        "at": [{}],
    }
    return instantiate(read_claim(table), {}, Rationals())


def soon() -> float:
    return time.monotonic() + 60


def every(problem: Problem) -> Assembled:
    layout = layout_of(problem, 0)
    return layout.assembled(layout.every())


def entries(form: Form, arrays: Assembled, scale: float) -> tuple[Any, Any, float]:
    """A form's coefficients in the scaled basis, from its exact ones."""
    basis = arrays.basis
    place = {leaf: i for i, leaf in enumerate(basis.vectors)}
    height = {leaf: i for i, leaf in enumerate(basis.scalars)}
    matrix, linear = np.zeros((basis.size, basis.size)), np.zeros(len(basis.scalars))
    for (u, v), coefficient in form.quadratic.items():
        i, j = sorted((place[u], place[v]))
        matrix[i, j] = as_float(coefficient) * basis.vector_scale[i] * basis.vector_scale[j] * scale
    for leaf, coefficient in form.linear.items():
        linear[height[leaf]] = as_float(coefficient) * basis.scalar_scale[height[leaf]] * scale
    return matrix[np.triu_indices(basis.size)], linear, as_float(form.constant) * scale


@settings(max_examples=12, deadline=None)
@given(problem=problems())
def test_pairs_laid_out_in_bulk_are_the_exact_forms(problem: Problem) -> None:
    arrays = every(problem)
    assert len(arrays.names) == len(list(problem.slacks()))
    assert len(set(arrays.names)) == len(arrays.names)
    gram, linear = arrays.slacks.gram.toarray(), arrays.slacks.linear.toarray()
    for column, name in enumerate(arrays.names):
        slack = problem.slack(name)
        assert slack is not None
        assert slack.equality == arrays.equality[column]
        exact = entries(slack.form(), arrays, arrays.row_scale[column])
        assert gram[:, column] == pytest.approx(exact[0], rel=1e-9, abs=1e-11)
        assert linear[:, column] == pytest.approx(exact[1], rel=1e-12, abs=1e-12)
        assert arrays.slacks.constant[column] == pytest.approx(exact[2], rel=1e-12)


@settings(max_examples=12, deadline=None)
@given(problem=problems())
def test_readings_of_all_pairs_are_the_values_of_the_forms(problem: Problem) -> None:
    layout = layout_of(problem, 0)
    arrays = layout.assembled(layout.every())
    generator = np.random.default_rng(1)
    factor = generator.normal(size=(layout.basis.size, 3))
    gram, values = factor @ factor.T, generator.normal(size=len(layout.basis.scalars))
    scaled = arrays.slacks.matrices.inner(gram) + arrays.slacks.linear.T @ values
    scaled = (scaled + arrays.slacks.constant) / arrays.row_scale
    start = len(layout.names)
    for family in layout.families:
        readings, sizes = family.readings(gram, values, 1.0)
        pairs = family.every()
        found = readings[pairs[:, 0], pairs[:, 1]]
        own = sizes[pairs[:, 0], pairs[:, 1]]
        assert np.all(np.abs(found - scaled[start : start + len(pairs)]) <= 1e-9 * own)
        start += len(pairs)


def test_numbers_stay_near_one_where_coefficients_decay_by_many_orders() -> None:
    table = {
        "id": "decay",
        "method": "heavy_ball(step=1/10**6, momentum=1/3)",
        "assumptions": ["convex", "smooth(10**6)"],
        "initial": "norm(x[0] - x_star) <= 1/1000",
        "measure": "norm(grad(x[20]))",
        "bound": "500",
        "at": [{}],
    }
    layout = layout_of(instantiate(read_claim(table), {}, Rationals()), 0)
    arrays = layout.assembled(layout.near())
    tallest = np.abs(arrays.slacks.gram.toarray()).max(axis=0)
    assert tallest.max() < 1e2
    assert np.median(tallest) > 0.1
    solution = worst_case(layout, soon())
    assert isinstance(solution, Solved)
    assert solution.dual.accurate


def test_a_template_that_speaks_of_more_than_two_points_is_laid_out_form_by_form() -> None:
    table = {
        "id": "template",
        "method": "gradient_descent(step=1)",
        "assumptions": ["convex", "smooth(1)"],
        "initial": "norm(x[0] - x_star) <= 1",
        "measure": "f(x[2]) - f_star",
        "bound": "1",
        "at": [{}],
    }
    problem = instantiate(read_claim(table), {}, Rationals())
    trace = problem.trace

    def beyond(i: Evaluation, j: Evaluation) -> Form:
        return dot(i.point - trace.x_star, j.gradient)

    family = PairFamily("beyond", beyond, tuple(trace.evaluations))
    assert traced_template(family, problem.numbers) is None
    goal = problem.goals[0]
    layout = lay_out(trace, goal.alternatives, goal.bound, (), (family,))
    assert layout.families == ()
    assert len(layout.names) == len(list(family.members()))


def test_templates_in_balls_cancel_what_all_points_share() -> None:
    table = {
        "id": "balls",
        "method": "gradient_descent(step=1/sqrt(2))",
        "assumptions": ["strongly_convex(sqrt(2)/10)", "smooth(sqrt(2))"],
        "initial": "norm(x[0] - x_star) <= 1",
        "measure": "norm(x[2] - x_star)**2",
        "bound": "1",
        "at": [{}],
    }
    numbers = Balls()
    with numbers.scope():
        layout = layout_of(instantiate(read_claim(table), {}, numbers), 0)
    assert all(family.template.invariant for family in layout.families)
    assert "x_star" not in {leaf.name for leaf in layout.basis.vectors}


# Matrices of low rank


@st.composite
def families(draw: st.DrawFn) -> LowRank:
    generator = np.random.default_rng(draw(st.integers(0, 1000)))
    lengths = np.array(draw(st.lists(st.integers(1, 4), min_size=1, max_size=6)))
    q = int(lengths.sum())
    signs = generator.choice([-1.0, 1.0], size=q)
    return LowRank(generator.normal(size=(q, 4)), signs, np.cumsum(lengths) - lengths)


@settings(max_examples=40, deadline=None)
@given(family=families(), seed=st.integers(0, 100))
def test_low_rank_families_agree_with_their_matrices(family: LowRank, seed: int) -> None:
    generator = np.random.default_rng(seed)
    dense = family.dense()
    y = generator.normal(size=family.size)
    assert family.combination(y) == pytest.approx(np.tensordot(y, dense, 1))
    z = generator.normal(size=(4, 4))
    assert family.inner(z) == pytest.approx(np.tensordot(dense, z, 2))
    a, b = generator.normal(size=(2, 4, 4))
    direct = np.einsum("iab,bc,jcd,da->ij", dense, a @ a.T, dense, b @ b.T)
    assert family.products(a, b) == pytest.approx((direct + direct.T) / 2)
    chosen = generator.permutation(family.size)
    assert family.take(chosen).dense() == pytest.approx(dense[chosen])
    both = joined([family, negated(family)]).dense()
    assert both == pytest.approx(np.concatenate([dense, -dense]))
    i, j = np.triu_indices(4)
    assert family.triangles().toarray() == pytest.approx(dense[:, i, j])


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 1000), rank=st.integers(0, 4), unit=st.integers(-30, 30))
def test_factors_give_the_matrix_back_whatever_its_units(seed: int, rank: int, unit: int) -> None:
    generator = np.random.default_rng(seed)
    factor = generator.normal(size=(4, rank))
    scale = np.array([1.0, 2.0**unit, 1.0, 2.0**unit])
    matrix = factor @ np.diag(generator.choice([-1.0, 1.0], size=rank)) @ factor.T
    matrix = matrix * scale[:, None] * scale[None, :]
    rows, signs = factorised(matrix)
    back = rows.T @ (signs[:, None] * rows)
    assert np.all(np.abs(back - matrix) <= 1e-11 * scale[:, None] * scale[None, :])
    assert len(rows) == rank


# Solving


@settings(max_examples=5, deadline=None)
@given(problem=problems(longest=3))
def test_the_own_solver_agrees_with_clarabel(problem: Problem) -> None:
    arrays = every(problem)
    own = worst_ratio(arrays, soon(), "schur")
    other = worst_ratio(arrays, soon(), "clarabel")
    assert not isinstance(own, Failure)
    assert not isinstance(other, Failure)
    assert own.ratio == pytest.approx(other.ratio, rel=2e-5, abs=1e-7)


@settings(max_examples=6, deadline=None)
@given(problem=problems())
def test_generation_ends_at_the_value_of_the_whole_problem(problem: Problem) -> None:
    generated = worst_case(layout_of(problem, 0), soon())
    whole = worst_ratio(every(problem), soon())
    assert isinstance(generated, Solved)
    assert not isinstance(whole, Failure)
    assert generated.dual.ratio == pytest.approx(whole.ratio, rel=1e-6, abs=1e-9)


@settings(max_examples=6, deadline=None)
@given(problem=problems(longest=3))
def test_the_primal_meets_every_inequality_and_has_the_value(problem: Problem) -> None:
    solution = worst_case(layout_of(problem, 0), soon())
    assert isinstance(solution, Solved)
    dual, arrays = solution.dual, every(problem)

    def at(columns: Any) -> Any:
        read = columns.matrices.inner(dual.gram) + columns.linear.T @ dual.values
        return read + columns.constant * dual.unit

    assert at(arrays.slacks).min() >= -1e-5
    assert at(arrays.alternatives).min() == pytest.approx(
        dual.ratio * float(at(arrays.bound)[0]), rel=1e-5, abs=1e-8
    )


def gd(bound: str, **changes: Any) -> Problem:
    table = {
        "id": "gd",
        "method": "gradient_descent(step=1)",
        "assumptions": ["convex", "smooth(1)"],
        "initial": "norm(x[0] - x_star) <= 1",
        "measure": "f(x[4]) - f_star",
        "bound": bound,
        "at": [{}],
    } | changes
    return instantiate(read_claim(table), {}, Rationals())


def test_a_worst_case_that_is_not_bounded_is_recognised() -> None:
    problem = replace(gd("1/18"), hypotheses=())
    solution = worst_case(layout_of(problem, 0), soon())
    assert isinstance(solution, Failure)
    assert solution.reason in ("infeasible", "unbounded")


def test_a_bound_far_too_large_costs_no_digits() -> None:
    solution = worst_case(layout_of(gd("10**5"), 0), soon())
    assert isinstance(solution, Solved)
    assert solution.dual.accurate
    assert solution.dual.ratio * 1e5 == pytest.approx(1 / 18, rel=1e-6)


@pytest.mark.parametrize("name", ["schur", "clarabel"])
def test_every_solver_finds_the_known_value(name: str) -> None:
    dual = worst_ratio(every(gd("1/18")), soon(), name)
    assert not isinstance(dual, Failure)
    assert dual.ratio == pytest.approx(1, rel=1e-6)


def test_a_solver_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(UnknownSolverError, match=r"'cplex': schur, .*clarabel.* are installed"):
        worst_ratio(every(gd("1/18")), soon(), "cplex")
    assert "cplex" not in solvers()


def test_no_time_is_a_failure_with_its_reason() -> None:
    found = worst_ratio(every(gd("1/18")), time.monotonic() - 1)
    assert isinstance(found, Failure)
    assert "time" in found.reason


def test_answers_are_measured_and_not_taken_for_granted() -> None:
    program = ratio_program(every(gd("1/18")))
    found = solved(program, soon())
    assert not isinstance(found, Failure)
    assert found.error < 1e-7
    right = measured(program, found.y, found.gram, found.rooms, found.free)
    assert right.error < 1e-6
    for part in ("y", "gram", "rooms", "free"):
        numbers = {name: getattr(found, name) for name in ("y", "gram", "rooms", "free")}
        numbers[part] = 1.01 * numbers[part]
        assert measured(program, **numbers).error > 1e-4, part
    # numbers outside their cones are no solution, whatever equations they meet
    outside = found.rooms.copy()
    outside[0] = -1.0
    assert measured(program, found.y, found.gram, outside, found.free).residual >= 1


def test_the_widest_margin_has_room_exactly_where_the_bound_is_loose() -> None:
    margins = {}
    for bound in ("(1 + 1e-3)/18", "1/18"):
        problem = gd(bound)
        arrays = every(problem)
        slacks = [problem.slack(name) for name in arrays.names]
        completing = completing_slacks([slack for slack in slacks if slack is not None])
        wide = widest_margin(arrays, np.array(completing), soon())
        assert not isinstance(wide, Failure)
        margins[bound] = wide.margin
        assert np.all(wide.multipliers[list(completing)] >= wide.margin - 1e-9)
        assert np.linalg.eigvalsh(wide.psd)[0] >= wide.margin - 1e-9
    assert margins["(1 + 1e-3)/18"] > 1e-6
    assert abs(margins["1/18"]) < 1e-7


@settings(max_examples=5, deadline=None)
@given(problem=problems(longest=3))
def test_an_attack_violates_the_bound_and_keeps_room_on_all_pairs(problem: Problem) -> None:
    solution = worst_case(layout_of(problem, 0), soon())
    assert isinstance(solution, Solved)
    goal = problem.goals[0]
    share = Fraction(0.9 * solution.dual.ratio).limit_denominator(10**9)
    below = replace(goal, bound=goal.bound * problem.numbers.rational(share))
    layout = layout_of(replace(problem, goals=(below,)), 0)
    found = attack(layout, soon())
    assert isinstance(found, Attack)
    arrays = layout.assembled(layout.every())

    def at(columns: Any) -> Any:
        return (
            columns.matrices.inner(found.gram)
            + columns.linear.T @ found.values
            + (columns.constant)
        )

    assert at(arrays.slacks).min() > 0
    assert at(arrays.alternatives).min() > at(arrays.bound)[0]


def test_nothing_attacks_a_bound_that_holds() -> None:
    found = attack(layout_of(gd("1/17"), 0), soon())
    assert isinstance(found, Failure)
