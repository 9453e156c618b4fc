"""Every inequality that an assumption gives must hold on every function that meets it.

Methods are run exactly (rationals) on functions whose membership is known, the noise on a finite
set of outcomes, and each slack of the traced problem is evaluated at that run. A slack that is
negative would let the kernel prove something false.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from theoryck.algebra import Coordinates, Leaf, Trace, dot, place
from theoryck.assumptions import ASSUMPTIONS
from theoryck.assumptions.conditions import (
    Assumed,
    function_slacks,
    interpolation_slacks,
    noise_slacks,
    sufficient_curvature,
)
from theoryck.methods import METHODS


def assume(name: str, values: dict) -> Assumed:
    return Assumed(ASSUMPTIONS[name], values)


small = st.fractions(min_value=-3, max_value=3, max_denominator=8)
positive = st.fractions(min_value=Fraction(1, 8), max_value=3, max_denominator=8)


@dataclass(frozen=True)
class Function:
    """A function on R^d with minimiser 0 and minimum 0, coordinate by coordinate."""

    value: Callable[[Fraction], Fraction]
    slope: Callable[[Fraction], Fraction]


def parabola(c: Fraction) -> Function:
    return Function(lambda t: c * t * t / 2, lambda t: c * t)


def huber(c: Fraction, knee: Fraction) -> Function:
    """Curvature c up to the knee, linear beyond: convex and c-smooth."""
    return Function(
        lambda t: c * t * t / 2 if abs(t) <= knee else c * knee * (abs(t) - knee / 2),
        lambda t: c * max(-knee, min(knee, t)),
    )


def absolute(g: Fraction) -> Function:
    """g·|t|: convex and g-Lipschitz, with the subgradient 0 at 0."""
    return Function(lambda t: g * abs(t), lambda t: g * ((t > 0) - (t < 0)))


def bump(c: Fraction) -> Function:
    """Smooth, not convex: curvature c near 0, −c between 1 and 2, flat beyond."""

    def slope(t: Fraction) -> Fraction:
        s = abs(t)
        size = c * s if s <= 1 else max(c * (2 - s), Fraction(0))
        return size if t >= 0 else -size

    def value(t: Fraction) -> Fraction:
        s = abs(t)
        if s <= 1:
            return c * s * s / 2
        return c - c * (2 - s) ** 2 / 2 if s <= 2 else c

    return Function(value, slope)


def leaf_values(
    trace: Trace, functions: list[Function], start: list[Fraction], noise: dict[str, Coordinates]
) -> dict[Leaf, object]:
    """The values that the leaves of a trace take on a run: noise given, the rest follows."""
    zero = Coordinates(tuple(Fraction(0) for _ in start))
    values: dict[Leaf, object] = dict.fromkeys(trace.vectors, zero)
    values |= {leaf: Fraction(0) for leaf in trace.scalars}
    (d,) = (trace.start - trace.x_star).coefficients
    values[d] = Coordinates(tuple(start))
    for leaf in trace.vectors:
        if leaf.name in noise:
            values[leaf] = noise[leaf.name]
    for e in trace.evaluations:
        x = place(e.point, values, zero)
        (g,) = e.gradient.coefficients
        values[g] = Coordinates(
            tuple(f.slope(t) for f, t in zip(functions, x.entries, strict=True))
        )
        (h,) = (leaf for leaf in e.value.linear if leaf.name != "f_star")
        values[h] = sum(f.value(t) for f, t in zip(functions, x.entries, strict=True))
    return values


def traced(name: str, arguments: dict[str, Fraction], horizon: int) -> Trace:
    trace = Trace()
    method = METHODS[name]
    state = method.first_state(trace.start)
    for k in range(horizon):
        state = method.step(state, trace, Fraction(k), arguments)
    trace.grad(method.iterate(state))
    return trace


METHODS_UNDER_TEST = (
    ("gradient_descent", {"step": Fraction(3, 7)}),
    ("heavy_ball", {"step": Fraction(1, 3), "momentum": Fraction(1, 2)}),
    ("nesterov", {"step": Fraction(1, 2), "momentum": Fraction(2, 3)}),
)

CLASSES = {
    "convex smooth": (
        lambda c, t: [huber(c, t), parabola(c / 2)],
        lambda c: [assume("convex", {}), assume("smooth", {"L": c})],
    ),
    "strongly convex smooth": (
        lambda c, t: [parabola(c), parabola(c / 3)],
        lambda c: [assume("strongly_convex", {"mu": c / 3}), assume("smooth", {"L": c})],
    ),
    "strongly convex with mu = L": (
        lambda c, t: [parabola(c), parabola(c)],
        lambda c: [assume("strongly_convex", {"mu": c}), assume("smooth", {"L": c})],
    ),
    "smooth": (
        lambda c, t: [bump(c), huber(c, t)],
        lambda c: [assume("smooth", {"L": c})],
    ),
    "weakly convex smooth": (
        lambda c, t: [bump(c), parabola(c)],
        lambda c: [assume("weakly_convex", {"rho": c}), assume("smooth", {"L": c})],
    ),
    "convex Lipschitz": (
        lambda c, t: [absolute(c)],
        lambda c: [assume("convex", {}), assume("lipschitz", {"G": c})],
    ),
    "PL, error bound, KL": (
        lambda c, t: [parabola(c), parabola(c / 4)],
        lambda c: [
            assume("smooth", {"L": c}),
            assume("pl", {"mu": c / 4}),
            assume("error_bound", {"delta": c / 2}),
            assume("kl", {"alpha": Fraction(1, 2), "c": Fraction(1, 4)}),
        ],
    ),
}


def named(problem: Iterator, values: dict) -> Iterator[tuple[str, Fraction, bool]]:
    for slack in problem:
        yield slack.name, slack.form().evaluate(values, dot), slack.equality


@pytest.mark.parametrize("method", METHODS_UNDER_TEST, ids=lambda m: m[0])
@pytest.mark.parametrize("name", CLASSES)
@given(c=positive, knee=positive, start=st.tuples(small, small))
def test_function_inequalities_hold_on_the_class(
    name: str, method: tuple, c: Fraction, knee: Fraction, start: tuple
) -> None:
    make, conditions = CLASSES[name]
    functions = make(c, knee)
    trace = traced(method[0], method[1], 3)
    values = leaf_values(trace, functions, list(start[: len(functions)]), {})
    assumed = conditions(c)
    for minimiser in (True, False):
        for label, value, equality in named(
            function_slacks(assumed, trace, minimiser=minimiser), values
        ):
            assert value == 0 if equality else value >= 0, (label, value)


@pytest.mark.parametrize("name", [n for n in CLASSES if n != "PL, error bound, KL"])
@given(c=positive, knee=positive, start=st.tuples(small, small))
def test_interpolation_conditions_are_necessary(
    name: str, c: Fraction, knee: Fraction, start: tuple
) -> None:
    """On the class itself the sufficient conditions are necessary too."""
    make, conditions = CLASSES[name]
    functions = make(c, knee)
    trace = traced("gradient_descent", {"step": Fraction(3, 7)}, 2)
    values = leaf_values(trace, functions, list(start[: len(functions)]), {})
    assumed = conditions(c)
    bounds = sufficient_curvature(assumed, trace.numbers)
    assert bounds is not None
    for label, value, _ in named(interpolation_slacks(bounds, trace), values):
        assert value >= 0, (label, value)


@given(c=positive, start=small, size=small)
def test_noise_inequalities_hold_in_expectation(
    c: Fraction, start: Fraction, size: Fraction
) -> None:
    """Two fair outcomes ±s a draw: unbiased, variance s²; the expected slacks are exact means."""
    horizon = 3
    trace = Trace()
    state = trace.start
    sgd = METHODS["sgd"]
    for k in range(horizon):
        arguments = {"step": Fraction(2, 5), "batch": Fraction(1)}
        state = sgd.step(state, trace, Fraction(k), arguments)
    trace.grad(state)
    functions = [huber(c, Fraction(1))]
    runs = []
    for signs in product((-1, 1), repeat=horizon):
        noise = {f"e{i}": Coordinates((sign * size,)) for i, sign in enumerate(signs)}
        runs.append(leaf_values(trace, functions, [start], noise))
    moment = (abs(size) + c) ** 2
    assumed = [
        assume("unbiased", {}),
        assume("bounded_variance", {"sigma": size}),
        assume("bounded_second_moment", {"G": abs(size) + c}),
    ]
    assert moment >= 0
    seen = 0
    for slack in noise_slacks(assumed, trace):
        form = slack.form()
        mean = sum(form.evaluate(values, dot) for values in runs) / len(runs)
        assert mean == 0 if slack.equality else mean >= 0, slack.name
        seen += 1
    assert seen > 3 * horizon


@given(c=positive, start=small)
def test_strong_growth_holds_for_multiplicative_noise(c: Fraction, start: Fraction) -> None:
    """g = (1 ± 1)·∇f: unbiased, with E‖g‖² = 2‖∇f‖²."""
    trace = Trace()
    sgd = METHODS["sgd"]
    sgd.step(trace.start, trace, Fraction(0), {"step": Fraction(1), "batch": Fraction(1)})
    assumed = [assume("unbiased", {}), assume("strong_growth", {"rho": Fraction(2)})]
    runs = []
    for sign in (-1, 1):
        noise = {"e0": Coordinates((sign * c * start,))}
        runs.append(leaf_values(trace, [parabola(c)], [start], noise))
    for slack in noise_slacks(assumed, trace):
        mean = sum(slack.form().evaluate(values, dot) for values in runs) / 2
        assert mean == 0 if slack.equality else mean >= 0, slack.name


def test_without_unbiasedness_nothing_is_independent() -> None:
    trace = Trace()
    METHODS["sgd"].step(trace.start, trace, Fraction(0), {"step": Fraction(1), "batch": 1})
    names = [s.name for s in noise_slacks([assume("bounded_variance", {"sigma": 1})], trace)]
    assert names == ["bounded_variance(e0)"]


def test_a_finite_sum_loses_what_means_do_not_keep() -> None:
    """Each term PL does not make the mean PL, so no PL inequality may be used for f."""
    trace = Trace()
    trace.grad(trace.start)
    assumed = [
        assume("finite_sum", {"n": Fraction(3)}),
        assume("smooth", {"L": Fraction(1)}),
        assume("pl", {"mu": Fraction(1, 2)}),
    ]
    names = {s.name for s in function_slacks(assumed, trace, minimiser=True)}
    assert "pl(y0)" not in names
    assert "curvature(y0,x_star)" in names
