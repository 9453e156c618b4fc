"""Exact algebra: identities and signs read off polynomials, with no solver and no guess."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

import sympy
from sympy.polys.polyerrors import GeneratorsNeeded

from theoryck.claims.arithmetic import Floats
from theoryck.derive.domain import Domain
from theoryck.derive.values import value
from theoryck.errors import TheoryckError

ROUNDING = 1e-6  # relative; a sum of doubles that is zero in truth stays far below
MAX_OPERATIONS = 4000  # of an expression that is put over one denominator


@dataclass(frozen=True)
class Quotient:
    """An expression as ``numerator/denominator``, polynomials in its generators."""

    numerator: sympy.Poly
    denominator: sympy.Poly


def polynomial_symbols(expressions: Iterable[sympy.Expr]) -> dict[sympy.Symbol, sympy.Expr]:
    """For each positive symbol under roots, the power of itself that makes all of them whole."""
    degrees: dict[sympy.Symbol, int] = {}
    for expr in expressions:
        for power in expr.atoms(sympy.Pow):
            base, exponent = power.base, power.exp
            if base.is_Symbol and base.is_nonnegative and isinstance(exponent, sympy.Rational):
                degrees[base] = lcm(degrees.get(base, 1), int(exponent.q))
    return {
        symbol: sympy.Dummy(symbol.name, positive=symbol.is_positive, nonnegative=True) ** degree
        for symbol, degree in degrees.items()
        if degree > 1
    }


def quotient(expr: sympy.Expr) -> Quotient | None:
    """The expression over one denominator, or None where it is too large or not algebraic.

    Terms that are not rational in symbols (``q**N``, a root of a sum) are generators themselves,
    so that a zero numerator means equality wherever the expression is defined.
    """
    if expr.count_ops() > MAX_OPERATIONS:
        return None
    try:
        above, below = sympy.fraction(sympy.cancel(sympy.together(expr)))
        return Quotient(_polynomial(above), _polynomial(below))
    except (sympy.PolynomialError, NotImplementedError):
        return None


def _polynomial(expr: sympy.Expr) -> sympy.Poly:
    try:
        return sympy.Poly(expr, expand=True)
    except GeneratorsNeeded:
        return sympy.Poly(expr, sympy.Dummy("one"))


def is_zero(expr: sympy.Expr) -> bool:
    """Whether the expression is identically zero, shown by a zero numerator.

    >>> x = sympy.Symbol("x", real=True)
    >>> is_zero((x**2 - 1) / (x - 1) - x - 1)
    True
    """
    if expr == 0:
        return True
    if _surely_not_zero(expr):
        return False
    whole = expr.subs(polynomial_symbols([expr]), simultaneous=True)
    ratio = quotient(whole)
    return ratio is not None and ratio.numerator.is_zero


def _surely_not_zero(expr: sympy.Expr) -> bool:
    """A look at one generic point, which spares the algebra; rounding can only cost a proof."""
    point = {
        symbol: Fraction(2 * number + 1, 7 + number)
        for number, symbol in enumerate(sorted(expr.free_symbols, key=str), start=2)
    }
    parts = expr.args if isinstance(expr, sympy.Add) else (expr,)
    try:
        values = [value(part, point, Floats()) for part in parts]
    except (TheoryckError, ArithmeticError):
        return False
    return bool(abs(sum(values)) > ROUNDING * sum(map(abs, values)))


def equal(left: sympy.Expr, right: sympy.Expr) -> bool:
    """Whether two expressions are identical wherever both are defined, see :func:`is_zero`."""
    return left == right or is_zero(left - right)


def whole_cases(rewrite: Callable[[sympy.Expr], sympy.Expr], expr: sympy.Expr) -> sympy.Expr:
    """A rewriting of polynomials that leaves maxima and minima in one piece.

    SymPy would multiply factors into them, and nest one copy in another.
    """
    cases = {c: sympy.Dummy("case", real=True) for c in expr.atoms(sympy.Max, sympy.Min)}
    outer = {c: d for c, d in cases.items() if not any(c in o.args for o in cases if o != c)}
    back = {dummy: case for case, dummy in outer.items()}
    return rewrite(expr.xreplace(outer)).xreplace(back)


def lower_bounds(domain: Domain) -> dict[sympy.Symbol, tuple[sympy.Rational, bool]]:
    """The largest constant lower bound of each symbol, and whether it is strict."""
    bounds: dict[sympy.Symbol, tuple[sympy.Rational, bool]] = {}

    def note(symbol: sympy.Expr, bound: sympy.Expr, strict: bool) -> None:
        if isinstance(symbol, sympy.Symbol) and isinstance(bound, sympy.Rational):
            known = bounds.get(symbol)
            if known is None or (bound, strict) > known:
                bounds[symbol] = (bound, strict)

    for relation in domain.known:
        if relation.sign in (">=", ">", "=="):
            note(relation.left, relation.right, relation.sign == ">")
        if relation.sign in ("<=", "<", "=="):
            note(relation.right, relation.left, relation.sign == "<")
    return bounds


def sign_by_coefficients(expr: sympy.Expr, domain: Domain) -> str | None:
    """``">"``, ``">="``, ``"<"``, ``"<="`` or ``"=="`` against zero, where coefficients show it.

    Each symbol is written as its lower bound plus a nonnegative rest; a polynomial in the rests
    whose coefficients have one sign has that sign. None: this simple look does not tell.
    """
    if not _is_rational(expr):
        return None
    bounds = lower_bounds(domain)
    roots = polynomial_symbols([expr])
    shifts: dict[sympy.Expr, sympy.Expr] = dict(roots)
    strict: set[sympy.Expr] = set()
    rests: set[sympy.Expr] = set()
    for symbol in expr.free_symbols:
        if symbol in roots:
            root = next(iter(roots[symbol].free_symbols))
            rests.add(root)
            if bounds.get(symbol, (0, False)) > (0, False):
                strict.add(root)
            continue
        if symbol not in bounds:
            return None
        bound, is_strict = bounds[symbol]
        rest = sympy.Dummy(symbol.name, nonnegative=True)
        shifts[symbol] = bound + rest
        rests.add(rest)
        if is_strict:
            strict.add(rest)
    shifted = expr.xreplace(shifts)
    # cancelling costs most of the time, and mostly tells no more
    for over_one_denominator in (_uncancelled, quotient):
        ratio = over_one_denominator(shifted)
        sign = None if ratio is None else _sign_of(ratio, rests, strict)
        if sign is not None:
            return sign
    return None


def _is_rational(expr: sympy.Expr) -> bool:
    """Whether it is built from numbers and symbols by the four operations and roots of symbols."""
    match expr:
        case sympy.Rational() | sympy.Symbol():
            return True
        case sympy.Add() | sympy.Mul():
            return all(map(_is_rational, expr.args))
        case sympy.Pow(base=base, exp=sympy.Integer()):
            return _is_rational(base)
        case sympy.Pow(base=sympy.Symbol(), exp=sympy.Rational()):
            return True
    return False


def _uncancelled(expr: sympy.Expr) -> Quotient | None:
    if expr.count_ops() > MAX_OPERATIONS:
        return None
    try:
        above, below = sympy.fraction(sympy.together(expr))
        return Quotient(_polynomial(above), _polynomial(below))
    except (sympy.PolynomialError, NotImplementedError):
        return None


def _sign_of(ratio: Quotient, rests: set[sympy.Expr], strict: set[sympy.Expr]) -> str | None:
    above, below = (_sign(p, rests, strict) for p in (ratio.numerator, ratio.denominator))
    if below not in ("<", ">") or above is None:
        return "==" if above == "==" else None
    flip = {">": "<", "<": ">", ">=": "<=", "<=": ">=", "==": "=="}
    return above if below == ">" else flip[above]


def _sign(poly: sympy.Poly, rests: set[sympy.Expr], strict: set[sympy.Expr]) -> str | None:
    if poly.is_zero:
        return "=="
    if not poly.free_symbols <= rests and not poly.is_ground:
        return None
    if not set(poly.gens) <= rests and not poly.is_ground:
        return None
    coefficients = poly.coeffs()
    if not all(isinstance(c, sympy.Rational) for c in coefficients):
        return None
    if all(c > 0 for c in coefficients):
        sign = ">"
    elif all(c < 0 for c in coefficients):
        sign = "<"
    else:
        return None
    surely_nonzero = any(
        all(degree == 0 or gen in strict for gen, degree in zip(poly.gens, monomial, strict=True))
        for monomial in poly.monoms()
    )
    return sign if surely_nonzero else sign + "="
