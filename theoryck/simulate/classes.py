"""Candidates, and whether they lie in a claim's class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from theoryck.algebra import NumberSystem
from theoryck.assumptions import ASSUMPTIONS, Subject
from theoryck.simulate.membership import Assumed, satisfies
from theoryck.simulate.noise import Exact, Noise, Sampling
from theoryck.simulate.problems.base import Problem
from theoryck.simulate.values import ceil_fraction, floor_fraction


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
    ``gradient``; None is no bound."""

    lower: Fraction
    upper: Fraction | None
    gradient: Fraction | None
    components: int | None


def in_class(candidate: Candidate, assumed: Sequence[Assumed], numbers: NumberSystem) -> bool:
    """Whether every assumption is established for the candidate.

    With ``finite_sum`` the assumptions on the function are asked of every component, as the
    claim format says; a problem that is no finite sum is one of n equal components.
    """
    constants = candidate.problem.constants()
    count = [a for a in assumed if a.name == "finite_sum"]
    of_function = constants
    if isinstance(candidate.noise, Sampling):
        of_function = candidate.problem.component_constants() or constants
        if count and numbers.sign(count[0].values["n"] - candidate.noise.count) != 0:
            return False
    elif count and not isinstance(candidate.noise, Exact):
        return False
    for assumption in assumed:
        match _subject(assumption.name):
            case Subject.FUNCTION:
                established = satisfies(of_function, assumption, numbers)
            case Subject.NOISE:
                established = candidate.noise.satisfies(assumption, constants, numbers)
            case Subject.STRUCTURE if assumption.name == "finite_sum":
                established = True
            case Subject.STRUCTURE if assumption.name == "interpolation":
                established = candidate.noise.satisfies(assumption, constants, numbers)
            case _:
                established = False
        if not established:
            return False
    return True


def _subject(name: str) -> Subject | None:
    return ASSUMPTIONS[name].subject if name in ASSUMPTIONS else None


def class_bounds(assumed: Sequence[Assumed]) -> ClassBounds:
    """The tightest constants that the assumptions name."""
    lowers, uppers, gradients = [Fraction(0)], [], []
    components = None
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
                uppers.append(floor_fraction(v["L0"]))
            case "semi_smooth":
                uppers.append(floor_fraction(v["beta"]))
            case "lipschitz" | "bounded_second_moment":
                gradients.append(floor_fraction(v["G"]))
            case "finite_sum":
                components = int(floor_fraction(v["n"]))
    return ClassBounds(
        lower=max(lowers),
        upper=min(uppers) if uppers else None,
        gradient=min(gradients) if gradients else None,
        components=components,
    )
