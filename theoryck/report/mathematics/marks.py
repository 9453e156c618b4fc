"""What a formula looks like, before any format: names, signs, fractions, scripts, fences."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Name:
    """A variable as claims write it: ``L``, ``sigma``, ``x_star``, ``Delta_0``."""

    text: str


@dataclass(frozen=True)
class Digits:
    """A number's digits."""

    text: str


@dataclass(frozen=True)
class Sign:
    """An operator, a relation or a named function, by its key in ``SIGNS``."""

    key: str


@dataclass(frozen=True)
class Words:
    """Plain text in a formula."""

    text: str


@dataclass(frozen=True)
class Row:
    """Parts side by side."""

    parts: tuple[Mark, ...]


@dataclass(frozen=True)
class Fraction:
    """``above`` over ``below``."""

    above: Mark
    below: Mark


@dataclass(frozen=True)
class Script:
    """``base`` with an index or a power, either of which may be None."""

    base: Mark
    lower: Mark | None = None
    upper: Mark | None = None


@dataclass(frozen=True)
class Under:
    """An operator such as a sum, with what stands below and above it."""

    operator: Sign
    lower: Mark
    upper: Mark | None = None


@dataclass(frozen=True)
class Fenced:
    """``body`` between two fences, keys of ``FENCES``."""

    left: str
    body: Mark
    right: str


@dataclass(frozen=True)
class Root:
    """The square root."""

    body: Mark


Mark = Name | Digits | Sign | Words | Row | Fraction | Script | Under | Fenced | Root


@dataclass(frozen=True)
class Spelling:
    """A sign in LaTeX and in Unicode; ``word``: it is set upright, as ``log`` is."""

    latex: str
    unicode: str
    word: bool = False


SIGNS: dict[str, Spelling] = {
    "+": Spelling("+", "+"),
    "-": Spelling("-", "\u2212"),
    "*": Spelling(r"\,", "\u2062"),
    "times": Spelling(r"\cdot", "\u00b7"),
    "/": Spelling("/", "/"),
    "=": Spelling("=", "="),
    "==": Spelling("=", "="),
    "!=": Spelling(r"\ne", "\u2260"),
    "<=": Spelling(r"\le", "\u2264"),
    ">=": Spelling(r"\ge", "\u2265"),
    "<": Spelling("<", "<"),
    ">": Spelling(">", ">"),
    ",": Spelling(",", ","),
    "in": Spelling(r"\in", "\u2208"),
    "dots": Spelling(r"\dots", "\u2026"),
    "star": Spelling(r"\star", "\u22c6"),
    "nabla": Spelling(r"\nabla", "\u2207"),
    "oo": Spelling(r"\infty", "\u221e"),
    "pi": Spelling(r"\pi", "\u03c0"),
    "to": Spelling(r"\to", "\u2192"),
    "implies": Spelling(r"\Longrightarrow", "\u27f9"),
    "iff": Spelling(r"\Longleftrightarrow", "\u21d4"),
    "and": Spelling(r"\ \text{and}\ {}", "\u00a0and\u00a0", word=True),
    "E": Spelling(r"\mathbb{E}", "\U0001d53c"),
    "sum_over": Spelling(r"\sum", "\u2211"),
    "mean_over": Spelling(r"\operatorname{mean}", "mean", word=True),
    "min_over": Spelling(r"\min", "min", word=True),
    "max_over": Spelling(r"\max", "max", word=True),
    "min": Spelling(r"\min", "min", word=True),
    "max": Spelling(r"\max", "max", word=True),
    "transpose": Spelling(r"\top", "\u22a4"),
    **{
        name: Spelling(f"\\{name}", name, word=True)
        for name in ("log", "exp", "sin", "cos", "tan", "sinh", "cosh", "tanh")
    },
    "atan": Spelling(r"\arctan", "arctan", word=True),
    **{
        name: Spelling(rf"\operatorname{{{name}}}", name, word=True)
        for name in ("asinh", "sigmoid", "softplus", "relu", "sign", "sum")
    },
}

FENCES: dict[str, Spelling] = {
    "(": Spelling("(", "("),
    ")": Spelling(")", ")"),
    "[": Spelling("[", "["),
    "]": Spelling("]", "]"),
    "{": Spelling(r"\{", "{"),
    "}": Spelling(r"\}", "}"),
    "|": Spelling("|", "|"),
    "norm": Spelling(r"\|", "\u2016"),
    "langle": Spelling(r"\langle", "\u27e8"),
    "rangle": Spelling(r"\rangle", "\u27e9"),
    "lceil": Spelling(r"\lceil", "\u2308"),
    "rceil": Spelling(r"\rceil", "\u2309"),
    "lfloor": Spelling(r"\lfloor", "\u230a"),
    "rfloor": Spelling(r"\rfloor", "\u230b"),
}

GREEK: dict[str, str] = {
    "alpha": "\u03b1",
    "beta": "\u03b2",
    "gamma": "\u03b3",
    "delta": "\u03b4",
    "epsilon": "\u03b5",
    "eps": "\u03b5",
    "zeta": "\u03b6",
    "eta": "\u03b7",
    "theta": "\u03b8",
    "iota": "\u03b9",
    "kappa": "\u03ba",
    "lam": "\u03bb",
    "lambda": "\u03bb",
    "mu": "\u03bc",
    "nu": "\u03bd",
    "xi": "\u03be",
    "pi": "\u03c0",
    "rho": "\u03c1",
    "sigma": "\u03c3",
    "tau": "\u03c4",
    "phi": "\u03c6",
    "chi": "\u03c7",
    "psi": "\u03c8",
    "omega": "\u03c9",
    "Gamma": "\u0393",
    "Delta": "\u0394",
    "Theta": "\u0398",
    "Lambda": "\u039b",
    "Xi": "\u039e",
    "Pi": "\u03a0",
    "Sigma": "\u03a3",
    "Phi": "\u03a6",
    "Psi": "\u03a8",
    "Omega": "\u03a9",
}
"""Greek letters by the names that claims give them."""

IN_LATEX = {"eps": r"\varepsilon", "epsilon": r"\varepsilon", "lam": r"\lambda"}


def row(*parts: Mark) -> Row:
    """Parts side by side."""
    return Row(parts)


def fenced(body: Mark) -> Fenced:
    """The body in parentheses."""
    return Fenced("(", body, ")")


def norm(body: Mark) -> Fenced:
    """The norm of the body."""
    return Fenced("norm", body, "norm")


def squared(body: Mark) -> Script:
    """The square of the body."""
    return Script(body, upper=Digits("2"))


def split_name(text: str) -> tuple[str, tuple[str, ...]]:
    """A name as a stem and its indices: ``Delta_0`` is Delta with 0, ``L0`` is L with 0.

    >>> split_name("Delta_0"), split_name("L0"), split_name("step")
    (('Delta', ('0',)), ('L', ('0',)), ('step', ()))
    """
    stem, *indices = [part for part in text.split("_") if part] or [text]
    bare = stem.rstrip("0123456789")
    if bare and bare != stem:
        return bare, (stem[len(bare) :], *indices)
    return stem, tuple(indices)
