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

Direction = tuple[sympy.Expr, ...]  # a combination of the entries of a state


@dataclass(frozen=True)
class Level:
    """``weight*(f(sum(direction[i]*entry[i])) - f*)``, a combination that is a point."""

    weight: sympy.Expr
    direction: Direction


@dataclass(frozen=True)
class Square:
    """``weight*‖sum(direction[i]*entry[i]) - (as much of x_star)‖²``, entries of the state."""

    weight: sympy.Expr
    direction: Direction


Term = Level | Square


@dataclass(frozen=True)
class Potential:
    """V[k], a sum of levels and squares of the state before step k."""

    terms: tuple[Term, ...]

    def at(self, index: sympy.Expr) -> Potential:
        """V at another index."""
        return Potential(
            tuple(type(t)(_at(t.weight, index), moved(t.direction, index)) for t in self.terms)
        )

    def plus(self, *terms: Term) -> Potential:
        """V with further terms, those of weight zero left out."""
        return Potential((*self.terms, *(t for t in terms if t.weight != 0)))

    @property
    def levels(self) -> tuple[Level, ...]:
        """The terms that speak of values of f."""
        return tuple(t for t in self.terms if isinstance(t, Level))

    @property
    def expressions(self) -> tuple[sympy.Expr, ...]:
        """All coefficients that occur."""
        return tuple(e for t in self.terms for e in (t.weight, *t.direction))

    def same_as(self, other: Potential) -> bool:
        """Exactly equal terms."""
        shapes = [
            [(type(t), len(t.direction)) for t in potential.terms] for potential in (self, other)
        ]
        return shapes[0] == shapes[1] and all(map(equal, self.expressions, other.expressions))

    def text(self, names: tuple[str, ...], points: tuple[int, ...]) -> str:
        """The potential as a sum; ``points`` has 1 where an entry is a point, 0 elsewhere."""
        shown: dict[str, sympy.Expr] = {}
        for term in self.terms:
            inside = _direction_text(term, names, points)
            text = f"(f({inside}) - f*)" if isinstance(term, Level) else f"‖{inside}‖²"
            shown[text] = shown.get(text, ZERO) + term.weight
        return linear_text(shown)


def _direction_text(term: Term, names: tuple[str, ...], points: tuple[int, ...]) -> str:
    direction = term.direction
    total = tidy(sum((c for c, w in zip(direction, points, strict=True) if w), ZERO))
    star = {"x_star": -total} if isinstance(term, Square) else {}
    parts: dict[str, sympy.Expr] = {names[0]: direction[0]}
    alone = sum(c != 0 for c in direction) == 1
    for c, name in zip(direction[1:], names[1:], strict=True):
        if name.startswith("x[k-") and not alone:
            # iterates behind are written as differences from x[k]
            parts[names[0]] = tidy(parts[names[0]] + c)
            parts[f"({names[0]} - {name})"] = -c
        else:
            parts[name] = c
    text = linear_text({**parts, **star})
    return text[1:-1] if text in parts and text.startswith("(") else text


def moved(direction: Direction, index: sympy.Expr) -> Direction:
    """A direction at another index of the iteration."""
    return tuple(_at(c, index) for c in direction)


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


__all__ = ["Direction", "Dissipation", "Level", "Potential", "Square", "Term", "moved"]
