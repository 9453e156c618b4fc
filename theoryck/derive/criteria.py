"""What a twice differentiable function must satisfy to be in a class: expressions >= 0.

Each assumption on f becomes inequalities in the variables that hold everywhere on the domain
exactly when (or at least only when, see the notes) f has it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import combinations

import sympy

from theoryck.derive.symbols import ZERO


@dataclass(frozen=True)
class Goal:
    """``expr >= 0`` everywhere on the domain; ``name`` says what it is."""

    name: str
    expr: sympy.Expr


@dataclass(frozen=True)
class Smooth:
    """A formula with its derivatives, all as expressions in the variables.

    ``lowest`` is a number that f is proved never to be below, ``at`` a point of the domain where
    f has that value, if one is known.
    """

    value: sympy.Expr
    variables: tuple[sympy.Symbol, ...]
    gradient: tuple[sympy.Expr, ...]
    hessian: tuple[tuple[sympy.Expr, ...], ...]

    @property
    def slope(self) -> sympy.Expr:
        """‖∇f‖²."""
        return sum((g**2 for g in self.gradient), ZERO)


Constants = Mapping[str, sympy.Expr]


def semidefinite(name: str, matrix: tuple[tuple[sympy.Expr, ...], ...]) -> tuple[Goal, ...]:
    """A symmetric matrix is positive semidefinite iff no principal minor is negative."""
    size = len(matrix)
    goals = []
    for order in range(1, size + 1):
        for rows in combinations(range(size), order):
            minor = sympy.Matrix([[matrix[i][j] for j in rows] for i in rows]).det()
            label = name if size == 1 else f"{name}, minor {','.join(str(r + 1) for r in rows)}"
            goals.append(Goal(label, sympy.expand(minor) if order > 1 else minor))
    return tuple(goals)


def _shifted(f: Smooth, sign: int, amount: sympy.Expr) -> tuple[tuple[sympy.Expr, ...], ...]:
    """sign·∇²f + amount·I."""
    return tuple(
        tuple(sign * h + (amount if i == j else ZERO) for j, h in enumerate(row))
        for i, row in enumerate(f.hessian)
    )


def curvature_above(f: Smooth, amount: sympy.Expr) -> tuple[Goal, ...]:
    """∇²f ⪰ amount·I."""
    return semidefinite("smallest eigenvalue of the Hessian", _shifted(f, 1, -amount))


def curvature_within(f: Smooth, amount: sympy.Expr) -> tuple[Goal, ...]:
    """−amount·I ⪯ ∇²f ⪯ amount·I."""
    return (
        *semidefinite("the bound less the curvature", _shifted(f, -1, amount)),
        *semidefinite("the bound plus the curvature", _shifted(f, 1, amount)),
    )


def lipschitz(f: Smooth, constants: Constants) -> tuple[Goal, ...]:
    """‖∇f‖ ≤ G."""
    g = constants["G"]
    return Goal("G", g), Goal("G**2 less the squared gradient", g**2 - f.slope)


def l0_l1_smooth(f: Smooth, constants: Constants) -> tuple[Goal, ...]:
    """‖∇²f‖ ≤ L0 + L1‖∇f‖."""
    norm = sympy.Abs(f.gradient[0]) if len(f.variables) == 1 else sympy.sqrt(f.slope)
    return curvature_within(f, constants["L0"] + constants["L1"] * norm)


def hessian_lipschitz(f: Smooth, constants: Constants) -> tuple[Goal, ...]:
    """The squares of all third derivatives sum to at most rho² (enough; exact in one variable)."""
    third = sum(
        (sympy.diff(h, s) ** 2 for row in f.hessian for h in row for s in f.variables), ZERO
    )
    rho = constants["rho"]
    if len(f.variables) == 1:
        d3 = sympy.diff(f.hessian[0][0], f.variables[0])
        return Goal("rho less f'''", rho - d3), Goal("rho plus f'''", rho + d3)
    return Goal("rho", rho), Goal("rho**2 less the squared third derivatives", rho**2 - third)


def gradient_dominates(f: Smooth, lowest: sympy.Expr, modulus: sympy.Expr) -> tuple[Goal, ...]:
    """f ≥ v and ‖∇f‖² ≥ modulus·(f − v): enough whatever f* ≥ v is, and exact where v = f*."""
    return (
        Goal("the modulus", modulus),
        Goal(f"f less {lowest}", f.value - lowest),
        Goal(
            "the squared gradient less the modulus times the gap",
            f.slope - modulus * (f.value - lowest),
        ),
    )


def kl(f: Smooth, lowest: sympy.Expr, constants: Constants) -> tuple[Goal, ...] | None:
    """‖∇f‖ ≥ c (f − v)^α, raised to the power 2q where α = p/q; None for other exponents."""
    alpha, c = constants["alpha"], constants["c"]
    if not isinstance(alpha, sympy.Rational) or not 0 <= alpha < 1 or alpha.q > 12:
        return None
    gap = f.value - lowest
    return (
        Goal("c", c),
        Goal(f"f less {lowest}", gap),
        Goal(
            "the gradient less c times the gap's power, both raised",
            f.slope**alpha.q - c ** (2 * alpha.q) * gap ** (2 * alpha.p),
        ),
    )


def quadratic_growth(
    f: Smooth, minimiser: tuple[sympy.Expr, ...], mu: sympy.Expr
) -> tuple[Goal, ...]:
    """f(x) − f(p) ≥ (mu/2)‖x − p‖²: p is a minimiser, and no other is nearer."""
    distance = sum((s - p) ** 2 for s, p in zip(f.variables, minimiser, strict=True))
    lowest = f.value.subs(dict(zip(f.variables, minimiser, strict=True)))
    return (
        Goal("mu", mu),
        Goal("the gap less mu/2 times the squared distance", f.value - lowest - mu / 2 * distance),
    )


LOCAL: Mapping[str, Callable[[Smooth, Constants], tuple[Goal, ...]]] = {
    "convex": lambda f, c: curvature_above(f, ZERO),
    "strongly_convex": lambda f, c: curvature_above(f, c["mu"]),
    "weakly_convex": lambda f, c: curvature_above(f, -c["rho"]),
    "smooth": lambda f, c: curvature_within(f, c["L"]),
    "lipschitz": lipschitz,
    "l0_l1_smooth": l0_l1_smooth,
    "hessian_lipschitz": hessian_lipschitz,
}
"""The assumptions that ask for something at each point alone, whatever the minimum is."""

DOMINATION: Mapping[str, Callable[[Constants], sympy.Expr]] = {
    "pl": lambda c: 2 * c["mu"],
    "error_bound": lambda c: c["delta"],
}
"""The modulus in ‖∇f‖² ≥ modulus·(f − f*)."""
