"""Potentials of functions that need not be convex: a value of f and the square of a velocity.

V = f(p) − f* + c·‖v‖², where p is x itself or a point that only moves along gradients, and v is
x[k] − x[k−1] or a displacement that the state remembers. What a step loses is a quadratic form
in v and the gradient at x; c is chosen by one linear condition on it, and the multiple of ‖∇f(x)‖²
that can be taken off is then its Schur complement.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sympy

from theoryck.algebra import Form, Leaf, dot
from theoryck.derive.momentum.combine import entry
from theoryck.derive.momentum.directions import moved_by_gradients
from theoryck.derive.momentum.ground import Ground
from theoryck.derive.momentum.rules import dissipated
from theoryck.derive.momentum.state import plain
from theoryck.derive.momentum.statements import Direction, Level, Potential, Square
from theoryck.derive.setting import ITERATION
from theoryck.derive.statements import GRADIENT_SQUARED
from theoryck.derive.symbols import ONE, ZERO

Vector = Mapping[Leaf, Any]
DOMINATED = ("pl(", "error_bound(", "kl(", "dominated(")  # ‖∇f‖² >= a multiple of f − f*


@dataclass(frozen=True)
class Descent:
    """The fall of f at a point: ``rest`` is what is left of it after ``multipliers``."""

    ground: Ground
    level: Level
    rest: Form
    multipliers: Mapping[str, Any]

    @property
    def gradient(self) -> Leaf:
        """∇f(x[k])."""
        (leaf,) = self.ground.step.here.gradient.coefficients
        return leaf


def descents(ground: Ground) -> Iterator[int]:
    """Such potentials for each point and velocity."""
    step = ground.step
    if step.here not in step.taken or step.varies:
        return
    for descent in (_at_iterate(ground), _at_moved_point(ground)):
        if descent is not None:
            for velocity in descent.ground.velocities:
                yield from _with_velocity(descent, velocity)


def _at_iterate(ground: Ground) -> Descent | None:
    x = plain(ground.step.size)
    name = f"descent({ground.label(ground.step.ahead)}, {ground.label(ground.step.here)})"
    return _descent(ground, x, {name: ground.numbers.integer(1)})


def _at_moved_point(ground: Ground) -> Descent | None:
    """f at a point z that only moves along gradients, its own gradient compared with that at x."""
    z = moved_by_gradients(ground.step)
    if z is None or z == plain(ground.step.size):
        return None
    wide = ground.looking_at(z)
    before, after = wide.step.located[wide.step.points.index(z)]
    pair = sorted((wide.label(before), wide.label(wide.step.here)))
    name = f"descent({wide.label(after)}, {wide.label(before)})"
    found = _descent(wide, z, {name: wide.numbers.integer(1)})
    comparison = f"smooth({', '.join(pair)})"
    if found is None or comparison not in wide.step.inequalities:
        return None
    (own,) = before.gradient.coefficients
    crossing = entry(found.rest, (own, found.gradient), wide.numbers.integer(0))
    # its multiplier leaves no product of the two gradients
    weight = crossing / entry(wide.form(comparison), (own, found.gradient), ZERO)
    return _descent(wide, z, {**found.multipliers, comparison: weight})


def _descent(ground: Ground, point: Direction, multipliers: Mapping[str, Any]) -> Descent | None:
    if not multipliers.keys() <= ground.step.inequalities.keys():
        return None
    level = Level(ONE, point)
    rest = dissipated(ground.step, Potential((level,)), ONE, (), ZERO)
    for name, multiplier in multipliers.items():
        rest = rest - ground.form(name) * multiplier
    return Descent(ground, level, rest, multipliers)


def _with_velocity(descent: Descent, velocity: Direction) -> Iterator[int]:
    ground = descent.ground
    shape = dissipated(ground.step, Potential((Square(ONE, velocity),)), ONE, (), ZERO)
    for weight in dict.fromkeys(_weights(descent, shape, velocity)):
        if not ground.seems_nonnegative(weight):
            continue
        whole = descent.rest + shape * weight
        loss = _schur(descent, whole, velocity)
        if loss is None or not ground.seems_nonnegative(loss):
            continue
        square = Square(ground.numbers.expression(weight), velocity)
        potential = Potential((descent.level,)).plus(square)
        multipliers = {**descent.multipliers, **_variances(ground, whole)}
        number = ground.proposed(
            potential, ONE, {GRADIENT_SQUARED: ground.numbers.expression(loss)}, multipliers
        )
        if number is not None:
            yield number
        yield from _contracted(descent, potential, loss, multipliers)


def _weights(descent: Descent, shape: Form, velocity: Direction) -> Iterator[Any]:
    """Values of c at which the rest vanishes between two motions of a state.

    The motions: the velocity alone, the gradient alone, both so that the velocity stops, both
    so that it stays as it is. Which pairs serve depends on where f is looked at.
    """
    ground = descent.ground
    one = ground.numbers.integer(1)
    unit, kept, pushed = _motion(descent, velocity)
    gradient = {descent.gradient: one}
    if pushed == 0:
        return
    stopping = {**unit, descent.gradient: -kept / pushed}
    steady = {**unit, descent.gradient: (one - kept) / pushed}
    at_iterate = descent.level.direction == plain(ground.step.size)
    pairs = ((unit, gradient), (stopping, steady)) if at_iterate else ((unit, steady),)
    for left, right in pairs:
        slope = _bilinear(ground, shape, left, right)
        if slope != 0:
            yield -_bilinear(ground, descent.rest, left, right) / slope


def _motion(descent: Descent, velocity: Direction) -> tuple[Vector, Any, Any]:
    """A state with unit velocity, and by which factors velocity and gradient enter the next one."""
    step, numbers = descent.ground.step, descent.ground.numbers
    coefficients = tuple(numbers.element(c) for c in velocity)
    leaves = step.state_leaves
    place = 0 if velocity[0] != 0 else next(i for i, c in enumerate(velocity) if c != 0)
    ahead = step.direction(coefficients, ahead=True).coefficients
    zero = numbers.integer(0)
    return (
        {leaves[place]: numbers.integer(1)},
        ahead.get(leaves[place], zero),
        ahead.get(descent.gradient, zero),
    )


def _bilinear(ground: Ground, form: Form, left: Vector, right: Vector) -> Any:
    zero = ground.numbers.integer(0)
    total = zero
    for u, a in left.items():
        for v, b in right.items():
            c = entry(form, (u, v), zero)
            total = total + a * b * (c if u is v else c / 2)
    return total


def _schur(descent: Descent, whole: Form, velocity: Direction) -> Any | None:
    """The multiple of ‖∇f(x)‖² that the rest allows to be taken off."""
    ground = descent.ground
    unit, _, _ = _motion(descent, velocity)
    gradient = {descent.gradient: ground.numbers.integer(1)}
    own, cross, square = (
        _bilinear(ground, whole, left, right)
        for left, right in ((unit, unit), (unit, gradient), (gradient, gradient))
    )
    if cross == 0:
        return square
    return None if own == 0 else square - cross * cross / own


def _variances(ground: Ground, whole: Form) -> dict[str, Any]:
    """The multipliers of the bounds on the noise, which pay for its squares."""
    zero = ground.numbers.integer(0)
    found = {}
    for name, noise in zip(ground.variances, ground.noises, strict=False):
        found[name] = zero - entry(whole, (noise, noise), zero)
    return found


def _contracted(
    descent: Descent, potential: Potential, loss: Any, multipliers: Mapping[str, Any]
) -> Iterator[int]:
    """The same potential shrinking by a factor, where ‖∇f‖² is at least a multiple of f − f*."""
    ground, step = descent.ground, descent.ground.step
    if descent.level.direction != plain(step.size):
        return
    (leaf,) = (step.here.value - step.trace.f_star).linear
    square = dot(step.here.gradient, step.here.gradient).quadratic.keys()
    for name in step.inequalities:
        if not name.startswith(DOMINATED):
            continue
        form = ground.form(name)
        if form.linear.keys() != {leaf} or form.quadratic.keys() != square:
            continue
        (scale,) = form.quadratic.values()
        best = 1 + ground.numbers.expression(loss / scale * form.linear[leaf])
        for ratio in (best, *_claimed_ratios(ground)):
            weight = (ground.numbers.element(ratio) - 1) / form.linear[leaf]
            number = ground.proposed(potential, ratio, {}, {**multipliers, name: weight})
            if number is not None:
                yield number
                break


def _claimed_ratios(ground: Ground) -> Iterator[sympy.Expr]:
    """The bases of the powers that the claimed bound contains."""
    parameters = set(ground.workshop.setting.domain.symbols.values())
    for power in sorted(ground.workshop.setting.bound.atoms(sympy.Pow), key=str):
        if not power.exp.is_number and power.base.free_symbols <= parameters - {ITERATION}:
            yield power.base


__all__ = ["descents"]
