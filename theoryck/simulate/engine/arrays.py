"""Claim expressions over batches of runs: a scalar is an array of shape (runs, 1)."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from theoryck.algebra import NumberSystem
from theoryck.algebra.language import namespace
from theoryck.claims.arithmetic import Floats
from theoryck.errors import DomainError, InexactError

XP_NAMES = frozenset(
    {"sqrt", "log", "exp", "abs", "sign", "ceil", "floor", "sin", "cos", "tan"}
    | {"sinh", "cosh", "tanh", "asinh", "atan"}
)


class ArrayNumbers(NumberSystem):
    """Doubles and arrays of doubles. What has no value is NaN: a run may diverge."""

    name = "arrays"

    def rational(self, value: Fraction) -> float:
        return Floats().rational(value)

    def coerce(self, value: Any) -> Any:
        return Floats().coerce(value)

    def constant(self, name: str) -> float:
        return Floats().constant(name)

    def power(self, base: Any, exponent: Any) -> Any:
        if namespace(base, exponent) is None:
            return Floats().power(base, exponent)
        return base**exponent

    def function(self, name: str, *arguments: Any) -> Any:
        xp = namespace(*arguments)
        if xp is None:
            return Floats().function(name, *arguments)
        like = next(a for a in arguments if hasattr(a, "shape"))
        values = [a if hasattr(a, "shape") else xp.full_like(like, a) for a in arguments]
        x = values[0]
        match name:
            case "min" | "max":
                combine = xp.minimum if name == "min" else xp.maximum
                for other in values[1:]:
                    x = combine(x, other)
                return x
            case "relu":
                return xp.maximum(x, xp.zeros_like(x))
            case "sigmoid":
                return 0.5 * (1 + xp.tanh(x / 2))
            case "softplus":
                return xp.maximum(x, xp.zeros_like(x)) + xp.log1p(xp.exp(-xp.abs(x)))
        if name not in XP_NAMES:
            raise InexactError(f"{name} is not a function of arrays")
        return getattr(xp, name)(x)

    def sign(self, value: Any) -> int:
        # asked before a division only: a zero in some runs is NaN there, and no error
        if not hasattr(value, "shape"):
            return int(value > 0) - int(value < 0)
        xp = namespace(value)
        return 0 if xp is not None and bool(xp.all(value == 0)) else 1

    def to_integer(self, value: Any) -> int:
        if hasattr(value, "shape"):
            raise DomainError("an index that differs between runs")
        return Floats().to_integer(value)
