"""What an unstable direction does to gradient descent on a quadratic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy

from theoryck.derive.exact import equal
from theoryck.derive.lower.logarithms import spread
from theoryck.derive.lower.rules import lengths_of
from theoryck.derive.measure import read_measure
from theoryck.derive.printing import tidy, to_claim_text
from theoryck.derive.relations import Implied, Relation
from theoryck.derive.rules.base import Conclusion, NotApplicableError, Rule, nonnegative, positive
from theoryck.derive.rules.step import displacement
from theoryck.derive.sampling import sample_points
from theoryck.derive.setting import F_STAR, START_GAP, Setting, Stuck
from theoryck.derive.statements import GAP, Aggregate, Bound, Measured, Statement
from theoryck.derive.symbols import ONE, is_integral
from theoryck.derive.values import Point


@dataclass(frozen=True)
class Growth(Statement):
    """``|⟨v, x[k] - s⟩| >= ratio**k*start`` for a unit v with Hv = -lam*v, lam >= curvature."""

    ratio: sympy.Expr
    start: sympy.Expr
    curvature: sympy.Expr
    length: sympy.Expr

    def same_as(self, other: object) -> bool:
        """Equal numbers."""
        return isinstance(other, Growth) and all(
            equal(getattr(self, name), getattr(other, name))
            for name in ("ratio", "start", "curvature", "length")
        )

    def __str__(self) -> str:
        return f"|⟨v, x[k] - s⟩| >= ({_text(self.ratio)})**k*{_text(self.start)}"


@dataclass(frozen=True)
class Escape(Statement):
    """``what >= factor*ratio**index - less`` on every run."""

    what: str
    factor: sympy.Expr
    ratio: sympy.Expr
    index: sympy.Expr
    less: sympy.Expr

    @property
    def bound(self) -> sympy.Expr:
        """The right side."""
        return self.factor * self.ratio**self.index - self.less

    def same_as(self, other: object) -> bool:
        """The same quantity, and an equal bound."""
        return (
            isinstance(other, Escape)
            and self.what == other.what
            and self.index == other.index
            and all(
                equal(getattr(self, name), getattr(other, name))
                for name in ("factor", "ratio", "less")
            )
        )

    def __str__(self) -> str:
        return f"{self.what} >= {_text(self.bound)}"


@dataclass(frozen=True)
class Reached(Statement):
    """The claim's target, as text."""

    text: str

    def same_as(self, other: object) -> bool:
        """The same text."""
        return self == other

    def __str__(self) -> str:
        return self.text


def _text(value: sympy.Expr) -> str:
    return to_claim_text(tidy(value))


class UnstableDirection(Rule):
    """x[k+1] − s = (I − step·H)(x[k] − s): along v the factor is 1 + step·lam."""

    name = "growth along an escaping direction"
    formula = (
        "∇f(x) = H(x - s), Hv = -lam*v, lam >= gamma, |⟨v, x[0] - s⟩| >= r  ⟹  "
        "|⟨v, x[k] - s⟩| >= (1 + step*gamma)**k*r"
    )
    source = "Lee, Simchowitz, Jordan and Recht 2016, Section 2; induction over k"
    uses = ("quadratic_saddle",)

    def conclude(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        self.require(setting)
        (premise,) = premises
        lengths = lengths_of(displacement(premise))
        if lengths.ahead != 0:
            raise NotApplicableError("a step along the gradient at x[k] is expected")
        curvature = self.constant(setting, "quadratic_saddle", "gamma")
        start = self.constant(setting, "quadratic_saddle", "r")
        ratio = 1 + lengths.here * curvature
        conditions = (nonnegative(lengths.here), nonnegative(curvature), nonnegative(start))
        return Conclusion(Growth(ratio, start, curvature, lengths.here), conditions)


def growth_of(premises: tuple[Statement, ...]) -> Growth:
    """The premise as growth along a direction.

    Raises:
        NotApplicableError: it is something else.
    """
    (premise,) = premises
    if not isinstance(premise, Growth):
        raise NotApplicableError("growth along an escaping direction is expected")
    return premise


def index_of(arguments: Any) -> tuple[sympy.Expr, Relation]:
    """The iteration asked for, and that it is one.

    Raises:
        NotApplicableError: it is no integer.
    """
    index = arguments["index"]
    if not is_integral(index):
        raise NotApplicableError("the index of an iterate is an integer")
    return index, nonnegative(index)


class EscapeDistance(Rule):
    """‖x[n] − x[0]‖ >= |⟨v, x[n] − s⟩| − |⟨v, x[0] − s⟩|, with the growth of the latter."""

    name = "distance from the start"
    formula = "‖x[n] - x[0]‖ >= ((1 + step*gamma)**n - 1)*r"
    source = "x[n] - x[0] has the component ((1 + step*lam)**n - 1)*⟨v, x[0] - s⟩ along v"

    def conclude(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        growth = growth_of(premises)
        index, whole = index_of(arguments)
        what = f"norm(x[{_text(index)}] - x[0])"
        found = Escape(what, growth.start, growth.ratio, index, growth.start)
        return Conclusion(found, (whole,))


class EscapeGradient(Rule):
    """‖∇f(x)‖ = ‖H(x − s)‖ >= lam·|⟨v, x − s⟩|."""

    name = "gradient along an escaping direction"
    formula = "‖∇f(x[n])‖ >= gamma*(1 + step*gamma)**n*r"
    source = "⟨v, H(x - s)⟩ = -lam*⟨v, x - s⟩"

    def conclude(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        growth = growth_of(premises)
        index, whole = index_of(arguments)
        what = f"norm(grad(x[{_text(index)}]))"
        factor = growth.curvature * growth.start
        zero = sympy.Integer(0)
        return Conclusion(Escape(what, factor, growth.ratio, index, zero), (whole,))


class EscapeDecrease(Rule):
    """f(x[n]) − f(x[0]) = Σ (lam_i/2)·((1 − step·lam_i)^(2n) − 1)·c_i² over the eigenvectors.

    For 0 <= step*L <= 2 no term is positive; that of v is at most the one of gamma and r.
    """

    name = "decrease along an escaping direction"
    formula = "0 <= step*L <= 2  ⟹  f(x[n]) <= f(x[0]) - gamma/2*((1 + step*gamma)**(2*n) - 1)*r**2"
    source = "the eigenvectors of H decouple the steps"
    uses = ("smooth",)

    def conclude(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        growth = growth_of(premises)
        index, whole = index_of(arguments)
        smoothness = self.constant(setting, "smooth", "L")
        gain = growth.curvature / 2 * (growth.ratio ** (2 * index) - 1) * growth.start**2
        measured = Measured(GAP, Aggregate.LAST, index, index)
        conditions = (
            whole,
            nonnegative(growth.length),
            Relation(growth.length * smoothness, "<=", sympy.Integer(2)),
        )
        return Conclusion(Bound(measured, START_GAP - gain), conditions)


class EscapeFall(EscapeDecrease):
    """The same decrease, as a lower bound on f(x[0]) − f(x[n])."""

    formula = "0 <= step*L <= 2  ⟹  f(x[0]) - f(x[n]) >= gamma/2*((1 + step*gamma)**(2*n) - 1)*r**2"

    def conclude(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        conditions = super().conclude(premises, setting, **arguments).conditions
        growth, index = growth_of(premises), arguments["index"]
        factor = growth.curvature / 2 * growth.start**2
        found = Escape(FALL, factor, growth.ratio**2, index, factor)
        return Conclusion(found, conditions)


FALL = "f(x[0]) - f(x[n])"


def level_for(what: str, setting: Setting) -> sympy.Expr:
    """The level that ``what`` is to reach; a fall is claimed as s*(f(x[n]) - f(x[0])) + t <= 0.

    Raises:
        NotApplicableError: the claim compares something else.
    """
    if what != FALL:
        return setting.bound
    try:
        target, _ = read_measure(setting, False)
    except Stuck as stuck:
        raise NotApplicableError(str(stuck)) from stuck
    rest = sympy.expand(target.offset + target.scale * START_GAP)
    plain = target.measured.quantity == GAP and target.measured.aggregate is Aggregate.LAST
    if not plain or setting.bound != 0 or {START_GAP, F_STAR} & rest.free_symbols:
        raise NotApplicableError("a difference f(x[n]) - f(x[0]) and a level are expected")
    if not target.scale.is_positive:
        raise NotApplicableError("the sign of the factor of f(x[n]) is not known")
    return rest / target.scale


class Escaped(Rule):
    """The bound is at least the target's level.

    With ``spread`` None it is asked as it is; else A·qⁿ >= B is asked as n·log(q) >= log(B/A),
    whose logarithms, and those of the constraint on n, are spread out or not.
    """

    name = "the target is reached"
    formula = (
        "A*q**n - C >= level; n*log(q) >= log((level + C)/A) where q > 1, A > 0, level + C > 0"
    )
    source = "the claim; log grows"

    def conclude(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        (premise,) = premises
        if not isinstance(premise, Escape):
            raise NotApplicableError("a lower bound on the escape is expected")
        level, spreads = level_for(premise.what, setting), arguments["spread"]
        reached = Reached(arguments["text"])
        if spreads is None:
            return Conclusion(reached, (Relation(premise.bound, ">=", level),))
        needed = level + premise.less
        slope, logs = sympy.log(premise.ratio), sympy.log(needed / premise.factor)
        known: tuple[Relation, ...] = (positive(slope),)
        conditions: tuple[Relation, ...] = ()
        point = next(sample_points(setting.domain), None) if spreads else None
        if point is not None:
            slope, first = spread(slope, point)
            logs, second = spread(logs, point)
            since, third = constraints(setting, premise.index, point)
            known = (positive(slope), *since)
            conditions = (*first, *second, *third)
        conditions = (
            Relation(premise.ratio, ">", ONE),
            positive(premise.factor),
            positive(needed),
            *conditions,
            Implied(premise.index * slope, ">=", logs, premises=known),
        )
        return Conclusion(reached, conditions)


def constraints(
    setting: Setting, count: sympy.Expr, point: Point
) -> tuple[tuple[Relation, ...], tuple[Relation, ...]]:
    """The constraints ``count >= steps`` with spread logarithms, and what makes them the same."""
    found: list[Relation] = []
    conditions: list[Relation] = []
    for relation in setting.domain.relations:
        if relation.left == count and relation.sign == ">=":
            right, needed = spread(relation.right, point)
            found.append(Relation(count, ">=", right))
            conditions += needed
    return tuple(found), tuple(conditions)


__all__ = [
    "Escape",
    "EscapeDecrease",
    "EscapeDistance",
    "EscapeFall",
    "EscapeGradient",
    "Escaped",
    "Growth",
    "Reached",
    "UnstableDirection",
]
