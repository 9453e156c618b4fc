"""The forward and the backward pass, and the same for a direction in the parameters.

Written for arrays: a sample is a row, a run is a batch of rows. Inputs have shape (runs, b, in),
or (1, b, in) where all runs see the same samples; weights have shape (runs, in, out), so that
``a @ weights`` is computed run by run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from theoryck.simulate.problems.networks.network import Layers, Network


@dataclass(frozen=True, eq=False)
class Forward:
    """What a forward pass leaves behind.

    Attributes:
        outputs: the network's, of shape (runs, b, outputs).
        inputs: of each layer.
        slopes: σ′(u) of each hidden layer.
        curvatures: σ″(u) of each hidden layer; none unless asked for.
    """

    outputs: Any
    inputs: tuple[Any, ...]
    slopes: tuple[Any, ...]
    curvatures: tuple[Any, ...] = ()


def outputs(network: Network, layers: Layers, a: Any) -> Any:
    """The network's outputs, of shape (runs, b, outputs), and nothing kept."""
    for layer, (weights, biases) in zip(network.layers[:-1], layers[:-1], strict=True):
        h = network.activation.value(_affine(a, weights, biases))
        a = a + h if layer.skips else h
    return network.scale * _affine(a, *layers[-1])


def forward(network: Network, layers: Layers, a: Any, *, order: int = 1) -> Forward:
    """The outputs with what a backward pass needs for derivatives of this order, 1 or 2."""
    sigma = network.activation
    inputs, slopes, curvatures = [], [], []
    for layer, (weights, biases) in zip(network.layers[:-1], layers[:-1], strict=True):
        inputs.append(a)
        u = _affine(a, weights, biases)
        h = sigma.value(u)
        slopes.append(sigma.slope(u, h))
        if order > 1:
            curvatures.append(sigma.curvature(u, h))
        a = a + h if layer.skips else h
    inputs.append(a)
    z = network.scale * _affine(a, *layers[-1])
    return Forward(z, tuple(inputs), tuple(slopes), tuple(curvatures))


def backward(xp: Any, network: Network, layers: Layers, seen: Forward, slope: Any) -> Any:
    """∇_x Σ_samples ℓ, of shape (runs, d), from the slope ∂ℓ/∂z of each sample's loss.

    The backward pass of the lecture: ∂/∂u = ∂/∂h ⊙ σ′(u), ∂/∂W = aᵀ(∂/∂u), ∂/∂b = Σ ∂/∂u,
    ∂/∂a = (∂/∂u)Wᵀ, and ∂/∂a + ∂/∂h where the layer skips.
    """
    first = _first_trained(network)
    parts: list[Any] = []
    at_output: Any = None
    at_sum = network.scale * slope  # ∂/∂u of the last layer
    for i in reversed(range(first, len(layers))):
        parts = _parameters(xp, network, i, seen.inputs[i], at_sum) + parts
        if i > first:
            back = at_sum @ xp.matrix_transpose(layers[i][0])
            at_output = back + at_output if network.layers[i].skips else back
            at_sum = at_output * seen.slopes[i - 1]
    return xp.concat(parts, axis=1)


def hessian_vector(
    xp: Any, network: Network, layers: Layers, direction: Layers, a: Any, targets: Any
) -> Any:
    """∇²_x Σ_samples ℓ · v, of shape (runs, d), exact and as cheap as a few gradients.

    The directional derivative R{·} of both passes along v, written out [Pearlmutter 1994]: of
    the forward pass R{u} = R{a}W + aV_W + V_b and R{h} = σ′(u)R{u}, of the loss
    R{∂ℓ/∂z} = ∇²ℓ·R{z}, of the backward pass by the product rule. At kinks σ″ counts as 0.
    """
    seen = forward(network, layers, a, order=2)
    last, first = len(layers) - 1, _first_trained(network)
    moved_inputs: list[Any] = []  # R{a} of each layer; None is 0
    moved_sums: list[Any] = []
    moved: Any = None
    for i, layer in enumerate(network.layers):
        moved_inputs.append(moved)
        moved_u = _moved_sum(seen.inputs[i], moved, layers[i], direction[i])
        moved_sums.append(moved_u)
        if i < last and moved_u is not None:
            moved_h = seen.slopes[i] * moved_u
            moved = moved_h + moved if layer.skips and moved is not None else moved_h
    z = seen.outputs
    slope = network.loss.slope(z, targets)
    at_sum = network.scale * slope
    moved_at_sum = network.scale * network.loss.bend(z, targets, network.scale * moved_sums[last])
    parts: list[Any] = []
    at_output: Any = None
    moved_at_output: Any = None
    for i in reversed(range(first, len(layers))):
        layer, (weights, _), (weights_v, _) = network.layers[i], layers[i], direction[i]
        made = _parameters(xp, network, i, seen.inputs[i], moved_at_sum)
        if made and moved_inputs[i] is not None:
            more = xp.matrix_transpose(moved_inputs[i]) @ at_sum
            made[0] = made[0] + xp.reshape(more, made[0].shape)
        parts = made + parts
        if i == first:
            break
        back = at_sum @ xp.matrix_transpose(weights)
        moved_back = moved_at_sum @ xp.matrix_transpose(weights)
        if weights_v is not None:
            moved_back = moved_back + at_sum @ xp.matrix_transpose(weights_v)
        at_output = back + at_output if layer.skips else back
        moved_at_output = moved_back + moved_at_output if layer.skips else moved_back
        at_sum = at_output * seen.slopes[i - 1]
        bent = seen.curvatures[i - 1] * moved_sums[i - 1]
        moved_at_sum = moved_at_output * seen.slopes[i - 1] + at_output * bent
    return xp.concat(parts, axis=1)


def _affine(a: Any, weights: Any, biases: Any) -> Any:
    u = a @ weights
    return u if biases is None else u + biases


def _moved_sum(a: Any, moved: Any, layer: tuple[Any, Any], direction: tuple[Any, Any]) -> Any:
    """R{u}; None where nothing below or in the layer moves."""
    (weights, _), (weights_v, biases_v) = layer, direction
    total = None if weights_v is None else _affine(a, weights_v, biases_v)
    if moved is None:
        return total
    through = moved @ weights
    return through if total is None else total + through


def _parameters(xp: Any, network: Network, i: int, a: Any, at_sum: Any) -> list[Any]:
    """The derivatives in a layer's weights and biases, each of shape (runs, ·)."""
    layer = network.layers[i]
    if layer.weights is None:
        return []
    runs = at_sum.shape[0]
    by_weights = xp.matrix_transpose(a) @ at_sum
    parts = [xp.reshape(by_weights, (runs, layer.inputs * layer.outputs))]
    if layer.biases is not None:
        parts.append(xp.sum(at_sum, axis=1))
    return parts


def _first_trained(network: Network) -> int:
    return next(i for i, layer in enumerate(network.layers) if layer.weights is not None)
