"""Written derivations: the ``[[derivation]]`` and ``[[lemma]]`` tables beside the claims.

They are data like the claims: every formula is parsed by the claim grammar, whose names here are
the parameters, the words of a run, and the sequences that the derivation declares. Whether a line
is true is not looked at here (:mod:`theoryck.derive.written`).
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, TypeVar

from theoryck.claims import limits
from theoryck.claims.expressions import Comparison, Condition, Expr
from theoryck.claims.fields import Fields, InvalidTable, each, formula, shown, string, table
from theoryck.claims.grammar import Reader, parse_python, suggestion
from theoryck.claims.lexing import scan
from theoryck.claims.scopes import CONSTANTS, FUNCTIONS, RUN, Scope
from theoryck.errors import ClaimError, Place

T = TypeVar("T")

MAX_LINES = 200
"""Lines of one derivation; a proof that needs more is better split in lemmas."""

UNDER = ("sum", "E", "markov")
KEYS = ("proves", "text", "state", "draws", "let", "constants", "lines", "lemmas")
LINE_KEYS = (
    *("name", "say", "every", "where", "from", "given", "unfold", "induction", "base", "text"),
    "parts",
)
PREMISE_KEYS = ("line", "use", "at", "times", "under", "share")
LEMMA_KEYS = ("name", "variables", "hypotheses", "conclusion", "text", "source")
NO_TABLE: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class Premise:
    """An earlier line (``arguments`` None), or a rule or lemma applied to arguments.

    The line is taken at the index ``at``, multiplied by ``times``, and then summed over the
    coordinates, put under the expectation, or taken with Markov's inequality (``under``), which
    fails with the probability ``share``.
    """

    name: str
    arguments: tuple[Expr, ...] | None = None
    at: Expr | None = None
    times: Expr | None = None
    under: tuple[str, ...] = ()
    share: Expr | None = None
    place: Place = field(default_factory=Place, compare=False)


@dataclass(frozen=True)
class Line:
    """A statement, for every value of the index ``every`` where ``where`` holds.

    ``given`` are facts that signs may be decided with; ``unfold`` names the entries of the state
    that are written out at the next index; ``base`` is not None for an induction on ``every``;
    ``parts`` are conditions that cover all cases, of which each is looked at alone.
    """

    name: str
    statement: Comparison
    every: str | None
    where: Condition | None
    premises: tuple[Premise, ...]
    given: tuple[Premise, ...]
    unfold: frozenset[str]
    base: tuple[Premise, ...] | None
    parts: tuple[Condition, ...]
    place: Place = field(default_factory=Place, compare=False)


@dataclass(frozen=True)
class Lemma:
    """An inequality between numbers, proved for all values of its variables."""

    name: str
    variables: tuple[str, ...]
    hypotheses: tuple[Condition, ...]
    conclusion: Comparison
    place: Place = field(default_factory=Place, compare=False)


@dataclass(frozen=True)
class Written:
    """A derivation as it is written: names for the method's state and draws, and the lines."""

    state: tuple[str, ...]
    draws: tuple[str, ...]
    sequences: Mapping[str, Expr]
    constants: Mapping[str, Expr]
    lemmas: tuple[Lemma, ...]
    lines: tuple[Line, ...]


def attach(
    document: Mapping[str, Any], claims: list[Any], file: str
) -> tuple[list[Any], list[tuple[str, Mapping[str, Any], ClaimError]]]:
    """The claim tables, each with the derivation that proves it, and what proves no claim.

    A derivation takes the lemmas of its file with it, so that a claim's table says all.
    """
    derivations = document.get("derivation", [])
    lemmas = document.get("lemma", [])
    errors: list[tuple[str, Mapping[str, Any], ClaimError]] = []
    if not isinstance(derivations, list) or not isinstance(lemmas, list):
        wrong = ClaimError("a single table", Place(file), "write [[derivation]] and [[lemma]]")
        return claims, [("derivation-1", NO_TABLE, wrong)]
    tables = [dict(claim) if isinstance(claim, Mapping) else claim for claim in claims]
    by_id = {t["id"]: t for t in reversed(tables) if isinstance(t, dict) and _named(t)}
    for number, written in enumerate(derivations, start=1):
        name = f"derivation-{number}"
        place = Place(file, name, "proves")
        proves = written.get("proves") if isinstance(written, Mapping) else None
        if not isinstance(proves, str):
            problem = ClaimError("the key is missing", place, "name the id of a claim")
        elif proves not in by_id:
            near = suggestion(proves, list(by_id)) or "it names the id of a claim of this file"
            problem = ClaimError(f"no claim is called {shown(proves)}", place, near)
        elif "derivation" in by_id[proves]:
            problem = ClaimError(f"{shown(proves)} has a derivation already", place)
        else:
            rest = {key: value for key, value in written.items() if key != "proves"}
            by_id[proves]["derivation"] = {**rest, "lemmas": lemmas} if lemmas else rest
            continue
        raw = written if isinstance(written, Mapping) else NO_TABLE
        errors.append((name, raw, problem))
    return tables, errors


def _named(claim: Mapping[str, Any]) -> bool:
    return isinstance(claim.get("id"), str)


def read_derivation(value: Any, place: Place, parameters: Scope) -> Written:
    """The derivation of a claim's table.

    Raises:
        InvalidTable: with an error for everything that is wrong.
    """
    fields = _fields(value, place, KEYS)
    names = _names(parameters)
    state = fields.read("state", names)
    draws = fields.optional("draws", names, ())
    fields.close()
    if state[:1] != ("x",) or len({*state, *draws}) < len(state) + len(draws):
        fields.fail("state", ClaimError("the first entry is x, and no name stands twice"))
        fields.close()
    lets = _table_keys(fields, "let")
    fixed = _table_keys(fields, "constants")
    for key, names_there in (("let", lets), ("constants", fixed)):
        # a sequence that is called like an entry of the state would change what the claim says
        for name in sorted({*names_there} & {*state, *draws, *(lets if key != "let" else ())}):
            fields.fail(key, ClaimError(f"{shown(name)} stands for something already"))
    fields.close()
    scope = replace(
        parameters.about("a derivation", RUN),
        shapes={**parameters.shapes, **dict.fromkeys(fixed, ())},
        sequences=frozenset({*state, *draws, *lets}),
    )
    sequences = fields.optional("let", _formulas(scope.with_index("k"), parameters), NO_TABLE)
    constants = fields.optional("constants", _formulas(scope, parameters), NO_TABLE)
    lemmas = fields.optional("lemmas", lambda v, p: _each(v, p, _lemma, "lemma"), ())
    lines = fields.read("lines", lambda v, p: _each(v, p, _line_reader(scope), "line"))
    fields.close()
    if not lines:
        fields.fail("lines", ClaimError("no lines", None, "the last line is the claim"))
        fields.close()
    return Written(state, draws, sequences, constants, lemmas, lines)


class _Inner(Fields):
    """The keys of a table inside a claim's table, named with the path to it."""

    def _inside(self, key: str) -> Place:
        outer = f"{self.place.key}." if self.place.key else ""
        return replace(self.place, key=f"{outer}{key}")

    def attempt(self, key: str, action: Callable[[Place], T]) -> T:
        return super().attempt(key, lambda _: action(self._inside(key)))

    def fail(self, key: str, *errors: ClaimError) -> None:
        super().fail(key, *(error.at(self._inside(key)) for error in errors))


def _fields(value: Any, place: Place, keys: tuple[str, ...]) -> Fields:
    fields = _Inner(table(value, place), place)
    for key in fields.table:
        if key not in keys:
            remedy = suggestion(str(key), keys) or f"the keys are {', '.join(keys)}"
            fields.fail(str(key)[:80], ClaimError("unknown key", None, remedy))
    return fields


def _each(value: Any, place: Place, reader: Callable[[Any, Place], Any], what: str) -> Any:
    if isinstance(value, list) and len(value) > MAX_LINES:
        raise ClaimError(f"more than {MAX_LINES} entries", place, f"write fewer {what}s")
    results: list[Any] = []
    errors: list[ClaimError] = []
    for number, entry in enumerate(value if isinstance(value, list) else [value]):
        name = entry.get("name") if isinstance(entry, Mapping) else None
        label = name[:60] if isinstance(name, str) else str(number)
        try:
            results.append(reader(entry, replace(place, key=f"{place.key}[{label}]")))
        except InvalidTable as invalid:
            errors += invalid.errors
        except ClaimError as error:
            errors.append(error.at(place))
    names = [result.name for result in results]
    if len(set(names)) < len(names):
        errors.append(ClaimError(f"two {what}s of one name", place, "names are unique"))
    if errors:
        raise InvalidTable(errors)
    return tuple(results)


def _names(parameters: Scope) -> Callable[[Any, Place], tuple[str, ...]]:
    def read(value: Any, place: Place) -> tuple[str, ...]:
        found = each(value, place, string)
        for name in found:
            _check_name(name, place, parameters)
        return found

    return read


def _check_name(name: str, place: Place, parameters: Scope) -> None:
    taken = name in parameters.shapes or name in FUNCTIONS | CONSTANTS | (RUN - {"x"}) | {"k"}
    if not name.isidentifier() or taken:
        problem = "means something already" if taken else "is no name"
        raise ClaimError(f"{shown(name)} {problem}", place, "call it otherwise")


def _table_keys(fields: Fields, key: str) -> tuple[str, ...]:
    value = fields.table.get(key, {})
    return tuple(value) if isinstance(value, Mapping) and len(value) <= MAX_LINES else ()


def _formulas(scope: Scope, parameters: Scope) -> Callable[[Any, Place], Mapping[str, Expr]]:
    def read(value: Any, place: Place) -> Mapping[str, Expr]:
        found = {}
        for name, text in table(value, place).items():
            here = replace(place, key=f"{place.key}.{name}")
            _check_name(name, here, parameters)
            found[name] = _expression(text, here, scope)
        return MappingProxyType(found)

    return read


def _expression(value: Any, place: Place, scope: Scope) -> Expr:
    source = scan(formula(value, place), place)
    tree = Reader(source, scope).expression(parse_python(source))
    limits.check_constants(tree, place)
    return tree


def _condition(value: Any, place: Place, scope: Scope) -> Condition:
    source = scan(formula(value, place), place)
    condition = Reader(source, scope).condition(parse_python(source))
    limits.check_constants(condition, place)
    return condition


def _comparison(value: Any, place: Place, scope: Scope) -> Comparison:
    found = _condition(value, place, scope)
    if not isinstance(found, Comparison) or len(found.relations) != 1 or "!=" in found.relations:
        raise ClaimError("one comparison by <=, >=, < , > or == is needed", place)
    return found


def _line_reader(scope: Scope) -> Callable[[Any, Place], Line]:
    def read(value: Any, place: Place) -> Line:
        fields = _fields(value, place, LINE_KEYS)
        name = fields.read("name", string)
        every = fields.optional("every", _index(scope), None)
        inside = scope if every is None else scope.with_index(every)

        def premises(value: Any, place: Place) -> tuple[Premise, ...]:
            listed = [value] if isinstance(value, str | Mapping) else value
            if not isinstance(listed, list):
                raise ClaimError("a list of lines and rules is needed", place)
            return tuple(_premise(entry, place, inside) for entry in listed[: MAX_LINES + 1])

        induction = fields.optional("induction", _truth, False)
        base = fields.optional("base", premises, ())
        line = Line(
            name=name,
            statement=fields.read("say", lambda v, p: _comparison(v, p, inside)),
            every=every,
            where=fields.optional("where", lambda v, p: _condition(v, p, inside), None),
            premises=fields.optional("from", premises, ()),
            given=fields.optional("given", premises, ()),
            unfold=frozenset(fields.optional("unfold", lambda v, p: each(v, p, string), ()) or ()),
            base=base if induction else None,
            parts=fields.optional(
                "parts", lambda v, p: each(v, p, lambda t, q: _condition(t, q, inside)), ()
            ),
            place=place,
        )
        if line.where is not None and every is None:
            # a statement where nothing can be would be true of everything
            hint = "every = k, or say it of all"
            fields.fail("where", ClaimError("only a statement with an index has one", None, hint))
        if induction and every is None:
            fields.fail("induction", ClaimError("an induction needs an index", None, "every = k"))
        fields.close()
        return line

    return read


def _truth(value: Any, place: Place) -> bool:
    if not isinstance(value, bool):
        raise ClaimError(f"true or false is needed, got {shown(value)}", place)
    return value


def _index(scope: Scope) -> Callable[[Any, Place], str]:
    def read(value: Any, place: Place) -> str:
        name = string(value, place)
        if name != "k" and (scope.shape(name) is not None or name in scope.sequences):
            raise ClaimError(f"{shown(name)} means something already", place, "use k")
        if not name.isidentifier() or name in FUNCTIONS | CONSTANTS | RUN:
            raise ClaimError(f"{shown(name)} is no index", place, "use k")
        return name

    return read


def _premise(value: Any, place: Place, scope: Scope) -> Premise:
    if isinstance(value, str):
        name, arguments = _use(value, place, scope)
        return Premise(name, arguments, place=place)
    fields = _fields(value, place, PREMISE_KEYS)
    if ("line" in fields.table) == ("use" in fields.table):
        fields.fail("line", ClaimError("exactly one of line and use is needed"))
        fields.close()
    key = "line" if "line" in fields.table else "use"
    found = fields.read(key, lambda v, p: _use(v, p, scope))

    def read(v: Any, p: Place) -> Expr:
        return _expression(v, p, scope)

    at, times, share = (fields.optional(k, read, None) for k in ("at", "times", "share"))
    under = fields.optional("under", _under, ())
    fields.close()
    if ("markov" in under) != (share is not None):
        fields.fail("share", ClaimError("a share goes with under = 'markov'"))
    fields.close()
    return Premise(found[0], found[1], at, times, under, share, place)


def _under(value: Any, place: Place) -> tuple[str, ...]:
    words = each(value, place, string)
    for word in words:
        if word not in UNDER:
            remedy = f"write one of {', '.join(UNDER)}"
            raise ClaimError(
                f"{shown(word)} is not known", place, suggestion(word, UNDER) or remedy
            )
    return words


def _use(value: Any, place: Place, scope: Scope) -> tuple[str, tuple[Expr, ...] | None]:
    """``name``, or ``name(argument, ...)``; the name of a line may hold hyphens."""
    text = string(value, place)
    if "(" not in text:
        return text.strip(), None
    source = scan(text, place)
    reader = Reader(source, scope)
    node = parse_python(source)
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.keywords:
        raise reader.error("no rule with arguments", node, "write smooth(x[k], x[k + 1])")
    arguments = tuple(map(reader.term, node.args))
    for argument in arguments:
        limits.check_constants(argument, place)
    return node.func.id, arguments


def _lemma(value: Any, place: Place) -> Lemma:
    fields = _fields(value, place, LEMMA_KEYS)
    name = fields.read("name", string)
    variables = fields.read("variables", _names(Scope("a lemma")))
    fields.close()
    scope = Scope("a lemma", dict.fromkeys(variables, ()))

    def conditions(value: Any, place: Place) -> tuple[Condition, ...]:
        return each(value, place, lambda text, here: _condition(text, here, scope))

    hypotheses = fields.optional("hypotheses", conditions, ())
    conclusion = fields.read("conclusion", lambda v, p: _comparison(v, p, scope))
    fields.close()
    return Lemma(name, variables, hypotheses, conclusion, place)
