"""Convexity and smoothness: bounds from below and above on the curvature of f."""

from __future__ import annotations

from theoryck.algebra import NumberSystem
from theoryck.algebra.units import CURVATURE
from theoryck.assumptions.base import Assumption, Curvature, Quantity, Subject, Values


def _convex(values: Values, numbers: NumberSystem) -> Curvature:
    return Curvature(lower=numbers.integer(0))


def _strongly_convex(values: Values, numbers: NumberSystem) -> Curvature:
    return Curvature(lower=values["mu"])


def _weakly_convex(values: Values, numbers: NumberSystem) -> Curvature:
    return Curvature(lower=-values["rho"])


def _smooth(values: Values, numbers: NumberSystem) -> Curvature:
    return Curvature(lower=-values["L"], upper=values["L"])


CONVEX = Assumption(
    name="convex",
    quantities=(),
    subject=Subject.FUNCTION,
    definition="f(y) >= f(x) + <g, y - x> for every x, y and every subgradient g of f at x",
    latex=r"f(y) \ge f(x) + \langle g, y - x\rangle \quad \forall x, y,\ g \in \partial f(x)",
    source="Rockafellar 1970, Section 23",
    curvature=_convex,
    enough=_convex,
    interpolation=True,
    kept_by_means=True,
)

STRONGLY_CONVEX = Assumption(
    name="strongly_convex",
    quantities=(Quantity("mu", CURVATURE),),
    subject=Subject.FUNCTION,
    definition="f - (mu/2)*norm(.)**2 is convex",
    latex=r"f - \tfrac{\mu}{2}\|\cdot\|^2 \text{ is convex}",
    source="Nesterov 2018, Definition 2.1.3",
    curvature=_strongly_convex,
    enough=_strongly_convex,
    interpolation=True,
    kept_by_means=True,
    has_minimiser=True,
)

WEAKLY_CONVEX = Assumption(
    name="weakly_convex",
    quantities=(Quantity("rho", CURVATURE),),
    subject=Subject.FUNCTION,
    definition="f + (rho/2)*norm(.)**2 is convex",
    latex=r"f + \tfrac{\rho}{2}\|\cdot\|^2 \text{ is convex}",
    source="Davis and Drusvyatskiy 2019, Section 1",
    curvature=_weakly_convex,
    enough=_weakly_convex,
    interpolation=True,
    kept_by_means=True,
)

SMOOTH = Assumption(
    name="smooth",
    quantities=(Quantity("L", CURVATURE),),
    subject=Subject.FUNCTION,
    definition="norm(grad(x) - grad(y)) <= L*norm(x - y) for every x, y",
    latex=r"\|\nabla f(x) - \nabla f(y)\| \le L\|x - y\| \quad \forall x, y",
    source="Nesterov 2018, Section 1.2.2",
    curvature=_smooth,
    enough=_smooth,
    interpolation=True,
    kept_by_means=True,
)

QUADRATIC = Assumption(
    name="quadratic",
    quantities=(),
    subject=Subject.FUNCTION,
    definition="f(x) = (1/2)*<x, Q x> + <b, x> + c with a symmetric Q",
    latex=r"f(x) = \tfrac12\langle x, Qx\rangle + \langle b, x\rangle + c",
    source="Bousselmi, Hendrickx and Glineur 2024, Definition 2.1",
    kept_by_means=True,
    attains_minimum=True,
)

ALL = (CONVEX, STRONGLY_CONVEX, WEAKLY_CONVEX, SMOOTH, QUADRATIC)
