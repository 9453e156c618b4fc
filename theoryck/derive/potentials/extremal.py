"""The runs on which rates of a class are attained: gradients that are affine along the run.

Where f has curvature c along the run, ∇f(x) = c·(x − x*) + s, the inequalities between the
points of the run are equalities. With s = 0 this is the quadratic (c/2)‖x − x*‖²; with s ≠ 0 and
c the least curvature it is the far side of a Huber-like function (Taylor, Hendrickx and Glineur
2017, Section 4). Such runs only tell where to look: a proof never rests on them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from theoryck.algebra import Form, Leaf
from theoryck.assumptions.conditions import curvature, curvature_gap, of_the_mean
from theoryck.derive.potentials.linear import sole_solution
from theoryck.derive.potentials.numbers import RationalFunctions
from theoryck.derive.potentials.step import TracedPoints
from theoryck.derive.setting import Stuck

Direction = Mapping[Leaf, Any]  # what each vector leaf is along one unknown of the run


@dataclass(frozen=True)
class AffineRun:
    """All vectors of a run as combinations of x[k] − x* and s; ``slope`` is the s direction."""

    distance: Direction
    slope: Direction

    def squares(self, form: Form, values: Mapping[Leaf, tuple[Any, Any, Any]], zero: Any) -> Any:
        """A form as the coefficients of ‖x[k] − x*‖², ⟨x[k] − x*, s⟩ and ‖s‖²."""
        total = [zero, zero, zero]
        for (u, v), c in form.quadratic.items():
            ud, us = self.distance.get(u, zero), self.slope.get(u, zero)
            vd, vs = self.distance.get(v, zero), self.slope.get(v, zero)
            for place, product in enumerate((ud * vd, ud * vs + us * vd, us * vs)):
                total[place] = total[place] + c * product
        for leaf, c in form.linear.items():
            total = [t + c * value for t, value in zip(total, values[leaf], strict=True)]
        return tuple(total)


def shrinkage(traced: TracedPoints, run: AffineRun, numbers: RationalFunctions) -> Any:
    """x[k+1] − x* as a multiple of x[k] − x*, along the run without slope."""
    total = numbers.integer(0)
    for leaf, c in (traced.points[-1].point - traced.trace.x_star).coefficients.items():
        total = total + c * run.distance.get(leaf, numbers.integer(0))
    return total


def curvatures(traced: TracedPoints, numbers: RationalFunctions) -> tuple[Any, Any]:
    """The least and the greatest curvature of the class; None where there is no bound."""
    bounds = curvature(of_the_mean(traced.inequalities.assumed), numbers)
    return bounds.lower, bounds.upper


def affine_run(traced: TracedPoints, c: Any, numbers: RationalFunctions) -> AffineRun:
    """The run along which the curvature is c.

    Raises:
        Stuck: the points depend on more than x[k] − x* and the gradients.
    """
    zero, one = numbers.integer(0), numbers.integer(1)
    start = next(leaf for leaf in traced.trace.start.coefficients if leaf.name != "x_star")
    gradients = [next(iter(e.gradient.coefficients)) for e in traced.points]
    rows, along_distance, along_slope = [], [], []
    for own, evaluation in zip(gradients, traced.points, strict=True):
        apart = (evaluation.point - traced.trace.x_star).coefficients
        if not apart.keys() <= {start, *gradients}:
            raise Stuck("the step uses more than x[k] and the gradients at x[k] and x[k+1]")
        row = [(one if g is own else zero) - c * apart.get(g, zero) for g in gradients]
        rows.append(row)
        along_distance.append(c * apart.get(start, zero))
        along_slope.append(one)
    distance = sole_solution(rows, along_distance, zero)
    slope = sole_solution(rows, along_slope, zero)
    if distance is None or slope is None:
        raise Stuck("the step is not determined along a quadratic")
    return AffineRun(
        {start: one, **dict(zip(gradients, distance, strict=True))},
        dict(zip(gradients, slope, strict=True)),
    )


def values_along(
    traced: TracedPoints, run: AffineRun, bounds: tuple[Any, Any], numbers: RationalFunctions
) -> dict[Leaf, tuple[Any, Any, Any]]:
    """f(x) − f* at each point, the largest that x* allows: its inequality with x* is tight."""
    found: dict[Leaf, tuple[Any, Any, Any]] = {}
    lower, upper = bounds
    for evaluation in traced.points:
        gap = curvature_gap(traced.trace.optimum, evaluation, lower, upper)
        (leaf,) = (evaluation.value - traced.trace.f_star).linear
        rest = Form(gap.trace, gap.constant, {}, gap.quadratic)
        found[leaf] = run.squares(rest, {}, numbers.integer(0))
    return found
