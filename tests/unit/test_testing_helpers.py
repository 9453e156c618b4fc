"""theoryck.testing: what the assertions let pass, and what they say."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

from theoryck.methods import METHODS
from theoryck.simulate import simulate
from theoryck.simulate.metrics import Last
from theoryck.simulate.noise import TwoPoint
from theoryck.simulate.problems.quadratic import DiagonalQuadratic
from theoryck.simulate.quantities import gap
from theoryck.testing import RateTestError, assert_proved, assert_rate, assert_runs

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


SGD = {
    "id": "sgd",
    "parameters": {"L": "L > 0", "sigma": "sigma > 0", "N": "integer, N >= 1"},
    "method": "sgd(step=1/L)",
    "assumptions": ["strongly_convex(L)", "smooth(L)", "unbiased", "bounded_variance(sigma)"],
    "measure": "E(f(x[N]) - f_star)",
    "bound": "sigma**2/(2*L)",
}


def simulated(runs: int = 3000):
    """Gaps of SGD on a parabola after one and after ten steps; their mean is the bound."""
    line, law = DiagonalQuadratic((Fraction(2),)), TwoPoint(Fraction(1))
    measured = {}
    for horizon in (1, 10):
        outcome = simulate(
            line, METHODS["sgd"], {"step": 0.5}, np.ones((runs, 1)), horizon,
            {"gap": Last(gap)}, noise=law, seed=horizon,
        )  # fmt: skip
        measured[horizon] = outcome.measured["gap"]
    return measured


def test_simulated_runs_keep_a_true_bound_and_break_a_false_one():
    measured = simulated()
    reports = assert_runs(SGD, measured, L=2, sigma=1)
    assert [report.runs for report in reports] == [3000, 3000]
    with pytest.raises(AssertionError) as caught:
        assert_runs(SGD | {"bound": "sigma**2/(3*L)"}, measured, L=2, sigma=1)
    for part in ("sgd", "N = 10", "3000 runs", "above the bound", "5e-07"):
        assert part in str(caught.value)


def test_a_mean_just_above_by_chance_is_no_failure():
    sample = np.random.default_rng(0).exponential(0.25, 50)
    sample *= 0.3 / sample.mean()  # above 0.25, and fifty runs do not tell
    (report,) = assert_runs(SGD, {5: sample}, L=2, sigma=1)
    assert report.answer == "undecided"


def test_a_confidence_is_held_against_how_often_it_fails():
    often = SGD | {"measure": "f(x[N]) - f_star", "confidence": "9/10"}
    failing = [0.0] * 800 + [1.0] * 200
    with pytest.raises(AssertionError, match="probability"):
        assert_runs(often, {5: failing}, L=2, sigma=1)
    assert_runs(often, {5: failing[:880]}, L=2, sigma=1)


def test_without_an_expectation_every_run_counts():
    sure = SGD | {"measure": "f(x[N]) - f_star"}
    assert_runs(sure, {5: [0.25] * 10}, L=2, sigma=1)
    with pytest.raises(AssertionError):
        assert_runs(sure, {5: [0.25] * 100_000 + [0.3]}, L=2, sigma=1)


@pytest.mark.parametrize(
    ("samples", "words"),
    [({}, "nothing was compared"), ({0: [0.1, 0.2]}, "outside"), ({5: []}, "at least 2 runs"),
     ({5: [0.1, math.nan]}, "NaN"), ({5: [0.1, -0.1]}, "must lie in")],
)  # fmt: skip
def test_samples_that_are_none_are_named(samples, words):
    with pytest.raises(ValueError, match=words):
        assert_runs(SGD, samples, L=2, sigma=1)
