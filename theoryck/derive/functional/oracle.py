"""A reading of methods whose step is a multiple of the gradient that depends on its length.

At x[k] the gradient is one vector g of length s. A method of this family computes nothing but
multiples of g (and x itself) with factors that are functions of s and of numbers it remembers;
here s and those numbers are positive symbols, so that a factor is a SymPy expression.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from types import SimpleNamespace
from typing import Any, NoReturn

import sympy

from theoryck.algebra import Oracle, Vector
from theoryck.derive.arithmetic import Arithmetic
from theoryck.derive.symbols import ONE, ZERO
from theoryck.errors import UntraceableError

LENGTH = sympy.Symbol("norm(grad(x[k]))", positive=True)


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """A condition on symbolic numbers, for ``cases(...)`` and its like only."""

    condition: Any

    def __array_namespace__(self, *, api_version: str | None = None) -> Any:
        return NAMESPACE

    def __bool__(self) -> bool:
        raise UntraceableError(
            f"the method branches on {self.condition}: use cases(...), so that both cases are read"
        )


@dataclass(frozen=True, slots=True, eq=False)
class Scalar(Arithmetic):
    """A function of the gradient's length and the claim's parameters.

    It answers to the array namespace that :mod:`theoryck.algebra.language` asks arrays for, so
    that ``maximum``, ``ratio``, ``sqrt`` and ``cases`` mean here what they mean on arrays.

    >>> from theoryck.algebra import maximum
    >>> print((1 / maximum(2, Scalar(LENGTH))).expression)
    1/Max(2, norm(grad(x[k])))
    """

    expression: sympy.Expr
    dtype = "symbolic"
    device = "symbolic"

    def __array_namespace__(self, *, api_version: str | None = None) -> Any:
        return NAMESPACE

    def _with(self, other: Any, operation: Callable[[Any, Any], Any]) -> Any:
        if isinstance(other, Vector):
            return NotImplemented
        try:
            return Scalar(operation(self.expression, expression(other)))
        except UntraceableError:
            return NotImplemented
        except ZeroDivisionError as error:
            raise UntraceableError("the method divides by zero") from error

    def __pow__(self, other: Any) -> Any:
        return self._with(other, lambda a, b: a**b)

    def __rpow__(self, other: Any) -> Any:
        return self._with(other, lambda a, b: b**a)

    def __neg__(self) -> Scalar:
        return Scalar(-self.expression)

    def __abs__(self) -> Scalar:
        return Scalar(sympy.Abs(self.expression))

    def __le__(self, other: Any) -> Truth:
        return Truth(sympy.Le(self.expression, expression(other)))

    def __lt__(self, other: Any) -> Truth:
        return Truth(sympy.Lt(self.expression, expression(other)))

    def __ge__(self, other: Any) -> Truth:
        return Truth(sympy.Ge(self.expression, expression(other)))

    def __gt__(self, other: Any) -> Truth:
        return Truth(sympy.Gt(self.expression, expression(other)))

    # == is a condition of the method's, as it is on arrays, and no test of identity
    def __eq__(self, other: Any) -> Truth:  # type: ignore[override]  # as arrays do
        return Truth(sympy.Eq(self.expression, expression(other)))

    def __ne__(self, other: Any) -> Truth:  # type: ignore[override]  # as arrays do
        return Truth(sympy.Ne(self.expression, expression(other)))

    def _refuse(self, *_: object) -> NoReturn:
        raise UntraceableError(f"{self.expression} is not one number")

    __bool__ = __int__ = __float__ = __index__ = __hash__ = _refuse

    def sqrt(self) -> Scalar:
        """The square root."""
        return Scalar(sympy.sqrt(self.expression))


def expression(value: Any) -> sympy.Expr:
    """The expression of a symbolic number or of an exact one.

    Raises:
        UntraceableError: it is neither.
    """
    if isinstance(value, Scalar):
        return value.expression
    if isinstance(value, bool) or not isinstance(value, int | Fraction):
        raise UntraceableError(f"{type(value).__name__} is no exact number")
    return sympy.Rational(Fraction(value).numerator, Fraction(value).denominator)


def _where(condition: Any, then: Any, otherwise: Any) -> Any:
    if isinstance(then, Vector) or isinstance(otherwise, Vector):
        raise UntraceableError("a choice between vectors: choose their factors instead")
    truth = condition.condition if isinstance(condition, Truth) else sympy.sympify(bool(condition))
    first, second = expression(then), expression(otherwise)
    return Scalar(sympy.Piecewise((first, truth), (second, True)))


NAMESPACE = SimpleNamespace(
    asarray=lambda value, **_: Scalar(expression(value)),
    sqrt=lambda x: Scalar(sympy.sqrt(expression(x))),
    maximum=lambda x, y: Scalar(sympy.Max(expression(x), expression(y))),
    minimum=lambda x, y: Scalar(sympy.Min(expression(x), expression(y))),
    abs=lambda x: Scalar(sympy.Abs(expression(x))),
    where=_where,
    zeros_like=lambda _: Scalar(ZERO),
    ones_like=lambda _: Scalar(ONE),
)


@dataclass(frozen=True, slots=True, eq=False)
class Span(Vector):
    """``place*x + along*g``: the vectors that a method of this family can form."""

    place: sympy.Expr
    along: sympy.Expr

    def __add__(self, other: Any) -> Any:
        if isinstance(other, int) and other == 0:
            return self
        if not isinstance(other, Span):
            return NotImplemented
        return Span(self.place + other.place, self.along + other.along)

    def __neg__(self) -> Span:
        return Span(-self.place, -self.along)

    def __mul__(self, scalar: Any) -> Span:
        if isinstance(scalar, Vector):
            raise UntraceableError("a product of two vectors: use dot(x, y)")
        factor = expression(scalar)
        return Span(self.place * factor, self.along * factor)

    def __truediv__(self, scalar: Any) -> Span:
        if isinstance(scalar, Vector):
            raise UntraceableError("a division by a vector: divide by norm(y), or use dot")
        divisor = expression(scalar)
        if divisor == 0:
            raise UntraceableError("a vector divided by zero")
        return Span(self.place / divisor, self.along / divisor)

    def dot(self, other: Any) -> Scalar:
        if not isinstance(other, Span) or self.place != 0 or other.place != 0:
            raise UntraceableError("an inner product with x itself")
        return Scalar(self.along * other.along * LENGTH**2)

    def norm(self) -> Scalar:
        if self.place != 0:
            raise UntraceableError("the norm of x itself")
        return Scalar(sympy.Abs(self.along) * LENGTH)


@dataclass(frozen=True)
class RadialOracle(Oracle):
    """Answers with the gradient at x[k], and with nothing else."""

    start = Span(ONE, ZERO)

    def grad(self, x: Any) -> Span:
        if not isinstance(x, Span) or x.place != 1 or x.along != 0:
            raise UntraceableError("the method takes gradients elsewhere than at x[k]")
        return Span(ZERO, ONE)


@dataclass(frozen=True)
class ExactRadialOracle(RadialOracle):
    """The same where a stochastic gradient is the gradient."""

    def sample_grad(self, x: Any, *, batch: int = 1) -> Span:
        return self.grad(x)


def symbols_of(arguments: Mapping[str, sympy.Expr]) -> dict[str, Scalar]:
    """A method's arguments as it is handed them here."""
    return {name: Scalar(value) for name, value in arguments.items()}


__all__ = ["LENGTH", "ExactRadialOracle", "RadialOracle", "Scalar", "Span", "symbols_of"]
