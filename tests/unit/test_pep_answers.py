"""The answers beside a verdict, part by part: variants of a claim, factors, thresholds, causes."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from theoryck.certificates import instantiate
from theoryck.claims.arithmetic import Balls, Rationals
from theoryck.claims.claim import RateClaim
from theoryck.claims.expressions import Expr, Number
from theoryck.claims.reading import read_claim
from theoryck.claims.spelling import spell_instance
from theoryck.pep.answers import simple_factors
from theoryck.pep.causes import meaningless, notes
from theoryck.pep.threshold import Threshold, shortest, threshold
from theoryck.pep.variants import (
    assuming,
    assumption_texts,
    bounded_by,
    changed,
    starting,
    traced,
    without,
)
from theoryck.verdict import Instance, Status

GD: dict[str, Any] = {
    "id": "gd",
    "parameters": {"L": "L > 0", "R": "R > 0", "g": "g > 0", "N": "integer, N >= 1"},
    "method": "gradient_descent(step=g)",
    "assumptions": ["convex", "smooth(2*L)"],
    "initial": "norm(x[0] - x_star)**2 <= R**2",
    "measure": "f(x[N]) - f_star",
    "bound": "L*R**2/(4*N + 2)",
    "at": [{"L": 1, "R": 1, "g": 1, "N": 2}],
}


def rate(**changes: Any) -> RateClaim:
    claim = read_claim(GD | changes)
    assert isinstance(claim, RateClaim)
    return claim


# ------------------------------------------------------------------------------------- variants


def test_assumptions_are_written_as_the_claim_has_them() -> None:
    assert assumption_texts(rate()) == ("convex", "smooth(2*L)")


def test_a_claim_without_an_assumption_lacks_just_that() -> None:
    fewer = without(rate(), 0)
    assert fewer is not None
    assert [use.assumption.name for use in fewer.assumptions] == ["smooth"]
    assert fewer.table["assumptions"] == ["smooth(2*L)"]
    assert fewer.measure == rate().measure


def test_a_claim_with_more_assumptions_or_conditions_has_them_last() -> None:
    more = assuming(rate(), "strongly_convex(1)")
    assert more is not None
    assert [use.assumption.name for use in more.assumptions][-1] == "strongly_convex"
    begun = starting(rate(), "f(x[0]) - f_star <= 1")
    assert begun is not None
    assert len(begun.initial) == 2


def test_a_variant_that_means_nothing_is_none() -> None:
    assert changed(rate(), measure="f(x[M])") is None
    assert assuming(rate(), "no_such_assumption") is None


def test_a_larger_bound_is_the_factor_times_the_bound() -> None:
    larger = bounded_by(rate(relation="=="), Fraction(3, 2))
    assert larger is not None
    assert larger.relation == "<="
    problem = instantiate(larger, larger.at[0], Rationals())
    assert Fraction(str(problem.goals[0].bound.constant)) == Fraction(3, 2) / 10


@pytest.mark.parametrize(("step", "system"), [("1/L", Rationals), ("1/(sqrt(2)*L)", Balls)])
def test_a_claim_is_traced_in_the_first_system_that_holds_its_numbers(
    step: str, system: type
) -> None:
    claim = rate(method=f"gradient_descent(step={step})")
    with traced(claim, claim.at[0]) as problems:
        assert isinstance(problems[0].numbers, system)


# -------------------------------------------------------------------------------------- factors


@given(st.floats(min_value=1e-6, max_value=1e6))
def test_factors_are_short_and_not_below_the_share(share: float) -> None:
    *_, three, two = simple_factors(share)
    for factor, digits in ((three, 3), (two, 2)):
        assert share <= factor <= Fraction(share) * (1 + Fraction(11, 10**digits))
        while factor.denominator == 1 and factor % 10 == 0:
            factor /= 10
        assert any((factor * 10**d).denominator == 1 for d in range(10))


@pytest.mark.parametrize("exact", [Fraction(4, 3), Fraction(2, 5), Fraction(1, 7), Fraction(5)])
def test_a_share_that_is_a_small_fraction_is_tried_as_that(exact: Fraction) -> None:
    assert next(simple_factors(float(exact) * (1 + 1e-9))) == exact


# ----------------------------------------------------------------------------------- thresholds


def seen(at: Mapping[str, Expr], status: Status) -> Instance:
    return Instance(at=spell_instance(at), claimed=1.0, worst_case=None, status=status)


def oracle(holds: Callable[[Mapping[str, Fraction]], bool | None]) -> Callable[..., Instance]:
    """Looks at an instance of a claim that holds where this says so; None is undecided."""

    def look(at: Mapping[str, Expr]) -> Instance:
        values = {name: value.value for name, value in at.items() if isinstance(value, Number)}
        answer = holds(values)
        decided = Status.PROVED if answer else Status.REFUTED
        return seen(at, Status.INCONCLUSIVE if answer is None else decided)

    return look


def exact(**values: Any) -> Mapping[str, Expr]:
    return {name: Number(Fraction(value)) for name, value in values.items()}


def found(
    holds: Callable[[Mapping[str, Fraction]], bool | None], *instances: Mapping[str, Expr]
) -> Threshold | None:
    look = oracle(holds)
    looked = [(at, look(at)) for at in instances]
    return threshold(rate(), looked, look, time.monotonic() + 60)


def test_a_real_parameter_is_bisected() -> None:
    here = found(lambda v: v["g"] < 2, exact(L=1, R=1, g=1, N=2), exact(L=1, R=1, g=10, N=2))
    assert here is not None
    assert here.parameter == "g"
    assert here.holds < 2 <= here.fails
    assert here.fails - here.holds <= here.fails / 1000
    assert [i.status for i in here.instances] == [Status.PROVED, Status.REFUTED]
    assert here.finding().code == "fails-from"
    assert "g = 1.99" in here.finding().message


def test_it_may_fail_below() -> None:
    here = found(lambda v: v["g"] > 2, exact(L=1, R=1, g=1, N=2), exact(L=1, R=1, g=10, N=2))
    assert here is not None
    assert here.fails <= 2 < here.holds


def test_an_integer_is_bisected_to_neighbours() -> None:
    here = found(lambda v: v["N"] <= 17, exact(L=1, R=1, g=1, N=1), exact(L=1, R=1, g=1, N=100))
    assert here is not None
    assert (here.parameter, here.holds, here.fails) == ("N", 17, 18)


def test_instances_that_differ_in_much_are_joined_one_parameter_at_a_time() -> None:
    here = found(
        lambda v: v["g"] * v["L"] < 2, exact(L=1, R=1, g=1, N=1), exact(L=3, R=2, g="1/2", N=4)
    )
    assert here is None  # 3/2 < 2: nothing fails at either
    here = found(
        lambda v: v["g"] * v["L"] < 2, exact(L=1, R=1, g=1, N=1), exact(L=3, R=2, g=4, N=4)
    )
    assert here is not None
    at = {**here.others, here.parameter: here.holds}
    beyond = {**here.others, here.parameter: here.fails}
    assert at["g"] * at["L"] < 2 <= beyond["g"] * beyond["L"]


def test_points_outside_the_domain_are_not_looked_at() -> None:
    """Joining the two by changing g first passes through g*L = 8, which is excluded."""
    parameters = {"L": "L > 0", "R": "R > 0", "g": "0 < g < 5/L", "N": "integer, N >= 1"}

    def holds(values: Mapping[str, Fraction]) -> bool:
        assert values["g"] < 5 / values["L"]
        return values["g"] * values["L"] < 2

    look = oracle(holds)
    instances = [exact(L=1, R=1, g=1, N=1), exact(L="1/2", R=1, g=8, N=1)]
    looked = [(at, look(at)) for at in instances]
    here = threshold(rate(parameters=parameters), looked, look, time.monotonic() + 60)
    assert here is not None


def test_undecided_points_are_gone_around_and_told_apart() -> None:
    def holds(values: Mapping[str, Fraction]) -> bool | None:
        return None if Fraction(19, 10) < values["g"] < Fraction(21, 10) else values["g"] < 2

    here = found(holds, exact(L=1, R=1, g=1, N=2), exact(L=1, R=1, g=10, N=2))
    assert here is not None
    assert here.holds <= Fraction(19, 10)
    assert here.fails >= Fraction(21, 10)
    assert here.fails - here.holds < 1


def test_a_spent_time_still_tells_the_bracket_at_hand() -> None:
    look = oracle(lambda v: v["g"] < 2)
    instances = [exact(L=1, R=1, g=1, N=2), exact(L=1, R=1, g=10, N=2)]
    here = threshold(rate(), [(at, look(at)) for at in instances], look, time.monotonic() - 1)
    assert here is not None
    assert (here.holds, here.fails) == (1, 10)


@pytest.mark.parametrize("holds", [True, False, None])
def test_nothing_is_told_where_nothing_changes(holds: bool | None) -> None:
    assert found(lambda v: holds, exact(L=1, R=1, g=1, N=2), exact(L=1, R=1, g=9, N=2)) is None


@given(st.fractions(), st.fractions(min_value=Fraction(1, 10**6), max_value=10**6))
def test_the_shortest_number_lies_in_its_interval(low: Fraction, width: Fraction) -> None:
    number = shortest(low, low + width)
    assert low <= number <= low + width
    digits = 0
    while (number * 10**digits).denominator > 1:
        digits += 1
    assert digits == 0 or Fraction(1, 10 ** (digits - 1)) > width


# --------------------------------------------------------------------------------------- causes


def test_the_bounds_of_an_empty_class_are_named() -> None:
    claim = rate(
        assumptions=["strongly_convex(3*L)", "smooth(2*L)"], at=[GD["at"][0] | {"L": "1/2"}]
    )
    assert meaningless(claim, claim.at[0]) == "no function is both 3/2-strongly convex and 1-smooth"


@pytest.mark.parametrize("constant", ["2*L", "L"])
def test_a_class_at_its_boundary_is_not_empty(constant: str) -> None:
    claim = rate(assumptions=[f"strongly_convex({constant})", "smooth(2*L)"])
    assert meaningless(claim, claim.at[0]) is None


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"assumptions": ["convex", "smooth(L)", "hessian_lipschitz(L)"]}, "hessian_lipschitz"),
        ({"assumptions": ["convex", "bounded_variance(L)"]}, "takes none"),
        ({"assumptions": []}, "no assumption says anything of f"),
        ({"method": "gradient_descent(step=-g)"}, "uphill"),
    ],
)
def test_what_is_odd_is_noted(changes: dict[str, Any], words: str) -> None:
    claim = rate(**changes)
    problem = instantiate(claim, claim.at[0], Rationals())
    assert any(words in note for note in notes(claim, problem))


@pytest.mark.parametrize(
    "assumptions",
    [
        ["convex", "smooth(L)"],
        ["pl(L)", "smooth(2*L)"],
        ["lipschitz(L)", "convex"],
        ["quadratic_growth(L)", "convex"],
        ["quadratic"],
        ["error_bound(L)"],
    ],
)
def test_what_is_used_is_not_noted(assumptions: list[str]) -> None:
    claim = rate(assumptions=assumptions)
    assert list(notes(claim, instantiate(claim, claim.at[0], Rationals()))) == []


def test_a_method_may_be_silent() -> None:
    from theoryck import method

    @method
    def stand_still(x: Any, f: Any) -> Any:
        """x⁺ = x"""
        return x

    table = GD | {"method": "stand_still()"}
    claim = read_claim(table, methods={"stand_still": stand_still})
    assert isinstance(claim, RateClaim)
    problem = instantiate(claim, claim.at[0], Rationals())
    assert list(notes(claim, problem)) == ["stand_still never asks f anything"]
