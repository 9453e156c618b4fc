"""What a coefficient is: one interface for rationals, balls, floats and symbols.

The same method source and the same inequality are evaluated in any of them; the number
system is chosen by the engine, as mpmath's contexts choose the meaning of ``mpf``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from fractions import Fraction
from typing import Any

from theoryck.errors import UntraceableError


class NumberSystem(ABC):
    """A field of coefficients, with the functions that claim expressions use.

    Values are whatever the field's library uses (``fmpq``, ``arb``, ``float``, SymPy
    expressions); they mix with Python integers under ``+ - * /``.
    """

    name: str

    @abstractmethod
    def rational(self, value: Fraction) -> Any:
        """The element equal to a rational number (in floats: nearest to it)."""

    @abstractmethod
    def power(self, base: Any, exponent: Any) -> Any:
        """``base ** exponent``; raises InexactError or DomainError where it has no value here."""

    @abstractmethod
    def constant(self, name: str) -> Any:
        """``pi`` or ``oo``; raises InexactError where the field lacks it."""

    @abstractmethod
    def function(self, name: str, *arguments: Any) -> Any:
        """A named real function (``sqrt``, ``exp``, ``max``, ...) of elements of the field."""

    @abstractmethod
    def sign(self, value: Any) -> int:
        """-1, 0 or 1, exactly; raises UndecidedError where that cannot be told."""

    @abstractmethod
    def to_integer(self, value: Any) -> int:
        """The Python integer equal to an element; raises DomainError where there is none."""

    def integer(self, value: int) -> Any:
        """The element equal to an integer."""
        return self.rational(Fraction(value))

    def coerce(self, value: Any) -> Any:
        """A Python number as an element of the field; other values are taken to be elements.

        A float is accepted only where its decimal text is its exact value (0.5, not 0.1):
        the trace is exact, and ``1/3`` as a float is not a third.
        """
        if isinstance(value, bool):
            raise UntraceableError(f"a truth value ({value}) where a number must stand")
        if isinstance(value, int):
            return self.integer(value)
        if isinstance(value, Fraction):
            return self.rational(value)
        if isinstance(value, float):
            if value != value or value in (float("inf"), float("-inf")):
                raise UntraceableError(f"{value} is not a number that a trace can hold")
            if Fraction(value) != Fraction(repr(value)):
                raise UntraceableError(
                    f"the float {value!r} in an exact trace: divide at the vector (x / 3), use "
                    "fractions.Fraction, or make the constant an argument of the method"
                )
            return self.rational(Fraction(value))
        return value
