"""One clipped stochastic step: the moments of a gradient, what clipping costs and saves, descent.

Throughout, g is a stochastic gradient at x = x[k], clip(g) = min(1, tau/‖g‖)*g for the method's
threshold tau > 0, and E is the expectation given x[k].
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy

from theoryck.derive.exact import equal
from theoryck.derive.heavy.reading import clipping
from theoryck.derive.printing import tidy, to_claim_text
from theoryck.derive.relations import Relation
from theoryck.derive.rules.base import (
    Conclusion,
    NotApplicableError,
    Rule,
    nonnegative,
    positive,
)
from theoryck.derive.setting import Setting, Stuck
from theoryck.derive.statements import (
    GAP,
    GRADIENT_SQUARED,
    NEXT_GAP,
    Affine,
    OneStep,
    Statement,
)
from theoryck.derive.symbols import ONE

TWO = sympy.Integer(2)


@dataclass(frozen=True)
class ClippedStep(Statement):
    """``x[k+1] = x[k] - length*clip(g)``."""

    length: sympy.Expr
    threshold: sympy.Expr

    def same_as(self, other: object) -> bool:
        """Exactly equal lengths and thresholds."""
        return (
            isinstance(other, ClippedStep)
            and equal(self.length, other.length)
            and equal(self.threshold, other.threshold)
        )

    def __str__(self) -> str:
        return f"x[k+1] = x[k] - {_factor(self.length)}*clip(g), threshold {_text(self.threshold)}"


@dataclass(frozen=True)
class Moment(Statement):
    """``E‖g‖**exponent <= bound`` at every x."""

    exponent: sympy.Expr
    bound: sympy.Expr

    def same_as(self, other: object) -> bool:
        """Equal exponents and bounds."""
        return (
            isinstance(other, Moment)
            and equal(self.exponent, other.exponent)
            and equal(self.bound, other.bound)
        )

    def __str__(self) -> str:
        return f"E‖g‖**{_factor(self.exponent)} <= {_text(self.bound)}"


@dataclass(frozen=True)
class ClippedSquare(Statement):
    """``E‖clip(g)‖² <= bound``."""

    bound: sympy.Expr

    def same_as(self, other: object) -> bool:
        """Equal bounds."""
        return isinstance(other, ClippedSquare) and equal(self.bound, other.bound)

    def __str__(self) -> str:
        return f"E‖clip(g)‖² <= {_text(self.bound)}"


@dataclass(frozen=True)
class ClippedBias(Statement):
    """``‖E clip(g) - ∇f(x)‖ <= bound``."""

    bound: sympy.Expr

    def same_as(self, other: object) -> bool:
        """Equal bounds."""
        return isinstance(other, ClippedBias) and equal(self.bound, other.bound)

    def __str__(self) -> str:
        return f"‖E clip(g) - ∇f(x[k])‖ <= {_text(self.bound)}"


def _text(value: sympy.Expr) -> str:
    return to_claim_text(tidy(value))


def _factor(value: sympy.Expr) -> str:
    text = _text(value)
    return text if value.is_Atom else f"({text})"


class ClippedMethodStep(Rule):
    """The step as the method's own source defines it, read in both of its cases."""

    name = "the method's clipped step"
    formula = "traced for ‖g‖ <= tau and for ‖g‖ > tau"
    source = "definition"

    def conclude(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        try:
            step = clipping(setting)
        except Stuck as stuck:
            raise NotApplicableError(str(stuck)) from stuck
        conditions = (positive(step.threshold), nonnegative(step.length))
        return Conclusion(ClippedStep(step.length, step.threshold), conditions)


class MinkowskiMoment(Rule):
    """‖g‖ <= ‖∇f(x)‖ + ‖g − ∇f(x)‖, and the triangle inequality of the norm (E|·|^a)^(1/a)."""

    name = "moment of a gradient"
    formula = "‖∇f‖ <= G, E‖g - ∇f‖**a <= sigma**a, a >= 1  ⟹  E‖g‖**a <= (G + sigma)**a"
    source = "Minkowski's inequality"
    uses = ("lipschitz", "heavy_tailed")

    def conclude(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        alpha = self.constant(setting, "heavy_tailed", "alpha")
        sigma = self.constant(setting, "heavy_tailed", "sigma")
        largest = self.constant(setting, "lipschitz", "G")
        conditions = (Relation(alpha, ">=", ONE), nonnegative(sigma), nonnegative(largest))
        return Conclusion(Moment(alpha, (largest + sigma) ** alpha), conditions)


class ConvexMoment(Rule):
    """(a + b)^p <= 2^(p−1)·(a^p + b^p), the power being convex."""

    name = "moment of a gradient"
    formula = (
        "‖∇f‖ <= G, E‖g - ∇f‖**a <= sigma**a, a >= 1  ⟹  E‖g‖**a <= 2**(a-1)*(G**a + sigma**a)"
    )
    source = "convexity of t**a"
    uses = ("lipschitz", "heavy_tailed")

    def conclude(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        alpha = self.constant(setting, "heavy_tailed", "alpha")
        sigma = self.constant(setting, "heavy_tailed", "sigma")
        largest = self.constant(setting, "lipschitz", "G")
        conditions = (Relation(alpha, ">=", ONE), nonnegative(sigma), nonnegative(largest))
        bound = TWO ** (alpha - 1) * (largest**alpha + sigma**alpha)
        return Conclusion(Moment(alpha, bound), conditions)


class VarianceMoment(Rule):
    """E‖g‖² = ‖∇f(x)‖² + E‖g − ∇f(x)‖² for unbiased g."""

    name = "second moment of a gradient"
    formula = "‖∇f‖ <= G, E‖g - ∇f‖² <= sigma²  ⟹  E‖g‖² <= G² + sigma²"
    source = "Pythagoras, the deviation having mean zero"
    uses = ("unbiased", "lipschitz", "bounded_variance")

    def conclude(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        self.require(setting)
        sigma = self.constant(setting, "bounded_variance", "sigma")
        largest = self.constant(setting, "lipschitz", "G")
        return Conclusion(Moment(TWO, largest**2 + sigma**2))


class AssumedMoment(Rule):
    """The claim's assumption ``bounded_second_moment(G)``."""

    name = "second moment of a gradient"
    formula = "E‖g‖² <= G²"
    source = "assumed"
    uses = ("bounded_second_moment",)

    def conclude(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        return Conclusion(Moment(TWO, self.constant(setting, "bounded_second_moment", "G") ** 2))


MOMENTS: tuple[Rule, ...] = (
    AssumedMoment(),
    VarianceMoment(),
    MinkowskiMoment(),
    ConvexMoment(),
)


def clipped_moment(premises: tuple[Statement, ...]) -> tuple[ClippedStep, Moment]:
    """The premises as a clipped step and a moment.

    Raises:
        NotApplicableError: they are others.
    """
    match premises:
        case (ClippedStep() as step, Moment() as moment):
            return step, moment
    raise NotApplicableError("a clipped step and a moment of the gradient are expected")


class SquareOfClipped(Rule):
    """‖clip(g)‖² = ‖clip(g)‖^(2−a)·‖clip(g)‖^a <= tau^(2−a)·‖g‖^a for 0 <= a <= 2."""

    name = "second moment of a clipped gradient"
    formula = "E‖g‖**a <= M, 0 <= a <= 2  ⟹  E‖clip(g)‖² <= tau**(2 - a)*M"
    source = "Zhang, Karimireddy, Veit, Kim, Reddi, Kumar and Sra 2020, Lemma 9"

    def conclude(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        step, moment = clipped_moment(premises)
        conditions = (nonnegative(moment.exponent), Relation(moment.exponent, "<=", TWO))
        bound = step.threshold ** (2 - moment.exponent) * moment.bound
        return Conclusion(ClippedSquare(bound), conditions)


class BiasOfClipped(Rule):
    """‖E clip(g) − E g‖ <= E‖g‖·1{‖g‖ > tau} <= tau^(1−a)·E‖g‖^a for a >= 1, and E g = ∇f(x)."""

    name = "bias of a clipped gradient"
    formula = "E g = ∇f(x), E‖g‖**a <= M, a >= 1  ⟹  ‖E clip(g) - ∇f(x)‖ <= tau**(1 - a)*M"
    source = "Zhang, Karimireddy, Veit, Kim, Reddi, Kumar and Sra 2020, Lemma 9"
    uses = ("unbiased",)

    def conclude(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        self.require(setting)
        step, moment = clipped_moment(premises)
        bound = step.threshold ** (1 - moment.exponent) * moment.bound
        return Conclusion(ClippedBias(bound), (Relation(moment.exponent, ">=", ONE),))


def _clipped_bounds(
    premises: tuple[Statement, ...],
) -> tuple[ClippedStep, ClippedBias, ClippedSquare]:
    match premises:
        case (ClippedStep() as step, ClippedBias() as bias, ClippedSquare() as square):
            return step, bias, square
    raise NotApplicableError("a clipped step with its bias and its second moment are expected")


class ClippedDescent(Rule):
    """The descent lemma for x⁺ = x − h·clip(g), the bias b = E clip(g) − ∇f(x) split off by

    Young's inequality: −h⟨∇f, ∇f + b⟩ <= −h(1 − w/2)‖∇f‖² + h‖b‖²/(2w).
    """

    name = "descent of a clipped step"
    formula = (
        "E f(x⁺) - f(x) <= -h*(1 - w/2)*‖∇f(x)‖² + h*‖E clip(g) - ∇f(x)‖²/(2*w) "
        "+ L*h**2/2*E‖clip(g)‖², w > 0"
    )
    source = "Nesterov 2018, Lemma 1.2.3; Young's inequality"
    uses = ("smooth",)

    def conclude(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        step, bias, square = _clipped_bounds(premises)
        smoothness = self.constant(setting, "smooth", "L")
        weight = arguments["weight"]
        cost = step.length * bias.bound**2 / (2 * weight)
        cost += smoothness * step.length**2 * square.bound / 2
        conditions = (positive(weight), nonnegative(step.length), nonnegative(smoothness))
        return Conclusion(_decrease(step.length * (1 - weight / 2), cost), conditions)


class BoundedGradientDescent(Rule):
    """The descent lemma again, with −h⟨∇f, b⟩ <= h·G·‖b‖ for ‖∇f‖ <= G."""

    name = "descent of a clipped step, bounded gradients"
    formula = "E f(x⁺) - f(x) <= -h*‖∇f(x)‖² + h*G*‖E clip(g) - ∇f(x)‖ + L*h**2/2*E‖clip(g)‖²"
    source = "Nesterov 2018, Lemma 1.2.3; Cauchy and Schwarz"
    uses = ("smooth", "lipschitz")

    def conclude(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        step, bias, square = _clipped_bounds(premises)
        smoothness = self.constant(setting, "smooth", "L")
        cost = step.length * self.constant(setting, "lipschitz", "G") * bias.bound
        cost += smoothness * step.length**2 * square.bound / 2
        conditions = (nonnegative(step.length), nonnegative(smoothness))
        return Conclusion(_decrease(step.length, cost), conditions)


def _decrease(gain: sympy.Expr, cost: sympy.Expr) -> OneStep:
    # the coefficients stay as they are: SymPy would split powers with symbolic exponents
    terms = ((NEXT_GAP, ONE), (GAP, -ONE), (GRADIENT_SQUARED, gain))
    return OneStep(Affine(terms, -cost), "<=", expected=True)


__all__ = [
    "MOMENTS",
    "BiasOfClipped",
    "BoundedGradientDescent",
    "ClippedBias",
    "ClippedDescent",
    "ClippedMethodStep",
    "ClippedSquare",
    "ClippedStep",
    "Moment",
    "SquareOfClipped",
]
