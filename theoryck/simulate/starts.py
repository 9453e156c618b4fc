"""Starts that meet a claim's initial conditions with equality, or nearly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from math import floor, log10

from theoryck.claims.evaluate import Environment, evaluate
from theoryck.claims.expressions import Comparison
from theoryck.errors import TheoryckError
from theoryck.simulate.arrays import ArrayNumbers
from theoryck.simulate.backend import numpy_backend
from theoryck.simulate.classes import Candidate
from theoryck.simulate.exact import initial_holds
from theoryck.simulate.measures import environment
from theoryck.simulate.problems.base import ExactProblem
from theoryck.simulate.runs import Trajectory
from theoryck.simulate.values import Values

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
    largest = _largest_scale(candidate, conditions, values)
    if largest is None:
        return None
    for factor in _near(largest):
        placed = candidate.at_scale(factor)
        if isinstance(placed.problem, ExactProblem):
            if initial_holds(placed, conditions, values):
                return placed
        elif _holds(placed, conditions, values):
            return placed
    return None


def _near(scale: float) -> tuple[Fraction, ...]:
    """Simple rational numbers close to the scale, then ones surely below it."""
    exact = Fraction(scale)
    simple = (exact.limit_denominator(1000), exact.limit_denominator(10**6))
    close = tuple(c for c in simple if abs(c - exact) <= exact / 10**6 and c > 0)
    return (*close, *(_down(exact, digits) for digits in (12, 9, 7)))


def _down(value: Fraction, digits: int) -> Fraction:
    """The value cut after so many decimal digits, less one unit of the last."""
    unit = Fraction(10) ** (floor(log10(value)) - digits + 1)
    return (value // unit - 1) * unit


def _largest_scale(
    candidate: Candidate, conditions: Sequence[Comparison], values: Values
) -> float | None:
    """The largest scale at which the conditions hold in doubles, equalities read as bounds."""
    relaxed = [_relax(condition) for condition in conditions]

    def holds(scale: float) -> bool:
        return _holds(candidate.at_scale(Fraction(scale)), relaxed, values)

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
            return None
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low


def _relax(condition: Comparison) -> Comparison:
    return replace(
        condition, relations=tuple("<=" if r == "==" else r for r in condition.relations)
    )


def _holds(candidate: Candidate, conditions: Sequence[Comparison], values: Values) -> bool:
    backend = numpy_backend()
    functions = candidate.problem.on(backend)
    start = backend.asarray([[float(entry) for entry in candidate.direction]]) + functions.x_star
    here: Environment = environment(values.floats, Trajectory({0: start}, 0), functions)
    try:
        return all(_compare(condition, here) for condition in conditions)
    except TheoryckError:
        return False


def _compare(condition: Comparison, here: Environment) -> bool:
    operands = [evaluate(operand, here, ArrayNumbers()) for operand in condition.operands]
    for left, right, relation in zip(operands, operands[1:], condition.relations, strict=False):
        difference = (
            float((left - right).reshape(-1)[0])
            if hasattr(left - right, "shape")
            else (left - right)
        )
        scale = 1e-12 * max(abs(float(_scalar(left))), abs(float(_scalar(right))))
        if relation in ("<=", "<") and difference > scale:
            return False
        if relation in (">=", ">") and difference < -scale:
            return False
        if relation == "==" and abs(difference) > 1e-6 * max(scale * 1e12, 1e-300):
            return False
    return True


def _scalar(value: object) -> float:
    return float(value.reshape(-1)[0]) if hasattr(value, "reshape") else float(value)  # type: ignore[arg-type]
