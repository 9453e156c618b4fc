"""From one step whose coefficients vary with k to a bound on what a claim measures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

import sympy

from theoryck.derive.elimination import with_gain
from theoryck.derive.measure import Target
from theoryck.derive.proof import Workshop
from theoryck.derive.routes.attempt import attempt
from theoryck.derive.routes.classic import (
    POTENTIALS,
    OneStepFacts,
    decreasing,
    links_between,
    one_step_facts,
    one_steps,
)
from theoryck.derive.routes.shapes import shapes
from theoryck.derive.routes.sums import Range, leading, parts_of, product, sum_bounds
from theoryck.derive.routes.totals import of_total
from theoryck.derive.routes.weights import Weights, weights_for
from theoryck.derive.rules.base import NotApplicableError
from theoryck.derive.rules.measures import (
    LinkAtLast,
    MinimumBelowLast,
)
from theoryck.derive.rules.recursions import LastIsLeast
from theoryck.derive.rules.weighted import (
    Induction,
    Recursion,
    WeightedLast,
    WeightedMinimum,
    WeightedSum,
    recursion_of,
)
from theoryck.derive.setting import ITERATION, OtherKind, traced_step
from theoryck.derive.statements import Aggregate, OneStep, Quantity, shifted
from theoryck.derive.symbols import ONE, ZERO

MAX_SUMS = 3  # bounds on one sum that are carried on
MAX_PAIRS = 6  # of bounds on the weights and on the noise


@dataclass(frozen=True)
class Varying:
    """A step of the workshop as a recursion, with the quantity that is summed along it."""

    number: int
    potential: Quantity
    summand: Quantity
    shift: int
    known: Recursion


def varying_bounds(workshop: Workshop, target: Target) -> Iterator[int]:
    """Bounds by weights, by products 1 + b(k), and by induction on a shape."""
    facts = one_step_facts(workshop, traced_step(workshop.setting))
    if not facts.changes:
        raise OtherKind("the assumptions bound no step of this method")
    measured = target.measured
    if measured.aggregate is Aggregate.LAST:
        yield from _last(workshop, facts, target, measured.upper)
        yield from _last_of_monotone(workshop, facts, target, measured.upper)
        return
    for found in _recursions(workshop, facts, measured.quantity):
        if measured.aggregate is Aggregate.MIN:
            yield from _minima(workshop, found, target)
        else:
            yield from _totals(workshop, found, target)
    if measured.aggregate is Aggregate.MIN:
        for number in _last(workshop, facts, target, measured.upper):
            least = attempt(workshop, MinimumBelowLast(), number, lower=measured.lower)
            if least is not None:
                yield least


def _read(
    workshop: Workshop, number: int, potential: Quantity, summed: Quantity | None
) -> Recursion | None:
    try:
        return recursion_of(workshop.statement(number), potential, summed)
    except NotApplicableError as error:
        workshop.failures.append(str(error))
        return None


def _recursions(workshop: Workshop, facts: OneStepFacts, summand: Quantity) -> Iterator[Varying]:
    for potential in POTENTIALS:
        for shift in (0, 1):
            if shift == 1 and potential == summand:
                continue
            summed = shifted(summand, shift)
            for number in _gaining(workshop, facts, potential, summed):
                known = _read(workshop, number, potential, summed)
                if known is not None and known.weight != 0 and _is_new(known):
                    yield Varying(number, potential, summand, shift, known)


def _gaining(
    workshop: Workshop, facts: OneStepFacts, potential: Quantity, summed: Quantity
) -> Iterator[int]:
    """One-step inequalities in which the summed quantity is gained, not lost."""
    if summed == potential:
        yield from one_steps(workshop, facts, potential, summed)
        return
    allowed = frozenset({potential})
    for number in one_steps(workshop, facts, potential, summed):
        yield from with_gain(workshop, number, summed, allowed, facts.catalogue)


def _is_new(known: Recursion) -> bool:
    """Whether plain telescoping does not already say all there is."""
    varies = any(ITERATION in e.free_symbols for e in (known.ratio, known.weight, known.noise))
    return varies or known.ratio != 1


def _noises(
    workshop: Workshop, known: Recursion, weights: Weights, last: sympy.Expr
) -> list[tuple[int, ...]]:
    """Bounds on the weighted noise; a single empty one where there is none."""
    if known.noise == 0:
        return [()]
    term = product(weights.values, known.noise)
    found = sum_bounds(workshop, term, Range(ZERO, last), "<=")
    return [(number,) for number in islice(found, MAX_SUMS)]


def _growths(workshop: Workshop, weights: Weights, last: sympy.Expr) -> list[tuple[int, ...]]:
    if weights.growth == 0:
        return [()]
    found = sum_bounds(workshop, weights.growth, Range(ONE, last), "<=")
    return [(number,) for number in islice(found, 1)]


def _minima(workshop: Workshop, found: Varying, target: Target) -> Iterator[int]:
    measured = target.measured
    first, last = measured.lower - found.shift, measured.upper - found.shift
    for weights in weights_for(found.known):
        term = product(weights.values, found.known.weight)
        growths = _growths(workshop, weights, last)
        noises = _noises(workshop, found.known, weights, last) if growths else []
        if not noises:
            continue
        totals = list(islice(sum_bounds(workshop, term, Range(first, last), ">="), MAX_SUMS))
        pairs = sorted(((i, j) for i in range(len(totals)) for j in range(len(noises))), key=sum)
        for i, j in pairs[:MAX_PAIRS]:
            number = attempt(
                workshop,
                WeightedMinimum(),
                found.number,
                *growths[0],
                *noises[j],
                totals[i],
                potential=found.potential,
                summand=found.summand,
                shift=found.shift,
                weights=weights.values,
                growth=weights.growth,
                lower=measured.lower,
                upper=measured.upper,
            )
            if number is not None:
                yield number


def _totals(workshop: Workshop, found: Varying, target: Target) -> Iterator[int]:
    measured = target.measured
    first, last = measured.lower - found.shift, measured.upper - found.shift
    for weights in weights_for(found.known):
        growths = _growths(workshop, weights, last)
        noises = _noises(workshop, found.known, weights, last) if growths else []
        term = product(weights.values, found.known.weight)
        for noise in noises:
            for least in _least_weights(workshop, term, first, last):
                number = attempt(
                    workshop,
                    WeightedSum(),
                    found.number,
                    *growths[0],
                    *noise,
                    potential=found.potential,
                    summand=found.summand,
                    shift=found.shift,
                    weights=weights.values,
                    growth=weights.growth,
                    least=least,
                    lower=measured.lower,
                    upper=measured.upper,
                )
                if number is not None:
                    final = of_total(workshop, number, target)
                    if final is not None:
                        yield final
                    break


def _least_weights(
    workshop: Workshop, term: sympy.Expr, first: sympy.Expr, last: sympy.Expr
) -> Iterator[sympy.Expr]:
    """The weight at either end, and the leading part at the last k with what the first k leaves."""
    if ITERATION not in term.free_symbols:
        yield term
        return
    parts = parts_of(term)
    lead = leading(parts, workshop) if parts else None
    if lead is not None and lead.factor * lead.shape != term:
        share = sympy.simplify(term / lead.shape).subs(ITERATION, first)
        yield sympy.factor(share) * lead.shape.subs(ITERATION, last)
    yield term.subs(ITERATION, last)
    yield term.subs(ITERATION, first)


def _last_of_monotone(
    workshop: Workshop, facts: OneStepFacts, target: Target, index: sympy.Expr
) -> Iterator[int]:
    """The least value, where the values do not increase."""
    quantity = target.measured.quantity
    decrease = decreasing(workshop, facts, quantity) if quantity in POTENTIALS else None
    if decrease is None:
        return
    for lower in (ONE, ZERO):
        measured = replace(
            target.measured, aggregate=Aggregate.MIN, lower=lower, upper=index, root=False
        )
        for found in _recursions(workshop, facts, quantity):
            for least in _minima(workshop, found, replace(target, measured=measured)):
                number = attempt(workshop, LastIsLeast(), decrease, least)
                if number is not None:
                    yield number


def _last(
    workshop: Workshop, facts: OneStepFacts, target: Target, index: sympy.Expr
) -> Iterator[int]:
    quantity = target.measured.quantity
    for potential in sorted(POTENTIALS, key=lambda p: p != quantity):
        links = (
            [None]
            if potential == quantity
            else [*links_between(workshop, facts, quantity, potential)]
        )
        if not links:
            continue
        for number in one_steps(workshop, facts, potential):
            known = _read(workshop, number, potential, None)
            if known is None:
                continue
            for link in links:
                for found in _ends(workshop, number, known, potential, index, target, link):
                    if link is None:
                        yield found
                        continue
                    linked = attempt(workshop, LinkAtLast(), link, found, target=quantity)
                    if linked is not None:
                        yield linked


def _ends(
    workshop: Workshop,
    number: int,
    known: Recursion,
    potential: Quantity,
    index: sympy.Expr,
    target: Target,
    link: int | None,
) -> Iterator[int]:
    """Bounds on the potential at one iterate: by induction, and by weights."""
    factor = ONE
    if link is not None:
        statement = workshop.statement(link)
        if isinstance(statement, OneStep):
            form = statement.form
            factor = -form[potential] / form[target.measured.quantity]
    for begin, shape in shapes(workshop.setting, known, potential, index, target, factor):
        found = attempt(
            workshop,
            Induction(),
            number,
            potential=potential,
            index=index,
            begin=begin,
            shape=shape,
        )
        if found is not None:
            yield found
    for weights in weights_for(known):
        last = index - 1
        growths = _growths(workshop, weights, last)
        noises = _noises(workshop, known, weights, last) if growths else []
        for noise in noises:
            found = attempt(
                workshop,
                WeightedLast(),
                number,
                *growths[0],
                *noise,
                potential=potential,
                weights=weights.values,
                growth=weights.growth,
                index=index,
            )
            if found is not None:
                yield found
