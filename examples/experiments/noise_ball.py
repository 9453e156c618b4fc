"""The noise ball of SGD on three quadratics.

Giselsson's lecture on stochastic gradient descent: f is the mean of ½‖x − c_i‖² with
c_1 + c_2 + c_3 = 0, and the step 1/3. Far from the triangle of the c_i the components agree, and
SGD comes as fast as gradient descent; inside they do not, and it stays in a ball of noise.

x⁺ = (1 − γ)x + γ·c_i, so that with s² the mean of ‖c_i‖² the mean E‖x_k‖² is
(1 − γ)^2k·‖x_0‖² + γ s²/(2 − γ)·(1 − (1 − γ)^2k): the ball's E(f − f*) grows like γ.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
from experiment import Result, command
from matplotlib.figure import Figure

from theoryck.methods import METHODS
from theoryck.simulate import grid, simulate
from theoryck.simulate.metrics import FirstTime, Keep, Last, Mean, Path
from theoryck.simulate.noise import Sampling
from theoryck.simulate.problems.disagreeing import DisagreeingQuadratics
from theoryck.simulate.quantities import distance, gap

STEP = 1 / 3
CENTRES = tuple(
    (Fraction(x), Fraction(y)) for x, y in (("1", "0"), ("-1/2", "7/8"), ("-1/2", "-7/8"))
)
NEAR, FAR = (1.5, 1.0), (1200.0, 800.0)
SIZE = max(math.hypot(*map(float, c)) for c in CENTRES)  # of the triangle


def descend(start: tuple[float, float], runs: int, steps: int, stochastic: bool) -> Any:
    """The iterates, the gaps along the way, and when the triangle is reached."""
    problem = DisagreeingQuadratics.isotropic(CENTRES)
    return simulate(
        problem,
        METHODS["sgd" if stochastic else "gradient_descent"],
        {"step": STEP},
        np.tile(start, (runs, 1)),
        steps,
        {
            "x": Keep(tuple(range(steps + 1))),
            "gap": Path(gap),
            "last": Last(gap),
            "arrived": FirstTime(distance, 2 * SIZE),
        },
        noise=Sampling(3, problem.spread()) if stochastic else None,
        seed=1,
    ).measured


def balls(steps: tuple[float, ...], runs: int) -> np.ndarray:
    """The mean gap in the ball of noise, by step size."""
    problem, tried = DisagreeingQuadratics.isotropic(CENTRES), grid(step=steps, seeds=runs)
    horizon = int(12 / min(steps))
    outcome = simulate(
        problem, METHODS["sgd"], tried.arguments, tried.starts(np.zeros(2)), horizon,
        {"late": Mean(gap, horizon // 2)}, noise=Sampling(3, problem.spread()), seed=2,
    )  # fmt: skip
    return tried.reshaped(outcome.measured["late"]).mean(axis=-1)


def predicted(step: float) -> float:
    """E(f − f*) in the ball: ½·γ s²/(2 − γ)."""
    return 0.5 * step * float(DisagreeingQuadratics.isotropic(CENTRES).spread() or 0) / (2 - step)


def study(small: bool) -> Result:
    """SGD with a constant step on three quadratics, near their triangle and far from it."""
    runs = 200 if small else 10_000
    near, far = descend(NEAR, runs, 40, True), descend(FAR, runs, 40, True)
    near_exact, far_exact = descend(NEAR, 1, 40, False), descend(FAR, 1, 40, False)
    steps = (1 / 3, 1 / 10, 1 / 30)
    sizes = balls(steps, runs // 4)
    exponent = np.polyfit(np.log(steps), np.log(sizes), 1)[0]
    path = near_exact["x"][0]
    away = path[:, 0] * NEAR[1] - path[:, 1] * NEAR[0]
    figures = {
        "arrival of gradient descent from afar": float(far_exact["arrived"][0]),
        "mean arrival of SGD from afar": float(far["arrived"].mean()),
        "latest arrival of SGD from afar": float(far["arrived"].max()),
        "last gap of gradient descent": float(near_exact["last"][0]),
        "last mean gap of SGD": float(near["last"].mean()),
        "predicted gap of SGD": predicted(STEP),
        "distance of gradient descent from a straight line": float(np.abs(away).max()),
        "exponent of the ball's gap in the step": float(exponent),
    }
    for step, size in zip(steps, sizes, strict=True):
        figures[f"ball over prediction at 1/{1 / step:.0f}"] = float(size / predicted(step))
    lines = (
        f"from {math.hypot(*FAR):.0f} away gradient descent is near the triangle after "
        f"{figures['arrival of gradient descent from afar']:.0f} steps, SGD after "
        f"{figures['mean arrival of SGD from afar']:.1f} in the mean",
        f"after 40 steps from nearby f − f* is {figures['last gap of gradient descent']:.1e} for "
        f"gradient descent and {figures['last mean gap of SGD']:.3f} for SGD in the mean, "
        f"{figures['predicted gap of SGD']:.3f} predicted",
        *(
            f"step {step:.3f}: a ball of mean gap {size:.4f}, predicted {predicted(step):.4f}"
            for step, size in zip(steps, sizes, strict=True)
        ),
    )

    def draw(figure: Figure) -> None:
        axes = figure.subplots(1, 3)
        views = (("near", near, near_exact), ("zoomed out", far, far_exact))
        for ax, (name, noisy, exact) in zip(axes, views, strict=False):
            corners = np.array([[float(v) for v in c] for c in (*CENTRES, CENTRES[0])])
            ax.plot(corners[:, 0], corners[:, 1], "k:", label="triangle")
            ax.plot(*noisy["x"][0].T, ".-", label="SGD")
            ax.plot(*exact["x"][0].T, "x-", label="gradient descent")
            ax.set(title=name, aspect="equal")
            ax.legend()
        axes[2].semilogy(near["gap"].mean(axis=0), label="SGD, near")
        axes[2].semilogy(far["gap"].mean(axis=0), label="SGD, far")
        axes[2].semilogy(near_exact["gap"][0], label="gradient descent, near")
        axes[2].axhline(predicted(STEP), color="k", ls=":")
        axes[2].set(xlabel="k", title="mean f(x) − f*")
        axes[2].legend()

    return Result(lines, figures, draw)


if __name__ == "__main__":
    command(study, __file__)
