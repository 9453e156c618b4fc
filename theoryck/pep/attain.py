"""Equalities: an exact run that attains the bound, on a parabola or read off the primal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import flint
import numpy as np

from theoryck.algebra import Coordinates, Leaf, dot, place
from theoryck.assumptions.conditions import sufficient_curvature
from theoryck.certificates import CertificateError, Problem, Witness, check_attained
from theoryck.claims.arithmetic import Rationals
from theoryck.errors import InexactError, UndecidedError
from theoryck.pep.assemble import Assembled
from theoryck.pep.certify import active_sets
from theoryck.pep.face import near_rational
from theoryck.pep.generate import Solved
from theoryck.pep.polish import polished


def attained(problem: Problem, solved: Solved) -> Witness | None:
    """A one-dimensional witness whose measure equals the bound exactly, if one is found."""
    candidates = line_runs(problem, solved)
    return next((witness for witness in candidates if _reaches(problem, witness)), None)


def line_runs(problem: Problem, solved: Solved) -> Iterator[Witness]:
    """Candidates for a worst run on a function of one variable, with exact coordinates.

    In one dimension the coordinates of a rational worst case are rational; in more, its Gram
    matrix may be rational when the coordinates are not, and nothing is given.
    """
    assembled, dual = solved.assembled, solved.dual
    yield from parabolas(problem)
    if problem.random or assembled.basis.size == 0:
        return
    for active in active_sets(dual):
        sharp = polished(assembled, dual, 1, active)
        if sharp is not None:
            found = _rational(assembled, sharp[0][:, 0], sharp[1].values)
            if found is not None:
                yield found


def _reaches(problem: Problem, witness: Witness) -> bool:
    try:
        check_attained(problem, witness)
    except (CertificateError, UndecidedError):
        return False
    return True


def parabolas(problem: Problem) -> Iterator[Witness]:
    """The runs on (c/2)x² with the least and the largest curvature c of the class.

    The start is 1, or what the first condition on the start allows at most.
    """
    numbers, trace = problem.numbers, problem.trace
    bounds = sufficient_curvature(problem.assumed, numbers)
    if bounds is None or not isinstance(numbers, Rationals):
        return
    start = trace.start - trace.x_star
    for c in (bounds.lower, bounds.upper):
        if c is None:
            continue
        values: dict[Leaf, Any] = {leaf: Coordinates((flint.fmpq(0),)) for leaf in trace.vectors}
        values |= {leaf: flint.fmpq(0) for leaf in trace.scalars}
        (first,) = start.coefficients
        values[first] = Coordinates((flint.fmpq(1),))
        zero = Coordinates((flint.fmpq(0),))
        for e in trace.evaluations:
            x = place(e.point, values, zero)
            for leaf in e.gradient.coefficients:
                values[leaf] = x * c
            for leaf in e.value.linear:
                values[leaf] = values[leaf] if leaf.name == "f_star" else x.dot(x) * c / 2
        scale = _scale(problem, values)
        if scale is not None:
            yield Witness(
                dimension=1,
                vectors={
                    leaf.name: [str(values[leaf].entries[0] * scale)] for leaf in trace.vectors
                },
                values={leaf.name: str(values[leaf] * scale * scale) for leaf in trace.scalars},
            )


def _scale(problem: Problem, values: Mapping[Leaf, Any]) -> Any | None:
    """The factor by which a run from the start 1 is enlarged to meet the first condition with
    equality; 1 without conditions, None where it is irrational."""
    if not problem.hypotheses:
        return flint.fmpq(1)
    form = problem.hypotheses[0].form
    whole = form.evaluate(values, dot) - form.constant
    if whole >= 0 or form.constant <= 0:
        return None
    try:
        return problem.numbers.function("sqrt", -form.constant / whole)
    except InexactError:
        return None


def _rational(assembled: Assembled, column: np.ndarray, values: np.ndarray) -> Witness | None:
    basis = assembled.basis
    coordinates = [near_rational(float(x)) for x in column * basis.vector_scale]
    heights = [near_rational(float(x)) for x in values * basis.scalar_scale]
    if any(x is None for x in (*coordinates, *heights)):
        return None
    return Witness(
        dimension=1,
        vectors={leaf.name: [str(x)] for leaf, x in zip(basis.vectors, coordinates, strict=True)},
        values={leaf.name: str(x) for leaf, x in zip(basis.scalars, heights, strict=True)},
    )
