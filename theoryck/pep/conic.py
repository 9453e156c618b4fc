"""Linear matrix inequalities by the solvers that CVXPY knows."""

from __future__ import annotations

import time
import warnings
from collections.abc import Mapping
from typing import Any

import cvxpy as cp
import numpy as np
import scipy.sparse as sp

from theoryck.pep.interior import Optimum, Program, measured

# Options at one tolerance; a solver that is not listed runs with its own.
OPTIONS: Mapping[str, Mapping[str, str]] = {
    "CLARABEL": {"tol_gap_abs": "", "tol_gap_rel": "", "tol_feas": ""},
    "SCS": {"eps_abs": "", "eps_rel": ""},
    "SDPA": {"epsilonStar": "", "epsilonDash": ""},
}


def installed() -> frozenset[str]:
    """The names of the installed solvers that take matrix inequalities, in lower case."""
    known = {"CLARABEL", "SCS", "SDPA", "MOSEK"}
    return frozenset(name.lower() for name in cp.installed_solvers() if name in known)


def solve_conic(program: Program, solver: str, tolerance: float, deadline: float) -> Optimum | str:
    """An optimum, its residuals measured here, or the solver's own word for its failure."""
    n, p = program.constant.shape[0], program.cost.size
    i, j = np.triu_indices(n)
    y = cp.Variable(p)
    constraints: list[Any] = []
    identity = None
    if n:
        psd = cp.Variable((n, n), PSD=True)
        # the upper triangle of S, so that multipliers of the identity are entries of the Gram
        # matrix once off the diagonal, where they stand for two
        pick = sp.csr_array((np.ones(i.size), (np.arange(i.size), i * n + j)), (i.size, n * n))
        entries = program.constant[i, j] + program.matrices.triangles().T @ y
        identity = pick @ cp.vec(psd, order="C") == entries
        constraints.append(identity)
    rooms = equal = None
    if program.offset.size:
        rooms = program.inequalities @ y + program.offset >= 0
        constraints.append(rooms)
    if program.right.size:
        equal = sp.csr_array(program.equalities) @ y == program.right
        constraints.append(equal)
    problem = cp.Problem(cp.Minimize(program.cost @ y), constraints)
    options: dict[str, Any] = dict.fromkeys(OPTIONS.get(solver.upper(), {}), tolerance)
    left = max(deadline - time.monotonic(), 1e-3)
    if solver.upper() == "CLARABEL":
        options["time_limit"] = left
    if solver.upper() == "SCS":
        options["time_limit_secs"] = left
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # CVXPY warns of what the status says anyway
            problem.solve(solver=solver.upper(), **options)
    except cp.error.SolverError as error:
        return str(error).split("\n", maxsplit=1)[0]
    if problem.status not in (cp.OPTIMAL, cp.OPTIMAL_INACCURATE):
        return str(problem.status)
    gram = np.zeros((n, n))
    if identity is not None:
        gram[i, j] = gram[j, i] = identity.dual_value * np.where(i == j, 1.0, 0.5)
    return measured(
        program,
        np.asarray(y.value),
        gram,
        np.zeros(0) if rooms is None else np.asarray(rooms.dual_value),
        np.zeros(0) if equal is None else -np.asarray(equal.dual_value),
    )
