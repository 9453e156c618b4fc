"""From a bound in terms of the start to one in terms of what is assumed of the start."""

from __future__ import annotations

from collections.abc import Iterator

from theoryck.claims.expressions import Order
from theoryck.derive.measure import Target
from theoryck.derive.proof import Workshop
from theoryck.derive.routes.attempt import attempt
from theoryck.derive.rules import curvature, growth, lower_curvature
from theoryck.derive.rules.measures import InitialCondition, StartLink
from theoryck.derive.setting import START_DISTANCE, START_GAP, START_GRADIENT
from theoryck.derive.statements import DISTANCE_SQUARED, GAP, Bound, OneStep, Quantity

POINT_RULES = (*growth.POINT_RULES, *curvature.POINT_RULES, *lower_curvature.POINT_RULES)


def start_links(workshop: Workshop) -> tuple[int, ...]:
    """What the assumptions say of a single point, to be used at x[0]."""
    found = (attempt(workshop, rule, at=0) for rule in POINT_RULES)
    return tuple(number for number in found if number is not None)


def from_the_start(
    workshop: Workshop, links: tuple[int, ...], number: int, target: Target
) -> Iterator[int]:
    """The bound with the start replaced by what is assumed of it; last, the bound as it is."""
    for found in (number, *_linked_starts(workshop, links, number)):
        for index in range(len(workshop.setting.initial)):
            bounded = attempt(workshop, InitialCondition(), found, relation=index)
            if bounded is not None:
                yield bounded
        statement = workshop.statement(found)
        starts = {START_GAP, START_DISTANCE, START_GRADIENT}
        if isinstance(statement, Bound):
            # the measure itself may speak of the start, as f(x[1]) - f(x[0]) does
            left = (statement.bound.free_symbols & starts) - target.offset.free_symbols
            # a constant in O(.) may depend on the start, an explicit bound must name it
            is_order = isinstance(workshop.setting.claim.bound, Order)
            if is_order or left <= workshop.setting.bound.free_symbols:
                yield found


def _linked_starts(workshop: Workshop, links: tuple[int, ...], number: int) -> Iterator[int]:
    for replaced, by in ((GAP, DISTANCE_SQUARED), (DISTANCE_SQUARED, GAP)):
        for link in _between(workshop, links, replaced, by):
            found = attempt(workshop, StartLink(), link, number, replaced=replaced, by=by)
            if found is not None:
                yield found


def _between(
    workshop: Workshop, links: tuple[int, ...], above: Quantity, below: Quantity
) -> Iterator[int]:
    """Pointwise inequalities ``above <= c*below``."""
    for number in links:
        statement = workshop.statement(number)
        if isinstance(statement, OneStep) and set(statement.form.quantities) == {above, below}:
            yield number
