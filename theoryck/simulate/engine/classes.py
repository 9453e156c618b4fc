"""Candidates, and whether they lie in a claim's class."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from theoryck.algebra import NumberSystem
from theoryck.assumptions import ASSUMPTIONS, Subject
from theoryck.errors import TheoryckError
from theoryck.simulate.backend import numpy_backend
from theoryck.simulate.engine.membership import Assumed, Comparer, satisfies
from theoryck.simulate.engine.values import ceil_fraction, floor_fraction
from theoryck.simulate.noise import Exact, Noise, Sampling
from theoryck.simulate.problems.base import Constants, Problem
from theoryck.simulate.problems.constrained import Constrained

ROUNDING = Fraction(1, 10**12)  # relative, of a length computed in doubles
MOST = 10**9  # of a whole number that a claim may state


@dataclass(frozen=True)
class Candidate:
    """A problem with its noise and the direction from x* to the start.

    ``stretches`` says whether the problem is scaled along with its start.
    """

    problem: Problem
    noise: Noise
    direction: tuple[Fraction, ...]
    stretches: bool = True

    def at_scale(self, factor: Fraction) -> Candidate:
        """The candidate with its start ``factor`` times as far from x*; 0 starts at x*."""
        return Candidate(
            self.problem.scaled(factor) if self.stretches and factor > 0 else self.problem,
            self.noise,
            tuple(factor * entry for entry in self.direction),
            self.stretches,
        )

    def describe(self) -> str:
        """A few words for a reader."""
        if isinstance(self.noise, Exact):
            return self.problem.describe()
        return f"{self.problem.describe()}, with {self.noise.describe()}"


@dataclass(frozen=True)
class ClassBounds:
    """What the assumptions allow: curvature between ``lower`` and ``upper``, gradients up to
    ``gradient``, a Hessian that is Lipschitz with ``hessian``, ‖∇²f‖ ≤ L0 + L1‖∇f‖ with
    ``l0_l1``, so many ``components`` and dimensions, and a feasible set up to ``diameter``; None
    is no bound."""

    lower: Fraction
    upper: Fraction | None
    gradient: Fraction | None
    components: int | None
    hessian: Fraction | None = None
    l0_l1: tuple[Fraction, Fraction] | None = None
    dimension: int | None = None
    diameter: Fraction | None = None


def in_class(candidate: Candidate, assumed: Sequence[Assumed], numbers: NumberSystem) -> bool:
    """Whether every assumption is established for the candidate.

    With ``finite_sum`` the assumptions on the function are asked of every component, as the
    claim format says, and components are drawn with replacement; a problem that is no finite sum
    is one of n equal components. A constraint on the feasible set asks for a start in it.
    """
    problem, noise = candidate.problem, candidate.noise
    if not noise.fits(problem.dimension):
        return False
    constants: Constants | None = problem.constants()
    of_function = constants
    count = [a for a in assumed if a.name == "finite_sum"]
    if count and isinstance(noise, Sampling):
        of_function = problem.component_constants()
        if numbers.sign(count[0].values["n"] - noise.count) != 0 or not noise.replacement:
            return False
    elif count and not isinstance(noise, Exact):
        return False
    if constants is None or of_function is None:
        return False
    return all(_established(candidate, a, of_function, constants, numbers) for a in assumed)


def _established(
    candidate: Candidate,
    assumption: Assumed,
    of_function: Constants,
    constants: Constants,
    numbers: NumberSystem,
) -> bool:
    try:
        match _subject(assumption.name):
            case Subject.FUNCTION:
                return satisfies(of_function, assumption, numbers)
            case Subject.NOISE:
                return candidate.noise.satisfies(assumption, constants, numbers)
            case Subject.STRUCTURE:
                return _composed(candidate, assumption, constants, numbers)
    except TheoryckError:  # a ball too wide to compare: not established
        return False
    return False


def _composed(
    candidate: Candidate, assumption: Assumed, constants: Constants, numbers: NumberSystem
) -> bool:
    """Whether an assumption on how the problem is composed is established."""
    match assumption.name:
        case "finite_sum":
            return True
        case "interpolation":
            return candidate.noise.satisfies(assumption, constants, numbers)
        case "dimension":
            d = numbers.rational(Fraction(candidate.problem.dimension))
            return numbers.sign(assumption.values["d"] - d) == 0
        case "bounded_domain":
            return _on_domain(candidate, assumption.values["D"], numbers)
    return False


def _on_domain(candidate: Candidate, diameter: Any, numbers: NumberSystem) -> bool:
    """Whether the problem is one on a set of that diameter, and its start and x* are in it."""
    if not isinstance(candidate.problem, Constrained):
        return False
    feasible = candidate.problem.feasible
    if not math.isfinite(feasible.diameter):
        return False
    # a diameter in doubles is right up to a few roundings
    above = Fraction(feasible.diameter) * (1 + ROUNDING)
    return Comparer(numbers).at_most(above, diameter) and starts_inside(candidate)


def starts_inside(candidate: Candidate) -> bool:
    """Whether the start is in the problem's feasible set, where there is one."""
    if not isinstance(candidate.problem, Constrained):
        return True
    x_star = candidate.problem.on(numpy_backend()).x_star
    if x_star is None:
        return False
    pairs = zip(candidate.direction, x_star, strict=True)
    return candidate.problem.feasible.contains([float(d) + float(c) for d, c in pairs])


def _subject(name: str) -> Subject | None:
    return ASSUMPTIONS[name].subject if name in ASSUMPTIONS else None


def class_bounds(assumed: Sequence[Assumed]) -> ClassBounds:
    """The tightest constants that the assumptions name."""
    lowers, uppers, gradients, hessians, diameters = [Fraction(0)], [], [], [], []
    components = dimension = pair = None
    for a in assumed:
        v = a.values
        match a.name:
            case "strongly_convex" | "pl" | "quadratic_growth":
                lowers.append(ceil_fraction(v["mu"]))
            case "error_bound":
                lowers.append(ceil_fraction(v["delta"]) / 2)
            case "kl":
                lowers.append(ceil_fraction(v["c"]) ** 2 / 2)
            case "strict_saddle":
                lowers.append(ceil_fraction(v["alpha"]))
                if floor_fraction(v["delta"]) > 0:
                    lowers.append(ceil_fraction(v["epsilon"]) / floor_fraction(v["delta"]))
            case "smooth":
                uppers.append(floor_fraction(v["L"]))
            case "l0_l1_smooth":
                pair = floor_fraction(v["L0"]), floor_fraction(v["L1"])
                uppers.append(pair[0])
            case "semi_smooth":
                uppers.append(floor_fraction(v["beta"]))
            case "hessian_lipschitz":
                hessians.append(floor_fraction(v["rho"]))
            case "lipschitz" | "bounded_second_moment" | "bounded_samples":
                gradients.append(floor_fraction(v["G"]))
            case "finite_sum":
                components = _whole(v["n"])
            case "dimension":
                dimension = _whole(v["d"])
            case "bounded_domain":
                diameters.append(floor_fraction(v["D"]))
    return ClassBounds(
        lower=max(lowers),
        upper=min(uppers, default=None),
        gradient=min(gradients, default=None),
        components=components,
        hessian=min(hessians, default=None),
        l0_l1=pair,
        dimension=dimension,
        diameter=min(diameters, default=None),
    )


def _whole(value: Any) -> int:
    return int(min(floor_fraction(value), Fraction(MOST)))
