"""A derivation as a page: text, Markdown, LaTeX or MathML."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from html import escape

from theoryck.claims.claim import Claim, RateClaim
from theoryck.claims.expressions import names
from theoryck.claims.printing import to_text
from theoryck.claims.reading import InvalidClaim
from theoryck.derive.proof import Derivation, Step
from theoryck.report.mathematics import (
    Mark,
    escaped,
    formula_marks,
    prose_marks,
    statement_marks,
    to_latex,
    to_mathml,
)
from theoryck.report.mathematics.marks import Name, Sign, fenced, row
from theoryck.report.mathematics.trees import condition_marks
from theoryck.report.words import clean


class Format(StrEnum):
    """How a page is written."""

    TEXT = "text"
    MARKDOWN = "markdown"
    LATEX = "latex"
    MATHML = "mathml"


@dataclass(frozen=True)
class Page:
    """What is printed of one claim.

    Args:
        claim: the claim.
        answer: what came of it, in a line.
        derivation: its steps, or None where there are none.
        notes: what else was used, and what was noticed.
        lines: evidence that has no steps, as it is.
    """

    claim: Claim | InvalidClaim
    answer: str
    derivation: Derivation | None
    notes: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The claim in its author's words."""
        return self.claim.text if isinstance(self.claim, Claim) else ""


def render(pages: Iterable[Page], form: Format) -> str:
    """The pages as one document, which ends in a newline.

    LaTeX and MathML come as whole documents (an ``article``, an HTML page).
    """
    writer, frame = WRITERS[form]
    return frame("\n".join(writer(page) for page in pages))


def _given(page: Page) -> list[tuple[str, str | Mark]]:
    """The claim's own parts: a label each, and code or a formula."""
    claim = page.claim
    if not isinstance(claim, RateClaim):
        return []
    given: list[tuple[str, str | Mark]] = [("method", _method(claim))]
    given += [("assumed", _use(u.assumption.name, u.arguments)) for u in claim.assumptions]
    given += [("start", formula_marks(condition)) for condition in claim.initial]
    for parameter in claim.parameters.values():
        if parameter.condition is not None:
            given.append(("parameter", formula_marks(parameter.condition)))
        if parameter.integer:
            given.append(("integer", Name(parameter.name)))
    return given


def claimed_marks(claim: RateClaim) -> Mark:
    """The claim's statement."""
    return row(formula_marks(claim.measure), Sign(claim.relation), formula_marks(claim.bound))


def _method(claim: RateClaim) -> str:
    return _use(claim.method.method.name, claim.method.arguments)


def _use(name: str, arguments: object) -> str:
    items = arguments.items() if hasattr(arguments, "items") else ()
    listed = ", ".join(f"{key}={to_text(value)}" for key, value in items)
    return f"{name}({listed})" if listed else name


def _names(claim: Claim | InvalidClaim) -> frozenset[str]:
    found = {"k", "R_0", "Delta_0"}
    if isinstance(claim, Claim):
        found |= set(claim.parameters)
    if isinstance(claim, RateClaim):
        found |= names(claim.bound)
    return frozenset(found)


def _theorem(step: Step) -> tuple[str, Mark]:
    """The rule's name, and what it says."""
    name, _, formula = step.rule.stated(step.arguments).partition(": ")
    return name, prose_marks(formula)


def _rest(step: Step) -> str:
    """Source, premises and check of a step, in words."""
    used = f"; uses {', '.join(map(str, step.premises))}" if step.premises else ""
    return f"; {step.rule.source}{used}; checked: {step.checked}"


def _conditions(step: Step) -> tuple[str, ...]:
    relations = (condition.relation for condition in step.conditions)
    return tuple(dict.fromkeys(str(relation) for relation in relations if relation.symbols))


# ---- text


def _text(page: Page) -> str:
    lines = [f"{clean(page.claim.id)}: {clean(page.answer)}"]
    if page.text:
        lines.append(f"  {clean(page.text)}")
    steps = () if page.derivation is None else page.derivation.lines
    lines += [f"  {clean(line)}" for line in (*page.notes, *steps, *page.lines)]
    return "\n".join(lines) + "\n"


# ---- Markdown, with LaTeX between dollars


def _markdown(page: Page) -> str:
    parts = [f"## {_plain(page.claim.id)}", "", f"**{_plain(page.answer)}**", ""]
    if page.text:
        parts += [f"> {_plain(page.text)}", ""]
    if isinstance(page.claim, RateClaim):
        parts += [f"$$ {to_latex(claimed_marks(page.claim))} $$", ""]
    for label, what in _given(page):
        shown = f"`{clean(what)}`" if isinstance(what, str) else f"${to_latex(what)}$"
        parts.append(f"- {label}: {shown}")
    parts += [f"- {_plain(note)}" for note in page.notes]
    parts.append("")
    for step in () if page.derivation is None else page.derivation.steps:
        rate = _rate(page)
        parts.append(f"{step.number}. ${to_latex(statement_marks(step.statement, rate))}$")
        side = [_inline(c, page) for c in _conditions(step)]
        needs = f"; needs {', '.join(f'${to_latex(m)}$' for m in side)}" if side else ""
        name, theorem = _theorem(step)
        why = f"{_plain(name)}: ${to_latex(theorem)}${_plain(_rest(step))}{needs}"
        parts.append(f"   <br>{why}")
    if page.lines:
        parts += ["```", *(clean(line) for line in page.lines), "```"]
    return "\n".join(parts).rstrip() + "\n"


def _rate(page: Page) -> RateClaim | None:
    return page.claim if isinstance(page.claim, RateClaim) else None


def _inline(condition: str, page: Page) -> Mark:
    goal, _, where = condition.partition(" where ")
    known = _names(page.claim)
    if where:
        return row(condition_marks(goal, known), fenced(condition_marks(where, known)))
    return condition_marks(goal, known)


def _plain(text: str) -> str:
    """Text in which Markdown sees no emphasis, code, mathematics or HTML."""
    return "".join(f"\\{c}" if c in "\\`*_{}[]<>#$|" else c for c in clean(text))


# ---- LaTeX

PREAMBLE = r"""\documentclass{article}
\usepackage[T1]{fontenc}
\usepackage{amsmath,amssymb}
\begin{document}
"""


def _latex_document(body: str) -> str:
    return f"{PREAMBLE}{body}\\end{{document}}\n"


def _latex(page: Page) -> str:
    parts = [rf"\section*{{{escaped(clean(page.claim.id))}}}"]
    if page.text:
        parts.append(rf"\emph{{{escaped(clean(page.text))}}}")
    parts.append(rf"\par\textbf{{{escaped(clean(page.answer))}}}")
    if isinstance(page.claim, RateClaim):
        parts.append(rf"\[ {to_latex(claimed_marks(page.claim))} \]")
    given = [
        rf"{label}: \texttt{{{escaped(clean(what))}}}"
        if isinstance(what, str)
        else f"{label}: ${to_latex(what)}$"
        for label, what in _given(page)
    ]
    items = [*given, *(escaped(clean(note)) for note in page.notes)]
    if items:
        parts += [r"\begin{itemize}", *(rf"\item {item}" for item in items), r"\end{itemize}"]
    if page.derivation is not None:
        parts += [r"\begin{enumerate}", *_latex_steps(page), r"\end{enumerate}"]
    if page.lines:
        lines = [rf"\item[] {{\small {escaped(clean(line))}}}" for line in page.lines]
        parts += [r"\begin{itemize}", *lines, r"\end{itemize}"]
    return "\n".join(parts) + "\n"


def _latex_steps(page: Page) -> Iterable[str]:
    for step in () if page.derivation is None else page.derivation.steps:
        yield rf"\item $\displaystyle {to_latex(statement_marks(step.statement, _rate(page)))}$"
        side = ", ".join(f"${to_latex(_inline(c, page))}$" for c in _conditions(step))
        needs = f"; needs {side}" if side else ""
        name, theorem = _theorem(step)
        why = f"{escaped(clean(name))}: ${to_latex(theorem)}${escaped(clean(_rest(step)))}{needs}"
        yield rf"\\ {{\footnotesize {why}}}"


# ---- MathML in a page of HTML that is XML too


def _html_document(body: str) -> str:
    return (
        '<html xmlns="http://www.w3.org/1999/xhtml"><head><meta charset="utf-8"/>'
        f"<title>derivations</title></head><body>\n{body}</body></html>\n"
    )


def _html(page: Page) -> str:
    parts = ["<section>", f"<h2>{_xml(page.claim.id)}</h2>"]
    if page.text:
        parts.append(f"<p><em>{_xml(page.text)}</em></p>")
    parts.append(f"<p><strong>{_xml(page.answer)}</strong></p>")
    if isinstance(page.claim, RateClaim):
        parts.append(to_mathml(claimed_marks(page.claim)))
    items = [
        f"{label}: "
        + (f"<code>{_xml(what)}</code>" if isinstance(what, str) else to_mathml(what, "inline"))
        for label, what in _given(page)
    ]
    items += map(_xml, page.notes)
    if items:
        parts.append("<ul>" + "".join(f"<li>{item}</li>" for item in items) + "</ul>")
    if page.derivation is not None:
        parts += ["<ol>", *map(_html_step(page), page.derivation.steps), "</ol>"]
    if page.lines:
        parts += ["<pre>", *map(_xml, page.lines), "</pre>"]
    return "\n".join((*parts, "</section>")) + "\n"


def _html_step(page: Page) -> Callable[[Step], str]:
    def written(step: Step) -> str:
        statement = to_mathml(statement_marks(step.statement, _rate(page)))
        side = ", ".join(to_mathml(_inline(c, page), "inline") for c in _conditions(step))
        needs = f"; needs {side}" if side else ""
        name, theorem = _theorem(step)
        why = f"{_xml(name)}: {to_mathml(theorem, 'inline')}{_xml(_rest(step))}{needs}"
        return f"<li>{statement}<p><small>{why}</small></p></li>"

    return written


def _xml(text: str) -> str:
    return escape(clean(text))


WRITERS: dict[Format, tuple[Callable[[Page], str], Callable[[str], str]]] = {
    Format.TEXT: (_text, str),
    Format.MARKDOWN: (_markdown, str),
    Format.LATEX: (_latex, _latex_document),
    Format.MATHML: (_html, _html_document),
}
