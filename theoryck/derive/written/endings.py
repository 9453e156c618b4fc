"""From the last line of a written derivation to the claim."""

from __future__ import annotations

import sympy

from theoryck.claims.expressions import Expr, Order
from theoryck.derive.relations import Relation
from theoryck.derive.schedules.leading import Calculus, UndecidedGrowthError
from theoryck.derive.symbols import ONE
from theoryck.derive.written.language import LineError, expand
from theoryck.derive.written.lines import Accepted, Book
from theoryck.derive.written.reading import Reading


def follows(last: Accepted, book: Book) -> tuple[sympy.Expr, str]:
    """The bound that the last line proves, and how the claim follows from it.

    Raises:
        LineError: the last line is about something else, or the claim does not follow.
    """
    claim = book.language.setting.claim
    line = last.line
    if isinstance(claim.bound, Order) and claim.bound.kind != "O":
        raise LineError(f"a written derivation shows upper bounds, not {claim.bound.kind}(...)")
    if line.every is not None:
        raise LineError("the last line has no index of its own: it is the claim")
    reading = Reading(book.language, {})
    left, sign, right = reading.relation(line.statement)
    measured = reading.read(claim.measure)
    if sign in (">=", ">"):
        left, right = right, left
    if sympy.expand(left - measured) != 0:
        raise LineError("the last line does not bound what the claim measures")
    if book.language.is_random(right):
        raise LineError("the last bound is random")
    _confident(last, book, reading)
    order = claim.bound
    claimed = reading.read(order.body if isinstance(order, Order) else order)
    known = tuple(book.language.setting.domain.relations)
    for obligation in dict.fromkeys(reading.obligations):
        book.proves(obligation.alternatives[0], known)
    if isinstance(order, Order):
        return right, _of_order(right, claimed, book)
    book.proves(Relation(right, "<=", claimed), ())
    return right, "the derived bound is at most the claimed one"


def _confident(last: Accepted, book: Book, reading: Reading) -> None:
    """The chances that a line fails add up to no more than the claim allows."""
    confidence: Expr | None = book.language.setting.claim.confidence
    total = sympy.Add(*(share for _, share in last.fails))
    if total == 0:
        return
    if confidence is None:
        raise LineError("the last line may fail, and the claim has no confidence")
    allowed = ONE - reading.read(confidence)
    book.proves(Relation(total, "<=", allowed), ())


def _of_order(bound: sympy.Expr, order: sympy.Expr, book: Book) -> str:
    """The bound grows no faster, the other parameters fixed, which the constant may depend on."""
    setting = book.language.setting
    name, _, limit = setting.claim.limit.partition("->")
    variable = setting.domain.symbols.get(name.strip())
    if variable is None or limit.strip() != "oo":
        raise LineError(f"the limit {setting.claim.limit!r} is not a parameter -> oo")
    domain = setting.domain.with_symbols(*bound.free_symbols, *order.free_symbols)
    calculus = Calculus(domain, variable, book.deadline)
    try:
        # a constant factor counts for nothing, so that its sign need not be known
        theirs = calculus.leading(order)
        parts = {_growing(term, variable) for term in sympy.Add.make_args(expand(bound))}
        for part in sorted(parts, key=str):
            if calculus.growth_order(calculus.leading(part), theirs) > 0:
                raise LineError(f"the derived bound is of a larger order in {variable}: {part}")
    except UndecidedGrowthError as error:
        raise LineError(f"the order of the bound is not found: {error}") from error
    return f"orders compared as {variable} -> oo, by leading terms"


def _growing(term: sympy.Expr, variable: sympy.Symbol) -> sympy.Expr:
    """The factors of a term that depend on the variable."""
    return sympy.Mul(*(part for part in sympy.Mul.make_args(term) if part.has(variable)))
