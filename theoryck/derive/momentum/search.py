"""The search for potentials of a state."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from theoryck.derive.momentum.convex import contractions, levels
from theoryck.derive.momentum.descents import descents
from theoryck.derive.momentum.ground import Ground


def dissipations(ground: Ground) -> Iterator[int]:
    """Inequalities between V[k+1] and V[k]; contractions first where the claim is of a power."""
    searches = [levels, contractions, descents]
    if _claims_a_power(ground):
        searches = [contractions, descents, levels]
    for search in searches:
        yield from search(ground)


def _claims_a_power(ground: Ground) -> bool:
    powers = ground.workshop.setting.bound.atoms(sympy.Pow)
    return any(not power.exp.is_number for power in powers)


__all__ = ["dissipations"]
