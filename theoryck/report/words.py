"""How things are written for people: numbers, and text that came from strangers."""

from __future__ import annotations

import math
import unicodedata
from fractions import Fraction


def clean(text: str) -> str:
    """One line without control characters, so that a claim's text cannot drive the terminal.

    >>> clean("a\\x1b[31mb\\nc")
    'a\\\\x1b[31mb c'
    """
    return "".join(_visible(c) for c in " ".join(str(text).split()))


def _visible(character: str) -> str:
    if unicodedata.category(character) in ("Cc", "Cf", "Cs"):
        return character.encode("unicode_escape").decode("ascii")
    return character


def number(value: float | None) -> str:
    """Six significant digits; a dash where there is no number.

    >>> number(1 / 6), number(None)
    ('0.166667', '–')
    """
    return "–" if value is None or not math.isfinite(value) else f"{value:.6g}"


def shortened(text: str, longest: int) -> str:
    """The text, or its beginning and an ellipsis.

    >>> shortened("L*R**2/(4*N + 2)", 8)
    'L*R**2/…'
    """
    return text if len(text) <= longest else text[: longest - 1] + "…"


def exact_number(text: str) -> int | float | str:
    """An exact number as JSON: a number where its decimal form is exact, else its text.

    >>> exact_number("3"), exact_number("1/10"), exact_number("1/3"), exact_number("sqrt(2)")
    (3, 0.1, '1/3', 'sqrt(2)')
    """
    try:
        value = Fraction(text)
        if value.denominator == 1:
            return value.numerator
        decimal = float(value)
        return decimal if Fraction(repr(decimal)) == value else text
    except (ValueError, ZeroDivisionError, OverflowError):
        return text
