"""Explicit functions as JSON data and back: names and exact numbers, bounded in size."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from theoryck.certificates.checker import CertificateError
from theoryck.certificates.functions import (
    MAX_ENTRIES,
    AwayFromPolygon,
    ExplicitFunction,
    LargestPiece,
    Quadratic,
)
from theoryck.certificates.piecewise import Piecewise

MAX_DIGITS = 150  # of one number of a function or a start: they are chosen, not computed
NUMBER = re.compile(r"-?[0-9]+(/[1-9][0-9]*)?", re.ASCII)


def read_number(text: Any, what: str) -> Fraction:
    """An integer or a fraction p/q written as text.

    Raises:
        CertificateError: it is neither, or too long.

    >>> read_number("-3/4", "start")
    Fraction(-3, 4)
    """
    if not isinstance(text, str) or len(text) > MAX_DIGITS or not NUMBER.fullmatch(text):
        raise CertificateError(f"{what}: {str(text)[:40]!r} is not a (short) fraction p/q")
    return Fraction(text)


def read_numbers(data: Any, what: str) -> tuple[Fraction, ...]:
    """A list of numbers."""
    return tuple(read_number(entry, what) for entry in _listed(data, what))


def _listed(data: Any, what: str) -> list[Any]:
    if not isinstance(data, list) or len(data) > MAX_ENTRIES:
        raise CertificateError(f"{what}: a list of numbers expected")
    return data


def _rows(data: Any, what: str) -> tuple[tuple[Fraction, ...], ...]:
    rows = _listed(data, what)
    if sum(len(row) for row in rows if isinstance(row, list)) > MAX_ENTRIES:
        raise CertificateError(f"{what}: over {MAX_ENTRIES} numbers")
    return tuple(read_numbers(row, what) for row in rows)


def _quadratic(data: Mapping[str, Any]) -> Quadratic:
    return Quadratic(_rows(data.get("matrix"), "matrix"))


def _piecewise(data: Mapping[str, Any]) -> Piecewise:
    return Piecewise(
        *(read_numbers(data.get(n), n) for n in ("breakpoints", "slopes", "curvatures"))
    )


def _largest_piece(data: Mapping[str, Any]) -> LargestPiece:
    return LargestPiece(
        _rows(data.get("slopes"), "slopes"),
        read_numbers(data.get("offsets"), "offsets"),
        read_numbers(data.get("weights"), "weights"),
    )


def _polygon(data: Mapping[str, Any]) -> AwayFromPolygon:
    vertices = _rows(data.get("vertices"), "vertices")
    if any(len(vertex) != 2 for vertex in vertices):
        raise CertificateError("vertices: pairs of numbers expected")
    return AwayFromPolygon(
        read_number(data.get("lower"), "lower"),
        read_number(data.get("upper"), "upper"),
        tuple((a, b) for a, b in vertices),
    )


FAMILIES: Mapping[str, Callable[[Mapping[str, Any]], ExplicitFunction]] = {
    Quadratic.family: _quadratic,
    Piecewise.family: _piecewise,
    LargestPiece.family: _largest_piece,
    AwayFromPolygon.family: _polygon,
}


def read_function(data: Any) -> ExplicitFunction:
    """The function that the data describe; :meth:`ExplicitFunction.data` is the way back.

    Raises:
        CertificateError: they describe none, or one whose minimum is not f(0) = 0.

    >>> read_function({"family": "quadratic", "matrix": [["2"]]}).describe()
    'a quadratic'
    """
    if not isinstance(data, Mapping):
        raise CertificateError("function: a table expected")
    family = data.get("family")
    if not isinstance(family, str) or family not in FAMILIES:
        known = ", ".join(map(repr, FAMILIES))
        raise CertificateError(
            f"function: no family is called {str(family)[:40]!r}; known: {known}"
        )
    return FAMILIES[family](data)
