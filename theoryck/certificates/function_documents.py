"""Witnesses that are explicit functions, as JSON data: one kind of document."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from theoryck.certificates.checker import CertificateError
from theoryck.certificates.function_data import read_function, read_numbers
from theoryck.certificates.function_runs import Outcome, check_function, scope
from theoryck.certificates.functions import ExplicitFunction
from theoryck.certificates.sure import SureBalls
from theoryck.claims.arithmetic import Rationals
from theoryck.claims.claim import RateClaim
from theoryck.claims.expressions import Expr

KIND = "function"
BITS = 256


def function_document(
    claim: RateClaim,
    at: Mapping[str, str],
    arithmetic: str,
    function: ExplicitFunction,
    start: tuple[Fraction, ...],
    bits: int = BITS,
) -> dict[str, Any]:
    """The JSON data of a function and a start on which the claim's bound fails.

    Args:
        claim: the refuted claim.
        at: the instance, as :func:`theoryck.claims.spelling.spell_instance` writes it.
        arithmetic: ``rationals`` or ``balls``.
        function: with its minimum f(0) = 0.
        start: x[0].
        bits: the precision of balls.
    """
    data = {
        "format": 1,
        "kind": KIND,
        "claim": dict(claim.table),
        "at": dict(at),
        "arithmetic": arithmetic,
        "function": function.data(),
        "start": [str(entry) for entry in start],
    }
    return data if bits == BITS else data | {"bits": bits}


def function_outcome(
    data: Mapping[str, Any], claim: RateClaim, at: Mapping[str, Expr], bits: int
) -> Outcome:
    """The run that the data describe, checked.

    Raises what :func:`check_function` raises.
    """
    function = read_function(data.get("function"))
    start = read_numbers(data.get("start"), "start")
    match data.get("arithmetic"):
        case "rationals":
            return check_function(claim, at, function, start, Rationals())
        case "balls":
            numbers = SureBalls(bits)
            with scope(numbers):
                return check_function(claim, at, function, start, numbers)
        case other:
            raise CertificateError(f"arithmetic {str(other)[:40]!r}: rationals or balls expected")


def outcome_lines(claim: RateClaim, where: str, outcome: Outcome) -> tuple[str, ...]:
    """What a checked run establishes, in words."""
    from theoryck.certificates.documents import float_text

    return (
        f"The bound of claim {claim.id!r} fails at {where}: on {outcome.function.describe()} on "
        f"R^{outcome.function.dimension}, from an admissible start, the measure is "
        f"{float_text(outcome.measure)}, above the bound {float_text(outcome.bound)}.",
        "The function is in the class, its minimum is f(0) = 0, and the method was run on it: all "
        "three in exact arithmetic.",
        "It does not say how large the worst case is.",
    )
