"""Orders of growth in N: powers of N and of log(N), with exponents that may be symbolic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sympy

from theoryck.derive.exact import equal
from theoryck.derive.heavy.powers import compared_sides, limit_variable
from theoryck.derive.printing import to_claim_text
from theoryck.derive.relations import Relation
from theoryck.derive.rules.base import Conclusion, NotApplicableError, nonnegative, positive
from theoryck.derive.rules.closing import ClosingRule
from theoryck.derive.rules.measures import bound_on
from theoryck.derive.sampling import sample_points
from theoryck.derive.setting import Setting
from theoryck.derive.statements import Aggregate, ClaimedBound, Statement
from theoryck.derive.symbols import ONE, ZERO

MAX_ORDERS = 40  # of the terms of one sum


@dataclass(frozen=True)
class GrowthOrder:
    """``N**power * log(N)**logs``; ``power`` is −oo for what vanishes faster than every power."""

    power: sympy.Expr
    logs: sympy.Expr

    def times(self, other: GrowthOrder) -> GrowthOrder:
        """The order of a product."""
        return GrowthOrder(self.power + other.power, self.logs + other.logs)

    def raised(self, exponent: sympy.Expr) -> GrowthOrder:
        """The order of a power."""
        return GrowthOrder(self.power * exponent, self.logs * exponent)


CONSTANT = GrowthOrder(ZERO, ZERO)
VANISHING = GrowthOrder(-sympy.oo, ZERO)


@dataclass(frozen=True)
class Leading:
    """``coefficient * order`` to which an expression is asymptotic."""

    coefficient: sympy.Expr
    order: GrowthOrder


@dataclass
class Reading:
    """Walks expressions in one variable; collects what the reading rests on.

    ``sample``: values of the parameters, to guess which of several symbolic orders is the largest;
    the guess becomes a condition.
    """

    variable: sympy.Symbol
    sample: Mapping[sympy.Symbol, sympy.Expr]
    conditions: list[Relation] = field(default_factory=list)

    def upper(self, expr: sympy.Expr) -> frozenset[GrowthOrder]:
        """Orders of which a sum bounds |expr| for all large N.

        Raises:
            NotApplicableError: a term that is not read.
        """
        if self.variable not in expr.free_symbols:
            return frozenset({CONSTANT})
        match expr:
            case sympy.Symbol():
                return frozenset({GrowthOrder(ONE, ZERO)})
            case sympy.Add() | sympy.Max() | sympy.Min():
                found = frozenset(o for part in expr.args for o in self.upper(part))
            case sympy.Mul():
                found = frozenset({CONSTANT})
                for part in expr.args:
                    orders = self.upper(part)
                    found = frozenset(a.times(b) for a in found for b in orders)
            case sympy.exp():
                return self._exponential(sympy.E, expr.args[0])
            case sympy.Pow(base=base, exp=exponent) if self.variable in exponent.free_symbols:
                return self._exponential(base, exponent)
            case sympy.Pow(base=base, exp=exponent):
                found = self._power(base, exponent)
            case sympy.log():
                self.leading(expr.args[0])
                return frozenset({GrowthOrder(ZERO, ONE)})
            case _:
                raise NotApplicableError(f"the growth of {to_claim_text(expr)} is not read")
        if len(found) > MAX_ORDERS:
            raise NotApplicableError("a sum of too many orders")
        return found

    def _power(self, base: sympy.Expr, exponent: sympy.Expr) -> frozenset[GrowthOrder]:
        if self._is_negative(exponent):
            self._require(Relation(exponent, "<=", ZERO))
            below = self.leading(base)
            self._require(positive(below.coefficient))
            return frozenset({below.order.raised(exponent)})
        self._require(nonnegative(exponent))
        return frozenset(order.raised(exponent) for order in self.upper(base))

    def _exponential(self, base: sympy.Expr, exponent: sympy.Expr) -> frozenset[GrowthOrder]:
        """q**(a*N + b) with 0 <= q < 1 and 0 < a, or with 1 < q and a < 0, vanishes."""
        if self.variable in base.free_symbols:
            # log(q) <= q - 1
            self._require(nonnegative(base))
            self._require(nonnegative(exponent))
            return self._exponential_of(sympy.expand(exponent * (base - 1)))
        slope = sympy.diff(exponent, self.variable)
        if self.variable in slope.free_symbols:
            self._require(positive(base))
            return self._exponential_of(sympy.expand(exponent * sympy.log(base)))
        if self._is_negative(slope):
            self._require(Relation(slope, "<", ZERO))
            self._require(Relation(base, ">", ONE))
        else:
            self._require(positive(slope))
            self._require(nonnegative(base))
            self._require(Relation(base, "<", ONE))
        return frozenset({VANISHING})

    def _exponential_of(self, exponent: sympy.Expr) -> frozenset[GrowthOrder]:
        """exp(c*log(N) + ...) is of the order N**c, where the rest does not grow."""
        log = sympy.log(self.variable)
        exponent = sympy.expand(sympy.cancel(exponent))
        power = exponent.coeff(log)
        rest = sympy.expand(exponent - power * log)
        if self.variable in power.free_symbols or log in power.atoms(sympy.log):
            raise NotApplicableError(f"{to_claim_text(sympy.exp(exponent))} is no power of N")
        for order in self.upper(rest):
            for relation in at_most(order, CONSTANT):
                self._require(relation)
        return frozenset({GrowthOrder(power, ZERO)})

    def leading(self, expr: sympy.Expr) -> Leading:
        """What the expression is asymptotic to; its coefficient is not shown to be nonzero.

        Raises:
            NotApplicableError: no leading term is seen.
        """
        if self.variable not in expr.free_symbols:
            return Leading(expr, CONSTANT)
        match expr:
            case sympy.Symbol():
                return Leading(ONE, GrowthOrder(ONE, ZERO))
            case sympy.Mul():
                parts = [self.leading(part) for part in expr.args]
                order = CONSTANT
                for part in parts:
                    order = order.times(part.order)
                return Leading(sympy.Mul(*(part.coefficient for part in parts)), order)
            case sympy.Pow(base=base, exp=exponent) if self.variable not in exponent.free_symbols:
                inside = self.leading(base)
                self._require(positive(inside.coefficient))
                return Leading(inside.coefficient**exponent, inside.order.raised(exponent))
            case sympy.log():
                inside = self.leading(expr.args[0])
                self._require(positive(inside.coefficient))
                if not inside.order.power.is_positive:
                    raise NotApplicableError(f"the growth of {to_claim_text(expr)} is not read")
                return Leading(inside.order.power, GrowthOrder(ZERO, ONE))
            case sympy.Add():
                found = self._leading_of_sum([self.leading(part) for part in expr.args])
                whole = sympy.expand(expr)
                # the largest terms cancel: what is left of them decides
                return self.leading(whole) if found.coefficient == 0 != whole != expr else found
        raise NotApplicableError(f"{to_claim_text(expr)} has no leading term that is seen")

    def _leading_of_sum(self, parts: list[Leading]) -> Leading:
        orders = list(dict.fromkeys(part.order for part in parts))

        def size(order: GrowthOrder) -> tuple[sympy.Expr, sympy.Expr]:
            power, logs = (e.subs(self.sample) for e in (order.power, order.logs))
            if not (power.is_Rational and logs.is_Rational):
                raise NotApplicableError("the largest of several symbolic orders is not told")
            return power, logs

        largest = max(orders, key=size)
        for order in orders:
            if order != largest:
                for relation in below(order, largest):
                    self._require(relation)
        total = sympy.Add(*(p.coefficient for p in parts if p.order == largest))
        return Leading(total, largest)

    def _is_negative(self, expr: sympy.Expr) -> bool:
        """A guess, which becomes a condition."""
        value = expr.subs(self.sample)
        return bool(value < 0) if value.is_number else expr.could_extract_minus_sign()

    def _require(self, relation: Relation) -> None:
        if relation not in self.conditions:
            self.conditions.append(relation)


class GrowthOrderFollows(ClosingRule):
    """Every term of the derived bound is of at most the claimed order.

    The other parameters, and what the exponents depend on, are fixed as N -> oo.
    """

    name = "order of growth"
    formula = "sum of N**a_i*log(N)**b_i is O(N**a*log(N)**b) when each (a_i, b_i) <= (a, b)"
    source = "algebra; the constant in O(.) may depend on the other parameters and on the start"

    def compare(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        (premise,) = premises
        if setting.claim.confidence is not None:
            raise NotApplicableError("an order with a confidence is not compared by growth")
        known = bound_on(premise, *Aggregate)
        derived, order = compared_sides(known, setting, arguments)
        point = next(sample_points(setting.domain), {})
        sample = {s: sympy.Rational(v.numerator, v.denominator) for s, v in point.items()}
        reading = Reading(limit_variable(setting), sample)
        claimed = reading.leading(order)
        conditions = [positive(claimed.coefficient)]
        for found in sorted(reading.upper(derived), key=str):
            conditions += at_most(found, claimed.order)
        statement = ClaimedBound(arguments["text"], derived, order)
        return Conclusion(statement, (*reading.conditions, *dict.fromkeys(conditions)))


def below(found: GrowthOrder, other: GrowthOrder) -> tuple[Relation, ...]:
    """What makes one order smaller than another one."""
    if equal(found.power, other.power):
        return (Relation(found.logs, "<", other.logs),)
    return (Relation(found.power, "<", other.power),)


def at_most(found: GrowthOrder, claimed: GrowthOrder) -> tuple[Relation, ...]:
    """What makes one order at most another; refuses what is surely not.

    Raises:
        NotApplicableError: the order is larger.
    """
    if found.power == -sympy.oo:
        return ()
    if equal(found.power, claimed.power):
        if found.logs == claimed.logs:
            return ()
        relation = Relation(found.logs, "<=", claimed.logs)
    else:
        relation = Relation(found.power, "<", claimed.power)
    if relation.left.is_number and relation.right.is_number and relation.left > relation.right:
        raise NotApplicableError("the derived bound is of a larger order")
    return (relation,)
