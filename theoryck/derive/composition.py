"""Convexity read off a formula by its composition, for kinks and for vectors of every size.

The rules of disciplined convex programming: a nondecreasing convex function of a convex one is
convex, any convex function of an affine one is convex, and so are nonnegative combinations.
Source: Boyd and Vandenberghe 2004, Section 3.2; Grant, Boyd and Ye 2006.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction

from theoryck.claims.expressions import Apply, Expr, Number, Symbol, names

NONDECREASING_CONVEX = frozenset({"exp", "relu", "softplus", "max"})
EVEN_CONVEX = frozenset({"abs", "cosh", "norm"})
NONNEGATIVE = frozenset({"exp", "relu", "softplus", "abs", "cosh", "norm", "sigmoid"})
ELEMENTWISE = frozenset({"exp", "relu", "softplus", "abs", "cosh"})


class Shape(Enum):
    """How a formula bends in its variables."""

    CONSTANT = "constant"
    AFFINE = "affine"
    CONVEX = "convex"
    CONCAVE = "concave"
    UNKNOWN = "unknown"

    @property
    def is_affine(self) -> bool:
        """Constant or affine."""
        return self in (Shape.CONSTANT, Shape.AFFINE)

    @property
    def is_convex(self) -> bool:
        """Convex, perhaps affine."""
        return self.is_affine or self is Shape.CONVEX


FLIPPED = {Shape.CONVEX: Shape.CONCAVE, Shape.CONCAVE: Shape.CONVEX}


@dataclass(frozen=True)
class Composition:
    """Reads shapes of formulas.

    Args:
        variables: the names that vary.
        sign: the sign of a formula without variables: 1, -1, 0, or None if it is not known.
    """

    variables: frozenset[str]
    sign: Callable[[Expr], int | None]

    def shape(self, expr: Expr) -> Shape:
        """The shape of a formula, entry by entry for arrays; every part has a value everywhere."""
        if not names(expr) & self.variables:
            return Shape.CONSTANT if self._is_total(expr) else Shape.UNKNOWN
        match expr:
            case Symbol():
                return Shape.AFFINE
            case Apply(function=function, arguments=arguments):
                return self._apply(function, arguments)
        return Shape.UNKNOWN

    def _is_total(self, expr: Expr) -> bool:
        match expr:
            case Number() | Symbol():
                return True
            case Apply(function="/", arguments=(above, below)):
                return self._is_total(above) and self.sign(below) in (1, -1)
            case Apply(function="**", arguments=(base, Number(value=power))):
                return self._is_total(base) and power.denominator == 1 and power >= 0
            case Apply(function="+" | "-" | "*" | "neg", arguments=arguments):
                return all(map(self._is_total, arguments))
        return False

    def _apply(self, function: str, arguments: tuple[Expr, ...]) -> Shape:
        first = self.shape(arguments[0])
        match function:
            case "neg":
                return FLIPPED.get(first, first)
            case "+":
                return _sum(first, self.shape(arguments[1]))
            case "-":
                second = self.shape(arguments[1])
                return _sum(first, FLIPPED.get(second, second))
            case "*":
                return self._product(*arguments)
            case "/":
                if self.shape(arguments[1]) is Shape.CONSTANT:
                    return self._scaled(first, self.sign(arguments[1]), divided=True)
                return Shape.UNKNOWN
            case "sum" | "transpose":
                return first
            case "**":
                return self._power(*arguments)
            case "dot":
                left, right = arguments
                if left == right and first.is_affine:
                    return Shape.CONVEX
                return Shape.UNKNOWN
            case "log":
                return self._log(arguments[0])
            case "min":
                return Shape.CONCAVE if self._all_concave(arguments) else Shape.UNKNOWN
        if function in NONDECREASING_CONVEX and all(self.shape(a).is_convex for a in arguments):
            return Shape.CONVEX
        if function in EVEN_CONVEX:
            grows = self._is_nonnegative(arguments[0])
            if first.is_affine or (first is Shape.CONVEX and grows):
                return Shape.CONVEX
        return Shape.UNKNOWN

    def _all_concave(self, arguments: tuple[Expr, ...]) -> bool:
        return all(self.shape(a).is_affine or self.shape(a) is Shape.CONCAVE for a in arguments)

    def _product(self, left: Expr, right: Expr) -> Shape:
        for factor, other in ((left, right), (right, left)):
            if self.shape(factor) is Shape.CONSTANT:
                return self._scaled(self.shape(other), self.sign(factor), divided=False)
        if left == right and self.shape(left).is_affine:
            return Shape.CONVEX
        return Shape.UNKNOWN

    @staticmethod
    def _scaled(shape: Shape, sign: int | None, *, divided: bool) -> Shape:
        if divided and sign not in (1, -1):
            return Shape.UNKNOWN
        if sign == 0:
            return Shape.CONSTANT if shape is not Shape.UNKNOWN else Shape.UNKNOWN
        if shape.is_affine:
            return shape
        if sign is None:
            return Shape.UNKNOWN
        return shape if sign > 0 else FLIPPED.get(shape, shape)

    def _power(self, base: Expr, exponent: Expr) -> Shape:
        if not isinstance(exponent, Number):
            return Shape.UNKNOWN
        power, shape = exponent.value, self.shape(base)
        if power == 1:
            return shape
        whole = power.denominator == 1
        if whole and power > 0 and power % 2 == 0 and shape.is_affine:
            return Shape.CONVEX
        if power >= 1 and shape.is_convex and self._is_nonnegative(base):
            return Shape.CONVEX
        return Shape.UNKNOWN

    def _log(self, inside: Expr) -> Shape:
        """log(exp(u) + exp(v) + c), and log(sum(exp(u))), of convex u and v and constants c > 0."""
        parts = list(_summands(inside))
        if all(self._is_exponential(p) or self._is_positive(p) for p in parts) and any(
            map(self._is_exponential, parts)
        ):
            return Shape.CONVEX
        return Shape.UNKNOWN

    def _is_exponential(self, expr: Expr) -> bool:
        match expr:
            case Apply(function="sum", arguments=(Apply(function="exp", arguments=(inner,)),)):
                return self.shape(inner).is_convex
            case Apply(function="exp", arguments=(inner,)):
                return self.shape(inner).is_convex
        return False

    def _is_positive(self, expr: Expr) -> bool:
        return self.shape(expr) is Shape.CONSTANT and self.sign(expr) == 1

    def _is_nonnegative(self, expr: Expr) -> bool:
        match expr:
            case Apply(function="**", arguments=(base, Number(value=power))):
                even = power.denominator == 1 and power >= 0 and power % 2 == 0
                return even or (power >= 0 and self._is_nonnegative(base))
            case Apply(function="+" | "*", arguments=arguments):
                return all(map(self._is_nonnegative, arguments))
            case Apply(function="sum", arguments=arguments):
                return self._is_nonnegative(arguments[0])
            case Apply(function="max", arguments=arguments):
                return any(map(self._is_nonnegative, arguments))
            case Apply(function=function) if function in NONNEGATIVE:
                return True
        return not names(expr) & self.variables and self.sign(expr) in (0, 1)


def _sum(left: Shape, right: Shape) -> Shape:
    for shape in (Shape.CONSTANT, Shape.AFFINE):
        if left is shape:
            return right
        if right is shape:
            return left
    return left if left is right else Shape.UNKNOWN


def _summands(expr: Expr) -> list[Expr]:
    if isinstance(expr, Apply) and expr.function == "+":
        return [part for argument in expr.arguments for part in _summands(argument)]
    return [expr]


def without_squares(
    expr: Expr, variables: Mapping[str, int]
) -> tuple[Expr | None, dict[str, Fraction]]:
    """A sum less its terms c*norm(v)**2 (or c*v**2 for a scalar), and the c of each variable.

    Args:
        expr: the formula.
        variables: each name with the number of its dimensions.
    """
    found: dict[str, Fraction] = {}
    rest: Expr | None = None
    for term in _signed_summands(expr, Fraction(1)):
        amount, plain = _coefficient(term[1])
        name = _squared(plain, variables)
        if name is not None:
            found[name] = found.get(name, Fraction(0)) + term[0] * amount
            continue
        kept = term[1] if term[0] == 1 else Apply("neg", (term[1],))
        rest = kept if rest is None else Apply("+", (rest, kept))
    return rest, found


def _signed_summands(expr: Expr, sign: Fraction) -> list[tuple[Fraction, Expr]]:
    match expr:
        case Apply(function="+", arguments=(left, right)):
            return _signed_summands(left, sign) + _signed_summands(right, sign)
        case Apply(function="-", arguments=(left, right)):
            return _signed_summands(left, sign) + _signed_summands(right, -sign)
        case Apply(function="neg", arguments=(inner,)):
            return _signed_summands(inner, -sign)
    return [(sign, expr)]


def _coefficient(expr: Expr) -> tuple[Fraction, Expr]:
    match expr:
        case Apply(function="*", arguments=(Number(value=value), other)):
            inner, plain = _coefficient(other)
            return value * inner, plain
        case Apply(function="*", arguments=(other, Number(value=value))):
            inner, plain = _coefficient(other)
            return value * inner, plain
        case Apply(function="*", arguments=(Apply(function="/") as ratio, other)):
            known, plain = _coefficient(ratio)
            if isinstance(plain, Number):
                inner, rest = _coefficient(other)
                return known * plain.value * inner, rest
        case Apply(function="/", arguments=(other, Number(value=value))) if value != 0:
            inner, plain = _coefficient(other)
            return inner / value, plain
    return Fraction(1), expr


def _squared(expr: Expr, variables: Mapping[str, int]) -> str | None:
    two = Number(Fraction(2))
    match expr:
        case Apply(function="**", arguments=(Symbol(name=name), power)) if power == two:
            return name if variables.get(name) == 0 else None
        case Apply(
            function="**", arguments=(Apply(function="norm", arguments=(Symbol(name=name),)), power)
        ) if power == two:
            return name if name in variables else None
        case Apply(function="dot", arguments=(Symbol(name=name), other)) if other == Symbol(name):
            return name if name in variables else None
    return None
