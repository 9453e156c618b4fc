"""Proofs that an expression is not negative on a box, by subdivision in ball arithmetic.

A box is settled where the range of the expression, or of its first-order expansion about the
middle, is nonnegative. Where the minimum is zero at a rational point, no subdivision ends; near
such a point the derivatives decide (g(p) = 0 and g' >= 0 to the right of p, and so on).
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import sympy

from theoryck.derive.intervals import Interval, enclose, exact_interval
from theoryck.derive.relations import Relation
from theoryck.derive.symbols import ZERO
from theoryck.derive.values import holds_at
from theoryck.errors import TheoryckError

MAX_BOXES = 3000
MAX_ORDER = 6  # of the derivatives that are looked at beside a zero
LARGEST = 2.0**12  # beyond it an unbounded box is not cut any more

Ends = tuple[Fraction | None, Fraction | None]
Box = Mapping[sympy.Symbol, Ends]


@dataclass(frozen=True)
class Settled:
    """The expression is not negative on the whole box."""

    boxes: int

    def __str__(self) -> str:
        return f"ball arithmetic on {self.boxes} box{'es' if self.boxes != 1 else ''}"


@dataclass(frozen=True)
class Unsettled:
    """It may be negative, or is; ``reason`` says what stopped the subdivision."""

    reason: str


@dataclass
class _Search:
    """Derivatives of one expression, computed when they are first needed."""

    expr: sympy.Expr
    strict: bool
    cache: dict[tuple[sympy.Symbol, ...], sympy.Expr] = field(default_factory=dict)

    def derivative(self, *by: sympy.Symbol) -> sympy.Expr:
        if by not in self.cache:
            self.cache[by] = sympy.diff(self.expr, *by) if by else self.expr
        return self.cache[by]


def nonnegative_on(
    expr: sympy.Expr, box: Box, deadline: float, *, strict: bool = False
) -> Settled | Unsettled:
    """Whether ``expr >= 0`` (``> 0`` if strict) holds on a box.

    Args:
        expr: of the symbols in ``box`` alone, and differentiable where it is defined.
        box: rational ends of each symbol, None for no end.
        deadline: a value of ``time.monotonic()``.

    >>> x = sympy.Symbol("x", real=True)
    >>> print(nonnegative_on(sympy.cosh(x) - 1 - x**2 / 2, {x: (-1, 1)}, time.monotonic() + 5))
    ball arithmetic on 2 boxes
    """
    search = _Search(expr, strict)
    stack = [_start(box)]
    done = 0
    while stack:
        if time.monotonic() > deadline:
            return Unsettled("the time is spent")
        if done + len(stack) > MAX_BOXES:
            return Unsettled(f"over {MAX_BOXES} boxes")
        ends = stack.pop()
        ranges = {symbol: exact_interval(*pair) for symbol, pair in ends.items()}
        if _positive(search, ends, ranges) or (not strict and _beside_zero(search, ends, ranges)):
            done += 1
            continue
        if _surely_negative(search, ranges):
            return Unsettled("it is negative on some box")
        halves = _halves(ends)
        if halves is None:
            return Unsettled(f"not settled on {_shown(ends)}")
        stack += halves
    return Settled(done)


def _start(box: Box) -> dict[sympy.Symbol, Ends]:
    return {
        symbol: tuple(None if end is None else Fraction(end) for end in ends)  # type: ignore[misc]
        for symbol, ends in box.items()
    }


def _range(expr: sympy.Expr, ranges: Mapping[sympy.Symbol, Interval]) -> Interval | None:
    try:
        return enclose(expr, ranges)
    except TheoryckError:
        return None


def _above(value: Any, strict: bool) -> bool:
    return bool(value > 0 if strict else value >= 0)


def _positive(search: _Search, ends: Box, ranges: Mapping[sympy.Symbol, Interval]) -> bool:
    """By the range, or by the range of g(c) + Σ ∂_i g (x_i − c_i) with c the middle."""
    whole = _range(search.expr, ranges)
    if whole is None:
        return False
    if _above(whole.lower, search.strict):
        return True
    if not all(interval.is_bounded for interval in ranges.values()):
        return False
    middle = {s: (low + high) / 2 for s, (low, high) in ends.items()}  # type: ignore[operator]
    total = _range(search.expr, {s: exact_interval(m, m) for s, m in middle.items()})
    for symbol, (low, high) in ends.items():
        slope = _range(search.derivative(symbol), ranges)
        if slope is None or total is None:
            return False
        aside = exact_interval(low - middle[symbol], high - middle[symbol])  # type: ignore[operator]
        total = total + slope * aside
    return total is not None and _above(total.lower, search.strict)


def _surely_negative(search: _Search, ranges: Mapping[sympy.Symbol, Interval]) -> bool:
    whole = _range(search.expr, ranges)
    return whole is not None and bool(whole.upper < 0)


def _beside_zero(search: _Search, ends: Box, ranges: Mapping[sympy.Symbol, Interval]) -> bool:
    """Near an exact zero at an end of the box, or anywhere near a critical one of several."""
    if len(ends) == 1:
        ((symbol, (low, high)),) = ends.items()
        return any(
            end is not None and _grows_from(search, symbol, end, ranges, sign)
            for end, sign in ((low, 1), (high, -1))
        )
    corner = {s: low if low is not None else high for s, (low, high) in ends.items()}
    return False if None in corner.values() else _convex_at(search, ends, ranges)


def _grows_from(
    search: _Search,
    symbol: sympy.Symbol,
    end: Fraction,
    ranges: Mapping[sympy.Symbol, Interval],
    sign: int,
) -> bool:
    """g(p) >= 0 and (sign)^k g^(k)(p) >= 0 for k < n, and (sign)^n g^(n) >= 0 on the box."""
    for order in range(MAX_ORDER + 1):
        expr = search.derivative(*(symbol,) * order)
        whole = _range(expr, ranges)
        if whole is not None and order:
            signed = whole if sign > 0 or order % 2 == 0 else -whole
            if signed.lower >= 0:
                return True
        relation = ">=" if sign > 0 or order % 2 == 0 else "<="
        if not _holds(Relation(expr, relation, ZERO), {symbol: end}):
            return False
    return False


def _convex_at(search: _Search, ends: Box, ranges: Mapping[sympy.Symbol, Interval]) -> bool:
    """A corner where g = 0 and ∇g = 0 exactly, and a Hessian that is dominant on the box."""
    if not all(interval.is_bounded for interval in ranges.values()):
        return False
    symbols = list(ends)
    for choice in (0, 1):
        corner = {s: ends[s][choice] for s in symbols}
        exact = {s: Fraction(v) for s, v in corner.items() if v is not None}
        expressions = [search.expr, *(search.derivative(s) for s in symbols)]
        if all(_holds(Relation(e, "==", ZERO), exact) for e in expressions):
            return _dominant(search, symbols, ranges)
    return False


def _dominant(
    search: _Search, symbols: list[sympy.Symbol], ranges: Mapping[sympy.Symbol, Interval]
) -> bool:
    """Gershgorin: each diagonal entry is at least the sum of the sizes beside it."""
    for s in symbols:
        diagonal = _range(search.derivative(s, s), ranges)
        if diagonal is None:
            return False
        rest = diagonal.lower
        for t in symbols:
            if t != s:
                beside = _range(search.derivative(*sorted((s, t), key=str)), ranges)
                if beside is None:
                    return False
                rest = (rest - max(abs(beside.lower), abs(beside.upper), key=_size)).lower()
        if not rest >= 0:
            return False
    return True


def _size(value: Any) -> float:
    return float(value.upper()) if value.is_finite() else float("inf")


def _holds(relation: Relation, point: Mapping[sympy.Symbol, Fraction]) -> bool:
    try:
        return holds_at(relation, point)
    except (TheoryckError, KeyError, ZeroDivisionError):
        return False


def _halves(ends: Box) -> list[dict[sympy.Symbol, Ends]] | None:
    """The box cut across its longest side, at a simple rational; None where that is too fine."""
    symbol = max(ends, key=lambda s: _length(ends[s]))
    low, high = ends[symbol]
    if low is None and high is None:
        cut = Fraction(0)
    elif low is None or high is None:
        near = high if low is None else low
        assert near is not None
        if abs(near) > LARGEST:
            return None
        step = 1 + abs(near)
        cut = near - step if low is None else near + step
    else:
        cut = (
            Fraction(0)
            if low < 0 < high and -low != high and _wide(low, high)
            else (low + high) / 2
        )
    if low is not None and high is not None and high - low < Fraction(1, 1 << 40):
        return None
    return [{**ends, symbol: (low, cut)}, {**ends, symbol: (cut, high)}]


def _wide(low: Fraction, high: Fraction) -> bool:
    return min(-low, high) * 4 > max(-low, high)


def _length(ends: Ends) -> Fraction | float:
    low, high = ends
    return float("inf") if low is None or high is None else high - low


def _shown(ends: Box) -> str:
    return ", ".join(
        f"{s.name} in [{'-oo' if low is None else low}, {'oo' if high is None else high}]"
        for s, (low, high) in ends.items()
    )


__all__ = ["Box", "Settled", "Unsettled", "nonnegative_on"]
