"""Assumptions of one's own: the restricted secant inequality and the error bound at x*.

The rate is that of Guille-Escuret et al. 2022. For claim files, name this file on the command
line: theoryck check claims.toml --methods examples/own_assumptions.py
"""

from theoryck import Assumption, Quantity, Slack, check, dot
from theoryck.algebra.units import CURVATURE
from theoryck.assumptions import Subject


def below(values, at, trace):
    """<g, x - x*> >= mu*norm(x - x*)**2 at an evaluated point."""
    g, step, mu = at.gradient, at.point - trace.x_star, values["mu"]
    yield Slack(f"secant({at.label})", lambda: dot(g, step) - mu * dot(step, step))


def above(values, at, trace):
    """norm(g) <= L*norm(x - x*) at an evaluated point, squared."""
    g, step, L = at.gradient, at.point - trace.x_star, values["L"]
    yield Slack(f"growth({at.label})", lambda: L * L * dot(step, step) - dot(g, g))


SECANT = Assumption(
    name="secant",
    quantities=(Quantity("mu", CURVATURE),),
    subject=Subject.FUNCTION,
    definition="<grad(x), x - x_star> >= mu*norm(x - x_star)**2",
    latex=r"\langle\nabla f(x), x - x^\star\rangle \ge \mu\|x - x^\star\|^2",
    source="Guille-Escuret et al. 2022",
    at_point=below,
    has_minimiser=True,
)
GROWTH = Assumption(
    name="growth",
    quantities=(Quantity("L", CURVATURE),),
    subject=Subject.FUNCTION,
    definition="norm(grad(x)) <= L*norm(x - x_star)",
    latex=r"\|\nabla f(x)\| \le L\|x - x^\star\|",
    source="Guille-Escuret et al. 2022",
    at_point=above,
    has_minimiser=True,
)

claim = {
    "id": "gd-secant-growth",
    "parameters": {"L": "L > 0", "mu": "0 < mu <= L", "N": "integer, N >= 1"},
    "method": "gradient_descent(step=mu/L**2)",
    "assumptions": ["secant(mu)", "growth(L)"],
    "measure": "norm(x[N] - x_star)**2",
    "bound": "(1 - mu**2/L**2)**N*norm(x[0] - x_star)**2",
    "at": [{"L": 1, "mu": "1/3", "N": 3}],
}

if __name__ == "__main__":
    verdict = check(claim, assumptions=(SECANT, GROWTH))
    print(f"{verdict.id}: {verdict.status} ({verdict.scope})")
