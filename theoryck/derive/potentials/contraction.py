"""Quantities that shrink by a factor at every step: that of the slowest quadratic."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from theoryck.derive.potentials.extremal import values_along
from theoryck.derive.potentials.ground import Ground, Part
from theoryck.derive.potentials.multipliers import Vector
from theoryck.derive.relations import Relation
from theoryck.derive.statements import Quantity, affine, shifted
from theoryck.derive.symbols import ONE, ZERO
from theoryck.errors import UndecidedError


@dataclass(frozen=True)
class Ratio:
    """q[k+1] over q[k] along an extremal run, whose directions are the kernel."""

    value: Any
    kernel: tuple[Vector, ...]


def contractions(ground: Ground, quantity: Quantity) -> Iterator[int]:
    """Steps ``q[k+1] <= ratio*q[k]``: one ratio everywhere, or the larger of two."""
    ratios = [
        found
        for c in ground.curvatures
        if c is not None and (found := ratio_along(ground, quantity, c)) is not None
    ]
    parts = [_part(ground, quantity, ratio, ()) for ratio in ratios]
    if len(ratios) == 2:
        split = larger(ground, ratios[0].value - ratios[1].value)
        yield from ground.prove(
            [
                _part(ground, quantity, ratio, premises)
                for ratio, premises in zip(ratios, split, strict=True)
                if premises is not None
            ]
        )
    else:
        for part in parts:
            yield from ground.prove([part])


def _part(ground: Ground, quantity: Quantity, ratio: Ratio, premises: tuple[Relation, ...]) -> Part:
    form = affine({shifted(quantity): ONE, quantity: -ground.numbers.expression(ratio.value)})
    return Part(form, ratio.kernel, premises)


def ratio_along(ground: Ground, quantity: Quantity, c: Any) -> Ratio | None:
    """How much the quantity shrinks in a step along the run of curvature c."""
    run = ground.run(ground.step, c)
    if run is None:
        return None
    zero = ground.numbers.integer(0)
    values = values_along(ground.step, run, ground.curvatures, ground.numbers)
    here, ahead = (
        run.squares(ground.step.quantity(shifted(quantity, at)), values, zero) for at in (0, 1)
    )
    if here[0] != 0:
        return Ratio(ahead[0] / here[0], (run.distance,))
    if here[1] == 0 and here[2] != 0:  # f is linear along the run: only its slope is seen
        return Ratio(ahead[2] / here[2], (run.distance, run.slope))
    return None


def larger(
    ground: Ground, difference: Any
) -> tuple[tuple[Relation, ...] | None, tuple[Relation, ...] | None]:
    """Where a difference is not negative and where not positive; None: nowhere, (): everywhere.

    Factors with the same sign on the whole domain are left out of the conditions.
    """
    numbers = ground.numbers
    try:
        sign = numbers.sign(difference)
    except UndecidedError:
        rest = numbers.integer(1)
        sign, above, below = difference.factors()
        for factor, power in (*above, *below):
            element = numbers.element(factor)
            if power % 2 == 0:
                continue
            try:
                sign *= numbers.sign(element)
            except UndecidedError:
                rest = rest * element
        expr = numbers.expression(rest * sign)
        return (Relation(expr, ">=", ZERO),), (Relation(expr, "<=", ZERO),)
    return (() if sign >= 0 else None), (() if sign < 0 else None)
