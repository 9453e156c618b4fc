"""The keys of one table of a claim file, read one by one; errors are collected, not raised."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, TypeVar, cast

from theoryck.claims import limits
from theoryck.claims.grammar import suggestion
from theoryck.errors import ClaimError, Place

T = TypeVar("T")
D = TypeVar("D")


class DecimalText(str):
    """A TOML float as it was written, so that 0.1 is a tenth and not the float nearest to it."""

    __slots__ = ()


class InvalidTable(Exception):
    """What is wrong with a table, all at once; never leaves :mod:`theoryck.claims`."""

    def __init__(self, errors: Iterable[ClaimError]) -> None:
        self.errors = tuple(errors)
        super().__init__(*self.errors)


class Fields:
    """A claim's table; :meth:`read` remembers each error with the key where it happened.

    A reading that fails gives a placeholder (None) to its caller, who must ask :meth:`failed`
    before looking into it, or :meth:`close` before building anything of it.
    """

    def __init__(self, table: Mapping[str, Any], place: Place) -> None:
        self.table = table
        self.place = place
        self.errors: list[ClaimError] = []
        self.failures: set[str] = set()

    def read(self, key: str, reader: Callable[[Any, Place], T]) -> T:
        """``reader(value, place)`` of a key that must be there."""
        if key not in self.table:
            self.fail(key, ClaimError("the key is missing"))
            return cast(T, None)
        return self.attempt(key, lambda place: reader(self.table[key], place))

    def optional(self, key: str, reader: Callable[[Any, Place], T], default: D) -> T | D:
        """As :meth:`read`, with a value for a table without the key."""
        return self.read(key, reader) if key in self.table else default

    def attempt(self, key: str, action: Callable[[Place], T]) -> T:
        """Run ``action``, remembering its error under ``key``."""
        place = replace(self.place, key=key)
        try:
            return action(place)
        except ClaimError as error:
            self.fail(key, error)
        except InvalidTable as invalid:
            self.fail(key, *invalid.errors)
        return cast(T, None)

    def fail(self, key: str, *errors: ClaimError) -> None:
        """Remember errors under a key."""
        self.failures.add(key)
        self.errors.extend(error.at(replace(self.place, key=key)) for error in errors)

    def failed(self, key: str) -> bool:
        """Whether the key was wrong or missing."""
        return key in self.failures

    def close(self) -> None:
        """Raise what was collected, if anything was."""
        if self.errors:
            raise InvalidTable(self.errors)


def shown(value: Any) -> str:
    """A TOML value for an error message: short, whatever it holds."""
    if isinstance(value, str):
        return repr(str(value[:40]) + ("..." if len(value) > 40 else ""))
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int) and abs(value) >= 10**20:
        return "a huge integer"
    if isinstance(value, int | float):
        return str(value)
    kinds = {Mapping: "a table", list: "a list", tuple: "a list"}
    return next((name for kind, name in kinds.items() if isinstance(value, kind)), "a date")


def string(value: Any, place: Place) -> str:
    """A string, and not a number."""
    if not isinstance(value, str) or isinstance(value, DecimalText):
        raise ClaimError(f"a string is needed, got {shown(value)}", place)
    return value


def formula(value: Any, place: Place) -> str:
    """The text of an expression, which may also be given as a TOML number."""
    if isinstance(value, DecimalText):
        value = str(value).lstrip("+")
        if not any(digit in value for digit in "0123456789"):
            raise ClaimError(f"{value} is no number", place, "infinity is written 'oo'")
        return str(value)
    if isinstance(value, int) and not isinstance(value, bool):
        if abs(value) >= 10**limits.MAX_DIGITS:
            raise ClaimError(f"a number of more than {limits.MAX_DIGITS} digits", place)
        return str(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ClaimError(f"{value} is no number", place, "infinity is written 'oo'")
        return repr(value)
    if not isinstance(value, str):
        raise ClaimError(f"a formula in quotes is needed, got {shown(value)}", place)
    return value


def one_of(*choices: str) -> Callable[[Any, Place], str]:
    """A reader for one of a few strings."""

    def reader(value: Any, place: Place) -> str:
        text = string(value, place)
        if text not in choices:
            near = suggestion(text, choices)
            listed = " or ".join(map(repr, choices))
            raise ClaimError(f"{shown(text)} is not {listed}", place, near or f"write {listed}")
        return text

    return reader


def entries(value: Any, place: Place) -> list[Any]:
    """A list, of bounded length; a single string is a list of one."""
    if isinstance(value, str):
        return [value]
    if not isinstance(value, list | tuple):
        raise ClaimError(f"a list is needed, got {shown(value)}", place)
    if len(value) > limits.MAX_ENTRIES:
        raise ClaimError(f"a list of more than {limits.MAX_ENTRIES} entries", place)
    return list(value)


def table(value: Any, place: Place) -> Mapping[str, Any]:
    """A table of bounded size."""
    if not isinstance(value, Mapping):
        raise ClaimError(f"a table is needed, got {shown(value)}", place)
    if len(value) > limits.MAX_ENTRIES:
        raise ClaimError(f"a table of more than {limits.MAX_ENTRIES} entries", place)
    return value


def each(value: Any, place: Place, reader: Callable[[Any, Place], T]) -> tuple[T, ...]:
    """Read every entry of a list, with keys ``name[0]``, ``name[1]``, ... in the errors.

    A single string keeps the name of its key.
    """
    if isinstance(value, str):
        return (reader(value, place),)
    results, errors = [], []
    for number, entry in enumerate(entries(value, place)):
        here = replace(place, key=f"{place.key}[{number}]")
        try:
            results.append(reader(entry, here))
        except ClaimError as error:
            errors.append(error.at(here))
    if errors:
        raise InvalidTable(errors)
    return tuple(results)
