"""What decisions, sums and schedules rest on, against numbers."""

from __future__ import annotations

import math
import time
from fractions import Fraction
from typing import Any

import pytest
import sympy
import z3
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from theoryck.claims.arithmetic import Balls, Floats
from theoryck.derive.deciding.facts import TranslatorWithFacts, enclosure
from theoryck.derive.deciding.integers import TranslatorOfIntegers
from theoryck.derive.domain import Domain
from theoryck.derive.relations import Implied, Relation
from theoryck.derive.schedules.envelopes import envelope
from theoryck.derive.schedules.leading import Calculus
from theoryck.derive.schedules.series import Finite
from theoryck.derive.schedules.totals import total
from theoryck.derive.smt import Translator
from theoryck.derive.sums.integrals import antiderivative, integral_bounds
from theoryck.derive.sums.telescopes import antidifference
from theoryck.derive.values import value

X, Y = sympy.symbols("x y", positive=True)
P, Q = sympy.symbols("p q", real=True)
N = sympy.Symbol("n", integer=True, real=True)
K = sympy.Symbol("k", integer=True, nonnegative=True)

POSITIVE = st.fractions(min_value=Fraction(1, 4), max_value=4, max_denominator=4)
ANY = st.fractions(min_value=-3, max_value=3, max_denominator=3)

TERMS = [
    (sympy.exp(P), sympy.exp(Q)),
    (sympy.exp(P), sympy.exp(-2 * P)),
    (sympy.log(X), sympy.log(Y), sympy.sqrt(X)),
    (sympy.log(X), sympy.exp(P)),
    (X**P, Y**P, ((X + Y) / 2) ** P),
    (X**P, X ** (P + 2), sympy.log(X)),
    (X**P, Y ** (1 - P)),
    (X ** (2 * P), sympy.exp(Q), sympy.log(X)),
]


@pytest.mark.parametrize("terms", TERMS, ids=str)
@settings(max_examples=6, deadline=None, phases=[Phase.generate])  # z3 is slow to shrink
@given(x=POSITIVE, y=POSITIVE, p=ANY, q=ANY)
def test_every_fact_is_true_of_numbers(
    terms: tuple[sympy.Expr, ...], x: Fraction, y: Fraction, p: Fraction, q: Fraction
) -> None:
    """The facts must admit the true values; without slack no wrong inequality would."""
    point = {X: x, Y: y, P: p, Q: q}
    translator = TranslatorWithFacts()
    known = [translator.term(term) for term in terms]
    _admits(translator, dict(zip(terms, known, strict=True)), point)


def _admits(translator: Translator, terms: dict[sympy.Expr, Any], point: dict[Any, Any]) -> None:
    known = [
        z3.Implies(translator.relation(definition.guard), definition.fact)
        for definition in translator.definitions
    ]
    for symbol, number in point.items():
        if symbol in translator.symbols:
            exact = translator.number(number.numerator, number.denominator)
            known.append(translator.symbols[symbol] == exact)
    numbers = {symbol: sympy.Rational(v) for symbol, v in point.items()}
    for term, unknown in terms.items():
        ends = enclosure(term.subs(numbers))
        if ends is None:
            constant = sympy.nsimplify(term.subs(numbers))
            ends = (Fraction(int(constant.p), int(constant.q)),) * 2
        # wider by a little more than z3 needs to find a rational point
        low, high = ends[0] - Fraction(1, 10**5), ends[1] + Fraction(1, 10**5)
        known.append(translator.number(low.numerator, low.denominator) <= unknown)
        known.append(unknown <= translator.number(high.numerator, high.denominator))
    facts = translator.closing_facts()
    if _ask(translator, 300, *known, *facts) == z3.sat:
        return
    # z3 is quick to tell of one fact after another which of them is false
    for fact in facts:
        assert _ask(translator, 500, *known, fact) != z3.unsat, fact


def _ask(translator: Translator, milliseconds: int, *formulas: Any) -> Any:
    solver = z3.Solver(ctx=translator.context)
    solver.set("timeout", milliseconds)
    solver.add(*formulas)
    return solver.check()


def test_a_false_fact_would_be_noticed() -> None:
    translator = TranslatorWithFacts()
    term = translator.term(sympy.exp(P))
    translator.facts.append(term >= 1 + 2 * translator.term(P))
    with pytest.raises(AssertionError):
        _admits(translator, {sympy.exp(P): term}, {P: Fraction(1)})


@given(n=st.integers(-20, 20), m=st.integers(2, 5))
def test_whole_numbers_round_as_they_do(n: int, m: int) -> None:
    translator = TranslatorOfIntegers()
    down, up = (translator.term(f(N / m)) for f in (sympy.floor, sympy.ceiling))
    solver = z3.Solver(ctx=translator.context)
    solver.add(*translator.closing_facts(), translator.term(N) == n)
    right = z3.And(down == math.floor(Fraction(n, m)), up == math.ceil(Fraction(n, m)))
    assert solver.check(right) == z3.sat
    assert solver.check(z3.Not(right)) == z3.unsat


SUMMED = [
    K**3 - 2 * K + 1,
    K**2 * P**K,
    sympy.Rational(1, 3) ** K,
    1 / ((K + 1) * (K + 2)),
    1 / (K + 1) - 1 / (K + 3),
    sympy.sqrt(K + 1) - sympy.sqrt(K),
    sympy.log(K + 2) - sympy.log(K + 1),
    (2 * K + 1) / ((K + 1) ** 2 * (K + 2) ** 2) * (2 * K + 3) / (2 * K + 1),
]


@pytest.mark.parametrize("term", SUMMED, ids=str)
def test_a_sum_that_telescopes_is_the_sum(term: sympy.Expr) -> None:
    sequence = antidifference(term, K)
    assert sequence is not None
    for first, last, p in ((0, 0, 2), (0, 7, 3), (2, 9, Fraction(1, 2))):
        at = {P: sympy.Rational(p)}
        closed = (sequence.subs(K, last + 1) - sequence.subs(K, first)).subs(at)
        plain = sum(term.subs(K, k).subs(at) for k in range(first, last + 1))
        assert abs(float((closed - plain).evalf(30))) < 1e-12


@pytest.mark.parametrize("term", [1 / K, sympy.log(K), 1 / (K**2 + 1), K**K], ids=str)
def test_what_does_not_telescope_is_not_said_to(term: sympy.Expr) -> None:
    assert antidifference(term, K) is None


MONOTONE = [
    1 / sympy.sqrt(K + 1),
    1 / (2 * K + 3),
    (K + 1) ** 2,
    sympy.exp(-K / 3),
    sympy.log(K + 2),
]


@pytest.mark.parametrize("term", MONOTONE, ids=str)
def test_integrals_lie_on_both_sides_of_the_sum(term: sympy.Expr) -> None:
    primitive = antiderivative(term, K)
    assert primitive is not None

    def surely(relation: Relation) -> bool:
        at_some = [relation.left.subs(K, k).evalf() for k in (0, 1, 5, 50)]
        return all(v <= 0 if relation.sign == "<=" else v >= 0 for v in at_some)

    for first, last in ((0, 0), (0, 1), (3, 40)):
        bounds = integral_bounds(term, K, sympy.Integer(first), sympy.Integer(last), surely)
        plain = sum(float(term.subs(K, k)) for k in range(first, last + 1))
        assert {sign for sign, _, _ in bounds} == {"<=", ">="}
        for sign, bound, _ in bounds:
            assert plain <= float(bound) + 1e-12 if sign == "<=" else plain >= float(bound) - 1e-12


def calculus() -> Calculus:
    return Calculus(Domain(), K, time.monotonic() + 20)


def positive(relation: Relation) -> bool:
    """Whether a slope has a sign at some indices; enough for the sequences below."""
    if not isinstance(relation, Implied):
        return True
    unknown = sympy.Symbol("u_", real=True)
    for k in (2, 9, 100):
        for end in relation.premises:
            at = relation.left.subs(unknown, end.right).subs(K, k).evalf()
            if not (at >= 0 if relation.sign == ">=" else at <= 0):
                return False
    return True


ENVELOPED = [
    2 ** (-sympy.floor(K / 7)),
    1 / (1 + sympy.floor(sympy.sqrt(K)) + sympy.ceiling(K / 3)),
    (3 + sympy.sin(K)) / (K + 1),
    sympy.exp(-sympy.sqrt(K)) / (K + 1),
]


@pytest.mark.parametrize("sequence", ENVELOPED, ids=str)
def test_an_envelope_is_on_both_sides(sequence: sympy.Expr) -> None:
    found = envelope(sequence, calculus(), positive)
    for k in (500, 503, 1001) if sequence.has(2 ** (-sympy.floor(K / 7))) else (10**7, 10**7 + 3):
        here = float(sympy.log(sequence.subs(K, k)).evalf(40))
        above = float(sympy.log(found.most.term(K).subs(K, k)).evalf(40))
        assert here <= above + 0.05
        if found.least is not None:
            assert here >= float(sympy.log(found.least.term(K).subs(K, k)).evalf(40)) - 0.05


TOTALS = [
    (sympy.Rational(1, 2) ** K, 0),
    ((K + 1) ** sympy.Integer(-2), 0),
    (1 / ((K + 1) * (K + 2)), 0),
    ((K + 1) ** sympy.Rational(-3, 2), 1),
    (sympy.exp(-K), 0),
]


@pytest.mark.parametrize(("terms", "start"), TOTALS, ids=str)
def test_a_total_lies_where_it_is_said_to(terms: sympy.Expr, start: int) -> None:
    def shows(relation: Relation) -> bool:
        values = [relation.left.subs(K, k).evalf() for k in (start, start + 1, start + 20)]
        return all(v >= 0 if relation.sign == ">=" else v <= 0 for v in values)

    found = total(terms, start, calculus(), shows)
    assert found is not None
    assert isinstance(found[0], Finite)
    partial = sum(value(terms, {K: Fraction(k)}, Floats()) for k in range(start, 20000))
    assert found[0].low is None or float(found[0].low) <= partial + 0.03
    assert found[0].high is None or float(found[0].high) >= partial - 1e-9


def test_an_enclosure_holds_the_number() -> None:
    balls = Balls()
    for constant in (sympy.exp(1), sympy.log(2), sympy.sqrt(2) * sympy.pi, sympy.cos(1)):
        ends = enclosure(constant)
        assert ends is not None
        with balls.scope():
            exact = value(constant, {}, balls)
            assert balls.sign(exact - balls.rational(ends[0])) >= 0
            assert balls.sign(exact - balls.rational(ends[1])) <= 0
