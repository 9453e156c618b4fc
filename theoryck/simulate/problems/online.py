"""Adam's non-convergence: linear losses on [−1, 1], a rare one steep and against the others."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from theoryck.simulate.backend import Backend
from theoryck.simulate.errors import SimulationError
from theoryck.simulate.problems.base import Constants, Functions, Problem, shown
from theoryck.simulate.problems.feasible import Box
from theoryck.simulate.problems.parameters import settle
from theoryck.simulate.problems.rows import check_indices


@dataclass(frozen=True)
class RareSteepLoss(Problem):
    """f = (1/n) Σ f_i on [−1, 1]: f_i(x) = C·x for the first m components and −x for the others.

    Reddi, Kale and Kumar 2018. Taken in turn, with m = 1 and n = 3, these are the losses of their
    Theorem 1: C·x for t mod 3 = 1 and −x otherwise. Drawn uniformly they are those of Theorem 3,
    C·x with probability p = m/n = (1 + δ)/(C + 1) and −x otherwise, with the mean δ·x. As δ > 0,
    x* = −1; Adam with β₁ = 0, β₂ = 1/(1 + C²) and steps α/√t goes to 1 on the first.

    Args:
        steep: C.
        rare: m.
        count: n.
    """

    steep: Fraction
    rare: int = 1
    count: int = 3

    def __post_init__(self) -> None:
        settle(self, numbers=("steep",), counts=("rare", "count"))
        if not 1 <= self.rare < self.count:
            raise SimulationError(f"1 <= rare < count expected, got {self.rare} and {self.count}")
        if self.steep <= 0 or self.drift() <= 0:
            least = Fraction(self.count - self.rare, self.rare)
            raise SimulationError(
                f"the mean slope must be positive: with {self.rare} of {self.count} components "
                f"steep the slope must be above {least}, got {self.steep}"
            )

    @property
    def dimension(self) -> int:
        return 1

    def component_count(self) -> int:
        return self.count

    def describe(self) -> str:
        return (
            f"losses on [-1, 1], {shown(self.steep)}*x for {self.rare} of {self.count} "
            "and -x for the others"
        )

    def drift(self) -> Fraction:
        """δ, the slope of f."""
        return (self.rare * self.steep - (self.count - self.rare)) / self.count

    def constants(self) -> Constants:
        return _linear(self.drift())

    def component_constants(self) -> Constants:
        return _linear(max(self.steep, Fraction(1)))

    def spread(self) -> Fraction:
        """E|f_i' − f'|² = p(1 − p)(C + 1)², exactly."""
        p = Fraction(self.rare, self.count)
        return p * (1 - p) * (self.steep + 1) ** 2

    def on(self, backend: Backend) -> Functions:
        xp, drift, steep = backend.xp, float(self.drift()), float(self.steep)

        def slopes(x: Any, indices: Any) -> Any:
            check_indices(xp, indices, x.shape[0], self.count)
            ones = xp.ones(indices.shape, dtype=x.dtype)
            return xp.mean(
                xp.where(indices < self.rare, steep * ones, -ones), axis=1, keepdims=True
            )

        def flat(x: Any) -> Any:
            return xp.zeros((x.shape[0], 1, 1), dtype=x.dtype)

        return Functions(
            dimension=1,
            value=lambda x: drift * x,
            gradient=lambda x: xp.full_like(x, drift),
            f_star=-drift,
            x_star=backend.asarray([-1.0]),
            components=slopes,
            count=self.count,
            component_values=lambda x, indices: slopes(x, indices) * x,
            hessian=flat,
            hessian_vector=lambda x, v: xp.zeros_like(v),
            feasible=Box([-1.0], [1.0]),
        )


def _linear(slope: Fraction) -> Constants:
    return Constants(
        lower=Fraction(0),
        upper=Fraction(0),
        gradient=slope,
        hessian=Fraction(0),
        quadratic=True,
    )
