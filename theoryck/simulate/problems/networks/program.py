"""A network's training problem as functions on arrays, a piece of the work at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from theoryck.simulate.backend import check_points
from theoryck.simulate.errors import SimulationError
from theoryck.simulate.problems.networks import passes
from theoryck.simulate.problems.networks.network import Layers, Network
from theoryck.simulate.problems.rows import check_indices, drawn, hessian_of_products

CELLS = 2**17  # numbers in a layer's largest array: 1 MB, beside which a piece's calls are little
SAMPLES = 256  # at least, where there are as many: enough for the speed of a matrix product

Piece = Callable[[Layers, Any, Any, Layers], Any]  # of shape (runs, k), summed over samples


@dataclass(frozen=True, eq=False)
class Program:
    """The mean over samples of a network's loss and its derivatives, on one backend.

    Runs and samples are taken in pieces, so that memory is bounded whatever their numbers; a
    run's samples are cut in the same way in any batch of runs, and so add up to the same number.
    """

    xp: Any
    network: Network
    inputs: Any
    targets: Any
    fixed: tuple[Any, ...]

    def value(self, x: Any, indices: Any = None) -> Any:
        """f(x) of shape (runs, 1), or the mean over a minibatch for each run."""
        network, loss = self.network, self.network.loss

        def piece(layers: Layers, a: Any, y: Any, _: Layers) -> Any:
            losses = loss.value(passes.outputs(network, layers, a), y)
            return self.xp.sum(losses, axis=1, keepdims=True)

        return self._mean(piece, x, indices)

    def gradient(self, x: Any, indices: Any = None) -> Any:
        """∇f(x), or the mean over a minibatch for each run."""
        network, loss = self.network, self.network.loss

        def piece(layers: Layers, a: Any, y: Any, _: Layers) -> Any:
            seen = passes.forward(network, layers, a)
            return passes.backward(self.xp, network, layers, seen, loss.slope(seen.outputs, y))

        return self._mean(piece, x, indices)

    def hessian_vector(self, x: Any, v: Any) -> Any:
        """∇²f(x)v."""
        check_points(v, self.network.dimension, "v")
        if v.shape[0] != x.shape[0]:
            raise SimulationError(f"{x.shape[0]} points and {v.shape[0]} directions")

        def piece(layers: Layers, a: Any, y: Any, direction: Layers) -> Any:
            return passes.hessian_vector(self.xp, self.network, layers, direction, a, y)

        return self._mean(piece, x, None, v)

    def hessian(self, x: Any) -> Any:
        """∇²f(x), of shape (runs, d, d): its products with the d unit vectors."""
        return hessian_of_products(self.xp, self.hessian_vector, x)

    def _mean(self, piece: Piece, x: Any, indices: Any, v: Any = None) -> Any:
        xp, network = self.xp, self.network
        check_points(x, network.dimension, "x")
        runs, count = x.shape[0], self.inputs.shape[0]
        if indices is not None:
            check_indices(xp, indices, runs, count)
            count = indices.shape[1]
        widest, largest = max(network.widths), max(network.sizes)
        samples = min(count, max(SAMPLES, CELLS // widest))
        rows = max(1, CELLS // max(widest * samples, largest))
        means = []
        for first in range(0, runs, rows):
            here = slice(first, min(first + rows, runs))
            layers = network.unpack(xp, x[here, :], self.fixed)
            direction = () if v is None else network.unpack(xp, v[here, :], ())
            total: Any = 0.0
            for start in range(0, count, samples):
                part = slice(start, min(start + samples, count))
                total = total + piece(layers, *self._seen(here, part, indices), direction)
            means.append(total / count)
        return means[0] if len(means) == 1 else xp.concat(means, axis=0)

    def _seen(self, runs: slice, part: slice, indices: Any) -> tuple[Any, Any]:
        """Inputs and targets, of shape (1, b, ·) or (runs, b, ·)."""
        xp = self.xp
        if indices is None:
            both = (self.inputs[part, :], self.targets[part, :])
            return xp.expand_dims(both[0], axis=0), xp.expand_dims(both[1], axis=0)
        taken = indices[runs, part]
        return drawn(xp, self.inputs, taken), drawn(xp, self.targets, taken)
