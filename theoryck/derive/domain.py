"""The set of parameter values that a claim speaks about, as symbols and relations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType

import sympy
import z3

from theoryck.claims.claim import Parameter
from theoryck.derive.relations import Relation
from theoryck.derive.smt import Translator, UntranslatableError
from theoryck.derive.symbols import ZERO, Obligation, Reader

PROBE_MILLISECONDS = 500  # for one question about the sign of one parameter


@dataclass(frozen=True)
class Domain:
    """Symbols with the relations between them; all other statements are meant on it.

    ``obligations`` must hold for the relations themselves to have a value.
    """

    symbols: Mapping[str, sympy.Symbol] = field(default_factory=lambda: MappingProxyType({}))
    relations: tuple[Relation, ...] = ()
    obligations: tuple[Obligation, ...] = ()

    def where(self, *relations: Relation) -> Domain:
        """The part of the domain where these hold too; their symbols may be new."""
        new = {s.name: s for r in relations for s in r.symbols if s.name not in self.symbols}
        return replace(
            self, symbols={**self.symbols, **new}, relations=(*self.relations, *relations)
        )

    def with_symbols(self, *symbols: sympy.Symbol) -> Domain:
        """The domain with further free symbols."""
        return replace(self, symbols={**self.symbols, **{s.name: s for s in symbols}})

    @cached_property
    def known(self) -> tuple[Relation, ...]:
        """The relations, and what SymPy is told of the symbols."""
        return (*self.relations, *(r for s in self.symbols.values() for r in _assumed(s)))


def _assumed(symbol: sympy.Symbol) -> tuple[Relation, ...]:
    if symbol.is_positive and symbol.is_integer:
        return (Relation(symbol, ">=", sympy.Integer(1)),)
    if symbol.is_positive:
        return (Relation(symbol, ">", ZERO),)
    return (Relation(symbol, ">=", ZERO),) if symbol.is_nonnegative else ()


def domain_of(parameters: Mapping[str, Parameter]) -> Domain:
    """The domain of a claim's parameters.

    A symbol is called positive (or nonnegative) to SymPy only where z3 proves that the
    constraints leave nothing else, so that SymPy's own simplifications are right on the domain.
    """
    plain = {p.name: sympy.Symbol(p.name, real=True) for p in parameters.values()}
    first = _read(parameters, plain)
    symbols = {}
    for name, parameter in parameters.items():
        sign = _sign(plain[name], first.relations)
        symbols[name] = sympy.Symbol(
            name, real=True, **({"integer": True} if parameter.integer else {}), **sign
        )
    return _read(parameters, symbols)


def _read(parameters: Mapping[str, Parameter], symbols: Mapping[str, sympy.Symbol]) -> Domain:
    reader = Reader(symbols)
    relations = tuple(
        relation
        for parameter in parameters.values()
        if parameter.condition is not None
        for relation in reader.relations(parameter.condition)
    )
    return Domain(symbols, relations, tuple(reader.obligations))


def _sign(symbol: sympy.Symbol, relations: tuple[Relation, ...]) -> dict[str, bool]:
    for name, negation in (
        ("positive", Relation(symbol, "<=", ZERO)),
        ("nonnegative", Relation(symbol, "<", ZERO)),
    ):
        if _is_empty((*relations, negation)):
            return {name: True}
    return {}


def _is_empty(relations: tuple[Relation, ...]) -> bool:
    translator = Translator()
    solver = z3.Solver(ctx=translator.context)
    solver.set("timeout", PROBE_MILLISECONDS)
    try:
        solver.add(*(translator.relation(relation) for relation in relations))
    except UntranslatableError:
        return False
    solver.add(*translator.closing_facts())
    # the guarded definitions are left out: less known, so fewer domains are called empty
    return bool(solver.check() == z3.unsat)
