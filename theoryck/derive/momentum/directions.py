"""Combinations of a state that a step moves along gradients only.

With z[k] = sum(u[i](k)*entry[i]) and a point y where a gradient is taken, the condition is
z[k+1] − (1 − θ)·z[k] − θ·y in the span of the gradients (θ = 0: z only moves along them). It is
linear in the u[i], which are sought as polynomials in k.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from theoryck.algebra import Evaluation
from theoryck.derive.momentum.state import MemoryStep
from theoryck.derive.momentum.statements import Direction, moved
from theoryck.derive.potentials.linear import sole_solution
from theoryck.derive.setting import ITERATION

DEGREES = (0, 1, 2)  # of the coefficients as polynomials in k
SAMPLES = range(2, 10)  # values of k at which the condition is asked to hold


def moved_by_gradients(
    step: MemoryStep, toward: Evaluation | None = None, share: Any = None
) -> Direction | None:
    """The u[i], whose sum over the entries that are points is 1; None where there are none.

    Args:
        step: the step.
        toward: the point y, None for θ = 0.
        share: θ, an element of the field.
    """
    for degree in DEGREES if step.varies else (0,):
        solution = _of_degree(step, degree, toward, share)
        if solution is not None:
            return solution
    return None


def previous_iterate(step: MemoryStep) -> Direction | None:
    """x[k-1] as a combination of the state at k, where the state tells it."""
    numbers, zero = step.numbers, step.numbers.integer(0)
    leaves = dict.fromkeys(leaf for e in (*step.after, step.before[0]) for leaf in e.coefficients)
    solution = sole_solution(
        [[e.coefficients.get(leaf, zero) for e in step.after] for leaf in leaves],
        [step.before[0].coefficients.get(leaf, zero) for leaf in leaves],
        zero,
    )
    if solution is None:
        return None
    return moved(tuple(numbers.expression(c) for c in solution), ITERATION - 1)


def _of_degree(
    step: MemoryStep, degree: int, toward: Evaluation | None, share: Any
) -> Direction | None:
    numbers = step.numbers
    rows: list[list[Any]] = []
    right: list[Any] = []
    for number in SAMPLES if step.varies else SAMPLES[:1]:
        try:
            for row, value in _conditions(step, number, degree, toward, share):
                rows.append(row)
                right.append(value)
        except ZeroDivisionError:  # a step that is not defined at this k
            continue
    solution = sole_solution(rows, right, numbers.integer(0)) if rows else None
    if solution is None:
        return None
    width = degree + 1
    found = []
    for place in range(step.size):
        coefficients = solution[place * width : (place + 1) * width]
        total = numbers.integer(0)
        for power, c in enumerate(coefficients):
            total = total + c * numbers.element(ITERATION**power)
        found.append(numbers.expression(total))
    return tuple(found)


def _conditions(
    step: MemoryStep, number: int, degree: int, toward: Evaluation | None, share: Any
) -> Iterator[tuple[list[Any], Any]]:
    """The equations at one k, in the coefficients of the polynomials."""
    numbers = step.numbers
    zero, one = numbers.integer(0), numbers.integer(1)
    kept = one if share is None else one - share
    for leaf in step.state_leaves:
        row: list[Any] = []
        for before, after in zip(step.before, step.after, strict=True):
            here = before.coefficients.get(leaf, zero)
            ahead = numbers.substitute(after.coefficients.get(leaf, zero), ITERATION, number)
            row += [
                ahead * (number + 1) ** power - kept * here * number**power
                for power in range(degree + 1)
            ]
        value = zero
        if toward is not None:
            there = toward.point.coefficients.get(leaf, zero)
            value = share * numbers.substitute(there, ITERATION, number)
        yield row, value
    total = [one * weight * number**power for weight in step.weights for power in range(degree + 1)]
    yield total, one


__all__ = ["moved_by_gradients", "previous_iterate"]
