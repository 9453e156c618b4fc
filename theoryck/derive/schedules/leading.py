"""Leading terms: the c·r^k·k^p·(log k)^q·(log log k)^s that a sequence is asymptotic to.

``a ~ b`` means a(k)/b(k) -> 1. Each rule below is a limit theorem of the calculus textbooks
(limits of sums, products, powers; Hardy 1910, "Orders of Infinity", for the comparison of the
scale), and every sign and every comparison of exponents that a rule needs is decided on the
whole domain of the parameters, so that a leading term holds for every parameter value.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import islice

import sympy

from theoryck.derive.decide import Proved, decide
from theoryck.derive.domain import Domain
from theoryck.derive.relations import Relation
from theoryck.derive.sampling import sample_points
from theoryck.derive.symbols import ONE, ZERO, as_sympy
from theoryck.derive.values import Point
from theoryck.errors import TheoryckError

LIKE_THE_IDENTITY = (sympy.sin, sympy.tan, sympy.sinh, sympy.tanh, sympy.asinh, sympy.atan)
TRIED_POINTS = 24  # at which a comparison is tried before it is asked to be proved


class UndecidedGrowthError(TheoryckError, ValueError):
    """The growth of a sequence does not follow by the rules; the message says where they stop."""


class RapidError(UndecidedGrowthError):
    """A sequence that falls faster than every power of k, and has no term of the scale."""


@dataclass(frozen=True)
class Leading:
    """``coefficient * ratio**k * k**power * log(k)**logs * log(log(k))**loglogs``, and its sign."""

    coefficient: sympy.Expr
    sign: int
    ratio: sympy.Expr = ONE
    power: sympy.Expr = ZERO
    logs: sympy.Expr = ZERO
    loglogs: sympy.Expr = ZERO

    def term(self, k: sympy.Symbol) -> sympy.Expr:
        """The sequence as an expression in ``k``."""
        logarithms = sympy.log(k) ** self.logs * sympy.log(sympy.log(k)) ** self.loglogs
        return self.coefficient * self.ratio**k * k**self.power * logarithms

    def times(self, coefficient: sympy.Expr, sign: int) -> Leading:
        """The leading term of a constant multiple."""
        return replace(self, coefficient=self.coefficient * coefficient, sign=self.sign * sign)


@dataclass
class Calculus:
    """Finds leading terms on one domain of parameters.

    ``notes`` collects, in words, the steps that are more than arithmetic of limits.

    >>> import time
    >>> k = sympy.Symbol("k", integer=True, nonnegative=True)
    >>> calculus = Calculus(Domain(), k, time.monotonic() + 5)
    >>> calculus.leading(1 / (1 + sympy.ceiling(k / 3))).term(k)
    3/k
    """

    domain: Domain
    k: sympy.Symbol
    deadline: float
    notes: list[str] = field(default_factory=list)
    points: tuple[Point, ...] | None = None

    def surely(self, left: sympy.Expr, sign: str, right: sympy.Expr) -> bool:
        """Whether a relation between expressions in the parameters is proved."""
        relation = Relation(as_sympy(left), sign, as_sympy(right))
        if self.points is None:
            self.points = tuple(islice(sample_points(self.domain), TRIED_POINTS))
        found = decide(relation, self.domain, self.deadline, points=self.points)
        return isinstance(found, Proved)

    def order(self, left: sympy.Expr, right: sympy.Expr) -> int:
        """-1, 0 or 1: how two expressions compare, the same way at all parameter values."""
        if left == right:
            return 0
        for sign, answer in (("<", -1), (">", 1), ("==", 0)):
            if self.surely(left, sign, right):
                return answer
        raise UndecidedGrowthError(f"{left} and {right} do not compare the same way everywhere")

    def growth_order(self, a: Leading, b: Leading) -> int:
        """-1 where a/b -> 0, 1 where b/a -> 0, and 0 where a/b has a limit other than 0."""
        scales = ((x.ratio, x.power, x.logs, x.loglogs) for x in (a, b))
        for mine, other in zip(*scales, strict=True):
            order = self.order(mine, other)
            if order:
                return order
        return 0

    def beats_logarithm(self, a: Leading) -> bool:
        """Whether the size of the sequence grows faster than every multiple of log(k)."""
        return self.growth_order(a, Leading(ONE, 1, logs=ONE)) > 0

    def limit_kind(self, a: Leading) -> int:
        """-1 where the sequence tends to 0, 0 where to a number other than 0, 1 to infinity."""
        return self.growth_order(a, Leading(ONE, 1))

    def leading(self, expr: sympy.Expr) -> Leading:
        """The leading term.

        Raises:
            UndecidedGrowthError: the rules do not give one.
        """
        if not expr.has(self.k):
            return self.constant(expr)
        match expr:
            case sympy.Symbol():
                return Leading(ONE, 1, power=ONE)
            case sympy.Mul():
                return self._product(expr)
            case sympy.Add():
                return self._sum(expr)
            case sympy.exp():
                return self._exponential(expr)
            case sympy.Pow():
                return self._power(expr)
            case sympy.log():
                return self._logarithm(expr)
            case sympy.ceiling() | sympy.floor():
                return self._rounded(expr)
            case sympy.Max() | sympy.Min():
                return self._extreme(expr)
            case sympy.Abs():
                inside = self.leading(expr.args[0])
                return inside.times(sympy.Integer(inside.sign), inside.sign)
            case sympy.sign():
                sign = self.leading(expr.args[0]).sign
                return Leading(sympy.Integer(sign), sign)
        if isinstance(expr, LIKE_THE_IDENTITY):
            inside = self.leading(expr.args[0])
            if self.limit_kind(inside) < 0:
                name = type(expr).__name__
                self.notes.append(f"{expr} ~ {expr.args[0]}, from {name}(t) ~ t as t -> 0")
                return inside
        raise UndecidedGrowthError(f"there is no rule for the growth of {expr}")

    def constant(self, expr: sympy.Expr) -> Leading:
        """A sequence that does not depend on k; it must not be zero."""
        sign = self.order(expr, ZERO)
        if sign == 0:
            raise UndecidedGrowthError(f"{expr} is zero")
        return Leading(expr, sign)

    def _product(self, expr: sympy.Expr) -> Leading:
        result = Leading(ONE, 1)
        for part in map(self.leading, expr.args):
            result = Leading(
                result.coefficient * part.coefficient,
                result.sign * part.sign,
                result.ratio * part.ratio,
                result.power + part.power,
                result.logs + part.logs,
                result.loglogs + part.loglogs,
            )
        return result

    def _sum(self, expr: sympy.Expr) -> Leading:
        try:
            return self._dominant([self.leading(part) for part in expr.args])
        except UndecidedGrowthError:
            # leading terms that cancel may do so before they are compared
            for other in _other_forms(expr):
                try:
                    if not other.has(self.k):
                        return self.constant(other)
                    if isinstance(other, sympy.Add):
                        return self._dominant([self.leading(part) for part in other.args])
                    return self.leading(other)
                except UndecidedGrowthError:
                    continue
            rest = self._less_one(expr)
            if rest is None:
                raise
            return rest

    def _less_one(self, expr: sympy.Expr) -> Leading | None:
        """exp(t) - 1 ~ t as t -> 0, for c*exp(t) - c."""
        for node in expr.atoms(sympy.exp):
            factor = sympy.expand(expr).coeff(node, 1)
            less_one = sympy.expand(expr - factor * node + factor) == 0
            if factor != 0 and not factor.has(self.k) and less_one:
                inside = self.leading(node.args[0])
                if self.limit_kind(inside) < 0:
                    self.notes.append(f"{node} - 1 ~ {node.args[0]}, from exp(t) - 1 ~ t as t -> 0")
                    known = self.constant(factor)
                    return inside.times(known.coefficient, known.sign)
        return None

    def _dominant(self, parts: list[Leading]) -> Leading:
        largest = parts[0]
        for part in parts[1:]:
            order = self.growth_order(part, largest)
            if order > 0:
                largest = part
            elif order == 0:
                total = largest.coefficient + part.coefficient
                sign = largest.sign if largest.sign == part.sign else self.order(total, ZERO)
                if sign == 0:
                    raise UndecidedGrowthError("the leading terms of a sum cancel")
                largest = replace(largest, coefficient=total, sign=sign)
        return largest

    def _power(self, expr: sympy.Expr) -> Leading:
        base, exponent = expr.base, expr.exp
        if exponent.has(self.k):
            if base.has(self.k):
                if self.leading(base).sign < 0:
                    raise UndecidedGrowthError(f"a real power of {base}, negative in the end")
                return self._exponential(sympy.exp(exponent * sympy.log(base), evaluate=False))
            if not self.surely(base, ">", ZERO):
                raise UndecidedGrowthError(f"a power of {base}, which is not surely positive")
            if exponent.has(sympy.log):
                argument, factor, rest = self._multiple_of_log(exponent, expr)
                return self.leading(argument ** (factor * sympy.log(base)) * base**rest)
            slope, constant = self._linear(exponent, expr)
            return Leading(base**constant, 1, ratio=base**slope)
        inside = self.leading(base)
        if inside.sign < 0 and not isinstance(exponent, sympy.Integer):
            raise UndecidedGrowthError(f"a real power of {base}, which is negative in the end")
        sign = 1 if inside.sign > 0 or int(exponent) % 2 == 0 else -1
        return Leading(
            inside.coefficient**exponent,
            sign,
            inside.ratio**exponent,
            inside.power * exponent,
            inside.logs * exponent,
            inside.loglogs * exponent,
        )

    def _linear(self, exponent: sympy.Expr, expr: sympy.Expr) -> tuple[sympy.Expr, sympy.Expr]:
        """``slope*k + constant``."""
        slope = sympy.expand(exponent).coeff(self.k, 1)
        constant = sympy.expand(exponent - slope * self.k)
        if slope.has(self.k) or constant.has(self.k):
            raise UndecidedGrowthError(f"there is no rule for the growth of {expr}")
        return slope, constant

    def _multiple_of_log(
        self, exponent: sympy.Expr, expr: sympy.Expr
    ) -> tuple[sympy.Expr, sympy.Expr, sympy.Expr]:
        """``(u, c, d)`` with exponent = c*log(u) + d, c and d free of k: b**(c*log(u)) is a power
        of u."""
        found = [node for node in exponent.atoms(sympy.log) if node.has(self.k)]
        if len(found) == 1:
            factor = sympy.expand(exponent).coeff(found[0], 1)
            rest = sympy.expand(exponent - factor * found[0])
            if not factor.has(self.k) and not rest.has(self.k):
                return found[0].args[0], factor, rest
        raise UndecidedGrowthError(f"there is no rule for the growth of {expr}")

    def _exponential(self, expr: sympy.Expr) -> Leading:
        exponent = expr.args[0]
        try:
            slope, constant = self._linear(exponent, expr)
        except UndecidedGrowthError:
            inside = self.leading(exponent)
            kind = self.limit_kind(inside)
            if kind > 0:
                if inside.sign < 0 and self.beats_logarithm(inside):
                    raise RapidError(f"{expr} falls faster than every power of k") from None
                raise
            self.notes.append(f"{exponent} has a limit, so {expr} has one: exp is continuous")
            limit = inside.coefficient if kind == 0 else ZERO
            return Leading(sympy.exp(limit), 1)
        return Leading(sympy.exp(constant), 1, ratio=sympy.exp(slope))

    def _logarithm(self, expr: sympy.Expr) -> Leading:
        argument = expr.args[0]
        inside = self.leading(argument)
        if inside.sign < 0:
            raise UndecidedGrowthError(f"the logarithm of {argument}, negative in the end")
        if self.order(inside.ratio, ONE):
            slope = sympy.log(inside.ratio)
            sign = self.order(inside.ratio, ONE)
            self.notes.append(f"{expr} ~ ({slope})*k, from log(a*b) = log(a) + log(b)")
            return Leading(slope, sign, power=ONE)
        sign = self.order(inside.power, ZERO)
        if sign:
            self.notes.append(f"{expr} ~ ({inside.power})*log(k), from log(a*b) = log(a) + log(b)")
            return Leading(inside.power, sign, logs=ONE)
        if self.order(inside.logs, ZERO):
            self.notes.append(
                f"{expr} ~ ({inside.logs})*log(log(k)), as log(a*b) = log(a) + log(b)"
            )
            return Leading(inside.logs, self.order(inside.logs, ZERO), loglogs=ONE)
        if self.order(inside.loglogs, ZERO):
            raise UndecidedGrowthError(f"{expr} grows like an iterated logarithm without a rule")
        if self.order(inside.coefficient, ONE):
            self.notes.append(f"{argument} has a limit, so {expr} has one: log is continuous")
            return self.constant(sympy.log(inside.coefficient))
        rest = self.leading(sympy.expand(argument - 1))
        self.notes.append(f"{expr} ~ {argument} - 1, from log(1 + t) ~ t as t -> 0")
        return rest

    def _rounded(self, expr: sympy.Expr) -> Leading:
        argument = expr.args[0]
        inside = self.leading(argument)
        kind = self.limit_kind(inside)
        if kind > 0:
            self.notes.append(f"{expr} is within 1 of {argument}, which tends to infinity")
            return inside
        if kind < 0 and (inside.sign > 0) == isinstance(expr, sympy.ceiling):
            nearest = 1 if isinstance(expr, sympy.ceiling) else -1
            self.notes.append(f"{expr} is {nearest} from some k on: {argument} tends to 0")
            return Leading(sympy.Integer(nearest), nearest)
        if kind == 0 and inside.coefficient.is_Rational and not inside.coefficient.is_Integer:
            self.notes.append(f"{expr} is constant from some k on: {argument} has a limit")
            return self.constant(expr.func(inside.coefficient))
        raise UndecidedGrowthError(f"{expr} may jump: {argument} does not tend to infinity")

    def _extreme(self, expr: sympy.Expr) -> Leading:
        highest = isinstance(expr, sympy.Max)
        best, *others = map(self.leading, expr.args)
        for other in others:
            best = self._upper(best, other) if highest else self._lower(best, other)
        return best

    def _upper(self, a: Leading, b: Leading) -> Leading:
        if a.sign != b.sign:
            return a if a.sign > 0 else b
        order = self.growth_order(a, b) * a.sign
        if order:
            return a if order > 0 else b
        both = sympy.Max(a.coefficient, b.coefficient)
        return replace(a, coefficient=both)

    def _lower(self, a: Leading, b: Leading) -> Leading:
        return self._upper(a.times(-ONE, -1), b.times(-ONE, -1)).times(-ONE, -1)


def _other_forms(expr: sympy.Expr) -> list[sympy.Expr]:
    """The same sequence in forms in which parts that cancel may be gone."""
    expanded = sympy.expand(expr)
    forms = (expanded, _rationalised(expanded))
    return [form for n, form in enumerate(forms) if form not in (expr, *forms[:n])]


def _rationalised(expr: sympy.Expr) -> sympy.Expr:
    """Over one denominator; a difference of two roots by their sum."""
    parts = sympy.Add.make_args(expr)
    if len(parts) == 2 and all(part.has(sympy.Pow) for part in parts):
        first, second = parts
        above = sympy.expand(first**2 - second**2)
        if above.is_polynomial(*expr.free_symbols):
            return above / (first - second) if above != 0 else expr
    over = sympy.together(expr)
    above, below = sympy.fraction(over)
    return sympy.expand(above) / below
