"""A problem's inequalities and one goal as arrays, in units that bring every number near 1."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.linalg
import scipy.sparse as sp

from theoryck.algebra import Form, Leaf, Trace
from theoryck.assumptions.base import PairFamily, Slack
from theoryck.certificates import Problem
from theoryck.certificates.documents import as_float
from theoryck.pep.lowrank import LowRank, factorised, joined, one_thread
from theoryck.pep.pairs import Pairs, laid_out, traced_template

SWEEPS = 12  # of equilibration; each halves what is left
FITS = 4  # reweighted least-squares fits after them
DECAY = 2.0  # binary digits from which on a number counts less
PROBES = 3
NOISE = 1e-13  # a number that rounding left of a zero, relative to its row


@dataclass(frozen=True)
class Columns:
    """Forms as columns: m symmetric ``matrices`` over the vector leaves, ``linear`` (s, m) over
    the scalar leaves, ``constant`` (m,)."""

    matrices: LowRank
    linear: sp.csc_array
    constant: np.ndarray

    @cached_property
    def gram(self) -> sp.csc_array:
        """The coefficients of ⟨u, v⟩ over the pairs u ≤ v (upper triangle, row by row)."""
        n = self.matrices.vectors.shape[1]
        i, j = np.triu_indices(n)
        factor = np.where(i == j, 1.0, 2.0)
        return sp.csc_array((self.matrices.triangles() @ sp.diags_array(factor)).T)


@dataclass(frozen=True)
class Basis:
    """The leaves that occur, with the powers of two that each was measured in."""

    vectors: tuple[Leaf, ...]
    scalars: tuple[Leaf, ...]
    vector_scale: np.ndarray
    scalar_scale: np.ndarray

    @property
    def size(self) -> int:
        """The order of the Gram matrix."""
        return len(self.vectors)


@dataclass(frozen=True)
class Assembled:
    """Inequalities and one goal, all measured in the scaled basis.

    Column j of ``slacks`` holds the inequality times ``row_scale[j]``; the columns of the goal
    are multiplied by ``bound_scale``.
    """

    basis: Basis
    names: tuple[str, ...]
    equality: np.ndarray
    slacks: Columns
    row_scale: np.ndarray
    bound_scale: float
    alternatives: Columns
    bound: Columns


@dataclass(frozen=True)
class Layout:
    """A goal with all its inequalities, of which some are picked for a program.

    ``singles`` are always picked; of the ``families`` any pairs may be.
    """

    basis: Basis
    names: tuple[str, ...]
    equality: np.ndarray
    singles: Columns
    families: tuple[Pairs, ...]
    bound_scale: float
    alternatives: Columns
    bound: Columns

    def near(self) -> tuple[np.ndarray, ...]:
        """The pairs that most proofs do with."""
        return tuple(family.near() for family in self.families)

    def forward(self) -> tuple[np.ndarray, ...]:
        """The pairs that the classical proofs use: often they determine the multipliers."""
        return tuple(family.forward() for family in self.families)

    def every(self) -> tuple[np.ndarray, ...]:
        """All pairs."""
        return tuple(family.every() for family in self.families)

    def assembled(self, chosen: Sequence[np.ndarray]) -> Assembled:
        """The program with some pairs of each family, arrays of shape (m, 2)."""
        parts = [self.singles]
        names, equality = list(self.names), [self.equality]
        for family, pairs in zip(self.families, chosen, strict=True):
            parts.append(_picked(family, pairs))
            names += [family.label(i, j) for i, j in pairs.tolist()]
            equality.append(np.full(len(pairs), family.equality))
        raw = side_by_side(parts)
        # 0 >= 0 says nothing, and its multiplier would have no bound
        present = _present(raw)
        raw = _part(raw, present)
        scale = _row_scale(raw)
        return Assembled(
            basis=self.basis,
            names=tuple(names[i] for i in present),
            equality=np.concatenate(equality)[present],
            slacks=rescaled(raw, scale),
            row_scale=scale,
            bound_scale=self.bound_scale,
            alternatives=self.alternatives,
            bound=self.bound,
        )


def assemble(
    problem: Problem, goal_index: int, slacks: Sequence[Slack], *, without_noise: bool = False
) -> Assembled:
    """Arrays of a goal and of named inequalities, equilibrated by powers of two.

    ``without_noise`` sets every deviation of a stochastic gradient to zero.
    """
    goal = problem.goals[goal_index]
    dropped = noise_leaves(problem.trace) if without_noise else frozenset[Leaf]()
    layout = lay_out(problem.trace, goal.alternatives, goal.bound, slacks, (), dropped)
    return layout.assembled(())


def noise_leaves(trace: Trace) -> frozenset[Leaf]:
    """The deviations of the trace's stochastic gradients."""
    return frozenset(leaf for sample in trace.samples for leaf in sample.deviation.coefficients)


def lay_out(
    trace: Trace,
    alternatives: Sequence[Form],
    bound: Form,
    slacks: Iterable[Slack],
    families: Iterable[PairFamily],
    dropped: frozenset[Leaf] = frozenset(),
) -> Layout:
    """A goal min(alternatives) ≤ bound with single inequalities and families of them.

    ``dropped`` vector leaves are zero. The units are those in which the single inequalities,
    the goal and the near pairs have numbers near 1.
    """
    vectors = [leaf for leaf in trace.vectors if leaf not in dropped]
    place = {leaf: i for i, leaf in enumerate(vectors)}
    value_place = {leaf: i for i, leaf in enumerate(trace.scalars)}
    singles, pairs = list(slacks), []
    for family in families:
        template = traced_template(family, trace.numbers)
        rows = laid_out(family, template, place, value_place) if template is not None else None
        if rows is None:
            singles += family.members()
        else:
            pairs.append(rows)
    forms = [slack.form() for slack in singles]
    everything = columns([*forms, *alternatives, bound], place, value_place)
    n, s = len(vectors), len(trace.scalars)
    used, used_values = np.zeros(n, bool), np.zeros(s, bool)
    used[np.any(everything.matrices.vectors != 0, axis=0)] = True
    used_values[np.unique(everything.linear.indices)] = True
    for rows in pairs:
        used |= np.any(rows.points != 0, axis=0) | np.any(rows.gradients != 0, axis=0)
        used_values |= np.any(rows.values != 0, axis=0)
    kept, kept_values = np.flatnonzero(used), np.flatnonzero(used_values)
    everything = _over(everything, kept, kept_values)
    pairs = [rows.over(kept, kept_values) for rows in pairs]
    with one_thread():
        vector_scale, scalar_scale = _equilibrating(
            side_by_side([everything, *(_picked(rows, rows.near()) for rows in pairs)])
        )
    everything = _in_units(everything, vector_scale, scalar_scale)
    m = len(forms)
    goal = _part(everything, np.arange(m, m + len(alternatives) + 1))
    # the goal's columns share one scale, or the bound would no longer be the bound
    bound_scale = float(2.0 ** np.round(np.mean(np.log2(_row_scale(goal)))))
    goal = rescaled(goal, np.full(goal.constant.size, bound_scale))
    last = len(alternatives)
    return Layout(
        basis=Basis(
            tuple(vectors[i] for i in kept),
            tuple(trace.scalars[i] for i in kept_values),
            vector_scale,
            scalar_scale,
        ),
        names=tuple(slack.name for slack in singles),
        equality=np.array([slack.equality for slack in singles], dtype=bool),
        singles=_part(everything, np.arange(m)),
        families=tuple(rows.scaled(vector_scale, scalar_scale) for rows in pairs),
        bound_scale=bound_scale,
        alternatives=_part(goal, np.arange(last)),
        bound=_part(goal, np.array([last])),
    )


def columns(
    forms: Sequence[Form], place: Mapping[Leaf, int], value_place: Mapping[Leaf, int]
) -> Columns:
    """Columns of forms over numbered leaves; monomials of other leaves are zero by choice."""
    vectors = [np.zeros((0, len(place)))]
    signs: list[np.ndarray] = []
    starts: list[int] = []
    linear = np.zeros((len(value_place), len(forms)))
    for position, form in enumerate(forms):
        quadratic = {
            (place[u], place[v]): as_float(coefficient)
            for (u, v), coefficient in form.quadratic.items()
            if u in place and v in place
        }
        support = sorted({i for pair in quadratic for i in pair})
        within = {i: k for k, i in enumerate(support)}
        matrix = np.zeros((len(support), len(support)))
        for (i, j), coefficient in quadratic.items():
            half = coefficient if i == j else coefficient / 2
            matrix[within[i], within[j]] = matrix[within[j], within[i]] = half
        rows, sign = factorised(matrix)
        wide = np.zeros((max(1, len(rows)), len(place)))
        wide[: len(rows), support] = rows
        starts.append(sum(part.size for part in signs))
        vectors.append(wide)
        signs.append(sign if len(rows) else np.ones(1))
        for leaf, slope in form.linear.items():
            if leaf in value_place:
                linear[value_place[leaf], position] = as_float(slope)
    return Columns(
        LowRank(
            np.concatenate(vectors),
            np.concatenate([np.zeros(0), *signs]),
            np.array(starts, dtype=int),
        ),
        sp.csc_array(linear),
        np.array([as_float(form.constant) for form in forms]),
    )


def _picked(family: Pairs, pairs: np.ndarray) -> Columns:
    return Columns(
        family.matrices(pairs),
        sp.csc_array(family.linear(pairs).T),
        family.constants(pairs),
    )


def side_by_side(parts: Sequence[Columns]) -> Columns:
    """The columns of all parts, in order."""
    return Columns(
        joined([part.matrices for part in parts]),
        sp.csc_array(sp.hstack([part.linear for part in parts])),
        np.concatenate([part.constant for part in parts]),
    )


def _present(whole: Columns) -> np.ndarray:
    """The columns that are not zero, as their values at a few random arguments tell."""
    sizes = np.abs(whole.constant)
    sizes = sizes + np.asarray(np.abs(whole.linear).sum(axis=0)).ravel()
    matrices = whole.matrices
    if len(matrices.starts):
        probes = np.random.default_rng(0).standard_normal((matrices.vectors.shape[1], PROBES))
        squares = (matrices.vectors @ probes) ** 2
        values = np.add.reduceat(matrices.signs[:, None] * squares, matrices.starts)
        terms = np.add.reduceat(np.abs(matrices.signs)[:, None] * squares, matrices.starts)
        sizes = sizes + np.sum(np.abs(values) > NOISE * np.maximum(terms, 1e-300), axis=1)
    return np.flatnonzero(sizes)


def _part(whole: Columns, chosen: np.ndarray) -> Columns:
    return Columns(
        whole.matrices.take(chosen),
        sp.csc_array(whole.linear[:, chosen]),
        whole.constant[chosen],
    )


def _over(whole: Columns, vectors: np.ndarray, scalars: np.ndarray) -> Columns:
    family = whole.matrices
    return Columns(
        LowRank(family.vectors[:, vectors], family.signs, family.starts),
        sp.csc_array(whole.linear[scalars]),
        whole.constant,
    )


def _in_units(whole: Columns, vectors: np.ndarray, scalars: np.ndarray) -> Columns:
    return Columns(
        whole.matrices.scaled(vectors, np.ones(whole.constant.size)),
        sp.csc_array(sp.diags_array(scalars) @ whole.linear),
        whole.constant,
    )


def rescaled(whole: Columns, scale: np.ndarray) -> Columns:
    """Each column times a positive number."""
    n = whole.matrices.vectors.shape[1]
    return Columns(
        whole.matrices.scaled(np.ones(n), scale),
        sp.csc_array(whole.linear @ sp.diags_array(scale)),
        whole.constant * scale,
    )


def _logarithms(whole: Columns) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Binary logarithms of the sizes of all numbers, −inf for zeros: of the factors (q, n), of
    the coefficients of values (m, s), of the constants (m,)."""
    with np.errstate(divide="ignore"):
        return (
            np.log2(np.abs(whole.matrices.vectors)),
            np.log2(np.abs(whole.linear.toarray().T)),
            np.log2(np.abs(whole.constant)),
        )


def _tallest(
    factors: np.ndarray, slopes: np.ndarray, heights: np.ndarray, starts: np.ndarray
) -> np.ndarray:
    """The logarithm of the largest number of each column; a matrix has the squares of its
    factors. Zero for a column without numbers."""
    if not starts.size:
        return np.zeros(0)
    squares = 2 * np.maximum.reduceat(factors.max(axis=1, initial=-np.inf), starts)
    return _finite(np.maximum(np.maximum(squares, slopes.max(axis=1, initial=-np.inf)), heights))


def _finite(logs: np.ndarray) -> np.ndarray:
    return np.where(np.isfinite(logs), logs, 0.0)


def _row_scale(whole: Columns) -> np.ndarray:
    """The power of two that brings the largest number of each column near 1."""
    tallest = _tallest(*_logarithms(whole), whole.matrices.starts)
    return np.asarray(2.0 ** -np.clip(np.round(tallest), -300, 300))


def _equilibrating(whole: Columns) -> tuple[np.ndarray, np.ndarray]:
    """Powers of two for the leaves that, with one for each column, bring most numbers near 1.

    Homogeneity (x → ax, f → bf) is a special case, so L and R need not be 1. First the largest
    number of every leaf, of every column and of the constants is brought near 1 (Ruiz 2001);
    from there logarithms are fitted in least squares, reweighted as by Cauchy's likelihood:
    numbers that decay by many orders of magnitude, as in momentum methods, then count little.
    """
    factors, slopes, heights = _logarithms(whole)
    starts, owners = whole.matrices.starts, whole.matrices.owners
    n, s, m = factors.shape[1], slopes.shape[1], heights.size
    vectors, scalars, unit, rows = np.zeros(n), np.zeros(s), 0.0, np.zeros(m)
    for _ in range(SWEEPS):
        f = factors + vectors + rows[owners, None] / 2
        a = slopes + scalars + rows[:, None]
        c = heights + unit + rows
        tallest = _tallest(f, a, c, starts)
        vectors = vectors - _finite(f.max(axis=0, initial=-np.inf)) / 2
        scalars = scalars - _finite(a.max(axis=0, initial=-np.inf)) / 2
        unit = unit - float(_finite(c.max(initial=-np.inf))) / 2
        rows = rows - tallest / 2
    # the constant 1 is no unknown: it keeps its unit, and the others follow by homogeneity
    vectors, scalars, rows = vectors - unit / 2, scalars - unit, rows + unit
    found = _fitted(factors, slopes, heights, owners, np.concatenate([vectors, scalars, rows]))
    scale = 2.0 ** np.clip(np.round(found), -300, 300)
    return scale[:n], scale[n : n + s]


def _fitted(
    factors: np.ndarray,
    slopes: np.ndarray,
    heights: np.ndarray,
    owners: np.ndarray,
    logs: np.ndarray,
) -> np.ndarray:
    """Logarithms of scales, for vector leaves, scalar leaves and columns, fitted from a start."""
    n, s = factors.shape[1], slopes.shape[1]
    tallest = factors.max(axis=1, initial=-np.inf)
    row, leaf = np.nonzero(factors > tallest[:, None] + np.log2(NOISE))
    column, value = np.nonzero(np.isfinite(slopes))
    constant = np.flatnonzero(np.isfinite(heights))
    numbers = np.concatenate([2 * factors[row, leaf], slopes[column, value], heights[constant]])
    if not numbers.size:
        return logs
    every = np.arange(numbers.size)
    # a matrix has the squares of its factors
    design = sp.csr_array(
        (
            np.concatenate([np.full(row.size, 2.0), np.ones(column.size + every.size)]),
            (
                np.concatenate([every[: row.size + column.size], every]),
                np.concatenate(
                    [leaf, n + value, n + s + np.concatenate([owners[row], column, constant])]
                ),
            ),
        ),
        shape=(numbers.size, logs.size),
    )
    for _ in range(FITS):
        errors = numbers + design @ logs
        weights = 1 / (1 + (errors / DECAY) ** 2)
        weighted = sp.csr_array(sp.diags_array(weights) @ design)
        normal = (design.T @ weighted).toarray() + 1e-8 * np.eye(logs.size)
        logs = logs - scipy.linalg.solve(normal, weighted.T @ errors, assume_a="pos")
    return logs
