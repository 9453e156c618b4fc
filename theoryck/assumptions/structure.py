"""How f is composed, and how its parts agree."""

from __future__ import annotations

from theoryck.algebra import Evaluation, Form, NumberSystem, dot
from theoryck.algebra.units import NONE, X
from theoryck.assumptions.base import Assumption, Curvature, Quantity, Subject, Values
from theoryck.errors import DomainError


def _equal_terms(values: Values, numbers: NumberSystem) -> Curvature | None:
    """n copies of f have it whatever the function, if there is such a number of terms."""
    try:
        return Curvature() if numbers.to_integer(values["n"]) >= 1 else None
    except DomainError:
        return None


def _no_noise(values: Values, numbers: NumberSystem) -> Curvature:
    """Equal terms, or no noise at all, have it whatever the function."""
    return Curvature()


def _within_diameter(values: Values, i: Evaluation, j: Evaluation) -> Form:
    apart = i.point - j.point
    return values["D"] * values["D"] - dot(apart, apart)


FINITE_SUM = Assumption(
    name="finite_sum",
    quantities=(Quantity("n", NONE),),
    subject=Subject.STRUCTURE,
    definition=(
        "f = (1/n)*sum(f_i), one i drawn uniformly; the other assumptions then hold for each f_i"
    ),
    latex=r"f = \tfrac1n\sum_{i=1}^n f_i, \quad i \sim \mathrm{Unif}\{1, \dots, n\}",
    source="Robbins and Monro 1951, sampled",
    conventions="the terms have equal weights and are drawn uniformly, with replacement",
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
    conventions="of noise: g = 0 with probability one at every minimiser",
    enough=_no_noise,
    has_minimiser=True,
)

BOUNDED_DOMAIN = Assumption(
    name="bounded_domain",
    quantities=(Quantity("D", X),),
    subject=Subject.STRUCTURE,
    definition="norm(x - y) <= D for every x, y of the feasible set",
    latex=r"\|x - y\| \le D \quad \forall x, y \in C",
    source="Jaggi 2013, Section 2",
    kept_by_means=True,
    over_domain=_within_diameter,
)

DIMENSION = Assumption(
    name="dimension",
    quantities=(Quantity("d", NONE),),
    subject=Subject.STRUCTURE,
    definition="f is a function on R^d",
    latex=r"f \colon \mathbb{R}^d \to \mathbb{R}",
    source="convention; most bounds do not depend on it",
    kept_by_means=True,
)

ALL = (FINITE_SUM, INTERPOLATION, BOUNDED_DOMAIN, DIMENSION)
