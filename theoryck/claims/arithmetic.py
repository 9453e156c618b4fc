"""Three number systems: exact rationals, balls that contain the true value, and floats."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from fractions import Fraction
from typing import Any

import flint

from theoryck.algebra import NumberSystem
from theoryck.errors import DomainError, InexactError, TooLargeError, UndecidedError

MAX_BITS = 1 << 20  # of one exact number: a power tower stops here, not at the end of memory


def to_fraction(value: Any) -> Fraction:
    """An ``fmpq`` (or integer) as a Python fraction."""
    value = flint.fmpq(value)
    return Fraction(int(value.p), int(value.q))


class Rationals(NumberSystem):
    """The field Q, as python-flint's ``fmpq``."""

    name = "rationals"

    def rational(self, value: Fraction) -> Any:
        return flint.fmpq(value.numerator, value.denominator)

    def constant(self, name: str) -> Any:
        raise InexactError(f"{name} is not a rational number")

    def power(self, base: Any, exponent: Any) -> Any:
        base, exponent = flint.fmpq(base), flint.fmpq(exponent)
        if exponent.q != 1:
            if exponent.q != 2:
                raise InexactError(f"({base})**({exponent}) is not rational in general")
            return self.power(self.function("sqrt", base), exponent * 2)
        if base == 0:
            if exponent < 0:
                raise DomainError("a negative power of zero")
            return flint.fmpq(1 if exponent == 0 else 0)
        size = max(int(base.p).bit_length(), int(base.q).bit_length())
        if size > 1 and abs(int(exponent.p)) * size > MAX_BITS:
            raise TooLargeError(f"a power with exponent {exponent.p}: over {MAX_BITS} bits")
        return base ** int(exponent.p)

    def function(self, name: str, *arguments: Any) -> Any:
        values = [flint.fmpq(a) for a in arguments]
        x = values[0]
        match name:
            case "min" | "max":
                return (min if name == "min" else max)(values)
            case "abs":
                return abs(x)
            case "relu":
                return max(x, flint.fmpq(0))
            case "sign":
                return flint.fmpq(self.sign(x))
            case "floor":
                return flint.fmpq(x.floor())
            case "ceil":
                return flint.fmpq(x.ceil())
            case "sqrt":
                if x < 0:
                    raise DomainError(f"sqrt({x}): a negative number")
                top, bottom = math.isqrt(int(x.p)), math.isqrt(int(x.q))
                if top * top == x.p and bottom * bottom == x.q:
                    return flint.fmpq(top, bottom)
            case "exp" | "cos" | "cosh" if x == 0:
                return flint.fmpq(1)
            case "sin" | "tan" | "sinh" | "tanh" | "asinh" | "atan" if x == 0:
                return flint.fmpq(0)
            case "log":
                if x <= 0:
                    raise DomainError(f"log({x}): a number that is not positive")
                if x == 1:
                    return flint.fmpq(0)
        raise InexactError(f"{name}({', '.join(map(str, values))}) is not rational")

    def sign(self, value: Any) -> int:
        value = flint.fmpq(value)
        return int(value > 0) - int(value < 0)

    def to_integer(self, value: Any) -> int:
        value = flint.fmpq(value)
        if value.q != 1:
            raise DomainError(f"{value} is not an integer")
        return int(value.p)


class Balls(NumberSystem):
    """Real balls (python-flint's ``arb``): every result contains the exact value.

    The working precision belongs to the thread, so computations run inside :meth:`scope`.
    """

    name = "balls"

    def __init__(self, bits: int = 256) -> None:
        self.bits = bits

    @contextmanager
    def scope(self) -> Iterator[None]:
        """Computes at this system's precision and puts the old one back."""
        before = flint.ctx.prec
        flint.ctx.prec = self.bits
        try:
            yield
        finally:
            flint.ctx.prec = before

    def rational(self, value: Fraction) -> Any:
        return flint.arb(flint.fmpq(value.numerator, value.denominator))

    def constant(self, name: str) -> Any:
        if name == "pi":
            return flint.arb.pi()
        raise InexactError(f"{name} is not a real number")

    def power(self, base: Any, exponent: Any) -> Any:
        base, exponent = flint.arb(base), flint.arb(exponent)
        if exponent.is_integer():
            n = int(exponent.unique_fmpz())
            if n < 0 and not base != 0:
                raise DomainError("a negative power of a ball that contains zero")
            return self._real(base**n, "power")
        if base == 0 and exponent > 0:
            return flint.arb(0)
        if not base > 0:
            raise DomainError(f"({base})**({exponent}): the base is not surely positive")
        return self._real(base**exponent, "power")

    def function(self, name: str, *arguments: Any) -> Any:
        values = [flint.arb(a) for a in arguments]
        x = values[0]
        match name:
            case "min" | "max":
                best = x
                for other in values[1:]:
                    best = best.min(other) if name == "min" else best.max(other)
                return best
            case "abs":
                return abs(x)
            case "relu":
                return x.max(flint.arb(0))
            case "sign":
                return flint.arb(self.sign(x))
            case "sqrt":
                if x == 0:
                    return flint.arb(0)
                if not x >= 0:
                    raise DomainError(f"sqrt({x}): not surely a non-negative number")
                return x.sqrt()
            case "log":
                if not x > 0:
                    raise DomainError(f"log({x}): not surely a positive number")
                return x.log()
            case "sigmoid":
                return 1 / (1 + (-x).exp())
            case "softplus":
                return (1 + x.exp()).log()
        methods = {"floor": "floor", "ceil": "ceil"} | {
            n: n for n in ("exp", "sin", "cos", "tan", "sinh", "cosh", "tanh", "asinh", "atan")
        }
        if name not in methods:
            raise InexactError(f"{name} is not a function of balls")
        return self._real(getattr(x, methods[name])(), name)

    def sign(self, value: Any) -> int:
        value = flint.arb(value)
        if value > 0:
            return 1
        if value < 0:
            return -1
        if value == 0:
            return 0
        raise UndecidedError(f"the sign of {value} cannot be told")

    def to_integer(self, value: Any) -> int:
        value = flint.arb(value)
        if not value.is_integer():
            raise DomainError(f"{value} is not exactly an integer")
        return int(value.unique_fmpz())

    @staticmethod
    def _real(value: Any, what: str) -> Any:
        if not value.is_finite():
            raise DomainError(f"{what} has no finite value there")
        return value


class Floats(NumberSystem):
    """Double precision, for engines whose answers prove nothing."""

    name = "floats"

    def rational(self, value: Fraction) -> float:
        try:
            return float(value)
        except OverflowError as error:
            raise TooLargeError("a number beyond the range of a double") from error

    def coerce(self, value: Any) -> Any:
        return float(value) if isinstance(value, int | Fraction) else value

    def constant(self, name: str) -> float:
        return {"pi": math.pi, "oo": math.inf}[name]

    def power(self, base: Any, exponent: Any) -> float:
        try:
            result = base**exponent
        except ZeroDivisionError as error:
            raise DomainError("a negative power of zero") from error
        except OverflowError as error:
            raise TooLargeError("a power beyond the range of a double") from error
        if isinstance(result, complex):
            raise DomainError(f"({base})**({exponent}) is not real")
        return float(result)

    def function(self, name: str, *arguments: Any) -> float:
        x = arguments[0]
        special: Mapping[str, Callable[[], float]] = {
            "min": lambda: min(arguments),
            "max": lambda: max(arguments),
            "abs": lambda: abs(x),
            "relu": lambda: max(x, 0.0),
            "sign": lambda: float((x > 0) - (x < 0)),
            "sigmoid": lambda: 0.5 * (1 + math.tanh(x / 2)),
            "softplus": lambda: max(x, 0.0) + math.log1p(math.exp(-abs(x))),
        }
        try:
            return float(special[name]()) if name in special else float(getattr(math, name)(x))
        except (ValueError, ZeroDivisionError) as error:
            raise DomainError(f"{name}({x}) has no value") from error
        except OverflowError as error:
            raise TooLargeError(f"{name}({x}) is beyond the range of a double") from error

    def sign(self, value: Any) -> int:
        if value != value:
            raise UndecidedError("not a number")
        return int(value > 0) - int(value < 0)

    def to_integer(self, value: Any) -> int:
        if value != int(value):
            raise DomainError(f"{value} is not an integer")
        return int(value)
