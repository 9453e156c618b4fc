"""Arguments that count: a period, a number of iterations."""

from __future__ import annotations

from typing import Any

from theoryck.algebra.language import namespace
from theoryck.errors import DomainError


def common(name: str, value: Any) -> Any:
    """A number that all runs share, also where it is given as an array with one for each run.

    Raises:
        DomainError: the runs do not share it.
    """
    xp = namespace(value)
    if xp is None:
        return value
    least, most = float(xp.min(value)), float(xp.max(value))
    if least != most:
        raise DomainError(
            f"{name}: one number for all runs expected, got some from {least:g} to {most:g}; "
            "simulate each by itself"
        )
    return least


def whole(name: str, value: Any) -> int:
    """A positive whole number that all runs share, as an integer.

    Raises:
        DomainError: it is no such number.

    >>> whole("iterations", 5.0)
    5
    """
    number = common(name, value)
    try:
        integer = int(number)
    except (TypeError, ValueError, OverflowError) as error:
        raise DomainError(f"{name}: a positive whole number expected, got {number}") from error
    if integer != number or integer < 1:
        raise DomainError(f"{name}: a positive whole number expected, got {number}")
    return integer
