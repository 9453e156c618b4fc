"""Networks against a scalar network in plain loops, differentiated by complex steps, and JAX."""

from __future__ import annotations

import cmath
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from theoryck.simulate.backend import numpy_backend
from theoryck.simulate.problems.losses import CrossEntropy, Hinge, Logistic, Loss, Squared
from theoryck.simulate.problems.networks import (
    Activation,
    LeakyRelu,
    Linear,
    Network,
    NetworkProblem,
    Relu,
    Tanh,
)

ACTIVATIONS: tuple[Activation, ...] = (Relu(), LeakyRelu(0.2), Tanh(), Linear())
LOSSES: tuple[Loss, ...] = (Squared(), Logistic(), Hinge(), CrossEntropy())


def sigma(name: str, u: complex) -> complex:
    match name:
        case "Relu":
            return u if u.real > 0 else 0j
        case "LeakyRelu":
            return u if u.real > 0 else 0.2 * u
        case "Tanh":
            return cmath.tanh(u)
    return u


def naive_loss(name: str, z: Sequence[complex], y: Any) -> complex:
    match name:
        case "Squared":
            return sum((a - b) ** 2 for a, b in zip(z, np.atleast_1d(y), strict=True)) / 2
        case "Logistic":
            return cmath.log(1 + cmath.exp(-y * z[0]))
        case "Hinge":
            return 1 - y * z[0] if (1 - y * z[0]).real > 0 else 0j
    return cmath.log(sum(cmath.exp(a) for a in z)) - z[int(y)]


def naive_value(network: Network, x: Sequence[complex], inputs: Any, targets: Any) -> complex:
    """The mean loss, one neuron after the other."""
    total = 0j
    for sample, target in zip(inputs, targets, strict=True):
        numbers = iter(x)
        h = [complex(v) for v in sample]
        for layer, width in enumerate(network.widths[1:]):
            weights = [[next(numbers) for _ in range(width)] for _ in h]
            bias = [next(numbers) if network.biases else 0 for _ in range(width)]
            u = [sum(h[i] * weights[i][j] for i in range(len(h))) + bias[j] for j in range(width)]
            if layer == len(network.widths) - 2:
                h = [network.scale * v for v in u]
            else:
                new = [sigma(type(network.activation).__name__, v) for v in u]
                if network.residual and len(new) == len(h):
                    new = [a + b for a, b in zip(h, new, strict=True)]
                h = new
        total += naive_loss(type(network.loss).__name__, h, target)
    return total / len(inputs)


def naive_gradient(network: Network, x: Any, inputs: Any, targets: Any) -> Any:
    """∂f/∂x_i = Im f(x + ih·e_i)/h with h = 1e-30: exact to rounding."""
    made = []
    for i in range(len(x)):
        moved = [complex(v, 1e-30 if j == i else 0.0) for j, v in enumerate(x)]
        made.append(naive_value(network, moved, inputs, targets).imag / 1e-30)
    return np.array(made)


def data(network: Network, samples: int, seed: int) -> tuple[Any, Any]:
    rng = np.random.default_rng(seed)
    inputs = rng.standard_normal((samples, network.widths[0]))
    match network.loss:
        case Squared():
            return inputs, rng.standard_normal((samples, network.widths[-1]))
        case CrossEntropy():
            return inputs, rng.integers(network.widths[-1], size=samples)
    return inputs, rng.choice([-1.0, 1.0], samples)


@settings(max_examples=15, deadline=None)
@given(
    hidden=st.lists(st.integers(1, 4), max_size=4),
    ends=st.tuples(st.integers(1, 4), st.integers(2, 3)),
    residual=st.booleans(),
    biases=st.booleans(),
    scale=st.sampled_from([1.0, -0.3]),
    seed=st.integers(0, 99),
)
@pytest.mark.parametrize("activation", ACTIVATIONS, ids=lambda v: type(v).__name__)
@pytest.mark.parametrize("loss", LOSSES, ids=lambda v: type(v).__name__)
def test_value_and_gradient_are_those_of_the_naive_network(
    activation: Activation,
    loss: Loss,
    hidden: list[int],
    ends: tuple[int, int],
    residual: bool,
    biases: bool,
    scale: float,
    seed: int,
) -> None:
    inputs, classes = ends
    out = 1 if isinstance(loss, Logistic | Hinge) else classes
    network = Network((inputs, *hidden, out), activation, loss, residual, biases, scale)
    samples, targets = data(network, 3, seed)
    functions = NetworkProblem(network, samples, targets).on(numpy_backend())
    x = np.random.default_rng(seed + 1).standard_normal((1, network.dimension))
    value = naive_value(network, x[0], samples, targets).real
    gradient = naive_gradient(network, x[0], samples, targets)
    size = max(1.0, abs(value), float(np.abs(gradient).max()))
    np.testing.assert_allclose(functions.value(x)[0, 0], value, rtol=1e-12, atol=1e-13 * size)
    np.testing.assert_allclose(functions.gradient(x)[0], gradient, rtol=1e-9, atol=1e-12 * size)


@pytest.mark.parametrize(
    ("loss", "residual"), [(Squared(), True), (CrossEntropy(), False)], ids=["residual", "plain"]
)
def test_gradient_and_hessian_are_those_of_jax(loss: Loss, residual: bool) -> None:
    jax = pytest.importorskip("jax", reason="JAX is installed for tests only")
    jnp = jax.numpy
    network = Network((3, 4, 4, 4, 2), Tanh(), loss, residual)
    samples, targets = data(network, 5, 3)

    def f(x: Any) -> Any:
        a, start = jnp.asarray(samples), 0
        for layer, (into, out) in enumerate(zip(network.widths, network.widths[1:], strict=False)):
            weights = x[start : start + into * out].reshape(into, out)
            bias = x[start + into * out : start + into * out + out]
            start += into * out + out
            u = a @ weights + bias
            if layer < len(network.widths) - 2:
                u = jnp.tanh(u)
                u = a + u if residual and into == out else u
            a = u
        if isinstance(loss, Squared):
            return jnp.mean(jnp.sum((a - targets) ** 2, axis=1)) / 2
        scores = jax.nn.log_softmax(a, axis=1)
        return -jnp.mean(scores[jnp.arange(5), targets])

    functions = NetworkProblem(network, samples, targets).on(numpy_backend())
    rng = np.random.default_rng(5)
    x, v = rng.standard_normal((2, 1, network.dimension))
    assert functions.hessian_vector is not None
    with jax.enable_x64(True):
        # compiled at once: one operation after the other takes JAX several seconds
        every = jax.jit(lambda at, to: (f(at), *jax.jvp(jax.grad(f), (at,), (to,))))
        expected = [np.asarray(a) for a in every(jnp.asarray(x[0]), jnp.asarray(v[0]))]
    np.testing.assert_allclose(functions.value(x)[0, 0], expected[0], rtol=1e-12)
    np.testing.assert_allclose(functions.gradient(x)[0], expected[1], rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(
        functions.hessian_vector(x, v)[0], expected[2], rtol=1e-10, atol=1e-11
    )
