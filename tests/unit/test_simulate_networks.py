"""Networks: batches, minibatches, second order, frozen layers, starts."""

from __future__ import annotations

import itertools
from typing import Any

import array_api_strict
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from theoryck.simulate.backend import numpy_backend, of_namespace
from theoryck.simulate.problems.base import Functions
from theoryck.simulate.problems.losses import CrossEntropy, Hinge, Logistic, Loss, Squared
from theoryck.simulate.problems.networks import (
    GLOROT_NORMAL,
    GLOROT_UNIFORM,
    HE_NORMAL,
    HE_UNIFORM,
    Activation,
    Law,
    LeakyRelu,
    Linear,
    Network,
    NetworkProblem,
    Relu,
    Tanh,
    fair_signs,
    initial,
    normal,
    program,
    uniform,
)

ACTIVATIONS: tuple[Activation, ...] = (Relu(), LeakyRelu(0.2), Tanh(), Linear())
LOSSES: tuple[Loss, ...] = (Squared(), Logistic(), Hinge(), CrossEntropy())
STRICT = of_namespace("strict", array_api_strict)


def problem(
    activation: Activation,
    loss: Loss,
    widths: tuple[int, ...] = (2, 4, 4, 3),
    *,
    samples: int = 6,
    seed: int = 0,
    **more: Any,
) -> NetworkProblem:
    rng = np.random.default_rng(seed)
    if isinstance(loss, Logistic | Hinge):
        widths = (*widths[:-1], 1)
    network = Network(widths, activation, loss, **more)
    inputs = rng.standard_normal((samples, widths[0]))
    targets: Any = rng.choice([-1.0, 1.0], samples)
    if isinstance(loss, Squared):
        targets = rng.standard_normal((samples, widths[-1]))
    elif isinstance(loss, CrossEntropy):
        targets = rng.integers(widths[-1], size=samples)
    frozen = (network.layers[i] for i in network.frozen)
    fixed = tuple(rng.standard_normal((f.inputs + network.biases, f.outputs)) for f in frozen)
    return NetworkProblem(network, inputs, targets, fixed)


EVERY = [
    pytest.param(activation, loss, residual, id=f"{activation.describe()}-{loss.describe()}{r}")
    for activation, loss in itertools.product(ACTIVATIONS, LOSSES)
    for residual, r in ((False, ""), (True, "-residual"))
]


def points(functions: Functions, runs: int, seed: int = 1) -> Any:
    return np.random.default_rng(seed).standard_normal((runs, functions.dimension))


@settings(max_examples=12, deadline=None)
@given(
    hidden=st.lists(st.integers(1, 5), max_size=5),
    ends=st.tuples(st.integers(1, 4), st.integers(2, 4)),
    residual=st.booleans(),
    scale=st.sampled_from([1.0, -0.4]),
    seed=st.integers(0, 99),
)
@pytest.mark.parametrize("loss", [Squared(), Logistic(), CrossEntropy()], ids=repr)
@pytest.mark.parametrize("activation", [Tanh(), Linear()], ids=repr)
def test_gradients_and_hessian_products_agree_with_differences(
    activation: Activation,
    loss: Loss,
    hidden: list[int],
    ends: tuple[int, int],
    residual: bool,
    scale: float,
    seed: int,
) -> None:
    widths = (ends[0], *hidden, ends[1])
    made = problem(activation, loss, widths, seed=seed, residual=residual, scale=scale)
    functions = made.on(numpy_backend())
    assert functions.hessian_vector is not None
    x, v = points(functions, 2, seed), points(functions, 2, seed + 1)
    x = x / 2
    v = v / np.linalg.norm(v, axis=1, keepdims=True)
    size = max(1.0, *(float(np.abs(made).max()) for made in (functions.gradient(x), x)))
    for function, derivative in (
        (functions.value, np.sum(functions.gradient(x) * v, axis=1, keepdims=True)),
        (functions.gradient, functions.hessian_vector(x, v)),
    ):
        h = 1e-4
        near = (function(x + h * v) - function(x - h * v)) / (2 * h)
        far = (function(x + 2 * h * v) - function(x - 2 * h * v)) / (4 * h)
        largest = max(size, float(np.abs(derivative).max()))
        # Richardson's extrapolation: the error is of order h⁴
        np.testing.assert_allclose((4 * near - far) / 3, derivative, atol=1e-7 * largest)


@pytest.mark.parametrize(("activation", "loss", "residual"), EVERY)
def test_hessian_products_agree_with_differences_away_from_kinks(
    activation: Activation, loss: Loss, residual: bool
) -> None:
    functions = problem(activation, loss, residual=residual).on(numpy_backend())
    assert functions.hessian_vector is not None
    x, h = points(functions, 20), 1e-6
    v = points(functions, 20, seed=2)
    v = v / np.linalg.norm(v, axis=1, keepdims=True)
    differences = (functions.gradient(x + h * v) - functions.gradient(x - h * v)) / (2 * h)
    products = functions.hessian_vector(x, v)
    error = np.max(np.abs(differences - products), axis=1)
    agrees = error < 1e-7 * np.maximum(1, np.max(np.abs(products), axis=1)) * 10
    # a kink may lie between x − hv and x + hv, seldom
    assert agrees.mean() >= (0.95 if activation.smooth and loss.smooth else 0.9)


@pytest.mark.parametrize(("activation", "loss", "residual"), EVERY)
def test_the_hessian_is_that_of_its_products(
    activation: Activation, loss: Loss, residual: bool
) -> None:
    made = problem(activation, loss, (2, 3, 3, 2), residual=residual)
    functions = made.on(numpy_backend())
    assert functions.hessian is not None
    assert functions.hessian_vector is not None
    x, v = points(functions, 3), points(functions, 3, seed=2)
    hessian = functions.hessian(x)
    assert hessian.shape == (3, functions.dimension, functions.dimension)
    np.testing.assert_array_equal(hessian, np.swapaxes(hessian, 1, 2))
    product = (hessian @ v[..., None])[..., 0]
    np.testing.assert_allclose(functions.hessian_vector(x, v), product, rtol=1e-9, atol=1e-10)
    both = functions.hessian_vector(x, 3 * v + x)
    np.testing.assert_allclose(
        both, 3 * product + functions.hessian_vector(x, x), rtol=1e-9, atol=1e-9
    )


@pytest.mark.parametrize(("activation", "loss", "residual"), EVERY)
def test_a_batch_of_runs_is_the_runs_to_the_last_bit(
    activation: Activation, loss: Loss, residual: bool
) -> None:
    functions = problem(activation, loss, residual=residual).on(numpy_backend())
    assert functions.components is not None
    x = points(functions, 5)
    for function in (functions.value, functions.gradient):
        rows = np.concatenate([function(row[None]) for row in x])
        np.testing.assert_array_equal(function(x), rows)
    indices = np.random.default_rng(3).integers(6, size=(5, 4))
    rows = np.concatenate(
        [functions.components(x[i : i + 1], indices[i : i + 1]) for i in range(5)]
    )
    np.testing.assert_array_equal(functions.components(x, indices), rows)


@pytest.mark.parametrize(("activation", "loss", "residual"), EVERY)
def test_minibatches_are_means_of_components(
    activation: Activation, loss: Loss, residual: bool
) -> None:
    functions = problem(activation, loss, residual=residual).on(numpy_backend())
    x = points(functions, 3)
    everything = np.tile(np.arange(functions.count), (3, 1))
    indices = np.array([[0, 5], [2, 2], [4, 1]])
    for mean, whole in (
        (functions.components, functions.gradient),
        (functions.component_values, functions.value),
    ):
        assert mean is not None
        np.testing.assert_allclose(mean(x, everything), whole(x), rtol=1e-12, atol=1e-13)
        halves = (mean(x, indices[:, :1]) + mean(x, indices[:, 1:])) / 2
        np.testing.assert_allclose(mean(x, indices), halves, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize(("activation", "loss", "residual"), EVERY)
def test_networks_run_under_the_strict_standard(
    activation: Activation, loss: Loss, residual: bool
) -> None:
    made = problem(activation, loss, residual=residual, frozen=(1,))
    ours, theirs = made.on(STRICT), made.on(numpy_backend())
    x, v = points(theirs, 4), points(theirs, 4, seed=2)
    indices = np.array([[0, 1], [1, 1], [2, 0], [1, 5]])
    for name, arguments in (
        ("value", (x,)),
        ("gradient", (x,)),
        ("components", (x, indices)),
        ("component_values", (x, indices)),
        ("hessian", (x,)),
        ("hessian_vector", (x, v)),
    ):
        strict = getattr(ours, name)(*(array_api_strict.asarray(a) for a in arguments))
        assert strict.dtype == array_api_strict.float64
        np.testing.assert_allclose(
            np.asarray(strict), getattr(theirs, name)(*arguments), rtol=1e-12, atol=1e-13
        )


def test_pieces_of_the_work_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    made = problem(Tanh(), Squared(), samples=11)
    functions = made.on(numpy_backend())
    x, v = points(functions, 7), points(functions, 7, seed=2)
    indices = np.random.default_rng(3).integers(11, size=(7, 5))
    assert functions.components is not None
    assert functions.hessian_vector is not None

    def seen() -> list[Any]:
        assert functions.components is not None
        assert functions.hessian_vector is not None
        return [
            functions.value(x),
            functions.gradient(x),
            functions.components(x, indices),
            functions.hessian_vector(x, v),
        ]

    whole = seen()
    for cells, samples in ((4, 1), (12, 1), (60, 1), (1, 4), (2**30, 256)):
        monkeypatch.setattr(program, "CELLS", cells)
        monkeypatch.setattr(program, "SAMPLES", samples)
        for piecewise, at_once in zip(seen(), whole, strict=True):
            np.testing.assert_allclose(piecewise, at_once, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("frozen", [(0,), (1,), (2,), (0, 1), (0, 2), (1, 2)])
@pytest.mark.parametrize("biases", [True, False])
def test_a_frozen_layer_is_a_layer_that_does_not_move(
    frozen: tuple[int, ...], biases: bool
) -> None:
    free = problem(Tanh(), Squared(), residual=True, biases=biases)
    full = free.on(numpy_backend())
    x, v = points(full, 1), points(full, 1, seed=2)
    layers = free.network.layers
    fixed, kept = [], []
    for i, layer in enumerate(layers):
        parts = [part for part in (layer.weights, layer.biases) if part is not None]
        if i in frozen:
            fixed.append(np.concatenate([x[0, p] for p in parts]).reshape(-1, layer.outputs))
            for part in parts:
                v[:, part] = 0
        else:
            kept += [j for part in parts for j in range(part.start, part.stop)]
    network = Network(
        free.network.widths, Tanh(), Squared(), residual=True, biases=biases, frozen=frozen
    )
    part = NetworkProblem(network, free.inputs, free.targets, tuple(fixed)).on(numpy_backend())
    assert part.hessian_vector is not None
    assert full.hessian_vector is not None
    assert part.dimension == len(kept)
    y = x[:, kept]
    np.testing.assert_allclose(part.value(y), full.value(x), rtol=1e-14)
    np.testing.assert_allclose(part.gradient(y), full.gradient(x)[:, kept], rtol=1e-12)
    np.testing.assert_allclose(
        part.hessian_vector(y, v[:, kept]), full.hessian_vector(x, v)[:, kept], rtol=1e-12
    )


def test_the_shallow_network_of_the_analysis_of_wide_ones() -> None:
    m, signs = 6, fair_signs(6, 0)
    network = Network((3, m, 1), Relu(), Squared(), biases=False, scale=m**-0.5, frozen=(1,))
    rng = np.random.default_rng(0)
    inputs, targets = rng.standard_normal((4, 3)), rng.standard_normal(4)
    functions = NetworkProblem(network, inputs, targets, (signs,)).on(numpy_backend())
    weights = rng.standard_normal((3, m))
    outputs = np.maximum(inputs @ weights, 0) @ signs[:, 0] / np.sqrt(m)
    expected = np.mean((outputs - targets) ** 2) / 2
    assert functions.value(weights.reshape(1, -1))[0, 0] == pytest.approx(expected, rel=1e-14)
    # ∂f/∂w_r = (1/n) Σ (h − y)·v_r·1[⟨w_r, a⟩ > 0]·a/√m
    active = (inputs @ weights > 0) * signs[:, 0]
    gradient = inputs.T @ ((outputs - targets)[:, None] * active) / np.sqrt(m) / 4
    np.testing.assert_allclose(
        functions.gradient(weights.reshape(1, -1)), gradient.reshape(1, -1), rtol=1e-12
    )


def test_one_neuron_by_hand() -> None:
    network = Network((1, 1, 1), Tanh(), Squared())
    functions = NetworkProblem(network, [[2.0]], [0.5]).on(numpy_backend())
    x = np.array([[0.3, -0.1, 1.5, 0.2]])
    h = np.tanh(0.5)
    error = 1.5 * h + 0.2 - 0.5
    assert functions.value(x)[0, 0] == pytest.approx(error**2 / 2, rel=1e-15)
    inner = error * 1.5 * (1 - h * h)
    np.testing.assert_allclose(
        functions.gradient(x)[0], [2 * inner, inner, error * h, error], rtol=1e-14
    )


def test_at_its_kinks_relu_has_slope_zero_and_the_hinge_too() -> None:
    network = Network((1, 1, 1), Relu(), Squared(), biases=False)
    functions = NetworkProblem(network, [[1.0]], [1.0]).on(numpy_backend())
    assert functions.gradient(np.array([[0.0, 2.0]])).tolist() == [[0.0, 0.0]]
    line = Network((1, 1), Linear(), Hinge(), biases=False)
    hinge = NetworkProblem(line, [[1.0]], [1.0]).on(numpy_backend())
    assert hinge.gradient(np.array([[1.0], [0.999]])).tolist() == [[0.0], [-1.0]]


@pytest.mark.parametrize("leak", [-0.5, 0.0, 0.2, 1.0, 1.5])
def test_a_leaky_relu_may_leak_as_it_likes(leak: float) -> None:
    u, sigma = np.array([-2.0, -0.0, 0.0, 3.0]), LeakyRelu(leak)
    assert sigma.value(u).tolist() == [-2 * leak, 0.0, 0.0, 3.0]
    assert sigma.slope(u, sigma.value(u)).tolist() == [leak, leak, leak, 1.0]


def test_layers_that_keep_their_width_skip_and_the_last_never_does() -> None:
    network = Network((2, 2, 2, 3, 3, 3), Relu(), Squared(), residual=True)
    assert [layer.skips for layer in network.layers] == [True, True, False, True, False]
    plain = Network((2, 2, 2, 3, 3, 3), Relu(), Squared())
    assert not any(layer.skips for layer in plain.layers)
    # with all parameters 0 a residual layer is the identity, and a plain one is 0
    x = np.zeros((1, network.dimension))
    last = network.layers[-1].weights
    assert last is not None
    x[:, last] = 1.0
    for layers in (network, plain):
        made = NetworkProblem(layers, np.ones((1, 2)), np.zeros((1, 3)))
        assert made.outputs(numpy_backend(), x, [[1.0, 2.0]]).tolist() == [[[0.0] * 3]]
    deep = Network((2, 2, 2, 2), Relu(), Squared(), residual=True)
    last = deep.layers[-1].weights
    assert last is not None
    x = np.zeros((1, deep.dimension))
    x[:, last] = [1.0, 0.0, 0.0, 1.0]
    made = NetworkProblem(deep, np.ones((1, 2)), np.zeros((1, 2)))
    assert made.outputs(numpy_backend(), x, [[1.0, -2.0]]).tolist() == [[[1.0, -2.0]]]


def test_the_networks_of_the_lecture_have_their_layers() -> None:
    small = Network((2, *3 * (5,), 2, 1), Relu(), Logistic(), residual=True)
    large = Network((2, *15 * (25,), 2, 1), Relu(), Logistic(), residual=True)
    assert [len(network.layers) for network in (small, large)] == [5, 17]
    assert small.dimension == (2 * 5 + 5) + 2 * (25 + 5) + (10 + 2) + 3
    assert large.dimension == (2 * 25 + 25) + 14 * (625 + 25) + (50 + 2) + 3


@pytest.mark.parametrize("biases", [True, False])
def test_slices_cut_the_parameters_into_weights_and_biases(biases: bool) -> None:
    network = Network((2, 3, 4, 1), Tanh(), Squared(), biases=biases, frozen=(1,))
    ends = [part.start for part in network.slices[1:]] + [network.dimension]
    assert network.slices[0].start == 0
    assert [part.stop for part in network.slices] == ends
    sizes = [part.stop - part.start for part in network.slices]
    assert sizes == ([6, 3, 4, 1] if biases else [6, 4])
    fixed = np.zeros((3 + biases, 4))
    functions = NetworkProblem(network, [[0.0, 1.0]], [1.0], (fixed,)).on(numpy_backend())
    assert functions.layers == network.slices


def test_what_is_known_of_a_network_is_little() -> None:
    for activation, loss in itertools.product(ACTIVATIONS, LOSSES):
        made = problem(activation, loss)
        constants = made.constants()
        assert constants.nonnegative
        assert constants.smoothness is constants.lower is constants.growth is None
        assert constants.twice == (isinstance(activation, Tanh | Linear) and loss != Hinge())
        assert made.on(numpy_backend()).f_star is None
        assert made.component_count() == 6


@pytest.mark.parametrize("loss", LOSSES, ids=repr)
@pytest.mark.parametrize("activation", ACTIVATIONS, ids=repr)
@pytest.mark.parametrize("where", [0, -1])
def test_numbers_that_are_lost_are_seen(where: int, activation: Activation, loss: Loss) -> None:
    functions = problem(activation, loss).on(numpy_backend())
    x = points(functions, 2)
    x[0, where] = np.nan
    with numpy_backend().quiet():
        assert np.isnan(functions.value(x))[:, 0].tolist() == [True, False]
        assert np.isnan(functions.gradient(x)).any(axis=1).tolist() == [True, False]


@pytest.mark.parametrize("loss", [Logistic(), CrossEntropy()], ids=repr)
def test_losses_do_not_overflow(loss: Loss) -> None:
    outputs = 1 if isinstance(loss, Logistic) else 2
    network = Network((1, outputs), Linear(), loss, biases=False)
    functions = NetworkProblem(network, [[1.0], [1.0]], [1, 1]).on(numpy_backend())
    x = np.array([[1e5], [-1e5]]) if outputs == 1 else np.array([[0.0, 1e5], [1e5, 0.0]])
    np.testing.assert_allclose(functions.value(x)[:, 0], [0, 1e5])
    assert np.isfinite(functions.gradient(x)).all()


@pytest.mark.parametrize(
    ("law", "variance", "bound"),
    [
        (HE_NORMAL, [2 / 30, 2 / 20], None),
        (GLOROT_NORMAL, [2 / 50, 2 / 70], None),
        (normal(0.5), [1 / 4, 1 / 4], None),
        (HE_UNIFORM, [2 / 30, 2 / 20], [(6 / 30) ** 0.5, (6 / 20) ** 0.5]),
        (GLOROT_UNIFORM, [2 / 50, 2 / 70], [(6 / 50) ** 0.5, (6 / 70) ** 0.5]),
        (uniform(3.0), [3.0, 3.0], [3.0, 3.0]),
        ((normal(), uniform()), [1.0, 1 / 3], [9.0, 1.0]),
    ],
    ids=lambda v: v.name if isinstance(v, Law) else "",
)
def test_starts_have_their_variance(law: Any, variance: Any, bound: Any) -> None:
    network = Network((30, 20, 50), Relu(), CrossEntropy())
    x = initial(network, law, 40, seed=1)
    for i, layer in enumerate(network.layers):
        weights = x[:, layer.weights].ravel()
        # 24,000 numbers or more: the deviation of their mean square is below 1 % of it
        assert np.mean(weights**2) == pytest.approx(variance[i], rel=0.06)
        assert abs(np.mean(weights)) < 7 * (variance[i] / weights.size) ** 0.5
        assert (x[:, layer.biases] == 0).all()
        if bound is not None:
            assert np.abs(weights).max() <= bound[i]
    assert len(np.unique(x[:, : 30 * 20])) == 40 * 600
    np.testing.assert_array_equal(x[7:9], initial(network, law, 2, seed=1, first=7))
    assert (x[0] != initial(network, law, 1, seed=2)[0]).any()
    strict = initial(network, law, 2, seed=1, backend=STRICT)
    np.testing.assert_array_equal(np.asarray(strict), x[:2])


def test_signs_are_fair_and_fixed() -> None:
    signs = fair_signs(2000, 5)
    assert set(signs.ravel()) == {-1.0, 1.0}
    assert abs(signs.sum()) < 7 * 2000**0.5
    np.testing.assert_array_equal(signs, fair_signs(2000, 5))


def test_a_network_says_what_it_is() -> None:
    network = Network((2, *15 * (25,), 2, 1), Relu(), Logistic(), residual=True)
    made = NetworkProblem(network, [[0.0, 1.0]], [1.0])
    assert made.describe() == (
        "a residual network of widths 2, 15×25, 2, 1 with ReLU and logistic loss on 1 samples"
    )
