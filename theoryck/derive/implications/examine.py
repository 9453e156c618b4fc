"""Implication claims: a path of theorems proves, a function on the line refutes."""

from __future__ import annotations

import time
from collections.abc import Mapping
from fractions import Fraction
from itertools import islice

from theoryck.algebra import NumberSystem
from theoryck.algebra.units import CURVATURE, NONE
from theoryck.claims.arithmetic import Balls, Rationals, to_fraction
from theoryck.claims.claim import AssumptionUse, ImplicationClaim
from theoryck.claims.evaluate import Environment, evaluate
from theoryck.claims.expressions import Expr
from theoryck.claims.printing import to_text
from theoryck.derive.contradictions import contradiction
from theoryck.derive.decide import Proved, decide
from theoryck.derive.domain import domain_of
from theoryck.derive.implications.checked import how_checked
from theoryck.derive.implications.conflicts import conflict
from theoryck.derive.implications.definitions import (
    Constants,
    Dilation,
    Known,
    Violation,
    dilations,
    is_member,
    may_be_member,
    violation,
)
from theoryck.derive.implications.edges import DIRECTIONS, Edge
from theoryck.derive.implications.edges import Constants as ConstantsOf
from theoryck.derive.implications.examples import EXAMPLES, Example
from theoryck.derive.implications.graph import Fact, consequences, proof_of
from theoryck.derive.implications.sums import FINITE_SUM, of_a_sum
from theoryck.derive.instances import exact_instances, shown
from theoryck.derive.relations import Relation
from theoryck.derive.sampling import sample_points
from theoryck.derive.symbols import ONE, Reader
from theoryck.errors import InexactError, TheoryckError
from theoryck.verdict import EngineReport, Finding, Instance, Scope, Status

ENGINE = "derive"
REFUTATION_POINTS = 3
TRIED_VALUES = 150
UNDILATED = Dilation(Fraction(1), Fraction(1))
TRIED_POINTS = 24
STRONGER, WEAKER = "stronger", "weaker"
OF_THE_NOISE = {"bounded_variance": {"sigma": ">="}, "bounded_second_moment": {"G": ">="}}
FINE = 1 << 40  # irrational constants are rounded to multiples of 1/FINE
TRIVIAL = Relation(ONE, "<=", ONE)


def examine_implication(claim: ImplicationClaim, deadline: float) -> EngineReport:
    """Proves the implication for all parameters, or refutes it by an example.

    That no path of theorems was found refutes nothing.

    Args:
        claim: hypotheses and a conclusion.
        deadline: a value of ``time.monotonic()``.
    """
    domain = domain_of(claim.parameters)
    empty = contradiction(domain, deadline)
    if empty is not None:
        return _inconclusive(empty.message, (empty,))
    reader = Reader(domain.symbols)
    try:
        given = [_fact(use, reader) for use in claim.hypotheses]
        goal = _fact(claim.conclusion, reader)
    except TheoryckError as error:
        return _inconclusive(f"the claim is not read: {error}")
    for obligation in (*domain.obligations, *reader.obligations):
        decision = decide(TRIVIAL, domain, deadline, (obligation,))
        if not isinstance(decision, Proved):
            return _inconclusive(f"the claim's text may have no value: {obligation}")
    points = tuple(islice(sample_points(domain), TRIED_POINTS))
    answers: dict[Relation, bool] = {}

    def surely(relation: Relation) -> bool:
        if relation not in answers:
            decision = decide(relation, domain, deadline, points=points)
            answers[relation] = isinstance(decision, Proved)
        return answers[relation]

    summed = any(fact.name == FINITE_SUM for fact in given)
    facts = consequences(given, surely)

    def checks(edge: Edge, premises: dict[str, ConstantsOf], conclusion: ConstantsOf) -> str | None:
        return how_checked(edge, premises, conclusion, deadline)

    if summed:
        lines = of_a_sum(goal, given, surely, checks)
    else:
        lines = proof_of(goal, facts, surely, checks)
    # for a finite sum the facts speak of every term, which is no less of a conflict
    found = conflict(facts, surely)
    findings = (found,) if found is not None else ()
    if lines is not None:
        return EngineReport(
            ENGINE,
            Status.PROVED,
            "proved for all parameters: " + ", ".join(map(str, given)) + f" imply {goal}",
            scope=Scope.ALL_PARAMETERS,
            evidence=lines,
            findings=findings,
        )
    if found is not None:
        return _inconclusive(found.message, findings)
    reason = f"no theorem in the graph leads to {goal}"
    if summed:
        return _inconclusive(f"{reason} for a finite sum")
    reason += ", and no example in the table refutes it"
    return _refuted(claim, deadline) or _inconclusive(reason)


def _fact(use: AssumptionUse, reader: Reader) -> Fact:
    constants = {name: reader.read(value) for name, value in use.arguments.items()}
    return Fact(use.assumption.name, constants)


def _refuted(claim: ImplicationClaim, deadline: float) -> EngineReport | None:
    """The report on an example that has the hypotheses and not the conclusion, if one is found."""
    name = claim.conclusion.assumption.name
    candidates = [
        example
        for example in EXAMPLES
        if all(may_be_member(example, use.assumption.name) for use in claim.hypotheses)
    ]
    if not claim.conclusion.arguments:
        # whether such a definition fails does not depend on the scale
        candidates = [e for e in candidates if violation(e, UNDILATED, name, {}, {})]
    uses = (*claim.hypotheses, claim.conclusion)
    units = {q.unit for use in uses for q in use.assumption.quantities if q.unit != NONE}
    tables: dict[int, Known] = {number: {} for number in range(len(candidates))}
    for values in _spread(claim):
        try:
            hypotheses = [(use, _exact(use, values, STRONGER)) for use in claim.hypotheses]
            conclusion = _exact(claim.conclusion, values, WEAKER)
        except TheoryckError:
            continue
        numbers = [c for _, constants in hypotheses for c in constants.values()]
        numbers += conclusion.values()
        squares = () if units <= {CURVATURE} else tuple(c * c for c in numbers)
        scales = (*numbers, *squares)
        for number, example in enumerate(candidates):
            for dilation in dilations(example, scales, len(units) > 1):
                if time.monotonic() > deadline:
                    return None
                reasons = _membership(example, dilation, hypotheses)
                if reasons is None:
                    continue
                found = violation(example, dilation, name, conclusion, tables[number])
                if found is not None:
                    return _report(claim, values, example, dilation, found, reasons)
    return None


def _spread(claim: ImplicationClaim) -> list[dict[str, Fraction]]:
    """A few values of the parameters: simple ones, and ones where one is far from the others."""
    values = list(exact_instances(claim, TRIED_VALUES))
    chosen = values[:REFUTATION_POINTS]
    for name in claim.parameters:

        def share(at: Mapping[str, Fraction], name: str = name) -> Fraction:
            return abs(at[name]) / sum(map(abs, at.values())) if any(at.values()) else Fraction(0)

        chosen += [min(values, key=share), max(values, key=share)] if values else []
    return [at for number, at in enumerate(chosen) if at not in chosen[:number]]


def _membership(
    example: Example, dilation: Dilation, hypotheses: list[tuple[AssumptionUse, Constants]]
) -> tuple[str, ...] | None:
    """Why the dilated example has all the hypotheses, or None where that is not known."""
    reasons = []
    for use, constants in hypotheses:
        member = is_member(example, dilation, use.assumption.name, constants)
        if member is None:
            return None
        reasons.append(f"{_written(use)} holds: {member.because}")
    return tuple(reasons)


def _report(
    claim: ImplicationClaim,
    values: Mapping[str, Fraction],
    example: Example,
    dilation: Dilation,
    found: Violation,
    reasons: tuple[str, ...],
) -> EngineReport:
    text = _dilated(example, dilation)
    where = f" at {shown(values)}" if values else ""
    points = " and ".join(f"s*u = {u}" for u in found.points)
    lines = (
        f"example{where}: {text}",
        *(f"for a = s = 1: {reason}" for reason in reasons),
        f"{_written(claim.conclusion)} fails: {found.condition} is false at {points}, with the "
        "constants of a = s = 1, checked in exact or ball arithmetic",
    )
    reason = f"{text} satisfies the hypotheses, not {_written(claim.conclusion)}{where}"
    at = {name: str(value) for name, value in values.items()}
    witness = {
        "kind": "function",
        "function": example.value,
        "a": str(dilation.a),
        "s": str(dilation.s),
        "points": [str(u) for u in found.points],
        "noise": [[str(draw.probability), draw.deviation] for draw in example.noise],
        "violated": found.condition,
    }
    instance = Instance(at, None, None, Status.REFUTED, reason, witness=witness)
    return EngineReport(ENGINE, Status.REFUTED, reason, instances=(instance,), evidence=lines)


def _dilated(example: Example, dilation: Dilation) -> str:
    text = f"f(u) = a*phi(s*u) with phi(u) = {example.value}, a = {dilation.a}, s = {dilation.s}"
    if not example.noise:
        return text
    draws = " or ".join(
        f"({draw.deviation}) with probability {draw.probability}" for draw in example.noise
    )
    return f"{text}, and gradients of phi that deviate by {draws}"


def _written(use: AssumptionUse) -> str:
    listed = ", ".join(to_text(value) for value in use.arguments.values())
    return f"{use.assumption.name}({listed})" if listed else use.assumption.name


def _exact(use: AssumptionUse, values: Mapping[str, Fraction], rounding: str) -> Constants:
    """The constants as rational numbers; an irrational one is rounded to a stronger or weaker one.

    Raises:
        TheoryckError: a constant has no value, or none to which it could be rounded.
    """
    directions = {**DIRECTIONS, **OF_THE_NOISE}.get(use.assumption.name, {})
    return {
        name: _rational(expr, values, directions.get(name), rounding)
        for name, expr in use.arguments.items()
    }


def _rational(
    expr: Expr, values: Mapping[str, Fraction], weaker: str | None, rounding: str
) -> Fraction:
    numbers = Rationals()
    try:
        return to_fraction(evaluate(expr, _environment(values, numbers), numbers))
    except InexactError:
        if weaker not in ("<=", ">="):
            raise
    balls = Balls()
    with balls.scope():
        found = evaluate(expr, _environment(values, balls), balls) * FINE
        down = (weaker == "<=") == (rounding == WEAKER)
        whole = found.floor().lower() if down else found.ceil().upper()
        return Fraction(int(whole.floor().unique_fmpz()), FINE)


def _environment(values: Mapping[str, Fraction], numbers: NumberSystem) -> Environment:
    return Environment({name: numbers.rational(value) for name, value in values.items()})


def _inconclusive(reason: str, findings: tuple[Finding, ...] = ()) -> EngineReport:
    return EngineReport(ENGINE, Status.INCONCLUSIVE, reason, findings=findings)
