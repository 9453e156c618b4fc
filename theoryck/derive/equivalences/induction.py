"""An induction over all iterations: linear relations between two states that every step keeps.

The relations are found backwards, as linear invariants are (Karr 1976, "Affine relationships
among variables of a program"): the iterates must agree, hence so must what they become, and so on
until nothing new comes. What is found is then checked forwards: the relations hold at the start,
each step carries them over, and they say that the iterates and the questions agree.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import sympy

from theoryck.algebra.point import Leaf, Point
from theoryck.derive.equivalences.joint import DifferentQuestionsError, JointStep
from theoryck.derive.printing import tidy, to_claim_text
from theoryck.derive.relations import Relation
from theoryck.derive.setting import ITERATION
from theoryck.derive.symbols import ZERO, as_sympy
from theoryck.errors import TheoryckError

Holds = Callable[[Relation], bool]


class NoInductionError(TheoryckError, ValueError):
    """No relations were found that every step keeps; the message says where it stops."""


@dataclass(frozen=True)
class Invariant:
    """Linear forms in the two states that vanish at every k, and the printed proof."""

    forms: tuple[Point, ...]
    lines: tuple[str, ...]


def induction(step: JointStep, holds: Holds) -> Invariant:
    """The relations from which the equality of the iterates follows by induction.

    Args:
        step: one step of both methods.
        holds: decides relations between expressions in the parameters and k.

    Raises:
        NoInductionError: there are no such relations, or a check of them fails.
        DifferentQuestionsError: they ask the oracle with different arguments.
    """
    targets = _targets(step, holds)
    basis = _closure(step, targets, holds)
    return _checked(step, targets, basis, holds)


def _targets(step: JointStep, holds: Holds) -> list[Point]:
    """What must vanish: the difference of the iterates, and of the points asked at."""
    targets = [step.before[0][0] - step.before[1][0]]
    for mine, other in step.questions:
        if mine.where is not None and other.where is not None:
            difference = mine.where - other.where
            if any(leaf in step.answers for leaf in difference.coefficients):
                difference = _without_answers(difference, step, holds)
            targets.append(difference)
        both = mine.with_ is not None and other.with_ is not None
        if both and not _zero(as_sympy(mine.with_) - as_sympy(other.with_), holds):
            raise DifferentQuestionsError(
                f"one asks for a {mine.kind} with {mine.with_}, the other with {other.with_}"
            )
    return targets


def _closure(step: JointStep, targets: list[Point], holds: Holds) -> list[Point]:
    basis: list[Point] = []
    pending = list(targets)
    while pending:
        form = _rest(pending.pop(0), basis, holds)
        if form.coefficients:
            basis.append(form)
            pending.append(_without_answers(step.image(form), step, holds))
    return basis


def _without_answers(form: Point, step: JointStep, holds: Holds) -> Point:
    """The form, whose coefficients at the answers must vanish: these are arbitrary."""
    kept = {}
    for leaf, coefficient in form.coefficients.items():
        if leaf not in step.answers:
            kept[leaf] = coefficient
        elif not _zero(coefficient, holds):
            text = to_claim_text(tidy(as_sympy(coefficient)))
            raise NoInductionError(
                f"the two steps weigh an answer of the oracle differently: by {text} more"
            )
    return Point(step.trace, kept)


def _rest(form: Point, basis: list[Point], holds: Holds) -> Point:
    """What is left of a form when multiples of the basis are taken away."""
    return _reduced(form, basis, holds)[0]


def _reduced(form: Point, basis: list[Point], holds: Holds) -> tuple[Point, tuple[sympy.Expr, ...]]:
    factors = []
    for known in basis:
        pivot = _pivot(known)
        factor = sympy.cancel(
            as_sympy(form.coefficients.get(pivot, ZERO)) / known.coefficients[pivot]
        )
        factors.append(factor)
        form = _clean(form - factor * known, holds)
    return _clean(form, holds), tuple(factors)


def _pivot(form: Point) -> Leaf:
    """The leaf to eliminate: one whose coefficient is a number, if there is one."""
    leaves = list(form.coefficients)
    return next((v for v in leaves if as_sympy(form.coefficients[v]).is_number), leaves[0])


def _clean(form: Point, holds: Holds) -> Point:
    kept = {v: sympy.cancel(c) for v, c in form.coefficients.items() if not _zero(c, holds)}
    return Point(form.trace, kept)


def _zero(coefficient: sympy.Expr, holds: Holds) -> bool:
    value = as_sympy(coefficient)
    return value == 0 or holds(Relation(value, "==", ZERO))


def _checked(step: JointStep, targets: list[Point], basis: list[Point], holds: Holds) -> Invariant:
    """The forward proof, every part of it decided again."""
    lines = [
        "the oracle's answers are arbitrary vectors, the same for both methods",
        *(f"claim for every k: {form} = 0" for form in basis),
    ]
    for form in basis:
        left = _clean(step.at_start(form), holds)
        if left.coefficients:
            raise NoInductionError(f"{form} is {left} at the start")
    lines.append("at k = 0 each vanishes at the first states")
    for form in basis:
        factors = _combination(_without_answers(step.image(form), step, holds), basis, holds)
        lines.append(f"after a step the form {form} is {_sum(factors, basis)}")
    for target in targets:
        _combination(target, basis, holds)
    lines.append("hence the iterates are equal at every k, and so are the points asked at")
    return Invariant(tuple(basis), tuple(lines))


def _combination(form: Point, basis: list[Point], holds: Holds) -> tuple[sympy.Expr, ...]:
    """The factors of a form in the basis, which must exist for all parameters and every k."""
    rest, factors = _reduced(form, basis, holds)
    if rest.coefficients:
        raise NoInductionError(f"{rest} does not follow from the relations")
    for factor in factors:
        divisor = sympy.fraction(sympy.together(factor))[1]
        if not divisor.is_number and not holds(Relation(divisor, "!=", ZERO)):
            raise NoInductionError(f"a factor divides by {divisor}, which may vanish")
    total = form
    for factor, known in zip(factors, basis, strict=True):
        total = total - factor * known
    if _clean(total, holds).coefficients:
        raise NoInductionError("a combination does not check")
    return factors


def _sum(factors: tuple[sympy.Expr, ...], basis: list[Point]) -> str:
    parts = [
        f"({to_claim_text(tidy(factor))})*({form})"
        for factor, form in zip(factors, basis, strict=True)
        if factor != 0
    ]
    return " + ".join(parts) or "0"


__all__ = ["ITERATION", "Invariant", "NoInductionError", "induction"]
