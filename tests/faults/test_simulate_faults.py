"""Bad data and bad settings: each an error that names what was wrong and what would be right."""

from __future__ import annotations

import importlib.util
from fractions import Fraction as Q
from typing import Any

import numpy as np
import pytest

from theoryck.errors import TheoryckError, UntraceableError
from theoryck.methods import METHODS, method
from theoryck.simulate import examine, trajectories
from theoryck.simulate.backend import cupy_backend, numpy_backend
from theoryck.simulate.errors import MissingExtraError, SimulationError
from theoryck.simulate.noise import (
    Gaussian,
    Multiplicative,
    RareJumps,
    Sampling,
    Sphere,
    TwoPoint,
)
from theoryck.simulate.problems.data import (
    LeastSquares,
    LogisticRegression,
    breast_cancer,
    gaussian_least_squares,
)
from theoryck.simulate.problems.nonconvex import Cosine, SineSquared
from theoryck.simulate.problems.piecewise import AbsoluteValue, Huber
from theoryck.simulate.problems.quadratic import (
    DiagonalQuadratic,
    RotatedQuadratic,
    ShiftedQuadratics,
)
from theoryck.simulate.runs.loop import run
from theoryck.simulate.streams import Streams
from theoryck.verdict import Status

PLANE = DiagonalQuadratic((Q(1), Q(2)))
ROWS = gaussian_least_squares(6, 2)
STEP = {"step": 0.1}


def descend(start: Any, **more: Any) -> Any:
    return trajectories(PLANE, METHODS["gradient_descent"], STEP, start, 2, **more)


@pytest.mark.parametrize(
    ("start", "message"),
    [
        (np.array([[1.0, np.nan]]), "NaN or infinity"),
        (np.array([[1.0, np.inf]]), "NaN or infinity"),
        (np.array([[1, 2]]), "int64"),
        (np.array([[True, False]]), "bool"),
        (np.array([[1j, 2]]), "complex"),
        (np.array([1.0, 2.0]), r"shape \(runs, 2\)"),
        (np.array([[1.0, 2.0, 3.0]]), r"got \(1, 3\)"),
        (np.ones((2, 2, 2)), r"got \(2, 2, 2\)"),
        (np.ones((0, 2)), "at least one run"),
    ],
)
def test_a_start_that_is_no_batch_of_points(start: Any, message: str) -> None:
    with pytest.raises(SimulationError, match=message):
        descend(start)


@pytest.mark.parametrize("batch", [0, -1, 1.5, float("nan"), float("inf"), "two"])
def test_a_batch_that_is_no_batch(batch: Any) -> None:
    with pytest.raises(SimulationError, match=r"positive whole number|number expected"):
        trajectories(
            PLANE, METHODS["sgd"], {"step": 0.1, "batch": batch}, np.ones((1, 2)), 1,
            noise=Gaussian(Q(1)),
        )  # fmt: skip


def test_a_batch_larger_than_the_data() -> None:
    def sample(noise: Sampling) -> Any:
        arguments = {"step": 0.1, "batch": 7}
        return trajectories(ROWS, METHODS["sgd"], arguments, np.ones((1, 2)), 1, noise=noise)

    with pytest.raises(SimulationError, match="7 out of 6 components without replacement"):
        sample(Sampling(6, None, replacement=False))
    assert np.isfinite(sample(Sampling(6, None)).at(1)).all()


def test_sampling_from_what_is_no_sum() -> None:
    with pytest.raises(SimulationError, match="6 components expected, the problem has 1"):
        trajectories(PLANE, METHODS["sgd"], STEP, np.ones((1, 2)), 1, noise=Sampling(6, None))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: LeastSquares([[1.0, np.nan]], [1.0]), "NaN"),
        (lambda: LeastSquares([[1.0, 2.0]], [np.inf]), "infinity"),
        (lambda: LeastSquares([[1.0, 2.0]], [1.0, 2.0]), "n targets"),
        (lambda: LeastSquares([1.0, 2.0], [1.0]), r"shape \(n, d\)"),
        (lambda: LeastSquares(np.ones((0, 2)), []), r"shape \(n, d\)"),
        (lambda: LeastSquares([["a"]], [1.0]), "real numbers"),
        (lambda: LogisticRegression([[1.0]], [0.0], Q(1)), "labels of -1 and 1"),
        (lambda: LogisticRegression([[1.0]], [1.0], Q(0)), "ridge > 0"),
        (lambda: breast_cancer().rescaled(Q(2), Q(1), None), "0 < lower < upper"),
        (lambda: DiagonalQuadratic((Q(-1),)), "no minimum"),
        (lambda: DiagonalQuadratic(()), "at least one eigenvalue"),
        (lambda: RotatedQuadratic((Q(-1), Q(1))), "no minimum"),
        (lambda: ShiftedQuadratics(Q(1), 0, Q(1)), "at least one component"),
        (lambda: Huber(Q(1), Q(-1), Q(1)), "outer >= 0"),
        (lambda: Huber(Q(1), Q(0), Q(0)), "width > 0"),
        (lambda: AbsoluteValue(Q(0)), "positive slope"),
        (lambda: Cosine(Q(0), Q(1)), "L > 0"),
        (lambda: SineSquared(Q(1), Q(-1)), "width > 0"),
        (lambda: TwoPoint(Q(-1)), "negative"),
        (lambda: Sphere(Q(-1)), "negative"),
        (lambda: Gaussian(Q(-1)), "negative"),
        (lambda: RareJumps(Q(1), Q(0)), "probability"),
        (lambda: RareJumps(Q(1), Q(2)), "probability"),
        (lambda: Multiplicative(Q(1, 2)), "rho >= 1"),
        (lambda: Streams(numpy_backend(), 0, 0), "at least one run"),
        (lambda: gaussian_least_squares(0, 3), "at least one row"),
    ],
)
def test_data_and_settings_that_mean_nothing(make: Any, message: str) -> None:
    with pytest.raises(SimulationError, match=message):
        make()


def test_the_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *a: None if name == "sklearn" else find(name, *a)
    )
    with pytest.raises(MissingExtraError, match=r"theoryck\[data\]"):
        breast_cancer()


@pytest.mark.skipif(importlib.util.find_spec("cupy") is not None, reason="CuPy is installed")
def test_the_missing_array_library_is_named() -> None:
    with pytest.raises(MissingExtraError, match="CuPy is not installed"):
        cupy_backend()


def test_without_the_extra_the_other_problems_are_run(monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *a: None if name == "sklearn" else find(name, *a)
    )
    report = claim_report(METHODS["gradient_descent"])
    assert report.status is Status.SUPPORTED
    assert not any("logistic" in line for line in report.evidence)


def claim_report(used: Any) -> Any:
    import time

    from theoryck.claims.reading import read_claim

    table = {
        "id": "claim",
        "parameters": {"L": "L > 0"},
        "method": f"{used.name}({'step=1/L' if used.arguments else ''})",
        "assumptions": ["convex", "smooth(L)"],
        "initial": "norm(x[0] - x_star) <= 1",
        "measure": "f(x[2]) - f_star",
        "bound": "L",
        "at": [{"L": 1}],
    }
    return examine(read_claim(table, methods={used.name: used}), time.monotonic() + 30)


@method
def crashes(x: Any, f: Any) -> Any:
    """Raises what no engine expects."""
    raise RuntimeError("a bug in the user's method")


@method
def leaves_the_space(x: Any, f: Any) -> Any:
    """Returns something of another shape."""
    return f.grad(x)[..., :0]


@method
def wanders(x: Any, f: Any) -> Any:
    """Returns NaN."""
    return f.grad(x) * float("nan")


@method
def returns_nothing(x: Any, f: Any) -> Any:
    """Forgets to return."""


@pytest.mark.parametrize("used", [crashes, leaves_the_space, returns_nothing, wanders])
def test_a_broken_method_is_inconclusive_and_says_why(used: Any) -> None:
    report = claim_report(used)
    assert report.status is Status.INCONCLUSIVE
    assert report.instances[0].reason
    if used is crashes:
        assert "a bug in the user's method" in report.reason


def test_a_law_of_noise_that_does_not_exist() -> None:
    @method
    def odd(x: Any, f: Any) -> Any:
        return x + f.noise(x, "cauchy")

    with pytest.raises(SimulationError, match="gaussian, sphere or ball"):
        trajectories(PLANE, odd, {}, np.ones((1, 2)), 1)


def test_questions_without_an_answer_are_named() -> None:
    for name in ("frank_wolfe", "proximal_gradient"):
        arguments = {a.name: 0.1 for a in METHODS[name].arguments}
        with pytest.raises(UntraceableError, match="no answer"):
            trajectories(PLANE, METHODS[name], arguments, np.ones((1, 2)), 1)


def test_a_negative_horizon() -> None:
    with pytest.raises(SimulationError, match="-1 steps"):
        run(METHODS["gradient_descent"], None, lambda k: {}, None, -1, [])


def test_an_iterate_that_was_not_kept() -> None:
    with pytest.raises(TheoryckError, match=r"x\[5\] was not kept"):
        descend(np.ones((1, 2))).at(5)
