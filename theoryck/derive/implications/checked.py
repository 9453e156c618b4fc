"""Theorems that speak of one point, or of two points and their middle: decided, not only cited.

The definitions of premises and conclusion are relations between a few numbers (the size of the
gradient, the gap, the second moment of the noise at a point). Where the conclusion follows from
the premises for all such numbers, the theorem is proved by exact algebra or z3.
"""

from __future__ import annotations

import time

import sympy

from theoryck.claims.expressions import names
from theoryck.derive.decide import Proved, decide
from theoryck.derive.domain import Domain
from theoryck.derive.implications.definitions import (
    AT_A_MINIMISER,
    AT_A_POINT,
    AT_TWO_POINTS,
    OFF_THE_MINIMISERS,
    definition,
)
from theoryck.derive.implications.edges import Constants, Edge
from theoryck.derive.relations import Implied, Relation
from theoryck.derive.symbols import ZERO, Obligation, Reader
from theoryck.errors import TheoryckError

SECONDS = 2.0  # for one theorem
SIZES = ("slope", "gap", "distance", "bend", "variance", "moment")  # never negative
POINTWISE = {**AT_A_POINT, **OFF_THE_MINIMISERS}
# what a definition at two points says of one point and of the minimiser nearest to it, by the
# Cauchy-Schwarz inequality (Nesterov 2018, Section 2.1)
YIELDS = {
    "convex": "gap <= slope*distance",
    "strongly_convex": ("gap <= slope*distance - mu/2*distance**2 and gap >= mu/2*distance**2"),
    "smooth": "abs(bend) <= L",
}
# what of one point suffices, by the mean value inequality for the gradient
SUFFICES = {"smooth": "abs(bend) <= L"}


def how_checked(
    edge: Edge, premises: dict[str, Constants], conclusion: Constants, deadline: float
) -> str | None:
    """What showed that the conclusion follows at every point, or None where nothing did.

    Args:
        edge: the theorem.
        premises: the constants of each premise.
        conclusion: the constants of the conclusion.
        deadline: a value of ``time.monotonic()``.
    """
    try:
        return _checked(edge, premises, conclusion, min(deadline, time.monotonic() + SECONDS))
    except TheoryckError:
        return None


def _checked(
    edge: Edge, premises: dict[str, Constants], conclusion: Constants, deadline: float
) -> str | None:
    at_one, at_minimisers = {**YIELDS, **POINTWISE}, {**POINTWISE, **AT_A_MINIMISER}
    for table, goal_table in (
        (AT_TWO_POINTS, AT_TWO_POINTS),
        (at_one, {**SUFFICES, **POINTWISE}),
        (at_minimisers, at_minimisers),
    ):
        if edge.conclusion not in goal_table or not all(name in table for name in edge.premises):
            continue
        at_a_minimiser = edge.conclusion in AT_A_MINIMISER
        known: list[Relation] = []
        obligations: list[Obligation] = []
        for name, constants in premises.items():
            relations, needed = _relations(table[name], constants)
            known += relations
            obligations += needed
        goals, needed = _relations(goal_table[edge.conclusion], conclusion)
        known += _of_the_numbers(edge, at_a_minimiser)
        known += edge.follows(premises).needs
        # what has no value in a definition says nothing
        known += [o.alternatives[0] for o in obligations if len(o.alternatives) == 1]
        decisions = [
            decide(
                Implied(g.left, g.sign, g.right, tuple(known)), Domain(), deadline, tuple(needed)
            )
            for g in goals
        ]
        if all(isinstance(decision, Proved) for decision in decisions):
            return "; ".join(dict.fromkeys(d.how for d in decisions if isinstance(d, Proved)))
    return None


def _relations(
    text: str, constants: Constants
) -> tuple[tuple[Relation, ...], tuple[Obligation, ...]]:
    condition = definition(text)
    symbols = {
        name: sympy.Symbol(name, real=True, **({"nonnegative": True} if name in SIZES else {}))
        for name in names(condition)
    }
    reader = Reader({**symbols, **constants})
    return reader.relations(condition), tuple(reader.obligations)


def _of_the_numbers(edge: Edge, at_a_minimiser: bool) -> list[Relation]:
    """What relates the numbers at a point, whatever the function and the noise."""
    slope, variance, moment = (
        sympy.Symbol(name, nonnegative=True, real=True) for name in ("slope", "variance", "moment")
    )
    known = [Relation(slope, "==", ZERO)] if at_a_minimiser else []
    if "unbiased" in edge.premises:
        known.append(Relation(moment, "==", variance + slope**2))
    # Minkowski's inequality, both ways
    known.append(Relation(sympy.sqrt(moment), "<=", sympy.sqrt(variance) + slope))
    known.append(Relation(sympy.sqrt(variance), "<=", sympy.sqrt(moment) + slope))
    return known


__all__ = ["how_checked"]
