"""SymPy expressions at exact points: rationals where they can, balls where they must."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import sympy

from theoryck.algebra import NumberSystem
from theoryck.claims.arithmetic import Balls, Rationals
from theoryck.claims.evaluate import RELATION_SIGNS
from theoryck.derive.domain import Domain
from theoryck.derive.relations import Relation
from theoryck.derive.symbols import Obligation
from theoryck.errors import DomainError, InexactError, TheoryckError

Point = Mapping[sympy.Symbol, Fraction]

NAMES: Mapping[type, str] = {
    sympy.Max: "max",
    sympy.Min: "min",
    sympy.Abs: "abs",
    sympy.sign: "sign",
    sympy.log: "log",
    sympy.exp: "exp",
    sympy.floor: "floor",
    sympy.ceiling: "ceil",
    sympy.sin: "sin",
    sympy.cos: "cos",
    sympy.tan: "tan",
    sympy.sinh: "sinh",
    sympy.cosh: "cosh",
    sympy.tanh: "tanh",
    sympy.asinh: "asinh",
    sympy.atan: "atan",
}


def value(expr: sympy.Expr, point: Point, numbers: NumberSystem) -> Any:
    """The value of an expression at a point, in a number system.

    Raises:
        InexactError, DomainError, UndecidedError, TooLargeError: as the number system does.
    """
    match expr:
        case sympy.Rational():
            return numbers.rational(Fraction(int(expr.p), int(expr.q)))
        case sympy.Symbol():
            return numbers.rational(point[expr])
        case sympy.Add():
            total = value(expr.args[0], point, numbers)
            for part in expr.args[1:]:
                total = total + value(part, point, numbers)
            return total
        case sympy.Mul():
            product = value(expr.args[0], point, numbers)
            for part in expr.args[1:]:
                product = product * value(part, point, numbers)
            return product
        case sympy.exp():
            return numbers.function("exp", value(expr.args[0], point, numbers))
        case sympy.Pow():
            base = value(expr.base, point, numbers)
            return numbers.power(base, value(expr.exp, point, numbers))
    if expr == sympy.pi:
        return numbers.constant("pi")
    if expr == sympy.E:
        return numbers.function("exp", numbers.rational(Fraction(1)))
    if type(expr) in NAMES:
        arguments = [value(argument, point, numbers) for argument in expr.args]
        return numbers.function(NAMES[type(expr)], *arguments)
    raise InexactError(f"{expr} has no exact value here")


def holds_at(relation: Relation, point: Point) -> bool:
    """Whether a relation holds at a point, exactly.

    Raises:
        TheoryckError: one of the sides has no value there, or balls cannot tell.
    """
    try:
        sign = Rationals().sign(_sides(relation, point, Rationals()))
    except InexactError:
        balls = Balls()
        with balls.scope():
            sign = balls.sign(_sides(relation, point, balls))
    return sign in RELATION_SIGNS[relation.sign]


def _sides(relation: Relation, point: Point, numbers: NumberSystem) -> Any:
    return value(relation.left, point, numbers) - value(relation.right, point, numbers)


def met_at(obligation: Obligation, point: Point) -> bool:
    """Whether an obligation is met at a point; False where that cannot be told."""
    return any(_surely(relation, point) for relation in obligation.alternatives)


def inside(domain: Domain, point: Point) -> bool:
    """Whether a point surely lies in the domain, integer symbols being integers."""
    whole = all(
        point[symbol].denominator == 1 for symbol in domain.symbols.values() if symbol.is_integer
    )
    return (
        whole
        and all(_surely(relation, point) for relation in domain.known)
        and all(met_at(obligation, point) for obligation in domain.obligations)
    )


def _surely(relation: Relation, point: Point) -> bool:
    try:
        return holds_at(relation, point)
    except (TheoryckError, DomainError, KeyError, ZeroDivisionError):
        return False
