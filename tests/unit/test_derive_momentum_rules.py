"""The rules about states refuse what does not follow, whatever they are handed."""

from __future__ import annotations

import time
from dataclasses import replace
from fractions import Fraction
from types import MappingProxyType
from typing import Any

import pytest
import sympy

from theoryck.claims.reading import read_claim
from theoryck.derive.domain import Domain
from theoryck.derive.measure import read_measure
from theoryck.derive.momentum import memory_bounds
from theoryck.derive.momentum.combine import Puzzle, combinations_of
from theoryck.derive.momentum.directions import moved_by_gradients, previous_iterate
from theoryck.derive.momentum.ends import LastOfPotential, SumOfDrops, at_start
from theoryck.derive.momentum.rules import PotentialStep
from theoryck.derive.momentum.state import memory_step
from theoryck.derive.momentum.statements import Dissipation, Level, Potential, Square
from theoryck.derive.potentials.numbers import RationalFunctions
from theoryck.derive.proof import Derivation, Workshop
from theoryck.derive.recheck import recheck
from theoryck.derive.rules.base import NotApplicableError
from theoryck.derive.setting import ITERATION, START_DISTANCE, START_GAP, Setting, Stuck, setting_of
from theoryck.derive.statements import DISTANCE_SQUARED, GAP, Bound
from theoryck.errors import InexactError
from theoryck.methods.base import method

ONE, ZERO = sympy.Integer(1), sympy.Integer(0)
N = sympy.Symbol("N", integer=True, positive=True)
CLAIM = {
    "id": "nesterov",
    "parameters": {"L": "L > 0", "N": "integer, N >= 1"},
    "method": "nesterov(step=1/L, momentum=(k - 1)/(k + 2))",
    "assumptions": ["convex", "smooth(L)"],
    "measure": "f(x[N]) - f_star",
    "bound": "2*L*norm(x[0] - x_star)**2/(N + 1)**2",
}


def of(**changes: Any) -> Setting:
    return setting_of(read_claim({**CLAIM, **changes}))


@pytest.fixture(scope="module")
def proof() -> tuple[Derivation, Setting]:
    setting = of()
    workshop = Workshop(setting, time.monotonic() + 60)
    target, _ = read_measure(setting, stochastic=False)
    return workshop.derivation(next(memory_bounds(workshop, target))), setting


def test_the_proof_is_a_step_and_an_induction(proof: tuple[Derivation, Setting]) -> None:
    derivation, setting = proof
    assert [type(step.rule) for step in derivation.steps] == [PotentialStep, LastOfPotential]
    assert recheck(derivation, setting, time.monotonic() + 60) is None
    text = str(derivation.steps[0])
    assert "‖x[k] + (k - 1)/2*(x[k] - x[k-1]) - x_star‖²" in text
    assert "descent(x[k+1], y[k])" in text


def altered(derivation: Derivation, **changes: Any) -> Derivation:
    first, *rest = derivation.steps
    arguments = MappingProxyType({**first.arguments, **changes})
    return Derivation((replace(first, arguments=arguments), *rest))


@pytest.mark.parametrize("factor", ["101/100", "99/100", "-1"])
def test_every_multiplier_matters(proof: tuple[Derivation, Setting], factor: str) -> None:
    derivation, setting = proof
    multipliers = derivation.steps[0].arguments["multipliers"]
    for place, (name, multiplier) in enumerate(multipliers):
        changed = list(multipliers)
        changed[place] = (name, multiplier * sympy.Rational(factor))
        wrong = altered(derivation, multipliers=tuple(changed))
        assert recheck(wrong, setting, time.monotonic() + 60) is not None


def test_a_potential_that_shrinks_too_much_is_refused(proof: tuple[Derivation, Setting]) -> None:
    derivation, setting = proof
    arguments = derivation.steps[0].arguments
    potential = arguments["potential"]
    more = sympy.Rational(1, 1000)
    for wrong in (
        {"potential": potential.plus(Level(more, (ONE, ZERO)))},
        {"potential": potential.plus(Square(more * ITERATION, (ONE, -ONE)))},
        {"ratio": 1 - more},
        {"noise": -more},
        {"drops": tuple((q, c + more) for q, c in arguments["drops"])},
    ):
        found = recheck(altered(derivation, **wrong), setting, time.monotonic() + 60)
        assert found is not None


def test_foreign_inequalities_states_and_premises_are_refused(
    proof: tuple[Derivation, Setting],
) -> None:
    derivation, setting = proof
    arguments = derivation.steps[0].arguments
    rule = PotentialStep()
    with pytest.raises(NotApplicableError, match="no inequality called"):
        rule.conclude((), setting, **{**arguments, "multipliers": (("wish", ONE),)})
    with pytest.raises(NotApplicableError, match="no premises"):
        rule.conclude((derivation.conclusion,), setting, **arguments)
    for potential in (
        Potential((Level(ONE, (ONE,)),)),
        Potential((Square(ONE, (ONE,)),)),
        Potential((Level(ONE, (ONE, ONE)),)),
    ):
        with pytest.raises(NotApplicableError, match=r"another state|displacement"):
            rule.conclude((), setting, **{**arguments, "potential": potential})


def test_a_minimiser_is_needed_for_a_distance() -> None:
    setting = of(assumptions=["smooth(L)"], bound="f(x[0]) - f_star")
    potential = Potential((Square(ONE, (ONE, ZERO)),))
    with pytest.raises(NotApplicableError, match="minimiser"):
        PotentialStep().conclude(
            (),
            setting,
            potential=potential,
            ratio=ONE,
            drops=(),
            noise=ZERO,
            multipliers=(),
            points=(),
        )


def test_the_ends_refuse_what_the_step_does_not_say(proof: tuple[Derivation, Setting]) -> None:
    derivation, setting = proof
    known = derivation.steps[0].statement
    assert isinstance(known, Dissipation)
    last, total = LastOfPotential(), SumOfDrops()
    with pytest.raises(NotApplicableError, match="inequality between"):
        last.conclude((derivation.conclusion,), setting, quantity=GAP, index=N, lag=0)
    with pytest.raises(NotApplicableError, match="integer"):
        last.conclude((known,), setting, quantity=GAP, index=N / 2, lag=0)
    with pytest.raises(NotApplicableError, match="holds nothing"):
        last.conclude((known,), setting, quantity=DISTANCE_SQUARED, index=N, lag=0)
    with pytest.raises(NotApplicableError, match="varies"):
        last.conclude((replace(known, ratio=ITERATION),), setting, quantity=GAP, index=N, lag=0)
    ends = {"quantity": GAP, "shift": 1, "lower": ONE, "upper": N}
    assert isinstance(total.conclude((known,), setting, **ends).statement, Bound)
    for changes, reason in (
        ({"shift": 0}, "no multiple"),
        ({"upper": N / 2}, "integers"),
    ):
        with pytest.raises(NotApplicableError, match=reason):
            total.conclude((known,), setting, **{**ends, **changes})
    with pytest.raises(NotApplicableError, match="no multiple"):
        total.conclude((replace(known, ratio=ONE / 2),), setting, **ends)


def test_the_start_of_a_potential() -> None:
    half = sympy.Rational(1, 2)
    potential = Potential((Level(half, (ZERO, ONE)), Square(ONE, (3 * ONE, -ONE))))
    assert at_start(of(), potential) == half * START_GAP + 4 * START_DISTANCE**2
    with pytest.raises(NotApplicableError, match="another point"):
        at_start(of(), Potential((Level(ONE, (3 * ONE, -ONE)),)))
    with pytest.raises(NotApplicableError, match="another state"):
        at_start(of(), Potential((Level(ONE, (ONE,)),)))


def test_statements_are_compared_exactly(proof: tuple[Derivation, Setting]) -> None:
    derivation, _ = proof
    known = derivation.steps[0].statement
    assert isinstance(known, Dissipation)
    assert known.same_as(replace(known, ratio=sympy.sin(ONE) ** 2 / sympy.sin(ONE) ** 2))
    assert not known.same_as(replace(known, expected=True))
    assert not known.same_as(replace(known, drops=()))
    assert not known.same_as(replace(known, potential=Potential(())))
    assert not known.same_as(derivation.conclusion)


def test_methods_without_a_memory_of_vectors_are_left() -> None:
    for text, reason in (
        ("gradient_descent(step=1/L)", "remembers nothing"),
        ("optimized_gradient(L=L)", "more than a few vectors|rational"),
        ("nesterov(step=1/L, momentum=exp(-k))", "rational"),
    ):
        with pytest.raises(Stuck, match=reason):
            memory_step(of(method=text))


def test_a_broken_method_is_stuck() -> None:
    @method(start=lambda x: (x, x))
    def broken(state: Any, f: Any, *, step: Any) -> Any:
        raise KeyError(step)

    @method(start=lambda x: (x, x))
    def forgetful(state: Any, f: Any, *, step: Any) -> Any:
        return state[0] - step * f.grad(state[0])

    setting = of(method="gradient_descent(step=1/L)")
    for own, reason in ((broken, "not traced"), (forgetful, "form of its state")):
        use = replace(setting.claim.method, method=own)
        wrong = replace(setting, claim=replace(setting.claim, method=use))
        with pytest.raises(Stuck, match=reason):
            memory_step(wrong)


def test_methods_of_ones_own_go_the_same_way() -> None:
    @method(start=lambda x: (x, x))
    def coupling(state: Any, f: Any, *, step: Any, k: Any) -> Any:
        """y = x + 2/(k+2)·(z − x), x⁺ = y − step·∇f(y), z⁺ = z − (k+2)/2·step·∇f(y)"""
        x, z = state
        y = x + (z - x) * 2 / (k + 2)
        g = f.grad(y)
        return y - step * g, z - step * (k + 2) / 2 * g

    setting = of(method="gradient_descent(step=1/L)")
    use = replace(setting.claim.method, method=coupling)
    own = replace(setting, claim=replace(setting.claim, method=use))
    workshop = Workshop(own, time.monotonic() + 60)
    target, _ = read_measure(own, stochastic=False)
    number = next(memory_bounds(workshop, target))
    assert (
        str(workshop.statement(number)) == "f(x[N]) - f* <= 2*L*norm(x[0] - x_star)**2/(N + 1)**2"
    )
    assert "‖w[k] - x_star‖²" in str(workshop.derivation(number).steps[0])


def test_directions_of_a_state() -> None:
    step = memory_step(of())
    k = ITERATION
    direction = moved_by_gradients(step)
    assert direction is not None
    assert sympy.expand(direction[0] - (k + 1) / 2) == 0
    assert previous_iterate(step) == (ZERO, ONE)
    form = memory_step(of(method="momentum_sgd(step=1/L, momentum=1/2)"))
    length = 1 / sympy.Symbol("L", positive=True, real=True)
    assert previous_iterate(form) == (ONE, length)
    assert moved_by_gradients(form) == (ONE, -length)


def test_combinations_need_points_to_be_tried_at() -> None:
    step = memory_step(of())
    gap = step.gap((ONE, ZERO), ahead=False)
    puzzle = Puzzle(gap, {"gap": gap}, frozenset(), frozenset(), frozenset({"gap"}))
    assert list(combinations_of(puzzle, (), step.numbers)) == []


def test_roots_of_parameters_are_unknowns_of_the_field() -> None:
    mu, L = (sympy.Symbol(name, positive=True) for name in ("mu", "L"))
    numbers = RationalFunctions.over(Domain({"mu": mu, "L": L}), (), (mu, L))
    q = numbers.element(sympy.sqrt(mu / L))
    assert q * q == numbers.element(mu / L)
    assert numbers.function("sqrt", q * q) == q
    assert numbers.power(q * q, Fraction(1, 2)) == q
    assert numbers.expression(q) == sympy.sqrt(mu) / sympy.sqrt(L)
    assert numbers.sign(q) == 1
    for wrong in (q, numbers.integer(2), (q - 1) * (q - 1)):
        with pytest.raises(InexactError):
            numbers.function("sqrt", wrong)
