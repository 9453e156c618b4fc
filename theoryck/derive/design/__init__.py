"""Design with bounds: the best step, the iterations to a level, which of two bounds is smaller."""

from theoryck.derive.design.comparison import (
    ComparedBounds,
    IncomparableError,
    compare_bounds,
    compared,
)
from theoryck.derive.design.iterations import Iterations, NotReachedError, iterations_to
from theoryck.derive.design.minimum import NoOptimumError, Optimum, minimise
from theoryck.derive.design.steps import OptimalStep, optimal_step

__all__ = [
    "ComparedBounds",
    "IncomparableError",
    "Iterations",
    "NoOptimumError",
    "NotReachedError",
    "OptimalStep",
    "Optimum",
    "compare_bounds",
    "compared",
    "iterations_to",
    "minimise",
    "optimal_step",
]
