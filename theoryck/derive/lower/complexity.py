"""Complexity claims with ``at_least``: some function of the class takes at least so many steps."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import islice
from typing import Any

import sympy

from theoryck.claims.claim import ComplexityClaim, Parameter, RateClaim
from theoryck.claims.expressions import (
    Apply,
    Comparison,
    Conjunction,
    Expr,
    Number,
    Order,
    Symbol,
)
from theoryck.claims.printing import to_text
from theoryck.derive.complexity.rates import Target, at_index, condition_parts, target_of
from theoryck.derive.decide import fails_at
from theoryck.derive.domain import Domain, domain_of
from theoryck.derive.lower.candidates import examples
from theoryck.derive.lower.families import Example, Huber, Lengths, Quadratic
from theoryck.derive.lower.reaching import NotReached, NotReachedByPowers
from theoryck.derive.lower.rules import ChosenExample, RunOnExample, lengths_of
from theoryck.derive.measure import Target as Measure
from theoryck.derive.proof import Workshop
from theoryck.derive.recheck import recheck
from theoryck.derive.rules.base import NotApplicableError, Rule
from theoryck.derive.rules.step import MethodStep
from theoryck.derive.sampling import sample_points
from theoryck.derive.search import prepare
from theoryck.derive.setting import START_DISTANCE, START_GAP, OutOfTime, Setting, Stuck
from theoryck.derive.statements import Displacement
from theoryck.derive.symbols import Reader
from theoryck.errors import TheoryckError
from theoryck.verdict import EngineReport, Scope, Status

ENGINE = "derive"
ZERO, ONE = Number(Fraction(0)), Number(Fraction(1))
FACTORS = (Fraction(1, 4), Fraction(1, 32))  # of the constant that an order may hide
LARGE = Number(Fraction(16))  # what tends to infinity is larger in the end
TRIED_POINTS = 12

Limit = Callable[[ComplexityClaim, Target, Domain, float], tuple[Comparison, ...]]


def examine_at_least(claim: ComplexityClaim, deadline: float, eventually: Limit) -> EngineReport:
    """Proves that for all parameters some function of the class takes at least so many steps.

    The function may depend on the parameters and on the claimed number, not on the iteration.

    Args:
        claim: a claim with ``at_least``.
        deadline: a value of ``time.monotonic()``.
        eventually: what holds in the limit that an order speaks of.
    """
    if claim.at_least is None or claim.confidence is not None:
        return _inconclusive("derive has no rules for such a lower bound with a confidence")
    factors: tuple[Fraction, ...] = (Fraction(1),)
    relations: tuple[Comparison, ...] = ()
    try:
        if isinstance(claim.at_least, Order):
            if claim.at_least.kind != "Omega":
                return _inconclusive(f"a lower bound is Omega(...), not {claim.at_least.kind}(...)")
            target = target_of(_as_within(claim, Order("O", claim.at_least.body)))
            relations = _larger(
                eventually(
                    replace(claim, within=claim.at_least),
                    target,
                    domain_of(target.parameters),
                    deadline,
                )
            )
            factors = FACTORS
        else:
            target = target_of(_as_within(claim, claim.at_least))
    except TheoryckError as error:
        return _inconclusive(f"the lower bound is not read: {error}")
    reason = "no explicit function of the class is found that takes so long"
    for left, factor in zip(range(len(factors), 0, -1), factors, strict=True):
        now = time.monotonic()
        rate, steps = _before(claim, target, factor, relations)
        try:
            found = _derivation(rate, steps, now + (deadline - now) / left)
        except Stuck as stuck:
            reason = str(stuck)
            continue
        except OutOfTime:
            return _inconclusive("the time is spent before a function is found")
        if found is not None:
            return EngineReport(
                ENGINE,
                Status.PROVED,
                "for all parameters an explicit function of the class takes at least that long",
                scope=Scope.ALL_PARAMETERS,
                evidence=(
                    f"for every integer 0 <= {target.count} < {to_text(steps)} the target is not "
                    "reached",
                    *(f"in the limit, {to_text(relation)}" for relation in relations),
                    *found,
                ),
            )
    return _inconclusive(reason)


def _larger(relations: tuple[Comparison, ...]) -> tuple[Comparison, ...]:
    """What tends to infinity is larger than any number in the end: here, than a larger one."""
    return tuple(
        Comparison((relation.operands[0], LARGE), (">=",))
        for relation in relations
        if relation.relations == (">=",)
    )


def _as_within(claim: ComplexityClaim, steps: Expr) -> ComplexityClaim:
    return replace(claim, within=steps, at_least=None)


def _before(
    claim: ComplexityClaim, target: Target, factor: Fraction, relations: tuple[Comparison, ...]
) -> tuple[RateClaim, Expr]:
    """The measure at an iteration before the claimed one, as a rate claim."""
    count = Symbol(target.count)
    steps = target.steps if factor == 1 else Apply("*", (Number(factor), target.steps))
    constraints = [Comparison((count, ZERO), (">=",)), Comparison((count, steps), ("<",))]
    known = target.parameters.get(target.count)
    if known is not None and known.condition is not None:
        constraints += condition_parts(known.condition)
    parameter = Parameter(target.count, Conjunction((*constraints, *relations)), integer=True)
    # what the claimed number says of the start is its value, not only a bound on it
    initial = tuple(
        replace(c, relations=("==",)) if c not in claim.initial else c for c in target.initial
    )
    measure = at_index(target.measure, target.index, count)
    rate = RateClaim(
        id=claim.id,
        kind="rate",
        text=claim.text,
        source=claim.source,
        parameters={**target.parameters, target.count: parameter},
        at=(),
        expect=None,
        table=claim.table,
        method=claim.method,
        assumptions=claim.assumptions,
        initial=initial,
        measure=measure,
        bound=target.level,
        relation="<=",
        limit=claim.limit,
        confidence=None,
    )
    return rate, steps


def _derivation(rate: RateClaim, steps: Expr, deadline: float) -> tuple[str, ...] | None:
    setting, target = prepare(rate, deadline)
    if target.at_average or target.random:
        raise Stuck("the measure is not followed on an explicit run")
    workshop = Workshop(setting, deadline)
    last = Reader(setting.domain.symbols).read(steps)
    for number in _proofs(workshop, target, last, to_text(rate.measure), to_text(rate.bound)):
        derivation = workshop.derivation(number)
        if recheck(derivation, setting, deadline) is None:
            return derivation.lines
    return None


def _proofs(
    workshop: Workshop, target: Measure, last: sympy.Expr, measure: str, level: str
) -> Iterator[int]:
    setting = workshop.setting
    step = workshop.add(MethodStep())
    statement = workshop.statement(step)
    if not isinstance(statement, Displacement):
        return
    try:
        lengths = lengths_of(statement)
    except NotApplicableError as error:
        raise Stuck(str(error)) from error
    text = f"for some function of the class {measure} > {level} before the claimed iteration"
    arguments = {"scale": target.scale, "offset": target.offset, "text": text}
    points = tuple(islice(sample_points(setting.domain), TRIED_POINTS))
    for example in _candidates(setting, lengths, last):
        try:
            chosen = ChosenExample().conclude((), setting, example=example)
            run = RunOnExample().conclude(
                (chosen.statement, statement), setting, measured=target.measured
            )
            plain = NotReached().conclude((run.statement,), setting, **arguments)
            needed = (*chosen.conditions, *run.conditions, *plain.conditions)
            if any(fails_at(condition, point) for condition in needed for point in points):
                continue
            first = workshop.add(ChosenExample(), example=example)
            second = workshop.add(RunOnExample(), first, step, measured=target.measured)
        except (Stuck, NotApplicableError) as error:
            workshop.failures.append(str(error))
            continue
        attempts: tuple[tuple[Rule, tuple[int, ...], dict[str, Any]], ...]
        attempts = ((NotReached(), (second,), {}),)
        if isinstance(example, Quadratic):
            by_powers = NotReachedByPowers()
            attempts = tuple((by_powers, (second, step), {"spread": s}) for s in (True, False))
        for rule, premises, options in attempts:
            try:
                yield workshop.add(rule, *premises, **arguments, **options)
            except (Stuck, NotApplicableError) as error:
                workshop.failures.append(str(error))


def _candidates(setting: Setting, lengths: Lengths, last: sympy.Expr) -> Iterator[Example]:
    """The examples of a run as long as is claimed, and slopes of a few times the level."""
    yield from examples(replace(setting, bound=sympy.Integer(1)), lengths, last)
    curvature = setting.constant("smooth", "L")
    if curvature is None:
        return
    level = setting.bound
    for relation in setting.initial:
        left, upper = relation.left, relation.right
        for slope in (2 * level, sympy.Rational(3, 2) * level, 4 * level):
            threshold = slope / curvature
            if left == START_GAP:
                place = upper / slope + threshold / 2
            elif left == START_DISTANCE:
                place = upper
            else:
                continue
            yield Huber(curvature, threshold / place, place**2)


def _inconclusive(reason: str) -> EngineReport:
    return EngineReport(ENGINE, Status.INCONCLUSIVE, reason)


__all__ = ["examine_at_least"]
