"""Whether a problem, with its noise, lies in a claim's class: yes only where it is established."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from theoryck.algebra import NumberSystem
from theoryck.errors import TheoryckError
from theoryck.simulate.problems.base import Constants


@dataclass(frozen=True)
class Assumed:
    """An assumption of the claim with the values of its parameters in some number system."""

    name: str
    values: Mapping[str, Any]


def satisfies(constants: Constants, assumed: Assumed, numbers: NumberSystem) -> bool:
    """Whether the constants establish an assumption on a function.

    False says only that they do not: the rules are sufficient conditions.
    """
    rule = RULES.get(assumed.name)
    if rule is None:
        return False
    try:
        return rule(constants, assumed.values, Comparer(numbers))
    except TheoryckError:  # a ball too wide to compare: not established
        return False


@dataclass(frozen=True)
class Comparer:
    """Comparisons of known constants with the values in the claim; an unknown one is False."""

    numbers: NumberSystem

    def at_most(self, known: Fraction | None, value: Any) -> bool:
        return known is not None and self._sign(known, value) <= 0

    def at_least(self, known: Fraction | None, value: Any) -> bool:
        return known is not None and self._sign(known, value) >= 0

    def _sign(self, known: Fraction, value: Any) -> int:
        return self.numbers.sign(self.numbers.rational(known) - value)

    def negative(self, value: Any) -> bool:
        return self.numbers.sign(value) < 0


Rule = Callable[[Constants, Mapping[str, Any], Comparer], bool]


def _smooth(c: Constants, v: Mapping[str, Any], order: Comparer) -> bool:
    return order.at_most(c.smoothness, v["L"])


def _weakly_convex(c: Constants, v: Mapping[str, Any], order: Comparer) -> bool:
    return order.at_least(c.lower, -v["rho"])


def _doubled(value: Fraction | None) -> Fraction | None:
    return None if value is None else 2 * value


def _kl(c: Constants, v: Mapping[str, Any], order: Comparer) -> bool:
    # with the power ½ it is ‖∇f‖² ≥ c²(f − f*), which PL gives with c² = 2 pl
    if order.numbers.sign(v["alpha"] - order.numbers.rational(Fraction(1, 2))) != 0:
        return False
    return order.negative(v["c"]) or order.at_least(_doubled(c.growth), v["c"] * v["c"])


def _l0_l1(c: Constants, v: Mapping[str, Any], order: Comparer) -> bool:
    bounded = order.at_most(c.smoothness, v["L0"]) and not order.negative(v["L1"])
    if c.l0_l1 is not None:
        l0, l1 = c.l0_l1
        bounded = bounded or (order.at_most(l0, v["L0"]) and order.at_most(l1, v["L1"]))
    return c.twice and bounded


def _semi_smooth(c: Constants, v: Mapping[str, Any], order: Comparer) -> bool:
    # √f(y) has to exist; the descent lemma does the rest
    return c.nonnegative and not order.negative(v["c"]) and order.at_most(c.upper, v["beta"])


def _quadratic_growth(c: Constants, v: Mapping[str, Any], order: Comparer) -> bool:
    # smooth and PL gives it with the same constant (Karimi, Nutini and Schmidt 2016, Theorem 2)
    if order.at_least(c.lower, v["mu"]):
        return True
    return c.smoothness is not None and order.at_least(c.growth, v["mu"])


def _strict_saddle(c: Constants, v: Mapping[str, Any], order: Comparer) -> bool:
    # strongly convex: outside the δ-ball around the minimum, ‖∇f‖ ≥ lower·δ
    if not c.twice or c.lower is None or c.lower <= 0 or order.negative(v["delta"]):
        return False
    reached = order.numbers.rational(c.lower) * v["delta"] - v["epsilon"]
    return order.at_least(c.lower, v["alpha"]) and order.numbers.sign(reached) >= 0


RULES: Mapping[str, Rule] = {
    "convex": lambda c, v, order: c.lower is not None and c.lower >= 0,
    "strongly_convex": lambda c, v, order: order.at_least(c.lower, v["mu"]),
    "weakly_convex": _weakly_convex,
    "smooth": _smooth,
    "quadratic": lambda c, v, order: c.quadratic,
    "lipschitz": lambda c, v, order: order.at_most(c.gradient, v["G"]),
    "pl": lambda c, v, order: order.at_least(c.growth, v["mu"]),
    "error_bound": lambda c, v, order: order.at_least(_doubled(c.growth), v["delta"]),
    "kl": _kl,
    "quadratic_growth": _quadratic_growth,
    "hessian_lipschitz": lambda c, v, order: order.at_most(c.hessian, v["rho"]),
    "l0_l1_smooth": _l0_l1,
    "semi_smooth": _semi_smooth,
    "strict_saddle": _strict_saddle,
}
