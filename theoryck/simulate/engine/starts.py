"""Starts that meet a claim's initial conditions with equality, or nearly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from math import floor, log2, log10
from typing import Any

from theoryck.claims.evaluate import Environment, evaluate
from theoryck.claims.expressions import Comparison
from theoryck.errors import TheoryckError
from theoryck.simulate.backend import numpy_backend
from theoryck.simulate.engine.arrays import ArrayNumbers
from theoryck.simulate.engine.classes import Candidate, starts_inside
from theoryck.simulate.engine.exact import exact_form, start_holds
from theoryck.simulate.engine.measures import environment
from theoryck.simulate.engine.values import Values
from theoryck.simulate.runs.loop import Trajectory

DOUBLINGS = 80
BISECTIONS = 60


def place_start(
    candidate: Candidate, conditions: Sequence[Comparison], values: Values
) -> Candidate | None:
    """The candidate with its start as far from x* as the conditions allow.

    None when no start along its direction meets them.
    """
    if not conditions:
        return candidate
    for factor in _near(_largest_scale(candidate, conditions, values)):
        placed = candidate.at_scale(factor)
        if exact_form(placed.problem) is not None:
            if start_holds(placed, conditions, values):
                return placed
        elif _holds(placed, conditions, values):
            return placed
    return None


def _near(scale: float) -> tuple[Fraction, ...]:
    """Simple rational numbers close to the scale, then ones surely below it."""
    if scale == 0:
        return (Fraction(0),)
    exact = Fraction(scale)
    simple = (exact.limit_denominator(1000), exact.limit_denominator(10**6))
    close = tuple(c for c in simple if abs(c - exact) <= exact / 10**6 and c > 0)
    return (*close, *(_down(exact, digits) for digits in (12, 9, 7)))


def _down(value: Fraction, digits: int) -> Fraction:
    """The value cut after so many decimal digits, less one unit of the last."""
    unit = Fraction(10) ** (floor(log10(value)) - digits + 1)
    return (value // unit - 1) * unit


def _largest_scale(candidate: Candidate, conditions: Sequence[Comparison], values: Values) -> float:
    """The largest scale at which the conditions hold in doubles, equalities read as bounds.

    0 when none is found: it is left to try the start at x*.
    """
    relaxed = [_relax(condition) for condition in conditions]

    def holds(scale: float) -> bool:
        return _holds(candidate.at_scale(Fraction(scale)), relaxed, values)

    guess = _by_power_law(candidate, relaxed, values)
    if guess is not None and holds(guess) and not holds(guess * (1 + 1e-9)):
        return guess
    low = 1.0
    if holds(low):
        high = 2.0
        for _ in range(DOUBLINGS):
            if not holds(high):
                break
            low, high = high, 2 * high
        else:
            return 1.0  # nothing bounds the start
    else:
        high = low
        for _ in range(DOUBLINGS):
            low = high / 2
            if holds(low):
                break
            high = low
        else:
            return 0.0
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low


def _by_power_law(
    candidate: Candidate, conditions: Sequence[Comparison], values: Values
) -> float | None:
    """The scale at which the one condition is met with equality, if it grows like a power."""
    if len(conditions) != 1 or conditions[0].relations not in (("<=",), ("<",)):
        return None
    quotients = []
    for scale in (Fraction(1), Fraction(2)):
        here = _environment(candidate.at_scale(scale), values)
        try:
            left, right = (
                _scalar(evaluate(side, here, ArrayNumbers())) for side in conditions[0].operands
            )
        except TheoryckError:
            return None
        if not (left > 0 and right > 0):
            return None
        quotients.append(left / right)
    power = log2(quotients[1] / quotients[0])
    if not 0 < power < 64:
        return None
    return float(quotients[0] ** (-1 / power))


def _environment(candidate: Candidate, values: Values) -> Environment:
    backend = numpy_backend()
    functions = candidate.problem.on(backend)
    start = (
        backend.asarray([[float(entry) for entry in candidate.direction]]) + functions.minimiser()
    )
    return environment(values.floats, Trajectory({0: start}, 0), functions)


def _relax(condition: Comparison) -> Comparison:
    return replace(
        condition, relations=tuple("<=" if r == "==" else r for r in condition.relations)
    )


def _holds(candidate: Candidate, conditions: Sequence[Comparison], values: Values) -> bool:
    if not starts_inside(candidate):
        return False
    here = _environment(candidate, values)
    try:
        return all(_compare(condition, here) for condition in conditions)
    except TheoryckError:
        return False


def _compare(condition: Comparison, here: Environment) -> bool:
    operands = [_scalar(evaluate(o, here, ArrayNumbers())) for o in condition.operands]
    for left, right, relation in zip(operands, operands[1:], condition.relations, strict=False):
        room = 1e-12 * max(abs(left), abs(right))
        if relation in ("<=", "<") and left - right > room:
            return False
        if relation in (">=", ">") and right - left > room:
            return False
        if relation == "==" and abs(left - right) > 1e6 * room:
            return False
    return True


def _scalar(value: Any) -> float:
    return float(value.reshape(-1)[0]) if hasattr(value, "reshape") else float(value)
