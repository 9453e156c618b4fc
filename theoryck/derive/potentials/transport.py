"""Potentials that are constant along the extremal runs, for every k in closed form.

Along a run with affine gradients each observable at x[k] is a quadratic form in x[k] − x* and s,
and the step acts on these linearly. Three observables determine V[k+1] from V[k], exactly; the
first few V[k] give its coefficients as polynomials in k, which later ones must agree with.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import sympy

from theoryck.derive.potentials.elements import RationalFunction
from theoryck.derive.potentials.extremal import AffineRun, values_along
from theoryck.derive.potentials.linear import sole_solution
from theoryck.derive.potentials.numbers import Power, RationalFunctions
from theoryck.derive.potentials.step import OBSERVABLES, TracedPoints
from theoryck.derive.setting import ITERATION
from theoryck.derive.statements import Quantity, shifted

DEGREE = 6  # of the coefficients as polynomials in k
HELD_OUT = 2  # further potentials that the polynomials must reproduce

Coefficients = dict[Quantity, sympy.Expr]


@dataclass(frozen=True)
class Transport:
    """``here`` and ``ahead``: the observables at x[k] and x[k+1] as squares of one run."""

    here: tuple[tuple[Any, ...], ...]
    ahead: tuple[tuple[Any, ...], ...]
    numbers: RationalFunctions

    def next_one(self, potential: Sequence[Any], k: int) -> list[Any] | None:
        """The coefficients of V[k+1], given those of V[k] at a number k."""
        zero = self.numbers.integer(0)
        here, ahead = (
            [[self._at(c, k) for c in row] for row in t] for t in (self.here, self.ahead)
        )
        rows = [[row[place] for row in ahead] for place in range(len(OBSERVABLES))]
        right = []
        for place in range(len(OBSERVABLES)):
            total = zero
            for p, row in zip(potential, here, strict=True):
                total = total + p * row[place]
            right.append(total)
        return sole_solution(rows, right, zero)

    def _at(self, value: Any, k: int) -> Any:
        return self.numbers.substitute(value, ITERATION, k)


def transport(
    traced: TracedPoints, run: AffineRun, bounds: tuple[Any, Any], numbers: RationalFunctions
) -> Transport:
    """How the observables of two consecutive points look along a run."""
    values = values_along(traced, run, bounds, numbers)
    zero = numbers.integer(0)

    def squares(at: int) -> tuple[tuple[Any, ...], ...]:
        return tuple(
            run.squares(traced.quantity(shifted(q, at)), values, zero) for q in OBSERVABLES
        )

    return Transport(squares(0), squares(1), numbers)


@dataclass(frozen=True)
class Growth:
    """``step`` is 1/ratio for the ratio by which x[k] − x* shrinks along the run, and

    ``whole`` its k-th power.
    """

    step: RationalFunction
    whole: RationalFunction

    @classmethod
    def against(cls, ratio: RationalFunction, power: Power, numbers: RationalFunctions) -> Growth:
        """The growth, where the ratio or its inverse is the base of an adjoined power."""
        base, unknown = numbers.element(power.base), numbers.element(power.unknown)
        return cls(1 / ratio, 1 / unknown if base == ratio else unknown)


def closed_form(moved: Transport, start: Quantity, growth: Growth | None) -> Coefficients | None:
    """The potential that starts as one observable, with coefficients that hold for every k.

    Args:
        moved: from :func:`transport`.
        start: the observable.
        growth: the coefficients are polynomials in its power; None: they are polynomials in k.

    Returns:
        The coefficients, or None where the potentials follow no such formula.
    """
    numbers = moved.numbers
    current = [numbers.integer(1 if q == start else 0) for q in OBSERVABLES]
    samples = [current]
    for k in range(DEGREE + HELD_OUT):
        try:
            following = moved.next_one(current, k)
        except ZeroDivisionError:  # a step that is not defined at this k
            return None
        if following is None:
            return None
        current = following
        samples.append(current)
    found: Coefficients = {}
    for place, quantity in enumerate(OBSERVABLES):
        values = [sample[place] for sample in samples]
        if growth is None:
            fitted = _polynomial(values, numbers)
        else:
            fitted = _exponential(values, growth, numbers)
        if fitted is None:
            return None
        if fitted != 0:
            found[quantity] = numbers.expression(fitted)
    return found


def _exponential(samples: Sequence[Any], growth: Growth, numbers: RationalFunctions) -> Any | None:
    """``c0 + c1*growth**k + c2*growth**(2*k)`` through the samples, or None."""
    zero = numbers.integer(0)
    orders = range(3)  # squares of vectors that shrink by the ratio, or stay
    terms = [[growth.step ** (k * order) for order in orders] for k in range(len(samples))]
    coefficients = sole_solution(terms[: len(orders)], list(samples[: len(orders)]), zero)
    if coefficients is None:
        return None

    def combined(row: Sequence[Any]) -> Any:
        total = zero
        for c, term in zip(coefficients, row, strict=True):
            total = total + c * term
        return total

    if any(combined(row) != sample for row, sample in zip(terms, samples, strict=True)):
        return None
    return combined([growth.whole**order for order in orders])


def _polynomial(samples: Sequence[Any], numbers: RationalFunctions) -> Any | None:
    """The polynomial in k of least degree through the samples at 0, 1, ..., by differences."""
    k, zero = numbers.element(ITERATION), numbers.integer(0)
    differences = list(samples)
    leading: list[Any] = []
    while differences and len(leading) <= DEGREE:
        leading.append(differences[0])
        differences = [b - a for a, b in pairwise(differences)]
    if any(difference != zero for difference in differences):
        return None
    total, binomial = zero, numbers.integer(1)
    for order, coefficient in enumerate(leading):
        total = total + coefficient * binomial
        binomial = binomial * (k - order) / (order + 1)
    return total
