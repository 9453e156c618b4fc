"""SymPy in z3: exact translation of polynomials, roots and cases, sound facts for the rest.

A term that real-closed fields lack (``q**N`` with a symbolic exponent, ``exp``, ``log``) becomes
an unknown of which only true facts are stated, so that "no counterexample" stays a proof and "a
counterexample" is no more than a candidate. Integers are relaxed to reals for the same reason.

What defines a term (``r*b == 1`` for ``r = 1/b``) holds only where the term has a value: each
definition carries its guard (``b != 0``), and is used under that premise until it is proved.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import sympy
import z3

from theoryck.derive.relations import Relation

PI_LOWER, PI_UPPER = (3141592, 1000000), (3141593, 1000000)
MAX_ATOMS = 12  # unknowns that are compared pair by pair


class UntranslatableError(ValueError):
    """A term that no sound translation is known for."""


@dataclass(frozen=True)
class Definition:
    """``fact`` (a z3 formula) holds wherever ``guard`` does."""

    guard: Relation
    fact: Any


@dataclass
class Translator:
    """Turns expressions into z3 terms of one context, and collects definitions and facts."""

    context: Any = field(default_factory=z3.Context)
    terms: dict[sympy.Expr, Any] = field(default_factory=dict)
    symbols: dict[sympy.Symbol, Any] = field(default_factory=dict)
    facts: list[Any] = field(default_factory=list)
    definitions: list[Definition] = field(default_factory=list)
    multiples: dict[tuple[sympy.Expr, sympy.Expr], tuple[tuple[sympy.Expr, sympy.Expr], ...]] = (
        field(default_factory=dict)
    )
    powers: dict[tuple[sympy.Expr, sympy.Expr], Any] = field(default_factory=dict)
    roots: dict[tuple[sympy.Expr, int], Any] = field(default_factory=dict)
    exponentials: dict[sympy.Expr, Any] = field(default_factory=dict)
    logarithms: dict[sympy.Expr, Any] = field(default_factory=dict)

    def number(self, numerator: int, denominator: int = 1) -> Any:
        """A rational constant."""
        return z3.Q(numerator, denominator, self.context)

    def unknown(self, name: str) -> Any:
        """A new real unknown."""
        return z3.Real(name, self.context)

    def fresh(self) -> Any:
        """A new real unknown with a name that no claim can use."""
        return z3.FreshReal("t", self.context)

    def define(self, guard: Relation, fact: Any) -> None:
        """Records a fact about a term that has a value only where ``guard`` holds."""
        self.definitions.append(Definition(guard, fact))

    def term(self, expr: sympy.Expr) -> Any:
        """The z3 term of an expression; equal expressions share it.

        Raises:
            UntranslatableError: a node without a sound translation.
        """
        if expr not in self.terms:
            self.terms[expr] = self._translate(expr)
        return self.terms[expr]

    def relation(self, relation: Relation) -> Any:
        """The z3 formula of a relation."""
        left, right = self.term(relation.left), self.term(relation.right)
        match relation.sign:
            case "<=":
                return left <= right
            case "<":
                return left < right
            case ">=":
                return left >= right
            case ">":
                return left > right
            case "==":
                return left == right
        return left != right

    def _translate(self, expr: sympy.Expr) -> Any:
        match expr:
            case sympy.Rational():
                return self.number(int(expr.p), int(expr.q))
            case sympy.Symbol():
                self.symbols[expr] = self.unknown(expr.name)
                return self.symbols[expr]
            case sympy.Add():
                return z3.Sum([self.term(part) for part in expr.args])
            case sympy.Mul():
                return z3.Product([self.term(part) for part in expr.args])
            case sympy.Pow():
                return self._power(expr.base, expr.exp)
            case sympy.exp():
                return self._exponential(expr.args[0])
            case sympy.Abs():
                x = self.term(expr.args[0])
                return z3.If(x >= 0, x, -x)
            case sympy.Max() | sympy.Min():
                return self._extreme(expr)
        return self._function(expr)

    def _extreme(self, expr: Any) -> Any:
        best = self.term(expr.args[0])
        for other in map(self.term, expr.args[1:]):
            first = best >= other if isinstance(expr, sympy.Max) else best <= other
            best = z3.If(first, best, other)
        return best

    def _function(self, expr: sympy.Expr) -> Any:
        if expr == sympy.E:
            return self._exponential(sympy.Integer(1))
        value = self.fresh()
        if expr == sympy.pi:
            self.facts += [self.number(*PI_LOWER) < value, value < self.number(*PI_UPPER)]
            return value
        if len(expr.args) != 1:
            raise UntranslatableError(f"no rules for {expr}")
        x = self.term(expr.args[0])
        match expr:
            case sympy.log():
                # from log(t) <= t - 1, at t = x and at t = 1/x
                positive = Relation(expr.args[0], ">", sympy.Integer(0))
                self.define(positive, z3.And(value <= x - 1, value * x >= x - 1))
                self.logarithms[expr.args[0]] = value
            case sympy.sign():
                self.facts.append(value == z3.If(x > 0, self._one, z3.If(x < 0, -self._one, 0)))
            case sympy.floor():
                self.facts += [value <= x, x < value + 1]
            case sympy.ceiling():
                self.facts += [x <= value, value < x + 1]
            case sympy.sin() | sympy.cos() | sympy.tanh():
                self.facts += [value <= 1, value >= -1]
            case sympy.atan() | sympy.asinh() | sympy.tan() | sympy.sinh():
                pass
            case sympy.cosh():
                self.facts.append(value >= 1)
            case _:
                raise UntranslatableError(f"no rules for {type(expr).__name__}")
        return value

    @property
    def _one(self) -> Any:
        return self.number(1)

    def _power(self, base: sympy.Expr, exponent: sympy.Expr) -> Any:
        if isinstance(exponent, sympy.Rational) and exponent < 0:
            whole, inverse = self.term(sympy.Pow(base, -exponent)), self.fresh()
            sign = "!=" if isinstance(exponent, sympy.Integer) else ">"
            self.define(Relation(base, sign, sympy.Integer(0)), inverse * whole == 1)
            return inverse
        if isinstance(exponent, sympy.Integer):
            return z3.Product([self.term(base)] * int(exponent))
        if isinstance(exponent, sympy.Rational):
            return z3.Product([self.root(base, int(exponent.q))] * int(exponent.p))
        if base == sympy.E:
            return self._exponential(exponent)
        if exponent.could_extract_minus_sign():
            return self._power(1 / base, -exponent)
        multiple, primitive = _content(exponent)
        key = (sympy.Pow(base, multiple), primitive)
        if multiple != 1:
            self.multiples[key] = (*self.multiples.get(key, ()), (base, exponent))
        base = key[0]
        if key not in self.powers:
            self.term(base)
            self.term(primitive)
            self.powers[key] = self.fresh()
        return self.powers[key]

    def root(self, base: sympy.Expr, degree: int) -> Any:
        """The root s >= 0 with s**degree = base."""
        if (base, degree) not in self.roots:
            whole, root = self.term(base), self.fresh()
            defined = Relation(base, ">=", sympy.Integer(0))
            self.define(defined, z3.And(root >= 0, z3.Product([root] * degree) == whole))
            self.roots[base, degree] = root
        return self.roots[base, degree]

    def _exponential(self, exponent: sympy.Expr) -> Any:
        if exponent not in self.exponentials:
            above = 1 + self.term(exponent)
            value = self.fresh()
            self.exponentials[exponent] = value
            self.facts += [value > 0, value >= above]
        return self.exponentials[exponent]

    def closing_facts(self) -> list[Any]:
        """True facts about all unknowns so far, beside the guarded definitions."""
        facts: list[Any] = []
        for (base, exponent), value in self.powers.items():
            facts += self._one_power(self.term(base), self.term(exponent), value)
        for ((b, e), p), ((c, d), q) in self._pairs(self.powers):
            if e == d:
                facts += self._ordered_powers(self.term(b), p, self.term(c), q, self.term(e))
        for (b, e), p in self.powers.items():
            for w, x in self.exponentials.items():
                base, exponent = self.term(b), self.term(e)
                # log(b) <= b - 1, hence b**e <= exp(e*(b - 1)) for e >= 0
                premise = z3.And(base >= 0, exponent >= 0, exponent * (base - 1) <= self.term(w))
                facts.append(z3.Implies(premise, p <= x))
        facts += self._exponents_and_logarithms()
        for table in (self.exponentials, self.logarithms):
            for (u, x), (v, y) in self._pairs(table):
                facts.append(z3.Implies(self.term(u) <= self.term(v), x <= y))
                facts.append(z3.Implies(self.term(v) <= self.term(u), y <= x))
        return self.facts + facts

    def _exponents_and_logarithms(self) -> list[Any]:
        """exp is the inverse of log: exp(v) = x and exp(-v) = 1/x for v = log(x), x > 0."""
        facts: list[Any] = []
        for argument, v in self.logarithms.items():
            x = self.term(argument)
            for w, y in self.exponentials.items():
                exponent = self.term(w)
                facts += [
                    z3.Implies(z3.And(x > 0, exponent <= v), y <= x),
                    z3.Implies(z3.And(x > 0, exponent >= v), y >= x),
                    z3.Implies(z3.And(x > 0, exponent <= -v), y * x <= 1),
                    z3.Implies(z3.And(x > 0, exponent >= -v), y * x >= 1),
                ]
            for (b, e), p in self.powers.items():
                base, exponent = self.term(b), self.term(e)
                known = z3.And(x > 0, base >= 0, exponent >= 0)
                above = exponent * (base - 1)  # b**e <= exp(above), as for the exponentials
                facts += [
                    z3.Implies(z3.And(known, above <= v), p <= x),
                    z3.Implies(z3.And(known, above <= 2 * v), p <= x * x),
                    z3.Implies(z3.And(known, above <= -v), p * x <= 1),
                    z3.Implies(z3.And(known, above <= -2 * v), p * x * x <= 1),
                ]
        return facts

    @staticmethod
    def _pairs(table: dict[Any, Any]) -> list[tuple[Any, Any]]:
        items = list(table.items())
        return list(combinations(items, 2)) if len(items) <= MAX_ATOMS else []

    @staticmethod
    def _one_power(base: Any, exponent: Any, value: Any) -> list[Any]:
        nonnegative, some = base >= 0, exponent >= 1
        return [
            z3.Implies(base > 0, value > 0),
            z3.Implies(nonnegative, value >= 0),
            z3.Implies(exponent == 0, value == 1),
            z3.Implies(z3.And(base == 0, exponent > 0), value == 0),
            z3.Implies(exponent == 1, value == base),
            z3.Implies(base == 1, value == 1),
            z3.Implies(z3.And(nonnegative, base <= 1, exponent >= 0), value <= 1),
            z3.Implies(z3.And(base >= 1, exponent >= 0), value >= 1),
            z3.Implies(z3.And(base > 1, exponent > 0), value > 1),
            z3.Implies(z3.And(nonnegative, base < 1, exponent > 0), value < 1),
            z3.Implies(z3.And(nonnegative, base <= 1, some), value <= base),
            z3.Implies(z3.And(base >= 1, some), value >= base),
            # Bernoulli's inequality at base, and at 1/base
            z3.Implies(z3.And(nonnegative, some), value >= 1 + exponent * (base - 1)),
            z3.Implies(
                z3.And(nonnegative, base <= 1, some),
                value * (base + exponent * (1 - base)) <= base,
            ),
        ]

    @staticmethod
    def _ordered_powers(b: Any, p: Any, c: Any, q: Any, exponent: Any) -> list[Any]:
        both = z3.And(b >= 0, c >= 0, exponent >= 0)
        return [
            z3.Implies(z3.And(both, b <= c), p <= q),
            z3.Implies(z3.And(both, c <= b), q <= p),
        ]


def _content(exponent: sympy.Expr) -> tuple[sympy.Rational, sympy.Expr]:
    """``exponent = content * primitive`` with the largest positive rational content."""
    content, primitive = exponent.as_content_primitive()
    if isinstance(content, sympy.Rational) and content > 0:
        return content, primitive
    return sympy.Integer(1), exponent
