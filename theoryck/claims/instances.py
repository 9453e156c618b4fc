"""The values in ``at``: exact numbers, inside the domain, at which the claim means something."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from itertools import islice
from types import MappingProxyType
from typing import Any, TypeVar

from theoryck.algebra import NumberSystem
from theoryck.claims import limits
from theoryck.claims.arithmetic import Balls, Rationals, to_fraction
from theoryck.claims.claim import AssumptionUse, Parameter
from theoryck.claims.evaluate import Environment, evaluate, holds
from theoryck.claims.expressions import (
    Apply,
    Condition,
    Expr,
    Iterate,
    Number,
    Over,
    children,
    mentions,
    walk,
)
from theoryck.claims.fields import InvalidTable, each, formula, table
from theoryck.claims.grammar import parse_expression, suggestion
from theoryck.claims.printing import brief
from theoryck.claims.scopes import Scope
from theoryck.errors import (
    ClaimError,
    DomainError,
    InexactError,
    Place,
    TooLargeError,
    UndecidedError,
)

Instance = Mapping[str, Expr]
T = TypeVar("T")


def read_instances(
    value: Any, place: Place, parameters: Mapping[str, Parameter]
) -> tuple[Instance, ...]:
    """The instances: each gives every parameter a number inside its domain.

    A number may be a string with an exact expression, such as ``"3/2"`` or ``"sqrt(2)"``.

    Raises:
        InvalidTable: with an error for each instance that is wrong.
    """
    listed = [value] if isinstance(value, Mapping) else value
    return each(listed, place, lambda entry, here: _instance(entry, here, parameters))


def _instance(value: Any, place: Place, parameters: Mapping[str, Parameter]) -> Instance:
    given = table(value, place)
    for name in given:
        if name not in parameters:
            near = suggestion(name, list(parameters))
            listed = ", ".join(parameters) or "none"
            raise ClaimError(
                f"{name} is no parameter", place, near or f"the parameters are: {listed}"
            )
    missing = [name for name in parameters if name not in given]
    if missing:
        raise ClaimError(f"no value for {missing[0]}", place, "give every parameter a value")
    constants = Scope("a value in `at`")
    instance = {}
    for name in parameters:
        here = replace(place, key=f"{place.key}.{name}")
        instance[name] = parse_expression(formula(given[name], here), place=here, scope=constants)
    for name, parameter in parameters.items():
        here = replace(place, key=f"{place.key}.{name}")
        if parameter.integer:
            limits.check_instance_integer(name, _whole(name, instance[name], here), here)
        if parameter.condition is not None:
            _check_domain(parameter, instance, here)
    return MappingProxyType(instance)


def _whole(name: str, expr: Expr, place: Place) -> Fraction:
    try:
        return to_fraction(evaluate(expr, Environment(), Rationals()))
    except (InexactError, TooLargeError, DomainError) as error:
        raise ClaimError(
            f"{name} = {brief(expr)} is not an integer", place, f"{name} is declared integer"
        ) from error


def _check_domain(parameter: Parameter, instance: Instance, place: Place) -> None:
    condition = parameter.condition
    assert condition is not None
    value = f"{parameter.name} = {brief(instance[parameter.name])}"
    try:
        inside = decide(instance, lambda env, numbers: holds(condition, env, numbers))
    except (InexactError, UndecidedError, TooLargeError) as error:
        raise ClaimError(
            f"whether {brief(condition)} holds at {value} cannot be decided ({error})",
            place,
            "give rational numbers",
        ) from error
    except DomainError as error:
        raise ClaimError(f"{brief(condition)} has no meaning at {value}: {error}", place) from error
    if not inside:
        raise ClaimError(
            f"{value} is outside the domain", place, f"it is declared with {brief(condition)}"
        )


def decide(instance: Instance, question: Callable[[Environment, NumberSystem], T]) -> T:
    """Ask a question of an instance in rationals, and in balls where these do not suffice.

    Raises:
        UndecidedError, DomainError, InexactError, TooLargeError: as the balls say.
    """
    try:
        return question(environment(instance, Rationals()), Rationals())
    except (InexactError, TooLargeError):
        balls = Balls()
        with balls.scope():
            return question(environment(instance, balls), balls)


def environment(instance: Instance, numbers: NumberSystem) -> Environment:
    """The values of an instance in a number system."""
    return Environment(
        {name: evaluate(expr, Environment(), numbers) for name, expr in instance.items()}
    )


def check_meaning(
    instances: Iterable[Instance], parts: Mapping[str, tuple[Expr | Condition, ...]], place: Place
) -> None:
    """Check that nothing in a claim is surely undefined at its instances.

    At most :data:`theoryck.claims.limits.MAX_CHECKS` subexpressions are looked at, so of very
    many instances the last may go unchecked.

    Args:
        instances: what :func:`read_instances` gave.
        parts: the expressions of the claim by key.
        place: of the claim.

    Raises:
        InvalidTable: a division by zero, an iterate before x[0], an empty range, ...
    """
    errors = []
    size = sum(1 for exprs in parts.values() for expr in exprs for _ in walk(expr))
    enough = max(limits.MAX_CHECKS // max(size, 1), 1)
    for number, instance in enumerate(islice(instances, enough)):
        exact, balls = _exact_values(instance), _ball_values(instance)
        for key, exprs in parts.items():
            here = replace(place, key=key)
            for expr in exprs:
                if mentions(expr, Over):
                    limits.check_ranges(expr, exact, here)
                reason = _meaningless(expr, exact) or limits.surely_undefined(expr, balls)
                if reason is not None:
                    values = ", ".join(f"{n} = {brief(v)}" for n, v in instance.items())
                    errors.append(
                        ClaimError(
                            f"{brief(expr)} means nothing at {values}: {reason}",
                            here,
                            f"change at[{number}] or the constraints of the parameters",
                        )
                    )
    if errors:
        raise InvalidTable(errors)


def check_probability(expr: Expr, instances: Iterable[Instance], place: Place) -> None:
    """Check that a confidence is not surely outside [0, 1].

    Raises:
        ClaimError: it is, by itself or at an instance.
    """
    one = Number(Fraction(1))
    for number, instance in enumerate((MappingProxyType({}), *instances), start=-1):
        if _sign(expr, instance) == -1 or _sign(Apply("-", (expr, one)), instance) == 1:
            where = "" if number < 0 else f" at at[{number}]"
            raise ClaimError(
                f"{brief(expr)} is no probability{where}", place, "write 0.95 or 1 - zeta"
            )


def check_horizons(
    instances: Iterable[Instance], parts: Mapping[str, tuple[Expr | Condition, ...]], place: Place
) -> None:
    """Check only that ranges are not too long: where a claim may be undefined at an instance.

    Raises:
        ClaimError: a range is too long at an instance.
    """
    for instance in instances:
        exact = _exact_values(instance)
        for key, exprs in parts.items():
            for expr in exprs:
                if mentions(expr, Over):
                    limits.check_ranges(expr, exact, replace(place, key=key))


def _exact_values(instance: Instance) -> Mapping[str, Any]:
    """The values of an instance that are rational."""
    values = {}
    for name, expr in instance.items():
        with contextlib.suppress(InexactError, TooLargeError):
            values[name] = evaluate(expr, Environment(), Rationals())
    return values


def _ball_values(instance: Instance) -> Mapping[str, Any]:
    """The values of an instance as balls."""
    values, balls = {}, Balls()
    with balls.scope():
        for name, expr in instance.items():
            with contextlib.suppress(ArithmeticError, ValueError):
                values[name] = evaluate(expr, Environment(), balls)
    return values


def check_positive(
    instances: Iterable[Instance], assumptions: Iterable[AssumptionUse], place: Place
) -> None:
    """Check that the parameters of assumptions are not negative at the instances.

    Raises:
        InvalidTable: one is.
    """
    errors = []
    for use in assumptions:
        for quantity in use.assumption.quantities:
            expr = use.arguments[quantity.name]
            for number, instance in enumerate(instances):
                if quantity.positive and _sign(expr, instance) == -1:
                    errors.append(
                        ClaimError(
                            f"{use.assumption.name}: {quantity.name} = {brief(expr)} is "
                            f"negative at at[{number}]",
                            replace(place, key="assumptions", column=expr.column),
                            f"{quantity.name} must be positive",
                        )
                    )
    if errors:
        raise InvalidTable(errors)


def _sign(expr: Expr, instance: Instance) -> int | None:
    def sign(environment: Environment, numbers: NumberSystem) -> int:
        return numbers.sign(evaluate(expr, environment, numbers))

    try:
        return decide(instance, sign)
    except (ArithmeticError, ValueError, TypeError):
        return None


def _meaningless(expr: Expr | Condition, exact: Mapping[str, Any]) -> str | None:
    for node in _outside_ranges(expr):
        if isinstance(node, Iterate):
            index = _integer(node.index, exact)
            if index is not None and index < 0:
                return f"{brief(node)} is x[{index}], and iterates start at x[0]"
        if isinstance(node, Over):
            lower, upper = _integer(node.lower, exact), _integer(node.upper, exact)
            if lower is not None and upper is not None and upper < lower:
                return f"{node.kind} over an empty range, from {lower} to {upper}"
    return None


def _outside_ranges(expr: Expr | Condition) -> Iterator[Expr | Condition]:
    yield expr
    if not isinstance(expr, Over):
        for child in children(expr):
            yield from _outside_ranges(child)


def _integer(expr: Expr, exact: Mapping[str, Any]) -> int | None:
    try:
        return Rationals().to_integer(evaluate(expr, Environment(exact), Rationals()))
    except (ArithmeticError, ValueError, TypeError):
        return None
