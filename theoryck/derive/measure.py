"""Reads what a rate claim measures: which quantity, along which part of the run, under E or not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import sympy

from theoryck.claims.expressions import (
    Apply,
    Expectation,
    Expr,
    Gradient,
    Iterate,
    Number,
    Over,
    Symbol,
    Value,
    names,
)
from theoryck.derive.setting import Setting, Stuck
from theoryck.derive.statements import (
    DISTANCE_SQUARED,
    GAP,
    GRADIENT_SQUARED,
    Aggregate,
    Measured,
    Quantity,
)
from theoryck.derive.symbols import ONE, Reader, UnreadableError

AGGREGATES = {
    "min_over": Aggregate.MIN,
    "mean_over": Aggregate.MEAN,
    "sum_over": Aggregate.SUM,
}


@dataclass(frozen=True)
class Target:
    """``scale`` times the measured quantity; ``at_average``: f is taken at the mean iterate."""

    measured: Measured
    scale: sympy.Expr = ONE
    at_average: bool = False


@dataclass(frozen=True)
class _Pointwise:
    quantity: Quantity
    index: sympy.Expr
    root: bool
    expected: bool


def read_measure(setting: Setting, stochastic: bool) -> Target:
    """The claim's measure.

    Raises:
        Stuck: it is not one of the measures that the rules know, or random without E(...).
    """
    expr = setting.claim.measure
    symbols: Mapping[str, sympy.Expr] = setting.domain.symbols
    target = _read(expr, symbols)
    if target is None:
        raise Stuck(
            "the measure is not one that derive knows: f(x[n]) - f_star, norm(grad(x[n])), "
            "norm(x[n] - x_star), their squares, and min_over, mean_over, sum_over of them"
        )
    if stochastic and not target.measured.expected:
        raise Stuck("the measure is random: derive bounds expectations, E(...)")
    # without noise, E changes nothing
    measured = replace(target.measured, expected=stochastic)
    return replace(target, measured=measured)


def _read(expr: Expr, symbols: Mapping[str, sympy.Expr]) -> Target | None:
    match expr:
        case Expectation(body=body):
            inside = _read(body, symbols)
            # E min <= min E, and E commutes with means and sums
            return inside and replace(inside, measured=replace(inside.measured, expected=True))
        case Over(kind=kind) if kind in AGGREGATES:
            return _read_range(expr, symbols)
        case Apply(function="**", arguments=(base, Number(value=2))):
            known = _read_point(expr, symbols)
            if known is not None:
                return _last(known)
            inside = _read(base, symbols)
            if inside is None or not inside.measured.root or inside.scale != 1:
                return None
            # (min ‖v‖)² = min ‖v‖², (mean ‖v‖)² <= mean ‖v‖², (E‖v‖)² <= E‖v‖²
            return replace(inside, measured=replace(inside.measured, root=False))
        case Apply(function="sqrt", arguments=(inner,)):
            inside = _read(inner, symbols)
            fits = inside is not None and inside.scale == 1 and not inside.measured.root
            if inside is None or not fits or inside.measured.quantity == GAP:
                return None
            if inside.measured.aggregate is Aggregate.SUM:
                return None
            return replace(inside, measured=replace(inside.measured, root=True))
        case Apply(function="*" | "/" as operator, arguments=(left, right)):
            known = _read_point(expr, symbols)
            if known is not None:
                return _last(known)
            for factor, body in ((left, right), (right, left)):
                scale = _number(factor, symbols)
                inside = None if scale is None else _read(body, symbols)
                if inside is None or scale is None or (operator == "/" and body is right):
                    continue
                factor_value = scale if operator == "*" else 1 / scale
                return replace(inside, scale=inside.scale * factor_value)
            return None
        case Apply(function="-", arguments=(Value(point=Over() as over), other)):
            return _read_average(over, other, symbols)
        case Apply(function="-", arguments=(Expectation(body=Value(point=Over() as over)), other)):
            found = _read_average(over, other, symbols)
            return found and replace(found, measured=replace(found.measured, expected=True))
    known = _read_point(expr, symbols)
    return None if known is None else _last(known)


def _last(point: _Pointwise) -> Target:
    return Target(
        Measured(
            point.quantity,
            Aggregate.LAST,
            point.index,
            point.index,
            root=point.root,
            expected=point.expected,
        )
    )


def _read_range(over: Over, symbols: Mapping[str, sympy.Expr]) -> Target | None:
    ends = (_number(over.lower, symbols), _number(over.upper, symbols))
    lower, upper = ends
    if lower is None or upper is None:
        return None
    running = sympy.Symbol(over.variable, integer=True)
    body, scale = over.body, ONE
    point = _read_point(body, {**symbols, over.variable: running})
    if point is None:
        return None
    shift = sympy.expand(point.index - running)
    if not isinstance(shift, sympy.Integer):
        return None
    aggregate = AGGREGATES[over.kind]
    if aggregate is Aggregate.SUM and point.root:
        return None
    measured = Measured(
        point.quantity,
        aggregate,
        lower + shift,
        upper + shift,
        root=point.root,
        expected=point.expected,
    )
    return Target(measured, scale)


def _read_average(over: Over, other: Expr, symbols: Mapping[str, sympy.Expr]) -> Target | None:
    if not _is_minimum(other) or over.kind != "mean_over":
        return None
    gap = Apply("-", (Value(over.body), Symbol("f_star")))
    inside = _read_range(replace(over, body=gap), symbols)
    return inside and replace(inside, at_average=True)


def _read_point(expr: Expr, symbols: Mapping[str, sympy.Expr]) -> _Pointwise | None:
    match expr:
        case Expectation(body=body):
            inside = _read_point(body, symbols)
            return inside and replace(inside, expected=True)
        case Apply(function="-", arguments=(Expectation(body=Value(point=point)), other)):
            index = _iterate(point, symbols)
            if index is not None and _is_minimum(other):
                return _Pointwise(GAP, index, False, True)
        case Apply(function="-", arguments=(Value(point=point), other)):
            index = _iterate(point, symbols)
            if index is not None and _is_minimum(other):
                return _Pointwise(GAP, index, False, False)
        case Apply(function="norm", arguments=(vector,)):
            return _vector(vector, symbols, root=True)
        case Apply(
            function="**", arguments=(Apply(function="norm", arguments=(vector,)), Number(value=2))
        ):
            return _vector(vector, symbols, root=False)
        case Apply(function="dot", arguments=(left, right)) if left == right:
            return _vector(left, symbols, root=False)
    return None


def _vector(vector: Expr, symbols: Mapping[str, sympy.Expr], *, root: bool) -> _Pointwise | None:
    minimiser = Symbol("x_star")
    match vector:
        case Gradient(point=point):
            index = _iterate(point, symbols)
            return None if index is None else _Pointwise(GRADIENT_SQUARED, index, root, False)
        case Apply(function="-", arguments=(left, right)) if minimiser in (left, right):
            index = _iterate(left if right == minimiser else right, symbols)
            return None if index is None else _Pointwise(DISTANCE_SQUARED, index, root, False)
    return None


def _iterate(point: Expr, symbols: Mapping[str, sympy.Expr]) -> sympy.Expr | None:
    return _number(point.index, symbols) if isinstance(point, Iterate) else None


def _is_minimum(expr: Expr) -> bool:
    return expr in (Symbol("f_star"), Value(Symbol("x_star")))


def _number(expr: Expr, symbols: Mapping[str, sympy.Expr]) -> sympy.Expr | None:
    """An expression in the parameters, or None where it is not one or may be undefined."""
    if not names(expr) <= symbols.keys():
        return None
    reader = Reader(symbols)
    try:
        value = reader.read(expr)
    except UnreadableError:
        return None
    return None if reader.obligations else value
