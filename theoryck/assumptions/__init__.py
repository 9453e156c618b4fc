"""What may be assumed of f and of the noise; one file a family, collected in ``ASSUMPTIONS``."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from theoryck.assumptions import (
    curvature,
    generalised_smoothness,
    growth,
    noise,
    saddles,
    structure,
)
from theoryck.assumptions.base import Assumption, Quantity, Subject

FAMILIES = (curvature, generalised_smoothness, growth, noise, saddles, structure)

ASSUMPTIONS: Mapping[str, Assumption] = MappingProxyType(
    {assumption.name: assumption for family in FAMILIES for assumption in family.ALL}
)

__all__ = ["ASSUMPTIONS", "Assumption", "Quantity", "Subject"]
