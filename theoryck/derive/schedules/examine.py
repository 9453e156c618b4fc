"""Schedule claims: each condition on the sums of a step-size rule, decided by its leading term."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sympy

from theoryck.claims.claim import ScheduleClaim, SeriesCondition
from theoryck.claims.evaluate import RELATION_SIGNS
from theoryck.claims.expressions import Apply, Expr, Symbol, walk
from theoryck.derive.decide import Proved, decide, is_empty
from theoryck.derive.domain import Domain, domain_of
from theoryck.derive.instances import exact_instances, shown
from theoryck.derive.printing import to_claim_text
from theoryck.derive.relations import Relation
from theoryck.derive.schedules.leading import Calculus, UndecidedGrowthError
from theoryck.derive.schedules.series import Extended, Finite, Infinite, Series, ratio, series
from theoryck.derive.symbols import ONE, ZERO, Obligation, Reader, UnreadableError
from theoryck.errors import TheoryckError
from theoryck.verdict import EngineReport, Finding, Instance, Scope, Status

ENGINE = "derive"
STARTS = (0, 1, 2)  # where a sum may begin: 1/k from 1, 1/(k*log(k)) from 2
REFUTATION_POINTS = 12
TRIVIAL = Relation(ONE, "<=", ONE)


@dataclass(frozen=True)
class Judged:
    """One condition: whether it holds, and the lines that show it."""

    text: str
    holds: bool
    lines: tuple[str, ...]


def examine_schedule(claim: ScheduleClaim, deadline: float) -> EngineReport:
    """Proves all conditions for all parameters, or refutes one at exact parameter values.

    Args:
        claim: the step-size rule and the conditions on its sums.
        deadline: a value of ``time.monotonic()``.
    """
    domain = domain_of(claim.parameters)
    if claim.parameters and is_empty(domain, deadline):
        message = "no parameters satisfy the constraints"
        return _inconclusive(message, (Finding("vacuous", message),))
    symbols: Mapping[str, sympy.Expr] = domain.symbols
    lines: list[str] = []
    open_points: list[str] = []
    for condition in claim.conditions:
        try:
            judged = judge(claim, condition, symbols, domain, deadline)
        except TheoryckError as error:
            open_points.append(f"{condition.text}: {error}")
            continue
        if judged.holds:
            lines += judged.lines
        else:
            open_points.append(f"{condition.text} fails")
    if not open_points:
        return EngineReport(
            ENGINE,
            Status.PROVED,
            "proved for all parameters by the leading terms of the step-size rule",
            scope=Scope.ALL_PARAMETERS,
            evidence=tuple(lines),
        )
    return _refuted(claim, deadline) or _inconclusive("; ".join(open_points))


def _refuted(claim: ScheduleClaim, deadline: float) -> EngineReport | None:
    """A condition that fails at exact parameter values, if one is found."""
    for values in exact_instances(claim, REFUTATION_POINTS):
        symbols = {n: sympy.Rational(v.numerator, v.denominator) for n, v in values.items()}
        for condition in claim.conditions:
            try:
                judged = judge(claim, condition, symbols, Domain(), deadline)
            except TheoryckError:
                continue
            if judged.holds:
                continue
            at = {name: str(value) for name, value in values.items()}
            where = f" at {shown(values)}" if values else ""
            reason = f"{condition.text} fails{where}"
            instance = Instance(
                at=at,
                claimed=None,
                worst_case=None,
                status=Status.REFUTED,
                reason=f"{reason}: {judged.lines[-1]}",
                witness={"kind": "values", "values": at, "evidence": list(judged.lines)},
            )
            return EngineReport(
                ENGINE,
                Status.REFUTED,
                f"{reason}: {judged.lines[-1]}",
                instances=(instance,),
                evidence=judged.lines,
            )
    return None


def judge(
    claim: ScheduleClaim,
    condition: SeriesCondition,
    symbols: Mapping[str, sympy.Expr],
    domain: Domain,
    deadline: float,
) -> Judged:
    """Whether one condition holds at all points of the domain.

    Raises:
        UndecidedGrowthError: that does not follow by the rules, or differs over the domain.
        UnreadableError: a part of the condition is no sum of a sequence.
    """
    k = sympy.Symbol("k", integer=True, nonnegative=True)
    reader = Reader({**symbols, "k": k})
    rule = reader.read(claim.schedule)
    reading = _Conditions({**symbols, "k": k, claim.name: rule}, Calculus(domain, k, deadline))
    sides = [reading.side(operand) for operand in condition.relation.operands]
    start = _start((*reader.obligations, *reading.obligations), domain, k, deadline)
    running = domain.where(Relation(k, ">=", sympy.Integer(start)))
    for terms in reading.nonnegative:
        if not isinstance(decide(Relation(terms, ">=", ZERO), running, deadline), Proved):
            raise UndecidedGrowthError(f"{terms} may be negative, so that its sum may be zero")
    leading = reading.calculus.leading(rule) if rule.has(k) else None
    behaviour = to_claim_text(leading.term(k) if leading is not None else rule)
    (relation,) = condition.relation.relations
    holds = _compare(sides[0], relation, sides[1], reading.calculus)
    lines = (
        f"{claim.name} ~ {behaviour} as k -> oo, the sums run from k = {start}",
        *dict.fromkeys(reading.calculus.notes),
        *reading.lines,
        f"{condition.text} {'holds' if holds else 'is false'}: {'; '.join(reading.lines)}",
    )
    return Judged(condition.text, holds, lines)


@dataclass
class _Conditions:
    """Reads the two sides of a condition."""

    names: Mapping[str, sympy.Expr]
    calculus: Calculus

    def __post_init__(self) -> None:
        self.obligations: list[Obligation] = []
        self.lines: list[str] = []
        self.nonnegative: list[sympy.Expr] = []

    def side(self, expr: Expr) -> Extended:
        match expr:
            case Symbol(name="oo"):
                return Infinite(1)
            case Apply(function="neg", arguments=(Symbol(name="oo"),)):
                return Infinite(-1)
            case Apply(function="sum", arguments=(body,)):
                return self._series(body).total
            case Apply(
                function="/",
                arguments=(
                    Apply(function="sum", arguments=(above,)),
                    Apply(function="sum", arguments=(below,)),
                ),
            ):
                divisor = self._series(below)
                if isinstance(divisor.total, Finite):
                    self.nonnegative.append(self._read(below))  # so that the sum is not zero
                limit, because = ratio(self._series(above), divisor, self.calculus)
                size = "oo" if isinstance(limit, Infinite) else "finite"
                self.lines.append(
                    f"the quotient of the partial sums is {size} in the limit: {because}"
                )
                return limit
        if any(isinstance(node, Apply) and node.function == "sum" for node in walk(expr)):
            raise UnreadableError("a condition other than on sum(...) or sum(...)/sum(...)")
        return Finite(self._read(expr))

    def _series(self, body: Expr) -> Series:
        terms = self._read(body)
        if terms == ZERO:
            raise UndecidedGrowthError("a sum of zeros")
        found = series(self.calculus.leading(terms), self.calculus)
        value = "finite"
        if isinstance(found.total, Infinite):
            value = "oo" if found.total.sign > 0 else "-oo"
        self.lines.append(
            f"the sum of {to_claim_text(terms)} is {value}: its terms are ~ "
            f"{to_claim_text(found.terms.term(self.calculus.k))}, {found.because}"
        )
        return found

    def _read(self, expr: Expr) -> sympy.Expr:
        reader = Reader(self.names)
        value = reader.read(expr)
        self.obligations += reader.obligations
        return value


def _start(
    obligations: tuple[Obligation, ...], domain: Domain, k: sympy.Symbol, deadline: float
) -> int:
    """The first index from which on all terms surely have values."""
    reason = ""
    for start in STARTS:
        here = domain.where(Relation(k, ">=", sympy.Integer(start)))
        for obligation in dict.fromkeys((*domain.obligations, *obligations)):
            decision = decide(TRIVIAL, here, deadline, (obligation,))
            if not isinstance(decision, Proved):
                reason = str(decision)
                break
        else:
            return start
    raise UndecidedGrowthError(f"the terms may have no value: {reason}")


def _compare(left: Extended, relation: str, right: Extended, calculus: Calculus) -> bool:
    match left, right:
        case (Infinite(sign=-1), Infinite(sign=1)) | (Infinite(sign=1), Infinite(sign=-1)):
            raise UndecidedGrowthError("a sum is -oo: the steps are negative in the end")
        case Infinite(sign=a), Infinite():
            order = 0
        case Infinite(sign=a), Finite():
            order = a
        case Finite(), Infinite(sign=b):
            order = -b
        case Finite(value=a), Finite(value=b):
            if a is None or b is None:
                raise UndecidedGrowthError("the value of a finite sum is not computed")
            return _finite(a, relation, b, calculus)
    return order in RELATION_SIGNS[relation]


def _finite(a: sympy.Expr, relation: str, b: sympy.Expr, calculus: Calculus) -> bool:
    goal = Relation(a, relation, b)
    if calculus.surely(goal.left, goal.sign, goal.right):
        return True
    opposite = goal.negation()
    if calculus.surely(opposite.left, opposite.sign, opposite.right):
        return False
    raise UndecidedGrowthError(f"{goal} is neither proved nor false everywhere")


def _inconclusive(reason: str, findings: tuple[Finding, ...] = ()) -> EngineReport:
    return EngineReport(ENGINE, Status.INCONCLUSIVE, reason, findings=findings)


__all__ = ["Judged", "examine_schedule", "judge"]
