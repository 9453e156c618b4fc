"""Marks as LaTeX, in plain ASCII, for any engine with amsmath and amssymb."""

from __future__ import annotations

import re
import unicodedata

from theoryck.report.mathematics.marks import (
    FENCES,
    GREEK,
    IN_LATEX,
    SIGNS,
    Digits,
    Fenced,
    Fraction,
    Mark,
    Name,
    Root,
    Row,
    Script,
    Sign,
    Under,
    Words,
    split_name,
)

SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
}
UNICODE = {
    **{letter: f"\\{name}" for name, letter in GREEK.items() if name not in ("eps", "lam")},
    "\u03c6": r"\varphi",
    "\u2016": r"\|",
    "\u2207": r"\nabla",
    "\u27f9": r"\Longrightarrow",
    "\u21d4": r"\Longleftrightarrow",
    "\u2192": r"\to",
    "\u2264": r"\le",
    "\u2265": r"\ge",
    "\u27e8": r"\langle",
    "\u27e9": r"\rangle",
    "\u00b2": "^2",
    "\u00b7": r"\cdot",
    "\u2212": "-",
    "\u221a": r"\sqrt{\ }",
    "\u2211": r"\sum",
    "\u03a3": r"\Sigma",
    "\u03c3": r"\sigma",
    "\u03b1": r"\alpha",
    "\u03b2": r"\beta",
    "\u03b3": r"\gamma",
    "\u03b4": r"\delta",
    "\u03bb": r"\lambda",
    "\u03bc": r"\mu",
    "\u03b7": r"\eta",
    "\u03c1": r"\rho",
    "\u03b5": r"\varepsilon",
    "\u0394": r"\Delta",
    "\u221e": r"\infty",
    "\u2208": r"\in",
    "\u00d7": r"\times",
    "\u2032": "'",
    "\u22c6": r"\star",
    "\u2080": "_0",
    "\u2081": "_1",
    "\u208a": "_+",
    "\u207a": "^+",
    "\u207b": "^-",
    "\u00b9": "^1",
    "\u207f": "^n",
    "\u03a0": r"\Pi",
    "\u03c4": r"\tau",
    "\u03b8": r"\theta",
    "\u00bd": r"\tfrac12",
    "\u2026": r"\dots",
    "\u2202": r"\partial",
    "\u2200": r"\forall",
    "\u2203": r"\exists",
    "\u2260": r"\ne",
}
ACCENTS = {"\u0300": "`", "\u0301": "'", "\u0302": "^", "\u0303": "~", "\u0308": '"', "\u030c": "v"}
TEXT = {
    "\u0141": r"\L{}",
    "\u0142": r"\l{}",
    "\u00df": r"\ss{}",
    "\u2013": "--",
    "\u2014": "---",
    "\u2019": "'",
    "\u2018": "`",
    "\u00a0": "~",
}
LETTER = re.compile(r"[A-Za-z]$")


def to_latex(mark: Mark) -> str:
    """The formula between two dollars.

    >>> from theoryck.report.mathematics.marks import row, squared, norm
    >>> to_latex(row(Name("sigma"), Sign("<="), squared(norm(Name("x")))))
    '\\\\sigma \\\\le \\\\left\\\\|x\\\\right\\\\|^{2}'
    """
    match mark:
        case Name(text=text):
            return _name(text)
        case Digits(text=text):
            return text
        case Sign(key=key):
            return SIGNS[key].latex
        case Words(text=text):
            return rf"\text{{{escaped(text)}}}"
        case Row(parts=parts):
            return " ".join(filter(None, map(to_latex, parts)))
        case Fraction(above=above, below=below):
            return rf"\frac{{{to_latex(above)}}}{{{to_latex(below)}}}"
        case Script(base=base, lower=lower, upper=upper):
            inside = to_latex(base)
            # a second script on a script needs its own group
            group = f"{{{inside}}}" if _scripted(base) else inside
            return f"{group}{_script('_', lower)}{_script('^', upper)}"
        case Under(operator=operator, lower=lower, upper=upper):
            return f"{SIGNS[operator.key].latex}{_script('_', lower)}{_script('^', upper)}"
        case Fenced(left=left, body=body, right=right):
            inside = to_latex(body)
            first, last = FENCES[left].latex, FENCES[right].latex
            space = " " if LETTER.search(first) else ""
            return rf"\left{first}{space}{inside}\right{last}"
        case Root(body=body):
            return rf"\sqrt{{{to_latex(body)}}}"


def _script(where: str, mark: Mark | None) -> str:
    return "" if mark is None else f"{where}{{{to_latex(mark)}}}"


def _scripted(base: Mark) -> bool:
    if isinstance(base, Name):
        return base.text in ("f_star", "x_star") or bool(split_name(base.text)[1])
    return isinstance(base, Script | Row | Fraction)


def _name(text: str) -> str:
    if text in ("f_star", "x_star"):
        return rf"{text[0]}^{{\star}}"
    stem, indices = split_name(text)
    shown = _stem(stem)
    if not indices:
        return shown
    return f"{shown}_{{{','.join(_stem(index) for index in indices)}}}"


def _stem(stem: str) -> str:
    if stem in GREEK:
        return IN_LATEX.get(stem, f"\\{stem}")
    if len(stem) == 1 or stem.isdigit():
        return stem if stem.isascii() else rf"\text{{{escaped(stem)}}}"
    return rf"\mathrm{{{escaped(stem)}}}"


def escaped(text: str) -> str:
    r"""Text in which nothing is a command, mathematical signs set as such, and all is ASCII.

    >>> escaped("50% of x_1 ⟹ ‖g‖²")
    '50\\% of x\\_1 $\\Longrightarrow$ $\\|$g$\\|$$^2$'
    """
    return "".join(map(_escaped, text))


def _escaped(character: str) -> str:
    if character in SPECIAL:
        return SPECIAL[character]
    if character.isascii():
        return character if character.isprintable() else " "
    if character in TEXT:
        return TEXT[character]
    if character in UNICODE:
        return f"${UNICODE[character]}$"
    parts = unicodedata.normalize("NFD", character)
    if len(parts) == 2 and parts[0].isascii() and parts[1] in ACCENTS:
        return f"\\{ACCENTS[parts[1]]}{{{parts[0]}}}"
    return f"[U+{ord(character):04X}]"
