"""Potentials of a whole state, and what a step says of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sympy

from theoryck.derive.exact import equal
from theoryck.derive.printing import tidy
from theoryck.derive.setting import ITERATION
from theoryck.derive.statements import Quantity, Statement, linear_text
from theoryck.derive.symbols import ZERO


@dataclass(frozen=True)
class Square:
    """``weight*‖sum(direction[i]*entry[i]) - (as much of x_star)‖²``, entries of the state."""

    weight: sympy.Expr
    direction: tuple[sympy.Expr, ...]

    def at(self, index: sympy.Expr) -> Square:
        """The same at another index of the iteration."""
        return Square(_at(self.weight, index), tuple(_at(c, index) for c in self.direction))


@dataclass(frozen=True)
class Potential:
    """V[k] = sum(gaps[i]*(f(entry[i]) - f*)) + the squares, for the state before step k."""

    gaps: tuple[sympy.Expr, ...]
    squares: tuple[Square, ...]

    def at(self, index: sympy.Expr) -> Potential:
        """V at another index."""
        return Potential(
            tuple(_at(c, index) for c in self.gaps), tuple(s.at(index) for s in self.squares)
        )

    @property
    def expressions(self) -> tuple[sympy.Expr, ...]:
        """All coefficients that occur."""
        inside = (e for s in self.squares for e in (s.weight, *s.direction))
        return (*self.gaps, *inside)

    def same_as(self, other: Potential) -> bool:
        """Exactly equal coefficients."""
        return (
            len(self.gaps) == len(other.gaps)
            and [len(s.direction) for s in self.squares]
            == [len(s.direction) for s in other.squares]
            and all(map(equal, self.expressions, other.expressions))
        )

    def text(self, names: tuple[str, ...], points: tuple[int, ...]) -> str:
        """The potential as a sum; ``points`` has 1 where an entry is a point, 0 elsewhere."""
        terms: dict[str, sympy.Expr] = {}
        for coefficient, name in zip(self.gaps, names, strict=True):
            terms[f"(f({name}) - f*)"] = coefficient
        for square in self.squares:
            terms[f"‖{_direction_text(square.direction, names, points)}‖²"] = square.weight
        return linear_text(terms)


def _direction_text(
    direction: tuple[sympy.Expr, ...], names: tuple[str, ...], points: tuple[int, ...]
) -> str:
    total = tidy(sum((c for c, w in zip(direction, points, strict=True) if w), ZERO))
    parts: dict[str, sympy.Expr] = {names[0]: total}
    for c, name, weight in zip(direction[1:], names[1:], points[1:], strict=True):
        # the points behind are written as differences from the iterate
        parts[f"({names[0]} - {name})" if weight else name] = -c if weight else c
    parts["x_star"] = -total
    text = linear_text(parts)
    return text[1:-1] if text in parts and weight else text


def _at(expr: sympy.Expr, index: sympy.Expr) -> sympy.Expr:
    return expr.subs(ITERATION, index)


@dataclass(frozen=True)
class Dissipation(Statement):
    """``V[k+1] + sum(drop*quantity) <= ratio*V[k] + noise`` for every k >= 0.

    ``names`` and ``points`` say what the entries of the state are; ``expected``: V and the
    quantities stand in E(·).
    """

    potential: Potential
    ratio: sympy.Expr
    drops: tuple[tuple[Quantity, sympy.Expr], ...]
    noise: sympy.Expr
    expected: bool
    names: tuple[str, ...]
    points: tuple[int, ...]

    def same_as(self, other: object) -> bool:
        """The same inequality between exactly equal forms."""
        if not isinstance(other, Dissipation) or self.expected != other.expected:
            return False
        ours, theirs = dict(self.drops), dict(other.drops)
        return (
            (self.names, self.points) == (other.names, other.points)
            and self.potential.same_as(other.potential)
            and equal(self.ratio, other.ratio)
            and equal(self.noise, other.noise)
            and all(equal(ours.get(q, ZERO), theirs.get(q, ZERO)) for q in {*ours, *theirs})
        )

    def __str__(self) -> str:
        dropped: Mapping[str, sympy.Expr] = {str(q): -c for q, c in self.drops}
        name = "E[V[k]]" if self.expected else "V[k]"
        right = linear_text({name: self.ratio, **dropped}, self.noise)
        ahead = name.replace("[k]", "[k+1]")
        what = self.potential.text(self.names, self.points)
        return f"{ahead} <= {right} for V[k] = {what}"


__all__ = ["Dissipation", "Potential", "Square"]
