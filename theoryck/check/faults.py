"""Words for what goes wrong inside theoryck itself, which is never the claim's fault."""

from __future__ import annotations

import traceback

FAULT = "fault"  # the code of a finding that tells of one


def fault(error: BaseException) -> str:
    """One line for an exception that nobody meant to raise: what it is and where it came from.

    >>> fault(ValueError("no"))
    'a fault of theoryck, please report it: ValueError: no'
    """
    frames = traceback.extract_tb(error.__traceback__)
    place = f" ({frames[-1].filename}:{frames[-1].lineno})" if frames else ""
    detail = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return f"a fault of theoryck, please report it: {detail}{place}"


def trail(error: BaseException) -> tuple[str, ...]:
    """The last calls before the exception, innermost last."""
    frames = traceback.extract_tb(error.__traceback__)
    return tuple(f"{frame.filename}:{frame.lineno} in {frame.name}" for frame in frames[-8:])
