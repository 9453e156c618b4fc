"""What a network is: its layers, and where in x each layer's parameters stand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from numbers import Integral
from typing import Any

from theoryck.simulate.errors import SimulationError
from theoryck.simulate.problems.losses import Loss
from theoryck.simulate.problems.networks.activations import Activation, finite

Layers = tuple[tuple[Any, Any], ...]  # weights and biases of each layer, or None


@dataclass(frozen=True)
class Layer:
    """u = aW + b for a row a, then σ(u), or a + σ(u) where it ``skips``; the last layer gives u.

    Attributes:
        inputs: how many numbers go in.
        outputs: how many come out.
        skips: whether its input is added to its output, as in a residual network.
        weights: where in x its weights stand, input by input; None if they are not trained.
        biases: where its biases stand; None if it has none, or they are not trained.
    """

    inputs: int
    outputs: int
    skips: bool
    weights: slice | None
    biases: slice | None


@dataclass(frozen=True)
class Network:
    """A multilayer network h(a; x), or a residual one, with its loss.

    A hidden layer makes σ(aW + b) of its input, a row a; in a residual network a + σ(aW + b)
    wherever the width stays the same. The last layer is affine. The parameters x of shape
    (runs, d) hold, layer by layer, the weights W (row by row) and then the biases b.

    Args:
        widths: of the input, the hidden layers and the output.
        activation: σ, of every hidden layer.
        loss: of the output against a sample's target.
        residual: whether layers that keep their width add their input.
        biases: whether layers have biases.
        scale: the output is multiplied by it; 1/√m in the analysis of wide networks.
        frozen: the layers, from 0, whose parameters are given and not trained.

    Raises:
        SimulationError: the widths, the scale or the frozen layers mean nothing.

    >>> from theoryck.simulate.problems.losses import Logistic
    >>> from theoryck.simulate.problems.networks.activations import Relu
    >>> deep = Network((2,) + 15 * (25,) + (2, 1), Relu(), Logistic(), residual=True)
    >>> len(deep.layers), sum(layer.skips for layer in deep.layers), deep.dimension
    (17, 14, 9230)
    """

    widths: tuple[int, ...]
    activation: Activation
    loss: Loss
    residual: bool = False
    biases: bool = True
    scale: float = 1.0
    frozen: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        for kind, given, example in (
            (Activation, self.activation, "an activation, such as Relu()"),
            (Loss, self.loss, "a loss, such as Squared()"),
        ):
            if not isinstance(given, kind):
                raise SimulationError(f"{example}, expected; got {given!r}")
        object.__setattr__(self, "widths", _whole_numbers(self.widths, "widths"))
        object.__setattr__(self, "frozen", _whole_numbers(self.frozen, "frozen layers"))
        if len(self.widths) < 2 or min(self.widths) < 1:
            raise SimulationError(
                "the widths of a network are positive whole numbers, of its input, its hidden "
                f"layers and its output; got {self.widths}"
            )
        if finite(self.scale, "scale") == 0:
            raise SimulationError("a finite scale other than 0 expected, got 0")
        count = len(self.widths) - 1
        wrong = [i for i in self.frozen if i not in range(count)]
        if wrong or len(set(self.frozen)) != len(self.frozen):
            raise SimulationError(f"frozen layers are some of 0, …, {count - 1}, got {self.frozen}")
        if len(self.frozen) == count:
            raise SimulationError("at least one layer must be trained: all of them are frozen")

    @cached_property
    def layers(self) -> tuple[Layer, ...]:
        """The layers, from the input on."""
        made, start = [], 0
        last = len(self.widths) - 2
        for i, (inputs, outputs) in enumerate(zip(self.widths, self.widths[1:], strict=False)):
            weights = biases = None
            if i not in self.frozen:
                weights = slice(start, start + inputs * outputs)
                start = weights.stop
                if self.biases:
                    biases = slice(start, start + outputs)
                    start = biases.stop
            skips = self.residual and inputs == outputs and i < last
            made.append(Layer(inputs, outputs, skips, weights, biases))
        return tuple(made)

    @cached_property
    def dimension(self) -> int:
        """The number of trained parameters."""
        return max(part.stop for part in self.slices)

    @cached_property
    def slices(self) -> tuple[slice, ...]:
        """Where each trained layer's weights, and its biases, stand."""
        both = (part for layer in self.layers for part in (layer.weights, layer.biases))
        return tuple(part for part in both if part is not None)

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """The number of weights of each layer."""
        return tuple(layer.inputs * layer.outputs for layer in self.layers)

    def fixed(self, given: tuple[Any, ...]) -> tuple[Any, ...]:
        """The frozen layers' parameters, checked for their shapes (inputs [+ 1], outputs).

        Raises:
            SimulationError: an array is missing, or not of the shape of its layer.
        """
        if len(given) != len(self.frozen):
            raise SimulationError(
                f"{len(self.frozen)} frozen layers need as many arrays of parameters, "
                f"got {len(given)}"
            )
        for i, array in zip(self.frozen, given, strict=True):
            layer = self.layers[i]
            shape = (layer.inputs + self.biases, layer.outputs)
            if array.shape != shape:
                raise SimulationError(
                    f"layer {i} is frozen at parameters of shape {shape}"
                    f"{', the biases in the last row' if self.biases else ''}; got {array.shape}"
                )
        return given

    def unpack(self, xp: Any, x: Any, fixed: tuple[Any, ...]) -> Layers:
        """The weights (runs, inputs, outputs) and biases (runs, 1, outputs) of each layer."""
        made, runs = [], x.shape[0]
        frozen = dict(zip(self.frozen, fixed, strict=True)) if fixed else {}
        for i, layer in enumerate(self.layers):
            if layer.weights is not None:
                weights = xp.reshape(x[:, layer.weights], (runs, layer.inputs, layer.outputs))
                biases = None
                if layer.biases is not None:
                    biases = xp.reshape(x[:, layer.biases], (runs, 1, layer.outputs))
            elif i in frozen:
                given = xp.expand_dims(frozen[i], axis=0)
                weights = given[:, : layer.inputs, :]
                biases = given[:, layer.inputs :, :] if self.biases else None
            else:
                weights = biases = None  # a direction that leaves the layer alone
            made.append((weights, biases))
        return tuple(made)

    def describe(self) -> str:
        """A few words for a reader."""
        kind = "residual" if self.residual else "multilayer"
        widths = ", ".join(_grouped(self.widths))
        return (
            f"a {kind} network of widths {widths} with {self.activation.describe()} "
            f"and {self.loss.describe()}"
        )


def _whole_numbers(given: Any, what: str) -> tuple[int, ...]:
    numbers = tuple(given) if isinstance(given, Iterable) else (None,)
    if not all(type(n) is not bool and isinstance(n, Integral) for n in numbers):
        raise SimulationError(f"{what}: a tuple of positive whole numbers expected, got {given}")
    return tuple(int(n) for n in numbers)


def _grouped(widths: tuple[int, ...]) -> list[str]:
    groups: list[list[int]] = []
    for width in widths:
        if groups and groups[-1][1] == width:
            groups[-1][0] += 1
        else:
            groups.append([1, width])
    return [f"{count}×{width}" if count > 1 else str(width) for count, width in groups]
