"""More that is true of exponentials, logarithms and powers, for a second question to z3.

Each fact is a textbook inequality (Hardy, Littlewood and Polya 1934, Chapters 2 and 4): the
tangents of exp, log and t**e, the weighted inequality of the means, Young's inequality.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import sympy
import z3

from theoryck.claims.arithmetic import Balls
from theoryck.derive.smt import Translator
from theoryck.derive.values import value
from theoryck.errors import TheoryckError

MAX_SHIFT = 6  # b**(e + n) is written as b**e * b**n up to this n
FINE = 10**6  # enclosures of constants are rounded outwards to multiples of 1/FINE


@dataclass
class TranslatorWithFacts(Translator):
    """The translator, with tangents and inequalities of means among the closing facts."""

    slopes: dict[tuple[sympy.Expr, sympy.Expr], Any] = field(default_factory=dict)

    def term(self, expr: sympy.Expr) -> Any:
        """The z3 term; of a constant that is not rational also an enclosure."""
        known = expr in self.terms
        term = super().term(expr)
        if not known and expr.is_number and not expr.is_Rational:
            low_high = enclosure(expr)
            if low_high is not None:
                low, high = low_high
                self.facts += [
                    self.number(low.numerator, low.denominator) <= term,
                    term <= self.number(high.numerator, high.denominator),
                ]
        return term

    def closing_facts(self) -> list[Any]:
        """Those of the plain translator, and more."""
        facts = super().closing_facts()
        for u, y in tuple(self.exponentials.items()):
            facts += _tangents_of_exp(self.term(u), y)
        for x, v in tuple(self.logarithms.items()):
            facts += self._tangents_of_log(x, v)
        for (u, x), (v, y) in self._pairs(self.exponentials):
            facts += self._two_exponentials(u, x, v, y)
        for (s, u), (t, v) in self._pairs(self.logarithms):
            facts += _two_logarithms(self.term(s), u, self.term(t), v)
        for (b, e), p in tuple(self.powers.items()):
            facts += self._power_facts(b, e, p)
        for ((b, e), p), ((c, d), q) in self._pairs(self.powers):
            facts += self._two_powers(b, e, p, c, d, q)
        return [*self.facts, *facts]

    def _tangents_of_log(self, argument: sympy.Expr, v: Any) -> list[Any]:
        x = self.term(argument)
        above, below = z3.And(x >= 1), z3.And(x > 0, x <= 1)
        facts = [
            # 2(x - 1)/(x + 1) <= log(x) <= (x - 1/x)/2 for x >= 1, and reversed below 1
            z3.Implies(above, z3.And(2 * v * x <= x * x - 1, v * (x + 1) >= 2 * (x - 1))),
            z3.Implies(below, z3.And(2 * v * x >= x * x - 1, v * (x + 1) <= 2 * (x - 1))),
        ]
        for (base, degree), root in tuple(self.roots.items()):
            # log(x) = n*log(r) with r**n = x
            if sympy.expand(base - argument) == 0:
                facts += [
                    z3.Implies(root > 0, v <= degree * (root - 1)),
                    z3.Implies(root > 0, v * root >= degree * (root - 1)),
                ]
        for w, y in tuple(self.exponentials.items()):
            # log(x/exp(w)) <= x/exp(w) - 1, and the same of the inverse
            exponent = self.term(w)
            facts += [
                z3.Implies(x > 0, (v - exponent) * y <= x - y),
                z3.Implies(x > 0, (v - exponent) * x >= x - y),
            ]
        for (b, e), p in tuple(self.powers.items()):
            if b == argument:
                exponent = self.term(e)  # p = exp(e*log(b))
                facts += [
                    z3.Implies(x > 0, p >= 1 + exponent * v),
                    z3.Implies(x > 0, p * (1 - exponent * v) <= 1),
                ]
        return facts

    def _two_exponentials(self, u: sympy.Expr, x: Any, v: sympy.Expr, y: Any) -> list[Any]:
        s, t = self.term(u), self.term(v)
        facts = [x >= y * (1 + s - t), y >= x * (1 + t - s)]
        if sympy.expand(u + v) == 0:
            facts.append(x * y == 1)
        ratio = sympy.cancel(u / v) if v != 0 else None
        if isinstance(ratio, sympy.Rational) and max(abs(ratio.p), ratio.q) <= 4:
            # exp(u)**q = exp(v)**p for u = (p/q)*v
            whole = z3.Product([x] * int(ratio.q))
            other = z3.Product([y] * abs(int(ratio.p)))
            facts.append(whole == other if ratio > 0 else whole * other == 1)
        return facts

    def _power_facts(self, b: sympy.Expr, e: sympy.Expr, p: Any) -> list[Any]:
        base, exponent = self.term(b), self.term(e)
        between = z3.And(exponent >= 0, exponent <= 1)
        outside = z3.Or(exponent <= 0, exponent >= 1)
        tangent = 1 + exponent * (base - 1)
        facts = [
            z3.Implies(z3.And(base >= 0, between), p <= tangent),
            z3.Implies(z3.And(base > 0, outside), p >= tangent),
        ]
        for factor, whole in self.multiples.get((b, e), ()):
            # b = factor**m: log(b) <= m*(factor - 1), sharper than b - 1
            inner = self.term(factor)
            total = self.term(whole) * (inner - 1)
            for w, x in tuple(self.exponentials.items()):
                premise = z3.And(inner > 0, self.term(whole) >= 0, total <= self.term(w))
                facts.append(z3.Implies(premise, p <= x))
        for w, x in tuple(self.exponentials.items()):
            # log(b) >= 1 - 1/b
            premise = z3.And(base > 0, exponent >= 0)
            low = self.term(w) * base <= exponent * (base - 1)
            facts.append(z3.Implies(z3.And(premise, low), x <= p))
        return facts

    def _slope(self, b: sympy.Expr, e: sympy.Expr, p: Any) -> Any:
        """The derivative of t**e at t = b > 0."""
        if (b, e) not in self.slopes:
            slope = self.fresh()
            self.facts.append(
                z3.Implies(self.term(b) > 0, slope * self.term(b) == self.term(e) * p)
            )
            self.slopes[b, e] = slope
        return self.slopes[b, e]

    def _power(self, base: sympy.Expr, exponent: sympy.Expr) -> Any:
        if isinstance(exponent, sympy.Add) and not base.is_number:
            # b**(1 - t) stays a power of b, for the inequality of the means
            key = (base, exponent)
            if key not in self.powers:
                self.term(base)
                self.term(exponent)
                self.powers[key] = self.fresh()
            return self.powers[key]
        return super()._power(base, exponent)

    def _two_powers(
        self, b: sympy.Expr, e: sympy.Expr, p: Any, c: sympy.Expr, d: sympy.Expr, q: Any
    ) -> list[Any]:
        base, exponent, other, degree = map(self.term, (b, e, c, d))
        positive = z3.And(base > 0, other > 0)
        facts = [
            # the weighted inequality of the means, and Young's inequality
            z3.Implies(
                z3.And(positive, exponent >= 0, degree >= 0, exponent + degree == 1),
                p * q <= exponent * base + degree * other,
            ),
            z3.Implies(
                z3.And(base >= 0, other >= 0, exponent > 1, exponent + degree == exponent * degree),
                base * other * exponent * degree <= p * degree + q * exponent,
            ),
        ]
        if e == d:
            between = z3.And(positive, exponent >= 0, exponent <= 1)
            outside = z3.And(positive, z3.Or(exponent <= 0, exponent >= 1))
            for (t, s, slope), (x, y) in (
                ((base, p, self._slope(b, e, p)), (other, q)),
                ((other, q, self._slope(c, d, q)), (base, p)),
            ):
                tangent = s + slope * (x - t)
                facts += [z3.Implies(between, y <= tangent), z3.Implies(outside, y >= tangent)]
        if b == c:
            facts += [
                z3.Implies(z3.And(base >= 1, exponent >= degree), p >= q),
                z3.Implies(z3.And(base >= 1, exponent <= degree), p <= q),
                z3.Implies(z3.And(base > 0, base <= 1, exponent >= degree), p <= q),
                z3.Implies(z3.And(base > 0, base <= 1, exponent <= degree), p >= q),
            ]
            more = sympy.expand(e - d)
            if isinstance(more, sympy.Integer) and abs(more) <= MAX_SHIFT:
                first, second = (p, q) if more > 0 else (q, p)
                shift = z3.Product([base] * abs(int(more)))
                facts.append(z3.Implies(base > 0, first == second * shift))
        return facts


def _tangents_of_exp(u: Any, y: Any) -> list[Any]:
    half = u * u / 2
    return [
        y * (1 - u) <= 1,
        z3.Implies(u >= 0, y >= 1 + u + half),
        z3.Implies(u <= 0, y <= 1 + u + half),
        z3.Implies(u >= 0, y * (1 - u + half) >= 1),
        z3.Implies(u <= 0, y * (1 - u + half) <= 1),
    ]


def _two_logarithms(x: Any, u: Any, y: Any, v: Any) -> list[Any]:
    """log(x/y) <= x/y - 1, and the same of y/x."""
    positive = z3.And(x > 0, y > 0)
    return [
        z3.Implies(positive, (u - v) * y <= x - y),
        z3.Implies(positive, (u - v) * x >= x - y),
    ]


def enclosure(expr: sympy.Expr) -> tuple[Fraction, Fraction] | None:
    """Rational numbers on both sides of a constant, or None where it has no value.

    >>> low, high = enclosure(sympy.exp(1))
    >>> low < Fraction("2.71828183") and high > Fraction("2.71828182")
    True
    """
    balls = Balls()
    try:
        with balls.scope():
            scaled = value(expr, {}, balls) * FINE
            if not scaled.is_finite():
                return None
            low, high = scaled.lower().floor(), scaled.upper().ceil()
            return (
                Fraction(int(low.unique_fmpz()), FINE),
                Fraction(int(high.unique_fmpz()), FINE),
            )
    except (TheoryckError, ArithmeticError, TypeError):
        return None


__all__ = ["TranslatorWithFacts", "enclosure"]
