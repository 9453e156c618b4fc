"""Derivations on paper: text, Markdown, LaTeX and MathML that renders, whatever is in a claim."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from xml.etree import ElementTree

import pytest
import sympy

from theoryck.claims.expressions import walk
from theoryck.claims.reading import read_claim
from theoryck.derive.derivations import NotDerivedError, derivation_of
from theoryck.derive.printing import signed, tidy, to_claim_text
from theoryck.derive.statements import (
    GAP,
    GRADIENT_SQUARED,
    NEXT_GAP,
    Aggregate,
    Bound,
    Measured,
    OneStep,
    Statement,
    affine,
)
from theoryck.report.derivations import Format, Page, render
from theoryck.report.mathematics import (
    escaped,
    expression_marks,
    formula_marks,
    prose_marks,
    statement_marks,
    to_latex,
    to_mathml,
)
from theoryck.report.mathematics.marks import FENCES, SIGNS
from theoryck.report.mathematics.trees import text_marks

MATHML = "{http://www.w3.org/1998/Math/MathML}"
ELEMENTS = {
    "math",
    "mrow",
    "mi",
    "mn",
    "mo",
    "mtext",
    "mfrac",
    "msup",
    "msub",
    "msubsup",
    "munder",
    "munderover",
    "msqrt",
}
PARTS = {"mfrac": 2, "msup": 2, "msub": 2, "msubsup": 3, "munder": 2, "munderover": 3}
L, N, SIGMA = sympy.symbols("L N sigma", positive=True)

NASTY = {
    "id": "nasty-1",
    "text": r"50% of {all} \smooth_functions & <b>more</b> $x$ `code` ‖∇f‖² Łojasiewicz, naïve",
    "source": "nobody",
    "parameters": {"L_max": "L_max > 0", "Delta_0": "Delta_0 >= 0", "N": "integer, N >= 1"},
    "method": "gradient_descent(step=1/L_max)",
    "assumptions": ["smooth(L_max)"],
    "initial": "f(x[0]) - f_star <= Delta_0",
    "measure": "min_over(k, 0, N - 1, norm(grad(x[k]))**2)",
    "bound": "2*L_max*Delta_0/N",
}
STOCHASTIC = {
    "id": "sgd",
    "parameters": {"G": "G > 0", "R": "R > 0", "N": "integer, N >= 1"},
    "method": "sgd(step=R/(G*sqrt(N)))",
    "assumptions": ["convex", "unbiased", "bounded_second_moment(G)"],
    "initial": "norm(x[0] - x_star) <= R",
    "measure": "E(f(mean_over(k, 0, N - 1, x[k])) - f_star)",
    "bound": "G*R/sqrt(N)",
}


@pytest.fixture(scope="module", params=[NASTY, STOCHASTIC], ids=["nasty", "stochastic"])
def page(request: pytest.FixtureRequest) -> Page:
    claim = read_claim(request.param)
    derived = derivation_of(claim, time.monotonic() + 60)
    notes = (*derived.notes, "a note with 100% <tags> & $dollars$")
    return Page(claim, "derived", derived.derivation, notes, ("evidence ⟹ {brace} _x",))


def balanced(text: str) -> bool:
    """Whether braces and \\left...\\right match, escaped braces aside."""
    bare = re.sub(r"\\[{}]", "", text)
    depth = 0
    for character in bare:
        depth += (character == "{") - (character == "}")
        if depth < 0:
            return False
    return depth == 0 and text.count(r"\left") - text.count(r"\leftarrow") == text.count(r"\right")


def test_latex_is_a_document_that_compiles_in_spirit(page: Page) -> None:
    text = render([page], Format.LATEX)
    assert text.isascii()
    assert balanced(text)
    assert "[U+" not in text
    for environment in re.findall(r"\\begin{(\w+)}", text):
        opened, closed = (text.count(rf"\{w}{{{environment}}}") for w in ("begin", "end"))
        assert opened == closed
    bare = re.sub(r"\\.", "", text)
    assert bare.count("$") % 2 == 0
    for forbidden in ("#", "~~"):
        assert forbidden not in bare
    outside = re.sub(r"\$[^$]*\$|\\\[.*?\\\]", "", re.sub(r"\\[$]", "", text), flags=re.DOTALL)
    assert not re.search(r"(?<!\\)[_^&%]", outside)


def test_mathml_is_well_formed(page: Page) -> None:
    root = ElementTree.fromstring(render([page], Format.MATHML))
    formulas = list(root.iter(f"{MATHML}math"))
    assert len(formulas) > len(page.derivation.steps)
    for node in (n for formula in formulas for n in formula.iter()):
        name = node.tag.removeprefix(MATHML)
        assert name in ELEMENTS
        assert name not in PARTS or len(node) == PARTS[name]
        assert name not in ("mi", "mn", "mo") or (node.text and len(node) == 0)


def test_markdown_has_formulas_between_dollars(page: Page) -> None:
    text = render([page], Format.MARKDOWN)
    bare = re.sub(r"\\\$", "", text)
    assert bare.count("$") % 2 == 0
    formulas = re.findall(r"\$\$?([^$]+)\$\$?", bare)
    assert len(formulas) > len(page.derivation.steps)
    assert all(map(balanced, formulas))
    assert "<b>" not in text
    for step in page.derivation.steps:
        assert f"\n{step.number}. $" in text


def test_every_format_tells_rule_source_premises_and_check(page: Page) -> None:
    for form in Format:
        text = render([page], form)
        for step in page.derivation.steps:
            plain = re.sub(r"\W", "", step.rule.name)
            assert plain in re.sub(r"&#x27;|\W|L\{\}", "", text)
            if step.premises and form is not Format.TEXT:
                assert f"uses {', '.join(map(str, step.premises))}" in text
        assert "exact algebra" in text


def test_the_notation_is_that_of_papers(page: Page) -> None:
    text = render([page], Format.LATEX)
    assert r"f^{\star}" in text
    assert r"\nabla f \left(x_{k}\right)" in text
    if page.claim.id == "sgd":
        assert r"\mathbb{E} \left[" in text
        assert r"\frac{G \, R}{\sqrt{N}}" in text
    else:
        assert r"\left\|\nabla f \left(x_{k}\right)\right\|^{2}" in text
        assert r"\Delta_{0}" in text
        assert r"L_{\mathrm{max}}" in text


class Remark(Statement):
    """A kind of statement that the printer has never seen."""

    def same_as(self, other: object) -> bool:
        return self is other

    def __str__(self) -> str:
        return "50% of ‖g‖ & more_or_less"


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (
            OneStep(affine({NEXT_GAP: sympy.Integer(1), GAP: L / N - 1}), "<="),
            r"f \left(x_{k + 1}\right) - f^{\star} \le \left(1 - \frac{L}{N}\right) \, "
            r"\left(f \left(x_{k}\right) - f^{\star}\right)",
        ),
        (
            OneStep(affine({GRADIENT_SQUARED: L}, -(SIGMA**2)), "<=", expected=True),
            r"L \, \mathbb{E} \left[\left\|\nabla f \left(x_{k}\right)\right\|^{2}\right] - "
            r"\sigma^{2} \le 0",
        ),
        (
            Bound(Measured(GAP, Aggregate.SUM, sympy.Integer(0), N - 1), L * SIGMA),
            r"\sum_{k = 0}^{N - 1} \left(f \left(x_{k}\right) - f^{\star}\right) \le L \, \sigma",
        ),
        (
            Bound(Measured(GRADIENT_SQUARED, Aggregate.LAST, N, N, root=True), L),
            r"\left\|\nabla f \left(x_{N}\right)\right\| \le L",
        ),
        (Remark(), r"50 \text{\% of } \left\|g\right\| \text{\& more\_or\_less }"),
    ],
)
def test_statements_in_latex(statement: Statement, expected: str) -> None:
    assert to_latex(statement_marks(statement)) == expected
    ElementTree.fromstring(to_mathml(statement_marks(statement)))


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("-L/(2*N)", r"- \frac{L}{2 \, N}"),
        ("(1 - L)**N", r"\left(1 - L\right)^{N}"),
        ("2*3**N", r"2 \cdot 3^{N}"),
        ("L - (N - sigma)", r"L - \left(N - \sigma\right)"),
        ("L*(-N)", r"L \, \left(- N\right)"),
        ("max(1, sqrt(N))", r"\max \left(1 , \sqrt{N}\right)"),
        ("abs(L)**2", r"\left|L\right|^{2}"),
        ("ceil(log(N))", r"\left\lceil \log \left(N\right)\right\rceil"),
        ("(1/2)**N", r"\left(\frac{1}{2}\right)^{N}"),
        ("sigma**2 >= 0 and N > 1", r"\sigma^{2} \ge 0 \ \text{and}\ {} N > 1"),
        ("no formula (", r"\text{no formula (}"),
    ],
)
def test_expressions_in_latex(text: str, latex: str) -> None:
    mark = text_marks(text, frozenset({"L", "N", "sigma"}))
    assert to_latex(mark) == latex
    ElementTree.fromstring(to_mathml(mark))


def random_expressions() -> Iterator[sympy.Expr]:
    parts = [L, SIGMA, sympy.Rational(1, 3)]
    for a in parts:
        for b in parts:
            yield a / (b + 1) - sympy.sqrt(a * b)
            yield (1 - a / b) ** N * sympy.log(a + b)
            yield -sympy.Max(a, b) / (a + b) ** 2


def test_every_expression_has_both_forms() -> None:
    for expr in random_expressions():
        mark = expression_marks(expr)
        latex = to_latex(mark)
        assert balanced(latex)
        assert r"\text" not in latex  # nothing is left unread
        ElementTree.fromstring(to_mathml(mark))


def test_the_claims_own_trees_have_both_forms() -> None:
    for table in (NASTY, STOCHASTIC):
        claim = read_claim(table)
        for node in walk(claim.measure):
            assert balanced(to_latex(formula_marks(node)))


def test_signs_and_fences_are_ascii_in_latex() -> None:
    for spelling in (*SIGNS.values(), *FENCES.values()):
        assert spelling.latex.isascii()


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("a_b", r"a\_b"),
        ("\\x{}", r"\textbackslash{}x\{\}"),
        ("Łojasiewicz é ü", r"\L{}ojasiewicz \'{e} \"{u}"),
        ("\u6f22", "[U+6F22]"),
    ],
)
def test_text_is_escaped(text: str, latex: str) -> None:
    assert escaped(text) == latex


@pytest.mark.parametrize(
    ("expr", "text"),
    [
        (sympy.sqrt(2 * L / N) / SIGMA, "sqrt(2*L/N)/sigma"),
        (1 / sympy.sqrt(L * N), "1/sqrt(L*N)"),
        (1 - L / (2 * N), "1 - L/(2*N)"),
        (-sympy.sqrt(L * N), "-sqrt(L*N)"),
    ],
)
def test_claim_text_is_what_people_write(expr: sympy.Expr, text: str) -> None:
    assert to_claim_text(tidy(expr)) == text


def test_a_sign_goes_into_the_difference() -> None:
    assert to_claim_text(signed(-L / (N * (L - N)))) == "L/(N*(N - L))"


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("a plain remark, nothing else", r"\text{a plain remark, nothing else}"),
        (
            "E‖g‖² <= G**2 for all x",
            r"\mathbb{E} \left\|g\right\|^{2} \le G^{2} \text{ for all } x",
        ),
        ("V[k+1] <= q**(n + 1)*V[0]", r"V_{k + 1} \le q^{n + 1} \, V_{0}"),
        ("f(x) - f* >= 0", r"f \left(x\right) - f^{\star} \ge 0"),
        (
            "|⟨v, x - s⟩| >= sqrt(r)",
            r"\left|\left\langle v , x - s\right\rangle\right| \ge \sqrt{r}",
        ),
        ("a ( b <= c", r"\text{a ( b \textless{}= c}"),
        ("φ(s) = σ*s", r"\phi \left(s\right) = \sigma \, s"),
    ],
)
def test_prose_with_formulas(text: str, latex: str) -> None:
    assert to_latex(prose_marks(text)) == latex
    ElementTree.fromstring(to_mathml(prose_marks(text)))


def test_what_is_no_upper_bound_is_not_derived() -> None:
    lower = read_claim({**NASTY, "bound": "Omega(1/N)"})
    with pytest.raises(NotDerivedError, match="from above, not by Omega"):
        derivation_of(lower, time.monotonic() + 60)


def test_an_equality_is_derived_by_half() -> None:
    derived = derivation_of(read_claim({**NASTY, "relation": "=="}), time.monotonic() + 60)
    assert not derived.proves
