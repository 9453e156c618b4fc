"""How many iterations bring a bound down to a level: the bound solved for the horizon."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

import sympy

from theoryck.claims.claim import Parameter, RateClaim
from theoryck.claims.expressions import Comparison, Expr, Number, Order, Symbol, names
from theoryck.claims.grammar import parse_expression
from theoryck.derive.decide import Proved, decide
from theoryck.derive.derivations import Derived, NotDerivedError, derivation_of
from theoryck.derive.design.solving import zeros
from theoryck.derive.domain import Domain
from theoryck.derive.printing import signed, tidy
from theoryck.derive.relations import Relation
from theoryck.derive.symbols import ZERO, Reader
from theoryck.derive.trees import condition_of, scope_of, tree_of, with_constraint, with_parameter
from theoryck.errors import ClaimError, TheoryckError

DERIVATION_SHARE = 0.4  # of the time
SEARCH_SHARE = 0.5  # of what is left


class NotReachedError(TheoryckError, ValueError):
    """No number of iterations was proved to suffice; the message says why."""


@dataclass(frozen=True)
class Iterations:
    """From ``steps`` iterations on the bound is at most the level.

    ``exact``: for fewer iterations the bound (not what it bounds) is above it. ``where`` holds
    conditions that were added to the domain; ``claim`` is the rate with the level as its bound,
    for as many iterations, and ``proof`` its derivation, or None where the two parts (the bound,
    and the bound at most the level) are proved but not the whole in one search.
    """

    bound: sympy.Expr
    horizon: sympy.Symbol
    level: sympy.Expr
    steps: sympy.Expr
    exact: bool
    where: tuple[Relation, ...]
    claim: RateClaim
    proof: Derived | None


def iterations_to(claim: RateClaim, level: str, deadline: float) -> Iterations:
    """The number of iterations after which the bound is at most a level.

    Args:
        claim: a rate with its horizon among the parameters.
        level: an expression in the parameters; a new name is a new positive parameter.
        deadline: a value of ``time.monotonic()``.

    Raises:
        NotDerivedError: no bound is derived.
        NotReachedError: the level is no expression, or the bound is not solved for the horizon.
    """
    claim, wanted = _with_level(claim, level)
    now = time.monotonic()
    derived = derivation_of(claim, now + DERIVATION_SHARE * (deadline - now))
    domain = derived.setting.domain
    bound = derived.bound
    if derived.proves and not isinstance(claim.bound, Order):
        bound = derived.setting.bound
    horizon = _horizon(claim, bound, domain)
    target = Reader(domain.symbols).read(wanted)
    now = time.monotonic()
    search_deadline = now + SEARCH_SHARE * (deadline - now)
    for steps, where in _solutions(bound, target, horizon):
        part = domain.where(*where)
        enough = part.where(Relation(horizon, ">=", steps))
        goal = Relation(bound, "<=", target)
        if not isinstance(decide(goal, enough, search_deadline), Proved):
            continue
        fewer = part.where(Relation(horizon, "<", steps))
        above = Relation(bound, ">", target)
        exact = isinstance(decide(above, fewer, search_deadline), Proved)
        reached = _reached(claim, wanted, horizon, steps, where)
        return Iterations(
            bound, horizon, target, steps, exact, where, reached, _proved(reached, deadline)
        )
    raise NotReachedError(f"{tidy(bound)} <= {level} is not solved for {horizon}")


def _with_level(claim: RateClaim, level: str) -> tuple[RateClaim, Expr]:
    """The claim with the level's own name among its parameters, and the level's tree."""
    known = set(claim.parameters)
    if level.isidentifier() and level not in known and level not in scope_of(()).known():
        condition = Comparison((Symbol(level), Number(Fraction(0))), (">",))
        claim = with_parameter(claim, Parameter(level, condition, integer=False))
    try:
        wanted = parse_expression(level, scope=scope_of(claim.parameters))
    except ClaimError as error:
        raise NotReachedError(f"the level is no expression in the parameters: {error}") from error
    if not names(wanted) <= set(claim.parameters):
        raise NotReachedError(f"{level} speaks of more than the parameters")
    return claim, wanted


def _horizon(claim: RateClaim, bound: sympy.Expr, domain: Domain) -> sympy.Symbol:
    measured = names(claim.measure)
    found = [
        domain.symbols[p.name]
        for p in claim.parameters.values()
        if p.integer and p.name in measured and domain.symbols[p.name] in bound.free_symbols
    ]
    if len(found) != 1:
        raise NotReachedError("the bound does not depend on one number of iterations")
    return found[0]


def _solutions(
    bound: sympy.Expr, level: sympy.Expr, horizon: sympy.Symbol
) -> Iterator[tuple[sympy.Expr, tuple[Relation, ...]]]:
    """Numbers of iterations that may suffice, with what they need to have a value."""
    floor, _ = sympy.expand(bound).as_independent(horizon, as_Add=True)
    for zero in zeros(bound - level, horizon):
        if not zero.has(sympy.I) and not zero.is_negative:
            yield signed(tidy(zero)), ()
            if floor != 0:
                yield signed(tidy(zero)), (Relation(level, ">", tidy(floor)),)
    yield from _geometric(bound, level, horizon)


def _geometric(
    bound: sympy.Expr, level: sympy.Expr, horizon: sympy.Symbol
) -> Iterator[tuple[sympy.Expr, tuple[Relation, ...]]]:
    """Of ``C*q**(a*n + b) + F <= level``: n >= (log(C/(level - F))/log(1/q) - b)/a."""
    powers = {
        p
        for p in bound.atoms(sympy.Pow, sympy.exp)
        if horizon in p.exp.free_symbols and horizon not in p.base.free_symbols
    }
    if len(powers) != 1:
        return
    (power,) = powers
    name = sympy.Dummy("power", positive=True)
    replaced = sympy.expand(bound.subs(power, name))
    factor, floor = replaced.coeff(name, 1), replaced.coeff(name, 0)
    exponent = sympy.expand(power.exp)
    slope, shift = exponent.coeff(horizon, 1), exponent.coeff(horizon, 0)
    whole = factor.free_symbols | floor.free_symbols | slope.free_symbols | shift.free_symbols
    if name in whole or horizon in whole:
        return
    room = sympy.factor_terms(level - floor)
    factor = sympy.factor(factor)
    where = [Relation(s, ">", ZERO) for s in _may_vanish(factor)]
    if floor != 0:
        where.append(Relation(level, ">", floor))
    logarithm = sympy.log(sympy.cancel(factor / room))
    if power.base == sympy.E:
        yield tidy((logarithm + shift) / -slope), tuple(where)
        return
    for speed in (sympy.cancel(1 - power.base), sympy.log(1 / power.base)):
        yield (logarithm / speed - shift) / slope, tuple(where)


def _may_vanish(factor: sympy.Expr) -> list[sympy.Symbol]:
    return [s for s in factor.free_symbols if not s.is_positive and factor.subs(s, 0) == 0]


def _reached(
    claim: RateClaim,
    level: Expr,
    horizon: sympy.Symbol,
    steps: sympy.Expr,
    where: tuple[Relation, ...],
) -> RateClaim:
    known = claim.parameters
    try:
        for relation in (Relation(horizon, ">=", steps), *where):
            at = horizon.name
            if relation.left.is_Symbol and relation.left.name in known:
                at = relation.left.name
            claim = with_constraint(claim, at, condition_of(relation, known))
        tree_of(steps, known)
    except ClaimError as error:
        raise NotReachedError(f"the number of iterations is too large to write: {error}") from error
    return replace(claim, bound=level, relation="<=")


def _proved(claim: RateClaim, deadline: float) -> Derived | None:
    try:
        found = derivation_of(claim, deadline)
    except NotDerivedError:
        return None
    return found if found.proves else None
