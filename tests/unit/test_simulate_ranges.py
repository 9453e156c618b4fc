"""How small a measure can be: sound for every expression, and exact for the usual ones."""

from __future__ import annotations

import math

import numpy as np
import pytest

from theoryck.claims.claim import RateClaim
from theoryck.claims.evaluate import Environment, evaluate
from theoryck.claims.expressions import Expr
from theoryck.claims.reading import read_claim
from theoryck.simulate.engine.arrays import ArrayNumbers
from theoryck.simulate.engine.measures import expectations_outside
from theoryck.simulate.engine.ranges import least_in_expectations, range_of
from theoryck.simulate.errors import SimulationError

OO = math.inf
START = np.array([[1.0, 2.0]])
LEAST = 0.75  # f*


def measure(text: str) -> Expr:
    claim = read_claim(
        {"id": "c", "parameters": {"a": "a > 0"}, "method": "sgd(step=1)", "assumptions": [],
         "measure": text, "bound": "1"}
    )  # fmt: skip
    assert isinstance(claim, RateClaim)
    return claim.measure


def f(x: np.ndarray) -> np.ndarray:
    return LEAST + np.sum(x**2, axis=1, keepdims=True)


def here(x: np.ndarray = START) -> Environment:
    return Environment(
        symbols={"a": 2.0, "f_star": LEAST, "x_star": np.zeros((1, 2))},
        iterate=lambda k: START if k == 0 else x,
        value=f,
        gradient=lambda x: 2 * x,
    )


EXPECTED = {
    "f(x[3]) - f_star": (0, OO),
    "f(x[3])": (LEAST, OO),
    "f(x[3]) - f(x[0])": (LEAST - 5.75, OO),
    "f(x[0]) - f(x[3])": (-OO, 5),
    "norm(x[3] - x_star)**2/a": (0, OO),
    "-norm(x[3])": (-OO, 0),
    "dot(grad(x[1]), grad(x[1]))": (0, OO),
    "dot(grad(x[1]), x[1])": (-OO, OO),
    "min(norm(x[1]), 3)": (0, 3),
    "max(norm(x[1]), 3)": (3, OO),
    "abs(f(x[1]) - 5)": (0, OO),
    "(f(x[1]) - 5)**2": (0, OO),
    "(f(x[1]) - 5)**3": (-OO, OO),
    "(f(x[1]) - f_star)**a": (0, OO),
    "(f(x[1]) - f_star)**(3/2)": (0, OO),
    "sqrt(f(x[1]))": (math.sqrt(LEAST), OO),
    "exp(f(x[1]) - f(x[2]))": (0, OO),
    "norm(x[1])*(f(x[2]) - f_star)": (0, OO),
    "norm(x[1])*(f(x[2]) - 5)": (-OO, OO),
    "1/(1 + norm(x[1]))": (0, 1),
    "1/norm(x[1])": (-OO, OO),
    "sum_over(k, 0, 2, (k + 1)*(f(x[k]) - f_star))": (0, OO),
    "mean_over(k, 0, 3, f(x[k]) + a)": (LEAST + 2, OO),
    "min_over(k, 0, 3, f(x[k]) - f_star)": (0, OO),
    "max_over(k, 0, 3, f(x[k]) - f_star)": (0, OO),
    "sum_over(k, 1, 3, (k - 1)*f(x[k]))": (3 * LEAST, OO),
    "sum_over(k, 0, 2, (k - 1)*f(x[k]))": (-OO, OO),
    "sin(norm(x[1]))": (-OO, OO),
    "a - 3": (-1, -1),
    "norm(x[0])": (math.sqrt(5), math.sqrt(5)),
}


@pytest.mark.parametrize("text", EXPECTED)
def test_ranges_are_those_worked_out_by_hand(text: str) -> None:
    low, high = range_of(measure(text), here())
    assert (low, high) == pytest.approx(EXPECTED[text])


@pytest.mark.parametrize("text", EXPECTED)
def test_no_run_leaves_its_range(text: str) -> None:
    rng = np.random.default_rng(0)
    expr = measure(text)
    low, high = range_of(expr, here())
    for scale in (1e-6, 0.1, 1.0, 100.0):
        x = scale * rng.standard_normal((1, 2))
        with np.errstate(all="ignore"):
            value = float(np.reshape(evaluate(expr, here(x), ArrayNumbers()), -1)[0])
        if math.isfinite(value):
            assert low - 1e-9 <= value <= high + 1e-9


def test_expectations_come_in_the_order_in_which_they_are_evaluated() -> None:
    text = "min_over(k, 0, 2, E(f(x[k])) + 0*k) + sqrt(E(norm(x[1])**2)) + E(min(f(x[1]), 9))"
    expr = expectations_outside(measure(text))
    assert least_in_expectations(expr, here()) == pytest.approx((LEAST, LEAST, LEAST, 0, LEAST))
    seen = []
    environment = Environment(
        here().symbols, here().iterate, f, here().gradient, lambda v: seen.append(v) or v
    )
    evaluate(expr, environment, ArrayNumbers())
    assert len(seen) == 5


def test_an_expectation_within_another_is_refused() -> None:
    with pytest.raises(SimulationError, match="within another"):
        least_in_expectations(measure("E(f(x[1]) + E(f(x[2])))"), here())
