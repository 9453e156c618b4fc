"""Relations in other words: hyperbolic functions by exponentials, angles by points of a circle."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import sympy

from theoryck.derive.domain import Domain
from theoryck.derive.elementary import HYPERBOLIC, TRIGONOMETRIC, algebraic
from theoryck.derive.relations import Relation


def rewritten(goal: Relation, domain: Domain) -> Iterator[tuple[Relation, Domain]]:
    """Relations on domains from which ``goal`` follows.

    >>> x = sympy.Symbol("x", real=True)
    >>> found = rewritten(Relation(sympy.cosh(x), ">=", sympy.Integer(1)), Domain({"x": x}))
    >>> print(next(found)[0])
    exp(x)/2 + exp(-x)/2 >= 1
    """
    left, right = goal.left, goal.right
    if left.has(*HYPERBOLIC, sympy.asinh) or right.has(*HYPERBOLIC, sympy.asinh):
        plain = Relation(_by_exp(left), goal.sign, _by_exp(right))
        yield plain, domain
        left, right = plain.left, plain.right
    if left.has(*TRIGONOMETRIC) or right.has(*TRIGONOMETRIC):
        reading = algebraic(left, right)
        first, second = reading.expressions
        symbols = {s.name: s for r in reading.relations for s in r.symbols}
        part = replace(domain, symbols={**domain.symbols, **symbols})
        yield Relation(first, goal.sign, second), part.where(*reading.relations)


def _by_exp(expr: sympy.Expr) -> sympy.Expr:
    expr = expr.replace(sympy.asinh, lambda u: sympy.log(u + sympy.sqrt(1 + u**2)))
    return expr.replace(lambda e: isinstance(e, HYPERBOLIC), lambda e: e.rewrite(sympy.exp))


__all__ = ["rewritten"]
