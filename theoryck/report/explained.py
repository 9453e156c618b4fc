"""What ``theoryck explain`` says of an assumption or of a method."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from theoryck.assumptions import Assumption, Subject
from theoryck.check.extensions import Vocabulary
from theoryck.claims.grammar import suggestion
from theoryck.errors import TheoryckError
from theoryck.methods.base import Method
from theoryck.report.mathematics import escaped

if TYPE_CHECKING:
    from theoryck.derive.domain import Domain
    from theoryck.derive.implications.edges import Edge
    from theoryck.derive.implications.graph import Fact
    from theoryck.derive.relations import Relation

EXAMPLE_SECONDS = 0.5  # for the search for one counterexample
DECISION_SECONDS = 1.0
WEAK, STRONG = "1/1000", "1000"  # constants under which an assumption says little
# whose constants are compared by their squares
OF_THE_NOISE = {"bounded_variance": {"sigma": ">="}, "bounded_second_moment": {"G": ">="}}


class UnknownNameError(TheoryckError, ValueError):
    """Neither an assumption nor a method."""


@dataclass(frozen=True)
class Section:
    """A heading with its lines; ``latex``: formulas for LaTeX and Markdown, in the same order."""

    title: str
    lines: tuple[str, ...]
    latex: tuple[str, ...] = ()


def catalogue(vocabulary: Vocabulary) -> str:
    """The assumptions and the methods, a line each.

    >>> catalogue(Vocabulary()).splitlines()[1].strip().split("  ")[0]
    'convex'
    """
    lines = []
    for subject in Subject:
        lines.append(f"assumptions on the {subject}:")
        lines += [
            f"  {signature(a):<38}  {_brief(a.definition)}"
            for a in vocabulary.assumptions.values()
            if a.subject is subject
        ]
    lines.append("methods:")
    lines += [f"  {_call(m):<38}  {_brief(m.source)}" for m in vocabulary.methods.values()]
    lines.append("theoryck explain NAME tells more of one of them")
    return "\n".join(lines) + "\n"


def _brief(text: str) -> str:
    first = text.strip().splitlines()[0] if text.strip() else ""
    return first if len(first) <= 90 else first[:87] + "..."


def signature(assumption: Assumption) -> str:
    """An assumption as a claim writes it."""
    listed = ", ".join(quantity.name for quantity in assumption.quantities)
    return f"{assumption.name}({listed})" if listed else assumption.name


def _call(method: Method) -> str:
    parts = [a.name if a.default is None else f"{a.name}={a.default}" for a in method.arguments]
    return f"{method.name}({', '.join(parts)})"


def explained(name: str, vocabulary: Vocabulary, form: str = "text") -> str:
    """Everything known of one assumption or method.

    Args:
        name: as claims write it, with or without its arguments.
        vocabulary: the names that exist.
        form: ``text``, ``markdown`` or ``latex``.

    Raises:
        UnknownNameError: there is no such name.
    """
    bare = name.partition("(")[0].strip()
    if bare in vocabulary.assumptions:
        assumption = vocabulary.assumptions[bare]
        title, sections = signature(assumption), tuple(_about(assumption, vocabulary))
    elif bare in vocabulary.methods:
        method = vocabulary.methods[bare]
        title, sections = _call(method), tuple(_about_method(method))
    else:
        known = [*vocabulary.assumptions, *vocabulary.methods]
        near = suggestion(bare, known) or f"the assumptions are {', '.join(vocabulary.assumptions)}"
        raise UnknownNameError(f"no assumption or method {bare!r}; {near}")
    return WRITERS[form](title, sections)


def _about(assumption: Assumption, vocabulary: Vocabulary) -> Iterator[Section]:
    yield Section("definition", (assumption.definition,), (assumption.latex,))
    yield Section("source", (assumption.source,))
    if assumption.conventions:
        yield Section("conventions", (assumption.conventions,))
    units = [
        f"{q.name}: {_unit(q.unit)}{'' if q.positive else ' (any sign)'}"
        + "".join(f", times ({unit})**{power}" for power, unit in q.unit_powers)
        for q in assumption.quantities
    ]
    if units:
        yield Section("parameters, with their units", tuple(units))
    if assumption.yields:
        yield Section("it yields", assumption.yields)
    order = _order(assumption)
    if order:
        yield Section("weaker constants", order)
    yield from _implications(assumption, vocabulary)


def _unit(unit: object) -> str:
    text = str(unit)
    return {"1": "no unit", "None": "a unit that depends on its use"}.get(text, text)


def _order(assumption: Assumption) -> tuple[str, ...]:
    from theoryck.derive.implications.edges import DIRECTIONS

    words = {"<=": "a smaller", ">=": "a larger"}
    return tuple(
        f"with {words[sign]} {name} it says less"
        for name, sign in {**OF_THE_NOISE, **DIRECTIONS}.get(assumption.name, {}).items()
        if sign in words
    )


def _implications(assumption: Assumption, vocabulary: Vocabulary) -> Iterator[Section]:
    from theoryck.derive.implications.edges import EDGES
    from theoryck.derive.implications.graph import consequences

    domain, given = _symbolic(assumption)
    possible = _Possible(domain)
    facts = consequences([given], possible)
    implied = [_line(given, fact, facts, possible) for fact in facts[1:]]
    names = {fact.name for fact in facts}
    if implied:
        yield Section("it implies", tuple(implied))
    together = [e for e in EDGES if assumption.name in e.premises and len(e.premises) > 1]
    joint = [_edge_line(edge, vocabulary) for edge in together]
    if joint:
        yield Section("with others it implies", tuple(joint))
    sources = [_edge_line(e, vocabulary) for e in EDGES if e.conclusion == assumption.name]
    if sources:
        yield Section("it follows from", tuple(sources))
    missing = tuple(_counterexamples(assumption, vocabulary, names))
    if missing:
        yield Section("it does not imply", missing)


def _symbolic(assumption: Assumption) -> tuple[Domain, Fact]:
    """The assumption with its own names as constants."""
    import sympy

    from theoryck.derive.domain import Domain
    from theoryck.derive.implications.graph import Fact

    symbols = {
        q.name: sympy.Symbol(q.name, real=True, **({"positive": True} if q.positive else {}))
        for q in assumption.quantities
    }
    return Domain(symbols), Fact(assumption.name, symbols)


@dataclass(frozen=True)
class _Possible:
    """Whether a relation between constants can hold: an edge is left out where it cannot."""

    domain: Domain

    def __call__(self, relation: Relation) -> bool:
        return not self._proved(relation.negation())

    def surely(self, relation: Relation) -> bool:
        """Whether it holds for all constants."""
        return self._proved(relation)

    def _proved(self, relation: Relation) -> bool:
        from theoryck.derive.decide import Proved, decide

        deadline = time.monotonic() + DECISION_SECONDS
        return isinstance(decide(relation, self.domain, deadline), Proved)


def _line(given: Fact, fact: Fact, facts: list[Fact], possible: _Possible) -> str:
    needs: dict[Relation, None] = {}
    queue, used = [fact], []
    while queue:
        current = queue.pop()
        if current.edge is None:
            continue
        used.append(current.edge)
        needs.update({r: None for r in current.needs if not possible.surely(r)})
        queue += [facts[premise] for premise in current.premises]
    side = f" where {' and '.join(map(str, needs))}" if needs else ""
    if len(used) == 1:
        return f"{fact}{side}   [{used[0].proof}; {used[0].source}]"
    between = (edge.premises[0] for edge in used[:-1])
    through = ", ".join(dict.fromkeys(name for name in between if name != given.name))
    return f"{fact}{side}   [by way of {through}]" if through else f"{fact}{side}"


def _edge_line(edge: Edge, vocabulary: Vocabulary) -> str:
    from theoryck.derive.implications.graph import Fact

    premises = [_symbolic(vocabulary.assumptions[name]) for name in edge.premises]
    constants = {fact.name: fact.constants for _, fact in premises}
    consequence = edge.follows(constants)
    domain = premises[0][0]
    for other, _ in premises[1:]:
        domain = domain.with_symbols(*other.symbols.values())
    possible = _Possible(domain)
    needs = [str(relation) for relation in consequence.needs if not possible.surely(relation)]
    side = f" where {' and '.join(needs)}" if needs else ""
    left = " and ".join(str(fact) for _, fact in premises)
    conclusion = Fact(edge.conclusion, consequence.constants)
    return f"{left} => {conclusion}{side}   [{edge.proof}; {edge.source}]"


def _counterexamples(
    assumption: Assumption, vocabulary: Vocabulary, implied: set[str]
) -> Iterator[str]:
    for other in vocabulary.assumptions.values():
        if other.name in implied or other.subject is not assumption.subject:
            continue
        found = _counterexample(assumption, other, vocabulary)
        if found is not None:
            yield found


def _counterexample(
    assumption: Assumption, other: Assumption, vocabulary: Vocabulary
) -> str | None:
    """A function that has the assumption with constants 1, and not the other, however weak."""
    from theoryck.claims.reading import read_claim
    from theoryck.derive import examine
    from theoryck.derive.implications.edges import DIRECTIONS
    from theoryck.verdict import Status

    weak = {"<=": WEAK, ">=": STRONG}
    directions = {**OF_THE_NOISE, **DIRECTIONS}.get(other.name, {})
    values = [weak.get(directions.get(q.name, ""), "1") for q in other.quantities]
    conclusion = f"{other.name}({', '.join(values)})" if values else other.name
    ones = ", ".join(_one(q.name) for q in assumption.quantities)
    hypothesis = f"{assumption.name}({ones})" if ones else assumption.name
    try:
        claim = read_claim(
            {
                "id": "explained",
                "kind": "implication",
                "hypotheses": [hypothesis],
                "conclusion": conclusion,
            },
            assumptions=vocabulary.assumptions,
        )
    except TheoryckError:
        return None
    report = examine(claim, time.monotonic() + EXAMPLE_SECONDS)
    if report.status is not Status.REFUTED:
        return None
    function = report.reason.partition(" satisfies ")[0]
    return f"{conclusion}, from {hypothesis}: {function}"


def _one(name: str) -> str:
    return "1/2" if name == "alpha" else "1"


def _about_method(method: Method) -> Iterator[Section]:
    if method.source:
        yield Section("update", tuple(method.source.strip().splitlines()))
    units = [
        f"{a.name}: {_unit(a.unit)}"
        + (f", {a.default} unless given" if a.default is not None else "")
        + (", may depend on k" if a.varies else "")
        for a in method.arguments
    ]
    if units:
        yield Section("arguments, with their units", tuple(units))


def _text(title: str, sections: tuple[Section, ...]) -> str:
    lines = [title]
    for section in sections:
        lines.append(f"  {section.title}:")
        lines += [f"    {line}" for line in section.lines]
        lines += [f"    LaTeX: {formula}" for formula in section.latex]
    return "\n".join(lines) + "\n"


def _markdown(title: str, sections: tuple[Section, ...]) -> str:
    lines = [f"## `{title}`", ""]
    for section in sections:
        lines.append(f"**{section.title}**")
        lines.append("")
        lines += [f"$$ {formula} $$" for formula in section.latex]
        lines += [f"- `{line}`" for line in section.lines if line]
        lines.append("")
    return "\n".join(lines)


def _latex(title: str, sections: tuple[Section, ...]) -> str:
    lines = [rf"\subsection*{{\texttt{{{escaped(title)}}}}}"]
    for section in sections:
        lines.append(rf"\paragraph{{{escaped(section.title)}}}")
        if section.latex:
            lines += [rf"\[ {formula} \]" for formula in section.latex]
            continue
        lines.append(r"\begin{itemize}")
        lines += [rf"\item {escaped(line)}" for line in section.lines if line]
        lines.append(r"\end{itemize}")
    return "\n".join(lines) + "\n"


WRITERS = {"text": _text, "markdown": _markdown, "latex": _latex}
