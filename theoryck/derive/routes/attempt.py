"""Trying a rule: what does not apply is noted and left."""

from __future__ import annotations

from typing import Any

from theoryck.derive.proof import Workshop
from theoryck.derive.rules.base import NotApplicableError, Rule
from theoryck.derive.rules.noise import Expectation
from theoryck.derive.setting import Stuck


def attempt(workshop: Workshop, rule: Rule, *premises: int, **arguments: Any) -> int | None:
    """The new step's number, or None with the reason noted."""
    try:
        return workshop.add(rule, *premises, **arguments)
    except NotApplicableError as error:
        if error.missing is not None and isinstance(rule, Expectation):
            workshop.missing[error.missing] = None
        workshop.failures.append(str(error))
    except Stuck as error:
        workshop.failures.append(str(error))
    return None
