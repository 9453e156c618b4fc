"""What an assumption is: its definition, its parameters with units, and what follows from it.

Everything that the engines may use of an assumption stands in its own object, so that adding
one touches one file. :mod:`theoryck.assumptions.conditions` puts several together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property, partial
from itertools import permutations
from typing import Any

from theoryck.algebra import Evaluation, Form, NumberSystem, Sample, Trace
from theoryck.algebra.units import Unit
from theoryck.errors import DomainError

Values = Mapping[str, Any]


class Subject(StrEnum):
    """What an assumption speaks about."""

    FUNCTION = "function"
    NOISE = "noise"
    STRUCTURE = "structure"


@dataclass(frozen=True)
class Quantity:
    """A parameter of an assumption.

    Its unit is ``unit``, times ``U**q`` for each ``(name, U)`` in ``unit_powers``, where q is the
    value of the assumption's parameter ``name``; ``unit`` None: it cannot be told.
    """

    name: str
    unit: Unit | None
    positive: bool = True
    unit_powers: tuple[tuple[str, Unit], ...] = ()


@dataclass(frozen=True)
class Slack:
    """A named quantity that is non-negative (zero if ``equality``); built on demand.

    ``distant`` marks a pair of points that are neither consecutive nor with x*: most proofs
    do without them.
    """

    name: str
    build: Callable[[], Form]
    equality: bool = False
    distant: bool = False

    def form(self) -> Form:
        """The quantity; raises DomainError where a constant of the class makes it undefined."""
        try:
            return self.build()
        except ZeroDivisionError as error:
            raise DomainError(f"{self.name}: a division by zero") from error


@dataclass(frozen=True)
class PairFamily:
    """Inequalities of one shape, one for every ordered pair of different ``points``.

    ``template(i, j)`` is the inequality of a pair: the same function of any two evaluations, so
    that an engine may trace it once and lay out all pairs as arrays. ``hub`` is the position of
    x*, with which every point is near; None where x* takes no part.
    """

    name: str
    template: Callable[[Evaluation, Evaluation], Form]
    points: tuple[Evaluation, ...]
    hub: int | None = None
    equality: bool = False

    def slack(self, i: int, j: int) -> Slack:
        """The inequality of the points at two positions."""
        left, right = self.points[i], self.points[j]
        return Slack(
            f"{self.name}({left.label},{right.label})",
            partial(self.template, left, right),
            equality=self.equality,
            distant=abs(i - j) > 1 and self.hub not in (i, j),
        )

    def members(self) -> Iterator[Slack]:
        """All of them, by name."""
        return (self.slack(i, j) for i, j in permutations(range(len(self.points)), 2))

    def find(self, name: str) -> Slack | None:
        """The member of that name, or None."""
        opening = f"{self.name}("
        if not (name.startswith(opening) and name.endswith(")")):
            return None
        labels = name[len(opening) : -1].split(",")
        places = [self._places.get(label) for label in labels]
        if len(places) != 2 or None in places or places[0] == places[1]:
            return None
        return self.slack(*places)  # type: ignore[arg-type]  # neither is None

    @cached_property
    def _places(self) -> Mapping[str, int]:
        return {point.label: position for position, point in enumerate(self.points)}


@dataclass(frozen=True)
class Curvature:
    """f − (lower/2)‖·‖² is convex and (upper/2)‖·‖² − f is convex; None means no bound.

    ``gradient``, if not None, bounds ‖g‖ for every (sub)gradient.
    """

    lower: Any | None = None
    upper: Any | None = None
    gradient: Any | None = None


def no_curvature(values: Values, numbers: NumberSystem) -> Curvature:
    """No bound on the curvature."""
    return Curvature()


def no_point_slacks(values: Values, at: Evaluation, trace: Trace) -> Iterable[Slack]:
    """No inequality at a point."""
    return ()


def no_sample_slacks(values: Values, sample: Sample, unbiased: bool) -> Iterable[Slack]:
    """No inequality on a stochastic gradient."""
    return ()


def not_known(values: Values, numbers: NumberSystem) -> Curvature | None:
    """No subclass with known interpolation conditions."""
    return None


@dataclass(frozen=True)
class Assumption:
    """An assumption that a claim may name, with all that follows from it.

    Args:
        name, quantities: how a claim writes it, ``smooth(L)``.
        definition, latex, source: what it says, and who said it.
        conventions: where sources differ from it (a half, a square), for readers.
        yields: inequalities that follow from it, in claim syntax, for readers; x and y are any
            points, g a stochastic gradient at x. The engines use ``at_point`` and its kin.
        curvature: bounds on the curvature that it implies.
        at_point: the inequalities that it implies at a point where f was evaluated.
        at_sample: those on a stochastic gradient; told whether it is unbiased.
        enough: bounds on curvature and gradient that imply it, for a deterministic oracle and
            equal terms; None where none are known, so that nothing can be refuted under it.
        interpolation: whether its inequalities are interpolation conditions together with those
            of other such assumptions, wherever ``enough`` allows the combination; a
            relaxation's optimum is then the exact worst case.
        kept_by_means: whether the mean of functions that have it has it too.
        unbiased: whether it makes stochastic gradients unbiased.
        has_minimiser: whether it implies that a minimiser exists.
        attains_minimum: whether a function that is bounded below then has a minimiser.
        of_the_minimum: whether it compares with f* or the minimisers of f on the whole space, so
            that it says nothing of f as a part of a sum or over a set.
        pointwise: whether its inequalities at finitely many points, x* among them, are
            interpolation conditions by themselves, whatever the values of f.
        stationary_is_optimal: whether ∇f(x) = 0 implies f(x) = f*.
        over_domain: the inequality that it gives for two points of the feasible set.
    """

    name: str
    quantities: tuple[Quantity, ...]
    subject: Subject
    definition: str
    latex: str
    source: str
    conventions: str = ""
    yields: tuple[str, ...] = ()
    curvature: Callable[[Values, NumberSystem], Curvature] = no_curvature
    at_point: Callable[[Values, Evaluation, Trace], Iterable[Slack]] = no_point_slacks
    at_sample: Callable[[Values, Sample, bool], Iterable[Slack]] = no_sample_slacks
    enough: Callable[[Values, NumberSystem], Curvature | None] = not_known
    interpolation: bool = False
    kept_by_means: bool = False
    unbiased: bool = False
    has_minimiser: bool = False
    attains_minimum: bool = False
    of_the_minimum: bool = False
    pointwise: bool = False
    stationary_is_optimal: bool = False
    over_domain: Callable[[Values, Evaluation, Evaluation], Form] | None = None
