"""Claims in SymPy: the symbolic number system, and the walk from expression trees.

Text never reaches SymPy's parser: only trees do, node by node. What SymPy simplifies away (a
denominator, the argument of a root) is written down first, as an :class:`Obligation`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import sympy

from theoryck.algebra import NumberSystem
from theoryck.claims.evaluate import RELATION_SIGNS
from theoryck.claims.expressions import (
    Apply,
    Comparison,
    Condition,
    Conjunction,
    Expr,
    Number,
    Symbol,
)
from theoryck.derive.arguments import Argument
from theoryck.derive.relations import Relation
from theoryck.errors import DomainError, InexactError, TooLargeError, UndecidedError

MAX_BITS = 1 << 14  # of a number that SymPy is asked to compute

ZERO, ONE = sympy.Integer(0), sympy.Integer(1)

FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "sqrt": sympy.sqrt,
    "log": sympy.log,
    "exp": sympy.exp,
    "abs": sympy.Abs,
    "sign": sympy.sign,
    "min": sympy.Min,
    "max": sympy.Max,
    "ceil": sympy.ceiling,
    "floor": sympy.floor,
    "sin": sympy.sin,
    "cos": sympy.cos,
    "tan": sympy.tan,
    "sinh": sympy.sinh,
    "cosh": sympy.cosh,
    "tanh": sympy.tanh,
    "asinh": sympy.asinh,
    "atan": sympy.atan,
    "relu": lambda x: sympy.Max(x, 0),
    "sigmoid": lambda x: 1 / (1 + sympy.exp(-x)),
    "softplus": lambda x: sympy.log(1 + sympy.exp(x)),
}


def as_sympy(value: Any) -> sympy.Expr:
    """A number or an expression as SymPy's own; text is refused, since SymPy would run it."""
    return sympy.sympify(value, strict=True)


class Symbolic(NumberSystem):
    """SymPy expressions as coefficients.

    >>> step = sympy.Symbol("step", positive=True)
    >>> Symbolic().function("sqrt", step**2)
    step
    """

    name = "symbolic"

    def rational(self, value: Fraction) -> sympy.Rational:
        return sympy.Rational(value.numerator, value.denominator)

    def coerce(self, value: Any) -> Any:
        value = super().coerce(value)
        return value.expression if isinstance(value, Argument) else value

    def power(self, base: Any, exponent: Any) -> sympy.Expr:
        base, exponent = as_sympy(base), as_sympy(exponent)
        if base == 0 and exponent.is_negative:
            raise DomainError("a negative power of zero")
        if exponent.is_Rational:
            size = max(
                (
                    abs(number.p).bit_length() + number.q.bit_length()
                    for number in base.atoms(sympy.Rational)
                ),
                default=1,
            )
            if abs(exponent) * size > MAX_BITS:
                raise TooLargeError(f"a power with exponent {exponent}: over {MAX_BITS} bits")
        return sympy.Pow(base, exponent)

    def constant(self, name: str) -> sympy.Expr:
        if name == "pi":
            return sympy.pi
        raise InexactError(f"{name} is not a real number")

    def function(self, name: str, *arguments: Any) -> sympy.Expr:
        if name not in FUNCTIONS:
            raise InexactError(f"{name} is not a function of symbolic numbers")
        return FUNCTIONS[name](*arguments)

    def sign(self, value: Any) -> int:
        if isinstance(value, sympy.Rational):
            return int(sympy.sign(value))
        raise UndecidedError(f"the sign of {value} depends on the parameters")

    def to_integer(self, value: Any) -> Any:
        """The integer; of an integer parameter that is at least 1, the parameter itself."""
        if isinstance(value, sympy.Integer):
            return int(value)
        if isinstance(value, sympy.Symbol) and value.is_integer and value.is_positive:
            return value
        raise DomainError(f"{value} is not surely a positive integer")


@dataclass(frozen=True)
class Obligation:
    """Something that must hold for an expression to have a value: any of the ``alternatives``."""

    alternatives: tuple[Relation, ...]
    because: str

    def __str__(self) -> str:
        return " or ".join(map(str, self.alternatives))


@dataclass(frozen=True)
class Reading:
    """A SymPy expression and what must hold for the text that it came from to have a value."""

    expression: sympy.Expr
    obligations: tuple[Obligation, ...] = ()


class UnreadableError(DomainError):
    """A part of a claim that has no symbolic reading in this engine."""


def no_quantities(node: Expr) -> sympy.Expr | None:
    """The reading of expressions that mention no iterate: none is a quantity."""
    return None


@dataclass
class Reader:
    """Walks an expression tree into SymPy and collects the obligations on the way.

    Args:
        names: what each symbol stands for.
        quantity: reads whole subtrees that speak about the run (``f(x[0]) - f_star``), or
            returns None to have the walk go on.
    """

    names: Mapping[str, sympy.Expr]
    quantity: Callable[[Expr], sympy.Expr | None] = no_quantities
    obligations: list[Obligation] = field(default_factory=list)

    def read(self, node: Expr) -> sympy.Expr:
        """The expression.

        Raises:
            UnreadableError: a node has no scalar symbolic reading here.
        """
        known = self.quantity(node)
        if known is not None:
            return known
        match node:
            case Number(value=value):
                return sympy.Rational(value.numerator, value.denominator)
            case Symbol(name=name):
                if name in self.names:
                    return self.names[name]
                if name == "pi":
                    return sympy.pi
                raise UnreadableError(f"{name} has no symbolic reading here")
            case Apply(function=function, arguments=arguments):
                values = [self.read(argument) for argument in arguments]
                return self._apply(function, values)
        raise UnreadableError(f"{type(node).__name__} has no symbolic reading here")

    def _apply(self, function: str, values: list[sympy.Expr]) -> sympy.Expr:
        match function:
            case "+":
                return values[0] + values[1]
            case "-":
                return values[0] - values[1]
            case "*":
                return values[0] * values[1]
            case "neg":
                return -values[0]
            case "/":
                self._require("a division by zero", Relation(values[1], "!=", ZERO))
                if values[1] == 0:
                    raise UnreadableError("a division by zero")
                return values[0] / values[1]
            case "**":
                return self._power(values[0], values[1])
            case "sqrt":
                self._require("the root of a negative number", Relation(values[0], ">=", ZERO))
                return sympy.sqrt(values[0])
            case "log":
                self._require("the logarithm of zero", Relation(values[0], ">", ZERO))
                if values[0] == 0:
                    raise UnreadableError("the logarithm of zero")
        if function not in FUNCTIONS:
            raise UnreadableError(f"{function} has no symbolic reading here")
        return FUNCTIONS[function](*values)

    def _power(self, base: sympy.Expr, exponent: sympy.Expr) -> sympy.Expr:
        nonzero, positive = Relation(base, "!=", ZERO), Relation(base, ">", ZERO)
        if isinstance(exponent, sympy.Integer):
            if exponent < 0:
                self._require("a negative power of zero", nonzero)
        elif is_integral(exponent):
            self._require("a power of zero", nonzero, Relation(exponent, ">=", ZERO))
        elif isinstance(exponent, sympy.Rational) and exponent > 0:
            self._require("a root of a negative number", Relation(base, ">=", ZERO))
        else:
            self._require("a root of a negative number", Relation(base, ">=", ZERO))
            self._require(
                "a real power of zero needs a positive exponent",
                positive,
                Relation(exponent, ">", ZERO),
            )
        if base == 0 and not exponent.is_positive:
            raise UnreadableError("a power of zero")
        return Symbolic().power(base, exponent)

    def _require(self, because: str, *alternatives: Relation) -> None:
        if not any(holds_for_numbers(relation) for relation in alternatives):
            self.obligations.append(Obligation(alternatives, because))

    def relations(self, condition: Condition) -> tuple[Relation, ...]:
        """A chain of comparisons as relations between neighbours."""
        match condition:
            case Conjunction(parts=parts):
                return tuple(relation for part in parts for relation in self.relations(part))
            case Comparison(operands=operands, relations=signs):
                values = [self.read(operand) for operand in operands]
                return tuple(
                    Relation(left, sign, right)
                    for left, sign, right in zip(values, signs, values[1:], strict=False)
                )


def to_sympy(
    expr: Expr,
    names: Mapping[str, sympy.Expr],
    quantity: Callable[[Expr], sympy.Expr | None] = no_quantities,
) -> Reading:
    """The symbolic reading of one expression, see :class:`Reader`."""
    reader = Reader(names, quantity)
    expression = reader.read(expr)
    return Reading(expression, tuple(reader.obligations))


def is_integral(expr: sympy.Expr) -> bool:
    """Whether it is a polynomial with integer coefficients in integer symbols."""
    match expr:
        case sympy.Integer():
            return True
        case sympy.Symbol():
            return bool(expr.is_integer)
        case sympy.Add() | sympy.Mul():
            return all(is_integral(part) for part in expr.args)
        case sympy.Pow(base=base, exp=sympy.Integer() as exponent) if exponent >= 0:
            return is_integral(base)
    return False


def holds_for_numbers(relation: Relation) -> bool:
    """Whether a relation between two rational numbers holds; False where a symbol occurs."""
    left, right = relation.left, relation.right
    if not (isinstance(left, sympy.Rational) and isinstance(right, sympy.Rational)):
        return False
    order = int(sympy.sign(left - right))
    return order in RELATION_SIGNS[relation.sign]
