"""The quadratic model of a strict saddle, and a start that is off its stable directions."""

from __future__ import annotations

from theoryck.algebra.units import CURVATURE, X
from theoryck.assumptions.base import Assumption, Quantity, Subject

QUADRATIC_SADDLE = Assumption(
    name="quadratic_saddle",
    quantities=(Quantity("gamma", CURVATURE), Quantity("r", X)),
    subject=Subject.FUNCTION,
    definition=(
        "f(x) = f(s) + (1/2)*dot(x - s, H@(x - s)) for some s, H@v == -lam*v for a unit vector v "
        "and lam >= gamma, and abs(dot(v, x[0] - s)) >= r"
    ),
    latex=(
        r"f(x) = f(s) + \tfrac12\langle x - s, H(x - s)\rangle, \quad Hv = -\lambda v,\ \|v\| = 1,"
        r"\ \lambda \ge \gamma, \quad |\langle v, x_0 - s\rangle| \ge r"
    ),
    source="Lee, Simchowitz, Jordan and Recht 2016, Section 2",
    conventions=(
        "gamma > 0 bounds the negative curvature; r is the size of the perturbation: how far the "
        "start is from the saddle s along an escaping direction. f has no minimum, so that f_star "
        "and x_star mean nothing beside it; the escape is told by norm(x[k] - x[0]), by "
        "norm(grad(x[k])) or by f(x[0]) - f(x[k])"
    ),
    yields=(
        "norm(grad(x[0])) >= gamma*r",
        "norm(x[k] - x[0]) >= ((1 + step*gamma)**k - 1)*r for gradient descent",
    ),
)

ALL = (QUADRATIC_SADDLE,)
