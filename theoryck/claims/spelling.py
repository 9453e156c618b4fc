"""One spelling of a parameter's value, so that all engines speak of the same instance."""

from __future__ import annotations

from collections.abc import Mapping

from theoryck.claims.arithmetic import Rationals
from theoryck.claims.evaluate import Environment, evaluate
from theoryck.claims.expressions import Expr, Number
from theoryck.claims.printing import to_text
from theoryck.errors import TheoryckError


def spell(value: Expr) -> str:
    """An exact number as text: decimals as written, other rational expressions as fractions.

    >>> from fractions import Fraction
    >>> spell(Number(Fraction(3, 2)))
    '1.5'
    """
    if isinstance(value, Number):
        return to_text(value)
    try:
        return str(evaluate(value, Environment(), Rationals()))
    except TheoryckError:
        return to_text(value)


def spell_instance(at: Mapping[str, Expr]) -> dict[str, str]:
    """The values of an instance as text, by parameter."""
    return {name: spell(value) for name, value in at.items()}
