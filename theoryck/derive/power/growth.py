"""Growth of one quantity as a power of another: ``q(x) >= c*V(x)**p`` wherever V(x) > 0."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy

from theoryck.derive.exact import equal
from theoryck.derive.printing import tidy, to_claim_text
from theoryck.derive.relations import Relation
from theoryck.derive.rules.base import (
    Conclusion,
    ConvexRule,
    NotApplicableError,
    Rule,
    nonnegative,
    one_step,
)
from theoryck.derive.rules.measures import STARTS
from theoryck.derive.setting import Setting, start_relation
from theoryck.derive.statements import (
    DISTANCE_SQUARED,
    GAP,
    GRADIENT_SQUARED,
    Quantity,
    Statement,
    shifted,
)
from theoryck.derive.symbols import ONE


@dataclass(frozen=True)
class Growth(Statement):
    """``quantity >= factor*base**exponent`` at every iterate where the base is positive."""

    quantity: Quantity
    base: Quantity
    factor: sympy.Expr
    exponent: sympy.Expr

    def same_as(self, other: object) -> bool:
        """The same quantities, with exactly equal factors and exponents."""
        return (
            isinstance(other, Growth)
            and (self.quantity, self.base) == (other.quantity, other.base)
            and equal(self.factor, other.factor)
            and equal(self.exponent, other.exponent)
        )

    def __str__(self) -> str:
        factor, exponent = (to_claim_text(tidy(e)) for e in (self.factor, self.exponent))
        return f"{self.quantity} >= {factor}*{self.base}**({exponent}) where {self.base} > 0"


class KurdykaLojasiewicz(Rule):
    """The claim's assumption ``kl(alpha, c)``, squared: c >= 0 and both sides are not negative."""

    name = "Kurdyka–Łojasiewicz inequality"
    formula = "‖∇f(x)‖² >= c**2*(f(x) - f*)**(2*alpha)"
    source = "Attouch, Bolte, Redont and Soubeyran 2010; assumed"
    uses = ("kl",)

    def conclude(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        self.require(setting)
        if premises:
            raise NotApplicableError(f"{self.name} takes no premises")
        alpha = self.constant(setting, "kl", "alpha")
        factor = self.constant(setting, "kl", "c")
        growth = Growth(GRADIENT_SQUARED, GAP, factor**2, 2 * alpha)
        return Conclusion(growth, (nonnegative(factor),))


class ConvexGrowth(ConvexRule):
    """Convexity with iterates that never move away from the minimiser.

    f(x) − f* <= ⟨∇f(x), x − x*⟩ <= ‖∇f(x)‖·‖x − x*‖, and ‖x[k] − x*‖ <= ‖x[0] − x*‖ <= R.
    """

    name = "convexity in a ball"
    formula = "‖x[k+1] - x_star‖² <= ‖x[k] - x_star‖²  ⟹  ‖∇f(x[k])‖² >= (f(x[k]) - f*)**2/R**2"
    source = "Nesterov 2018, Theorem 2.1.14"

    def conclude(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        (premise,) = premises
        step = one_step(premise)
        wanted = {shifted(DISTANCE_SQUARED): ONE, DISTANCE_SQUARED: -ONE}
        if dict(step.form.terms) != wanted or step.form.constant != 0 or step.expected:
            raise NotApplicableError("the distance is not shown to be non-increasing")
        radius = radius_squared(setting, arguments["relation"])
        conditions = (*self.convexity(setting), Relation(radius, ">", sympy.Integer(0)))
        return Conclusion(Growth(GRADIENT_SQUARED, GAP, 1 / radius, sympy.Integer(2)), conditions)


def radius_squared(setting: Setting, relation: int | None) -> sympy.Expr:
    """R² from the initial condition of that number; without one, the distance itself."""
    return start_upper(setting, DISTANCE_SQUARED, relation)


def start_upper(setting: Setting, potential: Quantity, relation: int | None) -> sympy.Expr:
    """What the potential is at x[0], or the upper bound that an initial condition sets.

    Raises:
        NotApplicableError: the initial condition says something else.
    """
    start = STARTS[potential]
    if relation is None:
        return start
    found = start_relation(setting.initial[relation])
    if found is None:
        raise NotApplicableError(f"{setting.initial[relation]} is no upper bound on the start")
    quantity, upper = found
    if quantity == start:
        return upper
    if quantity**2 == start:
        return upper**2
    raise NotApplicableError(f"{setting.initial[relation]} does not bound the potential")
