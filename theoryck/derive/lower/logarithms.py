"""Logarithms of products as sums, where every factor is shown to be positive."""

from __future__ import annotations

import sympy

from theoryck.derive.decide import fails_at
from theoryck.derive.relations import Relation
from theoryck.derive.rules.base import positive
from theoryck.derive.symbols import ONE, ZERO
from theoryck.derive.values import Point


def spread(expr: sympy.Expr, point: Point) -> tuple[sympy.Expr, tuple[Relation, ...]]:
    """The expression with ``log(a**p*b**q)`` as ``p*log(a) + q*log(b)``, and what makes them equal.

    Args:
        expr: any expression.
        point: values of its symbols, at which the factors are made positive.

    >>> m, L = sympy.symbols("m L", positive=True)
    >>> print(spread(sympy.log((m / L - 1) ** 2), {m: 1, L: 2})[0])
    -2*log(L) + 2*log(L - m)
    """
    conditions: dict[Relation, None] = {}
    spreads = {}
    for logarithm in expr.atoms(sympy.log):
        total = ZERO
        for base, exponent in _factors(logarithm.args[0], point):
            total += exponent * sympy.log(base)
            if not base.is_positive:
                conditions[positive(base)] = None
        spreads[logarithm] = total
    return expr.xreplace(spreads), tuple(conditions)


def _factors(expr: sympy.Expr, point: Point) -> tuple[tuple[sympy.Expr, sympy.Expr], ...]:
    """``expr`` as a product of powers of what is positive at the point, or as it is."""
    whole = sympy.factor(sympy.together(expr))
    found, sign = [], 1
    for factor in sympy.Mul.make_args(whole):
        base, exponent = factor.as_base_exp()
        if not isinstance(exponent, sympy.Integer):
            if fails_at(positive(base), point):
                return ((whole, ONE),)
        elif fails_at(positive(base), point):
            base = sympy.expand(-base)
            sign *= -1 if exponent % 2 else 1
        if base != 1:
            found.append((base, exponent))
    return tuple(found) if sign > 0 else ((whole, ONE),)


__all__ = ["spread"]
