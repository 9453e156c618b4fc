"""What can be given wrong to simulate(): each refused by name, before any worker starts."""

from __future__ import annotations

from fractions import Fraction as Q
from typing import Any

import numpy as np
import pytest

from theoryck.errors import TheoryckError
from theoryck.methods import METHODS, method
from theoryck.simulate import Below, Outcome, grid, simulate
from theoryck.simulate.errors import SimulationError
from theoryck.simulate.metrics import (
    AtAverage,
    Keep,
    Largest,
    Last,
    Least,
    Mean,
    Path,
    Share,
    Total,
    Variance,
)
from theoryck.simulate.noise import Gaussian, Sampling, Sphere
from theoryck.simulate.problems.data import gaussian_least_squares
from theoryck.simulate.problems.quadratic import DiagonalQuadratic, QuadraticSaddle
from theoryck.simulate.quantities import distance, gap, least_curvature, value
from theoryck.simulate.runs.loop import OutOfTimeError

PLANE = DiagonalQuadratic((Q(1), Q(1, 2)))
ROWS = gaussian_least_squares(6, 2, noise=1.0)
SADDLE = QuadraticSaddle((Q(1), Q(-1)))
RUNS = np.ones((3, 2))
NAN, INF = float("nan"), float("inf")


def go(**changed: Any) -> Outcome:
    given: dict[str, Any] = {
        "problem": PLANE,
        "method": METHODS["sgd"],
        "arguments": {"step": 0.1},
        "start": RUNS,
        "steps": 4,
        "metrics": {"value": Last(value)},
    } | changed
    return simulate(**given)


@method
def goes_by_its_period(x: Any, f: Any, *, step: Any, period: Any, k: Any) -> Any:
    """Steps now and then, as Python decides."""
    return x - step * f.grad(x) if k % period == 0 else x


@method
def forgets_a_coordinate(x: Any, f: Any, *, step: Any) -> Any:
    """Loses a coordinate."""
    return x[:, :1]


@method
def mixes_fractions(x: Any, f: Any, *, step: Any = Q(1, 2)) -> Any:
    """Computes with fractions in an array, and so with objects."""
    return x - Q(1, 2) * f.grad(x)


@method
def returns_a_number(x: Any, f: Any, *, step: Any) -> Any:
    """No point."""
    return 3.0


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"start": np.array([[1.0, NAN]])}, "start: every entry must be finite"),
    ({"start": np.array([[1.0, INF]])}, "start: every entry must be finite"),
    ({"start": np.array([[1, 2]])}, "array of int64; convert it with astype"),
    ({"start": [[1, 2]]}, "array of int64"),
    ({"start": [[1.0, 2.0], [3.0]]}, r"start: shape \(runs, 2\) expected"),
    ({"start": "somewhere"}, "start: floating-point numbers expected"),
    ({"start": None}, "start: floating-point numbers expected"),
    ({"start": np.ones(2)}, r"shape \(runs, 2\) expected, got \(2,\)"),
    ({"start": np.ones((3, 3))}, r"shape \(runs, 2\) expected, got \(3, 3\)"),
    ({"start": np.ones((0, 2))}, "at least one run"),
    ({"start": np.ones((3, 2), dtype=complex)}, "complex"),
    ({"steps": -1}, "a number of steps of at least 0 expected, got -1"),
    ({"steps": 2.5}, "a whole number of steps expected, got 2.5"),
    ({"steps": NAN}, "a whole number of steps"),
    ({"steps": True}, "steps"),
    ({"seed": -1}, "seed"),
    ({"seed": 0.5}, "seed"),
    ({"first": -1}, "first run"),
    ({"block": 0}, "block of runs must be a positive whole number, got 0"),
    ({"block": 2.0}, "block of runs"),
    ({"arguments": {}}, "sgd needs its argument step"),
    ({"arguments": {"step": 0.1, "rate": 1}}, "sgd has no argument rate; it has step, batch"),
    ({"arguments": {"step": NAN}}, "step: a finite number expected, got nan"),
    ({"arguments": {"step": -INF}}, "step: a finite number expected, got -inf"),
    ({"arguments": {"step": "0.1"}}, "step: a number expected, got '0.1'"),
    ({"arguments": {"step": None}}, "step: a number expected, got None"),
    ({"arguments": {"step": 1j}}, "step: a number expected"),
    ({"arguments": {"step": np.ones(2)}}, r"step: .* for each of the 3 runs, expected; .*\(2,\)"),
    ({"arguments": {"step": np.ones((3, 1))}}, r"shape \(3, 1\)"),
    ({"arguments": {"step": [0.1, 0.2]}}, r"3 runs, expected; got an array of shape \(2,\)"),
    ({"arguments": {"step": np.array([0.1, NAN, 1])}}, "step: every entry must be finite"),
    ({"arguments": {"step": lambda k: 1 / (3 - k) if k < 3 else INF}}, "step: a finite number"),
    ({"arguments": {"step": lambda k: np.ones(7)}}, "3 runs, expected"),
    ({"arguments": {"step": 0.1, "batch": 0}}, "positive whole number, got 0"),
    ({"arguments": {"step": 0.1, "batch": -2}}, "positive whole number, got -2"),
    ({"arguments": {"step": 0.1, "batch": 1.5}}, "positive whole number, got 1.5"),
    ({"arguments": {"step": 0.1, "batch": NAN}}, "batch: a finite number"),
    ({"arguments": {"step": 0.1, "batch": 10**12}, "noise": Sphere(Q(1))}, "take a smaller batch"),
    (
        {"problem": ROWS, "arguments": {"step": 0.1, "batch": 10**9}, "noise": Sampling(6, None)},
        "a batch of 1000000000 draws for each of 3 runs",
    ),
    ({"stop": "at once"}, r"a rule for stopping such as Below\(gap, 1e-6\) expected, got a str"),
    (
        {"arguments": {"step": 0.1, "batch": np.array([1.0, 2.0, 3.0])}},
        "one number for all runs|positive whole number",
    ),
    (
        {"problem": ROWS, "arguments": {"step": 0.1, "batch": 7},
         "noise": Sampling(6, None, replacement=False)},
        "a batch of 7 out of 6 components without replacement",
    ),
    ({"noise": Sampling(6, None)}, "6 components expected, the problem has 1"),
    ({"problem": ROWS, "noise": Sampling(5, None)}, "5 components expected, the problem has 6"),
    (
        {"method": goes_by_its_period, "arguments": {"step": 0.1, "period": np.array([1.0, 2, 3])}},
        "period must be one number for all runs",
    ),
    ({"method": forgets_a_coordinate}, r"\(3, 2\) and float64, something of shape \(3, 1\)"),
    ({"method": mixes_fractions}, "something of shape .* and object"),
    ({"method": returns_a_number}, "something of shape None and float"),
    ({"method": METHODS["frank_wolfe"], "arguments": {}}, "f.linear_minimizer has no answer"),
    ({"metrics": {"gap": Last(gap)}, "problem": SADDLE}, "minimum of this problem is not known"),
    ({"metrics": {"far": Last(distance)}, "problem": SADDLE}, "no minimiser"),
    ({"metrics": {"gap": gap}}, r"gap: a metric such as Last\(gap\) expected, got a function"),
    ({"metrics": [Last(gap)]}, "metrics by name expected, got a list"),
    ({"arguments": 0.1}, "arguments by name expected, got a float"),
    ({"problem": lambda x: x}, "a problem expected, got a function"),
    ({"method": "sgd"}, "a method expected, got a str"),
    ({"noise": 1.0}, "a source of noise expected, got a float"),
    ({"metrics": {"bad": Last(lambda view: view.x)}}, r"a number for each run, of shape \(3,\)"),
    ({"metrics": {"bad": Last(lambda view: 1.0)}}, "a number for each run"),
    ({"metrics": {"late": Keep((0, 9))}}, r"x\[9\] lies beyond the run of 4 steps"),
    ({"metrics": {"late": Path(value, at=(5,))}}, r"x\[5\] lies beyond"),
    ({"metrics": {"mean": Mean(value, weight=lambda k: -1.0)}}, "a weight must be a finite number"),
    ({"stop": lambda view: True}, "whether it is done"),
]  # fmt: skip


@pytest.mark.parametrize(("changed", "message"), WRONG)
def test_what_is_given_wrong_is_named(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(TheoryckError, match=message):
        go(**changed)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Least(gap, -1), "range of iterates expected, got -1"),
        (lambda: Mean(gap, 3, 2), "got 3 to 2"),
        (lambda: AtAverage(gap, 3, 2), "got 3 to 2"),
        (lambda: Path(gap, every=0), "positive number of steps"),
        (lambda: Path(gap, every=1.5), "positive number of steps"),
        (lambda: Path(gap, at=()), "numbers of iterates expected"),
        (lambda: Keep((0.5,)), "numbers of iterates expected"),
        (lambda: Keep((-1,)), "numbers of iterates expected"),
        (lambda: grid(), "at least one hyper-parameter"),
        (lambda: grid(step=[]), "step: at least one value"),
        (lambda: grid(step=[NAN]), "all finite"),
        (lambda: grid(step=0.1), "step: a list of numbers"),
        (lambda: grid(step=["a"]), "step: a list of numbers"),
        (lambda: grid(seeds=0, step=[1]), "positive whole number of seeds"),
        (lambda: grid(seeds=2, step=[1]).starts(np.ones((3, 2))), "each of the 2 seeds"),
        (lambda: grid(seeds=2, step=[1]).reshaped(np.ones(3)), "2 runs expected"),
    ],
)
def test_metrics_and_grids_that_mean_nothing(make: Any, message: str) -> None:
    with pytest.raises(SimulationError, match=message):
        make()


def test_smaller_and_larger_floats_are_computed_in_doubles() -> None:
    doubles = go(start=RUNS / 4, noise=Gaussian(Q(1)))
    for kind in (np.float16, np.float32, np.longdouble):
        other = go(start=(RUNS / 4).astype(kind), noise=Gaussian(Q(1)))
        assert other.last.dtype == np.float64
        np.testing.assert_array_equal(other.last, doubles.last)
    np.testing.assert_array_equal(
        go(start=(RUNS / 4).tolist(), noise=Gaussian(Q(1))).last, doubles.last
    )


def test_numbers_of_any_kind_are_arguments() -> None:
    steps = (
        0.5,
        Q(1, 2),
        np.float64(0.5),
        np.float32(0.5),
        np.array(0.5),
        np.full(3, 0.5),
        [0.5] * 3,
    )
    ends = [go(arguments={"step": step}).last for step in (*steps, lambda k: Q(1, 2))]
    for end in ends:
        np.testing.assert_array_equal(end, ends[0])


def test_defaults_are_numbers_too() -> None:
    """A default is a fraction in the method's text, which arrays would take for an object."""
    given = go(method=METHODS["amsgrad"], arguments={"step": 0.1, "beta1": 0.9, "beta2": 0.999})
    default = go(method=METHODS["amsgrad"], arguments={"step": 0.1})
    np.testing.assert_array_equal(given.last, default.last)


def test_a_negative_step_is_run_as_it_stands() -> None:
    np.testing.assert_allclose(go(arguments={"step": -1.0}).last[0], [16.0, 1.5**4])


def test_no_steps_measure_the_start() -> None:
    metrics = {
        "last": Last(value), "path": Path(value), "mean": Mean(value), "none": Mean(value, 1),
        "kept": Keep((0,)), "average": AtAverage(value), "empty": AtAverage(value, 1),
        "variance": Variance(value, 2), "share": Share(value, 1), "total": Total(value, 1),
        "largest": Largest(value, 1),
    }  # fmt: skip
    outcome = go(steps=0, metrics=metrics)
    first = {name: numbers[0].tolist() for name, numbers in outcome.measured.items()}
    assert first.pop("kept") == [[1.0, 1.0]]
    np.testing.assert_equal(
        first,
        {
            "last": 0.75, "path": [0.75], "mean": 0.75, "none": NAN, "average": 0.75,
            "empty": INF, "variance": NAN, "share": NAN, "total": 0.0, "largest": -INF,
        },
    )  # fmt: skip
    assert str(outcome) == "3 runs of up to 0 steps"


def test_runs_that_are_done_before_they_begin() -> None:
    outcome = go(stop=Below(value, 10), metrics={"path": Path(value, every=2)})
    assert outcome.stopped.all()
    assert not outcome.steps.any()
    np.testing.assert_array_equal(outcome.measured["path"], np.full((3, 3), 0.75))


def test_all_runs_diverge() -> None:
    outcome = go(arguments={"step": 1e200}, metrics={"path": Path(value), "last": Last(value)})
    assert outcome.diverged.all()
    assert np.isfinite(outcome.last).all()
    assert np.isinf(outcome.measured["last"]).all()
    assert str(outcome) == "3 runs of up to 1 steps, 3 diverged"


def test_time_that_is_up() -> None:
    with pytest.raises(OutOfTimeError, match="step 0 of 4"):
        go(deadline=0.0)


def test_least_curvature_needs_a_hessian() -> None:
    saddle = QuadraticSaddle((Q(1), Q(-1, 2)))
    metrics = {"least": Last(least_curvature)}
    np.testing.assert_allclose(go(problem=saddle, metrics=metrics).measured["least"], -0.5)


def test_a_level_that_is_no_number_is_refused() -> None:
    with pytest.raises(SimulationError, match="got NaN, which nothing is below"):
        Below(gap, NAN)
