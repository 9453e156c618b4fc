"""Sums in closed form: a sequence whose differences are the terms.

With T(k + 1) - T(k) = t(k) for all k, the sum of t(k) from a to b is T(b + 1) - T(a). A candidate T
is guessed (by undetermined coefficients, or by Gosper's algorithm), and the identity is verified by
exact algebra; nothing else is relied upon.
"""

from __future__ import annotations

from collections.abc import Iterator

import sympy
from sympy.concrete.gosper import gosper_term

from theoryck.derive.exact import is_zero

MAX_DEGREE = 8  # of the polynomial factor of a term
MAX_OPERATIONS = 120  # of a term that is given to the algorithms


def antidifference(term: sympy.Expr, k: sympy.Symbol) -> sympy.Expr | None:
    """A sequence T with T(k + 1) - T(k) = term, or None where none is found.

    >>> k = sympy.Symbol("k", integer=True)
    >>> sympy.factor(antidifference(k, k))
    k*(k - 1)/2
    """
    if term.count_ops() > MAX_OPERATIONS:
        return None
    if not term.has(k):
        return term * k
    parts = sympy.Add.make_args(_apart(term, k))
    groups = [tuple(parts)] if len(parts) == 1 else [(part,) for part in parts]
    found = [_verified(sympy.Add(*group), k) for group in groups]
    if all(part is not None for part in found):
        return sympy.Add(*found)
    return _verified(term, k)


def _apart(term: sympy.Expr, k: sympy.Symbol) -> sympy.Expr:
    """The term as a sum, where each part may have a sum of its own."""
    return sympy.expand(sympy.radsimp(term)) if term.has(sympy.Pow) else sympy.expand(term)


def _verified(term: sympy.Expr, k: sympy.Symbol) -> sympy.Expr | None:
    for candidate in _candidates(term, k):
        if candidate is not None and is_zero(
            sympy.expand(candidate.subs(k, k + 1) - candidate - term)
        ):
            return candidate
    return None


def _candidates(term: sympy.Expr, k: sympy.Symbol) -> Iterator[sympy.Expr | None]:
    yield _visible(term, k)
    yield _polynomial_times_power(term, k)
    if term.is_rational_function(k):
        yield _gosper(sympy.together(term), k)


def _visible(term: sympy.Expr, k: sympy.Symbol) -> sympy.Expr | None:
    """h(k + 1) - h(k) where the two parts stand side by side."""
    whole = sympy.expand(term)
    for part in sympy.Add.make_args(whole):
        if sympy.expand(whole - part + part.subs(k, k + 1)) == 0:
            return -part
    return None


def _polynomial_times_power(term: sympy.Expr, k: sympy.Symbol) -> sympy.Expr | None:
    """By undetermined coefficients for P(k)*q**k: the solution has the form Q(k)*q**k."""
    base, rest = _power_of_index(term, k)
    if not rest.is_polynomial(k):
        return None
    degree = int(sympy.degree(rest, k)) if rest.has(k) else 0
    if degree > MAX_DEGREE:
        return None
    unknowns = sympy.symbols(f"u0:{degree + 2}", cls=sympy.Dummy)
    ansatz = sum((u * k**n for n, u in enumerate(unknowns)), sympy.Integer(0))
    difference = base * ansatz.subs(k, k + 1) - ansatz - rest
    equations = sympy.Poly(sympy.expand(difference), k).coeffs()
    solutions = sympy.linsolve(equations, unknowns)
    if not solutions:
        return None
    values = next(iter(solutions))
    free = dict.fromkeys(unknowns, sympy.Integer(0))
    solved = ansatz.subs(dict(zip(unknowns, values, strict=True)), simultaneous=True).subs(free)
    return sympy.factor_terms(solved) * base**k


def _power_of_index(term: sympy.Expr, k: sympy.Symbol) -> tuple[sympy.Expr, sympy.Expr]:
    """``(q, rest)`` with term = q**k * rest."""
    base: sympy.Expr = sympy.Integer(1)
    rest: sympy.Expr = sympy.Integer(1)
    for factor in sympy.Mul.make_args(term):
        power = factor.as_base_exp()
        if isinstance(factor, sympy.exp):
            power = (sympy.E, factor.args[0])
        if power[1].has(k) and not power[0].has(k):
            slope = sympy.expand(power[1]).coeff(k, 1)
            constant = sympy.expand(power[1] - slope * k)
            if not slope.has(k) and not constant.has(k):
                base *= power[0] ** slope
                rest *= power[0] ** constant
                continue
        rest *= factor
    return base, rest


def _gosper(term: sympy.Expr, k: sympy.Symbol) -> sympy.Expr | None:
    try:
        found = gosper_term(term, k)
    except (sympy.PolynomialError, NotImplementedError, ValueError, TypeError, ZeroDivisionError):
        return None
    return None if found is None else sympy.factor(found * term)


__all__ = ["antidifference"]
