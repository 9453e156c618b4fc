"""What the assumptions say of the points of a step, each inequality in its plainest form.

Unlike the interpolation conditions these speak of one gradient at a time where they can, so that
the Gram matrices that are left over stay small.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from theoryck.algebra import Evaluation, Form, Trace, dot
from theoryck.assumptions.base import Slack
from theoryck.assumptions.conditions import (
    Assumed,
    curvature,
    curvature_gap,
    noise_slacks,
    of_the_mean,
)


def known_inequalities(
    assumed: Sequence[Assumed], trace: Trace, labels: Mapping[str, str], *, minimiser: bool
) -> Iterator[Slack]:
    """All of them, for the evaluated points of a trace, as ``form >= 0``.

    Args:
        assumed: the claim's assumptions.
        trace: where the points were evaluated.
        labels: what the points are called.
        minimiser: whether x* exists as a point.

    Raises:
        UndecidedError: which bound on the curvature is the better one depends on the parameters.
    """
    numbers = trace.numbers
    of_f = of_the_mean(assumed)
    bounds = curvature(of_f, numbers)
    points = tuple(trace.evaluations)
    star = (trace.optimum,) if minimiser else ()
    for j in points:
        for i in (*star, *points):
            if i is j:
                continue
            pair = f"{labels[i.label]}, {labels[j.label]}"
            if bounds.upper is not None and i is not trace.optimum:
                yield Slack(f"descent({pair})", partial(descent, i, j, bounds.upper))
                if labels[i.label] < labels[j.label]:
                    yield Slack(f"smooth({pair})", partial(lipschitz, i, j, bounds.upper))
            if bounds.lower is not None:
                below = partial(curvature_gap, i, j, bounds.lower, None)
                yield Slack(f"below({pair})", below)
                if bounds.upper is not None and numbers.sign(bounds.lower) >= 0:
                    convex = partial(curvature_gap, i, j, numbers.integer(0), bounds.upper)
                    yield Slack(f"co-coercive({pair})", convex)
    for i in points:
        name = labels[i.label]
        yield Slack(f"optimum({name})", partial(above_optimum, i, trace, bounds.upper))
        if minimiser and bounds.lower is not None and numbers.sign(bounds.lower) > 0:
            yield Slack(f"dominated({name})", partial(dominated, i, trace, bounds.lower))
        for a in of_f:
            for slack in a.assumption.at_point(a.values, i, trace):
                yield replace(slack, name=_renamed(slack.name, labels))
    vectors = {
        leaf.name: f"∇f({labels[e.label]})" for e in points for leaf in e.gradient.coefficients
    }
    for slack in noise_slacks(assumed, trace):
        yield replace(slack, name=_about_vectors(slack.name, vectors))


def descent(i: Evaluation, j: Evaluation, upper: Any) -> Form:
    """The quadratic upper bound of an L-smooth f, as a slack:

    f_j + ⟨g_j, x_i − x_j⟩ + (L/2)‖x_i − x_j‖² − f_i >= 0. Source: Nesterov 2018, Lemma 1.2.3.
    """
    apart = i.point - j.point
    form: Form = j.value - i.value + dot(j.gradient, apart) + dot(apart, apart) * (upper / 2)
    return form


def lipschitz(i: Evaluation, j: Evaluation, upper: Any) -> Form:
    """L²‖x_i − x_j‖² − ‖g_i − g_j‖² >= 0, the definition of smoothness."""
    apart, change = i.point - j.point, i.gradient - j.gradient
    form: Form = dot(apart, apart) * upper * upper - dot(change, change)
    return form


def above_optimum(i: Evaluation, trace: Trace, upper: Any | None) -> Form:
    """f(x) − f* − ‖∇f(x)‖²/(2L) >= 0, since a gradient step of length 1/L stays above f*."""
    gap: Form = i.value - trace.f_star
    return gap if upper is None else gap - dot(i.gradient, i.gradient) / (2 * upper)


def dominated(i: Evaluation, trace: Trace, lower: Any) -> Form:
    """‖∇f(x)‖²/(2μ) − (f(x) − f*) >= 0 under μ-strong convexity [Nesterov 2018, 2.1.24]."""
    form: Form = dot(i.gradient, i.gradient) / (2 * lower) - (i.value - trace.f_star)
    return form


def _renamed(name: str, labels: Mapping[str, str]) -> str:
    opening, _, label = name.partition("(")
    inside = label.removesuffix(")")
    return f"{opening}({labels.get(inside, inside)})"


def _about_vectors(name: str, vectors: Mapping[str, str]) -> str:
    opening, comma, leaf = name.partition(",")
    inside = leaf.removesuffix(")")
    return f"{opening}, {vectors.get(inside, inside)})" if comma else name


__all__ = ["above_optimum", "descent", "dominated", "known_inequalities", "lipschitz"]
