"""The first look at an expression's text: its tokens, bounded before any parser sees them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from theoryck.claims import limits
from theoryck.errors import ClaimError, Place

TOKEN = re.compile(
    r"(?P<space>\s+)"
    r"|(?P<number>(?:[0-9][0-9_]*\.?[0-9_]*|\.[0-9][0-9_]*)(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<name>[^\W0-9]\w*)"
    r"|(?P<operator>\*\*|//|<=|>=|==|!=|[-+*/@<>=(),\[\]])"
)
OPENING, CLOSING = {"(": ")", "[": "]"}, {")", "]"}

REMEDIES = {
    "−": "the minus sign is -",
    "–": "the minus sign is -",
    "·": "a product is written with *",
    "×": "a product is written with *",
    "≤": "write <=",
    "≥": "write >=",
    "≠": "write !=",
    "∞": "infinity is oo",
    "√": "write sqrt(...)",
    "∇": "the gradient at x is grad(x)",
    "‖": "write norm(...)",
    "|": "write abs(...) or norm(...)",
    "^": "a power is written **",
    "²": "a power is written **2",
    "!": "write != for unequal; there is no factorial",
    "&": "join comparisons by `and`",
    "{": "group with ( )",
    "}": "group with ( )",
    '"': "an expression has no strings",
    "'": "an expression has no strings",
    "#": "an expression has no comments",
    ".": "an expression has no attributes; a product is written with *",
    ":": "an index is written x[N], a range min_over(k, 0, N, ...)",
    "%": "there is no remainder; floor(...) may help",
    "\\": "names are written without a backslash",
    "\0": "remove the NUL character",
}


@dataclass(frozen=True)
class Source:
    """A checked expression text, its literals by column, and its place for errors."""

    text: str
    literals: Mapping[int, Fraction]
    place: Place
    tokens: int

    def error(self, problem: str, column: int, remedy: str | None = None) -> ClaimError:
        """An error at a column of the text."""
        return ClaimError(problem, replace(self.place, column=column), remedy)


def scan(text: str, place: Place) -> Source:
    """Check the tokens of ``text`` and read its literals exactly (0.1 is a tenth).

    Columns count characters from 1. Line breaks become spaces, so a long formula may span lines.

    Raises:
        ClaimError: an unknown character, unbalanced brackets, or a limit passed.

    >>> scan("0.1*x", Place()).literals
    {1: Fraction(1, 10)}
    """
    if len(text) > limits.MAX_CHARACTERS:
        raise ClaimError(
            f"an expression of {len(text)} characters",
            place,
            f"at most {limits.MAX_CHARACTERS} are read",
        )
    if not text.strip():
        raise ClaimError("an empty expression", place, "write a formula such as L*R**2/N")
    literals: dict[int, Fraction] = {}
    open_brackets: list[tuple[str, int]] = []
    position = tokens = signs = 0

    def error(problem: str, remedy: str | None = None) -> ClaimError:
        return ClaimError(problem, replace(place, column=column), remedy)

    while position < len(text):
        column = position + 1
        match = TOKEN.match(text, position)
        if match is None:
            raise _unknown_character(text, position, place)
        position = match.end()
        kind, token = match.lastgroup, match.group()
        if kind == "space":
            continue
        tokens += 1
        signs = signs + 1 if token in ("+", "-") else 0
        if tokens > limits.MAX_TOKENS:
            raise error(f"an expression of more than {limits.MAX_TOKENS} tokens")
        if signs > limits.MAX_SIGNS:
            raise error(f"more than {limits.MAX_SIGNS} signs in a row")
        if kind == "number":
            following = text[position : position + 1]
            if following and (following.isalpha() or following == "_"):
                raise error(
                    f"{(token + following)!r} is neither a number nor a name",
                    "a product is written with *, as in 2*L",
                )
            literals[column] = _literal(token, replace(place, column=column))
        elif kind == "name" and not token.isidentifier():
            raise _unknown_character(text, column - 1, place)
        elif token in OPENING:
            open_brackets.append((token, column))
            if len(open_brackets) > limits.MAX_BRACKETS:
                raise error(f"more than {limits.MAX_BRACKETS} nested brackets")
        elif token in CLOSING and (not open_brackets or OPENING[open_brackets.pop()[0]] != token):
            raise error(f"{token!r} closes nothing", "brackets come in pairs")
    if open_brackets:
        bracket, column = open_brackets[-1]
        raise ClaimError(
            f"{bracket!r} is not closed", replace(place, column=column), "brackets come in pairs"
        )
    return Source(re.sub(r"\s", " ", text), literals, place, tokens)


def _literal(token: str, place: Place) -> Fraction:
    digits, _, exponent = token.lower().partition("e")
    if len(token) > limits.MAX_DIGITS or abs(int(exponent or 0)) > limits.MAX_DECIMAL_EXPONENT:
        raise ClaimError(
            f"a number of more than {limits.MAX_DIGITS} digits", place, "write it as a power"
        )
    if not re.fullmatch(r"(0|[1-9](_?[0-9])*|0+)?(\.([0-9](_?[0-9])*)?)?", digits):
        raise ClaimError(f"{token!r} is not a number", place, "write 12, 0.5 or 1e-3")
    return Fraction(token.replace("_", ""))


def _unknown_character(text: str, position: int, place: Place) -> ClaimError:
    character = text[position]
    remedy = REMEDIES.get(character, "write names, numbers, + - * / ** @ ( ) [ ] and commas")
    shown = ascii(character) if not character.isprintable() else repr(character)
    return ClaimError(
        f"the character {shown} means nothing here", replace(place, column=position + 1), remedy
    )
