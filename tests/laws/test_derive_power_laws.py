"""Power recursions a₊ <= a − c·a^p, against recursions run term by term and true functions."""

from __future__ import annotations

from fractions import Fraction

import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from theoryck.claims.reading import read_claim
from theoryck.derive.power.growth import ConvexGrowth, Growth, KurdykaLojasiewicz
from theoryck.derive.power.rules import (
    Finite,
    FiniteFall,
    FiniteInverse,
    PowerRule,
    Sublinear,
    SublinearFactored,
)
from theoryck.derive.rules.base import Conclusion, NotApplicableError
from theoryck.derive.rules.sums import SumBound
from theoryck.derive.setting import ITERATION, START_GAP, Setting, setting_of
from theoryck.derive.statements import (
    DISTANCE_SQUARED,
    GAP,
    GRADIENT_SQUARED,
    Bound,
    OneStep,
    affine,
    shifted,
)
from theoryck.derive.symbols import ONE, ZERO

STEPS = 7
SLACK = 1e-9
SHARES = st.floats(0, 1, allow_subnormal=False)


def setting_with(*assumptions: str, initial: str | None = None) -> Setting:
    table = {
        "id": "claim",
        "parameters": {"N": "integer, N >= 1", "R": "R > 0", "c": "c > 0"},
        "method": "gradient_descent(step=1)",
        "assumptions": ["smooth(1)", *assumptions],
        "measure": "f(x[N]) - f(x_star)",
        "bound": "f(x[0]) - f_star",
    }
    return setting_of(read_claim(table if initial is None else {**table, "initial": initial}))


@pytest.fixture(scope="module")
def setting() -> Setting:
    return setting_with("convex")


def exact(value: float) -> sympy.Rational:
    fraction = Fraction(value).limit_denominator(32)
    return sympy.Rational(fraction.numerator, fraction.denominator)


def premises(gain: sympy.Expr, power: sympy.Expr) -> tuple[OneStep, Growth]:
    form = affine({shifted(GAP): ONE, GAP: -ONE, GRADIENT_SQUARED: gain})
    return OneStep(form, "<="), Growth(GRADIENT_SQUARED, GAP, ONE, power)


def run(start: float, gains: list[float], power: float, drops: list[float]) -> list[float]:
    """A run of the recursion, at 0 where a step would fall below it."""
    values = [start]
    for gain, drop in zip(gains, drops, strict=True):
        before = values[-1]
        least = before - gain * before**power if before > 0 else 0.0
        values.append(max(least, 0.0) * drop)
    return values


def conditions_hold(conclusion: Conclusion, start: float) -> bool:
    here = {START_GAP: sympy.Rational(Fraction(start))}

    def at(side: sympy.Expr) -> float:
        return float(side.subs(here).subs(ITERATION, 1))

    checks = {"<=": float.__le__, "<": float.__lt__, ">=": float.__ge__, ">": float.__gt__}
    return all(checks[c.sign](at(c.left), at(c.right)) for c in conclusion.conditions)


def value(conclusion: Conclusion, start: float) -> float:
    bound = conclusion.statement
    assert isinstance(bound, Bound)
    number = float(bound.bound.subs(START_GAP, sympy.Rational(Fraction(start))))
    return number + SLACK * (1 + abs(number))


@given(
    rule=st.sampled_from([Sublinear(), SublinearFactored()]),
    start=st.floats(0.01, 4),
    gain=st.floats(0.05, 2),
    power=st.sampled_from(["5/4", "3/2", "2", "3"]),
    drops=st.lists(st.floats(0.5, 1), min_size=STEPS, max_size=STEPS),
    index=st.integers(1, STEPS),
    known=st.sampled_from(["exact", "none"]),
)
def test_sublinear_bounds_every_run(setting, rule, start, gain, power, drops, index, known):
    gain, power = exact(gain), sympy.Rational(power)
    values = run(start, [float(gain)] * STEPS, float(power), drops)
    conclusion = rule.conclude(
        premises(gain, power), setting, index=sympy.Integer(index), start=known
    )
    assert conditions_hold(conclusion, start)
    assert values[index] <= value(conclusion, start)


@given(
    start=st.floats(0.01, 4),
    power=st.sampled_from(["3/2", "2"]),
    index=st.integers(1, STEPS),
)
def test_sublinear_with_gains_that_vary(setting, start, power, index):
    gain, power = 1 / (ITERATION + 2), sympy.Rational(power)
    gains = [1 / (k + 2) for k in range(STEPS)]
    values = run(start, gains, float(power), [1.0] * STEPS)
    total = sum((gain.subs(ITERATION, k) for k in range(index)), ZERO)
    gained = SumBound(gain, ZERO, sympy.Integer(index - 1), ">=", total)
    conclusion = Sublinear().conclude(
        (*premises(gain, power), gained), setting, index=sympy.Integer(index), start="exact"
    )
    assert values[index] <= value(conclusion, start)


def test_sublinear_is_sharp_in_the_limit(setting):
    """For a₊ = a − c·a², n·c·a[n] tends to 1: no smaller constant would do."""
    conclusion = Sublinear().conclude(
        premises(ONE / 4, sympy.Integer(2)), setting, index=sympy.Integer(4000), start="none"
    )
    last = run(1.0, [0.25] * 4000, 2.0, [1.0] * 4000)[-1]
    assert 0.99 * value(conclusion, 1.0) <= last <= value(conclusion, 1.0)


@given(
    rule=st.sampled_from([Finite(), FiniteInverse(), FiniteFall()]),
    start=st.floats(0, 4),
    gain=st.floats(0.05, 2),
    power=st.sampled_from(["0", "1/4", "1/2", "4/5"]),
    drops=st.lists(SHARES, min_size=STEPS, max_size=STEPS),
    index=st.integers(0, STEPS),
)
def test_finite_recursions_end(setting, rule, start, gain, power, drops, index):
    gain, power = exact(gain), sympy.Rational(power)
    # a run is one of the recursion only while the inequality leaves room above zero
    values = [start]
    for drop in drops:
        before = values[-1]
        room = before - float(gain) * before ** float(power) if before > 0 else 0.0
        if room < 0:
            return
        values.append(room * drop)
    conclusion = rule.conclude(
        premises(gain, power), setting, index=sympy.Integer(index), start="exact"
    )
    if conditions_hold(conclusion, start):
        assert values[index] <= value(conclusion, start)


def test_the_finite_regime_counts_its_steps_exactly(setting):
    """a₊ = a − 1 while a > 0 (p = 0, c = 1): from 3 it is 1 after two steps and 0 after three."""
    recursion = premises(ONE, ZERO)
    for index, ended in ((2, False), (3, True)):
        conclusion = Finite().conclude(
            recursion, setting, index=sympy.Integer(index), start="exact"
        )
        assert conditions_hold(conclusion, 3.0) is ended


@pytest.mark.parametrize(
    ("rule", "power"), [(Sublinear(), "1"), (Sublinear(), "1/2"), (Finite(), "1"), (Finite(), "2")]
)
def test_each_regime_has_its_exponents(setting, rule: PowerRule, power):
    try:
        conclusion = rule.conclude(
            premises(ONE / 2, sympy.Rational(power)),
            setting,
            index=sympy.Integer(3),
            start="exact",
        )
    except NotApplicableError:
        return
    assert not conditions_hold(conclusion, 1.0)


def test_noise_and_expectations_where_they_do_not_belong(setting):
    step, growth = premises(ONE, sympy.Rational(1, 2))
    noisy = OneStep(step.form.plus(affine({}, -ONE)), "<=")
    expected = OneStep(step.form, "<=", True)
    for premise in (noisy, expected):
        with pytest.raises(NotApplicableError):
            Finite().conclude((premise, growth), setting, index=sympy.Integer(3), start="exact")


@given(x=st.floats(-3, 3), power=st.sampled_from([2, 4, 6]))
def test_kl_holds_for_powers(x, power):
    """f = |x|**m has |f'| = m*f**(1 − 1/m): the squared inequality that the rule states."""
    alpha = sympy.Rational(power - 1, power)
    setting = setting_with(f"kl({alpha}, {power})")
    growth = KurdykaLojasiewicz().conclude((), setting).statement
    assert isinstance(growth, Growth)
    gap, gradient = abs(x) ** power, power * abs(x) ** (power - 1)
    needed = float(growth.factor) * gap ** float(growth.exponent)
    assert gradient**2 >= needed * (1 - SLACK)


@given(x=st.floats(-2, 2), centre=st.floats(-1, 1))
def test_convex_growth_in_a_ball(x, centre):
    """For the Huber function around a centre, everywhere within R of it."""
    setting = setting_with("convex", initial="norm(x[0] - x_star) <= R")
    still = OneStep(affine({shifted(DISTANCE_SQUARED): ONE, DISTANCE_SQUARED: -ONE}), "<=")
    growth = ConvexGrowth().conclude((still,), setting, relation=0).statement
    assert isinstance(growth, Growth)
    away = abs(x - centre)
    gap, gradient = (away**2 / 2, away) if away <= 1 else (away - 0.5, 1.0)
    radius = max(away, 0.1)
    factor = float(
        growth.factor.subs(setting.domain.symbols["R"], sympy.Rational(Fraction(radius)))
    )
    assert gradient**2 >= factor * gap ** float(growth.exponent) * (1 - SLACK)


def test_convex_growth_needs_a_distance_that_never_grows():
    setting = setting_with("convex", initial="norm(x[0] - x_star) <= R")
    grows = OneStep(affine({shifted(DISTANCE_SQUARED): ONE, DISTANCE_SQUARED: -2 * ONE}), "<=")
    with pytest.raises(NotApplicableError, match="non-increasing"):
        ConvexGrowth().conclude((grows,), setting, relation=0)
