"""Vectors given by exact coordinates, for running a method in rationals or balls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from theoryck.algebra.point import Leaf, Point
from theoryck.algebra.vectors import Vector
from theoryck.errors import UntraceableError


@dataclass(frozen=True, slots=True)
class Coordinates(Vector):
    """A vector of R^d by its coordinates, elements of any field.

    >>> from fractions import Fraction
    >>> v = Coordinates((Fraction(1), Fraction(2)))
    >>> (v - v / 2).dot(v)
    Fraction(5, 2)
    """

    entries: tuple[Any, ...]

    def __add__(self, other: Any) -> Any:
        if isinstance(other, int) and other == 0:
            return self
        if not isinstance(other, Coordinates) or len(other.entries) != len(self.entries):
            return NotImplemented
        return Coordinates(tuple(a + b for a, b in zip(self.entries, other.entries, strict=True)))

    def __neg__(self) -> Coordinates:
        return Coordinates(tuple(-a for a in self.entries))

    def __mul__(self, scalar: Any) -> Coordinates:
        if isinstance(scalar, Vector):
            raise UntraceableError("a product of vectors: use dot(x, y)")
        return Coordinates(tuple(a * scalar for a in self.entries))

    def __truediv__(self, scalar: Any) -> Coordinates:
        if isinstance(scalar, Vector):
            raise UntraceableError("a division by a vector")
        return Coordinates(tuple(a / scalar for a in self.entries))

    def dot(self, other: Any) -> Any:
        total = self.entries[0] * other.entries[0] if self.entries else 0
        for a, b in zip(self.entries[1:], other.entries[1:], strict=True):
            total = total + a * b
        return total


def place(point: Point, values: Mapping[Leaf, Coordinates], zero: Coordinates) -> Coordinates:
    """A traced vector at given values of its leaves."""
    total = zero
    for leaf, coefficient in point.coefficients.items():
        total = total + values[leaf] * coefficient
    return total
