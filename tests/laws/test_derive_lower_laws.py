"""The closed forms of runs on explicit functions against the methods run step by step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
import sympy

from theoryck.claims.reading import read_claim
from theoryck.derive.lower.classes import MEMBERSHIPS, membership
from theoryck.derive.lower.families import (
    Absolute,
    Coordinates,
    Example,
    Huber,
    Lengths,
    Quadratic,
    Trend,
)
from theoryck.derive.lower.logarithms import spread
from theoryck.derive.lower.reaching import NotReached
from theoryck.derive.lower.rules import RunValue
from theoryck.derive.relations import Relation
from theoryck.derive.rules.base import NotApplicableError
from theoryck.derive.setting import setting_of
from theoryck.derive.statements import (
    DISTANCE_SQUARED,
    GAP,
    GRADIENT_SQUARED,
    Aggregate,
    Measured,
)
from theoryck.derive.values import holds_at

Q = sympy.Rational
ZERO = sympy.Integer(0)
STEPS = 6

Function = tuple[Callable[[np.ndarray], float], Callable[[np.ndarray], np.ndarray]]


def numeric(example: Example) -> Function:
    """The function and a subgradient of it, in numbers."""
    match example:
        case Quadratic(curvature=c):
            return lambda x: float(c) / 2 * x[0] ** 2, lambda x: float(c) * x
        case Huber(curvature=c, share=share):
            d = float(share * sympy.sqrt(example.squared_start))

            def value(x: np.ndarray) -> float:
                far = abs(x[0]) > d
                return float(c) * (d * abs(x[0]) - d**2 / 2 if far else x[0] ** 2 / 2)

            return value, lambda x: float(c) * np.clip(x, -d, d)
        case Absolute(steepness=m):
            # at the kink the oracle may answer either side
            return lambda x: float(m) * abs(x[0]), lambda x: float(m) * np.ones(1)
    raise AssertionError(example)


def run(example: Example, here: float, ahead: float) -> list[tuple[float, float, float]]:
    """(gap, squared gradient, squared distance) along the run, by solving each implicit step."""
    x = np.array([float(sympy.sqrt(example.squared_start))])
    value, slope = numeric(example)
    found = []
    for _ in range(STEPS + 1):
        g = slope(x)
        found.append((value(x), float(g @ g), float(x @ x)))
        y = x - here * g
        low, high = y - 50 * np.ones(1), y + 50 * np.ones(1)
        for _ in range(200):  # z + ahead*∇f(z) grows with z
            middle = (low + high) / 2
            above = middle + ahead * slope(middle) > y
            low, high = np.where(above, low, middle), np.where(above, middle, high)
        x = (low + high) / 2
    return found


@pytest.mark.parametrize(
    ("example", "lengths"),
    [
        (Quadratic(Q(3, 2), Q(4)), Lengths(Q(1, 2), ZERO)),
        (Quadratic(Q(3, 2), Q(4)), Lengths(Q(11, 10), ZERO)),
        (Quadratic(Q(3, 2), Q(4)), Lengths(ZERO, Q(2))),
        (Huber(Q(2), Q(1, 10), Q(9)), Lengths(Q(1, 2), ZERO)),
        (Huber(Q(2), Q(1, 10), Q(9)), Lengths(ZERO, Q(1, 2))),
        (Huber(Q(2), Q(1, 7), Q(4)), Lengths(Q(1, 2), ZERO)),
        (Absolute(Q(1, 3), Q(9)), Lengths(Q(1, 2), ZERO)),
        (Absolute(Q(1, 2), Q(9)), Lengths(ZERO, Q(1))),
    ],
)
def test_closed_forms_are_the_runs(example: Example, lengths: Lengths) -> None:
    conditions = example.valid_until(sympy.Integer(STEPS), lengths)
    assert all(holds_at(condition, {}) for condition in conditions)
    followed = run(example, float(lengths.here), float(lengths.ahead))
    for index, (gap, slope, distance) in enumerate(followed):
        for quantity, seen in (
            (GAP, gap),
            (GRADIENT_SQUARED, slope),
            (DISTANCE_SQUARED, distance),
        ):
            told = example.at(quantity, sympy.Integer(index), lengths)
            assert float(told) == pytest.approx(seen, rel=1e-6, abs=1e-9)
    for quantity, column in ((GAP, 0), (GRADIENT_SQUARED, 1), (DISTANCE_SQUARED, 2)):
        values = [row[column] for row in followed]
        if example.trend(quantity) is Trend.CONSTANT:
            assert values == pytest.approx([values[0]] * len(values))
        if example.trend(quantity) is Trend.DECREASING:
            assert values == sorted(values, reverse=True)


def test_a_new_coordinate_at_each_step_keeps_the_value() -> None:
    example = Coordinates(Q(2), sympy.Integer(STEPS + 1), Q(7))
    lengths = Lengths(Q(2, 3), ZERO)
    assert all(holds_at(c, {}) for c in example.valid_until(sympy.Integer(STEPS), lengths))
    x = np.full(STEPS + 1, float(example.side))
    for index in range(STEPS + 1):
        largest = np.abs(x).max()
        assert 2 * largest == pytest.approx(float(example.at(GAP, sympy.Integer(index), lengths)))
        told = example.at(DISTANCE_SQUARED, sympy.Integer(index), lengths)
        assert x @ x == pytest.approx(float(told))
        # the coordinate that the oracle answers with is one of the largest
        assert abs(x[index]) == pytest.approx(largest)
        x[index] -= 2 * float(lengths.here)


@pytest.mark.parametrize(
    ("example", "lengths"),
    [
        (Huber(Q(2), Q(1, 7), Q(4)), Lengths(Q(51, 100), ZERO)),
        (Huber(Q(2), Q(11, 10), Q(4)), Lengths(ZERO, ZERO)),
        (Absolute(Q(1, 2), Q(9)), Lengths(ZERO, Q(101, 100))),
        (Absolute(Q(1, 2), Q(9)), Lengths(Q(-1), ZERO)),
        (Coordinates(Q(2), sympy.Integer(STEPS), Q(7)), Lengths(Q(2, 3), ZERO)),
        (Coordinates(Q(2), sympy.Integer(STEPS + 1), Q(7)), Lengths(Q(101, 100), ZERO)),
        (Coordinates(Q(2), sympy.Integer(STEPS + 1), Q(7)), Lengths(ZERO, Q(1, 10))),
        (Quadratic(Q(-1), Q(1)), Lengths(Q(1), ZERO)),
    ],
)
def test_runs_that_leave_the_closed_form_are_refused(example: Example, lengths: Lengths) -> None:
    conditions = example.valid_until(sympy.Integer(STEPS), lengths)
    assert not all(holds_at(condition, {}) for condition in conditions)


ALL = (
    Quadratic(Q(3), Q(1)),
    Huber(Q(3), Q(1, 2), Q(1)),
    Absolute(Q(3, 2), Q(1)),
    Coordinates(Q(3, 2), sympy.Integer(2), Q(1)),
)


@pytest.mark.parametrize(
    ("assumption", "members"),
    [
        ("convex", (0, 1, 2, 3)),
        ("smooth(3)", (0, 1)),
        ("smooth(2.99)", ()),
        ("strongly_convex(3)", (0,)),
        ("strongly_convex(3.01)", ()),
        ("lipschitz(1.5)", (1, 2, 3)),
        ("lipschitz(1.49)", ()),
        ("bounded_second_moment(1.5)", (1, 2, 3)),
        ("pl(3)", (0,)),
        ("pl(3.01)", ()),
        ("error_bound(6)", (0,)),
        ("error_bound(6.01)", ()),
        ("quadratic_growth(3)", (0,)),
        ("quadratic_growth(3.01)", ()),
        ("kl(1/2, 2.449)", (0,)),
        ("kl(1/2, 2.45)", ()),
        ("kl(1/3, 1)", ()),
        ("quadratic", (0,)),
        ("hessian_lipschitz(1)", (0,)),
        ("l0_l1_smooth(3, 1)", (0,)),
        ("l0_l1_smooth(2.9, 1)", ()),
        ("weakly_convex(1)", (0, 1, 2, 3)),
        ("strong_growth(1)", (0, 1, 2, 3)),
        ("strong_growth(0.9)", ()),
        ("bounded_variance(1)", (0, 1, 2, 3)),
        ("semi_smooth(1, 5)", ()),
        ("strict_saddle(1, 1, 1, 1)", ()),
    ],
)
def test_membership_is_what_the_definitions_say(assumption: str, members: tuple[int, ...]) -> None:
    claim = read_claim(
        {
            "id": "member",
            "parameters": {"N": "integer, N >= 1"},
            "method": "gradient_descent(step=1)",
            "assumptions": [assumption],
            "measure": "f(x[N]) - f_star",
            "bound": "1",
        }
    )
    setting = setting_of(claim)
    found = []
    for index, example in enumerate(ALL):
        conditions = membership(example, setting)
        if conditions is not None and all(holds_at(c, {}) for c in conditions):
            found.append(index)
    assert tuple(found) == members


def test_every_membership_says_something_definite() -> None:
    constants = {name: sympy.Symbol(name, positive=True) for name in ("L", "mu", "rho", "G", "n")}
    constants |= {name: sympy.Symbol(name, positive=True) for name in ("L0", "L1", "delta", "c")}
    constants["alpha"] = sympy.Symbol("alpha", real=True)
    for rule in MEMBERSHIPS.values():
        for example in ALL:
            conditions = rule(example, constants)
            assert conditions is None or all(isinstance(c, Relation) for c in conditions)


def test_the_start_is_told_by_the_example() -> None:
    huber = Huber(Q(2), Q(1, 2), Q(4))
    told = {symbol.name: float(value) for symbol, value in huber.start().items()}
    value, slope = numeric(huber)
    x = np.array([2.0])
    assert told["(f(x[0]) - f_star)"] == pytest.approx(value(x))
    assert told["norm(x[0] - x_star)"] == pytest.approx(2)
    assert told["norm(grad(x[0]))"] == pytest.approx(float(slope(x)[0]))
    assert replace(huber, squared_start=Q(1)).start() != huber.start()


def test_one_function_must_do_for_every_iteration() -> None:
    claim = read_claim(
        {
            "id": "reach",
            "parameters": {"N": "integer, N >= 1", "epsilon": "epsilon > 0"},
            "method": "gradient_descent(step=1)",
            "assumptions": ["convex", "smooth(1)"],
            "measure": "f(x[N]) - f_star",
            "bound": "epsilon",
        }
    )
    setting = setting_of(claim)
    count = setting.domain.symbols["N"]
    measured = Measured(GAP, Aggregate.LAST, count, count)
    arguments = {"scale": sympy.Integer(1), "offset": ZERO, "text": "it is not reached"}
    fixed = RunValue(Huber(Q(1), Q(1, 5), Q(1)), measured, Q(1, 2))
    assert NotReached().conclude((fixed,), setting, **arguments).conditions
    fitted = RunValue(Huber(Q(1), 1 / (2 * count + 1), Q(1)), measured, Q(1, 2))
    with pytest.raises(NotApplicableError, match="depends on the iteration"):
        NotReached().conclude((fitted,), setting, **arguments)


def test_logarithms_are_spread_only_over_what_is_positive() -> None:
    m, size = sympy.symbols("m L", positive=True)
    point = {m: Fraction(1), size: Fraction(3)}
    told, needed = spread(sympy.log((m / size - 1) ** 2), point)
    assert told == 2 * sympy.log(size - m) - 2 * sympy.log(size)
    assert [str(condition) for condition in needed] == ["L - m > 0"]
    for expr in (sympy.log(1 - m / size), sympy.log((size - m) ** 3 / size), sympy.log(4 * m)):
        spreads, _ = spread(expr, point)
        values = {m: 0.7, size: 2.9}
        assert float(spreads.subs(values)) == pytest.approx(float(expr.subs(values)))
    # a logarithm of something negative at the point stays as it is
    assert spread(sympy.log(m - size), point)[0] == sympy.log(m - size)
