"""The statements of derivations as marks; an unknown kind of statement is set as its text."""

from __future__ import annotations

from collections.abc import Iterable
from functools import singledispatch

import sympy

from theoryck.claims.claim import RateClaim
from theoryck.derive.printing import shows_minus, tidy
from theoryck.derive.statements import (
    Affine,
    Aggregate,
    Arrow,
    Bound,
    ClaimedBound,
    Direction,
    Displacement,
    Gap,
    Inner,
    Measured,
    OneStep,
    Quantity,
    Statement,
)
from theoryck.derive.symbols import ZERO
from theoryck.report.mathematics.marks import (
    Digits,
    Fenced,
    Mark,
    Name,
    Script,
    Sign,
    Under,
    fenced,
    norm,
    row,
    squared,
)
from theoryck.report.mathematics.prose import prose_marks
from theoryck.report.mathematics.trees import expression_marks, formula_marks

FLIPPED = {"<=": ">=", "==": "=="}
K = Name("k")


def iterate(index: Mark) -> Mark:
    """``x`` with an index."""
    return Script(Name("x"), lower=index)


def _later(at: int) -> Mark:
    return row(K, Sign("+"), Digits(str(at))) if at else K


def _arrow(arrow: Arrow, index: Mark) -> Mark:
    x = iterate(index)
    match arrow.direction:
        case Direction.FROM_MINIMISER:
            return row(x, Sign("-"), Name("x_star"))
        case Direction.GRADIENT:
            return row(Sign("nabla"), Name("f"), fenced(x))
    label = f"e_{arrow.number}" if arrow.number else "e"
    return Script(row(Name(label)), lower=index)


def _vector(arrow: Arrow) -> Mark:
    return _arrow(arrow, _later(arrow.at))


def _alone(quantity: Quantity) -> Mark:
    """The quantity where it stands alone, without fences around a gap."""
    if isinstance(quantity, Gap):
        value = row(Name("f"), fenced(iterate(_later(quantity.at))))
        return row(value, Sign("-"), Name("f_star"))
    return _fenced(quantity)


def _fenced(quantity: Quantity) -> Mark:
    match quantity:
        case Gap():
            return fenced(_alone(quantity))
        case Inner(left=left, right=right) if left == right:
            return squared(norm(_vector(left)))
        case Inner(left=left, right=right):
            return Fenced("langle", row(_vector(left), Sign(","), _vector(right)), "rangle")


def _expected(mark: Mark) -> Mark:
    return row(Sign("E"), Fenced("[", mark, "]"))


def linear_marks(terms: Iterable[tuple[Mark, sympy.Expr]], constant: sympy.Expr = ZERO) -> Mark:
    """``sum(coefficient * mark) + constant``."""
    parts: list[Mark] = []
    for mark, coefficient in (*terms, (None, constant)):
        if coefficient == 0:
            continue
        short = tidy(coefficient)
        negative = shows_minus(short)
        size = tidy(-short) if negative else short
        if negative or parts:
            parts.append(Sign("-" if negative else "+"))
        shown = expression_marks(size)
        if mark is None:
            parts.append(fenced(shown) if negative and size.is_Add else shown)
        elif size == 1:
            parts.append(mark)
        else:
            parts += [fenced(shown) if size.is_Add else shown, Sign("*"), mark]
    return row(*parts) if parts else Digits("0")


@singledispatch
def statement_marks(statement: Statement, claim: RateClaim | None = None) -> Mark:
    """A statement as it is written on paper.

    Args:
        statement: of a derivation.
        claim: the claim that is derived, for the statement that repeats it.
    """
    names = frozenset() if claim is None else frozenset(claim.parameters)
    return prose_marks(str(statement), names)


@statement_marks.register
def _(statement: OneStep, claim: RateClaim | None = None) -> Mark:
    terms = list(statement.form.terms)

    def named(quantity: Quantity, *, alone: bool) -> Mark:
        if statement.expected:
            return _expected(_alone(quantity))
        return _alone(quantity) if alone else _fenced(quantity)

    for sign in (1, -1):
        leading = next((i for i, (_, c) in enumerate(terms) if c == sign), None)
        if leading is None:
            continue
        quantity, _ = terms.pop(leading)
        relation = statement.relation if sign == 1 else FLIPPED[statement.relation]
        rest = [(named(q, alone=False), -sign * c) for q, c in terms]
        right = linear_marks(rest, -sign * statement.form.constant)
        return row(named(quantity, alone=True), Sign(relation), right)
    left = linear_marks([(named(q, alone=False), c) for q, c in terms], _constant(statement.form))
    return row(left, Sign(statement.relation), Digits("0"))


def _constant(form: Affine) -> sympy.Expr:
    return form.constant


@statement_marks.register
def _(statement: Displacement, claim: RateClaim | None = None) -> Mark:
    left = row(iterate(_later(1)), Sign("-"), iterate(K))
    return row(left, Sign("="), linear_marks([(_vector(a), c) for a, c in statement.terms]))


def measured_marks(measured: Measured) -> Mark:
    """What is measured along a run."""
    last = measured.aggregate is Aggregate.LAST
    index = expression_marks(measured.upper) if last else K
    average = measured.aggregate is Aggregate.AVERAGE
    body = _measured_quantity(measured, index)
    if average:
        span = _span(measured)
        mean = row(Under(Sign("mean_over"), span), iterate(K))
        body = row(Name("f"), fenced(mean), Sign("-"), Name("f_star"))
    if measured.expected:
        body = _expected(body)
    if last or average:
        return body
    if measured.aggregate is Aggregate.SQUARED_MEAN:
        return squared(fenced(row(Under(Sign("mean_over"), _span(measured)), body)))
    if isinstance(measured.quantity, Gap) and not measured.expected:
        body = fenced(body)
    if measured.aggregate is Aggregate.SUM:
        start = row(K, Sign("="), expression_marks(measured.lower))
        return row(Under(Sign("sum_over"), start, expression_marks(measured.upper)), body)
    return row(Under(Sign(f"{measured.aggregate.value}_over"), _span(measured)), body)


def _span(measured: Measured) -> Mark:
    lower, upper = expression_marks(measured.lower), expression_marks(measured.upper)
    return row(lower, Sign("<="), K, Sign("<="), upper)


def _measured_quantity(measured: Measured, index: Mark) -> Mark:
    quantity = measured.quantity
    if isinstance(quantity, Gap):
        return row(Name("f"), fenced(iterate(index)), Sign("-"), Name("f_star"))
    if quantity.left != quantity.right:
        left, right = _arrow(quantity.left, index), _arrow(quantity.right, index)
        return Fenced("langle", row(left, Sign(","), right), "rangle")
    size = norm(_arrow(quantity.left, index))
    is_norm = measured.root or measured.aggregate is Aggregate.SQUARED_MEAN
    return size if is_norm else squared(size)


@statement_marks.register
def _(statement: Bound, claim: RateClaim | None = None) -> Mark:
    return row(measured_marks(statement.measured), Sign("<="), expression_marks(statement.bound))


@statement_marks.register
def _(statement: ClaimedBound, claim: RateClaim | None = None) -> Mark:
    if claim is None:
        return prose_marks(statement.text)
    return row(formula_marks(claim.measure), Sign("<="), formula_marks(claim.bound))
