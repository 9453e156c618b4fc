"""Inequalities and identities between scalar expressions: one line of somebody's proof."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from theoryck.claims.arithmetic import Balls, Rationals
from theoryck.claims.claim import Claim, IdentityClaim, InequalityClaim
from theoryck.claims.evaluate import Environment, evaluate, holds
from theoryck.claims.expressions import Condition, Expr
from theoryck.derive.contradictions import contradiction, findings_of
from theoryck.derive.decide import Counterexample, Decision, Proved, Unknown, decide
from theoryck.derive.domain import Domain, domain_of
from theoryck.derive.relations import Relation
from theoryck.derive.sampling import trial_points
from theoryck.derive.sums import RangeReader, by_induction
from theoryck.derive.symbols import ONE, Obligation
from theoryck.derive.values import Point
from theoryck.errors import InexactError, TheoryckError
from theoryck.verdict import EngineReport, Finding, Instance, Scope, Status

ENGINE = "derive"
INDUCTION = "induction on the number of terms"
TRIVIAL = Relation(ONE, "<=", ONE)


def examine_inequality(claim: InequalityClaim, deadline: float) -> EngineReport:
    """Proves that the conclusion follows from the hypotheses, or refutes it at exact values."""
    plain = domain_of(claim.parameters)
    empty = contradiction(plain, deadline)
    if empty is not None:
        return _inconclusive(empty.message, (empty,))
    ranges = RangeReader(plain, deadline, plain.symbols)
    reader = ranges.reader()

    def refutes(values: Mapping[str, Fraction]) -> bool:
        conditions = [p.condition for p in claim.parameters.values() if p.condition is not None]
        premises = all(_truth(c, values) for c in (*conditions, *claim.hypotheses))
        return premises and _truth(claim.conclusion, values) is False

    try:
        assumed = [r for condition in claim.hypotheses for r in reader.relations(condition)]
        goals = reader.relations(claim.conclusion)
    except TheoryckError as error:
        reason = f"the claim is not read: {error}"
        return _by_trial(claim, plain, refutes, deadline) or _inconclusive(reason)
    given = plain.where(*(r for r in assumed if r.symbols <= set(plain.symbols.values())))
    empty = contradiction(given, deadline)
    if empty is not None:
        return _inconclusive(empty.message, (empty,))
    asked = _Asked(claim, goals, given, tuple(assumed), ranges, (*plain.obligations,))
    return _report(asked, refutes, deadline)


def examine_identity(claim: IdentityClaim, deadline: float) -> EngineReport:
    """Proves that both sides agree wherever both are defined, or refutes it at exact values."""
    plain = domain_of(claim.parameters)
    empty = contradiction(plain, deadline)
    if empty is not None:
        return _inconclusive(empty.message, (empty,))
    ranges = RangeReader(plain, deadline, plain.symbols)
    reader = ranges.reader()

    def refutes(values: Mapping[str, Fraction]) -> bool:
        return _differ(claim.lhs, claim.rhs, values)

    try:
        left, right = reader.read(claim.lhs), reader.read(claim.rhs)
    except TheoryckError as error:
        reason = f"the claim is not read: {error}"
        return _by_trial(claim, plain, refutes, deadline) or _inconclusive(reason)
    # an identity speaks only of the points where both sides have values
    single = [o.alternatives[0] for o in ranges.obligations if len(o.alternatives) == 1]
    ranges.obligations[:] = [o for o in ranges.obligations if len(o.alternatives) != 1]
    known = set(plain.symbols.values())
    single += [relation for _, relation in ranges.nonempty if relation.symbols <= known]
    goals = (Relation(left, "==", right),)
    asked = _Asked(claim, goals, plain, tuple(single), ranges, (*plain.obligations,))
    return _report(asked, refutes, deadline)


@dataclass(frozen=True)
class _Asked:
    """What is to be proved, of parameters in ``domain``, given ``assumed`` besides."""

    claim: Claim
    goals: tuple[Relation, ...]
    domain: Domain
    assumed: tuple[Relation, ...]
    ranges: RangeReader
    obligations: tuple[Obligation, ...]

    @property
    def whole(self) -> Domain:
        """The domain with everything that is known of the sums and the indices."""
        return self.domain.where(*self.assumed, *self.ranges.relations)


def _report(
    asked: _Asked, refutes: Callable[[Mapping[str, Fraction]], bool], deadline: float
) -> EngineReport:
    obligations = (*asked.obligations, *asked.ranges.obligations)
    empty = _maybe_empty(asked, deadline)
    if empty is not None:
        tried = _by_trial(asked.claim, asked.domain, refutes, deadline)
        return tried or _inconclusive(empty.message, (empty,))
    lines: list[str] = list(asked.ranges.lines)
    how: list[str] = []
    for goal in asked.goals:
        decision = decide(goal, asked.whole, deadline, obligations)
        if isinstance(decision, Unknown) and obligations:
            # where a text has no value is no obstacle to a counterexample elsewhere
            other = decide(goal, asked.whole, deadline)
            decision = other if isinstance(other, Counterexample) else decision
        if not isinstance(decision, Proved) and asked.ranges.unknowns:
            steps = _inductive(asked, goal, obligations, deadline)
            if steps is not None:
                lines += steps
                decision = Proved(INDUCTION)
        if not isinstance(decision, Proved):
            tried = _by_trial(asked.claim, asked.domain, refutes, deadline)
            return tried or _not_proved(asked, goal, decision, refutes)
        how.append(decision.how)
        lines.append(f"{goal}   [{decision.how}]")
    return EngineReport(
        ENGINE,
        Status.PROVED,
        f"proved for all values: {'; '.join(dict.fromkeys(how))}",
        scope=Scope.ALL_PARAMETERS,
        evidence=tuple(f"{number}. {line}" for number, line in enumerate(lines, start=1)),
    )


def _maybe_empty(asked: _Asked, deadline: float) -> Finding | None:
    """A finding on a range that is not proved to have a term."""
    unknowns = {ranged.symbol for ranged in asked.ranges.unknowns}
    # what is assumed of the sums themselves presupposes that they have values
    assumed = [r for r in asked.assumed if not r.symbols & {*unknowns, *asked.ranges.indices}]
    for outside, relation in asked.ranges.nonempty:
        outer = [r for r in outside if not r.symbols & unknowns]
        domain = asked.domain.where(*assumed, *outer)
        if not isinstance(decide(relation, domain, deadline), Proved):
            return Finding("undefined", f"a range may be empty: {relation} is not proved")
    return None


def _inductive(
    asked: _Asked, goal: Relation, obligations: tuple[Obligation, ...], deadline: float
) -> tuple[str, ...] | None:
    """An induction that proves the goal, all texts having values."""
    # the premise of a step: what is known of the sums at one N is not assumed of the next
    for obligation in obligations:
        if not isinstance(decide(TRIVIAL, asked.whole, deadline, (obligation,)), Proved):
            return None
    return by_induction(goal, tuple(asked.ranges.unknowns), asked.domain, deadline)


def _by_trial(
    claim: Claim,
    domain: Domain,
    refutes: Callable[[Mapping[str, Fraction]], bool],
    deadline: float,
) -> EngineReport | None:
    """The report on a point at which the claim's own text is false, if one is found."""
    for point in trial_points(domain):
        if time.monotonic() > deadline:
            return None
        values = _by_name(point, claim)
        if values.keys() == claim.parameters.keys() and refutes(values):
            return _false_at(values, "the claim")
    return None


def _not_proved(
    asked: _Asked,
    goal: Relation,
    decision: Decision,
    refutes: Callable[[Mapping[str, Fraction]], bool],
) -> EngineReport:
    if not isinstance(decision, Counterexample):
        reason = decision.reason if isinstance(decision, Unknown) else ""
        findings = findings_of(decision) if isinstance(decision, Unknown) else ()
        return _inconclusive(f"{goal} is not proved: {reason}", findings)
    values = _by_name(decision.point, asked.claim)
    if refutes(values):
        return _false_at(values, str(goal))
    if asked.ranges.unknowns:
        known = "; ".join(asked.ranges.lines)
        return _inconclusive(f"{goal} does not follow from what is known of its sums: {known}")
    return _inconclusive(f"{goal} seems to fail at {decision}, which did not pass re-checking")


def _false_at(values: Mapping[str, Fraction], what: str) -> EngineReport:
    at = {name: str(value) for name, value in sorted(values.items())}
    shown = ", ".join(f"{name} = {value}" for name, value in at.items()) or "the numbers given"
    instance = Instance(
        at=at,
        claimed=None,
        worst_case=None,
        status=Status.REFUTED,
        reason=f"{what} fails there",
        witness={"kind": "values", "values": at},
    )
    return EngineReport(
        ENGINE,
        Status.REFUTED,
        f"false at {shown}",
        instances=(instance,),
        evidence=(f"at {shown}: {what} fails, checked in exact or ball arithmetic",),
    )


def _by_name(point: Point, claim: Claim) -> dict[str, Fraction]:
    return {s.name: value for s, value in point.items() if s.name in claim.parameters}


def _truth(condition: Condition, values: Mapping[str, Fraction]) -> bool | None:
    """Whether a condition holds at exact values, from its own tree; None where it is undefined."""

    def ask(numbers: Rationals | Balls) -> bool:
        named = {name: numbers.rational(value) for name, value in values.items()}
        return holds(condition, Environment(named), numbers)

    return _exactly(ask)


def _differ(left: Expr, right: Expr, values: Mapping[str, Fraction]) -> bool:
    def ask(numbers: Rationals | Balls) -> bool:
        environment = Environment({n: numbers.rational(v) for n, v in values.items()})
        sides = [evaluate(side, environment, numbers) for side in (left, right)]
        return numbers.sign(sides[0] - sides[1]) != 0

    return _exactly(ask) is True


def _exactly(ask: Callable[[Rationals | Balls], bool]) -> bool | None:
    try:
        return ask(Rationals())
    except InexactError:
        balls = Balls()
        try:
            with balls.scope():
                return ask(balls)
        except (TheoryckError, ZeroDivisionError):
            return None
    except (TheoryckError, ZeroDivisionError):
        return None


def _inconclusive(reason: str, findings: tuple[Finding, ...] = ()) -> EngineReport:
    return EngineReport(ENGINE, Status.INCONCLUSIVE, reason, findings=findings)


__all__ = ["examine_identity", "examine_inequality"]
