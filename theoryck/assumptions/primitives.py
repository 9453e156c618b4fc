"""What is quadratic in the equations behind a relaxed answer (line search, adaptive step).

Every inequality *holds* for the true answer. For a step u = t·∇f(x) with an unknown t ≥ 0 they
are the class's own inequality between x and x*, multiplied by t, where the product is again
quadratic: t·⟨∇f(x), x − x*⟩ = ⟨u, x − x*⟩.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from theoryck.algebra import Evaluation, Form, Point, dot
from theoryck.algebra.forms import inner
from theoryck.algebra.relaxed import (
    Damped,
    Direction,
    LineSearch,
    RelaxedTrace,
    Rescaled,
    Structure,
)
from theoryck.assumptions.base import Curvature, Slack
from theoryck.errors import InexactError


def primitive_slacks(
    bounds: Curvature, trace: RelaxedTrace, *, minimiser: bool, zero_slope_is_optimal: bool
) -> Iterator[Slack]:
    """The inequalities of every relaxed answer and of the cases of this branch.

    Args:
        bounds: what is known of the curvature and of the length of gradients.
        trace: the run.
        minimiser: whether x* exists as a point.
        zero_slope_is_optimal: whether ∇f(x) = 0 implies f(x) = f*.
    """
    for case in trace.cases:
        yield Slack(case.label, partial(_same, case.form))
    star = minimiser and trace.structure is Structure.PLAIN
    for primitive in trace.primitives:
        match primitive:
            case LineSearch():
                yield from _line_search(primitive, trace, smooth=bounds.upper is not None)
            case Direction():
                yield from _direction(primitive, trace)
                if star:
                    yield from _scaled_convexity(
                        primitive.label, primitive.vector, primitive.unit, 0, bounds, trace
                    )
            case Damped():
                yield from _damped(primitive)
                if star:
                    yield from _scaled_convexity(
                        *(primitive.label, primitive.vector, primitive.result),
                        *(primitive.offset, bounds, trace),
                    )
            case Rescaled():
                yield from _rescaled(primitive, bounds, trace, star, zero_slope_is_optimal)


def _same(form: Form) -> Form:
    return form


def _evaluation_with(gradient: Point, trace: RelaxedTrace) -> Evaluation | None:
    """The evaluation of which a vector is the gradient."""
    return next(
        (e for e in trace.evaluations if e.gradient.coefficients == gradient.coefficients), None
    )


def _line_search(search: LineSearch, trace: RelaxedTrace, *, smooth: bool) -> Iterator[Slack]:
    slope, label = search.reached.gradient, search.label
    if smooth:  # of several subgradients one is orthogonal to the line, the oracle's need not be
        yield Slack(f"line({label})", lambda: dot(slope, search.displacement), equality=True)
        yield Slack(f"across({label})", lambda: dot(slope, search.direction), equality=True)
    for e in trace.evaluations:
        if e.point.coefficients == search.start.coefficients:
            yield Slack(f"descent({label})", partial(_fall, e, search.reached))


def _fall(before: Evaluation, after: Evaluation) -> Form:
    return before.value - after.value


def _direction(direction: Direction, trace: RelaxedTrace) -> Iterator[Slack]:
    unit, vector, label = direction.unit, direction.vector, direction.label
    one = trace.numbers.integer(1)
    yield Slack(f"length({label})", lambda: one - dot(unit, unit))
    yield Slack(f"along({label})", lambda: dot(unit, vector))
    least = _least_square(vector, trace)
    if least is None:
        return
    yield Slack(f"unit({label})", lambda: dot(unit, unit) - one)
    try:
        length = trace.numbers.function("sqrt", least)
    except InexactError:
        return
    yield Slack(f"least({label})", lambda: dot(unit, vector) - length)


def _least_square(vector: Point, trace: RelaxedTrace) -> Any | None:
    """A positive c with ‖vector‖² ≥ c, read off the cases of this branch."""
    square = inner(vector, vector).quadratic
    sign = trace.numbers.sign
    for case in trace.cases:
        shared = [pair for pair in square if pair in case.form.quadratic]
        if not shared or case.form.linear:
            continue
        factor = case.form.quadratic[shared[0]] / square[shared[0]]
        scaled = {pair: c * factor for pair, c in square.items()}
        if dict(case.form.quadratic) == scaled and sign(factor) > 0 > sign(case.form.constant):
            return -case.form.constant / factor
    return None


def _scaled_convexity(
    label: str, vector: Point, step: Point, offset: Any, bounds: Curvature, trace: RelaxedTrace
) -> Iterator[Slack]:
    """For step = t·∇f(x), t = 1/(offset + ‖∇f(x)‖), f convex.

    L-smooth: ⟨∇f(x), x − x*⟩ ≥ ‖∇f(x)‖²/L, times t. Gradients of length at most G:
    ⟨∇f(x), x − x*⟩ ≥ f(x) − f*, times t ≥ 1/(offset + G).
    """
    at = _evaluation_with(vector, trace)
    if at is None or bounds.lower is None or trace.numbers.sign(bounds.lower) < 0:
        return
    away = at.point - trace.x_star
    yield Slack(f"towards({label})", lambda: dot(step, away))
    if bounds.upper is not None:
        yield Slack(
            f"cocoercive({label})", lambda: dot(step, away) - dot(step, vector) / bounds.upper
        )
    if bounds.gradient is not None:
        longest = offset + bounds.gradient
        yield Slack(
            f"subgradient({label})",
            lambda: dot(step, away) - (at.value - trace.f_star) / longest,
        )


def _damped(damped: Damped) -> Iterator[Slack]:
    """u = v/(b + ‖v‖) with the direction e of v: ⟨u,v⟩ = ⟨e,v⟩ − b⟨e,u⟩, ‖u‖² ≤ ⟨e,u⟩ ≤ 1."""
    u, v, e = damped.result, damped.vector, damped.unit
    yield Slack(
        f"damped({damped.label})",
        lambda: dot(u, v) - dot(e, v) + dot(e, u) * damped.offset,
        equality=True,
    )
    yield Slack(f"short({damped.label})", lambda: dot(e, u) - dot(u, u))
    yield Slack(f"along({damped.label})", lambda: dot(u, v))
    yield Slack(f"bounded({damped.label})", lambda: 1 - dot(e, u))


def _rescaled(
    step: Rescaled,
    bounds: Curvature,
    trace: RelaxedTrace,
    star: bool,
    zero_slope_is_optimal: bool,
) -> Iterator[Slack]:
    """u = s·(f(x) − f*)/‖∇f(x)‖²·∇f(x): ⟨u, ∇f(x)⟩ = s·(f(x) − f*), and for convex f the
    inequality of F_{μ,L} at (x*, x) times t, with t·(f(x) − f*) = ‖u‖²/s and t ≥ s/(2L)."""
    at = _evaluation_with(step.vector, trace)
    scale = None if at is None else _multiple_of_gap(step.numerator, at, trace)
    if at is None or scale is None or trace.structure is not Structure.PLAIN:
        return
    u, g, label = step.result, step.vector, step.label
    gap = at.value - trace.f_star
    if zero_slope_is_optimal:
        yield Slack(f"polyak({label})", lambda: dot(u, g) - step.numerator, equality=True)
    else:
        yield Slack(f"polyak({label})", lambda: step.numerator - dot(u, g))
        yield Slack(f"along({label})", lambda: dot(u, g))
    lower, upper = bounds.lower, bounds.upper
    sign = trace.numbers.sign
    if not star or lower is None or sign(lower) < 0:
        return
    away = at.point - trace.x_star
    if upper is None or sign(upper - lower) <= 0:
        yield Slack(f"scaled({label})", lambda: dot(u, away) - dot(u, u) / scale)
        return
    share = upper / (2 * (upper - lower))  # 1/(2(1 − μ/L))

    def scaled() -> Form:
        curved = gap * (scale / upper) + dot(away, away) * (lower * scale / (2 * upper))
        slope = 1 + 2 * share * lower / upper
        return dot(u, away) * slope - dot(u, u) / scale - curved * share

    yield Slack(f"scaled({label})", scaled)


def _multiple_of_gap(numerator: Form, at: Evaluation, trace: RelaxedTrace) -> Any | None:
    """The positive s for which the numerator is s·(f(x) − f*)."""
    gap = at.value - trace.f_star
    if numerator.quadratic or numerator.constant != 0 or set(numerator.linear) != set(gap.linear):
        return None
    (leaf,) = gap.linear
    scale = numerator.linear[leaf]
    return scale if trace.numbers.sign(scale) > 0 else None
