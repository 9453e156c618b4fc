"""Semi-smoothness: an upper model with a term in √f, for functions whose least value is zero."""

from __future__ import annotations

from typing import Any

import sympy

from theoryck.derive.relations import Relation
from theoryck.derive.rules.base import (
    Conclusion,
    NotApplicableError,
    Rule,
    nonnegative,
    positive,
)
from theoryck.derive.rules.step import against, displacement, length_squared
from theoryck.derive.setting import F_STAR, Setting
from theoryck.derive.statements import (
    GAP,
    GRADIENT,
    GRADIENT_SQUARED,
    NEXT_GAP,
    OneStep,
    Statement,
    affine,
)
from theoryck.derive.symbols import ONE, ZERO


class SemiSmoothDescent(Rule):
    """The semi-smooth upper model along the gradient, its root bounded by the error bound.

    With f* = 0 the error bound gives √f(x) <= ‖∇f(x)‖/√δ, so that for y = x + s·∇f(x) the term
    c·‖y − x‖·√f(x) is at most (c/√δ)·|s|·‖∇f(x)‖².
    """

    name = "semi-smoothness with an error bound"
    formula = (
        "f(y) <= f(x) + ⟨∇f(x), y - x⟩ + (beta/2)*‖y - x‖² + (c/sqrt(delta))*‖y - x‖*‖∇f(x)‖, "
        "f* = 0"
    )
    source = "Allen-Zhu, Li and Song 2019, Theorem 4"
    uses = ("semi_smooth", "error_bound")

    def conclude(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        (premise,) = premises
        step = displacement(premise)
        coupling = self.constant(setting, "semi_smooth", "c")
        beta = self.constant(setting, "semi_smooth", "beta")
        delta = self.constant(setting, "error_bound", "delta")
        if [arrow for arrow, _ in step.terms] != [GRADIENT]:
            raise NotApplicableError(f"{self.name} needs a step along the gradient")
        ((_, size),) = step.terms
        form = (
            affine({NEXT_GAP: ONE, GAP: -ONE})
            .plus(against(GRADIENT, step), -ONE)
            .plus(length_squared(step), -beta / 2)
            .plus(affine({GRADIENT_SQUARED: ONE}), -coupling * sympy.Abs(size) / sympy.sqrt(delta))
        )
        conditions = (Relation(F_STAR, "==", ZERO), nonnegative(coupling), positive(delta))
        return Conclusion(OneStep(form, "<="), conditions)
