"""What is said of methods whose step depends on the gradient's length alone."""

from __future__ import annotations

from dataclasses import dataclass

import sympy

from theoryck.derive.exact import equal
from theoryck.derive.functional.oracle import LENGTH
from theoryck.derive.printing import to_claim_text
from theoryck.derive.statements import Statement
from theoryck.derive.symbols import ZERO

SHORT = sympy.Symbol("s")


def as_function(expr: sympy.Expr) -> str:
    """An expression with the gradient's length written s."""
    return to_claim_text(expr.subs(LENGTH, SHORT))


@dataclass(frozen=True)
class RadialStep(Statement):
    """``x[k+1] = x[k] - factor(s)*∇f(x[k])`` with s = ‖∇f(x[k])‖ > 0; where s = 0, x stays."""

    factor: sympy.Expr

    def same_as(self, other: object) -> bool:
        """Exactly the same factor."""
        return isinstance(other, RadialStep) and equal(self.factor, other.factor)

    def __str__(self) -> str:
        return f"x[k+1] = x[k] - h(s)*∇f(x[k]), s = ‖∇f(x[k])‖, h(s) = {as_function(self.factor)}"


@dataclass(frozen=True)
class Decrease(Statement):
    """``f(x[k+1]) <= f(x[k]) - gain(s)`` for s = ‖∇f(x[k])‖ > 0; where s = 0, x stays."""

    gain: sympy.Expr

    def same_as(self, other: object) -> bool:
        """Exactly the same gain."""
        return isinstance(other, Decrease) and equal(self.gain, other.gain)

    def __str__(self) -> str:
        gain = as_function(self.gain)
        return f"f(x[k+1]) <= f(x[k]) - φ(s), s = ‖∇f(x[k])‖, φ(s) = {gain}"


@dataclass(frozen=True)
class GainSum(Statement):
    """``gain(s[0]) + ... + gain(s[upper]) <= total``, s[k] = ‖∇f(x[k])‖, gain(0) read as 0."""

    gain: sympy.Expr
    upper: sympy.Expr
    total: sympy.Expr

    def same_as(self, other: object) -> bool:
        """Exactly the same gain, range and total."""
        return isinstance(other, GainSum) and all(
            equal(ours, theirs)
            for ours, theirs in (
                (self.gain, other.gain),
                (self.upper, other.upper),
                (self.total, other.total),
            )
        )

    @property
    def count(self) -> sympy.Expr:
        """The number of terms."""
        return self.upper + 1

    def gain_at(self, length: sympy.Expr) -> sympy.Expr:
        """The gain of a step from where the gradient has this length."""
        return ZERO if length == 0 else self.gain.subs(LENGTH, length)

    def __str__(self) -> str:
        return (
            f"sum over k=0..{to_claim_text(self.upper)} of φ(‖∇f(x[k])‖) <= "
            f"{to_claim_text(self.total)}, φ(s) = {as_function(self.gain)}"
        )
