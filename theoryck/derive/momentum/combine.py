"""Multipliers of inequalities and of a potential's own coefficients, by exact linear algebra.

All of them enter a form linearly. Where the rest of its Gram matrix is asked to vanish at chosen
places (between the state and the gradients, say), few terms have one solution; which few is
tried at rational points of the domain, and the solution is then written for all parameters.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from typing import Any

from theoryck.algebra import Form, Fractions, Leaf
from theoryck.certificates.checker import is_positive_semidefinite
from theoryck.derive.potentials.linear import sole_solution
from theoryck.derive.potentials.multipliers import Point
from theoryck.derive.potentials.numbers import RationalFunctions

MAX_TERMS = 6  # of one combination
MIN_POINTS = 2  # at which a combination must serve

Pair = tuple[Leaf, Leaf]


@dataclass(frozen=True)
class Puzzle:
    """``target - sum(multiplier*term)`` is to be a positive semidefinite rest without values of f.

    ``zero`` names the entries of the rest's Gram matrix that are asked to vanish, ``ignored``
    those that other means take care of. ``needed``: a combination has at least one of these.
    """

    target: Form
    terms: Mapping[str, Form]
    zero: frozenset[Pair]
    ignored: frozenset[Pair]
    needed: frozenset[str]


def combinations_of(
    puzzle: Puzzle, points: Sequence[Point], numbers: RationalFunctions
) -> Iterator[dict[str, Any]]:
    """Multipliers that serve at the points, fewest first, as elements of the field."""
    names = list(puzzle.terms)
    forms = [puzzle.target, *puzzle.terms.values()]
    rows = _rows(puzzle, forms, numbers)
    local = [table for p in points if (table := _Table.at(puzzle, forms, p, numbers)) is not None]
    if len(local) < MIN_POINTS:
        return
    for size in range(1, min(MAX_TERMS, len(names)) + 1):
        for chosen in combinations(range(len(names)), size):
            if not puzzle.needed & {names[i] for i in chosen}:
                continue
            if not all(table.serves(chosen) for table in local):
                continue
            solution = sole_solution(
                [[row[i + 1] for i in chosen] for row in rows],
                [row[0] for row in rows],
                numbers.integer(0),
            )
            if solution is not None:
                yield {names[i]: m for i, m in zip(chosen, solution, strict=True)}


def residues(puzzle: Puzzle, chosen: Sequence[str], numbers: RationalFunctions) -> list[Any] | None:
    """What must vanish for the equations in the chosen terms to have a solution.

    None where they leave a multiplier free.
    """
    forms = [puzzle.target, *(puzzle.terms[name] for name in chosen)]
    left = [[*row[1:], row[0]] for row in _rows(puzzle, forms, numbers)]
    for column in range(len(chosen)):
        pivot = next((r for r in range(column, len(left)) if left[r][column] != 0), None)
        if pivot is None:
            return None
        left[column], left[pivot] = left[pivot], left[column]
        for r in range(column + 1, len(left)):
            if left[r][column] != 0:
                factor = left[r][column] / left[column][column]
                left[r] = [a - factor * b for a, b in zip(left[r], left[column], strict=True)]
    return [row[-1] for row in left[len(chosen) :] if row[-1] != 0]


def entry(form: Form, pair: Pair, zero: Any) -> Any:
    """The coefficient of ⟨u, v⟩ in a form."""
    u, v = pair
    return form.quadratic.get((u, v), form.quadratic.get((v, u), zero))


def _rows(puzzle: Puzzle, forms: Sequence[Form], numbers: RationalFunctions) -> list[list[Any]]:
    """One equation for every value of f and every entry that is to vanish."""
    zero = numbers.integer(0)
    scalars = dict.fromkeys(leaf for form in forms for leaf in form.linear)
    rows = [[form.linear.get(leaf, zero) for form in forms] for leaf in scalars]
    rows += [[entry(form, pair, zero) for form in forms] for pair in puzzle.zero]
    return [row for row in rows if any(value != 0 for value in row)]


@dataclass(frozen=True)
class _Table:
    """The puzzle's numbers at one point."""

    rows: tuple[tuple[Fraction, ...], ...]
    grams: tuple[Mapping[Pair, Fraction], ...]
    leaves: tuple[Leaf, ...]

    @classmethod
    def at(
        cls, puzzle: Puzzle, forms: Sequence[Form], point: Point, numbers: RationalFunctions
    ) -> _Table | None:
        try:
            rows = tuple(
                tuple(numbers.at(value, point) for value in row)
                for row in _rows(puzzle, forms, numbers)
            )
            grams = tuple(
                {
                    pair: numbers.at(c, point)
                    for pair, c in form.quadratic.items()
                    if pair not in puzzle.ignored
                }
                for form in forms
            )
        except ZeroDivisionError:
            return None
        leaves = dict.fromkeys(leaf for gram in grams for pair in gram for leaf in pair)
        return cls(rows, grams, tuple(leaves))

    def serves(self, chosen: tuple[int, ...]) -> bool:
        """Whether the terms have one solution here, and a good one."""
        solution = sole_solution(
            [[row[i + 1] for i in chosen] for row in self.rows],
            [row[0] for row in self.rows],
            Fraction(0),
        )
        if solution is None or any(m < 0 for m in solution):
            return False
        rest = dict(self.grams[0])
        for i, m in zip(chosen, solution, strict=True):
            for pair, c in self.grams[i + 1].items():
                rest[pair] = rest.get(pair, Fraction(0)) - m * c
        return self._is_semidefinite(rest)

    def _is_semidefinite(self, rest: Mapping[Pair, Fraction]) -> bool:
        place = {leaf: i for i, leaf in enumerate(self.leaves)}
        matrix = [[Fraction(0)] * len(place) for _ in place]
        for (u, v), c in rest.items():
            i, j = place[u], place[v]
            matrix[i][j] = matrix[j][i] = c if i == j else c / 2
        return is_positive_semidefinite(matrix, Fractions())


__all__ = ["Puzzle", "combinations_of", "entry", "residues"]
