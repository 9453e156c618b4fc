"""Reading a claim's measure and bound off runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from theoryck.algebra import NumberSystem
from theoryck.claims.arithmetic import Floats
from theoryck.claims.evaluate import Environment, evaluate
from theoryck.claims.expressions import (
    Apply,
    Comparison,
    Condition,
    Conjunction,
    Expectation,
    Expr,
    Iterate,
    Number,
    Over,
    children,
)
from theoryck.simulate.backend import Backend
from theoryck.simulate.engine.arrays import ArrayNumbers
from theoryck.simulate.problems.base import Functions
from theoryck.simulate.runs.loop import Trajectory


def environment(
    symbols: Mapping[str, Any],
    trajectory: Trajectory,
    functions: Functions,
    expectation: Callable[[Any], Any] = lambda value: value,
) -> Environment:
    """What the names of a claim mean on a batch of runs; E(·) is left to ``expectation``."""
    return Environment(
        symbols={**symbols, "f_star": functions.minimum(), "x_star": functions.minimiser()},
        iterate=trajectory.at,
        value=functions.value,
        gradient=functions.gradient,
        expectation=expectation,
    )


def expectations_seen(
    measure: Expr,
    symbols: Mapping[str, Any],
    trajectory: Trajectory,
    functions: Functions,
    backend: Backend,
) -> list[Any]:
    """What stands in every E(...) that the measure evaluates, in that order, for every run."""
    runs = int(next(iter(trajectory.iterates.values())).shape[0])
    seen: list[Any] = []

    def collect(value: Any) -> Any:
        column = np.asarray(backend.to_numpy(value), dtype=np.float64).reshape(-1)
        seen.append(np.broadcast_to(column, (runs,)))
        return value

    evaluate(measure, environment(symbols, trajectory, functions, collect), ArrayNumbers())
    return seen


def with_expectations(
    measure: Expr, here: Environment, expectations: Sequence[float], backend: Backend
) -> float:
    """The measure with numbers in place of its expectations.

    Args:
        measure: random in its expectations only.
        here: the start of a single run, which every x[k] within an expectation is taken for.
        expectations: in the order of :func:`expectations_seen`.
    """
    values, start = iter(expectations), here.iterate(0)
    filled = replace(here, iterate=lambda k: start, expectation=lambda _: next(values))
    value = evaluate(measure, filled, ArrayNumbers())
    return float(np.asarray(backend.to_numpy(value), dtype=np.float64).reshape(-1)[0])


def iterates_needed(
    exprs: Iterable[Expr | Condition],
    symbols: Mapping[str, Any],
    numbers: NumberSystem | None = None,
) -> frozenset[int]:
    """The numbers k of all x[k] that the expressions read.

    An index is taken to be monotone in the index of its range, as k + 1 and N − k are.
    """
    numbers = numbers or Floats()
    found: set[int] = set()
    for expr in exprs:
        _collect(expr, (Environment(symbols),), numbers, found)
    return frozenset(found)


def _collect(
    expr: Expr | Condition,
    environments: tuple[Environment, ...],
    numbers: NumberSystem,
    found: set[int],
) -> None:
    if isinstance(expr, Iterate):
        ends = [numbers.to_integer(evaluate(expr.index, e, numbers)) for e in environments]
        found.update(range(min(ends), max(ends) + 1))
        return
    if isinstance(expr, Over):
        inner = tuple(
            outer.bind(expr.variable, evaluate(end, outer, numbers))
            for outer in environments
            for end in (expr.lower, expr.upper)
        )
        _collect(expr.body, inner, numbers, found)
        return
    for child in children(expr):
        _collect(child, environments, numbers, found)


def norms_squared(expr: Expr) -> Expr:
    """The same quantity with ``norm(v)**2`` as ``dot(v, v)``, which is rational where v is."""
    match expr:
        case Apply(function="**", arguments=(Apply(function="norm", arguments=(v,)), Number())) if (
            expr.arguments[1] == Number(Fraction(2))
        ):
            inner = norms_squared(v)
            return Apply("dot", (inner, inner), expr.column)
        case Apply(arguments=arguments):
            return replace(expr, arguments=tuple(norms_squared(a) for a in arguments))
        case Over() | Expectation():
            return replace(expr, body=norms_squared(expr.body))
    return expr


def norms_squared_in(condition: Comparison) -> Comparison:
    """The same for both sides of a condition."""
    return replace(condition, operands=tuple(norms_squared(o) for o in condition.operands))


def expectations_outside(expr: Expr) -> Expr:
    """The same quantity with E taken outside of sums and means: fewer estimates to bound."""
    match expr:
        case Over(kind="mean_over" | "sum_over"):
            body = expectations_outside(expr.body)
            if isinstance(body, Expectation):
                return Expectation(replace(expr, body=body.body), body.column)
            return replace(expr, body=body)
        case Over():
            return replace(expr, body=expectations_outside(expr.body))
        case Expectation():
            return replace(expr, body=expectations_outside(expr.body))
        case Apply():
            arguments = tuple(expectations_outside(a) for a in expr.arguments)
            pulled = _pull(expr, arguments)
            return pulled if pulled is not None else replace(expr, arguments=arguments)
    return expr


def without_expectations(expr: Expr) -> tuple[Expr, ...]:
    """The parts of an expression that stand outside of every E(...), with their ranges."""
    match expr:
        case Expectation():
            return ()
        case Over():
            inner = (replace(expr, body=part) for part in without_expectations(expr.body))
            return (*inner, expr.lower, expr.upper)
        case Apply(arguments=arguments):
            return tuple(part for a in arguments for part in without_expectations(a))
    return (expr,)


def _pull(expr: Apply, arguments: tuple[Expr, ...]) -> Expr | None:
    """E(a) ± E(b) = E(a ± b) and c·E(a) = E(c·a): parameters and the start are not random."""
    if not any(isinstance(a, Expectation) for a in arguments):
        return None
    if not all(isinstance(a, Expectation) or is_fixed(a) for a in arguments):
        return None
    random = [isinstance(a, Expectation) for a in arguments]
    linear = (
        expr.function in ("+", "-", "neg")
        or (expr.function == "*" and random.count(True) == 1)
        or (expr.function == "/" and random == [True, False])
    )
    if not linear:
        return None
    bodies = tuple(a.body if isinstance(a, Expectation) else a for a in arguments)
    return Expectation(replace(expr, arguments=bodies), expr.column)


def is_fixed(expr: Expr | Condition) -> bool:
    """Whether no randomness enters: parameters, and x[0] alone of the iterates."""
    if isinstance(expr, Iterate):
        return expr.index == Number(Fraction(0))
    if isinstance(expr, Expectation | Over):
        return False
    return all(is_fixed(child) for child in children(expr))


def increasing_in_expectations(expr: Expr) -> bool:
    """Whether larger expectations can only make the expression larger.

    Then an upper bound on every expectation gives one on the whole.
    """
    match expr:
        case Expectation():
            return True
        case Over(body=body):
            return increasing_in_expectations(body)
        case Apply(function="+" | "min" | "max" | "sqrt", arguments=arguments):
            return all(increasing_in_expectations(a) for a in arguments)
        case Apply(function="-", arguments=(left, right)):
            return increasing_in_expectations(left) and not _expects(right)
    return not _expects(expr)


def _expects(expr: Expr | Condition) -> bool:
    return isinstance(expr, Expectation) or any(_expects(child) for child in children(expr))


def comparisons(conditions: Iterable[Condition]) -> tuple[Comparison, ...]:
    """All comparisons of several conditions."""
    found: list[Comparison] = []
    for condition in conditions:
        found.extend(condition.parts if isinstance(condition, Conjunction) else (condition,))
    return tuple(found)
