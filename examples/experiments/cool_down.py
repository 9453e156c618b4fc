"""A constant step with a 1/k cool-down, at several cut-offs.

Mertikopoulos, Hallak, Kavis and Cevher 2020, in Cevher, Mathematics of Data: with a constant step
SGD does not converge, but stays in a ball of noise; with steps that vanish like 1/k from a cut-off
on it leaves the ball at once, and near a minimum that is not flat its value falls like 1/k. Here on
logistic regression (a strongly convex function) and on a residual network, both on the Wisconsin
breast cancer data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from experiment import Result, command
from matplotlib.figure import Figure

from theoryck.methods import METHODS
from theoryck.methods.steps import constant, cool_down
from theoryck.simulate import simulate
from theoryck.simulate.backend import numpy_backend
from theoryck.simulate.metrics import Path
from theoryck.simulate.noise import Sampling
from theoryck.simulate.problems.base import Problem
from theoryck.simulate.problems.data import breast_cancer
from theoryck.simulate.problems.losses import Logistic
from theoryck.simulate.problems.networks import HE_NORMAL, Network, NetworkProblem, Relu, initial
from theoryck.simulate.quantities import value

PARTS = (0.25, 0.5, 0.75)  # of all steps: the cut-offs


@dataclass(frozen=True)
class Training:
    """SGD on a problem: its starts, its constant step and its batches."""

    name: str
    problem: Problem
    start: Any
    step: float
    batch: int
    steps: int

    def curves(self, points: int) -> Mapping[str, Any]:
        """The mean value of all runs along the steps, by rule; all rules see the same draws."""
        cutoffs = {f"1/k from {int(part * self.steps)}": int(part * self.steps) for part in PARTS}
        rules = {"constant": constant(self.step)} | {
            label: cool_down(self.step, cutoff) for label, cutoff in cutoffs.items()
        }
        noise = Sampling(self.problem.component_count(), None)
        return {
            label: simulate(
                self.problem, METHODS["sgd"], {"step": rule, "batch": self.batch}, self.start,
                self.steps, {"f": Path(value, self.steps // points)}, noise=noise, seed=2,
            ).measured["f"].mean(axis=0)
            for label, rule in rules.items()
        }  # fmt: skip


def order(curve: Any, steps: Any, since: int) -> float:
    """The p of the best fit c/k^p to the curve from a step on."""
    late = steps >= since
    return -float(np.polyfit(np.log(steps[late]), np.log(curve[late]), 1)[0])


def study(small: bool) -> Result:
    """The loss with a constant step, and with cool-downs from a quarter, a half, three quarters."""
    runs, points = (16, 30) if small else (100, 200)
    convex, deep = (900, 400) if small else (20_000, 6_000)
    widths = (30, 6, 6, 1) if small else (30, *(15,) * 8, 1)
    logistic = breast_cancer()
    network = Network(widths, Relu(), Logistic(), residual=True)
    few = 12 if small else 20
    trainings = (
        Training("logistic regression", logistic, np.zeros((runs, 30)), 0.3, 1, convex),
        Training(
            "residual network", NetworkProblem(network, logistic.data, logistic.labels),
            initial(network, HE_NORMAL, few, seed=0), 0.1 if small else 0.01, 1, deep,
        ),
    )  # fmt: skip
    minimum = logistic.on(numpy_backend()).minimum()
    figures, lines, drawn = {}, [], []
    for training in trainings:
        floor = minimum if training.problem is logistic else 0.0
        curves = {label: curve - floor for label, curve in training.curves(points).items()}
        k = training.steps // points * np.arange(len(next(iter(curves.values()))))
        plain = curves["constant"]
        for part, label in zip(PARTS, list(curves)[1:], strict=True):
            ratio = float(curves[label][-3:].mean() / plain[-3:].mean())
            figures[f"{training.name}: cooled from {part} over constant"] = ratio
        ends = ", ".join(f"{label} {curve[-1]:.2e}" for label, curve in curves.items())
        lines.append(f"{training.name} after {training.steps} steps: {ends}")
        if training.problem is logistic:
            first = list(curves)[1]
            figures["order after the cool-down"] = order(
                curves[first], k, int(PARTS[1] * training.steps)
            )
            lines.append(
                f"after it the gap falls like 1/k^{figures['order after the cool-down']:.2f}"
            )
        drawn.append((training.name, k, curves))

    def draw(figure: Figure) -> None:
        for ax, (name, k, curves) in zip(figure.subplots(1, 2), drawn, strict=True):
            for label, curve in curves.items():
                ax.semilogy(k, curve, label=label)
            ax.set(xlabel="k", title=name, ylabel="f(x) − f*" if "logistic" in name else "f(x)")
            ax.legend()

    return Result(tuple(lines), figures, draw)


if __name__ == "__main__":
    command(study, __file__)
