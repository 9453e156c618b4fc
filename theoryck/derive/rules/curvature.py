"""What convexity and smoothness give at the points of one step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy

from theoryck.derive.relations import Relation
from theoryck.derive.rules.base import Conclusion, ConvexRule, PointRule, Rule, positive
from theoryck.derive.rules.step import against, displacement, length_squared
from theoryck.derive.setting import Setting
from theoryck.derive.statements import (
    ALIGNMENT,
    DISTANCE_SQUARED,
    GAP,
    GRADIENT,
    GRADIENT_SQUARED,
    NEXT_GAP,
    Arrow,
    OneStep,
    Quantity,
    Statement,
    affine,
    shifted,
)
from theoryck.derive.symbols import ONE, ZERO

HALF = sympy.Rational(1, 2)
Terms = tuple[dict[Quantity, sympy.Expr], sympy.Expr, tuple[Relation, ...]]


def at_point(terms: Mapping[Any, sympy.Expr], at: int) -> dict[Quantity, sympy.Expr]:
    """The same terms at x[k+at]."""
    return {shifted(quantity, at): c for quantity, c in terms.items()}


class DescentLemma(Rule):
    """The upper quadratic model of a smooth function, at the two ends of a step."""

    name = "descent lemma"
    formula = "f(y) <= f(x) + ⟨∇f(x), y - x⟩ + (L/2)*‖y - x‖²"
    source = "Nesterov 2018, Lemma 1.2.3"
    uses = ("smooth",)

    def conclude(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        (premise,) = premises
        step = displacement(premise)
        smoothness = self.constant(setting, "smooth", "L")
        form = (
            affine({NEXT_GAP: ONE, GAP: -ONE})
            .plus(against(GRADIENT, step), -ONE)
            .plus(length_squared(step), -smoothness / 2)
        )
        return Conclusion(OneStep(form, "<="))


class ConvexDecrease(ConvexRule):
    """The subgradient inequality at x[k+1], towards x[k]; of use where the step is implicit."""

    name = "convexity at x[k+1]"
    formula = "f(x) >= f(y) + ⟨g, x - y⟩ for a subgradient g at y"
    source = "Rockafellar 1970, Section 23"

    def conclude(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        (premise,) = premises
        step = displacement(premise)
        ahead = against(Arrow(GRADIENT.direction, 1), step)
        form = affine({NEXT_GAP: ONE, GAP: -ONE}).plus(ahead, -ONE)
        return Conclusion(OneStep(form, "<="), self.convexity(setting))


class SmoothGap(PointRule):
    """The descent lemma at y = x − ∇f(x)/L, with f(y) >= f*."""

    name = "gradient bounded by the gap"
    formula = "‖∇f(x)‖² <= 2*L*(f(x) - f*)"
    source = "Nesterov 2018, Theorem 2.1.5"
    uses = ("smooth",)

    def inequality(self, setting: Setting, at: int) -> Terms:
        smoothness = self.constant(setting, "smooth", "L")
        return (
            at_point({GRADIENT_SQUARED: ONE, GAP: -2 * smoothness}, at),
            ZERO,
            (positive(smoothness),),
        )


class SmoothDistance(PointRule):
    """The descent lemma from x*, where the gradient is zero."""

    name = "gap bounded by the distance"
    formula = "f(x) - f* <= (L/2)*‖x - x_star‖²"
    source = "Nesterov 2018, Lemma 1.2.3 at x_star"
    uses = ("smooth",)
    needs_minimiser = True

    def inequality(self, setting: Setting, at: int) -> Terms:
        smoothness = self.constant(setting, "smooth", "L")
        return at_point({GAP: ONE, DISTANCE_SQUARED: -smoothness / 2}, at), ZERO, ()


class LipschitzGradientDistance(PointRule):
    """The Lipschitz property of the gradient between x and x*."""

    name = "gradient bounded by the distance"
    formula = "‖∇f(x)‖² <= L**2*‖x - x_star‖²"
    source = "definition of smooth(L) at x_star"
    uses = ("smooth",)
    needs_minimiser = True

    def inequality(self, setting: Setting, at: int) -> Terms:
        smoothness = self.constant(setting, "smooth", "L")
        terms = {GRADIENT_SQUARED: ONE, DISTANCE_SQUARED: -(smoothness**2)}
        return at_point(terms, at), ZERO, ()


class ConvexGap(ConvexRule, PointRule):
    """The subgradient inequality between x and x*."""

    name = "convexity at x_star"
    formula = "⟨∇f(x), x - x_star⟩ >= f(x) - f*"
    source = "Rockafellar 1970, Section 23"
    needs_minimiser = True

    def inequality(self, setting: Setting, at: int) -> Terms:
        return at_point({GAP: ONE, ALIGNMENT: -ONE}, at), ZERO, self.convexity(setting)


class StronglyConvexGap(PointRule):
    """The subgradient inequality of a strongly convex function between x and x*."""

    name = "strong convexity at x_star"
    formula = "⟨∇f(x), x - x_star⟩ >= f(x) - f* + (mu/2)*‖x - x_star‖²"
    source = "Nesterov 2018, Definition 2.1.3"
    uses = ("strongly_convex",)
    needs_minimiser = True

    def inequality(self, setting: Setting, at: int) -> Terms:
        mu = self.constant(setting, "strongly_convex", "mu")
        terms = {GAP: ONE, DISTANCE_SQUARED: mu / 2, ALIGNMENT: -ONE}
        return at_point(terms, at), ZERO, (positive(mu),)


class StrongMonotonicity(PointRule):
    """Strong monotonicity of the gradient between x and x*."""

    name = "strong monotonicity at x_star"
    formula = "⟨∇f(x), x - x_star⟩ >= mu*‖x - x_star‖²"
    source = "Nesterov 2018, Theorem 2.1.9"
    uses = ("strongly_convex",)
    needs_minimiser = True

    def inequality(self, setting: Setting, at: int) -> Terms:
        mu = self.constant(setting, "strongly_convex", "mu")
        terms = {DISTANCE_SQUARED: mu, ALIGNMENT: -ONE}
        return at_point(terms, at), ZERO, (positive(mu),)


class QuadraticGrowthOfStrong(PointRule):
    """A strongly convex function lies above a parabola at its minimiser."""

    name = "strong convexity bounds the distance"
    formula = "f(x) - f* >= (mu/2)*‖x - x_star‖²"
    source = "Nesterov 2018, Theorem 2.1.8"
    uses = ("strongly_convex",)
    needs_minimiser = True

    def inequality(self, setting: Setting, at: int) -> Terms:
        mu = self.constant(setting, "strongly_convex", "mu")
        return at_point({DISTANCE_SQUARED: mu / 2, GAP: -ONE}, at), ZERO, (positive(mu),)


class StronglyConvexGradient(PointRule):
    """Cauchy–Schwarz on strong monotonicity."""

    name = "gradient bounded below by the distance"
    formula = "‖∇f(x)‖² >= mu**2*‖x - x_star‖²"
    source = "Nesterov 2018, Theorem 2.1.9"
    uses = ("strongly_convex",)
    needs_minimiser = True

    def inequality(self, setting: Setting, at: int) -> Terms:
        mu = self.constant(setting, "strongly_convex", "mu")
        terms = {DISTANCE_SQUARED: mu**2, GRADIENT_SQUARED: -ONE}
        return at_point(terms, at), ZERO, (positive(mu),)


class Cocoercivity(ConvexRule, PointRule):
    """Baillon–Haddad between x and x*."""

    name = "co-coercivity at x_star"
    formula = "⟨∇f(x), x - x_star⟩ >= ‖∇f(x)‖²/L"
    source = "Nesterov 2018, Theorem 2.1.5"
    uses = ("smooth",)
    needs_minimiser = True

    def inequality(self, setting: Setting, at: int) -> Terms:
        smoothness = self.constant(setting, "smooth", "L")
        terms = {GRADIENT_SQUARED: 1 / smoothness, ALIGNMENT: -ONE}
        return at_point(terms, at), ZERO, (positive(smoothness), *self.convexity(setting))


class SmoothConvexGap(ConvexRule, PointRule):
    """The interpolation inequality of smooth convex functions, from x to x*."""

    name = "smooth convexity at x_star"
    formula = "⟨∇f(x), x - x_star⟩ >= f(x) - f* + ‖∇f(x)‖²/(2*L)"
    source = "Nesterov 2018, Theorem 2.1.5"
    uses = ("smooth",)
    needs_minimiser = True

    def inequality(self, setting: Setting, at: int) -> Terms:
        smoothness = self.constant(setting, "smooth", "L")
        terms = {GAP: ONE, GRADIENT_SQUARED: 1 / (2 * smoothness), ALIGNMENT: -ONE}
        return at_point(terms, at), ZERO, (positive(smoothness), *self.convexity(setting))


class StrongCocoercivity(PointRule):
    """Co-coercivity of f − (μ/2)‖·‖², between x and x*."""

    name = "co-coercivity of a strongly convex function at x_star"
    formula = "⟨∇f(x), x - x_star⟩ >= mu*L/(mu + L)*‖x - x_star‖² + ‖∇f(x)‖²/(mu + L)"
    source = "Nesterov 2018, Theorem 2.1.12"
    uses = ("strongly_convex", "smooth")
    needs_minimiser = True

    def inequality(self, setting: Setting, at: int) -> Terms:
        mu = self.constant(setting, "strongly_convex", "mu")
        smoothness = self.constant(setting, "smooth", "L")
        both = mu + smoothness
        terms = {
            DISTANCE_SQUARED: mu * smoothness / both,
            GRADIENT_SQUARED: 1 / both,
            ALIGNMENT: -ONE,
        }
        return at_point(terms, at), ZERO, (positive(mu), positive(smoothness))


POINT_RULES: tuple[PointRule, ...] = (
    StrongCocoercivity(),
    StronglyConvexGap(),
    StrongMonotonicity(),
    SmoothConvexGap(),
    ConvexGap(),
    Cocoercivity(),
    SmoothGap(),
    LipschitzGradientDistance(),
    StronglyConvexGradient(),
    QuadraticGrowthOfStrong(),
    SmoothDistance(),
)
