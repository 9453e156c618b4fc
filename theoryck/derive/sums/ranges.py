"""Readings of ``sum_over(k, a, b, t)`` and its kin: in closed form, or as an unknown with facts.

Short ranges are written out. A sum with a telescoping form is replaced by it. Everything else
becomes an unknown of which true relations are stated: comparison with an integral for monotone
terms (Rudin 1976, Theorem 8.2 and Exercise 8.9), the sign of the terms, and for an extremum that it
is attained at some index and not beaten at the ends.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import sympy

from theoryck.claims.expressions import Expr, Over
from theoryck.derive.decide import Proved, decide
from theoryck.derive.domain import Domain
from theoryck.derive.printing import tidy, to_claim_text
from theoryck.derive.relations import Relation
from theoryck.derive.sums.integrals import integral_bounds
from theoryck.derive.sums.telescopes import antidifference
from theoryck.derive.symbols import ONE, ZERO, Obligation, Reader, UnreadableError

WRITTEN_OUT = 40  # terms of a range that is written out
MAX_RANGES = 6  # unknown sums in one claim

EXTREMA: Mapping[str, Callable[..., sympy.Expr]] = {"min_over": sympy.Min, "max_over": sympy.Max}


@dataclass(frozen=True)
class Ranged:
    """``kind`` of ``body`` over ``lower <= index <= upper``, as the unknown ``symbol``.

    For a mean the unknown is the sum.
    """

    kind: str
    symbol: sympy.Symbol
    index: sympy.Symbol
    lower: sympy.Expr
    upper: sympy.Expr
    body: sympy.Expr

    def with_one_more(self) -> sympy.Expr:
        """The unknown once the range has one more term at its upper end."""
        term = self.at(self.upper + 1)
        if self.kind in EXTREMA:
            return EXTREMA[self.kind](self.symbol, term)
        return self.symbol + term

    def at(self, index: sympy.Expr) -> sympy.Expr:
        """The term at an index."""
        return self.body.subs(self.index, index)

    def written_out(self, lower: int, upper: int) -> sympy.Expr:
        """The quantity over a range of numbers."""
        terms = [self.at(sympy.Integer(n)) for n in range(lower, upper + 1)]
        return EXTREMA[self.kind](*terms) if self.kind in EXTREMA else sympy.Add(*terms)


@dataclass
class RangeReader:
    """Reads expressions with ranges on one domain; what it meets is kept in the lists.

    ``obligations`` speak of the indices too, whose ranges are among ``relations``; ``nonempty``
    has what must hold for those ranges to have a term, with what is known of the indices outside.
    """

    domain: Domain
    deadline: float
    names: Mapping[str, sympy.Expr]
    obligations: list[Obligation] = field(default_factory=list)
    relations: list[Relation] = field(default_factory=list)
    unknowns: list[Ranged] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    indices: list[sympy.Symbol] = field(default_factory=list)
    nonempty: list[tuple[tuple[Relation, ...], Relation]] = field(default_factory=list)

    def reader(self) -> Reader:
        """A reader of the names that hands ranges to this one."""
        return Reader(self.names, self._quantity, self.obligations)

    def _quantity(self, node: Expr) -> sympy.Expr | None:
        return self._over(node) if isinstance(node, Over) else None

    def _over(self, node: Over) -> sympy.Expr:
        reader = self.reader()
        lower, upper = reader.read(node.lower), reader.read(node.upper)
        count = sympy.expand(upper - lower + 1)
        if isinstance(lower, sympy.Integer) and isinstance(upper, sympy.Integer):
            if count < 1:
                raise UnreadableError(f"{node.kind} over an empty range, from {lower} to {upper}")
            if count <= WRITTEN_OUT:
                return self._written_out(node, int(lower), int(upper))
        else:
            # the relations so far only: an index of the range itself is there only if it has one
            self.nonempty.append((tuple(self.relations), Relation(upper, ">=", lower)))
        index = self._index(node.variable, lower)
        nested = lower.has(*self.indices) or upper.has(*self.indices)
        self.indices.append(index)
        self.relations += [Relation(index, ">=", lower), Relation(index, "<=", upper)]
        inside = replace(self, names={**self.names, node.variable: index})
        body = inside.reader().read(node.body)
        ranged = Ranged(node.kind, index, index, lower, upper, body)
        closed = None if node.kind in EXTREMA else self._closed(ranged)
        if closed is None:
            if nested or body.has(*(r.symbol for r in self.unknowns)):
                raise UnreadableError("a sum within a sum that has no closed form")
            closed = self._unknown(ranged)
        return closed / count if node.kind == "mean_over" else closed

    def _written_out(self, node: Over, lower: int, upper: int) -> sympy.Expr:
        terms = []
        for number in range(lower, upper + 1):
            names = {**self.names, node.variable: sympy.Integer(number)}
            terms.append(replace(self, names=names).reader().read(node.body))
        if node.kind in EXTREMA:
            return EXTREMA[node.kind](*terms)
        total = sympy.Add(*terms)
        return total / len(terms) if node.kind == "mean_over" else total

    def _index(self, name: str, lower: sympy.Expr) -> sympy.Symbol:
        """A symbol for the index under a name that is still free."""
        taken = {s.name for s in (*self.domain.symbols.values(), *self.indices)}
        while name in taken:
            name += "_"
        sign = {"positive": True} if self._holds(Relation(lower, ">=", ONE)) else {}
        if not sign and self._holds(Relation(lower, ">=", ZERO)):
            sign = {"nonnegative": True}
        return sympy.Symbol(name, integer=True, **sign)

    def _closed(self, ranged: Ranged) -> sympy.Expr | None:
        """The sum by telescoping, if the sequence has values on the whole range."""
        sequence = antidifference(ranged.body, ranged.index)
        if sequence is None:
            return None
        below = sympy.fraction(sympy.together(sequence))[1]
        beyond = Relation(ranged.index, "<=", ranged.upper)
        run = [r for r in self.relations if r != beyond]
        ends_later = Relation(ranged.index, "<=", ranged.upper + 1)
        if not self._holds(Relation(below, "!=", ZERO), self.domain.where(*run, ends_later)):
            return None
        ends = [sequence.subs(ranged.index, end) for end in (ranged.upper + 1, ranged.lower)]
        if any(end.has(sympy.zoo, sympy.nan, sympy.oo) for end in ends):
            return None
        total = ends[0] - ends[1]
        k, after = ranged.index, to_claim_text(ranged.upper + 1)
        self.lines.append(
            f"the sum of {_text(ranged.body)} over {_range(ranged)} telescopes: it is T({after}) - "
            f"T({to_claim_text(ranged.lower)}) with T({k}) = {_text(sequence)}, since "
            f"T({k} + 1) - T({k}) is the term   [exact algebra]"
        )
        return total

    def _unknown(self, ranged: Ranged) -> sympy.Expr:
        if len(self.unknowns) >= MAX_RANGES:
            raise UnreadableError(f"more than {MAX_RANGES} sums without a closed form")
        number = len(self.unknowns) + 1
        word = "M" if ranged.kind in EXTREMA else "S"
        symbol = sympy.Symbol(f"{word}({number})", real=True)
        unknown = replace(ranged, symbol=symbol)
        self.unknowns.append(unknown)
        name = ranged.kind if ranged.kind in EXTREMA else "the sum"
        self.lines.append(f"{symbol} is {name} of {_text(ranged.body)} over {_range(ranged)}")
        facts = self._attained(unknown) if ranged.kind in EXTREMA else self._of_sum(unknown)
        for fact, because in facts:
            self.relations.append(fact)
            self.lines.append(f"{fact}   [{because}]")
        return symbol

    def _of_sum(self, ranged: Ranged) -> list[tuple[Relation, str]]:
        running = self.domain.where(*self.relations)
        facts = []
        for sign, bound in ((">=", ranged.at(ranged.lower)), ("<=", ranged.at(ranged.lower))):
            if self._holds(Relation(ranged.body, sign, ZERO), running):
                facts.append(
                    (Relation(ranged.symbol, sign, bound), f"every term is {sign} 0; the first")
                )
                break

        def surely(relation: Relation) -> bool:
            return self._holds(relation, running)

        found = integral_bounds(ranged.body, ranged.index, ranged.lower, ranged.upper, surely)
        facts += [(Relation(ranged.symbol, s, bound), because) for s, bound, because in found]
        return facts

    def _attained(self, ranged: Ranged) -> list[tuple[Relation, str]]:
        sign = "<=" if ranged.kind == "min_over" else ">="
        ends = (ranged.lower, ranged.upper)
        # an index of its own: the first one stands for every index, this one for some index
        some = self._index(f"{ranged.index}_", ranged.lower)
        self.indices.append(some)
        return [
            *((Relation(ranged.symbol, sign, ranged.at(e)), f"the term at {e}") for e in ends),
            (Relation(ranged.symbol, "==", ranged.at(some)), f"attained at some {some}"),
            (Relation(some, ">=", ranged.lower), "in the range"),
            (Relation(some, "<=", ranged.upper), "in the range"),
        ]

    def _holds(self, relation: Relation, domain: Domain | None = None) -> bool:
        found = decide(relation, domain or self.domain, self.deadline)
        return isinstance(found, Proved)


def _text(expr: sympy.Expr) -> str:
    return to_claim_text(tidy(expr))


def _range(ranged: Ranged) -> str:
    return f"{ranged.index} = {to_claim_text(ranged.lower)}, ..., {to_claim_text(ranged.upper)}"


__all__ = ["RangeReader", "Ranged"]
