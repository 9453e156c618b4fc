"""Claim files: from TOML to typed claims, with every error of every claim."""

from __future__ import annotations

import copy
import os
import re
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from theoryck.assumptions import ASSUMPTIONS, Assumption
from theoryck.claims import limits
from theoryck.claims.claim import Claim, Parameter
from theoryck.claims.declarations import parameter_scope, read_parameters
from theoryck.claims.derivations import attach
from theoryck.claims.expressions import Expr
from theoryck.claims.fields import DecimalText, Fields, InvalidTable, shown, string
from theoryck.claims.grammar import suggestion
from theoryck.claims.instances import read_instances
from theoryck.claims.kinds import KINDS, Context, Kind
from theoryck.errors import ClaimError, Place
from theoryck.methods import METHODS, Method
from theoryck.verdict import Status

FORMAT = 1
TABLES = ("format", "claim", "derivation", "lemma")
COMMON_KEYS = ("id", "kind", "text", "source", "parameters", "at", "expect")
KEBAB = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True)
class InvalidClaim:
    """A claim that means nothing as written, with everything that is wrong with it."""

    id: str
    kind: str
    errors: tuple[ClaimError, ...]
    table: Mapping[str, Any] = field(repr=False, compare=False)
    expect: Status | None = None


@dataclass(frozen=True)
class ClaimFile:
    """The claims of a file in its order."""

    path: str
    entries: tuple[Claim | InvalidClaim, ...]


def read_file(
    path: str | os.PathLike[str],
    methods: Mapping[str, Method] = METHODS,
    assumptions: Mapping[str, Assumption] = ASSUMPTIONS,
) -> ClaimFile:
    """Read a claim file; a claim that is wrong becomes an :class:`InvalidClaim` among the others.

    Args:
        path: a TOML file of format 1.
        methods: the methods that claims may name.
        assumptions: the assumptions that claims may name.

    Raises:
        ClaimError: the file as a whole cannot be read as claims.
    """
    name = os.fspath(path)
    document = parse_document(read_text(path), Place(file=name))
    tables, orphans = attach(document, document["claim"], name)
    entries = _read_tables(tables, name, methods, assumptions)
    strays = (InvalidClaim(i, "rate", (error,), table) for i, table, error in orphans)
    return ClaimFile(name, (*entries, *strays))


def read_claim(
    table: Mapping[str, Any],
    *,
    file: str | None = None,
    methods: Mapping[str, Method] = METHODS,
    assumptions: Mapping[str, Assumption] = ASSUMPTIONS,
) -> Claim:
    """The typed claim of one ``[[claim]]`` table.

    Raises:
        ClaimError: the first thing that is wrong with it.

    >>> claim = read_claim({
    ...     "id": "mean", "kind": "inequality", "parameters": {"a": "", "b": ""},
    ...     "conclusion": "2*a*b <= a**2 + b**2",
    ... })
    >>> claim.conclusion.relations
    ('<=',)
    """
    try:
        return _read_table(table, Place(file=file), methods, assumptions)
    except InvalidTable as invalid:
        raise invalid.errors[0] from None


def read_text(path: str | os.PathLike[str]) -> str:
    """The text of a file of bounded size.

    Raises:
        ClaimError: it is no file, too large, not UTF-8, or has lines or characters no TOML has.
    """
    place = Place(file=os.fspath(path))
    try:
        # a device or a pipe could block or never end: look before opening
        regular = stat.S_ISREG(os.stat(path).st_mode)
        data = b""
        if regular:
            with Path(path).open("rb") as stream:
                data = stream.read(limits.MAX_FILE_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise ClaimError(f"cannot be read: {reason}", place) from error
    if not regular:
        raise ClaimError("not a file", place, "name a .toml file")
    if len(data) > limits.MAX_FILE_BYTES:
        raise ClaimError(
            f"a file of more than {limits.MAX_FILE_BYTES} bytes", place, "split it in several"
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ClaimError(
            f"line {line} is not UTF-8 (byte {error.start})", place, "save the file as UTF-8"
        ) from error
    check_text(text, place)
    return text


def check_text(text: str, place: Place) -> None:
    """Refuse what TOML readers would refuse late, or read slowly.

    Raises:
        ClaimError: a NUL character, or lines or dotted keys beyond the limits.
    """
    dots = 0
    for number, line in enumerate(text.split("\n"), start=1):
        if "\0" in line:
            raise ClaimError(f"line {number} holds a NUL character", place, "remove it")
        if len(line) > limits.MAX_LINE_CHARACTERS:
            raise ClaimError(
                f"line {number} has {len(line)} characters",
                place,
                f"at most {limits.MAX_LINE_CHARACTERS} are read",
            )
        dots += line.count(".") ** 2  # whether in keys or not: quoting is for the parser to tell
        if dots > limits.MAX_DOT_WORK:
            raise ClaimError(f"too many dots up to line {number}", place, "split the file")


def parse_document(text: str, place: Place) -> Mapping[str, Any]:
    """The tables of a TOML text, claims among them, floats kept as they are written.

    Raises:
        ClaimError: it is not TOML, not of format 1, or holds no claims.
    """
    try:
        document = tomllib.loads(text, parse_float=DecimalText)
    except tomllib.TOMLDecodeError as error:
        raise ClaimError(f"not TOML: {error}", place) from error
    except ValueError as error:
        raise ClaimError(
            "not TOML: a number with too many digits, or no such date", place
        ) from error
    except (RecursionError, MemoryError) as error:
        raise ClaimError("not TOML: nested too deeply", place) from error
    number = document.get("format")
    if number != FORMAT or isinstance(number, bool):
        problem = "`format` is missing" if number is None else f"format {shown(number)}"
        raise ClaimError(problem, place, f"claim files begin with: format = {FORMAT}")
    for key in document:
        if key not in TABLES:
            near = suggestion(key, TABLES)
            raise ClaimError(f"unknown key {shown(key)}", place, near or "claims are [[claim]]")
    tables = document.get("claim")
    if isinstance(tables, dict):
        raise ClaimError("[claim] is a single table", place, "begin each claim with [[claim]]")
    if not isinstance(tables, list) or not tables:
        raise ClaimError("no claims", place, "begin each claim with [[claim]]")
    if len(tables) > limits.MAX_CLAIMS:
        raise ClaimError(f"more than {limits.MAX_CLAIMS} claims", place, "split the file")
    return document


def _read_tables(
    tables: list[Any],
    file: str,
    methods: Mapping[str, Method],
    assumptions: Mapping[str, Assumption],
) -> tuple[Claim | InvalidClaim, ...]:
    entries: list[Claim | InvalidClaim] = []
    seen: set[str] = set()
    for number, table in enumerate(tables, start=1):
        name = _name(table, number)
        place = Place(file=file, claim=name)
        errors: tuple[ClaimError, ...] = ()
        if name in seen:
            remedy = "ids are unique in a file"
            errors = (ClaimError("the id is taken already", replace(place, key="id"), remedy),)
        seen.add(name)
        try:
            claim = _read_table(table, place, methods, assumptions)
            if not errors:
                entries.append(claim)
                continue
        except InvalidTable as invalid:
            errors += invalid.errors
        raw = dict(table) if isinstance(table, Mapping) else {}
        kind = raw.get("kind", "rate")
        entries.append(
            InvalidClaim(
                id=name,
                kind=kind if isinstance(kind, str) else "rate",
                errors=errors,
                table=raw,
                expect=_expect(raw.get("expect")),
            )
        )
    return tuple(entries)


def _name(table: Any, number: int) -> str:
    """The id of a claim, or its number where it has none that can be shown."""
    name = table.get("id") if isinstance(table, Mapping) else None
    return name if isinstance(name, str) and 0 < len(name) <= 200 else f"claim-{number}"


def _expect(value: Any) -> Status | None:
    return Status(value) if isinstance(value, str) and value in set(Status) else None


def _read_table(
    table: Any,
    place: Place,
    methods: Mapping[str, Method],
    assumptions: Mapping[str, Assumption],
) -> Claim:
    if not isinstance(table, Mapping):
        raise InvalidTable([ClaimError(f"a table is needed, got {shown(table)}", place)])
    if isinstance(table.get("id"), str):
        place = replace(place, claim=table["id"][:200])
    fields = Fields(table, place)
    kind = fields.optional("kind", _kind, KINDS["rate"])
    fields.read("id", _id)
    if fields.failed("kind"):
        fields.close()
    _check_keys(fields, kind)
    declared = table.get("parameters", {})
    nothing: dict[str, Parameter] = {}
    parameters = fields.optional(
        "parameters", lambda value, here: read_parameters(value, here, kind.reserved), nothing
    )
    at: tuple[Mapping[str, Expr], ...] = ()
    if not fields.failed("parameters"):
        found = fields.optional("at", lambda v, here: read_instances(v, here, parameters), at)
        at = () if fields.failed("at") else found
    common = {
        "id": table.get("id"),
        "kind": kind.name,
        "text": fields.optional("text", string, ""),
        "source": fields.optional("source", string, ""),
        "parameters": parameters,
        "at": at,
        "expect": fields.optional("expect", _status, None),
        "table": copy.deepcopy(dict(table)),
    }
    return kind.read(fields, Context(parameter_scope(declared), methods, assumptions, common))


def _kind(value: Any, place: Place) -> Kind:
    name = string(value, place)
    if name not in KINDS:
        listed = f"the kinds are {', '.join(KINDS)}"
        raise ClaimError(
            f"unknown kind {shown(name)}", place, suggestion(name, list(KINDS)) or listed
        )
    return KINDS[name]


def _id(value: Any, place: Place) -> str:
    name = string(value, place)
    if not KEBAB.fullmatch(name):
        kebab = re.sub(r"[^a-z0-9]+", "-", name.lower()[:80]).strip("-") or "gd-smooth-convex"
        raise ClaimError(f"{shown(name)} is not kebab-case", place, f"write {kebab!r}")
    return name


def _status(value: Any, place: Place) -> Status:
    name = string(value, place)
    if name not in set(Status):
        listed = ", ".join(Status)
        near = suggestion(name, [status.value for status in Status]) or f"write one of {listed}"
        raise ClaimError(f"{shown(name)} is no status", place, near)
    return Status(name)


def _check_keys(fields: Fields, kind: Kind) -> None:
    keys = (*COMMON_KEYS, *kind.keys)
    for key in fields.table:
        if key in keys:
            continue
        owners = [other.name for other in KINDS.values() if key in other.keys]
        if owners:
            remedy = f"it belongs to {' and '.join(owners)} claims; this one is of kind {kind.name}"
        else:
            remedy = suggestion(str(key), keys) or f"the keys are {', '.join(keys)}"
        here = replace(fields.place, key=str(key)[:80])
        fields.errors.append(ClaimError("unknown key", here, remedy))
