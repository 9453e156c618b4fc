"""What growth conditions give at a point."""

from __future__ import annotations

from theoryck.derive.rules.base import PointRule, positive
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
    StrongConvexityIsPL(),
    BoundedGradient(),
)
