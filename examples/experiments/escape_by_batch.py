"""Escape from minima where the components disagree, by batch size.

Giselsson's lecture on stochastic gradient descent: two minima of f are equally flat, but at the
right one every component is flat and at the left one only their mean. Gradient descent stays in
both. From the left one minibatches escape, the smaller the sooner, as their gradients do not vanish
there: with x = 0.8, the step 0.5 and ∇f₄ = −2.77 the next iterate is 2.18. In the right one
everything stays.
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
from theoryck.simulate.metrics import FirstTime, Last
from theoryck.simulate.noise import Sampling
from theoryck.simulate.problems.minima import TwoMinima, lecture_minima
from theoryck.simulate.quantities import View

STEP = 0.5


def many_components(count: int) -> TwoMinima:
    """The lecture's wells with more components, whose slopes at the left lie on a cosine."""
    half = [
        Fraction(277 * math.cos(math.pi * (i + 0.5) / count) / 100).limit_denominator(1000)
        for i in range(count // 2)
    ]
    slopes = (*half, *(-slope for slope in half))
    return TwoMinima(
        tuple((slope,) for slope in slopes), left=Fraction(4, 5), right=Fraction(14, 5)
    )


def fates(problem: TwoMinima, batch: int, runs: int, steps: int) -> tuple[np.ndarray, np.ndarray]:
    """When runs from the left first pass the peak, and where they end."""
    peak = float(problem.left + problem.right) / 2

    def before(view: View) -> np.ndarray:
        return peak - view.x[:, 0]

    count = problem.component_count()
    outcome = simulate(
        problem,
        METHODS["sgd"],
        {"step": STEP, "batch": batch},
        np.full((runs, 1), float(problem.left)),
        steps,
        {"passed": FirstTime(before, 0.0), "end": Last(lambda view: view.x[:, 0])},
        noise=Sampling(count, problem.spread(), replacement=False),
        seed=5,
    )
    return outcome.measured["passed"], outcome.measured["end"]


def stays(problem: TwoMinima, start: float, batch: int, runs: int, steps: int) -> float:
    """The furthest that any run gets from a start."""
    outcome = simulate(
        problem,
        METHODS["sgd"],
        {"step": STEP, "batch": batch},
        np.full((runs, 1), start),
        steps,
        {"away": Last(lambda view: view.backend.xp.abs(view.x[:, 0] - start))},
        noise=Sampling(problem.component_count(), problem.spread(), replacement=False),
        seed=6,
    )
    return float(outcome.measured["away"].max())


def study(small: bool) -> Result:
    """How many runs have left the minimum where components disagree, by batch size."""
    runs, steps = (200, 40) if small else (2000, 200)
    lecture = lecture_minima()
    there = lecture.on(numpy_backend())
    assert there.components is not None  # it is a finite sum
    slope = float(there.components(np.array([[0.8]]), np.array([[3]]))[0, 0])
    figures = {"slope of the fourth": slope, "next iterate": 0.8 - STEP * slope}
    lines = [f"at x = 0.8: grad f_4 = {slope:.2f}, the next iterate is {0.8 - STEP * slope:.3f}"]
    shown = []
    problems = {"4": (lecture, (1, 2, 3, 4))}
    problems["16"] = (many_components(16), (1, 2, 4, 8, 16))
    for name, (problem, batches) in problems.items():
        shares = []
        for batch in batches:
            passed, end = fates(problem, batch, runs, steps)
            at_right = float(np.mean(np.abs(end - float(problem.right)) < 1e-3))
            share = float(np.mean(np.isfinite(passed)))
            away = stays(problem, float(problem.right), batch, runs, steps)
            figures |= {
                f"escaped, {batch} of {name}": share,
                f"ended at the right, {batch} of {name}": at_right,
                f"moved from the right, {batch} of {name}": away,
            }
            shares.append(share)
            when = np.median(passed)
            after = f"half of them within {when:.0f} steps" if np.isfinite(when) else "few or none"
            lines.append(
                f"batches of {batch} out of {name}: {share:.1%} passed the peak in {steps} steps "
                f"({after}), {at_right:.1%} ended at the right minimum"
            )
        full = stays(problem, float(problem.left), problem.component_count(), runs, steps)
        figures[f"gradient descent moved from the left, {name}"] = full
        shown.append((name, batches, shares))

    def draw(figure: Figure) -> None:
        picture, bars = figure.subplots(1, 2)
        x = np.linspace(0.0, 3.5, 400)[:, None]
        for i in range(4):
            index = np.full((len(x), 1), i)
            assert there.component_values is not None  # it is a finite sum
            picture.plot(x, there.component_values(x, index), "--", lw=1, label=f"$f_{i + 1}$")
        picture.plot(x, there.value(x), "k", lw=2, label="$f$")
        picture.set(xlabel="x", title="Equally flat, but not individually")
        picture.legend(loc="lower left")
        for name, batches, shares in shown:
            bars.plot(batches, shares, "o-", label=f"{name} components")
        bars.set(
            xlabel="batch size", ylabel=f"passed the peak in {steps} steps", xscale="log",
            title="Escape from the left minimum",
        )  # fmt: skip
        bars.legend()

    return Result(tuple(lines), figures, draw)


if __name__ == "__main__":
    command(study, __file__)
