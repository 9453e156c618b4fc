"""Sources of noise: their moments are those stated, and batches are means of draws."""

from __future__ import annotations

from fractions import Fraction as Q
from typing import Any

import array_api_strict
import numpy as np
import pytest

from theoryck.claims.arithmetic import Rationals
from theoryck.simulate.backend import numpy_backend, of_namespace
from theoryck.simulate.membership import Assumed
from theoryck.simulate.noise import (
    Exact,
    Gaussian,
    Multiplicative,
    Noise,
    RareJumps,
    Sampling,
    Sphere,
    TwoPoint,
)
from theoryck.simulate.problems.base import Constants
from theoryck.simulate.problems.data import gaussian_least_squares
from theoryck.simulate.problems.quadratic import DiagonalQuadratic, ShiftedQuadratics
from theoryck.simulate.streams import Streams

NOISES: dict[str, Noise] = {
    "two-point": TwoPoint(Q(3, 2)),
    "sphere": Sphere(Q(3, 2)),
    "gaussian": Gaussian(Q(3, 2)),
    "jumps": RareJumps(Q(2), Q(1, 4)),
    "multiplicative": Multiplicative(Q(3)),
    "exact": Exact(),
}
PROBLEM = DiagonalQuadratic((Q(1), Q(2), Q(1, 2)))
RUNS = 8000


def sample(
    noise: Noise, problem: Any, batch: int = 1, runs: int = RUNS, backend: Any = None
) -> Any:
    backend = backend or numpy_backend()
    functions = problem.on(backend)
    x = backend.place(np.tile(np.linspace(-1, 1, problem.dimension), (runs, 1)))
    streams = Streams(backend, 0, runs)
    g = noise.gradient(noise.draw(streams, functions, batch), functions, x)
    return np.asarray(g), np.asarray(functions.gradient(x))


@pytest.mark.parametrize("name", NOISES)
def test_noise_is_unbiased_with_the_stated_variance(name: str) -> None:
    noise = NOISES[name]
    g, exact = sample(noise, PROBLEM)
    deviation = g - exact
    assert np.abs(deviation.mean(axis=0)).max() < 5 * deviation.std() / RUNS**0.5 + 1e-12
    bound = noise.variance(PROBLEM.constants())
    squares = np.sum(deviation**2, axis=1)
    if bound is not None:
        assert squares.mean() == pytest.approx(float(bound), rel=0.05, abs=1e-12)
    if name in ("two-point", "sphere"):
        np.testing.assert_allclose(squares, float(bound or 0), rtol=1e-12)
    if name == "multiplicative":
        assert np.mean(np.sum(g**2, axis=1)) == pytest.approx(3 * np.sum(exact[0] ** 2), rel=0.08)


@pytest.mark.parametrize("name", ["two-point", "sphere", "gaussian", "jumps", "multiplicative"])
def test_a_batch_divides_the_variance(name: str) -> None:
    one, exact = sample(NOISES[name], PROBLEM)
    four, _ = sample(NOISES[name], PROBLEM, batch=4)
    quotient = np.mean((four - exact) ** 2) / np.mean((one - exact) ** 2)
    assert quotient == pytest.approx(1 / 4, rel=0.1)


@pytest.mark.parametrize("name", NOISES)
def test_one_draw_is_read_at_several_points(name: str) -> None:
    backend = numpy_backend()
    functions = PROBLEM.on(backend)
    draw = NOISES[name].draw(Streams(backend, 1, 5), functions, 2)
    x = np.ones((5, 3))
    first, again = (NOISES[name].gradient(draw, functions, x) for _ in range(2))
    np.testing.assert_array_equal(first, again)


@pytest.mark.parametrize("name", NOISES)
def test_noise_runs_under_the_strict_standard(name: str) -> None:
    strict = of_namespace("strict", array_api_strict)
    ours, _ = sample(NOISES[name], PROBLEM, runs=50, batch=2, backend=strict)
    theirs, _ = sample(NOISES[name], PROBLEM, runs=50, batch=2)
    np.testing.assert_allclose(ours, theirs, rtol=1e-12)


@pytest.mark.parametrize("name", ["two-point", "jumps", "multiplicative", "exact"])
def test_the_outcomes_are_all_there_is(name: str) -> None:
    noise, line = NOISES[name], DiagonalQuadratic((Q(2),))
    outcomes = noise.outcomes()
    assert outcomes is not None
    assert sum(o.probability for o in outcomes) == 1
    assert sum(o.probability * o.shift for o in outcomes) == 0
    assert sum(o.probability * o.scale for o in outcomes) == 1
    g, exact = sample(noise, line, runs=2000)
    possible = np.array([float(o.scale) * exact[0, 0] + float(o.shift) for o in outcomes])
    assert (np.abs(g - possible).min(axis=1) < 1e-12).all()
    for value, outcome in zip(possible, outcomes, strict=True):
        seen = np.mean(np.abs(g[:, 0] - value) < 1e-12)
        assert seen == pytest.approx(float(outcome.probability), abs=0.05)


@pytest.mark.parametrize("replacement", [True, False])
def test_minibatches_are_unbiased(replacement: bool) -> None:
    problem = gaussian_least_squares(6, 2, noise=0.5)
    noise = Sampling(6, None, replacement=replacement)
    g, exact = sample(noise, problem, batch=3)
    assert np.abs((g - exact).mean(axis=0)).max() < 0.05
    whole, exact = sample(Sampling(6, None, replacement=False), problem, batch=6, runs=5)
    np.testing.assert_allclose(whole, exact)


def test_without_replacement_no_row_comes_twice() -> None:
    problem = gaussian_least_squares(6, 2)
    functions = problem.on(numpy_backend())
    streams = Streams(numpy_backend(), 0, 500)
    draw = Sampling(6, None, replacement=False).draw(streams, functions, 4)
    assert all(len(set(row)) == 4 for row in draw.tolist())
    assert set(np.unique(draw)) == set(range(6))


def holds(noise: Noise, name: str, constants: Constants | None = None, **values: Any) -> bool:
    numbers = Rationals()
    exact = {key: numbers.rational(Q(value)) for key, value in values.items()}
    return noise.satisfies(Assumed(name, exact), constants or PROBLEM.constants(), numbers)


def test_membership_is_sharp() -> None:
    assert holds(TwoPoint(Q(2)), "bounded_variance", sigma=2)
    assert not holds(TwoPoint(Q(2)), "bounded_variance", sigma="199/100")
    assert holds(TwoPoint(Q(2)), "heavy_tailed", alpha="3/2", sigma=2)
    assert not holds(TwoPoint(Q(2)), "heavy_tailed", alpha=3, sigma=2)  # not established
    assert holds(RareJumps(Q(2), Q(1, 4)), "heavy_tailed", alpha=2, sigma=1)
    assert not holds(RareJumps(Q(2), Q(1, 4)), "heavy_tailed", alpha=1, sigma="49/100")
    assert holds(RareJumps(Q(2), Q(1, 4)), "heavy_tailed", alpha=1, sigma="1/2")
    assert holds(Multiplicative(Q(3)), "strong_growth", rho=3)
    assert not holds(Multiplicative(Q(3)), "strong_growth", rho="29/10")
    assert holds(Exact(), "strong_growth", rho=1)
    assert not holds(Exact(), "strong_growth", rho="9/10")
    assert not holds(TwoPoint(Q(2)), "strong_growth", rho=100)
    assert not holds(TwoPoint(Q(2)), "interpolation")
    assert not holds(Multiplicative(Q(3)), "bounded_variance", sigma=100)


def test_second_moments_need_bounded_gradients() -> None:
    bounded = Constants(Q(0), Q(1), gradient=Q(3))
    assert holds(TwoPoint(Q(4)), "bounded_second_moment", bounded, G=5)
    assert not holds(TwoPoint(Q(4)), "bounded_second_moment", bounded, G="499/100")
    assert not holds(Exact(), "bounded_second_moment", G=1000)


def test_sampling_states_its_spread() -> None:
    problem = ShiftedQuadratics(Q(2), 4, Q(1, 2))
    noise = Sampling(4, problem.variance())
    assert holds(noise, "bounded_variance", sigma=1)
    assert not holds(noise, "bounded_variance", sigma="99/100")
    g, exact = sample(noise, problem)
    assert np.mean((g - exact) ** 2) == pytest.approx(1)


def test_unknown_assumptions_are_not_established() -> None:
    assert not holds(Exact(), "no_such_assumption")
