"""Feasible sets: projections are nearest points, in the plain and in the weighted norm."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from theoryck.simulate.errors import SimulationError
from theoryck.simulate.problems.feasible import Ball, Box, FeasibleSet

D = 3
coordinates = st.floats(-50, 50).map(lambda t: round(t, 3))
vectors = st.lists(coordinates, min_size=D, max_size=D).map(np.array)
# of widely different size, as √v̂ is where one coordinate's gradients are small
weights = st.lists(st.integers(-12, 12), min_size=D, max_size=D).map(
    lambda powers: 10.0 ** (np.array(powers) / 2)
)


@st.composite
def boxes(draw: Any) -> Box:
    ends = [sorted([draw(coordinates), draw(coordinates)]) for _ in range(D)]
    lower = [-math.inf if draw(st.booleans()) and draw(st.booleans()) else a for a, _ in ends]
    upper = [math.inf if draw(st.booleans()) and draw(st.booleans()) else b for _, b in ends]
    return Box(lower, upper)


balls = st.builds(Ball, st.floats(0.01, 60), vectors)
sets = st.one_of(boxes(), balls)


def one(feasible: FeasibleSet, x: Any, w: Any = None) -> Any:
    if w is None:
        return feasible.project(x[None])[0]
    return feasible.project_weighted(x[None], w[None])[0]


def size(*arrays: Any) -> float:
    return 1 + max(float(np.abs(a).max()) for a in arrays)


@settings(max_examples=80, deadline=None)
@given(feasible=sets, x=vectors, y=vectors, w=weights)
def test_the_projection_makes_an_obtuse_angle_with_every_feasible_point(
    feasible: FeasibleSet, x: Any, y: Any, w: Any
) -> None:
    inside = one(feasible, y)
    for found, scale in ((one(feasible, x), np.ones(D)), (one(feasible, x, w), w / w.max())):
        assert np.sum(scale * (x - found) * (inside - found)) <= 1e-9 * size(x, y, found) ** 2


@settings(max_examples=80, deadline=None)
@given(feasible=sets, x=vectors, w=weights)
def test_projections_are_feasible_and_stay(feasible: FeasibleSet, x: Any, w: Any) -> None:
    for found in (one(feasible, x), one(feasible, x, w)):
        again = one(feasible, found)
        np.testing.assert_allclose(again, found, rtol=0, atol=1e-13 * size(x, found))
        np.testing.assert_allclose(one(feasible, again, w), again, atol=1e-13 * size(x, found))


@settings(max_examples=40, deadline=None)
@given(feasible=sets, x=vectors, y=vectors, w=weights)
def test_projections_expand_no_distance(feasible: FeasibleSet, x: Any, y: Any, w: Any) -> None:
    slack = 1e-9 * size(x, y)
    apart = np.linalg.norm(one(feasible, x) - one(feasible, y))
    assert apart <= np.linalg.norm(x - y) + slack
    roots = np.sqrt(w / w.max())
    apart = np.linalg.norm(roots * (one(feasible, x, w) - one(feasible, y, w)))
    assert apart <= np.linalg.norm(roots * (x - y)) + slack


@settings(max_examples=40, deadline=None)
@given(feasible=sets, x=vectors, factor=st.floats(1e-6, 1e6))
def test_equal_weights_are_none(feasible: FeasibleSet, x: Any, factor: float) -> None:
    found = one(feasible, x, np.full(D, factor))
    np.testing.assert_allclose(found, one(feasible, x), rtol=0, atol=1e-12 * size(x))


@settings(max_examples=40, deadline=None)
@given(feasible=sets, g=vectors, y=vectors)
def test_no_feasible_point_is_below_the_linear_minimiser(
    feasible: FeasibleSet, g: Any, y: Any
) -> None:
    inside = one(feasible, y)
    sides = np.zeros(D)
    if isinstance(feasible, Box):
        sides = np.where(g > 0, feasible.lower, np.where(g < 0, feasible.upper, 0))
    if not np.isfinite(sides).all():
        with pytest.raises(SimulationError, match="not bounded"):
            feasible.linear_minimizer(g[None])
        return
    found = feasible.linear_minimizer(g[None])[0]
    np.testing.assert_allclose(one(feasible, found), found, atol=1e-12 * size(found))
    assert g @ found <= g @ inside + 1e-10 * size(found, inside) * size(g)


@settings(max_examples=40, deadline=None)
@given(feasible=sets, x=vectors, y=vectors)
def test_no_two_points_are_farther_apart_than_the_diameter(
    feasible: FeasibleSet, x: Any, y: Any
) -> None:
    apart = np.linalg.norm(one(feasible, x) - one(feasible, y))
    assert apart <= feasible.diameter * (1 + 1e-12) + 1e-12 * size(x, y)


@settings(max_examples=80, deadline=None)
@given(feasible=sets, x=vectors)
def test_a_point_is_in_the_set_if_its_projection_moves_it_nowhere(
    feasible: FeasibleSet, x: Any
) -> None:
    moved = np.abs(one(feasible, x) - x).max()
    if moved > 1e-12 * size(x):
        assert not feasible.contains(x)
    elif moved == 0 and isinstance(feasible, Box):
        assert feasible.contains(x)


def test_a_ball_of_runs_is_projected_on_run_by_run() -> None:
    ball, rng = Ball(1.5, np.zeros(4)), np.random.default_rng(0)
    x, w = 3 * rng.standard_normal((50, 4)), 10.0 ** rng.uniform(-6, 6, (50, 4))
    together = ball.project_weighted(x, w)
    alone = np.concatenate([ball.project_weighted(x[i : i + 1], w[i : i + 1]) for i in range(50)])
    np.testing.assert_array_equal(together, alone)


def test_a_feasible_point_stays_to_the_last_digit() -> None:
    ball, rng = Ball(2.0, [1.0, -2.0, 0.3]), np.random.default_rng(0)
    x = ball.centre + rng.uniform(-1, 1, (200, 3))
    np.testing.assert_array_equal(ball.project_weighted(x, rng.uniform(0.1, 9, (200, 3))), x)
    np.testing.assert_array_equal(ball.project(x), x)


def test_a_coordinate_of_no_weight_is_given_up_first() -> None:
    found = Ball(1.0, np.zeros(2)).project_weighted(np.array([[3.0, 0.5]]), np.array([[0.0, 1.0]]))
    assert np.linalg.norm(found) <= 1 + 1e-15
    assert found[0, 1] == pytest.approx(0.5, abs=1e-9)
