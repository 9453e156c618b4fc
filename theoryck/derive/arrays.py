"""Formulas of vectors and matrices at concrete sizes, entry by entry, over any number system."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from itertools import product
from math import prod
from typing import Any

from theoryck.algebra import NumberSystem
from theoryck.claims.claim import Variable
from theoryck.claims.expressions import Apply, Expr, Number, Symbol
from theoryck.errors import DomainError, UntraceableError

Sizes = Mapping[str, int]


@dataclass(frozen=True)
class Array:
    """Entries in row order; a scalar has the shape ``()`` and one entry."""

    shape: tuple[int, ...]
    entries: tuple[Any, ...]

    def indices(self) -> Iterator[tuple[int, ...]]:
        """The places of the entries, in their order."""
        return product(*map(range, self.shape))

    def __getitem__(self, index: tuple[int, ...]) -> Any:
        place = 0
        for size, i in zip(self.shape, index, strict=True):
            place = place * size + i
        return self.entries[place]

    def map(self, function: Callable[[Any], Any]) -> Array:
        """The function of every entry."""
        return Array(self.shape, tuple(map(function, self.entries)))

    @property
    def scalar(self) -> Any:
        """The one entry of a scalar."""
        (entry,) = self.entries
        return entry


def concrete_shape(variable: Variable, sizes: Sizes) -> tuple[int, ...]:
    """The shape of a variable with its named dimensions replaced by numbers."""
    return tuple(d if isinstance(d, int) else sizes[d] for d in variable.shape)


def evaluate_arrays(expr: Expr, values: Mapping[str, Array], numbers: NumberSystem) -> Array:
    """The value of a formula in which ``*`` and the functions of scalars work entry by entry.

    Args:
        expr: the formula.
        values: an array for every name: variables, parameters and dimensions.
        numbers: what the entries are.

    Raises:
        DomainError, InexactError, UndecidedError, TooLargeError: as the number system does.
        UntraceableError: a node that is not about arrays.
    """
    match expr:
        case Number(value=value):
            return Array((), (numbers.rational(value),))
        case Symbol(name=name):
            if name in values:
                return values[name]
            return Array((), (numbers.constant(name),))
        case Apply(function=function, arguments=arguments):
            parts = [evaluate_arrays(argument, values, numbers) for argument in arguments]
            return _apply(function, parts, numbers)
    raise UntraceableError(f"{type(expr).__name__} has no meaning for arrays")


def _apply(function: str, parts: list[Array], numbers: NumberSystem) -> Array:
    first = parts[0]
    match function:
        case "+" | "-" | "*" | "/" | "**":
            operator = _operators(numbers)[function]
            return _entrywise(lambda a, b: operator(a, b), parts)
        case "neg":
            return first.map(lambda a: -a)
        case "@":
            return _product(first, parts[1])
        case "transpose":
            return _transpose(first)
        case "sum":
            return Array((), (_sum(first.entries),))
        case "dot":
            return Array((), (_dot(first.entries, parts[1].entries),))
        case "norm":
            return Array((), (numbers.function("sqrt", _dot(first.entries, first.entries)),))
    return _entrywise(lambda *entries: numbers.function(function, *entries), parts)


def _operators(numbers: NumberSystem) -> Mapping[str, Callable[[Any, Any], Any]]:
    return {
        "+": lambda a, b: a + b,
        "-": lambda a, b: a - b,
        "*": lambda a, b: a * b,
        "/": lambda a, b: a * numbers.power(b, numbers.integer(-1)),
        "**": numbers.power,
    }


def _entrywise(function: Callable[..., Any], parts: list[Array]) -> Array:
    """Entry by entry; scalars are repeated."""
    shape = next((part.shape for part in parts if part.shape), ())
    if any(part.shape not in ((), shape) for part in parts):
        raise DomainError("arrays of different shapes, entry by entry")
    count = prod(shape)
    columns = [part.entries if part.shape else part.entries * count for part in parts]
    return Array(shape, tuple(function(*entries) for entries in zip(*columns, strict=True)))


def _product(left: Array, right: Array) -> Array:
    """The matrix product; a vector times a row is the outer product."""
    rows = (*left.shape, 1) if len(left.shape) == 1 and right.shape[0] == 1 else left.shape
    a, shape = Array(rows, left.entries), (*rows[:-1], *right.shape[1:])
    if rows[-1] != right.shape[0]:
        raise DomainError(f"a matrix product of the shapes {left.shape} and {right.shape}")
    cut = len(rows) - 1
    entries = tuple(
        _dot(
            tuple(a[(*index[:cut], k)] for k in range(rows[-1])),
            tuple(right[(k, *index[cut:])] for k in range(rows[-1])),
        )
        for index in product(*map(range, shape))
    )
    return Array(() if all(size == 1 for size in shape) else shape, entries)


def _transpose(array: Array) -> Array:
    """A vector is a column: its transpose is a row, whose transpose is a vector again."""
    if len(array.shape) == 1:
        return Array((1, *array.shape), array.entries)
    rows, columns = array.shape
    if rows == 1:
        return Array((columns,), array.entries)
    entries = tuple(array[(j, i)] for i in range(columns) for j in range(rows))
    return Array((columns, rows), entries)


def _sum(entries: tuple[Any, ...]) -> Any:
    return reduce(lambda total, entry: total + entry, entries)


def _dot(left: tuple[Any, ...], right: tuple[Any, ...]) -> Any:
    return _sum(tuple(a * b for a, b in zip(left, right, strict=True)))
