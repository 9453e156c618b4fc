"""Bounds on sums over a symbolic range of k: closed forms and integral comparison."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import sympy

from theoryck.derive.exact import equal
from theoryck.derive.printing import tidy, to_claim_text
from theoryck.derive.relations import Implied, Relation
from theoryck.derive.rules.base import (
    Conclusion,
    NotApplicableError,
    Rule,
    nonnegative,
    positive,
)
from theoryck.derive.setting import ITERATION, Setting
from theoryck.derive.statements import Statement
from theoryck.derive.symbols import ONE, ZERO, is_integral


@dataclass(frozen=True)
class SumBound(Statement):
    """``a(lower) + ... + a(upper) <= value``, or ``>=``; ``term`` is a(k)."""

    term: sympy.Expr
    lower: sympy.Expr
    upper: sympy.Expr
    relation: str
    value: sympy.Expr

    def same_as(self, other: object) -> bool:
        """The same sum and the same side, with exactly equal values."""
        return (
            isinstance(other, SumBound)
            and self.relation == other.relation
            and all(
                equal(ours, theirs)
                for ours, theirs in (
                    (self.term, other.term),
                    (self.lower, other.lower),
                    (self.upper, other.upper),
                    (self.value, other.value),
                )
            )
        )

    def __str__(self) -> str:
        ends = f"k={to_claim_text(self.lower)}..{to_claim_text(self.upper)}"
        term = to_claim_text(tidy(self.term))
        return f"sum over {ends} of {term} {self.relation} {to_claim_text(tidy(self.value))}"


def sum_bound(statement: Statement, relation: str) -> SumBound:
    """The premise as a bound on a sum from the wanted side."""
    if not isinstance(statement, SumBound) or statement.relation != relation:
        raise NotApplicableError(f"a bound on a sum, {relation}, is expected")
    return statement


def within(relation: Relation, lower: sympy.Expr, upper: sympy.Expr | None = None) -> Relation:
    """The relation, asked for at the k of a range alone."""
    premises: tuple[Relation, ...] = (Relation(ITERATION, ">=", lower),)
    if upper is not None:
        premises = (*premises, Relation(ITERATION, "<=", upper))
    return Implied(relation.left, relation.sign, relation.right, premises)


def integer_ends(lower: sympy.Expr, upper: sympy.Expr) -> tuple[Relation, ...]:
    """What makes a range of k: integers ``0 <= lower <= upper``."""
    if not (is_integral(lower) and is_integral(upper)):
        raise NotApplicableError("the ends of a sum are integers")
    ends = (Relation(lower, ">=", ZERO), Relation(upper, ">=", lower))
    return tuple(r for r in ends if not (r.left.is_number and r.left >= 0 and r.right == 0))


def possibly_empty(lower: sympy.Expr, upper: sympy.Expr) -> tuple[Relation, ...]:
    """What makes a range of k that may hold nothing: ``0 <= lower <= upper + 1``."""
    return integer_ends(lower, upper + 1)


class Side(StrEnum):
    """The ways in which a sum of a non-increasing a(k) is compared."""

    BELOW = "A(u+1) - A(l) <= sum"
    ABOVE = "sum <= a(l) + A(u) - A(l)"
    ABOVE_EARLY = "sum <= A(u) - A(l-1)"
    ABOVE_ALL = "sum <= a(l) + A(oo) - A(l)"
    LEAST = "(u-l+1)*a(u) <= sum"
    MOST = "sum <= (u-l+1)*a(l)"


class PowerSum(Rule):
    """Integral comparison for a(t) = (t + s)^(−p), p >= 0, which does not increase where t + s > 0.

    With A(t) = (t + s)^(1−p)/(1 − p), and log(t + s) for p = 1: ∫ from j to j+1 of a <= a(j), and
    a(j) <= ∫ from j−1 to j of a. Summed over j this is, for l + s > 0,
    A(u+1) − A(l) <= a(l) + ... + a(u) <= a(l) + A(u) − A(l); from A(l−1) on where that has a value,
    which for p < 1 it has at l − 1 + s = 0 too. For p > 1 the integral to infinity is finite. The
    first and the last term are the largest and the least.
    """

    name = "integral comparison"
    formula = "a non-increasing, A' = a  ⟹  A(u+1) - A(l) <= sum(a(l..u)) <= a(l) + A(u) - A(l)"
    source = "Cauchy's integral test"

    def conclude(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        shift, power = arguments["shift"], arguments["power"]
        lower, upper, side = arguments["lower"], arguments["upper"], Side(arguments["side"])
        if premises or ITERATION in shift.free_symbols | power.free_symbols:
            raise NotApplicableError("the terms of the sum are not of the form (k + s)**(-p)")
        ends = possibly_empty if side in (Side.ABOVE_ALL, Side.MOST) else integer_ends
        conditions = [*ends(lower, upper), nonnegative(power), positive(lower + shift)]

        def term(at: sympy.Expr) -> sympy.Expr:
            return (at + shift) ** (-power)

        def integral(end: sympy.Expr, begin: sympy.Expr) -> sympy.Expr:
            if power == 1:
                return sympy.log(sympy.cancel((end + shift) / (begin + shift)))
            over = 1 - power
            return ((end + shift) ** over - (begin + shift) ** over) / over

        if side not in (Side.LEAST, Side.MOST) and power != 1:
            conditions.append(Relation(power, "!=", ONE))
        match side:
            case Side.BELOW:
                value = integral(upper + 1, lower)
            case Side.ABOVE:
                value = term(lower) + integral(upper, lower)
            case Side.ABOVE_EARLY:
                before = sympy.expand(lower - 1 + shift)
                if before == 0:
                    conditions.append(Relation(power, "<", ONE))
                    value = (upper + shift) ** (1 - power) / (1 - power)
                else:
                    conditions.append(positive(before))
                    value = integral(upper, lower - 1)
            case Side.ABOVE_ALL:
                conditions.append(Relation(power, ">", ONE))
                value = term(lower) + (lower + shift) ** (1 - power) / (power - 1)
            case Side.LEAST:
                value = (upper - lower + 1) * term(upper)
            case Side.MOST:
                value = (upper - lower + 1) * term(lower)
        relation = ">=" if side in (Side.BELOW, Side.LEAST) else "<="
        statement = SumBound(term(ITERATION), lower, upper, relation, value)
        return Conclusion(statement, tuple(conditions))


class InverseSquares(Rule):
    """Euler's value of the whole series, of which a part is summed."""

    name = "the sum of the inverse squares"
    formula = "1 + 1/4 + 1/9 + ... = pi**2/6"
    source = "Euler 1740"

    def conclude(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        lower, upper = arguments["lower"], arguments["upper"]
        if premises:
            raise NotApplicableError(f"{self.name} takes no premises")
        term = (ITERATION + 1) ** -2
        statement = SumBound(term, lower, upper, "<=", sympy.pi**2 / 6)
        return Conclusion(statement, possibly_empty(lower, upper))


class Differences(Rule):
    """A sum compared with differences of F: ``F(k+1) − F(k)`` is at most, or at least, ``a(k)``."""

    name = "sum by differences"
    formula = "F(k+1) - F(k) <= a(k) for l <= k <= u  ⟹  F(u+1) - F(l) <= a(l) + ... + a(u)"
    source = "algebra; with >= for an upper bound, with both for a closed form"

    def conclude(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        term, relation, antidifference = (
            arguments["term"],
            arguments["relation"],
            arguments["antidifference"],
        )
        lower, upper = arguments["lower"], arguments["upper"]
        if premises or relation not in ("<=", ">="):
            raise NotApplicableError("a bound on a sum goes one way")
        ahead = antidifference.subs(ITERATION, ITERATION + 1)
        conditions = integer_ends(lower, upper)
        if not equal(ahead - antidifference, term):
            goal = Relation(term, relation, ahead - antidifference)
            conditions = (*conditions, within(goal, lower, upper))
        value = antidifference.subs(ITERATION, upper + 1) - antidifference.subs(ITERATION, lower)
        return Conclusion(SumBound(term, lower, upper, relation, value), conditions)


class SumOfParts(Rule):
    """a(k) is at most (at least) a combination of terms whose sums are bounded.

    The multipliers are free of k; each one's sign picks the side from which its sum is bounded.
    """

    name = "sum of the parts"
    formula = (
        "a(k) <= c1*a1(k) + ... for all k, sum(ai) <= Si for ci >= 0  ⟹  sum(a) <= c1*S1 + ..."
    )
    source = "algebra"

    def conclude(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        term, relation = arguments["term"], arguments["relation"]
        multipliers = arguments["multipliers"]
        if not premises or len(multipliers) != len(premises) or relation not in ("<=", ">="):
            raise NotApplicableError("one multiplier for each sum is expected")
        first = premises[0]
        if not isinstance(first, SumBound):
            raise NotApplicableError("bounds on sums are expected")
        lower, upper = first.lower, first.upper
        total, value = ZERO, ZERO
        conditions: list[Relation] = []
        for premise, multiplier in zip(premises, multipliers, strict=True):
            if ITERATION in multiplier.free_symbols:
                raise NotApplicableError("a multiplier varies with k")
            if not isinstance(premise, SumBound) or (premise.lower, premise.upper) != (
                lower,
                upper,
            ):
                raise NotApplicableError("bounds on sums over the same range are expected")
            sign = ">=" if premise.relation == relation else "<="
            if multiplier != 1 or sign == "<=":
                conditions.append(Relation(multiplier, sign, ZERO))
            total += multiplier * premise.term
            value += multiplier * premise.value
        if not equal(term, total):
            conditions.append(within(Relation(term, relation, total), lower, upper))
        return Conclusion(SumBound(term, lower, upper, relation, value), tuple(conditions))


def power_part(part: sympy.Expr) -> tuple[sympy.Expr, sympy.Expr, sympy.Expr]:
    """One product as ``c*(k + s)**(-p)``: (c, s, p).

    Raises:
        NotApplicableError: it is not of this form.

    >>> power_part(3 / (2 * ITERATION + 4) ** 2)
    (3/4, 2, 2)
    """
    coefficient, shift, power = ONE, ONE, ZERO
    seen: sympy.Expr | None = None
    for factor in sympy.Mul.make_args(sympy.factor(part)):
        if ITERATION not in factor.free_symbols:
            coefficient *= factor
            continue
        base, exponent = factor.as_base_exp()
        line = sympy.Poly(base, ITERATION) if base.is_polynomial(ITERATION) else None
        if line is None or line.degree() != 1 or ITERATION in exponent.free_symbols:
            raise NotApplicableError(f"{to_claim_text(part)} is no power of k + s")
        slope, offset = line.all_coeffs()
        here = sympy.cancel(offset / slope)
        if seen is not None and not equal(seen, here):
            raise NotApplicableError(f"{to_claim_text(part)} has powers at different k")
        seen = here
        coefficient *= slope**exponent
        shift, power = here, power - exponent
    return coefficient, shift, power
