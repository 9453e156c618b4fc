"""Least squares with 200 × 100 and with 200 × 1000 random data.

Giselsson's lecture on stochastic gradient descent: A and b are normal, f_i(x) = ½(⟨a_i, x⟩ − b_i)².
With 100 unknowns the components' gradients at the solution are large, and SGD with a constant step
stays in a ball of noise; with 1000 all components have the same minimisers, the gradients vanish
there, and SGD converges linearly. Rows are drawn evenly, with the step 1/max ‖a_i‖², so that in the
mean ‖x − x*‖² shrinks by 1 − λ_min⁺(AᵀA)/(n·max ‖a_i‖²) a step at least, as in Strohmer and
Vershynin 2009, who draw a row as often as its squared length says.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from experiment import Result, command
from matplotlib.figure import Figure

from theoryck.methods import METHODS
from theoryck.simulate import simulate
from theoryck.simulate.metrics import Path
from theoryck.simulate.noise import Sampling
from theoryck.simulate.problems.data import LeastSquares
from theoryck.simulate.quantities import gap

ROWS = 200
COLUMNS = {"underparameterised": 100, "overparameterised": 1000}


def gradient_norms(problem: LeastSquares) -> np.ndarray:
    """‖∇f_i‖ at the solution, for every component."""
    residuals = problem.data @ problem.minimiser - problem.targets
    return np.abs(residuals) * np.linalg.norm(problem.data, axis=1)


def linear_fit(gaps: np.ndarray) -> tuple[float, float]:
    """The slope of log gap by epoch, and how much of its variation the line explains."""
    logs, epochs = np.log(gaps), np.arange(len(gaps))
    slope = float(np.polyfit(epochs, logs, 1)[0])
    return slope, float(np.corrcoef(epochs, logs)[0, 1] ** 2)


def study(small: bool) -> Result:
    """SGD on random least squares with fewer and with more unknowns than rows."""
    runs, epochs = (4, 16) if small else (20, 40)
    generator = np.random.default_rng(0)
    figures: dict[str, float] = {}
    lines, norms, curves = [], {}, {}
    for name, columns in COLUMNS.items():
        data = generator.standard_normal((ROWS, columns))
        problem = LeastSquares(data, generator.standard_normal(ROWS))
        longest = float(np.max(np.sum(data**2, axis=1)))
        outcome = simulate(
            problem, METHODS["sgd"], {"step": 1 / longest}, np.zeros((runs, columns)),
            epochs * ROWS, {"gap": Path(gap, ROWS)}, noise=Sampling(ROWS, None), seed=3,
        )  # fmt: skip
        norms[name] = gradient_norms(problem)
        curve: Any = outcome.measured["gap"].mean(axis=0)
        curves[name] = curve
        slope, explained = linear_fit(curve[1:])
        curvatures = np.linalg.eigvalsh(data @ data.T if columns > ROWS else data.T @ data)
        late = len(curve) // 2
        figures |= {
            f"{name}: median component gradient": float(np.median(norms[name])),
            f"{name}: largest component gradient": float(norms[name].max()),
            f"{name}: slope of log gap by epoch": slope,
            f"{name}: explained by a line": explained,
            f"{name}: last gap over first": float(curve[-1] / curve[0]),
            f"{name}: last gap over half-way": float(curve[-1] / curve[late]),
            f"{name}: guaranteed slope": float(ROWS * np.log1p(-curvatures[0] / (ROWS * longest))),
        }
        lines.append(
            f"{ROWS} x {columns}: ‖∇f_i(x*)‖ has the median "
            f"{figures[f'{name}: median component gradient']:.2g}; in {epochs} epochs the gap "
            f"falls to {figures[f'{name}: last gap over first']:.1e} of what it was"
        )
    slope = figures["overparameterised: slope of log gap by epoch"]
    guaranteed = figures["overparameterised: guaranteed slope"]
    lines.append(
        f"overparameterised: the gap shrinks by exp({slope:.3f}) an epoch; for ‖x − x*‖² "
        f"exp({guaranteed:.3f}) is guaranteed"
    )

    def draw(figure: Figure) -> None:
        left, right = figure.subplots(1, 2)
        for name, curve in curves.items():
            left.semilogy(curve, label=f"{ROWS} x {COLUMNS[name]}")
            right.semilogy(
                np.sort(np.maximum(norms[name], 1e-16)), label=f"{ROWS} x {COLUMNS[name]}"
            )
        left.set(xlabel="epoch", title="mean f(x) − f*")
        right.set(xlabel="component, sorted", title="‖∇f_i(x*)‖")
        left.legend()
        right.legend()

    return Result(tuple(lines), figures, draw)


if __name__ == "__main__":
    command(study, __file__)
