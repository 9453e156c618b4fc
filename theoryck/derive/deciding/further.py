"""What is tried when the first question to z3 leaves a relation open, in the order of its cost."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import islice

import sympy

from theoryck.derive.deciding.facts import TranslatorWithFacts
from theoryck.derive.deciding.integers import TranslatorOfIntegers, speaks_of_integers
from theoryck.derive.deciding.monotone import by_monotonicity, is_transcendental
from theoryck.derive.deciding.rewriting import rewritten
from theoryck.derive.domain import Domain
from theoryck.derive.elementary import HYPERBOLIC, TRIGONOMETRIC, vanishes
from theoryck.derive.prover import (
    TIMED_OUT,
    UNDEFINED,
    Counterexample,
    Decision,
    Proved,
    Prover,
    Unknown,
    fails_at,
    holds_exactly,
)
from theoryck.derive.relations import Relation
from theoryck.derive.sampling import sample_points

SECONDS = 2.0  # for all that is tried here
DEPTH = 3  # derivatives that are taken one after another
SAMPLES = 30  # points at which a derivative's sign is tried before it is proved

INTEGERS = "z3, whole numbers being whole: the negation is unsatisfiable"
MEANS = "z3, with tangents and inequalities of means: the negation is unsatisfiable"
IDENTITIES = "identities of exp, sin and cos; exact algebra"
CALCULUS = "the mean value theorem"


def further(goal: Relation, domain: Domain, deadline: float, first: Unknown) -> Decision:
    """The decision on a relation that z3 left open: proved, a counterexample, or ``first``.

    Args:
        goal: a relation.
        domain: the parameters and what is known of them.
        deadline: a value of ``time.monotonic()``.
        first: why it is open so far.
    """
    until = min(deadline, time.monotonic() + SECONDS)
    if time.monotonic() >= until or first.code == UNDEFINED:
        return first
    if any(fails_at(goal, point) for point in islice(sample_points(domain), SAMPLES)):
        return first
    if goal.sign == "!=":
        for sign in (">", "<"):
            part = further(Relation(goal.left, sign, goal.right), domain, until, first)
            if isinstance(part, Proved):
                return part
    for decision in _attempts(goal, domain, until):
        if isinstance(decision, Proved | Counterexample):
            return decision
        if time.monotonic() >= until:
            return Unknown(first.reason, first.code or TIMED_OUT)
    return first


def _attempts(goal: Relation, domain: Domain, deadline: float) -> Iterator[Decision]:
    difference = goal.left - goal.right
    special = difference.has(*HYPERBOLIC, *TRIGONOMETRIC, sympy.asinh)
    known = special or difference.has(sympy.exp)
    if goal.sign in ("==", "<=", ">=") and known and vanishes(difference):
        guarded = Prover(domain, deadline).guards(goal)
        yield Proved(IDENTITIES) if guarded is None else guarded
    transcendental = is_transcendental(difference)
    if not transcendental and speaks_of_integers(difference):
        yield Prover(domain, deadline, TranslatorOfIntegers, INTEGERS).prove(goal)
    if transcendental:
        yield _with_facts(goal, domain, deadline)
    if special:
        for other, part in rewritten(goal, domain):
            found = _with_facts(other, part, deadline)
            if isinstance(found, Proved):  # a counterexample would speak of other unknowns
                yield found
    if transcendental:
        sentence = _calculus(goal, domain, deadline, DEPTH)
        if sentence is not None:
            yield Proved(f"{CALCULUS}: {sentence}")


def _with_facts(goal: Relation, domain: Domain, deadline: float) -> Decision:
    return Prover(domain, deadline, TranslatorWithFacts, MEANS).prove(goal)


def _calculus(goal: Relation, domain: Domain, deadline: float, depth: int) -> str | None:
    def shows(relation: Relation, part: Domain) -> bool:
        return _shown(relation, part, deadline, depth - 1)

    return by_monotonicity(goal, domain, deadline, shows)


def _shown(relation: Relation, domain: Domain, deadline: float, depth: int) -> bool:
    """Whether a relation is proved by any of the means here, its terms having values."""
    domain = domain.with_symbols(*(relation.symbols - set(domain.symbols.values())))
    if any(fails_at(relation, point) for point in islice(sample_points(domain), SAMPLES)):
        return False
    if holds_exactly(relation, domain):
        return Prover(domain, deadline, TranslatorWithFacts).guards(relation) is None
    if isinstance(Prover(domain, deadline).prove(relation), Proved):
        return True
    if not is_transcendental(relation.left - relation.right):
        return False
    if isinstance(_with_facts(relation, domain, deadline), Proved):
        return True
    if depth <= 0 or time.monotonic() > deadline:
        return False
    return _calculus(relation, domain, deadline, depth) is not None


__all__ = ["further"]
