"""Paths in the graph of theorems: what follows from given assumptions, and by which steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product

from theoryck.derive.exact import equal
from theoryck.derive.implications.edges import EDGES, Constants, Edge, weaker
from theoryck.derive.printing import tidy, to_claim_text
from theoryck.derive.relations import Relation

MAX_ROUNDS = 4  # edges in a row
MAX_FACTS = 60

Holds = Callable[[Relation], bool]


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
    return new if all(map(holds, consequence.needs)) else None


def _same(a: Fact, b: Fact) -> bool:
    return (
        a.name == b.name
        and a.constants.keys() == b.constants.keys()
        and all(equal(value, b.constants[key]) for key, value in a.constants.items())
    )


def proof_of(goal: Fact, facts: list[Fact], holds: Holds) -> tuple[str, ...] | None:
    """The lines of a proof that ``goal`` follows, or None where none is found."""
    for number, fact in enumerate(facts):
        if fact.name != goal.name:
            continue
        relations = weaker(goal.name, fact.constants, goal.constants)
        if relations is None:
            relations = ()
            if not _same(fact, goal):
                continue
        if all(map(holds, relations)):
            return _lines(goal, number, facts, relations)
    return None


def _lines(
    goal: Fact, number: int, facts: list[Fact], relations: tuple[Relation, ...]
) -> tuple[str, ...]:
    needed: set[int] = set()
    queue = [number]
    while queue:
        current = queue.pop()
        if current not in needed:
            needed.add(current)
            queue.extend(facts[current].premises)
    places = {old: new for new, old in enumerate(sorted(needed), start=1)}
    lines = [_line(places[old], facts[old], places) for old in sorted(needed)]
    if not _same(facts[number], goal):
        compared = ", ".join(str(r) for r in relations)
        lines.append(
            f"{len(lines) + 1}. {goal}   [weaker constants; by definition; "
            f"uses {places[number]}; needs {compared}]"
        )
    return tuple(lines)


def _line(place: int, fact: Fact, places: dict[int, int]) -> str:
    if fact.edge is None:
        return f"{place}. {fact}   [assumed]"
    used = ", ".join(str(places[p]) for p in fact.premises)
    side = f"; needs {', '.join(map(str, fact.needs))}" if fact.needs else ""
    return f"{place}. {fact}   [{fact.edge.proof}; {fact.edge.source}; uses {used}{side}]"
