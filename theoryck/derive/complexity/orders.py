"""Orders of complexity by way of orders of rates.

As epsilon -> 0 with all else fixed: if a measure is O(N**(-p)), it is at most c*epsilon**a from
some N of the order epsilon**(-a/p) on; if it is A*q**N with 0 <= q < 1, from some N of the order
log(1/epsilon) on. The hidden constants may depend on the other parameters and on the start, as
they may in the order of a rate.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

import sympy

from theoryck.claims.claim import ComplexityClaim, Parameter, RateClaim
from theoryck.claims.expressions import Apply, Comparison, Conjunction, Expr, Number, Order, Symbol
from theoryck.claims.expressions import names as names_in
from theoryck.claims.grammar import parse_expression
from theoryck.claims.scopes import CONSTANTS, RUN
from theoryck.claims.scopes import Scope as Names
from theoryck.derive.complexity.rates import (
    ONE,
    NoRateError,
    Target,
    condition_parts,
    rates,
)
from theoryck.derive.decide import Proved, decide
from theoryck.derive.domain import Domain
from theoryck.derive.relations import Relation
from theoryck.derive.schedules.leading import Calculus, Leading
from theoryck.derive.setting import start_quantity
from theoryck.derive.symbols import ZERO, Reader
from theoryck.errors import TheoryckError

FAST = sympy.Integer(-24)  # a power of N that only exponential decay stays below


@dataclass(frozen=True)
class OrderRate:
    """A rate claim whose proof gives the order of the complexity.

    ``geometric``: the bound that it comes with must be shown to decay exponentially.
    """

    rate: RateClaim
    geometric: bool


def order_rates(
    claim: ComplexityClaim, target: Target, domain: Domain, deadline: float
) -> Iterator[OrderRate]:
    """Rate claims of which one suffices for the claimed order.

    Raises:
        NoRateError: the limit is not epsilon -> 0 with all else fixed.
        UndecidedGrowthError: the growth of the level or of the steps is not known.
    """
    name = _vanishing(claim, target)
    k = sympy.Symbol("k", integer=True, nonnegative=True)
    calculus = Calculus(domain, k, deadline)

    def leading(expr: Expr) -> Leading:
        return calculus.leading(Reader(domain.symbols).read(expr).subs(domain.symbols[name], 1 / k))

    level, steps = leading(target.level), leading(target.steps)
    plain = level.ratio == 1 and level.logs == level.loglogs == 0 and steps.ratio == 1
    accuracy = -level.power
    if not plain or level.sign <= 0 or steps.sign <= 0 or not accuracy.is_positive:
        raise NoRateError("the level is no power of the accuracy")
    geometric = steps.power == 0
    if geometric:
        if not steps.logs >= 1:
            raise NoRateError("the number of steps does not grow like a logarithm")
        power = FAST
    else:
        power = -accuracy / steps.power
        if not (isinstance(power, sympy.Rational) and power < 0 and steps.logs >= 0):
            raise NoRateError("the number of steps is no power of the accuracy")
    exponent = Number(Fraction(int(power.p), int(power.q)))
    bound = Order("O", Apply("**", (Symbol(target.count), exponent)))
    fixed = replace(target, steps=ONE, parameters=_without(target.parameters, name))
    for rate in rates(claim, fixed, Fraction(1), (), True):
        yield OrderRate(replace(rate, bound=bound, limit=f"{target.count} -> oo"), geometric)


def _vanishing(claim: ComplexityClaim, target: Target) -> str:
    """The parameter that tends to 0, on which only the level and the steps may depend."""
    name, _, limit = (part.strip() for part in claim.limit.partition("->"))
    if limit != "0" or name not in claim.parameters:
        raise NoRateError("the limit is not that of an accuracy")
    held = (
        target.measure,
        *claim.initial,
        *claim.method.arguments.values(),
        *(value for use in claim.assumptions for value in use.arguments.values()),
        *(() if claim.confidence is None else (claim.confidence,)),
    )
    if any(name in names_in(text) for text in held):
        raise NoRateError(f"what is claimed of the run depends on {name}")
    return name


def _without(parameters: Mapping[str, Parameter], name: str) -> dict[str, Parameter]:
    """The parameters without one, and without the constraints that mention it."""
    kept = {}
    for key, parameter in parameters.items():
        if key == name:
            continue
        condition = parameter.condition
        if condition is not None and name in names_in(condition):
            parts: tuple[Comparison, ...] = tuple(
                part for part in condition_parts(condition) if name not in names_in(part)
            )
            condition = Conjunction(parts) if parts else None
        kept[key] = replace(parameter, condition=condition)
    return kept


def decays_exponentially(text: str, rate: RateClaim, domain: Domain, deadline: float) -> bool:
    """Whether a bound is A*q**N with 0 <= q < 1 on the whole domain.

    Args:
        text: the bound, as the report of the rate claim gives it.
        rate: that claim; its first integer parameter after the others is N.
        domain: the parameters of the complexity claim.
        deadline: a value of ``time.monotonic()``.
    """
    count = rate.limit.partition("->")[0].strip()
    symbol = sympy.Symbol(count, integer=True, positive=True)
    try:
        scope = Names(
            "a bound", dict.fromkeys(rate.parameters, ()), frozenset({count}), RUN | CONSTANTS
        )
        value = Reader({**domain.symbols, count: symbol}, start_quantity).read(
            parse_expression(text, scope=scope)
        )
    except TheoryckError:
        return False
    ahead = sympy.expand_power_exp(value.subs(symbol, symbol + 1))
    ratio = sympy.factor(sympy.powsimp(ahead / value))
    if symbol in ratio.free_symbols:
        return False
    return all(
        isinstance(decide(relation, domain, deadline), Proved)
        for relation in (Relation(ratio, "<", sympy.Integer(1)), Relation(ratio, ">=", ZERO))
    )
