"""AdaGrad, RMSProp, Adam, AMSGrad and AcceleGrad side by side, and where Adam goes wrong.

Cevher, Mathematics of Data, stochastic adaptive first-order methods. On logistic regression, which
is convex, and on a network, which is not, both on the Wisconsin breast cancer data, every method
sees the same minibatches; its step is the best of a grid, and so is AcceleGrad's diameter D. The
adaptive ones need not know the smoothness constant: with the same step on 100 times the loss they
do the same, and SGD does not. On the losses of Reddi, Kale and Kumar 2018 (Theorem 1) Adam goes to
the worst point, 1, and AMSGrad to the best one, −1. AcceleGrad with exact gradients keeps to its
theorem (Levy, Yurtsever and Cevher 2018), with about 1/k².
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
from experiment import Result, command
from matplotlib.figure import Figure

from theoryck.methods import METHODS
from theoryck.methods.steps import inverse_root
from theoryck.simulate import simulate
from theoryck.simulate.backend import numpy_backend
from theoryck.simulate.metrics import Path
from theoryck.simulate.noise import Cyclic, Sampling
from theoryck.simulate.problems.base import Problem
from theoryck.simulate.problems.constrained import Constrained
from theoryck.simulate.problems.data import LogisticRegression, breast_cancer
from theoryck.simulate.problems.feasible import Ball
from theoryck.simulate.problems.losses import Logistic
from theoryck.simulate.problems.networks import (
    GLOROT_NORMAL,
    Network,
    NetworkProblem,
    Tanh,
    initial,
)
from theoryck.simulate.problems.online import RareSteepLoss
from theoryck.simulate.quantities import Quantity, gap, gradient_squared, value

BATCH = 16
Scales = Any  # the numbers that are tuned, one for each run


@dataclass(frozen=True)
class Entry:
    """A method, and its arguments as a function of the one number that is tuned."""

    label: str
    method: str
    arguments: Callable[[Scales], Mapping[str, Any]]


ENTRIES = (
    Entry("AdaGrad", "adagrad", lambda s: {"step": s, "damping": 1e-8}),
    Entry("RMSProp", "rmsprop", lambda s: {"step": s, "decay": 0.99, "damping": 1e-8}),
    Entry("Adam", "adam", lambda s: {"step": s, "beta1": 0.9, "beta2": 0.999, "damping": 1e-8}),
    Entry("AMSGrad", "amsgrad", lambda s: {
        "step": inverse_root(s), "beta1": 0.9, "beta2": 0.999, "damping": 1e-8}),
    Entry("SGD", "sgd", lambda s: {"step": s}),
)  # fmt: skip


@dataclass(frozen=True)
class Tuned:
    """The best of the grid, and its curve."""

    scale: float
    curve: Any


@dataclass(frozen=True)
class Contest:
    """A problem with its starts, and what is followed on it."""

    name: str
    problem: Problem
    start: Any
    quantity: Quantity
    steps: int
    grid: Any

    @property
    def every(self) -> int:
        """The points of the curves are so many steps apart."""
        return max(1, self.steps // 30)

    def run(self, problem: Problem, method: str, arguments: Mapping[str, Any], start: Any) -> Any:
        """The quantity along every run."""
        outcome = simulate(
            problem, METHODS[method], {**arguments, "batch": BATCH}, start, self.steps,
            {"path": Path(self.quantity, self.every)},
            noise=Sampling(problem.component_count(), None), seed=1,
        )  # fmt: skip
        return outcome.measured["path"]

    def all_at_once(self, entry: Entry) -> Any:
        """Every step of the grid from every start, as one batch of runs."""
        seeds = self.start.shape[0]
        arguments = entry.arguments(np.repeat(self.grid, seeds))
        paths = self.run(
            self.problem, entry.method, arguments, np.tile(self.start, (len(self.grid), 1))
        )
        return paths.reshape(len(self.grid), seeds, -1).mean(axis=1)

    def accelegrad(self) -> Any:
        """Every diameter of the grid, each with a feasible set of its own."""
        found = []
        for scale in self.grid:
            near = Constrained(self.problem, Ball(5 * scale, self.start[0]))
            given = {"D": 10 * scale, "G": 1.0}
            found.append(self.run(near, "stochastic_accelegrad", given, self.start).mean(axis=0))
        return np.stack(found)

    def tuned(self, curves: Any) -> Tuned:
        """The best of the grid, by the last fifth of its curve."""
        late = curves[:, -max(1, curves.shape[1] // 5) :].mean(axis=1)
        best = int(np.argmin(late))
        return Tuned(float(self.grid[best]), curves[best])

    def results(self) -> dict[str, Tuned]:
        """What came of every method."""
        found = {entry.label: self.tuned(self.all_at_once(entry)) for entry in ENTRIES}
        return {**found, "AcceleGrad": self.tuned(self.accelegrad())}


def rescaled(contest: Contest, entry: Entry, scale: float) -> float:
    """The gap on 100 times the loss, with the same step, over 100 times the gap."""
    problem = contest.problem
    assert isinstance(problem, LogisticRegression)
    ends = []
    for factor in (1, 100):
        times = replace(problem, scale=Fraction(factor))
        minimum = times.on(numpy_backend()).minimum()
        step = entry.arguments(np.full(contest.start.shape[0], scale))
        paths = contest.run(times, entry.method, step, contest.start)
        ends.append(float(paths[:, -1].mean() - minimum) / factor)
    return ends[1] / ends[0]


def accelerated(problem: Problem, steps: int) -> tuple[Any, Any]:
    """AcceleGrad's gaps with exact gradients, and the bound that theoryck proved of its theorem."""
    L, G, radius = float(problem.constants().upper or 0), 6.0, 3.0
    near = Constrained(problem, Ball.around_zero(radius, problem.dimension))
    d = near.feasible.diameter
    start = np.zeros((1, problem.dimension))
    gaps = simulate(
        near, METHODS["accelegrad"], {"D": d, "G": G}, start, steps, {"gap": Path(gap)}
    ).measured["gap"][0]
    k = np.arange(2, steps + 1)
    bound = 64 * d * (d * L * max(np.log(16 * d * L / (3 * G)) - 1, 0) + 4 * G) / (k * (k + 1))
    return gaps[2:], bound


def linear_losses(steps: int) -> dict[str, Any]:
    """x[k] of projected Adam and AMSGrad on C·x, −x, −x, C·x, … over [−1, 1], from 0."""
    steep = 4
    given = {"step": inverse_root(0.5), "beta1": 0.0, "beta2": 1 / (1 + steep**2)}
    return {
        label: simulate(
            RareSteepLoss(Fraction(steep)), METHODS[method], given, np.zeros((1, 1)), steps,
            {"x": Path(lambda view: view.x[:, 0], 3)}, noise=Cyclic(3),
        ).measured["x"][0]
        for label, method in (("Adam", "projected_adam"), ("AMSGrad", "amsgrad"))
    }  # fmt: skip


def study(small: bool) -> Result:
    """The methods on a convex problem, a nonconvex one, 100 times the loss, and linear losses."""
    seeds, steps, grid = (1, 100, 3) if small else (8, 3000, 9)
    scales = 10.0 ** np.linspace(-2, 0, grid)
    logistic = breast_cancer()
    network = Network((30, 8, 1), Tanh(), Logistic())
    trained = NetworkProblem(network, logistic.data, logistic.labels)
    zero, drawn = np.zeros((seeds, 30)), initial(network, GLOROT_NORMAL, seeds, seed=0)
    convex = Contest("f(x) − f*, logistic regression", logistic, zero, value, steps, scales)
    curved = Contest("‖∇f(x)‖², network", trained, drawn, gradient_squared, steps, scales)
    minimum = logistic.on(numpy_backend()).minimum()
    results = {
        contest.name: {
            label: replace(found, curve=found.curve - floor)
            for label, found in contest.results().items()
        }
        for contest, floor in ((convex, minimum), (curved, 0.0))
    }
    figures, lines = {}, []
    for name, found in results.items():
        for label, best in found.items():
            figures[f"{label}: {name}, before"] = float(best.curve[0])
            figures[f"{label}: {name}, after"] = float(best.curve[-1])
            figures[f"{label}: {name}, least"] = float(best.curve.min())
        told = ", ".join(f"{label} {best.curve[-1]:.1e}" for label, best in found.items())
        lines.append(f"{name} after {steps} steps: {told}")
    for entry in ENTRIES:
        ratio = rescaled(convex, entry, results[convex.name][entry.label].scale)
        figures[f"{entry.label} on 100 times the loss"] = ratio
    told = ", ".join(
        f"{e.label} {figures[f'{e.label} on 100 times the loss']:.3g}" for e in ENTRIES
    )
    lines.append(f"on 100 times the loss, with the same step, the relative gap is times: {told}")
    gaps, bound = accelerated(logistic, 200 if small else 10_000)
    figures["AcceleGrad over its bound"] = float(np.max(gaps / bound))
    tenth = len(gaps) // 10
    order = float(np.log10(gaps[tenth] / gaps[-1]) / np.log10(len(gaps) / tenth))
    figures["order of AcceleGrad"] = order
    lines.append(f"AcceleGrad with exact gradients: the gap falls like 1/k^{order:.2f}")
    paths = linear_losses(600 if small else 30_000)
    for label, path in paths.items():
        figures[f"{label} on linear losses"] = float(path[-1])
        lines.append(f"{label} on the losses 4x, −x, −x in turn ends at {path[-1]:.3f}")

    def draw(figure: Figure) -> None:
        axes = figure.subplots(1, 3)
        for ax, (name, found) in zip(axes, results.items(), strict=False):
            for label, best in found.items():
                points = convex.every * np.arange(len(best.curve))
                ax.semilogy(points, best.curve, label=f"{label}, {best.scale:.3g}")
            ax.set(xlabel="k", title=name)
            ax.legend(fontsize=7)
        for label, path in paths.items():
            axes[2].semilogx(3 * np.arange(1, len(path)), path[1:], label=label)
        axes[2].set(xlabel="k", title="x on 4x, −x, −x, …")
        axes[2].legend()

    return Result(tuple(lines), figures, draw)


if __name__ == "__main__":
    command(study, __file__)
