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
    yields=(
        "f(y) >= f(x) + dot(grad(x), y - x)",
        "f(x) - f_star <= dot(grad(x), x - x_star)",
        "dot(grad(x) - grad(y), x - y) >= 0",
    ),
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
    conventions=("f need not be differentiable: dot(g, .) stands for every subgradient g"),
    yields=(
        "f(y) >= f(x) + dot(grad(x), y - x) + mu/2*norm(y - x)**2",
        "f(x) - f_star >= mu/2*norm(x - x_star)**2",
        "f(x) - f_star <= norm(grad(x))**2/(2*mu)",
        "dot(grad(x) - grad(y), x - y) >= mu*norm(x - y)**2",
    ),
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
    conventions="weakly convex with rho is also called rho-hypoconvex; rho = 0 is convexity",
    yields=("f(y) >= f(x) + dot(grad(x), y - x) - rho/2*norm(y - x)**2",),
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
    conventions=(
        "L is the Lipschitz constant of the gradient, not of f; convexity is not part of it"
    ),
    yields=(
        "f(y) <= f(x) + dot(grad(x), y - x) + L/2*norm(y - x)**2",
        "f(y) >= f(x) + dot(grad(x), y - x) - L/2*norm(y - x)**2",
        "norm(grad(x))**2 <= 2*L*(f(x) - f_star)",
        "norm(grad(x)) <= L*norm(x - x_star)",
    ),
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
    conventions="Q may be indefinite unless convexity is assumed too",
    yields=("grad(x) - grad(y) == Q*(x - y)",),
    kept_by_means=True,
    attains_minimum=True,
)

ALL = (CONVEX, STRONGLY_CONVEX, WEAKLY_CONVEX, SMOOTH, QUADRATIC)
