"""The experiments on networks show what the lectures and the theory say."""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from tests.quality.experiments import load, small
from theoryck.methods import METHODS
from theoryck.simulate.noise import Sampling
from theoryck.simulate.problems.losses import Squared
from theoryck.simulate.problems.networks import HE_NORMAL, Network, NetworkProblem, Tanh, initial
from theoryck.simulate.runs.simulation import simulate


def test_residual_networks_survive_their_first_steps_only_when_these_are_damped(
    tmp_path: Path,
) -> None:
    figures = small("residual_step_sizes", tmp_path).figures
    assert figures["full norm at the start"] > 1000
    for rule in ("damped, diminishing", "damped, constant"):
        assert figures[f"first step, {rule}"] < 0.02  # γ₀ is 0.1
        assert figures[f"diverged, {rule}"] == 0
        assert figures[f"loss at the end, {rule}"] < math.log(2) - 0.1
        assert figures[f"full norm at the end, {rule}"] < 1e-3 * figures["full norm at the start"]
    undamped = "undamped, diminishing"
    assert figures[f"first step, {undamped}"] == 0.1
    assert figures[f"diverged, {undamped}"] == 1
    assert figures[f"epochs, {undamped}"] < 3  # "Diminishing step-size does of course not help"
    assert figures[f"plain ReLU that learned, {undamped}"] == 0
    # "Larger final full norm … since not diminishing"
    assert figures["late full norm, cooling down"] < 0.6 * figures["late full norm, going on"]


def test_the_lectures_table_follows_from_its_batch_norms() -> None:
    experiment = load("residual_step_sizes")
    for epoch, step, batch_norm in experiment.TABLE:
        found = experiment.table_rule(epoch, batch_norm)
        # two digits of the norm and one or two of the step are printed
        assert found == pytest.approx(step, rel=0.07), epoch
        # by the formula as it is printed ψ(⌈k/K⌉) would count, and from epoch 50 on it does not
        formula = 0.1 / ((1 + 0.5 * math.sqrt(-(-epoch // 50))) * (0.1 * batch_norm + 1))
        assert (formula == pytest.approx(step, rel=0.07)) == (epoch == 0)


def test_the_method_that_remembers_is_the_method() -> None:
    watched = load("residual_step_sizes").damped_sgd
    rng = np.random.default_rng(0)
    network = Network((2, 3, 1), Tanh(), Squared())
    problem = NetworkProblem(network, rng.standard_normal((6, 2)), rng.standard_normal(6))
    start = initial(network, HE_NORMAL, 3, seed=0)
    arguments = {"step": 0.3, "damping": 2.0, "batch": 2}
    ours, theirs = (
        simulate(problem, m, arguments, start, 20, {}, noise=Sampling(6, None), seed=1).last
        for m in (watched, METHODS["damped_sgd"])
    )
    np.testing.assert_array_equal(ours, theirs)


def test_wide_networks_are_trained_linearly_and_stay_near_their_start(tmp_path: Path) -> None:
    figures = small("overparameterised_width", tmp_path).figures
    widths = load("overparameterised_width").SMALL_WIDTHS
    # Theorem 4.1 of Du, Zhai, Póczos and Singh, for wide networks
    for m in widths[2:]:
        assert figures[f"above the bound, m = {m}"] <= 1 + 1e-9
        assert figures[f"factor, m = {m}"] <= figures["factor of the theorem"]
    for narrow, wide in pairwise(widths):
        for what in ("moved", "flipped", "away from linear"):
            assert figures[f"{what}, m = {wide}"] < figures[f"{what}, m = {narrow}"], what
    assert figures["exponent of the distance"] == pytest.approx(-0.5, abs=0.15)


def test_a_gradient_costs_less_than_three_values(tmp_path: Path) -> None:
    figures = small("backpropagation_cost", tmp_path).figures
    for k in (2, 4, 8, 16):
        # a product forward, two backward, but for the first layer, whose input is data
        assert figures[f"gradient over value, k = {k}"] == pytest.approx((3 * k - 1) / k)
        assert figures[f"error, layer by layer, k = {k}"] < 1e-12
        assert figures[f"error, differences, k = {k}"] < 1e-4
    # O(kH²), O(k²H²) and O(k²H⁴), up to terms of lower order
    for name, in_depth, in_width in (
        ("value", 1, 2),
        ("backpropagation", 1, 2),
        ("layer by layer", 2, 2),
        ("differences", 2, 4),
    ):
        assert figures[f"exponent in k, {name}"] == pytest.approx(in_depth, abs=0.1)
        assert figures[f"exponent in H, {name}"] == pytest.approx(in_width, abs=0.1)
