"""Potentials ‖z − x*‖² + a[k]·(f − f*) + c·k·‖velocity‖² that hold nothing of f − f* at the start.

The gap's weight a[k] is the sum of what the inequality at x* contributes in the steps before, so
that a[0] = 0; what this leaves between the gradient and the velocity is paid by the last term,
which vanishes at the start too.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sympy

from theoryck.algebra import Evaluation, Form
from theoryck.derive.momentum.combine import entry
from theoryck.derive.momentum.ground import Ground
from theoryck.derive.momentum.rules import dissipated
from theoryck.derive.momentum.state import plain
from theoryck.derive.momentum.statements import Direction, Level, Potential, Square
from theoryck.derive.potentials.numbers import RationalFunctions
from theoryck.derive.setting import ITERATION
from theoryck.derive.symbols import ONE, ZERO


def from_nothing(ground: Ground, direction: Direction) -> Iterator[int]:
    """Such potentials for the z of this direction."""
    step, numbers = ground.step, ground.numbers
    ahead, here = step.ahead, step.here
    moving = Potential((Square(ONE, direction),))
    for taken in step.taken:
        (gradient,) = taken.gradient.coefficients
        rate = -2 * step.direction(
            tuple(numbers.element(c.subs(ITERATION, ITERATION + 1)) for c in direction), ahead=True
        ).coefficients.get(gradient, numbers.integer(0))
        weight = _summed(numbers.expression(rate))
        if taken is here or weight is None or weight == 0:
            continue
        multipliers = _balanced(ground, taken, ahead, rate, weight)
        potential = moving.plus(Level(weight, plain(step.size)))
        rest = dissipated(step, potential, ONE, (), ZERO)
        for name, multiplier in multipliers.items():
            if name not in step.inequalities:
                return
            rest = rest - ground.form(name) * multiplier
        for velocity in ground.velocities:
            growing = Potential((Square(ITERATION, velocity),))
            share = _cancelling(rest, dissipated(step, growing, ONE, (), ZERO), ground, taken)
            if share is None:
                continue
            whole = potential.plus(Square(share * ITERATION, velocity))
            number = ground.proposed(whole, ONE, {}, multipliers)
            if number is not None:
                yield number


def _balanced(
    ground: Ground, taken: Evaluation, ahead: Evaluation, rate: Any, weight: sympy.Expr
) -> dict[str, Any]:
    """The multipliers that leave no value of f: a[k+1] = a[k] + rate."""
    numbers, y = ground.numbers, ground.label(taken)
    return {
        f"descent({ground.label(ahead)}, {y})": numbers.element(
            weight.subs(ITERATION, ITERATION + 1)
        ),
        f"co-coercive(x_star, {y})": rate,
        f"below(x[k], {y})": numbers.element(weight),
    }


def _summed(rate: sympy.Expr) -> sympy.Expr | None:
    """rate[0] + ... + rate[k-1] of a polynomial in k."""
    if not rate.is_polynomial(ITERATION):
        return None
    running = sympy.Dummy("j", integer=True)
    terms = rate.subs(ITERATION, running)
    return sympy.factor(sympy.summation(sympy.expand(terms), (running, 0, ITERATION - 1)))


def _cancelling(rest: Form, growing: Form, ground: Ground, taken: Evaluation) -> sympy.Expr | None:
    """The multiple of the growing term that cancels what is left, to the leading order in k."""
    numbers = ground.numbers
    (gradient,) = taken.gradient.coefficients
    for leaf in ground.step.state_leaves[1:]:
        left = entry(rest, (leaf, gradient), numbers.integer(0))
        paid = entry(growing, (leaf, gradient), numbers.integer(0))
        if left != 0 and paid != 0:
            return _leading(-left / paid, numbers)
    return None


def _leading(value: Any, numbers: RationalFunctions) -> sympy.Expr | None:
    """The limit for k → oo, where it is neither 0 nor infinite."""
    above, below = (
        sympy.Poly(part.as_expr(), ITERATION)
        for part in (value.quotient.numer, value.quotient.denom)
    )
    if above.degree() != below.degree():
        return None
    return sympy.factor(numbers.readable(above.LC() / below.LC()))


__all__ = ["from_nothing"]
