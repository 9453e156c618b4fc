"""Suggestions for claims of the other kinds: implications, identities, inequalities."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import islice

import sympy

from theoryck.claims.arithmetic import Floats
from theoryck.claims.claim import (
    AssumptionUse,
    Claim,
    IdentityClaim,
    ImplicationClaim,
    InequalityClaim,
)
from theoryck.claims.expressions import Apply, Comparison, Expr, Number
from theoryck.claims.printing import to_text
from theoryck.derive.decide import Proved, decide
from theoryck.derive.domain import domain_of
from theoryck.derive.exact import is_zero
from theoryck.derive.implications.graph import Fact, consequences, proof_of
from theoryck.derive.printing import tidy, to_claim_text
from theoryck.derive.relations import Relation
from theoryck.derive.sampling import sample_points
from theoryck.derive.symbols import ZERO, Reader, UnreadableError
from theoryck.derive.values import value
from theoryck.errors import TheoryckError

MAX_POINTS = 12
TRIED_FACTORS = tuple(map(Fraction, ("3/2", "2", "3", "4", "8", "1/2", "1/4")))
WITHOUT_CONSTANTS = ("convex", "unbiased", "interpolation")
ROUNDING = 1e-9


def suggestions(claim: Claim, deadline: float) -> Iterator[str]:
    """What is true instead of a claim that is not proved; each was proved.

    Args:
        claim: an implication, an identity or an inequality; of other kinds nothing is said.
        deadline: a value of ``time.monotonic()``.
    """
    match claim:
        case ImplicationClaim():
            yield from _of_implication(claim, deadline)
        case IdentityClaim():
            yield from _of_identity(claim, deadline)
        case InequalityClaim():
            yield from _of_inequality(claim, deadline)


def _of_implication(claim: ImplicationClaim, deadline: float) -> Iterator[str]:
    """The constants with which the conclusion follows, or one more hypothesis."""
    domain = domain_of(claim.parameters)
    reader = Reader(domain.symbols)

    def fact(use: AssumptionUse) -> Fact:
        constants = {key: reader.read(expr) for key, expr in use.arguments.items()}
        return Fact(use.assumption.name, constants)

    def surely(relation: Relation) -> bool:
        return isinstance(decide(relation, domain, deadline), Proved)

    given, goal = [fact(use) for use in claim.hypotheses], fact(claim.conclusion)
    if reader.obligations:
        return
    hypotheses = ", ".join(map(str, given))
    true = [f for f in consequences(given, surely)[len(given) :] if f.name == goal.name]
    for found in true[:1]:
        yield f"{found} under {hypotheses}"
    if true:
        return
    for name in WITHOUT_CONSTANTS:
        more = [*given, Fact(name, {})]
        if time.monotonic() > deadline or name in {f.name for f in given}:
            continue
        if proof_of(goal, consequences(more, surely), surely) is not None:
            yield f"{goal} under {hypotheses} and {name}"
            return


def _of_identity(claim: IdentityClaim, deadline: float) -> Iterator[str]:
    """The factor or the term that one side lacks."""
    domain = domain_of(claim.parameters)
    reader = Reader(domain.symbols)
    left, right = reader.read(claim.lhs), reader.read(claim.rhs)
    if reader.obligations:
        return
    sides = f"{to_text(claim.lhs)} == "
    pairs = []
    for point in islice(sample_points(domain), MAX_POINTS):
        try:
            pairs.append([float(value(side, point, Floats())) for side in (left, right)])
        except (TheoryckError, KeyError, ArithmeticError):
            continue
    factor = _same([a / b for a, b in pairs if b])
    if factor is not None and is_zero(left - factor * right):
        yield sides + to_claim_text(tidy(factor * right))
        return
    gap = tidy(sympy.expand(left - right))
    if gap.count_ops() <= 3 and is_zero(left - right - gap):
        lacking = to_claim_text(gap)
        yield f"{sides}{to_text(claim.rhs)} + {lacking}"


def _same(numbers: list[float]) -> sympy.Rational | None:
    """The rational number that all of them are, if it is a simple one."""
    if not numbers:
        return None
    first = Fraction(numbers[0]).limit_denominator(100)
    if first == 0 or any(abs(n - float(first)) > ROUNDING * abs(n) for n in numbers):
        return None
    return sympy.Rational(first.numerator, first.denominator)


def _of_inequality(claim: InequalityClaim, deadline: float) -> Iterator[str]:
    """The right side times a constant, the opposite relation, or the one that is not strict."""
    if not isinstance(claim.conclusion, Comparison) or len(claim.conclusion.relations) != 1:
        return
    domain = domain_of(claim.parameters)
    reader = Reader(domain.symbols)
    try:
        hypotheses = tuple(r for h in claim.hypotheses for r in reader.relations(h))
        (goal,) = reader.relations(claim.conclusion)
    except UnreadableError:
        return
    if reader.obligations or goal.sign not in ("<", "<=", ">", ">="):
        return
    domain = domain.where(*hypotheses)
    (sign,) = claim.conclusion.relations
    left, right = claim.conclusion.operands
    for changed, text in _changes(goal, sign, left, right):
        if time.monotonic() > deadline:
            return
        if isinstance(decide(changed, domain, deadline), Proved):
            yield text
            return


def _changes(goal: Relation, sign: str, left: Expr, right: Expr) -> Iterator[tuple[Relation, str]]:
    loose = {"<": "<=", ">": ">="}
    if goal.sign in loose:
        changed = Comparison((left, right), (loose[sign],))
        yield replace(goal, sign=loose[goal.sign]), to_text(changed)
    for factor in TRIED_FACTORS:
        number = sympy.Rational(factor.numerator, factor.denominator)
        larger = goal.right if sign in ("<", "<=") else goal.left
        if larger == ZERO:
            break
        trees: Expr = Number(Fraction(factor.numerator))
        if factor.denominator != 1:
            trees = Apply("/", (trees, Number(Fraction(factor.denominator))))
        scaled = Apply("*", (trees, right))
        yield (
            Relation(goal.left, goal.sign, number * goal.right),
            to_text(Comparison((left, scaled), (sign,))),
        )
    opposite = {"<=": ">=", "<": ">", ">=": "<=", ">": "<"}
    yield (
        replace(goal, sign=opposite[goal.sign]),
        to_text(Comparison((left, right), (opposite[sign],))),
    )
