"""Moments of noise: what is declared is what is drawn, and no more is declared than holds."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction as Q
from typing import Any

import flint
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import gamma
from scipy.stats import binom, chi2, f, kstest, levy_stable
from scipy.stats import t as student_t

from theoryck.claims.arithmetic import Balls, Rationals
from theoryck.simulate.backend import numpy_backend
from theoryck.simulate.engine.membership import Assumed
from theoryck.simulate.noise import (
    Ball,
    HeavyTailed,
    LogNormalFactor,
    Noise,
    Pareto,
    Sphere,
    Stable,
    StableCoordinates,
    Student,
    UniformFactor,
)
from theoryck.simulate.problems.base import Constants
from theoryck.simulate.problems.quadratic import DiagonalQuadratic
from theoryck.simulate.streams import Streams

ERROR = 1e-9  # of each comparison of a sample with a law
RUNS, DRAWS = 200, 250

LAWS: dict[str, type[HeavyTailed]] = {
    "student": Student,
    "pareto": Pareto,
    "stable": Stable,
    "coordinates": StableCoordinates,
}
INDICES = {"student": Q(7, 4), "pareto": Q(7, 4), "stable": Q(7, 4), "coordinates": Q(7, 4)}


def drawn(
    noise: Noise, dimension: int, runs: int = RUNS, draws: int = DRAWS, batch: int = 1
) -> Any:
    """The deviations g − ∇f of a line's or a space's quadratic at (1, …, 1)."""
    functions = DiagonalQuadratic((Q(1),) * dimension).on(numpy_backend())
    streams, x = Streams(numpy_backend(), 0, runs), np.ones((runs, dimension))
    return np.concatenate(
        [
            noise.gradient(noise.draw(streams, functions, batch), functions, x) - x
            for _ in range(draws)
        ]
    )


def within(sample: Any, probability: Callable[[float], float], points: list[float]) -> None:
    """The share of a sample below each point is that of the law, at the error level."""
    for point in points:
        p, n = probability(point), len(sample)
        seen = int(np.sum(sample <= point))
        low, high = binom.ppf([ERROR, 1 - ERROR], n, p)
        assert low <= seen <= high, (point, seen / n, p)


def test_students_t_is_that_of_scipy() -> None:
    noise = Student(Q(5, 2), Q(1), 1)
    assert kstest(drawn(noise, 1)[:, 0], student_t(2.5).cdf).pvalue > ERROR
    lengths = np.linalg.norm(drawn(Student(Q(3), Q(2), 4), 4), axis=1)
    # (‖ξ‖/2)²/4 has Fisher's law with 4 and 3 degrees

    within(lengths, lambda r: float(f.cdf(r * r / 16, 4, 3)), [1.0, 3.0, 6.0, 20.0])


@pytest.mark.parametrize("noise", [Stable(Q(3, 2), Q(1), 1), StableCoordinates(Q(3, 2), Q(1), 1)])
def test_stable_noise_is_that_of_scipy(noise: Noise) -> None:
    sample = drawn(noise, 1)[:, 0]
    within(sample, lambda x: float(levy_stable(1.5, 0).cdf(x)), [-6.0, -1.0, 0.0, 0.5, 3.0])


def test_the_index_one_is_cauchys() -> None:
    for noise in (Stable(Q(1), Q(2), 1), StableCoordinates(Q(1), Q(2), 1)):
        sample = drawn(noise, 1)[:, 0]
        within(sample, lambda x: 0.5 + math.atan(x / 2) / math.pi, [-20.0, -2.0, 0.0, 1.0, 9.0])
        assert not noise.unbiased


@pytest.mark.parametrize("index", [Q(5, 4), Q(9, 5)])
def test_stable_noise_has_its_characteristic_function(index: Q) -> None:
    """E cos⟨t, ξ⟩ = exp(−‖t‖^α), or exp(−Σ|t_i|^α) by coordinate: Hoeffding's bound on the mean."""
    t = np.array([0.7, -0.4, 0.2])
    alpha, room = float(index), 2 * (math.log(2 / ERROR) / (2 * RUNS * DRAWS)) ** 0.5
    for noise, exponent in (
        (Stable(index, Q(1), 3), float(np.linalg.norm(t)) ** alpha),
        (StableCoordinates(index, Q(1), 3), float(np.sum(np.abs(t) ** alpha))),
    ):
        assert abs(np.mean(np.cos(drawn(noise, 3) @ t)) - math.exp(-exponent)) < room


@pytest.mark.parametrize("batch", [3])
def test_a_mean_of_stable_draws_is_stable(batch: int) -> None:
    noise = Stable(Q(3, 2), Q(1), 1)
    sample = drawn(noise, 1, batch=batch)[:, 0] * batch ** (1 - 1 / 1.5)
    within(sample, lambda x: float(levy_stable(1.5, 0).cdf(x)), [-6.0, -1.0, 0.5, 3.0])


def test_paretos_lengths_and_the_balls() -> None:
    lengths = np.linalg.norm(drawn(Pareto(Q(3, 2), Q(2), 3), 3), axis=1)
    assert lengths.min() >= 2 * (1 - 1e-12)
    within(lengths, lambda r: 1 - (r / 2) ** -1.5, [2.5, 4.0, 30.0])
    radii = np.linalg.norm(drawn(Ball(Q(2), 3), 3), axis=1)
    assert radii.max() <= 2
    within(radii, lambda r: (r / 2) ** 3, [0.5, 1.0, 1.8])


@pytest.mark.parametrize("name", LAWS)
def test_heavy_noise_is_symmetric(name: str) -> None:
    sample = drawn(LAWS[name](INDICES[name], Q(1), 3), 3)
    for direction in (np.array([1.0, 0.0, 0.0]), np.array([1.0, -2.0, 0.5])):
        along = sample @ direction
        low, high = binom.ppf([ERROR, 1 - ERROR], len(along), 0.5)
        assert low <= np.sum(along > 0) <= high


def unit(name: str, index: Q, dimension: int, p: float) -> float:
    balls = Balls()
    with balls.scope():
        noise = LAWS[name](index, Q(1), dimension)
        return float(noise.unit_moment(flint.arb(p)).mid())


@pytest.mark.parametrize("p", [0.5, 1.0, 1.5])
def test_moments_in_closed_form_are_integrals(p: float) -> None:
    index, d = Q(7, 4), 3
    degrees = float(index)
    scale = quad(lambda v: (degrees / v) ** (p / 2) * chi2.pdf(v, degrees), 0, np.inf)[0]
    normal = 2 ** (p / 2) * gamma((d + p) / 2) / gamma(d / 2)
    assert unit("student", index, d, p) == pytest.approx(scale * normal, rel=1e-6)
    pareto = quad(lambda r: p * r ** (p - 1) * r**-degrees, 1, np.inf)[0] + 1
    assert unit("pareto", index, d, p) == pytest.approx(pareto, rel=1e-6)
    # E|X|^p = c ∫ (1 − φ(t))/t^(1+p) dt with c = p·Γ(p)·sin(πp/2)·2/π, for p < 2
    c = 2 / math.pi * math.gamma(p + 1) * math.sin(math.pi * p / 2)

    def integrand(t: float) -> float:
        return -math.expm1(-(t**degrees)) / t ** (1 + p)

    tail = quad(integrand, 0, 1)[0] + quad(integrand, 1, np.inf)[0]
    assert unit("stable", index, 1, p) == pytest.approx(c * tail, rel=1e-6)
    assert unit("coordinates", index, 1, p) == pytest.approx(c * tail, rel=1e-6)


def test_moments_by_coordinate_are_bounds() -> None:
    """For several coordinates the sample stays below, and within the factor that norms allow."""
    sample = np.linalg.norm(drawn(StableCoordinates(Q(19, 10), Q(1), 4), 4), axis=1)
    mean = float(np.mean(sample**0.5))
    bound = unit("coordinates", Q(19, 10), 4, 0.5)
    assert bound / 4 < mean < bound


@pytest.mark.parametrize(
    ("name", "dimension"),
    [(name, d) for name in LAWS for d in (1, 3) if (name, d) != ("coordinates", 3)],
)
def test_small_moments_of_samples_are_those_declared(name: str, dimension: int) -> None:
    """Moments of order q < index/2 have a finite variance: the mean within 6 standard errors."""
    sample = np.linalg.norm(drawn(LAWS[name](INDICES[name], Q(1), dimension), dimension), axis=1)
    powers = sample**0.4
    # of stable coordinates only a bound is known in several dimensions: see the test above
    error = 6.1 * powers.std() / len(powers) ** 0.5
    assert abs(powers.mean() - unit(name, INDICES[name], dimension, 0.4)) < error


@pytest.mark.parametrize("noise", [UniformFactor(Q(3, 2)), LogNormalFactor(Q(7, 4))])
def test_factors_have_mean_one_and_the_stated_square(noise: Any) -> None:
    factors = drawn(noise, 1)[:, 0] + 1
    squares = factors**2
    assert abs(factors.mean() - 1) < 6.1 * factors.std() / len(factors) ** 0.5
    assert abs(squares.mean() - 1.75) < 6.1 * squares.std() / len(squares) ** 0.5


def holds(noise: Noise, alpha: Q, sigma: Q, numbers: Any = None) -> bool:
    numbers = numbers or Rationals()
    values = {"alpha": numbers.rational(alpha), "sigma": numbers.rational(sigma)}
    return noise.satisfies(Assumed("heavy_tailed", values), Constants(None), numbers)


@given(
    name=st.sampled_from(sorted(LAWS)),
    alpha=st.fractions(Q(101, 100), Q(199, 100), max_denominator=100),
    sigma=st.fractions(Q(1, 1000), Q(1000), max_denominator=1000),
    dimension=st.integers(1, 60),
)
@settings(max_examples=20, deadline=None)
def test_the_moment_that_is_asked_for_is_met_tightly(
    name: str, alpha: Q, sigma: Q, dimension: int
) -> None:
    noise = LAWS[name].with_moment(alpha, sigma, dimension)
    assert noise.unbiased
    for numbers in (Rationals(), Balls()):
        assert holds(noise, alpha, sigma, numbers)
        assert not holds(noise, alpha, sigma * Q(9, 10), numbers)
        assert not holds(noise, alpha, sigma * (1 - Q(1, 10**10)), numbers)
    assert not holds(noise, noise.index, sigma * 10**9)
    assert not holds(noise, Q(2), sigma * 10**9)


@given(st.fractions(1, 1000, max_denominator=1000))
@settings(max_examples=20, deadline=None)
def test_growth_that_is_asked_for_is_met_tightly(rho: Q) -> None:
    noise, spread = UniformFactor.with_growth(rho), LogNormalFactor(rho).spread
    assert noise.growth() <= rho < noise.growth() + Q(1, 10**9) * rho
    assert math.exp(spread**2) <= float(rho) * (1 + 1e-14)
    assert math.exp(spread**2) >= float(rho) * (1 - 1e-12)


def test_variances_that_exist_are_exact() -> None:
    assert Student(Q(4), Q(3), 5).variance(Constants(None)) == 90
    assert Pareto(Q(3), Q(2), 5).variance(Constants(None)) == 12
    assert Pareto(Q(2), Q(2), 5).variance(Constants(None)) is None
    assert Stable(Q(3, 2), Q(2), 5).variance(Constants(None)) is None
    assert Stable(Q(3, 2), Q(0), 5).variance(Constants(None)) == 0
    assert Sphere(Q(2)).moment(flint.arb(1)) is None
