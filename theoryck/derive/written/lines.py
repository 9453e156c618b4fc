"""Checking one line of a derivation: it is the sum of its premises and of what is decided >= 0.

A line ``A <= B`` follows from premises ``A_i <= B_i`` when ``(B - A) - sum(B_i - A_i) >= 0``, by
exact algebra or decided on the domain of the parameters, the range of the index, and the facts
that the line gives. A premise may be multiplied by what is decided to be nonnegative, summed over
the coordinates, or put under the expectation, all of which keep an inequality. An induction is
checked at its first index and from each index to the next.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import sympy

from theoryck.claims.derivations import Lemma, Line, Premise
from theoryck.claims.expressions import Apply, Comparison, Condition, Conjunction, Expectation, Expr
from theoryck.derive.decide import Counterexample, Decision, Proved, Unknown, decide
from theoryck.derive.domain import Domain
from theoryck.derive.exact import is_zero
from theoryck.derive.relations import Relation
from theoryck.derive.symbols import ONE, ZERO, Obligation, Reader
from theoryck.derive.written.language import Language, LineError, bounded, expand
from theoryck.derive.written.reading import Reading
from theoryck.derive.written.rules import RULES, Fact

SELF = "self"
"""The name of the statement itself in an induction: what is assumed at the index before."""

FLIPPED = {"<=": ">=", ">=": "<=", "<": ">", ">": "<", "==": "=="}
Failing = frozenset[tuple[str, sympy.Expr]]


@dataclass(frozen=True)
class Accepted:
    """A line that was checked: how, and with which chances it fails."""

    line: Line
    how: str
    fails: Failing = frozenset()


@dataclass
class Book:
    """The lines accepted so far, and the lemmas; decides and remembers."""

    language: Language
    deadline: float
    lines: dict[str, Accepted] = field(default_factory=dict)
    lemmas: dict[str, Lemma] = field(default_factory=dict)
    decisions: dict[tuple[Relation, tuple[Relation, ...]], Decision] = field(default_factory=dict)
    ways: list[str] = field(default_factory=list)

    def proves(self, goal: Relation, known: tuple[Relation, ...]) -> None:
        """Decides a relation where others are known.

        Raises:
            LineError: it is not proved.
        """
        key = (goal, known)
        if key not in self.decisions:
            if time.monotonic() > self.deadline:
                raise LineError("the time is spent")
            self.decisions[key] = self._decided(goal, known)
        match self.decisions[key]:
            case Proved(how=how):
                self.ways.append(how)
            case Counterexample() as found:
                raise LineError(f"{shown(goal)} fails at {found}")
            case Unknown(reason=reason):
                raise LineError(f"{shown(goal)} is not proved: {reason}")

    def _decided(self, goal: Relation, known: tuple[Relation, ...]) -> Decision:
        domain = self.language.setting.domain
        if _by_assumption(goal):
            return Proved("exact algebra")
        # what mentions nothing of the goal is left out first: a small question is soon answered
        own = domain.with_symbols(*goal.symbols)
        for relations in ((), known) if known else ((),):
            within = own.where(*relations)
            within = within.with_symbols(*(s for r in relations for s in r.symbols))
            found = decide(goal, within, self.deadline, points=())
            if isinstance(found, Proved):
                break
        return found


def shown(relation: Relation) -> str:
    """A relation for a message, short."""
    text = str(relation)
    return text if len(text) <= 200 else f"{text[:120]} ... {text[-60:]}"


@dataclass(frozen=True)
class Place:
    """Where a line is checked: its reading, and what is known of the index there."""

    reading: Reading
    known: tuple[Relation, ...]


def check_lemma(lemma: Lemma, domain: Domain, deadline: float) -> str:
    """How a lemma is proved for all numbers.

    Raises:
        LineError: it is not proved.
    """
    symbols = {name: sympy.Symbol(name, real=True) for name in lemma.variables}
    reader = Reader(symbols)
    hypotheses = [r for condition in lemma.hypotheses for r in reader.relations(condition)]
    (goal,) = reader.relations(lemma.conclusion)
    own = replace(domain, symbols={}, relations=(), obligations=())
    within = own.with_symbols(*symbols.values()).where(*hypotheses)
    found = decide(goal, within, deadline, tuple(reader.obligations), points=())
    if not isinstance(found, Proved):
        reason = found.reason if isinstance(found, Unknown) else f"it fails at {found}"
        raise LineError(f"{goal} is not proved: {reason}")
    return found.how


def check_line(line: Line, book: Book) -> Accepted:
    """Accepts a line.

    Raises:
        LineError: it does not follow from what it names.
    """
    if line.base is not None:
        return _check_induction(line, book)
    book.ways = []
    fails = _follows(line, line.premises, _at(line, book, line.every and _index(line, book)), book)
    return _accepted(line, book, fails)


def _accepted(line: Line, book: Book, fails: Failing) -> Accepted:
    if fails and line.every is not None:
        raise LineError("a statement that may fail holds for single indices only")
    return Accepted(line, "; ".join(dict.fromkeys(["exact algebra", *book.ways])), fails)


def _index(line: Line, book: Book) -> sympy.Symbol:
    assert line.every is not None
    return book.language.index(line.every)


def _at(line: Line, book: Book, index: sympy.Expr | None) -> Place:
    """The line at a value of its index, with what ``where`` says there."""
    indices = {} if index is None else {line.every or "k": index}
    reading = Reading(book.language, indices, here=index, unfold=line.unfold)
    known: list[Relation] = []
    if index is not None and not index.is_nonnegative:
        known.append(Relation(index, ">=", ZERO))
    if line.where is not None:
        if index is None:
            raise LineError("only a statement with an index is restricted to some of them")
        known += _relations(line.where, reading)
    return Place(reading, tuple(known))


def _relations(condition: Condition, reading: Reading) -> list[Relation]:
    parts = condition.parts if isinstance(condition, Conjunction) else (condition,)
    found = []
    for part in parts:
        values = [reading.read(operand) for operand in part.operands]
        pairs = zip(values, part.relations, values[1:], strict=False)
        found += [Relation(left, sign, right) for left, sign, right in pairs]
    return found


def _check_induction(line: Line, book: Book) -> Accepted:
    index = _index(line, book)
    first = _first_index(line, index, book)
    assert line.base is not None
    book.ways = []
    start = _at(line, book, first)
    if any(p.name == SELF for p in line.base):
        raise LineError("at its first index an induction assumes nothing")
    without = tuple(p for p in line.given if p.name != SELF)
    fails = _follows(replace(line, given=without), line.base, start, book)
    here = _at(line, book, index)
    # the next index is one of those that the line speaks of
    ahead = Reading(book.language, {line.every or "k": index + 1})
    upper = tuple(_relations(line.where, ahead)) if line.where is not None else ()
    place = Place(here.reading, (*here.known, *upper))
    mentioned = any(p.name == SELF for p in (*line.premises, *line.given))
    premises = line.premises if mentioned else (*line.premises, Premise(SELF))
    fails |= _follows(line, premises, place, book, ahead_of=True)
    return _accepted(line, book, fails)


def _first_index(line: Line, index: sympy.Symbol, book: Book) -> sympy.Expr:
    """The least index that ``where`` admits: it is written ``k >= 2 and ...``, or 0."""
    if line.where is None:
        return ZERO
    reading = Reading(book.language, {line.every or "k": index})
    lower = []
    for relation in _relations(line.where, reading):
        left, sign, right = relation.left, relation.sign, relation.right
        if right == index:
            left, sign, right = right, FLIPPED[sign], left
        if left != index or right.has(index):
            raise LineError("the range of an induction is written k >= 2 and k <= N")
        if sign in (">=", ">"):
            lower.append(right if sign == ">=" else right + 1)
        elif sign not in ("<=", "<"):
            raise LineError("the range of an induction is written k >= 2 and k <= N")
    if len(lower) > 1:
        raise LineError("the range of an induction has one first index")
    first = lower[0] if lower else ZERO
    if not first.is_Integer or first < 0:
        raise LineError("the first index of an induction is a whole number")
    return first


def _follows(
    line: Line, premises: tuple[Premise, ...], place: Place, book: Book, ahead_of: bool = False
) -> Failing:
    """Checks the statement (at the next index for ``ahead_of``); the chances that it fails."""
    fails: Failing = frozenset()
    known = place.known
    if _contradicts(known, book):
        return fails
    for fact in line.given:
        premise, chance = _premise(fact, line, place, known, book)
        known, fails = (*known, premise.as_relation), fails | chance
    facts = []
    for named in premises:
        premise, chance = _premise(named, line, place, known, book)
        facts.append(premise)
        fails |= chance
    reading = place.reading
    if ahead_of:
        index = reading.indices[line.every or "k"]
        reading = reading.with_indices({line.every or "k": index + 1})
    left, sign, right = reading.relation(line.statement)
    _settle(reading, known, book)
    for part in _cases(line, place, known, book):
        _combine(Fact(left, sign, right), facts, (*known, *part), book)
    return fails


def _contradicts(known: tuple[Relation, ...], book: Book) -> bool:
    """Whether the range is plainly empty: then there is nothing to show."""
    numbers = [r for r in known if r.left.is_number and r.right.is_number]
    return any(not _truth(r) for r in numbers)


def _truth(relation: Relation) -> bool:
    order = sympy.sign(relation.left - relation.right)
    signs = {"<=": (-1, 0), ">=": (0, 1), "<": (-1,), ">": (1,), "==": (0,), "!=": (-1, 1)}
    return not order.is_Integer or int(order) in signs[relation.sign]


def _cases(
    line: Line, place: Place, known: tuple[Relation, ...], book: Book
) -> Iterable[tuple[Relation, ...]]:
    """The parts that the line is looked at in; together they cover everything."""
    if not line.parts:
        return ((),)
    parts = [tuple(_relations(part, place.reading)) for part in line.parts]
    if any(len(part) != 1 for part in parts):
        raise LineError("each part is one comparison")
    outside = tuple(part[0].negation() for part in parts[:-1])
    if all(r.left.is_integer and r.right.is_integer for p in parts for r in p):
        # between two whole numbers there is none: k > 2 says k >= 3
        outside = tuple(_sharp(r) for r in outside)
    book.proves(parts[-1][0], (*known, *outside))
    return parts


def _sharp(relation: Relation) -> Relation:
    if relation.sign == ">":
        return Relation(relation.left, ">=", relation.right + 1)
    if relation.sign == "<":
        return Relation(relation.left, "<=", relation.right - 1)
    return relation


def _settle(reading: Reading, known: tuple[Relation, ...], book: Book) -> None:
    """Decides what must hold for the texts read so far to have a value."""
    pending = list(dict.fromkeys(reading.obligations))
    reading.obligations.clear()
    for obligation in pending:
        _settle_one(obligation, known, book)


def _settle_one(obligation: Obligation, known: tuple[Relation, ...], book: Book) -> None:
    for relation in obligation.alternatives:
        try:
            book.proves(relation, known)
        except LineError as error:
            reason = error
        else:
            return
    raise LineError(f"{obligation.because} is not ruled out: {reason}")


def _premise(
    premise: Premise, line: Line, place: Place, known: tuple[Relation, ...], book: Book
) -> tuple[Fact, Failing]:
    """A premise as a fact at this place, its conditions decided."""
    reading = place.reading
    fails: Failing = frozenset()
    if premise.arguments is not None:
        fact = _by_rule(premise, reading, book)
    else:
        fact, fails = _by_line(premise, line, place, known, book)
    _settle(reading, known, book)
    for condition in fact.conditions:
        book.proves(condition, known)
    if premise.times is not None:
        factor = reading.read(premise.times)
        _settle(reading, known, book)
        if fact.relation != "==":
            book.proves(Relation(factor, ">=", ZERO), known)
        weak = {"<": "<=", ">": ">="}.get(fact.relation, fact.relation)
        fact = Fact(factor * fact.left, weak, factor * fact.right)
    for way in premise.under:
        fact, chance = _under(way, fact, premise, place, known, book)
        fails |= chance
        if fails and way != "markov":
            raise LineError("a statement that may fail has no expectation here")
    return fact, fails


def _by_rule(premise: Premise, reading: Reading, book: Book) -> Fact:
    assert premise.arguments is not None
    if premise.at is not None:
        raise LineError(f"{premise.name} takes no index")
    if premise.name in book.lemmas:
        return _instance(book.lemmas[premise.name], premise.arguments, reading)
    rule = RULES.get(premise.name)
    if rule is None:
        raise LineError(f"there is no rule or lemma {premise.name!r}: {', '.join(sorted(RULES))}")
    try:
        return rule(reading, premise.arguments)
    except LineError as error:
        raise LineError(f"{premise.name}: {error}") from error


def _instance(lemma: Lemma, arguments: tuple[Expr, ...], reading: Reading) -> Fact:
    if len(arguments) != len(lemma.variables):
        raise LineError(f"{lemma.name} takes {len(lemma.variables)} arguments")
    values = dict(zip(lemma.variables, map(reading.read, arguments), strict=True))
    reader = Reader(values)
    conditions = [r for condition in lemma.hypotheses for r in reader.relations(condition)]
    (goal,) = reader.relations(lemma.conclusion)
    reading.obligations += reader.obligations
    return Fact(goal.left, goal.sign, goal.right, tuple(conditions))


def _by_line(
    premise: Premise, line: Line, place: Place, known: tuple[Relation, ...], book: Book
) -> tuple[Fact, Failing]:
    """An earlier line at an index that it speaks of."""
    if premise.name == SELF and line.base is not None:
        if premise.at is not None:
            raise LineError("what an induction assumes stands at the index before")
        return Fact(*place.reading.relation(line.statement)), frozenset()
    accepted = book.lines.get(premise.name)
    if accepted is None:
        raise LineError(f"there is no line {premise.name!r} before it")
    earlier = accepted.line
    indices: Mapping[str, sympy.Expr] = {}
    if earlier.every is not None:
        if premise.at is not None:
            index = place.reading.read(premise.at)
        elif earlier.every in place.reading.indices:
            index = place.reading.indices[earlier.every]
        else:
            raise LineError(f"{premise.name} is for every {earlier.every}: say at which")
        if not index.is_integer:
            raise LineError(f"{index} is not a whole number")
        indices = {earlier.every: index}
    elif premise.at is not None:
        raise LineError(f"{premise.name} has no index")
    reading = place.reading.with_indices(indices)
    if earlier.every is not None:
        _settle(reading, known, book)
        book.proves(Relation(indices[earlier.every], ">=", ZERO), known)
    if earlier.where is not None:
        for relation in _relations(earlier.where, reading):
            book.proves(relation, known)
    return Fact(*reading.relation(earlier.statement)), accepted.fails


def _under(
    way: str,
    fact: Fact,
    premise: Premise,
    place: Place,
    known: tuple[Relation, ...],
    book: Book,
) -> tuple[Fact, Failing]:
    language = book.language
    weak = {"<": "<=", ">": ">="}.get(fact.relation, fact.relation)
    if way == "sum":
        return Fact(language.total(fact.left), weak, language.total(fact.right)), frozenset()
    if way == "E":
        return Fact(language.expected(fact.left), weak, language.expected(fact.right)), frozenset()
    return _markov(premise, fact, place, known, book)


def _markov(
    premise: Premise, fact: Fact, place: Place, known: tuple[Relation, ...], book: Book
) -> tuple[Fact, Failing]:
    """From E(T) <= c with T >= 0: T <= c/p, but for a chance of p."""
    earlier = book.lines.get(premise.name)
    statement = earlier.line.statement if earlier is not None else None
    single = premise.at is None and premise.times is None and premise.under == ("markov",)
    match statement:
        case Comparison(operands=(Expectation(body=body), _), relations=("<=",)) if single:
            pass
        case _:
            raise LineError("Markov's inequality needs a line E(...) <= c, as it stands")
    assert premise.share is not None
    share, inside = place.reading.read(premise.share), place.reading.read(body)
    _settle(place.reading, known, book)
    if book.language.is_random(share) or book.language.is_random(fact.right):
        raise LineError("Markov's inequality needs a bound and a share that are not random")
    book.proves(Relation(share, ">", ZERO), known)
    book.proves(Relation(inside, ">=", ZERO), known)
    return Fact(inside, "<=", fact.right / share), frozenset({(premise.name, share)})


def _combine(goal: Fact, facts: list[Fact], known: tuple[Relation, ...], book: Book) -> None:
    """Whether the goal is the sum of the facts and something that is decided."""
    rest = _upward(goal)
    strict = goal.relation in ("<", ">")
    for fact in facts:
        if goal.relation == "==" and fact.relation != "==":
            raise LineError("an equality does not follow from an inequality")
        if fact.relation != "==":
            rest = rest - _upward(fact)
    bounded(rest)
    rest = expand(rest)
    for fact in facts:
        if fact.relation == "==":
            # an equality holds from left to right and back: the way that leaves less is taken
            ways = (expand(rest - _upward(fact)), expand(rest + _upward(fact)))
            rest = min(ways, key=lambda way: len(sympy.Add.make_args(way)))
    if not strict and _vanishes(rest, book.language):
        return
    if goal.relation == "==":
        book.proves(Relation(rest, "==", ZERO), known)
        return
    book.proves(Relation(rest, ">" if strict else ">=", ZERO), known)


def _vanishes(rest: sympy.Expr, language: Language) -> bool:
    """Whether an expanded sum is identically zero: first factor by factor of what the run has."""
    factors: dict[sympy.Expr, sympy.Expr] = {}
    for term in sympy.Add.make_args(rest):
        number, run = ONE, ONE
        for part in sympy.Mul.make_args(term):
            if any(s in language.about and not s.is_integer for s in part.free_symbols):
                run *= part
            else:
                number *= part
        factors[run] = factors.get(run, ZERO) + number
    return all(is_zero(number) for number in factors.values()) or is_zero(rest)


def _by_assumption(goal: Relation) -> bool:
    """Whether the signs of the symbols show it, as SymPy reads them off products and sums."""
    difference = goal.left - goal.right
    match goal.sign:
        case ">=":
            return bool(difference.is_nonnegative)
        case ">":
            return bool(difference.is_positive)
        case "<=":
            return bool(difference.is_nonpositive)
        case "<":
            return bool(difference.is_negative)
        case "!=":
            return bool(difference.is_positive or difference.is_negative)
    return bool(difference == 0)


def _upward(fact: Fact) -> sympy.Expr:
    """The side that is larger less the other."""
    if fact.relation in (">=", ">"):
        return fact.left - fact.right
    return fact.right - fact.left


__all__ = ["Accepted", "Apply", "Book", "check_lemma", "check_line"]
