"""Sums of a smooth function and a simple one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from theoryck.simulate.backend import Backend
from theoryck.simulate.errors import SimulationError
from theoryck.simulate.problems.base import Constants, Functions, Problem

Components = Callable[[Any, Any], Any]


def _sum(first: Fraction | None, second: Fraction | None) -> Fraction | None:
    return None if first is None or second is None else first + second


@dataclass(frozen=True)
class Composite(Problem):
    """f = h₁ + h₂ with a smooth h₁ and a simple h₂, whose prox is known.

    Its minimum is known where both have the same minimiser; the stochastic gradients of a finite
    sum h₁ are taken of h₁ + h₂.

    >>> from theoryck.simulate.problems.piecewise import AbsoluteValue
    >>> from theoryck.simulate.problems.quadratic import DiagonalQuadratic
    >>> plane = DiagonalQuadratic((Fraction(1), Fraction(2)))
    >>> Composite(plane, AbsoluteValue(Fraction(1, 10), 2)).describe()
    'a quadratic with eigenvalues 1, 2, plus 1/10*sum|x_i|'
    """

    smooth: Problem
    simple: Problem

    def __post_init__(self) -> None:
        if self.smooth.dimension != self.simple.dimension:
            raise SimulationError(
                f"two functions of one space expected, got {self.smooth.describe()} in "
                f"{self.smooth.dimension} dimensions and {self.simple.describe()} in "
                f"{self.simple.dimension}"
            )

    @property
    def dimension(self) -> int:
        return self.smooth.dimension

    def describe(self) -> str:
        return f"{self.smooth.describe()}, plus {self.simple.describe()}"

    def constants(self) -> Constants:
        return _together(self.smooth.constants(), self.simple.constants())

    def component_constants(self) -> Constants | None:
        of_each = self.smooth.component_constants()
        return None if of_each is None else _together(of_each, self.simple.constants())

    def spread(self) -> Fraction | None:
        return self.smooth.spread()

    def component_count(self) -> int:
        return self.smooth.component_count()

    def on(self, backend: Backend) -> Functions:
        h1, h2 = self.smooth.on(backend), self.simple.on(backend)
        if h2.prox is None:
            raise SimulationError(f"a function with a prox expected, got {self.simple.describe()}")
        xp, shared = backend.xp, False
        if h1.x_star is not None and h2.x_star is not None:
            shared = bool(xp.all(h1.x_star == h2.x_star))
        known = shared and h1.f_star is not None and h2.f_star is not None
        return Functions(
            dimension=self.dimension,
            value=lambda x: h1.value(x) + h2.value(x),
            gradient=lambda x: h1.gradient(x) + h2.gradient(x),
            f_star=h1.minimum() + h2.minimum() if known else None,
            x_star=h1.x_star if known else None,
            components=_beside(h1.components, h2),
            count=h1.count,
            layers=h1.layers,
            parts=(h1, h2),
        )


def _together(first: Constants, second: Constants) -> Constants:
    return Constants(
        lower=_sum(first.lower, second.lower),
        upper=_sum(first.upper, second.upper),
        gradient=_sum(first.gradient, second.gradient),
        hessian=_sum(first.hessian, second.hessian),
        quadratic=first.quadratic and second.quadratic,
        nonnegative=first.nonnegative and second.nonnegative,
        twice=first.twice and second.twice,
    )


def _beside(components: Components | None, simple: Functions) -> Components | None:
    if components is None:
        return None
    return lambda x, indices: components(x, indices) + simple.gradient(x)
