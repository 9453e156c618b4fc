"""What a method is handed in a symbolic trace: numbers to compute with, not to branch on.

SymPy takes ``k == 0`` for False where k is a symbol, so that a method with a first step of its
own would be read as one without it, and a proof for all k would not hold at 0.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NoReturn

import sympy

from theoryck.derive.arithmetic import Arithmetic
from theoryck.errors import UntraceableError


@dataclass(frozen=True, slots=True, eq=False)
class Argument(Arithmetic):
    """A symbolic number under ``+ - * / **`` and ``sqrt``; any comparison is refused.

    >>> k = Argument(sympy.Symbol("k"))
    >>> print((k + 1) / 2)
    k/2 + 1/2
    >>> k == 0
    Traceback (most recent call last):
        ...
    theoryck.errors.UntraceableError: the method compares k, which is not one number: ...
    """

    expression: sympy.Expr

    def _with(self, other: Any, operation: Callable[[Any, Any], Any]) -> Any:
        if isinstance(other, Argument):
            return Argument(operation(self.expression, other.expression))
        if isinstance(other, bool) or not isinstance(other, int | Fraction | sympy.Expr):
            return NotImplemented
        return Argument(operation(self.expression, sympy.sympify(other, strict=True)))

    def __pow__(self, other: Any) -> Any:
        return self._with(other, operator.pow)

    def __rpow__(self, other: Any) -> Any:
        return self._with(other, lambda a, b: b**a)

    def __neg__(self) -> Argument:
        return Argument(-self.expression)

    def sqrt(self) -> Argument:
        """The square root."""
        return Argument(sympy.sqrt(self.expression))

    def _refuse(self, *_: object) -> NoReturn:
        raise UntraceableError(
            f"the method compares {self}, which is not one number: a proof for all parameters "
            "needs one formula for every k"
        )

    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _refuse
    __bool__ = __int__ = __float__ = __index__ = __hash__ = _refuse
    __mod__ = __rmod__ = __floordiv__ = __rfloordiv__ = __abs__ = __round__ = _refuse

    def __str__(self) -> str:
        return str(self.expression)


__all__ = ["Argument"]
