"""The four operations of a field, each by one function of two elements."""

from __future__ import annotations

import operator
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any


class Arithmetic(ABC):
    """``+ - * /`` with like elements and exact numbers, on either side."""

    __slots__ = ()

    @abstractmethod
    def _with(self, other: Any, operation: Callable[[Any, Any], Any]) -> Any:
        """The operation on self and other; NotImplemented for what is no element."""

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
