"""Inequalities and identities between scalar expressions: one line of somebody's proof."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction

from theoryck.claims.arithmetic import Balls, Rationals
from theoryck.claims.claim import Claim, IdentityClaim, InequalityClaim
from theoryck.claims.evaluate import Environment, evaluate, holds
from theoryck.claims.expressions import Condition, Expr
from theoryck.derive.decide import Counterexample, Decision, Proved, Unknown, decide, is_empty
from theoryck.derive.domain import Domain, domain_of
from theoryck.derive.relations import Relation
from theoryck.derive.symbols import Obligation, Reader, UnreadableError
from theoryck.derive.values import Point
from theoryck.errors import InexactError, TheoryckError
from theoryck.verdict import EngineReport, Finding, Instance, Scope, Status

ENGINE = "derive"


def examine_inequality(claim: InequalityClaim, deadline: float) -> EngineReport:
    """Proves that the conclusion follows from the hypotheses, or refutes it at exact values."""
    domain = domain_of(claim.parameters)
    reader = Reader(domain.symbols)
    try:
        assumed = [r for condition in claim.hypotheses for r in reader.relations(condition)]
        goals = reader.relations(claim.conclusion)
    except UnreadableError as error:
        return _inconclusive(f"the claim is not read: {error}")
    domain = domain.where(*assumed)
    if is_empty(domain, deadline):
        message = "no values satisfy the hypotheses"
        return _inconclusive(message, (Finding("vacuous", message),))
    obligations = (*domain.obligations, *reader.obligations)

    def refutes(values: Mapping[str, Fraction]) -> bool:
        conditions = [p.condition for p in claim.parameters.values() if p.condition is not None]
        premises = all(_truth(c, values) for c in (*conditions, *claim.hypotheses))
        return premises and _truth(claim.conclusion, values) is False

    return _report(claim, goals, domain, obligations, refutes, deadline)


def examine_identity(claim: IdentityClaim, deadline: float) -> EngineReport:
    """Proves that both sides agree wherever both are defined, or refutes it at exact values."""
    domain = domain_of(claim.parameters)
    reader = Reader(domain.symbols)
    try:
        left, right = reader.read(claim.lhs), reader.read(claim.rhs)
    except UnreadableError as error:
        return _inconclusive(f"the claim is not read: {error}")
    # an identity speaks only of the points where both sides have values
    single = [o.alternatives[0] for o in reader.obligations if len(o.alternatives) == 1]
    rest = tuple(o for o in reader.obligations if len(o.alternatives) != 1)
    domain = domain.where(*single)

    def refutes(values: Mapping[str, Fraction]) -> bool:
        return _differ(claim.lhs, claim.rhs, values)

    goals = (Relation(left, "==", right),)
    return _report(claim, goals, domain, (*domain.obligations, *rest), refutes, deadline)


def _report(
    claim: Claim,
    goals: tuple[Relation, ...],
    domain: Domain,
    obligations: tuple[Obligation, ...],
    refutes: Callable[[Mapping[str, Fraction]], bool],
    deadline: float,
) -> EngineReport:
    lines = []
    for number, goal in enumerate(goals, start=1):
        decision = decide(goal, domain, deadline, obligations)
        if isinstance(decision, Unknown) and obligations:
            # where a text has no value is no obstacle to a counterexample elsewhere
            other = decide(goal, domain, deadline)
            decision = other if isinstance(other, Counterexample) else decision
        if not isinstance(decision, Proved):
            return _not_proved(goal, decision, refutes)
        lines.append(f"{number}. {goal}   [{decision.how}]")
    how = "; ".join(dict.fromkeys(line.split("[")[-1].rstrip("]") for line in lines))
    return EngineReport(
        ENGINE,
        Status.PROVED,
        f"proved for all values: {how}",
        scope=Scope.ALL_PARAMETERS,
        evidence=tuple(lines),
    )


def _not_proved(
    goal: Relation, decision: Decision, refutes: Callable[[Mapping[str, Fraction]], bool]
) -> EngineReport:
    if not isinstance(decision, Counterexample):
        reason = decision.reason if isinstance(decision, Unknown) else ""
        return _inconclusive(f"{goal} is not proved: {reason}")
    values = _by_name(decision.point)
    if not refutes(values):
        return _inconclusive(f"{goal} seems to fail at {decision}, which did not pass re-checking")
    at = {name: str(value) for name, value in sorted(values.items())}
    instance = Instance(
        at=at,
        claimed=None,
        worst_case=None,
        status=Status.REFUTED,
        reason=f"{goal} fails there",
        witness={"kind": "values", "values": at},
    )
    return EngineReport(
        ENGINE,
        Status.REFUTED,
        f"false at {decision}",
        instances=(instance,),
        evidence=(f"at {decision}: {goal} fails, checked in exact or ball arithmetic",),
    )


def _by_name(point: Point) -> dict[str, Fraction]:
    return {symbol.name: value for symbol, value in point.items()}


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
