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
)
from theoryck.derive.setting import F_STAR, Setting, Stuck, start_quantity
from theoryck.derive.statements import (
    DISTANCE_SQUARED,
    GAP,
    GRADIENT_SQUARED,
    Aggregate,
    Measured,
    Quantity,
)
from theoryck.derive.symbols import ONE, ZERO, Obligation, Reader, UnreadableError

AGGREGATES = {
    "min_over": Aggregate.MIN,
    "mean_over": Aggregate.MEAN,
    "sum_over": Aggregate.SUM,
}


@dataclass(frozen=True)
class Target:
    """``scale*measured + offset``; ``at_average``: f is taken at the mean iterate.

    ``random``: the measure itself is random, and the claim holds with its confidence.
    """

    measured: Measured
    scale: sympy.Expr = ONE
    offset: sympy.Expr = ZERO
    at_average: bool = False
    random: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether it is the measured quantity itself."""
        return bool(self.scale == 1 and self.offset == 0)

    def expected(self) -> Target:
        """The expectation of it."""
        return replace(self, measured=replace(self.measured, expected=True))

    def affine(self, scale: sympy.Expr, offset: sympy.Expr) -> Target:
        """``scale*self + offset``."""
        return replace(self, scale=scale * self.scale, offset=scale * self.offset + offset)


def read_measure(setting: Setting, stochastic: bool) -> tuple[Target, tuple[Obligation, ...]]:
    """The claim's measure, and what must hold for its text to have a value.

    Raises:
        Stuck: it is not one of the measures that the rules know, or random without E(...).
    """
    reading = _Reading(setting.domain.symbols)
    target = reading.read(setting.claim.measure)
    if target is None:
        raise Stuck(
            "the measure is not one that derive knows: f(x[n]) - f_star, norm(grad(x[n])), "
            "norm(x[n] - x_star), their squares, and min_over, mean_over, sum_over of them"
        )
    random = stochastic and not target.measured.expected
    if random and setting.claim.confidence is None:
        raise Stuck("the measure is random: derive bounds expectations, E(...)")
    # without noise, E changes nothing
    measured = replace(target.measured, expected=stochastic)
    return replace(target, measured=measured, random=random), tuple(reading.obligations)


class _Reading:
    """Walks a measure; knows the indices that are bound around it."""

    def __init__(self, symbols: Mapping[str, sympy.Expr]) -> None:
        self.symbols = symbols
        self.obligations: list[Obligation] = []

    def read(self, expr: Expr) -> Target | None:
        """The measure as a multiple of an aggregated quantity plus a number."""
        match expr:
            case Expectation(body=body):
                inside = self.read(body)
                # E min <= min E, and E commutes with means and sums
                return inside and inside.expected()
            case Over(kind=kind) if kind in AGGREGATES:
                return self._range(expr)
            case Value(point=Over(kind="mean_over") as over):
                inside = self._range(replace(over, body=Value(over.body)))
                return inside and replace(inside, at_average=True)
            case Value(point=Iterate(index=index)):
                return self._last(GAP, index, offset=F_STAR)
            case Apply(function="norm", arguments=(vector,)):
                return self._vector(vector)
            case Apply(function="dot", arguments=(left, right)) if left == right:
                return self._square(self._vector(left))
            case Apply(function="**", arguments=(base, Number(value=2))):
                return self._square(self.read(base))
            case Apply(function="sqrt", arguments=(body,)):
                return self._root(self.read(body))
            case Apply(function="neg", arguments=(body,)):
                inside = self.read(body)
                return inside and inside.affine(-ONE, ZERO)
            case Apply(function=function, arguments=(left, right)):
                return self._arithmetic(function, left, right)
        return None

    def _arithmetic(self, function: str, left: Expr, right: Expr) -> Target | None:
        first, second = self._number(left), self._number(right)
        if second is not None:
            inside = self.read(left)
            match function:
                case "+" | "-" if inside is not None:
                    return inside.affine(ONE, second if function == "+" else -second)
                case "*" if inside is not None:
                    return inside.affine(second, ZERO)
                case "/" if inside is not None and second != 0:
                    return inside.affine(1 / second, ZERO)
        if first is not None:
            inside = self.read(right)
            match function:
                case "+" | "-" if inside is not None:
                    return inside.affine(ONE if function == "+" else -ONE, first)
                case "*" if inside is not None:
                    return inside.affine(first, ZERO)
        return None

    @staticmethod
    def _square(inside: Target | None) -> Target | None:
        # (min ‖v‖)² = min ‖v‖², (mean ‖v‖)² <= mean ‖v‖², (E‖v‖)² <= E‖v‖²
        if inside is None or not inside.measured.root or not inside.is_plain:
            return None
        return replace(inside, measured=replace(inside.measured, root=False))

    @staticmethod
    def _root(inside: Target | None) -> Target | None:
        if inside is None or not inside.is_plain or inside.measured.root:
            return None
        if inside.measured.quantity == GAP or inside.measured.aggregate is Aggregate.SUM:
            return None
        return replace(inside, measured=replace(inside.measured, root=True))

    def _last(
        self, quantity: Quantity, index: Expr, *, root: bool = False, offset: sympy.Expr = ZERO
    ) -> Target | None:
        at = self._number(index)
        if at is None:
            return None
        return Target(Measured(quantity, Aggregate.LAST, at, at, root=root), ONE, offset)

    def _vector(self, vector: Expr) -> Target | None:
        minimiser = Symbol("x_star")
        match vector:
            case Gradient(point=Iterate(index=index)):
                return self._last(GRADIENT_SQUARED, index, root=True)
            case Apply(function="-", arguments=(Iterate(index=index), other)) if other == minimiser:
                return self._last(DISTANCE_SQUARED, index, root=True)
            case Apply(function="-", arguments=(other, Iterate(index=index))) if other == minimiser:
                return self._last(DISTANCE_SQUARED, index, root=True)
        return None

    def _range(self, over: Over) -> Target | None:
        lower, upper = self._number(over.lower), self._number(over.upper)
        running = sympy.Symbol(over.variable, integer=True)
        within = _Reading({**self.symbols, over.variable: running})
        inside = within.read(over.body)
        self.obligations += within.obligations
        if inside is None or lower is None or upper is None:
            return None
        measured = inside.measured
        shift = sympy.expand(measured.upper - running)
        varies = running in (inside.scale.free_symbols | inside.offset.free_symbols)
        if measured.aggregate is not Aggregate.LAST or varies:
            return None
        aggregate = AGGREGATES[over.kind]
        if not isinstance(shift, sympy.Integer):
            return None
        if aggregate is Aggregate.SUM and measured.root:
            return None
        offset = inside.offset
        if aggregate is Aggregate.SUM:
            offset = offset * (upper - lower + 1)
        return Target(
            replace(measured, aggregate=aggregate, lower=lower + shift, upper=upper + shift),
            inside.scale,
            offset,
        )

    def _number(self, expr: Expr) -> sympy.Expr | None:
        """An expression in the parameters and the start, or None where it is something else."""
        reader = Reader(self.symbols, start_quantity)
        try:
            value = reader.read(expr)
        except UnreadableError:
            return None
        self.obligations += reader.obligations
        return value
