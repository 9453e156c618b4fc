"""Rigorous ranges of SymPy expressions over boxes, whose sides may be unbounded.

Endpoints are computed in balls and rounded outward, so the range contains every value that the
expression takes where it is defined. It may be wider: an expression is subdivided, see bounds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import flint
import sympy

from theoryck.errors import DomainError, InexactError

INFINITY = flint.arb.pos_inf()
ZERO, ONE = flint.arb(0), flint.arb(1)


@dataclass(frozen=True)
class Interval:
    """[lower, upper], exact balls or infinities; everything in between is meant."""

    lower: Any
    upper: Any

    def __add__(self, other: Interval) -> Interval:
        return _hull(self.lower + other.lower, self.upper + other.upper)

    def __mul__(self, other: Interval) -> Interval:
        corners = [
            _times(a, b) for a in (self.lower, self.upper) for b in (other.lower, other.upper)
        ]
        return _hull(_least(corners), _greatest(corners))

    def __neg__(self) -> Interval:
        return Interval(-self.upper, -self.lower)

    @property
    def is_bounded(self) -> bool:
        """Whether both ends are finite."""
        return bool(self.lower.is_finite() and self.upper.is_finite())

    def contains_zero(self) -> bool:
        """Whether zero may be a value."""
        return not (self.lower > 0 or self.upper < 0)


WHOLE = Interval(-INFINITY, INFINITY)
UNIT = Interval(-ONE, ONE)


def exact_interval(lower: Fraction | None, upper: Fraction | None) -> Interval:
    """The interval between two rationals, None for no bound."""
    low, high = (None if v is None else _ball(v) for v in (lower, upper))
    return Interval(
        -INFINITY if low is None else low.lower(), INFINITY if high is None else high.upper()
    )


def _ball(value: Fraction) -> Any:
    return flint.arb(flint.fmpq(value.numerator, value.denominator))


def _hull(lower: Any, upper: Any) -> Interval:
    """Rounded outward; an end that is no number is no bound."""
    low = -INFINITY if lower.is_nan() else lower.lower()
    high = INFINITY if upper.is_nan() else upper.upper()
    return Interval(low, high)


def _times(a: Any, b: Any) -> Any:
    return ZERO if a == 0 or b == 0 else a * b


def _least(values: list[Any]) -> Any:
    return _extreme([v.lower() for v in values if not v.is_nan()], len(values), -1)


def _greatest(values: list[Any]) -> Any:
    return _extreme([v.upper() for v in values if not v.is_nan()], len(values), 1)


def _extreme(values: list[Any], count: int, sign: int) -> Any:
    if len(values) < count:
        return sign * INFINITY
    best = values[0]
    for value in values[1:]:
        best = value if (value > best) == (sign > 0) and value != best else best
    return best


def enclose(expr: sympy.Expr, box: Mapping[sympy.Symbol, Interval]) -> Interval:
    """A range that contains every value of the expression on the box.

    Raises:
        DomainError: the expression may be undefined somewhere on the box.
        InexactError: a node without a rule.
    """
    match expr:
        case sympy.Rational():
            return exact_interval(*(Fraction(int(expr.p), int(expr.q)),) * 2)
        case sympy.Symbol():
            return box[expr]
        case sympy.Add():
            total = enclose(expr.args[0], box)
            for part in expr.args[1:]:
                total = total + enclose(part, box)
            return total
        case sympy.Mul():
            product = enclose(expr.args[0], box)
            for part in expr.args[1:]:
                product = product * enclose(part, box)
            return product
        case sympy.exp():
            return _monotone(enclose(expr.args[0], box), lambda x: x.exp())
        case sympy.Pow():
            return _power(expr.base, expr.exp, box)
    if expr == sympy.pi:
        pi = flint.arb.pi()
        return _hull(pi, pi)
    if expr == sympy.E:
        return _hull(ONE.exp(), ONE.exp())
    if isinstance(expr, sympy.Max | sympy.Min):
        parts = [enclose(argument, box) for argument in expr.args]
        pick = _greatest if isinstance(expr, sympy.Max) else _least
        return Interval(pick([p.lower for p in parts]), pick([p.upper for p in parts]))
    if type(expr) in RULES:
        return RULES[type(expr)](enclose(expr.args[0], box))
    raise InexactError(f"no rule for the range of {type(expr).__name__}")


def _monotone(inside: Interval, function: Callable[[Any], Any]) -> Interval:
    return _hull(function(inside.lower), function(inside.upper))


def _power(
    base: sympy.Expr, exponent: sympy.Expr, box: Mapping[sympy.Symbol, Interval]
) -> Interval:
    inside = enclose(base, box)
    if isinstance(exponent, sympy.Integer):
        return _whole_power(inside, int(exponent))
    if not isinstance(exponent, sympy.Rational):
        logarithm = _log(inside)
        return _monotone(logarithm * enclose(exponent, box), lambda x: x.exp())
    if not inside.lower >= 0:
        raise DomainError(f"a root of {base}, which may be negative")
    root = flint.arb(flint.fmpq(abs(int(exponent.p)), int(exponent.q)))
    raised = _monotone(inside, lambda x: x if x == 0 or not x.is_finite() else x**root)
    return _inverse(raised) if exponent < 0 else raised


def _whole_power(inside: Interval, n: int) -> Interval:
    if n == 0:
        return Interval(ONE, ONE)
    if n < 0:
        return _inverse(_whole_power(inside, -n))
    low, high = (_raised(end, n) for end in (inside.lower, inside.upper))
    if n % 2 == 1 or inside.lower >= 0:
        return _hull(low, high)
    if inside.upper <= 0:
        return _hull(high, low)
    return Interval(ZERO, _greatest([low, high]))


def _raised(end: Any, n: int) -> Any:
    if end.is_finite():
        return end**n
    return INFINITY if end > 0 or n % 2 == 0 else -INFINITY


def _inverse(inside: Interval) -> Interval:
    if inside.contains_zero():
        raise DomainError("a division by something that may be zero")
    ends = [ZERO if not end.is_finite() else 1 / end for end in (inside.upper, inside.lower)]
    return _hull(*ends)


def _log(inside: Interval) -> Interval:
    if not inside.lower > 0:
        raise DomainError("the logarithm of something that may not be positive")
    return _monotone(inside, lambda x: x.log() if x.is_finite() else x)


def _absolute(inside: Interval) -> Interval:
    if inside.lower >= 0:
        return inside
    if inside.upper <= 0:
        return -inside
    return Interval(ZERO, _greatest([-inside.lower, inside.upper]))


def _bounded(inside: Interval, function: Callable[[Any], Any]) -> Interval:
    """Sine or cosine of an interval: the ball over it, cut to [-1, 1]."""
    if not inside.is_bounded:
        return UNIT
    found = function(inside.lower.union(inside.upper))
    hull = _hull(found, found)
    return Interval(_greatest([hull.lower, -ONE]), _least([hull.upper, ONE]))


def _tangent(inside: Interval) -> Interval:
    if not inside.is_bounded:
        raise DomainError("the tangent of an unbounded interval")
    found = inside.lower.union(inside.upper).tan()
    if not found.is_finite():
        raise DomainError("the tangent of an interval with a pole")
    return _hull(found, found)


def _cosh(inside: Interval) -> Interval:
    size = _absolute(inside)
    return _monotone(size, lambda x: x.cosh() if x.is_finite() else x)


def _growing(name: str) -> Callable[[Interval], Interval]:
    return lambda inside: _monotone(inside, lambda x: getattr(x, name)() if x.is_finite() else x)


def _saturating(name: str, limit: Callable[[], Any]) -> Callable[[Interval], Interval]:
    def end(x: Any) -> Any:
        if x.is_finite():
            return getattr(x, name)()
        return limit() if x > 0 else -limit()

    return lambda inside: _monotone(inside, end)


RULES: Mapping[type, Callable[[Interval], Interval]] = {
    sympy.log: _log,
    sympy.Abs: _absolute,
    sympy.sin: lambda inside: _bounded(inside, lambda x: x.sin()),
    sympy.cos: lambda inside: _bounded(inside, lambda x: x.cos()),
    sympy.tan: _tangent,
    sympy.sinh: _growing("sinh"),
    sympy.cosh: _cosh,
    sympy.asinh: _growing("asinh"),
    sympy.tanh: _saturating("tanh", lambda: ONE),
    sympy.atan: _saturating("atan", lambda: flint.arb.pi() / 2),
}
