"""theoryck.testing: what the assertions let pass, and what they say."""

from __future__ import annotations

import math

import pytest

from theoryck.testing import RateTestError, assert_proved, assert_rate

CLAIM = {
    "id": "gd-smooth-convex",
    "parameters": {"L": "L > 0", "R": "R > 0", "N": "integer, N >= 1"},
    "method": "gradient_descent(step=1/L)",
    "assumptions": ["convex", "smooth(L)"],
    "initial": "norm(x[0] - x_star)**2 <= R**2",
    "measure": "f(x[N]) - f_star",
    "bound": "L*R**2/(4*N + 2)",
}


def bound(n: int, smoothness: float = 1.0, radius: float = 1.0) -> float:
    return smoothness * radius**2 / (4 * n + 2)


def test_below_and_at_the_bound_passes():
    assert_rate(CLAIM, {n: bound(n) for n in (1, 5, 50)}, L=1, R=1)
    assert_rate(CLAIM, [99.0, bound(1), bound(2)], L=1, R=1)
    assert_rate(CLAIM, {3: bound(3, 2.0, 5.0)}, L=2.0, R=5.0)


def test_above_the_bound_fails_and_says_where():
    with pytest.raises(AssertionError) as caught:
        assert_rate(CLAIM, [0, 0.1, 0.2], L=1, R=1)
    message = str(caught.value)
    for part in ("gd-smooth-convex", "N = 2", "L = 1", "0.2 > 0.1", "2 times", "1e-09"):
        assert part in message
    assert "N = 1:" not in message


def test_the_tolerance_is_relative():
    measured = {10: bound(10) * 1.01}
    with pytest.raises(AssertionError):
        assert_rate(CLAIM, measured, L=1, R=1)
    assert_rate(CLAIM, measured, tolerance=0.02, L=1, R=1)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_run_that_diverged_is_not_below(value):
    with pytest.raises(AssertionError):
        assert_rate(CLAIM, {1: value}, L=1, R=1)


def test_many_violations_are_counted():
    with pytest.raises(AssertionError, match="and at 5 more"):
        assert_rate(CLAIM, dict.fromkeys(range(1, 11), 1.0), L=1, R=1)


@pytest.mark.parametrize(
    ("measured", "parameters", "words"),
    [
        ({1: 0.1}, {"L": 1}, "missing are R, N"),
        ({1: 0.1}, {"L": 1, "R": 1, "Q": 1}, "no parameter 'Q'"),
        ({1: 0.1}, {"L": 1, "R": 1, "N": 1}, "leave out the one, such as N"),
        ({0: 0.1}, {"L": 1, "R": 1}, "outside the claim's domain"),
        ({1: 0.1}, {"L": -1, "R": 1}, "outside the claim's domain"),
        ([0.1], {"L": 1, "R": 1}, "nothing was compared"),
        ({}, {"L": 1, "R": 1}, "nothing was compared"),
    ],
)
def test_a_test_that_tests_nothing_is_an_error(measured, parameters, words):
    with pytest.raises(RateTestError, match=words):
        assert_rate(CLAIM, measured, **parameters)


def test_claims_without_a_number_to_compare_with():
    with pytest.raises(RateTestError, match="no constants"):
        assert_rate(CLAIM | {"bound": "O(1/N)"}, {1: 0.1}, L=1, R=1)
    with pytest.raises(RateTestError, match="claim's parameters alone"):
        assert_rate(CLAIM | {"bound": "L*norm(x[0] - x_star)**2/N"}, {1: 0.1}, L=1, R=1)
    with pytest.raises(RateTestError, match="kind 'rate'"):
        assert_rate({"id": "i", "kind": "identity", "lhs": "1", "rhs": "1"}, {1: 0.1})


def test_assert_proved_says_why_not():
    with pytest.raises(AssertionError, match=r"i: inconclusive, not proved: .*'identity'"):
        assert_proved({"id": "i", "kind": "identity", "lhs": "1", "rhs": "1"}, engines=["pep"])
