"""Which names mean something at a place of a claim, and the shapes they have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from types import MappingProxyType

from theoryck.claims.expressions import (
    ORDERS,
    RANGES,
    RESERVED,
    SCALAR_FUNCTIONS,
    VARIADIC_FUNCTIONS,
    VECTOR_FUNCTIONS,
)

Shape = tuple[str | int, ...]
SCALAR: Shape = ()
ITERATE: Shape = ("d",)

FUNCTIONS = frozenset({*SCALAR_FUNCTIONS, *VARIADIC_FUNCTIONS, *VECTOR_FUNCTIONS, *RANGES})
"""The functions that mean the same everywhere; no parameter may take their names."""

CONSTANTS = frozenset({"pi", "oo"})
RUN = frozenset({"f", "grad", "x", "f_star", "x_star", "E"})
"""The words that speak of a run of the method."""


class Arithmetic(Enum):
    """What ``+`` and ``*`` do with vectors: see the two members."""

    SPACE = "inner-product space"  # sums of vectors, products with scalars, dot and norm
    ARRAYS = "arrays"  # entry by entry, with scalars repeated; @ is the matrix product


@dataclass(frozen=True)
class Scope:
    """The names that an expression may use.

    Args:
        where: what the expression is, for errors ("a step", "the bound").
        shapes: parameters and variables with their shapes, ``()`` for a scalar.
        integers: those names that stand for whole numbers; an index is made of them.
        words: the reserved words that mean something here.
        arithmetic: what the operators do with vectors.
        indices: indices bound by ``min_over`` and its kin around the expression.
        sequences: names that stand with an index only, as ``z[k]`` in a written derivation.
    """

    where: str
    shapes: Mapping[str, Shape] = field(default_factory=lambda: MappingProxyType({}))
    integers: frozenset[str] = frozenset()
    words: frozenset[str] = CONSTANTS
    arithmetic: Arithmetic = Arithmetic.SPACE
    indices: frozenset[str] = frozenset()
    sequences: frozenset[str] = frozenset()

    def shape(self, name: str) -> Shape | None:
        """The shape of a name that may stand alone, None where it may not."""
        if name in self.indices:
            return SCALAR
        if name in self.shapes:
            return self.shapes[name]
        if name in self.words and name in ("pi", "oo", "f_star", "k"):
            return SCALAR
        if name in self.words and name == "x_star":
            return ITERATE
        return None

    def is_integer(self, name: str) -> bool:
        """Whether the name stands for a whole number."""
        return (
            name in self.indices
            or name in self.integers
            or (name == "k" and "k" in self.words and name not in self.shapes)
        )

    def with_index(self, name: str) -> Scope:
        """The scope inside a range over ``name``."""
        return replace(self, indices=self.indices | {name})

    def about(self, where: str, words: Iterable[str] = ()) -> Scope:
        """The same names in another place, with more reserved words."""
        return replace(self, where=where, words=self.words | frozenset(words))

    def known(self) -> list[str]:
        """Every name that could have been meant, for suggestions."""
        words = [word for word in RESERVED if word in self.words]
        return [*self.shapes, *self.indices, *words, *sorted(FUNCTIONS)]


ORDER_WORDS = frozenset(ORDERS)
