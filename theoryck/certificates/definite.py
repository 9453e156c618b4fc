"""Exact positive semidefiniteness."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from theoryck.algebra import NumberSystem


def is_positive_semidefinite(matrix: Sequence[Sequence[Any]], numbers: NumberSystem) -> bool:
    """Whether a symmetric matrix is positive semidefinite, by LDLᵀ in the field itself.

    A pivot must be positive, or exactly zero with an exactly zero column below it. No rounding:
    in rationals the answer is exact; in balls True is a proof, and UndecidedError says that the
    balls are too wide (in particular a singular matrix is never decided).

    >>> from theoryck.algebra import Fractions
    >>> is_positive_semidefinite([[1, 1], [1, 1]], Fractions())
    True
    >>> is_positive_semidefinite([[0, 1], [1, 5]], Fractions())
    False
    """
    rest = [list(row) for row in matrix]
    while rest:
        pivot, *column = (row[0] for row in rest)
        sign = numbers.sign(pivot)
        if sign < 0:
            return False
        tail = [row[1:] for row in rest[1:]]
        if sign == 0:
            if any(numbers.sign(entry) != 0 for entry in column):
                return False
        else:
            for i, entry in enumerate(column):
                if entry == 0:
                    continue
                factor = entry / pivot
                row = tail[i]
                for j in range(i + 1):
                    row[j] = row[j] - factor * column[j]
                    tail[j][i] = row[j]
        rest = tail
    return True
