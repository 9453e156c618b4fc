"""Links of a chain of potentials are the steps of the method; what a chain proves is true."""

from __future__ import annotations

import time
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from theoryck.algebra import Coordinates, Oracle
from theoryck.certificates import verify
from theoryck.certificates.links import Chain, Local, Potential, links
from theoryck.certificates.problem import step_arguments
from theoryck.claims import read_claim
from theoryck.claims.arithmetic import Rationals, to_fraction
from theoryck.claims.claim import RateClaim
from theoryck.pep import examine
from theoryck.pep.chains import ChainAnswer, examine_chain

PATIENCE = 60.0
SMOOTH = ["convex", "smooth(L)"]
START = "norm(x[0] - x_star)**2 <= R**2"


def claim(at: dict[str, Any] | None = None, **changes: Any) -> RateClaim:
    table = {
        "id": "chain",
        "parameters": {"L": "L > 0", "R": "R > 0", "N": "integer, N >= 0"},
        "method": "gradient_descent(step=1/L)",
        "assumptions": SMOOTH,
        "initial": START,
        "measure": "f(x[N]) - f_star",
        "bound": "L*R**2/(4*N + 2)",
        "at": [at or {"L": 1, "R": 1, "N": 4}],
        **changes,
    }
    found = read_claim(table)
    assert isinstance(found, RateClaim)
    return found


def chain(which: RateClaim) -> Chain:
    return links(which, which.at[0], Rationals())


class Parabola(Oracle):
    """(curvature/2)‖x‖² with exact answers; its stochastic gradients have no noise."""

    def __init__(self, curvature: Fraction) -> None:
        self.curvature = curvature

    def grad(self, x: Any) -> Any:
        return x * self.curvature

    def sample_grad(self, x: Any, *, batch: int = 1) -> Any:
        return self.grad(x)

    def prox(self, x: Any, step: Any) -> Any:
        return x / (1 + step * self.curvature)


METHODS = {
    "gradient_descent(step=1/L)": SMOOTH,
    "gradient_descent(step=1/(L*(k + 1)))": SMOOTH,
    "heavy_ball(step=1/(2*L), momentum=1/4)": SMOOTH,
    "nesterov(step=1/L, momentum=k/(k + 3))": SMOOTH,
    "momentum_sgd(step=1/(4*L), momentum=1/2)": [*SMOOTH, "unbiased", "bounded_variance(1)"],
    "proximal_point(step=1/L)": ["convex"],
}


def leaf_values(local: Local, state: tuple[Coordinates, ...], oracle: Parabola) -> dict[Any, Any]:
    """What the leaves of a link are on a parabola with x* = 0, without noise."""
    trace, zero = local.trace, state[0] * 0
    values: dict[Any, Any] = dict.fromkeys(trace.vectors, zero)
    values |= {leaf: Fraction(0) for leaf in trace.scalars}
    placed = iter(state)
    for leaf in trace.vectors:
        if leaf.name.startswith("state"):
            values[leaf] = next(placed)
        elif leaf.name == "d":
            values[leaf] = state[0]
    for evaluation in trace.evaluations:
        (own,) = evaluation.gradient.coefficients
        inside = to_fraction(evaluation.point.coefficients.get(own, 0))
        rest = at_point(evaluation.point, values)
        point = rest / (1 - inside * oracle.curvature)
        values[own] = oracle.grad(point)
        (height,) = [leaf for leaf in evaluation.value.linear if leaf.name != "f_star"]
        values[height] = oracle.curvature / 2 * point.dot(point)
    return values


def at_point(point: Any, values: dict[Any, Any]) -> Coordinates:
    total = next(v for v in values.values() if isinstance(v, Coordinates)) * 0
    for leaf, coefficient in point.coefficients.items():
        total = total + values[leaf] * to_fraction(coefficient)
    return total


def at_form(form: Any, values: dict[Any, Any]) -> Fraction:
    total = to_fraction(form.constant)
    for leaf, coefficient in form.linear.items():
        total += to_fraction(coefficient) * values[leaf]
    for (u, v), coefficient in form.quadratic.items():
        total += to_fraction(coefficient) * values[u].dot(values[v])
    return total


@pytest.mark.parametrize("method", METHODS)
@given(
    curvature=st.fractions(min_value=0, max_value=1, max_denominator=8),
    start=st.lists(st.integers(-5, 5), min_size=2, max_size=2).filter(any),
)
@settings(max_examples=8, deadline=None)
def test_links_are_the_steps_of_a_run(method: str, curvature: Fraction, start: list[int]) -> None:
    which = claim(
        {"L": 1, "R": 1, "N": 3},
        method=method,
        assumptions=METHODS[method],
        measure="E(mean_over(k, 1, N, f(x[k]) - f_star))",
    )
    made, oracle, use = chain(which), Parabola(curvature), which.method
    state = use.method.first_state(Coordinates(tuple(Fraction(s) for s in start)))
    total, heights = Fraction(0), []
    for k in range(made.length + 1):
        entries = state if isinstance(state, tuple) else (state,)
        x = entries[0]
        heights.append(curvature / 2 * x.dot(x))
        here = made.link(k) if k < made.length else made.end
        values = leaf_values(here, entries, oracle)
        index = made.numbers.integer(k)
        if made.measured.stands_at(index):
            paid = (
                made.quantity(index, here) if k < made.length else made.last_quantity(index, here)
            )
            total += at_form(paid, values)
        for slack in here.slacks():
            value = at_form(slack.form(), values)
            assert value == 0 if slack.equality else value >= 0, slack.name
        if k == made.length:
            break
        assert at_form(here.before.values["h"], values) == heights[k]
        arguments = {
            name: to_fraction(value)
            for name, value in step_arguments(use, index, made.parameters, made.numbers).items()
        }
        state = use.method.step(state, oracle, k, arguments)
        following = state if isinstance(state, tuple) else (state,)
        for place, entry in enumerate(following):
            assert at_point(here.after.vectors[f"s{place}"], values) == entry
        assert at_form(here.after.values["h"], values) == curvature / 2 * following[0].dot(
            following[0]
        )
    assert total == sum(heights[1:]) / made.length


def test_a_potential_is_the_form_that_it_says() -> None:
    link = chain(claim()).link(0)
    two, half = Rationals().integer(2), Rationals().rational(Fraction(1, 2))
    form = Potential({"h": two}, {("s0", "s0"): half, ("s0", "g"): two}, half).at(
        link.before, link.trace
    )
    values = leaf_values(link, (Coordinates((Fraction(3),)),), Parabola(Fraction(1, 3)))
    assert at_form(form, values) == 2 * Fraction(3, 2) + Fraction(9, 2) + 2 * 3 + Fraction(1, 2)


CASES = {
    "last value": {},
    "gradient": {"measure": "norm(grad(x[N]))**2", "bound": "L**2*R**2/(N + 1)**2"},
    "distance": {
        "assumptions": ["strongly_convex(L/4)", "smooth(L)"],
        "method": "gradient_descent(step=8/(5*L))",
        "measure": "norm(x[N] - x_star)",
        "bound": "R*(3/5)**N",
    },
    "heavy ball": {
        "method": "heavy_ball(step=1/(2*L), momentum=1/4)",
        "bound": "L*R**2/N",
    },
    "nesterov": {
        "assumptions": ["strongly_convex(L/4)", "smooth(L)"],
        "method": "nesterov(step=1/L, momentum=1/3)",
        "bound": "L*R**2*(1/2)**N",
    },
    "k-dependent": {"method": "gradient_descent(step=1/(L*(k + 1)))", "bound": "L*R**2/2"},
    "proximal": {
        "assumptions": ["convex"],
        "method": "proximal_point(step=1/L)",
        "bound": "L*R**2/(4*N)",
    },
    "subgradient mean": {
        "assumptions": ["convex", "lipschitz(L)"],
        "method": "subgradient(step=R/(3*L))",
        "measure": "mean_over(k, 0, N, f(x[k]) - f_star)",
        "bound": "L*R",
    },
    "nonconvex": {
        "assumptions": ["smooth(L)"],
        "initial": "f(x[0]) - f_star <= R",
        "measure": "min_over(k, 0, N, norm(grad(x[k]))**2)",
        "bound": "4*L*R/(3*N + 2)",
    },
    "noise": {
        "assumptions": ["convex", "smooth(L)", "unbiased", "bounded_variance(1)"],
        "method": "sgd(step=1/(2*L))",
        "measure": "E(mean_over(k, 0, N, f(x[k]) - f_star))",
        "bound": "L*R**2/N + 1/L",
    },
    "residual": {
        "measure": "sum_over(k, 0, N - 1, norm(x[k + 1] - x[k])**2)",
        "bound": "2*R**2",
    },
}


@pytest.mark.parametrize("name", CASES)
def test_a_chain_is_never_below_the_worst_case(name: str) -> None:
    loose = {**CASES[name], "bound": f"2*({CASES[name].get('bound', 'L*R**2/(4*N + 2)')})"}
    which = claim({"L": 2, "R": 3, "N": 3}, **loose)
    answer = examine_chain(which, which.at[0], time.monotonic() + PATIENCE)
    assert isinstance(answer, ChainAnswer)
    assert answer.certificate is not None, answer.reason
    assert "holds" in verify(answer.certificate).lines[0]
    whole = examine(which, time.monotonic() + PATIENCE).instances[0].worst_case
    if whole is not None:
        reached = answer.claimed * answer.ratio ** (1 / answer.power)
        assert reached >= whole * (1 - 1e-6)


TIGHT = ("last value", "gradient", "distance", "proximal", "nonconvex")


@pytest.mark.parametrize("name", TIGHT)
@pytest.mark.parametrize("horizon", [1, 2, 3, 12])
def test_tight_rates_are_certified_a_millionth_above(name: str, horizon: int) -> None:
    bound = CASES[name].get("bound", "L*R**2/(4*N + 2)")
    above = {**CASES[name], "bound": f"({bound})*(1 + 1/1000000)"}
    which = claim({"L": 2, "R": 3, "N": horizon}, **above)
    answer = examine_chain(which, which.at[0], time.monotonic() + PATIENCE)
    assert isinstance(answer, ChainAnswer)
    assert answer.certificate is not None, answer.reason
    assert answer.ratio ** (1 / answer.power) == pytest.approx(1 - 1e-6, abs=2e-8)
