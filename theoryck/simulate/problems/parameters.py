"""The numbers that describe a problem: rational, finite, and refused by name otherwise."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from theoryck.simulate.errors import SimulationError


def rational(number: Any, what: str) -> Fraction:
    """The number as a fraction; a double is taken as exactly what it is.

    Raises:
        SimulationError: it is no finite number.

    >>> rational(0.5, "step")
    Fraction(1, 2)
    """
    if isinstance(number, Fraction):
        return number
    try:
        return Fraction(number.item() if hasattr(number, "item") else number)
    except (TypeError, ValueError, OverflowError) as error:
        raise SimulationError(f"{what}: a finite number expected, got {number}") from error


def rationals(numbers: Any, what: str) -> tuple[Fraction, ...]:
    """The numbers as fractions.

    Raises:
        SimulationError: they are no finite numbers.
    """
    if not isinstance(numbers, Iterable) or isinstance(numbers, str):
        raise SimulationError(f"{what}: a sequence of numbers expected, got {numbers}")
    return tuple(rational(number, what) for number in numbers)


def whole(number: Any, what: str) -> int:
    """The number as an integer.

    Raises:
        SimulationError: it is none.
    """
    try:
        return operator.index(number)
    except TypeError as error:
        raise SimulationError(f"{what}: a whole number expected, got {number}") from error


def seeded(number: Any, what: str = "seed") -> int:
    """The number as the seed of a generator.

    Raises:
        SimulationError: it is no integer, or negative.
    """
    seed = whole(number, what)
    if seed < 0:
        raise SimulationError(f"{what}: a number of at least 0 expected, got {seed}")
    return seed


def settle(
    problem: Any,
    *,
    numbers: Iterable[str] = (),
    counts: Iterable[str] = (),
    seeds: Iterable[str] = (),
) -> None:
    """Make fractions and integers of the fields of those names of a frozen dataclass.

    Raises:
        SimulationError: a field is no finite number, no integer, or no seed.
    """
    for names, made in ((numbers, rational), (counts, whole), (seeds, seeded)):
        for name in names:
            object.__setattr__(problem, name, made(getattr(problem, name), name))
