"""Clipped gradient descent against gradient descent on (L0, L1)-smooth functions.

Zhang, He, Sra and Jadbabaie 2020. From a start where ‖∇f‖ = M on a function that grows like
exp(L1|x|), gradient descent diverges unless its step is at most 2(log M + 1)/(L1·M); with such a
step it is slow on a function with a small slope of 2ε, though both are (L0, L1)-smooth: Theorem 4,
at least L1·M(f(x₀) − f* − 5ε/8)/(8ε²(log M + 1)) steps to ‖∇f‖ ≤ ε on one of them. Clipped gradient
descent takes the same step on both, whatever M is: Theorem 3, at most
20 L0(f(x₀) − f*)/ε² + 20 max(1, L1²)(f(x₀) − f*)/L0 steps.
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from experiment import Result, command
from matplotlib.figure import Figure

from theoryck.methods import METHODS
from theoryck.simulate import simulate
from theoryck.simulate.backend import numpy_backend
from theoryck.simulate.metrics import FirstTime
from theoryck.simulate.problems.base import Problem
from theoryck.simulate.problems.generalised_smooth import QuadraticExponential
from theoryck.simulate.problems.piecewise import Huber
from theoryck.simulate.quantities import gradient_norm

L0 = L1 = Fraction(1)
EPSILON = 0.25
STEEP = QuadraticExponential(L0, L1)
SLOW = Huber(L0, Fraction(0), Fraction(1, 2))  # slope 2ε, curvature L0 within 2ε of 0
SLOW_START = 4.25  # f(x₀) − f* = 2
CLIPPED = {"step": 1 / 10, "threshold": 1.0}  # η = 1/(10 L0), min{1/η, 1/(10 L1 η)}


def needed(
    problem: Problem, method: str, starts: np.ndarray, limit: int, **arguments: object
) -> np.ndarray:
    """The steps until ‖∇f‖ ≤ ε, infinite where a run diverges or takes more than ``limit``."""
    outcome = simulate(
        problem,
        METHODS[method],
        arguments,
        starts[:, None],
        limit,
        {"time": FirstTime(gradient_norm, EPSILON)},
        stop=lambda view: view.of(gradient_norm) <= EPSILON,
    )
    return outcome.measured["time"]


def admissible(start: float, steepest: float, limit: int, count: int) -> float:
    """The largest step on a grid with which gradient descent gets to ‖∇f‖ ≤ ε from the start."""
    estimate = 2 * start / steepest
    steps = estimate * np.geomspace(1 / 8, 8, count)
    times = needed(STEEP, "gradient_descent", np.full(count, start), limit, step=steps)
    return float(steps[np.isfinite(times)].max())


def theorem_3(problem: Problem, start: float) -> float:
    """The number of steps that suffice for clipped gradient descent."""
    there = problem.on(numpy_backend())
    gap = float(there.value(np.array([[start]]))[0, 0]) - there.minimum()
    return (20 * float(L0) / EPSILON**2 + 20 * max(1.0, float(L1) ** 2) / float(L0)) * gap


def study(small: bool) -> Result:
    """The steps to a small gradient by the size M of the gradient at the start."""
    exponents = (2, 4, 6) if small else tuple(range(2, 11))
    count, limit = (31, 1500) if small else (101, 10_000)
    lines, figures, curves = [], {}, []
    clipped_slow = needed(SLOW, "clipped_gd", np.array([SLOW_START]), limit, **CLIPPED)[0]
    figures["clipped on the slow one"] = float(clipped_slow)
    figures["theorem 3 on the slow one"] = theorem_3(SLOW, SLOW_START)
    for exponent in exponents:
        steepest, start = math.exp(exponent), exponent + 1.0  # M = (L0/L1)·exp(L1·x₀ − 1)
        largest = admissible(start, steepest, limit, count)
        plain = needed(SLOW, "gradient_descent", np.array([SLOW_START]), 100 * limit, step=largest)[
            0
        ]
        clipped = needed(STEEP, "clipped_gd", np.array([start]), limit, **CLIPPED)[0]
        lower = float(L1) * steepest * (2 - 5 * EPSILON / 8) / (8 * EPSILON**2 * (exponent + 1))
        name = f" at M = exp({exponent})"
        figures |= {
            f"admissible step{name}": largest,
            f"admissible step over 2(log M + 1)/(L1 M){name}": largest / (2 * start / steepest),
            f"gradient descent on the slow one{name}": float(plain),
            f"theorem 4{name}": lower,
            f"clipped on the steep one{name}": float(clipped),
            f"theorem 3 on the steep one{name}": theorem_3(STEEP, start),
        }
        lines.append(
            f"M = exp({exponent}): gradient descent needs steps of at most {largest:.2e}, and so "
            f"{plain:.0f} of them on the slow function (Theorem 4: {lower:.0f}); clipped, "
            f"{clipped:.0f} on the steep and {clipped_slow:.0f} on the slow one"
        )
        curves.append((steepest, largest, plain, lower, max(clipped, clipped_slow)))

    def draw(figure: Figure) -> None:
        sizes, numbers = figure.subplots(1, 2)
        m, largest, plain, lower, clipped = map(np.array, zip(*curves, strict=True))
        sizes.loglog(m, largest, "o-", label="largest step that converges")
        sizes.loglog(m, 2 * (np.log(m) + 1) / m, "k:", label="2(log M + 1)/(L₁M)")
        sizes.axhline(CLIPPED["step"], color="C1", label="step of clipped gradient descent")
        sizes.set(xlabel="M", ylabel="step")
        sizes.legend()
        numbers.loglog(m, plain, "o-", label="gradient descent, slow function")
        numbers.loglog(m, lower, "k:", label="Theorem 4")
        numbers.loglog(m, clipped, "s-", label="clipped, the worse of both")
        numbers.set(xlabel="M", ylabel="steps to ‖∇f‖ ≤ ε")
        numbers.legend()

    return Result(tuple(lines), figures, draw)


if __name__ == "__main__":
    command(study, __file__)
