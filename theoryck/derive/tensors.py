"""Formulas of vectors and matrices in index notation, with one normal form for equal formulas.

A formula is a sum of terms, each a product of entries such as ``W[i, j] x[j] tanh(W x)[i]`` in
which repeated indices are summed over their dimension, whatever that is: what is equal here is
equal at every size. Terms are told apart by brute force over the names of the summed indices.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import permutations, product
from typing import Any

from theoryck.errors import TooLargeError

Dimension = str | int
Head = tuple[Any, ...]
"""What a factor is an entry of: ("var", name), ("dim", d), (function, terms) of a normal form."""

MAX_TERMS = 2000
MAX_RENAMINGS = 5040  # names of summed indices that are tried for one term


@dataclass(frozen=True)
class Index:
    """The name of an index and the dimension that it runs over."""

    name: int
    dimension: Dimension


Base = tuple[Head, tuple[Index, ...]]


@dataclass(frozen=True)
class Term:
    """coefficient · Π base**exponent, summed over the indices in ``bound``."""

    coefficient: Fraction
    factors: tuple[tuple[Base, Fraction], ...] = ()
    bound: frozenset[Index] = frozenset()

    def renamed(self, names: Mapping[Index, Index]) -> Term:
        """The term with other indices."""
        factors: dict[Base, Fraction] = {}
        for (head, indices), exponent in self.factors:
            base = (head, tuple(names.get(i, i) for i in indices))
            factors[base] = factors.get(base, Fraction(0)) + exponent
        return Term(
            self.coefficient,
            tuple((base, e) for base, e in factors.items() if e != 0),
            frozenset(names.get(i, i) for i in self.bound),
        )

    @property
    def indices(self) -> frozenset[Index]:
        """The indices that stand in the factors."""
        return frozenset(i for (_, indices), _ in self.factors for i in indices)


Terms = tuple[Term, ...]
ONE: Terms = (Term(Fraction(1)),)


def constant(value: Fraction) -> Terms:
    """A number."""
    return (Term(value),) if value else ()


def entry(head: Head, indices: tuple[Index, ...], exponent: Fraction = Fraction(1)) -> Terms:
    """One factor."""
    return (Term(Fraction(1), (((head, indices), exponent),)),)


def scaled(terms: Terms, factor: Fraction) -> Terms:
    """factor · terms."""
    return tuple(Term(factor * t.coefficient, t.factors, t.bound) for t in terms) if factor else ()


class Names:
    """Fresh names for indices, for one computation."""

    def __init__(self) -> None:
        self._next = 0

    def fresh(self, dimension: Dimension) -> Index:
        """An index that was not used before."""
        self._next += 1
        return Index(self._next, dimension)

    def apart(self, terms: Terms) -> Terms:
        """The terms with fresh summed indices, so that a product cannot confuse them."""
        return tuple(
            t.renamed({i: self.fresh(i.dimension) for i in _sorted(t.bound)}) for t in terms
        )


def multiplied(left: Terms, right: Terms, names: Names) -> Terms:
    """The product, expanded.

    Raises:
        TooLargeError: it has too many terms.
    """
    if len(left) * len(right) > MAX_TERMS:
        raise TooLargeError(f"a product with over {MAX_TERMS} terms")
    result = []
    for a in left:
        for (b,) in product(names.apart(right)):
            factors = dict(a.factors)
            for base, exponent in b.factors:
                factors[base] = factors.get(base, Fraction(0)) + exponent
            kept = tuple((base, e) for base, e in factors.items() if e != 0)
            result.append(Term(a.coefficient * b.coefficient, kept, a.bound | b.bound))
    return tuple(result)


def contracted(terms: Terms, indices: tuple[Index, ...]) -> Terms:
    """The sum over indices."""
    return tuple(Term(t.coefficient, t.factors, t.bound | frozenset(indices)) for t in terms)


def collected(terms: Terms) -> Terms:
    """The normal form: summed indices renamed canonically, like terms added, in a fixed order.

    Raises:
        TooLargeError: a term has too many summed indices to be told from others.
    """
    totals: dict[tuple[Any, ...], Fraction] = {}
    kept: dict[tuple[Any, ...], Term] = {}
    for term in terms:
        plain = canonical(term)
        key = term_key(plain)
        totals[key] = totals.get(key, Fraction(0)) + plain.coefficient
        kept[key] = plain
    return tuple(
        Term(totals[key], kept[key].factors, kept[key].bound)
        for key in sorted(kept, key=repr)
        if totals[key] != 0
    )


def canonical(term: Term) -> Term:
    """The term with its summed indices called -1, -2, ... in the least order."""
    term = _counted(term)
    bound = _sorted(term.bound)
    groups = _groups(term, bound)
    size = 1
    for group in groups:
        for n in range(2, len(group) + 1):
            size *= n
    if size > MAX_RENAMINGS:
        raise TooLargeError("a term with too many summed indices")
    best, best_key = term, None
    for order in _orders(groups):
        names = {i: Index(-1 - n, i.dimension) for n, i in enumerate(order)}
        candidate = term.renamed(names)
        key = repr(term_key(candidate))
        if best_key is None or key < best_key:
            best, best_key = candidate, key
    factors = sorted(best.factors, key=repr)
    return Term(best.coefficient, tuple(factors), best.bound)


def term_key(term: Term) -> tuple[Any, ...]:
    """What makes two terms like terms."""
    return tuple(sorted(term.factors, key=repr))


def _counted(term: Term) -> Term:
    """A sum over an index that stands nowhere is a product with its dimension."""
    free = term.bound - term.indices
    coefficient, factors = term.coefficient, dict(term.factors)
    for index in free:
        if isinstance(index.dimension, int):
            coefficient *= index.dimension
        else:
            base: Base = (("dim", index.dimension), ())
            factors[base] = factors.get(base, Fraction(0)) + 1
    return Term(coefficient, tuple(factors.items()), term.bound - free)


def _groups(term: Term, bound: list[Index]) -> list[list[Index]]:
    """Summed indices that cannot be told apart by where they stand."""
    signatures: dict[str, list[Index]] = {}
    for index in bound:
        places = sorted(
            repr(
                (
                    head,
                    exponent,
                    tuple(
                        "here" if i == index else i if i not in term.bound else "" for i in indices
                    ),
                )
            )
            for (head, indices), exponent in term.factors
            if index in indices
        )
        signatures.setdefault(repr((index.dimension, places)), []).append(index)
    return [signatures[key] for key in sorted(signatures)]


def _orders(groups: list[list[Index]]) -> Iterator[tuple[Index, ...]]:
    for choice in product(*(permutations(group) for group in groups)):
        yield tuple(index for group in choice for index in group)


def _sorted(indices: frozenset[Index]) -> list[Index]:
    return sorted(indices, key=lambda index: (index.name, str(index.dimension)))


def difference(left: Terms, right: Terms) -> Terms:
    """left − right in normal form."""
    return collected((*left, *scaled(right, Fraction(-1))))
