"""The smallest number of iterations at which a derived bound is at most a level."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from theoryck.claims.claim import ComplexityClaim
from theoryck.claims.expressions import Expr, Order
from theoryck.claims.grammar import parse_expression
from theoryck.claims.scopes import CONSTANTS, RUN, Scope
from theoryck.derive.complexity.rates import START_QUANTITIES, Target
from theoryck.derive.domain import Domain
from theoryck.derive.printing import tidy, to_claim_text
from theoryck.derive.setting import start_quantity
from theoryck.derive.symbols import Reader
from theoryck.errors import TheoryckError

POWERS = tuple(map(sympy.Rational, ("1", "2", "1/2")))


def solutions(
    claim: ComplexityClaim, target: Target, domain: Domain, bounds: list[str]
) -> Iterator[Expr]:
    """Numbers of iterations that would do, by bounds that were derived; none is proved yet."""
    if isinstance(claim.within, Order):
        return
    count = sympy.Symbol(target.count, integer=True, positive=True)
    shapes = dict.fromkeys((*target.parameters, target.count), ())
    scope = Scope("a bound", shapes, frozenset({target.count}), RUN | CONSTANTS)
    # the names that stand for the start, back in the claim's own words
    words = {
        domain.symbols[q.name]: start
        for q in START_QUANTITIES
        if q.name in domain.symbols and (start := start_quantity_of(q.tree)) is not None
    }
    for text in dict.fromkeys(bounds):
        reader = Reader({**domain.symbols, target.count: count}, start_quantity)
        try:
            bound = reader.read(parse_expression(text, scope=scope))
            level = reader.read(target.level)
            found = iterations(bound, count, level)
            if found is None:
                continue
            enough = to_claim_text(tidy(found.xreplace(words)))
            yield parse_expression(enough, scope=scope)
        except TheoryckError:
            continue


def start_quantity_of(tree: Expr) -> sympy.Expr | None:
    """The symbol of a quantity of the start, or None where it has none of its own."""
    try:
        value = Reader({}, start_quantity).read(tree)
    except TheoryckError:
        return None
    return value if isinstance(value, sympy.Symbol) else None


def iterations(bound: sympy.Expr, count: sympy.Symbol, level: sympy.Expr) -> sympy.Expr | None:
    """N such that ``bound <= level`` from there on, before it is rounded up; None if not found.

    Three forms of the bound are solved: c/(N + a)**p with p among 1, 2 and 1/2, c/sqrt(N) + d/N,
    and A*q**N, where log(1/q) >= 1 - q
    is enough. The answer is for the reader: what is proved is what the claim says.

    >>> N = sympy.Symbol("N", integer=True, positive=True)
    >>> L, R, eps = sympy.symbols("L R epsilon", positive=True)
    >>> iterations(L * R**2 / (4 * N + 2), N, eps)
    (L*R**2 - 2*epsilon)/(4*epsilon)
    """
    whole = sympy.Dummy("count", positive=True)
    value = bound.subs(count, whole)
    found = _of_power(value, whole, level)
    if found is None:
        found = _of_two_regimes(value, whole, level)
    if found is None:
        found = _of_geometric(value, whole, level)
    return None if found is None else sympy.factor_terms(found)


def _of_power(value: sympy.Expr, n: sympy.Symbol, level: sympy.Expr) -> sympy.Expr | None:
    for power in POWERS:
        inverse = sympy.expand(sympy.cancel(sympy.powdenest(value ** (-1 / power), force=True)))
        slope, rest = inverse.coeff(n, 1), inverse.coeff(n, 0)
        if slope == 0 or sympy.expand(inverse - slope * n - rest) != 0:
            continue
        if n in slope.free_symbols | rest.free_symbols:
            continue
        return sympy.factor((level ** (-1 / power) - rest) / slope)
    return None


def _of_two_regimes(value: sympy.Expr, n: sympy.Symbol, level: sympy.Expr) -> sympy.Expr | None:
    """From a quadratic in 1/sqrt(N), or one in 1/N for the square."""
    for left, right, power in ((value, level, 2), (value**2, level**2, 1)):
        small = sympy.Dummy("small", positive=True)
        inside = sympy.expand(sympy.expand(left).subs(n, small**-power))
        first, second = inside.coeff(small, 1), inside.coeff(small, 2)
        if second == 0 or small in first.free_symbols | second.free_symbols:
            continue
        if sympy.expand(inside - first * small - second * small**2) != 0:
            continue
        root = sympy.sqrt(first**2 + 4 * second * right)
        return ((first + root) / (2 * right)) ** power
    return None


def _of_geometric(value: sympy.Expr, n: sympy.Symbol, level: sympy.Expr) -> sympy.Expr | None:
    whole = sympy.expand(sympy.expand_log(sympy.log(value), force=True))
    slope = sympy.expand(whole.coeff(n, 1))
    rest = sympy.expand(whole - slope * n)
    if slope == 0 or n in slope.free_symbols | rest.free_symbols:
        return None
    ratio, start = (sympy.simplify(sympy.exp(part)) for part in (slope, rest))
    # log(1/q) >= 1 - q
    return sympy.log(start / level) / sympy.factor(1 - ratio)
