"""What a user of the simulations can do wrong, named."""

from __future__ import annotations

from theoryck.errors import TheoryckError, UntraceableError


class SimulationError(TheoryckError, ValueError):
    """Data or a setting that cannot be simulated; the message says what would be right."""


class TooManyDrawsError(SimulationError, UntraceableError):
    """A batch that would have to be drawn one by one, and is too large for that."""


class MissingExtraError(SimulationError, ImportError):
    """Something needs an optional dependency that is not installed."""
