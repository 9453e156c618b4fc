"""The value of an expression tree, in any number system and over any kind of vector."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from theoryck.algebra import Form, NumberSystem, Root, TracedScalar, Vector
from theoryck.algebra.language import dot, norm, sqrt
from theoryck.claims.expressions import (
    Apply,
    Comparison,
    Condition,
    Conjunction,
    Expectation,
    Expr,
    Gradient,
    Iterate,
    Number,
    Over,
    Symbol,
    Value,
)
from theoryck.errors import DomainError, TooLargeError, UntraceableError

MAX_TERMS = 100_000  # of one min_over, max_over, mean_over or sum_over

ARITHMETIC = {"+": operator.add, "-": operator.sub, "*": operator.mul}


@dataclass(frozen=True)
class Extremum:
    """The least (``kind`` "min") or greatest of quantities that cannot be compared yet."""

    kind: str
    items: tuple[Any, ...]


def _missing(what: str) -> Callable[..., Any]:
    def refuse(*_: Any) -> Any:
        raise UntraceableError(f"{what} has no meaning here: there is no run to read it from")

    return refuse


NO_ITERATE, NO_VALUE, NO_GRADIENT = (_missing(what) for what in ("x[k]", "f(...)", "grad(...)"))


@dataclass(frozen=True)
class Environment:
    """What the names of an expression stand for.

    ``symbols`` maps names (parameters, indices, ``f_star``, ``x_star``) to values; the rest says
    how to read ``x[k]``, ``f(·)``, ``grad(·)`` and ``E(·)`` off a run.
    """

    symbols: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    iterate: Callable[[int], Any] = NO_ITERATE
    value: Callable[[Any], Any] = NO_VALUE
    gradient: Callable[[Any], Any] = NO_GRADIENT
    expectation: Callable[[Any], Any] = lambda value: value

    def bind(self, name: str, value: Any) -> Environment:
        """The same environment with one more symbol."""
        return replace(self, symbols={**self.symbols, name: value})


def evaluate(expr: Expr, environment: Environment, numbers: NumberSystem) -> Any:
    """The value of ``expr``.

    Raises:
        InexactError: the value does not exist in ``numbers`` (try a wider system).
        DomainError: the expression is undefined there (a division by zero).
        UntraceableError: it is not a quadratic quantity, or a name has no meaning here.
        TooLargeError: a range or a power is beyond the limits.
    """
    match expr:
        case Number(value=value):
            return numbers.rational(value)
        case Symbol(name=name):
            if name in environment.symbols:
                return environment.symbols[name]
            if name in ("pi", "oo"):
                return numbers.constant(name)
            raise UntraceableError(f"{name} has no value here")
        case Apply(function=function, arguments=arguments):
            values = [evaluate(argument, environment, numbers) for argument in arguments]
            return apply(function, values, numbers)
        case Iterate(index=index):
            return environment.iterate(numbers.to_integer(evaluate(index, environment, numbers)))
        case Value(point=point):
            return environment.value(evaluate(point, environment, numbers))
        case Gradient(point=point):
            return environment.gradient(evaluate(point, environment, numbers))
        case Expectation(body=body):
            return environment.expectation(evaluate(body, environment, numbers))
        case Over():
            return _over(expr, environment, numbers)
        case _:
            raise UntraceableError("an order bound has no value")


def _over(expr: Over, environment: Environment, numbers: NumberSystem) -> Any:
    ends = (evaluate(end, environment, numbers) for end in (expr.lower, expr.upper))
    lower, upper = (numbers.to_integer(end) for end in ends)
    count = upper - lower + 1
    if count < 1:
        raise DomainError(f"{expr.kind} over an empty range, from {lower} to {upper}")
    if count > MAX_TERMS:
        raise TooLargeError(f"{expr.kind} over {count} terms; at most {MAX_TERMS}")
    items = [
        evaluate(expr.body, environment.bind(expr.variable, numbers.integer(index)), numbers)
        for index in range(lower, upper + 1)
    ]
    if expr.kind in ("min_over", "max_over"):
        kind = expr.kind[:3]
        if any(isinstance(item, TracedScalar) for item in items):
            return Extremum(kind, tuple(items))
        return numbers.function(kind, *items)
    total = items[0]
    for item in items[1:]:
        total = total + item
    return total if expr.kind == "sum_over" else total / numbers.integer(count)


def apply(function: str, values: list[Any], numbers: NumberSystem) -> Any:
    """A function or an operator at values: numbers, traced scalars or vectors."""
    if any(isinstance(value, Extremum) for value in values):
        raise UntraceableError(f"{function} of a minimum or maximum over iterates")
    first = values[0]
    if function in ARITHMETIC:
        return ARITHMETIC[function](first, values[1])
    match function:
        case "neg":
            return -first
        case "/":
            return _divide(first, values[1], numbers)
        case "**":
            if isinstance(first, Form | Root | Vector):
                return first ** numbers.to_integer(values[1])
            return numbers.power(first, values[1])
        case "norm":
            return norm(first)
        case "dot":
            return dot(first, values[1])
        case "sqrt" if isinstance(first, TracedScalar):
            return sqrt(first)
        case "sum" | "@" | "transpose":
            raise UntraceableError(f"{function} has no meaning for points of a run")
    if any(isinstance(value, TracedScalar | Vector) for value in values):
        raise UntraceableError(f"{function} of a quantity that depends on f is not quadratic")
    return numbers.function(function, *values)


def _divide(above: Any, below: Any, numbers: NumberSystem) -> Any:
    if not isinstance(below, TracedScalar | Vector) and numbers.sign(below) == 0:
        raise DomainError("a division by zero")
    return above / below


RELATION_SIGNS = {
    "<=": (-1, 0),
    "<": (-1,),
    ">=": (0, 1),
    ">": (1,),
    "==": (0,),
    "!=": (-1, 1),
}


def holds(condition: Condition, environment: Environment, numbers: NumberSystem) -> bool:
    """Whether a condition on numbers is true, exactly.

    Raises what :func:`evaluate` raises, and UndecidedError where balls are too wide.
    """
    match condition:
        case Conjunction(parts=parts):
            return all(holds(part, environment, numbers) for part in parts)
        case Comparison(operands=operands, relations=relations):
            values = [evaluate(operand, environment, numbers) for operand in operands]
            return all(
                numbers.sign(left - right) in RELATION_SIGNS[relation]
                for left, right, relation in zip(values, values[1:], relations, strict=False)
            )
