"""Assumptions that hardly any function meets together."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import product

from theoryck.claims.claim import ComplexityClaim, RateClaim
from theoryck.derive.decide import Proved, decide
from theoryck.derive.domain import domain_of
from theoryck.derive.implications.edges import Premises
from theoryck.derive.implications.graph import Fact, Holds
from theoryck.derive.relations import Relation
from theoryck.derive.symbols import ONE, ZERO, Reader
from theoryck.errors import TheoryckError
from theoryck.verdict import Finding

NOBODY, CONSTANTS = "no function on R^d", "no function but a constant"


@dataclass(frozen=True)
class Conflict:
    """Assumptions that exclude each other where ``needs`` hold, with the reason."""

    premises: tuple[str, ...]
    needs: Callable[[Premises], tuple[Relation, ...]]
    meets: str
    because: str


def _exceeds(name: str, key: str, factor: int = 1) -> Callable[[Premises], tuple[Relation, ...]]:
    return lambda p: (Relation(p[name][key], ">", factor * p["smooth"]["L"]),)


def _strong(p: Premises) -> tuple[Relation, ...]:
    return (Relation(p["strongly_convex"]["mu"], ">", ZERO),)


def _below_one(p: Premises) -> tuple[Relation, ...]:
    return (Relation(p["strong_growth"]["rho"], "<", ONE),)


CONFLICTS: tuple[Conflict, ...] = (
    Conflict(
        ("strongly_convex", "smooth"),
        _exceeds("strongly_convex", "mu"),
        NOBODY,
        "the gradient would change by at least mu*norm(x - y) and at most L*norm(x - y)",
    ),
    Conflict(
        ("pl", "smooth"),
        _exceeds("pl", "mu"),
        CONSTANTS,
        "norm(grad(x))**2 <= 2*L*(f(x) - f_star) for every smooth f",
    ),
    Conflict(
        ("error_bound", "smooth"),
        _exceeds("error_bound", "delta", 2),
        CONSTANTS,
        "norm(grad(x))**2 <= 2*L*(f(x) - f_star) for every smooth f",
    ),
    Conflict(
        ("quadratic_growth", "smooth"),
        _exceeds("quadratic_growth", "mu"),
        CONSTANTS,
        "f(x) - f_star <= (L/2)*dist(x, argmin f)**2 for every smooth f",
    ),
    Conflict(
        ("strongly_convex", "lipschitz"),
        _strong,
        NOBODY,
        "the gradient of a strongly convex function is unbounded",
    ),
    Conflict(
        ("unbiased", "strong_growth"),
        _below_one,
        CONSTANTS,
        "E[norm(g)**2] >= norm(grad(x))**2 by Jensen's inequality",
    ),
)


def conflict(facts: Iterable[Fact], holds: Holds) -> Finding | None:
    """A finding on facts that (nearly) exclude each other on the whole domain, or None."""
    known = list(facts)
    for row in CONFLICTS:
        having = [[fact for fact in known if fact.name == name] for name in row.premises]
        for chosen in product(*having):
            needs = row.needs({fact.name: fact.constants for fact in chosen})
            if all(map(holds, needs)):
                named = " and ".join(map(str, chosen))
                why = ", ".join(map(str, needs))
                return Finding("vacuous", f"{row.meets} is {named} where {why}: {row.because}")
    return None


def excluded(claim: RateClaim | ComplexityClaim, deadline: float) -> tuple[Finding, ...]:
    """A finding where the assumptions of a claim about runs exclude each other.

    >>> import time
    >>> from theoryck.claims.reading import read_claim
    >>> claim = read_claim({
    ...     "id": "gd", "parameters": {"mu": "mu > 2*L", "L": "L > 0", "N": "integer, N >= 1"},
    ...     "method": "gradient_descent(step=1/L)", "assumptions": ["smooth(L)", "pl(mu)"],
    ...     "measure": "f(x[N]) - f_star", "bound": "0"})
    >>> excluded(claim, time.monotonic() + 5)[0].message.split(":")[0]
    'no function but a constant is pl(mu) and smooth(L) where mu > L'
    """
    named = {use.assumption.name for use in claim.assumptions}
    if not any(named.issuperset(row.premises) for row in CONFLICTS):
        return ()
    domain = domain_of(claim.parameters)
    reader = Reader(domain.symbols)
    facts = []
    for use in claim.assumptions:
        try:
            constants = {name: reader.read(value) for name, value in use.arguments.items()}
        except TheoryckError:
            continue
        facts.append(Fact(use.assumption.name, constants))

    def surely(relation: Relation) -> bool:
        return isinstance(decide(relation, domain, deadline), Proved)

    found = conflict(facts, surely)
    return () if found is None else (found,)


__all__ = ["CONFLICTS", "Conflict", "conflict", "excluded"]
