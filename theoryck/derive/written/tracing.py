"""One step of a method as formulas in the coordinates of its state, at any index.

Vectors are written by one coordinate each, which stands for all of them: sums, products and
functions of coordinates are then ordinary expressions, and coordinatewise methods are traced like
any other. The trace is handed to the method as arrays of the Array API are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NoReturn

import sympy

from theoryck.algebra import Oracle
from theoryck.derive.arithmetic import Arithmetic
from theoryck.derive.relations import Relation
from theoryck.derive.symbols import ZERO
from theoryck.errors import UntraceableError


@dataclass(frozen=True, eq=False)
class Term(Arithmetic):
    """A scalar, or the coordinate of a vector, of a traced step."""

    expression: sympy.Expr
    tracer: Tracer

    # what arrays have and the language of methods looks for
    dtype = device = None

    def __array_namespace__(self) -> Namespace:
        return Namespace(self.tracer)

    def _with(self, other: Any, operation: Callable[[Any, Any], Any]) -> Any:
        value = plain(other)
        return NotImplemented if value is None else self._new(operation(self.expression, value))

    def _new(self, expression: Any) -> Term:
        return Term(expression, self.tracer)

    def __pow__(self, other: Any) -> Any:
        return self._with(other, lambda a, b: a**b)

    def __rpow__(self, other: Any) -> Any:
        return self._with(other, lambda a, b: b**a)

    def __neg__(self) -> Term:
        return self._new(-self.expression)

    def __abs__(self) -> Term:
        return self._new(sympy.Abs(self.expression))

    def __truediv__(self, other: Any) -> Any:
        return self._with(other, self._quotient)

    def __rtruediv__(self, other: Any) -> Any:
        return self._with(other, lambda a, b: self._quotient(b, a))

    def _quotient(self, above: Any, below: Any) -> Any:
        if not below.is_nonzero:
            self.tracer.needs.append(Relation(below, "!=", ZERO))
        return above / below

    def sqrt(self) -> Term:
        """The square root."""
        if not self.expression.is_nonnegative:
            self.tracer.needs.append(Relation(self.expression, ">=", ZERO))
        return self._new(sympy.sqrt(self.expression))

    def __eq__(self, other: object) -> Any:
        if isinstance(other, int) and other == 0:
            return IsZero(self)
        return self._refuse()

    def _refuse(self, *_: object) -> NoReturn:
        raise UntraceableError("the method compares numbers, which a written proof does not follow")

    __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _refuse
    __bool__ = __int__ = __float__ = __index__ = __hash__ = _refuse


@dataclass(frozen=True)
class IsZero:
    """The test that :func:`theoryck.algebra.ratio` makes of its denominator."""

    term: Term


def plain(value: Any) -> sympy.Expr | None:
    """A number or a term as SymPy's own; None for anything else."""
    if isinstance(value, Term):
        return value.expression
    if isinstance(value, bool) or not isinstance(value, int | Fraction | sympy.Expr):
        return None
    return sympy.sympify(value, strict=True)


@dataclass(frozen=True)
class Draw:
    """A stochastic gradient: its symbol, the point that it belongs to, how many it averages."""

    symbol: sympy.Symbol
    point: sympy.Expr
    batch: Any


@dataclass(frozen=True)
class Projection:
    """The nearest feasible point to ``point``, and the diameter of the feasible set, if known."""

    symbol: sympy.Symbol
    point: sympy.Expr
    diameter: sympy.Expr | None


class Tracer(Oracle):
    """Answers a method in symbols, and does its arithmetic as an array namespace would.

    Args:
        gradient: the symbol of the gradient at a point.
        draw: the symbol of the n-th stochastic gradient of this step.
        projection: the symbol of the n-th projection of this step.
        total: the sum over the coordinates.

    ``needs`` collects what must hold for the step to have a value.
    """

    def __init__(
        self,
        gradient: Callable[[sympy.Expr], sympy.Expr],
        draw: Callable[[int], sympy.Symbol],
        projection: Callable[[int], sympy.Symbol],
        total: Callable[[sympy.Expr], sympy.Expr],
    ) -> None:
        self._gradient, self._draw = gradient, draw
        self._projection, self.total = projection, total
        self.draws: list[Draw] = []
        self.projections: list[Projection] = []
        self.needs: list[Relation] = []

    def term(self, value: Any) -> Term:
        """A number, an expression or a term as a term of this trace."""
        expression = plain(value)
        if expression is None:
            raise UntraceableError(f"{type(value).__name__} in the trace of a written derivation")
        return Term(expression, self)

    def grad(self, x: Any) -> Term:
        return self.term(self._gradient(x.expression))

    def sample_grad(self, x: Any, *, batch: Any = 1) -> Term:
        symbol = self._draw(len(self.draws))
        self.draws.append(Draw(symbol, x.expression, batch))
        return self.term(symbol)

    def project(self, x: Any, *, diameter: Any = None) -> Term:
        symbol = self._projection(len(self.projections))
        size = None if diameter is None else plain(diameter)
        self.projections.append(Projection(symbol, x.expression, size))
        return self.term(symbol)


@dataclass(frozen=True)
class Namespace:
    """The functions of an array namespace that the language of methods calls."""

    tracer: Tracer

    def sum(self, x: Term, *, axis: int, keepdims: bool) -> Term:
        """The sum over the coordinates."""
        return self.tracer.term(self.tracer.total(x.expression))

    def sqrt(self, x: Term) -> Term:
        """The square root."""
        return x.sqrt()

    def maximum(self, x: Term, y: Term) -> Term:
        """The larger of two."""
        return self.tracer.term(sympy.Max(x.expression, y.expression))

    def minimum(self, x: Term, y: Term) -> Term:
        """The smaller of two."""
        return self.tracer.term(sympy.Min(x.expression, y.expression))

    def asarray(self, x: Any, **_: Any) -> Term:
        """A number as a term."""
        return self.tracer.term(x)

    def zeros_like(self, x: Term) -> Term:
        """Zero."""
        return self.tracer.term(ZERO)

    def ones_like(self, x: Term) -> Term:
        """One."""
        return self.tracer.term(1)

    def where(self, condition: Any, then: Any, otherwise: Any) -> Any:
        """A quotient that is 0 where its denominator is: here the denominator must not be 0."""
        if not isinstance(condition, IsZero):
            raise UntraceableError("a case distinction, which a written proof does not follow")
        if not condition.term.expression.is_nonzero:
            self.tracer.needs.append(Relation(condition.term.expression, "!=", ZERO))
        return otherwise
