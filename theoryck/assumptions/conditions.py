"""The inequalities that assumptions give at traced points, generic over the coefficients.

Assumptions on one function sharpen each other (convex and smooth together give
co-coercivity), so the bounds on the curvature are gathered first and one inequality is
written for them; the rest is added point by point. Every inequality here *holds* for every
function of the class. Whether together they are interpolation conditions, so that numbers
that meet them belong to some function of the class, is said by :func:`sufficient_curvature`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import permutations
from typing import Any

from theoryck.algebra import Evaluation, Form, NumberSystem, Sample, Trace, dot
from theoryck.errors import DomainError


@dataclass(frozen=True)
class Assumed:
    """An assumption by name, with the values of its parameters."""

    name: str
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Slack:
    """A named quantity that is non-negative (zero if ``equality``); built on demand.

    ``distant`` marks a pair of points that are neither consecutive nor with x*: most proofs
    do without them.
    """

    name: str
    build: Callable[[], Form]
    equality: bool = False
    distant: bool = False

    def form(self) -> Form:
        """The quantity; raises DomainError where a constant of the class makes it undefined."""
        try:
            return self.build()
        except ZeroDivisionError as error:
            raise DomainError(f"{self.name}: a division by zero") from error


@dataclass(frozen=True)
class Curvature:
    """f − (lower/2)‖·‖² is convex and (upper/2)‖·‖² − f is convex; None means no bound."""

    lower: Any | None
    upper: Any | None


# A mean of functions with these properties has them too; the others are lost in a finite sum.
KEPT_BY_MEANS = frozenset(
    {"convex", "strongly_convex", "weakly_convex", "smooth", "quadratic", "lipschitz"}
)


def of_the_mean(assumed: Sequence[Assumed]) -> tuple[Assumed, ...]:
    """What is known of f itself when the assumptions speak about the terms of a finite sum."""
    names = {a.name for a in assumed}
    if "finite_sum" not in names:
        return tuple(assumed)
    lost = {"pl", "error_bound", "kl", "quadratic_growth"}
    return tuple(a for a in assumed if a.name not in lost)


def curvature(assumed: Sequence[Assumed], numbers: NumberSystem) -> Curvature:
    """The best bounds on the curvature that the assumptions imply, all of them necessary."""
    lower: list[Any] = []
    upper: list[Any] = []
    for a in assumed:
        match a.name:
            case "convex":
                lower.append(numbers.integer(0))
            case "strongly_convex":
                lower.append(a.values["mu"])
            case "weakly_convex":
                lower.append(-a.values["rho"])
            case "smooth":
                lower.append(-a.values["L"])
                upper.append(a.values["L"])
    return Curvature(_best(lower, numbers, 1), _best(upper, numbers, -1))


def sufficient_curvature(assumed: Sequence[Assumed], numbers: NumberSystem) -> Curvature | None:
    """Bounds on the curvature that put a function into the class, or None if none are known.

    With a deterministic oracle (zero noise), a function within these bounds meets every
    assumption: a μ-strongly convex function is μ-PL and has the 2μ error bound (Karimi, Nutini
    and Schmidt 2016, Theorem 2). Bounded gradients are kept only beside convexity alone, where
    ``norm(g) <= G`` at the points interpolates (Taylor, Hendrickx and Glineur 2017, Theorem 3.5).
    """
    lower: list[Any] = []
    upper: list[Any] = []
    bounded = False
    for a in assumed:
        match a.name:
            case "convex" | "strongly_convex" | "weakly_convex" | "smooth":
                here = curvature((a,), numbers)
                lower.append(here.lower)
                upper += [here.upper] if here.upper is not None else []
            case "pl" | "quadratic_growth":
                lower.append(a.values["mu"])
            case "error_bound":
                lower.append(a.values["delta"] / 2)
            case "strong_growth":
                if numbers.sign(a.values["rho"] - 1) < 0:
                    return None
            case "lipschitz" | "bounded_second_moment":
                bounded = True
            case "unbiased" | "bounded_variance" | "heavy_tailed" | "finite_sum" | "interpolation":
                pass  # zero noise and equal terms have these
            case _:
                return None
    found = Curvature(_best(lower, numbers, 1), _best(upper, numbers, -1))
    if found.lower is None or (found.upper is None and numbers.sign(found.lower) < 0):
        return None
    if bounded and not (found.upper is None and numbers.sign(found.lower) == 0):
        return None
    if found.upper is not None and numbers.sign(found.upper - found.lower) < 0:
        return None
    return found


def _best(values: Sequence[Any], numbers: NumberSystem, direction: int) -> Any | None:
    best = None
    for value in values:
        if best is None or numbers.sign(value - best) == direction:
            best = value
    return best


def curvature_gap(
    i: Evaluation, j: Evaluation, lower: Any, upper: Any | None, degenerate: bool = False
) -> Form:
    """The interpolation condition of F_{μ,L} for the ordered pair (i, j), as a slack:

    f_i − f_j − ⟨g_j, x_i − x_j⟩ − [‖Δg‖²/L + μ‖Δx‖² − (2μ/L)⟨Δg, Δx⟩] / (2(1 − μ/L)),

    without smoothness (``upper`` None) or where μ = L (``degenerate``) the bracket is μ‖Δx‖²
    and the divisor 2. Source: Taylor, Hendrickx and Glineur 2017, Theorem 4; for μ < 0 Rotaru,
    Glineur and Patrinos 2022.
    """
    dx, dg = i.point - j.point, i.gradient - j.gradient
    linear = i.value - j.value - dot(j.gradient, dx)
    if upper is None or degenerate:
        return linear - dot(dx, dx) * (lower / 2)
    scale = 2 * (upper - lower)
    return (
        linear
        - dot(dg, dg) / scale
        - dot(dx, dx) * (lower * upper / scale)
        + dot(dg, dx) * (2 * lower / scale)
    )


def function_slacks(
    assumed: Sequence[Assumed], trace: Trace, *, minimiser: bool
) -> Iterator[Slack]:
    """Every inequality of the function's assumptions at the trace's evaluations.

    ``minimiser`` says whether x* exists as a point; f* = inf f always does.
    """
    numbers = trace.numbers
    assumed = of_the_mean(assumed)
    bounds = curvature(assumed, numbers)
    points = tuple(trace.evaluations)
    if bounds.lower is not None:
        everywhere = (trace.optimum, *points) if minimiser else points
        yield from _pair_slacks(everywhere, bounds, numbers)
    convex = bounds.lower is not None and numbers.sign(bounds.lower) >= 0
    for i in points:
        if not (minimiser and convex):
            yield Slack(f"optimum({i.label})", partial(_above_optimum, i, trace, bounds.upper))
        for a in assumed:
            yield from _point_slacks(a, i, trace)


def interpolation_slacks(
    bounds: Curvature, assumed: Sequence[Assumed], trace: Trace
) -> Iterator[Slack]:
    """Conditions that are also sufficient: numbers that meet them belong to a function with these
    bounds on its curvature, with x* as a global minimiser, and so to the assumed class when the
    bounds come from :func:`sufficient_curvature`."""
    numbers = trace.numbers
    yield from _pair_slacks((trace.optimum, *trace.evaluations), bounds, numbers)
    for i in trace.evaluations:
        if numbers.sign(bounds.lower) < 0:
            yield Slack(f"optimum({i.label})", partial(_above_optimum, i, trace, bounds.upper))
        for a in assumed:
            if a.name in ("lipschitz", "bounded_second_moment"):
                yield Slack(f"{a.name}({i.label})", partial(_bounded, i, a.values["G"]))


def _bounded(i: Evaluation, bound: Any) -> Form:
    """‖g‖ ≤ G, squared."""
    return bound * bound - dot(i.gradient, i.gradient)


def _pair_slacks(
    points: Sequence[Evaluation], bounds: Curvature, numbers: NumberSystem
) -> Iterator[Slack]:
    lower, upper = bounds.lower, bounds.upper
    degenerate = upper is not None and numbers.sign(upper - lower) == 0
    for (a, i), (b, j) in permutations(enumerate(points), 2):
        build = partial(curvature_gap, i, j, lower, upper, degenerate)
        distant = abs(a - b) > 1 and "x_star" not in (i.label, j.label)
        yield Slack(f"curvature({i.label},{j.label})", build, distant=distant)
        if degenerate:
            yield Slack(f"linear({i.label},{j.label})", partial(_linear_gradient, i, j, upper))


def _linear_gradient(i: Evaluation, j: Evaluation, upper: Any) -> Form:
    """−‖Δg − LΔx‖² ≥ 0: the gradient is that of (L/2)‖·‖²."""
    error = i.gradient - j.gradient - upper * (i.point - j.point)
    return -dot(error, error)


def _above_optimum(i: Evaluation, trace: Trace, upper: Any | None) -> Form:
    """f(x) − f* ≥ ‖∇f(x)‖²/(2L): one gradient step of length 1/L stays above f*."""
    gap = i.value - trace.f_star
    return gap if upper is None else gap - dot(i.gradient, i.gradient) / (2 * upper)


def _point_slacks(a: Assumed, i: Evaluation, trace: Trace) -> Iterator[Slack]:
    numbers = trace.numbers
    name = f"{a.name}({i.label})"
    match a.name:
        case "pl":
            yield Slack(name, partial(_gradient_dominates, i, trace, 2 * a.values["mu"]))
        case "error_bound":
            yield Slack(name, partial(_gradient_dominates, i, trace, a.values["delta"]))
        case "kl" if numbers.sign(2 * a.values["alpha"] - 1) == 0:
            c = a.values["c"]
            yield Slack(name, partial(_gradient_dominates, i, trace, c * c))
        case "lipschitz":
            yield Slack(name, partial(_bounded, i, a.values["G"]))


def _gradient_dominates(i: Evaluation, trace: Trace, modulus: Any) -> Form:
    """‖∇f(x)‖² ≥ modulus·(f(x) − f*)."""
    return dot(i.gradient, i.gradient) / modulus - (i.value - trace.f_star)


def noise_slacks(assumed: Sequence[Assumed], trace: Trace) -> Iterator[Slack]:
    """What the noise assumptions say of the expected Gram matrix; necessary, not sufficient.

    With ``finite_sum`` a uniformly drawn term is unbiased by construction.
    """
    names = {a.name for a in assumed}
    unbiased = bool(names & {"unbiased", "finite_sum"})
    for sample in trace.samples:
        if unbiased:
            for leaf in sample.past:
                past = trace.leaf_point(leaf)
                yield Slack(
                    f"unbiased({sample.label},{leaf.name})",
                    partial(dot, sample.deviation, past),
                    equality=True,
                )
        for a in assumed:
            yield from _moment_slacks(a, sample, unbiased)


def _moment_slacks(a: Assumed, sample: Sample, unbiased: bool) -> Iterator[Slack]:
    name = f"{a.name}({sample.label})"
    gradient = sample.evaluation.gradient
    estimate = gradient + sample.deviation
    match a.name:
        case "bounded_variance":
            # the mean of b independent unbiased draws has a b-th of the variance
            share = a.values["sigma"] * a.values["sigma"] / (sample.batch if unbiased else 1)
            yield Slack(name, lambda: share - dot(sample.deviation, sample.deviation))
        case "bounded_second_moment":
            second = a.values["G"] * a.values["G"]
            yield Slack(name, lambda: second - dot(estimate, estimate))
        case "strong_growth":
            rho = a.values["rho"]
            yield Slack(name, lambda: dot(gradient, gradient) * rho - dot(estimate, estimate))
