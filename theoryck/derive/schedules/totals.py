"""The value of a convergent sum, or numbers on both sides of it."""

from __future__ import annotations

from collections.abc import Callable

import sympy

from theoryck.derive.relations import Relation
from theoryck.derive.schedules.leading import Calculus, UndecidedGrowthError
from theoryck.derive.schedules.series import Finite, exactly
from theoryck.derive.sums.integrals import antiderivative
from theoryck.derive.sums.telescopes import antidifference
from theoryck.derive.symbols import ZERO

WRITTEN_OUT = (0, 1, 4, 30)  # first terms that are added up before the rest is compared
EULER = "Euler 1735: the sum of 1/k**(2*m) is a rational multiple of pi**(2*m)"

Shows = Callable[[Relation], bool]


def total(
    terms: sympy.Expr, start: int, calculus: Calculus, shows: Shows
) -> tuple[Finite, str] | None:
    """The sum of a convergent series from k = start on, with the reason; None where none is known.

    Args:
        terms: the sequence.
        start: the first index.
        calculus: finds limits.
        shows: whether a relation holds for every real k from ``start`` on.
    """
    k = calculus.k
    found = _telescoped(terms, start, calculus) or _even_powers(terms, start, k)
    if found is not None:
        return found
    if not shows(Relation(terms, ">=", ZERO)):
        return None
    low, why = terms.subs(k, start), "its first term, the others being nonnegative"
    primitive = antiderivative(terms, k)
    t = sympy.Symbol("t", positive=True)
    slope = sympy.diff(terms.subs(k, t), t).subs(t, k)
    if (
        primitive is None
        or not _vanishes(primitive, calculus)
        or not shows(Relation(slope, "<=", ZERO))
    ):
        return Finite(low=low), why
    bounds = [_compared(terms, primitive, start, start + more, k) for more in WRITTEN_OUT]
    numbers = not terms.free_symbols - {k}
    least, most = bounds[-1] if numbers else bounds[0]
    if any(bound.has(sympy.zoo, sympy.nan, sympy.oo) for bound in (least, most)):
        least, most = bounds[1]
    return Finite(least, most), "the rest is compared with its integral, Rudin 1976, Theorem 8.2"


def _telescoped(terms: sympy.Expr, start: int, calculus: Calculus) -> tuple[Finite, str] | None:
    """T(oo) - T(start), where T(k + 1) - T(k) is the term."""
    sequence = antidifference(terms, calculus.k)
    if sequence is None:
        return None
    first, limit = sequence.subs(calculus.k, start), _limit(sequence, calculus)
    if limit is None or first.has(sympy.zoo, sympy.nan):
        return None
    return exactly(sympy.factor_terms(limit - first)), f"the partial sums telescope in {sequence}"


def _limit(sequence: sympy.Expr, calculus: Calculus) -> sympy.Expr | None:
    """The limit of a sequence, None where it has none or none is found."""
    parts = sympy.Add.make_args(sympy.expand(sequence))
    still = sympy.Add(*(part for part in parts if not part.has(calculus.k)))
    if _vanishes(sympy.Add(*(part for part in parts if part.has(calculus.k))), calculus):
        return still
    try:
        term = calculus.leading(sequence)
        return term.coefficient if calculus.limit_kind(term) == 0 else None
    except UndecidedGrowthError:
        return None


def _even_powers(terms: sympy.Expr, start: int, k: sympy.Symbol) -> tuple[Finite, str] | None:
    factor, rest = sympy.factor_terms(terms).as_independent(k, as_Add=False)
    base, exponent = rest.as_base_exp()
    shift = sympy.expand(base - k)
    if not isinstance(exponent, sympy.Integer) or exponent > -2 or exponent % 2:
        return None
    if not isinstance(shift, sympy.Integer) or shift + start < 1:
        return None
    missing = sympy.Add(*(sympy.Integer(n) ** exponent for n in range(1, int(shift + start))))
    return exactly(factor * (sympy.zeta(-exponent) - missing)), EULER


def _vanishes(expr: sympy.Expr, calculus: Calculus) -> bool:
    """Whether a sequence surely tends to 0."""
    try:
        return expr == 0 or calculus.limit_kind(calculus.leading(expr)) < 0
    except UndecidedGrowthError:
        return False


def _compared(
    terms: sympy.Expr, primitive: sympy.Expr, start: int, cut: int, k: sympy.Symbol
) -> tuple[sympy.Expr, sympy.Expr]:
    """The terms before ``cut`` added up; the rest lies between -F(cut) and t(cut) - F(cut)."""
    before = sympy.Add(*(terms.subs(k, n) for n in range(start, cut)))
    tail = -primitive.subs(k, cut)
    return before + tail, before + tail + terms.subs(k, cut)


__all__ = ["total"]
