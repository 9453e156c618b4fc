"""What a lower bound on the curvature gives: strong convexity, and weak convexity."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import sympy

from theoryck.derive.relations import Relation
from theoryck.derive.rules.base import Conclusion, NotApplicableError, PointRule, Rule, positive
from theoryck.derive.rules.curvature import Terms, at_point
from theoryck.derive.rules.step import against, displacement, length_squared
from theoryck.derive.setting import Setting
from theoryck.derive.statements import (
    ALIGNMENT,
    DISTANCE_SQUARED,
    GAP,
    GRADIENT,
    NEXT_GAP,
    Arrow,
    OneStep,
    Statement,
    affine,
)
from theoryck.derive.symbols import ONE, ZERO


class CurvedDecrease(Rule):
    """The subgradient inequality at x[k+1] towards x[k], with the term of the least curvature m.

    m is mu for a strongly convex function, and -rho for a weakly convex one: f + (rho/2)*‖·‖² is
    convex then, and its subgradient inequality is this one.
    """

    formula = "f(x) >= f(y) + ⟨g, x - y⟩ + (m/2)*‖x - y‖² for a subgradient g at y"

    @abstractmethod
    def least_curvature(self, setting: Setting) -> tuple[sympy.Expr, tuple[Relation, ...]]:
        """m, and what must hold of it."""

    def conclude(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        (premise,) = premises
        step = displacement(premise)
        least, conditions = self.least_curvature(setting)
        ahead = Arrow(GRADIENT.direction, 1)
        form = (
            affine({NEXT_GAP: ONE, GAP: -ONE})
            .plus(against(ahead, step), -ONE)
            .plus(length_squared(step), least / 2)
        )
        return Conclusion(OneStep(form, "<="), conditions)


class StronglyConvexDecrease(CurvedDecrease):
    """The claim's assumption ``strongly_convex(mu)``."""

    name = "strong convexity at x[k+1]"
    source = "Nesterov 2018, Definition 2.1.3"
    uses = ("strongly_convex",)

    def least_curvature(self, setting: Setting) -> tuple[sympy.Expr, tuple[Relation, ...]]:
        mu = self.constant(setting, "strongly_convex", "mu")
        return mu, (positive(mu),)


class WeaklyConvexDecrease(CurvedDecrease):
    """The claim's assumption ``weakly_convex(rho)``.

    A proximal step exists, and its subgradient is one of f, where f(u) + ‖u - x‖²/(2*s) is
    strongly convex: for rho*s < 1.
    """

    name = "weak convexity at x[k+1]"
    source = "Davis and Drusvyatskiy 2019, Lemma 2.1"
    uses = ("weakly_convex",)

    def least_curvature(self, setting: Setting) -> tuple[sympy.Expr, tuple[Relation, ...]]:
        rho = self.constant(setting, "weakly_convex", "rho")
        return -rho, ()

    def conclude(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        known = super().conclude(premises, setting, **arguments)
        rho = self.constant(setting, "weakly_convex", "rho")
        ahead = Arrow(GRADIENT.direction, 1)
        coefficients = dict(displacement(premises[0]).terms)
        if set(coefficients) != {ahead}:
            raise NotApplicableError(f"{self.name} is meant for proximal steps")
        proper = Relation(-coefficients[ahead] * rho, "<", ONE)
        return Conclusion(known.statement, (*known.conditions, proper))


class WeaklyConvexGap(PointRule):
    """The subgradient inequality of a weakly convex function between x and x*."""

    name = "weak convexity at x_star"
    formula = "⟨∇f(x), x - x_star⟩ >= f(x) - f* - (rho/2)*‖x - x_star‖²"
    source = "Davis and Drusvyatskiy 2019, Lemma 2.1"
    uses = ("weakly_convex",)
    needs_minimiser = True

    def inequality(self, setting: Setting, at: int) -> Terms:
        rho = self.constant(setting, "weakly_convex", "rho")
        terms = {GAP: ONE, DISTANCE_SQUARED: -rho / 2, ALIGNMENT: -ONE}
        return at_point(terms, at), ZERO, ()


DECREASES: tuple[Rule, ...] = (StronglyConvexDecrease(), WeaklyConvexDecrease())
POINT_RULES: tuple[PointRule, ...] = (WeaklyConvexGap(),)
