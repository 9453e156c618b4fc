"""What a step of a derivation may say: typed, symbolic, comparable.

One-step statements speak about x[k] and x[k+1] for every k; they are affine in *quantities*, with
coefficients that are expressions in the claim's parameters. Bounds speak about a whole run.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

import sympy

from theoryck.derive.exact import equal, whole_cases
from theoryck.derive.printing import shows_minus, tidy, to_claim_text
from theoryck.derive.symbols import ONE, ZERO


def point_name(at: int) -> str:
    """The iterate ``at`` steps after x[k]."""
    return f"x[k+{at}]" if at else "x[k]"


class Direction(StrEnum):
    """The vectors that inner products are taken of."""

    FROM_MINIMISER = "x - x_star"
    GRADIENT = "gradient"
    NOISE = "noise"


@dataclass(frozen=True, order=True)
class Arrow:
    """A vector of one step: x − x*, the gradient there, or a deviation g − ∇f(x) (numbered)."""

    direction: Direction
    at: int = 0
    number: int = 0

    def __str__(self) -> str:
        x = point_name(self.at)
        match self.direction:
            case Direction.FROM_MINIMISER:
                return f"{x} - x_star"
            case Direction.GRADIENT:
                return f"∇f({x})"
        return f"e{self.number or ''}[k]"


@dataclass(frozen=True, order=True)
class Gap:
    """f(x) − f*, never negative."""

    at: int = 0

    def __str__(self) -> str:
        return f"(f({point_name(self.at)}) - f*)"


@dataclass(frozen=True, order=True)
class Inner:
    """An inner product of two arrows, or the square of a norm."""

    left: Arrow
    right: Arrow

    def __str__(self) -> str:
        return f"‖{self.left}‖²" if self.left == self.right else f"⟨{self.left}, {self.right}⟩"

    @property
    def at(self) -> int:
        """The latest iterate that occurs."""
        return max(self.left.at, self.right.at)


Quantity = Gap | Inner


def inner(u: Arrow, v: Arrow) -> Inner:
    """⟨u, v⟩ in its one canonical order."""
    return Inner(min(u, v), max(u, v))


def is_nonnegative(quantity: Quantity) -> bool:
    """Whether the quantity cannot be negative by what it is: a gap or a squared norm."""
    return isinstance(quantity, Gap) or quantity.left == quantity.right


def shifted(quantity: Quantity, by: int = 1) -> Quantity:
    """The same quantity at a later iterate."""
    if isinstance(quantity, Gap):
        return Gap(quantity.at + by)

    def move(arrow: Arrow) -> Arrow:
        return Arrow(arrow.direction, arrow.at + by, arrow.number)

    return inner(move(quantity.left), move(quantity.right))


MINIMISER_DISTANCE = Arrow(Direction.FROM_MINIMISER)
GRADIENT = Arrow(Direction.GRADIENT)
DISTANCE_SQUARED = inner(MINIMISER_DISTANCE, MINIMISER_DISTANCE)
GRADIENT_SQUARED = inner(GRADIENT, GRADIENT)
ALIGNMENT = inner(MINIMISER_DISTANCE, GRADIENT)
GAP, NEXT_GAP = Gap(), Gap(1)


@dataclass(frozen=True)
class Affine:
    """``sum(coefficient * quantity) + constant``, without zero coefficients, in a fixed order."""

    terms: tuple[tuple[Quantity, sympy.Expr], ...]
    constant: sympy.Expr

    def __getitem__(self, quantity: Quantity) -> sympy.Expr:
        return dict(self.terms).get(quantity, ZERO)

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """The quantities that occur."""
        return tuple(quantity for quantity, _ in self.terms)

    def plus(self, other: Affine, factor: sympy.Expr = ONE) -> Affine:
        """``self + factor*other``."""
        total = dict(self.terms)
        for quantity, coefficient in other.terms:
            total[quantity] = total.get(quantity, ZERO) + factor * coefficient
        return affine(total, self.constant + factor * other.constant)

    def times(self, factor: sympy.Expr) -> Affine:
        """``factor*self``."""
        return affine({}, ZERO).plus(self, factor)

    def same_as(self, other: Affine) -> bool:
        """Equality by exact algebra, coefficient by coefficient."""
        everything = {*self.quantities, *other.quantities}
        return equal(self.constant, other.constant) and all(
            equal(self[quantity], other[quantity]) for quantity in everything
        )


def _rank(quantity: Quantity) -> tuple[int, int, str]:
    return (-quantity.at, 0 if isinstance(quantity, Gap) else 1, str(quantity))


def affine(terms: Mapping[Quantity, sympy.Expr], constant: sympy.Expr = ZERO) -> Affine:
    """An affine form; coefficients are put in canonical form, and zeros dropped.

    >>> gamma = sympy.Symbol("gamma", positive=True)
    >>> affine({GAP: gamma - gamma, GRADIENT_SQUARED: gamma}).quantities == (GRADIENT_SQUARED,)
    True
    """
    canonical = {quantity: normal(c) for quantity, c in terms.items()}
    kept = [(quantity, c) for quantity, c in canonical.items() if c != 0]
    return Affine(tuple(sorted(kept, key=lambda term: _rank(term[0]))), normal(constant))


def unexpanded(terms: Mapping[Quantity, sympy.Expr]) -> Affine:
    """An affine form with its coefficients as they are written.

    Powers with a symbolic exponent do not survive SymPy's expansion: ``(1 - a/b)**k`` is split.
    """
    kept = [(quantity, c) for quantity, c in terms.items() if c != 0]
    return Affine(tuple(sorted(kept, key=lambda term: _rank(term[0]))), ZERO)


def normal(expr: sympy.Expr) -> sympy.Expr:
    """A canonical form in which sums that cancel are zero; roots of parameters are kept."""
    if expr.is_number and expr.is_Rational:
        return expr
    expanded = whole_cases(sympy.expand, expr)
    if expanded == 0:
        return ZERO
    # a sum over different denominators can vanish without expand seeing it
    return ZERO if isinstance(expanded, sympy.Add) and equal(expanded, ZERO) else expanded


class Statement(ABC):
    """A line of a derivation; its text is what is printed."""

    @abstractmethod
    def same_as(self, other: object) -> bool:
        """Whether the other says the same, by exact algebra."""

    @abstractmethod
    def __str__(self) -> str: ...


@dataclass(frozen=True)
class OneStep(Statement):
    """``form <= 0`` or ``form == 0`` for every k; ``expected``: quantities stand in E(·)."""

    form: Affine
    relation: str
    expected: bool = False

    def same_as(self, other: object) -> bool:
        """The same relation between exactly equal forms."""
        return (
            isinstance(other, OneStep)
            and (self.relation, self.expected) == (other.relation, other.expected)
            and self.form.same_as(other.form)
        )

    def __str__(self) -> str:
        terms = list(self.form.terms)
        leading = next((i for i, (_, c) in enumerate(terms) if c == 1), None)
        if leading is None:
            leading = next((i for i, (_, c) in enumerate(terms) if c == -1), None)
            if leading is None:
                return f"{self._sum(terms, self.form.constant)} {self.relation} 0"
            quantity, _ = terms.pop(leading)
            flipped = {"<=": ">=", "==": "=="}[self.relation]
            return f"{self._name(quantity)} {flipped} {self._sum(terms, self.form.constant)}"
        quantity, _ = terms.pop(leading)
        opposite = [(q, -c) for q, c in terms]
        return f"{self._name(quantity)} {self.relation} {self._sum(opposite, -self.form.constant)}"

    def _name(self, quantity: Quantity) -> str:
        return f"E{quantity}" if self.expected else str(quantity).strip("()")

    def _sum(self, terms: list[tuple[Quantity, sympy.Expr]], constant: sympy.Expr) -> str:
        named = {(f"E{q}" if self.expected else str(q)): coefficient for q, coefficient in terms}
        return linear_text(named, constant)


def linear_text(terms: Mapping[str, sympy.Expr], constant: sympy.Expr = ZERO) -> str:
    """A sum of named terms as readable text."""
    text = ""
    for name, coefficient in (*terms.items(), ("", constant)):
        if coefficient == 0:
            continue
        short = tidy(coefficient)
        negative = shows_minus(short)
        shown = to_claim_text(tidy(-short) if negative else short)
        if not name:
            factor = shown
        elif shown == "1":
            factor = name
        else:
            factor = f"({shown})*{name}" if _is_sum(shown) else f"{shown}*{name}"
        sign = (" - " if negative else " + ") if text else ("-" if negative else "")
        if not name and negative and _is_sum(shown):
            factor = f"({factor})"
        text += sign + factor
    return text or "0"


def _is_sum(text: str) -> bool:
    depth = 0
    for index, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if depth == 0 and index and character in "+-" and text[index - 1] == " ":
            return True
    return False


@dataclass(frozen=True)
class Displacement(Statement):
    """``x[k+1] - x[k] = sum(coefficient * arrow)``."""

    terms: tuple[tuple[Arrow, sympy.Expr], ...]

    def same_as(self, other: object) -> bool:
        """Exactly equal coefficients."""
        if not isinstance(other, Displacement):
            return False
        ours, theirs = dict(self.terms), dict(other.terms)
        return all(equal(ours.get(a, ZERO), theirs.get(a, ZERO)) for a in {*ours, *theirs})

    def __str__(self) -> str:
        return f"x[k+1] - x[k] = {linear_text({str(a): c for a, c in self.terms})}"


class Aggregate(StrEnum):
    """How a quantity's values over the run become one number."""

    LAST = "last"
    MIN = "min"
    MEAN = "mean"
    SUM = "sum"
    AVERAGE = "value at the average point"
    SQUARED_MEAN = "square of the mean"  # of norms: (mean ‖v‖)²


@dataclass(frozen=True)
class Measured:
    """A quantity along the run: at index ``upper`` (LAST), or over ``lower..upper``.

    ``root``: the square root of the quantity, a norm. ``expected``: E of each value inside.
    """

    quantity: Quantity
    aggregate: Aggregate
    lower: sympy.Expr
    upper: sympy.Expr
    root: bool = False
    expected: bool = False

    def __str__(self) -> str:
        index = to_claim_text(self.upper) if self.aggregate is Aggregate.LAST else "k"
        body = str(self.quantity).replace("x[k]", f"x[{index}]")
        if self.root:
            body = body.removesuffix("²")
        if self.expected:
            body = f"E{body}"
        elif self.aggregate is Aggregate.LAST:
            body = body.removeprefix("(").removesuffix(")") if body.startswith("(f") else body
        if self.aggregate is Aggregate.LAST:
            return body
        ends = f"k={to_claim_text(self.lower)}..{to_claim_text(self.upper)}"
        return f"{self.aggregate.value} over {ends} of {body}"


@dataclass(frozen=True)
class Bound(Statement):
    """``measured <= bound`` for every function of the class and every parameter value."""

    measured: Measured
    bound: sympy.Expr

    def same_as(self, other: object) -> bool:
        """The same measured quantity and exactly equal bounds."""
        return (
            isinstance(other, Bound)
            and self.measured == other.measured
            and equal(self.bound, other.bound)
        )

    def __str__(self) -> str:
        return f"{self.measured} <= {to_claim_text(tidy(self.bound))}"


@dataclass(frozen=True)
class ClaimedBound(Statement):
    """The claim's own statement, as its text reads."""

    text: str
    derived: sympy.Expr
    claimed: sympy.Expr

    def same_as(self, other: object) -> bool:
        """The same text and exactly equal sides."""
        return (
            isinstance(other, ClaimedBound)
            and self.text == other.text
            and equal(self.derived, other.derived)
            and equal(self.claimed, other.claimed)
        )

    def __str__(self) -> str:
        return self.text


def total(forms: Iterable[tuple[Affine, sympy.Expr]]) -> Affine:
    """The combination ``sum(factor * form)``."""
    result = affine({}, ZERO)
    for form, factor in forms:
        result = result.plus(form, factor)
    return result
