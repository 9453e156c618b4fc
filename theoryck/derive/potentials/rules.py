"""The rules that potentials rest on: one step, or one point, by interpolation inequalities."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import Any

import sympy

from theoryck.algebra import Form
from theoryck.certificates.checker import gram_matrix
from theoryck.derive.exact import equal
from theoryck.derive.potentials.extremal import affine_run, curvatures
from theoryck.derive.potentials.multipliers import Point
from theoryck.derive.potentials.numbers import RationalFunctions, powers_in
from theoryck.derive.potentials.signs import finite, nonnegative_here, principal_minors
from theoryck.derive.potentials.step import TracedPoints, traced_points
from theoryck.derive.printing import to_claim_text
from theoryck.derive.relations import Implied, Relation
from theoryck.derive.rules.base import Conclusion, NotApplicableError, Rule, one_step, positive
from theoryck.derive.rules.measures import STARTS
from theoryck.derive.setting import ITERATION, Setting, Stuck
from theoryck.derive.statements import (
    Affine,
    Aggregate,
    Bound,
    Measured,
    OneStep,
    Quantity,
    Statement,
    affine,
    is_nonnegative,
    shifted,
)
from theoryck.derive.symbols import ZERO, is_integral
from theoryck.errors import TheoryckError

MAX_GRAM = 4  # vectors whose Gram matrix is looked at minor by minor


@dataclass(frozen=True)
class Case:
    """Where ``premises`` hold, ``form <= 0`` by these multipliers.

    ``multipliers`` None: there the least and the greatest curvature are equal, so that
    f(x) = f* + (L/2)‖x − x*‖². ``points`` lie in the case; they only choose signs to ask for.
    """

    form: Affine
    multipliers: tuple[tuple[str, sympy.Expr], ...] | None
    premises: tuple[Relation, ...] = ()
    points: tuple[Point, ...] = ()

    @property
    def expressions(self) -> tuple[sympy.Expr, ...]:
        """All coefficients that occur."""
        form = (*(c for _, c in self.form.terms), self.form.constant)
        return (*form, *(m for _, m in self.multipliers or ()))

    def __str__(self) -> str:
        where = f" where {' and '.join(map(str, self.premises))}" if self.premises else ""
        if self.multipliers is None:
            return f"f is the quadratic{where}"
        shown = (f"{to_claim_text(m)} of {_readable(name)}" for name, m in self.multipliers)
        return f"multipliers {', '.join(shown) or 'none'}{where}"


def _readable(name: str) -> str:
    """An inequality's name with the iterates in it, instead of the trace's labels."""
    return name.replace("y0", "x[k]").replace("y1", "x[k+1]").replace(",", ", ")


class Interpolated(Rule):
    """A combination of the inequalities between x*, x[k] and x[k+1] that leaves a square.

    Each inequality of the class is written for the points themselves, as in the dual of a
    performance-estimation problem; the multipliers are checked, wherever they come from.
    """

    name = "interpolation inequalities"
    formula = "-form = sum(multiplier*inequality) + <S, Gram>, multipliers >= 0, S PSD"
    source = "Taylor, Hendrickx and Glineur 2017, Theorem 4 and Section 3"

    def assumed(self, setting: Setting) -> tuple[str, ...]:
        # the assumptions sharpen each other into one inequality
        return tuple(setting.assumptions)

    def stated(self, arguments: Mapping[str, Any]) -> str:
        return f"{self.name}: {self.formula}; {'; '.join(map(str, arguments['cases']))}"

    def conclude(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        if premises:
            raise NotApplicableError(f"{self.name} take no premises")
        cases: tuple[Case, ...] = arguments["cases"]
        if not cases:
            raise NotApplicableError("a case is expected")
        ahead = any(q.at for case in cases for q in case.form.quantities)
        conditions: list[Relation] = list(covering(cases))
        try:
            for case in cases:
                numbers = RationalFunctions.over(
                    setting.domain.where(*case.premises), adjoined(case.expressions)
                )
                traced = traced_points(setting, numbers, 2 if ahead else 1)
                conditions += _ground(setting, traced, numbers)
                conditions += (
                    Implied(r.left, r.sign, r.right, case.premises) if case.premises else r
                    for r in _conditions(case, traced, numbers)
                )
        except (TheoryckError, Stuck) as error:
            raise NotApplicableError(str(error)) from error
        return Conclusion(OneStep(weakest(cases), "<="), tuple(dict.fromkeys(conditions)))


def adjoined(expressions: Iterable[sympy.Expr]) -> Iterator[tuple[sympy.Expr, sympy.Symbol]]:
    """Base and exponent of the powers ``base**k`` in some expressions."""
    powers = {power for expr in expressions for power in powers_in(expr)}
    for power in sorted(powers, key=str):
        for symbol in sorted(power.exp.free_symbols, key=str):
            yield power.base, symbol


def _ground(
    setting: Setting, traced: TracedPoints, numbers: RationalFunctions
) -> Iterator[Relation]:
    """What must hold for the points and the minimiser to exist."""
    for proximal in traced.trace.proximals:
        yield positive(numbers.expression(proximal.step))
    mu = setting.constant("strongly_convex", "mu")
    if mu is not None:
        yield positive(mu)


def _conditions(case: Case, traced: TracedPoints, numbers: RationalFunctions) -> Iterator[Relation]:
    target = traced.form(case.form, numbers) * -1
    for coefficient in (*(c for _, c in case.form.terms), case.form.constant):
        yield from finite(numbers.element(coefficient), numbers)
    if case.multipliers is None:
        yield from _on_quadratic(case, target, traced, numbers)
        return
    remainder = target
    for name, multiplier in case.multipliers:
        if name not in traced.slacks:
            raise NotApplicableError(f"the claim gives no inequality called {name!r}")
        value = numbers.element(multiplier)
        yield from nonnegative_here(value, case.points, numbers)
        remainder = remainder - traced.slacks[name] * value
    if remainder.linear:
        raise NotApplicableError("a value of f is left over")
    matrix = gram_matrix(remainder, numbers)
    if len(matrix) > MAX_GRAM:
        raise NotApplicableError(f"a Gram matrix of {len(matrix)} vectors")
    for value in (remainder.constant, *principal_minors(matrix)):
        yield from nonnegative_here(value, case.points, numbers)


def _on_quadratic(
    case: Case, target: Form, traced: TracedPoints, numbers: RationalFunctions
) -> Iterator[Relation]:
    """The target on f = f* + (c/2)‖x − x*‖², a multiple of ‖x[k] − x*‖²."""
    lower, upper = curvatures(traced, numbers)
    if upper is None or not traced.inequalities.minimiser:
        raise NotApplicableError("the function is not known to be a quadratic")
    yield Relation(numbers.expression(lower), "==", numbers.expression(upper))
    run, zero = affine_run(traced, upper, numbers), numbers.integer(0)
    values = {}
    for evaluation in traced.points:
        (leaf,) = (evaluation.value - traced.trace.f_star).linear
        apart = evaluation.point - traced.trace.x_star
        values[leaf] = run.squares(apart.dot(apart) * (upper / 2), {}, zero)
    coefficient, _, _ = run.squares(target, values, zero)
    yield from nonnegative_here(target.constant, case.points, numbers)
    yield Relation(numbers.expression(coefficient), ">=", ZERO)


def weakest(cases: Sequence[Case]) -> Affine:
    """A form that is at most 0 in every case, its quantities being nonnegative."""
    if len({case.form for case in cases}) == 1:
        return cases[0].form
    quantities = dict.fromkeys(q for case in cases for q in case.form.quantities)
    terms = {}
    for quantity in quantities:
        terms[quantity] = _least([case.form[quantity] for case in cases], is_nonnegative(quantity))
    return affine(terms, _least([case.form.constant for case in cases], True))


def _least(values: list[sympy.Expr], allowed: bool) -> sympy.Expr:
    distinct: list[sympy.Expr] = []
    for value in values:
        if not any(equal(value, known) for known in distinct):
            distinct.append(value)
    if len(distinct) == 1:
        return distinct[0]
    if not allowed:
        raise NotApplicableError("the cases differ in a term of either sign")
    return -sympy.Max(*(-value for value in distinct))


def covering(cases: Sequence[Case]) -> Iterator[Relation]:
    """Together the cases are everything: where each earlier one fails, the last one holds."""
    *earlier, last = cases
    for failed in product(*(case.premises for case in earlier)):
        negations = tuple(dict.fromkeys(premise.negation() for premise in failed))
        if any(_contradict(one, other) for one, other in combinations(negations, 2)):
            continue
        for relation in last.premises:
            yield Implied(relation.left, relation.sign, relation.right, negations)


def _contradict(one: Relation, other: Relation) -> bool:
    """Whether the two are ``e < c`` and ``e > c``."""
    same = (one.left, one.right) == (other.left, other.right)
    return same and {one.sign, other.sign} == {"<", ">"}


class PotentialBound(Rule):
    """If V[k+1] <= V[k] for all k, and w·m(x) <= V[n] at x = x[n], then w·m(x[n]) <= V[0].

    V[k] is a combination of observables at x[k] with coefficients that depend on k.
    """

    name = "potential"
    formula = "V[k+1] <= V[k] for all k, w*m[n] <= V[n], w > 0  ⟹  m[n] <= V[0]/w"
    source = "induction over k; Taylor and Bach 2019, Section 2"

    def conclude(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        link, end = (one_step(premise) for premise in premises)
        index, measured = arguments["index"], arguments["quantity"]
        if not is_integral(index) or link.expected or end.expected:
            raise NotApplicableError("the index of an iterate is an integer")
        for form in (link.form, end.form):
            if not equal(form.constant, ZERO):
                raise NotApplicableError("a constant is left in the potential")
        numbers = _field_of((*link.form.terms, *end.form.terms), setting, index)
        try:
            potential = _potential(link.form, numbers)
            at_end = {q: numbers.element(_at(c, index)) for q, c in potential.items()}
            weight = numbers.element(end.form[measured])
            weight = weight + at_end.get(measured, 0)
            for quantity in {*potential, *end.form.quantities}:
                rest = numbers.element(end.form[quantity]) + at_end.get(quantity, 0)
                if rest != (weight if quantity == measured else 0):
                    raise NotApplicableError(f"the potential has another multiple of {quantity}")
        except TheoryckError as error:
            raise NotApplicableError(str(error)) from error
        if not potential.keys() <= STARTS.keys():
            raise NotApplicableError("the potential is not known at the start")
        start = sum((_at(c, ZERO) * STARTS[q] for q, c in potential.items()), ZERO)
        size = numbers.expression(weight)
        statement = Bound(Measured(measured, Aggregate.LAST, index, index), start / size)
        return Conclusion(statement, (positive(size), Relation(index, ">=", ZERO)))


def _at(coefficient: sympy.Expr, index: sympy.Expr) -> sympy.Expr:
    """A coefficient of V[k] at another index."""
    return coefficient.subs(ITERATION, index)


def _field_of(
    terms: Iterable[tuple[Quantity, sympy.Expr]], setting: Setting, index: sympy.Expr
) -> RationalFunctions:
    """The field in which coefficients are compared, with the powers that occur in them."""
    coefficients = [c for _, c in terms]
    powers = adjoined([*coefficients, *(_at(c, index) for c in coefficients)])
    return RationalFunctions.over(setting.domain, powers)


def _potential(link: Affine, numbers: RationalFunctions) -> dict[Quantity, sympy.Expr]:
    """V[k] of the link V[k+1] − V[k] <= 0."""
    potential = {q: -link[q] for q in link.quantities if q.at == 0}
    ahead = {q for q in link.quantities if q.at == 1}
    if len(potential) + len(ahead) != len(link.quantities):
        raise NotApplicableError("the link speaks of more than x[k] and x[k+1]")
    for quantity in {*potential, *(shifted(q, -1) for q in ahead)}:
        next_one = _at(potential.get(quantity, ZERO), ITERATION + 1)
        if numbers.element(link[shifted(quantity)]) != numbers.element(next_one):
            raise NotApplicableError(f"{quantity} has another multiple in V[k+1] than in V[k]")
    return potential
