"""The lemmas that turn one step into N, against recursions run term by term."""

from __future__ import annotations

from fractions import Fraction

import pytest
import sympy
from hypothesis import example, given
from hypothesis import strategies as st

from theoryck.claims.reading import read_claim
from theoryck.derive.rules.base import NotApplicableError
from theoryck.derive.rules.measures import MeanOfSum, MinimumBelowLast, MinimumBelowMean
from theoryck.derive.rules.recursions import Geometric, HarmonicSteps, LastOfMonotone, Telescoping
from theoryck.derive.setting import ITERATION, START_GAP, Setting, setting_of
from theoryck.derive.statements import (
    GAP,
    GRADIENT_SQUARED,
    Aggregate,
    Bound,
    Measured,
    OneStep,
    affine,
    shifted,
)
from theoryck.derive.symbols import ONE

SHARES = st.fractions(min_value=0, max_value=1, max_denominator=8)
SIZES = st.fractions(min_value=0, max_value=4, max_denominator=8)
FACTORS = st.fractions(min_value=Fraction(1, 8), max_value=3, max_denominator=8)


def exact(value: Fraction) -> sympy.Rational:
    return sympy.Rational(value.numerator, value.denominator)


@pytest.fixture(scope="module")
def setting() -> Setting:
    return setting_of(
        read_claim(
            {
                "id": "claim",
                "parameters": {"N": "integer, N >= 1"},
                "method": "gradient_descent(step=1)",
                "assumptions": ["smooth(1)"],
                "measure": "f(x[N]) - f_star",
                "bound": "f(x[0]) - f_star",
            }
        )
    )


def value(bound: Bound, start: Fraction) -> Fraction:
    number = bound.bound.subs(START_GAP, exact(start))
    return Fraction(int(number.p), int(number.q))


@given(
    start=SIZES,
    weight=FACTORS,
    noise=SIZES,
    uses=st.lists(SHARES, min_size=6, max_size=6),
    drops=st.lists(SHARES, min_size=6, max_size=6),
    ends=st.tuples(st.integers(0, 4), st.integers(0, 5)).filter(lambda e: e[0] <= e[1]),
    shift=st.sampled_from([0, 1]),
)
def test_telescoping_bounds_every_run(setting, start, weight, noise, uses, drops, ends, shift):
    lower, upper = max(ends[0], shift), max(ends[1], shift)
    # a run with V[k+1] <= V[k] - A*q[k+shift] + B: q takes a share of what V can pay
    potential, summands = start, [Fraction(0)] * shift
    for use, drop in zip(uses, drops, strict=True):
        summand = use * (potential + noise) / weight
        potential = (potential - weight * summand + noise) * drop
        summands.append(summand)
    one_step = OneStep(
        affine(
            {
                shifted(GAP): ONE,
                GAP: -ONE,
                shifted(GRADIENT_SQUARED, shift): exact(weight),
            },
            -exact(noise),
        ),
        "<=",
    )
    conclusion = Telescoping().conclude(
        (one_step,),
        setting,
        potential=GAP,
        summand=GRADIENT_SQUARED,
        shift=shift,
        lower=sympy.Integer(lower),
        upper=sympy.Integer(upper),
    )
    bound = conclusion.statement
    assert isinstance(bound, Bound)
    chosen = summands[lower : upper + 1]
    assert sum(chosen) <= value(bound, start)
    mean = MeanOfSum().conclude((bound,), setting).statement
    assert isinstance(mean, Bound)
    assert sum(chosen) / len(chosen) <= value(mean, start)
    least = MinimumBelowMean().conclude((mean,), setting).statement
    assert isinstance(least, Bound)
    assert min(chosen) <= value(least, start)


def test_telescoping_is_attained():
    """With nothing lost on the way the bound is an equality: it cannot be improved."""
    one_step = OneStep(
        affine({shifted(GAP): ONE, GAP: -ONE, GRADIENT_SQUARED: sympy.Integer(2)}, -ONE), "<="
    )
    bound = Telescoping().conclude(
        (one_step,),
        None,
        potential=GAP,
        summand=GRADIENT_SQUARED,
        shift=0,
        lower=sympy.Integer(0),
        upper=sympy.Integer(3),
    )
    # V: 6, then 4 steps that gain 1 and pay 5/2 each leave 0; the q are 5/4 each
    assert isinstance(bound.statement, Bound)
    assert value(bound.statement, Fraction(6)) == 4 * Fraction(5, 4)
    mean = MeanOfSum().conclude((bound.statement,), None).statement
    assert isinstance(mean, Bound)
    assert value(mean, Fraction(6)) == Fraction(5, 4)


def test_the_potential_itself_can_be_summed(setting):
    """V[k+1] = V[k]/2 + 1 from V[0] = 2 stays at 2: four terms make 8, and no less is allowed."""
    one_step = OneStep(affine({shifted(GAP): ONE, GAP: -ONE / 2}, -ONE), "<=")
    conclusion = Telescoping().conclude(
        (one_step,),
        setting,
        potential=GAP,
        summand=GAP,
        shift=0,
        lower=sympy.Integer(0),
        upper=sympy.Integer(3),
    )
    assert isinstance(conclusion.statement, Bound)
    assert value(conclusion.statement, Fraction(2)) == (2 + 4) / Fraction(1, 2)
    assert value(conclusion.statement, Fraction(2)) >= 8


@given(
    start=SIZES,
    ratio=st.fractions(min_value=0, max_value=2, max_denominator=8),
    noise=SIZES,
    slack=st.lists(SHARES, min_size=6, max_size=6),
    index=st.integers(0, 6),
)
def test_geometric_bounds_every_run(setting, start, ratio, noise, slack, index):
    one_step = OneStep(affine({shifted(GAP): ONE, GAP: -exact(ratio)}, -exact(noise)), "<=")
    conclusion = Geometric().conclude(
        (one_step,), setting, potential=GAP, index=sympy.Integer(index)
    )
    bound = conclusion.statement
    assert isinstance(bound, Bound)
    potential = exhausted = start
    for share in slack[:index]:
        potential = (ratio * potential + noise) * share
        exhausted = ratio * exhausted + noise
    assert potential <= exhausted == value(bound, start)


def test_geometric_with_a_negative_ratio_leaves_only_zero(setting):
    """V >= 0 and V[k+1] <= -V[k] force V = 0, so that (-1)**n*V[0] = 0 is right."""
    one_step = OneStep(affine({shifted(GAP): ONE, GAP: ONE}), "<=")
    conclusion = Geometric().conclude((one_step,), setting, potential=GAP, index=sympy.Integer(3))
    assert isinstance(conclusion.statement, Bound)
    assert value(conclusion.statement, Fraction(0)) == 0


def test_geometric_with_noise_asks_for_a_nonnegative_ratio(setting):
    one_step = OneStep(affine({shifted(GAP): ONE, GAP: ONE}, -ONE), "<=")
    conclusion = Geometric().conclude((one_step,), setting, potential=GAP, index=sympy.Integer(3))
    assert any(r.sign == ">=" and r.left == -1 for r in conclusion.conditions)


@given(
    start=SIZES,
    contraction=st.fractions(min_value=Fraction(9, 8), max_value=5, max_denominator=8),
    noise=SIZES,
    slack=st.lists(SHARES, min_size=12, max_size=12),
)
@example(start=Fraction(0), contraction=Fraction(3), noise=Fraction(1), slack=[Fraction(1)] * 12)
@example(start=Fraction(0), contraction=Fraction(2), noise=Fraction(1), slack=[Fraction(1)] * 12)
def test_harmonic_steps_bound_every_run(setting, start, contraction, noise, slack):
    c = exact(contraction)
    one_step = OneStep(
        affine(
            {shifted(GAP): ONE, GAP: -(1 - c / (ITERATION + 1))},
            -exact(noise) / (ITERATION + 1) ** 2,
        ),
        "<=",
    )
    potential = start
    for k, share in enumerate(slack):
        most = (1 - contraction / (k + 1)) * potential + noise / (k + 1) ** 2
        if most < 0:
            return  # no run with V >= 0 goes on from here
        # runs that lose nothing are the ones that test the lemma
        potential = most if share > Fraction(1, 4) else share * most
        conclusion = HarmonicSteps().conclude(
            (one_step,), setting, potential=GAP, index=sympy.Integer(k + 1)
        )
        assert isinstance(conclusion.statement, Bound)
        assert potential <= value(conclusion.statement, start)


@given(steps=st.lists(SHARES, min_size=5, max_size=5), start=SIZES, lower=st.integers(0, 5))
def test_the_last_of_a_decreasing_run(setting, steps, start, lower):
    run = [start]
    for share in steps:
        run.append(run[-1] * share)
    summed = Bound(
        Measured(GAP, Aggregate.SUM, sympy.Integer(lower), sympy.Integer(5)),
        exact(sum(run[lower:], Fraction(0))),
    )
    decrease = OneStep(affine({shifted(GAP): ONE, GAP: -ONE}), "<=")
    conclusion = LastOfMonotone().conclude((decrease, summed), setting)
    assert isinstance(conclusion.statement, Bound)
    assert run[5] <= value(conclusion.statement, start)


def test_lemmas_refuse_other_premises(setting):
    growing = OneStep(affine({shifted(GAP): ONE, GAP: -ONE, GRADIENT_SQUARED: ONE}), "<=")
    with pytest.raises(NotApplicableError):
        Geometric().conclude((growing,), setting, potential=GAP, index=sympy.Integer(1))
    shrinking = OneStep(affine({shifted(GAP): ONE, GAP: -ONE / 2, GRADIENT_SQUARED: ONE}), "<=")
    with pytest.raises(NotApplicableError):
        Telescoping().conclude(
            (shrinking,),
            setting,
            potential=GAP,
            summand=GRADIENT_SQUARED,
            shift=0,
            lower=sympy.Integer(0),
            upper=sympy.Integer(1),
        )
    last = Bound(Measured(GAP, Aggregate.LAST, sympy.Integer(2), sympy.Integer(2)), ONE)
    least = MinimumBelowLast().conclude((last,), setting, lower=sympy.Integer(3))
    assert any(not bool(sympy.Rel(r.left, r.right, r.sign)) for r in least.conditions)
