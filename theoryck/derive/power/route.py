"""From a decrease by a quantity that grows with the potential to a bound on the potential."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import sympy

from theoryck.derive.measure import Target
from theoryck.derive.power.growth import ConvexGrowth, Growth, KurdykaLojasiewicz
from theoryck.derive.power.rules import (
    Finite,
    FiniteFall,
    FiniteInverse,
    PowerRule,
    Sublinear,
    SublinearFactored,
)
from theoryck.derive.proof import Workshop
from theoryck.derive.routes.attempt import attempt
from theoryck.derive.routes.classic import OneStepFacts, one_step_facts, one_steps
from theoryck.derive.routes.sums import Range, sum_bounds
from theoryck.derive.rules.base import NotApplicableError
from theoryck.derive.rules.measures import LinkAtLast, MinimumBelowLast
from theoryck.derive.rules.weighted import recursion_of
from theoryck.derive.setting import ITERATION, OtherKind, traced_step
from theoryck.derive.statements import DISTANCE_SQUARED, GAP, Aggregate, OneStep
from theoryck.derive.symbols import ZERO

FINITE: tuple[PowerRule, ...] = (Finite(), FiniteInverse(), FiniteFall())
MAX_SUMS = 3  # bounds on one sum that are carried on


def power_bounds(workshop: Workshop, target: Target) -> Iterator[int]:
    """Bounds on the last value from power recursions, in the regime that the exponent asks for."""
    measured = target.measured
    if measured.aggregate not in (Aggregate.LAST, Aggregate.MIN):
        return
    if not (workshop.setting.assumes("kl") or workshop.setting.is_convex):
        return
    facts = one_step_facts(workshop, traced_step(workshop.setting))
    if not facts.changes:
        raise OtherKind("the assumptions bound no step of this method")
    for growth in _growths(workshop, facts):
        for number in _from_growth(workshop, facts, growth, target):
            linked: int | None = number
            if measured.quantity != GAP:
                linked = _linked(workshop, facts, number, target)
            if linked is not None and measured.aggregate is Aggregate.MIN:
                linked = attempt(workshop, MinimumBelowLast(), linked, lower=measured.lower)
            if linked is not None:
                yield linked


def _growths(workshop: Workshop, facts: OneStepFacts) -> Iterator[int]:
    found = attempt(workshop, KurdykaLojasiewicz())
    if found is not None:
        yield found
    if not workshop.setting.is_convex or not workshop.setting.has_minimiser:
        return
    for decrease in islice(one_steps(workshop, facts, DISTANCE_SQUARED), 1):
        for relation in (*range(len(workshop.setting.initial)), None):
            found = attempt(workshop, ConvexGrowth(), decrease, relation=relation)
            if found is not None:
                yield found


def _from_growth(
    workshop: Workshop, facts: OneStepFacts, growth: int, target: Target
) -> Iterator[int]:
    statement = workshop.statement(growth)
    if not isinstance(statement, Growth):
        return
    index = target.measured.upper
    starts = (*map(str, range(len(workshop.setting.initial))), "exact")
    for decrease in one_steps(workshop, facts, statement.base, statement.quantity):
        for gained in _gained(workshop, decrease, statement, index):
            rules: tuple[tuple[PowerRule, str], ...] = (
                *((Sublinear(), start) for start in starts),
                (Sublinear(), "none"),
                *((SublinearFactored(), start) for start in starts),
                *((rule, start) for start in starts for rule in FINITE),
            )
            for rule, start in rules:
                found = attempt(workshop, rule, decrease, growth, *gained, index=index, start=start)
                if found is not None:
                    yield found


def _gained(
    workshop: Workshop, decrease: int, growth: Growth, index: sympy.Expr
) -> Iterator[tuple[int, ...]]:
    """The sum of the gains, where they vary with k; nothing where they do not."""
    try:
        known = recursion_of(workshop.statement(decrease), growth.base, growth.quantity)
    except NotApplicableError as error:
        workshop.failures.append(str(error))
        return
    if ITERATION not in known.weight.free_symbols:
        yield ()
        return
    over = Range(ZERO, index - 1)
    for number in islice(sum_bounds(workshop, known.weight * growth.factor, over, ">="), MAX_SUMS):
        yield (number,)


def _linked(workshop: Workshop, facts: OneStepFacts, number: int, target: Target) -> int | None:
    """What is measured, where a pointwise inequality bounds it by the gap."""
    quantity = target.measured.quantity
    for link in facts.links:
        statement = workshop.statement(link)
        if isinstance(statement, OneStep) and set(statement.form.quantities) == {quantity, GAP}:
            found = attempt(workshop, LinkAtLast(), link, number, target=quantity)
            if found is not None:
                return found
    return None
