"""Exponentials and trigonometric functions as unknowns of which the true relations are known.

What holds for all values of the unknowns that meet the relations holds for the functions; the
converse is not claimed.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import lcm

import sympy

from theoryck.derive.exact import is_zero, quotient
from theoryck.derive.relations import Relation
from theoryck.derive.symbols import ONE

HYPERBOLIC = (sympy.sinh, sympy.cosh, sympy.tanh)
TRIGONOMETRIC = (sympy.sin, sympy.cos, sympy.tan)


@dataclass(frozen=True)
class Algebraic:
    """Expressions without exponentials and trigonometric functions, with what is known."""

    expressions: tuple[sympy.Expr, ...]
    relations: tuple[Relation, ...]
    circles: tuple[tuple[sympy.Symbol, sympy.Symbol], ...]


def algebraic(*expressions: sympy.Expr) -> Algebraic:
    """The expressions with unknowns: t > 0 for exp(u), and s² + c² = 1 for sin(u) and cos(u).

    Multiples are powers: exp(-2u) is t**(-2), and sin(2u) is 2 s c.

    >>> x = sympy.Symbol("x", real=True)
    >>> algebraic(sympy.exp(-2 * x) * sympy.exp(x)).expressions[0].free_symbols == {x}
    False
    """
    rewritten = []
    for expr in expressions:
        plain = (
            expr.rewrite(sympy.exp)
            if expr.has(*HYPERBOLIC) and not expr.has(*TRIGONOMETRIC)
            else expr
        )
        if plain.has(*TRIGONOMETRIC):
            plain = sympy.expand_trig(plain)
        rewritten.append(plain)
    circles = _circles(rewritten)
    exponentials = _exponentials(rewritten)
    units = _units(exponentials)
    replacements: dict[sympy.Expr, sympy.Expr] = {}
    for node in exponentials:
        product: sympy.Expr = ONE
        for amount, unit in _parts(node.args[0]):
            whole, symbol = units[unit]
            product *= symbol ** (amount * whole)
        replacements[node] = product
    for argument, (s, c) in circles.items():
        replacements |= {sympy.sin(argument): s, sympy.cos(argument): c, sympy.tan(argument): s / c}
    relations = (
        *(Relation(symbol, ">", sympy.Integer(0)) for _, symbol in units.values()),
        *(Relation(s**2 + c**2, "==", ONE) for s, c in circles.values()),
    )
    return Algebraic(
        tuple(expr.xreplace(replacements) for expr in rewritten),
        relations,
        tuple(circles.values()),
    )


def vanishes(expr: sympy.Expr) -> bool:
    """Whether an expression is identically zero, by exact algebra over its unknowns.

    >>> x = sympy.Symbol("x", real=True)
    >>> vanishes(sympy.sin(x) ** 2 + sympy.cos(x) ** 2 - 1)
    True
    """
    if is_zero(expr):
        return True
    reading = algebraic(expr)
    plain = reading.expressions[0]
    if is_zero(plain):
        return True
    ratio = quotient(plain) if reading.circles else None
    if ratio is None:
        return False
    rest = ratio.numerator.as_expr()
    for s, c in reading.circles:
        rest = sympy.rem(sympy.expand(rest), c**2 + s**2 - 1, c)
    return bool(sympy.expand(rest) == 0)


def _circles(
    expressions: list[sympy.Expr],
) -> dict[sympy.Expr, tuple[sympy.Symbol, sympy.Symbol]]:
    arguments = {node.args[0] for expr in expressions for node in expr.atoms(*TRIGONOMETRIC)}
    return {
        argument: (
            sympy.Symbol(f"sin({argument})", real=True),
            sympy.Symbol(f"cos({argument})", real=True),
        )
        for argument in sorted(arguments, key=str)
    }


def _exponentials(expressions: list[sympy.Expr]) -> list[sympy.Expr]:
    """The exponentials that do not stand inside one another's arguments."""
    found = {node for expr in expressions for node in expr.atoms(sympy.exp)}
    return sorted((node for node in found if not node.args[0].has(sympy.exp)), key=str)


def _parts(argument: sympy.Expr) -> list[tuple[sympy.Rational, sympy.Expr]]:
    """The argument as a sum of rational multiples of units."""
    parts = []
    for term in sympy.Add.make_args(sympy.expand(argument)):
        amount, unit = term.as_coeff_Mul(rational=True)
        parts.append((amount, unit))
    return parts


def _units(
    exponentials: list[sympy.Expr],
) -> dict[sympy.Expr, tuple[int, sympy.Symbol]]:
    """For each unit u the whole number n such that t = exp(u/n) serves all its multiples."""
    wholes: dict[sympy.Expr, int] = {}
    for node in exponentials:
        for amount, unit in _parts(node.args[0]):
            denominator = Fraction(int(amount.p), int(amount.q)).denominator
            wholes[unit] = lcm(wholes.get(unit, 1), denominator)
    ordered = sorted(wholes, key=str)
    return {
        unit: (wholes[unit], sympy.Symbol(f"exp({unit / wholes[unit]})", positive=True))
        for unit in ordered
    }
