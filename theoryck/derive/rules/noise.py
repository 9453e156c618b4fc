"""Expectations over the draws of one step, given everything before them."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from theoryck.derive.rules.base import Conclusion, NotApplicableError, Rule, one_step
from theoryck.derive.setting import Setting, Stuck, traced_step
from theoryck.derive.statements import (
    GRADIENT_SQUARED,
    Affine,
    Arrow,
    Direction,
    Inner,
    OneStep,
    Quantity,
    Statement,
    affine,
    inner,
)
from theoryck.derive.symbols import ONE, ZERO


class Expectation(Rule):
    """Takes expectations: an unbiased deviation is orthogonal to all that came before it."""

    name = "expectation"
    formula = "E⟨u, g - ∇f(x)⟩ = 0 for every u known before g is drawn"
    source = "Robbins and Monro 1951; tower property"
    uses = ("unbiased",)

    def conclude(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        (premise,) = premises
        step = one_step(premise)
        if step.expected:
            raise NotApplicableError("the premise is in expectation already")
        self.require(setting)
        kept = {q: c for q, c in step.form.terms if not self._vanishes(q)}
        return Conclusion(OneStep(affine(kept, step.form.constant), step.relation, True))

    def _vanishes(self, quantity: Quantity) -> bool:
        if not isinstance(quantity, Inner) or quantity.left == quantity.right:
            return False
        noise = [a for a in (quantity.left, quantity.right) if a.direction is Direction.NOISE]
        if not noise:
            return False
        later = max(noise)
        other = quantity.left if quantity.right == later else quantity.right
        if other.at == 0 and (other.direction is not Direction.NOISE or other < later):
            return True
        raise NotApplicableError(f"{quantity}: {other} depends on the draw")


class NoiseRule(Rule):
    """A bound on E‖g − ∇f(x)‖² for the mean g of a batch of independent draws."""

    def conclude(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        self.require(setting)
        number = int(arguments["number"])
        try:
            batches = traced_step(setting).batches
        except Stuck as stuck:
            raise NotApplicableError(str(stuck)) from stuck
        if premises or not 0 <= number < len(batches):
            raise NotApplicableError(f"{self.name}: no such draw")
        noise = Arrow(Direction.NOISE, 0, number)
        form = affine({inner(noise, noise): ONE}).plus(self.one_draw(setting), -1 / batches[number])
        return Conclusion(OneStep(form, "<=", expected=True))

    @abstractmethod
    def one_draw(self, setting: Setting) -> Affine:
        """An upper bound on E‖g − ∇f(x)‖² for a single draw g."""


class BoundedVariance(NoiseRule):
    """The claim's assumption ``bounded_variance(sigma)``; draws of a batch are independent."""

    name = "bounded variance"
    formula = "E‖g - ∇f(x)‖² <= sigma**2/batch"
    source = "Ghadimi and Lan 2013, Assumption A1"
    uses = ("unbiased", "bounded_variance")

    def one_draw(self, setting: Setting) -> Affine:
        return affine({}, self.constant(setting, "bounded_variance", "sigma") ** 2)


class BoundedSecondMoment(NoiseRule):
    """The claim's assumption ``bounded_second_moment(G)``, less the mean's own square."""

    name = "bounded second moment"
    formula = "E‖g - ∇f(x)‖² = E‖g‖² - ‖∇f(x)‖² <= G**2 - ‖∇f(x)‖²  (over the batch)"
    source = "Nemirovski, Juditsky, Lan and Shapiro 2009, Equation 2.4"
    uses = ("unbiased", "bounded_second_moment")

    def one_draw(self, setting: Setting) -> Affine:
        bound = self.constant(setting, "bounded_second_moment", "G")
        return affine({GRADIENT_SQUARED: -ONE}, bound**2)


class StrongGrowth(NoiseRule):
    """The claim's assumption ``strong_growth(rho)``, less the mean's own square."""

    name = "strong growth"
    formula = "E‖g - ∇f(x)‖² = E‖g‖² - ‖∇f(x)‖² <= (rho - 1)*‖∇f(x)‖²  (over the batch)"
    source = "Vaswani, Bach and Schmidt 2019"
    uses = ("unbiased", "strong_growth")

    def one_draw(self, setting: Setting) -> Affine:
        growth = self.constant(setting, "strong_growth", "rho")
        return affine({GRADIENT_SQUARED: growth - 1}, ZERO)


NOISE_RULES: tuple[NoiseRule, ...] = (StrongGrowth(), BoundedVariance(), BoundedSecondMoment())
