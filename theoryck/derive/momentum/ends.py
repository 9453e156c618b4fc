"""From a potential that shrinks at every step to bounds on quantities of the run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sympy

from theoryck.algebra import Point, Trace
from theoryck.derive.exact import equal, whole_cases
from theoryck.derive.momentum.state import plain
from theoryck.derive.momentum.statements import Dissipation, Level, Potential, Square
from theoryck.derive.relations import Relation
from theoryck.derive.rules.base import (
    Conclusion,
    NotApplicableError,
    Rule,
    nonnegative,
    positive,
)
from theoryck.derive.rules.measures import STARTS
from theoryck.derive.setting import ITERATION, Setting
from theoryck.derive.statements import (
    DISTANCE_SQUARED,
    GAP,
    Aggregate,
    Bound,
    Measured,
    Quantity,
    Statement,
    shifted,
)
from theoryck.derive.symbols import ONE, ZERO, is_integral
from theoryck.errors import TheoryckError


def dissipation(premises: tuple[Statement, ...]) -> Dissipation:
    """The one premise as an inequality between potentials."""
    (premise,) = premises
    if not isinstance(premise, Dissipation):
        raise NotApplicableError("an inequality between V[k+1] and V[k] is expected")
    return premise


def at_start(setting: Setting, potential: Potential) -> sympy.Expr:
    """V[0], in terms of what the start of a run contributes.

    Raises:
        NotApplicableError: the first state holds more than multiples of x[0] − x*.
    """
    method = setting.claim.method.method
    trace = Trace()
    try:
        state = method.first_state(trace.start)
    except TheoryckError as error:
        raise NotApplicableError(str(error)) from error
    if not isinstance(state, tuple) or not all(isinstance(entry, Point) for entry in state):
        raise NotApplicableError(f"the first state of {method.name} is not known")
    (origin,) = trace.x_star.coefficients
    (distance,) = (leaf for leaf in trace.start.coefficients if leaf is not origin)
    first = potential.at(ZERO)
    total = ZERO
    for term in first.terms:
        if len(term.direction) != len(state):
            raise NotApplicableError("the potential is one of another state")
        multiple, whole = ZERO, ZERO
        for entry, c in zip(state, term.direction, strict=True):
            if not entry.coefficients.keys() <= {origin, distance}:
                raise NotApplicableError("the first state holds more than x[0]")
            multiple += c * _exact(entry.coefficients.get(distance, 0))
            whole += c * _exact(entry.coefficients.get(origin, 0))
        if isinstance(term, Square):
            total += term.weight * sympy.factor(multiple) ** 2 * STARTS[DISTANCE_SQUARED]
        elif equal(multiple, ONE) and equal(whole, ONE):
            total += term.weight * STARTS[GAP]
        else:
            raise NotApplicableError("the first state holds another point than x[0]")
    return sympy.factor_terms(total)


def _exact(value: Any) -> sympy.Expr:
    return sympy.Rational(value.numerator, value.denominator)


def signs(potential: Potential) -> Iterator[Relation]:
    """What makes V not negative: every coefficient of a gap or a square."""
    for term in potential.terms:
        if term.weight != 0:
            yield nonnegative(term.weight)


def held(potential: Potential, quantity: Quantity) -> sympy.Expr:
    """The multiple of a quantity at x[k] that V[k] holds as a term of its own."""
    kind = {GAP: Level, DISTANCE_SQUARED: Square}.get(quantity)
    found = (
        term.weight
        for term in potential.terms
        if type(term) is kind and term.direction == plain(len(term.direction))
    )
    return sum(found, ZERO)


class LastOfPotential(Rule):
    """If V[k+1] + w[k]·q[k+1] <= r·V[k] + B and V holds a[k]·q[k] beside nonnegative terms, then

    (a[n] + w[n−1])·q[n] <= r·V[n−1] + B <= ... <= rⁿ·V[0] + B·(1 + r + ... + rⁿ⁻¹).
    """

    name = "the potential at the last iterate"
    formula = (
        "V[k+1] + w[k]*q[k+1] <= r*V[k] + B, r >= 0, V[n] >= a[n]*q[n]  ⟹  "
        "(a[n] + w[n-1])*q[n] <= r**n*V[0] + B*(1 + r + ... + r**(n-1))"
    )
    source = "induction over k; Taylor and Bach 2019, Section 2"

    def conclude(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        known = dissipation(premises)
        quantity, index = arguments["quantity"], arguments["index"]
        if not is_integral(index):
            raise NotApplicableError("the index of an iterate is an integer")
        if any(ITERATION in e.free_symbols for e in (known.ratio, known.noise)):
            raise NotApplicableError("the ratio or the noise varies with k")
        drop = dict(known.drops).get(shifted(quantity), ZERO)
        last = drop.subs(ITERATION, index - 1)
        weight = sympy.factor(held(known.potential, quantity).subs(ITERATION, index) + last)
        if weight == 0:
            raise NotApplicableError(f"the potential holds nothing of {quantity}")
        conditions = [positive(weight), *signs(known.potential.at(index))]
        # the other drops, and this one before the last step, are left out
        conditions += [nonnegative(c) for _, c in known.drops]
        conditions.append(Relation(index, ">=", ONE if drop != 0 else ZERO))
        ratio = whole_cases(sympy.factor, known.ratio)
        total = at_start(setting, known.potential)
        if ratio == 1:
            total = total + index * known.noise
        else:
            conditions.append(nonnegative(ratio))
            total = ratio**index * total
            if known.noise != 0:
                conditions.append(Relation(ratio, "!=", ONE))
                total = total + known.noise * (1 - ratio**index) / (1 - ratio)
        measured = Measured(quantity, Aggregate.LAST, index, index, expected=known.expected)
        return Conclusion(Bound(measured, total / weight), tuple(conditions))


class SumOfDrops(Rule):
    """If V[k+1] + w·q[k+s] <= V[k] + B with V, q >= 0 and w > 0, s 0 or 1, then summing k gives

    w·(q[l] + ... + q[u]) <= V[0] + (u + 1 − s)·B for s <= l <= u.
    """

    name = "the sum of what the potential loses"
    formula = (
        "V[k+1] + w*q[k+s] <= V[k] + B for all k, V >= 0  ⟹  "
        "w*sum(q[l..u]) <= V[0] + (u + 1 - s)*B for s <= l"
    )
    source = "sum over k; Ghadimi, Feyzmahdavian and Johansson 2015, Theorem 1"

    def conclude(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        known = dissipation(premises)
        quantity, shift = arguments["quantity"], arguments["shift"]
        lower, upper = arguments["lower"], arguments["upper"]
        weight = dict(known.drops).get(shifted(quantity, shift), ZERO)
        if known.ratio != 1 or weight == 0:
            raise NotApplicableError(f"the potential loses no multiple of {quantity}")
        if ITERATION in weight.free_symbols | known.noise.free_symbols:
            raise NotApplicableError("what the potential loses varies with k")
        if not (is_integral(lower) and is_integral(upper)) or shift not in (0, 1):
            raise NotApplicableError("the ends of a sum are integers")
        count = upper + 1 - shift
        bound = (at_start(setting, known.potential) + count * known.noise) / weight
        measured = Measured(quantity, Aggregate.SUM, lower, upper, expected=known.expected)
        conditions = (
            positive(weight),
            *(nonnegative(c) for _, c in known.drops),
            *signs(known.potential.at(count)),
            Relation(lower, ">=", sympy.Integer(shift)),
            Relation(upper, ">=", lower),
        )
        return Conclusion(Bound(measured, bound), conditions)


__all__ = ["LastOfPotential", "SumOfDrops", "at_start"]
