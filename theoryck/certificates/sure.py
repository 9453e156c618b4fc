"""Balls that are compared only where the answer is sure: for runs of methods that compare.

``a < b`` on two balls of python-flint is False where they overlap, so that a method with a
``max`` would follow a branch that may be the wrong one. Here such a comparison is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import flint

from theoryck.claims.arithmetic import Balls
from theoryck.errors import DomainError, UndecidedError


def _plain(value: Any) -> Any | None:
    """A number as a ball of python-flint; None for anything that is not exactly one."""
    if isinstance(value, SureBall):
        return value.ball
    if isinstance(value, bool):
        return None
    if isinstance(value, int | flint.fmpz | flint.fmpq):
        return flint.arb(value)
    if isinstance(value, Fraction):
        return flint.arb(flint.fmpq(value.numerator, value.denominator))
    return None


def _operation(of: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def operate(self: Any, other: Any) -> Any:
        plain = _plain(other)
        return NotImplemented if plain is None else SureBall(of(self.ball, plain))

    return operate


def _divided(above: Any, below: Any) -> Any:
    if not below != 0:
        raise DomainError(f"a division by {below}, which is not surely different from zero")
    return above / below


def _raised(base: Any, exponent: Any) -> Any:
    return Balls().power(base, exponent)


def _question(surely: Callable[[Any, Any], bool], surely_not: Callable[[Any, Any], bool]) -> Any:
    def ask(self: Any, other: Any) -> Any:
        plain = _plain(other)
        if plain is None:
            return NotImplemented
        if surely(self.ball, plain):
            return True
        if surely_not(self.ball, plain):
            return False
        raise UndecidedError(f"{self.ball} and {plain} cannot be told apart")

    return ask


@dataclass(frozen=True, slots=True, eq=False)
class SureBall:
    """A real number known to lie in a ball.

    >>> third = SureBall(flint.arb(1) / 3)
    >>> third > Fraction(1, 4)
    True
    >>> third * 3 == 1  # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
    ...
    theoryck.errors.UndecidedError: ...
    """

    ball: Any

    __add__ = __radd__ = _operation(lambda a, b: a + b)
    __mul__ = __rmul__ = _operation(lambda a, b: a * b)
    __sub__ = _operation(lambda a, b: a - b)
    __rsub__ = _operation(lambda a, b: b - a)
    __truediv__ = _operation(_divided)
    __rtruediv__ = _operation(lambda a, b: _divided(b, a))
    __pow__ = _operation(_raised)
    __rpow__ = _operation(lambda a, b: _raised(b, a))
    __lt__ = _question(lambda a, b: a < b, lambda a, b: a >= b)
    __le__ = _question(lambda a, b: a <= b, lambda a, b: a > b)
    __gt__ = _question(lambda a, b: a > b, lambda a, b: a <= b)
    __ge__ = _question(lambda a, b: a >= b, lambda a, b: a < b)
    __eq__ = _question(lambda a, b: a == b, lambda a, b: a != b)
    __ne__ = _question(lambda a, b: a != b, lambda a, b: a == b)
    __hash__ = None  # type: ignore[assignment]  # equality may be undecided

    def __neg__(self) -> SureBall:
        return SureBall(-self.ball)

    def __abs__(self) -> SureBall:
        return SureBall(abs(self.ball))

    def __bool__(self) -> bool:
        return bool(self != 0)

    def __str__(self) -> str:
        return str(self.ball)

    def sqrt(self) -> SureBall:
        """The square root of a number that is surely not negative."""
        return SureBall(Balls().function("sqrt", self.ball))

    def mid(self) -> Any:
        """The centre of the ball."""
        return self.ball.mid()


class SureBalls(Balls):
    """The number system of :class:`SureBall`."""

    def rational(self, value: Fraction) -> SureBall:
        return SureBall(super().rational(value))

    def constant(self, name: str) -> SureBall:
        return SureBall(super().constant(name))

    def power(self, base: Any, exponent: Any) -> SureBall:
        return SureBall(super().power(self._ball(base), self._ball(exponent)))

    def function(self, name: str, *arguments: Any) -> SureBall:
        return SureBall(super().function(name, *(self._ball(a) for a in arguments)))

    def sign(self, value: Any) -> int:
        return super().sign(self._ball(value))

    def to_integer(self, value: Any) -> int:
        return super().to_integer(self._ball(value))

    @staticmethod
    def _ball(value: Any) -> Any:
        plain = _plain(value)
        if plain is None:
            raise DomainError(f"{type(value).__name__} where an exact number must stand")
        return plain
