"""From a violated bound to a witness: a start, gradients and values that the kernel accepts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from theoryck.algebra import Form
from theoryck.algebra.relaxed import Case, RelaxedTrace
from theoryck.assumptions.base import Curvature, Slack
from theoryck.assumptions.conditions import (
    interpolation_families,
    interpolation_singles,
)
from theoryck.certificates import CertificateError, PlacedRun, Problem, Witness, check_witness
from theoryck.certificates.witness import sufficient
from theoryck.errors import UndecidedError
from theoryck.pep.assemble import Basis, lay_out, noise_leaves
from theoryck.pep.attack import Attack, attack
from theoryck.pep.certify import rounded
from theoryck.pep.program import Failure

LOW = 6  # dimensions tried before all of them
BITS = 30  # of the rounded coordinates; the slacks leave room for them


@dataclass(frozen=True)
class Refutation:
    """A witness that the kernel accepted, and its run."""

    witness: Witness
    run: PlacedRun


def refute(
    problem: Problem,
    goal_index: int,
    deadline: float,
    candidates: Iterable[Witness] = (),
    solver: str | None = None,
) -> Refutation | Failure:
    """A witness of the least dimension found, or why there is none.

    ``candidates`` are looked at before anything is solved.

    The search is over functions whose curvature bounds put them into the claimed class, with
    zero noise, so that violating the bound there refutes the claim itself.
    """
    try:
        bounds = sufficient(problem)
    except CertificateError as error:
        return Failure(str(error))
    for witness in candidates:
        try:
            return Refutation(witness, check_witness(problem, witness))
        except (CertificateError, UndecidedError):
            continue
    goal = problem.goals[goal_index]
    layout = lay_out(
        problem.trace,
        goal.alternatives,
        goal.bound,
        [*(h.slack() for h in problem.hypotheses), *_conditions(problem, bounds)],
        ()
        if bounds.lower is None
        else interpolation_families(bounds, problem.trace, problem.assumed),
        noise_leaves(problem.trace),
    )
    found = attack(layout, deadline, solver)
    if isinstance(found, Failure):
        return found
    last = "no rounding of the numbers met the conditions"
    for rough in _roundings(layout.basis, found, problem.branch):
        witness = _completed(rough, problem)
        try:
            return Refutation(witness, check_witness(problem, witness))
        except (CertificateError, UndecidedError) as error:
            last = str(error)
    return Failure(last)


def _completed(witness: Witness, problem: Problem) -> Witness:
    """Leaves that no condition mentions are zero."""
    trace = problem.trace
    noise = noise_leaves(trace)
    nothing = ["0"] * witness.dimension
    unseen = {leaf.name: nothing for leaf in trace.vectors if leaf not in noise}
    values = {leaf.name: "0" for leaf in trace.scalars}
    return replace(
        witness, vectors=unseen | dict(witness.vectors), values=values | dict(witness.values)
    )


def _conditions(problem: Problem, bounds: Curvature) -> list[Slack]:
    """The conditions of a witness at single points, and those of its branch."""
    trace = problem.trace
    found: list[Slack] = []
    if isinstance(trace, RelaxedTrace):
        found += [Slack(case.label, partial(_form_of, case)) for case in trace.cases]
    if bounds.lower is not None:
        return [*found, *interpolation_singles(bounds, trace)]
    return [
        *found,
        *(
            slack
            for e in trace.evaluations
            for a in problem.assumed
            for slack in a.assumption.at_point(a.values, e, trace)
        ),
    ]


def _form_of(case: Case) -> Form:
    return case.form


def _roundings(basis: Basis, found: Attack, branch: tuple[bool, ...]) -> list[Witness]:
    """Witnesses of growing dimension: the leading directions of the Gram matrix, rounded."""
    eigenvalues, directions = np.linalg.eigh(found.gram)
    eigenvalues, directions = eigenvalues[::-1], directions[:, ::-1]
    values = {
        leaf.name: str(rounded(float(value * scale), BITS))
        for leaf, value, scale in zip(basis.scalars, found.values, basis.scalar_scale, strict=True)
    }
    witnesses = []
    for dimension in sorted({*range(1, min(basis.size, LOW) + 1), basis.size} - {0}):
        roots = np.sqrt(np.maximum(eigenvalues[:dimension], 0))
        coordinates = directions[:, :dimension] * roots
        size = float(np.max(np.abs(coordinates), initial=0)) or 1.0
        # points and gradients have units of their own: each is rounded in its own scale
        vectors = {
            leaf.name: [_fixed(float(entry * scale), size * float(scale)) for entry in row]
            for leaf, row, scale in zip(basis.vectors, coordinates, basis.vector_scale, strict=True)
        }
        witnesses.append(Witness(dimension, vectors, values, branch))
    return witnesses


def _fixed(entry: float, size: float) -> str:
    """An entry to a fixed precision relative to the largest one in its unit."""
    bits = BITS + int(np.floor(np.log2(abs(entry) / size))) if entry else 0
    return str(rounded(entry, bits)) if bits > 0 else "0"
