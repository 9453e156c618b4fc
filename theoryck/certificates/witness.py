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
from itertools import combinations, permutations
from typing import Any

from theoryck.algebra import Coordinates, Evaluation, Form, Leaf, NumberSystem, dot, place
from theoryck.algebra.relaxed import Placing, RelaxedTrace
from theoryck.assumptions.base import Curvature
from theoryck.assumptions.conditions import bounded_gradient, curvature_gap, sufficient_curvature
from theoryck.certificates.checker import CertificateError, exact
from theoryck.certificates.problem import Problem

MAX_DIMENSION = 1000


@dataclass(frozen=True)
class Witness:
    """Leaf values as text: vectors by leaf name (absent ones, the noise, are zero) and values.

    ``branch`` tells which of the conditions that the method meets hold in the run.
    """

    dimension: int
    vectors: Mapping[str, Sequence[str]]
    values: Mapping[str, str]
    branch: tuple[bool, ...] = ()


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
    bounds = sufficient(problem)
    if problem.branch != witness.branch:
        raise CertificateError("cases: not those that the method meets in this run")
    values = _leaf_values(problem, witness)
    zero = Coordinates((numbers.integer(0),) * witness.dimension)

    def scalar(form: Form) -> Any:
        return form.evaluate(values, dot)

    placing = Placing(lambda point: place(point, values, zero), scalar, numbers)
    placed = _placed((problem.trace.optimum, *problem.trace.evaluations), placing)
    _check_proximal_steps(bounds, problem)
    if bounds.lower is None:
        if isinstance(problem.trace, RelaxedTrace) and problem.trace.second is not None:
            raise CertificateError("a sum or a set, and f of unknown curvature")
        _check_pointwise(placed, problem, placing)
    else:
        _check_function(placed, bounds, problem)
    if isinstance(problem.trace, RelaxedTrace):
        _check_answers(problem.trace, bounds, problem, placing)
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


def sufficient(problem: Problem) -> Curvature:
    """Bounds on the curvature that put f into its class; what is assumed of the feasible set is
    checked where the set is."""
    on_f = [a for a in problem.assumed if a.assumption.over_domain is None]
    constrained = isinstance(problem.trace, RelaxedTrace) and problem.trace.second is not None
    if len(on_f) < len(problem.assumed) and not constrained:
        raise CertificateError("an assumption on the feasible set, and the method has none")
    bounds = sufficient_curvature(on_f, problem.numbers)
    if bounds is not None:
        return bounds
    if on_f and all(a.assumption.pointwise for a in on_f) and not _compares_values(problem):
        return Curvature()
    raise CertificateError("no interpolation conditions are known for these assumptions")


def _compares_values(problem: Problem) -> bool:
    """Whether the claim looks at values of f."""
    forms = [form for goal in problem.goals for form in (*goal.alternatives, goal.bound)]
    forms += [hypothesis.form for hypothesis in problem.hypotheses]
    return any(form.linear for form in forms)


def _placed(evaluations: Sequence[Evaluation], placing: Placing) -> tuple[Evaluation, ...]:
    return tuple(
        Evaluation(
            e.label, placing.vector(e.point), placing.vector(e.gradient), placing.number(e.value)
        )
        for e in evaluations
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
    if isinstance(trace, RelaxedTrace):
        # every term of the sum is f itself
        noise |= {leaf for e in trace.component_optima.values() for leaf in e.gradient.coefficients}
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


def _check_proximal_steps(bounds: Curvature, problem: Problem) -> None:
    numbers = problem.numbers
    if problem.trace.proximals and bounds.lower is None:
        raise CertificateError("a proximal step on functions of unknown curvature")
    second = problem.trace.second if isinstance(problem.trace, RelaxedTrace) else None
    for proximal in () if second is None else second.proximals:
        if numbers.sign(proximal.step) <= 0:
            raise CertificateError("a proximal step that is not positive")
    for proximal in problem.trace.proximals:
        # elsewhere a stationary point of the proximal problem need not be its minimiser
        if numbers.sign(proximal.step) <= 0 or numbers.sign(1 + proximal.step * bounds.lower) <= 0:
            raise CertificateError("a proximal step that is not that of a strictly convex problem")


def _check_function(placed: Sequence[Evaluation], bounds: Curvature, problem: Problem) -> None:
    """The interpolation conditions of F_{μ,L}, all ordered pairs, and x* a global minimiser."""
    numbers = problem.numbers
    _check_pairs(placed, bounds, numbers, "curvature")
    optimum, upper = placed[0], bounds.upper
    plain = not isinstance(problem.trace, RelaxedTrace) or problem.trace.second is None
    if not plain and numbers.sign(bounds.lower) < 0:
        raise CertificateError("x* is not known to be a minimiser of a sum that is not convex")
    for i in placed:
        gap = i.value - optimum.value
        if upper is not None and numbers.sign(upper) > 0:
            gap = gap - dot(i.gradient, i.gradient) / (2 * upper)
        if plain and i is not optimum and numbers.sign(gap) < 0:
            raise CertificateError(f"optimum({i.label}) fails")
        if bounds.gradient is not None and numbers.sign(bounded_gradient(i, bounds.gradient)) < 0:
            raise CertificateError(f"gradient({i.label}) fails")


def _check_pointwise(placed: Sequence[Evaluation], problem: Problem, placing: Placing) -> None:
    """The conditions of the class point by point, and one gradient at each point."""
    numbers, trace = problem.numbers, problem.trace
    for i, j in combinations(placed, 2):
        if _vanishes(i.point - j.point, numbers) and not _vanishes(
            i.gradient - j.gradient, numbers
        ):
            raise CertificateError(f"{i.label} and {j.label}: one point, two gradients")
    for e in trace.evaluations:
        for a in problem.assumed:
            for slack in a.assumption.at_point(a.values, e, trace):
                sign = numbers.sign(placing.number(slack.form()))
                if sign < 0 or (slack.equality and sign != 0):
                    raise CertificateError(f"{slack.name} fails")


def _check_pairs(
    placed: Sequence[Evaluation], bounds: Curvature, numbers: NumberSystem, name: str
) -> None:
    lower, upper = bounds.lower, bounds.upper
    degenerate = upper is not None and numbers.sign(upper - lower) == 0
    for i, j in permutations(placed, 2):
        if numbers.sign(curvature_gap(i, j, lower, upper, degenerate)) < 0:
            raise CertificateError(f"{name}({i.label},{j.label}) fails")
        if degenerate and not _vanishes(
            i.gradient - j.gradient - upper * (i.point - j.point), numbers
        ):
            raise CertificateError(f"linear({i.label},{j.label}) fails")
        if (
            upper is None
            and name == "curvature"
            and _vanishes(i.point - j.point, numbers)
            and not _vanishes(i.gradient - j.gradient, numbers)
        ):
            raise CertificateError(f"{i.label} and {j.label}: one point, two subgradients")


def _check_answers(
    trace: RelaxedTrace, bounds: Curvature, problem: Problem, placing: Placing
) -> None:
    """The second part of f, the cases of the branch, and what the primitives relax."""
    numbers = problem.numbers
    for case in trace.cases:
        # on the boundary of a case the method may go the other way
        if numbers.sign(placing.number(case.form)) <= 0:
            raise CertificateError(f"{case.label}: the run takes another branch")
    for primitive in trace.primitives:
        if bounds.lower is None or numbers.sign(bounds.lower) < 0:
            raise CertificateError("an adaptive step on functions that need not be convex")
        if not primitive.holds(placing):
            raise CertificateError(f"{primitive.label} is not the answer that the method gets")
    if trace.nearest:
        raise CertificateError("the nearest minimisers of a witness are not checked")
    if trace.second is not None:
        _check_second(trace, problem, placing)


def _check_second(trace: RelaxedTrace, problem: Problem, placing: Placing) -> None:
    """A convex function, or the indicator of the convex hull of the points, with the start."""
    second = trace.second
    assert second is not None
    numbers = problem.numbers
    placed = _placed((second.optimum, *second.evaluations), placing)
    if second.name == "set":
        start = placing.vector(trace.start)
        placed = (*placed, Evaluation("x0", start, start * 0, numbers.integer(0)))
    _check_pairs(placed, Curvature(lower=numbers.integer(0)), numbers, second.name)
    for diameter in second.diameters:
        for i, j in combinations(placed, 2):
            apart = i.point - j.point
            if numbers.sign(diameter * diameter - dot(apart, apart)) < 0:
                raise CertificateError(f"{i.label} and {j.label} are further apart than the set")
    for a in problem.assumed:
        if a.assumption.over_domain is not None:
            for i, j in permutations(placed, 2):
                if numbers.sign(a.assumption.over_domain(a.values, i, j)) < 0:
                    raise CertificateError(f"{a.name}({i.label},{j.label}) fails")


def _vanishes(vector: Coordinates, numbers: NumberSystem) -> bool:
    return all(numbers.sign(entry) == 0 for entry in vector.entries)
