"""Scalars that divide by something traced: the steps of adaptive methods.

They exist to be multiplied with the vector whose norm they divide by. The product is a new
leaf of the trace, and the equation that defines it is recorded (:mod:`theoryck.algebra.relaxed`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from theoryck.algebra.forms import Form, Root, TracedScalar, inner
from theoryck.algebra.vectors import Vector
from theoryck.errors import UntraceableError

if TYPE_CHECKING:
    from theoryck.algebra.point import Point
    from theoryck.algebra.trace import Trace

REMEDY = (
    "a traced scalar divides by the norm of one vector and multiplies another: state the "
    "adaptive step by its equation"
)


@dataclass(frozen=True, slots=True, eq=False)
class Shifted(TracedScalar):
    """``root + offset``: what a damped normalised step divides by."""

    root: Root
    offset: Any

    @property
    def trace(self) -> Trace:
        """The trace of its leaves."""
        return self.root.trace

    def form(self) -> Form:
        """The same as a form."""
        return self.root.form() + self.offset

    def __rtruediv__(self, other: Any) -> Reciprocal:
        return Reciprocal(self.root, self.offset, self.root.trace.numbers.coerce(other))

    def __add__(self, other: Any) -> Any:
        return self.form() + other

    __radd__ = __add__

    def __sub__(self, other: Any) -> Any:
        return self.form() - other

    def __rsub__(self, other: Any) -> Any:
        return other - self.form()

    def __mul__(self, other: Any) -> Any:
        return self.form() * other

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Any:
        return self.form() / other


class Adaptive(TracedScalar, ABC):
    """A scalar factor that only a vector can take."""

    __slots__ = ()

    @abstractmethod
    def times(self, vector: Point) -> Point:
        """The product with the vector whose norm stands in the denominator."""

    @abstractmethod
    def scaled(self, factor: Any) -> Adaptive:
        """The product with a number."""

    def __mul__(self, other: Any) -> Any:
        if isinstance(other, Vector):
            return self.times(other)  # type: ignore[arg-type]  # what is no Point is refused there
        if isinstance(other, TracedScalar):
            raise UntraceableError(
                "a product of two traced scalars: state the step by its equation"
            )
        return self.scaled(other)

    __rmul__ = __mul__

    def __neg__(self) -> Adaptive:
        return self.scaled(-1)

    def __truediv__(self, other: Any) -> Adaptive:
        if isinstance(other, TracedScalar):
            raise UntraceableError("a quotient of traced scalars: state the step by its equation")
        return self.scaled(Fraction(1, other) if isinstance(other, int) else 1 / other)


@dataclass(frozen=True, slots=True, eq=False)
class Reciprocal(Adaptive):
    """``scale / (root + offset)`` with a norm as the root; 0 where that divides by 0."""

    root: Root
    offset: Any
    scale: Any

    def scaled(self, factor: Any) -> Reciprocal:
        return replace(self, scale=self.scale * self.root.trace.numbers.coerce(factor))

    # minimum and maximum choose a factor of the vector in the denominator, which is zero with it;
    # a case distinction would see which value the quotient takes there
    def __le__(self, other: Any) -> Any:
        self._refuse_zero()
        return at_most(self, other)

    def __ge__(self, other: Any) -> Any:
        self._refuse_zero()
        return at_most(other, self)

    __lt__, __gt__ = __le__, __ge__

    def _refuse_zero(self) -> None:
        if self.root.trace.numbers.sign(self.offset) == 0:
            raise UntraceableError(
                "a quotient by a norm that may be zero in a comparison: compare the norm itself"
            )

    def times(self, vector: Point) -> Point:
        trace = self.root.trace
        _same_square(self.root.radicand, vector)
        if trace.numbers.sign(self.root.scale) <= 0 or trace.numbers.sign(self.offset) < 0:
            raise UntraceableError("a division by a norm whose factor or offset is not positive")
        offset = self.offset / self.root.scale
        scale = self.scale / self.root.scale
        if trace.numbers.sign(offset) == 0:
            return trace.unit(vector) * scale
        return trace.damped(vector, offset) * scale


@dataclass(frozen=True, slots=True, eq=False)
class Quotient(Adaptive):
    """``numerator / denominator`` of two forms; 0 where the denominator is 0."""

    numerator: Form
    denominator: Form

    def scaled(self, factor: Any) -> Quotient:
        return replace(self, numerator=self.numerator * factor)

    def times(self, vector: Point) -> Point:
        _same_square(self.denominator, vector)
        return self.numerator.trace.rescaled(vector, self.numerator)


def _same_square(form: Form, vector: Any) -> None:
    coefficients = getattr(vector, "coefficients", None)
    if coefficients is not None:
        square = inner(vector, vector)
        if not form.linear and form.constant == 0 and form.quadratic == square.quadratic:
            return
    raise UntraceableError(REMEDY)


@dataclass(frozen=True, slots=True, eq=False)
class Condition:
    """``form >= 0``, whose truth a trace cannot tell: for ``cases(...)`` only."""

    form: Form

    def __bool__(self) -> bool:
        from theoryck.algebra.forms import TRUTH

        raise UntraceableError(TRUTH)


def at_most(left: Any, right: Any) -> Condition:
    """The condition ``left <= right`` on traced scalars and numbers; norms are squared."""
    if isinstance(left, Reciprocal):
        return _against(left, right, 1)
    if isinstance(right, Reciprocal):
        return _against(right, left, -1)
    if isinstance(left, Root) or isinstance(right, Root):
        trace = (left if isinstance(left, Root) else right).trace
        return Condition(_square(right, trace) - _square(left, trace))
    difference = right - left
    if not isinstance(difference, Form):
        raise UntraceableError("a comparison of scalars that are not quadratic")
    return Condition(difference)


def _against(left: Reciprocal, right: Any, direction: int) -> Condition:
    """s/(b + ‖v‖) ≤ c as s/c − b ≤ ‖v‖, for positive s and c; ≥ for the other direction."""
    trace = left.root.trace
    if isinstance(right, TracedScalar):
        raise UntraceableError("a comparison of two traced scalars, one of them a quotient")
    threshold = trace.numbers.coerce(right)
    if trace.numbers.sign(left.offset) < 0 or trace.numbers.sign(left.root.scale) <= 0:
        raise UntraceableError("a comparison of a quotient whose denominator may be negative")
    if trace.numbers.sign(threshold) <= 0 or trace.numbers.sign(left.scale) <= 0:
        raise UntraceableError("a quotient compared with a number that is not positive")
    length = left.scale / threshold - left.offset
    if trace.numbers.sign(length) < 0:
        return Condition(Form(trace, trace.numbers.integer(direction), {}, {}))
    return at_most(length, left.root) if direction > 0 else at_most(left.root, length)


def _square(value: Any, trace: Any) -> Form:
    if isinstance(value, Root):
        factor = value.scale
    elif isinstance(value, TracedScalar) and not (isinstance(value, Form) and value.is_constant()):
        raise UntraceableError("a norm compared with a quantity that is not a norm or a number")
    else:
        factor = value.constant if isinstance(value, Form) else trace.numbers.coerce(value)
    if trace.numbers.sign(factor) < 0:
        raise UntraceableError("a norm compared with a negative number")
    return value**2 if isinstance(value, Root) else Form(trace, factor * factor, {}, {})
