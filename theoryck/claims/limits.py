"""How much a claim may ask for: claim files come from strangers, and none may hang the machine.

Every bound is far above what a theorem needs and far below what takes a second.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

import flint

from theoryck.claims.arithmetic import Balls, Rationals, to_fraction
from theoryck.claims.evaluate import Environment, apply, evaluate
from theoryck.claims.expressions import (
    Apply,
    Condition,
    Expr,
    Iterate,
    Number,
    Over,
    Symbol,
    children,
)
from theoryck.errors import (
    ClaimError,
    DomainError,
    InexactError,
    Place,
    TheoryckError,
    TooLargeError,
    UntraceableError,
)

MAX_FILE_BYTES = 1_000_000  # bytes; tomllib reads about two megabytes a second
MAX_LINE_CHARACTERS = 20_000  # characters; one expression and the key before it
MAX_DOT_WORK = 5_000_000  # sum over lines of their dots squared; so grows tomllib's work on keys
MAX_CLAIMS = 1_000  # claims in a file
MAX_ENTRIES = 1_000  # entries of a table or a list in a claim
MAX_CHARACTERS = 10_000  # characters of one expression
MAX_TOKENS = 2_000  # names, numbers and operators of one expression
MAX_BRACKETS = 100  # brackets open at one place
MAX_SIGNS = 20  # signs in a row, as in ----x
MAX_DEPTH = 150  # levels of the tree: walks of it are recursive, Python's stack is 1000 deep
MAX_DIGITS = 1_000  # digits of a number, and of the value of a constant subexpression
MAX_DECIMAL_EXPONENT = 1_000  # of 1e-3 and the like
MAX_EXPONENT = 1_000  # of powers with literal exponents, nested ones multiplied
MAX_CHECKS = 200_000  # subexpressions looked at to see that a claim means something at its `at`
MAX_TERMS = 10**7  # of nested min_over, sum_over and their kin
MAX_INTEGER = 10**6  # value of an integer parameter; a horizon beyond it is not run


def check_constants(expr: Expr | Condition, place: Place) -> None:
    """Refuse constants too large to compute, and those that have no value.

    No engine has then to fear a power tower in the text; parameters are bounded where their
    values are given.

    Raises:
        ClaimError: literal exponents multiply to more than :data:`MAX_EXPONENT`, a constant
            subexpression has more than :data:`MAX_DIGITS` digits, or it divides by zero.

    >>> from theoryck.claims.grammar import parse_expression
    >>> parse_expression("9**9**9")
    Traceback (most recent call last):
    ...
    theoryck.errors.ClaimError: <claim>, column 1: a constant of more than 1000 digits; ...
    """
    balls = Balls(bits=64)
    with balls.scope():
        _check_node(expr, place, balls)


def constant_value(expr: Expr) -> Fraction | None:
    """The value of a constant tree, rounded where it is irrational; None if it has none.

    >>> from theoryck.claims.grammar import parse_expression
    >>> constant_value(parse_expression("-2/3"))
    Fraction(-2, 3)
    """
    balls = Balls(bits=64)
    with balls.scope():
        value = _check_node(expr, Place(), balls)[0]
    if value is None:
        return None
    return _rounded(value)


def _check_node(node: Expr | Condition, place: Place, balls: Balls) -> tuple[Any, int | Fraction]:
    """(value or None, degree): the value of a constant, the powers that a variable may reach."""
    match node:
        case Number(value=number):
            return Rationals().rational(number), 1
        case Symbol(name=name):
            return (balls.constant(name) if name == "pi" else None), 1
    results = [_check_node(child, place, balls) for child in children(node)]
    degree = max(degree for _, degree in results)
    if not isinstance(node, Apply):
        return None, degree
    values = [value for value, _ in results]
    try:
        if None not in values:
            return _constant(node.function, values, balls), 1
        if node.function == "**" and values[1] is not None:
            degree *= max(abs(_rounded(values[1])), Fraction(1))
        if degree > MAX_EXPONENT:
            raise ClaimError(
                f"an exponent of more than {MAX_EXPONENT}",
                None,
                "make it a parameter and give its value in `at`",
            )
    except ClaimError as error:
        raise error.at(replace(place, column=node.column or place.column)) from None
    return None, degree


def _rounded(value: Any) -> Fraction:
    return to_fraction(value.mid().fmpq() if isinstance(value, flint.arb) else value)


def _constant(function: str, values: list[Any], balls: Balls) -> Any:
    """A function of constants, exact where it can be, None where a ball decides nothing."""
    too_large = ClaimError(
        f"a constant of more than {MAX_DIGITS} digits", None, "powers of powers are not computed"
    )
    if function in ("exp", "sinh", "cosh") and abs(_rounded(values[0])) > 3 * MAX_DIGITS:
        raise too_large
    result = None
    try:
        if not any(isinstance(value, flint.arb) for value in values):
            result = apply(function, values, Rationals())
    except TooLargeError as error:
        raise too_large from error
    except DomainError as error:
        raise ClaimError(f"no value: {error}") from error
    except (InexactError, UntraceableError):
        pass
    if result is None:
        try:
            result = apply(function, [flint.arb(value) for value in values], balls)
        except (ArithmeticError, ValueError, UntraceableError):
            return None
    if not abs(result) < 10**MAX_DIGITS:
        raise too_large
    return result


def check_ranges(expr: Expr | Condition, values: Mapping[str, Any], place: Place) -> None:
    """Refuse ranges that run over too many terms, nested ones multiplied.

    Args:
        expr: any tree.
        values: rational values (``fmpq``) of parameters; a range that needs others is passed over.
        place: where it stands.

    Raises:
        ClaimError: more than :data:`MAX_TERMS` terms.

    >>> from theoryck.claims.grammar import parse_expression
    >>> parse_expression("sum_over(k, 1, 10**12, 1/k)")
    Traceback (most recent call last):
    ...
    theoryck.errors.ClaimError: <claim>, column 1: ranges over more than 10000000 terms; ...
    """
    _count_terms(expr, Environment(values), 1, place)


def _count_terms(
    node: Expr | Condition, environment: Environment, terms: int, place: Place
) -> None:
    if isinstance(node, Number | Symbol):
        return
    if isinstance(node, Over):
        try:
            ends = [evaluate(end, environment, Rationals()) for end in (node.lower, node.upper)]
            lower, upper = (Rationals().to_integer(end) for end in ends)
            environment = environment.bind(node.variable, ends[1])
            terms *= max(upper - lower + 1, 1)
        except (TheoryckError, OverflowError):
            pass  # the ends depend on what is not known here
        if terms > MAX_TERMS:
            raise ClaimError(
                f"ranges over more than {MAX_TERMS} terms",
                replace(place, column=node.column or place.column),
                "make the horizon a parameter, with smaller values in `at`",
            )
    for child in children(node):
        _count_terms(child, environment, terms, place)


def check_instance_integer(name: str, value: Fraction, place: Place) -> None:
    """Refuse a value of an integer parameter that is no integer or beyond :data:`MAX_INTEGER`.

    >>> check_instance_integer("N", Fraction(10**12), Place(key="at"))
    Traceback (most recent call last):
    ...
    theoryck.errors.ClaimError: <claim>, at: N = 1000000000000 is beyond ...
    """
    if value.denominator != 1:
        raise ClaimError(
            f"{name} = {value} is not an integer", place, f"{name} is declared integer"
        )
    if abs(value) > MAX_INTEGER:
        raise ClaimError(
            f"{name} = {value} is beyond {MAX_INTEGER}",
            place,
            f"integers up to {MAX_INTEGER} are run; leave `at` out to claim every {name}",
        )


class _Undefined(Exception):
    """Carries the reason out of the walk."""


def surely_undefined(expr: Expr | Condition, values: Mapping[str, Any]) -> str | None:
    """Why a tree has no value at these (ball) values, None where it may have one.

    Only sure cases count: a ball that touches a singularity shows nothing. Ranges, and what
    speaks of a run, are passed over.

    >>> from theoryck.claims.expressions import Symbol
    >>> surely_undefined(Apply("/", (Number(Fraction(1)), Symbol("n"))), {"n": flint.arb(0)})
    'a division by zero'
    """
    balls = Balls()
    try:
        with balls.scope():
            _ball(expr, values, balls)
    except _Undefined as undefined:
        return str(undefined)
    return None


def _ball(node: Expr | Condition, values: Mapping[str, Any], balls: Balls) -> Any:
    match node:
        case Number(value=number):
            return balls.rational(number)
        case Symbol(name=name):
            return balls.constant(name) if name == "pi" else values.get(name)
        case Over() | Iterate():
            return None
    parts = [_ball(child, values, balls) for child in children(node)]
    if not isinstance(node, Apply) or any(part is None for part in parts):
        return None
    reason = _singular(node.function, parts)
    if reason is not None:
        raise _Undefined(reason)
    try:
        return apply(node.function, parts, balls)
    except (ArithmeticError, ValueError, UntraceableError):
        return None


def _singular(function: str, values: list[Any]) -> str | None:
    last = values[-1]
    match function:
        case "/" if last == 0:
            return "a division by zero"
        case "log" if last <= 0:
            return f"the logarithm of {last.mid().str(6, radius=False)}"
        case "sqrt" if last < 0:
            return f"the square root of {last.mid().str(6, radius=False)}"
        case "**" if values[0] == 0 and last < 0:
            return "a negative power of zero"
        case "**" if values[0] < 0 and not last.contains_integer():
            return "a fractional power of a negative number"
    return None
