"""The inequalities that assumptions give together at traced points, generic over coefficients.

Assumptions on one function sharpen each other (convex and smooth together give
co-coercivity), so the bounds on the curvature are gathered first and one inequality is
written for them; the rest is added point by point. Every inequality here *holds* for every
function of the class. Whether together they are interpolation conditions, so that numbers
that meet them belong to some function of the class, is said by :func:`sufficient_curvature`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from theoryck.algebra import Evaluation, Form, NumberSystem, Point, Trace, dot
from theoryck.algebra.relaxed import Part, RelaxedTrace
from theoryck.assumptions.base import Assumption, Curvature, PairFamily, Slack
from theoryck.assumptions.primitives import primitive_slacks


@dataclass(frozen=True)
class Assumed:
    """An assumption with the values of its parameters."""

    assumption: Assumption
    values: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The assumption's name."""
        return self.assumption.name


def of_the_mean(assumed: Sequence[Assumed]) -> tuple[Assumed, ...]:
    """What is known of f itself when the assumptions speak about the terms of a finite sum."""
    if all(a.name != "finite_sum" for a in assumed):
        return tuple(assumed)
    return tuple(a for a in assumed if a.assumption.kept_by_means)


def _merged(bounds: Iterable[Curvature], numbers: NumberSystem) -> Curvature:
    """The intersection of several classes: the greatest lower bound and the least upper ones."""
    found = tuple(bounds)
    return Curvature(
        lower=_best((b.lower for b in found), numbers, 1),
        upper=_best((b.upper for b in found), numbers, -1),
        gradient=_best((b.gradient for b in found), numbers, -1),
    )


def _best(values: Iterable[Any | None], numbers: NumberSystem, direction: int) -> Any | None:
    best = None
    for value in values:
        if value is not None and (best is None or numbers.sign(value - best) == direction):
            best = value
    return best


def curvature(assumed: Sequence[Assumed], numbers: NumberSystem) -> Curvature:
    """The best bounds on the curvature that the assumptions imply, all of them necessary."""
    return _merged((a.assumption.curvature(a.values, numbers) for a in assumed), numbers)


def sufficient_curvature(assumed: Sequence[Assumed], numbers: NumberSystem) -> Curvature | None:
    """Bounds on the curvature that put a function into the class, or None if none are known.

    With a deterministic oracle (zero noise), a function within these bounds meets every
    assumption. Bounded gradients are kept only beside convexity alone, where ``norm(g) <= G``
    at the points interpolates (Taylor, Hendrickx and Glineur 2017, Theorem 3.5).
    """
    each = [a.assumption.enough(a.values, numbers) for a in assumed]
    known = [bounds for bounds in each if bounds is not None]
    if len(known) < len(each):
        return None
    found = _merged(known, numbers)
    if found.lower is None or (found.upper is None and numbers.sign(found.lower) < 0):
        return None
    if found.gradient is not None and (found.upper is not None or numbers.sign(found.lower) != 0):
        return None
    if found.upper is not None and numbers.sign(found.upper - found.lower) < 0:
        return None
    return found


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
    if lower == 0:
        return linear - dot(dg, dg) / scale  # ⟨Δx, Δx⟩ has as many terms as squares of the horizon
    return (
        linear
        - dot(dg, dg) / scale
        - dot(dx, dx) * (lower * upper / scale)
        + dot(dg, dx) * (2 * lower / scale)
    )


def pair_families(
    assumed: Sequence[Assumed], trace: Trace, *, minimiser: bool
) -> tuple[PairFamily, ...]:
    """The inequalities that compare two points, for all pairs of evaluations.

    ``minimiser`` says whether x* exists as a point; f* = inf f always does.
    """
    numbers = trace.numbers
    on_f = of_the_mean(assumed)
    bounds = curvature(on_f, numbers)
    star = (trace.optimum,) if minimiser else ()
    families: list[PairFamily] = []
    relaxed = trace if isinstance(trace, RelaxedTrace) else None
    nearest = () if relaxed is None else tuple(relaxed.nearest.values())
    if bounds.lower is not None:
        families += _families((*star, *trace.evaluations, *nearest), bounds, numbers)
    if relaxed is not None and relaxed.second is not None:
        families += _families_of_second(relaxed.second, assumed, star, numbers)
    elif minimiser and any(a.name == "quadratic" for a in on_f):
        symmetric = partial(_symmetric, optimum=trace.optimum)
        points = tuple(trace.evaluations)
        families.append(PairFamily("symmetric", symmetric, points, equality=True))
    return tuple(families)


def _families_of_second(
    second: Part, assumed: Sequence[Assumed], star: tuple[Evaluation, ...], numbers: NumberSystem
) -> list[PairFamily]:
    """A closed convex second part: its subgradient inequality, and the size of a feasible set."""
    points = (*((second.optimum,) if star else ()), *second.evaluations)
    hub = 0 if star else None
    below = partial(curvature_gap, lower=numbers.integer(0), upper=None)
    families = [PairFamily(second.name, below, points, hub)]
    if second.name == "set":
        for a in assumed:
            if a.assumption.over_domain is not None:
                apart = partial(a.assumption.over_domain, a.values)
                families.append(PairFamily(a.name, apart, points, hub))
    return families


def _spectral_slacks(assumed: Sequence[Assumed], trace: RelaxedTrace) -> Iterator[Slack]:
    """Quadratics with spectrum in [μ, L] and x* = 0: (G − μX)ᵀ(LX − G) ⪰ 0, and (G − μX)ᵀX ⪰ 0
    without smoothness; with the symmetry of XᵀG and f − f* = ½⟨x, g⟩ these are interpolation
    conditions (Bousselmi, Hendrickx and Glineur 2024, Theorem 3.3).

    A positive semidefinite matrix is the Gram matrix of some vectors q: its entries equal their
    products, which are equalities, and in a proof its multiplier is the part of S over the q.
    """
    bounds = _quadratic_bounds(assumed, trace.numbers)
    points = trace.evaluations
    roots = [trace.spectral_root(e.label) for e in points]
    for a, i in enumerate(points):
        for b, j in enumerate(points[: a + 1]):
            build = partial(_spectrum, i, j, roots[a], roots[b], trace.optimum, bounds)
            yield Slack(f"spectrum({i.label},{j.label})", build, equality=True)


def _quadratic_bounds(assumed: Sequence[Assumed], numbers: NumberSystem) -> Curvature:
    # a quadratic with a minimiser is convex
    bounds = curvature(assumed, numbers)
    convex = bounds.lower is not None and numbers.sign(bounds.lower) >= 0
    return bounds if convex else replace(bounds, lower=numbers.integer(0))


def _symmetric(i: Evaluation, j: Evaluation, optimum: Evaluation) -> Form:
    return dot(i.point - optimum.point, j.gradient) - dot(j.point - optimum.point, i.gradient)


def _spectrum(
    i: Evaluation,
    j: Evaluation,
    left: Point,
    right: Point,
    optimum: Evaluation,
    bounds: Curvature,
) -> Form:
    def entry(i: Evaluation, j: Evaluation) -> Form:
        x, y = i.point - optimum.point, j.point - optimum.point
        above = i.gradient - x * bounds.lower
        return dot(above, y if bounds.upper is None else y * bounds.upper - j.gradient)

    return (entry(i, j) + entry(j, i)) / 2 - dot(left, right)


def point_slacks(assumed: Sequence[Assumed], trace: Trace, *, minimiser: bool) -> Iterator[Slack]:
    """The inequalities of the function's assumptions at one point, for all evaluations, and of
    the trace's relaxed answers."""
    numbers = trace.numbers
    assumed = of_the_mean(assumed)
    bounds = curvature(assumed, numbers)
    points = tuple(trace.evaluations)
    convex = bounds.lower is not None and numbers.sign(bounds.lower) >= 0
    relaxed = trace if isinstance(trace, RelaxedTrace) else None
    second = None if relaxed is None else relaxed.second
    quadratic = minimiser and second is None and any(a.name == "quadratic" for a in assumed)
    for i in points:
        if second is not None:
            yield from _feasible_above_optimum(i, second, trace)
        elif not (minimiser and convex):
            yield Slack(f"optimum({i.label})", partial(_above_optimum, i, trace, bounds.upper))
        if quadratic:
            yield Slack(f"value({i.label})", partial(_half_product, i, trace), equality=True)
        for a in assumed:
            yield from a.assumption.at_point(a.values, i, trace)
    if relaxed is not None:
        if quadratic:
            yield from _spectral_slacks(assumed, relaxed)
        optimal = convex or any(a.assumption.stationary_is_optimal for a in assumed)
        yield from primitive_slacks(
            bounds, relaxed, minimiser=minimiser, zero_slope_is_optimal=optimal
        )


def _feasible_above_optimum(i: Evaluation, second: Part, trace: Trace) -> Iterator[Slack]:
    """h₁(x) + h₂(x) ≥ f* where both parts were evaluated."""
    for other in second.evaluations:
        if other.point.coefficients == i.point.coefficients:
            yield Slack(f"optimum({i.label})", partial(_sum_above_optimum, i, other, trace))
            return


def _sum_above_optimum(first: Evaluation, second: Evaluation, trace: Trace) -> Form:
    return first.value + second.value - trace.f_star


def _half_product(i: Evaluation, trace: Trace) -> Form:
    """f(x) − f* − ½⟨x − x*, ∇f(x)⟩ = 0 for a quadratic."""
    return i.value - trace.f_star - dot(i.point - trace.x_star, i.gradient) / 2


def function_slacks(
    assumed: Sequence[Assumed], trace: Trace, *, minimiser: bool
) -> Iterator[Slack]:
    """Every inequality of the function's assumptions at the trace's evaluations."""
    for family in pair_families(assumed, trace, minimiser=minimiser):
        yield from family.members()
    yield from point_slacks(assumed, trace, minimiser=minimiser)


def noise_slacks(assumed: Sequence[Assumed], trace: Trace) -> Iterator[Slack]:
    """What the noise assumptions say of the expected Gram matrix; necessary, not sufficient."""
    unbiased = any(a.assumption.unbiased for a in assumed)
    for sample in trace.samples:
        if unbiased:
            for leaf in sample.past:
                yield Slack(
                    f"unbiased({sample.label},{leaf.name})",
                    partial(dot, sample.deviation, trace.leaf_point(leaf)),
                    equality=True,
                )
        for a in assumed:
            yield from a.assumption.at_sample(a.values, sample, unbiased)


def interpolation_slacks(bounds: Curvature, trace: Trace) -> Iterator[Slack]:
    """Conditions that are also sufficient: numbers that meet them belong to a function within
    these bounds, with x* as a global minimiser, and so to the assumed class when the bounds come
    from :func:`sufficient_curvature`."""
    for family in interpolation_families(bounds, trace):
        yield from family.members()
    yield from interpolation_singles(bounds, trace)


def interpolation_families(
    bounds: Curvature, trace: Trace, assumed: Sequence[Assumed] = ()
) -> tuple[PairFamily, ...]:
    """Those of :func:`interpolation_slacks` that compare two points, and those of the second
    part of f. The start of a run over a set is in the set."""
    families = _families((trace.optimum, *trace.evaluations), bounds, trace.numbers)
    if not isinstance(trace, RelaxedTrace) or trace.second is None:
        return families
    second = trace.second
    if second.name == "set":
        nothing = Form(trace, trace.numbers.integer(0), {}, {})
        start = Evaluation("x0", trace.start, trace.zero(), nothing)
        second = replace(second, evaluations=[*second.evaluations, start])
    star = (trace.optimum,)
    return (*families, *_families_of_second(second, assumed, star, trace.numbers))


def interpolation_singles(bounds: Curvature, trace: Trace) -> Iterator[Slack]:
    """Those of :func:`interpolation_slacks` at one point."""
    numbers = trace.numbers
    for i in trace.evaluations:
        if numbers.sign(bounds.lower) < 0:
            yield Slack(f"optimum({i.label})", partial(_above_optimum, i, trace, bounds.upper))
        if bounds.gradient is not None:
            yield Slack(f"gradient({i.label})", partial(bounded_gradient, i, bounds.gradient))


def _families(
    points: tuple[Evaluation, ...], bounds: Curvature, numbers: NumberSystem
) -> tuple[PairFamily, ...]:
    lower, upper = bounds.lower, bounds.upper
    degenerate = upper is not None and numbers.sign(upper - lower) == 0
    hub = next((place for place, point in enumerate(points) if point.label == "x_star"), None)
    gap = partial(curvature_gap, lower=lower, upper=upper, degenerate=degenerate)
    families = [PairFamily("curvature", gap, points, hub)]
    if degenerate:
        families.append(PairFamily("linear", partial(_linear_gradient, upper=upper), points, hub))
    return tuple(families)


def _linear_gradient(i: Evaluation, j: Evaluation, upper: Any) -> Form:
    """−‖Δg − LΔx‖² ≥ 0: the gradient is that of (L/2)‖·‖²."""
    error = i.gradient - j.gradient - upper * (i.point - j.point)
    return -dot(error, error)


def _above_optimum(i: Evaluation, trace: Trace, upper: Any | None) -> Form:
    """f(x) − f* ≥ ‖∇f(x)‖²/(2L): one gradient step of length 1/L stays above f*."""
    gap = i.value - trace.f_star
    return gap if upper is None else gap - dot(i.gradient, i.gradient) / (2 * upper)


def bounded_gradient(i: Evaluation, bound: Any) -> Form:
    """‖g‖ ≤ G, squared."""
    return bound * bound - dot(i.gradient, i.gradient)
