"""Convexity and smoothness: bounds from below and above on the curvature of f."""

from __future__ import annotations

from theoryck.algebra.units import CURVATURE
from theoryck.assumptions.base import Assumption, Quantity, Subject

CONVEX = Assumption(
    name="convex",
    quantities=(),
    subject=Subject.FUNCTION,
    definition="f(y) >= f(x) + <g, y - x> for every x, y and every subgradient g of f at x",
    latex=r"f(y) \ge f(x) + \langle g, y - x\rangle \quad \forall x, y,\ g \in \partial f(x)",
    source="Rockafellar 1970, Section 23",
)

STRONGLY_CONVEX = Assumption(
    name="strongly_convex",
    quantities=(Quantity("mu", CURVATURE),),
    subject=Subject.FUNCTION,
    definition="f - (mu/2)*norm(.)**2 is convex",
    latex=r"f - \tfrac{\mu}{2}\|\cdot\|^2 \text{ is convex}",
    source="Nesterov 2018, Definition 2.1.3",
)

WEAKLY_CONVEX = Assumption(
    name="weakly_convex",
    quantities=(Quantity("rho", CURVATURE),),
    subject=Subject.FUNCTION,
    definition="f + (rho/2)*norm(.)**2 is convex",
    latex=r"f + \tfrac{\rho}{2}\|\cdot\|^2 \text{ is convex}",
    source="Davis and Drusvyatskiy 2019, Section 1",
)

SMOOTH = Assumption(
    name="smooth",
    quantities=(Quantity("L", CURVATURE),),
    subject=Subject.FUNCTION,
    definition="norm(grad(x) - grad(y)) <= L*norm(x - y) for every x, y",
    latex=r"\|\nabla f(x) - \nabla f(y)\| \le L\|x - y\| \quad \forall x, y",
    source="Nesterov 2018, Section 1.2.2",
)

QUADRATIC = Assumption(
    name="quadratic",
    quantities=(),
    subject=Subject.FUNCTION,
    definition="f(x) = (1/2)*<x, Q x> + <b, x> + c with a symmetric Q",
    latex=r"f(x) = \tfrac12\langle x, Qx\rangle + \langle b, x\rangle + c",
    source="Bousselmi, Hendrickx and Glineur 2024, Definition 2.1",
)

ALL = (CONVEX, STRONGLY_CONVEX, WEAKLY_CONVEX, SMOOTH, QUADRATIC)
