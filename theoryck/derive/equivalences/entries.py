"""Vectors by the formula of one coordinate: what methods that look at coordinates compute with.

All coordinates follow the same formula, in the coordinates of the state and of the oracle's
answers, and in scalars; a sum over the coordinates (an inner product) is a scalar of its own, named
after what is summed. So an equality of two formulas is an equality of vectors in every dimension.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, NoReturn

import sympy

from theoryck.derive.arithmetic import Arithmetic
from theoryck.errors import UntraceableError

NONZERO = sympy.Function("nonzero")  # 1 where its argument is not 0, and else 0
OR_ONE = sympy.Function("or_one")  # its argument, and 1 where that is 0
CHOICE = sympy.Function("choice")  # of its last two, by the sign of the first


@dataclass
class Space:
    """The coordinate symbols of one trace, and its sums over coordinates.

    >>> space = Space()
    >>> g = space.vector("g")
    >>> print(space.sum(3 * g * g).expr)
    3*sum[g**2]
    """

    coordinates: set[sympy.Symbol] = field(default_factory=set)
    sums: dict[sympy.Expr, sympy.Symbol] = field(default_factory=dict)

    def vector(self, name: str) -> Entry:
        """A new arbitrary vector."""
        symbol = sympy.Symbol(name, real=True)
        self.coordinates.add(symbol)
        return Entry(symbol, self)

    def scalar(self, expr: Any) -> Entry:
        """A number, the same in all coordinates."""
        return Entry(sympy.sympify(expr, strict=True), self)

    # the part of the array standard that the words of a method use

    def sum(self, x: Any, axis: int = -1, keepdims: bool = True) -> Entry:
        """The sum over the coordinates; scalar factors stand before it."""
        total: sympy.Expr = sympy.Integer(0)
        for term in sympy.Add.make_args(sympy.expand(self._expr(x))):
            factor, rest = term.as_independent(*self.coordinates, as_Add=False)
            total += factor * self._sum_of(rest)
        return Entry(total, self)

    def _sum_of(self, term: sympy.Expr) -> sympy.Symbol:
        if term not in self.sums:
            even = term.is_nonnegative
            known = {"nonnegative": True} if even else {"real": True}
            self.sums[term] = sympy.Symbol(f"sum[{term}]", **known)
        return self.sums[term]

    def sqrt(self, x: Any) -> Entry:
        """The root of every coordinate."""
        return Entry(sympy.sqrt(canonical(self._expr(x))), self)

    def abs(self, x: Any) -> Entry:
        """The size of every coordinate."""
        return Entry(sympy.Abs(self._expr(x)), self)

    def maximum(self, x: Any, y: Any) -> Entry:
        """The larger of two, coordinate by coordinate."""
        return self._extreme(sympy.Max, x, y)

    def minimum(self, x: Any, y: Any) -> Entry:
        """The smaller of two, coordinate by coordinate."""
        return self._extreme(sympy.Min, x, y)

    def _extreme(self, kind: Callable[..., sympy.Expr], x: Any, y: Any) -> Entry:
        parts = [canonical(self._expr(v)) for v in (x, y)]
        try:
            return Entry(kind(*parts), self)
        except ValueError as error:  # SymPy compares real numbers only
            raise UntraceableError(f"the larger of {parts[0]} and {parts[1]}: {error}") from error

    def where(self, test: Test, then: Any, otherwise: Any) -> Entry:
        """A case in every coordinate, kept as one unknown function of its parts."""
        subject, a, b = canonical(test.subject), self._expr(then), self._expr(otherwise)
        if test.relation == "==":
            if a == 0:
                return Entry(NONZERO(subject) * b, self)
            if a == 1 and canonical(b) == subject:
                return Entry(OR_ONE(subject), self)
        word = sympy.Symbol(test.relation)
        return Entry(CHOICE(word, subject, canonical(a), canonical(b)), self)

    def zeros_like(self, x: Any) -> Entry:
        """Zero."""
        return self.scalar(0)

    def ones_like(self, x: Any) -> Entry:
        """One."""
        return self.scalar(1)

    def asarray(self, x: Any, dtype: Any = None, device: Any = None) -> Entry:
        """A number as one of this trace."""
        return x if isinstance(x, Entry) else self.scalar(self._expr(x))

    def _expr(self, x: Any) -> sympy.Expr:
        return x.expr if isinstance(x, Entry) else sympy.sympify(x, strict=True)


def canonical(expr: sympy.Expr) -> sympy.Expr:
    """One form of equal arguments of a function, as far as expansion goes."""
    return sympy.expand(expr)


@dataclass(frozen=True)
class Test:
    """``subject relation 0`` in every coordinate; it can only choose between two cases."""

    subject: sympy.Expr
    relation: str
    space: Space

    def __array_namespace__(self) -> Space:
        return self.space

    def __bool__(self) -> bool:
        raise UntraceableError("a truth test on a traced quantity: use cases(...) or ratio(...)")


@dataclass(frozen=True, eq=False)
class Entry(Arithmetic):
    """The formula of one coordinate, or a scalar."""

    expr: sympy.Expr
    space: Space
    dtype: Any = None
    device: Any = None

    def __array_namespace__(self) -> Space:
        return self.space

    def _with(self, other: Any, operation: Callable[[Any, Any], Any]) -> Any:
        if isinstance(other, Entry):
            return Entry(operation(self.expr, other.expr), self.space)
        if isinstance(other, bool) or not isinstance(other, int | Fraction | sympy.Expr):
            return NotImplemented
        return Entry(operation(self.expr, sympy.sympify(other, strict=True)), self.space)

    def __neg__(self) -> Entry:
        return Entry(-self.expr, self.space)

    def __abs__(self) -> Entry:
        return self.space.abs(self)

    def __pow__(self, other: Any) -> Any:
        return self._with(other, operator.pow)

    def __rpow__(self, other: Any) -> Any:
        return self._with(other, lambda a, b: b**a)

    def _test(self, other: Any, relation: str) -> Test:
        difference = self._with(other, operator.sub)
        if difference is NotImplemented:
            raise UntraceableError(f"a comparison of {self.expr} with {other!r}")
        return Test(difference.expr, relation, self.space)

    def __eq__(self, other: Any) -> Any:
        return self._test(other, "==")

    def __ne__(self, other: Any) -> Any:
        return self._test(other, "!=")

    def __le__(self, other: Any) -> Test:
        return self._test(other, "<=")

    def __lt__(self, other: Any) -> Test:
        return self._test(other, "<")

    def __ge__(self, other: Any) -> Test:
        return self._test(other, ">=")

    def __gt__(self, other: Any) -> Test:
        return self._test(other, ">")

    def _refuse(self, *_: object) -> NoReturn:
        raise UntraceableError("a traced quantity is no number: one formula is needed for every k")

    __bool__ = __int__ = __float__ = __index__ = __hash__ = _refuse
    __mod__ = __rmod__ = __floordiv__ = __rfloordiv__ = __getitem__ = _refuse


__all__ = ["Entry", "Space", "Test"]
