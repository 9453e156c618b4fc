"""Solving a performance-estimation problem; answers are candidates until checked exactly."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from theoryck.errors import TheoryckError
from theoryck.pep.assemble import Assembled
from theoryck.pep.interior import FLOOR, Optimum, Program, interior_point
from theoryck.pep.lowrank import one_thread
from theoryck.pep.program import (
    Dual,
    Failure,
    margin_dual,
    margin_program,
    ratio_dual,
    ratio_program,
    with_bound_times,
)

Solver = Callable[[Program, float, float], Optimum | str]

OWN = "schur"
# Tried in turn: a tight solve first, since exact recovery needs its digits, then the defaults.
TOLERANCES = (1e-11, 1e-8)
OWN_SHARE = 1e-3  # of the accuracy asked for, at which the own method stops
ROUGH = 1.0  # the gap of a margin: any that is positive will do
ACCURATE = 1e-7  # the gap and residual of an answer that needs no second opinion
BELIEVED = 1e-6  # the largest gap and residual of an answer that is looked at
FAR = 0.1  # ratios below this are solved for again if they are not accurate
LARGEST = 6000  # unknowns of a dense Schur complement
LARGEST_SPARSE = 100  # order up to which a sparse interior-point method is tried
SECOND_OPINION = 50  # order up to which a merely believable answer is worth one
FINAL = ("infeasible", "unbounded")  # words that no other tolerance changes


class UnknownSolverError(TheoryckError, ValueError):
    """A solver that is not known or not installed; the message lists those that are."""


def solvers() -> Mapping[str, Solver]:
    """The installed solvers by name: ``schur``, which is theoryck's own, and those of CVXPY.

    >>> "schur" in solvers() and "clarabel" in solvers()
    True
    """
    from theoryck.pep.conic import installed  # CVXPY is slow to import

    return {OWN: _schur} | {name: _through_cvxpy(name) for name in sorted(installed())}


def worst_ratio(problem: Assembled, deadline: float, solver: str | None = None) -> Dual | Failure:
    """The least t with measure ≤ t·bound provable from the inequalities.

    By weak duality measure ≤ t·bound on the class; where the inequalities are interpolation
    conditions and the dimension is free, t is the exact worst case. Without ``solver``, one is
    chosen by size.

    Raises:
        UnknownSolverError: ``solver`` is not among :func:`solvers`.
    """
    dual = _ratio(problem, deadline, solver)
    if isinstance(dual, Failure) or dual.accurate or not 0 < dual.ratio < FAR:
        return dual
    # a bound far too large: measured beside the value that it should have had, digits return
    share = float(2.0 ** np.round(np.log2(dual.ratio)))
    again = _ratio(with_bound_times(problem, share), deadline, solver)
    if isinstance(again, Failure):
        return dual
    return replace(again, ratio=share * again.ratio)


def _ratio(problem: Assembled, deadline: float, solver: str | None) -> Dual | Failure:
    found = solved(ratio_program(problem), deadline, solver)
    return found if isinstance(found, Failure) else ratio_dual(problem, found)


def widest_margin(
    problem: Assembled, completing: np.ndarray, deadline: float, solver: str | None = None
) -> Dual | Failure:
    """A proof of measure ≤ bound with S ⪰ sI and the ``completing`` multipliers ≥ s, s maximal."""
    found = solved(margin_program(problem, completing), deadline, solver, ROUGH)
    return found if isinstance(found, Failure) else margin_dual(problem, found)


def solved(
    program: Program, deadline: float, solver: str | None = None, enough: float = ACCURATE
) -> Optimum | Failure:
    """The program's optimum by the named solver, or by those that its size suggests, in turn.

    ``enough`` is the gap at which no other answer is asked for. An answer is believed only if
    its gap and its residuals, measured here, are small; a failure is tried again at another
    tolerance, then by another solver, then reported in its own words.
    """
    said, best = "not tried", None
    for name in _suggested(program) if solver is None else (solver,):
        for tolerance in (enough * OWN_SHARE,) if name == OWN else TOLERANCES:
            if best is not None and program.constant.shape[0] > SECOND_OPINION:
                return best
            if time.monotonic() > deadline:
                return best or Failure("the time budget is spent")
            with one_thread():
                found = _named(name)(program, tolerance, deadline)
            if isinstance(found, str):
                said = found
                if said in FINAL and best is None:
                    return Failure(said)
                continue
            if found.gap <= enough and found.residual <= ACCURATE:
                return found
            said = f"{name} stopped at a gap of {found.gap:.1g}, residual {found.residual:.1g}"
            if _believable(found) and (best is None or found.error < best.error):
                best = found
    return best or Failure(said)


def _believable(found: Optimum) -> bool:
    """Whether the residuals are small, and the gap beside 1: a ratio far below 1 is certain to
    be so with fewer digits of its own."""
    gap = found.gap * max(abs(found.objective), FLOOR)
    return max(gap / max(1.0, abs(found.objective)), found.residual) <= BELIEVED


def _suggested(program: Program) -> tuple[str, ...]:
    n, unknowns = program.constant.shape[0], program.cost.size + program.right.size
    own = (OWN,) if n and unknowns <= LARGEST else ()
    # a sparse factorisation of the same program fills in: its memory grows with the fourth power
    return (*own, "clarabel") if n <= LARGEST_SPARSE or not own else own


def _named(name: str) -> Solver:
    if name == OWN:
        return _schur
    known = solvers()
    if name not in known:
        raise UnknownSolverError(f"solver {name!r}: {', '.join(known)} are installed here")
    return known[name]


def _schur(program: Program, tolerance: float, deadline: float) -> Optimum | str:
    if not program.constant.size:
        return "schur needs a vector in the problem"
    found = interior_point(program, tolerance, deadline)
    return "schur: the iteration diverged" if found is None else found


def _through_cvxpy(name: str) -> Solver:
    def solve(program: Program, tolerance: float, deadline: float) -> Optimum | str:
        from theoryck.pep.conic import solve_conic

        return solve_conic(program, name, tolerance, deadline)

    return solve
