"""SymPy expressions back as trees of claims, by way of their text, and trees with changed names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import sympy

from theoryck.claims.claim import AssumptionUse, MethodUse, Parameter, RateClaim
from theoryck.claims.expressions import (
    Apply,
    Comparison,
    Condition,
    Conjunction,
    Expectation,
    Expr,
    Gradient,
    Iterate,
    Order,
    Over,
    Symbol,
    Value,
)
from theoryck.claims.grammar import parse_condition, parse_expression
from theoryck.claims.scopes import CONSTANTS, RUN, Scope
from theoryck.derive.printing import to_claim_text
from theoryck.derive.relations import Relation


def scope_of(names: Iterable[str]) -> Scope:
    """The scope in which a derivation's expressions are read: these names, and a run's words."""
    words = CONSTANTS | RUN | {"k"}
    known = frozenset(names) - words
    return Scope(
        "a derivation",
        shapes=dict.fromkeys(known, ()),
        integers=known | {"k"},
        words=words,
        indices=frozenset({"k"}),
    )


def tree_of(expr: sympy.Expr, names: Iterable[str]) -> Expr:
    """The claim's tree of an expression in these parameters and in what is known of the start.

    Raises:
        ClaimError: it is too large for a claim, or speaks of something else.

    >>> L, N = sympy.symbols("L N", positive=True)
    >>> tree_of(L / N, ["L", "N"]).function
    '/'
    """
    return parse_expression(to_claim_text(expr), scope=scope_of(names))


def condition_of(relation: Relation, names: Iterable[str]) -> Condition:
    """The claim's tree of a relation; it raises as :func:`tree_of` does."""
    return parse_condition(str(relation), scope=scope_of(names))


def substituted(expr: Expr, values: Mapping[str, Expr]) -> Expr:
    """The tree with trees for some names; indices that are bound around them are left alone."""
    match expr:
        case Symbol(name=name):
            return values.get(name, expr)
        case Apply(arguments=arguments):
            return replace(expr, arguments=tuple(substituted(a, values) for a in arguments))
        case Iterate(index=index):
            return replace(expr, index=substituted(index, values))
        case Value(point=point) | Gradient(point=point):
            return replace(expr, point=substituted(point, values))
        case Expectation(body=body) | Order(body=body):
            return replace(expr, body=substituted(body, values))
        case Over(variable=variable, lower=lower, upper=upper, body=body):
            inside = {name: value for name, value in values.items() if name != variable}
            return replace(
                expr,
                lower=substituted(lower, values),
                upper=substituted(upper, values),
                body=substituted(body, inside),
            )
    return expr


def _comparison(comparison: Comparison, values: Mapping[str, Expr]) -> Comparison:
    return replace(
        comparison, operands=tuple(substituted(operand, values) for operand in comparison.operands)
    )


def with_values(condition: Condition, values: Mapping[str, Expr]) -> Condition:
    """The condition with trees for some names."""
    if isinstance(condition, Conjunction):
        return replace(condition, parts=tuple(_comparison(p, values) for p in condition.parts))
    return _comparison(condition, values)


def comparisons(condition: Condition | None) -> tuple[Comparison, ...]:
    """The comparisons that a condition joins; of none: none."""
    if condition is None:
        return ()
    return condition.parts if isinstance(condition, Conjunction) else (condition,)


def with_parameter_chosen(claim: RateClaim, name: str, value: Expr) -> RateClaim:
    """The rate with an expression for a parameter, which is no parameter any more.

    What was asked of the parameter is asked of its value no longer; whoever calls has shown it.
    """
    values = {name: value}
    parameters = {}
    for other, parameter in claim.parameters.items():
        if other == name:
            continue
        kept = [c for c in comparisons(parameter.condition) if not _mentions(c, name)]
        parameters[other] = replace(parameter, condition=joined(kept))
    return replace(
        claim,
        parameters=parameters,
        method=_method(claim.method, values),
        assumptions=tuple(_assumption(use, values) for use in claim.assumptions),
        initial=tuple(_comparison(c, values) for c in claim.initial),
        measure=substituted(claim.measure, values),
        bound=substituted(claim.bound, values),
    )


def _mentions(comparison: Comparison, name: str) -> bool:
    from theoryck.claims.expressions import names

    return name in names(comparison)


def joined(parts: Iterable[Comparison]) -> Condition | None:
    """The comparisons as one condition; none: None."""
    several = tuple(parts)
    if not several:
        return None
    return several[0] if len(several) == 1 else Conjunction(several)


def with_constraint(claim: RateClaim, name: str, condition: Condition) -> RateClaim:
    """The rate with one more constraint, written at a parameter."""
    parameter = claim.parameters[name]
    together = joined((*comparisons(parameter.condition), *comparisons(condition)))
    return replace(
        claim, parameters={**claim.parameters, name: replace(parameter, condition=together)}
    )


def with_parameter(claim: RateClaim, parameter: Parameter) -> RateClaim:
    """The rate with one more parameter."""
    return replace(claim, parameters={**claim.parameters, parameter.name: parameter})


def _method(use: MethodUse, values: Mapping[str, Expr]) -> MethodUse:
    return replace(use, arguments={n: substituted(v, values) for n, v in use.arguments.items()})


def _assumption(use: AssumptionUse, values: Mapping[str, Expr]) -> AssumptionUse:
    return replace(use, arguments={n: substituted(v, values) for n, v in use.arguments.items()})
