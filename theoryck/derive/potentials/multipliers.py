"""Which inequalities, with which multipliers: exact linear algebra at points, then in general.

A form T is shown nonnegative as T = Σ λ·slack + ⟨S, Gram⟩ with λ >= 0 and S ⪰ 0. Where T
vanishes along a run, S does too (S v = 0), and that is linear in λ. Few inequalities are tried
before many, at rational points of the domain; the set that serves at all of them is solved for
over the field of rational functions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from typing import Any

import sympy

from theoryck.algebra import Form, Fractions, Leaf
from theoryck.certificates.checker import is_positive_semidefinite
from theoryck.derive.potentials.linear import sole_solution
from theoryck.derive.potentials.numbers import RationalFunctions

Point = Mapping[sympy.Symbol, Fraction]
Vector = Mapping[Leaf, Any]

MAX_SUPPORT = 5  # inequalities of one proof
MAX_SLACKS = 10  # among which they are chosen
MIN_POINTS = 2  # at which a set of inequalities must serve


@dataclass(frozen=True)
class Quadratic:
    """A form's numbers: the coefficients of values of f, and the symmetric Gram matrix."""

    values: tuple[Any, ...]
    gram: tuple[tuple[Any, ...], ...]


@dataclass(frozen=True)
class Layout:
    """The leaves of some forms, in a fixed order."""

    scalars: tuple[Leaf, ...]
    vectors: tuple[Leaf, ...]

    @classmethod
    def of(cls, forms: Sequence[Form]) -> Layout:
        """The leaves that occur."""
        scalars = {leaf: None for form in forms for leaf in form.linear}
        vectors = {leaf: None for form in forms for pair in form.quadratic for leaf in pair}
        return cls(tuple(scalars), tuple(vectors))

    def quadratic(self, form: Form, zero: Any) -> Quadratic:
        """The form's numbers in this order."""
        values = tuple(form.linear.get(leaf, zero) for leaf in self.scalars)
        place = {leaf: i for i, leaf in enumerate(self.vectors)}
        gram = [[zero] * len(place) for _ in place]
        for (u, v), c in form.quadratic.items():
            i, j = place[u], place[v]
            gram[i][j] = gram[j][i] = c if i == j else c / 2
        return Quadratic(values, tuple(map(tuple, gram)))

    def vector(self, direction: Vector, zero: Any) -> tuple[Any, ...]:
        """A direction's entries in this order."""
        return tuple(direction.get(leaf, zero) for leaf in self.vectors)


def find_multipliers(
    target: Form,
    slacks: Mapping[str, Form],
    kernel: Sequence[Vector],
    points: Sequence[Point],
    numbers: RationalFunctions,
) -> Iterator[dict[str, Any]]:
    """Sets of multipliers that show ``target >= 0`` at the points, fewest first.

    Args:
        target, slacks: forms over the same leaves, without constants.
        kernel: directions along which the target vanishes.
        points: parameter values where it is tried; those with a pole are skipped.
        numbers: the field of the coefficients.
    """
    names = [name for name, form in slacks.items() if form.constant == 0]
    forms = [target, *(slacks[name] for name in names)]
    if len(names) > MAX_SLACKS or target.constant != 0:
        return
    layout = Layout.of(forms)
    zero = numbers.integer(0)
    general = [layout.quadratic(form, zero) for form in forms]
    vectors = [layout.vector(v, zero) for v in kernel]
    local = [
        found for point in points if (found := _at(general, vectors, point, numbers)) is not None
    ]
    if len(local) < MIN_POINTS:
        return
    for size in range(MAX_SUPPORT + 1):
        for chosen in combinations(range(1, len(forms)), size):
            if all(_serves(quadratics, around, chosen) for quadratics, around in local):
                solution = _solve(general, vectors, chosen, zero)
                if solution is not None:
                    yield {names[i - 1]: m for i, m in zip(chosen, solution, strict=True)}


Local = tuple[list[Quadratic], list[tuple[Any, ...]]]


def _at(
    general: list[Quadratic],
    vectors: list[tuple[Any, ...]],
    point: Point,
    numbers: RationalFunctions,
) -> Local | None:
    try:
        quadratics = [
            Quadratic(
                tuple(numbers.at(c, point) for c in q.values),
                tuple(tuple(numbers.at(c, point) for c in row) for row in q.gram),
            )
            for q in general
        ]
        return quadratics, [tuple(numbers.at(c, point) for c in v) for v in vectors]
    except ZeroDivisionError:
        return None


def _equations(
    quadratics: list[Quadratic], vectors: list[tuple[Any, ...]], chosen: tuple[int, ...], zero: Any
) -> tuple[list[list[Any]], list[Any]]:
    """No value of f is left over, and the rest of the Gram matrix vanishes on the kernel."""

    def image(matrix: tuple[tuple[Any, ...], ...], v: tuple[Any, ...], row: int) -> Any:
        total = zero
        for entry, x in zip(matrix[row], v, strict=True):
            total = total + entry * x
        return total

    target = quadratics[0]
    rows = [[quadratics[i].values[n] for i in chosen] for n in range(len(target.values))]
    right = list(target.values)
    for v in vectors:
        for r in range(len(target.gram)):
            rows.append([image(quadratics[i].gram, v, r) for i in chosen])
            right.append(image(target.gram, v, r))
    return rows, right


def _solve(
    quadratics: list[Quadratic], vectors: list[tuple[Any, ...]], chosen: tuple[int, ...], zero: Any
) -> list[Any] | None:
    rows, right = _equations(quadratics, vectors, chosen, zero)
    if not chosen:
        return [] if all(value == zero for value in right) else None
    return sole_solution(rows, right, zero)


def _serves(
    quadratics: list[Quadratic], vectors: list[tuple[Any, ...]], chosen: tuple[int, ...]
) -> bool:
    solution = _solve(quadratics, vectors, chosen, Fraction(0))
    if solution is None or any(m < 0 for m in solution):
        return False
    size = range(len(quadratics[0].gram))
    rest = [
        [
            quadratics[0].gram[r][c]
            - sum(m * quadratics[i].gram[r][c] for i, m in zip(chosen, solution, strict=True))
            for c in size
        ]
        for r in size
    ]
    return is_positive_semidefinite(rest, Fractions())
