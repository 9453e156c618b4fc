"""From one step of a method to a bound on what a claim measures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import sympy

from theoryck.derive.elimination import eliminations
from theoryck.derive.measure import Target
from theoryck.derive.proof import Workshop
from theoryck.derive.routes.attempt import attempt
from theoryck.derive.routes.start import POINT_RULES
from theoryck.derive.routes.totals import of_total
from theoryck.derive.rules import curvature, lower_curvature
from theoryck.derive.rules.base import Rule
from theoryck.derive.rules.measures import (
    STARTS,
    FirstStep,
    LinkAtLast,
    MinimumBelowLast,
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
from theoryck.derive.setting import Stuck, TracedStep, traced_step
from theoryck.derive.statements import (
    DISTANCE_SQUARED,
    GAP,
    Aggregate,
    Direction,
    OneStep,
    Quantity,
    shifted,
)
from theoryck.derive.symbols import ONE, ZERO

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
        decreases = (curvature.ConvexDecrease(), *lower_curvature.DECREASES)
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


def bounds(workshop: Workshop, target: Target) -> Iterator[int]:
    """Bounds from inequalities for one step with the same coefficients at every k."""
    facts = one_step_facts(workshop, traced_step(workshop.setting))
    if not facts.changes:
        raise Stuck("the assumptions bound no step of this method")
    yield from _aggregated(workshop, facts, target)


def _aggregated(workshop: Workshop, facts: OneStepFacts, target: Target) -> Iterator[int]:
    measured = target.measured
    quantity, lower, upper = measured.quantity, measured.lower, measured.upper
    if measured.aggregate is Aggregate.LAST:
        if upper == 1:
            yield from _after_one_step(workshop, facts, quantity)
        yield from _last(workshop, facts, quantity, upper)
        return
    for total in _sums(workshop, facts, quantity, lower, upper):
        final = of_total(workshop, total, target)
        if final is not None:
            yield final
    if measured.aggregate is Aggregate.MIN:
        for number in _last(workshop, facts, quantity, upper):
            least = attempt(workshop, MinimumBelowLast(), number, lower=lower)
            if least is not None:
                yield least


def one_steps(
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
            for number in one_steps(workshop, facts, potential, shifted(quantity, shift)):
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
        for number in one_steps(workshop, facts, potential):
            found = attempt(workshop, Geometric(), number, potential=potential, index=index)
            if found is None:
                found = attempt(workshop, HarmonicSteps(), number, potential=potential, index=index)
            if found is None:
                continue
            if potential == quantity:
                yield found
                continue
            for link in links_between(workshop, facts, quantity, potential):
                linked = attempt(workshop, LinkAtLast(), link, found, target=quantity)
                if linked is not None:
                    yield linked
    yield from _last_of_monotone(workshop, facts, quantity, index)


def _after_one_step(workshop: Workshop, facts: OneStepFacts, quantity: Quantity) -> Iterator[int]:
    """Bounds on the quantity at x[1] that keep what one step gains."""
    if quantity not in POTENTIALS:
        return
    kept = tuple(q for q in STARTS if STARTS[q].free_symbols <= workshop.setting.start_symbols)
    for number in one_steps(workshop, facts, quantity, *kept):
        found = attempt(workshop, FirstStep(), number, potential=quantity)
        if found is not None:
            yield found


def _last_of_monotone(
    workshop: Workshop, facts: OneStepFacts, quantity: Quantity, index: sympy.Expr
) -> Iterator[int]:
    if quantity not in POTENTIALS:
        return
    decrease = decreasing(workshop, facts, quantity)
    if decrease is None:
        return
    for lower in (ONE, ZERO):
        for total in _sums(workshop, facts, quantity, lower, index):
            found = attempt(workshop, LastOfMonotone(), decrease, total)
            if found is not None:
                yield found


def decreasing(workshop: Workshop, facts: OneStepFacts, quantity: Quantity) -> int | None:
    """The step that says ``quantity[k+1] <= quantity[k]``, from its own change alone."""
    allowed = frozenset({quantity, shifted(quantity)})
    for changing, start in facts.changes:
        if changing == quantity:
            return next(eliminations(workshop, start, allowed, ()), None)
    return None


def links_between(
    workshop: Workshop, facts: OneStepFacts, above: Quantity, below: Quantity
) -> Iterator[int]:
    """Pointwise inequalities ``above <= c*below``."""
    for number in facts.links:
        statement = workshop.statement(number)
        if isinstance(statement, OneStep) and set(statement.form.quantities) == {above, below}:
            yield number
