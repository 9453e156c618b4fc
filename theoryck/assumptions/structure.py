"""How f is composed, and how its parts agree."""

from __future__ import annotations

from theoryck.algebra import NumberSystem
from theoryck.algebra.units import NONE
from theoryck.assumptions.base import Assumption, Curvature, Quantity, Subject, Values


def _equal_terms(values: Values, numbers: NumberSystem) -> Curvature:
    """n copies of f, or no noise at all, have it whatever the function."""
    return Curvature()


FINITE_SUM = Assumption(
    name="finite_sum",
    quantities=(Quantity("n", NONE),),
    subject=Subject.STRUCTURE,
    definition=(
        "f = (1/n)*sum(f_i), one i drawn uniformly; the other assumptions then hold for each f_i"
    ),
    latex=r"f = \tfrac1n\sum_{i=1}^n f_i, \quad i \sim \mathrm{Unif}\{1, \dots, n\}",
    source="Robbins and Monro 1951, sampled",
    enough=_equal_terms,
    unbiased=True,
)

INTERPOLATION = Assumption(
    name="interpolation",
    quantities=(),
    subject=Subject.STRUCTURE,
    definition="every f_i (or the noise) has a zero gradient at the minimiser",
    latex=r"\nabla f_i(x^\star) = 0 \quad \forall i",
    source="Vaswani, Bach and Schmidt 2019, Section 2",
    enough=_equal_terms,
    has_minimiser=True,
)

ALL = (FINITE_SUM, INTERPOLATION)
