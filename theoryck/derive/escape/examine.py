"""Complexity claims about a quadratic saddle: so many steps are enough to escape."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

from theoryck.claims.claim import ComplexityClaim, Parameter, RateClaim
from theoryck.claims.expressions import (
    Apply,
    Comparison,
    Conjunction,
    Expr,
    Gradient,
    Iterate,
    Number,
    Order,
    Symbol,
    Value,
    mentions,
)
from theoryck.claims.printing import to_text
from theoryck.derive.complexity.rates import (
    COUNTS,
    NoRateError,
    Target,
    at_index,
    condition_parts,
    free_names,
)
from theoryck.derive.domain import Domain, domain_of
from theoryck.derive.escape.rules import (
    Escaped,
    EscapeDistance,
    EscapeFall,
    EscapeGradient,
    UnstableDirection,
)
from theoryck.derive.escape.saddle import require_saddle
from theoryck.derive.proof import Workshop
from theoryck.derive.recheck import recheck
from theoryck.derive.rules.base import NotApplicableError, Rule
from theoryck.derive.rules.step import MethodStep
from theoryck.derive.search import prepare
from theoryck.derive.setting import OutOfTime, Stuck
from theoryck.errors import TheoryckError
from theoryck.verdict import EngineReport, Scope, Status

ENGINE = "derive"
ZERO = Number(Fraction(0))
FACTORS = (Fraction(4), Fraction(32))  # of the constant that an order may hide
START = Iterate(ZERO)

Limit = Callable[[ComplexityClaim, Target, Domain, float], tuple[Comparison, ...]]


def is_about_a_saddle(claim: ComplexityClaim) -> bool:
    """Whether the claim assumes the quadratic model of a saddle."""
    return any(use.assumption.name == "quadratic_saddle" for use in claim.assumptions)


def examine_escape(claim: ComplexityClaim, deadline: float, eventually: Limit) -> EngineReport:
    """Proves that the run has escaped after so many steps, for all parameters.

    Args:
        claim: a complexity claim under ``quadratic_saddle``.
        deadline: a value of ``time.monotonic()``.
        eventually: what holds in the limit that an order speaks of.
    """
    if claim.within is None or claim.confidence is not None:
        return _inconclusive("the escape route shows that so many steps are enough, surely")
    order = isinstance(claim.within, Order)
    try:
        measure, level, steps, index = _target(claim)
        count = index if index in claim.parameters else _unused(claim)
        target = Target(measure, level, steps, index, count, claim.parameters, claim.initial)
        relations: tuple[Comparison, ...] = ()
        if order:
            relations = eventually(claim, target, domain_of(claim.parameters), deadline)
    except TheoryckError as error:
        return _inconclusive(f"the escape is not read: {error}")
    reason = "no bound on the escape reaches the target in time"
    factors = FACTORS if order else (Fraction(1),)
    for left, factor in zip(range(len(factors), 0, -1), factors, strict=True):
        now = time.monotonic()
        rate = _after(claim, target, factor, relations)
        report = _escaped(rate, now + (deadline - now) / left)
        if report.status is Status.PROVED:
            shown = to_text(steps) if factor == 1 else f"{factor}*({to_text(steps)})"
            first = f"for every integer {count} >= {shown} the target is reached"
            limits = tuple(f"in the limit, {to_text(relation)}" for relation in relations)
            return replace(report, best_bound=None, evidence=(first, *limits, *report.evidence))
        reason = report.reason
    return _inconclusive(reason)


def _target(claim: ComplexityClaim) -> tuple[Expr, Expr, Expr, str]:
    """``measure >= level`` after so many steps, and the name of the index.

    Raises:
        NoRateError: the target is of another form.
    """
    (relation,) = claim.reach.relations
    left, right = claim.reach.operands
    if relation in ("<=", "<"):
        left, right = right, left
    if relation not in ("<=", ">="):
        raise NoRateError("a target with <= or >= is expected")
    index = "k" if "k" in free_names(left) | free_names(right) else "N"
    steps = claim.within.body if isinstance(claim.within, Order) else claim.within
    if steps is None:
        raise NoRateError("no number of steps is claimed")
    if isinstance(claim.within, Order) and claim.within.kind != "O":
        raise NoRateError(f"an upper bound on the steps is O(...), not {claim.within.kind}(...)")
    if mentions(left, Value) or mentions(right, Value):
        # f(x[0]) - f(x[k]) >= F, in any arrangement, as one difference that is at most 0
        left, right = Apply("neg", (Apply("-", (right, left)),)), ZERO
    return left, right, steps, index


def _unused(claim: ComplexityClaim) -> str:
    return next(name for name in COUNTS if name not in claim.parameters)


def _after(
    claim: ComplexityClaim, target: Target, factor: Fraction, relations: tuple[Comparison, ...]
) -> RateClaim:
    """The target at an iteration past the claimed one, as a rate claim: measure and level."""
    count = Symbol(target.count)
    steps = target.steps if factor == 1 else Apply("*", (Number(factor), target.steps))
    constraints = [Comparison((count, ZERO), (">=",)), Comparison((count, steps), (">=",))]
    known = target.parameters.get(target.count)
    if known is not None and known.condition is not None:
        constraints += condition_parts(known.condition)
    parameter = Parameter(target.count, Conjunction((*constraints, *relations)), integer=True)
    return RateClaim(
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
        initial=claim.initial,
        measure=at_index(target.measure, target.index, count),
        bound=target.level,
        relation="<=",
        limit=claim.limit,
        confidence=None,
    )


def _escaped(rate: RateClaim, deadline: float) -> EngineReport:
    text = f"{to_text(rate.measure)} >= {to_text(rate.bound)}"
    match rate.measure:
        case Apply(function="neg", arguments=(difference,)):
            rule: Rule | None = EscapeFall()
            text = f"{to_text(difference)} <= 0"
            rate = replace(rate, measure=difference)
        case Apply(function="norm", arguments=(vector,)):
            rule, index = _of_norm(vector)
            # the rules read nothing else of the claim than its parameters and its level
            last = Value(Iterate(index))
            rate = replace(rate, measure=Apply("-", (last, Value(START))))
        case _:
            rule = None
    if rule is None:
        return _inconclusive(
            "the escape is told by norm(x[k] - x[0]), norm(grad(x[k])) or f(x[0]) - f(x[k])"
        )
    try:
        lines = _proof(rate, rule, text, deadline)
    except (Stuck, NotApplicableError) as error:
        return _inconclusive(str(error))
    except OutOfTime:
        return _inconclusive("the time is spent")
    return EngineReport(
        ENGINE,
        Status.PROVED,
        "the run escapes in time, for all parameters",
        scope=Scope.ALL_PARAMETERS,
        evidence=lines,
    )


def _of_norm(vector: Expr) -> tuple[Rule | None, Expr]:
    """The rule that bounds the norm of a vector, and the iteration that it speaks of."""
    match vector:
        case Gradient(point=Iterate(index=index)):
            return EscapeGradient(), index
        case Apply(function="-", arguments=(Iterate() as first, Iterate() as second)):
            if START in (first, second):
                return EscapeDistance(), (second if first == START else first).index
    return None, ZERO


def _proof(rate: RateClaim, rule: Rule, text: str, deadline: float) -> tuple[str, ...]:
    """The derivation's lines.

    Raises:
        Stuck: with the reason.
    """
    setting, target = prepare(rate, deadline)
    require_saddle(setting)
    workshop = Workshop(setting, deadline)
    step = workshop.add(MethodStep())
    growth = workshop.add(UnstableDirection(), step)
    bound = workshop.add(rule, growth, index=target.measured.upper)
    reason = "no comparison with the level"
    for spread in (None, True, False):
        try:
            number = workshop.add(Escaped(), bound, spread=spread, text=text)
        except (Stuck, NotApplicableError) as error:
            reason = str(error)
            continue
        derivation = workshop.derivation(number)
        problem = recheck(derivation, setting, deadline)
        if problem is None:
            return derivation.lines
        reason = f"the derivation did not pass its re-check: {problem}"
    raise Stuck(reason)


def _inconclusive(reason: str) -> EngineReport:
    return EngineReport(ENGINE, Status.INCONCLUSIVE, reason)


__all__ = ["examine_escape", "is_about_a_saddle"]
