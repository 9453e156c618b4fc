"""Perturbed gradient descent against gradient descent on a chain of saddles.

Du, Jin, Lee, Jordan, Póczos and Singh 2017: on their function gradient descent waits at each
saddle by a factor longer than at the one before, though none of the saddles is degenerate, while
with a little noise at every step it waits equally long at each. Their experiment has τ = e, γ = 1,
the step 1/(4L) and perturbations of length e/100, in 5 and in 10 dimensions. After a thousand steps
the coordinates that gradient descent still has to grow are below the smallest double: there it
stays for good.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

import numpy as np
from experiment import Result, command
from matplotlib.figure import Figure

from theoryck.methods import METHODS, Method
from theoryck.simulate import simulate
from theoryck.simulate.metrics import FirstTime
from theoryck.simulate.problems.saddles import SaddleChain
from theoryck.simulate.quantities import View

E = Fraction(math.e).limit_denominator(10**6)


def behind(place: int, distance: float) -> Callable[[View], np.ndarray]:
    """At most 0 once the coordinate of that place is further than this from 0."""
    return lambda view: distance - view.backend.xp.abs(view.x[:, place])


def waiting(
    problem: SaddleChain, method: Method, runs: int, steps: int, **more: float
) -> np.ndarray:
    """How many steps each run has taken when it has passed each saddle, infinite if it has not."""
    d, passed = problem.dimension, 2 * float(problem.width)
    start = np.random.default_rng(1).uniform(-1, 1, (runs, d))
    times = {str(k): FirstTime(behind(k, passed), 0.0) for k in range(d)}
    arguments = {"step": 1 / (4 * float(problem.stable)), **more}
    outcome = simulate(problem, method, arguments, start, steps, times, seed=2)
    return np.stack([outcome.measured[str(k)] for k in range(d)], axis=1)


def study(small: bool) -> Result:
    """How long both methods take from saddle to saddle."""
    d, runs, steps = (5, 20, 700) if small else (10, 200, 2500)
    ratios = (1.0,) if small else (1.0, 1.5, 2.0, 3.0)
    lines, figures, curves = [], {}, []
    for ratio in ratios:
        problem = SaddleChain(d, stable=Fraction(ratio), width=E)
        eta = 1 / (4 * ratio)
        plain = waiting(problem, METHODS["gradient_descent"], runs, steps)
        noisy = waiting(problem, METHODS["perturbed_gd"], runs, steps, radius=float(E) / 100 / eta)
        # while x_k grows by 1 + 2ηγ a step, x_(k+1) shrinks by 1 − 2ηL
        predicted = 1 + math.log(1 / (1 - 2 * eta * ratio)) / math.log(1 + 2 * eta)
        times = np.median(plain, axis=0), np.median(noisy, axis=0)
        seen = int(np.isfinite(times[0]).sum())
        growth = (times[0][seen - 1] / times[0][1]) ** (1 / (seen - 2))
        each = np.diff(times[1])
        name = f" at L = {ratio:g}"
        figures |= {
            f"growth of gradient descent{name}": growth,
            f"predicted growth{name}": predicted,
            f"saddles passed by gradient descent{name}": float(seen),
            f"saddles passed by perturbed gradient descent{name}": float(
                np.isfinite(times[1]).sum()
            ),
            f"longest over shortest wait with noise{name}": each.max() / each.min(),
            f"arrivals of gradient descent{name}": float(np.isfinite(plain[:, -1]).mean()),
            f"arrivals with noise{name}": float(np.isfinite(noisy[:, -1]).mean()),
            f"last time with noise{name}": float(times[1][-1]),
            f"last time of gradient descent{name}": float(times[0][seen - 1]),
        }
        lines.append(
            f"L = {ratio:g} gamma, d = {d}: in {steps} steps gradient descent passes {seen} "
            f"saddles, the last after {times[0][seen - 1]:.0f}, each {growth:.2f} times as late as "
            f"the one before (predicted: {predicted:.2f}); with noise all {d} take "
            f"{times[1][-1]:.0f} steps, {each.min():.0f} to {each.max():.0f} a saddle"
        )
        curves.append((ratio, *times))

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        for ratio, plain, noisy in curves:
            places = np.arange(1, d + 1)
            (line,) = axes.semilogy(places, plain, "o-", label=f"gradient descent, L = {ratio:g}γ")
            axes.semilogy(
                places, noisy, "s--", color=line.get_color(), label=f"perturbed, L = {ratio:g}γ"
            )
        axes.set(xlabel="saddle", ylabel="steps until it is passed", title="A chain of saddles")
        figure.legend(loc="outside right upper")

    return Result(tuple(lines), figures, draw)


if __name__ == "__main__":
    command(study, __file__)
