"""Sufficient conditions for signs, factor by factor, so that each is easy to decide."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import combinations
from typing import Any

from theoryck.derive.potentials.elements import RationalFunction
from theoryck.derive.potentials.multipliers import Point
from theoryck.derive.potentials.numbers import RationalFunctions
from theoryck.derive.relations import Relation
from theoryck.derive.symbols import ZERO


def nonnegative_here(
    value: RationalFunction, points: Sequence[Point], numbers: RationalFunctions
) -> Iterator[Relation]:
    """Conditions that together give ``value >= 0``: one sign for each factor.

    The points only choose which sign each factor is asked to have; where the factors have no
    fixed signs among the points, the condition is the inequality as it is.
    """
    if value == 0:
        return
    conditions = []
    sign, above, below = value.factors()
    for factors, strict in ((above, False), (below, True)):
        for factor, power in factors:
            if power % 2 == 0:
                if strict:
                    conditions.append(Relation(numbers.readable(factor), "!=", ZERO))
                continue
            element = numbers.element(factor)
            seen = {_sign(numbers.at(element, point)) for point in points} - {0}
            if len(seen) != 1:
                yield Relation(numbers.expression(value), ">=", ZERO)
                return
            (found,) = seen
            sign *= found
            relation = (">" if found > 0 else "<") + ("" if strict else "=")
            conditions.append(Relation(numbers.readable(factor), relation, ZERO))
    if sign < 0:
        yield Relation(numbers.expression(value), ">=", ZERO)
        return
    yield from conditions


def finite(value: RationalFunction, numbers: RationalFunctions) -> Iterator[Relation]:
    """Conditions under which the value has no pole."""
    _, _, below = value.factors()
    for factor, _ in below:
        yield Relation(numbers.readable(factor), "!=", ZERO)


def _sign(value: Fraction) -> int:
    return int(value > 0) - int(value < 0)


def principal_minors(matrix: Sequence[Sequence[Any]]) -> Iterator[Any]:
    """All principal minors; a symmetric matrix is PSD exactly when none is negative.

    >>> list(principal_minors([[1, 2], [2, 5]]))
    [1, 5, 1]
    """
    size = len(matrix)
    for count in range(1, size + 1):
        for rows in combinations(range(size), count):
            yield determinant([[matrix[i][j] for j in rows] for i in rows])


def determinant(matrix: Sequence[Sequence[Any]]) -> Any:
    """The determinant, without a division.

    >>> determinant([[2, 1], [4, 5]])
    6
    """
    if len(matrix) == 1:
        return matrix[0][0]
    total = matrix[0][0] * 0
    for column, entry in enumerate(matrix[0]):
        if entry == 0:
            continue
        minor = [[*row[:column], *row[column + 1 :]] for row in matrix[1:]]
        term = entry * determinant(minor)
        total = total + term if column % 2 == 0 else total - term
    return total
