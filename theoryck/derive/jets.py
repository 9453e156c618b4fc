"""Exact differentiation of formulas: values that carry their first and second derivatives.

The rules of the calculus, once, over any number system: rationals and balls give the derivative
at a point exactly or enclosed, SymPy gives it as a formula. Where a rule does not hold (a kink, a
root of zero) there is an error and never a number.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from theoryck.algebra import NumberSystem
from theoryck.errors import DomainError, InexactError, TheoryckError, UndecidedError

Rows = tuple[tuple[Any, ...], ...]


class NotDifferentiableError(DomainError):
    """A point where the rules of differentiation do not hold."""


@dataclass(frozen=True)
class Jet:
    """A value with its gradient and, at order 2, its Hessian.

    A constant has neither (empty tuples): it is not the same as a value whose derivatives happen
    to be zero, which may still have none after a root.
    """

    value: Any
    gradient: tuple[Any, ...] = ()
    hessian: Rows = ()

    @property
    def is_constant(self) -> bool:
        """Whether it depends on no variable."""
        return not self.gradient

    def __add__(self, other: Jet) -> Jet:
        if self.is_constant or other.is_constant:
            moving = other if self.is_constant else self
            return replace(moving, value=self.value + other.value)
        return Jet(
            self.value + other.value,
            tuple(a + b for a, b in zip(self.gradient, other.gradient, strict=True)),
            tuple(
                tuple(a + b for a, b in zip(p, q, strict=True))
                for p, q in zip(self.hessian, other.hessian, strict=True)
            ),
        )

    def __sub__(self, other: Jet) -> Jet:
        return self + (-other)

    def __neg__(self) -> Jet:
        return Jet(
            -self.value,
            tuple(-a for a in self.gradient),
            tuple(tuple(-a for a in row) for row in self.hessian),
        )

    def __mul__(self, other: Jet) -> Jet:
        u, v = self, other
        if u.is_constant or v.is_constant:
            factor, moving = (u, v) if u.is_constant else (v, u)
            return Jet(
                u.value * v.value,
                tuple(factor.value * a for a in moving.gradient),
                tuple(tuple(factor.value * a for a in row) for row in moving.hessian),
            )
        gradient = tuple(
            a * v.value + u.value * b for a, b in zip(u.gradient, v.gradient, strict=True)
        )
        hessian = tuple(
            tuple(
                h * v.value + a * d + c * b + u.value * g
                for h, g, c, d in zip(p, q, u.gradient, v.gradient, strict=True)
            )
            for p, q, a, b in zip(u.hessian, v.hessian, u.gradient, v.gradient, strict=False)
        )
        return Jet(u.value * v.value, gradient, hessian)

    def chain(self, value: Any, first: Any, second: Any) -> Jet:
        """φ(u), of φ's value and derivatives at u: φ'∇u and φ''∇u∇uᵀ + φ'∇²u."""
        return Jet(
            value,
            tuple(first * a for a in self.gradient),
            tuple(
                tuple(second * (a * b) + first * h for h, b in zip(row, self.gradient, strict=True))
                for row, a in zip(self.hessian, self.gradient, strict=False)
            ),
        )


class Jets(NumberSystem):
    """Jets in ``size`` variables over another number system.

    Args:
        numbers: of the values and the derivatives.
        size: how many variables there are.
        order: 1 for gradients, 2 for Hessians too.

    >>> from theoryck.claims.arithmetic import Rationals
    >>> jets = Jets(Rationals(), 1, 2)
    >>> x = jets.variable(0, Rationals().rational(Fraction(2)))
    >>> cube = jets.power(x, jets.integer(3))
    >>> [str(n) for n in (cube.value, cube.gradient[0], cube.hessian[0][0])]
    ['8', '12', '12']
    """

    name = "jets"

    def __init__(self, numbers: NumberSystem, size: int, order: int) -> None:
        self.numbers = numbers
        self.size = size
        self.order = order

    def variable(self, index: int, value: Any) -> Jet:
        """The variable of this index, at a value."""
        zero, one = self.numbers.integer(0), self.numbers.integer(1)
        flat = (zero,) * self.size
        gradient = tuple(one if i == index else zero for i in range(self.size))
        return Jet(value, gradient, (flat,) * self.size if self.order == 2 else ())

    def rational(self, value: Fraction) -> Jet:
        return Jet(self.numbers.rational(value))

    def constant(self, name: str) -> Jet:
        return Jet(self.numbers.constant(name))

    def sign(self, value: Jet) -> int:
        return self.numbers.sign(value.value)

    def to_integer(self, value: Jet) -> int:
        return self.numbers.to_integer(value.value)

    def power(self, base: Jet, exponent: Jet) -> Jet:
        """u**v; for a real exponent the base must be positive, as a root of zero has no slope."""
        numbers, u, p = self.numbers, base.value, exponent.value
        if not exponent.is_constant:
            self._require_positive(u, "the base of a power with a variable exponent")
            value = numbers.power(u, p)
            scaled = exponent * self.function("log", base)
            return scaled.chain(value, value, value)
        value = numbers.power(u, p)
        n = self._whole(p)
        if n is None and not base.is_constant:
            self._require_positive(u, "the base of a real power")
        if n == 0 or base.is_constant:
            return Jet(value)
        one = numbers.integer(1)
        first = one if n == 1 else p * numbers.power(u, p - one)
        if self.order == 1 or n == 1:
            return base.chain(value, first, numbers.integer(0))
        second = numbers.integer(2) if n == 2 else p * (p - one) * numbers.power(u, p - one - one)
        return base.chain(value, first, second)

    def function(self, name: str, *arguments: Jet) -> Jet:
        if name in ("min", "max"):
            return self.extreme(name, arguments)
        u = arguments[0]
        value = self.numbers.function(name, u.value)
        if u.is_constant:
            return Jet(value)
        if name in SMOOTH:
            first, second = SMOOTH[name](_Calculator(self.numbers), u.value, value)
            return u.chain(value, first, second)
        return u.chain(value, self.slope(name, u.value), self.numbers.integer(0))

    def slope(self, name: str, u: Any) -> Any:
        """The derivative of a piecewise linear function, which must not be at a kink."""
        match name:
            case "abs" | "relu" | "sign":
                side = self._side(u, f"{name} has a kink or a jump at zero")
                return self.numbers.integer({"abs": side, "relu": max(side, 0), "sign": 0}[name])
            case "floor" | "ceil":
                nearest = self.numbers.function("floor", u)
                self._side(u - nearest, f"{name} has jumps at the integers")
                return self.numbers.integer(0)
        raise InexactError(f"no derivative of {name} is known")

    def extreme(self, name: str, arguments: tuple[Jet, ...]) -> Jet:
        """The argument that is surely the least or the greatest."""
        best = arguments[0]
        for other in arguments[1:]:
            apart = other - best
            if apart.is_constant:
                side = self.numbers.sign(apart.value)
            else:
                side = self._side(apart.value, f"{name} has a kink where two agree")
            best = other if (side > 0) == (name == "max") else best
        return best

    def _side(self, value: Any, why: str) -> int:
        side = self.numbers.sign(value)
        if side == 0:
            raise NotDifferentiableError(why)
        return side

    def _whole(self, value: Any) -> int | None:
        try:
            n = self.numbers.to_integer(value)
        except TheoryckError:
            return None
        return n if isinstance(n, int) else None

    def _require_positive(self, value: Any, what: str) -> None:
        try:
            positive = self.numbers.sign(value) > 0
        except UndecidedError:
            return self.undecided_base(what)
        if not positive:
            raise NotDifferentiableError(f"{what} is not positive")
        return None

    def undecided_base(self, what: str) -> None:
        """What to do where it cannot be told that a base is positive."""
        raise UndecidedError(f"{what} is not surely positive")


class FormulaJets(Jets):
    """Jets of formulas: valid wherever the formula is differentiable by the rules.

    The sign of the argument stands for the slope of ``abs``; the domain of every root and
    logarithm is left to the caller.
    """

    def slope(self, name: str, u: Any) -> Any:
        numbers = self.numbers
        if name in ("abs", "relu"):
            sign = numbers.function("sign", u)
            half = numbers.rational(Fraction(1, 2))
            return sign if name == "abs" else half * (sign + numbers.integer(1))
        if name in ("sign", "floor", "ceil"):
            return numbers.integer(0)
        raise InexactError(f"no derivative of {name} is known")

    def extreme(self, name: str, arguments: tuple[Jet, ...]) -> Jet:
        """max(a, b) = (a + b + |a - b|)/2, and min likewise."""
        half = self.rational(Fraction(1, 2))
        best = arguments[0]
        for other in arguments[1:]:
            apart = self.function("abs", best - other)
            best = half * (best + other + (apart if name == "max" else -apart))
        return best

    def undecided_base(self, what: str) -> None:
        """A formula is differentiated where it can be."""


@dataclass(frozen=True)
class _Calculator:
    """Arithmetic of the table below in one number system."""

    numbers: NumberSystem

    def __call__(self, name: str, u: Any) -> Any:
        return self.numbers.function(name, u)

    def inverse(self, u: Any) -> Any:
        return self.numbers.power(u, self.numbers.integer(-1))

    def number(self, value: int) -> Any:
        return self.numbers.integer(value)


def _sqrt(do: _Calculator, u: Any, v: Any) -> tuple[Any, Any]:
    first = do.inverse(do.number(2) * v)
    return first, -first * do.inverse(do.number(2) * u)


def _log(do: _Calculator, u: Any, v: Any) -> tuple[Any, Any]:
    first = do.inverse(u)
    return first, -first * first


def _tan(do: _Calculator, u: Any, v: Any) -> tuple[Any, Any]:
    first = do.number(1) + v * v
    return first, do.number(2) * v * first


def _tanh(do: _Calculator, u: Any, v: Any) -> tuple[Any, Any]:
    first = do.number(1) - v * v
    return first, -do.number(2) * v * first


def _atan(do: _Calculator, u: Any, v: Any) -> tuple[Any, Any]:
    first = do.inverse(do.number(1) + u * u)
    return first, -do.number(2) * u * first * first


def _asinh(do: _Calculator, u: Any, v: Any) -> tuple[Any, Any]:
    square = do.number(1) + u * u
    first = do.inverse(do("sqrt", square))
    return first, -u * first * do.inverse(square)


def _sigmoid(do: _Calculator, u: Any, v: Any) -> tuple[Any, Any]:
    first = v * (do.number(1) - v)
    return first, first * (do.number(1) - do.number(2) * v)


def _softplus(do: _Calculator, u: Any, v: Any) -> tuple[Any, Any]:
    first = do("sigmoid", u)
    return first, first * (do.number(1) - first)


SMOOTH: dict[str, Callable[[_Calculator, Any, Any], tuple[Any, Any]]] = {
    "sqrt": _sqrt,
    "log": _log,
    "exp": lambda do, u, v: (v, v),
    "sin": lambda do, u, v: (do("cos", u), -v),
    "cos": lambda do, u, v: (-do("sin", u), -v),
    "tan": _tan,
    "sinh": lambda do, u, v: (do("cosh", u), v),
    "cosh": lambda do, u, v: (do("sinh", u), v),
    "tanh": _tanh,
    "asinh": _asinh,
    "atan": _atan,
    "sigmoid": _sigmoid,
    "softplus": _softplus,
}
"""φ'(u) and φ''(u), of u and φ(u), wherever they exist."""


def gradient_of(jet: Jet, jets: Jets) -> tuple[Any, ...]:
    """The gradient, zeros for a constant."""
    return jet.gradient or (jets.numbers.integer(0),) * jets.size


def hessian_of(jet: Jet, jets: Jets) -> Rows:
    """The Hessian of a jet of order 2, zeros for a constant."""
    return jet.hessian or ((jets.numbers.integer(0),) * jets.size,) * jets.size
