"""The route for steps divided by the root of the squared gradients so far."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from theoryck.claims.expressions import Order
from theoryck.derive.functional.accumulated import (
    AssumedStartOfRoot,
    DividedByRoot,
    SolvedLogarithm,
    SolvedQuotient,
    SumByGrowth,
    SumOfGains,
    SumOfShortSteps,
)
from theoryck.derive.measure import Target
from theoryck.derive.proof import Workshop
from theoryck.derive.routes.attempt import attempt
from theoryck.derive.routes.totals import of_total
from theoryck.derive.rules.base import NotApplicableError
from theoryck.derive.setting import OtherKind
from theoryck.derive.statements import GRADIENT_SQUARED, Aggregate

SHARES = tuple(map(sympy.Rational, ("1/2", "3/4", "1/4", "2/3", "1/3", "9/10")))


def accumulated_bounds(workshop: Workshop, target: Target) -> Iterator[int]:
    """Bounds on the squares of the gradients: their sum, mean or least."""
    measured = target.measured
    aggregates = (Aggregate.MIN, Aggregate.MEAN, Aggregate.SUM)
    if measured.quantity != GRADIENT_SQUARED or measured.aggregate not in aggregates:
        raise OtherKind("steps divided by a root of squares bound the sum of the squares")
    if measured.expected:
        raise OtherKind("random steps divided by a root of squares are not read")
    try:
        step = workshop.add(DividedByRoot())
    except NotApplicableError as error:
        raise OtherKind(str(error)) from error
    for rule in (SumOfShortSteps(), SumOfGains()):
        number = attempt(workshop, rule, step, upper=measured.upper)
        if number is None:
            continue
        for started in (*_assumed(workshop, number), number):
            for total in _totals(workshop, target, started):
                final = of_total(workshop, total, target)
                if final is not None:
                    yield final


def _assumed(workshop: Workshop, number: int) -> Iterator[int]:
    for index in range(len(workshop.setting.initial)):
        found = attempt(workshop, AssumedStartOfRoot(), number, relation=index)
        if found is not None:
            yield found


def _totals(workshop: Workshop, target: Target, number: int) -> Iterator[int]:
    lower = target.measured.lower
    level = _claimed(workshop, target)
    if level is not None:
        found = attempt(workshop, SumByGrowth(), number, level=level, lower=lower)
        if found is not None:
            yield found
            return
    found = attempt(workshop, SolvedQuotient(), number, lower=lower)
    if found is not None:
        yield found
        return
    for share in SHARES if level is not None else SHARES[:1]:
        found = attempt(workshop, SolvedLogarithm(), number, share=share, lower=lower)
        if found is not None:
            yield found


def _claimed(workshop: Workshop, target: Target) -> sympy.Expr | None:
    """The sum of squares that the claim allows, or None for an order."""
    if isinstance(workshop.setting.claim.bound, Order) or target.scale == 0:
        return None
    measured = target.measured
    level = (workshop.setting.bound - target.offset) / target.scale
    if measured.root:
        level = level**2
    if measured.aggregate is Aggregate.SUM:
        return level
    return level * (measured.upper - measured.lower + 1)


__all__ = ["accumulated_bounds"]
