"""The rules for steps that depend on the gradient's length, against true functions and runs."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
import sympy
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from theoryck.claims.reading import read_claim
from theoryck.derive.functional.accumulated import (
    DividedByRoot,
    RootBound,
    SolvedLogarithm,
    SolvedQuotient,
    SumByGrowth,
    SumOfGains,
    SumOfShortSteps,
)
from theoryck.derive.functional.levels import (
    LeastByGrowth,
    LeastByLine,
    LeastByTwoRegimes,
    LeastByValues,
    MeanByLine,
    MeanByTwoRegimes,
)
from theoryck.derive.functional.oracle import LENGTH
from theoryck.derive.functional.pieces import pieces, pieces_of
from theoryck.derive.functional.rules import (
    GeneralisedGain,
    SmoothGain,
    StepAlongGradient,
    bend_within,
)
from theoryck.derive.functional.statements import Decrease, GainSum
from theoryck.derive.relations import Implied, Relation
from theoryck.derive.rules.base import Conclusion, NotApplicableError, Rule
from theoryck.derive.setting import START_GAP, START_GRADIENT, Setting, setting_of
from theoryck.derive.statements import Bound
from theoryck.methods.base import method

ONE, TWO = sympy.Integer(1), sympy.Integer(2)


def claim_setting(step: str, *assumptions: str) -> Setting:
    return setting_of(
        read_claim(
            {
                "id": "claim",
                "parameters": {"N": "integer, N >= 1"},
                "method": step,
                "assumptions": list(assumptions),
                "measure": "min_over(k, 0, N - 1, norm(grad(x[k])))",
                "bound": "O(1)",
            }
        )
    )


def concluded(rule: Rule, *premises: Any, setting: Setting, **arguments: Any) -> Conclusion:
    return rule.conclude(premises, setting, **arguments)


def holds(relation: Relation, **values: float) -> bool:
    """A condition at one point, in floating point."""
    at = {LENGTH: values["s"]} if "s" in values else {}
    if isinstance(relation, Implied) and not all(holds(p, **values) for p in relation.premises):
        return True
    left, right = (float(side.subs(at)) for side in (relation.left, relation.right))
    tests = {"<=": left <= right, "<": left < right, ">=": left >= right, ">": left > right}
    tests |= {"==": left == right, "!=": left != right}
    return tests[relation.sign]


@pytest.mark.parametrize("reach", ["1/20", "1/3", "1", "3/2", "4"])
def test_the_bend_is_the_least_upper_bound_up_to_its_last_digit(reach: str) -> None:
    a, bend = float(Fraction(reach)), bend_within(sympy.Rational(reach))
    true = (math.exp(a) - 1 - a) / a**2
    assert true <= float(bend) <= true + 1.01e-4


@pytest.mark.parametrize("reach", [sympy.Integer(0), sympy.Integer(5), sympy.pi])
def test_the_bend_needs_a_small_rational_reach(reach: sympy.Expr) -> None:
    with pytest.raises(NotApplicableError):
        bend_within(reach)


# (L0, L1)-smooth on the line: |f''| <= L0 + L1*|f'|
EXAMPLES: dict[str, tuple[Callable[[float], float], Callable[[float], float], int, int]] = {
    "exp": (math.exp, math.exp, 0, 1),
    "cosh": (math.cosh, math.sinh, 1, 1),
    "exp(2x)": (lambda x: math.exp(2 * x), lambda x: 2 * math.exp(2 * x), 0, 2),
    "cos": (math.cos, lambda x: -math.sin(x), 1, 0),
}
STEPS = (
    "clipped_gd(step=1/2, threshold=1/2)",
    "clipped_gd(step=1/5, threshold=3)",
    "normalized_gd(step=1/2, offset=1)",
    "normalized_gd(step=1/3, offset=0)",
)


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("name", EXAMPLES)
@settings(max_examples=8)  # of each of the products
@given(x=st.floats(-3, 3), reach=st.sampled_from(["1/3", "1/2", "1", "2"]))
def test_the_gain_of_a_step_under_generalised_smoothness(step, name, x, reach):
    f, slope, base, growth = EXAMPLES[name]
    setting = claim_setting(step, f"l0_l1_smooth({base}, {growth})")
    taken = concluded(StepAlongGradient(), setting=setting).statement
    conclusion = concluded(GeneralisedGain(), taken, setting=setting, reach=sympy.Rational(reach))
    s = abs(slope(x))
    assume(s > 1e-6 and all(holds(c, s=s) for c in conclusion.conditions))
    assert isinstance(conclusion.statement, Decrease)
    h = float(taken.factor.subs(LENGTH, s))
    gain = float(conclusion.statement.gain.subs(LENGTH, s))
    assert f(x - h * slope(x)) <= f(x) - gain + 1e-9 * (1 + abs(f(x)))


def test_the_exponential_attains_the_gain_but_for_the_last_digit() -> None:
    setting = claim_setting("normalized_gd(step=1, offset=0)", "l0_l1_smooth(0, 1)")
    taken = concluded(StepAlongGradient(), setting=setting).statement
    gain = concluded(GeneralisedGain(), taken, setting=setting, reach=ONE).statement.gain
    # from x = 0 against its gradient: exp(1) is reached where the step goes uphill
    assert float(gain.subs(LENGTH, 1)) == pytest.approx(1 - (math.e - 2), abs=1e-4)


def run(start: float, slope: Callable[[float], float], step: Callable[..., float], n: int):
    """Gradients s[0..n] of a run, and its last point."""
    x, lengths = start, []
    for _ in range(n + 1):
        g = slope(x)
        lengths.append(abs(g))
        x -= step(abs(g), lengths) * g
    return lengths, x


def clip(s: float, _: list[float]) -> float:
    return 0.5 * min(1.0, 0.75 / s) if s else 0.0


@pytest.fixture(scope="module")
def clipped() -> tuple[Setting, sympy.Expr]:
    setting = claim_setting("clipped_gd(step=1/2, threshold=3/4)", "smooth(1)")
    taken = concluded(StepAlongGradient(), setting=setting).statement
    return setting, concluded(SmoothGain(), taken, setting=setting).statement.gain


@settings(max_examples=12)
@given(start=st.floats(-9, 9), n=st.integers(0, 9), lower=st.integers(0, 9))
def test_what_clipped_runs_gain_bounds_their_gradients(clipped, start, n, lower):
    """f(x) = x²/2 and 1 − cos(x): both are 1-smooth, with f* = 0."""
    setting, gain = clipped
    lower = min(lower, n)
    for f, slope in ((lambda x: x * x / 2, lambda x: x), (lambda x: 1 - math.cos(x), math.sin)):
        lengths, _ = run(start, slope, clip, n)
        total = sympy.Float(f(start))
        summed = GainSum(gain, sympy.Integer(n), total)
        spent = sum(float(summed.gain_at(sympy.Float(s))) for s in lengths)
        assert spent <= f(start) + 1e-9
        best = min(lengths[lower:]) ** 2
        mean = (sum(lengths[lower:]) / (n + 1 - lower)) ** 2
        first = sympy.Integer(lower)
        # gain >= 3/8*min(s², 3/4*s), and the line 9/32*s - 27/512 lies below both pieces
        two = {"rate": sympy.Rational(3, 8), "turn": sympy.Rational(3, 4), "lower": first}
        line = {"slope": sympy.Rational(9, 32), "depth": sympy.Rational(27, 512), "lower": first}
        for rule, arguments, value in (
            (LeastByTwoRegimes(), two, best),
            (LeastByLine(), line, best),
            (MeanByTwoRegimes(), two, mean),
            (MeanByLine(), line, mean),
        ):
            conclusion = concluded(rule, summed, setting=setting, **arguments)
            for s in (0.01, 0.375, 0.75, 0.8, 50.0):
                assert all(holds(c, s=s) for c in conclusion.conditions), (rule.name, s)
            assert isinstance(conclusion.statement, Bound)
            assert value <= float(conclusion.statement.bound) + 1e-9, rule.name


@settings(max_examples=15)
@given(
    lengths=st.lists(st.fractions(0, 4, max_denominator=9), min_size=1, max_size=6),
    radius=st.fractions(0, 4, max_denominator=9),
    slack=st.fractions(0, 1, max_denominator=4),
)
def test_no_run_of_gains_beats_the_claimed_level(clipped, lengths, radius, slack):
    setting, gain = clipped
    upper = sympy.Integer(len(lengths) - 1)

    def exact(value: Fraction) -> sympy.Rational:
        return sympy.Rational(value.numerator, value.denominator)

    without = GainSum(gain, upper, sympy.Integer(0))
    total = sum(without.gain_at(exact(s)) for s in lengths) + exact(slack)
    known = GainSum(gain, upper, total)
    for rule in (LeastByGrowth(), LeastByValues()):
        conclusion = concluded(
            rule, known, setting=setting, radius=exact(radius), lower=sympy.Integer(0)
        )
        grid = [radius + Fraction(1, 10**6), *(Fraction(n, 4) for n in range(1, 20))]
        if all(holds(c, s=float(s)) for c in conclusion.conditions for s in grid):
            assert min(lengths) <= radius + Fraction(1, 10**6)


@settings(max_examples=25)
@given(
    a=st.fractions(-3, 3, max_denominator=4),
    b=st.fractions(-3, 3, max_denominator=4),
)
def test_pieces_cover_and_agree(a, b):
    x, y = sympy.symbols("x y", real=True)
    whole = sympy.Max(x, y, 1) * sympy.Abs(x - y) + sympy.Piecewise((x, x < y), (2 * y, True))
    point = {x: sympy.Rational(a.numerator, a.denominator)}
    point[y] = sympy.Rational(b.numerator, b.denominator)

    def true(relation: Relation) -> bool:
        sides = (relation.left.subs(point), relation.right.subs(point))
        return bool(sympy.Rel(*sides, relation.sign))

    here = [p.value.subs(point) for p in pieces_of(whole) if all(map(true, p.where))]
    assert here
    assert set(here) == {whole.subs(point)}


def test_too_many_pieces_are_refused() -> None:
    many = sum(sympy.Abs(s) for s in sympy.symbols("a:f", real=True))
    with pytest.raises(NotApplicableError, match="cases"):
        pieces(many)


# sums of a[k]/sqrt(A[k]) and a[k]/A[k]: runs of AdaGrad-norm on 1-smooth functions


@method(start=lambda x: (x, Fraction(1, 4)))
def warm_adagrad_norm(state: Any, f: Any, *, step: Any) -> Any:
    """Q⁺ = Q + ‖g‖², x⁺ = x − step·g/√Q⁺, Q₀ = 1/4"""
    from theoryck.algebra import dot, ratio, sqrt

    x, total = state
    g = f.grad(x)
    total = total + dot(g, g)
    return x - step * ratio(1, sqrt(total)) * g, total


def accumulated(name: str, step: str, extra: dict[str, Any]) -> tuple[Setting, Any]:
    table = {
        "id": "claim",
        "parameters": {"N": "integer, N >= 1"},
        "method": f"{name}(step={step})",
        "assumptions": ["smooth(1)"],
        "measure": "min_over(k, 0, N - 1, norm(grad(x[k])))",
        "bound": "O(1)",
    }
    setting = setting_of(read_claim(table, **extra))
    return setting, concluded(DividedByRoot(), setting=setting).statement


@pytest.mark.parametrize("scale", ["1/10", "1", "4"])
@settings(max_examples=8)
@given(start=st.floats(1e-3, 9), n=st.integers(0, 12))
def test_adagrad_norm_from_nothing(scale, start, n):
    setting, step = accumulated("adagrad_norm", scale, {})
    eta = float(Fraction(scale))
    for f, slope in ((lambda x: x * x / 2, lambda x: x), (lambda x: 1 - math.cos(x), math.sin)):
        lengths, _ = run(
            start, slope, lambda s, seen: eta / math.sqrt(sum(t * t for t in seen)) if s else 0.0, n
        )
        squares = sum(s * s for s in lengths)
        known = concluded(SumOfGains(), step, setting=setting, upper=sympy.Integer(n)).statement
        assert isinstance(known, RootBound)
        at = {START_GAP: f(start), START_GRADIENT: lengths[0]}
        u = sympy.Symbol("u", positive=True)
        left = float(known.left.subs(u, math.sqrt(squares)).subs(at))
        assert left <= f(start) + 1e-9
        for share in ("1/2", "1/4", "9/10"):
            found = concluded(
                SolvedLogarithm(),
                known,
                setting=setting,
                share=sympy.Rational(share),
                lower=sympy.Integer(0),
            ).statement
            assert squares <= float(found.bound.subs(at)) * (1 + 1e-9) + 1e-12


@pytest.mark.parametrize("scale", ["1/10", "1/3", "2"])
def test_adagrad_norm_with_a_start_of_its_own(scale: str) -> None:
    from tests.laws.test_derive_functional_laws import warm_adagrad_norm as warm

    setting, step = accumulated("warm_adagrad_norm", scale, {"methods": {warm.name: warm}})
    eta = float(Fraction(scale))
    assert (step.scale, step.base) == (sympy.Rational(scale), sympy.Rational(1, 4))
    for start in (-7.0, -0.5, 0.2, 3.0):
        for f, slope in ((lambda x: x * x / 2, lambda x: x), (lambda x: 1 - math.cos(x), math.sin)):
            lengths, _ = run(
                start,
                slope,
                lambda s, seen: eta / math.sqrt(0.25 + sum(t * t for t in seen)),
                6,
            )
            squares = sum(s * s for s in lengths)
            at = {START_GAP: f(start)}
            rules: list[tuple[Rule, Rule, dict[str, Any]]] = [
                (SumOfGains(), SolvedLogarithm(), {"share": sympy.Rational(1, 2)})
            ]
            if eta < 1:  # the first step is shorter than 2/L
                rules.append((SumOfShortSteps(), SolvedQuotient(), {}))
            for sums, solved, arguments in rules:
                known = concluded(sums, step, setting=setting, upper=sympy.Integer(6)).statement
                found = concluded(
                    solved, known, setting=setting, lower=sympy.Integer(0), **arguments
                ).statement
                assert squares <= float(found.bound.subs(at)) * (1 + 1e-9)


def test_a_level_below_the_root_is_not_concluded() -> None:
    setting, step = accumulated("adagrad_norm", "1", {})
    known = concluded(SumOfGains(), step, setting=setting, upper=sympy.Integer(3)).statement
    at = {START_GAP: sympy.Integer(3), START_GRADIENT: sympy.Integer(1)}
    # u - 1/2 - log(u) = 3 near u = 5.14
    for level, expected in ((27, True), (26, False)):
        conclusion = concluded(
            SumByGrowth(),
            known,
            setting=setting,
            level=sympy.Integer(level),
            lower=sympy.Integer(0),
        )
        last = conclusion.conditions[-1]
        assert bool(last.left.subs(at) >= last.right.subs(at)) is expected
