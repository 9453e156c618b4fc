"""Problems and noise that a document can name in full: rebuilt from exact data alone.

A document comes from a stranger. Every family here derives its constants from these data, so no
document can say that a problem lies in a class where it does not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from fractions import Fraction
from typing import Any

from theoryck.simulate.engine.classes import Candidate
from theoryck.simulate.errors import SimulationError
from theoryck.simulate.noise import Noise, Passes, Sampling, from_data
from theoryck.simulate.problems.base import Problem
from theoryck.simulate.problems.piecewise import AbsoluteValue, Huber, LargestCoordinate
from theoryck.simulate.problems.quadratic import DiagonalQuadratic, ShiftedQuadratics

MOST_ENTRIES = 1000  # of a list, and components of a sum
MOST_DIGITS = 2000  # of a number

FAMILIES: Mapping[str, type[Problem]] = {
    "quadratic": DiagonalQuadratic,
    "huber": Huber,
    "absolute value": AbsoluteValue,
    "largest coordinate": LargestCoordinate,
    "shifted quadratics": ShiftedQuadratics,
}
WHOLE = frozenset({"size", "count"})  # numbers of coordinates and of components


def candidate_data(candidate: Candidate) -> dict[str, Any] | None:
    """The problem, its noise and its start as JSON data; None where no document can name them."""
    named = [name for name, family in FAMILIES.items() if type(candidate.problem) is family]
    if not named:
        return None
    problem: dict[str, Any] = {"family": named[0]}
    for field in fields(candidate.problem):  # type: ignore[arg-type]  # all families are dataclasses
        value = getattr(candidate.problem, field.name)
        problem[field.name] = [str(v) for v in value] if isinstance(value, tuple) else str(value)
    data = {
        "problem": problem,
        "noise": candidate.noise.data(),
        "start": [str(entry) for entry in candidate.direction],
    }
    try:
        again = read_candidate(data)
    except SimulationError:
        return None
    same = (again.problem, again.noise, again.direction) == (
        candidate.problem,
        candidate.noise,
        candidate.direction,
    )
    return data if same else None


def read_candidate(data: Mapping[str, Any]) -> Candidate:
    """The problem with its noise and its start that :func:`candidate_data` described.

    Raises:
        SimulationError: the data describe none, or noise whose constants are only said.
    """
    problem, noise = _problem(data.get("problem")), _noise(data.get("noise"))
    start = _numbers(data.get("start"), "start")
    if len(start) != problem.dimension:
        raise SimulationError(f"start: {problem.dimension} coordinates expected, got {len(start)}")
    if not noise.fits(problem.dimension):
        raise SimulationError(
            f"{noise.describe()}: there is none in {problem.dimension} dimensions"
        )
    if isinstance(noise, Passes):
        raise SimulationError("passes over the data are no independent draws")
    if isinstance(noise, Sampling) and noise != sampling_of(problem, noise.replacement):
        raise SimulationError("sampling: its constants are not those of the problem")
    return Candidate(problem, noise, start, stretches=False)


def sampling_of(problem: Problem, replacement: bool) -> Sampling | None:
    """Minibatches of the problem's components, with the constants that follow from its data."""
    if not isinstance(problem, ShiftedQuadratics):
        return None
    return Sampling(problem.count, problem.variance(), replacement)


def _problem(data: Any) -> Problem:
    family = FAMILIES.get(str(data.get("family"))) if isinstance(data, Mapping) else None
    if family is None:
        raise SimulationError(f"problem: a family expected, one of {', '.join(FAMILIES)}")
    wanted = {field.name for field in fields(family)}  # type: ignore[arg-type]  # likewise
    given = {name: value for name, value in data.items() if name != "family"}
    if given.keys() != wanted:
        raise SimulationError(f"problem: the keys {', '.join(sorted(wanted))} expected")
    return family(**{name: _entry(value, name) for name, value in given.items()})


def _entry(value: Any, name: str) -> Any:
    if isinstance(value, list):
        return _numbers(value, name)
    number = _number(value, name)
    if name not in WHOLE:
        return number
    if number.denominator != 1 or not 1 <= number <= MOST_ENTRIES:
        raise SimulationError(f"{name}: a whole number up to {MOST_ENTRIES} expected")
    return int(number)


def _noise(data: Any) -> Noise:
    if not isinstance(data, Mapping):
        raise SimulationError("noise: a table expected")
    return from_data(data)


def _numbers(data: Any, what: str) -> tuple[Fraction, ...]:
    if not isinstance(data, list) or len(data) > MOST_ENTRIES:
        raise SimulationError(f"{what}: a list of at most {MOST_ENTRIES} numbers expected")
    return tuple(_number(entry, what) for entry in data)


def _number(text: Any, what: str) -> Fraction:
    try:
        if not isinstance(text, str) or len(text) > MOST_DIGITS or "e" in text.lower():
            raise ValueError
        return Fraction(text)
    except (ValueError, ZeroDivisionError) as error:
        raise SimulationError(
            f"{what}: a rational number as text expected, such as '3/2', got {str(text)[:40]!r}"
        ) from error
