"""Text with formulas in it, such as a rule's theorem, as marks: signs are read, words are kept."""

from __future__ import annotations

import re
from dataclasses import dataclass

from theoryck.report.mathematics.marks import (
    GREEK,
    Digits,
    Fenced,
    Mark,
    Name,
    Root,
    Row,
    Script,
    Sign,
    Words,
)

TOKEN = re.compile(r"\s*(?:(\d+(?:\.\d+)?)|([A-Za-z_][A-Za-z_0-9]*)|(\*\*|<=|>=|==|!=|\.\.|.))")
PAIRS = {"(": ("(", ")"), "[": ("[", "]"), "{": ("{", "}"), "⟨": ("langle", "rangle")}
CLOSING = {"(": ")", "[": "]", "{": "}", "⟨": "⟩", "‖": "‖", "|": "|"}
TOGGLES = {"‖": "norm", "|": "|"}
PLAIN = ("<=", ">=", "==", "!=", "<", ">", "=", "+", "-", "*", "/")
OPERATORS = {
    **{sign: sign for sign in PLAIN},
    "..": "dots",
    "⟹": "implies",
    "⇔": "iff",
    "∇": "nabla",
    "∞": "oo",
    "∈": "in",
    "·": "times",
    "→": "to",
}
FORMULA = re.compile(r"[<>=⟹⇔‖⟨²∇]|\*\*")  # a text with none of these is words throughout
FUNCTIONS = frozenset({"log", "exp", "min", "max", "sin", "cos", "sign"})
LETTERS = {character: name for name, character in GREEK.items() if name not in ("eps", "lam")}
SHORT = re.compile(r"[A-Za-z](?:\d+|_[A-Za-z0-9]+|_star)?$")
ARTICLES = frozenset({"a", "A"})  # words where another word follows


class _UnbalancedError(ValueError):
    """A bracket without its other half."""


@dataclass
class _Reader:
    """Walks the tokens; ``names`` are variables although they look like words."""

    text: str
    names: frozenset[str]
    place: int = 0

    def peek(self) -> re.Match[str] | None:
        return TOKEN.match(self.text, self.place)

    def until(self, closing: str | None) -> Mark:
        """The marks up to the closing sign, which is consumed."""
        found: list[Mark] = []
        while True:
            match = self.peek()
            if match is None:
                if closing is not None:
                    raise _UnbalancedError(closing)
                return _row(found)
            self.place = match.end()
            number, word, sign = match.groups()
            if sign is not None and sign == closing:
                return _row(found)
            if sign in (")", "]", "}", "⟩"):
                raise _UnbalancedError(sign)
            self._take(found, number, word, sign)

    def _take(
        self, found: list[Mark], number: str | None, word: str | None, sign: str | None
    ) -> None:
        if number is not None:
            found.append(Digits(number))
        elif word is not None:
            self._word(found, word)
        elif sign == "**" and found:
            found[-1] = Script(found[-1], upper=self._operand())
        elif sign == "²" and found:
            found[-1] = Script(found[-1], upper=Digits("2"))
        elif sign is not None and sign in TOGGLES:
            found.append(Fenced(TOGGLES[sign], self.until(sign), TOGGLES[sign]))
        elif sign == "[" and found and isinstance(found[-1], Name) and self._adjacent():
            found[-1] = Script(found[-1], lower=self.until("]"))
        elif sign in PAIRS:
            left, right = PAIRS[sign]
            found.append(Fenced(left, self.until(CLOSING[sign]), right))
        elif sign in LETTERS:
            found.append(Name(LETTERS[sign]))
        elif sign is not None and OPERATORS.get(sign):
            found.append(Sign(OPERATORS[sign]))
        elif sign is not None:
            found.append(Sign(",") if sign == "," else Words(sign))

    def _adjacent(self) -> bool:
        return self.place >= 2 and not self.text[self.place - 2].isspace()

    def _word(self, found: list[Mark], word: str) -> None:
        after = self.text[self.place : self.place + 1]
        if word == "sqrt" and after == "(":
            self.place += 1
            found.append(Root(self.until(")")))
        elif word == "f" and re.match(r"\*(?!\*)(?=[\s),.;\]]|$)", self.text[self.place :]):
            self.place += 1
            found.append(Name("f_star"))
        elif word == "E" and re.match(r"\s?[‖(⟨]", self.text[self.place :]):
            found.append(Sign("E"))
        elif word in FUNCTIONS and after in ("(", "_"):
            found.append(Sign(word))
        elif word in self.names or word in GREEK or (SHORT.match(word) and not self._article(word)):
            found.append(Name(word))
        elif found and isinstance(found[-1], Words):
            found[-1] = Words(f"{found[-1].text.rstrip()} {word} ")
        else:
            found.append(Words(f" {word} "))

    def _article(self, word: str) -> bool:
        return word in ARTICLES and re.match(r" [a-z]{2,}", self.text[self.place :]) is not None

    def _operand(self) -> Mark:
        """What follows a power: a number, a name, or a bracket's inside."""
        match = self.peek()
        if match is None:
            raise _UnbalancedError("**")
        self.place = match.end()
        number, word, sign = match.groups()
        if sign == "(":
            return self.until(")")
        one: list[Mark] = []
        self._take(one, number, word, sign)
        return _row(one)


def _row(parts: list[Mark]) -> Mark:
    return parts[0] if len(parts) == 1 else Row(tuple(parts))


def prose_marks(text: str, names: frozenset[str] = frozenset()) -> Mark:
    """Text as marks; as plain words where its brackets do not match.

    Args:
        text: such as ``E‖g‖² <= G**2 for every x``.
        names: words that are variables.

    >>> from theoryck.report.mathematics.latex import to_latex
    >>> to_latex(prose_marks("V[k+1] <= q*V[k] for all k"))
    'V_{k + 1} \\\\le q \\\\, V_{k} \\\\text{ for all } k'
    """
    if not FORMULA.search(text):
        return Words(text)
    try:
        return _Reader(text, names).until(None)
    except _UnbalancedError:
        return Words(text)
