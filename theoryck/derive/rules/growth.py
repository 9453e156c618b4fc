"""What growth conditions give at a point."""

from __future__ import annotations

import sympy

from theoryck.derive.relations import Relation
from theoryck.derive.rules.base import PointRule, nonnegative, positive
from theoryck.derive.rules.curvature import Terms, at_point
from theoryck.derive.setting import Setting
from theoryck.derive.statements import GAP, GRADIENT_SQUARED
from theoryck.derive.symbols import ONE, ZERO


class PolyakLojasiewicz(PointRule):
    """The claim's assumption ``pl(mu)``."""

    name = "Polyak–Łojasiewicz inequality"
    formula = "(1/2)*‖∇f(x)‖² >= mu*(f(x) - f*)"
    source = "Polyak 1963; assumed"
    uses = ("pl",)

    def inequality(self, setting: Setting, at: int) -> Terms:
        mu = self.constant(setting, "pl", "mu")
        return at_point({GAP: 2 * mu, GRADIENT_SQUARED: -ONE}, at), ZERO, ()


class ErrorBound(PointRule):
    """The claim's assumption ``error_bound(delta)``, whose constant is not halved."""

    name = "error bound"
    formula = "‖∇f(x)‖² >= delta*(f(x) - f*)"
    source = "Karimi, Nutini and Schmidt 2016; assumed"
    uses = ("error_bound",)

    def inequality(self, setting: Setting, at: int) -> Terms:
        delta = self.constant(setting, "error_bound", "delta")
        return at_point({GAP: delta, GRADIENT_SQUARED: -ONE}, at), ZERO, ()


class KurdykaLojasiewiczHalf(PointRule):
    """The claim's assumption ``kl(1/2, c)``, squared: it is the error bound with δ = c²."""

    name = "Kurdyka–Łojasiewicz inequality with exponent 1/2"
    formula = "‖∇f(x)‖² >= c**2*(f(x) - f*)"
    source = "Attouch, Bolte, Redont and Soubeyran 2010; assumed"
    uses = ("kl",)

    def inequality(self, setting: Setting, at: int) -> Terms:
        factor = self.constant(setting, "kl", "c")
        alpha = self.constant(setting, "kl", "alpha")
        conditions = (Relation(alpha, "==", sympy.Rational(1, 2)), nonnegative(factor))
        return at_point({GAP: factor**2, GRADIENT_SQUARED: -ONE}, at), ZERO, conditions


class StrongConvexityIsPL(PointRule):
    """Minimising both sides of the strong convexity inequality over y."""

    name = "strong convexity gives the Polyak–Łojasiewicz inequality"
    formula = "‖∇f(x)‖² >= 2*mu*(f(x) - f*)"
    source = "Nesterov 2018, Theorem 2.1.10"
    uses = ("strongly_convex",)

    def inequality(self, setting: Setting, at: int) -> Terms:
        mu = self.constant(setting, "strongly_convex", "mu")
        return at_point({GAP: 2 * mu, GRADIENT_SQUARED: -ONE}, at), ZERO, (positive(mu),)


class BoundedGradient(PointRule):
    """The claim's assumption ``lipschitz(G)``."""

    name = "bounded subgradients"
    formula = "‖g‖² <= G**2"
    source = "Nesterov 2018, Section 3.2.1; assumed"
    uses = ("lipschitz",)

    def inequality(self, setting: Setting, at: int) -> Terms:
        bound = self.constant(setting, "lipschitz", "G")
        # norm(g) <= G allows no negative G, so that squaring is right wherever the class is not
        # empty
        return at_point({GRADIENT_SQUARED: ONE}, at), -(bound**2), ()


POINT_RULES: tuple[PointRule, ...] = (
    PolyakLojasiewicz(),
    ErrorBound(),
    KurdykaLojasiewiczHalf(),
    StrongConvexityIsPL(),
    BoundedGradient(),
)
