"""Exact forms as sparse arrays: one row a monomial, one column a form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from scipy.sparse.linalg import spsolve

from theoryck.algebra import Form, Leaf
from theoryck.assumptions.base import Slack
from theoryck.certificates import Problem
from theoryck.certificates.documents import as_float


@dataclass(frozen=True)
class Columns:
    """Forms as columns: ``gram`` over the pairs u ≤ v of vector leaves (upper triangle, row by
    row), ``linear`` over the scalar leaves, ``constant``. Shapes (p, m), (s, m), (m,)."""

    gram: sp.csc_array
    linear: sp.csc_array
    constant: np.ndarray


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


def basis_of(forms: Sequence[Form], dropped: frozenset[Leaf]) -> tuple[list[Leaf], list[Leaf]]:
    """The vector and the scalar leaves that occur in the forms, in the order of the trace."""
    vectors: set[Leaf] = set()
    scalars: set[Leaf] = set()
    for form in forms:
        scalars.update(form.linear)
        for pair in form.quadratic:
            vectors.update(pair)
    key = lambda leaf: leaf.index  # noqa: E731 - a one-word key
    return sorted(vectors - dropped, key=key), sorted(scalars, key=key)


def columns(forms: Sequence[Form], vectors: Sequence[Leaf], scalars: Sequence[Leaf]) -> Columns:
    """Sparse columns of forms; monomials of leaves outside the basis are zero by choice."""
    place = {leaf: i for i, leaf in enumerate(vectors)}
    value_place = {leaf: i for i, leaf in enumerate(scalars)}
    n = len(vectors)
    gram: tuple[list[int], list[int], list[float]] = ([], [], [])
    linear: tuple[list[int], list[int], list[float]] = ([], [], [])
    constant = np.zeros(len(forms))
    for column, form in enumerate(forms):
        constant[column] = as_float(form.constant)
        for (u, v), coefficient in form.quadratic.items():
            if u in place and v in place:
                i, j = sorted((place[u], place[v]))
                _append(gram, i * n - i * (i - 1) // 2 + j - i, column, coefficient)
        for leaf, coefficient in form.linear.items():
            if leaf in value_place:
                _append(linear, value_place[leaf], column, coefficient)
    return Columns(
        _sparse(gram, (n * (n + 1) // 2, len(forms))),
        _sparse(linear, (len(scalars), len(forms))),
        constant,
    )


def _append(entries: Any, row: int, column: int, coefficient: Any) -> None:
    entries[0].append(row)
    entries[1].append(column)
    entries[2].append(as_float(coefficient))


def _sparse(entries: Any, shape: tuple[int, int]) -> sp.csc_array:
    rows, cols, values = entries
    return sp.coo_array((values, (rows, cols)), shape=shape).tocsc()


def assemble(
    problem: Problem, goal_index: int, slacks: Sequence[Slack], *, without_noise: bool = False
) -> Assembled:
    """Arrays of a goal and of named inequalities, equilibrated by powers of two.

    ``without_noise`` sets every deviation of a stochastic gradient to zero.
    """
    goal = problem.goals[goal_index]
    forms = [slack.form() for slack in slacks]
    everything = [*forms, *goal.alternatives, goal.bound]
    noise = frozenset(
        leaf for sample in problem.trace.samples for leaf in sample.deviation.coefficients
    )
    vectors, scalars = basis_of(everything, noise if without_noise else frozenset())
    raw = columns(everything, vectors, scalars)
    vector_scale, scalar_scale, scale = _equilibrate(raw, len(vectors))
    m = len(forms)
    # the goal's columns share one scale, or the bound would no longer be the bound
    scale[m:] = 2.0 ** np.round(np.mean(np.log2(scale[m:])))
    pairs = np.triu_indices(len(vectors))
    pair_scale = vector_scale[pairs[0]] * vector_scale[pairs[1]]
    gram = sp.csc_array(sp.diags_array(pair_scale) @ raw.gram @ sp.diags_array(scale))
    linear = sp.csc_array(sp.diags_array(scalar_scale) @ raw.linear @ sp.diags_array(scale))
    constant = raw.constant * scale

    def part(chosen: slice) -> Columns:
        return Columns(gram[:, chosen], linear[:, chosen], constant[chosen])

    return Assembled(
        basis=Basis(tuple(vectors), tuple(scalars), vector_scale, scalar_scale),
        names=tuple(slack.name for slack in slacks),
        equality=np.array([slack.equality for slack in slacks], dtype=bool),
        slacks=part(slice(0, m)),
        row_scale=scale[:m],
        bound_scale=float(scale[-1]),
        alternatives=part(slice(m, len(everything) - 1)),
        bound=part(slice(len(everything) - 1, None)),
    )


def _equilibrate(raw: Columns, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Powers of two for leaves and columns that bring all coefficients near 1 in least squares.

    Homogeneity (x → ax, f → bf) is a special case, so L and R need not be 1.
    """
    m, s = raw.constant.size, raw.linear.shape[0]
    gram, linear = raw.gram.tocoo(), raw.linear.tocoo()
    i, j = np.triu_indices(n)
    constants = np.flatnonzero(raw.constant)
    blocks = (
        (np.concatenate([gram.data, linear.data, raw.constant[constants]])),
        np.arange(gram.nnz + linear.nnz + constants.size),
    )
    values, rows = np.abs(blocks[0]), blocks[1]
    g, h = gram.nnz, gram.nnz + linear.nnz
    unknowns = n + s + m
    entries = sp.coo_array(
        (
            np.ones(2 * g + (h - g) + rows.size),
            (
                np.concatenate([rows[:g], rows[:g], rows[g:h], rows]),
                np.concatenate(
                    [
                        i[gram.row],
                        j[gram.row],
                        n + linear.row,
                        n + s + np.concatenate([gram.col, linear.col, constants]),
                    ]
                ),
            ),
        ),
        shape=(rows.size, unknowns),
    ).tocsc()
    keep = values > 0
    normal = (entries[keep].T @ entries[keep] + 1e-3 * sp.eye_array(unknowns)).tocsc()
    right = -entries[keep].T @ np.log2(values[keep])
    logs = np.round(spsolve(normal, right)) if rows.size else np.zeros(unknowns)
    scale = 2.0 ** np.clip(logs, -200, 200)
    return scale[:n], scale[n : n + s], scale[n + s :]
