"""The rules for coefficients that vary with k, against sums and recursions run term by term."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from theoryck.claims.reading import read_claim
from theoryck.derive.relations import Implied, Relation
from theoryck.derive.rules.base import Conclusion, NotApplicableError
from theoryck.derive.rules.sums import (
    Differences,
    InverseSquares,
    PowerSum,
    Side,
    SumBound,
    SumOfParts,
)
from theoryck.derive.rules.weighted import Induction, WeightedLast, WeightedMinimum, WeightedSum
from theoryck.derive.setting import ITERATION, START_GAP, Setting, setting_of
from theoryck.derive.statements import GAP, GRADIENT_SQUARED, Bound, OneStep, affine, shifted
from theoryck.derive.symbols import ONE, ZERO

STEPS = 8
SLACK = 1e-9  # of double precision; what is compared is of the order of one
SHARES = st.floats(0, 1, allow_subnormal=False)
SIZES = st.floats(0, 4, allow_subnormal=False)


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


def number(value: float) -> sympy.Rational:
    exact = Fraction(value).limit_denominator(64)
    return sympy.Rational(exact.numerator, exact.denominator)


def holds(condition: Relation, steps: int = STEPS) -> bool:
    """Whether a condition of a rule holds at every k of a run of so many steps."""
    relation = condition.goal if isinstance(condition, Implied) else condition
    premises = condition.premises if isinstance(condition, Implied) else ()

    def at(known: Relation, k: int) -> bool:
        left, right = (float(side.subs(ITERATION, k)) for side in (known.left, known.right))
        return {
            "<=": left <= right + SLACK,
            ">=": left >= right - SLACK,
            "<": left < right,
            ">": left > right,
            "!=": left != right,
            "==": abs(left - right) <= SLACK,
        }[known.sign]

    return all(at(relation, k) for k in range(steps) if all(at(p, k) for p in premises))


def all_hold(conclusion: Conclusion) -> bool:
    return all(map(holds, conclusion.conditions))


@pytest.mark.parametrize("side", list(Side))
@pytest.mark.parametrize("shift", ["1/2", "1"])
@pytest.mark.parametrize("power", ["0", "1/2", "1", "2"])
@pytest.mark.parametrize("ends", [(0, 0), (0, 6), (2, 5), (3, 2)])
def test_integral_comparison_bounds_every_sum(setting, side, shift, power, ends):
    shift, power = sympy.Rational(shift), sympy.Rational(power)
    lower, upper = map(sympy.Integer, ends)
    conclusion = PowerSum().conclude(
        (), setting, shift=shift, power=power, lower=lower, upper=upper, side=side
    )
    if not all_hold(conclusion):
        return
    bound = conclusion.statement
    assert isinstance(bound, SumBound)
    true = sum((k + float(shift)) ** -float(power) for k in range(ends[0], ends[1] + 1))
    value = float(bound.value)
    assert value <= true + SLACK if bound.relation == ">=" else true <= value + SLACK


@pytest.mark.parametrize(
    ("side", "shift", "power", "reason"),
    [
        (Side.ABOVE_EARLY, "1", "1", "the logarithm has no value at 0"),
        (Side.ABOVE_ALL, "1", "1/2", "the integral to infinity is infinite"),
        (Side.BELOW, "0", "1/2", "the first term has no value"),
        (Side.BELOW, "1", "-1", "the terms increase"),
    ],
)
def test_integral_comparison_asks_for_what_it_needs(setting, side, shift, power, reason):
    del reason
    try:
        conclusion = PowerSum().conclude(
            (),
            setting,
            shift=sympy.Rational(shift),
            power=sympy.Rational(power),
            lower=ZERO,
            upper=sympy.Integer(4),
            side=side,
        )
    except NotApplicableError:
        return
    assert not all(
        holds(c) for c in conclusion.conditions if c.left.is_finite and c.right.is_finite
    )


@pytest.mark.parametrize("upper", [-1, 0, 5, 200])
def test_the_inverse_squares_stay_below_their_series(setting, upper):
    bound = InverseSquares().conclude((), setting, lower=ZERO, upper=sympy.Integer(upper)).statement
    assert isinstance(bound, SumBound)
    assert sum((k + 1) ** -2 for k in range(upper + 1)) <= float(bound.value)


@given(
    terms=st.tuples(SIZES, SIZES, SIZES),
    ends=st.tuples(st.integers(0, 4), st.integers(0, 5)).filter(lambda e: e[0] <= e[1]),
    relation=st.sampled_from(["<=", ">="]),
    slack=SHARES,
)
def test_sums_by_differences(setting, terms, ends, relation, slack):
    a, b, c = map(number, terms)
    antidifference = a * ITERATION**2 + b * ITERATION + c
    sign = 1 if relation == ">=" else -1
    term = a * (2 * ITERATION + 1) + b + sign * number(slack) * ITERATION
    conclusion = Differences().conclude(
        (),
        setting,
        term=term,
        relation=relation,
        antidifference=antidifference,
        lower=sympy.Integer(ends[0]),
        upper=sympy.Integer(ends[1]),
    )
    assert all_hold(conclusion)
    bound = conclusion.statement
    assert isinstance(bound, SumBound)
    true = sum(term.subs(ITERATION, k) for k in range(ends[0], ends[1] + 1))
    assert true >= bound.value if relation == ">=" else true <= bound.value


def test_a_difference_on_the_wrong_side_is_asked_for(setting):
    conclusion = Differences().conclude(
        (),
        setting,
        term=ITERATION + 2,
        relation="<=",
        antidifference=ITERATION,
        lower=ZERO,
        upper=sympy.Integer(3),
    )
    assert not all_hold(conclusion)


def bound_on_sum(term: sympy.Expr, lower: int, upper: int, relation: str) -> SumBound:
    """The sum itself, as the sharpest bound that a premise can give."""
    total = sum((term.subs(ITERATION, k) for k in range(lower, upper + 1)), ZERO)
    return SumBound(term, sympy.Integer(lower), sympy.Integer(upper), relation, total)


@given(
    multipliers=st.tuples(st.floats(-2, 2), st.floats(-2, 2)),
    slack=SHARES,
    relation=st.sampled_from(["<=", ">="]),
)
def test_sums_of_parts(setting, multipliers, slack, relation):
    first, second = map(number, multipliers)
    shapes = (1 / (ITERATION + 1), ONE / (ITERATION + 2) ** 2)
    sign = -1 if relation == "<=" else 1
    term = first * shapes[0] + second * shapes[1] + sign * number(slack)
    flip = {"<=": ">=", ">=": "<="}
    premises = tuple(
        bound_on_sum(shape, 0, 5, relation if m >= 0 else flip[relation])
        for shape, m in zip(shapes, (first, second), strict=True)
    )
    conclusion = SumOfParts().conclude(
        premises, setting, term=term, relation=relation, multipliers=(first, second)
    )
    assert all_hold(conclusion)
    bound = conclusion.statement
    assert isinstance(bound, SumBound)
    true = sum(term.subs(ITERATION, k) for k in range(6))
    assert true <= bound.value if relation == "<=" else true >= bound.value


def test_a_part_bounded_from_the_wrong_side_is_refused(setting):
    shape = ONE / (ITERATION + 1)
    conclusion = SumOfParts().conclude(
        (bound_on_sum(shape, 0, 5, ">="),),
        setting,
        term=shape,
        relation="<=",
        multipliers=(ONE,),
    )
    assert not all_hold(conclusion)


RATIOS = [
    (ONE, ONE, ZERO),
    (ITERATION / (ITERATION + 1), ITERATION + 1, ZERO),
    (ITERATION / (ITERATION + 2), (ITERATION + 1) * (ITERATION + 2), ZERO),
    (sympy.Rational(1, 2), 2 ** (ITERATION + 1), ZERO),
    (1 + 1 / (ITERATION + 1) ** 2, ONE, 1 / (ITERATION + 1) ** 2),
    (
        (ITERATION**2 + 3) / (ITERATION + 1) ** 2,
        (ITERATION + 1) ** 2,
        3 / ITERATION**2,
    ),
]
WEIGHTS = [ONE, 1 / (ITERATION + 1), ITERATION + sympy.Rational(1, 2)]
NOISES = [ZERO, ONE / (ITERATION + 1) ** 2, sympy.Rational(1, 3)]


def run(
    ratio: sympy.Expr,
    weight: sympy.Expr,
    noise: sympy.Expr,
    start: float,
    uses: list[float],
    drops: list[float],
    shift: int,
) -> tuple[list[float], list[float]]:
    """V with V[k+1] <= r*V[k] − A*q[k+shift] + B, and the q, each a share of what V can pay."""
    potentials, summands = [start], [0.0] * shift
    for k, (use, drop) in enumerate(zip(uses, drops, strict=True)):
        r, a, b = (float(e.subs(ITERATION, k)) for e in (ratio, weight, noise))
        can = r * potentials[-1] + b
        q = use * can / a
        summands.append(q)
        potentials.append((can - a * q) * drop)
    return potentials, summands


@given(
    start=SIZES,
    ratio=st.sampled_from(RATIOS),
    weight=st.sampled_from(WEIGHTS),
    noise=st.sampled_from(NOISES),
    uses=st.lists(SHARES, min_size=STEPS, max_size=STEPS),
    drops=st.lists(SHARES, min_size=STEPS, max_size=STEPS),
    ends=st.tuples(st.integers(0, 4), st.integers(0, 5)).filter(lambda e: e[0] <= e[1]),
    shift=st.sampled_from([0, 1]),
)
def test_weighted_recursions_bound_every_run(
    setting, start, ratio, weight, noise, uses, drops, ends, shift
):
    r, w, growth = ratio
    potentials, summands = run(r, weight, noise, start, uses, drops, shift)
    lower, upper = max(ends[0], shift), max(ends[1], shift)
    last = upper - shift
    terms = {
        shifted(GAP): ONE,
        GAP: -r,
        shifted(GRADIENT_SQUARED, shift): weight,
    }
    step = OneStep(affine(terms, -noise), "<=")
    sums: tuple[SumBound, ...] = ()
    if growth != 0:
        sums += (bound_on_sum(growth, 1, last, "<="),)
    if noise != 0:
        sums += (bound_on_sum(w * noise, 0, last, "<="),)
    arguments = {
        "potential": GAP,
        "summand": GRADIENT_SQUARED,
        "shift": shift,
        "weights": w,
        "growth": growth,
        "lower": sympy.Integer(lower),
        "upper": sympy.Integer(upper),
    }
    gained = bound_on_sum(w * weight, lower - shift, last, ">=")
    chosen = summands[lower : upper + 1]
    minimum = WeightedMinimum().conclude((step, *sums, gained), setting, **arguments)
    least = min(float((w * weight).subs(ITERATION, k)) for k in range(lower - shift, last + 1))
    total = WeightedSum().conclude(
        (step, *sums), setting, **arguments, least=sympy.Rational(Fraction(least))
    )
    for conclusion, value in ((minimum, min(chosen)), (total, sum(chosen))):
        assert all_hold(conclusion)
        assert value <= at_start(conclusion, start)
    if shift == 0:
        plain = OneStep(affine({shifted(GAP): ONE, GAP: -r}, -noise), "<=")
        end = WeightedLast().conclude(
            (plain, *sums),
            setting,
            potential=GAP,
            weights=w,
            growth=growth,
            index=sympy.Integer(last + 1),
        )
        assert all_hold(end)
        assert potentials[last + 1] <= at_start(end, start)


def at_start(conclusion: Conclusion, start: float) -> float:
    bound = conclusion.statement
    assert isinstance(bound, Bound)
    value = float(bound.bound.subs(START_GAP, start))
    return value + SLACK * (1 + abs(value))


def test_weights_that_grow_too_fast_are_asked_about(setting):
    step = OneStep(affine({shifted(GAP): ONE, GAP: -ONE}, ZERO), "<=")
    conclusion = WeightedLast().conclude(
        (step,),
        setting,
        potential=GAP,
        weights=ITERATION + 1,
        growth=ZERO,
        index=sympy.Integer(3),
    )
    assert not all_hold(conclusion)


def test_a_sum_of_other_terms_is_refused(setting):
    step = OneStep(affine({shifted(GAP): ONE, GAP: -ONE}, -ONE), "<=")
    with pytest.raises(NotApplicableError, match="other terms"):
        WeightedLast().conclude(
            (step, bound_on_sum(ONE / 2, 0, 2, "<=")),
            setting,
            potential=GAP,
            weights=ONE,
            growth=ZERO,
            index=sympy.Integer(3),
        )


def test_growth_needs_noise_of_one_sign(setting):
    step = OneStep(affine({shifted(GAP): ONE, GAP: -2 * ONE}, ONE), "<=")
    conclusion = WeightedLast().conclude(
        (step, bound_on_sum(ONE, 1, 2, "<="), bound_on_sum(-ONE, 0, 2, "<=")),
        setting,
        potential=GAP,
        weights=ONE,
        growth=ONE,
        index=sympy.Integer(3),
    )
    assert not all_hold(conclusion)


@given(
    start=SIZES,
    rate=st.floats(0.5, 4),
    noise=SIZES,
    drops=st.lists(SHARES, min_size=STEPS, max_size=STEPS),
    constant=st.floats(0, 8),
    begin=st.sampled_from([0, 1]),
    index=st.integers(0, STEPS - 1),
)
def test_induction_bounds_every_run(setting, start, rate, noise, drops, constant, begin, index):
    ratio, b = 1 - number(rate) / (ITERATION + 1), number(noise) / (ITERATION + 1) ** 2
    index = max(index, begin)
    shape = number(constant) / (ITERATION + 1 - begin)
    step = OneStep(affine({shifted(GAP): ONE, GAP: -ratio}, -b), "<=")
    conclusion = Induction().conclude(
        (step,),
        setting,
        potential=GAP,
        index=sympy.Integer(index),
        begin=begin,
        shape=shape,
    )
    here = {START_GAP: sympy.Rational(Fraction(start))}
    asked = [Relation(c.left.subs(here), c.sign, c.right.subs(here)) for c in conclusion.conditions]
    kept = [
        Implied(a.left, a.sign, a.right, c.premises) if isinstance(c, Implied) else a
        for a, c in zip(asked, conclusion.conditions, strict=True)
    ]
    if not all(map(holds, kept)):
        return
    potential = start
    for k in range(index):
        can = max(0.0, float(ratio.subs(ITERATION, k)) * potential + float(b.subs(ITERATION, k)))
        potential = can * drops[k]
    bound = conclusion.statement
    assert isinstance(bound, Bound)
    assert potential <= float(bound.bound) + SLACK * (1 + math.fabs(float(bound.bound)))


def test_a_growing_run_is_bounded_through_its_growth(setting):
    """V doubles: after three steps from 1 it is 8, which the weights alone do not see."""
    step = OneStep(affine({shifted(GAP): ONE, GAP: -2 * ONE}), "<=")
    conclusion = WeightedLast().conclude(
        (step, bound_on_sum(ONE, 1, 2, "<=")),
        setting,
        potential=GAP,
        weights=ONE,
        growth=ONE,
        index=sympy.Integer(3),
    )
    assert all_hold(conclusion)
    assert at_start(conclusion, 1.0) >= 8


def test_an_induction_that_does_not_step_is_asked_about(setting):
    """V = 1 for ever is not below 1/(k + 1), though it begins there."""
    step = OneStep(affine({shifted(GAP): ONE, GAP: -ONE}), "<=")
    conclusion = Induction().conclude(
        (step,),
        setting,
        potential=GAP,
        index=sympy.Integer(3),
        begin=0,
        shape=1 / (ITERATION + 1),
    )
    here = {START_GAP: ONE}
    assert not all(
        holds(Relation(c.left.subs(here), c.sign, c.right.subs(here)))
        for c in conclusion.conditions
    )
