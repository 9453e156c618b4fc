"""What a gradient costs: backpropagation against naive differentiation, counted and timed.

For a network of k layers with H units each, V. Cevher's lecture on deep learning gives O(kH²) for
backpropagation and O(k²H²) for the naive derivative, which computes the derivative in each
layer's parameters by itself and shares nothing. Differentiation without the chain rule at all,
one forward pass for every one of the kH² parameters, costs O(k²H⁴).

The multiplications are those of matrices, counted as they are made, by the passes that
theoryck's networks run. A backward pass makes two products where a forward pass makes one, but
for the first layer: a gradient costs less than three values, whatever the depth.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from experiment import Result, command
from matplotlib.figure import Figure

from theoryck.simulate.backend import numpy_backend
from theoryck.simulate.problems.losses import Squared
from theoryck.simulate.problems.networks import HE_NORMAL, Network, NetworkProblem, Tanh, initial


def counting(tally: list[int]) -> type[np.ndarray]:
    """Arrays that note, for each matrix product they take part in, how often it multiplies."""

    class Counting(np.ndarray):
        def __array_ufunc__(self, ufunc: Any, how: str, *inputs: Any, **settings: Any) -> Any:
            plain = [np.asarray(v) if isinstance(v, Counting) else v for v in inputs]
            made = getattr(ufunc, how)(*plain, **settings)
            if ufunc is np.matmul:
                tally.append(made.size * plain[0].shape[-1])
            return made.view(Counting) if isinstance(made, np.ndarray) else made

    return Counting


@dataclass(frozen=True)
class Way:
    """A way to a gradient at one point."""

    gradient: Any
    multiplications: int
    seconds: float


def network(depth: int, width: int) -> NetworkProblem:
    """A network of ``depth`` layers, all as wide as its input, on one sample."""
    rng = np.random.default_rng(0)
    layers = Network((width,) * (depth + 1), Tanh(), Squared())
    return NetworkProblem(layers, *rng.standard_normal((2, 1, width)))


def measured(compute: Callable[[Any], Any], x: Any) -> Way:
    """What a computation at x gives, how often it multiplies, and the time it takes."""
    tally: list[int] = []
    made = np.asarray(compute(x.view(counting(tally))))
    started, repeats = time.perf_counter(), 0
    while repeats == 0 or time.perf_counter() - started < 0.01:
        compute(x)
        repeats += 1
    return Way(made, sum(tally), (time.perf_counter() - started) / repeats)


def layer_by_layer(problem: NetworkProblem) -> Callable[[Any], Any]:
    """The gradient with one backward pass for every layer, the others held fixed."""
    whole = problem.network
    count = len(whole.layers)
    alone = [replace(whole, frozen=tuple(i for i in range(count) if i != j)) for j in range(count)]
    ends = [layer.biases.stop for layer in whole.layers if layer.biases is not None]
    slices = [slice(start, stop) for start, stop in zip([0, *ends[:-1]], ends, strict=True)]

    def gradient(x: Any) -> Any:
        parts = []
        for j, only in enumerate(alone):
            rows = [np.asarray(x[0, slices[i]]) for i in only.frozen]
            fixed = tuple(row.reshape(-1, whole.widths[0]) for row in rows)
            part = NetworkProblem(only, problem.inputs, problem.targets, fixed)
            parts.append(part.on(numpy_backend()).gradient(x[:, slices[j]]))
        return np.concatenate(parts, axis=1)

    return gradient


def by_differences(problem: NetworkProblem) -> Callable[[Any], Any]:
    """The gradient with a forward pass for every parameter."""
    value, d, h = problem.on(numpy_backend()).value, problem.dimension, 1e-6

    def gradient(x: Any) -> Any:
        moved = []
        for first in range(0, d, 256):  # in groups that fit into memory
            rows = np.arange(first, min(first + 256, d))
            steps = np.zeros((len(rows), d))
            steps[rows - first, rows] = h
            moved.append(value(x + steps))
        return ((np.concatenate(moved) - value(x)) / h).T

    return gradient


def ways(depth: int, width: int) -> dict[str, Way]:
    problem = network(depth, width)
    functions = problem.on(numpy_backend())
    x = initial(problem.network, HE_NORMAL, 1, seed=0)
    return {
        "value": measured(functions.value, x),
        "backpropagation": measured(functions.gradient, x),
        "layer by layer": measured(layer_by_layer(problem), x),
        "differences": measured(by_differences(problem), x),
    }


def exponent(sizes: tuple[int, ...], numbers: list[float]) -> float:
    """The slope of the last two points on logarithmic scales."""
    return float(np.log(numbers[-1] / numbers[-2]) / np.log(sizes[-1] / sizes[-2]))


def study(small: bool) -> Result:
    """The cost of backpropagation against depth and width, beside that of naive derivatives."""
    depths, widths = ((2, 4, 8, 16), (4, 8, 16)) if small else ((2, 4, 8, 16, 32), (4, 8, 16, 32))
    width, depth = 6, 4
    by_depth = {k: ways(k, width) for k in depths}
    by_width = {h: ways(depth, h) for h in widths}
    figures: dict[str, float] = {}
    lines = []
    for title, sizes, table in (
        (f"k layers of {width} units", depths, by_depth),
        (f"{depth} layers of H units", widths, by_width),
    ):
        lines += [title, "  multiplications and milliseconds of"]
        lines.append("       " + "".join(f"{name:>26}" for name in table[sizes[0]]))
        for size, made in table.items():
            cells = (f"{w.multiplications:15d} {1e3 * w.seconds:10.3f}" for w in made.values())
            lines.append(f"  {size:5d}" + "".join(cells))
        what = "k" if table is by_depth else "H"
        for name in table[sizes[0]]:
            counts = [float(table[size][name].multiplications) for size in sizes]
            figures[f"exponent in {what}, {name}"] = exponent(sizes, counts)
        powers = (f"{name} {figures[f'exponent in {what}, {name}']:.2f}" for name in made)
        lines += [f"  growing with {what} to the power: {', '.join(powers)}", ""]
    for k, made in by_depth.items():
        exact = made["backpropagation"]
        figures[f"gradient over value, k = {k}"] = (
            exact.multiplications / made["value"].multiplications
        )
        for name in ("layer by layer", "differences"):
            error = float(np.abs(made[name].gradient - exact.gradient).max())
            figures[f"error, {name}, k = {k}"] = error
    lines.append(
        "a gradient takes "
        + ", ".join(f"{figures[f'gradient over value, k = {k}']:.3f}" for k in depths)
        + " times the multiplications of a value"
    )

    def draw(figure: Figure) -> None:
        for axes, sizes, table, label in zip(
            figure.subplots(1, 2), (depths, widths), (by_depth, by_width),
            (f"layers k, of {width} units", f"units H, in {depth} layers"), strict=True,
        ):  # fmt: skip
            for name in table[sizes[0]]:
                counts = [table[size][name].multiplications for size in sizes]
                axes.loglog(sizes, counts, "o-", label=name)
            axes.set(xlabel=label, ylabel="multiplications", xticks=sizes, xticklabels=sizes)
            axes.minorticks_off()
        axes.legend()

    return Result(tuple(lines), figures, draw)


if __name__ == "__main__":
    command(study, __file__)
