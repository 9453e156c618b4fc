"""Smoothness whose constant grows with the gradient or the value; third-order smoothness."""

from __future__ import annotations

from fractions import Fraction

from theoryck.algebra.units import CURVATURE, Unit, X
from theoryck.assumptions.base import Assumption, Quantity, Subject

L0_L1_SMOOTH = Assumption(
    name="l0_l1_smooth",
    quantities=(Quantity("L0", CURVATURE), Quantity("L1", X**-1)),
    subject=Subject.FUNCTION,
    definition="norm(hessian(x)) <= L0 + L1*norm(grad(x)) for every x",
    latex=r"\|\nabla^2 f(x)\| \le L_0 + L_1\|\nabla f(x)\|",
    source="Zhang, He, Sra and Jadbabaie 2020, Definition 1",
    conventions="l0_l1_smooth(L, 0) is smooth(L) for twice differentiable f",
    yields=("norm(grad(x))**2 <= (2*L0 + 3*L1*norm(grad(x)))*(f(x) - f_star)",),
)

SEMI_SMOOTH = Assumption(
    name="semi_smooth",
    quantities=(
        Quantity("c", Unit(x=Fraction(-1), f=Fraction(1, 2))),
        Quantity("beta", CURVATURE),
    ),
    subject=Subject.FUNCTION,
    definition=(
        "f(x) <= f(y) + <grad(y), x - y> + c*norm(x - y)*sqrt(f(y)) + (beta/2)*norm(x - y)**2 "
        "for every x, y"
    ),
    latex=(
        r"f(x) \le f(y) + \langle\nabla f(y), x - y\rangle + c\|x - y\|\sqrt{f(y)} "
        r"+ \tfrac{\beta}{2}\|x - y\|^2"
    ),
    source="Allen-Zhu, Li and Song 2019, Theorem 4",
    conventions="f is nonnegative, as a training loss is",
)

HESSIAN_LIPSCHITZ = Assumption(
    name="hessian_lipschitz",
    quantities=(Quantity("rho", CURVATURE / X),),
    subject=Subject.FUNCTION,
    definition="norm(hessian(x) - hessian(y)) <= rho*norm(x - y) for every x, y",
    latex=r"\|\nabla^2 f(x) - \nabla^2 f(y)\| \le \rho\|x - y\|",
    source="Nesterov and Polyak 2006, Section 2",
    yields=("norm(grad(y) - grad(x) - hessian(x) @ (y - x)) <= rho/2*norm(y - x)**2",),
)

ALL = (L0_L1_SMOOTH, SEMI_SMOOTH, HESSIAN_LIPSCHITZ)
