"""Elements of the field of rational functions, as traces and methods meet them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import sympy

from theoryck.derive.arithmetic import Arithmetic
from theoryck.errors import UntraceableError


@dataclass(frozen=True, slots=True)
class RationalFunction(Arithmetic):
    """An element of Q(parameters, k) in canonical form: equal functions are equal objects.

    SymPy's own elements try to multiply whatever they meet; these leave vectors to the vectors.
    """

    quotient: Any

    def _with(self, other: Any, operation: Callable[[Any, Any], Any]) -> Any:
        if isinstance(other, RationalFunction):
            kind = Argument if Argument in (type(self), type(other)) else RationalFunction
            return kind(operation(self.quotient, other.quotient))
        if isinstance(other, int | Fraction) and not isinstance(other, bool):
            number = sympy.QQ(*other.as_integer_ratio())
            return type(self)(operation(self.quotient, number))
        return NotImplemented

    def __neg__(self) -> RationalFunction:
        return type(self)(-self.quotient)

    def __pow__(self, exponent: int) -> RationalFunction:
        return type(self)(self.quotient**exponent)

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


class Argument(RationalFunction):
    """What a method is handed: a method may compute with it but not branch on it.

    "Equal" would mean "equal for all parameters and every k", so that ``if k == 0`` would be
    read as never, and the first step with it.
    """

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        raise self._refusal()

    def __bool__(self) -> bool:
        raise self._refusal()

    def __hash__(self) -> int:
        # a set of numbers asks for equality too, and silently
        raise self._refusal()

    def _refusal(self) -> UntraceableError:
        return UntraceableError(f"the method asks whether {self} has some value: it depends on k")
