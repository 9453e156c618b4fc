"""A few points of a claim's domain at which a combination is tried."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import islice
from types import MappingProxyType

from theoryck.derive.domain import Domain
from theoryck.derive.potentials.multipliers import Point
from theoryck.derive.potentials.numbers import RationalFunctions
from theoryck.derive.relations import Relation
from theoryck.derive.sampling import sample_points
from theoryck.derive.setting import ITERATION
from theoryck.derive.values import holds_at

TRIED_POINTS = 4
FIRST_ITERATION = 2  # a method's first steps are often degenerate (no momentum at all)


def trial_points(domain: Domain, numbers: RationalFunctions) -> tuple[Point, ...]:
    """Points inside the domain, with rational values of the field's roots."""
    return tuple(islice(_inside(domain, numbers), TRIED_POINTS))


def _inside(domain: Domain, numbers: RationalFunctions) -> Iterator[Point]:
    squares = {p: root**2 for p, root in numbers.roots.items()}

    def rewritten(relation: Relation) -> Relation:
        left, right = (
            side.subs(squares, simultaneous=True) for side in (relation.left, relation.right)
        )
        return Relation(left, relation.sign, right)

    symbols = {
        numbers.roots.get(s, s).name: numbers.roots.get(s, s) for s in domain.symbols.values()
    }
    wide = Domain(MappingProxyType(symbols), tuple(map(rewritten, domain.relations)))
    for point in sample_points(wide.with_symbols(ITERATION)):
        whole = {**point, ITERATION: point[ITERATION] + FIRST_ITERATION}
        for parameter, root in numbers.roots.items():
            whole[parameter] = whole[root] ** 2
        if all(_strict(relation, whole) for relation in domain.relations):
            yield whole


def _strict(relation: Relation, point: dict[object, Fraction]) -> bool:
    """Whether a point is off the boundary that an inequality sets."""
    if relation.sign not in ("<=", ">="):
        return True
    return holds_at(Relation(relation.left, relation.sign[0], relation.right), point)


__all__ = ["trial_points"]
