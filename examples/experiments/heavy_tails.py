"""SGD against clipped SGD under heavy-tailed noise.

Zhang, Karimireddy, Veit, Kim, Reddi, Kumar and Sra 2020, in Sra's lecture (MIT 6.881): where only
E‖g − ∇f‖^α is finite, for an α between 1 and 2, SGD has no rate at all for strongly convex
functions, and clipped SGD has one of N^(−(α−1)/α). Here on f = ½‖x‖² with noise of Pareto tails,
P(‖ξ‖ > t) like t^(−p) with p just above α: with steps 1/(k + 1) SGD's iterate is the mean of the
noise, whose length has that tail again, so that E(f − f*) is infinite at every horizon. Clipped SGD
has the steps 4/(k + 1) and the thresholds σ·(k + 1)^(1/α) of the paper.
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from experiment import Result, command
from matplotlib.figure import Figure

from theoryck.methods import METHODS
from theoryck.simulate import simulate
from theoryck.simulate.metrics import Path
from theoryck.simulate.noise import Pareto
from theoryck.simulate.problems.quadratic import DiagonalQuadratic
from theoryck.simulate.quantities import gap

ALPHA, INDEX, SIGMA, DIMENSION = 1.2, 1.3, 1.0, 10


def tail_index(sample: np.ndarray, share: float = 0.02) -> float:
    """Hill's estimate of p where P(X > t) falls like t^(−p), from the largest of the sample."""
    ordered = np.sort(sample)[::-1]
    count = max(10, int(share * len(ordered)))
    return float(1 / np.mean(np.log(ordered[:count] / ordered[count])))


def worst_share(sample: np.ndarray) -> float:
    """The part of the sum that the largest hundredth contributes."""
    ordered = np.sort(sample)[::-1]
    return float(ordered[: max(1, len(ordered) // 100)].sum() / ordered.sum())


def study(small: bool) -> Result:
    """Gaps of SGD and clipped SGD along a run, in the mean and at the quantiles of many runs."""
    runs, longest = (3000, 128) if small else (20_000, 2048)
    horizons = tuple(2**i for i in range(3, int(math.log2(longest)) + 1))
    problem = DiagonalQuadratic((Fraction(1),) * DIMENSION)
    noise = Pareto.with_moment(ALPHA, SIGMA, DIMENSION, INDEX)
    rules = {
        "SGD": ("sgd", {"step": lambda k: 1 / (k + 1)}),
        "clipped": (
            "clipped_sgd",
            {
                "step": lambda k: 4 / (k + 1),
                "threshold": lambda k: SIGMA * (k + 1) ** (1 / ALPHA),
            },
        ),
    }
    gaps = {}
    for name, (method, arguments) in rules.items():
        outcome = simulate(
            problem, METHODS[method], arguments, np.ones((runs, DIMENSION)), longest,
            {"gap": Path(gap, at=horizons)}, noise=noise, seed=6,
        )  # fmt: skip
        gaps[name] = outcome.measured["gap"]
    figures = {"order of the theory": (ALPHA - 1) / ALPHA}
    for name, gap_at in gaps.items():
        last = gap_at[:, -1]
        slope = np.polyfit(np.log(horizons), np.log(gap_at.mean(axis=0)), 1)[0]
        figures |= {
            f"{name}: order of the mean gap": -float(slope),
            f"{name}: last mean gap": float(last.mean()),
            f"{name}: largest over median": float(last.max() / np.median(last)),
            f"{name}: 99.9% over median": float(np.quantile(last, 0.999) / np.median(last)),
            f"{name}: share of the worst 1%": worst_share(last),
        }
    # of ‖x‖ = √(2(f − f*)), which has a finite variance only for an index above 2
    figures["SGD: tail index of the distance"] = tail_index(np.sqrt(2 * gaps["SGD"][:, -1]))
    lines = [
        f"{name} after {longest} steps: mean gap {figures[f'{name}: last mean gap']:.3g}, of which "
        f"the worst 1% of runs make {100 * figures[f'{name}: share of the worst 1%']:.0f}%; the "
        f"largest gap is {figures[f'{name}: largest over median']:.3g} medians"
        for name in gaps
    ]
    lines.append(
        f"SGD's distance has the tail index {figures['SGD: tail index of the distance']:.2f}, the "
        f"noise {INDEX}: below 2, the mean gap of all runs is infinite"
    )
    lines.append(
        f"clipped SGD's mean gap falls like N^-{figures['clipped: order of the mean gap']:.2f}; "
        f"N^-{figures['order of the theory']:.2f} is proved"
    )

    def draw(figure: Figure) -> None:
        left, right = figure.subplots(1, 2)
        for name, gap_at in gaps.items():
            (line,) = left.loglog(horizons, gap_at.mean(axis=0), "o-", label=f"{name}, mean")
            left.loglog(
                horizons, np.quantile(gap_at, 0.999, axis=0), ":", color=line.get_color(),
                label=f"{name}, 99.9% quantile",
            )  # fmt: skip
            ordered = np.sort(gap_at[:, -1])
            right.loglog(ordered, 1 - (np.arange(runs) + 0.5) / runs, label=name)
        theory = np.array(horizons, dtype=float) ** -figures["order of the theory"]
        left.loglog(horizons, theory, "k--", label="proved order, clipped")
        left.set(xlabel="N", title="f(x_N) − f*")
        right.set(xlabel="t", title=f"share of runs with a gap above t, N = {longest}")
        left.legend()
        right.legend()

    return Result(tuple(lines), figures, draw)


if __name__ == "__main__":
    command(study, __file__)
