"""The steps of a lower bound: a function of the class, its run, and the comparison."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import sympy

from theoryck.derive.exact import equal
from theoryck.derive.heavy.powers import limit_variable, powers_of
from theoryck.derive.lower.classes import membership
from theoryck.derive.lower.families import Example, Lengths, Quadratic, Trend
from theoryck.derive.printing import tidy, to_claim_text
from theoryck.derive.relations import Relation
from theoryck.derive.rules.base import Conclusion, NotApplicableError, Rule, nonnegative, positive
from theoryck.derive.rules.closing import ClosingRule
from theoryck.derive.rules.orders import bounded_in
from theoryck.derive.rules.step import displacement
from theoryck.derive.setting import ITERATION, Setting
from theoryck.derive.statements import (
    Aggregate,
    Arrow,
    Direction,
    Displacement,
    Measured,
    Statement,
)
from theoryck.derive.symbols import ONE, ZERO, is_integral


@dataclass(frozen=True)
class Chosen(Statement):
    """A function with its start that the claim allows."""

    example: Example

    def same_as(self, other: object) -> bool:
        """The same formulas."""
        return isinstance(other, Chosen) and self.example == other.example

    def __str__(self) -> str:
        return f"a function of the class and its start: {self.example.text}"


@dataclass(frozen=True)
class RunValue(Statement):
    """What is measured on the run of the example (of a norm: its square)."""

    example: Example
    measured: Measured
    value: sympy.Expr

    def same_as(self, other: object) -> bool:
        """The same example and measure, equal values."""
        return (
            isinstance(other, RunValue)
            and self.example == other.example
            and self.measured == other.measured
            and equal(self.value, other.value)
        )

    def __str__(self) -> str:
        value = sympy.sqrt(self.value) if self.measured.root else self.value
        return f"on it, {self.measured} = {to_claim_text(tidy(value))}"


@dataclass(frozen=True)
class WorstCase(Statement):
    """The claim's lower bound, as text; ``value`` is what an example reaches."""

    text: str
    value: sympy.Expr
    claimed: sympy.Expr

    def same_as(self, other: object) -> bool:
        """The same text and equal sides."""
        return (
            isinstance(other, WorstCase)
            and self.text == other.text
            and equal(self.value, other.value)
            and equal(self.claimed, other.claimed)
        )

    def __str__(self) -> str:
        return self.text


def lengths_of(step: Displacement) -> Lengths:
    """The lengths of a step along gradients at x[k] and x[k+1], without noise.

    Raises:
        NotApplicableError: it moves along something else, or its lengths vary with k.
    """
    found = {0: ZERO, 1: ZERO}
    for arrow, coefficient in step.terms:
        if arrow.direction is Direction.NOISE:
            continue
        if arrow not in (Arrow(Direction.GRADIENT, 0), Arrow(Direction.GRADIENT, 1)):
            raise NotApplicableError(f"the step moves along {arrow}")
        if ITERATION in coefficient.free_symbols:
            raise NotApplicableError("the length of the step varies with k")
        found[arrow.at] -= coefficient
    return Lengths(found[0], found[1])


class ChosenExample(Rule):
    """An explicit function: the claim's assumptions and its initial condition hold for it."""

    name = "an explicit function"
    formula = "its constants are at most (or at least) those of the class; no noise; f* = 0 at 0"
    source = "definition"

    def conclude(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        example: Example = arguments["example"]
        conditions = membership(example, setting)
        if premises or conditions is None:
            raise NotApplicableError(f"{example.text} does not satisfy the assumptions")
        start = example.start()
        begun = tuple(
            replace(
                relation,
                left=relation.left.subs(start, simultaneous=True),
                right=relation.right.subs(start, simultaneous=True),
            )
            for relation in setting.initial
        )
        allowed = (nonnegative(example.squared_start), *conditions, *begun)
        return Conclusion(Chosen(example), allowed)


class RunOnExample(Rule):
    """The method's run on the example, in closed form by induction over k."""

    name = "the method's run"
    formula = (
        "on c/2*x**2: x[k+1] = r*x[k]; "
        "where the gradient is constant: x[k+1] = x[k] - step*gradient"
    )
    source = "induction over k"

    def conclude(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        chosen, step = premises
        if not isinstance(chosen, Chosen):
            raise NotApplicableError("an explicit function is expected")
        measured: Measured = arguments["measured"]
        example, lengths = chosen.example, lengths_of(displacement(step))
        lower, upper = measured.lower, measured.upper
        if not (is_integral(lower) and is_integral(upper)):
            raise NotApplicableError("the index of an iterate is an integer")
        conditions = [
            nonnegative(lower),
            Relation(lower, "<=", upper),
            *example.valid_until(upper, lengths),
        ]
        trend = example.trend(measured.quantity)
        value = example.at(measured.quantity, upper, lengths)
        match measured.aggregate:
            case Aggregate.LAST:
                pass
            case Aggregate.MIN if trend is not Trend.UNKNOWN:
                if isinstance(example, Quadratic):
                    conditions.append(Relation(example.ratio(lengths) ** 2, "<=", ONE))
            case Aggregate.MEAN | Aggregate.SUM if trend is Trend.CONSTANT:
                if measured.aggregate is Aggregate.SUM:
                    value = value * (upper - lower + 1)
            case _:
                raise NotApplicableError(f"the {measured.aggregate} is not followed on this run")
        return Conclusion(RunValue(example, measured, value), tuple(conditions))


def run_values(premises: tuple[Statement, ...]) -> tuple[RunValue, ...]:
    """The premises as values of one measure.

    Raises:
        NotApplicableError: they are something else.
    """
    runs = tuple(premise for premise in premises if isinstance(premise, RunValue))
    if not runs or len(runs) != len(premises) or len({run.measured for run in runs}) != 1:
        raise NotApplicableError("the value of one measure on explicit functions is expected")
    return runs


def claimed_for(run: RunValue, setting: Setting) -> sympy.Expr:
    """The claimed bound, at the start of the example."""
    return setting.bound.subs(run.example.start(), simultaneous=True)


class Attained(ClosingRule):
    """Everywhere on the domain one of the examples makes the measure as large as the bound."""

    name = "the bound is attained"
    formula = "max over the explicit functions of s*q + t >= C on the whole domain"
    source = "the claim"

    def compare(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        runs = run_values(premises)
        bounds = {claimed_for(run, setting) for run in runs}
        if len(bounds) != 1:
            raise NotApplicableError("the bound differs between the starts of the functions")
        (claimed,) = bounds
        scale, offset = arguments["scale"], arguments["offset"]
        values = [run.value for run in runs]
        text = f"for some function of the class {arguments['text']}"
        if not runs[0].measured.root:
            largest = sympy.Max(*(scale * value + offset for value in values))
            goal = Relation(claimed, "<=", largest)
            return Conclusion(WorstCase(text, largest, claimed), (goal,))
        if offset != 0:
            raise NotApplicableError("a norm alone is expected")
        largest = scale**2 * sympy.Max(*values)
        conditions = (Relation(claimed**2, "<=", largest), nonnegative(scale))
        return Conclusion(WorstCase(text, sympy.sqrt(largest), claimed), conditions)


class OrderAttained(ClosingRule):
    """The measure on the example is at least a positive multiple of the order, in the limit."""

    name = "the order is attained"
    formula = "b(N)/a(N) is bounded as N -> oo, a the measure on the function  ⟹  a is Omega(b)"
    source = "algebra; the constant in Omega(.) may depend on the other parameters"

    def compare(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        (run,) = run_values(premises)
        order, offset, scale = claimed_for(run, setting), arguments["offset"], arguments["scale"]
        value = scale * run.value + offset
        conditions = [positive(scale)]
        if run.measured.root:
            if offset != 0:
                raise NotApplicableError("a norm alone is expected")
            value, order = scale**2 * run.value, order**2
        conditions += [positive(value), positive(order)]
        variable = limit_variable(setting)
        quotient, base = without_geometric(order / value, variable)
        if base != ONE:
            # a factor base**N with 0 <= base <= 1 is bounded
            conditions += [nonnegative(base), Relation(base, "<=", ONE)]
            order, value = quotient, ONE
        try:
            conditions.append(Relation(bounded_in(quotient, variable), "!=", ZERO))
        except NotApplicableError:
            conditions += _by_exponents(order, value, variable)
        text = f"for some function of the class {arguments['text']}"
        return Conclusion(WorstCase(text, value, order), tuple(conditions))


def _by_exponents(
    order: sympy.Expr, value: sympy.Expr, variable: sympy.Symbol
) -> tuple[Relation, ...]:
    """No exponent of the order above the one exponent of the value."""
    order, first = in_the_limit(order, variable)
    value, second = in_the_limit(value, variable)
    reached = powers_of(variable, value)
    if len(reached) != 1:
        raise NotApplicableError("the measure on the function is not one power")
    ((exponent, coefficient),) = reached
    bounded = [Relation(e, "<=", exponent) for e, _ in powers_of(variable, order)]
    return (positive(coefficient), *first, *second, *bounded)


def without_geometric(expr: sympy.Expr, variable: sympy.Symbol) -> tuple[sympy.Expr, sympy.Expr]:
    """``expr = rest*base**variable``, the powers of a whole multiple of the variable together.

    >>> N, q = sympy.symbols("N q", positive=True)
    >>> print(*without_geometric((1 - q) ** (2 * N) / (q - 1) ** (2 * N) / N, N))
    1/N 1
    """
    rest, base = ONE, ONE
    for factor in sympy.Mul.make_args(sympy.factor_terms(expr)):
        times = sympy.cancel(factor.exp / variable) if isinstance(factor, sympy.Pow) else ZERO
        if isinstance(times, sympy.Integer) and times != 0:
            base *= sympy.Pow(factor.base, times)
        else:
            rest *= factor
    return rest, sympy.cancel(sympy.together(base))


def in_the_limit(
    expr: sympy.Expr, variable: sympy.Symbol
) -> tuple[sympy.Expr, tuple[Relation, ...]]:
    """A product with ``a*N`` for each factor ``(a*N + b)**e``: the ratio tends to 1 for a > 0."""
    factors, conditions = [], []
    for factor in sympy.Mul.make_args(sympy.factor_terms(expr)):
        base, exponent = factor.as_base_exp()
        linear = base.is_polynomial(variable) and sympy.degree(base, variable) == 1
        if linear and exponent.is_number:
            slope = sympy.diff(base, variable)
            conditions.append(positive(slope))
            factor = (slope * variable) ** exponent
        factors.append(factor)
    return sympy.Mul(*factors), tuple(conditions)


__all__ = [
    "Attained",
    "Chosen",
    "ChosenExample",
    "OrderAttained",
    "RunOnExample",
    "RunValue",
    "WorstCase",
    "lengths_of",
]
