"""Units with unknowns and symbolic exponents, and the linear equations between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from theoryck.algebra.units import NONE, Unit
from theoryck.claims.expressions import Apply, Expr, Number, Symbol
from theoryck.claims.printing import to_text

ONE = ""
"""The atom of exponents that are plain numbers."""

Exponent = Mapping[str, Fraction]
"""A linear form over atoms: ``2*N + 1`` is ``{"N": 2, "": 1}``; what is not linear is an atom."""


@dataclass(frozen=True)
class Dimension:
    """A product of units to symbolic powers and of the unknown units of parameters.

    Args:
        known: by atom of the exponents, the unit raised to it.
        unknown: the power of each unknown unit.
    """

    known: Mapping[str, Unit] = field(default_factory=dict)
    unknown: Mapping[str, Fraction] = field(default_factory=dict)

    @staticmethod
    def of(unit: Unit) -> Dimension:
        """A unit as a dimension."""
        return Dimension({ONE: unit} if unit != NONE else {})

    @staticmethod
    def named(name: str) -> Dimension:
        """The unknown unit of a parameter."""
        return Dimension({}, {name: Fraction(1)})

    def __mul__(self, other: Dimension) -> Dimension:
        known, unknown = dict(self.known), dict(self.unknown)
        for atom, unit in other.known.items():
            known[atom] = known.get(atom, NONE) * unit
        for name, power in other.unknown.items():
            unknown[name] = unknown.get(name, Fraction(0)) + power
        return Dimension(
            {atom: unit for atom, unit in known.items() if unit != NONE},
            {name: power for name, power in unknown.items() if power},
        )

    def __truediv__(self, other: Dimension) -> Dimension:
        return self * other ** Fraction(-1)

    def __pow__(self, power: Fraction) -> Dimension:
        if not power:
            return Dimension()
        return Dimension(
            {atom: unit**power for atom, unit in self.known.items()},
            {name: p * power for name, p in self.unknown.items()},
        )

    def raised(self, exponent: Exponent) -> Dimension | None:
        """The dimension to a symbolic power, None where the power is not linear."""
        result = Dimension()
        for atom, factor in exponent.items():
            if atom == ONE:
                result *= self**factor
                continue
            if self.unknown or any(inner != ONE for inner in self.known):
                return None
            unit = self.known.get(ONE, NONE) ** factor
            result *= Dimension({atom: unit} if unit != NONE else {})
        return result

    def is_none(self) -> bool:
        """Whether it is surely no unit."""
        return not self.known and not self.unknown

    def as_unit(self) -> Unit | None:
        """The plain unit, None with unknowns or symbolic powers."""
        if self.unknown or any(atom != ONE for atom in self.known):
            return None
        return self.known.get(ONE, NONE)

    def __str__(self) -> str:
        parts = [str(self.known[ONE])] if ONE in self.known else []
        for atom, unit in self.known.items():
            if atom != ONE:
                parts.append(f"({unit})^{atom if atom.isidentifier() else f'({atom})'}")
        for name, power in self.unknown.items():
            parts.append(f"[{name}]" + (f"^{power}" if power != 1 else ""))
        return "*".join(parts) or "1"


def exponent_of(expr: Expr) -> Exponent:
    """The linear form of an exponent.

    >>> from theoryck.claims.expressions import Symbol
    >>> exponent_of(Apply("*", (Number(Fraction(2)), Symbol("N"))))
    {'N': Fraction(2, 1)}
    """
    match expr:
        case Number(value=value):
            return {ONE: value} if value else {}
        case Symbol(name=name):
            return {name: Fraction(1)}
        case Apply(function="neg", arguments=(inner,)):
            return _scaled(exponent_of(inner), Fraction(-1))
        case Apply(function="+" | "-" as sign, arguments=(left, right)):
            total = dict(exponent_of(left))
            for atom, factor in exponent_of(right).items():
                total[atom] = total.get(atom, Fraction(0)) + (factor if sign == "+" else -factor)
            return {atom: factor for atom, factor in total.items() if factor}
        case Apply(function="*" | "/" as operator, arguments=(left, right)):
            a, b = exponent_of(left), exponent_of(right)
            if operator == "*" and set(a) <= {ONE}:
                return _scaled(b, a.get(ONE, Fraction(0)))
            if set(b) <= {ONE}:
                factor = b.get(ONE, Fraction(0))
                if operator == "*":
                    return _scaled(a, factor)
                if factor:
                    return _scaled(a, 1 / factor)
    return {to_text(expr): Fraction(1)}


def _scaled(form: Exponent, factor: Fraction) -> Exponent:
    return {atom: value * factor for atom, value in form.items()} if factor else {}


class Equations:
    """Linear equations between dimensions, solved as they come.

    ``relations`` are the units that the claim has set to one, by assuming ``smooth(1)`` or a
    start within distance 1: dimensions are compared up to their powers.
    """

    def __init__(self) -> None:
        self.solved: dict[str, Dimension] = {}
        self.relations: list[Unit] = []
        self.count = 0

    def fresh(self) -> Dimension:
        """An unknown of its own, for what fits every unit or cannot be told."""
        self.count += 1
        return Dimension.named(f"?{self.count}")

    def reduce(self, dimension: Dimension) -> Dimension:
        """The dimension with everything known put in."""
        result = Dimension(dimension.known)
        for name, power in dimension.unknown.items():
            result *= self.solved.get(name, Dimension.named(name)) ** power
        return result

    def equate(self, left: Dimension, right: Dimension) -> bool:
        """Add ``left = right``; False where that contradicts what is known, which stays."""
        difference = self.reduce(left / right)
        if not difference.unknown:
            return self._is_one(difference)
        name, power = max(difference.unknown.items())
        rest = {n: p for n, p in difference.unknown.items() if n != name}
        solution = Dimension(difference.known, rest) ** (-1 / power)
        self.solved = {
            other: _substitute(value, name, solution) for other, value in self.solved.items()
        }
        self.solved[name] = solution
        return True

    def _is_one(self, dimension: Dimension) -> bool:
        if any(atom != ONE and not atom.isidentifier() for atom in dimension.known):
            return True  # 1/alpha and alpha**-1 are different atoms: nothing is shown
        return all(self._normalised(unit) for unit in dimension.known.values())

    def _normalised(self, unit: Unit) -> bool:
        """Whether the unit is a product of powers of the relations."""
        if unit == NONE:
            return True
        independent: list[Unit] = []
        for relation in self.relations:
            if not independent or _determinant(independent[0], relation):
                independent.append(relation)
        if len(independent) >= 2:
            return True
        return bool(independent) and not _determinant(independent[0], unit)


def _determinant(a: Unit, b: Unit) -> Fraction:
    return a.x * b.f - a.f * b.x


def _substitute(value: Dimension, name: str, solution: Dimension) -> Dimension:
    if name not in value.unknown:
        return value
    rest = Dimension(value.known, {n: p for n, p in value.unknown.items() if n != name})
    return rest * solution ** value.unknown[name]
