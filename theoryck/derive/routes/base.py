"""What a route is: one way from a method's step to bounds on what a claim measures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from theoryck.derive.measure import Target
from theoryck.derive.proof import Workshop


@dataclass(frozen=True)
class Route:
    """A search for bounds.

    ``bounds`` yields the numbers of steps in the workshop that bound what is measured (of a norm:
    its square), with the start as it is; it raises :class:`Stuck` where the route cannot read the
    claim, which ends this route alone. ``at_most``: how many of its bounds are looked at.
    """

    name: str
    bounds: Callable[[Workshop, Target], Iterator[int]]
    at_most: int = 8
