"""Potentials of convex functions: ‖z − x*‖² and values of f, by exact linear algebra."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations, islice
from typing import Any

import sympy

from theoryck.algebra import Evaluation, Form
from theoryck.derive.momentum.combine import Puzzle, combinations_of, residues
from theoryck.derive.momentum.directions import moved_by_gradients
from theoryck.derive.momentum.ground import Ground
from theoryck.derive.momentum.growing import from_nothing
from theoryck.derive.momentum.rules import dissipated, observed
from theoryck.derive.momentum.state import memory_step, plain
from theoryck.derive.momentum.statements import Direction, Level, Potential, Square
from theoryck.derive.potentials.numbers import RationalFunctions
from theoryck.derive.setting import ITERATION
from theoryck.derive.statements import GAP, Quantity, shifted
from theoryck.derive.symbols import ONE, ZERO

MAX_SOLUTIONS = 2  # of one puzzle that are tried
FREE_TERMS = 2  # beside the two that speak of f(x[k+1]), in the equations for a contraction
AHEAD, HERE, SHAPE = "ahead", "here", "shape"
SHARE = sympy.Symbol("share", positive=True)


def _around(ground: Ground) -> dict[str, Form]:
    """Inequalities between a point where a gradient was taken and x*, x[k], x[k-1], x[k+1]."""
    step = ground.step
    names = []
    for taken in step.taken:
        y = ground.label(taken)
        names += [f"below(x_star, {y})", f"co-coercive(x_star, {y})", f"optimum({y})"]
        names.append(f"lipschitz({y})")
        names.append(f"descent({ground.label(step.ahead)}, {y})")
        names += [f"below({ground.label(before)}, {y})" for before, _ in step.located]
    return ground.named(*dict.fromkeys(names), *ground.variances)


def levels(ground: Ground) -> Iterator[int]:
    """V = ‖z − x*‖² + a·(f(x) − f*) with a z that only moves along gradients."""
    direction = moved_by_gradients(ground.step) if ground.step.minimiser else None
    if direction is not None:
        yield from _level(ground, direction)
        if ground.step.varies:
            yield from from_nothing(ground, direction)


def _level(ground: Ground, direction: Direction) -> Iterator[int]:
    """z without contraction: each place where f − f* may stand in V."""
    step = ground.step
    base = Potential((Square(ONE, direction),))
    target = dissipated(step, base, ONE, (), ZERO)
    for point, (_, ahead) in zip(step.points, step.located, strict=True):
        quantity = next((q for q in (GAP, shifted(GAP)) if _is_gap(ground, ahead, q)), None)
        if quantity is None:
            continue
        terms = {
            **_around(ground),
            AHEAD: step.gap(point, ahead=True),
            HERE: -step.gap(point, ahead=False),
        }
        for zero in (ground.decoupled, ground.closed):
            puzzle = Puzzle(target, terms, zero, ground.ignored, frozenset({AHEAD}))
            found = combinations_of(puzzle, ground.points, ground.numbers)
            for multipliers in islice(found, MAX_SOLUTIONS):
                number = _kept_level(ground, base, point, quantity, multipliers)
                if number is not None:
                    yield number


def _is_gap(ground: Ground, evaluation: Evaluation, quantity: Quantity) -> bool:
    form = observed(ground.step, quantity)
    return form.linear.keys() == (evaluation.value - ground.step.trace.f_star).linear.keys()


def _kept_level(
    ground: Ground,
    base: Potential,
    point: Direction,
    quantity: Quantity,
    multipliers: Mapping[str, Any],
) -> int | None:
    numbers = ground.numbers
    here = numbers.expression(multipliers.get(HERE, numbers.integer(0)))
    ahead = numbers.element(here.subs(ITERATION, ITERATION + 1))
    left = multipliers[AHEAD] - ahead
    if not ground.seems_nonnegative(left):
        return None
    loss = numbers.expression(left)
    used = {n: m for n, m in multipliers.items() if n not in (AHEAD, HERE)}
    return ground.proposed(base.plus(Level(here, point)), ONE, {quantity: loss}, used)


def contractions(ground: Ground) -> Iterator[int]:
    """z[k+1] = (1 − θ)·z[k] + θ·y − (a multiple of a gradient), and V shrinks by 1 − θ."""
    if not ground.step.minimiser or ground.step.varies:
        return
    setting = ground.workshop.setting
    wide = memory_step(setting, (), (SHARE,))
    for place in range(len(wide.taken)):
        for share in shares(Ground(ground.workshop, wide, ()), wide.taken[place]):
            element = ground.numbers.element(share)
            direction = moved_by_gradients(ground.step, ground.step.taken[place], element)
            if direction is None:
                continue
            base = Potential((Square(ONE, direction),))
            target = dissipated(ground.step, base, 1 - share, (), ZERO)
            puzzle = _contraction(ground, target, 1 - element)
            for multipliers in islice(
                combinations_of(puzzle, ground.points, ground.numbers), MAX_SOLUTIONS
            ):
                weight = ground.numbers.expression(multipliers[SHAPE])
                potential = base.plus(Level(weight, plain(ground.step.size)))
                used = {n: m for n, m in multipliers.items() if n != SHAPE}
                ratio = 1 - sympy.factor(share)
                number = ground.proposed(potential, ratio, {}, used)
                if number is not None:
                    yield number


def _contraction(ground: Ground, target: Form, ratio: Any) -> Puzzle:
    step = ground.step
    x = plain(step.size)
    shrinking = step.gap(x, ahead=True) - step.gap(x, ahead=False) * ratio
    terms = {**_around(ground), SHAPE: shrinking}
    return Puzzle(target, terms, ground.decoupled, ground.ignored, frozenset({SHAPE}))


def shares(ground: Ground, taken: Evaluation) -> Iterator[sympy.Expr]:
    """Values of θ at which the equations for a contraction by 1 − θ have a solution."""
    numbers = ground.numbers
    share = numbers.element(SHARE)
    direction = moved_by_gradients(ground.step, taken, share)
    if direction is None:
        return
    target = dissipated(ground.step, Potential((Square(ONE, direction),)), 1 - SHARE, (), ZERO)
    puzzle = _contraction(ground, target, 1 - share)
    fixed = (SHAPE, f"descent({ground.label(ground.step.ahead)}, {ground.label(taken)})")
    if not set(fixed) <= puzzle.terms.keys():
        return
    others = [name for name in puzzle.terms if name not in fixed]
    seen: set[sympy.Expr] = set()
    for chosen in combinations(others, FREE_TERMS):
        left = residues(puzzle, (*fixed, *chosen), numbers)
        for root in _common_roots(left or [], numbers):
            if root not in seen:
                seen.add(root)
                yield root


def _common_roots(values: list[Any], numbers: RationalFunctions) -> Iterator[sympy.Expr]:
    """Where all of the values vanish, as far as linear factors in θ tell."""
    roots: list[set[sympy.Expr]] = []
    for value in values:
        _, factors, _ = value.factors()
        found = set()
        for factor, _ in factors:
            polynomial = sympy.Poly(factor, SHARE)
            if polynomial.degree() == 1:
                slope, constant = polynomial.all_coeffs()
                found.add(sympy.factor(numbers.readable(-constant / slope)))
        roots.append(found)
    if roots:
        yield from sorted(set.intersection(*roots), key=str)


__all__ = ["contractions", "levels"]
