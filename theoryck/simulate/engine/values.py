"""A choice of the claim's parameters: exactly, as doubles, and as text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import flint

from theoryck.algebra import NumberSystem
from theoryck.claims.arithmetic import Balls, Rationals, to_fraction
from theoryck.claims.claim import AssumptionUse
from theoryck.claims.evaluate import Environment, evaluate
from theoryck.claims.expressions import Expr
from theoryck.claims.spelling import spell_instance
from theoryck.errors import InexactError
from theoryck.simulate.engine.membership import Assumed


@dataclass(frozen=True)
class Values:
    """Parameter values in an exact number system, with their doubles and their text."""

    numbers: NumberSystem
    exact: Mapping[str, Any]
    floats: Mapping[str, float]
    text: Mapping[str, str]

    def in_balls(self) -> Values:
        """The same values as balls."""
        exact = {name: widen(value) for name, value in self.exact.items()}
        return Values(Balls(), exact, self.floats, self.text)


def choose(at: Mapping[str, Expr]) -> Values:
    """The values of one entry of ``at``: rationals if all are rational, else balls.

    Raises:
        TheoryckError: an expression has no value.
    """
    text = spell_instance(at)
    numbers: NumberSystem = Rationals()
    try:
        exact = {name: evaluate(expr, Environment(), numbers) for name, expr in at.items()}
    except InexactError:
        numbers = balls = Balls()
        with balls.scope():
            exact = {name: evaluate(expr, Environment(), balls) for name, expr in at.items()}
    return Values(numbers, exact, {name: to_float(value) for name, value in exact.items()}, text)


def assumed(
    uses: tuple[AssumptionUse, ...], values: Values
) -> tuple[tuple[Assumed, ...], NumberSystem]:
    """The assumptions with the values of their parameters, and the number system they are in."""
    try:
        return _assumed(uses, values.exact, values.numbers), values.numbers
    except InexactError:
        wide = values.in_balls()
        return _assumed(uses, wide.exact, wide.numbers), wide.numbers


def _assumed(
    uses: tuple[AssumptionUse, ...], symbols: Mapping[str, Any], numbers: NumberSystem
) -> tuple[Assumed, ...]:
    environment = Environment(symbols)
    return tuple(
        Assumed(
            use.assumption.name,
            {name: evaluate(e, environment, numbers) for name, e in use.arguments.items()},
        )
        for use in uses
    )


def widen(value: Any) -> Any:
    """An exact number as a ball."""
    return flint.arb(value)


def to_float(value: Any) -> float:
    """The nearest double, or nearly."""
    if isinstance(value, flint.arb):
        return float(value.mid())
    if isinstance(value, flint.fmpq):
        return float(to_fraction(value))
    return float(value)


def exact_fraction(value: Any) -> Fraction:
    """A rational value as a fraction.

    Raises:
        InexactError: it is a ball.
    """
    if isinstance(value, flint.arb):
        raise InexactError(f"{value} is not known to be rational")
    return to_fraction(value)


def at_integer(values: Values, name: str, integer: int) -> Values:
    """The same values with one parameter set to an integer."""
    return Values(
        values.numbers,
        {**values.exact, name: values.numbers.integer(integer)},
        {**values.floats, name: float(integer)},
        {**values.text, name: str(integer)},
    )


def floor_fraction(value: Any) -> Fraction:
    """A rational number at or just below an exact one: below it by at most 2⁻⁴⁰ or so."""
    if isinstance(value, flint.arb):
        # well below, so that comparing it with the ball again is no matter of rounding
        end = to_fraction(value.lower().mid().fmpq())
        return end - abs(end) / 2**40
    return to_fraction(value)


def ceil_fraction(value: Any) -> Fraction:
    """A rational number at or just above an exact one."""
    return -floor_fraction(-value)
