"""Calculus in one variable: a function that is nonnegative somewhere and grows from there.

The mean value theorem: g is continuous for t >= c and differentiable for t > c, g(c) >= 0 and
g'(t) >= 0 there, hence g(t) >= 0. Likewise to the left, with g' <= 0. Derivatives are decided by
the same means, so that a Taylor expansion is found when its order is small.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import sympy

from theoryck.derive.domain import Domain
from theoryck.derive.relations import Relation
from theoryck.derive.symbols import ONE, ZERO

NOT_SMOOTH = (
    *(sympy.Max, sympy.Min, sympy.Abs, sympy.sign, sympy.floor, sympy.ceiling, sympy.tan),
)
NO_VALUE = (sympy.zoo, sympy.nan, sympy.oo, -sympy.oo, sympy.I)
TRANSCENDENTAL = (sympy.exp, sympy.log, sympy.sin, sympy.cos, sympy.sinh, sympy.cosh, sympy.tanh)
MORE = (sympy.atan, sympy.asinh)
INNER = (ZERO, ONE)  # where a minimum may lie, beside the ends
MAX_OPERATIONS = 80  # of a function that is differentiated

Shows = Callable[[Relation, Domain], bool]
MIRRORED = {">=": "<=", ">": "<", "<=": ">=", "<": ">", "==": "==", "!=": "!="}


def is_transcendental(expr: sympy.Expr) -> bool:
    """Whether more than rational functions and roots occur."""
    return expr.has(*TRANSCENDENTAL, *MORE) or any(
        not isinstance(power.exp, sympy.Rational) for power in expr.atoms(sympy.Pow)
    )


@dataclass(frozen=True)
class Anchor:
    """A value ``at`` of the variable t, and the sides of it on which the domain lies."""

    at: sympy.Expr
    sides: tuple[int, ...]


def by_monotonicity(goal: Relation, domain: Domain, deadline: float, shows: Shows) -> str | None:
    """A sentence that says how a goal follows from a derivative's sign, or None.

    Args:
        goal: an inequality.
        domain: the parameters and what is known of them.
        deadline: a value of ``time.monotonic()``.
        shows: whether a relation is proved on a domain, its terms having values there.
    """
    if goal.sign not in ("<=", "<", ">=", ">"):
        return None
    g = goal.left - goal.right if goal.sign in (">=", ">") else goal.right - goal.left
    sign = ">" if goal.sign in ("<", ">") else ">="
    if g.count_ops() > MAX_OPERATIONS:
        return None
    for symbol in _variables(g):
        for anchor in _anchors(symbol, domain):
            if time.monotonic() > deadline:
                return None
            if _grows(g, sign, symbol, anchor, domain, shows):
                where = "rises" if anchor.sides == (1,) else "falls"
                where = "falls and then rises" if len(anchor.sides) == 2 else where
                end = "to" if anchor.sides == (-1,) else "from"
                end = "about" if len(anchor.sides) == 2 else end
                return f"in {symbol} the difference {where} {end} {symbol} = {anchor.at}"
    return None


def _variables(g: sympy.Expr) -> list[sympy.Symbol]:
    """The symbols on which a transcendental part depends, simple ones first."""
    parts = list(g.atoms(*TRANSCENDENTAL, *MORE))
    parts += [p for p in g.atoms(sympy.Pow) if not isinstance(p.exp, sympy.Rational)]
    smooth = [
        s
        for s in g.free_symbols
        if any(p.has(s) for p in parts) and not any(n.has(s) for n in g.atoms(*NOT_SMOOTH))
    ]
    return sorted(smooth, key=lambda s: (sum(p.has(s) for p in parts), s.name))


def _bounds(symbol: sympy.Symbol, domain: Domain) -> list[tuple[str, sympy.Expr]]:
    """``(">=", c)`` for symbol >= c, and so on, c free of the symbol."""
    found = []
    for relation in domain.known:
        for side, sign, other in (
            (relation.left, relation.sign, relation.right),
            (relation.right, MIRRORED[relation.sign], relation.left),
        ):
            if side == symbol and not other.has(symbol) and sign in (">=", ">", "<=", "<"):
                found.append((sign, other))
    return list(dict.fromkeys(found))


def _anchors(symbol: sympy.Symbol, domain: Domain) -> Iterator[Anchor]:
    bounds = _bounds(symbol, domain)
    lowest = [c for sign, c in bounds if sign.startswith(">")]
    highest = [c for sign, c in bounds if sign.startswith("<")]
    for c in lowest:
        yield Anchor(c, (1,))
    for c in highest:
        yield Anchor(c, (-1,))
    if symbol.is_integer:
        return
    for number in INNER:
        if number not in lowest and number not in highest:
            yield Anchor(number, (1, -1))


def _grows(
    g: sympy.Expr,
    sign: str,
    symbol: sympy.Symbol,
    anchor: Anchor,
    domain: Domain,
    shows: Shows,
) -> bool:
    apart = tuple(r for r in domain.known if symbol not in r.symbols)
    bounds = _bounds(symbol, domain)
    base = _with(apart, *(_between(s, c, anchor) for s, c in bounds if c != anchor.at))
    start = g.subs(symbol, anchor.at)
    if start.has(*NO_VALUE) or not shows(Relation(start, sign, ZERO), base):
        return False
    if _told_sign(symbol) and not shows(Relation(anchor.at, ">=", ZERO), base):
        return False  # SymPy's simplifications hold for positive symbols only
    t = sympy.Symbol(symbol.name, real=True)
    h = g.subs(symbol, t)
    slope = sympy.diff(h, t)
    for side in anchor.sides:
        kept = tuple(Relation(t, s, c) for s, c in bounds if s.startswith("<" if side > 0 else ">"))
        if side < 0 and _told_sign(symbol):
            kept = (*kept, Relation(t, ">=", ZERO))
        closed = Relation(t, ">=" if side > 0 else "<=", anchor.at)
        beyond = Relation(t, ">" if side > 0 else "<", anchor.at)
        region = _with(apart, *kept)
        if not _continuous(h, t, region.where(closed), shows):
            return False
        rises = Relation(slope, ">=" if side > 0 else "<=", ZERO)
        inside = region.where(beyond)
        if not (_continuous(slope, t, inside, shows) and shows(rises, inside)):
            return False
    return True


def _between(sign: str, bound: sympy.Expr, anchor: Anchor) -> Relation:
    """What the existence of a point of the domain on the right side of the anchor says."""
    if len(anchor.sides) == 2:
        return Relation(ZERO, "<=", ONE)
    if anchor.sides == (1,) and sign.startswith("<"):
        return Relation(anchor.at, "<=", bound)
    if anchor.sides == (-1,) and sign.startswith(">"):
        return Relation(anchor.at, ">=", bound)
    return Relation(ZERO, "<=", ONE)


def _with(apart: tuple[Relation, ...], *more: Relation) -> Domain:
    """The domain of the relations given alone, over the symbols that they speak of."""
    symbols = {s.name: s for r in (*apart, *more) for s in r.symbols}
    return Domain(symbols, (*apart, *more))


def _told_sign(symbol: sympy.Symbol) -> bool:
    return bool(symbol.is_positive or symbol.is_nonnegative)


def _continuous(h: sympy.Expr, t: sympy.Symbol, region: Domain, shows: Shows) -> bool:
    """Whether every power with a variable part has a positive base there, or is 0**e with e > 0.

    That the other terms have values (denominators, roots, logarithms) is part of ``shows``.
    """
    if h.has(*NO_VALUE, sympy.Derivative, sympy.Subs):
        return False
    for power in h.atoms(sympy.Pow):
        if isinstance(power.exp, sympy.Rational) or not power.has(t):
            continue
        if shows(Relation(power.base, ">", ZERO), region):
            continue
        if not shows(Relation(power.base, ">=", ZERO), region):
            return False
        if not shows(Relation(power.exp, ">", ZERO), region):
            return False
    return shows(Relation(h, "==", h + ZERO), region) if not _entire(h) else True


def _entire(h: sympy.Expr) -> bool:
    """Whether no denominator, root or logarithm occurs, so that it has a value everywhere."""
    fractions = any(
        isinstance(p.exp, sympy.Rational) and not (p.exp.is_Integer and p.exp > 0)
        for p in h.atoms(sympy.Pow)
    )
    return not fractions and not h.has(sympy.log)


__all__ = ["by_monotonicity", "is_transcendental"]
