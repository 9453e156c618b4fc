"""Large and small component gradients at the solution.

Giselsson's lecture on stochastic gradient descent: two components with ∇f_1(0) = 0.83 and
∇f_2(0) = −0.83, the step 0.07 and cyclic order: with a constant step the iterates do not converge
to the solution 0. With the components shifted outwards, so that the gradients are ±0.02, they reach
a small loss much faster. The lecture draws the functions and does not print them: here they are
f_1(x) = log(1 + exp(x − b)) and f_2(x) = f_1(−x), the logistic losses of two points, whose slope at
0 is 1/(1 + exp(b)): a larger b, that is a larger margin, makes it small.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from experiment import Result, command
from matplotlib.figure import Figure

from theoryck.methods import METHODS
from theoryck.simulate import simulate
from theoryck.simulate.backend import Backend, numpy_backend
from theoryck.simulate.metrics import Path
from theoryck.simulate.noise import Cyclic
from theoryck.simulate.problems.base import Constants, Functions, Problem
from theoryck.simulate.quantities import View

STEP, START, SMALL_LOSS = 0.07, 2.0, 0.05
SLOPES = {"large": 0.83, "small": 0.02}


@dataclass(frozen=True)
class TwoPoints(Problem):
    """f = ½(f_1 + f_2) with the slopes ±``slope`` at the solution 0."""

    slope: float

    @property
    def dimension(self) -> int:
        return 1

    def describe(self) -> str:
        return f"two logistic losses with slopes of {self.slope} at the solution"

    def constants(self) -> Constants:
        return Constants(lower=None, nonnegative=True)

    def component_count(self) -> int:
        return 2

    def on(self, backend: Backend) -> Functions:
        xp, b = backend.xp, math.log(1 / self.slope - 1)

        def loss(t: Any) -> Any:
            return xp.logaddexp(xp.zeros_like(t), t - b)

        def slope(t: Any) -> Any:
            return 0.5 * (1 + xp.tanh((t - b) / 2))

        def components(x: Any, indices: Any) -> Any:
            sign = 1.0 - 2.0 * xp.astype(indices, xp.float64)
            return xp.mean(sign * slope(sign * x), axis=1, keepdims=True)

        return Functions(
            dimension=1,
            value=lambda x: 0.5 * (loss(x) + loss(-x)),
            gradient=lambda x: 0.5 * (slope(x) - slope(-x)),
            f_star=math.log1p(math.exp(-b)),
            x_star=backend.asarray([0.0]),
            components=components,
            count=2,
        )


def slopes_at(problem: Problem, point: float) -> list[float]:
    """The components' gradients at a point."""
    components = problem.on(numpy_backend()).components
    if components is None:
        raise ValueError("a finite sum expected")
    x = np.full((1, 1), point)
    indices = range(problem.component_count())
    return [float(components(x, np.full((1, 1), i))[0, 0]) for i in indices]


def position(view: View) -> Any:
    """x itself, on a line."""
    return view.x[:, 0]


def path(problem: Problem, steps: int, cyclic: bool) -> np.ndarray:
    """The iterates of SGD in cyclic order, or of gradient descent."""
    outcome = simulate(
        problem,
        METHODS["sgd" if cyclic else "gradient_descent"],
        {"step": STEP},
        np.full((1, 1), START),
        steps,
        {"x": Path(position)},
        noise=Cyclic(2) if cyclic else None,
    )
    return outcome.measured["x"][0]


def study(small: bool) -> Result:
    """Cyclic SGD on two components that disagree at the solution, a lot and a little."""
    # small slopes come with little curvature: it takes long until the moves are all that is left
    steps = 2500 if small else 20_000
    figures, lines, paths = {}, [], {}
    for name, slope in SLOPES.items():
        problem = TwoPoints(slope)
        x, exact = path(problem, steps, True), path(problem, steps, False)
        losses = problem.on(numpy_backend()).value(x.reshape(-1, 1)).reshape(-1)
        low = np.flatnonzero(losses <= SMALL_LOSS)
        first, second = slopes_at(problem, 0.0)
        figures |= {
            f"{name}: slope of the first": first,
            f"{name}: slope of the second": second,
            f"{name}: last moves": float(np.abs(np.diff(x[-9:])).mean()),
            f"{name}: last distance": float(np.abs(x[-9:]).mean()),
            f"{name}: last distance of gradient descent": float(np.abs(exact[-1])),
            f"{name}: steps to a small loss": float(low[0]) if len(low) else math.inf,
        }
        how = f"after {low[0]} steps" if len(low) else "never"
        lines.append(
            f"slopes {first:+.2f} and {second:+.2f} at the solution: in the end every step moves "
            f"by {figures[f'{name}: last moves']:.2g}; a loss of {SMALL_LOSS} is reached {how}"
        )
        paths[name] = x, losses, exact

    def draw(figure: Figure) -> None:
        axes = figure.subplots(1, 3)
        for name, (x, f, exact) in paths.items():
            label = f"slopes ±{SLOPES[name]}"
            axes[0].plot(x[:400], label=label)
            axes[0].plot(exact[:400], "k:", lw=0.8)
            axes[1].semilogy(np.abs(x), label=label)
            axes[2].semilogy(f, label=label)
        titles = ("x (dotted: gradient descent)", "|x − x*|", "f(x)")
        for ax, title in zip(axes, titles, strict=True):
            ax.set(xlabel="k", title=title)
            ax.legend()

    return Result(tuple(lines), figures, draw)


if __name__ == "__main__":
    command(study, __file__)
