"""Constraint generation: solve with the inequalities that most proofs need, add those that the
worst case found violates, and stop when it violates none.

Leaving inequalities out gives a bound that holds all the same; when the primal solution meets
them too, it is feasible for the whole problem and the bound is its value.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from theoryck.certificates import Problem
from theoryck.pep.assemble import Assembled, Layout, lay_out
from theoryck.pep.pairs import Pairs
from theoryck.pep.program import Dual, Failure
from theoryck.pep.solve import worst_ratio

VIOLATED = 1e-7  # relative to the sizes of an inequality's own terms
ROUNDS = 40
MOST = 2  # inequalities added in a round, in multiples of the number of points


@dataclass(frozen=True)
class Solved:
    """The worst case, and the inequalities that gave it: the program and its dual."""

    layout: Layout
    assembled: Assembled
    dual: Dual


def layout_of(problem: Problem, goal_index: int) -> Layout:
    """All inequalities of a goal of a problem, as arrays."""
    goal = problem.goals[goal_index]
    return lay_out(
        problem.trace,
        goal.alternatives,
        goal.bound,
        problem.singles.values(),
        problem.families,
    )


def worst_case(layout: Layout, deadline: float, solver: str | None = None) -> Solved | Failure:
    """The worst case with all inequalities of the layout, solved with as few as it takes."""
    chosen: Sequence[np.ndarray] = layout.near()
    last: Solved | None = None
    for _ in range(ROUNDS):
        assembled = layout.assembled(chosen)
        dual = worst_ratio(assembled, deadline, solver)
        if isinstance(dual, Failure) and last is not None:
            # still a bound, of which nothing says how far above the worst case it is
            return replace(last, dual=replace(last.dual, accurate=False))
        if isinstance(dual, Failure):
            # too few inequalities may bound nothing; all of them, if there are more
            every = layout.every()
            if sum(map(len, every)) == sum(map(len, chosen)):
                return dual
            chosen = every
            continue
        last = Solved(layout, assembled, dual)
        added = [
            with_violated(family, pairs, dual.gram, dual.values, dual.unit)
            for family, pairs in zip(layout.families, chosen, strict=True)
        ]
        if sum(map(len, added)) == sum(map(len, chosen)):
            return last
        chosen = added
    return Failure(f"conditions were still violated after {ROUNDS} rounds of adding them")


def with_violated(
    family: Pairs, pairs: np.ndarray, gram: np.ndarray, values: np.ndarray, unit: float
) -> np.ndarray:
    """The pairs with those added, worst first, whose inequalities the numbers violate most."""
    readings, sizes = family.readings(gram, values, unit)
    shares = readings / np.maximum(sizes, 1e-300)
    if family.equality:
        shares = -np.abs(shares)
    # what the solver left of violations among the chosen is not worth an inequality elsewhere
    known = shares[pairs[:, 0], pairs[:, 1]]
    least = max(VIOLATED, -3 * float(known.min(initial=0.0)))
    shares[pairs[:, 0], pairs[:, 1]] = 0.0
    np.fill_diagonal(shares, 0.0)
    order = np.argsort(shares, axis=None)[: MOST * family.size]
    worst = order[shares.ravel()[order] < -least]
    new = np.stack(np.unravel_index(worst, shares.shape), axis=1)
    return np.concatenate([pairs, new])
