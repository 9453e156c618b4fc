"""Induction on the number of terms: a relation that one more term preserves.

Let G(N, S) be a relation in a whole number N and sums S whose upper ends move with N. If G holds
at the least N, and G(N, S) implies G(N + 1, S + the next term) for every real S, then G holds for
every N.
"""

from __future__ import annotations

import sympy

from theoryck.derive.decide import Proved, decide
from theoryck.derive.domain import Domain
from theoryck.derive.exact import lower_bounds
from theoryck.derive.relations import Implied, Relation
from theoryck.derive.sums.ranges import Ranged

MAX_BASE = 40  # terms that the base case may have


def by_induction(
    goal: Relation,
    unknowns: tuple[Ranged, ...],
    domain: Domain,
    deadline: float,
) -> tuple[str, ...] | None:
    """The lines of an induction that proves a goal, or None where none is found.

    Args:
        goal: in the parameters and the unknowns.
        unknowns: sums and extrema over ranges.
        domain: of the parameters alone; nothing in it but a lower bound may speak of N.
        deadline: a value of ``time.monotonic()``.
    """
    met = tuple(r for r in unknowns if r.symbol in goal.symbols)
    for n in sorted((s for r in met for s in r.upper.free_symbols), key=str):
        lines = _on(n, goal, met, domain, deadline)
        if lines is not None:
            return lines
    return None


def _on(
    n: sympy.Symbol, goal: Relation, met: tuple[Ranged, ...], domain: Domain, deadline: float
) -> tuple[str, ...] | None:
    bound = lower_bounds(domain).get(n)
    if not n.is_integer or bound is None or not all(_moves_with(n, r) for r in met):
        return None
    if any(n in r.symbols and not _is_lower_bound(n, r) for r in domain.relations):
        return None
    least = int(sympy.floor(bound[0])) + 1 if bound[1] else int(sympy.ceiling(bound[0]))
    first = _at_least(least, n, goal, met)
    if first is None or not _proved(first, domain, deadline):
        return None
    symbols = tuple(r.symbol for r in met)
    step = Implied(
        *_shifted(goal, n, met), premises=(goal, *(Relation(n, ">=", sympy.Integer(least)),))
    )
    if not _proved(step, domain.with_symbols(*symbols), deadline):
        return None
    return (
        f"{n} = {least}: {first}   [base of an induction on {n}]",
        f"{step}   [step of the induction, for every real {', '.join(map(str, symbols))}]",
    )


def _moves_with(n: sympy.Symbol, ranged: Ranged) -> bool:
    """Whether n + 1 adds one term at the upper end, and changes nothing else."""
    still = not (ranged.lower.has(n) or ranged.body.has(n))
    return still and sympy.expand(ranged.upper.subs(n, n + 1) - ranged.upper) == 1


def _is_lower_bound(n: sympy.Symbol, relation: Relation) -> bool:
    left, sign, right = relation.left, relation.sign, relation.right
    if right == n:
        left, right, sign = right, left, {"<=": ">=", "<": ">"}.get(sign, "")
    return left == n and sign in (">", ">=") and isinstance(right, sympy.Rational)


def _at_least(
    least: int, n: sympy.Symbol, goal: Relation, met: tuple[Ranged, ...]
) -> Relation | None:
    """The goal at the least n, its sums written out."""
    values: dict[sympy.Expr, sympy.Expr] = {}
    for ranged in met:
        lower, upper = ranged.lower, ranged.upper.subs(n, least)
        if not (isinstance(lower, sympy.Integer) and isinstance(upper, sympy.Integer)):
            return None
        if not 0 <= upper - lower < MAX_BASE:
            return None
        values[ranged.symbol] = ranged.written_out(int(lower), int(upper))
    sides = (side.subs(n, least).xreplace(values) for side in (goal.left, goal.right))
    left, right = sides
    return Relation(left, goal.sign, right)


def _shifted(
    goal: Relation, n: sympy.Symbol, met: tuple[Ranged, ...]
) -> tuple[sympy.Expr, str, sympy.Expr]:
    """The goal at n + 1."""
    later = {ranged.symbol: sympy.Dummy("later", real=True) for ranged in met}
    values = {later[ranged.symbol]: ranged.with_one_more() for ranged in met}
    left, right = (
        side.xreplace(later).subs(n, n + 1).xreplace(values) for side in (goal.left, goal.right)
    )
    return left, goal.sign, right


def _proved(relation: Relation, domain: Domain, deadline: float) -> bool:
    return isinstance(decide(relation, domain, deadline), Proved)


__all__ = ["by_induction"]
