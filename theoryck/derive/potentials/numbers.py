"""Rational functions of the parameters as coefficients of a trace."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import sympy
from sympy.polys.polyerrors import BasePolynomialError

from theoryck.algebra import NumberSystem
from theoryck.derive.decide import Proved, decide
from theoryck.derive.domain import Domain
from theoryck.derive.potentials.elements import Argument, RationalFunction
from theoryck.derive.relations import Relation
from theoryck.derive.setting import ITERATION
from theoryck.derive.symbols import ZERO
from theoryck.errors import (
    DomainError,
    InexactError,
    TooLargeError,
    UndecidedError,
)

MAX_POWER = 64  # of a polynomial in the parameters
SIGN_SECONDS = 1.0  # for a sign that decides which inequality a class gives


@dataclass(frozen=True)
class Power:
    """``base**exponent`` for an integer symbol as exponent, an unknown of the field."""

    base: sympy.Expr
    exponent: sympy.Symbol
    unknown: sympy.Symbol

    @property
    def expression(self) -> sympy.Expr:
        """The power itself."""
        return sympy.Pow(self.base, self.exponent)


@dataclass(frozen=True)
class Root:
    """The square root of ``radicand``, a parameter plus a number, as an unknown of the field."""

    parameter: sympy.Symbol
    radicand: sympy.Expr
    unknown: sympy.Symbol

    @property
    def square(self) -> sympy.Expr:
        """The parameter, in terms of the root."""
        return self.unknown**2 - (self.radicand - self.parameter)


@dataclass(frozen=True)
class RationalFunctions(NumberSystem):
    """The field Q(parameters, k); a sign is told where it is the same on the whole domain.

    Equal elements are equal objects, so that an identity of traced forms is an identity for all
    parameters at which both sides have a value. Powers ``base**k`` can be adjoined: an identity
    that holds for any number in their place holds for them. A parameter whose root occurs is
    the square of its root, which is then the unknown of the field.

    >>> from theoryck.derive.domain import Domain
    >>> L = sympy.Symbol("L", positive=True)
    >>> numbers = RationalFunctions.over(Domain({"L": L}))
    >>> x = numbers.element(L)
    >>> (x * x - 1) / (x - 1) == x + 1, numbers.sign(x)
    (True, 1)
    """

    domain: Domain
    field: Any
    powers: tuple[Power, ...] = ()
    roots: tuple[Root, ...] = ()
    name: str = "rational functions"
    signs: dict[Any, int] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def over(
        cls,
        domain: Domain,
        powers: Iterable[tuple[sympy.Expr, sympy.Symbol]] = (),
        rooted: Iterable[sympy.Expr] = (),
    ) -> RationalFunctions:
        """The field over the domain's symbols, the iteration number and the given powers.

        Args:
            domain: the parameters; signs are told on it.
            powers: base and exponent of the powers that are adjoined.
            rooted: nonnegative parameters, or parameters plus numbers, whose square roots belong
                to the field; one for each parameter.
        """
        wide = domain.with_symbols(ITERATION)
        roots = {root.parameter: root for root in map(root_of, rooted)}
        adjoined = tuple(
            Power(base, exponent, sympy.Dummy(f"power{number}", real=True))
            for number, (base, exponent) in enumerate(dict.fromkeys(powers))
        )
        plain = sorted(wide.symbols.values(), key=str)
        own = [roots[symbol].unknown if symbol in roots else symbol for symbol in plain]
        symbols = [*own, *(p.unknown for p in adjoined)]
        return cls(wide, sympy.QQ.frac_field(*symbols), adjoined, tuple(roots.values()))

    def element(self, expr: sympy.Expr) -> RationalFunction:
        """An expression as an element.

        Raises:
            InexactError: it is not a rational function with rational coefficients.
        """
        expr = sympy.sympify(expr, strict=True)
        try:
            known = {power: self._adjoined(power).quotient.as_expr() for power in powers_in(expr)}
            return self._rational(expr.xreplace(known))
        except (BasePolynomialError, ValueError, NotImplementedError, ZeroDivisionError) as error:
            raise InexactError(f"{expr} is no rational function of the parameters") from error

    def _rational(self, expr: sympy.Expr) -> RationalFunction:
        if self.roots:
            expr = expr.subs({r.parameter: r.square for r in self.roots}, simultaneous=True)
        return RationalFunction(self.field.from_sympy(expr))

    def _adjoined(self, power: sympy.Pow) -> RationalFunction:
        """``b**(a*s + c)`` where b or its inverse is the base of an adjoined power of s."""
        base = self.element(power.base)
        for known in self.powers:
            slope = sympy.expand(power.exp).coeff(known.exponent, 1)
            rest = sympy.expand(power.exp - slope * known.exponent)
            if not (isinstance(slope, sympy.Integer) and isinstance(rest, sympy.Integer)):
                continue
            own, unknown = self.element(known.base), self.element(known.unknown)
            for direction in (1, -1, 2, -2):
                if base == own**direction:
                    whole: RationalFunction = unknown ** (int(slope) * direction)
                    return whole * own ** (int(rest) * direction)
        raise InexactError(f"{power} is no rational function of the parameters")

    def readable(self, expr: sympy.Expr) -> sympy.Expr:
        """The expression with the adjoined powers and roots written as such."""
        known = {power.unknown: power.expression for power in self.powers}
        return expr.xreplace({**known, **{r.unknown: sympy.sqrt(r.radicand) for r in self.roots}})

    def expression(self, value: RationalFunction) -> sympy.Expr:
        """An element as an expression, numerator and denominator factored."""
        return self.readable(sympy.factor(value.quotient.as_expr()))

    def rational(self, value: Fraction) -> RationalFunction:
        return RationalFunction(self.field.convert(sympy.QQ(value.numerator, value.denominator)))

    def power(self, base: Any, exponent: Any) -> RationalFunction:
        base, exponent = self.coerce(base), self.coerce(exponent)
        if exponent * 2 == 1:
            return self.root(base)
        power = self.to_integer(exponent)
        if abs(power) > MAX_POWER:
            raise TooLargeError(f"a power with exponent {power}: at most {MAX_POWER}")
        if base == 0 and power < 0:
            raise DomainError("a negative power of zero")
        result: RationalFunction = base**power
        return result

    def root(self, value: RationalFunction) -> RationalFunction:
        """The square root of a square whose root is known to be nonnegative.

        Raises:
            InexactError: it is none in this field.
        """
        expr = sympy.sqrt(sympy.factor(value.quotient.as_expr()))
        try:
            return RationalFunction(self.field.from_sympy(expr))
        except (BasePolynomialError, ValueError, NotImplementedError) as error:
            raise InexactError(f"{expr} is no rational function of the parameters") from error

    def coerce(self, value: Any) -> Any:
        value = super().coerce(value)
        return RationalFunction(value.quotient) if isinstance(value, Argument) else value

    def constant(self, name: str) -> Any:
        raise InexactError(f"{name} is no rational function of the parameters")

    def function(self, name: str, *arguments: Any) -> Any:
        values = [self.coerce(argument) for argument in arguments]
        if name == "sqrt":
            return self.root(values[0])
        if name == "abs":
            return values[0] * self.sign(values[0])
        if name in ("min", "max"):
            best, direction = values[0], 1 if name == "max" else -1
            for other in values[1:]:
                best = other if self.sign(other - best) == direction else best
            return best
        raise InexactError(f"{name}(...) is no rational function of the parameters")

    def sign(self, value: Any) -> int:
        value = self.coerce(value)
        if value not in self.signs:
            self.signs[value] = self._sign(value)
        return self.signs[value]

    def _sign(self, value: RationalFunction) -> int:
        if value == 0:
            return 0
        expr = self.expression(value)
        for sign, number in ((">", 1), ("<", -1), ("==", 0)):
            deadline = time.monotonic() + SIGN_SECONDS
            decision = decide(Relation(expr, sign, ZERO), self.domain, deadline, points=())
            if isinstance(decision, Proved):
                return number
        raise UndecidedError(f"the sign of {expr} depends on the parameters")

    def to_integer(self, value: Any) -> int:
        expr = self.coerce(value).quotient.as_expr()
        if not isinstance(expr, sympy.Integer):
            raise DomainError(f"{expr} is not an integer")
        return int(expr)

    def at(self, value: RationalFunction, point: Mapping[sympy.Symbol, Fraction]) -> Fraction:
        """The value of an element at a point.

        Raises:
            ZeroDivisionError: it has a pole there.
        """
        values = [point.get(symbol, Fraction(0)) for symbol in self.field.symbols]
        first = len(values) - len(self.powers)
        # no base contains a power, so that the bases have values before the powers do
        for place, power in enumerate(self.powers, start=first):
            if any(m[place] for p in (value.quotient.numer, value.quotient.denom) for m in p):
                values[place] = self._power(power, values, point)
        return _quotient(value, values)

    def _power(
        self, power: Power, values: list[Fraction], point: Mapping[sympy.Symbol, Fraction]
    ) -> Fraction:
        base = _quotient(self.element(power.base), values)
        return base ** int(point.get(power.exponent, Fraction(0)))

    def substitute(
        self, value: RationalFunction, symbol: sympy.Symbol, number: int
    ) -> RationalFunction:
        """The element with an integer in place of a symbol.

        Raises:
            ZeroDivisionError: it has a pole there.
        """
        unknown = self.field.from_sympy(symbol)
        return RationalFunction(value.quotient.subs(unknown, sympy.QQ(number)))


def root_of(radicand: sympy.Expr) -> Root:
    """The square root of a parameter, or of a parameter plus a number.

    Raises:
        InexactError: the radicand is something else, or not known to be nonnegative.
    """
    symbols = sorted(radicand.free_symbols, key=str)
    if len(symbols) != 1 or not radicand.is_nonnegative:
        raise InexactError(f"the root of {radicand} is no rational function of the parameters")
    if not (radicand - symbols[0]).is_Rational:
        raise InexactError(f"the root of {radicand} is no rational function of the parameters")
    # a name that no parameter can have
    unknown = sympy.Symbol(f"sqrt({radicand})", positive=radicand.is_positive, nonnegative=True)
    return Root(symbols[0], radicand, unknown)


def powers_in(expr: sympy.Expr) -> set[sympy.Pow]:
    """The powers with an exponent that is not a number, outermost ones only."""
    if isinstance(expr, sympy.Pow) and not expr.exp.is_number:
        return {expr}
    return {power for part in expr.args for power in powers_in(part)}


def _quotient(value: RationalFunction, values: list[Fraction]) -> Fraction:
    above, below = (
        sum(_terms(part, values), Fraction(0))
        for part in (value.quotient.numer, value.quotient.denom)
    )
    return above / below


def _terms(polynomial: Any, values: list[Fraction]) -> Iterator[Fraction]:
    for monomial, coefficient in polynomial.terms():
        term = Fraction(int(coefficient.numerator), int(coefficient.denominator))
        for value, power in zip(values, monomial, strict=True):
            term *= value**power
        yield term
