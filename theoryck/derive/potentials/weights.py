"""How much of a measured quantity a potential holds: the largest weight that can be shown.

``w·m(x) <= V(x)`` is shown by inequalities at one point. The remainder's Gram matrix becomes
singular at the largest weight; either its kernel is guessed (a quadratic), and the weight is one
more multiplier, or its determinant is a polynomial in the weight, of which a root is taken.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any

import sympy

from theoryck.algebra import Form
from theoryck.certificates.checker import gram_matrix
from theoryck.derive.potentials.elements import RationalFunction
from theoryck.derive.potentials.ground import Ground
from theoryck.derive.potentials.linear import sole_solution
from theoryck.derive.potentials.multipliers import Layout, Point, find_multipliers
from theoryck.derive.potentials.numbers import RationalFunctions
from theoryck.derive.potentials.signs import determinant
from theoryck.derive.potentials.step import TracedPoints, traced_points
from theoryck.derive.setting import Stuck
from theoryck.derive.statements import Affine, Quantity

WEIGHT = sympy.Dummy("weight", positive=True)
MEASURE = "measure"
MAX_WEIGHTS = 3  # that are tried, the largest first


def largest_weights(ground: Ground, potential: Affine, measured: Quantity) -> list[sympy.Expr]:
    """Weights that may be the largest, the largest first (at the points that are tried).

    Args:
        ground: the claim's step and point.
        potential: V at the last iterate.
        measured: what is measured there.
    """
    points = ground.points(*ground.apart)
    try:
        found = [
            *_along_quadratics(ground, potential, measured, points),
            *_at_singular_remainders(ground, potential, measured),
        ]
    except Stuck as stuck:
        ground.workshop.failures.append(str(stuck))
        return []
    sizes = {}
    for weight in dict.fromkeys(found):
        values = [_value(ground.numbers, weight, point) for point in points]
        if all(value is None or value > 0 for value in values):
            sizes[weight] = sum(value or 0 for value in values)
    ordered = sorted(sizes, key=lambda weight: -sizes[weight])
    return [ground.numbers.expression(weight) for weight in ordered[:MAX_WEIGHTS]]


def _value(numbers: RationalFunctions, value: RationalFunction, point: Point) -> Any:
    try:
        return numbers.at(value, point)
    except ZeroDivisionError:
        return None


def _along_quadratics(
    ground: Ground, potential: Affine, measured: Quantity, points: Sequence[Point]
) -> Iterator[RationalFunction]:
    target = ground.point.form(potential, ground.numbers)
    slacks = {MEASURE: ground.point.quantity(measured), **ground.point.slacks}
    for c in ground.curvatures:
        run = None if c is None else ground.run(ground.point, c)
        if run is None:
            continue
        for found in find_multipliers(target, slacks, (run.distance,), points, ground.numbers):
            if MEASURE in found:
                yield found[MEASURE]


def _at_singular_remainders(
    ground: Ground, potential: Affine, measured: Quantity
) -> Iterator[RationalFunction]:
    setting = ground.workshop.setting
    domain = setting.domain.where(*ground.apart).with_symbols(WEIGHT)
    powers = ((power.base, power.exponent) for power in ground.numbers.powers)
    numbers = RationalFunctions.over(domain, powers)
    point = traced_points(setting, numbers, 1)
    target = point.form(potential, numbers) - point.quantity(measured) * numbers.element(WEIGHT)
    for size in (0, 1):
        for names in combinations(point.slacks, size):
            remainder = _remainder(point, target, names, numbers)
            if remainder is None or not remainder.quadratic:
                continue
            _, factors, _ = determinant(gram_matrix(remainder, numbers)).factors()
            for factor, _ in factors:
                root = _root(factor)
                if root is not None:
                    yield ground.numbers.element(numbers.readable(root))


def _remainder(
    point: TracedPoints, target: Form, names: tuple[str, ...], numbers: RationalFunctions
) -> Form | None:
    """What the inequalities leave of the target when no value of f is left over."""
    zero = numbers.integer(0)
    slacks = [point.slacks[name] for name in names]
    layout = Layout.of([target, *slacks])
    right, *columns = (layout.quadratic(form, zero).values for form in (target, *slacks))
    rows = [[column[n] for column in columns] for n in range(len(right))]
    solution = sole_solution(rows, right, zero) if names else []
    if solution is None or (not names and any(value != 0 for value in right)):
        return None
    for slack, multiplier in zip(slacks, solution, strict=True):
        target = target - slack * multiplier
    return target


def _root(factor: sympy.Expr) -> sympy.Expr | None:
    """The weight at which a factor of the determinant vanishes, if it is linear in it."""
    polynomial = sympy.Poly(factor, WEIGHT)
    if polynomial.degree() != 1:
        return None
    slope, constant = polynomial.all_coeffs()
    return -constant / slope
