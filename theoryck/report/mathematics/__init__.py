"""Formulas for people: one small tree of marks, printed as LaTeX and as MathML."""

from theoryck.report.mathematics.latex import escaped, to_latex
from theoryck.report.mathematics.marks import Mark
from theoryck.report.mathematics.mathml import to_mathml
from theoryck.report.mathematics.prose import prose_marks
from theoryck.report.mathematics.statements import statement_marks
from theoryck.report.mathematics.trees import expression_marks, formula_marks

__all__ = [
    "Mark",
    "escaped",
    "expression_marks",
    "formula_marks",
    "prose_marks",
    "statement_marks",
    "to_latex",
    "to_mathml",
]
