"""A user's own methods and assumptions, from the Python file named with ``--methods``."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import sys
import traceback
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType, ModuleType

from theoryck.assumptions.base import Assumption
from theoryck.errors import TheoryckError
from theoryck.methods.base import Method


class ExtensionError(TheoryckError, ValueError):
    """A ``--methods`` file that cannot be used; the message names the file and the line."""


def _builtin_methods() -> Mapping[str, Method]:
    from theoryck.methods import METHODS

    return METHODS


def _builtin_assumptions() -> Mapping[str, Assumption]:
    from theoryck.assumptions import ASSUMPTIONS

    return ASSUMPTIONS


@dataclass(frozen=True)
class Vocabulary:
    """The methods and assumptions that a claim may name; theoryck's own unless extended."""

    methods: Mapping[str, Method] = field(default_factory=_builtin_methods)
    assumptions: Mapping[str, Assumption] = field(default_factory=_builtin_assumptions)


def with_words(methods: Iterable[Method], assumptions: Iterable[Assumption]) -> Vocabulary:
    """Theoryck's vocabulary and a few more methods and assumptions.

    Raises:
        ExtensionError: something that is neither, or a name that is taken.
    """
    return _extend(Vocabulary(), (*methods, *assumptions), "methods= or assumptions=")


def load_vocabulary(path: str | Path | None) -> Vocabulary:
    """Theoryck's vocabulary and what the Python file at ``path`` defines (None: nothing).

    The file is run, so it is named by the person at the keyboard and never by a claim file. What
    it prints goes to standard error.

    Raises:
        ExtensionError: it cannot be read or run, defines nothing, or takes a name that exists.
    """
    if path is None:
        return Vocabulary()
    module = _run(Path(path))
    kinds = (Method, Assumption)
    own = [value for value in vars(module).values() if isinstance(value, kinds)]
    known = {id(v) for v in (*Vocabulary().methods.values(), *Vocabulary().assumptions.values())}
    new = [value for value in own if id(value) not in known]
    if not new:
        raise ExtensionError(
            f"{path}: defines no method; decorate an update `def name(x, f, *, step)` with "
            "@method from theoryck"
        )
    return _extend(Vocabulary(), new, str(path))


def _extend(start: Vocabulary, new: Iterable[object], origin: str) -> Vocabulary:
    methods, assumptions = dict(start.methods), dict(start.assumptions)
    for value in new:
        match value:
            case Method():
                _add(methods, value, origin)
            case Assumption():
                _add(assumptions, value, origin)
            case _:
                raise ExtensionError(
                    f"{origin}: {value!r} is no method and no assumption; @method makes a method"
                )
    return Vocabulary(MappingProxyType(methods), MappingProxyType(assumptions))


def _add(table: dict[str, Method] | dict[str, Assumption], value: object, origin: str) -> None:
    name = value.name  # type: ignore[attr-defined]
    if table.get(name, value) is not value:
        raise ExtensionError(f"{origin}: {name!r} is the name of another one; choose a new name")
    table[name] = value  # type: ignore[assignment]


def _run(path: Path) -> ModuleType:
    name = "theoryck_methods_" + hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:12]
    if not path.is_file():
        raise ExtensionError(f"{path}: no such file; --methods takes a Python file")
    spec = importlib.util.spec_from_file_location(
        name, path, loader=importlib.machinery.SourceFileLoader(name, str(path))
    )
    if spec is None or spec.loader is None:
        raise ExtensionError(f"{path}: not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # where dataclasses in the file look for their module
    try:
        with contextlib.redirect_stdout(sys.stderr):
            spec.loader.exec_module(module)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        # a script that calls sys.exit() is a broken methods file too
        del sys.modules[name]
        raise ExtensionError(_explain(path, error)) from error
    return module


def _explain(path: Path, error: BaseException) -> str:
    line = error.lineno if isinstance(error, SyntaxError) else None
    for frame in traceback.extract_tb(error.__traceback__):
        if Path(frame.filename) == path:
            line = frame.lineno
    where = f"{path}, line {line}" if line else str(path)
    what = error.msg if isinstance(error, SyntaxError) else str(error)
    return (
        f"{where}: {type(error).__name__}: {what}" if what else f"{where}: {type(error).__name__}"
    )
