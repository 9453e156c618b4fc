"""Where an expression vanishes in one symbol: candidates, which whoever asks must verify."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from theoryck.derive.exact import polynomial_symbols

MAX_OPERATIONS = 600  # of an expression that is factored
MAX_DEGREE = 4  # of a binomial in the symbol that is solved


def zeros(expr: sympy.Expr, symbol: sympy.Symbol) -> tuple[sympy.Expr, ...]:
    """Expressions at which ``expr`` may vanish as a function of a positive symbol.

    Factors that are linear, quadratic, or binomials in a root of the symbol are solved; no other
    zero is found, and a zero found may lie outside the domain.

    >>> g, L = sympy.symbols("g L", positive=True)
    >>> zeros(1 / g**2 - L**2, g)
    (-1/L, 1/L)
    """
    found: dict[sympy.Expr, None] = {}
    for factor in _factors(expr):
        if symbol in factor.free_symbols:
            found.update(dict.fromkeys(_zeros_of(factor, symbol)))
    return tuple(found)


def _factors(expr: sympy.Expr) -> Iterator[sympy.Expr]:
    if expr.count_ops() > MAX_OPERATIONS:
        return
    try:
        above, _ = sympy.fraction(sympy.factor(sympy.together(expr)))
    except (sympy.PolynomialError, NotImplementedError):
        return
    for factor in sympy.Mul.make_args(above):
        base = factor.base if isinstance(factor, sympy.Pow) else factor
        yield base


def _zeros_of(factor: sympy.Expr, symbol: sympy.Symbol) -> Iterator[sympy.Expr]:
    roots = {s: p for s, p in polynomial_symbols([factor]).items() if s == symbol}
    whole = factor.subs(roots, simultaneous=True)
    root, degree = symbol, sympy.Integer(1)
    if roots:
        root, degree = next((p.base, p.exp) for p in roots.values())
    try:
        poly = sympy.Poly(whole, root)
    except sympy.PolynomialError:
        return
    if symbol in set().union(*(c.free_symbols for c in poly.coeffs())):
        return
    for value in _polynomial_zeros(poly):
        yield sympy.simplify(value) ** degree


def _polynomial_zeros(poly: sympy.Poly) -> Iterator[sympy.Expr]:
    terms = dict(poly.terms())
    powers = sorted(power for (power,) in terms)
    if poly.degree() <= 2:
        yield from sympy.roots(poly, multiple=False)
    elif len(powers) == 2 and powers[0] == 0 and powers[1] <= MAX_DEGREE:
        yield (-terms[(0,)] / terms[(powers[1],)]) ** (sympy.Integer(1) / powers[1])
