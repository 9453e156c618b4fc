"""Do sums of sequences with known leading terms converge, and how do two sums compare?"""

from __future__ import annotations

from dataclasses import dataclass, replace

import sympy

from theoryck.derive.printing import tidy, to_claim_text
from theoryck.derive.schedules.envelopes import Envelope
from theoryck.derive.schedules.leading import Calculus, Leading, UndecidedGrowthError
from theoryck.derive.symbols import ONE, ZERO

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
    """A real number; ``low`` and ``high`` where numbers on both sides of it are known."""

    low: sympy.Expr | None = None
    high: sympy.Expr | None = None


def exactly(value: sympy.Expr) -> Finite:
    """The finite value that is known."""
    return Finite(value, value)


Extended = Infinite | Finite


@dataclass(frozen=True)
class Series:
    """The sum of a sequence: what its terms lie between, its value, and what showed it."""

    terms: Envelope
    total: Extended
    because: str


def series(terms: Envelope, calculus: Calculus) -> Series:
    """The sum of a sequence between two others, by comparison with one of them.

    Raises:
        UndecidedGrowthError: neither is the one needed.
    """
    most = of_leading(terms.most, calculus)
    if terms.least == terms.most:
        return most
    least = most if terms.least is None else of_leading(terms.least, calculus)
    if isinstance(most.total, Finite) and isinstance(least.total, Finite):
        return replace(most, terms=terms)
    if terms.least is not None and least.total == Infinite(1):
        return replace(least, terms=terms)
    raise UndecidedGrowthError(
        f"the sum lies between finite and infinite ones: of terms below "
        f"{_text(terms.most, calculus)}"
    )


def of_leading(terms: Leading, calculus: Calculus) -> Series:
    """The sum of a sequence with this leading term.

    Σ r^k·k^p·(log k)^q·(log log k)^s converges exactly when r < 1, or r = 1 and p < -1, or r = 1,
    p = -1 and q < -1, or r = 1, p = q = -1 and s < -1; a sequence of one sign in the end has a
    finite sum together with its leading term.

    Raises:
        UndecidedGrowthError: the exponents lie on both sides of the border.
    """
    exponent = -terms.power
    scale = replace(terms, coefficient=ONE, sign=1)
    reference = f"sum of {_text(scale, calculus)}"
    around = Envelope(terms, terms)
    order = calculus.order(terms.ratio, ONE)
    if order:
        why = GEOMETRIC if order < 0 else NO_NULL_SEQUENCE
        return Series(around, Finite() if order < 0 else Infinite(terms.sign), why)
    surely = calculus.surely
    converges = f"{reference} converges: {LOG_SERIES}; {COMPARISON}"
    diverges = Series(around, Infinite(terms.sign), _divergence(reference, terms, calculus))
    if surely(exponent, ">", ONE):
        return Series(around, Finite(), f"{reference} converges: {P_SERIES}; {COMPARISON}")
    if surely(exponent, "<", ONE):
        return diverges
    if surely(exponent, ">=", ONE) and surely(-terms.logs, ">", ONE):
        return Series(around, Finite(), converges)
    if surely(exponent, "<=", ONE) and surely(-terms.logs, "<", ONE):
        return diverges
    steep = surely(exponent, ">=", ONE) and surely(-terms.logs, ">=", ONE)
    if steep and surely(-terms.loglogs, ">", ONE):
        return Series(around, Finite(), converges)
    flat = surely(exponent, "<=", ONE) and surely(-terms.logs, "<=", ONE)
    if flat and surely(-terms.loglogs, "<=", ONE):
        return diverges
    raise UndecidedGrowthError(
        f"the sum of {_text(terms, calculus)} is finite for some parameters and not for others"
    )


def _divergence(reference: str, terms: Leading, calculus: Calculus) -> str:
    if terms.logs == 0 and terms.loglogs == 0:
        if calculus.surely(terms.power, ">=", sympy.Integer(0)):
            return NO_NULL_SEQUENCE
        return f"{reference} diverges: {P_SERIES}; {COMPARISON}"
    return f"{reference} diverges: {LOG_SERIES}; {COMPARISON}"


def ratio(above: Series, below: Series, calculus: Calculus) -> tuple[Extended, str]:
    """The limit of the quotient of the partial sums of two sequences, positive in the end.

    Raises:
        UndecidedGrowthError: a sequence is negative in the end, or a finite sum may be zero.
    """
    if not (_positive(above.terms) and _positive(below.terms)):
        raise UndecidedGrowthError("a quotient of sums with negative terms")
    match above.total, below.total:
        case Infinite(), Infinite():
            return _quotient(above.terms, below.terms, calculus)
        case Infinite(), Finite():
            return Infinite(1), "the partial sums above tend to oo, those below are bounded"
        case Finite(), Infinite():
            return exactly(ZERO), "the partial sums below tend to oo, those above do not"
    return Finite(), "both sums are finite"


def overwhelms(above: Series, below: Envelope, calculus: Calculus) -> str | None:
    """Why the quotient of the partial sums tends to oo whatever the sum below, or None.

    The sum above is infinite. If the one below is finite that is all; if it is infinite, the
    quotient of the terms tends to oo, and so does that of the sums.
    """
    infinite = above.total == Infinite(1) and _positive(above.terms) and _positive(below)
    least = above.terms.least
    if not infinite or least is None or calculus.growth_order(least, below.most) <= 0:
        return None
    return f"the sum above is oo, and the quotient of the terms tends to oo: {STOLZ}"


def _positive(terms: Envelope) -> bool:
    return terms.least is None or terms.least.sign > 0


def _quotient(above: Envelope, below: Envelope, calculus: Calculus) -> tuple[Extended, str]:
    """By Stolz and Cesaro from the quotient of the terms, both sums being infinite."""
    if above.least is not None and calculus.growth_order(above.least, below.most) > 0:
        return Infinite(1), f"the quotient of the terms tends to oo: {STOLZ}"
    if below.least is not None and calculus.growth_order(above.most, below.least) < 0:
        return exactly(ZERO), f"the quotient of the terms tends to 0: {STOLZ}"
    if above.least == above.most and below.least == below.most:
        limit = above.most.coefficient / below.most.coefficient
        shown = to_claim_text(tidy(limit))
        return exactly(limit), f"the quotient of the terms tends to {shown}: {STOLZ}"
    raise UndecidedGrowthError("the quotient of the terms may have no limit")


def _text(terms: Leading, calculus: Calculus) -> str:
    return to_claim_text(terms.term(calculus.k))


__all__ = ["Extended", "Finite", "Infinite", "Series", "exactly", "overwhelms", "ratio", "series"]
