"""Power recursions: finite, linear and sublinear, with their constants."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any

import sympy

from theoryck.derive.power.growth import Growth, start_upper
from theoryck.derive.relations import Relation
from theoryck.derive.rules.base import Conclusion, NotApplicableError, Rule, nonnegative, positive
from theoryck.derive.rules.sums import sum_bound
from theoryck.derive.rules.weighted import WeightedRule, recursion_of
from theoryck.derive.setting import ITERATION, Setting
from theoryck.derive.statements import Aggregate, Bound, Measured, Statement
from theoryck.derive.symbols import ONE, ZERO, is_integral


@dataclass(frozen=True)
class PowerRecursion:
    """``V[k+1] <= V[k] - gain*V[k]**exponent`` where V[k] > 0; the gain may contain k.

    ``expected``: the decrease holds in expectation.
    """

    gain: sympy.Expr
    exponent: sympy.Expr
    expected: bool


def power_recursion(
    decrease: Statement, growth: Statement
) -> tuple[PowerRecursion, Growth, tuple[Relation, ...]]:
    """The two premises V[k+1] <= V[k] − A·q[k] and q >= c·V^p put together."""
    if not isinstance(growth, Growth):
        raise NotApplicableError("a growth condition is expected")
    known = recursion_of(decrease, growth.base, growth.quantity)
    if known.ratio != 1 or known.noise != 0:
        raise NotApplicableError("a decrease without noise is expected")
    conditions = (nonnegative(known.weight), nonnegative(growth.factor))
    gain = known.weight * growth.factor
    return PowerRecursion(gain, growth.exponent, known.expected), growth, conditions


class PowerRule(Rule):
    """A bound on V[n] from V[k+1] <= V[k] − c·V[k]^p, V >= 0."""

    def conclude(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        known, growth, conditions = power_recursion(premises[0], premises[1])
        index = arguments["index"]
        if not is_integral(index):
            raise NotApplicableError("the index of an iterate is an integer")
        bound, more = self.bound(known, growth, premises[2:], setting, arguments)
        measured = Measured(growth.base, Aggregate.LAST, index, index, expected=known.expected)
        return Conclusion(Bound(measured, bound), (*conditions, nonnegative(index), *more))

    @abstractmethod
    def bound(
        self,
        known: PowerRecursion,
        growth: Growth,
        premises: tuple[Statement, ...],
        setting: Setting,
        arguments: dict[str, Any],
    ) -> tuple[sympy.Expr, tuple[Relation, ...]]:
        """The bound at the index, and the conditions under which it holds."""


class Sublinear(PowerRule):
    """p > 1: V[n]^(1−p) >= V[0]^(1−p) + (p − 1)·(c[0] + ... + c[n−1]), since V^(1−p) is convex.

    In expectation too: E V^p >= (E V)^p by Jensen's inequality.

    A gain that varies with k comes with a lower bound on its sum. Without an upper bound on the
    start that is positive, the term of the start is left out, and n >= 1.
    """

    name = "sublinear power recursion"
    formula = (
        "V[k+1] <= V[k] - c*V[k]**p, p > 1, c > 0  ⟹  "
        "V[n] <= (V[0]**(1 - p) + (p - 1)*c*n)**(-1/(p - 1))"
    )
    source = "Attouch and Bolte 2009, Theorem 5; convexity of v**(1 - p)"

    def bound(
        self,
        known: PowerRecursion,
        growth: Growth,
        premises: tuple[Statement, ...],
        setting: Setting,
        arguments: dict[str, Any],
    ) -> tuple[sympy.Expr, tuple[Relation, ...]]:
        index, start = arguments["index"], arguments["start"]
        gained = index * known.gain
        if premises:
            total = sum_bound(premises[0], ">=")
            WeightedRule.fits(total.term, known.gain, total.lower, ZERO, total.upper, index - 1)
            gained = total.value
        elif ITERATION in known.gain.free_symbols:
            raise NotApplicableError("a gain that varies with k needs a bound on its sum")
        over = known.exponent - 1
        if over == 0 or known.gain == 0:
            raise NotApplicableError("a gain, and an exponent above 1, are expected")
        gained = over * gained
        conditions = [Relation(known.exponent, ">", ONE)]
        if start == "none":
            conditions.append(positive(gained))
            return gained ** (-1 / over), tuple(conditions)
        upper = start_upper(setting, growth.base, None if start == "exact" else int(start))
        return self.from_start(upper, gained, over, conditions)

    @staticmethod
    def from_start(
        upper: sympy.Expr, gained: sympy.Expr, over: sympy.Expr, conditions: list[Relation]
    ) -> tuple[sympy.Expr, tuple[Relation, ...]]:
        """The bound from V[0] <= upper, where (p − 1)·(c[0] + ... + c[n−1]) is ``gained``."""
        value = (upper ** (-over) + gained) ** (-1 / over)
        return value, (*conditions, positive(upper), nonnegative(gained))


class SublinearFactored(Sublinear):
    """The same bound with V[0] before the brackets, which has a value at V[0] = 0 too."""

    formula = (
        "V[k+1] <= V[k] - c*V[k]**p, p > 1, c > 0  ⟹  "
        "V[n] <= V[0]*(1 + (p - 1)*c*n*V[0]**(p - 1))**(-1/(p - 1))"
    )

    @staticmethod
    def from_start(
        upper: sympy.Expr, gained: sympy.Expr, over: sympy.Expr, conditions: list[Relation]
    ) -> tuple[sympy.Expr, tuple[Relation, ...]]:
        value = upper * (1 + gained * upper**over) ** (-1 / over)
        return value, (*conditions, nonnegative(upper), nonnegative(gained))


class Finite(PowerRule):
    """p < 1: while V[k] > 0 it falls by at least C = c^(1/(1−p)) a step.

    From 0 <= V[k+1] <= V[k] − c·V[k]^p and V[k] > 0: V[k]^(1−p) >= c, so that V[k] >= C and
    c·V[k]^p >= c·C^p = C. Hence V[n] > 0 asks for V[0] >= (n + 1)·C: V[n] = 0 where it fails.
    """

    name = "finite power recursion"
    formula = (
        "V[k+1] <= V[k] - c*V[k]**p where V[k] > 0, 0 <= p < 1, c > 0, V[0] < (n + 1)*c**(1/(1-p)) "
        " ⟹  V[n] = 0"
    )
    source = "Attouch and Bolte 2009, Theorem 5"

    def bound(
        self,
        known: PowerRecursion,
        growth: Growth,
        premises: tuple[Statement, ...],
        setting: Setting,
        arguments: dict[str, Any],
    ) -> tuple[sympy.Expr, tuple[Relation, ...]]:
        least, upper, conditions = self.fall(known, growth, premises, setting, arguments)
        return ZERO, (*conditions, self.spent(least, upper, arguments["index"]))

    def spent(self, least: sympy.Expr, upper: sympy.Expr, index: sympy.Expr) -> Relation:
        """The start cannot pay for n + 1 falls."""
        return Relation(upper, "<", (index + 1) * least)

    def fall(
        self,
        known: PowerRecursion,
        growth: Growth,
        premises: tuple[Statement, ...],
        setting: Setting,
        arguments: dict[str, Any],
    ) -> tuple[sympy.Expr, sympy.Expr, tuple[Relation, ...]]:
        """The least fall of a step, what the start is at most, and the conditions."""
        if premises or known.expected or ITERATION in known.gain.free_symbols:
            raise NotApplicableError("a gain that is not random and does not vary is expected")
        start = arguments["start"]
        upper = start_upper(setting, growth.base, None if start == "exact" else int(start))
        if (known.exponent.is_number and known.exponent >= 1) or known.gain == 0:
            raise NotApplicableError("a gain, and an exponent below 1, are expected")
        least = self.least_fall(known)
        conditions = (
            positive(known.gain),
            nonnegative(known.exponent),
            Relation(known.exponent, "<", ONE),
        )
        return least, upper, conditions

    @staticmethod
    def least_fall(known: PowerRecursion) -> sympy.Expr:
        """c^(1/(1−p))."""
        return known.gain ** (1 / (1 - known.exponent))


class FiniteInverse(Finite):
    """The same with (1/c)^(1/(1−p)) on the side of the start, as complexities are written."""

    formula = (
        "V[k+1] <= V[k] - c*V[k]**p where V[k] > 0, 0 <= p < 1, c > 0, "
        "V[0]*(1/c)**(1/(1-p)) < n + 1  ⟹  V[n] = 0"
    )

    def spent(self, least: sympy.Expr, upper: sympy.Expr, index: sympy.Expr) -> Relation:
        return Relation(upper * least, "<", index + 1)

    @staticmethod
    def least_fall(known: PowerRecursion) -> sympy.Expr:
        return (1 / known.gain) ** (1 / (1 - known.exponent))


class FiniteFall(Finite):
    """p < 1: V[n] <= max(V[0] − n·C, 0), see :class:`Finite`."""

    formula = (
        "V[k+1] <= V[k] - c*V[k]**p where V[k] > 0, 0 <= p < 1, c > 0  ⟹  "
        "V[n] <= max(V[0] - n*c**(1/(1-p)), 0)"
    )

    def bound(
        self,
        known: PowerRecursion,
        growth: Growth,
        premises: tuple[Statement, ...],
        setting: Setting,
        arguments: dict[str, Any],
    ) -> tuple[sympy.Expr, tuple[Relation, ...]]:
        least, upper, conditions = self.fall(known, growth, premises, setting, arguments)
        return sympy.Max(upper - arguments["index"] * least, ZERO), conditions


__all__ = [
    "Finite",
    "FiniteFall",
    "FiniteInverse",
    "PowerRecursion",
    "PowerRule",
    "Sublinear",
    "SublinearFactored",
    "power_recursion",
]
