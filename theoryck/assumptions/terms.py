"""A finite sum f = (1/n) Σ f_i: what is known of the drawn terms, in expectation over the draws.

With the index i uniform and independent of the past, E f_i(x) = f(x), E∇f_i(x) = ∇f(x) and
E∇f_i(x*) = 0. An inequality that holds for every term between x and x* is averaged over i: in
the expected Gram matrix it is the same formula in ∇f_i(x) = ∇f(x) + e and s = ∇f_i(x*). By the
symmetry of the terms nothing depends on n. The mean of a batch behaves like one term, since
the inequalities are convex in the gradients.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from theoryck.algebra import Evaluation, Form, Sample, dot
from theoryck.algebra.relaxed import RelaxedTrace
from theoryck.assumptions.base import Slack
from theoryck.assumptions.conditions import Assumed, curvature, curvature_gap


def term_slacks(assumed: Sequence[Assumed], trace: RelaxedTrace) -> Iterator[Slack]:
    """The inequalities of the drawn terms between the point of the draw and x*."""
    if all(a.name != "finite_sum" for a in assumed):
        return
    numbers = trace.numbers
    bounds = curvature(assumed, numbers)
    agree = any(a.name == "interpolation" for a in assumed)
    first: Evaluation | None = None
    for sample in trace.samples:
        at = _drawn(sample)
        star = trace.optimum if agree else trace.component_optimum(sample.label)
        if not agree:
            yield from _independence(sample, star, trace)
            yield from _size_at_optimum(sample, star, first, assumed, trace)
            first = star
        if bounds.lower is not None:
            degenerate = bounds.upper is not None and numbers.sign(bounds.upper - bounds.lower) == 0
            gap = partial(
                curvature_gap, lower=bounds.lower, upper=bounds.upper, degenerate=degenerate
            )
            yield Slack(f"term({at.label},x_star)", partial(gap, at, star))
            yield Slack(f"term(x_star,{at.label})", partial(gap, star, at))
        for a in assumed:
            if not a.assumption.of_the_minimum:
                yield from a.assumption.at_point(a.values, at, trace)


def _drawn(sample: Sample) -> Evaluation:
    """The drawn term at the point of the draw; its value is that of f in expectation."""
    known = sample.evaluation
    gradient = known.gradient + sample.deviation
    return Evaluation(sample.label, known.point, gradient, known.value)


def _independence(sample: Sample, star: Evaluation, trace: RelaxedTrace) -> Iterator[Slack]:
    for leaf in sample.past:
        yield Slack(
            f"independent({sample.label},{leaf.name})",
            partial(dot, star.gradient, trace.leaf_point(leaf)),
            equality=True,
        )


def _size_at_optimum(
    sample: Sample,
    star: Evaluation,
    first: Evaluation | None,
    assumed: Sequence[Assumed],
    trace: RelaxedTrace,
) -> Iterator[Slack]:
    """E‖∇f_i(x*)‖² is the same for every draw, and bounded with the variance."""
    if first is not None and all(s.batch == sample.batch for s in trace.samples):
        yield Slack(f"alike({sample.label})", partial(_difference, star, first), equality=True)
    for a in assumed:
        if a.name == "bounded_variance":
            share: Any = a.values["sigma"] * a.values["sigma"] / sample.batch
            yield Slack(
                f"bounded_variance(x_star[{sample.label}])",
                partial(_below, share, star),
            )


def _below(share: Any, star: Evaluation) -> Form:
    return share - dot(star.gradient, star.gradient)


def _difference(left: Evaluation, right: Evaluation) -> Form:
    return dot(left.gradient, left.gradient) - dot(right.gradient, right.gradient)
