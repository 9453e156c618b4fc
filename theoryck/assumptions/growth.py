"""How fast f and its gradient grow away from the minimisers."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from theoryck.algebra import Evaluation, Form, NumberSystem, Trace, dot
from theoryck.algebra.relaxed import RelaxedTrace
from theoryck.algebra.units import CURVATURE, GRADIENT, NONE, F, X
from theoryck.assumptions.base import Assumption, Curvature, Quantity, Slack, Subject, Values


def _gradient_dominates(at: Evaluation, trace: Trace, modulus: Any) -> Form:
    """‖∇f(x)‖² ≥ modulus·(f(x) − f*)."""
    return dot(at.gradient, at.gradient) / modulus - (at.value - trace.f_star)


def _pl(values: Values, at: Evaluation, trace: Trace) -> Iterator[Slack]:
    yield Slack(f"pl({at.label})", partial(_gradient_dominates, at, trace, 2 * values["mu"]))


def _error_bound(values: Values, at: Evaluation, trace: Trace) -> Iterator[Slack]:
    yield Slack(
        f"error_bound({at.label})", partial(_gradient_dominates, at, trace, values["delta"])
    )


def _kl(values: Values, at: Evaluation, trace: Trace) -> Iterator[Slack]:
    """Quadratic in the gradient only for α = 1/2, where it is the error bound with δ = c²."""
    if trace.numbers.sign(2 * values["alpha"] - 1) == 0:
        c = values["c"]
        yield Slack(f"kl({at.label})", partial(_gradient_dominates, at, trace, c * c))


def _growth(values: Values, at: Evaluation, trace: Trace) -> Iterator[Slack]:
    """With the minimiser p nearest to x: f(x) − f* ≥ (μ/2)‖x − p‖² and ‖x − p‖ ≤ ‖x − x*‖."""
    if not isinstance(trace, RelaxedTrace):
        return
    nearest = trace.nearest_minimiser(at)
    away, from_star = at.point - nearest.point, at.point - trace.x_star
    yield Slack(
        f"growth({at.label})",
        lambda: at.value - trace.f_star - dot(away, away) * (values["mu"] / 2),
    )
    yield Slack(f"nearest({at.label})", lambda: dot(from_star, from_star) - dot(away, away))


def _bounded_at_point(values: Values, at: Evaluation, trace: Trace) -> Iterator[Slack]:
    bound = values["G"]
    yield Slack(f"lipschitz({at.label})", lambda: bound * bound - dot(at.gradient, at.gradient))


def _bounded(values: Values, numbers: NumberSystem) -> Curvature:
    return Curvature(gradient=values["G"])


def _strong_enough_for_pl(values: Values, numbers: NumberSystem) -> Curvature:
    """μ-strong convexity implies μ-PL and μ quadratic growth (Karimi, Nutini and Schmidt 2016,
    Theorem 2)."""
    return Curvature(lower=values["mu"])


def _strong_enough_for_error_bound(values: Values, numbers: NumberSystem) -> Curvature:
    """μ-strong convexity implies the 2μ error bound."""
    return Curvature(lower=values["delta"] / 2)


LIPSCHITZ = Assumption(
    name="lipschitz",
    quantities=(Quantity("G", GRADIENT),),
    subject=Subject.FUNCTION,
    definition="norm(g) <= G for every (sub)gradient g of f",
    latex=r"\|g\| \le G \quad \forall g \in \partial f(x)",
    source="Nesterov 2018, Section 3.2.1",
    conventions=(
        "a bound on the gradients: a Lipschitz constant of f itself; smooth is that of the gradient"
    ),
    yields=(
        "abs(f(x) - f(y)) <= G*norm(x - y)",
        "norm(grad(x)) <= G",
    ),
    curvature=_bounded,
    at_point=_bounded_at_point,
    enough=_bounded,
    interpolation=True,
    kept_by_means=True,
)

PL = Assumption(
    name="pl",
    quantities=(Quantity("mu", CURVATURE),),
    subject=Subject.FUNCTION,
    definition="(1/2)*norm(grad(x))**2 >= mu*(f(x) - f_star) for every x",
    latex=r"\tfrac12\|\nabla f(x)\|^2 \ge \mu\,(f(x) - f^\star)",
    source="Polyak 1963; Karimi, Nutini and Schmidt 2016",
    conventions=(
        "with the half: pl(mu) is error_bound(2*mu); many sources write norm(grad(x))**2 >= "
        "mu*(f(x) - f_star), which is pl(mu/2) here"
    ),
    yields=(
        "norm(grad(x))**2 >= 2*mu*(f(x) - f_star)",
        "f(x) - f_star >= mu/2*dist(x, argmin)**2",
    ),
    at_point=_pl,
    of_the_minimum=True,
    stationary_is_optimal=True,
    enough=_strong_enough_for_pl,
)

ERROR_BOUND = Assumption(
    name="error_bound",
    quantities=(Quantity("delta", CURVATURE),),
    subject=Subject.FUNCTION,
    definition="norm(grad(x))**2 >= delta*(f(x) - f_star) for every x",
    latex=r"\|\nabla f(x)\|^2 \ge \delta\,(f(x) - f^\star)",
    source="Karimi, Nutini and Schmidt 2016, with its constant not halved",
    conventions=(
        "without a half: error_bound(delta) is pl(delta/2), so delta = 2*mu; it bounds the gap of "
        "the value, not the distance to the minimisers as other error bounds do"
    ),
    yields=("f(x) - f_star <= norm(grad(x))**2/delta",),
    at_point=_error_bound,
    of_the_minimum=True,
    stationary_is_optimal=True,
    enough=_strong_enough_for_error_bound,
)

KL = Assumption(
    name="kl",
    quantities=(
        Quantity("alpha", NONE, positive=False),
        Quantity("c", GRADIENT, unit_powers=(("alpha", F**-1),)),
    ),
    subject=Subject.FUNCTION,
    definition="norm(grad(x)) >= c*(f(x) - f_star)**alpha for every x, with 0 <= alpha < 1",
    latex=r"\|\nabla f(x)\| \ge c\,(f(x) - f^\star)^{\alpha}, \quad 0 \le \alpha < 1",
    source="Attouch, Bolte and Svaiter 2013, Definition 2.4 with a power desingulariser",
    conventions=(
        "c multiplies the power of the gap: kl(1/2, c) is error_bound(c**2); the desingulariser is "
        "phi(s) = s**(1 - alpha)/(c*(1 - alpha)), and the inequality holds everywhere, not only "
        "near a minimiser"
    ),
    at_point=_kl,
    of_the_minimum=True,
    stationary_is_optimal=True,
)

QUADRATIC_GROWTH = Assumption(
    name="quadratic_growth",
    quantities=(Quantity("mu", CURVATURE),),
    subject=Subject.FUNCTION,
    definition="f(x) - f_star >= (mu/2)*dist(x, argmin f)**2 for every x",
    latex=r"f(x) - f^\star \ge \tfrac{\mu}{2}\,\mathrm{dist}(x, \arg\min f)^2",
    source="Karimi, Nutini and Schmidt 2016, Section 2.3",
    conventions="with the half, as in strong convexity; the distance is to the nearest minimiser",
    at_point=_growth,
    enough=_strong_enough_for_pl,
    has_minimiser=True,
    of_the_minimum=True,
)

STRICT_SADDLE = Assumption(
    name="strict_saddle",
    quantities=(
        Quantity("alpha", CURVATURE),
        Quantity("beta", CURVATURE),
        Quantity("epsilon", GRADIENT),
        Quantity("delta", X),
    ),
    subject=Subject.FUNCTION,
    definition=(
        "at every x: norm(grad(x)) >= epsilon, or lambda_min(hessian(x)) <= -beta, or x is within "
        "delta of a local minimum around which f is alpha-strongly convex on a 2*delta ball"
    ),
    latex=(
        r"\|\nabla f(x)\| \ge \epsilon \ \lor\ \lambda_{\min}(\nabla^2 f(x)) \le -\beta \ \lor\ "
        r"\exists x^\star: \|x - x^\star\| \le \delta,\ f \text{ is } \alpha\text{-strongly "
        r"convex on } B(x^\star, 2\delta)"
    ),
    source="Ge, Huang, Jin and Yuan 2015, Definition 2",
    conventions="beta > 0 bounds the most negative eigenvalue: it is at most -beta at a saddle",
    of_the_minimum=True,
)

ALL = (LIPSCHITZ, PL, ERROR_BOUND, KL, QUADRATIC_GROWTH, STRICT_SADDLE)
