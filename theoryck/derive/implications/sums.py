"""Finite sums: what is assumed of every term, followed to the mean and to the draws.

With ``finite_sum(n)`` among the hypotheses the others speak of each f_i, and the oracle draws one i
uniformly (Robbins and Monro 1951). A conclusion on a function is shown of every term and of the
mean, so that it holds in either reading.
"""

from __future__ import annotations

from theoryck.assumptions import ASSUMPTIONS
from theoryck.assumptions.base import Subject
from theoryck.derive.implications.edges import Consequence, Edge, Premises
from theoryck.derive.implications.graph import Checks, Fact, Holds, consequences, proof_of

FINITE_SUM = "finite_sum"


def of_a_sum(goal: Fact, given: list[Fact], holds: Holds, checks: Checks) -> tuple[str, ...] | None:
    """The lines of a proof that the goal follows for a finite sum, or None."""
    of_terms = [fact for fact in given if _subject(fact) is Subject.FUNCTION]
    every = consequences(of_terms, holds)
    of_mean = [fact for fact in given if _subject(fact) is not Subject.FUNCTION]
    for fact in every:
        if ASSUMPTIONS[fact.name].kept_by_means:
            of_mean.append(Fact(fact.name, fact.constants, _mean_of(fact)))
        if fact.name == "lipschitz":
            second = {"G": fact.constants["G"]}
            of_mean.append(Fact("bounded_second_moment", second, _draws_of(fact)))
    of_mean.append(Fact("unbiased", {}, _UNIFORM))
    of_mean_lines = proof_of(goal, consequences(of_mean, holds), holds, checks)
    if of_mean_lines is None:
        return None
    if _subject(goal) is not Subject.FUNCTION:
        return of_mean_lines
    of_term_lines = proof_of(goal, every, holds, checks)
    if of_term_lines is None:
        return None
    return (
        *(f"of every f_i: {line}" for line in of_term_lines),
        *(f"of f: {line}" for line in of_mean_lines),
    )


def _subject(fact: Fact) -> Subject:
    return ASSUMPTIONS[fact.name].subject


def _nothing(premises: Premises) -> Consequence:
    return Consequence({})


def _mean_of(fact: Fact) -> Edge:
    return Edge(
        (fact.name,), fact.name, _nothing, "every f_i has it, and means keep it", "finite_sum"
    )


def _draws_of(fact: Fact) -> Edge:
    proof = "norm(grad f_i(x)) <= G for every i, hence also in the mean square"
    return Edge((fact.name,), "bounded_second_moment", _nothing, proof, FINITE_SUM)


_UNIFORM = Edge((), "unbiased", _nothing, "i is drawn uniformly, and f is the mean", FINITE_SUM)

__all__ = ["FINITE_SUM", "of_a_sum"]
