"""The route for values: f(x[N]) - f(x[0]) falls geometrically below zero."""

from __future__ import annotations

from collections.abc import Iterator

from theoryck.derive.escape.rules import EscapeDecrease, UnstableDirection
from theoryck.derive.escape.saddle import require_saddle
from theoryck.derive.measure import Target
from theoryck.derive.proof import Workshop
from theoryck.derive.routes.attempt import attempt
from theoryck.derive.rules.step import MethodStep
from theoryck.derive.setting import Stuck
from theoryck.derive.statements import GAP, Aggregate


def escape_bounds(workshop: Workshop, target: Target) -> Iterator[int]:
    """The decrease of f along a run from a quadratic saddle.

    Nothing for a claim that does not assume one.

    Raises:
        Stuck: something else is measured.
    """
    if not workshop.setting.assumes("quadratic_saddle"):
        return
    require_saddle(workshop.setting)
    measured = target.measured
    if measured.quantity != GAP or measured.aggregate is not Aggregate.LAST:
        raise Stuck("the escape route bounds f(x[N]) - f(x[0])")
    step = attempt(workshop, MethodStep())
    growth = None if step is None else attempt(workshop, UnstableDirection(), step)
    if growth is None:
        return
    found = attempt(workshop, EscapeDecrease(), growth, index=measured.upper)
    if found is not None:
        yield found


__all__ = ["escape_bounds"]
