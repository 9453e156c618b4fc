"""From a claim about a method with memory to bounds on what it measures."""

from __future__ import annotations

from collections.abc import Iterator

from theoryck.derive.measure import Target
from theoryck.derive.momentum.ends import CombinedStart, LastOfPotential, SumOfDrops
from theoryck.derive.momentum.ground import Ground
from theoryck.derive.momentum.search import dissipations
from theoryck.derive.proof import Workshop
from theoryck.derive.routes.attempt import attempt
from theoryck.derive.routes.totals import of_total
from theoryck.derive.rules import curvature, growth
from theoryck.derive.rules.measures import (
    LinkAtLast,
    MinimumBelowLast,
)
from theoryck.derive.statements import GAP, Aggregate, OneStep


def memory_bounds(workshop: Workshop, target: Target) -> Iterator[int]:
    """Bounds on what is measured, from potentials of the state.

    Raises:
        Stuck: the method remembers nothing, or has no rational reading.
    """
    ground = Ground.of(workshop)
    links = _links(workshop, target)
    for number in dissipations(ground):
        for found in _measured(workshop, number, target, links):
            for relation in range(len(workshop.setting.initial)):
                started = attempt(workshop, CombinedStart(), found, relation=relation)
                if started is not None:
                    yield started
            yield found


def _measured(
    workshop: Workshop, number: int, target: Target, links: tuple[int, ...]
) -> Iterator[int]:
    yield from _from_sums(workshop, number, target)
    yield from _from_last(workshop, number, target, links)


def _from_sums(workshop: Workshop, number: int, target: Target) -> Iterator[int]:
    measured = target.measured
    if measured.aggregate is Aggregate.LAST:
        return
    for shift in (0, 1):
        total = attempt(
            workshop,
            SumOfDrops(),
            number,
            quantity=measured.quantity,
            shift=shift,
            lower=measured.lower,
            upper=measured.upper,
        )
        final = None if total is None else of_total(workshop, total, target)
        if final is not None:
            yield final


def _from_last(
    workshop: Workshop, number: int, target: Target, links: tuple[int, ...]
) -> Iterator[int]:
    measured = target.measured
    if measured.aggregate not in (Aggregate.LAST, Aggregate.MIN):
        return
    found: list[int | None] = []
    for lag in (0, 1):
        arguments = {"index": measured.upper, "lag": lag}
        rule = LastOfPotential()
        found.append(attempt(workshop, rule, number, quantity=measured.quantity, **arguments))
        if measured.quantity == GAP:
            continue
        value = attempt(workshop, rule, number, quantity=GAP, **arguments)
        if value is not None:
            found += [
                attempt(workshop, LinkAtLast(), link, value, target=measured.quantity)
                for link in links
            ]
    for last in found:
        if last is None:
            continue
        if measured.aggregate is Aggregate.LAST:
            yield last
            continue
        least = attempt(workshop, MinimumBelowLast(), last, lower=measured.lower)
        if least is not None:
            yield least


def _links(workshop: Workshop, target: Target) -> tuple[int, ...]:
    """Pointwise inequalities between what is measured and f − f*."""
    wanted = {target.measured.quantity, GAP}
    rules = (*growth.POINT_RULES, *curvature.POINT_RULES)
    numbers = (attempt(workshop, rule, at=0) for rule in rules)
    return tuple(
        number
        for number in numbers
        if number is not None
        and isinstance(statement := workshop.statement(number), OneStep)
        and set(statement.form.quantities) == wanted
    )


__all__ = ["memory_bounds"]
