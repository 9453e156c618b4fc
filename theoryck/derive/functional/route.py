"""The route for steps that are functions of the gradient's length: clipped, normalised, plain."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from theoryck.claims.expressions import Order
from theoryck.derive.functional.levels import (
    LeastByGrowth,
    LeastByLine,
    LeastByTwoRegimes,
    LeastByValues,
    MeanByLine,
    MeanByTwoRegimes,
)
from theoryck.derive.functional.oracle import LENGTH
from theoryck.derive.functional.pieces import pieces_of
from theoryck.derive.functional.rules import (
    AssumedStart,
    BoundedGradientGain,
    GeneralisedGain,
    SmoothGain,
    StartBelowDistance,
    StepAlongGradient,
    SummedGains,
)
from theoryck.derive.functional.statements import GainSum, RadialStep
from theoryck.derive.measure import Target
from theoryck.derive.proof import Workshop
from theoryck.derive.routes.attempt import attempt
from theoryck.derive.rules.base import NotApplicableError
from theoryck.derive.setting import START_DISTANCE, OtherKind
from theoryck.derive.statements import GRADIENT_SQUARED, Aggregate

# how far a step may go, in units of 1/L1
REACHES = tuple(
    map(
        sympy.Rational,
        ("1/20", "1/10", "1/9", "1/8", "1/6", "1/5", "1/4", "1/3", "1/2", "2/3", "1", "3/2", "2"),
    )
)


def functional_bounds(workshop: Workshop, target: Target) -> Iterator[int]:
    """Bounds on the least and the mean norm of the gradients, from the gain of each step."""
    measured = target.measured
    mean_norm = measured.aggregate is Aggregate.MEAN and measured.root
    if measured.quantity != GRADIENT_SQUARED or not (
        measured.aggregate is Aggregate.MIN or mean_norm
    ):
        raise OtherKind("the gains of steps along the gradient bound the least and the mean norm")
    if measured.expected:
        raise OtherKind("the gains of random steps are not read")
    step = workshop_step(workshop)
    for gain in gains(workshop, step):
        total = attempt(workshop, SummedGains(), gain, upper=measured.upper)
        if total is None:
            continue
        starts = tuple(totals(workshop, total))
        for search in (_solved, _claimed) if mean_norm else (_claimed, _solved):
            for started in starts:
                yield from search(workshop, target, step, started)


def workshop_step(workshop: Workshop) -> int:
    """The step as a multiple of the gradient.

    Raises:
        OtherKind: it is not one.
    """
    try:
        return workshop.add(StepAlongGradient())
    except NotApplicableError as error:
        raise OtherKind(str(error)) from error


def gains(workshop: Workshop, step: int) -> Iterator[int]:
    """The decrease of f in one step, by each assumption that bounds it."""
    for rule in (SmoothGain(), BoundedGradientGain()):
        number = attempt(workshop, rule, step)
        if number is not None:
            yield number
    statement = workshop.statement(step)
    if not workshop.setting.assumes("l0_l1_smooth") or not isinstance(statement, RadialStep):
        return
    found = None
    low, high = 0, len(REACHES)
    while low < high:  # what a shorter reach allows, a longer one does
        middle = (low + high) // 2
        number = attempt(workshop, GeneralisedGain(), step, reach=REACHES[middle])
        if number is None:
            low = middle + 1
        else:
            found, high = number, middle
    if found is not None:
        yield found


def totals(workshop: Workshop, total: int) -> Iterator[int]:
    """The total with the start replaced by what is assumed of it, then as it is."""
    distant = attempt(workshop, StartBelowDistance(), total)
    for number in (total,) if distant is None else (total, distant):
        for index in range(len(workshop.setting.initial)):
            found = attempt(workshop, AssumedStart(), number, relation=index)
            if found is not None:
                yield found
    yield total
    if distant is not None and START_DISTANCE in workshop.setting.bound.free_symbols:
        yield distant


def _claimed(workshop: Workshop, target: Target, step: int, total: int) -> Iterator[int]:
    """The claimed bound itself, if the gains allow no larger norms."""
    radius = claimed_radius(workshop, target)
    statement = workshop.statement(total)
    if radius is None or not isinstance(statement, GainSum):
        return
    lower = target.measured.lower
    if target.measured.aggregate is Aggregate.MIN:
        for rule in (LeastByGrowth(), LeastByValues()):
            number = attempt(workshop, rule, total, radius=radius, lower=lower)
            if number is not None:
                yield number
                return
        return
    count = target.measured.upper - lower + 1
    for slope, depth in supporting_lines(statement, radius, count):
        number = attempt(workshop, MeanByLine(), total, slope=slope, depth=depth, lower=lower)
        if number is not None:
            yield number
            return


def supporting_lines(
    known: GainSum, radius: sympy.Expr, count: sympy.Expr
) -> Iterator[tuple[sympy.Expr, sympy.Expr]]:
    """Lines through (radius, B/n), the larger of which the claimed mean would need.

    The claimed mean as a function of B is the least of all that lines give, so that its slope in
    B/n is one over that of the line which touches the gain.
    """
    if not isinstance(known.total, sympy.Symbol) or not radius.has(known.total):
        return
    slope = sympy.simplify(1 / (count * sympy.diff(radius, known.total)))
    yield slope, sympy.simplify(radius * slope - known.total / count)


def claimed_radius(workshop: Workshop, target: Target) -> sympy.Expr | None:
    """The norm that the claim allows, or None for an order."""
    if isinstance(workshop.setting.claim.bound, Order) or target.scale == 0:
        return None
    level = (workshop.setting.bound - target.offset) / target.scale
    return level if target.measured.root else sympy.sqrt(level)


def _solved(workshop: Workshop, target: Target, step: int, total: int) -> Iterator[int]:
    """Bounds in the form of the gain: two regimes, or a line where it is one."""
    statement, taken = workshop.statement(total), workshop.statement(step)
    if not isinstance(statement, GainSum) or not isinstance(taken, RadialStep):
        return
    lower = target.measured.lower
    least = target.measured.aggregate is Aggregate.MIN
    regimed = LeastByTwoRegimes() if least else MeanByTwoRegimes()
    lined = LeastByLine() if least else MeanByLine()
    for rate, turn in regimes(taken.factor, statement.gain):
        number = attempt(workshop, regimed, total, rate=rate, turn=turn, lower=lower)
        if number is not None:
            yield number
            break
    for slope, depth in lines(statement.gain):
        number = attempt(workshop, lined, total, slope=slope, depth=depth, lower=lower)
        if number is not None:
            yield number
            return


def regimes(factor: sympy.Expr, gain: sympy.Expr) -> Iterator[tuple[sympy.Expr, sympy.Expr]]:
    """Candidates for c and t in ``gain >= c*min(s**2, t*s)``: half the step there, or the gain."""
    for turn in turns(gain):
        steps = [p.value.subs(LENGTH, turn) / 2 for p in pieces_of(factor)]
        whole = [p.value.subs(LENGTH, turn) / turn**2 for p in pieces_of(gain)]
        rates = dict.fromkeys(sympy.factor(sympy.cancel(rate)) for rate in (*steps, *whole))
        for rate in rates:
            yield rate, turn
        for rate in rates:
            yield rate / 2, turn


def turns(gain: sympy.Expr) -> Iterator[sympy.Expr]:
    """Where the gain changes its form: at the ends of its pieces, and at its scales."""
    found: dict[sympy.Expr, None] = {}
    for piece in pieces_of(gain):
        for relation in piece.where:
            root = linear_root(relation.left - relation.right)
            if root is not None:
                found[root] = None
        below = sympy.fraction(sympy.cancel(sympy.together(piece.value)))[1]
        for factor in sympy.Mul.make_args(sympy.factor(below)):
            root = linear_root(factor.as_base_exp()[0])
            if root is not None and root != 0:
                found[-root] = None
    yield from found


def linear_root(expr: sympy.Expr) -> sympy.Expr | None:
    """Where a function that is linear in the gradient's length vanishes."""
    whole = sympy.expand(expr)
    slope = whole.coeff(LENGTH, 1)
    rest = sympy.expand(whole - slope * LENGTH)
    if slope == 0 or rest.has(LENGTH) or slope.has(LENGTH):
        return None
    return sympy.factor(-rest / slope)


def lines(gain: sympy.Expr) -> Iterator[tuple[sympy.Expr, sympy.Expr]]:
    """Lines below the gain: the gain itself where it is linear."""
    for piece in pieces_of(gain):
        value = sympy.expand(piece.value)
        if value.is_polynomial(LENGTH) and sympy.degree(value, LENGTH) == 1:
            yield sympy.factor(value.coeff(LENGTH, 1)), -value.coeff(LENGTH, 0)


__all__ = ["functional_bounds"]
