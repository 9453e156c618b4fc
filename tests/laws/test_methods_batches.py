"""Every method in batches: hyper-parameters, early stops and divergence are each run's own."""

from __future__ import annotations

from fractions import Fraction as Q
from typing import Any

import numpy as np
import pytest

from theoryck.methods import METHODS
from theoryck.simulate import simulate
from theoryck.simulate.metrics import Last
from theoryck.simulate.noise import Gaussian
from theoryck.simulate.problems.composite import Composite
from theoryck.simulate.problems.constrained import Constrained
from theoryck.simulate.problems.feasible import Box
from theoryck.simulate.problems.piecewise import AbsoluteValue
from theoryck.simulate.problems.quadratic import DiagonalQuadratic
from theoryck.simulate.quantities import iterate_norm

PLANE = DiagonalQuadratic((Q(1), Q(3)))
BOXED = Constrained(PLANE, Box([-2.0, -2.0], [2.0, 2.0]))
COMPOSITE = Composite(PLANE, AbsoluteValue(Q(1, 10), 2))
START = np.array([[1.0, -1.5], [0.5, 0.25], [-1.0, 2.0]])
SHARED = {"batch": 2, "period": 3, "anchor": 4, "iterations": 2}
VALUES = {
    "beta1": [0.9, 0.5, 0.1], "beta2": [0.99, 0.9, 0.5], "decay": [0.9, 0.5, 0.1],
    "momentum": [0.5, 0.1, 0.3], "D": [6.0, 8.0, 7.0], "L": [4.0, 5.0, 8.0],
}  # fmt: skip


def arguments_of(name: str) -> dict[str, Any]:
    """One for each of three runs, but for the counts, which all runs share."""
    return {
        a.name: SHARED.get(a.name, np.array(VALUES.get(a.name, [0.1, 0.2, 0.3])))
        for a in METHODS[name].arguments
    }


def run(name: str, arguments: dict[str, Any], first: int, runs: int, **more: Any) -> Any:
    problem = COMPOSITE if name == "proximal_gradient" else BOXED
    return simulate(
        problem, METHODS[name], arguments, START[first : first + runs], 9,
        {"norm": Last(iterate_norm)}, noise=Gaussian(Q(1, 2)), seed=5, first=first, **more,
    )  # fmt: skip


def nth(arguments: dict[str, Any], i: int) -> dict[str, Any]:
    return {k: float(v[i]) if hasattr(v, "shape") else v for k, v in arguments.items()}


@pytest.mark.parametrize("name", METHODS)
def test_a_run_has_hyperparameters_of_its_own(name: str) -> None:
    arguments = arguments_of(name)
    together = run(name, arguments, 0, 3)
    for i in range(3):
        alone = run(name, nth(arguments, i), i, 1)
        np.testing.assert_allclose(together.last[i], alone.last[0], rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize("name", METHODS)
def test_a_run_that_stops_keeps_its_iterate(name: str) -> None:
    arguments = arguments_of(name)

    def second(view: Any) -> Any:  # the run that starts nearest to 0, at once
        return view.of(iterate_norm) < 0.6

    together = run(name, arguments, 0, 3, stop=second)
    for i in range(3):
        alone = run(name, nth(arguments, i), i, 1, stop=second)
        assert together.steps[i] == alone.steps[0]
        np.testing.assert_allclose(together.last[i], alone.last[0], rtol=1e-10, atol=1e-13)
    assert together.steps[1] == 0
