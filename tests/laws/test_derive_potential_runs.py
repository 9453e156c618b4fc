"""Proved potentials along exact runs: they never grow, and equal their start on extremal runs."""

from __future__ import annotations

import time
from fractions import Fraction
from functools import cache
from itertools import pairwise

import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from theoryck.claims.reading import read_claim
from theoryck.derive.measure import read_measure
from theoryck.derive.potentials import potential_bounds
from theoryck.derive.potentials.linear import sole_solution
from theoryck.derive.potentials.rules import PotentialBound
from theoryck.derive.proof import Workshop
from theoryck.derive.setting import ITERATION, setting_of
from theoryck.derive.statements import DISTANCE_SQUARED, GAP, GRADIENT_SQUARED, OneStep

STEPS = 6
SHARES = st.fractions(min_value=0, max_value=3, max_denominator=8)
CLAIMS = {
    "convex": {"assumptions": ["convex", "smooth(L)"], "parameters": {"L": "L > 0"}},
    "strongly convex": {
        "assumptions": ["strongly_convex(mu)", "smooth(L)"],
        "parameters": {"L": "L > 0", "mu": "0 < mu < L"},
    },
}


@cache
def potential(name: str) -> dict[str, sympy.Expr]:
    """The coefficients of V[k] in the proof about f(x[N]) − f* from ‖x[0] − x*‖."""
    claim = CLAIMS[name]
    parameters = {**claim["parameters"], "N": "integer, N >= 1", "R": "R > 0"}
    table = {
        "id": "gd",
        **claim,
        "parameters": parameters,
        "method": "gradient_descent(step=1/L)",
        "initial": "norm(x[0] - x_star)**2 <= R**2",
        "measure": "f(x[N]) - f_star",
        "bound": "L*R**2/2",
    }
    setting = setting_of(read_claim(table))
    workshop = Workshop(setting, time.monotonic() + 60)
    target, _ = read_measure(setting, stochastic=False)
    numbers = potential_bounds(workshop, target)
    steps = next(
        workshop.derivation(n).steps
        for n in numbers
        if isinstance(workshop.steps[n - 1].rule, PotentialBound)
    )
    link = steps[0].statement
    assert isinstance(link, OneStep)
    return {str(q): -link.form[q] for q in (GAP, DISTANCE_SQUARED, GRADIENT_SQUARED)}


def values_along(
    name: str, mu: Fraction, slope: Fraction, kink: Fraction, start: Fraction
) -> list[Fraction]:
    """V[k] along gradient descent with step 1 on a Huber-like function of curvatures mu and 1.

    f'(x) = x up to the kink and mu·x + slope beyond, with slope = (1 − mu)·kink.
    """
    symbols = {s.name: s for c in potential(name).values() for s in c.free_symbols}
    known = {symbols[n]: v for n, v in (("L", 1), ("mu", sympy.Rational(mu))) if n in symbols}
    x, values = start, []
    for k in range(STEPS):
        inside = abs(x) <= kink
        gradient = x if inside else mu * x + slope
        gap = x * x / 2 if inside else mu * x * x / 2 + slope * x - slope * kink / 2
        observed = {str(GAP): gap, str(DISTANCE_SQUARED): x * x, str(GRADIENT_SQUARED): gradient**2}
        total = Fraction(0)
        for quantity, coefficient in potential(name).items():
            number = sympy.Rational(coefficient.subs(ITERATION, k).subs(known))
            total += Fraction(int(number.p), int(number.q)) * observed[quantity]
        values.append(total)
        x = x - gradient
    return values


def moduli(name: str) -> st.SearchStrategy[Fraction]:
    """Strong convexity as the class allows it."""
    if name == "convex":
        return st.fractions(min_value=0, max_value=1, max_denominator=6)
    return st.fractions(min_value=Fraction(1, 8), max_value=Fraction(7, 8), max_denominator=8)


@pytest.mark.parametrize("name", CLAIMS)
@given(data=st.data())
def test_potentials_never_grow_along_runs(name: str, data: st.DataObject) -> None:
    mu = Fraction(0) if name == "convex" else data.draw(moduli(name))
    kink, start = data.draw(SHARES), data.draw(SHARES)
    values = values_along(name, mu, (1 - mu) * kink, kink, start)
    assert all(later <= earlier for earlier, later in pairwise(values))


@pytest.mark.parametrize("name", CLAIMS)
@given(data=st.data())
def test_potentials_stay_on_the_far_side_of_a_huber_function(
    name: str, data: st.DataObject
) -> None:
    mu = Fraction(0) if name == "convex" else data.draw(moduli(name))
    start = Fraction(100_000_000)  # so far that every iterate stays beyond the kink at 1
    values = values_along(name, mu, 1 - mu, Fraction(1), start)
    assert values == [values[0]] * STEPS


@given(
    st.lists(st.lists(st.fractions(max_denominator=5), min_size=2, max_size=2), min_size=2),
    st.lists(st.fractions(max_denominator=5), min_size=2, max_size=2),
)
def test_a_sole_solution_is_found_and_nothing_else(
    rows: list[list[Fraction]], x: list[Fraction]
) -> None:
    right = [row[0] * x[0] + row[1] * x[1] for row in rows]
    found = sole_solution(rows, right, Fraction(0))
    independent = any(a[0] * b[1] != a[1] * b[0] for a in rows for b in rows)
    assert found == (x if independent else None)
    if independent:
        assert sole_solution([*rows, rows[0]], [*right, right[0] + 1], Fraction(0)) is None
