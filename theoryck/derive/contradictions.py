"""Domains without points, and what an undecided relation says: findings that name the cause."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace

import sympy

from theoryck.derive.decide import TIMED_OUT, UNDEFINED, Unknown, is_empty
from theoryck.derive.domain import Domain
from theoryck.derive.relations import Relation
from theoryck.verdict import Finding

SHRINKING_SECONDS = 1.0  # for finding which of the relations contradict each other


def contradiction(domain: Domain, deadline: float) -> Finding | None:
    """A finding if no parameters lie in the domain, naming relations that exclude each other.

    >>> import sympy
    >>> mu, L = sympy.symbols("mu L", positive=True)
    >>> smaller, larger = Relation(mu, "<", L), Relation(mu, ">", L)
    >>> found = contradiction(Domain({"mu": mu, "L": L}, (smaller, larger)), time.monotonic() + 5)
    >>> found.message
    'no parameters satisfy mu < L and mu > L'
    """
    if not domain.relations or not is_empty(domain, deadline):
        return None
    until = min(deadline, time.monotonic() + SHRINKING_SECONDS)
    rest = smallest(domain, until)
    return Finding("vacuous", f"no parameters satisfy {' and '.join(map(str, rest))}")


def smallest(domain: Domain, deadline: float) -> tuple[Relation, ...]:
    """Relations of an empty domain without any one of which it is not known to be empty."""
    # what SymPy is told of a symbol was read off the relations that are left out here
    plain = {s: _untold(s) for s in domain.symbols.values()}
    kept = list(dict.fromkeys(_renamed(relation, plain) for relation in domain.relations))
    domain = Domain({s.name: s for s in plain.values()})
    for relation in tuple(kept):
        rest = [r for r in kept if r != relation]
        if time.monotonic() > deadline:
            break
        if is_empty(replace(domain, relations=tuple(rest)), deadline):
            kept = rest
    return tuple(kept)


def _untold(symbol: sympy.Symbol) -> sympy.Symbol:
    known = {"integer": True} if symbol.is_integer else {}
    return sympy.Symbol(symbol.name, real=True, **known)


def _renamed(relation: Relation, plain: Mapping[sympy.Symbol, sympy.Symbol]) -> Relation:
    left, right = (side.xreplace(plain) for side in (relation.left, relation.right))
    return Relation(left, relation.sign, right)


def findings_of(decision: Unknown) -> tuple[Finding, ...]:
    """A finding of its own for a time-out, and for a text without a value."""
    if decision.code == TIMED_OUT:
        return (Finding("timed-out", decision.reason),)
    if decision.code == UNDEFINED:
        return (Finding("undefined", decision.reason),)
    return ()


__all__ = ["contradiction", "findings_of", "smallest"]
