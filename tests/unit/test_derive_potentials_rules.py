"""The rules of potentials refuse what does not follow, whatever they are handed."""

from __future__ import annotations

import time
from dataclasses import replace
from fractions import Fraction
from types import MappingProxyType
from typing import Any

import pytest
import sympy

from theoryck.claims.reading import read_claim
from theoryck.derive.decide import Counterexample, Proved, decide
from theoryck.derive.domain import Domain
from theoryck.derive.measure import read_measure
from theoryck.derive.potentials import potential_bounds
from theoryck.derive.potentials.numbers import RationalFunctions
from theoryck.derive.potentials.rules import Case, Interpolated, PotentialBound, covering
from theoryck.derive.potentials.signs import nonnegative_here, principal_minors
from theoryck.derive.proof import Derivation, Workshop
from theoryck.derive.recheck import recheck
from theoryck.derive.relations import Implied, Relation
from theoryck.derive.rules.base import NotApplicableError
from theoryck.derive.setting import Setting, setting_of
from theoryck.derive.statements import GAP, OneStep, affine, shifted
from theoryck.errors import DomainError, InexactError, TooLargeError, UndecidedError

X, Y = sympy.Symbol("x", real=True), sympy.Symbol("y", positive=True)
ZERO = sympy.Integer(0)
CLAIM = {
    "id": "gd",
    "parameters": {"L": "L > 0", "R": "R > 0", "N": "integer, N >= 1"},
    "method": "gradient_descent(step=1/L)",
    "assumptions": ["convex", "smooth(L)"],
    "initial": "norm(x[0] - x_star)**2 <= R**2",
    "measure": "f(x[N]) - f_star",
    "bound": "L*R**2/(4*N + 2)",
}


@pytest.fixture(scope="module")
def proof() -> tuple[Derivation, Setting]:
    setting = setting_of(read_claim(CLAIM))
    workshop = Workshop(setting, time.monotonic() + 60)
    target, _ = read_measure(setting, stochastic=False)
    number = next(potential_bounds(workshop, target))
    return workshop.derivation(number), setting


def test_the_proof_is_a_link_an_end_and_an_induction(proof: tuple[Derivation, Setting]) -> None:
    derivation, setting = proof
    rules = [type(step.rule) for step in derivation.steps]
    assert rules == [Interpolated, Interpolated, PotentialBound]
    assert recheck(derivation, setting, time.monotonic() + 60) is None
    text = str(derivation.steps[0])
    assert "curvature(x[k], x[k+1])" in text
    assert "curvature(x_star, x[k])" in text


def altered(derivation: Derivation, step: int, case: Case) -> Derivation:
    steps = list(derivation.steps)
    arguments = MappingProxyType({**steps[step].arguments, "cases": (case,)})
    steps[step] = replace(steps[step], arguments=arguments)
    return Derivation(tuple(steps))


@pytest.mark.parametrize("step", [0, 1])
@pytest.mark.parametrize("factor", ["101/100", "99/100", "-1"])
def test_every_multiplier_matters(
    proof: tuple[Derivation, Setting], step: int, factor: str
) -> None:
    derivation, setting = proof
    (case,) = derivation.steps[step].arguments["cases"]
    for place, (name, multiplier) in enumerate(case.multipliers):
        changed = list(case.multipliers)
        changed[place] = (name, multiplier * sympy.Rational(factor))
        wrong = altered(derivation, step, replace(case, multipliers=tuple(changed)))
        assert recheck(wrong, setting, time.monotonic() + 60) is not None


def test_a_form_that_is_claimed_too_strong_is_refused(proof: tuple[Derivation, Setting]) -> None:
    derivation, setting = proof
    (case,) = derivation.steps[0].arguments["cases"]
    for quantity, _ in case.form.terms:
        form = case.form.plus(affine({quantity: sympy.Rational(1, 1000)}))
        wrong = altered(derivation, 0, replace(case, form=form))
        assert recheck(wrong, setting, time.monotonic() + 60) is not None


def test_the_claims_own_inequalities_only(proof: tuple[Derivation, Setting]) -> None:
    derivation, setting = proof
    (case,) = derivation.steps[0].arguments["cases"]
    for name in ("curvature(y0,y2)", "initial(0)", "wish"):
        foreign = replace(case, multipliers=(*case.multipliers, (name, sympy.Integer(1))))
        with pytest.raises(NotApplicableError, match="no inequality called"):
            Interpolated().conclude((), setting, cases=(foreign,))


def test_no_case_and_premises_are_refused(proof: tuple[Derivation, Setting]) -> None:
    derivation, setting = proof
    with pytest.raises(NotApplicableError, match="case"):
        Interpolated().conclude((), setting, cases=())
    with pytest.raises(NotApplicableError, match="no premises"):
        Interpolated().conclude((derivation.conclusion,), setting, cases=())


def bound(proof: tuple[Derivation, Setting], link: Any, end: Any, **changes: Any) -> Any:
    derivation, setting = proof
    arguments = {**derivation.steps[2].arguments, **changes}
    return PotentialBound().conclude((link, end), setting, **arguments)


def test_the_induction_needs_one_and_the_same_potential(
    proof: tuple[Derivation, Setting],
) -> None:
    derivation, _ = proof
    link, end = (step.statement for step in derivation.steps[:2])
    assert isinstance(link, OneStep)
    assert isinstance(end, OneStep)
    assert bound(proof, link, end).statement.same_as(derivation.conclusion)
    k = sympy.Symbol("k", integer=True, nonnegative=True)
    for quantity in (GAP, shifted(GAP)):
        other = replace(link, form=link.form.plus(affine({quantity: k})))
        with pytest.raises(NotApplicableError, match="another multiple"):
            bound(proof, other, end)
    for change in (affine({GAP: ZERO + 1}), affine({}, ZERO + 1)):
        with pytest.raises(NotApplicableError):
            bound(proof, replace(link, form=link.form.plus(change)), end)
    with pytest.raises(NotApplicableError, match="integer"):
        bound(proof, link, end, index=sympy.Rational(1, 2))
    with pytest.raises(NotApplicableError, match="another multiple"):
        bound(proof, link, end, index=sympy.Symbol("N", integer=True, positive=True) + 1)


def test_cases_must_cover_the_domain() -> None:
    form = affine({GAP: ZERO})
    low, high = Relation(X, "<=", ZERO), Relation(X, ">=", ZERO)
    domain = Domain({"x": X})

    def covers(*premises: tuple[Relation, ...]) -> bool:
        cases = [Case(form, (), each) for each in premises]
        deadline = time.monotonic() + 10
        return all(isinstance(decide(r, domain, deadline), Proved) for r in covering(cases))

    positive = Relation(X, ">", ZERO)
    assert covers(())
    assert covers((low,), (high,))
    assert covers((low,), (positive,))
    assert not covers((low,))
    assert not covers((Relation(X, "<", ZERO),), (positive,))
    assert not covers((low, Relation(X, ">=", sympy.Integer(-1))), (high,))


def test_an_implied_relation_is_decided_on_its_part() -> None:
    domain = Domain({"x": X})
    deadline = time.monotonic() + 10
    above = (Relation(X, ">=", sympy.Integer(1)),)
    assert isinstance(decide(Implied(X, ">", ZERO, above), domain, deadline), Proved)
    assert isinstance(decide(Implied(X, "<", ZERO, above), domain, deadline), Counterexample)


def test_rational_functions_are_a_field_with_signs() -> None:
    numbers = RationalFunctions.over(Domain({"x": X, "y": Y}))
    x, y = numbers.element(X), numbers.element(Y)
    assert (x * x - y * y) / (x - y) == x + y
    assert numbers.power(y, 2) * 2 == y * y + y * y
    assert [numbers.sign(v) for v in (y, -y, x - x, y + 1)] == [1, -1, 0, 1]
    assert numbers.function("abs", -y) == y
    assert numbers.function("max", y, y + 1) == y + 1
    assert numbers.substitute(x / (x + y), X, 2) == 2 / (y + 2)
    with pytest.raises(ZeroDivisionError):
        numbers.substitute(1 / x, X, 0)
    with pytest.raises(UndecidedError, match="depends on the parameters"):
        numbers.sign(x)
    with pytest.raises(InexactError):
        numbers.element(sympy.sqrt(Y))
    with pytest.raises(DomainError):
        numbers.power(y - y, -1)
    with pytest.raises(TooLargeError):
        numbers.power(y, 1000)
    with pytest.raises(DomainError):
        numbers.to_integer(y)


def test_signs_are_asked_factor_by_factor() -> None:
    numbers = RationalFunctions.over(Domain({"x": X, "y": Y}))
    value = numbers.element((X - 1) ** 2 * Y / (Y + 1) ** 3)
    points = ({X: Fraction(2), Y: Fraction(1)},)
    texts = {str(r) for r in nonnegative_here(value, points, numbers)}
    assert texts == {"y >= 0", "y + 1 > 0"}
    (whole,) = nonnegative_here(numbers.element(-Y), points, numbers)
    assert str(whole) == "-y >= 0"


def test_principal_minors_tell_semidefinite_matrices() -> None:
    assert all(minor >= 0 for minor in principal_minors([[1, 1, 0], [1, 1, 0], [0, 0, 0]]))
    assert min(principal_minors([[0, 1], [1, 5]])) < 0
    assert min(principal_minors([[2, 2, 0], [2, 2, 1], [0, 1, 1]])) < 0
