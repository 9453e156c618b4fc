"""SymPy expressions as the text of claim expressions."""

from __future__ import annotations

from typing import Any

import sympy
from sympy.printing.str import StrPrinter

from theoryck.derive.exact import polynomial_symbols
from theoryck.derive.symbols import is_integral

HALF = sympy.Rational(1, 2)


class ClaimPrinter(StrPrinter):  # type: ignore[misc]  # SymPy carries no types
    """Writes ``max``, ``min``, ``abs`` and ``ceil`` as claims do; the rest is SymPy's own text."""

    def _print_Max(self, expr: Any) -> str:
        return f"max({', '.join(self._print(a) for a in sympy.ordered(expr.args))})"

    def _print_Min(self, expr: Any) -> str:
        return f"min({', '.join(self._print(a) for a in sympy.ordered(expr.args))})"

    def _print_Abs(self, expr: Any) -> str:
        return f"abs({self._print(expr.args[0])})"

    def _print_ceiling(self, expr: Any) -> str:
        return f"ceil({self._print(expr.args[0])})"

    def _as_ordered_terms(self, expr: Any, order: str | None = None) -> list[Any]:
        # 1 - a rather than -a + 1
        terms = list(super()._as_ordered_terms(expr, order=order))
        first = next((t for t in terms if not t.could_extract_minus_sign()), None)
        if first is None or first is terms[0]:
            return terms
        return [first, *(term for term in terms if term is not first)]

    def _print_Mul(self, expr: Any) -> str:
        # SymPy splits the roots of positive factors; people write one root
        roots = [a for a in expr.args if a.is_Pow and abs(a.exp) == HALF and a.base.is_nonnegative]
        if len(roots) < 2 or any(root.base.is_Add for root in roots):
            return str(super()._print_Mul(expr))
        sign = -1 if all(root.exp.is_negative for root in roots) else 1
        inside = sympy.Mul(*(root.base ** (2 * sign * root.exp) for root in roots))
        joined = sympy.Symbol(f"sqrt({self._print(inside)})", positive=True) ** sign
        others = [a for a in expr.args if a not in roots]
        return str(self._print(sympy.Mul(joined, *others)))

    def _print_Exp1(self, expr: Any) -> str:
        return "exp(1)"


def to_claim_text(expr: sympy.Expr) -> str:
    """The expression in the syntax of claim files.

    >>> L, N = sympy.symbols("L N", positive=True)
    >>> to_claim_text(sympy.Max(L / sympy.sqrt(N), 1) ** 2)
    'max(1, L/sqrt(N))**2'
    """
    return str(ClaimPrinter({"order": None}).doprint(expr))


def _over_roots(expr: sympy.Expr) -> sympy.Expr:
    """One fraction in the roots of the symbols, such as 1/(2*sqrt(N) - 1)."""
    roots = polynomial_symbols([expr])
    back = {next(iter(power.free_symbols)): symbol for symbol, power in roots.items()}
    whole = sympy.factor(sympy.cancel(expr.subs(roots, simultaneous=True)))
    degrees = {next(iter(p.free_symbols)): p.as_base_exp()[1] for p in roots.values()}
    return whole.subs({root: s ** (1 / degrees[root]) for root, s in back.items()})


def signed(quotient: sympy.Expr) -> sympy.Expr:
    """``-a/(b - c)`` as ``a/(c - b)``.

    >>> a, b = sympy.symbols("a b", positive=True)
    >>> signed(-a / (b * (a - b)))
    a/(b*(-a + b))
    """
    above, below = sympy.fraction(quotient)
    if not above.could_extract_minus_sign():
        return quotient
    factors = list(sympy.Mul.make_args(below))
    for place, factor in enumerate(factors):
        if factor.is_Add:
            turned = sympy.Add(*(-term for term in factor.args))
            return -above / sympy.Mul(*factors[:place], turned, *factors[place + 1 :])
    return quotient


def shows_minus(expr: sympy.Expr) -> bool:
    """Whether the text of the expression begins with a minus; of ``a - b`` SymPy may say either.

    >>> L, N = sympy.symbols("L N", positive=True)
    >>> shows_minus(-L / N), shows_minus(1 - L / N)
    (True, False)
    """
    if expr.is_Add:
        return to_claim_text(expr).startswith("-")
    return bool(expr.could_extract_minus_sign())


def tidy(expr: sympy.Expr) -> sympy.Expr:
    """The shortest of a few equal forms, for printing only."""
    forms = [expr]
    if expr.has(sympy.Max, sympy.Min):
        return expr
    rewritings: tuple[Any, ...] = (
        sympy.factor_terms,
        sympy.expand,
        sympy.together,
        sympy.cancel,
        sympy.factor,
        _over_roots,
    )
    if any(p.exp.free_symbols and not is_integral(p.exp) for p in expr.atoms(sympy.Pow)):
        # N**(a/(3*a - 2)) and its like make one denominator long, and dear to find
        rewritings = (sympy.factor_terms,)
    for rewrite in rewritings:
        try:
            form = rewrite(expr)
            forms += [form, signed(form)]
        except (sympy.PolynomialError, NotImplementedError):
            continue
    return min(forms, key=lambda form: (len(to_claim_text(form)), to_claim_text(form)))
