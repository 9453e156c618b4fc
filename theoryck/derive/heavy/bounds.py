"""The route: moments of a gradient, one clipped step, the sum over the run."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from theoryck.derive.heavy.powers import BalanceOfPowers
from theoryck.derive.heavy.reading import clipping
from theoryck.derive.heavy.rules import (
    MOMENTS,
    BiasOfClipped,
    BoundedGradientDescent,
    ClippedDescent,
    ClippedMethodStep,
    SquareOfClipped,
)
from theoryck.derive.measure import Target
from theoryck.derive.proof import Workshop
from theoryck.derive.routes.attempt import attempt
from theoryck.derive.routes.totals import of_total
from theoryck.derive.rules.recursions import Telescoping
from theoryck.derive.setting import OtherKind, Stuck
from theoryck.derive.statements import GAP, GRADIENT_SQUARED, Aggregate
from theoryck.derive.symbols import ONE

WEIGHTS = (ONE, sympy.Rational(1, 2), sympy.Rational(3, 2))  # of Young's inequality


def heavy_tailed_bounds(workshop: Workshop, target: Target) -> Iterator[int]:
    """Bounds on the gradients along a run of clipped stochastic steps.

    Nothing for a method that does not clip one stochastic gradient.

    Raises:
        Stuck: another thing is measured, or nothing bounds a moment of the gradient.
    """
    try:
        clipping(workshop.setting)
    except Stuck as stuck:
        workshop.failures.append(str(stuck))
        return
    measured = target.measured
    if measured.quantity != GRADIENT_SQUARED or measured.aggregate is Aggregate.LAST:
        raise OtherKind("the heavy-tailed route bounds sums and means of squared gradients")
    for decrease in _decreases(workshop):
        number = attempt(
            workshop,
            Telescoping(),
            decrease,
            potential=GAP,
            summand=GRADIENT_SQUARED,
            shift=0,
            lower=measured.lower,
            upper=measured.upper,
        )
        if number is not None:
            number = of_total(workshop, number, target)
        if number is not None:
            balanced = attempt(workshop, BalanceOfPowers(), number)
            yield number if balanced is None else balanced


def _decreases(workshop: Workshop) -> Iterator[int]:
    """One-step inequalities, those with the best exponents first."""
    step = attempt(workshop, ClippedMethodStep())
    if step is None:
        return
    pairs: list[tuple[int, int]] = []
    for rule in MOMENTS:
        moment = attempt(workshop, rule)
        if moment is None:
            continue
        square = attempt(workshop, SquareOfClipped(), step, moment)
        bias = attempt(workshop, BiasOfClipped(), step, moment)
        if square is not None and bias is not None:
            pairs.append((bias, square))
    if not pairs:
        for name in ("unbiased", "lipschitz"):
            if not workshop.setting.assumes(name):
                workshop.missing[name] = None
        raise Stuck(
            "a clipped stochastic gradient is followed where it is unbiased and one of its moments "
            "is bounded: by lipschitz(G) with heavy_tailed(alpha, sigma), 1 < alpha <= 2, or with "
            "bounded_variance(sigma), or by bounded_second_moment(G)"
        )
    for weight in WEIGHTS:
        for pair in pairs:
            number = attempt(workshop, ClippedDescent(), step, *pair, weight=weight)
            if number is not None:
                yield number
        if weight == 1:
            yield from _with_bounded_gradients(workshop, step, pairs)


def _with_bounded_gradients(
    workshop: Workshop, step: int, pairs: list[tuple[int, int]]
) -> Iterator[int]:
    for pair in pairs:
        number = attempt(workshop, BoundedGradientDescent(), step, *pair)
        if number is not None:
            yield number


__all__ = ["heavy_tailed_bounds"]
