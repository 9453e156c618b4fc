"""Functions of one variable that are quadratic between finitely many breakpoints."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from typing import Any, ClassVar

from theoryck.algebra import NumberSystem
from theoryck.assumptions.base import Curvature
from theoryck.certificates.checker import CertificateError
from theoryck.certificates.functions import Entries, ExplicitFunction

MAX_BREAKPOINTS = 1000


@dataclass(frozen=True)
class _Piece:
    """height + slope·(t − anchor) + curvature·(t − anchor)²/2 from ``low`` to ``high``."""

    anchor: Fraction
    height: Fraction
    slope: Fraction
    curvature: Fraction
    low: Fraction | None
    high: Fraction | None

    def at(self, t: Any) -> Any:
        away = t - self.anchor
        return self.height + self.slope * away + self.curvature * away * away / 2

    def slope_at(self, t: Any) -> Any:
        return self.slope + self.curvature * (t - self.anchor)

    def contains(self, t: Fraction) -> bool:
        return (self.low is None or self.low <= t) and (self.high is None or t <= self.high)


@dataclass(frozen=True)
class Piecewise(ExplicitFunction):
    """A continuous function of one variable, quadratic between its ``breakpoints``.

    With m breakpoints there are m + 1 pieces; piece i has the derivative
    ``slopes[i] + curvatures[i]*(t − b)``, b the breakpoint on its left (for the first piece: on
    its right). The derivative may jump upwards at a breakpoint, never downwards; there the
    subgradient is 0 where that is one, and else the derivative from the left.

    >>> from theoryck.algebra import Fractions
    >>> one, zero = Fraction(1), Fraction(0)
    >>> absolute_value = Piecewise((zero,), (-one, one), (zero, zero))
    >>> absolute_value.value((Fraction(-3),), Fractions())
    Fraction(3, 1)
    >>> absolute_value.prox((Fraction(3),), Fraction(1), Fractions())
    (Fraction(2, 1),)
    """

    breakpoints: tuple[Fraction, ...]
    slopes: tuple[Fraction, ...]
    curvatures: tuple[Fraction, ...]
    family: ClassVar[str] = "piecewise quadratic"

    def __post_init__(self) -> None:
        count = len(self.breakpoints)
        if not 1 <= count <= MAX_BREAKPOINTS:
            raise CertificateError(f"1 to {MAX_BREAKPOINTS} breakpoints expected, got {count}")
        if any(a >= b for a, b in pairwise(self.breakpoints)):
            raise CertificateError("the breakpoints must increase")
        if not len(self.slopes) == len(self.curvatures) == count + 1:
            raise CertificateError("one slope and one curvature more than breakpoints expected")
        if any(left > right for left, right in self._sides):
            raise CertificateError("the derivative jumps downwards at a breakpoint")
        if any(low is None or low < 0 for low in map(_lowest, self._pieces)):
            raise CertificateError("0 is not a global minimiser")

    @cached_property
    def _sides(self) -> tuple[tuple[Fraction, Fraction], ...]:
        """The derivatives from the left and from the right at the breakpoints."""
        left = [self.slopes[0]]
        for i, (a, b) in enumerate(pairwise(self.breakpoints), start=1):
            left.append(self.slopes[i] + self.curvatures[i] * (b - a))
        return tuple(zip(left, self.slopes[1:], strict=True))

    @cached_property
    def _pieces(self) -> tuple[_Piece, ...]:
        heights = [Fraction(0)]
        for i, (a, b) in enumerate(pairwise(self.breakpoints), start=1):
            away = b - a
            heights.append(
                heights[-1] + self.slopes[i] * away + self.curvatures[i] * away * away / 2
            )
        ends = (None, *self.breakpoints, None)
        anchors = (0, *range(len(self.breakpoints)))
        pieces = [
            _Piece(self.breakpoints[k], heights[k], slope, curvature, low, high)
            for k, slope, curvature, (low, high) in zip(
                anchors, self.slopes, self.curvatures, pairwise(ends), strict=True
            )
        ]
        zero = Fraction(0)
        origin = next(piece.at(zero) for piece in pieces if piece.contains(zero))
        return tuple(
            _Piece(p.anchor, p.height - origin, p.slope, p.curvature, p.low, p.high) for p in pieces
        )

    @property
    def dimension(self) -> int:
        return 1

    @property
    def cost(self) -> int:
        return len(self.breakpoints)

    @property
    def differentiable(self) -> bool:
        """Whether the derivative jumps nowhere."""
        return all(left == right for left, right in self._sides)

    def describe(self) -> str:
        return f"a function of one variable with {len(self._pieces)} quadratic pieces"

    def _place(self, t: Any, numbers: NumberSystem) -> tuple[int, bool]:
        """The number of the first breakpoint that is not left of t, and whether t is there."""
        for i, breakpoint in enumerate(self.breakpoints):
            side = numbers.sign(t - numbers.rational(breakpoint))
            if side <= 0:
                return i, side == 0
        return len(self.breakpoints), False

    def value(self, x: Entries, numbers: NumberSystem) -> Any:
        (t,) = x
        piece = self._pieces[self._place(t, numbers)[0]]
        anchor, height, slope, curvature = _in(piece, numbers)
        away = t - anchor
        return height + slope * away + curvature * away * away / numbers.integer(2)

    def gradient(self, x: Entries, numbers: NumberSystem) -> Entries:
        (t,) = x
        i, at_breakpoint = self._place(t, numbers)
        if at_breakpoint:
            left, right = self._sides[i]
            return (numbers.rational(Fraction(0) if left <= 0 <= right else left),)
        anchor, _, slope, curvature = _in(self._pieces[i], numbers)
        return (slope + curvature * (t - anchor),)

    def within(self, bounds: Curvature, numbers: NumberSystem) -> bool:
        least, most = min(self.curvatures), max(self.curvatures)
        if bounds.lower is not None and numbers.sign(numbers.rational(least) - bounds.lower) < 0:
            return False
        if bounds.upper is not None and (
            not self.differentiable or numbers.sign(bounds.upper - numbers.rational(most)) < 0
        ):
            return False
        if bounds.gradient is None:
            return True
        if self.curvatures[0] or self.curvatures[-1]:
            return False
        steepest = max(abs(s) for sides in (*self._sides, self.slopes) for s in sides)
        return numbers.sign(bounds.gradient - numbers.rational(steepest)) >= 0

    def dominates(self, modulus: Any, numbers: NumberSystem) -> bool:
        if not self.differentiable:
            return False
        for piece in self._pieces:
            anchor, height, slope, curvature = _in(piece, numbers)
            # (s + cτ)² − modulus·(h + sτ + cτ²/2) for τ = t − anchor
            a = curvature * curvature - modulus * curvature / 2
            b = 2 * slope * curvature - modulus * slope
            c = slope * slope - modulus * height
            low, high = (
                None if end is None else numbers.rational(end) - anchor
                for end in (piece.low, piece.high)
            )
            if not _not_negative(a, b, c, low, high, numbers):
                return False
        return True

    def prox(self, x: Entries, step: Any, numbers: NumberSystem) -> Entries | None:
        (t,) = x
        if numbers.sign(1 + step * numbers.rational(min(self.curvatures))) <= 0:
            return None  # the problem is not strictly convex
        # u + step·∂f(u) increases with u: the first breakpoint whose image reaches t
        for i, (b, (left, right)) in enumerate(zip(self.breakpoints, self._sides, strict=True)):
            point = numbers.rational(b)
            if numbers.sign(t - point - step * numbers.rational(left)) < 0:
                return (self._resolved(i, t, step, numbers),)
            if numbers.sign(t - point - step * numbers.rational(right)) <= 0:
                return (point,)
        return (self._resolved(len(self.breakpoints), t, step, numbers),)

    def _resolved(self, i: int, t: Any, step: Any, numbers: NumberSystem) -> Any:
        anchor, _, slope, curvature = _in(self._pieces[i], numbers)
        return (t - step * (slope - curvature * anchor)) / (1 + step * curvature)

    def line_minimum(self, x: Entries, direction: Entries, numbers: NumberSystem) -> Entries | None:
        # every line is all of R
        return x if numbers.sign(direction[0]) == 0 else (numbers.integer(0),)

    def data(self) -> dict[str, Any]:
        return {
            "family": self.family,
            "breakpoints": [str(b) for b in self.breakpoints],
            "slopes": [str(s) for s in self.slopes],
            "curvatures": [str(c) for c in self.curvatures],
        }

    def scaled(self, factor: Fraction) -> Piecewise:
        return Piecewise(
            tuple(factor * b for b in self.breakpoints),
            tuple(factor * s for s in self.slopes),
            self.curvatures,
        )


def _in(piece: _Piece, numbers: NumberSystem) -> Iterator[Any]:
    parts = (piece.anchor, piece.height, piece.slope, piece.curvature)
    return (numbers.rational(part) for part in parts)


def _lowest(piece: _Piece) -> Fraction | None:
    """The least value on a piece; None where it is not bounded below."""
    ends = [end for end in (piece.low, piece.high) if end is not None]
    values = [piece.at(end) for end in ends]
    if piece.curvature > 0:
        stationary = piece.anchor - piece.slope / piece.curvature
        if piece.contains(stationary):
            values.append(piece.at(stationary))
    elif len(ends) < 2:
        # outwards, a piece without end must not go down
        outward = piece.slope if piece.high is None else -piece.slope
        if piece.curvature < 0 or outward < 0:
            return None
    return min(values)


def _not_negative(
    a: Any, b: Any, c: Any, low: Any | None, high: Any | None, numbers: NumberSystem
) -> bool:
    """Whether aτ² + bτ + c ≥ 0 from low to high; None is no end. One end is always there."""
    sign = numbers.sign
    for end in (low, high):
        if end is not None and sign((a * end + b) * end + c) < 0:
            return False
    if sign(a) <= 0:
        if low is not None and high is not None:
            return True  # concave: the ends decide
        outward = b if high is None else -b
        return sign(a) == 0 and sign(outward) >= 0
    if sign(b * b - 4 * a * c) <= 0:
        return True
    # two roots: the vertex −b/(2a) must be outside, where the ends decide
    left_of = low is not None and sign(-b - 2 * a * low) <= 0
    right_of = high is not None and sign(-b - 2 * a * high) >= 0
    return left_of or right_of
