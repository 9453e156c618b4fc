"""Potentials of methods with memory, on true functions and in brute-force recursions."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any

import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from theoryck.claims.reading import read_claim
from theoryck.derive.measure import read_measure
from theoryck.derive.momentum import memory_bounds
from theoryck.derive.momentum.ends import LastOfPotential, SumOfDrops
from theoryck.derive.momentum.state import memory_step
from theoryck.derive.momentum.statements import Dissipation, Level, Potential, Square
from theoryck.derive.proof import Workshop
from theoryck.derive.setting import ITERATION, START_GAP, Setting, setting_of
from theoryck.derive.statements import GAP, GRADIENT_SQUARED, shifted

TEXTBOOK = {
    "parameters": {"L": "L > 0", "N": "integer, N >= 1"},
    "method": "nesterov(step=1/L, momentum=(k - 1)/(k + 2))",
    "assumptions": ["convex", "smooth(L)"],
    "measure": "f(x[N]) - f_star",
    "bound": "2*L*norm(x[0] - x_star)**2/(N + 1)**2",
}
RATE = "(1 - sqrt(mu/L))**N*(f(x[0]) - f_star + mu/2*norm(x[0] - x_star)**2)"
CLAIMS: dict[str, dict[str, Any]] = {
    "nesterov": TEXTBOOK,
    "growing from nothing": {**TEXTBOOK, "method": "nesterov(step=1/L, momentum=k/(k + 3))"},
    "strongly convex": {
        **TEXTBOOK,
        "parameters": {"L": "L > 0", "mu": "0 < mu < L", "N": "integer, N >= 1"},
        "method": "nesterov(step=1/L, momentum=(1 - sqrt(mu/L))/(1 + sqrt(mu/L)))",
        "assumptions": ["strongly_convex(mu)", "smooth(L)"],
        "bound": RATE,
    },
    "heavy ball": {
        **TEXTBOOK,
        "method": "heavy_ball(step=1/(2*L), momentum=1/3)",
        "measure": "f(mean_over(k, 0, N, x[k])) - f_star",
        "bound": "L*norm(x[0] - x_star)**2/(N + 1)",
    },
    "not convex": {
        **TEXTBOOK,
        "method": "heavy_ball(step=1/L, momentum=1/3)",
        "assumptions": ["smooth(L)"],
        "measure": "min_over(k, 0, N, norm(grad(x[k]))**2)",
        "bound": "10*L*(f(x[0]) - f_star)/(N + 1)",
    },
    "momentum form": {
        **TEXTBOOK,
        "method": "momentum_sgd(step=1/(2*L), momentum=1/3)",
        "assumptions": ["smooth(L)"],
        "measure": "min_over(k, 0, N, norm(grad(x[k]))**2)",
        "bound": "10*L*(f(x[0]) - f_star)/(N + 1)",
    },
}
VALUES = {"L": Fraction(4), "mu": Fraction(1), "N": Fraction(3)}
SHARES = st.fractions(min_value=0, max_value=1, max_denominator=12)
NUMBERS = st.fractions(min_value=-5, max_value=5, max_denominator=6)


@dataclass(frozen=True)
class Curved:
    """f with curvature ``steep`` within ``width`` of x* = 0, and ``flat`` beyond; f* = 0."""

    steep: Fraction
    flat: Fraction
    width: Fraction

    def grad(self, x: Fraction) -> Fraction:
        within = max(-self.width, min(self.width, x))
        return self.steep * within + self.flat * (x - within)

    def value(self, x: Fraction) -> Fraction:
        within = max(-self.width, min(self.width, x))
        rest = x - within
        return self.steep * within**2 / 2 + self.steep * within * rest + self.flat * rest**2 / 2


@st.composite
def functions(draw: st.DrawFn, name: str) -> Curved:
    """Functions of the claim's class, at L = 4 and mu = 1."""
    least = {"strongly convex": Fraction(1), "not convex": Fraction(-4)}.get(name, Fraction(0))
    steep, flat = (least + draw(SHARES) * (4 - least) for _ in range(2))
    return Curved(steep, flat, abs(draw(NUMBERS)))


@cache
def setting(name: str) -> Setting:
    return setting_of(read_claim({"id": "law", **CLAIMS[name]}))


@cache
def found(name: str) -> tuple[Dissipation, ...]:
    """What the search says of V[k+1] and V[k], for the first bounds that it comes to."""
    workshop = Workshop(setting(name), time.monotonic() + 60)
    target, _ = read_measure(setting(name), stochastic=False)
    bounds = memory_bounds(workshop, target)
    numbers = [number for number, _ in zip(bounds, range(3), strict=False)]
    steps = [step for n in numbers for step in workshop.derivation(n).steps]
    return tuple(s.statement for s in steps if isinstance(s.statement, Dissipation))


@cache
def at(expr: sympy.Expr, k: int) -> Fraction:
    known = {s: VALUES.get(s.name, Fraction(k)) for s in expr.free_symbols}
    exact = sympy.nsimplify(expr.subs({s: sympy.Rational(v) for s, v in known.items()}))
    return Fraction(int(exact.p), int(exact.q))


def valued(potential: Potential, f: Curved, state: tuple[Fraction, ...], k: int) -> Fraction:
    """V[k] at a state, x* being 0."""
    total = Fraction(0)
    for term in potential.terms:
        point = sum((at(c, k) * e for c, e in zip(term.direction, state, strict=True)), Fraction())
        weight = at(term.weight, k)
        total += weight * (f.value(point) if isinstance(term, Level) else point**2)
    return total


@pytest.mark.parametrize("name", CLAIMS)
def test_potentials_shrink_from_any_state(name: str) -> None:
    assert found(name)
    method = setting(name).claim.method

    @settings(max_examples=40)
    @given(functions(name), st.tuples(NUMBERS, NUMBERS), st.integers(0, 3))
    def law(f: Curved, state: tuple[Fraction, Fraction], k: int) -> None:
        given_values = {
            "nesterov": {"momentum": Fraction(k - 1, k + 2)},
            "growing from nothing": {"momentum": Fraction(k, k + 3)},
        }.get(name, {"momentum": Fraction(1, 3)})
        half = name in ("heavy ball", "momentum form")
        given_values["step"] = Fraction(1, 8) if half else Fraction(1, 4)
        oracle = type("Exact", (), {"grad": f.grad, "sample_grad": lambda x, batch: f.grad(x)})
        after = method.method.update(state, oracle, **given_values)
        seen = {
            GAP: f.value(state[0]),
            shifted(GAP): f.value(after[0]),
            GRADIENT_SQUARED: f.grad(state[0]) ** 2,
        }
        for statement in found(name):
            right = at(statement.ratio, k) * valued(statement.potential, f, state, k)
            left = valued(statement.potential, f, after, k + 1)
            left += sum(at(c, k) * seen[q] for q, c in statement.drops)
            assert left <= right

    law()


Numeric = tuple[Fraction, dict[Any, Fraction], dict[Any, Fraction]]


@cache
def numeric(name: str, k: int) -> tuple[dict[str, Numeric], dict[str, dict[Any, Fraction]]]:
    """The inequalities, and the points of the step, with numbers for the parameters."""
    step = memory_step(setting(name))
    numbers = step.numbers
    values = {s: VALUES.get(s.name, Fraction(0)) for s in setting(name).domain.symbols.values()}
    roots = {r.unknown: Fraction(int(values[r.parameter] ** Fraction(1, 2))) for r in numbers.roots}
    point = {**values, **roots, ITERATION: Fraction(k)}

    def number(value: Any) -> Fraction:
        return numbers.at(numbers.coerce(value), point)

    def mapped(coefficients: Mapping[Any, Any]) -> dict[Any, Fraction]:
        return {key: number(c) for key, c in coefficients.items()}

    forms = {known.name: known.form() for known in step.inequalities.values()}
    evaluations = {e.label: mapped(e.point.coefficients) for e in step.trace.evaluations}
    return {
        key: (number(form.constant), mapped(form.linear), mapped(form.quadratic))
        for key, form in forms.items()
    }, evaluations


def named(coefficients: Mapping[Any, Fraction]) -> dict[Any, Fraction]:
    """The same over the names of leaves, which all traces of one claim share."""
    return {
        tuple(leaf.name for leaf in key) if isinstance(key, tuple) else key.name: c
        for key, c in coefficients.items()
    }


@pytest.mark.parametrize("name", ["nesterov", "strongly convex", "not convex"])
def test_the_inequalities_hold_on_true_functions(name: str) -> None:
    @settings(max_examples=40)
    @given(functions(name), st.tuples(NUMBERS, NUMBERS), st.integers(0, 2))
    def law(f: Curved, state: tuple[Fraction, Fraction], k: int) -> None:
        inequalities, points = numeric(name, k)
        leaves = {"x_star": Fraction(0), "f_star": Fraction(0)}
        leaves |= {"d": state[0], "memory1": state[1]}
        for label, coefficients in points.items():  # each uses the gradients of earlier ones
            x = sum((c * leaves[v] for v, c in named(coefficients).items()), Fraction(0))
            leaves |= {f"g{label[1:]}": f.grad(x), f"h{label[1:]}": f.value(x)}
        for key, (constant, linear, quadratic) in inequalities.items():
            total = constant + sum(c * leaves[v] for v, c in named(linear).items())
            total += sum(c * leaves[u] * leaves[v] for (u, v), c in named(quadratic).items())
            # a function of negative curvature is not bounded below
            assert total >= 0 or (name == "not convex" and key.startswith("optimum")), key

    law()


RATIOS = st.fractions(min_value=0, max_value=2, max_denominator=7)
AMOUNTS = st.fractions(min_value=Fraction(1, 5), max_value=4, max_denominator=5)


def stated(held: Fraction, drop: Fraction, ratio: Fraction, noise: Fraction, shift: int) -> Any:
    """held*q[k+1] + drop*q[k+shift] <= ratio*held*q[k] + noise."""
    one, zero = sympy.Integer(1), sympy.Integer(0)
    potential = Potential((Level(sympy.Rational(held), (one, zero)),))
    drops = ((shifted(GAP, shift), sympy.Rational(drop)),)
    return Dissipation(
        potential,
        sympy.Rational(ratio),
        drops,
        sympy.Rational(noise),
        expected=False,
        names=("x[k]", "x[k-1]"),
        points=(1, 1),
    )


@given(AMOUNTS, AMOUNTS, RATIOS, AMOUNTS, AMOUNTS, st.integers(1, 6))
def test_the_last_one_is_below_the_induction(
    held: Fraction, drop: Fraction, ratio: Fraction, noise: Fraction, start: Fraction, count: int
) -> None:
    premise = stated(held, drop, ratio, noise, shift=1)
    index = sympy.Integer(count)
    conclusion = LastOfPotential().conclude(
        (premise,), setting("nesterov"), quantity=GAP, index=index, lag=0
    )
    largest = start
    for _ in range(count):  # the largest values that the premise allows
        largest = (ratio * held * largest + noise) / (held + drop)
    bound = conclusion.statement.bound.subs(START_GAP, sympy.Rational(start))
    assert sympy.Rational(largest) <= bound
    if count == 1:
        assert sympy.Rational(largest) == bound


@given(AMOUNTS, AMOUNTS, AMOUNTS, AMOUNTS, st.integers(1, 6), st.sampled_from([0, 1]))
def test_the_sum_is_below_what_the_potential_loses(
    held: Fraction, drop: Fraction, noise: Fraction, start: Fraction, upper: int, shift: int
) -> None:
    premise = stated(held, drop, Fraction(1), noise, shift)
    conclusion = SumOfDrops().conclude(
        (premise,),
        setting("nesterov"),
        quantity=GAP,
        shift=shift,
        lower=sympy.Integer(shift),
        upper=sympy.Integer(upper),
    )
    values = [start]
    for _ in range(upper + 1 - shift):  # the largest values that the premise allows
        here = values[-1]
        ahead = held * here + noise - (0 if shift else drop * here)
        values.append(max(Fraction(0), ahead / (held + (drop if shift else 0))))
    bound = conclusion.statement.bound.subs(START_GAP, sympy.Rational(start))
    if all(v > 0 for v in values):
        assert sympy.Rational(sum(values[shift : upper + 1])) <= bound


def test_squares_of_a_first_state_are_known() -> None:
    statement = next(s for s in found("nesterov") if s.potential.terms)
    assert any(isinstance(term, Square) for term in statement.potential.terms)
