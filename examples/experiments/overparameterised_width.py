"""Gradient descent on wide networks with one hidden layer: linear, and close to its start.

Du, Zhai, Póczos and Singh, Gradient descent provably optimizes over-parameterized neural
networks (2019): h(W; a) = (1/√m) Σ_r v_r·max(⟨w_r, a⟩, 0) with w_r standard normal, v_r = ±1
fixed, samples on the unit sphere and standard normal targets. With λ₀ = λ_min(H∞),

    H∞_ij = ⟨a_i, a_j⟩·(π − arccos⟨a_i, a_j⟩)/(2π),

their Theorem 4.1 says that for wide networks and small steps η the residual u(k) − y of gradient
descent on ½‖u − y‖² obeys ‖u(k) − y‖² ≤ (1 − ηλ₀/2)^k·‖u(0) − y‖², and that no weight vector
moves by more than a multiple of 1/√m. As in their experiments, the data are n points of a sphere
in as many dimensions, and what is measured against the width m is the loss, how many units end on
another side of 0 for a sample than they began, and how far a weight vector gets.

While the units keep their sides the network is linear in W, and then
u(k) − y = (I − ηH)^k(u(0) − y): the wider, the closer to that with H∞ for H.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from experiment import Result, command
from matplotlib.figure import Figure

from theoryck.methods import METHODS
from theoryck.simulate.backend import numpy_backend
from theoryck.simulate.metrics import Path
from theoryck.simulate.problems.losses import Squared
from theoryck.simulate.problems.networks import (
    Network,
    NetworkProblem,
    Relu,
    fair_signs,
    initial,
    normal,
)
from theoryck.simulate.quantities import value
from theoryck.simulate.runs.simulation import simulate

WIDTHS, SMALL_WIDTHS = (250, 500, 1000, 2000), (40, 160, 640, 2560)


@dataclass(frozen=True)
class Data:
    """Samples on the sphere, with what the theory says of them."""

    inputs: Any
    targets: Any

    @property
    def kernel(self) -> Any:
        """H∞."""
        products = np.clip(self.inputs @ self.inputs.T, -1, 1)
        return products * (np.pi - np.arccos(products)) / (2 * np.pi)


def on_the_sphere(count: int) -> Data:
    rng = np.random.default_rng(0)
    points = rng.standard_normal((count, count))
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    return Data(points, rng.standard_normal(count))


@dataclass(frozen=True)
class Course:
    """What became of a network, a row for each run.

    Attributes:
        squares: ‖u(k) − y‖² for k = 0, …, N.
        linear: what it would be if the network were linear, with H∞.
        moved: max_r ‖w_r(k) − w_r(0)‖ at the end.
        flipped: the share of pairs of a unit and a sample whose side is not that of the start.
    """

    squares: Any
    linear: Any
    moved: Any
    flipped: Any


def descend(data: Data, width: int, eta: float, steps: int, runs: int) -> Course:
    n, d = data.inputs.shape
    network = Network(
        (d, width, 1), Relu(), Squared(), biases=False, scale=width**-0.5, frozen=(1,)
    )
    problem = NetworkProblem(network, data.inputs, data.targets, (fair_signs(width, seed=width),))
    start = initial(network, normal(), runs, seed=width)
    outputs = problem.outputs(numpy_backend(), start, data.inputs)[:, :, 0]
    # the problem's f is the mean of the losses, theirs the sum: a step of η is one of nη
    outcome = simulate(
        problem, METHODS["gradient_descent"], {"step": n * eta}, start, steps, {"f": Path(value)}
    )
    before, after = (w.reshape(runs, d, width) for w in (start, outcome.last))
    sides = [np.sign(data.inputs @ w) for w in (before, after)]
    eigenvalues, vectors = np.linalg.eigh(data.kernel)
    powers = (1 - eta * eigenvalues)[None, :] ** np.arange(steps + 1)[:, None]
    parts = (outputs - data.targets) @ vectors
    return Course(
        squares=2 * n * outcome.measured["f"],
        linear=np.sum((parts[:, None, :] * powers) ** 2, axis=2),
        moved=np.linalg.norm(after - before, axis=1).max(axis=1),
        flipped=np.mean(sides[0] != sides[1], axis=(1, 2)),
    )


def study(small: bool) -> Result:
    """Linear convergence in overparameterised networks against width."""
    count, steps, runs = (20, 60, 4) if small else (1000, 60, 1)
    widths = SMALL_WIDTHS if small else WIDTHS
    data = on_the_sphere(count)
    eigenvalues = np.linalg.eigvalsh(data.kernel)
    least, eta = float(eigenvalues[0]), 1 / float(eigenvalues[-1])
    courses = {m: descend(data, m, eta, steps, runs) for m in widths}
    bound = (1 - eta * least / 2) ** np.arange(steps + 1)
    lines = [
        f"{count} samples in {count} dimensions, step η = {eta:.3g}, λ₀ = {least:.3g}: "
        f"the theorem's factor a step is {1 - eta * least / 2:.4f}",
        "  width  worst factor  moved  sides changed  away from linear",
    ]
    figures: dict[str, float] = {"factor of the theorem": 1 - eta * least / 2}
    for m, course in courses.items():
        squares = course.squares
        # over ten steps, so that rounding at the end does not count
        factors = (squares[:, 10:] / squares[:, :-10]) ** 0.1
        away = np.abs(np.sqrt(squares) - np.sqrt(course.linear)) / np.sqrt(squares[:, :1])
        found = {
            "factor": float(factors.max()),
            "moved": float(np.mean(course.moved)),
            "flipped": float(np.mean(course.flipped)),
            "away from linear": float(np.mean(away.max(axis=1))),
            "above the bound": float((squares / (bound * squares[:, :1])).max()),
        }
        figures |= {f"{name}, m = {m}": number for name, number in found.items()}
        lines.append(
            f"  {m:5d}  {found['factor']:12.4f}  {found['moved']:5.3f}  "
            f"{found['flipped']:13.4f}  {found['away from linear']:16.3f}"
        )
    logs = np.log(widths), np.log([figures[f"moved, m = {m}"] for m in widths])
    figures["exponent of the distance"] = float(np.polyfit(*logs, 1)[0])
    lines.append(
        f"the distance from the start goes with m to the {figures['exponent of the distance']:.2f}"
    )

    def draw(figure: Figure) -> None:
        left, right = figure.subplots(1, 2)
        for m, course in courses.items():
            left.semilogy(course.squares[0] / course.squares[0, 0], label=f"m = {m}")
        left.semilogy(bound, "k--", label="(1 − ηλ₀/2)^k")
        left.set(xlabel="k", ylabel="‖u − y‖², the start's being 1")
        left.legend()
        right.loglog(widths, [np.mean(c.moved) for c in courses.values()], "o-", label="distance")
        right.loglog(widths, [np.mean(c.flipped) for c in courses.values()], "s-", label="sides")
        right.set(xlabel="m", title="how far the farthest unit moved, and sides changed")
        right.legend()

    return Result(tuple(lines), figures, draw)


if __name__ == "__main__":
    command(study, __file__)
