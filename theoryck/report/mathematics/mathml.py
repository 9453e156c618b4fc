"""Marks as presentation MathML (MathML Core)."""

from __future__ import annotations

from html import escape

from theoryck.report.mathematics.marks import (
    FENCES,
    GREEK,
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

NAMESPACE = "http://www.w3.org/1998/Math/MathML"


def to_mathml(mark: Mark, display: str = "block") -> str:
    """A ``math`` element.

    Args:
        mark: the formula.
        display: ``block`` or ``inline``.

    >>> to_mathml(Name("sigma"), "inline")
    '<math xmlns="http://www.w3.org/1998/Math/MathML" display="inline"><mi>σ</mi></math>'
    """
    return f'<math xmlns="{NAMESPACE}" display="{display}">{element(mark)}</math>'


def element(mark: Mark) -> str:
    """One element for the mark, without the ``math`` around it."""
    match mark:
        case Name(text=text):
            return _name(text)
        case Digits(text=text):
            return f"<mn>{escape(text)}</mn>"
        case Sign(key=key):
            spelling = SIGNS[key]
            tag = "mi" if spelling.word or key in ("oo", "pi", "E", "star") else "mo"
            return f"<{tag}>{escape(spelling.unicode)}</{tag}>"
        case Words(text=text):
            return f"<mtext>{escape(text)}</mtext>"
        case Row(parts=parts):
            return f"<mrow>{''.join(map(element, parts))}</mrow>"
        case Fraction(above=above, below=below):
            return f"<mfrac>{element(above)}{element(below)}</mfrac>"
        case Script(base=base, lower=lower, upper=upper):
            return _scripts(element(base), lower, upper)
        case Under(operator=operator, lower=lower, upper=upper):
            if upper is None:
                return f"<munder>{element(operator)}{element(lower)}</munder>"
            return f"<munderover>{''.join(map(element, (operator, lower, upper)))}</munderover>"
        case Fenced(left=left, body=body, right=right):
            first, last = (f'<mo fence="true">{FENCES[f].unicode}</mo>' for f in (left, right))
            return f"<mrow>{first}{element(body)}{last}</mrow>"
        case Root(body=body):
            return f"<msqrt>{element(body)}</msqrt>"


def _scripts(base: str, lower: Mark | None, upper: Mark | None) -> str:
    if lower is not None and upper is not None:
        return f"<msubsup>{base}{element(lower)}{element(upper)}</msubsup>"
    if lower is not None:
        return f"<msub>{base}{element(lower)}</msub>"
    return base if upper is None else f"<msup>{base}{element(upper)}</msup>"


def _name(text: str) -> str:
    if text in ("f_star", "x_star"):
        return f"<msup><mi>{text[0]}</mi><mo>\u22c6</mo></msup>"
    stem, indices = split_name(text)
    shown = f"<mi>{escape(GREEK.get(stem, stem))}</mi>"
    if not indices:
        return shown
    below = "<mo>,</mo>".join(_index(index) for index in indices)
    return f"<msub>{shown}<mrow>{below}</mrow></msub>"


def _index(index: str) -> str:
    tag = "mn" if index.isdigit() else "mi"
    return f"<{tag}>{escape(GREEK.get(index, index))}</{tag}>"
