"""Experiments on methods: the adaptive ones side by side, and the cool-down."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.quality.experiments import small

ADAPTIVE = ("AdaGrad", "RMSProp", "Adam", "AMSGrad", "AcceleGrad")


def test_adaptive_methods_side_by_side(tmp_path: Path) -> None:
    figures = small("adaptive_methods", tmp_path).figures
    for label in ADAPTIVE:
        # all of them learn, where f is convex and where it is not
        for name in ("f(x) − f*, logistic regression", "‖∇f(x)‖², network"):
            assert figures[f"{label}: {name}, least"] < figures[f"{label}: {name}, before"] / 10
    # their steps do not depend on the unit of f, as that of SGD does
    for label in ("AdaGrad", "RMSProp", "Adam", "AMSGrad"):
        assert figures[f"{label} on 100 times the loss"] == pytest.approx(1, abs=1e-3)
    assert figures["SGD on 100 times the loss"] > 100
    # Reddi, Kale and Kumar 2018, Theorem 1: the worst point of all; AMSGrad goes to the best
    assert figures["Adam on linear losses"] == pytest.approx(1)
    assert figures["AMSGrad on linear losses"] < -0.9
    # Levy, Yurtsever and Cevher 2018, Theorem 2.2
    assert figures["AcceleGrad over its bound"] <= 1
    assert figures["order of AcceleGrad"] > 1.8


def test_a_cool_down_leaves_the_noise_ball(tmp_path: Path) -> None:
    figures = small("cool_down", tmp_path).figures
    for name in ("logistic regression", "residual network"):
        ratios = [
            figures[f"{name}: cooled from {part} over constant"] for part in (0.25, 0.5, 0.75)
        ]
        assert max(ratios) < 0.97
        assert ratios[0] < 0.8
    # the earlier the better, and like 1/k where f is strongly convex
    assert figures["logistic regression: cooled from 0.25 over constant"] < 0.5
    assert figures["order after the cool-down"] > 0.7
