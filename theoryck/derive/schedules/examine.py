"""Schedule claims: each condition on the sums of a step-size rule, decided by its leading term."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import sympy

from theoryck.claims.claim import ScheduleClaim, SeriesCondition
from theoryck.claims.evaluate import RELATION_SIGNS
from theoryck.claims.expressions import Apply, Expr, Symbol, walk
from theoryck.derive.contradictions import contradiction
from theoryck.derive.decide import Proved, decide
from theoryck.derive.domain import Domain, domain_of
from theoryck.derive.instances import exact_instances, shown
from theoryck.derive.printing import tidy, to_claim_text
from theoryck.derive.relations import NEGATIONS, Relation
from theoryck.derive.schedules.envelopes import Envelope, envelope
from theoryck.derive.schedules.leading import Calculus, UndecidedGrowthError
from theoryck.derive.schedules.series import (
    Extended,
    Finite,
    Infinite,
    Series,
    exactly,
    overwhelms,
    ratio,
    series,
)
from theoryck.derive.schedules.totals import total
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
    empty = contradiction(domain, deadline)
    if empty is not None:
        return _inconclusive(empty.message, (empty,))
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
    calculus = Calculus(domain, k, deadline)
    reading = _Conditions(
        {**symbols, "k": k, claim.name: rule}, calculus, tuple(reader.obligations)
    )
    sides = [reading.side(operand) for operand in condition.relation.operands]
    (relation,) = condition.relation.relations
    holds = _compare(sides[0], relation, sides[1], calculus)
    lines = (
        f"{_behaviour(claim.name, rule, calculus)}, the sums run from k = {reading.start}",
        *dict.fromkeys(reading.calculus.notes),
        *reading.lines,
        f"{condition.text} {'holds' if holds else 'is false'}: {'; '.join(reading.lines)}",
    )
    return Judged(condition.text, holds, lines)


def _behaviour(name: str, rule: sympy.Expr, calculus: Calculus) -> str:
    """``gamma ~ 1/k as k -> oo``, or the rule itself where it has no leading term."""
    if rule.has(calculus.k):
        try:
            term = calculus.leading(rule).term(calculus.k)
        except UndecidedGrowthError:
            return f"{name} = {to_claim_text(rule)}"
        return f"{name} ~ {to_claim_text(term)} as k -> oo"
    return f"{name} = {to_claim_text(rule)}"


@dataclass
class _Conditions:
    """Reads the two sides of a condition."""

    names: Mapping[str, sympy.Expr]
    calculus: Calculus
    obligations: tuple[Obligation, ...]
    lines: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.start = _start(
            self.obligations, self.calculus.domain, self.calculus.k, self.calculus.deadline
        )

    def side(self, expr: Expr) -> Extended:
        match expr:
            case Symbol(name="oo"):
                return Infinite(1)
            case Apply(function="neg", arguments=(Symbol(name="oo"),)):
                return Infinite(-1)
            case Apply(function="sum", arguments=(body,)):
                return self._series(self._read(body)).total
            case Apply(
                function="/",
                arguments=(
                    Apply(function="sum", arguments=(above,)),
                    Apply(function="sum", arguments=(below,)),
                ),
            ):
                limit, because = self._quotient(self._read(above), self._read(below))
                size = "oo" if isinstance(limit, Infinite) else "finite"
                self.lines.append(
                    f"the quotient of the partial sums is {size} in the limit: {because}"
                )
                return limit
        if any(isinstance(node, Apply) and node.function == "sum" for node in walk(expr)):
            raise UnreadableError("a condition other than on sum(...) or sum(...)/sum(...)")
        return exactly(self._read(expr))

    def _quotient(self, above: sympy.Expr, below: sympy.Expr) -> tuple[Extended, str]:
        numerator = self._series(above)
        because = overwhelms(numerator, self._envelope(below), self.calculus)
        if because is not None:
            self._not_zero(below)
            return Infinite(1), because
        divisor = self._series(below)
        if isinstance(divisor.total, Finite):
            self._not_zero(below)
        return ratio(numerator, divisor, self.calculus)

    def _not_zero(self, terms: sympy.Expr) -> None:
        positive = self._envelope(terms).least is not None
        if not positive or not self._shows(Relation(terms, ">=", ZERO)):
            raise UndecidedGrowthError(f"{terms} may be negative, so that its sum may be zero")

    def _shows(self, relation: Relation) -> bool:
        running = self.calculus.domain.where(
            Relation(self.calculus.k, ">=", sympy.Integer(self.start))
        )
        return isinstance(decide(relation, running, self.calculus.deadline), Proved)

    def _envelope(self, terms: sympy.Expr) -> Envelope:
        if terms == ZERO:
            raise UndecidedGrowthError("a sum of zeros")
        return envelope(terms, self.calculus, self._shows)

    def _series(self, terms: sympy.Expr) -> Series:
        found = series(self._envelope(terms), self.calculus)
        value = "finite"
        if isinstance(found.total, Infinite):
            value = "oo" if found.total.sign > 0 else "-oo"
        k, size = self.calculus.k, to_claim_text(found.terms.most.term(self.calculus.k))
        same = found.terms.least == found.terms.most
        self.lines.append(
            f"the sum of {to_claim_text(terms)} is {value}: its terms are "
            f"{'~' if same else 'at most about'} {size}, {found.because}"
        )
        if isinstance(found.total, Finite):
            known = total(terms, self.start, self.calculus, self._shows)
            if known is not None:
                found = replace(found, total=known[0])
                self.lines.append(f"the sum over {k} >= {self.start} {_valued(*known)}")
        return found

    def _read(self, expr: Expr) -> sympy.Expr:
        """An expression; a later start of the sums where it has no value before."""
        reader = Reader(self.names)
        value = reader.read(expr)
        self.obligations = (*self.obligations, *reader.obligations)
        domain, k = self.calculus.domain, self.calculus.k
        self.start = _start(self.obligations, domain, k, self.calculus.deadline)
        return value


def _valued(value: Finite, because: str) -> str:
    if value.low == value.high:
        return f"is {to_claim_text(tidy(value.low))}: {because}"
    least = "" if value.low is None else f"is at least {to_claim_text(value.low.evalf(8))}"
    most = "" if value.high is None else f"at most {to_claim_text(value.high.evalf(8))}"
    return f"{' and '.join(filter(None, (least, most)))}: {because}"


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
        case Finite() as a, Finite() as b:
            return _finite(a, relation, b, calculus)
    return order in RELATION_SIGNS[relation]


def _finite(a: Finite, relation: str, b: Finite, calculus: Calculus) -> bool:
    """Whether a relation of two numbers holds everywhere, from what they lie between."""
    sure = _surely(a, relation, b, calculus)
    if sure or _surely(a, NEGATIONS[relation], b, calculus):
        return sure
    if None in (a.low, a.high, b.low, b.high):
        raise UndecidedGrowthError("the value of a finite sum is not computed")
    raise UndecidedGrowthError("the sum is neither proved to be so nor not to be so everywhere")


def _surely(a: Finite, relation: str, b: Finite, calculus: Calculus) -> bool:
    match relation:
        case "<=" | "<":
            ends = (a.high, b.low)
        case ">=" | ">":
            ends = (a.low, b.high)
        case "==":
            exact = a.low == a.high and b.low == b.high
            ends = (a.low, b.low) if exact else (None, None)
        case _:
            apart = (_surely(a, "<", b, calculus), _surely(a, ">", b, calculus))
            if any(apart):
                return True
            exact = a.low == a.high and b.low == b.high
            ends = (a.low, b.low) if exact else (None, None)
    left, right = ends
    return left is not None and right is not None and calculus.surely(left, relation, right)


def _inconclusive(reason: str, findings: tuple[Finding, ...] = ()) -> EngineReport:
    return EngineReport(ENGINE, Status.INCONCLUSIVE, reason, findings=findings)


__all__ = ["Judged", "examine_schedule", "judge"]
