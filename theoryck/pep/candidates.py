"""Cheap witnesses, tried without a solver: a few families of functions of one or two variables.

Many worst cases are attained by a parabola, a Huber function, an absolute value or a quadratic
of the plane (Taylor, Hendrickx and Glineur 2017; Drori and Teboulle 2014; de Klerk, Glineur and
Taylor 2017). Each family is searched in floating point; what breaks the bound there is rounded,
run exactly by the kernel, and only then believed.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Any

from theoryck.certificates.checker import CertificateError
from theoryck.certificates.documents import as_float
from theoryck.certificates.function_documents import function_document
from theoryck.certificates.function_runs import (
    FunctionRun,
    Outcome,
    check_function,
    check_membership,
    exactly,
    scope,
)
from theoryck.certificates.functions import ExplicitFunction
from theoryck.certificates.sure import SureBalls
from theoryck.claims.arithmetic import Floats, Rationals
from theoryck.claims.claim import RateClaim
from theoryck.claims.expressions import Expr
from theoryck.claims.spelling import spell_instance
from theoryck.errors import InexactError, TheoryckError, TooLargeError, UndecidedError
from theoryck.pep.families import Family, Placed, families
from theoryck.verdict import Instance, Status

COARSE = 9  # parameters of a family looked at first
FINE = 16  # more of them around the best
CLOSELY = 2  # families that are looked at more closely
GOLDEN = (math.sqrt(5) - 1) / 2
PROMISING = 0.3  # of the bound: below, a family is not looked at again
EXCESS = 1e-9  # relative, of a float run that is worth an exact one
CLEAR = 1e-3  # an excess beyond which no worse function is looked for
DENOMINATORS = (10**3, 10**6, 10**9, 10**12)  # of the rounded numbers: small ones read well
FARTHEST = 1e15  # a start: beyond, every scale is taken to be admissible
BITS = (256, 1024)  # of the balls, where numbers are irrational


@dataclass(frozen=True)
class FunctionWitness:
    """A function on which the kernel saw the bound fail, with its document."""

    document: Mapping[str, Any]
    outcome: Outcome


@dataclass(frozen=True)
class Look:
    """How much of the bound a member of a family reaches, from its farthest admissible start."""

    ratio: float
    parameter: float
    scale: float
    family: Family


def explicit_witness(
    claim: RateClaim, at: Mapping[str, Expr], deadline: float
) -> FunctionWitness | None:
    """A function of a simple family that refutes the claim at an instance, if one is found.

    Args:
        claim, at: the claim at an instance.
        deadline: a ``time.monotonic()`` value.
    """
    near: list[Look] = []
    try:
        for family in _families(claim, at):
            best, witness = _coarse(claim, at, family, deadline)
            if witness is not None:
                return witness
            if best is not None and family.free and best.ratio >= PROMISING:
                near.append(best)
        for seen in sorted(near, key=lambda seen: -seen.ratio)[:CLOSELY]:
            witness = _believed(claim, at, _refined(claim, at, seen, deadline))
            if witness is not None:
                return witness
    except TheoryckError:
        pass  # the class or the method is beyond these families
    return None


def refuted_by(witness: FunctionWitness) -> Instance:
    """The verdict that a function gives at its instance."""
    outcome, document = witness.outcome, witness.document
    measure, bound = as_float(outcome.measure), as_float(outcome.bound)
    start = ", ".join(document["start"][:4]) + (", ..." if len(document["start"]) > 4 else "")
    return Instance(
        at=document["at"],
        claimed=bound,
        worst_case=None,
        status=Status.REFUTED,
        reason=(
            f"on {outcome.function.describe()} with x_star = 0, the exact run from x[0] = "
            f"({start}) reaches {measure:.6g}, above the bound {bound:.6g}"
        ),
        witness=document,
    )


def _families(claim: RateClaim, at: Mapping[str, Expr]) -> Iterator[Family]:
    return (family for family in families(claim, at) if _in_class(claim, at, family))


def _coarse(
    claim: RateClaim, at: Mapping[str, Expr], family: Family, deadline: float
) -> tuple[Look | None, FunctionWitness | None]:
    """The best of a few members of a family, with the witness that it is where it is one."""
    best: Look | None = None
    parameters = [i / (COARSE - 1) for i in range(COARSE)] if family.free else [1.0]
    for parameter in sorted(parameters, key=_worst_first):
        if time.monotonic() > deadline:
            break
        seen = look(claim, at, family, parameter)
        if seen is not None and (best is None or seen.ratio > best.ratio):
            best = seen
            if best.ratio > 1 + CLEAR:
                break
    return best, None if best is None else _believed(claim, at, best)


def _believed(claim: RateClaim, at: Mapping[str, Expr], seen: Look) -> FunctionWitness | None:
    return _exact(claim, at, seen) if seen.ratio > 1 + EXCESS else None


def _worst_first(parameter: float) -> tuple[bool, float]:
    """The ends first: many a worst case is there."""
    return 0 < parameter < 1, -parameter


def _refined(claim: RateClaim, at: Mapping[str, Expr], seen: Look, deadline: float) -> Look:
    """The best parameter near a good one, by golden sections."""
    best = seen

    def ratio(parameter: float) -> float:
        nonlocal best
        other = look(claim, at, seen.family, parameter)
        if other is not None and other.ratio > best.ratio:
            best = other
        return -math.inf if other is None else other.ratio

    width = 1 / (COARSE - 1)
    low, high = max(seen.parameter - width, 0.0), min(seen.parameter + width, 1.0)
    left, right = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
    at_left, at_right = ratio(left), ratio(right)
    for _ in range(FINE):
        if best.ratio > 1 + CLEAR or time.monotonic() > deadline:
            break
        if at_left > at_right:
            high, right, at_right = right, left, at_left
            left = high - GOLDEN * (high - low)
            at_left = ratio(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + GOLDEN * (high - low)
            at_right = ratio(right)
    return best


def look(claim: RateClaim, at: Mapping[str, Expr], family: Family, parameter: float) -> Look | None:
    """One run in floats, from the farthest admissible start."""
    try:
        scale = _largest_scale(claim, at, lambda s: family.member(parameter, s, None))
        if scale is None:
            return None
        run = _float_run(claim, at, family.member(parameter, scale, None))
        measure, bound = float(run.evaluate(claim.measure)), float(run.evaluate(claim.bound))
    except (TheoryckError, ArithmeticError):
        return None
    if not (math.isfinite(measure) and math.isfinite(bound)):
        return None
    return Look(_ratio(measure, bound), parameter, scale, family)


def _ratio(measure: float, bound: float) -> float:
    if bound <= 0:
        return math.inf if measure > bound else 0.0
    return measure / bound


def _float_run(claim: RateClaim, at: Mapping[str, Expr], placed: Placed) -> FunctionRun:
    return FunctionRun(claim, at, placed.function, placed.start, Floats())


def _largest_scale(
    claim: RateClaim, at: Mapping[str, Expr], placed: Callable[[float], Placed]
) -> float | None:
    """The largest scale at which the start is admissible, by less than a millionth of a
    millionth; 1 where every scale is."""
    if not claim.initial:
        return 1.0

    def run(scale: float) -> FunctionRun:
        return _float_run(claim, at, placed(scale))

    one, two = _gauge(run(1.0)), _gauge(run(2.0))
    if one is not None and two is not None and one > 0 and two > 0 and one != two:
        # the conditions are powers of the scale, or nearly
        power = math.log2(two / one)
        scale = one ** (-1 / power) * (1 - 1e-13)
        if run(scale).admissible() and not run(scale * (1 + 1e-9)).admissible():
            return scale
    return _bisected(lambda scale: run(scale).admissible())


def _gauge(run: FunctionRun) -> float | None:
    """How much of what the conditions on the start allow is used; None where that is no ratio."""
    worst = 0.0
    for condition in run.claim.initial:
        values = [float(run.evaluate(operand)) for operand in condition.operands]
        for left, right, relation in zip(values, values[1:], condition.relations, strict=False):
            if relation not in ("<=", "<") or right <= 0:
                return None
            worst = max(worst, left / right)
    return worst


def _bisected(admissible: Callable[[float], bool]) -> float | None:
    low = high = 1.0
    if admissible(1.0):
        while admissible(high):
            low, high = high, 4 * high
            if high > FARTHEST:
                return 1.0
    else:
        while not admissible(low):
            low, high = low / 4, low
            if low < 1 / FARTHEST:
                return None
    while high - low > 1e-13 * low and (middle := (low + high) / 2) not in (low, high):
        low, high = (middle, high) if admissible(middle) else (low, middle)
    return low


def _exact(claim: RateClaim, at: Mapping[str, Expr], seen: Look) -> FunctionWitness | None:
    """The run in exact arithmetic, with numbers as short as will do."""
    for denominator in DENOMINATORS:
        scale = math.floor(seen.scale * denominator * (1 + 1e-12)) / denominator
        for factor in (scale, seen.scale * (1 - 1 / denominator)):
            if factor <= 0:
                continue
            placed = seen.family.member(seen.parameter, factor, denominator)
            witness = checked(claim, at, placed.function, placed.start)
            if witness is not None:
                return witness
    return None


def checked(
    claim: RateClaim,
    at: Mapping[str, Expr],
    function: ExplicitFunction,
    start: tuple[Fraction, ...],
) -> FunctionWitness | None:
    """The witness that the kernel accepts, in balls where a value is irrational."""
    systems = [Rationals(), *(SureBalls(bits) for bits in BITS)]
    for numbers in systems:
        try:
            with scope(numbers):
                outcome = check_function(claim, at, function, start, numbers)
        except (InexactError, TooLargeError, UndecidedError):
            continue
        except (TheoryckError, ArithmeticError):
            return None
        arithmetic, bits = (
            ("balls", numbers.bits) if isinstance(numbers, SureBalls) else ("rationals", 256)
        )
        document = function_document(claim, spell_instance(at), arithmetic, function, start, bits)
        return FunctionWitness(document, outcome)
    return None


def _in_class(claim: RateClaim, at: Mapping[str, Expr], family: Family) -> bool:
    """Whether the kernel would take the family's functions for ones of the claim's class."""
    placed = [family.member(parameter, 1.0, DENOMINATORS[0]) for parameter in (0.0, 0.5, 1.0)]
    try:
        for each in placed:
            exactly(partial(check_membership, claim, at, each.function), BITS[0])
    except (CertificateError, UndecidedError):
        return False
    return True
