"""What a measure's text means: quantity, range, expectation; and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from theoryck.claims.reading import read_claim
from theoryck.derive.measure import Target, read_measure
from theoryck.derive.setting import Stuck, setting_of
from theoryck.derive.statements import (
    DISTANCE_SQUARED,
    GAP,
    GRADIENT_SQUARED,
    Aggregate,
    Quantity,
)


def read(measure: str, stochastic: bool = False) -> Target:
    table: dict[str, Any] = {
        "id": "claim",
        "parameters": {"N": "integer, N >= 2", "L": "L > 0", "R": "R > 0"},
        "method": "gradient_descent(step=1/L)",
        "assumptions": ["smooth(L)"],
        "measure": measure,
        "initial": "norm(x[0] - x_star) <= R",
        "bound": "L",
    }
    target, _ = read_measure(setting_of(read_claim(table)), stochastic)
    return target


@pytest.mark.parametrize(
    ("text", "quantity", "aggregate", "lower", "upper", "root"),
    [
        ("f(x[N]) - f_star", GAP, Aggregate.LAST, "N", "N", False),
        ("f(x[N]) - f(x_star)", GAP, Aggregate.LAST, "N", "N", False),
        ("f(x[N - 1]) - f_star", GAP, Aggregate.LAST, "N - 1", "N - 1", False),
        ("norm(grad(x[N]))**2", GRADIENT_SQUARED, Aggregate.LAST, "N", "N", False),
        ("norm(grad(x[N]))", GRADIENT_SQUARED, Aggregate.LAST, "N", "N", True),
        ("norm(x[N] - x_star)", DISTANCE_SQUARED, Aggregate.LAST, "N", "N", True),
        ("norm(x_star - x[N])**2", DISTANCE_SQUARED, Aggregate.LAST, "N", "N", False),
        (
            "dot(grad(x[N]), grad(x[N]))",
            GRADIENT_SQUARED,
            Aggregate.LAST,
            "N",
            "N",
            False,
        ),
        (
            "min_over(k, 0, N - 1, norm(grad(x[k]))**2)",
            GRADIENT_SQUARED,
            Aggregate.MIN,
            "0",
            "N - 1",
            False,
        ),
        (
            "min_over(k, 1, N, norm(grad(x[k - 1]))**2)",
            GRADIENT_SQUARED,
            Aggregate.MIN,
            "0",
            "N - 1",
            False,
        ),
        (
            "mean_over(j, 0, N, f(x[j]) - f_star)",
            GAP,
            Aggregate.MEAN,
            "0",
            "N",
            False,
        ),
        (
            "min_over(k, 0, N, norm(grad(x[k])))**2",
            GRADIENT_SQUARED,
            Aggregate.MIN,
            "0",
            "N",
            False,
        ),
    ],
)
def test_measures(
    text: str, quantity: Quantity, aggregate: Aggregate, lower: str, upper: str, root: bool
) -> None:
    measured = read(text).measured
    assert (measured.quantity, measured.aggregate, measured.root) == (quantity, aggregate, root)
    assert (str(measured.lower), str(measured.upper)) == (lower, upper)


def test_a_sum_over_a_count_is_scaled() -> None:
    target = read("sum_over(k, 0, N - 1, norm(grad(x[k]))**2)/N")
    assert target.measured.aggregate is Aggregate.SUM
    assert str(target.scale) == "1/N"


def test_what_is_added_to_a_measure_is_kept() -> None:
    target = read("f(x[N]) - f(x[0])")
    assert target.measured.quantity == GAP
    assert str(target.offset) == "-(f(x[0]) - f_star)"
    summed = read("sum_over(k, 0, N - 1, L*norm(grad(x[k]))**2 - R)/2")
    assert (str(summed.scale), str(summed.offset)) == ("L/2", "-N*R/2")


def test_the_value_at_the_average_point() -> None:
    target = read("f(mean_over(k, 0, N, x[k])) - f_star")
    assert target.at_average
    assert target.measured.aggregate is Aggregate.MEAN


@pytest.mark.parametrize(
    "text",
    [
        "E(f(x[N]) - f_star)",
        "E(f(x[N])) - f_star",
        "E(min_over(k, 0, N, norm(grad(x[k]))**2))",
        "min_over(k, 0, N, E(norm(grad(x[k]))**2))",
        "sqrt(E(norm(grad(x[N]))**2))",
        "E(norm(grad(x[N])))",
    ],
)
def test_expectations(text: str) -> None:
    assert read(text, stochastic=True).measured.expected
    assert not read(text, stochastic=False).measured.expected


@pytest.mark.parametrize(
    "text",
    [
        "max_over(k, 0, N, norm(grad(x[k]))**2)",
        "sum_over(k, 0, N, norm(grad(x[k])))",
        "norm(grad(x[N]))**4",
        "f(x[N])*norm(x[N] - x_star)",
        "f(x[N]) - f(x[N - 1])",
        "norm(x[N] - x[0])",
        "min_over(k, 0, N, f(x[N]) - f_star)",
        "min_over(k, 0, N, norm(grad(x[2*k]))**2)",
    ],
)
def test_other_measures_are_refused_in_words(text: str) -> None:
    with pytest.raises(Stuck, match="measure"):
        read(text)


def test_randomness_must_stand_under_e() -> None:
    with pytest.raises(Stuck, match="E"):
        read("f(x[N]) - f_star", stochastic=True)
