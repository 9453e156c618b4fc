"""What an assumption is: its definition, its parameters with units, and where it is taken from."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from theoryck.algebra.units import Unit


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
class Assumption:
    """An assumption that a claim may name.

    The inequalities that it gives at traced points stand in
    :mod:`theoryck.assumptions.conditions`, since assumptions on one function sharpen each other.
    """

    name: str
    quantities: tuple[Quantity, ...]
    subject: Subject
    definition: str
    latex: str
    source: str
