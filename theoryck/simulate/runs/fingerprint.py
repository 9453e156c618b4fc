"""Fingerprints of what a run depends on: equal for the same data and functions, in any process."""

from __future__ import annotations

import functools
import hashlib
import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from fractions import Fraction
from types import CodeType, ModuleType
from typing import Any

import array_api_compat
import numpy as np

from theoryck.simulate.errors import SimulationError

PLAIN = (type(None), bool, int, str, bytes, complex, Fraction, slice, range, Enum)


def fingerprint(value: Any) -> str:
    """A digest of numbers, arrays, dataclasses and functions, and of tuples and tables of them.

    A function counts with its code, its defaults, what it closes over and the plain data that it
    reads from its module. The digest is that of the standard hash BLAKE2, not of ``hash``, which
    differs between processes.

    Raises:
        SimulationError: something is none of these.

    >>> fingerprint({"step": Fraction(1, 2)}) == fingerprint({"step": Fraction(2, 4)})
    True
    >>> fingerprint(lambda k: 1 / (k + 1)) == fingerprint(lambda k: 1 / (k + 2))
    False
    """
    digest = hashlib.blake2b(digest_size=16)
    for part in _parts(value, set()):
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.hexdigest()


def _parts(value: Any, inside: set[int]) -> Iterator[bytes]:
    if isinstance(value, PLAIN):
        yield f"{type(value).__name__} {value!r}".encode()
    elif isinstance(value, float):
        yield f"float {float(value).hex()}".encode()
    elif id(value) in inside:
        yield b"again"  # a function that calls itself
    else:
        yield from _compound(value, inside | {id(value)})


def _compound(value: Any, inside: set[int]) -> Iterator[bytes]:
    if isinstance(value, np.generic) or array_api_compat.is_array_api_obj(value):
        array = value.get() if array_api_compat.is_cupy_array(value) else np.asarray(value)
        yield f"array {array.dtype} {array.shape}".encode()
        yield np.ascontiguousarray(array).tobytes()
    elif isinstance(value, list | tuple):
        yield f"{type(value).__name__} {len(value)}".encode()
        for entry in value:
            yield from _parts(entry, inside)
    elif isinstance(value, Mapping):
        yield f"table {len(value)}".encode()
        for key in sorted(value, key=repr):
            yield from _parts(key, inside)
            yield from _parts(value[key], inside)
    elif isinstance(value, set | frozenset):
        yield f"set {' '.join(sorted(fingerprint(entry) for entry in value))}".encode()
    elif isinstance(value, type | ModuleType):
        yield f"named {getattr(value, '__module__', '')} {value.__name__}".encode()
    elif is_dataclass(value):
        yield f"dataclass {type(value).__module__} {type(value).__qualname__}".encode()
        for entry in fields(value):
            if entry.init:
                yield from _parts(entry.name, inside)
                yield from _parts(getattr(value, entry.name), inside)
    elif isinstance(value, functools.partial):
        yield b"partial"
        yield from _parts((value.func, value.args, value.keywords), inside)
    elif inspect.ismethod(value):
        yield b"method"
        yield from _parts((value.__self__, value.__func__), inside)
    elif inspect.isfunction(value):
        yield from _function(value, inside)
    elif inspect.isbuiltin(value) or isinstance(value, np.ufunc):
        yield f"named {getattr(value, '__module__', '')} {value.__name__}".encode()
    else:
        raise SimulationError(
            f"no fingerprint of a {type(value).__qualname__}: a run that is to be saved is made "
            "of numbers, arrays, dataclasses and functions"
        )


def _function(function: Callable[..., Any], inside: set[int]) -> Iterator[bytes]:
    yield f"function {function.__module__} {function.__qualname__}".encode()
    code = function.__code__
    yield from _code(code)
    yield from _parts((function.__defaults__, function.__kwdefaults__), inside)
    cells = function.__closure__ or ()
    yield from _parts(tuple(cell.cell_contents for cell in cells), inside)
    for name in _names(code):
        # plain data that it reads from its module; other functions count with their names
        content = function.__globals__.get(name)
        if isinstance(content, (*PLAIN, float)) or array_api_compat.is_array_api_obj(content):
            yield name.encode()
            yield from _parts(content, inside)


def _code(code: CodeType) -> Iterator[bytes]:
    yield code.co_code
    yield " ".join(code.co_names + code.co_varnames + code.co_freevars).encode()
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _code(constant)
        else:
            yield repr(constant).encode()


def _names(code: CodeType) -> list[str]:
    inner = (name for c in code.co_consts if isinstance(c, CodeType) for name in _names(c))
    return sorted({*code.co_names, *inner})
