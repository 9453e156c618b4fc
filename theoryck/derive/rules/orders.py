"""Order bounds O(...): the derived bound over the claimed order stays bounded in the limit."""

from __future__ import annotations

from typing import Any

import sympy

from theoryck.derive.exact import polynomial_symbols, quotient
from theoryck.derive.relations import Relation
from theoryck.derive.rules.base import Conclusion, NotApplicableError, positive
from theoryck.derive.rules.closing import ClosingRule
from theoryck.derive.rules.measures import bound_on
from theoryck.derive.setting import Setting, confidence_of
from theoryck.derive.statements import GAP, Aggregate, ClaimedBound, Statement
from theoryck.derive.symbols import ONE, ZERO


class OrderFollows(ClosingRule):
    """A quotient of polynomials in N (or in a root of N) is bounded as N -> oo when the degree

    above is at most the degree below. The other parameters are fixed: the constant may depend on
    them, as it does in the literature.
    """

    name = "order in the limit"
    formula = "a(N)/b(N) is bounded as N -> oo when deg a <= deg b"
    source = "algebra; the constant in O(.) may depend on the other parameters and on the start"

    def compare(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        (premise,) = premises
        known = bound_on(premise, *Aggregate)
        derived, order = arguments["scale"] * known.bound + arguments["offset"], setting.bound
        confidence = confidence_of(setting)
        unlikely = ONE if confidence is None else 1 - confidence
        if arguments["root"]:
            if arguments["offset"] != 0:
                raise NotApplicableError("a norm alone is expected")
            if known.measured.quantity == GAP:
                raise NotApplicableError("a bound on the square of a norm is expected")
            derived, order = arguments["scale"] ** 2 * known.bound, order**2
        # with a confidence by Markov's inequality, which needs a measure that is not negative
        derived = derived / unlikely
        leading = bounded_in(derived / order, _variable(setting))
        statement = ClaimedBound(arguments["text"], derived, order)
        conditions = [Relation(leading, "!=", ZERO)]
        if confidence is not None:
            if arguments["offset"] != 0:
                raise NotApplicableError("Markov's inequality needs a measure without offset")
            conditions += [positive(unlikely), positive(arguments["scale"])]
        return Conclusion(statement, tuple(conditions))


def bounded_in(ratio: sympy.Expr, variable: sympy.Symbol) -> sympy.Expr:
    """The leading coefficient below the line, which must not vanish for the ratio to be bounded.

    Raises:
        NotApplicableError: the ratio is not rational in a root of the variable, or grows.
    """
    if any(p.base == variable and p.exp.free_symbols for p in ratio.atoms(sympy.Pow)):
        # dear to put over one denominator, and no polynomial afterwards
        raise NotApplicableError(f"the bound has a power of {variable} that is no rational power")
    roots = {s: p for s, p in polynomial_symbols([ratio]).items() if s == variable}
    whole = ratio.subs(roots, simultaneous=True)
    root = next(iter(roots[variable].free_symbols)) if roots else variable
    parts = quotient(whole)
    if parts is None:
        raise NotApplicableError(f"the bound is not rational in a root of {variable}")
    above, below = (p.as_expr() for p in (parts.numerator, parts.denominator))
    try:
        top, bottom = sympy.Poly(above, root), sympy.Poly(below, root)
    except sympy.PolynomialError as error:
        raise NotApplicableError(f"the bound is not rational in a root of {variable}") from error
    if top.degree() > bottom.degree():
        raise NotApplicableError(f"the derived bound is of a larger order in {variable}")
    return bottom.LC()


def _variable(setting: Setting) -> sympy.Symbol:
    name, _, limit = setting.claim.limit.partition("->")
    symbol = setting.domain.symbols.get(name.strip())
    if symbol is None or limit.strip() != "oo":
        raise NotApplicableError(f"the limit {setting.claim.limit!r} is not a parameter -> oo")
    return symbol
