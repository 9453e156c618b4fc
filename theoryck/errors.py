"""Errors that a user can meet; each says what was wrong, where, and what would be right."""

from __future__ import annotations

from dataclasses import dataclass


class TheoryckError(Exception):
    """Base of every error that theoryck raises on purpose."""


class UntraceableError(TheoryckError, TypeError):
    """A method did something that a tracer cannot follow; the message holds the remedy."""


class TraceMixError(TheoryckError, ValueError):
    """Vectors or scalars of two different traces met in one expression."""


class InexactError(TheoryckError, ArithmeticError):
    """A value does not exist in the number system at hand (a square root of 2 among rationals)."""


class UndecidedError(TheoryckError, ArithmeticError):
    """A ball is too wide to tell the sign of the number in it."""


class DomainError(TheoryckError, ValueError):
    """An expression has no value: a division by zero, the logarithm of a negative number."""


class TooLargeError(TheoryckError, ValueError):
    """A computation that a text asks for is beyond the stated limits."""


@dataclass(frozen=True)
class Place:
    """Where in a claim file something stands; every part but ``file`` may be unknown.

    ``column`` counts characters from 1 inside the text of ``key``.
    """

    file: str | None = None
    claim: str | None = None
    key: str | None = None
    column: int | None = None

    def __str__(self) -> str:
        parts = [self.file or "<claim>"]
        if self.claim is not None:
            parts.append(f"claim {self.claim!r}")
        if self.key is not None:
            parts.append(self.key)
        if self.column is not None:
            parts.append(f"column {self.column}")
        return ", ".join(parts)


class ClaimError(TheoryckError, ValueError):
    """A claim, or the file it stands in, does not mean anything as written.

    ``str(error)`` is one line: the place, what is wrong and what would be valid there.
    """

    def __init__(self, problem: str, place: Place | None = None, remedy: str | None = None) -> None:
        self.problem = problem
        self.place = place or Place()
        self.remedy = remedy
        super().__init__(problem)

    def at(self, place: Place) -> ClaimError:
        """The same error with the parts of ``place`` filled in that it did not know."""
        here = self.place
        merged = Place(
            file=here.file or place.file,
            claim=here.claim or place.claim,
            key=here.key or place.key,
            column=here.column if here.column is not None else place.column,
        )
        return ClaimError(self.problem, merged, self.remedy)

    def __str__(self) -> str:
        text = f"{self.place}: {self.problem}"
        return f"{text}; {self.remedy}" if self.remedy else text
