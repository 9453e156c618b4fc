"""From a violated bound to a witness: a start, gradients and values that the kernel accepts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from theoryck.assumptions.conditions import interpolation_slacks, sufficient_curvature
from theoryck.certificates import CertificateError, PlacedRun, Problem, Witness, check_witness
from theoryck.errors import UndecidedError
from theoryck.pep.assemble import Assembled, assemble
from theoryck.pep.certify import rounded
from theoryck.pep.solve import Attack, Failure, attack

LOW = 6  # dimensions tried before all of them
BITS = 30  # of the rounded coordinates; the slacks leave room for them


@dataclass(frozen=True)
class Refutation:
    """A witness that the kernel accepted, and its run."""

    witness: Witness
    run: PlacedRun


def refute(
    problem: Problem, goal_index: int, deadline: float, candidates: Iterable[Witness] = ()
) -> Refutation | Failure:
    """A witness of the least dimension found, or why there is none.

    ``candidates`` are looked at before anything is solved.

    The search is over functions whose curvature bounds put them into the claimed class, with
    zero noise, so that violating the bound there refutes the claim itself.
    """
    bounds = sufficient_curvature(problem.assumed, problem.numbers)
    if bounds is None:
        return Failure("no interpolation conditions are known for these assumptions")
    for witness in candidates:
        try:
            return Refutation(witness, check_witness(problem, witness))
        except (CertificateError, UndecidedError):
            continue
    slacks = [h.slack() for h in problem.hypotheses]
    slacks += interpolation_slacks(bounds, problem.trace)
    assembled = assemble(problem, goal_index, slacks, without_noise=True)
    found = attack(assembled, deadline)
    if isinstance(found, Failure):
        return found
    last = "no rounding of the numbers met the conditions"
    for witness in _roundings(assembled, found):
        try:
            return Refutation(witness, check_witness(problem, witness))
        except (CertificateError, UndecidedError) as error:
            last = str(error)
    return Failure(last)


def _roundings(assembled: Assembled, found: Attack) -> list[Witness]:
    """Witnesses of growing dimension: the leading directions of the Gram matrix, rounded."""
    eigenvalues, directions = np.linalg.eigh(found.gram)
    eigenvalues, directions = eigenvalues[::-1], directions[:, ::-1]
    basis = assembled.basis
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
        witnesses.append(Witness(dimension, vectors, values))
    return witnesses


def _fixed(entry: float, size: float) -> str:
    """An entry to a fixed precision relative to the largest one in its unit."""
    bits = BITS + int(np.floor(np.log2(abs(entry) / size))) if entry else 0
    return str(rounded(entry, bits)) if bits > 0 else "0"
