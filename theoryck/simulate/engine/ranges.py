"""How small a measure can be, whatever the run: what a lower bound on its mean starts from."""

from __future__ import annotations

import math
from collections.abc import Iterator

from theoryck.claims.evaluate import Environment, evaluate
from theoryck.claims.expressions import (
    Apply,
    Expectation,
    Expr,
    Over,
    Value,
    mentions,
)
from theoryck.simulate.engine.arrays import ArrayNumbers
from theoryck.simulate.engine.measures import is_fixed
from theoryck.simulate.errors import SimulationError

Range = tuple[float, float]
ANY: Range = (-math.inf, math.inf)
NOT_NEGATIVE: Range = (0.0, math.inf)


def least_in_expectations(measure: Expr, here: Environment) -> tuple[float, ...]:
    """For every E(...) that the measure evaluates, in that order, the least that is in it.

    Args:
        measure: what is measured.
        here: the start of a single run; x[k] for k > 0 is not read.

    Raises:
        SimulationError: an expectation is within another.
    """
    return tuple(_least(measure, here))


def _least(expr: Expr, here: Environment) -> Iterator[float]:
    match expr:
        case Expectation(body=body):
            if mentions(body, Expectation):
                raise SimulationError("an expectation within another")
            yield range_of(body, here)[0]
        case Over(body=body):
            if mentions(body, Expectation):
                for inner in _bound(expr, here):
                    yield from _least(body, inner)
        case Apply(arguments=arguments):
            for argument in arguments:
                yield from _least(argument, here)


def range_of(expr: Expr, here: Environment) -> Range:
    """An interval that a scalar expression stays in, whatever x[1], x[2], … are.

    ``f`` is at least ``f_star``, norms and even powers are not negative; what is not known to be
    bounded is not. Parameters and x[0] have the values of ``here``.
    """
    if not isinstance(expr, Over) and is_fixed(expr):
        value = evaluate(expr, here, ArrayNumbers())
        number = float(value.reshape(-1)[0]) if hasattr(value, "reshape") else float(value)
        return ANY if math.isnan(number) else (number, number)
    match expr:
        case Value():
            return float(here.symbols["f_star"]), math.inf
        case Over(kind=kind, body=body):
            return _over(kind, [range_of(body, inner) for inner in _bound(expr, here)])
        case Apply(function="norm"):
            return NOT_NEGATIVE
        case Apply(function="dot", arguments=(left, right)):
            return NOT_NEGATIVE if left == right else ANY
        case Apply(function="**", arguments=(base, power)):
            return _power(range_of(base, here), range_of(power, here))
        case Apply(function=function, arguments=arguments):
            return _apply(function, [range_of(a, here) for a in arguments])
    return ANY


def _bound(over: Over, here: Environment) -> Iterator[Environment]:
    numbers = ArrayNumbers()
    lower, upper = (
        numbers.to_integer(evaluate(end, here, numbers)) for end in (over.lower, over.upper)
    )
    for index in range(lower, upper + 1):
        yield here.bind(over.variable, float(index))


def _over(kind: str, ranges: list[Range]) -> Range:
    lows, highs = [r[0] for r in ranges], [r[1] for r in ranges]
    match kind:
        case "min_over":
            return min(lows), min(highs)
        case "max_over":
            return max(lows), max(highs)
        case "sum_over":
            return sum(lows), sum(highs)
    return sum(lows) / len(lows), sum(highs) / len(highs)


def _power(base: Range, exponent: Range) -> Range:
    low, high = base
    power = exponent[0]
    if power != exponent[1] or not 0 < power < math.inf:
        return ANY
    if power % 2 == 0:
        return NOT_NEGATIVE
    return (_raised(low, power), _raised(high, power)) if low >= 0 else ANY


def _raised(base: float, power: float) -> float:
    try:
        return float(base**power)
    except OverflowError:
        return math.inf


def _apply(function: str, ranges: list[Range]) -> Range:
    low, high = ranges[0]
    match function:
        case "+":
            return low + ranges[1][0], high + ranges[1][1]
        case "-":
            return low - ranges[1][1], high - ranges[1][0]
        case "neg":
            return -high, -low
        case "*":
            return _product(ranges[0], ranges[1])
        case "/":
            below = ranges[1]
            if below[0] > 0 or below[1] < 0:
                return _product(ranges[0], (1 / below[1], 1 / below[0]))
        case "abs":
            return NOT_NEGATIVE if low < 0 else (low, high)
        case "sqrt" | "relu":
            return NOT_NEGATIVE if low < 0 else _monotone(function, low, high)
        case "min":
            return min(r[0] for r in ranges), min(r[1] for r in ranges)
        case "max":
            return max(r[0] for r in ranges), max(r[1] for r in ranges)
        case "exp" | "softplus":
            return NOT_NEGATIVE
        case "sigmoid":
            return 0.0, 1.0
    return ANY


def _monotone(function: str, low: float, high: float) -> Range:
    return (low, high) if function == "relu" else (math.sqrt(low), math.sqrt(high))


def _product(left: Range, right: Range) -> Range:
    ends = [0.0 if 0.0 in (a, b) else a * b for a in left for b in right]
    return min(ends), max(ends)
