"""The search for bounds on sums over k: which parts a term has, and from which side each goes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import sympy
from sympy.concrete.gosper import gosper_term

from theoryck.derive.decide import Proved
from theoryck.derive.proof import Workshop
from theoryck.derive.relations import Relation
from theoryck.derive.routes.attempt import attempt
from theoryck.derive.rules.base import NotApplicableError
from theoryck.derive.rules.sums import (
    Differences,
    InverseSquares,
    PowerSum,
    Side,
    SumOfParts,
    power_part,
)
from theoryck.derive.setting import ITERATION
from theoryck.derive.symbols import ONE, ZERO

MAX_OPERATIONS = 60  # of a term whose closed form is looked for


@dataclass(frozen=True)
class Range:
    """k from ``lower`` to ``upper``."""

    lower: sympy.Expr
    upper: sympy.Expr


@dataclass(frozen=True)
class Part:
    """``factor*(k + shift)**(-power)``."""

    factor: sympy.Expr
    shift: sympy.Expr
    power: sympy.Expr

    @property
    def shape(self) -> sympy.Expr:
        """The part without its factor."""
        return (ITERATION + self.shift) ** (-self.power)


def product(weight: sympy.Expr, term: sympy.Expr) -> sympy.Expr:
    """``weight*term``, with its powers of k + s kept apart where they are no fractions."""
    if term.is_rational_function(ITERATION):
        return sympy.factor(weight * term)
    return sympy.Add(*(sympy.factor(weight * part) for part in sympy.Add.make_args(term)))


def parts_of(term: sympy.Expr) -> tuple[Part, ...]:
    """The term as a sum of powers of k + s, like ones collected; empty where it is not."""
    for form in (term, sympy.expand(term)):
        found: dict[tuple[sympy.Expr, sympy.Expr], sympy.Expr] = {}
        try:
            for part in sympy.Add.make_args(form):
                factor, shift, power = power_part(part)
                found[shift, power] = found.get((shift, power), ZERO) + factor
        except (NotApplicableError, sympy.PolynomialError):
            continue
        return tuple(Part(factor, shift, power) for (shift, power), factor in found.items())
    return ()


def sum_bounds(workshop: Workshop, term: sympy.Expr, over: Range, relation: str) -> Iterator[int]:
    """Bounds on the sum of a term, the ones of the best order first."""
    yield from _closed(workshop, term, over, relation)
    parts = parts_of(term)
    if not parts:
        lead = _leading_shape(term)
        if lead is not None:
            yield from _dominated(workshop, term, (lead,), over, relation)
        return
    if len(parts) == 1 or relation == "<=":
        yield from _by_parts(workshop, term, parts, over, relation)
        return
    yield from _interleaved(
        _dominated(workshop, term, parts, over, relation),
        _by_parts(workshop, term, parts, over, relation),
    )


def _interleaved(*searches: Iterator[int]) -> Iterator[int]:
    """One of each in turn, so that no search keeps the others waiting."""
    waiting = list(searches)
    while waiting:
        for search in tuple(waiting):
            number = next(search, None)
            if number is None:
                waiting.remove(search)
            else:
                yield number


def _closed(workshop: Workshop, term: sympy.Expr, over: Range, relation: str) -> Iterator[int]:
    """A closed form by Gosper's algorithm, where there is one."""
    if not term.is_rational_function(ITERATION) or term.count_ops() > MAX_OPERATIONS:
        return
    try:
        ratio = gosper_term(term, ITERATION) if ITERATION in term.free_symbols else ITERATION
    except (sympy.PolynomialError, NotImplementedError, ZeroDivisionError):
        return
    if ratio is None:
        return
    found = attempt(
        workshop,
        Differences(),
        term=term,
        relation=relation,
        antidifference=sympy.factor(ratio * term),
        lower=over.lower,
        upper=over.upper,
    )
    if found is not None:
        yield found


def _sides(part: Part, over: Range, relation: str) -> tuple[Side, ...]:
    if part.power == 0:
        return (Side.LEAST,) if relation == ">=" else (Side.MOST,)
    if relation == ">=":
        return (Side.BELOW, Side.LEAST)
    if part.power.is_number and part.power < 1:
        return (Side.ABOVE_EARLY, Side.ABOVE, Side.MOST)
    if part.power.is_number and part.power > 1:
        return (Side.ABOVE_ALL, Side.ABOVE)
    return (Side.ABOVE, Side.ABOVE_EARLY, Side.ABOVE_ALL)


def _one_part(workshop: Workshop, part: Part, over: Range, relation: str) -> Iterator[int]:
    """Bounds on the sum of one power."""
    for side in _sides(part, over, relation):
        found = attempt(
            workshop,
            PowerSum(),
            shift=part.shift,
            power=part.power,
            lower=over.lower,
            upper=over.upper,
            side=side,
        )
        if found is not None:
            yield found
    if part.power.is_integer and part.power.is_negative:
        yield from _closed(workshop, part.shape, over, relation)
    if relation == "<=" and (part.shift, part.power) == (ONE, sympy.Integer(2)):
        found = attempt(workshop, InverseSquares(), lower=over.lower, upper=over.upper)
        if found is not None:
            yield found


def _by_parts(
    workshop: Workshop, term: sympy.Expr, parts: tuple[Part, ...], over: Range, relation: str
) -> Iterator[int]:
    """The term as it is, each of its parts from the side that its sign asks for."""
    opposite = {"<=": ">=", ">=": "<="}[relation]
    choices = []
    for part in parts:
        is_nonnegative = _holds(workshop, Relation(part.factor, ">=", ZERO))
        side = relation if is_nonnegative else opposite
        choices.append(tuple(_one_part(workshop, part, over, side)))
    if not all(choices):
        return
    for row in range(max(map(len, choices))):
        numbers = tuple(column[min(row, len(column) - 1)] for column in choices)
        yield from _recorded(workshop, term, numbers, tuple(p.factor for p in parts), relation)


def _dominated(
    workshop: Workshop, term: sympy.Expr, parts: tuple[Part, ...], over: Range, relation: str
) -> Iterator[int]:
    """A multiple of the leading part: with the ratio at the first k, or in the limit."""
    lead = leading(parts, workshop)
    if lead is None:
        return
    ratio = sympy.simplify(term / lead.shape)
    for factor in dict.fromkeys(_multiples(ratio, over.lower, lead)):
        goal = Relation(factor, ">" if relation == ">=" else ">=", ZERO)
        if not _holds(workshop, goal):
            continue
        for number in _one_part(workshop, lead, over, relation):
            yield from _recorded(workshop, term, (number,), (factor,), relation)


def _multiples(ratio: sympy.Expr, first: sympy.Expr, lead: Part) -> Iterator[sympy.Expr]:
    for value in (ratio.subs(ITERATION, first), lead.factor):
        if not value.has(sympy.zoo, sympy.nan, sympy.oo) and ITERATION not in value.free_symbols:
            yield sympy.factor(value)


def _recorded(
    workshop: Workshop,
    term: sympy.Expr,
    numbers: tuple[int, ...],
    multipliers: tuple[sympy.Expr, ...],
    relation: str,
) -> Iterator[int]:
    found = attempt(
        workshop,
        SumOfParts(),
        *numbers,
        term=term,
        relation=relation,
        multipliers=multipliers,
    )
    if found is not None:
        yield found


def leading(parts: tuple[Part, ...], workshop: Workshop | None = None) -> Part | None:
    """The part that decreases most slowly: a guess at one point, where the powers are symbolic."""
    sample = {} if workshop is None else workshop.sample

    def slowness(part: Part) -> tuple[sympy.Expr, str]:
        return part.power.subs(sample), str(part.shift)

    if len(parts) > 1 and not all(slowness(part)[0].is_Rational for part in parts):
        return None
    return min(parts, key=slowness)


def _leading_shape(term: sympy.Expr) -> Part | None:
    """For a quotient of polynomials in k: its order, and a shift that its denominator has."""
    ratio = sympy.fraction(sympy.cancel(term))
    if not all(side.is_polynomial(ITERATION) for side in ratio):
        return None
    above, below = (sympy.Poly(side, ITERATION) for side in ratio)
    if above.is_zero:
        return None
    power = sympy.Integer(below.degree() - above.degree())
    return Part(sympy.cancel(above.LC() / below.LC()), shift_of(below), power)


def shift_of(below: sympy.Poly) -> sympy.Expr:
    """The s of a factor k + s; 1 where the polynomial has none."""
    for factor, _ in sympy.factor_list(below)[1]:
        line = sympy.Poly(factor, ITERATION)
        if line.degree() == 1:
            slope, offset = line.all_coeffs()
            return sympy.cancel(offset / slope)
    return ONE


def _holds(workshop: Workshop, relation: Relation) -> bool:
    return isinstance(workshop.decided(relation), Proved)
