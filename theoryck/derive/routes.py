"""The routes from one step of a method to a bound on what a claim measures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sympy

from theoryck.claims.expressions import Order
from theoryck.derive.elimination import eliminations
from theoryck.derive.measure import Target
from theoryck.derive.proof import Workshop
from theoryck.derive.rules import curvature, growth
from theoryck.derive.rules.base import NotApplicableError, Rule
from theoryck.derive.rules.measures import (
    STARTS,
    FirstStep,
    InitialCondition,
    LinkAtLast,
    MeanOfSum,
    MinimumBelowLast,
    MinimumBelowMean,
    StartLink,
    ValueAtAverage,
)
from theoryck.derive.rules.noise import NOISE_RULES, Expectation
from theoryck.derive.rules.recursions import (
    Geometric,
    HarmonicSteps,
    LastOfMonotone,
    Telescoping,
)
from theoryck.derive.rules.semi_smooth import SemiSmoothDescent
from theoryck.derive.rules.step import (
    BackwardExpansion,
    Combination,
    DistanceExpansion,
    MethodStep,
)
from theoryck.derive.setting import START_DISTANCE, START_GAP, START_GRADIENT, Stuck, TracedStep
from theoryck.derive.statements import (
    DISTANCE_SQUARED,
    GAP,
    Aggregate,
    Bound,
    Direction,
    OneStep,
    Quantity,
    shifted,
)
from theoryck.derive.symbols import ONE, ZERO

POINT_RULES = (*growth.POINT_RULES, *curvature.POINT_RULES)
POTENTIALS: tuple[Quantity, ...] = (GAP, DISTANCE_SQUARED)


@dataclass(frozen=True)
class OneStepFacts:
    """What is known of one step: how each potential changes, and inequalities to combine with."""

    changes: tuple[tuple[Quantity, int], ...]
    catalogue: tuple[int, ...]
    links: tuple[int, ...]
    implicit: bool


def one_step_facts(workshop: Workshop, traced: TracedStep) -> OneStepFacts:
    """Lays out the traced step, the inequalities at its points and the noise bounds."""
    arrows = [arrow for arrow, _ in traced.displacement.terms]
    noisy = any(arrow.direction is Direction.NOISE for arrow in arrows)
    implicit = any(arrow.at == 1 for arrow in arrows)
    step = workshop.add(MethodStep())
    changes: list[tuple[Quantity, int]] = []
    expansion: Rule = BackwardExpansion() if implicit else DistanceExpansion()
    decreases: tuple[Rule, ...] = (curvature.DescentLemma(), SemiSmoothDescent())
    if implicit:
        decreases = (curvature.ConvexDecrease(),)
    rules: tuple[tuple[Quantity, Rule], ...] = (
        *((GAP, rule) for rule in decreases),
        (DISTANCE_SQUARED, expansion),
    )
    for potential, rule in rules:
        number = attempt(workshop, rule, step)
        if number is not None and noisy:
            number = attempt(workshop, Expectation(), number)
        if number is not None:
            changes.append((potential, number))
    points = [attempt(workshop, rule, at=1 if implicit else 0) for rule in POINT_RULES]
    links = points if not implicit else [attempt(workshop, rule, at=0) for rule in POINT_RULES]
    draws = [
        attempt(workshop, rule, number=number)
        for rule in NOISE_RULES
        for number in range(len(traced.batches))
    ]
    catalogue = [number for number in (*draws, *points) if number is not None]
    catalogue += [number for potential, number in changes if potential == GAP]
    return OneStepFacts(
        tuple(changes),
        tuple(catalogue),
        tuple(number for number in links if number is not None),
        implicit,
    )


def attempt(workshop: Workshop, rule: Rule, *premises: int, **arguments: Any) -> int | None:
    """The new step's number, or None with the reason noted."""
    try:
        return workshop.add(rule, *premises, **arguments)
    except NotApplicableError as error:
        if error.missing is not None and isinstance(rule, Expectation):
            workshop.missing[error.missing] = None
        workshop.failures.append(str(error))
    except Stuck as error:
        workshop.failures.append(str(error))
    return None


def bounds(workshop: Workshop, facts: OneStepFacts, target: Target) -> Iterator[int]:
    """Steps that bound what the claim measures (of a norm: its square), given the start."""
    for number in _aggregated(workshop, facts, target):
        yield from from_the_start(workshop, facts, number, target)


def _aggregated(workshop: Workshop, facts: OneStepFacts, target: Target) -> Iterator[int]:
    measured = target.measured
    quantity, lower, upper = measured.quantity, measured.lower, measured.upper
    if measured.aggregate is Aggregate.LAST:
        if upper == 1:
            yield from _after_one_step(workshop, facts, quantity)
        yield from _last(workshop, facts, quantity, upper)
        return
    for total in _sums(workshop, facts, quantity, lower, upper):
        if measured.aggregate is Aggregate.SUM:
            yield total
            continue
        mean = attempt(workshop, MeanOfSum(), total)
        if mean is None:
            continue
        last: Rule | None = None
        if target.at_average:
            last = ValueAtAverage()
        elif measured.aggregate is Aggregate.MIN:
            last = MinimumBelowMean()
        final = mean if last is None else attempt(workshop, last, mean)
        if final is not None:
            yield final
    if measured.aggregate is Aggregate.MIN:
        for number in _last(workshop, facts, quantity, upper):
            least = attempt(workshop, MinimumBelowLast(), number, lower=lower)
            if least is not None:
                yield least


def _one_steps(
    workshop: Workshop, facts: OneStepFacts, potential: Quantity, *others: Quantity
) -> Iterator[int]:
    """Inequalities for one step of a potential with only the given quantities in them."""
    allowed = frozenset({potential, shifted(potential), *others})
    for changing, start in facts.changes:
        if changing != potential:
            continue
        catalogue = tuple(number for number in facts.catalogue if number != start)
        for number in eliminations(workshop, start, allowed, catalogue):
            normal = _normalised(workshop, number, shifted(potential))
            if normal is not None:
                yield normal


def _normalised(workshop: Workshop, number: int, ahead: Quantity) -> int | None:
    statement = workshop.statement(number)
    if not isinstance(statement, OneStep):
        return None
    coefficient = statement.form[ahead]
    if coefficient == 0:
        return None
    if coefficient == 1:
        return number
    return attempt(workshop, Combination(), number, multipliers=(1 / sympy.factor(coefficient),))


def _sums(
    workshop: Workshop,
    facts: OneStepFacts,
    quantity: Quantity,
    lower: sympy.Expr,
    upper: sympy.Expr,
) -> Iterator[int]:
    for potential in POTENTIALS:
        for shift in (0, 1):
            if shift == 1 and potential == quantity:
                continue
            for number in _one_steps(workshop, facts, potential, shifted(quantity, shift)):
                found = attempt(
                    workshop,
                    Telescoping(),
                    number,
                    potential=potential,
                    summand=quantity,
                    shift=shift,
                    lower=lower,
                    upper=upper,
                )
                if found is not None:
                    yield found


def _last(
    workshop: Workshop, facts: OneStepFacts, quantity: Quantity, index: sympy.Expr
) -> Iterator[int]:
    for potential in sorted(POTENTIALS, key=lambda p: p != quantity):
        for number in _one_steps(workshop, facts, potential):
            found = attempt(workshop, Geometric(), number, potential=potential, index=index)
            if found is None:
                found = attempt(workshop, HarmonicSteps(), number, potential=potential, index=index)
            if found is None:
                continue
            if potential == quantity:
                yield found
                continue
            for link in _links(workshop, facts, quantity, potential):
                linked = attempt(workshop, LinkAtLast(), link, found, target=quantity)
                if linked is not None:
                    yield linked
    yield from _last_of_monotone(workshop, facts, quantity, index)


def _after_one_step(workshop: Workshop, facts: OneStepFacts, quantity: Quantity) -> Iterator[int]:
    """Bounds on the quantity at x[1] that keep what one step gains."""
    if quantity not in POTENTIALS:
        return
    kept = tuple(q for q in STARTS if STARTS[q].free_symbols <= workshop.setting.start_symbols)
    for number in _one_steps(workshop, facts, quantity, *kept):
        found = attempt(workshop, FirstStep(), number, potential=quantity)
        if found is not None:
            yield found


def _last_of_monotone(
    workshop: Workshop, facts: OneStepFacts, quantity: Quantity, index: sympy.Expr
) -> Iterator[int]:
    if quantity not in POTENTIALS:
        return
    decrease = _decrease(workshop, facts, quantity)
    if decrease is None:
        return
    for lower in (ONE, ZERO):
        for total in _sums(workshop, facts, quantity, lower, index):
            found = attempt(workshop, LastOfMonotone(), decrease, total)
            if found is not None:
                yield found


def _decrease(workshop: Workshop, facts: OneStepFacts, quantity: Quantity) -> int | None:
    """The step that says ``quantity[k+1] <= quantity[k]``, from its own change alone."""
    allowed = frozenset({quantity, shifted(quantity)})
    for changing, start in facts.changes:
        if changing == quantity:
            return next(eliminations(workshop, start, allowed, ()), None)
    return None


def _links(
    workshop: Workshop, facts: OneStepFacts, above: Quantity, below: Quantity
) -> Iterator[int]:
    """Pointwise inequalities ``above <= c*below``."""
    for number in facts.links:
        statement = workshop.statement(number)
        if isinstance(statement, OneStep) and set(statement.form.quantities) == {above, below}:
            yield number


def from_the_start(
    workshop: Workshop, facts: OneStepFacts, number: int, target: Target
) -> Iterator[int]:
    """The bound with the start replaced by what is assumed of it; last, the bound as it is."""
    for found in (number, *_linked_starts(workshop, facts, number)):
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


def _linked_starts(workshop: Workshop, facts: OneStepFacts, number: int) -> Iterator[int]:
    for replaced, by in ((GAP, DISTANCE_SQUARED), (DISTANCE_SQUARED, GAP)):
        for link in _links(workshop, facts, replaced, by):
            found = attempt(workshop, StartLink(), link, number, replaced=replaced, by=by)
            if found is not None:
                yield found
