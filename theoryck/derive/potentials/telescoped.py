"""Potentials with coefficients that grow with k, from a start to a bound at the last iterate."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from theoryck.claims.expressions import Order
from theoryck.derive.measure import Target
from theoryck.derive.potentials.extremal import affine_run, shrinkage
from theoryck.derive.potentials.ground import Ground, Part
from theoryck.derive.potentials.rules import PotentialBound
from theoryck.derive.potentials.transport import Coefficients, Growth, closed_form, transport
from theoryck.derive.potentials.weights import largest_weights
from theoryck.derive.rules.measures import STARTS
from theoryck.derive.setting import (
    ITERATION,
    START_DISTANCE,
    START_GRADIENT,
    Setting,
    start_relation,
)
from theoryck.derive.statements import DISTANCE_SQUARED, Affine, Quantity, shifted, unexpanded
from theoryck.derive.symbols import ZERO
from theoryck.errors import InexactError


def telescoped(ground: Ground, target: Target) -> Iterator[int]:
    """Bounds ``m[n] <= V[0]/w``, where V[0] is what the claim says of the start."""
    setting, lower = ground.workshop.setting, ground.curvatures[0]
    run = None if lower is None else ground.run(ground.step, lower)
    if run is None:
        return
    ratio = shrinkage(ground.step, run, ground.numbers)
    if ratio != 1:
        base = _readable_base(ground.numbers.expression(ratio))
        if ITERATION in base.free_symbols:
            ground.workshop.failures.append("the steps shrink the distance by a factor that varies")
            return
        exponents = {ITERATION, *target.measured.upper.free_symbols}
        ground = ground.with_powers(tuple((base, s) for s in sorted(exponents, key=str)))
        run = affine_run(ground.step, ground.curvatures[0], ground.numbers)
    moved = transport(ground.step, run, ground.curvatures, ground.numbers)
    kernel = (run.distance, run.slope)
    power = next((p for p in ground.numbers.powers if p.exponent == ITERATION), None)
    growth = None
    if power is not None:
        ratio = shrinkage(ground.step, run, ground.numbers)
        growth = Growth.against(ratio, power, ground.numbers)
    for start, symbol in STARTS.items():
        if not symbol.free_symbols <= setting.start_symbols:
            continue
        potential = closed_form(moved, start, growth)
        if potential is None or (DISTANCE_SQUARED in potential and not setting.has_minimiser):
            continue
        for link in ground.prove([Part(_link(potential), kernel)]):
            yield from _ends(ground, target, potential, start, link)
            break


def _readable_base(ratio: sympy.Expr) -> sympy.Expr:
    """The ratio, or its inverse, as a sum: SymPy splits powers of products."""
    above, below = sympy.fraction(ratio)
    if above.is_number:
        return sympy.expand(below / above)
    return 1 - sympy.factor(1 - ratio)


def _link(potential: Coefficients) -> Affine:
    """V[k+1] − V[k]."""
    ahead = {shifted(q): c.subs(ITERATION, ITERATION + 1) for q, c in potential.items()}
    return unexpanded({**ahead, **{q: -c for q, c in potential.items()}})


def _ends(
    ground: Ground, target: Target, potential: Coefficients, start: Quantity, link: int
) -> Iterator[int]:
    measured = target.measured
    at_end = {q: c.subs(ITERATION, measured.upper) for q, c in potential.items()}
    for weight in _weights(ground, target, unexpanded(at_end), start):
        form = unexpanded(
            {
                **{q: -c for q, c in at_end.items()},
                measured.quantity: _plus(ground, weight, -at_end.get(measured.quantity, ZERO)),
            }
        )
        for end in _held(ground, form):
            number = ground.attempt(
                PotentialBound(), link, end, index=measured.upper, quantity=measured.quantity
            )
            if number is not None:
                yield number
                break


def _plus(ground: Ground, left: sympy.Expr, right: sympy.Expr) -> sympy.Expr:
    numbers = ground.numbers
    return numbers.expression(numbers.element(left) + numbers.element(right))


def _weights(
    ground: Ground, target: Target, at_end: Affine, start: Quantity
) -> Iterator[sympy.Expr]:
    largest = largest_weights(ground, at_end, target.measured.quantity)
    yield from largest
    for claimed in claimed_weights(ground.workshop.setting, target, start):
        try:
            weight = ground.numbers.expression(ground.numbers.element(claimed))
        except InexactError as error:
            ground.workshop.failures.append(str(error))
            continue
        if weight not in largest:
            yield weight


def _held(ground: Ground, form: Affine) -> Iterator[int]:
    """Steps that say that the form is at most 0 at every point, tight along a quadratic or not."""
    yield from ground.prove([Part(form, ())])
    for c in ground.curvatures:
        run = None if c is None else ground.run(ground.point, c)
        if run is not None:
            yield from ground.prove([Part(form, (run.distance,))])


def claimed_weights(setting: Setting, target: Target, start: Quantity) -> Iterator[sympy.Expr]:
    """What the start's quantity, or its bound, is over the claimed bound on the measure."""
    if isinstance(setting.claim.bound, Order):
        return
    claimed = (setting.bound - target.offset) / target.scale
    if target.measured.root:
        claimed = claimed**2
    uppers = [STARTS[start]]
    for relation in setting.initial:
        found = start_relation(relation)
        if found is not None:
            quantity, upper = found
            if quantity in (START_DISTANCE, START_GRADIENT):
                quantity, upper = quantity**2, upper**2
            if quantity == STARTS[start]:
                uppers.append(upper)
    for upper in uppers:
        weight = sympy.cancel(upper / claimed)
        if weight != 0 and not weight.free_symbols & STARTS[start].free_symbols:
            yield weight


__all__ = ["claimed_weights", "telescoped"]
