"""An exact run of the simulator as a document that the kernel verifies."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from theoryck.certificates.function_documents import function_document, function_outcome
from theoryck.certificates.functions import ExplicitFunction, LargestPiece, Quadratic
from theoryck.certificates.piecewise import Piecewise
from theoryck.claims.claim import RateClaim
from theoryck.claims.expressions import Expr
from theoryck.errors import TheoryckError
from theoryck.simulate.engine.classes import Candidate
from theoryck.simulate.noise import Exact
from theoryck.simulate.problems.base import Problem
from theoryck.simulate.problems.piecewise import AbsoluteValue, Huber, LargestCoordinate
from theoryck.simulate.problems.quadratic import DiagonalQuadratic

BITS = 256


def kernel_document(
    claim: RateClaim, at: Mapping[str, Expr], text: Mapping[str, str], candidate: Candidate
) -> dict[str, Any] | None:
    """The document of a refuting run without noise; None where the kernel knows no such function,
    or does not accept it.

    Args:
        claim: the refuted claim, as its file has it.
        at, text: the instance, and the same as text.
        candidate: the problem and its start.
    """
    if claim.kind != "rate" or not isinstance(candidate.noise, Exact):
        return None
    for arithmetic in ("rationals", "balls"):
        try:
            function = explicit_function(candidate.problem)
            if function is None:
                return None
            made = function_document(claim, text, arithmetic, function, candidate.direction)
            function_outcome(made, claim, at, BITS)
        except (TheoryckError, ArithmeticError):
            continue
        return made
    return None


def explicit_function(problem: Problem) -> ExplicitFunction | None:
    """The problem as a function of the kernel's families; None if it is in none of them.

    Raises:
        CertificateError: it is too large for them.
    """
    zero = Fraction(0)
    match problem:
        case DiagonalQuadratic(spectrum=spectrum):
            size = range(len(spectrum))
            return Quadratic(
                tuple(tuple(spectrum[i] if i == j else zero for j in size) for i in size)
            )
        case Huber(inner=inner, outer=outer, width=width, size=1):
            slope = inner * width
            return Piecewise((-width, width), (-slope, -slope, slope), (outer, inner, outer))
        case AbsoluteValue(steepness=slope, size=1):
            return Piecewise((zero,), (-slope, slope), (zero, zero))
        case LargestCoordinate(steepness=slope, size=count):
            slopes = tuple(
                tuple(sign * slope if i == j else zero for j in range(count))
                for i in range(count)
                for sign in (1, -1)
            )
            pieces = len(slopes)
            return LargestPiece(slopes, (zero,) * pieces, (Fraction(1, pieces),) * pieces)
    return None
