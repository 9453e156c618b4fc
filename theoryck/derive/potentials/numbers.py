"""Rational functions of the parameters as coefficients of a trace."""

from __future__ import annotations

import operator
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import sympy
from sympy.polys.polyerrors import BasePolynomialError

from theoryck.algebra import NumberSystem
from theoryck.derive.decide import Proved, decide
from theoryck.derive.domain import Domain
from theoryck.derive.relations import Relation
from theoryck.derive.setting import ITERATION
from theoryck.derive.symbols import ZERO
from theoryck.errors import DomainError, InexactError, TooLargeError, UndecidedError

MAX_POWER = 64  # of a polynomial in the parameters
SIGN_SECONDS = 1.0  # for a sign that decides which inequality a class gives


@dataclass(frozen=True, slots=True)
class RationalFunction:
    """An element of Q(parameters, k) in canonical form: equal functions are equal objects.

    SymPy's own elements try to multiply whatever they meet; these leave vectors to the vectors.
    """

    quotient: Any

    def _with(self, other: Any, operation: Callable[[Any, Any], Any]) -> Any:
        if isinstance(other, RationalFunction):
            return RationalFunction(operation(self.quotient, other.quotient))
        if isinstance(other, int) and not isinstance(other, bool):
            return RationalFunction(operation(self.quotient, sympy.QQ(other)))
        return NotImplemented

    def __add__(self, other: Any) -> Any:
        return self._with(other, operator.add)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Any:
        return self._with(other, operator.sub)

    def __rsub__(self, other: Any) -> Any:
        return self._with(other, lambda a, b: b - a)

    def __mul__(self, other: Any) -> Any:
        return self._with(other, operator.mul)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Any:
        return self._with(other, operator.truediv)

    def __rtruediv__(self, other: Any) -> Any:
        return self._with(other, lambda a, b: b / a)

    def __neg__(self) -> RationalFunction:
        return RationalFunction(-self.quotient)

    def __pow__(self, exponent: int) -> RationalFunction:
        return RationalFunction(self.quotient**exponent)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, RationalFunction):
            return bool(self.quotient == other.quotient)
        return isinstance(other, int) and bool(self.quotient == other)

    def __hash__(self) -> int:
        return hash(self.quotient)

    def __str__(self) -> str:
        return str(self.quotient.as_expr())

    def factors(self) -> tuple[int, tuple[tuple[sympy.Expr, int], ...], Any]:
        """The sign of the constant factor, and the others of numerator and of denominator,

        each with its multiplicity.
        """
        unit, above = self.quotient.numer.factor_list()
        scale, below = self.quotient.denom.factor_list()
        return (
            1 if (unit > 0) == (scale > 0) else -1,
            tuple((factor.as_expr(), power) for factor, power in above),
            tuple((factor.as_expr(), power) for factor, power in below),
        )


@dataclass(frozen=True)
class RationalFunctions(NumberSystem):
    """The field Q(parameters, k); a sign is told where it is the same on the whole domain.

    Equal elements are equal objects, so that an identity of traced forms is an identity for all
    parameters at which both sides have a value.

    >>> from theoryck.derive.domain import Domain
    >>> L = sympy.Symbol("L", positive=True)
    >>> numbers = RationalFunctions.over(Domain({"L": L}))
    >>> x = numbers.element(L)
    >>> (x * x - 1) / (x - 1) == x + 1, numbers.sign(x)
    (True, 1)
    """

    domain: Domain
    field: Any
    name: str = "rational functions"
    signs: dict[Any, int] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def over(cls, domain: Domain) -> RationalFunctions:
        """The field over the domain's symbols and the iteration number."""
        wide = domain.with_symbols(ITERATION)
        return cls(wide, sympy.QQ.frac_field(*sorted(wide.symbols.values(), key=str)))

    def element(self, expr: sympy.Expr) -> RationalFunction:
        """An expression as an element.

        Raises:
            InexactError: it is not a rational function with rational coefficients.
        """
        try:
            return RationalFunction(self.field.from_sympy(sympy.sympify(expr, strict=True)))
        except (BasePolynomialError, ValueError, NotImplementedError) as error:
            raise InexactError(f"{expr} is no rational function of the parameters") from error

    @staticmethod
    def expression(value: RationalFunction) -> sympy.Expr:
        """An element as an expression, numerator and denominator factored."""
        return sympy.factor(value.quotient.as_expr())

    def rational(self, value: Fraction) -> RationalFunction:
        return RationalFunction(self.field.convert(sympy.QQ(value.numerator, value.denominator)))

    def power(self, base: Any, exponent: Any) -> RationalFunction:
        power, base = self.to_integer(self.coerce(exponent)), self.coerce(base)
        if abs(power) > MAX_POWER:
            raise TooLargeError(f"a power with exponent {power}: at most {MAX_POWER}")
        if base == 0 and power < 0:
            raise DomainError("a negative power of zero")
        result: RationalFunction = base**power
        return result

    def constant(self, name: str) -> Any:
        raise InexactError(f"{name} is no rational function of the parameters")

    def function(self, name: str, *arguments: Any) -> Any:
        values = [self.coerce(argument) for argument in arguments]
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
        above, below = (
            _evaluate(part, self.field.symbols, point)
            for part in (value.quotient.numer, value.quotient.denom)
        )
        return above / below

    def substitute(
        self, value: RationalFunction, symbol: sympy.Symbol, by: RationalFunction
    ) -> RationalFunction:
        """The element with a symbol replaced by another element."""
        if symbol not in value.quotient.as_expr().free_symbols:
            return value
        return RationalFunction(value.quotient.compose(self.field.from_sympy(symbol), by.quotient))


def _evaluate(
    polynomial: Any, symbols: tuple[sympy.Symbol, ...], point: Mapping[sympy.Symbol, Fraction]
) -> Fraction:
    return sum(_terms(polynomial, [point.get(s, Fraction(0)) for s in symbols]), Fraction(0))


def _terms(polynomial: Any, values: list[Fraction]) -> Iterator[Fraction]:
    for monomial, coefficient in polynomial.terms():
        term = Fraction(int(coefficient.numerator), int(coefficient.denominator))
        for value, power in zip(values, monomial, strict=True):
            term *= value**power
        yield term
