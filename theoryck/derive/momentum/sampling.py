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
    squares = {root.parameter: root.square for root in numbers.roots}
    unknowns = {root.parameter: root.unknown for root in numbers.roots}

    def rewritten(relation: Relation) -> Relation:
        sides = (relation.left, relation.right)
        left, right = (side.subs(squares, simultaneous=True) for side in sides)
        return Relation(left, relation.sign, right)

    symbols = [unknowns.get(symbol, symbol) for symbol in domain.symbols.values()]
    relations = tuple(map(rewritten, domain.relations))
    wide = Domain(MappingProxyType({symbol.name: symbol for symbol in symbols}), relations)
    for point in sample_points(wide.with_symbols(ITERATION)):
        whole = {**point, ITERATION: point[ITERATION] + FIRST_ITERATION}
        for root in numbers.roots:
            shift = root.radicand - root.parameter
            whole[root.parameter] = whole[root.unknown] ** 2 - Fraction(int(shift.p), int(shift.q))
        if all(_strict(relation, whole) for relation in domain.relations):
            yield whole


def _strict(relation: Relation, point: dict[object, Fraction]) -> bool:
    """Whether a point is off the boundary that an inequality sets."""
    if relation.sign not in ("<=", ">="):
        return True
    return holds_at(Relation(relation.left, relation.sign[0], relation.right), point)


__all__ = ["trial_points"]
