"""Inequalities over pairs of points, laid out as arrays: no object per inequality.

The template of a family is traced once, on two points of a trace of its own; with the points
and gradients of the run as rows of numbers every pair is then a few vectors by broadcasting.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from theoryck.algebra import Evaluation, Leaf, NumberSystem, Trace
from theoryck.assumptions.base import PairFamily, Slack
from theoryck.certificates.documents import as_float
from theoryck.errors import TraceMixError
from theoryck.pep.lowrank import LowRank, factorised

CANCELS = 1e-14  # relative: two coefficients that cancel up to rounding


@dataclass(frozen=True)
class Template:
    """An inequality of two points: zᵀQz + a·(f_i, f_j) + constant ≥ 0 in z = (x_i, g_i, x_j, g_j).

    ``quadratic`` is Q = Σ_r signs_r rows_rᵀ rows_r. Where only x_i − x_j occurs in Q, so does
    exactly x_i − x_j in every row: what all points share then cancels without rounding.
    """

    quadratic: np.ndarray
    rows: np.ndarray
    signs: np.ndarray
    linear: np.ndarray
    constant: float

    @property
    def invariant(self) -> bool:
        """Whether the points enter by their difference alone."""
        return bool(np.all(self.rows[:, 0] == -self.rows[:, 2]))

    @property
    def level(self) -> bool:
        """Whether the values of f enter by their difference alone."""
        return bool(self.linear[0] == -self.linear[1])


def traced_template(family: PairFamily, numbers: NumberSystem) -> Template | None:
    """The template of a family; None where it speaks of more than its two points.

    Raises:
        DomainError: a constant of the class makes it undefined.
    """
    trace = Trace(numbers=numbers)
    left, right = (
        Evaluation(label, trace.vector("x" + label), trace.vector("g" + label), trace.scalar(label))
        for label in ("i", "j")
    )
    try:
        form = Slack(family.name, lambda: family.template(left, right)).form()
    except TraceMixError:
        return None
    vectors = [
        leaf for e in (left, right) for p in (e.point, e.gradient) for leaf in p.coefficients
    ]
    quadratic = np.zeros((4, 4))
    for (u, v), coefficient in form.quadratic.items():
        i, j = vectors.index(u), vectors.index(v)
        quadratic[i, j] = quadratic[j, i] = as_float(coefficient) / (1 if i == j else 2)
    slopes = [form.linear.get(leaf, 0) for e in (left, right) for leaf in e.value.linear]
    linear = np.array([as_float(slope) for slope in slopes])
    drift = np.abs(quadratic[0] + quadratic[2])
    if np.all(drift <= CANCELS * np.abs(quadratic[0])):
        rest, signs = factorised(quadratic[np.ix_([0, 1, 3], [0, 1, 3])])
        rows = np.stack([rest[:, 0], rest[:, 1], -rest[:, 0], rest[:, 2]], axis=1)
    else:
        rows, signs = factorised(quadratic)
    return Template(quadratic, rows, signs, linear, as_float(form.constant))


@dataclass(frozen=True)
class Pairs:
    """A family of inequalities over ordered pairs of E points of a run.

    Rows over the vector leaves, ``points`` and ``gradients`` (E, n), and over the scalar
    leaves, ``values`` (E, s), with ``heights`` (E,) the constants of the values.
    """

    name: str
    labels: tuple[str, ...]
    hub: int | None
    equality: bool
    template: Template
    points: np.ndarray
    gradients: np.ndarray
    values: np.ndarray
    heights: np.ndarray

    @property
    def size(self) -> int:
        """The number of points."""
        return len(self.labels)

    def label(self, i: int, j: int) -> str:
        """The inequality's name."""
        return f"{self.name}({self.labels[i]},{self.labels[j]})"

    def near(self) -> np.ndarray:
        """The pairs of consecutive points, and of all points with x*; shape (m, 2)."""
        i, j = np.nonzero(~np.eye(self.size, dtype=bool))
        near = np.abs(i - j) == 1
        if self.hub is not None:
            near |= (i == self.hub) | (j == self.hub)
        return np.stack([i[near], j[near]], axis=1)

    def forward(self) -> np.ndarray:
        """The pairs (x*, i) and (i, i + 1) alone, shape (m, 2): those of the classical proofs."""
        near = self.near()
        i, j = near[:, 0], near[:, 1]
        return near[(i == self.hub) | ((j == i + 1) & (j != self.hub))]

    def every(self) -> np.ndarray:
        """All pairs, shape (E(E − 1), 2)."""
        return np.argwhere(~np.eye(self.size, dtype=bool))

    def matrices(self, chosen: np.ndarray) -> LowRank:
        """The matrices of the chosen pairs, shape (m, 2)."""
        i, j = chosen[:, 0], chosen[:, 1]
        t = self.template.rows
        rank = max(1, len(t))
        if len(t) == 0:
            t = np.zeros((1, 4))
        points = (
            t[None, :, 0, None] * (self.points[i] - self.points[j])[:, None]
            if self.template.invariant
            else t[None, :, 0, None] * self.points[i][:, None]
            + t[None, :, 2, None] * self.points[j][:, None]
        )
        vectors = (
            points
            + t[None, :, 1, None] * self.gradients[i][:, None]
            + t[None, :, 3, None] * self.gradients[j][:, None]
        )
        signs = self.template.signs if len(self.template.signs) else np.ones(1)
        return LowRank(
            vectors.reshape(len(chosen) * rank, self.points.shape[1]),
            np.tile(signs, len(chosen)),
            rank * np.arange(len(chosen)),
        )

    def linear(self, chosen: np.ndarray) -> np.ndarray:
        """Their coefficients of the values of f, shape (m, s)."""
        i, j = chosen[:, 0], chosen[:, 1]
        a, b = self.template.linear
        return np.asarray(a * self.values[i] + b * self.values[j])

    def constants(self, chosen: np.ndarray) -> np.ndarray:
        """Their constants, shape (m,)."""
        i, j = chosen[:, 0], chosen[:, 1]
        a, b = self.template.linear
        return np.asarray(a * self.heights[i] + b * self.heights[j] + self.template.constant)

    def readings(
        self, gram: np.ndarray, values: np.ndarray, unit: float
    ) -> tuple[np.ndarray, np.ndarray]:
        """Every inequality at a Gram matrix and values of f, and the sum of its terms' sizes.

        ``unit`` stands for the constant 1. Both of shape (E, E); the diagonals mean nothing.
        """
        sides = (self.points, self.gradients)
        products = [[left @ gram @ right.T for right in sides] for left in sides]
        q = self.template.quadratic
        f = self.values @ values + self.heights * unit
        a, b = self.template.linear
        terms: list[Any] = [self.template.constant * unit, a * f[:, None], b * f[None, :]]
        for u in (0, 1):
            for v in (0, 1):
                both = products[u][v]
                terms.append(q[u, v] * np.diag(both)[:, None])
                terms.append(q[u + 2, v + 2] * np.diag(both)[None, :])
                terms.append(2 * q[u, v + 2] * both)
        total = np.zeros((self.size, self.size))
        sizes = np.zeros_like(total)
        for term in terms:
            total = total + term
            sizes = sizes + np.abs(term)
        return total, sizes

    def scaled(self, vectors: np.ndarray, scalars: np.ndarray) -> Pairs:
        """The same in leaves that are measured in units of their own."""
        return replace(
            self,
            points=self.points * vectors,
            gradients=self.gradients * vectors,
            values=self.values * scalars,
        )

    def over(self, vectors: np.ndarray, scalars: np.ndarray) -> Pairs:
        """The same over some of the leaves, given by position."""
        return replace(
            self,
            points=self.points[:, vectors],
            gradients=self.gradients[:, vectors],
            values=self.values[:, scalars],
        )


def laid_out(
    family: PairFamily,
    template: Template,
    place: Mapping[Leaf, int],
    value_place: Mapping[Leaf, int],
) -> Pairs | None:
    """A family as arrays; None where a value of f is not linear in the leaves.

    ``place`` numbers the vector leaves, ``value_place`` the scalar ones; leaves that they do
    not have are zero. What all points, or all values, share is dropped where it cancels.
    """
    if any(e.value.quadratic for e in family.points):
        return None
    points = _rows(family, lambda e: e.point.coefficients, place)
    gradients = _rows(family, lambda e: e.gradient.coefficients, place)
    values = _rows(family, lambda e: e.value.linear, value_place)
    if template.invariant:
        points[:, np.all(points == points[:1], axis=0)] = 0.0
    if template.level:
        values[:, np.all(values == values[:1], axis=0)] = 0.0
    return Pairs(
        name=family.name,
        labels=tuple(e.label for e in family.points),
        hub=family.hub,
        equality=family.equality,
        template=template,
        points=points,
        gradients=gradients,
        values=values,
        heights=np.array([as_float(e.value.constant) for e in family.points]),
    )


def _rows(
    family: PairFamily, read: Callable[[Evaluation], Mapping[Leaf, Any]], place: Mapping[Leaf, int]
) -> np.ndarray:
    rows = np.zeros((len(family.points), len(place)))
    for row, evaluation in zip(rows, family.points, strict=True):
        for leaf, coefficient in read(evaluation).items():
            if leaf in place:
                row[place[leaf]] = as_float(coefficient)
    return rows
