"""An exact check that a witness refutes a claim, or attains its bound.

A witness gives exact coordinates to the leaves of the traced run: the start and the gradients,
and the values of f there. The run itself follows from the method. If the points meet the
interpolation conditions of a class that lies inside the claim's class, a function with these
values and gradients exists (Taylor, Hendrickx and Glineur 2017, Theorem 4), and the method run
on it violates the bound.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from theoryck.algebra import Coordinates, Evaluation, Form, Leaf, dot, place
from theoryck.assumptions.base import Curvature
from theoryck.assumptions.conditions import bounded_gradient, curvature_gap, sufficient_curvature
from theoryck.certificates.checker import CertificateError, exact
from theoryck.certificates.problem import Problem

MAX_DIMENSION = 1000


@dataclass(frozen=True)
class Witness:
    """Leaf values as text: vectors by leaf name (absent ones, the noise, are zero) and values."""

    dimension: int
    vectors: Mapping[str, Sequence[str]]
    values: Mapping[str, str]


@dataclass(frozen=True)
class PlacedRun:
    """The run of a witness: evaluations with coordinates, the optimum first, and what the claim
    compares (both squared where the goal is)."""

    evaluations: tuple[Evaluation, ...]
    iterates: tuple[Coordinates, ...]
    curvature: Curvature
    measure: Any
    bound: Any


def check_witness(problem: Problem, witness: Witness) -> PlacedRun:
    """Raise CertificateError unless the witness refutes the problem's claim; give its run.

    Raises:
        CertificateError: the class has no known interpolation conditions, one of them fails,
            the start is not admissible, or the bound is not violated.
        UndecidedError: in balls, something could not be told at the working precision.
    """
    return _check(problem, witness, "violate", 1)


def check_attained(problem: Problem, witness: Witness) -> PlacedRun:
    """Raise CertificateError unless the witness is a run whose measure is at least the bound."""
    return _check(problem, witness, "reach", 0)


def _check(problem: Problem, witness: Witness, verb: str, least_sign: int) -> PlacedRun:
    numbers = problem.numbers
    bounds = sufficient_curvature(problem.assumed, numbers)
    if bounds is None:
        raise CertificateError("no interpolation conditions are known for these assumptions")
    values = _leaf_values(problem, witness)
    zero = Coordinates((numbers.integer(0),) * witness.dimension)

    def scalar(form: Form) -> Any:
        return form.evaluate(values, dot)

    placed = tuple(
        Evaluation(
            e.label, place(e.point, values, zero), place(e.gradient, values, zero), scalar(e.value)
        )
        for e in (problem.trace.optimum, *problem.trace.evaluations)
    )
    _check_membership(placed, bounds, problem)
    for hypothesis in problem.hypotheses:
        sign = numbers.sign(scalar(hypothesis.form))
        if sign < 0 or (hypothesis.equality and sign != 0) or (hypothesis.strict and sign == 0):
            raise CertificateError(f"the start does not meet {hypothesis.name}")
    goal = next(
        (
            goal
            for goal in problem.goals
            if all(
                numbers.sign(scalar(m) - scalar(goal.bound)) >= least_sign
                for m in goal.alternatives
            )
        ),
        None,
    )
    if goal is None:
        raise CertificateError(f"the run does not {verb} the bound")
    measures = [scalar(alternative) for alternative in goal.alternatives]
    least = measures[0]
    for measure in measures[1:]:
        least = measure if numbers.sign(measure - least) < 0 else least
    return PlacedRun(
        evaluations=placed,
        iterates=tuple(place(x, values, zero) for x in problem.iterates),
        curvature=bounds,
        measure=least,
        bound=scalar(goal.bound),
    )


def _leaf_values(problem: Problem, witness: Witness) -> dict[Leaf, Any]:
    numbers, trace = problem.numbers, problem.trace
    if not 1 <= witness.dimension <= MAX_DIMENSION:
        raise CertificateError(f"a witness of dimension {witness.dimension}")
    known = {leaf.name for leaf in (*trace.vectors, *trace.scalars)}
    for name in (*witness.vectors, *witness.values):
        if name not in known:
            raise CertificateError(f"the run has no leaf called {name!r}")
    values: dict[Leaf, Any] = {}
    noise = {leaf for sample in trace.samples for leaf in sample.deviation.coefficients}
    for leaf in trace.vectors:
        absent = leaf in noise or leaf.name == "x_star"
        entries = witness.vectors.get(leaf.name, ["0"] * witness.dimension if absent else None)
        if entries is None or len(entries) != witness.dimension:
            raise CertificateError(f"the witness gives no vector {leaf.name} of its dimension")
        values[leaf] = Coordinates(tuple(exact(entry, numbers) for entry in entries))
        if absent and any(numbers.sign(entry) != 0 for entry in values[leaf].entries):
            raise CertificateError(f"{leaf.name} must be zero in a witness")
    for leaf in trace.scalars:
        if leaf.name not in witness.values and leaf.name != "f_star":
            raise CertificateError(f"the witness gives no value {leaf.name}")
        values[leaf] = exact(witness.values.get(leaf.name, "0"), numbers)
    return values


def _check_membership(placed: Sequence[Evaluation], bounds: Curvature, problem: Problem) -> None:
    """The interpolation conditions of F_{μ,L}, all ordered pairs, and x* a global minimiser."""
    numbers = problem.numbers
    lower, upper = bounds.lower, bounds.upper
    degenerate = upper is not None and numbers.sign(upper - lower) == 0
    optimum = placed[0]
    for proximal in problem.trace.proximals:
        # elsewhere a stationary point of the proximal problem need not be its minimiser
        if numbers.sign(proximal.step) <= 0 or numbers.sign(1 + proximal.step * lower) <= 0:
            raise CertificateError("a proximal step that is not that of a strictly convex problem")
    for i in placed:
        for j in placed:
            if i is j:
                continue
            if numbers.sign(curvature_gap(i, j, lower, upper, degenerate)) < 0:
                raise CertificateError(f"curvature({i.label},{j.label}) fails")
            if degenerate and not _vanishes(
                i.gradient - j.gradient - upper * (i.point - j.point), numbers
            ):
                raise CertificateError(f"linear({i.label},{j.label}) fails")
            if (
                upper is None
                and _vanishes(i.point - j.point, numbers)
                and not _vanishes(i.gradient - j.gradient, numbers)
            ):
                raise CertificateError(f"{i.label} and {j.label}: one point, two subgradients")
        gap = i.value - optimum.value
        if upper is not None and numbers.sign(upper) > 0:
            gap = gap - dot(i.gradient, i.gradient) / (2 * upper)
        if i is not optimum and numbers.sign(gap) < 0:
            raise CertificateError(f"optimum({i.label}) fails")
        if bounds.gradient is not None and numbers.sign(bounded_gradient(i, bounds.gradient)) < 0:
            raise CertificateError(f"gradient({i.label}) fails")


def _vanishes(vector: Coordinates, numbers: Any) -> bool:
    return all(numbers.sign(entry) == 0 for entry in vector.entries)
