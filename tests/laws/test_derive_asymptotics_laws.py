"""Orders of growth, against values at larger and larger N."""

from __future__ import annotations

import pytest
import sympy

from theoryck.derive.relations import Relation
from theoryck.derive.rules.asymptotics import GrowthOrder, Reading, at_most
from theoryck.derive.rules.base import NotApplicableError

N = sympy.Symbol("N", integer=True, positive=True)
C = sympy.Symbol("C", positive=True)
A = sympy.Symbol("alpha", real=True)
VALUES = {C: sympy.Rational(7, 3), A: sympy.Rational(3, 4)}
LARGE = [10**power for power in (3, 6, 9, 12)]

READABLE = [
    N,
    (2 * N + 3) / (N**2 + 1),
    1 / (2 * sympy.sqrt(N) - 1),
    (C + sympy.log(N)) / (sympy.sqrt(N + 1) - 1),
    (C ** (1 - 2 * A) + (2 * A - 1) * N) ** (-1 / (2 * A - 1)),
    sympy.Max(C, N ** sympy.Rational(1, 3)) / N,
    sympy.log((N + C) / C) / (N + 1),
    (1 - sympy.log(N) / N) ** N,
    ((N - sympy.log(N)) ** 2 / N**2) ** N,
    N * sympy.Rational(1, 2) ** N + 1 / N,
    sympy.exp(-N / C) + C,
    (N ** (1 - A) - 1) / (1 - A),
    1 / (1 - (N - sympy.log(N)) ** 2 / N**2),
]


def holds(relation: Relation) -> bool:
    """A condition at the chosen parameters, at every one of the large N."""
    sides = [
        [
            side.subs(VALUES).subs(N, sympy.Float(n, 40)).evalf()
            for side in (relation.left, relation.right)
        ]
        for n in LARGE
    ]
    signs = {"<=": "__le__", "<": "__lt__", ">=": "__ge__", ">": "__gt__"}
    return all(bool(getattr(left, signs[relation.sign])(right)) for left, right in sides)


@pytest.mark.parametrize("expr", READABLE, ids=str)
def test_the_orders_that_are_read_bound_the_values(expr):
    reading = Reading(N, VALUES)
    orders = reading.upper(expr)
    assert all(map(holds, reading.conditions))
    ratios = []
    for n in LARGE:
        total = sum(size(order, n) for order in orders)
        ratios.append(
            abs(expr.subs(VALUES).subs(N, sympy.Float(n, 40)).evalf())
            / max(total, sympy.Float("1e-300"))
        )
    # bounded: no trend upwards over nine decades beyond what the constants settle to
    assert ratios[-1] <= 2 * ratios[1] + 1e-200


def size(order: GrowthOrder, n: int) -> sympy.Float:
    if order.power == -sympy.oo:
        return sympy.Float(0)
    power, logs = (e.subs(VALUES) for e in (order.power, order.logs))
    return (sympy.Float(n) ** power * sympy.log(n) ** logs).evalf()


@pytest.mark.parametrize(
    "expr", [sympy.sin(N), 1 / (sympy.sqrt(N + 1) - sympy.sqrt(N)), 2**N], ids=str
)
def test_what_is_not_read_is_refused_or_asked_about(expr):
    reading = Reading(N, VALUES)
    try:
        reading.upper(expr)
    except NotApplicableError:
        return
    assert not all(map(holds, reading.conditions))


@pytest.mark.parametrize(
    ("found", "claimed", "fits"),
    [
        ((-1, 0), (-1, 0), True),
        ((-1, 1), (-1, 0), False),
        ((-1, 0), (-1, 1), True),
        ((-2, 5), (-1, 0), True),
        ((0, 0), (-1, 9), False),
    ],
)
def test_orders_are_compared_by_the_power_first(found, claimed, fits):
    first, second = (GrowthOrder(*map(sympy.Integer, pair)) for pair in (found, claimed))
    try:
        conditions = at_most(first, second)
    except NotApplicableError:
        assert not fits
        return
    assert all(map(holds, conditions)) is fits
