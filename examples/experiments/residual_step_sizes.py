"""Step-size rules on a residual network: damping survives the start, diminishing settles the end.

P. Giselsson, Stochastic gradient descent (lecture), prints three tables for classification with
residual layers, ReLU and widths 15x25,2,1 (17 layers). Its combined rule is

    γ_k = γ₀ / ((1 + ψ(⌈k/K⌉))·(α‖g_k‖ + 1)),    k counting epochs,

with ψ(x) = 0.5√x, K = 50, α = γ₀ = 0.1, then with α = 0, then with ψ = 0. At the end the runs with
ψ = 0 go on from where they are, with constant steps and with ψ(x) = x, the lecture's first
static rule, whose squares have a finite sum.

What differs from the lecture, or had to be chosen:

- its data set is not given: here two half moons that overlap;
- its start is not given: weights uniform on [−1, 1] have first gradients of its size;
- with plain ReLU both units of the layer of width 2 die within the first steps in nearly every
  run, damped or not, and all that is left to train is the last bias. The tables are therefore
  made with a leaky ReLU of slope 0.01; how many plain ReLU networks learn is printed below them;
- the step sizes of its first table are those of ψ = 0.5√k with k the epoch itself, from K on, not
  of 0.5√⌈k/K⌉ (see ``table_rule``). Here the formula is followed.

The lecture's final full norm is smaller with ψ = 0.5√x than with ψ = 0, in one run each. Here
runs differ more than those rules do, as smaller steps also settle where f is more curved; but
from one and the same point steps that diminish end with smaller norms than steps that do not.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from experiment import Result, command
from matplotlib.figure import Figure

from theoryck.algebra import norm, ratio
from theoryck.methods import method, steps
from theoryck.simulate.backend import numpy_backend
from theoryck.simulate.metrics import Last, Path
from theoryck.simulate.noise import Reshuffled
from theoryck.simulate.problems.losses import Logistic
from theoryck.simulate.problems.networks import (
    Activation,
    LeakyRelu,
    Network,
    NetworkProblem,
    Relu,
    initial,
    uniform,
)
from theoryck.simulate.quantities import View, gradient_norm, value
from theoryck.simulate.runs.simulation import simulate

FIRST_STEP = DAMPING = 0.1
RULES = ("damped, diminishing", "undamped, diminishing", "damped, constant")
# epoch, step size and batch norm of the lecture's first table
TABLE = (
    (0, 4.8e-8, 2.1e7), (10, 1.4e-5, 7.2e4), (50, 0.097, 0.31), (100, 0.016, 0.28),
    (200, 0.012, 6.8e-5), (300, 0.01, 0.33), (500, 0.008, 0.0), (700, 0.007, 1.2e-6),
    (1000, 0.006, 3.1e-6),
)  # fmt: skip


@dataclass(frozen=True)
class Size:
    samples: int
    batch: int
    epochs: int
    period: int
    width: int
    seeds: int

    @property
    def passes(self) -> int:
        return self.samples // self.batch

    @property
    def rows(self) -> tuple[int, ...]:
        shares = (0.0, 0.01, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0)
        return tuple(round(share * self.epochs) for share in shares)


@method(start=lambda x: (x, 0 * x[:, :1], 0 * x[:, :1]))
def damped_sgd(state: Any, f: Any, *, step: Any, damping: Any, batch: Any) -> Any:
    """theoryck's method of this name, which also remembers γ_k and ‖g_k‖."""
    g = f.sample_grad(state[0], batch=batch)
    size = norm(g)
    taken = ratio(step, damping * size + 1)
    return state[0] - taken * g, taken, size


def step_taken(view: View) -> Any:
    return view.state[1]


def batch_norm(view: View) -> Any:
    return view.state[2]


def half_moons(count: int) -> tuple[Any, Any]:
    """Two half circles of points around each other, blurred until they overlap."""
    rng = np.random.default_rng(0)
    angle, label = rng.uniform(0, np.pi, count), np.where(np.arange(count) % 2 == 0, 1.0, -1.0)
    upper = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    points = np.where(label[:, None] > 0, upper, np.array([1.0, 0.5]) - upper)
    return points + 0.3 * rng.standard_normal((count, 2)), label


def table_rule(epoch: int, batch_norm: float) -> float:
    """The step size that the lecture's first table shows, to all its digits."""
    growth = 0.5 * math.sqrt(epoch) if epoch > 50 else 0.0
    return FIRST_STEP / ((1 + growth) * (DAMPING * batch_norm + 1))


def networks(size: Size, activation: Activation) -> tuple[NetworkProblem, Any]:
    """The problem, and starts that are alive: a quarter has a layer of width 2 that is all 0."""
    widths = (2, *15 * (size.width,), 2, 1)
    network = Network(widths, activation, Logistic(), residual=True)
    problem = NetworkProblem(network, *half_moons(size.samples))
    starts = initial(network, uniform(), 3 * size.seeds, seed=1)
    lengths = np.linalg.norm(problem.on(numpy_backend()).gradient(starts), axis=1)
    return problem, starts[lengths > 1][: size.seeds]


def train(size: Size, activation: Activation, epochs: int) -> Any:
    """All rules from the same starts, as the runs of one array program."""
    problem, starts = networks(size, activation)
    slow = steps.by_epochs(FIRST_STEP, size.period * size.passes, steps.half_root)
    rule = np.repeat(np.arange(len(RULES)), len(starts))

    def step(k: int) -> Any:
        return np.where(rule == 2, FIRST_STEP, slow(k))

    # a row of the table shows the first batch of its epoch: it is in the state one step later
    firsts = tuple(e * size.passes + 1 for e in size.rows if e <= epochs)
    metrics = {
        "step": Path(step_taken, at=firsts),
        "batch": Path(batch_norm, at=firsts),
        "full": Path(gradient_norm, at=tuple(k - 1 for k in firsts)),
        "loss": Last(value),
    }
    arguments = {"step": step, "damping": np.where(rule == 1, 0.0, DAMPING), "batch": size.batch}
    count = epochs * size.passes + 1
    starts = np.tile(starts, (len(RULES), 1))
    noise = Reshuffled(size.samples)
    return simulate(problem, damped_sgd, arguments, starts, count, metrics, noise=noise, seed=2)


def go_on(size: Size, problem: NetworkProblem, start: Any) -> tuple[float, float]:
    """The median full norm late in runs from here: with constant steps, and with ψ(x) = x."""
    fast = steps.by_epochs(FIRST_STEP, 2 * size.passes, steps.linear)
    cooling = np.repeat([False, True], len(start))
    arguments = {
        "step": lambda k: np.where(cooling, fast(k), FIRST_STEP),
        "damping": DAMPING,
        "batch": size.batch,
    }
    late = range(80 * size.passes, 100 * size.passes + 1, size.passes)
    metrics = {"full": Path(gradient_norm, at=tuple(late))}
    noise, starts = Reshuffled(size.samples), np.tile(start, (2, 1))
    outcome = simulate(
        problem, damped_sgd, arguments, starts, late[-1], metrics, noise=noise, seed=3
    )
    norms = outcome.measured["full"]
    return float(np.median(norms[~cooling])), float(np.median(norms[cooling]))


def table(outcome: Any, size: Size, run: int) -> list[str]:
    lines = ["  epoch  step size  batch norm  full norm"]
    columns = [outcome.measured[name][run] for name in ("step", "batch", "full")]
    for epoch, *numbers in zip(size.rows, *columns, strict=True):
        shown = ["NaN" if np.isinf(n) else f"{n:.2g}" for n in numbers]
        lines.append(f"  {epoch:5d}  {shown[0]:>9}  {shown[1]:>10}  {shown[2]:>9}")
    return lines


def study(small: bool) -> Result:
    """Damping and diminishing steps on residual networks of 17 layers."""
    size = Size(40, 8, 100, 5, 10, 4) if small else Size(100, 10, 1000, 50, 25, 4)
    outcome = train(size, LeakyRelu(0.01), size.epochs)
    seeds = outcome.runs // len(RULES)
    by_rule = {name: slice(i * seeds, (i + 1) * seeds) for i, name in enumerate(RULES)}
    lines = [f"widths 2, 15×{size.width}, 2, 1; {size.samples} samples in batches of {size.batch}"]
    figures: dict[str, float] = {}
    for name, runs in by_rule.items():
        lines += ["", name, *table(outcome, size, runs.start)]
        lost = outcome.diverged[runs]
        figures[f"first step, {name}"] = float(np.median(outcome.measured["step"][runs, 0]))
        figures[f"diverged, {name}"] = float(lost.mean())
        figures[f"full norm at the end, {name}"] = float(
            np.median(outcome.measured["full"][runs, -1])
        )
        figures[f"loss at the end, {name}"] = float(np.median(outcome.measured["loss"][runs]))
        figures[f"epochs, {name}"] = float(outcome.steps[runs].max()) / size.passes
    figures["full norm at the start"] = float(np.median(outcome.measured["full"][:, 0]))
    constant = outcome.last[by_rule["damped, constant"]]
    on, down = go_on(size, networks(size, LeakyRelu(0.01))[0], constant)
    figures |= {"late full norm, going on": on, "late full norm, cooling down": down}
    lines += ["", f"a hundred epochs later: ‖∇f‖ = {on:.2g} with constant steps, {down:.2g} with"]
    lines += ["steps that diminish as 1/k from there"]
    plain = train(size, Relu(), size.rows[3])
    learned = plain.measured["loss"] < math.log(2) - 0.01
    lines += ["", "networks with plain ReLU that learned something:"]
    for name, runs in by_rule.items():
        figures[f"plain ReLU that learned, {name}"] = float(learned[runs].mean())
        lines.append(f"  {name}: {int(learned[runs].sum())} of {seeds}")

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        epochs = np.array(size.rows) + 0.5
        for name, runs in by_rule.items():
            norms = outcome.measured["full"][runs]
            kept = np.where(np.isinf(norms), np.nan, norms)
            axes.loglog(epochs, kept.T, "o-", color=f"C{RULES.index(name)}", alpha=0.7)
            axes.plot([], [], "o-", color=f"C{RULES.index(name)}", label=name)
        axes.set(xlabel="epoch", ylabel="‖∇f‖", title="a residual network of 17 layers")
        axes.legend()

    return Result(tuple(lines), figures, draw)


if __name__ == "__main__":
    command(study, __file__)
