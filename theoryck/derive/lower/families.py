"""Functions on which a method's run has a closed form: quadratics, Huber's, |x|, max |x_i|.

Each has its minimum 0 at x* = 0, and is given by formulas in the claim's parameters. A run starts
at distance √X from x*; ``squared_start`` is X.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import StrEnum

import sympy

from theoryck.derive.printing import tidy, to_claim_text
from theoryck.derive.relations import Relation
from theoryck.derive.setting import START_DISTANCE, START_GAP, START_GRADIENT
from theoryck.derive.statements import DISTANCE_SQUARED, GAP, GRADIENT_SQUARED, Quantity
from theoryck.derive.symbols import ONE, ZERO, is_integral


class Trend(StrEnum):
    """How a quantity goes along the run."""

    CONSTANT = "constant"
    DECREASING = "non-increasing"
    GEOMETRIC = "a constant times a power"
    UNKNOWN = "either way"


@dataclass(frozen=True)
class Lengths:
    """``x⁺ = x − ahead·∇f(x⁺) − here·∇f(x)``."""

    here: sympy.Expr
    ahead: sympy.Expr

    @property
    def total(self) -> sympy.Expr:
        """The displacement where the gradient is constant."""
        return self.here + self.ahead


class Example(ABC):
    """A function with its start. ``None`` as a constant: there is none."""

    squared_start: sympy.Expr
    convex: bool = True
    is_quadratic: bool = False

    @property
    @abstractmethod
    def text(self) -> str:
        """The function and the start, for people."""

    @property
    def smoothness(self) -> sympy.Expr | None:
        """The Lipschitz constant of the gradient."""
        return None

    @property
    def growth(self) -> sympy.Expr | None:
        """The constant of strong convexity."""
        return None

    @property
    def slope(self) -> sympy.Expr | None:
        """The Lipschitz constant of the function."""
        return None

    @abstractmethod
    def at(self, quantity: Quantity, index: sympy.Expr, lengths: Lengths) -> sympy.Expr:
        """The quantity at x[index], where :meth:`valid_until` holds for that index."""

    @abstractmethod
    def valid_until(self, last: sympy.Expr, lengths: Lengths) -> tuple[Relation, ...]:
        """What makes the closed form right for x[0], ..., x[last]."""

    @abstractmethod
    def trend(self, quantity: Quantity) -> Trend:
        """How the quantity goes along the run."""

    def start(self) -> dict[sympy.Symbol, sympy.Expr]:
        """What the claim may say of the start, by its symbols."""
        none = Lengths(ZERO, ZERO)
        return {
            START_GAP: self.at(GAP, ZERO, none),
            START_DISTANCE: sympy.sqrt(self.squared_start),
            START_GRADIENT: sympy.sqrt(self.at(GRADIENT_SQUARED, ZERO, none)),
        }


@dataclass(frozen=True)
class Quadratic(Example):
    """f(x) = (c/2)·x²: x[k+1] = r·x[k] with r = (1 − here·c)/(1 + ahead·c)."""

    curvature: sympy.Expr
    squared_start: sympy.Expr
    is_quadratic = True

    @property
    def text(self) -> str:
        return f"f(x) = {_text(self.curvature / 2)}*x**2, x[0]**2 = {_text(self.squared_start)}"

    @property
    def smoothness(self) -> sympy.Expr:
        return self.curvature

    @property
    def growth(self) -> sympy.Expr:
        return self.curvature

    def ratio(self, lengths: Lengths) -> sympy.Expr:
        """x[k+1]/x[k]."""
        return sympy.cancel(
            (1 - lengths.here * self.curvature) / (1 + lengths.ahead * self.curvature)
        )

    def at(self, quantity: Quantity, index: sympy.Expr, lengths: Lengths) -> sympy.Expr:
        square = self.ratio(lengths) ** (2 * index) * self.squared_start
        return _of_square(quantity, square, self.curvature)

    def valid_until(self, last: sympy.Expr, lengths: Lengths) -> tuple[Relation, ...]:
        return (
            Relation(1 + lengths.ahead * self.curvature, "!=", ZERO),
            Relation(self.curvature, ">", ZERO),
        )

    def trend(self, quantity: Quantity) -> Trend:
        return Trend.GEOMETRIC


def _of_square(quantity: Quantity, square: sympy.Expr, curvature: sympy.Expr) -> sympy.Expr:
    if quantity == GAP:
        return curvature / 2 * square
    if quantity == GRADIENT_SQUARED:
        return curvature**2 * square
    if quantity == DISTANCE_SQUARED:
        return square
    raise ValueError(f"{quantity} is not followed along a run")


@dataclass(frozen=True)
class Huber(Example):
    """f(x) = (c/2)·x² for |x| <= d, else c·d·|x| − c·d²/2, where d = share·√X, 0 < share <= 1.

    As long as the run stays at |x| >= d, it moves by c·d·total at each step.
    """

    curvature: sympy.Expr
    share: sympy.Expr
    squared_start: sympy.Expr

    @property
    def text(self) -> str:
        c, d = _text(self.curvature), f"({_text(self.share)})*x[0]"
        return (
            f"f(x) = {c}/2*x**2 for abs(x) <= d, {c}*d*abs(x) - {c}/2*d**2 beyond, d = {d}, "
            f"x[0]**2 = {_text(self.squared_start)}"
        )

    @property
    def smoothness(self) -> sympy.Expr:
        return self.curvature

    @property
    def slope(self) -> sympy.Expr:
        return self.curvature * self.share * sympy.sqrt(self.squared_start)

    def at(self, quantity: Quantity, index: sympy.Expr, lengths: Lengths) -> sympy.Expr:
        place = 1 - index * lengths.total * self.curvature * self.share  # x[index]/x[0]
        square = self.squared_start
        if quantity == GAP:
            return self.curvature * square * (self.share * place - self.share**2 / 2)
        if quantity == GRADIENT_SQUARED:
            return (self.curvature * self.share) ** 2 * square
        return place**2 * square

    def valid_until(self, last: sympy.Expr, lengths: Lengths) -> tuple[Relation, ...]:
        place = 1 - last * lengths.total * self.curvature * self.share
        return (
            Relation(self.curvature, ">", ZERO),
            Relation(self.share, ">", ZERO),
            Relation(lengths.total, ">=", ZERO),
            Relation(place, ">=", self.share),
        )

    def trend(self, quantity: Quantity) -> Trend:
        return Trend.CONSTANT if quantity == GRADIENT_SQUARED else Trend.DECREASING


@dataclass(frozen=True)
class Absolute(Example):
    """f(x) = m·|x|: every step moves by m·total until the minimiser is reached."""

    steepness: sympy.Expr
    squared_start: sympy.Expr

    @property
    def text(self) -> str:
        start = _text(self.squared_start)
        return f"f(x) = {_text(self.steepness)}*abs(x), x[0]**2 = {start}"

    @property
    def slope(self) -> sympy.Expr:
        return self.steepness

    def at(self, quantity: Quantity, index: sympy.Expr, lengths: Lengths) -> sympy.Expr:
        place = sympy.sqrt(self.squared_start) - index * lengths.total * self.steepness
        if quantity == GAP:
            return self.steepness * place
        return self.steepness**2 if quantity == GRADIENT_SQUARED else place**2

    def valid_until(self, last: sympy.Expr, lengths: Lengths) -> tuple[Relation, ...]:
        return (
            Relation(self.steepness, ">", ZERO),
            Relation(lengths.total, ">=", ZERO),
            Relation(sympy.sqrt(self.squared_start), ">=", last * lengths.total * self.steepness),
        )

    def trend(self, quantity: Quantity) -> Trend:
        return Trend.CONSTANT if quantity == GRADIENT_SQUARED else Trend.DECREASING


@dataclass(frozen=True)
class Coordinates(Example):
    """f(x) = m·max |x_i| in ``count`` dimensions, from a start with equal coordinates s.

    A subgradient at a point is m times the sign of any largest coordinate. The oracle answers with
    one that was not answered before, so that f stays m·s as long as one is left.
    """

    steepness: sympy.Expr
    count: sympy.Expr
    squared_start: sympy.Expr

    @property
    def text(self) -> str:
        return (
            f"f(x) = {_text(self.steepness)}*max(abs(x_i)) in {_text(self.count)} dimensions, "
            f"equal coordinates in x[0], norm(x[0])**2 = {_text(self.squared_start)}; each "
            "subgradient is along a new coordinate"
        )

    @property
    def side(self) -> sympy.Expr:
        """Each coordinate of the start."""
        return sympy.sqrt(self.squared_start / self.count)

    @property
    def slope(self) -> sympy.Expr:
        return self.steepness

    def at(self, quantity: Quantity, index: sympy.Expr, lengths: Lengths) -> sympy.Expr:
        if quantity == GAP:
            return self.steepness * self.side
        if quantity == GRADIENT_SQUARED:
            return self.steepness**2
        moved = self.side - lengths.here * self.steepness
        return (self.count - index) * self.side**2 + index * moved**2

    def valid_until(self, last: sympy.Expr, lengths: Lengths) -> tuple[Relation, ...]:
        if lengths.ahead != 0 or not is_integral(self.count):
            # no step: nothing is known of an implicit step, or of half a dimension
            return (Relation(ONE, "<=", ZERO),)
        return (
            Relation(self.steepness, ">", ZERO),
            Relation(self.count, ">=", last + 1),
            Relation(lengths.here, ">=", ZERO),
            Relation(lengths.here * self.steepness, "<=", 2 * self.side),
        )

    def trend(self, quantity: Quantity) -> Trend:
        return Trend.UNKNOWN if quantity == DISTANCE_SQUARED else Trend.CONSTANT


def _text(value: sympy.Expr) -> str:
    text = to_claim_text(tidy(value))
    return text if value.is_Atom else f"({text})"


__all__ = ["Absolute", "Coordinates", "Example", "Huber", "Lengths", "Quadratic", "Trend"]
