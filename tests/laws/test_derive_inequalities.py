"""What the rules say of a function class, against functions of that class; facts for z3, too."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
import sympy
import z3
from hypothesis import given
from hypothesis import strategies as st

from theoryck.claims.reading import read_claim
from theoryck.derive.rules import curvature, growth
from theoryck.derive.rules.base import NotApplicableError
from theoryck.derive.setting import Setting, setting_of
from theoryck.derive.smt import Translator
from theoryck.derive.statements import (
    ALIGNMENT,
    DISTANCE_SQUARED,
    GAP,
    GRADIENT_SQUARED,
    OneStep,
)

MU, SMOOTH = 0.5, 3.0
CURVATURES = np.array([0.5, 1.0, 3.0])


def quadratic(x):
    """In F(0.5, 3), with its minimiser at 0."""
    return 0.5 * np.sum(CURVATURES * x * x), CURVATURES * x


def huber(x):
    """Convex and 3-smooth, not strongly convex."""
    small = np.abs(x) <= 1
    values = np.where(small, 0.5 * x * x, np.abs(x) - 0.5)
    return SMOOTH * np.sum(values), SMOOTH * np.clip(x, -1, 1)


def wavy(x):
    """x² + 3 sin²x in the first coordinate: not convex, 8-smooth, PL with 1/32 (Karimi et al.)."""
    t = x[0]
    return t * t + 3 * math.sin(t) ** 2, np.array([2 * t + 3 * math.sin(2 * t), 0.0, 0.0])


def norm_1(x):
    """Convex and Lipschitz with G = sqrt(3)."""
    return np.sum(np.abs(x)), np.sign(x)


def setting(*assumptions: str) -> Setting:
    return setting_of(
        read_claim(
            {
                "id": "claim",
                "parameters": {"N": "integer, N >= 1", "R": "R > 0"},
                "method": "gradient_descent(step=1/10)",
                "assumptions": list(assumptions),
                "initial": "norm(x[0] - x_star) <= R",
                "measure": "f(x[N]) - f_star",
                "bound": "R",
            }
        )
    )


CLASSES = {
    "quadratic": (quadratic, setting("smooth(3)", "strongly_convex(1/2)", "pl(1/2)")),
    "huber": (huber, setting("smooth(3)", "convex")),
    "wavy": (wavy, setting("smooth(8)", "pl(1/32)", "error_bound(1/16)", "kl(1/2, 1/4)")),
    "norm_1": (norm_1, setting("convex", "lipschitz(sqrt(3))")),
}
RULES = {type(rule).__name__: rule for rule in (*curvature.POINT_RULES, *growth.POINT_RULES)}


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("name", CLASSES)
def test_every_rule_holds_on_functions_of_its_class(rule: str, name: str) -> None:
    function, known = CLASSES[name]
    try:
        conclusion = RULES[rule].conclude((), known)
    except NotApplicableError:
        return
    statement = conclusion.statement
    assert isinstance(statement, OneStep)
    generator = np.random.default_rng(0)
    for scale in (0.1, 1.0, 10.0):
        for x in scale * generator.standard_normal((50, 3)):
            value, gradient = function(x)
            numbers = {
                GAP: value,
                GRADIENT_SQUARED: gradient @ gradient,
                DISTANCE_SQUARED: x @ x,
                ALIGNMENT: gradient @ x,
            }
            if name == "wavy":
                numbers[DISTANCE_SQUARED] = x[0] ** 2
            total = float(statement.form.constant)
            size = abs(total)
            for quantity, coefficient in statement.form.terms:
                total += float(coefficient) * numbers[quantity]
                size += abs(float(coefficient) * numbers[quantity])
            assert total <= 1e-9 * size


def test_each_rule_is_tried_on_some_function() -> None:
    for name, rule in RULES.items():
        applies = 0
        for _, known in CLASSES.values():
            try:
                rule.conclude((), known)
            except NotApplicableError:
                continue
            applies += 1
        assert applies, name


@given(
    base=st.fractions(min_value=0, max_value=3, max_denominator=6),
    other=st.fractions(min_value=0, max_value=3, max_denominator=6),
    exponent=st.integers(0, 5),
)
def test_what_z3_is_told_of_powers_is_true(base: Fraction, other: Fraction, exponent: int) -> None:
    b, c = sympy.Symbol("b", real=True), sympy.Symbol("c", real=True)
    n = sympy.Symbol("n", integer=True, nonnegative=True)
    translator = Translator()
    terms = [translator.term(t) for t in (b**n, c**n, sympy.exp(n * (b - 1)))]
    solver = z3.Solver(ctx=translator.context)
    solver.add(*translator.closing_facts())
    exact = (base**exponent, other**exponent)
    for symbol, number in ((b, base), (c, other), (n, Fraction(exponent))):
        solver.add(
            translator.symbols[symbol] == translator.number(number.numerator, number.denominator)
        )
    for term, number in zip(terms, exact, strict=False):
        solver.add(term == translator.number(number.numerator, number.denominator))
    # the exponential is any rational within rounding of its value
    close = Fraction(math.exp(exponent * (float(base) - 1)))
    low, high = close * Fraction(999999, 1000000), close * Fraction(1000001, 1000000)
    solver.add(terms[2] >= translator.number(low.numerator, low.denominator))
    solver.add(terms[2] <= translator.number(high.numerator, high.denominator))
    assert solver.check() == z3.sat


def test_the_probe_of_this_file_can_fail() -> None:
    """The same rule on a function outside the class: the inequality must break."""
    statement = curvature.SmoothGap().conclude((), setting("smooth(1)")).statement
    assert isinstance(statement, OneStep)
    value, gradient = quadratic(np.array([0.0, 0.0, 1.0]))
    total = float(statement.form[GRADIENT_SQUARED]) * (gradient @ gradient)
    total += float(statement.form[GAP]) * value
    assert total > 0
