"""Candidates that are finite sums: quadratics apart, least squares and logistic regression."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import zip_longest

from theoryck.simulate.engine.classes import Candidate, ClassBounds
from theoryck.simulate.engine.membership import Assumed
from theoryck.simulate.engine.values import floor_fraction
from theoryck.simulate.errors import MissingExtraError, SimulationError
from theoryck.simulate.noise import Exact, Noise, Sampling
from theoryck.simulate.problems.base import Problem
from theoryck.simulate.problems.data import (
    LeastSquares,
    breast_cancer,
    gaussian_least_squares,
)
from theoryck.simulate.problems.disagreeing import DisagreeingQuadratics
from theoryck.simulate.problems.minima import TWO_PI, TwoMinima
from theoryck.simulate.problems.quadratic import ShiftedQuadratics

MAX_COMPONENTS = 10_000  # of a finite sum that is run
MAX_COORDINATES = 20  # of one that has a component for each
USUAL = 10  # components, where the claim names no number


def finite_sums(assumed: Sequence[Assumed], bounds: ClassBounds) -> Iterator[Candidate]:
    """Finite sums that may lie in the class; whether they do is for the caller to check.

    Without ``finite_sum`` in the claim they stand for themselves, their minibatches being one
    source of noise among others.
    """
    values = {a.name: a.values for a in assumed}
    noisy = values.get("bounded_variance")
    sigma = floor_fraction(noisy["sigma"]) if noisy is not None else None
    growth = values.get("strong_growth")
    rho = floor_fraction(growth["rho"]) if growth is not None else None
    if bounds.gradient is not None or bounds.diameter is not None:
        return
    n = bounds.components
    families = [_least_squares(bounds), _logistic(bounds, sigma)]
    if n is None or 2 <= n <= MAX_COMPONENTS:
        if n is not None or rho is not None or "interpolation" in values:
            families.insert(0, _coordinates(bounds, n, rho))
        if n is not None or sigma is not None:
            families[:0] = [_shifted(bounds, n, sigma), _two_minima(bounds, n, sigma)]
    # one of each family at a time: few of them may be run
    for turn in zip_longest(*families):
        yield from (candidate for candidate in turn if candidate is not None)


def _upper(bounds: ClassBounds) -> Fraction:
    return bounds.upper if bounds.upper is not None else max(Fraction(1), 10 * bounds.lower)


def _shifted(bounds: ClassBounds, n: int | None, sigma: Fraction | None) -> Iterator[Candidate]:
    upper, count = _upper(bounds), n or USUAL
    for curvature in dict.fromkeys((upper, bounds.lower or upper / 10)):
        if curvature <= 0:
            continue
        apart = (sigma if sigma is not None else Fraction(1)) / curvature
        problem = ShiftedQuadratics(curvature, count, apart)
        # with ``finite_sum`` components come with replacement, as the claim format says
        for replacement in (True, False) if n is None else (True,):
            sampling = Sampling(count, problem.variance(), replacement)
            yield Candidate(problem, sampling, (Fraction(1),), False)


def _two_minima(bounds: ClassBounds, n: int | None, sigma: Fraction | None) -> Iterator[Candidate]:
    """Two minima where the components disagree at one: not convex, and its minibatches are as
    far apart as the class allows. Starts are there, and close to the peak between the two."""
    upper, count = _upper(bounds), n or USUAL
    if bounds.lower > 0 or upper <= 0:
        return
    # components have the curvature of f and 3/2·tilt/gap more
    curvature = upper if n is None else upper / 2
    gap = Fraction(2)
    if bounds.hessian is not None and bounds.hessian > 0:
        gap = max(gap, curvature * TWO_PI / bounds.hessian)
    tilt = sigma if sigma is not None else Fraction(1)
    if n is not None:
        tilt = min(tilt, curvature * gap * 2 / 3)
    tilts = [(tilt * (-1) ** i,) for i in range(count - count % 2)]
    tilts += [(Fraction(0),)] * (count % 2)
    problem = TwoMinima(tuple(tilts), -gap, Fraction(0), curvature, curvature)
    sampling = Sampling(count, problem.spread())
    for part in (Fraction(1), Fraction(9, 20)):
        yield Candidate(problem, sampling, (-gap * part,), False)


def _coordinates(bounds: ClassBounds, n: int | None, rho: Fraction | None) -> Iterator[Candidate]:
    """f = ½ Σ λ_i x_i² as the mean of n components f_i = (n λ_i/2)·x_i².

    They share the minimiser 0, and E‖∇f_i‖² = n·Σ (λ_i x_i)² = n·‖∇f‖²: strong growth with
    ρ = n, exactly.
    """
    count = n if n is not None else min(int(rho if rho is not None else USUAL), USUAL)
    if not 2 <= count <= MAX_COORDINATES:
        return
    # with ``finite_sum`` the constants are those of the components
    upper = _upper(bounds) / (count if n is not None else 1)
    lower = bounds.lower if n is None and bounds.lower > 0 else upper / 10
    if not 0 < lower <= upper:
        return
    for spectrum in ((upper,) * count, (lower, *(upper,) * (count - 1))):
        problem = DisagreeingQuadratics.diagonal(
            [(Fraction(0),) * count] * count,
            [
                tuple(count * rate if i == j else Fraction(0) for j in range(count))
                for i, rate in enumerate(spectrum)
            ],
        )
        sampling = Sampling(count, None, growth=Fraction(count), interpolates=True)
        yield Candidate(problem, sampling, (Fraction(1),) * count, False)


def _least_squares(bounds: ClassBounds) -> Iterator[Candidate]:
    n = bounds.components
    if n is not None and not 2 <= n <= 1000:
        return
    rows = n if n is not None else 20
    upper = _upper(bounds)
    if upper <= 0:
        return
    for columns, noise in ((rows + 5, 0.0), (max(1, rows // 2), 0.5)):
        problem = gaussian_least_squares(rows, columns, noise=noise)
        scaled = problem.with_smoothness(upper, of_components=n is not None)
        yield from _with_sampling(scaled, _sampling(scaled))


def _sampling(problem: LeastSquares) -> Sampling:
    constants, component = problem.constants(), problem.component_constants()
    n = problem.component_count()
    if not problem.interpolates() or not constants.pl or component.upper is None:
        return Sampling(n, None)
    # ‖∇f_i‖² ≤ 2 L_i f_i, and f = f − f* ≤ ‖∇f‖²/(2 pl)
    return Sampling(n, None, growth=component.upper / constants.pl, interpolates=True)


def _logistic(bounds: ClassBounds, sigma: Fraction | None) -> Iterator[Candidate]:
    upper = _upper(bounds)
    lower = bounds.lower if bounds.lower > 0 else upper / 100
    if not 0 < lower < upper or sigma == 0:
        return
    try:
        problem = breast_cancer().rescaled(
            lower,
            upper,
            None if sigma is None else sigma**2,
            of_components=bounds.components is not None,
        )
    except (MissingExtraError, SimulationError):
        return  # one problem fewer; the report says which were run
    yield from _with_sampling(problem, Sampling(problem.component_count(), problem.spread()))


def _with_sampling(problem: Problem, sampling: Noise) -> Iterator[Candidate]:
    direction = tuple(Fraction((-1) ** i * (2 + i % 3), 2) for i in range(problem.dimension))
    for source in (Exact(), sampling):
        yield Candidate(problem, source, direction, False)
