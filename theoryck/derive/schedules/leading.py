"""Leading terms: the sequence c·r^k·k^p·(log k)^q that a sequence is asymptotically equal to.

``a ~ b`` means a(k)/b(k) -> 1. Each rule below is a limit theorem of the calculus textbooks
(limits of sums, products, powers; Hardy 1910, "Orders of Infinity", for the comparison of the
scale), and every sign and every comparison of exponents that a rule needs is decided on the
whole domain of the parameters, so that a leading term holds for every parameter value.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice

import sympy

from theoryck.derive.decide import Proved, decide
from theoryck.derive.domain import Domain
from theoryck.derive.relations import Relation
from theoryck.derive.sampling import sample_points
from theoryck.derive.symbols import ONE, ZERO, as_sympy
from theoryck.derive.values import Point
from theoryck.errors import TheoryckError

TRIED_POINTS = 24  # at which a comparison is tried before it is asked to be proved


class UndecidedGrowthError(TheoryckError, ValueError):
    """The growth of a sequence does not follow by the rules; the message says where they stop."""


@dataclass(frozen=True)
class Leading:
    """``coefficient * ratio**k * k**power * log(k)**logs``, with the coefficient's sign."""

    coefficient: sympy.Expr
    sign: int
    ratio: sympy.Expr = ONE
    power: sympy.Expr = ZERO
    logs: sympy.Expr = ZERO

    def term(self, k: sympy.Symbol) -> sympy.Expr:
        """The sequence as an expression in ``k``."""
        return self.coefficient * self.ratio**k * k**self.power * sympy.log(k) ** self.logs


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
        for mine, other in ((a.ratio, b.ratio), (a.power, b.power), (a.logs, b.logs)):
            order = self.order(mine, other)
            if order:
                return order
        return 0

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
                return self._scaled(inside, sympy.Integer(inside.sign), 1)
            case sympy.sign():
                sign = self.leading(expr.args[0]).sign
                return Leading(sympy.Integer(sign), sign)
        raise UndecidedGrowthError(f"there is no rule for the growth of {expr}")

    def constant(self, expr: sympy.Expr) -> Leading:
        """A sequence that does not depend on k; it must not be zero."""
        sign = self.order(expr, ZERO)
        if sign == 0:
            raise UndecidedGrowthError(f"{expr} is zero")
        return Leading(expr, sign)

    @staticmethod
    def _scaled(a: Leading, factor: sympy.Expr, sign: int) -> Leading:
        return Leading(a.coefficient * factor, sign, a.ratio, a.power, a.logs)

    def _product(self, expr: sympy.Expr) -> Leading:
        result = Leading(ONE, 1)
        for part in map(self.leading, expr.args):
            result = Leading(
                result.coefficient * part.coefficient,
                result.sign * part.sign,
                result.ratio * part.ratio,
                result.power + part.power,
                result.logs + part.logs,
            )
        return result

    def _sum(self, expr: sympy.Expr) -> Leading:
        try:
            return self._dominant([self.leading(part) for part in expr.args])
        except UndecidedGrowthError:
            # leading terms that cancel may do so before they are compared
            expanded = sympy.expand(expr)
            if expanded == expr or not expanded.has(self.k):
                if expanded != expr:
                    return self.constant(expanded)
                raise
            return self.leading(expanded)

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
                largest = Leading(total, sign, largest.ratio, largest.power, largest.logs)
        return largest

    def _power(self, expr: sympy.Expr) -> Leading:
        base, exponent = expr.base, expr.exp
        if exponent.has(self.k):
            if base.has(self.k):
                raise UndecidedGrowthError(f"there is no rule for the growth of {expr}")
            if not self.surely(base, ">", ZERO):
                raise UndecidedGrowthError(f"a power of {base}, which is not surely positive")
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
        )

    def _linear(self, exponent: sympy.Expr, expr: sympy.Expr) -> tuple[sympy.Expr, sympy.Expr]:
        """``slope*k + constant``."""
        slope = sympy.expand(exponent).coeff(self.k, 1)
        constant = sympy.expand(exponent - slope * self.k)
        if slope.has(self.k) or constant.has(self.k):
            raise UndecidedGrowthError(f"there is no rule for the growth of {expr}")
        return slope, constant

    def _exponential(self, expr: sympy.Expr) -> Leading:
        exponent = expr.args[0]
        try:
            slope, constant = self._linear(exponent, expr)
        except UndecidedGrowthError:
            inside = self.leading(exponent)
            kind = self.limit_kind(inside)
            if kind > 0:
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
            raise UndecidedGrowthError(f"{expr} grows like log(log(k)), for which there is no rule")
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
        return Leading(both, a.sign, a.ratio, a.power, a.logs)

    def _lower(self, a: Leading, b: Leading) -> Leading:
        flipped = self._upper(self._scaled(a, -ONE, -a.sign), self._scaled(b, -ONE, -b.sign))
        return self._scaled(flipped, -ONE, -flipped.sign)
