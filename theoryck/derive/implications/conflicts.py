"""Assumptions that hardly any function meets together."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import product

from theoryck.derive.implications.edges import Premises
from theoryck.derive.implications.graph import Fact, Holds
from theoryck.derive.relations import Relation
from theoryck.derive.symbols import ONE, ZERO
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


__all__ = ["CONFLICTS", "Conflict", "conflict"]
