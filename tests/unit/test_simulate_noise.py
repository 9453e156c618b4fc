"""Sources of noise: their moments are those stated, and batches are means of draws."""

from __future__ import annotations

import json
from fractions import Fraction as Q
from typing import Any

import array_api_strict
import numpy as np
import pytest

from theoryck.claims.arithmetic import Rationals
from theoryck.simulate.backend import numpy_backend, of_namespace
from theoryck.simulate.engine.membership import Assumed
from theoryck.simulate.errors import SimulationError
from theoryck.simulate.noise import (
    Ball,
    CorrelatedGaussian,
    Cyclic,
    Exact,
    Gaussian,
    LogNormalFactor,
    Multiplicative,
    Noise,
    Pareto,
    RareJumps,
    Reshuffled,
    Sampling,
    ShuffledOnce,
    Sphere,
    Stable,
    StableCoordinates,
    Student,
    TwoPoint,
    UniformFactor,
    from_data,
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
    "ball": Ball(Q(3, 2), 3),
    "correlated": CorrelatedGaussian([[2.0, 1.0, 0.0], [1.0, 1.0, 0.5], [0.0, 0.5, 3.0]]),
    "student": Student(Q(9), Q(1, 2), 3),
    "pareto": Pareto(Q(9), Q(1, 2), 3),
    "uniform factor": UniformFactor(Q(3, 2)),
    "log-normal": LogNormalFactor(Q(3, 2)),
}
HEAVY: dict[str, Noise] = {
    "student": Student(Q(3, 2), Q(1, 2), 3),
    "pareto": Pareto(Q(3, 2), Q(1, 2), 3),
    "stable": Stable(Q(3, 2), Q(1, 2), 3),
    "stable by coordinate": StableCoordinates(Q(3, 2), Q(1, 2), 3),
}
ROWS = gaussian_least_squares(6, 3, noise=0.5)
PASSES: dict[str, Noise] = {
    "reshuffled": Reshuffled(6),
    "shuffled once": ShuffledOnce(6, interpolates=True),
    "cyclic": Cyclic(6),
}
ALL = (
    NOISES
    | {f"heavy {name}": noise for name, noise in HEAVY.items()}
    | PASSES
    | {
        "sampling": Sampling(6, Q(7, 3)),
        "without replacement": Sampling(6, None, False, Q(5), True),
    }
)
PROBLEM = DiagonalQuadratic((Q(1), Q(2), Q(1, 2)))
RUNS, DRAWS = 200, 40


def sample(
    noise: Noise, problem: Any, batch: int = 1, runs: int | None = None, backend: Any = None
) -> Any:
    """Stochastic gradients and true ones at one point: DRAWS of each of RUNS, or one of each."""
    backend = backend or numpy_backend()
    functions = problem.on(backend)
    number, draws = (RUNS, DRAWS) if runs is None else (runs, 1)
    x = backend.place(np.tile(np.linspace(-1, 1, problem.dimension), (number, 1)))
    streams = Streams(backend, 0, number)
    exact = np.asarray(functions.gradient(x))
    with backend.quiet():
        drawn = [noise.draw(streams, functions, batch) for _ in range(draws)]
        g = [np.asarray(noise.gradient(draw, functions, x)) for draw in drawn]
    return np.concatenate(g), np.concatenate([exact] * draws)


@pytest.mark.parametrize("name", NOISES)
def test_noise_is_unbiased_with_the_stated_variance(name: str) -> None:
    noise = NOISES[name]
    g, exact = sample(noise, PROBLEM)
    deviation = g - exact
    assert np.abs(deviation.mean(axis=0)).max() < 6 * deviation.std() / len(g) ** 0.5 + 1e-12
    bound = noise.variance(PROBLEM.constants())
    squares = np.sum(deviation**2, axis=1)
    if bound is not None:
        assert squares.mean() == pytest.approx(float(bound), rel=0.05, abs=1e-12)
    if name in ("two-point", "sphere"):
        np.testing.assert_allclose(squares, float(bound or 0), rtol=1e-12)
    if name == "multiplicative":
        assert np.mean(np.sum(g**2, axis=1)) == pytest.approx(3 * np.sum(exact[0] ** 2), rel=0.08)


@pytest.mark.parametrize("name", sorted(set(NOISES) - {"exact"}))
def test_a_batch_divides_the_variance(name: str) -> None:
    one, exact = sample(NOISES[name], PROBLEM)
    four, _ = sample(NOISES[name], PROBLEM, batch=4)
    quotient = np.mean((four - exact) ** 2) / np.mean((one - exact) ** 2)
    assert quotient == pytest.approx(1 / 4, rel=0.1)


@pytest.mark.parametrize("name", ALL)
def test_one_draw_is_read_at_several_points(name: str) -> None:
    backend = numpy_backend()
    functions = ROWS.on(backend)
    draw = ALL[name].draw(Streams(backend, 1, 5), functions, 2)
    x = np.ones((5, 3))
    first, again = (ALL[name].gradient(draw, functions, x) for _ in range(2))
    np.testing.assert_array_equal(first, again)


@pytest.mark.parametrize("batch", [2, 5])
@pytest.mark.parametrize("name", ALL)
def test_noise_runs_under_the_strict_standard(name: str, batch: int) -> None:
    strict = of_namespace("strict", array_api_strict)
    ours, _ = sample(ALL[name], ROWS, runs=50, batch=batch, backend=strict)
    theirs, _ = sample(ALL[name], ROWS, runs=50, batch=batch)
    np.testing.assert_allclose(ours, theirs, rtol=1e-12)


@pytest.mark.parametrize("name", ALL)
def test_noise_comes_back_from_its_data(name: str) -> None:
    data = json.loads(json.dumps(ALL[name].data(), allow_nan=False))
    again = from_data(data)
    assert type(again) is type(ALL[name])
    assert again.data() == data
    np.testing.assert_array_equal(*(sample(n, ROWS, runs=5)[0] for n in (again, ALL[name])))


@pytest.mark.parametrize("batch", [1, 7, 4100])
def test_large_batches_are_drawn_in_parts(batch: int) -> None:
    """A mean of b draws has the variance of one over b, however it was cut."""
    runs = 200
    line = DiagonalQuadratic((Q(1),))
    deviation = np.subtract(*sample(TwoPoint(Q(1)), line, batch=batch, runs=runs))
    assert np.mean(deviation**2) * batch == pytest.approx(1, rel=0.6)
    assert (
        len(
            {round(v, 12) for v in (deviation * batch).ravel().tolist()}
            - set(range(-batch, batch + 1))
        )
        == 0
    )


@pytest.mark.parametrize("name", ["two-point", "jumps", "multiplicative", "exact"])
def test_the_outcomes_are_all_there_is(name: str) -> None:
    noise, line = NOISES[name], DiagonalQuadratic((Q(2),))
    outcomes = noise.outcomes()
    assert outcomes is not None
    assert sum(o.probability for o in outcomes) == 1
    assert sum(o.probability * o.shift for o in outcomes) == 0
    assert sum(o.probability * o.scale for o in outcomes) == 1
    g, exact = sample(noise, line)
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
    assert holds(TwoPoint(Q(2)), "heavy_tailed", alpha=3, sigma=2)
    assert not holds(Gaussian(Q(2)), "heavy_tailed", alpha=3, sigma=2)  # not established
    assert not holds(Gaussian(Q(2)), "heavy_tailed", alpha=0, sigma=2)
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
    for noise in (UniformFactor(Q(3, 2)), LogNormalFactor(Q(7, 4))):
        assert holds(noise, "strong_growth", rho="7/4")
        assert not holds(noise, "strong_growth", rho="6999/4000")
        assert holds(noise, "interpolation")
    assert holds(Ball(Q(2), 3), "bounded_variance", sigma="1.5492")
    assert not holds(Ball(Q(2), 3), "bounded_variance", sigma="1.549")
    assert holds(Student(Q(4), Q(1), 3), "bounded_variance", sigma="2.4495")
    assert not holds(Student(Q(4), Q(1), 3), "bounded_variance", sigma="2.449")
    assert not holds(Student(Q(2), Q(1), 3), "bounded_variance", sigma=1000)
    assert holds(CorrelatedGaussian([[1.0, 0.5], [0.5, 3.0]]), "bounded_variance", sigma="2.0001")
    assert not holds(CorrelatedGaussian([[1.0, 0.5], [0.5, 3.0]]), "bounded_variance", sigma=2)


def test_samples_are_bounded_where_gradients_are() -> None:
    bounded = Constants(Q(0), Q(1), gradient=Q(3))
    for noise in (TwoPoint(Q(4)), Sphere(Q(4)), Ball(Q(4), 3), RareJumps(Q(4), Q(1, 100))):
        assert holds(noise, "bounded_samples", bounded, G=7)
        assert not holds(noise, "bounded_samples", bounded, G="699/100")
        assert not holds(noise, "bounded_samples", G=1000)
    assert holds(Exact(), "bounded_samples", bounded, G=3)
    assert holds(Multiplicative(Q(2)), "bounded_samples", bounded, G=6)
    assert holds(UniformFactor(Q(1)), "bounded_samples", bounded, G=6)
    for noise in (Gaussian(Q(1, 1000)), Pareto(Q(3), Q(1, 1000), 3), LogNormalFactor(Q(2))):
        assert not holds(noise, "bounded_samples", bounded, G=1000)


def test_numbers_of_numpy_are_as_good_as_others() -> None:
    numbers = (np.float32(1.5), np.float64(1.5), 1.5, Q(3, 2))
    assert len({TwoPoint(number) for number in numbers}) == 1
    assert Sphere(np.int64(2)) == Sphere(2) == Sphere(Q(2))
    assert Sphere(np.int64(2)).variance(Constants(None)) ** 64 == Q(2) ** 128
    assert Ball(1, np.int32(3)).data() == Ball(Q(1), 3).data()
    assert json.dumps(Sampling(np.int64(4), None).data()) == json.dumps(Sampling(4, None).data())
    assert Pareto(2.5, 1, 3) == Pareto(Q(5, 2), Q(1), 3)
    streams = Streams(numpy_backend(), np.int64(1), np.int64(2))
    assert streams.normal("n", np.int64(3)).shape == (2, 3)


@pytest.mark.parametrize("name", PASSES)
def test_passes_are_not_unbiased(name: str) -> None:
    noise = PASSES[name]
    assert not holds(noise, "unbiased")
    assert not holds(noise, "bounded_variance", sigma=1000)
    assert not holds(noise, "heavy_tailed", alpha="3/2", sigma=1000)
    assert not holds(noise, "strong_growth", rho=1000)
    assert holds(noise, "interpolation") == (name == "shuffled once")


@pytest.mark.parametrize("name", PASSES)
def test_a_pass_adds_up_to_the_gradient(name: str) -> None:
    """Over one pass each component counts once: batches of 4 and 2 give 6·∇f."""
    functions, streams = ROWS.on(numpy_backend()), Streams(numpy_backend(), 0, 5)
    x = np.tile(np.linspace(-1, 1, 3), (5, 1))
    for _ in range(3):
        draws = [PASSES[name].draw(streams, functions, 4) for _ in range(2)]
        assert [draw.shape for draw in draws] == [(5, 4), (5, 2)]
        whole = sum(d.shape[1] * PASSES[name].gradient(d, functions, x) for d in draws)
        np.testing.assert_allclose(whole / 6, functions.gradient(x))
    assert streams.drawn == (name != "cyclic")


@pytest.mark.parametrize("replacement", [True, False])
def test_a_batch_without_replacement_varies_less(replacement: bool) -> None:
    """Its variance is that with replacement times (n − b)/(n − 1)."""
    g, exact = sample(Sampling(6, None, replacement=replacement), ROWS, batch=4)
    components = ROWS.on(numpy_backend()).components
    assert components is not None
    x = np.linspace(-1, 1, 3).reshape(1, 3)
    each = np.concatenate([components(x, np.full((1, 1), i)) for i in range(6)])
    spread = np.mean(np.sum((each - each.mean(axis=0)) ** 2, axis=1))
    expected = spread / 4 * (1 if replacement else 2 / 5)
    assert np.mean(np.sum((g - exact) ** 2, axis=1)) == pytest.approx(expected, rel=0.05)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: TwoPoint(float("nan")), "a finite number expected, got nan"),
        (lambda: Gaussian(float("inf")), "a finite number expected, got inf"),
        (lambda: Sphere("1"), "a finite number expected, got '1'"),
        (lambda: Gaussian(True), "a finite number expected"),
        (lambda: Ball(Q(-1), 3), "a radius must not be negative"),
        (lambda: Ball(Q(1), 0), "a dimension must be"),
        (lambda: Ball(Q(1), 1.5), "a dimension must be"),
        (lambda: CorrelatedGaussian([[1.0, 2.0]]), r"shape \(d, d\)"),
        (lambda: CorrelatedGaussian([[1.0, 2.0], [0.0, 1.0]]), "symmetric"),
        (lambda: CorrelatedGaussian([[1.0, 2.0], [2.0, 1.0]]), "found the eigenvalue -1"),
        (lambda: CorrelatedGaussian([[float("nan")]]), "NaN"),
        (lambda: Student(Q(0), Q(1), 2), "tail index must be positive"),
        (lambda: Stable(Q(2), Q(1), 2), "that of index 2 is Gaussian"),
        (lambda: Pareto(Q(1), Q(-1), 2), "a scale must not be negative"),
        (lambda: Pareto.with_moment(1.5, 1, 2, index=1.5), "take a tail index above 3/2"),
        (lambda: Pareto.with_moment(1.5, 0, 2), "sigma > 0"),
        (lambda: Student.with_moment(-1, 1, 2), "alpha > 0"),
        (lambda: Stable.with_moment(2, 1, 2), "index below 2"),
        (lambda: UniformFactor(Q(-1)), "a width must not be negative"),
        (lambda: UniformFactor.with_growth(0.5), "rho >= 1"),
        (lambda: LogNormalFactor(Q(1, 2)), "rho >= 1"),
        (lambda: Sampling(0, None), "number of components"),
        (lambda: Cyclic(2.0), "number of components"),
        (lambda: sample(Student(Q(3), Q(1), 2), ROWS, runs=1), "2 dimensions, the problem has 3"),
        (lambda: sample(Ball(Q(3), 4), ROWS, runs=1), "one in 4 dimensions"),
        (lambda: sample(Reshuffled(6), ROWS, batch=7, runs=1), "a batch of 7 in passes over 6"),
        (lambda: sample(Cyclic(5), ROWS, runs=1), "5 components expected, the problem has 6"),
        (lambda: sample(Sampling(6, None, False), ROWS, batch=7, runs=1), "7 out of 6 components"),
        (lambda: sample(Pareto(Q(3), Q(1), 3), ROWS, batch=0, runs=1), "positive whole numbers"),
        (lambda: from_data({"kind": "none such"}), "no noise is of kind 'none such'"),
        (lambda: from_data([]), "no noise is of kind"),
        (lambda: from_data({"kind": "gaussian"}), "KeyError"),
        (lambda: from_data({"kind": "gaussian", "sigma": 1.5}), "a rational number as text"),
        (lambda: from_data({"kind": "gaussian", "sigma": "1e999999999"}), "a rational number"),
        (lambda: from_data({"kind": "gaussian", "sigma": "1/0"}), "ZeroDivisionError"),
        (lambda: from_data(Pareto(Q(1), Q(1), 3).data() | {"dimension": "3"}), "a dimension"),
    ],
)  # fmt: skip
def test_noise_that_means_nothing_is_refused_by_name(make: Any, message: str) -> None:
    with pytest.raises(SimulationError, match=message):
        make()


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
