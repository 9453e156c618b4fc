"""From a potential that shrinks at every step to bounds on quantities of the run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sympy

from theoryck.algebra import Point, Trace
from theoryck.derive.exact import equal
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


def held(known: Dissipation, potential: Potential, quantity: Quantity, *, lag: bool) -> sympy.Expr:
    """The multiple of a quantity at x[k], or x[k-1], that V[k] holds as a term of its own."""
    kind = {GAP: Level, DISTANCE_SQUARED: Square}.get(quantity)
    wanted = "x[k-1]" if lag else "x[k]"
    directions = [
        tuple(ONE if name == own else ZERO for own in known.names)
        for name in known.names
        if name == wanted
    ]
    found = (t.weight for t in potential.terms if type(t) is kind and t.direction in directions)
    return sum(found, ZERO)


class LastOfPotential(Rule):
    """If V[k+1] + w[k]·q[k+1] <= r·V[k] + B and V holds a[k]·q[k] beside nonnegative terms, then

    (a[n] + w[n−1])·q[n] <= r·V[n−1] + B <= ... <= rⁿ·V[0] + B·(1 + r + ... + rⁿ⁻¹).

    Where V holds a[k]·q[k−1] (``lag`` 1), the same at n + 1 bounds q[n].
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
        quantity, index, lag = arguments["quantity"], arguments["index"], arguments["lag"]
        # V[n+1] may hold a value at x[n], which its state remembers
        last = index + lag
        if not is_integral(index) or lag not in (0, 1):
            raise NotApplicableError("the index of an iterate is an integer")
        if any(ITERATION in e.free_symbols for e in (known.ratio, known.noise)):
            raise NotApplicableError("the ratio or the noise varies with k")
        ratio = known.ratio
        drop = dict(known.drops).get(shifted(quantity, 1 - lag), ZERO)
        lost = drop.subs(ITERATION, last - 1)
        there = known.potential.at(last)
        weight = sympy.factor(held(known, there, quantity, lag=bool(lag)) + lost)
        if weight == 0:
            raise NotApplicableError(f"the potential holds nothing of {quantity}")
        conditions = [positive(weight), *signs(there)]
        # the other drops, and this one before the last step, are left out
        conditions += [nonnegative(c) for _, c in known.drops]
        conditions.append(Relation(last, ">=", ONE if drop != 0 else ZERO))
        conditions.append(nonnegative(index))
        total = at_start(setting, known.potential)
        if ratio == 1:
            total = total + last * known.noise
        else:
            conditions.append(nonnegative(ratio))
            total = ratio**last * total
            if known.noise != 0:
                conditions.append(Relation(ratio, "!=", ONE))
                total = total + known.noise * (1 - ratio**last) / (1 - ratio)
        measured = Measured(quantity, Aggregate.LAST, index, index, expected=known.expected)
        return Conclusion(Bound(measured, total / weight), tuple(conditions))


class CombinedStart(Rule):
    """The claim's bound on a combination of what the start contributes."""

    name = "initial condition on a combination"
    formula = "sum(c*q) <= D and 0 <= b <= s*c  ⟹  sum(b*q) + t <= s*D + t"
    source = "assumed"

    def conclude(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        (known,) = premises
        if not isinstance(known, Bound):
            raise NotApplicableError("a bound is expected")
        relation = setting.initial[arguments["relation"]]
        signed = {"<=": 1, "<": 1, "==": 1, ">=": -1, ">": -1}.get(relation.sign)
        if signed is None:
            raise NotApplicableError(f"{relation} is no upper bound on the start")
        given, constant = _parts(signed * (relation.left - relation.right))
        used, rest = _parts(known.bound)
        shared = [q for q in used if q in given]
        if len(given) < 2 or not shared or not used.keys() <= given.keys():
            raise NotApplicableError(f"{relation} does not bound the start of the potential")
        scale = used[shared[0]] / given[shared[0]]
        conditions = [nonnegative(scale)]
        for quantity, c in given.items():
            own = used.get(quantity, ZERO)
            if not equal(own, scale * c):
                conditions.append(Relation(own, "<=", scale * c))
        bound = rest - scale * constant
        return Conclusion(Bound(known.measured, bound), tuple(conditions))


def _parts(expr: sympy.Expr) -> tuple[dict[sympy.Expr, sympy.Expr], sympy.Expr]:
    """The coefficients of what the start contributes, and the rest."""
    names = {value: sympy.Dummy("start") for value in STARTS.values()}
    replaced = expr
    for value, name in names.items():
        replaced = replaced.subs(value, name)
    if replaced.free_symbols & {s for value in names for s in value.free_symbols}:
        raise NotApplicableError("the start enters in another way")
    # not factored: SymPy splits powers of products
    slopes = {value: sympy.diff(replaced, name) for value, name in names.items()}
    found = {value: sympy.factor_terms(slope) for value, slope in slopes.items()}
    if any(set(names.values()) & c.free_symbols for c in found.values()):
        raise NotApplicableError("the start does not enter linearly")
    rest = replaced.subs(dict.fromkeys(names.values(), ZERO))
    return {value: c for value, c in found.items() if c != 0}, rest


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


__all__ = ["CombinedStart", "LastOfPotential", "SumOfDrops", "at_start"]
