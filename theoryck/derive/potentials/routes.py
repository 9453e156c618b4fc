"""From a claim to potentials that prove a bound on what it measures."""

from __future__ import annotations

from collections.abc import Iterator

from theoryck.derive.measure import Target
from theoryck.derive.potentials.contraction import contractions
from theoryck.derive.potentials.ground import Ground
from theoryck.derive.potentials.telescoped import telescoped
from theoryck.derive.proof import Workshop
from theoryck.derive.rules.measures import MinimumBelowLast
from theoryck.derive.rules.recursions import Geometric
from theoryck.derive.setting import Stuck
from theoryck.derive.statements import Aggregate


def potential_bounds(workshop: Workshop, target: Target) -> Iterator[int]:
    """Bounds on what is measured at the last iterate, from potentials."""
    measured = target.measured
    if measured.aggregate not in (Aggregate.LAST, Aggregate.MIN) or measured.expected:
        return
    try:
        ground = Ground.of(workshop)
    except Stuck as stuck:
        workshop.failures.append(str(stuck))
        return
    for number in _last(ground, target):
        if measured.aggregate is Aggregate.LAST:
            yield number
            continue
        least = ground.attempt(MinimumBelowLast(), number, lower=measured.lower)
        if least is not None:
            yield least


def _last(ground: Ground, target: Target) -> Iterator[int]:
    quantity, index = target.measured.quantity, target.measured.upper
    for step in contractions(ground, quantity):
        number = ground.attempt(Geometric(), step, potential=quantity, index=index)
        if number is not None:
            yield number
            break
    yield from telescoped(ground, target)
