"""The links of a chain of potentials as arrays: one column an unknown, one row a monomial."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from theoryck.algebra import Form, Leaf
from theoryck.assumptions.base import Slack
from theoryck.certificates.documents import as_float
from theoryck.certificates.links import Chain, End, Link, Local, Start
from theoryck.pep.chain_support import Name, Watch, supported, useful

ROOT = np.sqrt(2.0)


@dataclass(frozen=True)
class Rows:
    """The monomials of one link: the values of f, the constant 1, and the pairs of vectors as the
    upper triangle column by column, so that the last rows are a cone of Clarabel's."""

    vectors: tuple[Leaf, ...]
    values: tuple[Leaf, ...]
    place: Mapping[Leaf, int] = field(repr=False)

    @property
    def size(self) -> int:
        """The number of rows."""
        n = len(self.vectors)
        return len(self.values) + 1 + n * (n + 1) // 2

    def column(self, form: Form) -> np.ndarray:
        """The coefficients of a form; off-diagonal ones for the scaled triangle."""
        out = np.zeros(self.size)
        one = len(self.values)
        out[one] = as_float(form.constant)
        for leaf, coefficient in form.linear.items():
            out[self.place[leaf]] = as_float(coefficient)
        for (u, v), coefficient in form.quadratic.items():
            i, j = sorted((self.place[u], self.place[v]))
            row = one + 1 + j * (j + 1) // 2 + i
            out[row] = as_float(coefficient) / (1.0 if i == j else ROOT)
        return out

    def scale(self, vectors: np.ndarray, values: np.ndarray) -> np.ndarray:
        """The units of the rows, (K, rows), from those of the leaves, (K, n) and (K, s)."""
        j, i = np.tril_indices(len(self.vectors))
        one = np.ones((vectors.shape[0], 1))
        return np.concatenate([values, one, vectors[:, i] * vectors[:, j]], axis=1)

    def named(
        self, watched: Sequence[tuple[Leaf, ...]], vectors: np.ndarray, values: np.ndarray
    ) -> np.ndarray:
        """The units of products of leaves, (K, products); a leaf that has none counts as 1."""
        out = np.ones((vectors.shape[0], len(watched)))
        for column, leaves in enumerate(watched):
            for leaf in leaves:
                if leaf in self.place:
                    out[:, column] *= (values if leaf.scalar else vectors)[:, self.place[leaf]]
        return out


@dataclass(frozen=True)
class Block:
    """One local problem: ``ratio``·t + ``before``·V_k − ``after``·V_{k+1} − slacks·λ, to which a
    multiple of −``paid`` comes, must be a non-negative constant and a positive semidefinite form.

    ``watched`` are the leaves that each coefficient of V_k belongs to; ``completing`` are the
    positions of the inequalities that contain one value only.
    """

    local: Local
    rows: Rows
    ratio: np.ndarray
    before: np.ndarray
    before_names: tuple[Name, ...]
    watched: tuple[tuple[Leaf, ...], ...]
    after: np.ndarray
    after_names: tuple[Name, ...]
    paid: np.ndarray
    slacks: np.ndarray
    names: tuple[str, ...]
    equality: np.ndarray
    completing: tuple[int, ...]


def blocks(chain: Chain, without: frozenset[str]) -> Iterator[Block]:
    """The blocks of the start, the links and the end; equal links give one and the same object.

    ``without`` names what potentials shall not look at.
    """
    numbers = chain.numbers
    start = chain.start
    watch = supported(start.seen, without, tuple(start.slacks()), [start.bound])
    yield _block(start, [], watch.forms(start.seen), (None, watch), None, start.bound)
    made: tuple[Any, ...] | None = None
    for k in range(chain.length):
        link = chain.link(k)
        index = numbers.integer(k)
        paid = chain.quantity(index, link) if chain.measured.stands_at(index) else None
        if made is None or made[0] is not link or made[1] is not paid or made[2] != watch:
            before = watch.forms(link.before)
            following = supported(link.after, without, tuple(link.slacks()), before)
            after = following.forms(link.after)
            block = _block(link, before, after, (watch, following), paid, None)
            made = (link, paid, watch, following, block)
        watch = made[3]
        yield made[4]
    end = chain.end
    last = numbers.integer(chain.length)
    paid = chain.last_quantity(last, end) if chain.measured.stands_at(last) else None
    yield _block(end, watch.forms(end.seen), [], (watch, None), paid, None)


def _block(
    local: Start | Link | End,
    before: Sequence[Form],
    after: Sequence[Form],
    watches: tuple[Watch | None, Watch | None],
    paid: Form | None,
    bound: Form | None,
) -> Block:
    constant = [form for form in (paid, bound) if form is not None]
    slacks = useful(tuple(local.slacks()), [*before, *after, *constant])
    forms = [slack.form() for slack in slacks]
    rows = _rows([*forms, *before, *after, *constant])

    def matrix(columns: Sequence[Form]) -> np.ndarray:
        return np.array([rows.column(form) for form in columns]).reshape(-1, rows.size).T

    earlier, later = watches
    seen = local.before if isinstance(local, Link) else local.seen
    nothing = np.zeros(rows.size)
    return Block(
        local=local,
        rows=rows,
        ratio=nothing if bound is None else rows.column(bound),
        before=matrix(before),
        before_names=() if earlier is None else earlier.names,
        watched=() if earlier is None else earlier.leaves(seen),
        after=matrix(after),
        after_names=() if later is None else later.names,
        paid=nothing if paid is None else rows.column(paid),
        slacks=matrix(forms),
        names=tuple(slack.name for slack in slacks),
        equality=np.array([slack.equality for slack in slacks], dtype=bool),
        completing=_completing(slacks),
    )


def _rows(forms: Sequence[Form]) -> Rows:
    vectors = {leaf for form in forms for pair in form.quadratic for leaf in pair}
    values = {leaf for form in forms for leaf in form.linear}
    ordered, scalars = _in_order(vectors), _in_order(values)
    place = {leaf: i for leaves in (ordered, scalars) for i, leaf in enumerate(leaves)}
    return Rows(ordered, scalars, place)


def _in_order(leaves: Iterable[Leaf]) -> tuple[Leaf, ...]:
    return tuple(sorted(leaves, key=lambda leaf: leaf.index))


def _completing(slacks: Sequence[Slack]) -> tuple[int, ...]:
    """For every value one inequality ``h - ... >= 0`` that contains no other value."""
    found: dict[Leaf, int] = {}
    for index, slack in enumerate(slacks):
        linear = slack.form().linear
        if not slack.equality and len(linear) == 1:
            ((leaf, coefficient),) = linear.items()
            if coefficient == 1:
                found.setdefault(leaf, index)
    return tuple(sorted(found.values()))
