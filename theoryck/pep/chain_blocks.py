"""The links of a chain of potentials as arrays: one column an unknown, one row a monomial."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from theoryck.algebra import Form, Leaf, Trace
from theoryck.assumptions.base import Slack
from theoryck.certificates.documents import as_float
from theoryck.certificates.links import Chain, End, Link, Local, Seen, Start
from theoryck.certificates.problem import quadratic

Name = str | tuple[str, str]  # of a coefficient of a potential: a value, a pair of vectors, or ONE
ONE = "1"
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
        self, watched: Sequence[tuple[Leaf | None, ...]], vectors: np.ndarray, values: np.ndarray
    ) -> np.ndarray:
        """The units of products of leaves, (K, products); a leaf that has none counts as 1."""
        out = np.ones((vectors.shape[0], len(watched)))
        for column, leaves in enumerate(watched):
            for leaf in leaves:
                if leaf is not None and leaf in self.place:
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
    watched: tuple[tuple[Leaf | None, ...], ...]
    after: np.ndarray
    after_names: tuple[Name, ...]
    paid: np.ndarray
    slacks: np.ndarray
    names: tuple[str, ...]
    equality: np.ndarray
    completing: tuple[int, ...]


def blocks(chain: Chain, with_gradient: bool) -> Iterator[Block]:
    """The blocks of the start, the links and the end; equal links give one and the same object.

    ``with_gradient`` says whether potentials see the gradient at the iterate.
    """
    numbers = chain.numbers
    seen = _Watch(with_gradient)
    yield seen.block(chain.start, None, chain.start.seen, None, chain.start.bound)
    made: tuple[Any, Any, Block] | None = None
    for k in range(chain.length):
        link = chain.link(k)
        index = numbers.integer(k)
        paid = chain.quantity(index, link) if chain.measured.stands_at(index) else None
        if made is None or made[0] is not link or made[1] is not paid:
            made = (link, paid, seen.block(link, link.before, link.after, paid, None))
        yield made[2]
    last = numbers.integer(chain.length)
    paid = chain.last_quantity(last, chain.end) if chain.measured.stands_at(last) else None
    yield seen.block(chain.end, chain.end.seen, None, paid, None)


@dataclass(frozen=True)
class _Watch:
    """Which of the things seen in a state the potentials look at."""

    with_gradient: bool

    def names(self, seen: Seen) -> tuple[Name, ...]:
        vectors = [name for name in seen.vectors if name != "g" or self.with_gradient]
        pairs = [(u, v) for i, u in enumerate(vectors) for v in vectors[i:]]
        return (*seen.values, *pairs, ONE)

    def forms(self, seen: Seen | None, trace: Trace) -> list[Form]:
        if seen is None:
            return []
        return [
            seen.product(*name)
            if isinstance(name, tuple)
            else quadratic(1, trace)
            if name == ONE
            else seen.values[name]
            for name in self.names(seen)
        ]

    def leaves(self, seen: Seen) -> tuple[tuple[Leaf | None, ...], ...]:
        """The leaf of each thing seen; None for what is no single leaf."""

        def single(coefficients: Mapping[Leaf, Any]) -> Leaf | None:
            return next(iter(coefficients)) if len(coefficients) == 1 else None

        return tuple(
            tuple(single(seen.vectors[part].coefficients) for part in name)
            if isinstance(name, tuple)
            else ()
            if name == ONE
            else (single(seen.values[name].linear),)
            for name in self.names(seen)
        )

    def block(
        self,
        local: Start | Link | End,
        before: Seen | None,
        after: Seen | None,
        paid: Form | None,
        bound: Form | None,
    ) -> Block:
        trace = local.trace
        befores, afters = self.forms(before, trace), self.forms(after, trace)
        constant = [form for form in (paid, bound) if form is not None]
        slacks = _useful(list(local.slacks()), [*befores, *afters, *constant])
        forms = [slack.form() for slack in slacks]
        rows = _rows([*forms, *befores, *afters, *constant])

        def matrix(columns: Sequence[Form]) -> np.ndarray:
            return np.array([rows.column(form) for form in columns]).reshape(-1, rows.size).T

        nothing = np.zeros(rows.size)
        return Block(
            local=local,
            rows=rows,
            ratio=nothing if bound is None else rows.column(bound),
            before=matrix(befores),
            before_names=() if before is None else self.names(before),
            watched=() if before is None else self.leaves(before),
            after=matrix(afters),
            after_names=() if after is None else self.names(after),
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


def _useful(slacks: list[Slack], others: Sequence[Form]) -> list[Slack]:
    """Without the inequalities that no proof can use: those with a vector whose square no column
    makes positive. Its row of the remainder would have to vanish, and leave no room to round."""
    while True:
        forms = [slack.form() for slack in slacks]
        free = {leaf for form in others for (u, v) in form.quadratic for leaf in (u, v)}
        for slack, form in zip(slacks, forms, strict=True):
            for (u, v), coefficient in form.quadratic.items():
                if u is v and (slack.equality or as_float(coefficient) < 0):
                    free.add(u)
        kept = [
            slack
            for slack, form in zip(slacks, forms, strict=True)
            if all(u in free and v in free for (u, v) in form.quadratic)
        ]
        if len(kept) == len(slacks):
            return kept
        slacks = kept


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
