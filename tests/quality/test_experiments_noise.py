"""Experiments on noise: its ball, gradients at the solution, heavy tails, many unknowns."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from tests.quality.experiments import small


def test_a_constant_step_leads_into_a_ball_of_noise(tmp_path: Path) -> None:
    figures = small("noise_ball", tmp_path).figures
    # far from the triangle SGD is as fast as gradient descent
    arrival = figures["arrival of gradient descent from afar"]
    assert arrival == math.ceil(math.log(math.hypot(1200, 800) / (2 * 1.008)) / math.log(1.5))
    assert abs(figures["mean arrival of SGD from afar"] - arrival) < 1
    assert figures["latest arrival of SGD from afar"] <= arrival + 2
    # inside it stays in a ball, whose size is that of the theory and proportional to the step
    assert figures["last gap of gradient descent"] < 1e-12
    assert figures["last mean gap of SGD"] == pytest.approx(
        figures["predicted gap of SGD"], rel=0.25
    )
    for step in ("1/3", "1/10", "1/30"):
        assert figures[f"ball over prediction at {step}"] == pytest.approx(1, abs=0.2)
    assert figures["exponent of the ball's gap in the step"] == pytest.approx(1, abs=0.15)
    # and gradient descent comes straight
    assert figures["distance of gradient descent from a straight line"] < 1e-14


def test_large_component_gradients_keep_sgd_away(tmp_path: Path) -> None:
    figures = small("component_gradients", tmp_path).figures
    for name, slope in (("large", 0.83), ("small", 0.02)):
        assert figures[f"{name}: slope of the first"] == pytest.approx(slope)
        assert figures[f"{name}: slope of the second"] == pytest.approx(-slope)
        # in the end every step goes to and fro by the step times the slope
        assert figures[f"{name}: last moves"] == pytest.approx(0.07 * slope, rel=0.05)
    assert figures["large: last distance"] == pytest.approx(0.07 * 0.83 / 2, rel=0.05)
    assert figures["large: last distance of gradient descent"] < 1e-6
    assert figures["small: steps to a small loss"] < 200
    assert figures["large: steps to a small loss"] == math.inf


def test_heavy_tails_ruin_sgd_and_not_clipped_sgd(tmp_path: Path) -> None:
    figures = small("heavy_tails", tmp_path).figures
    # the distance has no variance, so the gap no mean: few runs make up the sample's
    assert figures["SGD: tail index of the distance"] < 1.8
    assert figures["SGD: share of the worst 1%"] > 0.7
    assert figures["clipped: share of the worst 1%"] < 0.5
    for spread in ("largest over median", "99.9% over median"):
        assert figures[f"SGD: {spread}"] > 5 * figures[f"clipped: {spread}"]
    assert figures["SGD: last mean gap"] > 2 * figures["clipped: last mean gap"]
    # clipped SGD is no slower than the lecture's table
    assert figures["clipped: order of the mean gap"] >= figures["order of the theory"]


def test_with_more_unknowns_than_rows_sgd_converges_linearly(tmp_path: Path) -> None:
    figures = small("least_squares_200", tmp_path).figures
    assert figures["underparameterised: median component gradient"] > 1
    assert figures["overparameterised: largest component gradient"] < 1e-10
    # a ball of noise against a line on the logarithmic scale, as steep as is guaranteed
    assert 0.5 < figures["underparameterised: last gap over half-way"] < 2
    assert figures["overparameterised: last gap over first"] < 1e-4
    assert figures["overparameterised: explained by a line"] > 0.98
    slope = figures["overparameterised: slope of log gap by epoch"]
    assert slope < figures["overparameterised: guaranteed slope"] < 0
