"""Examples that might be the worst: the families at the constants of the claim."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from theoryck.claims.expressions import Order
from theoryck.derive.lower.families import Absolute, Coordinates, Example, Huber, Lengths, Quadratic
from theoryck.derive.setting import (
    START_DISTANCE,
    START_GAP,
    START_GRADIENT,
    Setting,
    start_relation,
)
from theoryck.derive.symbols import ONE

Start = tuple[sympy.Symbol, sympy.Expr]

CURVATURES = (
    ("smooth", "L", ONE),
    ("l0_l1_smooth", "L0", ONE),
    ("strongly_convex", "mu", ONE),
    ("pl", "mu", ONE),
    ("error_bound", "delta", sympy.Rational(1, 2)),
    ("quadratic_growth", "mu", ONE),
)


def starts(setting: Setting) -> tuple[Start, ...]:
    """A quantity of the start and its value: as large as is allowed, or the one in the bound."""
    named = [
        (symbol, symbol)
        for symbol in (START_DISTANCE, START_GAP, START_GRADIENT)
        if symbol in setting.bound.free_symbols
    ]
    if named:
        return tuple(named)
    found: list[Start] = []
    for relation in setting.initial:
        known = start_relation(relation)
        if known is None:
            continue
        quantity, upper = known
        base = next(iter(quantity.free_symbols))
        if isinstance(base, sympy.Symbol):
            found.append((base, sympy.sqrt(upper) if quantity != base else upper))
    if not found and isinstance(setting.claim.bound, Order):
        # what an order hides may depend on the start: any start will do
        return ((START_DISTANCE, ONE),)
    return tuple(dict.fromkeys(found))


def examples(setting: Setting, lengths: Lengths, last: sympy.Expr) -> Iterator[Example]:
    """Functions to try, for a run up to x[last].

    Args:
        setting: the claim.
        lengths: the lengths of the method's step.
        last: the index at which the measure ends.
    """
    for start in starts(setting):
        for curvature in curvatures(setting):
            yield from _quadratic(start, curvature)
        smoothness = setting.constant("smooth", "L")
        if smoothness is not None:
            moved = last * lengths.total * smoothness
            for share in (1 / (2 * moved + 1), 1 / (moved + 1)):
                yield from _huber(start, smoothness, share)
        steepness = setting.constant("lipschitz", "G")
        if steepness is None:
            steepness = setting.constant("bounded_second_moment", "G")
        if steepness is not None:
            yield from _steep(start, steepness, last)
        travelled = last * lengths.total
        if smoothness is None and travelled != 0:
            for rate in (1 / (2 * travelled), 1 / travelled):
                yield from _absolute(start, rate)


def curvatures(setting: Setting) -> tuple[sympy.Expr, ...]:
    """The curvatures that the constants of the class suggest."""
    found = [
        factor * value
        for name, quantity, factor in CURVATURES
        if (value := setting.constant(name, quantity)) is not None
    ]
    growth = setting.constant("kl", "c")
    if growth is not None:
        found.append(growth**2 / 2)
    return tuple(dict.fromkeys(found))


def _quadratic(start: Start, curvature: sympy.Expr) -> Iterator[Example]:
    symbol, value = start
    squares = {
        START_DISTANCE: value**2,
        START_GAP: 2 * value / curvature,
        START_GRADIENT: value**2 / curvature**2,
    }
    yield Quadratic(curvature, squares[symbol])


def _huber(start: Start, curvature: sympy.Expr, share: sympy.Expr) -> Iterator[Example]:
    symbol, value = start
    squares = {
        START_DISTANCE: value**2,
        START_GAP: value / (curvature * (share - share**2 / 2)),
        START_GRADIENT: value**2 / (curvature * share) ** 2,
    }
    yield Huber(curvature, share, sympy.factor(squares[symbol]))


def _steep(start: Start, steepness: sympy.Expr, last: sympy.Expr) -> Iterator[Example]:
    symbol, value = start
    if symbol == START_DISTANCE:
        yield Coordinates(steepness, last + 1, value**2)
        yield Absolute(steepness, value**2)
    if symbol == START_GAP:
        yield Coordinates(steepness, last + 1, (last + 1) * (value / steepness) ** 2)
        yield Absolute(steepness, (value / steepness) ** 2)


def _absolute(start: Start, rate: sympy.Expr) -> Iterator[Example]:
    """m·|x| with m = rate·x[0]."""
    symbol, value = start
    squares = {
        START_DISTANCE: value**2,
        START_GAP: value / rate,
        START_GRADIENT: value**2 / rate**2,
    }
    square = squares[symbol]
    yield Absolute(rate * sympy.sqrt(square), square)


__all__ = ["curvatures", "examples", "starts"]
