"""Units: powers of the unit of x and of the unit of f."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Unit:
    """[x]^x · [f]^f, with rational exponents.

    >>> step = Unit(x=Fraction(2), f=Fraction(-1))
    >>> print(step)
    x^2/f
    >>> print(step ** Fraction(1, 2) * Unit(f=Fraction(1)))
    f^(1/2)*x
    """

    x: Fraction = Fraction(0)
    f: Fraction = Fraction(0)

    def __mul__(self, other: Unit) -> Unit:
        return Unit(self.x + other.x, self.f + other.f)

    def __truediv__(self, other: Unit) -> Unit:
        return Unit(self.x - other.x, self.f - other.f)

    def __pow__(self, exponent: Fraction | int) -> Unit:
        return Unit(self.x * exponent, self.f * exponent)

    def __str__(self) -> str:
        above = [_factor(n, e) for n, e in (("f", self.f), ("x", self.x)) if e > 0]
        below = [_factor(n, -e) for n, e in (("f", self.f), ("x", self.x)) if e < 0]
        text = "*".join(above) or "1"
        if not below:
            return text
        divisor = "*".join(below)
        return f"{text}/{divisor}" if len(below) == 1 else f"{text}/({divisor})"


def _factor(name: str, exponent: Fraction) -> str:
    if exponent == 1:
        return name
    return f"{name}^{exponent}" if exponent.denominator == 1 else f"{name}^({exponent})"


NONE = Unit()
X = Unit(x=Fraction(1))
F = Unit(f=Fraction(1))
GRADIENT = F / X
STEP = X * X / F
CURVATURE = F / (X * X)
