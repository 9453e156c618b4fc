"""Does a relation hold on a whole domain? Proved, a counterexample, or unknown with the reason."""

from __future__ import annotations

import sympy

from theoryck.derive.deciding import further
from theoryck.derive.domain import Domain
from theoryck.derive.exact import is_zero
from theoryck.derive.prover import (
    BALLS,
    EXACT,
    OPEN,
    SMT,
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
from theoryck.derive.relations import Implied, Relation
from theoryck.derive.sampling import sample_points, widened
from theoryck.derive.symbols import ZERO, Obligation, holds_for_numbers
from theoryck.derive.values import Point, holds_at, inside, met_at
from theoryck.errors import TheoryckError


def decide(
    goal: Relation,
    domain: Domain,
    deadline: float,
    obligations: tuple[Obligation, ...] = (),
    points: tuple[Point, ...] | None = None,
) -> Decision:
    """Whether ``goal`` holds at every point of ``domain``.

    Args:
        goal: the relation; its terms must have values everywhere, which is proved too.
        domain: the parameters and what is known of them.
        deadline: a value of ``time.monotonic()`` after which no new query is begun.
        obligations: what must hold for the text that the goal came from to have a value.
        points: points of the domain to try first, if they are at hand.

    >>> import time
    >>> from theoryck.derive.domain import Domain
    >>> x = sympy.Symbol("x", real=True)
    >>> decide(Relation(2 * x, "<=", 1 + x**2), Domain({"x": x}), time.monotonic() + 5)
    Proved(how='z3: the negation is unsatisfiable')
    >>> outcome = decide(Relation(x, "<=", 1 + x**3), Domain({"x": x}), time.monotonic() + 5)
    >>> type(outcome).__name__
    'Counterexample'
    """
    if isinstance(goal, Implied):
        part = domain.where(*goal.premises)
        new = set(part.symbols.values()) - set(domain.symbols.values())
        wide = None if points is None else widened(points, new)
        within = None if wide is None else tuple(p for p in wide if inside(part, p))
        return decide(goal.goal, part, deadline, obligations, within)
    mentioned = {s for o in obligations for r in o.alternatives for s in r.symbols} | goal.symbols
    new = mentioned - set(domain.symbols.values())
    domain = domain.with_symbols(*new)
    points = None if points is None else widened(points, new)
    for obligation in obligations:
        met = _proves_any(obligation, domain, deadline)
        if not isinstance(met, Proved):
            reason = f"{obligation.because} is not ruled out: {obligation} is not proved"
            return Unknown(reason, UNDEFINED)
    if holds_for_numbers(goal):
        return Proved(EXACT)
    if not goal.symbols:
        return _of_numbers(goal)
    fresh = points is None
    # the algebra is cheaper than fresh points
    exact = fresh and holds_exactly(goal, domain)
    for point in () if exact else sample_points(domain) if fresh else points or ():
        if fails_at(goal, point):
            return Counterexample(point)
    if exact or (not fresh and holds_exactly(goal, domain)):
        guarded = Prover(domain, deadline).guards(goal)
        return Proved(EXACT) if guarded is None else guarded
    found = Prover(domain, deadline).prove(goal)
    return found if not isinstance(found, Unknown) else further(goal, domain, deadline, found)


def _of_numbers(goal: Relation) -> Decision:
    """A relation between two constants, in ball arithmetic."""
    try:
        return Proved(BALLS) if holds_at(goal, {}) else Counterexample({})
    except TheoryckError as error:
        # balls never tell that two numbers are equal
        same = goal.sign in ("==", "<=", ">=") and is_zero(goal.left - goal.right)
        return Proved(EXACT) if same else Unknown(f"{goal}: {error}")


def _proves_any(obligation: Obligation, domain: Domain, deadline: float) -> Decision:
    result: Decision = Unknown("no alternative")
    for relation in obligation.alternatives:
        if holds_exactly(relation, domain):
            return Proved(EXACT)
        result = Prover(domain, deadline).prove(relation)
        if isinstance(result, Unknown):
            result = further(relation, domain, deadline, result)
        if isinstance(result, Proved):
            return result
    return result


def is_empty(domain: Domain, deadline: float) -> bool:
    """Whether z3 proves that no parameters satisfy the domain's relations."""
    if next(sample_points(domain), None) is not None:
        return False
    return isinstance(
        Prover(domain, deadline).prove(Relation(sympy.Integer(1), "<=", ZERO)), Proved
    )


__all__ = [
    "BALLS",
    "EXACT",
    "OPEN",
    "SMT",
    "TIMED_OUT",
    "UNDEFINED",
    "Counterexample",
    "Decision",
    "Proved",
    "Unknown",
    "decide",
    "fails_at",
    "is_empty",
    "met_at",
]
