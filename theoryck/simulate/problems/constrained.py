"""Problems on a feasible set."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from theoryck.simulate.backend import Backend, numpy_backend
from theoryck.simulate.errors import SimulationError
from theoryck.simulate.problems.base import Constants, Functions, Problem
from theoryck.simulate.problems.feasible import FeasibleSet


@dataclass(frozen=True)
class Constrained(Problem):
    """The problem min f over a feasible set.

    The constants are statements about f on the whole space, and stay. Where a minimiser of f is
    feasible it solves this problem too, with the same f*; else neither is known here, and nor is
    a PL constant, which speaks of f*.

    >>> from fractions import Fraction
    >>> from theoryck.simulate.problems.feasible import Ball
    >>> from theoryck.simulate.problems.quadratic import DiagonalQuadratic
    >>> plane = DiagonalQuadratic((Fraction(1), Fraction(2)))
    >>> Constrained(plane, Ball(1.0, [0.0, 0.0])).describe()
    'a quadratic with eigenvalues 1, 2, on a ball of radius 1'
    """

    problem: Problem
    feasible: FeasibleSet

    def __post_init__(self) -> None:
        if self.feasible.dimension != self.problem.dimension:
            raise SimulationError(
                f"a feasible set in {self.problem.dimension} dimensions expected, got "
                f"{self.feasible.describe()} in {self.feasible.dimension}"
            )

    @property
    def dimension(self) -> int:
        return self.problem.dimension

    def describe(self) -> str:
        return f"{self.problem.describe()}, on {self.feasible.describe()}"

    def constants(self) -> Constants:
        constants = self.problem.constants()
        solved = self._solved_by(self.problem.on(numpy_backend()), numpy_backend())
        return constants if solved else replace(constants, pl=None)

    def component_constants(self) -> Constants | None:
        return self.problem.component_constants()

    def spread(self) -> Fraction | None:
        return self.problem.spread()

    def component_count(self) -> int:
        return self.problem.component_count()

    def on(self, backend: Backend) -> Functions:
        functions = replace(self.problem.on(backend), feasible=self.feasible)
        if self._solved_by(functions, backend):
            return functions
        return replace(functions, f_star=None, x_star=None)

    def _solved_by(self, functions: Functions, backend: Backend) -> bool:
        x_star = functions.x_star
        return x_star is not None and self.feasible.contains(backend.to_numpy(x_star))
