"""Sums of powers with symbolic exponents, ``c*N**(-(alpha - 1)/(3*alpha - 2)) + ...``, compared.

Exact algebra treats ``N**e`` with a symbolic e as a letter. Here every term is written as a
coefficient times powers of positive bases, each base once, so that equal powers are seen to be.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sympy

from theoryck.derive.exact import equal
from theoryck.derive.relations import Implied, Relation
from theoryck.derive.rules.base import (
    Conclusion,
    NotApplicableError,
    Rule,
    nonnegative,
    positive,
)
from theoryck.derive.rules.closing import ClosingRule
from theoryck.derive.rules.measures import bound_on
from theoryck.derive.setting import Setting
from theoryck.derive.statements import GAP, Aggregate, Bound, ClaimedBound, Statement
from theoryck.derive.symbols import ONE, ZERO, is_integral

MAX_TERMS = 60  # of an expanded sum
MAX_FACTORED = 10**6  # a base that is written as powers of primes

Monomial = frozenset[tuple[sympy.Expr, sympy.Expr]]


@dataclass(frozen=True)
class Powers:
    """``sum(coefficient * product(base**exponent))`` over the monomials, exponents symbolic."""

    terms: Mapping[Monomial, sympy.Expr]

    @property
    def is_symbolic(self) -> bool:
        """Whether a power with a symbolic exponent occurs."""
        return any(self.terms)

    @property
    def expression(self) -> sympy.Expr:
        """The sum itself."""
        return sympy.Add(
            *(c * sympy.Mul(*(base**e for base, e in m)) for m, c in self.terms.items())
        )


def power_sum(expr: sympy.Expr) -> Powers:
    """The normal form of a sum of powers of positive bases.

    Raises:
        NotApplicableError: it has too many terms.

    >>> a, N = sympy.Symbol("a", real=True), sympy.Symbol("N", positive=True)
    >>> len(power_sum((N**a + 1) ** 2 / N - N ** (2 * a - 1)).terms)
    2
    """
    named: dict[sympy.Expr, sympy.Dummy] = {}
    total = sympy.expand(_with_named_exponents(expr, named), power_exp=False, log=False)
    meaning = {dummy: exponent for exponent, dummy in named.items()}
    parts = sympy.Add.make_args(total)
    if len(parts) > MAX_TERMS:
        raise NotApplicableError(f"a sum of more than {MAX_TERMS} powers")
    terms: dict[Monomial, sympy.Expr] = {}
    for part in parts:
        monomial, coefficient = _split(part, meaning)
        terms[monomial] = terms.get(monomial, ZERO) + coefficient
    return Powers({m: c for m, c in terms.items() if c != 0})


def _with_named_exponents(expr: sympy.Expr, named: dict[sympy.Expr, sympy.Dummy]) -> sympy.Expr:
    """Every symbolic exponent as a real unknown: SymPy does not know that 1/(3*a - 2) is real."""
    if isinstance(expr, sympy.Pow):
        base, exponent = _with_named_exponents(expr.base, named), expr.exp
        if exponent.is_number:
            return base**exponent
        return base ** named.setdefault(exponent, sympy.Dummy("exponent", real=True))
    if not expr.args or not isinstance(expr, sympy.Add | sympy.Mul):
        return expr
    return expr.func(*(_with_named_exponents(part, named) for part in expr.args))


def _split(
    term: sympy.Expr, meaning: Mapping[sympy.Dummy, sympy.Expr]
) -> tuple[Monomial, sympy.Expr]:
    exponents: dict[sympy.Expr, sympy.Expr] = {}
    rest: list[sympy.Expr] = []
    for factor in sympy.Mul.make_args(term):
        base, exponent = factor.as_base_exp()
        if base.is_positive and not (base.is_number and exponent.is_number):
            for part, times in _prime_powers(base):
                exponents[part] = exponents.get(part, ZERO) + times * exponent.xreplace(meaning)
        else:
            rest.append(factor.xreplace(meaning))
    symbolic: list[tuple[sympy.Expr, sympy.Expr]] = []
    for base, exponent in exponents.items():
        total = sympy.cancel(sympy.together(exponent))
        if base.is_number:
            # the numeric part of the exponent belongs to the coefficient: 2**(a - 1) = 2**a/2
            constant, total = sympy.expand(total).as_coeff_Add()
            rest.append(base**constant)
        if total.is_number:
            rest.append(base**total)
        else:
            symbolic.append((base.xreplace(meaning), total))
    return frozenset(symbolic), sympy.Mul(*rest)


def _prime_powers(base: sympy.Expr) -> tuple[tuple[sympy.Expr, int], ...]:
    """``4`` as ``2**2``, so that 4**a and 2**(2*a) are one power; other bases as they are."""
    if not isinstance(base, sympy.Integer) or not 1 < base < MAX_FACTORED:
        return ((base, 1),)
    return tuple((sympy.Integer(p), times) for p, times in sympy.factorint(base).items())


def compared_sides(known: Bound, setting: Setting, arguments: Any) -> tuple[sympy.Expr, sympy.Expr]:
    """The derived and the claimed bound; of a norm, both squared.

    Raises:
        NotApplicableError: a norm stands beside something else.
    """
    derived, claimed = arguments["scale"] * known.bound + arguments["offset"], setting.bound
    if not arguments["root"]:
        return derived, claimed
    if arguments["offset"] != 0:
        raise NotApplicableError("a norm alone is expected")
    if known.measured.quantity == GAP or known.measured.aggregate is Aggregate.SUM:
        raise NotApplicableError("a bound on the square of a norm is expected")
    return arguments["scale"] ** 2 * known.bound, claimed**2


class BalanceOfPowers(Rule):
    """The bound as a sum of coefficients times powers, each base once a term."""

    name = "balance of the terms"
    formula = "(c*N**a)**b = c**b*N**(a*b), N**a*N**b = N**(a + b) for positive bases"
    source = "algebra"

    def conclude(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        (premise,) = premises
        known = bound_on(premise, *Aggregate)
        total = power_sum(known.bound)
        if not total.is_symbolic:
            raise NotApplicableError("no power has a symbolic exponent")
        return Conclusion(Bound(known.measured, total.expression))


class PowersFollow(ClosingRule):
    """Equal powers on both sides are compared by their coefficients.

    The powers with symbolic exponents are replaced by positive unknowns, which asks for more than
    is needed. Where the derived sum has a power of N that the claimed one lacks, it is bounded by
    one that differs in the exponent of N alone, N >= 1, the larger exponent being the larger power.
    """

    name = "comparison of powers with the claim"
    formula = "sum of c_i*N**e_i <= sum of d_i*N**e_i where c_i <= d_i; N**e <= N**d for e <= d"
    source = "algebra; Jensen's inequality for norms"

    def compare(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        (premise,) = premises
        derived, claimed = compared_sides(bound_on(premise, *Aggregate), setting, arguments)
        left, right = power_sum(derived), power_sum(claimed)
        if not left.is_symbolic and not right.is_symbolic:
            raise NotApplicableError("no power has a symbolic exponent")
        letters: dict[Monomial, sympy.Symbol] = {}
        facts: list[Relation] = []
        conditions: list[Relation] = []
        for monomial in (*right.terms, *left.terms):
            if monomial and monomial not in letters:
                letters[monomial] = sympy.Symbol(_name(monomial), positive=True)
        for monomial in left.terms:
            if monomial in right.terms:
                continue
            for other in right.terms:
                larger = _dominating(monomial, other, setting)
                if larger is not None:
                    conditions += larger
                    facts.append(
                        Relation(letters.get(monomial, ONE), "<=", letters.get(other, ONE))
                    )
                    break
        goal = (
            sum((c * letters.get(m, ONE) for m, c in left.terms.items()), ZERO),
            "<=",
            sum((c * letters.get(m, ONE) for m, c in right.terms.items()), ZERO),
        )
        conditions.append(Implied(*goal, premises=tuple(facts)) if facts else Relation(*goal))
        if arguments["root"]:
            conditions.append(nonnegative(setting.bound))
        if arguments["scale"] != ONE:
            conditions.append(nonnegative(arguments["scale"]))
        shown = sympy.sqrt(derived) if arguments["root"] else derived
        return Conclusion(ClaimedBound(arguments["text"], shown, setting.bound), tuple(conditions))


def _name(monomial: Monomial) -> str:
    return "*".join(sorted(f"({base})**({exponent})" for base, exponent in monomial))


def _dominating(
    small: Monomial, large: Monomial, setting: Setting
) -> tuple[Relation, Relation] | None:
    """What makes ``small <= large``, where they differ in the exponent of one integer >= 1."""
    first, second = dict(small), dict(large)
    differing = [
        base for base in {*first, *second} if first.get(base, ZERO) != second.get(base, ZERO)
    ]
    if len(differing) != 1:
        return None
    (base,) = differing
    if not (base.is_Symbol and base.is_integer):
        return None
    return (
        Relation(base, ">=", ONE),
        Relation(first.get(base, ZERO), "<=", second.get(base, ZERO)),
    )


class PowerOrderFollows(ClosingRule):
    """A sum of powers of N is of the order of N**p when no exponent is larger than p.

    The other parameters, and what the exponents depend on, are fixed. Where the order is a sum, an
    exponent is compared with its own in it, or with the last one.
    """

    name = "order of a sum of powers"
    formula = "sum of c_i*N**e_i is O(N**p) as N -> oo when e_i <= p for every i"
    source = "algebra; the constant in O(.) may depend on the other parameters and on the start"

    def compare(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        (premise,) = premises
        if setting.claim.confidence is not None:
            raise NotApplicableError("an order with a confidence is not compared by powers")
        derived, order = compared_sides(bound_on(premise, *Aggregate), setting, arguments)
        variable = limit_variable(setting)
        claimed = powers_of(variable, order)
        # a sum of positive powers is at least each of them: one that is large enough will do
        conditions = [positive(coefficient) for _, coefficient in claimed]
        for exponent in dict.fromkeys(e for e, _ in powers_of(variable, derived)):
            largest = next((e for e, _ in claimed if equal(e, exponent)), None)
            bound = claimed[-1][0] if largest is None else largest
            conditions.append(Relation(exponent, "<=", bound))
        return Conclusion(ClaimedBound(arguments["text"], derived, order), tuple(conditions))


def limit_variable(setting: Setting) -> sympy.Symbol:
    """The parameter that tends to infinity.

    Raises:
        NotApplicableError: the limit is another one.
    """
    name, _, limit = setting.claim.limit.partition("->")
    symbol = setting.domain.symbols.get(name.strip())
    if symbol is None or limit.strip() != "oo" or not symbol.is_positive:
        raise NotApplicableError(f"the limit {setting.claim.limit!r} is not a parameter -> oo")
    return symbol


def powers_of(
    variable: sympy.Symbol, expr: sympy.Expr
) -> tuple[tuple[sympy.Expr, sympy.Expr], ...]:
    """``expr = sum(coefficient * variable**exponent)`` as pairs (exponent, coefficient).

    Raises:
        NotApplicableError: the variable occurs in another way.
    """
    found = []
    for monomial, coefficient in power_sum(expr).terms.items():
        powers = dict(monomial)
        exponent = powers.pop(variable, ZERO)
        constant, dependent = coefficient.as_independent(variable, as_Add=False)
        if dependent != 1:
            base, further = dependent.as_base_exp()
            if base != variable or not further.is_number:
                raise NotApplicableError(f"the bound is no sum of powers of {variable}")
            exponent = exponent + further
        rest = constant * sympy.Mul(*(base**e for base, e in powers.items()))
        if variable in rest.free_symbols or variable in exponent.free_symbols:
            raise NotApplicableError(f"the bound is no sum of powers of {variable}")
        found.append((exponent, rest))
    return tuple(found)


def has_real_powers(expr: sympy.Expr) -> bool:
    """Whether a power with a symbolic exponent occurs that is not surely an integer."""
    return any(p.exp.free_symbols and not is_integral(p.exp) for p in expr.atoms(sympy.Pow))


__all__ = [
    "BalanceOfPowers",
    "PowerOrderFollows",
    "PowersFollow",
    "has_real_powers",
    "limit_variable",
    "power_sum",
    "powers_of",
]
