"""Sequences between two others that have leading terms: what rounds, oscillates or falls rapidly.

A part of the sequence that has no leading term is replaced by the ends of a range in which it lies
(u - 1 < floor(u) <= u, -1 <= sin(u) <= 1, 0 < exp(-t) <= k**(-64) from some k on), where the
whole is proved to be monotone in that part. The comparison test does the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import sympy

from theoryck.derive.relations import Implied, Relation
from theoryck.derive.schedules.leading import Calculus, Leading, RapidError, UndecidedGrowthError
from theoryck.derive.symbols import ONE, ZERO

MOST_PARTS = 3
RAPID = 64  # exp(-t) <= k**(-RAPID) from some k on, where t/log(k) -> oo
ROUNDED = {sympy.floor: (-1, 0), sympy.ceiling: (0, 1)}

Shows = Callable[[Relation], bool]


@dataclass(frozen=True)
class Envelope:
    """``least <= a <= most`` from some k on; the same where a leading term is known."""

    least: Leading | None
    most: Leading


@dataclass(frozen=True)
class _Part:
    """A node of the sequence and the ends of its range."""

    node: sympy.Expr
    low: sympy.Expr
    high: sympy.Expr


def envelope(expr: sympy.Expr, calculus: Calculus, shows: Shows) -> Envelope:
    """Sequences with leading terms below and above a nonnegative sequence.

    Args:
        expr: the sequence.
        calculus: finds leading terms.
        shows: whether a relation holds wherever the sequence runs.

    Raises:
        UndecidedGrowthError: no range of its parts is known, or it is not monotone in them.
    """
    try:
        term = calculus.leading(expr)
    except UndecidedGrowthError as error:
        parts = tuple(_parts(expr, calculus))
        if not 0 < len(parts) <= MOST_PARTS:
            raise
        return _between(expr, parts, calculus, shows, error)
    return Envelope(term, term)


def _parts(expr: sympy.Expr, calculus: Calculus) -> Iterator[_Part]:
    """The outermost nodes of which only a range is known."""
    if not expr.has(calculus.k):
        return
    if type(expr) in ROUNDED:
        low, high = ROUNDED[type(expr)]
        yield _Part(expr, expr.args[0] + low, expr.args[0] + high)
        return
    if isinstance(expr, sympy.sin | sympy.cos):
        yield _Part(expr, -ONE, ONE)
        return
    if isinstance(expr, sympy.exp | sympy.Pow):
        try:
            calculus.leading(expr)
        except RapidError as error:
            calculus.notes.append(str(error))
            yield _Part(expr, ZERO, (calculus.k + 2) ** sympy.Integer(-RAPID))
            return
        except UndecidedGrowthError:
            pass
    for argument in expr.args:
        yield from _parts(argument, calculus)


def _between(
    expr: sympy.Expr,
    parts: tuple[_Part, ...],
    calculus: Calculus,
    shows: Shows,
    error: UndecidedGrowthError,
) -> Envelope:
    low, high = expr, expr
    for part in dict.fromkeys(parts):
        low = _at_an_end(low, part, -1, shows, error)
        high = _at_an_end(high, part, 1, shows, error)
        calculus.notes.append(
            f"{expr} is monotone in {part.node}, which lies between {part.low} and {part.high}"
        )
    most = calculus.leading(sympy.expand(high, power_base=False))
    least = None if low == ZERO else calculus.leading(sympy.expand(low, power_base=False))
    return Envelope(least, most)


def _at_an_end(
    expr: sympy.Expr, part: _Part, side: int, shows: Shows, error: UndecidedGrowthError
) -> sympy.Expr:
    """The least (side -1) or greatest value that the part's range allows."""
    whole = sympy.Symbol("u_", real=True)
    slope = sympy.diff(expr.xreplace({part.node: whole}), whole)
    ranged = (Relation(whole, ">=", part.low), Relation(whole, "<=", part.high))
    if shows(Implied(slope, ">=", ZERO, ranged)):
        return expr.xreplace({part.node: part.high if side > 0 else part.low})
    if shows(Implied(slope, "<=", ZERO, ranged)):
        return expr.xreplace({part.node: part.low if side > 0 else part.high})
    raise error


__all__ = ["Envelope", "envelope"]
