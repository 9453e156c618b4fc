"""Networks and data that do not fit together: each an error that names what was wrong."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from theoryck.methods import METHODS
from theoryck.simulate.backend import numpy_backend
from theoryck.simulate.errors import SimulationError
from theoryck.simulate.metrics import Last
from theoryck.simulate.noise import Sampling
from theoryck.simulate.problems.losses import CrossEntropy, Hinge, Logistic, Loss, Squared
from theoryck.simulate.problems.networks import (
    HE_NORMAL,
    LeakyRelu,
    Network,
    NetworkProblem,
    Relu,
    Tanh,
    fair_signs,
    initial,
    normal,
    uniform,
)
from theoryck.simulate.quantities import gap, value
from theoryck.simulate.runs.simulation import simulate

INPUTS = [[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]


def net(*widths: int, loss: Loss | None = None, **more: Any) -> Network:
    return Network(widths, Tanh(), loss or Squared(), **more)


SMALL = NetworkProblem(net(2, 3, 1), INPUTS, [0.0, 1.0, 2.0])
NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: net(2), "positive whole numbers"),
        (lambda: net(2, 0, 1), "positive whole numbers"),
        (lambda: net(2, -3, 1), "positive whole numbers"),
        (lambda: net(2, 2.5, 1), "positive whole numbers"),
        (lambda: net(2, NAN, 1), "positive whole numbers"),
        (lambda: net(2, True, 1), "positive whole numbers"),
        (lambda: net(2, "3", 1), "positive whole numbers"),
        (lambda: net(2, 1, scale=0.0), "scale other than 0"),
        (lambda: net(2, 1, scale=NAN), "scale: a finite number expected, got nan"),
        (lambda: net(2, 1, scale="1"), "scale: a finite number expected"),
        (lambda: net(2, 1, scale=1j), "scale: a finite number expected"),
        (lambda: Network(5, Tanh(), Squared()), "widths: a tuple"),
        (lambda: Network((2, 1), Tanh, Squared()), r"such as Relu\(\)"),
        (lambda: Network((2, 1), Tanh(), "hinge"), r"such as Squared\(\)"),
        (lambda: net(2, 3, 1, frozen=1), "frozen layers: a tuple"),
        (lambda: initial(net(2, 3, 1), "he", 2, seed=0), "HE_NORMAL"),
        (lambda: NetworkProblem(net(2, 1), [[0.0, 1.0], [1.0]], [0, 1]), "real numbers"),
        (lambda: NetworkProblem(net(2, 1), INPUTS, [0, None, 1]), "targets"),
        (lambda: NetworkProblem(net(2, 1), INPUTS, 3.0), r"\(n, 1\) expected"),
        (lambda: net(2, 3, 1, frozen=(2,)), "some of 0, …, 1"),
        (lambda: net(2, 3, 1, frozen=(0, 0)), "some of 0, …, 1"),
        (lambda: net(2, 3, 1, frozen=(0, 1)), "all of them are frozen"),
        (lambda: LeakyRelu(INF), "slope of a leaky ReLU: a finite number"),
        (lambda: LeakyRelu("0.1"), "slope of a leaky ReLU"),
        (lambda: NetworkProblem(net(3, 1), INPUTS, [0, 1, 2]), r"\(n, 3\) expected"),
        (lambda: NetworkProblem(net(2, 1), [0.0, 1.0], [0, 1]), r"got \(2,\)"),
        (lambda: NetworkProblem(net(2, 1), np.zeros((0, 2)), []), r"got \(0, 2\)"),
        (lambda: NetworkProblem(net(2, 1), [[0.0, NAN]], [0]), "inputs: .* NaN or infinity"),
        (lambda: NetworkProblem(net(2, 1), [["a", "b"]], [0]), "real numbers"),
        (lambda: NetworkProblem(net(2, 1), [[1j, 0]], [0]), "real numbers"),
        (lambda: NetworkProblem(net(2, 1), INPUTS, [0, INF, 0]), "targets: .* infinity"),
        (lambda: NetworkProblem(net(2, 1), INPUTS, [0, 1]), "each of 3 inputs expected, got 2"),
        (lambda: NetworkProblem(net(2, 2), INPUTS, [0, 1, 2]), r"shape \(n, 2\)"),
        (lambda: NetworkProblem(net(2, 1, frozen=()), INPUTS, [0, 1, 2], (1.0,)), "got 1"),
        (
            lambda: NetworkProblem(net(2, 3, 1, frozen=(1,)), INPUTS, [0, 1, 2]),
            "1 frozen layers need as many arrays",
        ),
        (
            lambda: NetworkProblem(net(2, 3, 1, frozen=(1,)), INPUTS, [0, 1, 2], ([[1.0]],)),
            r"layer 1 is frozen at parameters of shape \(4, 1\), the biases in the last row",
        ),
        (
            lambda: NetworkProblem(net(2, 1, loss=Logistic()), INPUTS, [0, 1, 1]),
            "labels of -1 and 1 expected.*found 0",
        ),
        (lambda: NetworkProblem(net(2, 2, loss=Logistic()), INPUTS, [1, 1, 1]), "one output"),
        (lambda: NetworkProblem(net(2, 1, loss=Hinge()), INPUTS, [1, 2, 1]), "found 2"),
        (
            lambda: NetworkProblem(net(2, 3, loss=CrossEntropy()), INPUTS, [0, 3, 1]),
            "labels of 0, …, 2 expected, one a sample; found 3",
        ),
        (lambda: NetworkProblem(net(2, 3, loss=CrossEntropy()), INPUTS, [0, -1, 1]), "found -1"),
        (lambda: NetworkProblem(net(2, 3, loss=CrossEntropy()), INPUTS, [0, 0.5, 1]), "found 0.5"),
        (
            lambda: NetworkProblem(net(2, 3, loss=CrossEntropy()), INPUTS, np.eye(3)),
            r"got an array of shape \(3, 3\)",
        ),
        (lambda: NetworkProblem(net(2, 1, loss=CrossEntropy()), INPUTS, [0, 0, 0]), "two classes"),
        (lambda: initial(net(2, 3, 1), [HE_NORMAL], 2, seed=0), "2 layers.*got 1"),
        (lambda: initial(net(2, 3, 1), HE_NORMAL, 0, seed=0), "at least one run"),
        (lambda: normal(-1.0), "positive finite"),
        (lambda: uniform(0.0), "positive finite"),
        (lambda: uniform(NAN), "finite number expected"),
        (lambda: fair_signs(0, 1), "positive width"),
    ],
)
def test_networks_and_data_that_mean_nothing(make: Any, message: str) -> None:
    with pytest.raises(SimulationError, match=message):
        make()


def test_integers_and_single_precision_are_numbers_too() -> None:
    whole = NetworkProblem(SMALL.network, np.array(INPUTS, dtype=int), np.array([0, 1, 2]))
    single = NetworkProblem(
        SMALL.network, np.array(INPUTS, dtype=np.float32), np.array([0, 1, 2], dtype=np.float32)
    )
    x = initial(SMALL.network, HE_NORMAL, 2, seed=0)
    expected = SMALL.on(numpy_backend()).gradient(x)
    for problem in (whole, single):
        gradient = problem.on(numpy_backend()).gradient(x)
        assert gradient.dtype == np.float64
        np.testing.assert_array_equal(gradient, expected)


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.zeros((1, 12)), r"shape \(runs, 13\) expected, got \(1, 12\)"),
        (np.zeros(13), r"shape \(runs, 13\)"),
        (np.zeros((1, 13), dtype=int), "int64"),
    ],
)
def test_parameters_that_are_no_batch_of_points(x: Any, message: str) -> None:
    functions = SMALL.on(numpy_backend())
    assert functions.hessian_vector is not None
    for call in (
        functions.value,
        functions.gradient,
        lambda x: SMALL.outputs(numpy_backend(), x, INPUTS),
        lambda x: functions.hessian_vector(np.zeros((1, 13)), x),
    ):
        with pytest.raises(SimulationError, match=message):
            call(x)
    with pytest.raises(SimulationError, match="2 points and 3 directions"):
        functions.hessian_vector(np.zeros((2, 13)), np.zeros((3, 13)))
    with pytest.raises(SimulationError, match="first width"):
        SMALL.outputs(numpy_backend(), np.zeros((1, 13)), [[1.0, 2.0, 3.0]])


@pytest.mark.parametrize(
    ("indices", "message"),
    [
        (np.zeros((2, 0), dtype=int), "b >= 1"),
        (np.zeros((3, 1), dtype=int), "each of 2 runs"),
        (np.zeros(2, dtype=int), "each of 2 runs"),
        (np.zeros((2, 1)), "array of integers, got float64"),
        (np.array([[0], [3]]), "0, …, 2; found 3"),
        (np.array([[-1], [0]]), "found -1"),
    ],
)
def test_minibatches_that_are_none(indices: Any, message: str) -> None:
    functions = SMALL.on(numpy_backend())
    assert functions.components is not None
    assert functions.component_values is not None
    for mean in (functions.components, functions.component_values):
        with pytest.raises(SimulationError, match=message):
            mean(np.zeros((2, 13)), indices)


def test_a_network_is_trained_and_diverges_by_name() -> None:
    start = initial(SMALL.network, HE_NORMAL, 2, seed=0)
    step = np.array([0.1, 1e8])

    def train(**more: Any) -> Any:
        arguments = {"step": step, **more}
        metrics = {"loss": Last(value)}
        return simulate(SMALL, METHODS["sgd"], arguments, start, 400, metrics, noise=SAMPLING)

    outcome = train(batch=2)
    first = SMALL.on(numpy_backend()).value(start)[0, 0]
    assert outcome.measured["loss"][0] < first / 2
    assert not outcome.diverged[0]
    with pytest.raises(SimulationError, match="positive whole number"):
        train(batch=0)
    with pytest.raises(SimulationError, match="4 out of 3"):
        train(batch=4)


SAMPLING = Sampling(3, None, replacement=False)


def test_the_minimum_of_a_network_is_not_known() -> None:
    start = initial(SMALL.network, HE_NORMAL, 1, seed=0)
    with pytest.raises(SimulationError, match="minimum of this problem is not known"):
        simulate(SMALL, METHODS["gradient_descent"], {"step": 0.1}, start, 1, {"gap": Last(gap)})


def test_relu_networks_are_refused_no_question() -> None:
    functions = NetworkProblem(Network((2, 3, 1), Relu(), Hinge()), INPUTS, [1, -1, 1]).on(
        numpy_backend()
    )
    x = np.ones((1, 13))
    assert functions.hessian is not None
    assert np.isfinite(functions.hessian(x)).all()


def test_widths_may_come_in_any_sequence() -> None:
    listed = Network([np.int64(2), 3, 1], Tanh(), Squared(), frozen=[1])
    assert listed == net(2, 3, 1, frozen=(1,))
    assert hash(listed) == hash(net(2, 3, 1, frozen=(1,)))
