"""Do sums of sequences with known leading terms converge, and how do two sums compare?"""

from __future__ import annotations

from dataclasses import dataclass

import sympy

from theoryck.derive.printing import tidy, to_claim_text
from theoryck.derive.schedules.leading import Calculus, Leading, UndecidedGrowthError
from theoryck.derive.symbols import ONE

COMPARISON = "limit comparison test, Knopp 1951, Section 12"
P_SERIES = "p-series, Rudin 1976, Theorem 3.28"
LOG_SERIES = "logarithmic p-series, Rudin 1976, Theorem 3.29"
GEOMETRIC = "ratio test, Rudin 1976, Theorem 3.34"
NO_NULL_SEQUENCE = "the terms do not tend to 0, Rudin 1976, Theorem 3.23"
STOLZ = "Stolz-Cesaro theorem, Knopp 1951, Section 14"


@dataclass(frozen=True)
class Infinite:
    """+oo (``sign`` 1) or -oo (-1)."""

    sign: int


@dataclass(frozen=True)
class Finite:
    """A real number; ``value`` None where it is only known to exist."""

    value: sympy.Expr | None = None


Extended = Infinite | Finite


@dataclass(frozen=True)
class Series:
    """The sum of a sequence: its terms' leading term, its value, and what showed it."""

    terms: Leading
    total: Extended
    because: str


def series(terms: Leading, calculus: Calculus) -> Series:
    """The sum of a sequence with this leading term.

    Σ r^k·k^p·(log k)^q converges exactly when r < 1, or r = 1 and p < -1, or r = 1, p = -1 and
    q < -1; a sequence of one sign in the end has a finite sum together with its leading term.

    Raises:
        UndecidedGrowthError: the exponents lie on both sides of the border.
    """
    exponent = -terms.power
    reference = f"sum of {_text(Leading(ONE, 1, terms.ratio, terms.power, terms.logs), calculus)}"
    order = calculus.order(terms.ratio, ONE)
    if order:
        why = GEOMETRIC if order < 0 else NO_NULL_SEQUENCE
        return Series(terms, Finite() if order < 0 else Infinite(terms.sign), why)
    if calculus.surely(exponent, ">", ONE):
        return Series(terms, Finite(), f"{reference} converges: {P_SERIES}; {COMPARISON}")
    if calculus.surely(exponent, "<", ONE):
        return Series(terms, Infinite(terms.sign), _divergence(reference, terms, calculus))
    if calculus.surely(exponent, ">=", ONE) and calculus.surely(-terms.logs, ">", ONE):
        return Series(terms, Finite(), f"{reference} converges: {LOG_SERIES}; {COMPARISON}")
    if calculus.surely(exponent, "<=", ONE) and calculus.surely(-terms.logs, "<=", ONE):
        return Series(terms, Infinite(terms.sign), _divergence(reference, terms, calculus))
    raise UndecidedGrowthError(
        f"the sum of {_text(terms, calculus)} is finite for some parameters and not for others"
    )


def _divergence(reference: str, terms: Leading, calculus: Calculus) -> str:
    if terms.logs == 0:
        if calculus.surely(terms.power, ">=", sympy.Integer(0)):
            return NO_NULL_SEQUENCE
        return f"{reference} diverges: {P_SERIES}; {COMPARISON}"
    return f"{reference} diverges: {LOG_SERIES}; {COMPARISON}"


def ratio(above: Series, below: Series, calculus: Calculus) -> tuple[Extended, str]:
    """The limit of the quotient of the partial sums of two sequences, positive in the end.

    Raises:
        UndecidedGrowthError: a sequence is negative in the end, or a finite sum may be zero.
    """
    if above.terms.sign < 0 or below.terms.sign < 0:
        raise UndecidedGrowthError("a quotient of sums with negative terms")
    match above.total, below.total:
        case Infinite(), Infinite():
            order = calculus.growth_order(above.terms, below.terms)
            if order > 0:
                return Infinite(1), f"the quotient of the terms tends to oo: {STOLZ}"
            limit = above.terms.coefficient / below.terms.coefficient if order == 0 else ONE * 0
            shown = to_claim_text(tidy(limit))
            return Finite(limit), f"the quotient of the terms tends to {shown}: {STOLZ}"
        case Infinite(), Finite():
            return Infinite(1), "the partial sums above tend to oo, those below are bounded"
        case Finite(), Infinite():
            return Finite(sympy.Integer(0)), "the partial sums below tend to oo, those above do not"
    return Finite(), "both sums are finite"


def _text(terms: Leading, calculus: Calculus) -> str:
    return to_claim_text(terms.term(calculus.k))


__all__ = ["Extended", "Finite", "Infinite", "Series", "ratio", "series"]
