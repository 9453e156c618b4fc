"""Complexity claims: the target is reached because a rate says so from that iteration on."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

import sympy

from theoryck.claims.claim import ComplexityClaim
from theoryck.claims.expressions import Apply, Comparison, Expr, Number, Order, walk
from theoryck.claims.printing import to_text
from theoryck.derive.complexity.orders import decays_exponentially, order_rates
from theoryck.derive.complexity.rates import (
    START_QUANTITIES,
    NoRateError,
    Target,
    is_positive,
    rates,
    target_of,
)
from theoryck.derive.complexity.solved import solutions
from theoryck.derive.decide import Proved, decide
from theoryck.derive.domain import Domain, domain_of
from theoryck.derive.escape.examine import examine_escape, is_about_a_saddle
from theoryck.derive.lower.complexity import examine_at_least
from theoryck.derive.rate import prove_rate
from theoryck.derive.relations import Relation
from theoryck.derive.schedules.leading import Calculus, UndecidedGrowthError
from theoryck.derive.symbols import ZERO, Reader
from theoryck.errors import TheoryckError
from theoryck.verdict import EngineReport, Finding, Scope, Status

ENGINE = "derive"
FACTORS = tuple(map(Fraction, (1, 4, 32)))  # tried for the constant that an order hides
ATTEMPTS_SHARE = 0.8  # of the time, for the claim itself
FIRST_SHARE = 0.6  # of what is left of it, for each attempt: the first is the likeliest
SUGGESTION_SHARE = 0.6  # of the time that is left when a claim is not proved
LARGE = Number(Fraction(2))  # what tends to infinity is larger in the end


def examine_complexity(claim: ComplexityClaim, deadline: float) -> EngineReport:
    """Proves that the target is reached in time, for all parameters; it refutes nothing.

    Args:
        claim: the target and the number of iterations.
        deadline: a value of ``time.monotonic()``.
    """
    if is_about_a_saddle(claim):
        return examine_escape(claim, deadline, _eventually)
    if claim.at_least is not None:
        return examine_at_least(claim, deadline, _eventually)
    try:
        target = target_of(claim)
        domain = domain_of(target.parameters)
        steps = Reader(domain.symbols).read(target.steps)
    except TheoryckError as error:
        return _inconclusive(f"no rate says this: {error}")
    positive = isinstance(decide(Relation(steps, ">", ZERO), domain, deadline), Proved)
    eventually: tuple[Comparison, ...] = ()
    factors: tuple[Fraction, ...] = (Fraction(1),)
    if isinstance(claim.within, Order):
        try:
            eventually = _eventually(claim, target, domain, deadline)
        except (NoRateError, UndecidedGrowthError) as error:
            return _inconclusive(f"the order is not followed: {error}")
        report = _by_order(claim, target, domain, deadline)
        if report is not None:
            return report
        factors, positive = FACTORS, True
    attempts = [
        (factor, rate)
        for factor in factors
        for rate in rates(claim, target, factor, eventually, positive)
    ]
    reasons: dict[str, tuple[Finding, ...]] = {}
    bounds: list[str] = []
    for left, (factor, rate) in zip(range(len(attempts), 0, -1), attempts, strict=True):
        now = time.monotonic()
        share = ATTEMPTS_SHARE * max(FIRST_SHARE, 1 / left)
        report = prove_rate(rate, now + share * max(0.0, deadline - now))
        if report.status is Status.PROVED:
            return _proved(target, factor, eventually, report)
        reasons.setdefault(report.reason, report.findings)
        bounds += [report.best_bound] if report.best_bound is not None else []
    reason = next(iter(reasons), "the time is spent")
    kept = tuple(f for f in reasons.get(reason, ()) if f.code in ("missing-assumption", "vacuous"))
    stopped = f"no rate that is derived reaches the target in time: {reason}"
    for enough in solutions(claim, target, domain, bounds):
        if proves_within(claim, enough, deadline):
            text = to_text(enough)
            found = Finding("suggestion", f"the target is reached within {text} iterations")
            return replace(_inconclusive(stopped, (*kept, found)), best_bound=text)
    return _inconclusive(stopped, kept)


def proves_within(claim: ComplexityClaim, enough: Expr, deadline: float) -> bool:
    """Whether the target is proved to be reached within another number of iterations."""
    other = replace(claim, within=enough)
    try:
        target = target_of(other)
        domain = domain_of(target.parameters)
        steps = Reader(domain.symbols).read(target.steps)
    except TheoryckError:
        return False
    positive = isinstance(decide(Relation(steps, ">", ZERO), domain, deadline), Proved)
    attempts = list(rates(other, target, Fraction(1), (), positive))
    now = time.monotonic()
    return any(
        prove_rate(rate, now + (deadline - now) * share).status is Status.PROVED
        for share, rate in zip((SUGGESTION_SHARE / 2, SUGGESTION_SHARE), attempts, strict=False)
    )


def _by_order(
    claim: ComplexityClaim, target: Target, domain: Domain, deadline: float
) -> EngineReport | None:
    """The report where the order of a rate decides that of the complexity, else None.

    A power of N that no derived rate has is not tried again with an explicit constant.
    """
    try:
        attempts = list(order_rates(claim, target, domain, deadline))
    except (NoRateError, UndecidedGrowthError):
        return None
    reasons: list[str] = []
    for left, attempt in zip(range(len(attempts) + 1, 1, -1), attempts, strict=False):
        now = time.monotonic()
        report = prove_rate(attempt.rate, now + max(0.0, deadline - now) / left)
        reasons.append(report.reason)
        if report.status is not Status.PROVED:
            continue
        line = f"{to_text(attempt.rate.measure)} <= {to_text(attempt.rate.bound)} is derived below"
        if attempt.geometric:
            text = report.best_bound
            if text is None or not decays_exponentially(text, attempt.rate, domain, deadline):
                continue
            line = f"the bound {text} below is A*q**{target.count} with 0 <= q < 1"
        return replace(
            report,
            reason=(
                "the target is reached in that order of time, for all parameters (the hidden "
                f"constant may depend on them and on the start): {report.reason}"
            ),
            best_bound=None,
            findings=tuple(f for f in report.findings if f.code == "unused-assumption"),
            evidence=(line, *report.evidence),
        )
    if any(attempt.geometric for attempt in attempts):
        return None
    return _inconclusive(f"no rate of that order is derived: {next(iter(reasons), 'no time')}")


def _proved(
    target: Target, factor: Fraction, eventually: tuple[Comparison, ...], report: EngineReport
) -> EngineReport:
    steps = to_text(target.steps) if factor == 1 else f"{factor}*({to_text(target.steps)})"
    started = any(q.name in target.parameters for q in START_QUANTITIES)
    moves = any(
        name in target.parameters and is_positive(target.parameters[name])
        for name in dict.fromkeys(q.name for q in START_QUANTITIES)
    )
    lines = (
        f"for every integer {target.count} >= {steps} the rate below is at most "
        f"{to_text(target.level)}",
        *(f"in the limit, {to_text(relation)}" for relation in eventually),
        *(("the start is not a minimiser",) if moves or (eventually and started) else ()),
        *report.evidence,
    )
    what = "reached in time" if not eventually and factor == 1 else "reached in that order of time"
    return replace(
        report,
        status=Status.PROVED,
        reason=f"the target is {what}, for all parameters: {report.reason}",
        scope=Scope.ALL_PARAMETERS,
        best_bound=None,
        findings=tuple(f for f in report.findings if f.code == "unused-assumption"),
        evidence=lines,
    )


def _eventually(
    claim: ComplexityClaim, target: Target, domain: Domain, deadline: float
) -> tuple[Comparison, ...]:
    """What holds in the limit that the order speaks of: the steps and their logarithms are large.

    Raises:
        NoRateError: the limit is not one of a parameter, or the steps do not tend to infinity.
        UndecidedGrowthError: their growth is not known.
    """
    name, _, limit = (part.strip() for part in claim.limit.partition("->"))
    if name not in domain.symbols or limit not in ("0", "oo"):
        raise NoRateError(f"the limit {claim.limit!r} is not one of a parameter")
    grows = [
        part
        for part in _parts(target.steps)
        if _tends_to_infinity(part, name, limit, domain, deadline)
    ]
    if target.steps not in grows:
        raise NoRateError(f"{to_text(target.steps)} is not seen to grow as {claim.limit}")
    return tuple(Comparison((part, LARGE), (">=",)) for part in grows)


def _parts(steps: Expr) -> Iterator[Expr]:
    """The number of iterations, the logarithms in it, and what they are multiplied by."""
    yield steps
    logarithms = [n for n in walk(steps) if isinstance(n, Apply) and n.function == "log"]
    for logarithm in logarithms:
        yield logarithm
        yield Apply("/", (steps, logarithm))


def _start_symbols(domain: Domain) -> list[sympy.Symbol]:
    return [domain.symbols[q.name] for q in START_QUANTITIES if q.name in domain.symbols]


def _tends_to_infinity(expr: Expr, name: str, limit: str, domain: Domain, deadline: float) -> bool:
    k = sympy.Symbol("k", integer=True, nonnegative=True)
    symbol = domain.symbols[name]
    read = Reader(domain.symbols).read(expr)
    others = domain.where(*(Relation(s, ">", ZERO) for s in _start_symbols(domain)))
    calculus = Calculus(others, k, deadline)
    leading = calculus.leading(read.subs(symbol, 1 / k if limit == "0" else k))
    return calculus.limit_kind(leading) > 0 and leading.sign > 0


def _inconclusive(reason: str, findings: tuple[Finding, ...] = ()) -> EngineReport:
    return EngineReport(ENGINE, Status.INCONCLUSIVE, reason, findings=findings)
