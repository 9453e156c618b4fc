"""Leaves and Points: exact linear forms over named vectors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from theoryck.algebra.vectors import Vector
from theoryck.errors import TraceMixError, UntraceableError

if TYPE_CHECKING:
    from theoryck.algebra.forms import Form
    from theoryck.algebra.trace import Trace


@dataclass(frozen=True)
class Leaf:
    """A named unknown of one trace: a vector (a start, a gradient) or a scalar (a value of f).

    Leaves are ordered by ``index``, the order in which their trace made them.
    """

    name: str
    index: int
    scalar: bool = field(compare=False)
    trace: Trace = field(repr=False)

    def __hash__(self) -> int:
        return self.index


def same_trace(left: Trace, right: Trace) -> Trace:
    """The trace that both operands belong to."""
    if left is not right:
        raise TraceMixError(
            "vectors of two different traces in one expression: a trace owns its leaves, so "
            "build both operands inside one run"
        )
    return left


def without_zeros(coefficients: Mapping[Any, Any]) -> Mapping[Any, Any]:
    """The same coefficients with the exact zeros dropped; a ball around zero stays."""
    # for a ball, c != 0 means "surely not zero", which is not the negation of c == 0
    return MappingProxyType({k: c for k, c in coefficients.items() if not c == 0})  # noqa: SIM201 - see above


def add_coefficients(left: Mapping[Any, Any], right: Mapping[Any, Any]) -> Mapping[Any, Any]:
    """The sum of two sparse linear forms."""
    if len(left) < len(right):
        left, right = right, left
    total = dict(left)
    for key, coefficient in right.items():
        total[key] = total[key] + coefficient if key in total else coefficient
    return without_zeros(total)


@dataclass(frozen=True, slots=True)
class Point(Vector):
    """A vector written exactly in the leaves of a trace: ``sum(c[leaf] * leaf)``.

    >>> from theoryck.algebra import Trace
    >>> trace = Trace()
    >>> x, g = trace.vector("x"), trace.vector("g")
    >>> print(x - g / 2)
    x - 1/2*g
    """

    trace: Trace
    coefficients: Mapping[Leaf, Any]

    def __add__(self, other: Any) -> Point:
        if isinstance(other, int) and other == 0:
            return self
        if not isinstance(other, Point):
            return NotImplemented if not isinstance(other, Vector) else _refuse_sum(other)
        same_trace(self.trace, other.trace)
        return Point(self.trace, add_coefficients(self.coefficients, other.coefficients))

    def __neg__(self) -> Point:
        return Point(self.trace, {leaf: -c for leaf, c in self.coefficients.items()})

    def __mul__(self, scalar: Any) -> Point:
        from theoryck.algebra.adaptive import Adaptive

        if isinstance(scalar, Adaptive):
            return scalar.times(self)
        factor = self._factor(scalar, "*")
        return Point(
            self.trace, without_zeros({leaf: c * factor for leaf, c in self.coefficients.items()})
        )

    def __truediv__(self, scalar: Any) -> Point:
        divisor = self._factor(scalar, "/")
        return Point(self.trace, {leaf: c / divisor for leaf, c in self.coefficients.items()})

    def dot(self, other: Any) -> Form:
        """The inner product: a quadratic form over the same leaves."""
        from theoryck.algebra.forms import inner

        if not isinstance(other, Point):
            raise UntraceableError(f"dot of a traced vector with {type(other).__name__}")
        return inner(self, other)

    def norm(self) -> Any:
        from theoryck.algebra.forms import Root, inner

        return Root(inner(self, self), self.trace.numbers.integer(1), self)

    def _factor(self, scalar: Any, operator: str) -> Any:
        from theoryck.algebra.forms import Form, Root

        if isinstance(scalar, Vector):
            remedy = "use dot(x, y)" if operator == "*" else "divide by norm(y), or use dot"
            raise UntraceableError(f"Point {operator} Point: {remedy}")
        if isinstance(scalar, Root | Form):
            if isinstance(scalar, Form) and scalar.is_constant():
                return scalar.constant
            raise UntraceableError(
                f"a vector {operator} a traced scalar (one that depends on f): state an adaptive "
                "step by its equation, or a clipped one by cases(...)"
            )
        if hasattr(scalar, "shape"):
            raise UntraceableError(f"a traced vector {operator} an array")
        return self.trace.numbers.coerce(scalar)

    def __str__(self) -> str:
        return _linear_text({leaf.name: c for leaf, c in self.coefficients.items()}) or "0"


def _refuse_sum(other: Any) -> Any:
    raise UntraceableError(f"a traced vector plus {type(other).__name__}")


def _linear_text(coefficients: Mapping[str, Any]) -> str:
    text = ""
    for name, coefficient in coefficients.items():
        shown = str(coefficient)
        negative = shown.startswith("-") and not any(c in shown[1:] for c in "+-")
        shown = shown[1:] if negative else shown
        if any(c in shown for c in "+- "):
            shown = f"({shown})"
        sign = (" - " if negative else " + ") if text else ("-" if negative else "")
        text += sign + (name if shown == "1" else f"{shown}*{name}")
    return text
