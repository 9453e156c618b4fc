"""The least value of a bound in one parameter, found by calculus and proved by exact algebra."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import sympy

from theoryck.derive.decide import Proved, decide
from theoryck.derive.design.solving import zeros
from theoryck.derive.domain import Domain
from theoryck.derive.exact import is_zero
from theoryck.derive.printing import to_claim_text
from theoryck.derive.relations import Relation
from theoryck.derive.symbols import ZERO
from theoryck.errors import TheoryckError


class NoOptimumError(TheoryckError, ValueError):
    """No minimiser was proved; the message says what stops the search."""


@dataclass(frozen=True)
class Optimum:
    """``value`` minimises on ``domain`` (which no longer has the parameter); ``reasons``: why.

    ``where`` holds conditions that were added to the domain, such as ``sigma > 0``.
    """

    value: sympy.Expr
    least: sympy.Expr
    domain: Domain
    where: tuple[Relation, ...]
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Interval:
    """What the domain says of a symbol: closed ends that it may take, and all its relations."""

    lower: tuple[sympy.Expr, ...]
    upper: tuple[sympy.Expr, ...]
    relations: tuple[Relation, ...]


def without(domain: Domain, symbol: sympy.Symbol) -> Domain:
    """The domain of the other symbols."""
    return Domain(
        {name: s for name, s in domain.symbols.items() if s != symbol},
        tuple(r for r in domain.relations if symbol not in r.symbols),
        tuple(
            o for o in domain.obligations if not any(symbol in r.symbols for r in o.alternatives)
        ),
    )


def interval_of(domain: Domain, symbol: sympy.Symbol) -> Interval:
    """The ends that relations linear in the symbol set."""
    lower: list[sympy.Expr] = []
    upper: list[sympy.Expr] = []
    relations = tuple(r for r in domain.known if symbol in r.symbols)
    for relation in relations:
        difference = sympy.expand(relation.left - relation.right)
        if not difference.is_polynomial(symbol) or sympy.degree(difference, symbol) != 1:
            continue
        slope = difference.coeff(symbol, 1)
        end = sympy.cancel(-difference.coeff(symbol, 0) / slope)
        if symbol in slope.free_symbols or relation.sign not in ("<=", ">="):
            continue
        if slope.is_positive:
            (upper if relation.sign == "<=" else lower).append(end)
        elif slope.is_negative:
            (lower if relation.sign == "<=" else upper).append(end)
    return Interval(tuple(lower), tuple(upper), relations)


def minimise(bound: sympy.Expr, symbol: sympy.Symbol, domain: Domain, deadline: float) -> Optimum:
    """The value of the symbol at which the bound is least, over all that the domain allows.

    The theorem used is one of these: a convex function is least at a stationary point; over an
    interval it is least at the stationary point's projection on it; a function that does not
    increase is least at the right end; or the comparison itself, ``bound(value) <= bound``.

    Raises:
        NoOptimumError: the bound does not depend on the symbol, or nothing was proved.

    >>> import time
    >>> g, G, R, N = sympy.symbols("g G R N", positive=True)
    >>> domain = Domain({"g": g, "G": G, "R": R, "N": N})
    >>> best = minimise(R**2 / (2 * N * g) + g * G**2 / 2, g, domain, time.monotonic() + 10)
    >>> best.value
    R/(G*sqrt(N))
    """
    if symbol not in bound.free_symbols:
        raise NoOptimumError(f"the bound does not depend on {symbol}")
    search = _Search(bound, core_of(bound, symbol, domain, deadline), symbol, domain, deadline)
    for candidate in search.candidates():
        found = search.proved(candidate)
        if found is not None:
            return found
    raise NoOptimumError(
        f"no value of {symbol} is proved to minimise {to_claim_text(bound)}: "
        + ("; ".join(dict.fromkeys(search.stops)) or "its derivative has no zero that is found")
    )


def core_of(bound: sympy.Expr, symbol: sympy.Symbol, domain: Domain, deadline: float) -> sympy.Expr:
    """A simpler function that is least where the bound is.

    Terms and nonnegative factors without the symbol are dropped, and of a power ``q**N`` with
    ``q >= 0`` and ``N > 0`` the base is kept.
    """
    while True:
        simpler = _peeled(bound, symbol, domain, deadline)
        if simpler is None:
            return bound
        bound = simpler


def _peeled(
    bound: sympy.Expr, symbol: sympy.Symbol, domain: Domain, deadline: float
) -> sympy.Expr | None:
    def surely(relation: Relation) -> bool:
        return isinstance(decide(relation, domain, deadline), Proved)

    if isinstance(bound, sympy.Add):
        rest, depending = bound.as_independent(symbol, as_Add=True)
        return depending if rest != 0 else None
    if isinstance(bound, sympy.Mul):
        factor, depending = bound.as_independent(symbol, as_Add=False)
        if factor != 1 and surely(Relation(factor, ">=", ZERO)):
            return depending
        return None
    if isinstance(bound, sympy.Pow) and symbol not in bound.exp.free_symbols:
        base, exponent = bound.base, bound.exp
        if base == symbol:
            return None
        if surely(Relation(exponent, ">", ZERO)) and surely(Relation(base, ">=", ZERO)):
            return base
    return None


@dataclass
class _Search:
    """One minimisation, with what stopped its attempts."""

    bound: sympy.Expr
    core: sympy.Expr
    symbol: sympy.Symbol
    domain: Domain
    deadline: float

    def __post_init__(self) -> None:
        self.stops: list[str] = []
        self.slope = sympy.diff(self.core, self.symbol)
        self.interval = interval_of(self.domain, self.symbol)
        self.rest = without(self.domain, self.symbol)
        self.convex = self._surely(
            Relation(sympy.diff(self.slope, self.symbol), ">=", ZERO), self.domain
        )

    def candidates(self) -> Iterator[sympy.Expr]:
        """Stationary points, the ends, and stationary points cut off at the ends."""
        stationary = [s for s in zeros(self.slope, self.symbol) if not s.is_negative]
        yield from stationary
        yield from self.interval.upper
        for end in self.interval.upper:
            yield from (sympy.Min(end, s) for s in stationary)
        yield from self.interval.lower
        for end in self.interval.lower:
            yield from (sympy.Max(end, s) for s in stationary)

    def proved(self, value: sympy.Expr) -> Optimum | None:
        """The optimum at this value, if it is proved to be one."""
        if self.symbol in value.free_symbols or value.has(sympy.I, sympy.nan, sympy.zoo):
            return None
        where = self._undefined(value)
        rest, domain = self.rest.where(*where), self.domain.where(*where)
        if not self._inside(value, rest):
            self.stops.append(f"{to_claim_text(value)} may lie outside the domain")
            return None
        reason = self._reason(value, rest, domain)
        if reason is None:
            self.stops.append(f"{to_claim_text(value)} is not proved to be the best")
            return None
        least = self.bound.subs(self.symbol, value)
        return Optimum(value, least, rest, where, reason)

    def _undefined(self, value: sympy.Expr) -> tuple[Relation, ...]:
        """What must not vanish for the value to exist, where the domain does not say so."""
        below = sympy.denom(sympy.together(value))
        bases = {p.base for p in value.atoms(sympy.Pow) if p.exp.is_negative}
        needed = [
            s
            for part in (below, *bases)
            for s in part.free_symbols
            if s.is_nonnegative and not s.is_positive and sympy.limit(part, s, 0) == 0
        ]
        return tuple(Relation(s, ">", ZERO) for s in dict.fromkeys(needed))

    def _inside(self, value: sympy.Expr, rest: Domain) -> bool:
        relations = (
            Relation(r.left.subs(self.symbol, value), r.sign, r.right.subs(self.symbol, value))
            for r in self.interval.relations
        )
        return all(self._surely(relation, rest) for relation in relations)

    def _reason(self, value: sympy.Expr, rest: Domain, domain: Domain) -> tuple[str, ...] | None:
        slope = self.slope.subs(self.symbol, value)
        if self.convex and isinstance(value, sympy.Min | sympy.Max):
            inner = [s for s in value.args if is_zero(self.slope.subs(self.symbol, s))]
            if inner:
                return (
                    f"the bound is convex in {self.symbol} on the domain",
                    f"its derivative vanishes at {to_claim_text(inner[0])}",
                    "a convex function on an interval is least at the projection of that point",
                )
        if self.convex and is_zero(slope):
            return (
                f"the bound is convex in {self.symbol} on the domain",
                f"its derivative vanishes at {to_claim_text(value)}",
            )
        if value in self.interval.upper and self._surely(Relation(self.slope, "<=", ZERO), domain):
            return (f"the bound does not increase in {self.symbol} on the domain",)
        if value in self.interval.lower and self._surely(Relation(self.slope, ">=", ZERO), domain):
            return (f"the bound does not decrease in {self.symbol} on the domain",)
        if isinstance(value, sympy.Min | sympy.Max):
            return None
        least = Relation(self.core.subs(self.symbol, value), "<=", self.core)
        if self._surely(least, domain):
            return ("no other value of the domain gives less: the difference is nonnegative",)
        return None

    def _surely(self, relation: Relation, domain: Domain) -> bool:
        return isinstance(decide(relation, domain, self.deadline), Proved)
