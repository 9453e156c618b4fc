"""Sums of monotone terms between integrals (Rudin 1976, Theorem 8.2 and Exercise 8.9).

For t nonincreasing on [a, b] the sum over a..b lies between the integral from a to b plus t(b) and
the integral plus t(a); for t nondecreasing the other way round. The antiderivative is guessed and
verified by differentiation.
"""

from __future__ import annotations

from collections.abc import Callable

import sympy

from theoryck.derive.exact import is_zero
from theoryck.derive.relations import Relation
from theoryck.derive.symbols import ZERO

NOT_SMOOTH = (sympy.Max, sympy.Min, sympy.Abs, sympy.sign, sympy.floor, sympy.ceiling)

Bound = tuple[str, sympy.Expr, str]


def integral_bounds(
    term: sympy.Expr,
    k: sympy.Symbol,
    lower: sympy.Expr,
    upper: sympy.Expr,
    surely: Callable[[Relation], bool],
) -> list[Bound]:
    """Bounds of the sum of ``term`` over lower..upper, as ``(sign, bound, reason)``.

    Args:
        surely: whether a relation holds for every real k in the range.
    """
    if term.has(*NOT_SMOOTH) or not term.has(k):
        return []
    primitive = antiderivative(term, k)
    if primitive is None:
        return []
    t = sympy.Symbol("t", positive=True)
    slope = sympy.diff(term.subs(k, t), t).subs(t, k)
    if surely(Relation(slope, "<=", ZERO)):
        high, low, word = lower, upper, "nonincreasing"
    elif surely(Relation(slope, ">=", ZERO)):
        high, low, word = upper, lower, "nondecreasing"
    else:
        return []
    area = primitive.subs(k, upper) - primitive.subs(k, lower)
    if area.has(sympy.zoo, sympy.nan, sympy.oo):
        return []
    why = f"the terms are {word} in {k}; comparison with their integral, Rudin 1976, Theorem 8.2"
    return [("<=", area + term.subs(k, high), why), (">=", area + term.subs(k, low), why)]


def antiderivative(term: sympy.Expr, k: sympy.Symbol) -> sympy.Expr | None:
    """A function of k whose derivative is the term; None where no part of the table fits.

    >>> k = sympy.Symbol("k", integer=True, positive=True)
    >>> antiderivative(1 / sympy.sqrt(k), k)
    2*sqrt(k)
    """
    t = sympy.Symbol("t", positive=True)
    # an integer k would let SymPy simplify what is differentiated
    parts = [_of_part(part, t) for part in sympy.Add.make_args(sympy.expand(term.subs(k, t)))]
    found = [part for part in parts if part is not None]
    if len(found) < len(parts):
        return None
    total = sympy.Add(*found)
    return total.subs(t, k) if is_zero(sympy.diff(total, t) - term.subs(k, t)) else None


def _of_part(part: sympy.Expr, t: sympy.Symbol) -> sympy.Expr | None:
    factor, rest = part.as_independent(t, as_Add=False)
    if rest == 1:
        return factor * t
    base, exponent = rest.as_base_exp()
    if isinstance(rest, sympy.exp):
        slope = sympy.diff(rest.args[0], t)
        return None if slope.has(t) or slope == 0 else factor * rest / slope
    slope = sympy.diff(base, t)
    if not exponent.has(t) and not slope.has(t):
        if exponent == -1:
            return factor * sympy.log(base) / slope
        return factor * base ** (exponent + 1) / (slope * (exponent + 1))
    if not base.has(t):
        slope = sympy.diff(exponent, t)
        return None if slope.has(t) else factor * rest / (slope * sympy.log(base))
    if isinstance(rest, sympy.log):
        inner = rest.args[0]
        slope = sympy.diff(inner, t)
        return None if slope.has(t) else factor * (inner * rest - inner) / slope
    return None


__all__ = ["antiderivative", "integral_bounds"]
