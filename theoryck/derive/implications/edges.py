"""The theorems between assumptions, each with its constants, its proof in a line, its source.

The constants are those of the definitions in :mod:`theoryck.assumptions` (its conventions differ
from some of the sources: PL has a half, the error bound has none).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import sympy

from theoryck.derive.relations import Relation
from theoryck.derive.symbols import ONE, ZERO

HALF = sympy.Rational(1, 2)

Constants = Mapping[str, sympy.Expr]
Premises = Mapping[str, Constants]


@dataclass(frozen=True)
class Consequence:
    """The constants of what follows, and the relations that must hold for it to follow."""

    constants: Constants
    needs: tuple[Relation, ...] = ()


@dataclass(frozen=True)
class Edge:
    """All ``premises`` together imply ``conclusion``, with the constants of ``follows``."""

    premises: tuple[str, ...]
    conclusion: str
    follows: Callable[[Premises], Consequence]
    proof: str
    source: str


def _positive(value: sympy.Expr) -> Relation:
    return Relation(value, ">", ZERO)


def _nonnegative(value: sympy.Expr) -> Relation:
    return Relation(value, ">=", ZERO)


def _equal(left: sympy.Expr, right: sympy.Expr) -> Relation:
    return Relation(left, "==", right)


def _strong_to_pl(p: Premises) -> Consequence:
    mu = p["strongly_convex"]["mu"]
    return Consequence({"mu": mu}, (_positive(mu),))


def _strong_to_convex(p: Premises) -> Consequence:
    return Consequence({}, (_nonnegative(p["strongly_convex"]["mu"]),))


def _pl_to_growth(p: Premises) -> Consequence:
    return Consequence({"mu": p["pl"]["mu"]}, (_positive(p["pl"]["mu"]),))


def _growth_to_pl(p: Premises) -> Consequence:
    mu = p["quadratic_growth"]["mu"]
    return Consequence({"mu": mu / 4}, (_positive(mu),))


def _error_bound_to_kl(p: Premises) -> Consequence:
    delta = p["error_bound"]["delta"]
    return Consequence({"alpha": HALF, "c": sympy.sqrt(delta)}, (_nonnegative(delta),))


def _kl_to_error_bound(p: Premises) -> Consequence:
    alpha, c = p["kl"]["alpha"], p["kl"]["c"]
    return Consequence({"delta": c**2}, (_equal(alpha, HALF), _nonnegative(c)))


def _smooth_to_l0_l1(p: Premises) -> Consequence:
    return Consequence({"L0": p["smooth"]["L"], "L1": ZERO})


def _l0_to_smooth(p: Premises) -> Consequence:
    l0, l1 = p["l0_l1_smooth"]["L0"], p["l0_l1_smooth"]["L1"]
    return Consequence({"L": l0}, (_equal(l1, ZERO),))


def _l0_l1_lipschitz_to_smooth(p: Premises) -> Consequence:
    l0, l1 = p["l0_l1_smooth"]["L0"], p["l0_l1_smooth"]["L1"]
    return Consequence({"L": l0 + l1 * p["lipschitz"]["G"]}, (_nonnegative(l1),))


def _smooth_to_weak(p: Premises) -> Consequence:
    return Consequence({"rho": p["smooth"]["L"]})


def _weak_to_convex(p: Premises) -> Consequence:
    return Consequence({}, (Relation(p["weakly_convex"]["rho"], "<=", ZERO),))


def _variance_from_moment(p: Premises) -> Consequence:
    return Consequence({"sigma": p["bounded_second_moment"]["G"]})


def _lipschitz_from_moment(p: Premises) -> Consequence:
    g = p["bounded_second_moment"]["G"]
    return Consequence({"G": g}, (_nonnegative(g),))


def _moment_from_variance(p: Premises) -> Consequence:
    sigma, g = p["bounded_variance"]["sigma"], p["lipschitz"]["G"]
    return Consequence({"G": sympy.sqrt(sigma**2 + g**2)}, (_nonnegative(g),))


def _moment_by_minkowski(p: Premises) -> Consequence:
    sigma, g = p["bounded_variance"]["sigma"], p["lipschitz"]["G"]
    return Consequence({"G": sigma + g}, (_nonnegative(sigma), _nonnegative(g)))


def _moment_from_growth(p: Premises) -> Consequence:
    rho, g = p["strong_growth"]["rho"], p["lipschitz"]["G"]
    return Consequence({"G": sympy.sqrt(rho) * g}, (_nonnegative(rho), _nonnegative(g)))


def _variance_from_growth(p: Premises) -> Consequence:
    rho, g = p["strong_growth"]["rho"], p["lipschitz"]["G"]
    needs = (Relation(rho, ">=", ONE), _nonnegative(g))
    return Consequence({"sigma": sympy.sqrt(rho - 1) * g}, needs)


def _variance_to_tail(p: Premises) -> Consequence:
    sigma = p["bounded_variance"]["sigma"]
    return Consequence({"alpha": sympy.Integer(2), "sigma": sigma}, (_nonnegative(sigma),))


def _tail_to_variance(p: Premises) -> Consequence:
    alpha, sigma = p["heavy_tailed"]["alpha"], p["heavy_tailed"]["sigma"]
    return Consequence({"sigma": sigma}, (_equal(alpha, sympy.Integer(2)),))


def _strong_to_weak(p: Premises) -> Consequence:
    return Consequence({"rho": -p["strongly_convex"]["mu"]})


def _weak_to_strong(p: Premises) -> Consequence:
    return Consequence({"mu": -p["weakly_convex"]["rho"]})


def _smooth_by_landau(p: Premises) -> Consequence:
    g, rho = p["lipschitz"]["G"], p["hessian_lipschitz"]["rho"]
    return Consequence({"L": sympy.sqrt(2 * g * rho)}, (_nonnegative(g), _nonnegative(rho)))


def _silent_growth(p: Premises) -> Consequence:
    rho = p["strong_growth"]["rho"]
    return Consequence({"sigma": ZERO}, (Relation(rho, "<=", ONE),))


def _growth_of_quadratic(p: Premises) -> Consequence:
    mu = p["quadratic_growth"]["mu"]
    return Consequence({"mu": mu}, (_positive(mu),))


def _constant(**constants: sympy.Expr) -> Callable[[Premises], Consequence]:
    return lambda _: Consequence(constants)


KARIMI = "Karimi, Nutini and Schmidt 2016, Theorem 2"
BY_DEFINITION = "by definition"

EDGES: tuple[Edge, ...] = (
    Edge(
        ("strongly_convex",),
        "pl",
        _strong_to_pl,
        "minimise both sides of f(y) >= f(x) + <g, y - x> + (mu/2)*norm(y - x)**2 over y",
        "Nesterov 2018, Theorem 2.1.10",
    ),
    Edge(
        ("strongly_convex",),
        "convex",
        _strong_to_convex,
        "f is the sum of the convex functions f - (mu/2)*norm(.)**2 and (mu/2)*norm(.)**2",
        BY_DEFINITION,
    ),
    Edge(
        ("strongly_convex",),
        "quadratic_growth",
        _strong_to_pl,
        "a minimiser exists, and 0 is a subgradient there: put x = x_star in the definition",
        "Nesterov 2018, Theorem 2.1.8",
    ),
    Edge(
        ("pl",),
        "error_bound",
        lambda p: Consequence({"delta": 2 * p["pl"]["mu"]}),
        "the same inequality times 2",
        BY_DEFINITION,
    ),
    Edge(
        ("error_bound",),
        "pl",
        lambda p: Consequence({"mu": p["error_bound"]["delta"] / 2}),
        "the same inequality over 2",
        BY_DEFINITION,
    ),
    Edge(
        ("error_bound",),
        "kl",
        _error_bound_to_kl,
        "the square root of the inequality",
        BY_DEFINITION,
    ),
    Edge(("kl",), "error_bound", _kl_to_error_bound, "the square of the inequality", BY_DEFINITION),
    Edge(
        ("pl",),
        "quadratic_growth",
        _pl_to_growth,
        "the slope of sqrt(f - f_star) is at least sqrt(mu/2) off the minimisers, so that the "
        "distance to them is at most sqrt(f(x) - f_star)/sqrt(mu/2)",
        f"{KARIMI}; Aze and Corvellec 2004 for the distance",
    ),
    Edge(
        ("convex", "quadratic_growth"),
        "pl",
        _growth_to_pl,
        "f(x) - f_star <= <g, x - p> <= norm(g)*sqrt(2*(f(x) - f_star)/mu) with the nearest p",
        KARIMI,
    ),
    Edge(
        ("smooth",),
        "weakly_convex",
        _smooth_to_weak,
        "f(y) >= f(x) + <grad(x), y - x> - (L/2)*norm(y - x)**2",
        "Nesterov 2018, Lemma 1.2.3",
    ),
    Edge(
        ("convex",),
        "weakly_convex",
        _constant(rho=ZERO),
        "rho = 0 in the definition",
        BY_DEFINITION,
    ),
    Edge(
        ("weakly_convex",),
        "convex",
        _weak_to_convex,
        "f is the sum of the convex functions f + (rho/2)*norm(.)**2 and -(rho/2)*norm(.)**2",
        BY_DEFINITION,
    ),
    Edge(
        ("smooth",),
        "l0_l1_smooth",
        _smooth_to_l0_l1,
        "the Hessian, where it exists, is a limit of quotients of norm at most L",
        "Zhang, He, Sra and Jadbabaie 2020, Section 2",
    ),
    Edge(
        ("l0_l1_smooth",),
        "smooth",
        _l0_to_smooth,
        "the mean value inequality for the gradient",
        "Nesterov 2018, Lemma 1.2.2",
    ),
    Edge(
        ("l0_l1_smooth", "lipschitz"),
        "smooth",
        _l0_l1_lipschitz_to_smooth,
        "norm(hessian(x)) <= L0 + L1*G, and the mean value inequality",
        "Zhang, He, Sra and Jadbabaie 2020, Section 2",
    ),
    Edge(
        ("quadratic",),
        "hessian_lipschitz",
        _constant(rho=ZERO),
        "the Hessian is constant",
        BY_DEFINITION,
    ),
    Edge(
        ("strongly_convex",),
        "weakly_convex",
        _strong_to_weak,
        "rho = -mu in the definition",
        BY_DEFINITION,
    ),
    Edge(
        ("weakly_convex",),
        "strongly_convex",
        _weak_to_strong,
        "mu = -rho in the definition",
        BY_DEFINITION,
    ),
    Edge(
        ("hessian_lipschitz", "lipschitz"),
        "smooth",
        _smooth_by_landau,
        "along a line with direction v let phi = <grad, v>: abs(phi) <= G and phi' is "
        "rho-Lipschitz, so that abs(phi')**2 <= 2*G*rho",
        "Landau 1913; Hadamard 1914 on the whole line",
    ),
    *(
        Edge(
            ("quadratic", name),
            "convex",
            _constant(),
            "f is bounded below by f_star, so that Q has no negative eigenvalue",
            BY_DEFINITION,
        )
        for name in ("pl", "error_bound", "kl", "quadratic_growth")
    ),
    Edge(
        ("quadratic", "quadratic_growth"),
        "pl",
        _growth_of_quadratic,
        "the positive eigenvalues of Q are at least mu, hence Q**2 >= mu*Q",
        BY_DEFINITION,
    ),
    Edge(
        ("unbiased", "strong_growth"),
        "bounded_variance",
        _silent_growth,
        "E[norm(g - grad(x))**2] = E[norm(g)**2] - norm(grad(x))**2 <= (rho - 1)*norm(grad(x))**2",
        "the variance identity",
    ),
    Edge(
        ("unbiased", "bounded_second_moment"),
        "bounded_variance",
        _variance_from_moment,
        "E[norm(g - grad(x))**2] = E[norm(g)**2] - norm(grad(x))**2",
        "the variance identity",
    ),
    Edge(
        ("unbiased", "bounded_second_moment"),
        "lipschitz",
        _lipschitz_from_moment,
        "norm(E[g])**2 <= E[norm(g)**2]",
        "Jensen's inequality",
    ),
    Edge(
        ("unbiased", "bounded_variance", "lipschitz"),
        "bounded_second_moment",
        _moment_from_variance,
        "E[norm(g)**2] = E[norm(g - grad(x))**2] + norm(grad(x))**2",
        "the variance identity",
    ),
    Edge(
        ("bounded_variance", "lipschitz"),
        "bounded_second_moment",
        _moment_by_minkowski,
        "norm(g) <= norm(g - grad(x)) + norm(grad(x)) in the mean square",
        "Minkowski's inequality",
    ),
    Edge(
        ("strong_growth", "lipschitz"),
        "bounded_second_moment",
        _moment_from_growth,
        "E[norm(g)**2] <= rho*norm(grad(x))**2 <= rho*G**2",
        BY_DEFINITION,
    ),
    Edge(
        ("unbiased", "strong_growth", "lipschitz"),
        "bounded_variance",
        _variance_from_growth,
        "E[norm(g - grad(x))**2] = E[norm(g)**2] - norm(grad(x))**2 <= (rho - 1)*G**2",
        "the variance identity",
    ),
    Edge(
        ("strong_growth",),
        "interpolation",
        lambda p: Consequence({}),
        "at a minimiser E[norm(g)**2] <= rho*0",
        "Vaswani, Bach and Schmidt 2019, Section 2",
    ),
    Edge(
        ("bounded_variance",),
        "heavy_tailed",
        _variance_to_tail,
        "alpha = 2 in the definition",
        BY_DEFINITION,
    ),
    Edge(
        ("heavy_tailed",),
        "bounded_variance",
        _tail_to_variance,
        "alpha = 2 in the definition",
        BY_DEFINITION,
    ),
)


def weaker(name: str, known: Constants, claimed: Constants) -> tuple[Relation, ...] | None:
    """What makes an assumption with the constants ``claimed`` follow from ``known``.

    None: no way to compare its constants is known.
    """
    if not known and not claimed:
        return ()
    if name in ("bounded_variance", "bounded_second_moment"):
        (key,) = known
        return (Relation(known[key] ** 2, "<=", claimed[key] ** 2),)
    if name == "heavy_tailed":
        # the moments of order alpha grow with alpha (Lyapunov's inequality)
        return (
            _positive(claimed["alpha"]),
            Relation(claimed["alpha"], "<=", known["alpha"]),
            _nonnegative(known["sigma"]),
            Relation(known["sigma"], "<=", claimed["sigma"]),
        )
    if name not in DIRECTIONS:
        return None
    return tuple(Relation(claimed[key], sign, known[key]) for key, sign in DIRECTIONS[name].items())


# how the claimed constant must compare with the known one
DIRECTIONS: Mapping[str, Mapping[str, str]] = {
    "strongly_convex": {"mu": "<="},
    "pl": {"mu": "<="},
    "error_bound": {"delta": "<="},
    "quadratic_growth": {"mu": "<="},
    "kl": {"alpha": "==", "c": "<="},
    "weakly_convex": {"rho": ">="},
    "smooth": {"L": ">="},
    "lipschitz": {"G": ">="},
    "hessian_lipschitz": {"rho": ">="},
    "l0_l1_smooth": {"L0": ">=", "L1": ">="},
    "semi_smooth": {"c": ">=", "beta": ">="},
    "strong_growth": {"rho": ">="},
    "strict_saddle": {"alpha": "<=", "beta": "<=", "epsilon": "<=", "delta": "=="},
    "finite_sum": {"n": "=="},
}
