"""Training a network: the mean of its losses on the samples of a data set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from theoryck.simulate.backend import Backend, check_points, numpy_backend
from theoryck.simulate.errors import SimulationError
from theoryck.simulate.problems.base import Constants, Functions, Problem
from theoryck.simulate.problems.networks import passes
from theoryck.simulate.problems.networks.network import Network
from theoryck.simulate.problems.networks.program import Program


@dataclass(frozen=True, eq=False)
class NetworkProblem(Problem):
    """f(x) = (1/n) Σ ℓ(h(a_i; x), y_i), a finite sum over the samples.

    Of f it is known that f ≥ 0, and no more: f* is not, and the gradient is not Lipschitz. With
    ReLU, leaky ReLU or the hinge loss the gradient is that of the pieces, with σ′(0) = 0 for
    ReLU, and the Hessian that of the pieces too.

    Args:
        network: its layers and its loss.
        inputs: the samples a_i, of shape (n, widths[0]).
        targets: one a sample, as the loss wants them: numbers (n,) or (n, outputs) for the
            squared loss, labels −1 and 1 for logistic and hinge, 0, …, c − 1 for cross-entropy.
        fixed: the parameters of the network's frozen layers, in the order of ``frozen``, each of
            shape (inputs, outputs), with a last row for the biases if the network has them.

    Raises:
        SimulationError: the data are not finite numbers of these shapes.

    >>> import numpy as np
    >>> from theoryck.simulate.problems.losses import Logistic
    >>> from theoryck.simulate.problems.networks import Relu
    >>> network = Network((2, 5, 5, 1), Relu(), Logistic(), residual=True)
    >>> xor = NetworkProblem(network, [[0, 0], [0, 1], [1, 0], [1, 1]], [-1, 1, 1, -1])
    >>> functions = xor.on(numpy_backend())
    >>> functions.value(np.zeros((2, xor.dimension)))
    array([[0.69314718],
           [0.69314718]])
    """

    network: Network
    inputs: Any
    targets: Any
    fixed: tuple[Any, ...] = ()

    def __post_init__(self) -> None:
        backend, network = numpy_backend(), self.network
        inputs = _checked(network, self.inputs)
        targets = network.loss.targets(self.targets, network.widths[-1])
        if targets.shape[0] != inputs.shape[0]:
            raise SimulationError(
                f"a target for each of {inputs.shape[0]} inputs expected, got {targets.shape[0]}"
            )
        fixed = tuple(backend.asarray(array, what="fixed parameters") for array in self.fixed)
        object.__setattr__(self, "inputs", inputs)
        object.__setattr__(self, "targets", targets)
        object.__setattr__(self, "fixed", network.fixed(fixed))

    @property
    def dimension(self) -> int:
        return self.network.dimension

    def component_count(self) -> int:
        return int(self.inputs.shape[0])

    def describe(self) -> str:
        return f"{self.network.describe()} on {self.component_count()} samples"

    def constants(self) -> Constants:
        smooth = self.network.activation.smooth and self.network.loss.smooth
        return Constants(lower=None, nonnegative=True, twice=smooth)

    def component_constants(self) -> Constants:
        return self.constants()

    def on(self, backend: Backend) -> Functions:
        program = self._program(backend)
        return Functions(
            dimension=self.dimension,
            value=program.value,
            gradient=program.gradient,
            f_star=None,
            x_star=None,
            components=program.gradient,
            count=self.component_count(),
            component_values=program.value,
            hessian=program.hessian,
            hessian_vector=program.hessian_vector,
            layers=self.network.slices,
        )

    def outputs(self, backend: Backend, x: Any, inputs: Any) -> Any:
        """What the networks of parameters x make of other inputs, of shape (runs, n, outputs).

        Raises:
            SimulationError: x or the inputs are not of the network's shape.
        """
        check_points(x, self.dimension, "x")
        program = self._program(backend)
        layers = self.network.unpack(backend.xp, x, program.fixed)
        placed = backend.place(_checked(self.network, inputs))
        return passes.outputs(self.network, layers, backend.xp.expand_dims(placed, axis=0))

    def _program(self, backend: Backend) -> Program:
        place = backend.place
        fixed = tuple(place(array) for array in self.fixed)
        return Program(backend.xp, self.network, place(self.inputs), place(self.targets), fixed)


def _checked(network: Network, given: Any) -> Any:
    inputs, width = numpy_backend().asarray(given, what="inputs"), network.widths[0]
    if inputs.ndim != 2 or inputs.shape[0] < 1 or inputs.shape[1] != width:
        raise SimulationError(
            f"inputs of shape (n, {width}) expected, the network's first width; got {inputs.shape}"
        )
    return inputs
