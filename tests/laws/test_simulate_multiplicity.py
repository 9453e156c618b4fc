"""Many statements and many looks: the error of all together is what was allowed."""

from __future__ import annotations

import math

import numpy as np
import pytest

from theoryck.simulate.statistics import holm, shared, spend
from theoryck.simulate.statistics.betting import log_wealth


def test_spending_is_lan_and_demets() -> None:
    # their α(t) for O'Brien and Fleming, α = 0.05 at t = 1/4, 1/2, 3/4, 1 (1983, Table 1)
    spent = np.cumsum(spend(0.05, [25, 50, 75, 100]))
    assert spent == pytest.approx([0.00009, 0.00557, 0.02363, 0.05], abs=2e-5)
    assert np.cumsum(spend(0.05, [50, 100], "pocock"))[0] == pytest.approx(0.0310, abs=1e-4)


@pytest.mark.parametrize("spending", ["obrien-fleming", "pocock"])
@pytest.mark.parametrize("error", [0.05, 1e-6])
def test_all_that_is_spent_is_the_error(spending: str, error: float) -> None:
    each = spend(error, [10, 30, 70, 200], spending)
    assert sum(each) == pytest.approx(error)
    assert all(e > 0 for e in each)


def test_looking_often_is_paid_for() -> None:
    looks, error, trials = (50, 100, 200, 400), 0.2, 4000
    samples = np.random.default_rng(0).exponential(1.0, (trials, looks[-1]))
    fallen = np.zeros(trials, dtype=bool)
    for look, each in zip(looks, spend(error, looks, "pocock"), strict=True):
        fallen |= log_wealth(samples[:, :look], 1.0) >= math.log(1 / each)
    assert np.mean(fallen) <= error


def test_holm_refutes_all_that_bonferroni_does_and_is_as_seldom_wrong() -> None:
    rng = np.random.default_rng(1)
    error, wrong = 0.1, 0
    for _ in range(4000):
        true, false = rng.random(4), rng.random(4) * 0.02
        p_values = [*true, *false]
        found = holm(p_values, error)
        single = [p <= shared(error, 8) for p in p_values]
        assert all(f or not s for f, s in zip(found, single, strict=True))
        wrong += any(found[:4])
    assert wrong / 4000 <= error
