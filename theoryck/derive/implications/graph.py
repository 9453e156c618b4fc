"""Paths in the graph of theorems: what follows from given assumptions, and by which steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product

from theoryck.derive.exact import equal
from theoryck.derive.implications.directed import DIRECTED
from theoryck.derive.implications.edges import (
    EDGES,
    Consequence,
    Constants,
    Edge,
    Premises,
    weaker,
)
from theoryck.derive.printing import tidy, to_claim_text
from theoryck.derive.relations import Relation

MAX_ROUNDS = 4  # edges in a row
MAX_FACTS = 60

Holds = Callable[[Relation], bool]
Checks = Callable[[Edge, dict[str, Constants], Constants], str | None]


def cited(edge: Edge, premises: dict[str, Constants], conclusion: Constants) -> str | None:
    """No check of a theorem beyond its source."""
    return None


@dataclass(frozen=True)
class Fact:
    """An assumption that holds, with the numbers of the facts that it follows from."""

    name: str
    constants: Constants
    edge: Edge | None = None
    premises: tuple[int, ...] = ()
    needs: tuple[Relation, ...] = ()

    def __str__(self) -> str:
        listed = ", ".join(to_claim_text(tidy(value)) for value in self.constants.values())
        return f"{self.name}({listed})" if listed else self.name


def consequences(given: list[Fact], holds: Holds) -> list[Fact]:
    """The given facts, and all that follows from them in a few steps.

    Args:
        given: the hypotheses.
        holds: decides the relations between constants that an edge needs.
    """
    facts = list(given)
    for _ in range(MAX_ROUNDS):
        before = len(facts)
        for edge in EDGES:
            for premises in _choices(edge, facts[:before]):
                found = _conclude(edge, premises, facts, holds)
                if found is not None and len(facts) < MAX_FACTS:
                    facts.append(found)
        if len(facts) == before:
            break
    return facts


def _choices(edge: Edge, facts: list[Fact]) -> Iterator[tuple[int, ...]]:
    having = [[i for i, fact in enumerate(facts) if fact.name == name] for name in edge.premises]
    yield from product(*having)


def _conclude(
    edge: Edge, premises: tuple[int, ...], facts: list[Fact], holds: Holds
) -> Fact | None:
    by_name = {facts[i].name: facts[i].constants for i in premises}
    consequence = edge.follows(by_name)
    new = Fact(edge.conclusion, consequence.constants, edge, premises, consequence.needs)
    if any(_same(new, known) for known in facts):
        return None
    if not all(map(holds, consequence.needs)):
        return None
    return None if any(_weaker(new, known, holds) for known in facts) else new


def _weaker(new: Fact, known: Fact, holds: Holds) -> bool:
    """Whether a fact says no more than one that is known, so that nothing new follows from it."""
    if new.name != known.name:
        return False
    relations = weaker(new.name, known.constants, new.constants)
    return relations is not None and all(map(holds, relations))


def _same(a: Fact, b: Fact) -> bool:
    return (
        a.name == b.name
        and a.constants.keys() == b.constants.keys()
        and all(equal(value, b.constants[key]) for key, value in a.constants.items())
    )


def proof_of(
    goal: Fact, facts: list[Fact], holds: Holds, checks: Checks = cited
) -> tuple[str, ...] | None:
    """The lines of a proof that ``goal`` follows, or None where none is found.

    Args:
        goal: the assumption that is asked for.
        facts: what is known.
        holds: decides relations between constants.
        checks: says what else than its source showed a theorem, if anything did.
    """
    for number, fact in enumerate(facts):
        if fact.name != goal.name:
            continue
        relations = weaker(goal.name, fact.constants, goal.constants)
        if relations is None:
            relations = ()
            if not _same(fact, goal):
                continue
        if all(map(holds, relations)):
            return _lines(goal, number, facts, relations, checks)
    return _directed(goal, facts, holds, checks)


def _directed(
    goal: Fact, facts: list[Fact], holds: Holds, checks: Checks
) -> tuple[str, ...] | None:
    """A proof that ends with a theorem whose constants are those of the goal."""
    for edge in DIRECTED:
        if edge.conclusion != goal.name:
            continue
        having = [[i for i, f in enumerate(facts) if f.name == name] for name in edge.premises]
        for premises in product(*having):
            needs = edge.needs(
                {facts[i].name: facts[i].constants for i in premises}, goal.constants
            )
            if all(map(holds, needs)):
                last = Edge(edge.premises, edge.conclusion, _unused, edge.proof, edge.source)
                found = Fact(goal.name, goal.constants, last, premises, needs)
                return _lines(found, len(facts), [*facts, found], (), checks)
    return None


def _unused(premises: Premises) -> Consequence:
    return Consequence({})


def _lines(
    goal: Fact, number: int, facts: list[Fact], relations: tuple[Relation, ...], checks: Checks
) -> tuple[str, ...]:
    needed: set[int] = set()
    queue = [number]
    while queue:
        current = queue.pop()
        if current not in needed:
            needed.add(current)
            queue.extend(facts[current].premises)
    places = {old: new for new, old in enumerate(sorted(needed), start=1)}
    lines = [_line(facts[old], facts, places, places[old], checks) for old in sorted(needed)]
    if not _same(facts[number], goal):
        compared = ", ".join(str(r) for r in relations)
        lines.append(
            f"{len(lines) + 1}. {goal}   [weaker constants; by definition; "
            f"uses {places[number]}; needs {compared}]"
        )
    return tuple(lines)


def _line(fact: Fact, facts: list[Fact], places: dict[int, int], place: int, checks: Checks) -> str:
    if fact.edge is None:
        return f"{place}. {fact}   [assumed]"
    used = ", ".join(str(places[p]) for p in fact.premises)
    side = f"; needs {', '.join(map(str, fact.needs))}" if fact.needs else ""
    premises = {facts[p].name: facts[p].constants for p in fact.premises}
    shown = checks(fact.edge, premises, fact.constants)
    how = f"; checked at every point: {shown}" if shown else ""
    return f"{place}. {fact}   [{fact.edge.proof}; {fact.edge.source}; uses {used}{side}{how}]"
