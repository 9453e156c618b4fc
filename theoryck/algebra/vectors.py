"""The abstract vector that a method computes with, and the scalar that goes with it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from theoryck.errors import UntraceableError


class Vector(ABC):
    """An element of a real inner-product space, known by linear operations and ``dot``.

    Arrays are not Vectors: the functions of :mod:`theoryck.algebra.language` accept both.
    """

    __slots__ = ()
    __array_ufunc__ = None  # numpy scalars must not broadcast over a Vector

    @abstractmethod
    def __add__(self, other: Any) -> Any: ...

    @abstractmethod
    def __neg__(self) -> Any: ...

    @abstractmethod
    def __mul__(self, scalar: Any) -> Any: ...

    @abstractmethod
    def __truediv__(self, scalar: Any) -> Any: ...

    @abstractmethod
    def dot(self, other: Any) -> Any:
        """The inner product with another vector of the same space."""

    def norm(self) -> Any:
        """The Euclidean norm, the square root of ``self.dot(self)``."""
        from theoryck.algebra.language import sqrt

        return sqrt(self.dot(self))

    def __sub__(self, other: Any) -> Any:
        return self + (-other)

    def __rmul__(self, scalar: Any) -> Any:
        return self * scalar

    def __radd__(self, other: Any) -> Any:
        # sum(...) of vectors starts from the integer 0
        if isinstance(other, int) and other == 0:
            return self
        return NotImplemented

    def coordinatewise(self, operation: str) -> UntraceableError:
        """The error for an operation that looks at coordinates."""
        return UntraceableError(
            f"{operation} works on coordinates, so it is not dimension-free: derive and simulate "
            "can take it, pep cannot"
        )

    def __pow__(self, exponent: Any) -> Any:
        raise self.coordinatewise("a power of a vector")

    def __abs__(self) -> Any:
        raise self.coordinatewise("the absolute value of a vector")

    def __getitem__(self, index: Any) -> Any:
        raise self.coordinatewise("indexing a vector")

    def __bool__(self) -> bool:
        raise UntraceableError("a truth test on a vector; compare norms inside cases(...) instead")
