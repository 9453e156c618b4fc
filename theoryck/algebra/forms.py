"""Traced scalars: quadratic forms over vector leaves plus linear forms over scalar leaves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from theoryck.algebra.point import (
    Leaf,
    Point,
    _linear_text,
    add_coefficients,
    same_trace,
    without_zeros,
)
from theoryck.algebra.vectors import Vector
from theoryck.errors import UntraceableError

if TYPE_CHECKING:
    from theoryck.algebra.trace import Trace

TRUTH = "a truth test on a traced scalar: use cases(...)"


class TracedScalar:
    """What is common to the scalars of a trace: they have no truth value and no order."""

    __slots__ = ()
    __array_ufunc__ = None

    def __bool__(self) -> bool:
        raise UntraceableError(TRUTH)

    def __le__(self, other: Any) -> Any:
        from theoryck.algebra.adaptive import at_most

        return at_most(self, other)

    def __ge__(self, other: Any) -> Any:
        from theoryck.algebra.adaptive import at_most

        return at_most(other, self)

    # both sides of a case are closed: what is proved there holds on its boundary too
    __lt__, __gt__ = __le__, __ge__

    def __float__(self) -> float:
        raise UntraceableError(
            "a traced scalar has no float value: use sqrt, dot and norm of theoryck.algebra"
        )


@dataclass(frozen=True, slots=True, eq=False)
class Form(TracedScalar):
    """``constant + sum(linear[s] * s) + sum(quadratic[u, v] * <u, v>)`` with exact coefficients.

    ``linear`` runs over scalar leaves (values of f), ``quadratic`` over pairs of vector leaves
    with ``u.index <= v.index``; the coefficient of a pair u ≠ v counts ⟨u, v⟩ once.

    >>> from theoryck.algebra import Trace, dot
    >>> trace = Trace()
    >>> x, g = trace.vector("x"), trace.vector("g")
    >>> print(dot(x - g, x - g))
    <x,x> - 2*<x,g> + <g,g>
    """

    trace: Trace
    constant: Any
    linear: Mapping[Leaf, Any]
    quadratic: Mapping[tuple[Leaf, Leaf], Any]

    def is_constant(self) -> bool:
        """Whether no leaf occurs."""
        return not self.linear and not self.quadratic

    def _lift(self, other: Any) -> Form | None:
        if isinstance(other, Form):
            same_trace(self.trace, other.trace)
            return other
        if isinstance(other, TracedScalar):
            # norms, with or without an offset; a quotient is none
            form: Form | None = other.form() if hasattr(other, "form") else None
            return form
        if isinstance(other, Vector) or hasattr(other, "shape"):
            return None
        return Form(self.trace, self.trace.numbers.coerce(other), {}, {})

    def __add__(self, other: Any) -> Form:
        lifted = self._lift(other)
        if lifted is None:
            return NotImplemented
        return Form(
            self.trace,
            self.constant + lifted.constant,
            add_coefficients(self.linear, lifted.linear),
            add_coefficients(self.quadratic, lifted.quadratic),
        )

    __radd__ = __add__

    def __neg__(self) -> Form:
        return self * -1

    def __sub__(self, other: Any) -> Form:
        lifted = self._lift(other)
        return NotImplemented if lifted is None else self + (-lifted)

    def __rsub__(self, other: Any) -> Form:
        return (-self) + other

    def __mul__(self, other: Any) -> Form:
        if isinstance(other, Form) and not other.is_constant():
            if self.is_constant():
                return other * self.constant
            raise UntraceableError(
                "a product of two traced scalars is of degree four: pep takes forms that are "
                "quadratic in the vectors and linear in the values of f"
            )
        if isinstance(other, Vector) or (
            isinstance(other, TracedScalar) and not isinstance(other, Form)
        ):
            return NotImplemented
        factor = other.constant if isinstance(other, Form) else self.trace.numbers.coerce(other)
        return Form(
            self.trace,
            self.constant * factor,
            without_zeros({leaf: c * factor for leaf, c in self.linear.items()}),
            without_zeros({pair: c * factor for pair, c in self.quadratic.items()}),
        )

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Form:
        if isinstance(other, TracedScalar):
            if isinstance(other, Form) and other.is_constant():
                other = other.constant
            else:
                raise UntraceableError(
                    "a division by a traced scalar: state an adaptive step by its equation"
                )
        divisor = self.trace.numbers.coerce(other)
        return self * (self.trace.numbers.integer(1) / divisor)

    def __rtruediv__(self, other: Any) -> Form:
        raise UntraceableError(
            "a division by a traced scalar: state an adaptive step by its equation"
        )

    def __pow__(self, exponent: Any) -> Form:
        if self.is_constant():
            power = self.trace.numbers.power(self.constant, exponent)
            return Form(self.trace, power, {}, {})
        if exponent == 1:
            return self
        raise UntraceableError("a power of a traced scalar; of a norm, only the square is traced")

    def sqrt(self) -> Root:
        """The square root, which only a later square makes a form again."""
        return Root(self, self.trace.numbers.integer(1))

    def evaluate(self, values: Mapping[Leaf, Any], inner_product: Any) -> Any:
        """The number at given leaf values: numbers for scalar leaves, vectors for the others.

        ``inner_product(u, v)`` multiplies two vectors; nothing is rounded that it does not round.
        """
        total = self.constant
        for leaf, coefficient in self.linear.items():
            total = total + coefficient * values[leaf]
        for (u, v), coefficient in self.quadratic.items():
            total = total + coefficient * inner_product(values[u], values[v])
        return total

    def __str__(self) -> str:
        terms = {f"<{u.name},{v.name}>": c for (u, v), c in self.quadratic.items()}
        terms |= {leaf.name: c for leaf, c in self.linear.items()}
        if self.constant != 0:
            terms["1"] = self.constant
        return _linear_text(terms).replace("*1", "") or "0"


@dataclass(frozen=True, slots=True, eq=False)
class Root(TracedScalar):
    """``scale * sqrt(radicand)``, as a norm gives it; its square is a :class:`Form`."""

    radicand: Form
    scale: Any
    vector: Point | None = None

    @property
    def trace(self) -> Trace:
        """The trace of its leaves."""
        return self.radicand.trace

    def form(self) -> Form:
        """The same as a form, ⟨e, v⟩ with the direction e of the vector v, where the trace
        has one."""
        if self.vector is None:
            raise UntraceableError(
                "a sum with a square root is not quadratic: square it, or take the norm of a vector"
            )
        return inner(self.trace.unit(self.vector), self.vector) * self.scale

    def __pow__(self, exponent: Any) -> Form:
        if exponent == 2:
            return self.radicand * (self.scale * self.scale)
        if isinstance(exponent, int) and exponent > 2 and exponent % 2 == 0:
            return (self**2) ** (exponent // 2)
        raise UntraceableError("of a norm, only the square is traced")

    def __mul__(self, other: Any) -> Any:
        if isinstance(other, Root):
            if other is self or other.radicand is self.radicand:
                return self.radicand * (self.scale * other.scale)
            raise UntraceableError("a product of two norms is not quadratic")
        if isinstance(other, Vector | Form) and not (
            isinstance(other, Form) and other.is_constant()
        ):
            raise UntraceableError(
                "a norm times another traced quantity: state the step by its equation"
            )
        factor = other.constant if isinstance(other, Form) else other
        scale = self.scale * self.trace.numbers.coerce(factor)
        return Root(self.radicand, scale, self.vector)

    __rmul__ = __mul__

    def __neg__(self) -> Root:
        return self * -1

    def __truediv__(self, other: Any) -> Root:
        if isinstance(other, TracedScalar | Vector):
            raise UntraceableError("a ratio of traced quantities is not quadratic")
        trace = self.radicand.trace
        return self * (trace.numbers.integer(1) / trace.numbers.coerce(other))

    def __rtruediv__(self, other: Any) -> Any:
        from theoryck.algebra.adaptive import Reciprocal

        numbers = self.trace.numbers
        return Reciprocal(self, numbers.integer(0), numbers.coerce(other))

    def __add__(self, other: Any) -> Any:
        from theoryck.algebra.adaptive import Shifted

        if isinstance(other, int) and other == 0:
            return self
        if isinstance(other, Root | Form):
            return self.form() + other
        if isinstance(other, TracedScalar | Vector):
            return NotImplemented
        return Shifted(self, self.trace.numbers.coerce(other))

    __radd__ = __add__

    def __sub__(self, other: Any) -> Any:
        return self + -other

    def __rsub__(self, other: Any) -> Any:
        return -self + other

    def __str__(self) -> str:
        return f"{self.scale}*sqrt({self.radicand})"


def inner(left: Point, right: Point) -> Form:
    """The inner product of two Points."""
    trace = same_trace(left.trace, right.trace)
    products: dict[tuple[Leaf, Leaf], Any] = {}
    for u, a in left.coefficients.items():
        for v, b in right.coefficients.items():
            pair = (u, v) if u.index <= v.index else (v, u)
            products[pair] = products[pair] + a * b if pair in products else a * b
    return Form(trace, trace.numbers.integer(0), {}, without_zeros(products))
