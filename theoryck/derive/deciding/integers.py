"""Whole numbers as whole numbers: a question to z3 over the integers.

What the real relaxation leaves open may hold of integers (n*(n - 1) >= 0). Here every integer
symbol is an integer, and a floor is the integer part.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import lcm
from typing import Any

import sympy
import z3

from theoryck.derive.smt import Translator
from theoryck.derive.symbols import is_integral


@dataclass
class TranslatorOfIntegers(Translator):
    """The translator, with integers where the symbols and the roundings are."""

    def _translate(self, expr: sympy.Expr) -> Any:
        match expr:
            case sympy.Symbol() if expr.is_integer:
                self.symbols[expr] = z3.ToReal(z3.Int(expr.name, self.context))
                return self.symbols[expr]
            case sympy.floor() | sympy.ceiling():
                return self._rounded(expr)
        return super()._translate(expr)

    def _rounded(self, expr: sympy.Expr) -> Any:
        inner = expr.args[0]
        x = self.term(inner)
        whole = z3.ToReal(z3.FreshInt("t", self.context))
        # of x = p/m with an integer p, that p/m is not strictly between two multiples of 1/m
        multiple = _whole_multiple(inner)
        gap = whole - x if isinstance(expr, sympy.ceiling) else x - whole
        most = gap < 1 if multiple is None else gap <= self.number(multiple - 1, multiple)
        self.facts.append(z3.And(gap >= 0, most))
        return whole


def _whole_multiple(expr: sympy.Expr) -> int | None:
    """A number m such that m*expr is surely an integer, or None."""
    multiple = lcm(*(int(q.q) for q in expr.atoms(sympy.Rational)))
    return multiple if is_integral(sympy.expand(multiple * expr)) else None


def speaks_of_integers(*expressions: sympy.Expr) -> bool:
    """Whether an integer symbol or a rounding occurs."""
    return any(
        e.has(sympy.floor, sympy.ceiling) or any(s.is_integer for s in e.free_symbols)
        for e in expressions
    )


__all__ = ["TranslatorOfIntegers", "speaks_of_integers"]
