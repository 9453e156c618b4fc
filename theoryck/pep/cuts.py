"""Matrix inequalities by cutting planes.

M ⪰ 0 says that cᵀMc ≥ 0 for every c, and finitely many c are enough for a proof: with their
multipliers μ ≥ 0 the matrix multiplier is Σ μ·ccᵀ, positive semidefinite by construction. The c
are the eigenvectors that a worst case violates, until it violates none.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from theoryck.algebra import Form
from theoryck.assumptions.base import MatrixFamily
from theoryck.certificates import GoalCertificate, Hypothesis, Problem
from theoryck.certificates.documents import as_float
from theoryck.pep.certify import accepted
from theoryck.pep.generate import Solved, layout_of, worst_case
from theoryck.pep.program import Failure
from theoryck.pep.prove import find_certificate

ROUNDS = 200
NEGLIGIBLE = 1e-9  # an eigenvalue, relative to the largest
BITS = 20  # of the entries of a cut


@dataclass(frozen=True)
class Cut:
    """cᵀMc ≥ 0 for a matrix inequality M ⪰ 0."""

    name: str
    family: MatrixFamily
    vector: tuple[Fraction, ...]

    def hypothesis(self, problem: Problem) -> Hypothesis:
        """The inequality, as one more condition."""
        numbers, points = problem.numbers, self.family.points
        form = Form(problem.trace, numbers.integer(0), {}, {})
        for left, a in zip(points, self.vector, strict=True):
            for right, b in zip(points, self.vector, strict=True):
                if a * b != 0:
                    form = form + self.family.template(left, right) * numbers.rational(a * b)
        return Hypothesis(self.name, form)


@dataclass(frozen=True)
class CutProblem:
    """A problem whose matrix inequalities are replaced by the cuts so far."""

    original: Problem
    cuts: tuple[Cut, ...] = ()

    @property
    def problem(self) -> Problem:
        """The problem with the cuts among its conditions."""
        extra = [cut.hypothesis(self.original) for cut in self.cuts]
        return replace(self.original, hypotheses=(*self.original.hypotheses, *extra))


def worst_case_of(
    problem: Problem, index: int, deadline: float, solver: str | None = None
) -> tuple[CutProblem, Solved] | Failure:
    """The worst case of a goal, under matrix inequalities too; the cuts that it took."""
    cut_problem = CutProblem(problem, _first_cuts(problem))
    for _ in range(ROUNDS):
        solved = worst_case(layout_of(cut_problem.problem, index), deadline, solver)
        if isinstance(solved, Failure):
            return solved
        found = [c for m in problem.matrices for c in _violated(m, solved)]
        if not found or time.monotonic() > deadline:
            return cut_problem, solved
        number = len(cut_problem.cuts)
        fresh = tuple(
            Cut(f"{family.name}[{number + i}]", family, vector)
            for i, (family, vector) in enumerate(found)
        )
        cut_problem = CutProblem(problem, (*cut_problem.cuts, *fresh))
    return cut_problem, solved


def _first_cuts(problem: Problem) -> tuple[Cut, ...]:
    """The diagonal entries."""
    cuts: list[Cut] = []
    for family in problem.matrices:
        size = len(family.points)
        for i in range(size):
            vector = tuple(Fraction(int(i == j)) for j in range(size))
            cuts.append(Cut(f"{family.name}[{len(cuts)}]", family, vector))
    return tuple(cuts)


def _violated(
    family: MatrixFamily, solved: Solved
) -> list[tuple[MatrixFamily, tuple[Fraction, ...]]]:
    matrix = np.array(
        [[_reading(family.template(i, j), solved) for j in family.points] for i in family.points]
    )
    matrix = (matrix + matrix.T) / 2
    scale = np.sqrt(np.maximum(np.abs(np.diag(matrix)), 1e-12 * np.abs(matrix).max(initial=0)))
    scale = np.where(scale > 0, scale, 1.0)
    eigenvalues, vectors = np.linalg.eigh(matrix / np.outer(scale, scale))
    violated = np.flatnonzero(eigenvalues < -NEGLIGIBLE * max(1.0, eigenvalues[-1]))
    cuts = []
    for position in violated:
        vector = vectors[:, position] / scale
        vector = vector / np.abs(vector).max()
        cuts.append((family, tuple(Fraction(round(float(c) * 2**BITS), 2**BITS) for c in vector)))
    return cuts


def _reading(form: Form, solved: Solved) -> float:
    """The number that a form is in the worst case."""
    basis, dual = solved.assembled.basis, solved.dual
    place = {leaf: position for position, leaf in enumerate(basis.vectors)}
    unit = dual.unit if dual.unit > 1e-9 else 1.0
    total = 0.0
    for (u, v), coefficient in form.quadratic.items():
        if u in place and v in place:
            i, j = place[u], place[v]
            scale = basis.vector_scale[i] * basis.vector_scale[j]
            total += as_float(coefficient) * float(dual.gram[i, j] * scale) / unit
    return total


def certificate_of(
    cut_problem: CutProblem, index: int, solved: Solved, deadline: float
) -> GoalCertificate | None:
    """A certificate in which the cuts have become matrix multipliers, accepted by the kernel."""
    found = find_certificate(cut_problem.problem, index, solved, deadline)
    if found is None or not cut_problem.cuts:
        return found
    certificate = _without_cuts(found, cut_problem.cuts)
    original = cut_problem.original
    return certificate if accepted(original, original.goals[index], certificate) else None


def _without_cuts(certificate: GoalCertificate, cuts: Sequence[Cut]) -> GoalCertificate:
    multipliers = dict(certificate.multipliers)
    matrices: dict[str, list[list[Fraction]]] = {}
    for cut in cuts:
        text = multipliers.pop(cut.name, None)
        if text is None:
            continue
        size = len(cut.vector)
        total = matrices.setdefault(cut.family.name, [[Fraction(0)] * size for _ in range(size)])
        for i, a in enumerate(cut.vector):
            for j, b in enumerate(cut.vector):
                total[i][j] += Fraction(text) * a * b
    return replace(
        certificate,
        multipliers=multipliers,
        matrices={
            name: tuple(tuple(str(entry) for entry in row) for row in rows)
            for name, rows in matrices.items()
        },
    )
