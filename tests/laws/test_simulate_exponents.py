"""Exponents from runs: covered as often as stated, and not believed where the slope still moves."""

from __future__ import annotations

import numpy as np
import pytest

from theoryck.simulate.statistics import Answer, compare_exponent, fit_exponent

HORIZONS = (16, 32, 64, 128, 256, 512)


def samples(rng: np.random.Generator, law, runs: int = 40):
    return {n: law(n) * rng.exponential(1.0, runs) for n in HORIZONS}


@pytest.mark.parametrize("exponent", [-1.0, -0.5, 0.25])
def test_the_interval_covers_the_exponent_as_often_as_stated(exponent: float) -> None:
    rng = np.random.default_rng(0)
    fits = [fit_exponent(samples(rng, lambda n: n**exponent), 0.9) for _ in range(600)]
    covered = np.mean([f.lower <= exponent <= f.upper for f in fits])
    assert covered > 0.86
    assert np.mean([f.settled for f in fits]) > 0.85
    assert np.mean([f.upper - f.lower for f in fits]) < 0.25


def test_a_slope_that_moves_is_called_unsettled() -> None:
    rng = np.random.default_rng(1)
    # a constant beside 1/N: the rate of SGD with a constant step, which ends in a noise ball
    fit = fit_exponent(samples(rng, lambda n: 1 / n + 0.02, 2000))
    assert not fit.settled
    assert fit.first < -0.7
    assert fit.last > -0.3
    assert "not settled" in str(fit)
    report = compare_exponent(fit, -1.0)
    assert report.answer is Answer.UNDECIDED
    assert "falls slower than N**-1" in str(report)


def test_an_order_is_never_refuted() -> None:
    rng = np.random.default_rng(2)
    fit = fit_exponent(samples(rng, lambda n: n**-0.5, 500))
    assert compare_exponent(fit, -0.5).answer is Answer.WITHIN
    assert compare_exponent(fit, -0.25).answer is Answer.WITHIN
    steep = compare_exponent(fit, -1.0)
    assert steep.answer is Answer.UNDECIDED
    assert "hides a constant" in str(steep)


def test_single_runs_are_fitted_with_students_quantiles() -> None:
    fit = fit_exponent({n: [7 * n**-2.0] for n in HORIZONS})
    assert fit.exponent == pytest.approx(-2)
    assert fit.lower == pytest.approx(-2) == fit.upper
    assert fit.settled
    assert fit.runs == (1,) * 6
    rough = fit_exponent({n: [7 * n**-2.0 * (1 + 0.3 * (-1) ** i)] for i, n in enumerate(HORIZONS)})
    assert rough.upper - rough.lower > 0.2


def test_noisy_horizons_weigh_less() -> None:
    rng = np.random.default_rng(3)
    found = []
    for _ in range(100):
        runs = {n: np.full(50, 1 / n) * (1 + 0.01 * rng.standard_normal(50)) for n in HORIZONS}
        runs[512] = 1 / 512 * rng.exponential(1.0, 3)  # three runs of a wild law
        found.append(fit_exponent(runs).exponent)
    assert np.median(np.abs(np.array(found) + 1)) < 0.01
