"""Where training starts: random parameters, each run's from its own stream."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from theoryck.simulate.backend import Backend, numpy_backend
from theoryck.simulate.errors import SimulationError
from theoryck.simulate.problems.networks.activations import finite
from theoryck.simulate.problems.networks.network import Layer, Network
from theoryck.simulate.streams import Streams


@dataclass(frozen=True)
class Law:
    """How a layer's weights are drawn: independent, symmetric, of a size that suits the layer.

    Attributes:
        name: for a reader.
        draw: numbers of unit size, of shape (runs, count), from the runs' streams.
        size: the standard deviation of normal weights, the bound of uniform ones.
    """

    name: str
    draw: Callable[[Streams, str, int], Any]
    size: Callable[[Layer], float]


def _normal(streams: Streams, kind: str, count: int) -> Any:
    return streams.normal(kind, count)


def _uniform(streams: Streams, kind: str, count: int) -> Any:
    return 2 * streams.uniform(kind, count) - 1


HE_NORMAL = Law("He normal", _normal, lambda layer: math.sqrt(2 / layer.inputs))
"""Variance 2/inputs: squares keep their mean from layer to layer under ReLU
[He, Zhang, Ren, Sun 2015]."""

HE_UNIFORM = Law("He uniform", _uniform, lambda layer: math.sqrt(6 / layer.inputs))
"""The same variance, uniform on [−a, a] with a² = 6/inputs [He, Zhang, Ren, Sun 2015]."""

GLOROT_NORMAL = Law(
    "Glorot normal", _normal, lambda layer: math.sqrt(2 / (layer.inputs + layer.outputs))
)
"""Variance 2/(inputs + outputs) [Glorot and Bengio 2010]."""

GLOROT_UNIFORM = Law(
    "Glorot uniform", _uniform, lambda layer: math.sqrt(6 / (layer.inputs + layer.outputs))
)
"""The same variance, uniform on [−a, a] with a² = 6/(inputs + outputs)
[Glorot and Bengio 2010]."""


def normal(deviation: float = 1.0) -> Law:
    """Normal weights of this standard deviation in every layer."""
    _check_size(deviation)
    return Law(f"normal, deviation {deviation:g}", _normal, lambda layer: deviation)


def uniform(side: float = 1.0) -> Law:
    """Weights uniform on [−side, side] in every layer."""
    _check_size(side)
    return Law(f"uniform on [-{side:g}, {side:g}]", _uniform, lambda layer: side)


def initial(
    network: Network,
    law: Law | Sequence[Law],
    runs: int,
    seed: int,
    *,
    first: int = 0,
    backend: Backend | None = None,
) -> Any:
    """Random parameters to start from: weights by the law, biases 0.

    With ``(normal(), uniform())`` it is the start of a wide network whose two layers are
    trained, with ``normal()`` that of one whose output is frozen at :func:`fair_signs`
    [Du, Zhai, Póczos, Singh 2019].

    Args:
        network: whose trained parameters are drawn.
        law: of all layers, or one for each layer.
        runs: how many starts.
        seed: the seed of all runs.
        first: the number of the first run; a run's start is the same in any batch.
        backend: NumPy by default.

    Returns:
        An array of shape (runs, d).

    Raises:
        SimulationError: there are not as many laws as layers, or there is no run.

    >>> from theoryck.simulate.problems.losses import Squared
    >>> from theoryck.simulate.problems.networks import Network, Tanh
    >>> network = Network((3, 4, 1), Tanh(), Squared())
    >>> two = initial(network, HE_NORMAL, 2, seed=7)
    >>> second = initial(network, HE_NORMAL, 1, seed=7, first=1)
    >>> two.shape, bool((two[1:] == second).all())
    ((2, 21), True)
    """
    backend = backend or numpy_backend()
    laws = (law,) * len(network.layers) if isinstance(law, Law) else tuple(law)
    if not all(isinstance(its, Law) for its in laws):
        raise SimulationError(f"a law such as HE_NORMAL or normal(0.1) expected, got {law!r}")
    if len(laws) != len(network.layers):
        raise SimulationError(
            f"one law for all {len(network.layers)} layers, or one for each, expected; "
            f"got {len(laws)}"
        )
    streams, parts = Streams(backend, seed, runs, first), []
    for i, (layer, its) in enumerate(zip(network.layers, laws, strict=True)):
        if layer.weights is not None:
            numbers = its.draw(streams, f"weights {i}", layer.inputs * layer.outputs)
            parts.append(its.size(layer) * numbers)
        if layer.biases is not None:
            like = parts[-1]
            shape = (runs, layer.outputs)
            parts.append(backend.xp.zeros(shape, dtype=like.dtype, device=like.device))
    return backend.xp.concat(parts, axis=1)


def fair_signs(width: int, seed: int) -> Any:
    """Output weights ±1 with fair signs, of shape (width, 1), for a layer that is frozen.

    With ``Network((d, m, 1), …, biases=False, scale=m**-0.5, frozen=(1,))`` they make
    h(W; a) = (1/√m) Σ_r v_r σ(⟨w_r, a⟩), of which W alone is trained
    [Du, Zhai, Póczos, Singh 2019].
    """
    if width < 1:
        raise SimulationError(f"a positive width expected, got {width}")
    backend = numpy_backend()
    coins = Streams(backend, seed, 1).uniform("signs", width)
    return backend.xp.reshape(backend.xp.where(coins < 0.5, -1.0, 1.0), (width, 1))


def _check_size(size: float) -> None:
    if not finite(size, "size of the weights") > 0:
        raise SimulationError(f"a positive finite size of the weights expected, got {size}")
