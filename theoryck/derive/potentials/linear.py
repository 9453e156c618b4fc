"""Linear equations over any field, solved exactly."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def sole_solution(
    rows: Sequence[Sequence[Any]], right: Sequence[Any], zero: Any
) -> list[Any] | None:
    """The solution of ``rows @ x == right`` if there is exactly one, else None.

    >>> from fractions import Fraction as F
    >>> sole_solution([[F(1), F(1)], [F(1), F(-1)]], [F(3), F(1)], F(0))
    [Fraction(2, 1), Fraction(1, 1)]
    >>> sole_solution([[F(1), F(1)]], [F(3)], F(0)) is None
    True
    """
    width = len(rows[0]) if rows else 0
    left = [[*row, value] for row, value in zip(rows, right, strict=True)]
    for column in range(width):
        pivot = next((r for r in range(column, len(left)) if left[r][column] != zero), None)
        if pivot is None:
            return None
        left[column], left[pivot] = left[pivot], left[column]
        scale = left[column][column]
        left[column] = [entry / scale for entry in left[column]]
        for r, row in enumerate(left):
            if r != column and row[column] != zero:
                factor = row[column]
                left[r] = [a - factor * b for a, b in zip(row, left[column], strict=True)]
    if any(row[width] != zero for row in left[width:]):
        return None
    return [row[width] for row in left[:width]]
