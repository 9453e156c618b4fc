"""Explicit functions that a method can be run on without rounding.

Each has its minimum at the origin, f(0) = f* = 0, and is known by a few rational numbers. What is
said of a function (its curvature, its slopes) is established from these numbers exactly.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, ClassVar

from theoryck.algebra import NumberSystem
from theoryck.assumptions.base import Curvature
from theoryck.certificates.checker import CertificateError, is_positive_semidefinite
from theoryck.claims.arithmetic import Rationals

Entries = tuple[Any, ...]
MAX_DIMENSION = 12  # of a quadratic, whose definiteness is decided by elimination
MAX_ENTRIES = 40_000  # numbers of one function
MAX_VERTICES = 100


class ExplicitFunction(ABC):
    """f on R^d with f(0) = 0 = min f. Points are tuples of elements of a number system."""

    family: ClassVar[str]
    quadratic: ClassVar[bool] = False

    @property
    @abstractmethod
    def dimension(self) -> int:
        """The dimension d."""

    @property
    def cost(self) -> int:
        """About how many multiplications of numbers as long as x's one question takes."""
        return self.dimension**2

    @abstractmethod
    def describe(self) -> str:
        """A few words for a reader."""

    @abstractmethod
    def value(self, x: Entries, numbers: NumberSystem) -> Any:
        """f(x)."""

    @abstractmethod
    def gradient(self, x: Entries, numbers: NumberSystem) -> Entries:
        """∇f(x); at a kink a subgradient, always the same at the same point."""

    @abstractmethod
    def within(self, bounds: Curvature, numbers: NumberSystem) -> bool:
        """Whether f surely has these bounds on its curvature and its (sub)gradients."""

    @abstractmethod
    def data(self) -> dict[str, Any]:
        """The numbers of the function as JSON data; :func:`read_function` is the way home."""

    @abstractmethod
    def scaled(self, factor: Fraction) -> ExplicitFunction:
        """factor²·f(x/factor): the same curvature at another scale."""

    def dominates(self, modulus: Any, numbers: NumberSystem) -> bool:
        """Whether surely ‖∇f(x)‖² ≥ modulus·(f(x) − f*) for every x.

        Curvature from below gives it with twice that (Karimi, Nutini and Schmidt 2016).
        """
        return self.within(Curvature(lower=modulus / 2), numbers)

    def prox(self, x: Entries, step: Any, numbers: NumberSystem) -> Entries | None:
        """argmin_u f(u) + ‖u − x‖²/(2 step) for step > 0; None where it is not known."""
        return None

    def line_minimum(self, x: Entries, direction: Entries, numbers: NumberSystem) -> Entries | None:
        """A minimiser of f on the line through x; None where it is not known."""
        return None


@dataclass(frozen=True)
class Quadratic(ExplicitFunction):
    """f(x) = ½⟨x, Qx⟩ with Q symmetric and positive semidefinite.

    >>> from theoryck.algebra import Fractions
    >>> f = Quadratic(((Fraction(1), Fraction(0)), (Fraction(0), Fraction(4))))
    >>> f.value((Fraction(1), Fraction(1)), Fractions())
    Fraction(5, 2)
    >>> f.within(Curvature(lower=Fraction(1), upper=Fraction(4)), Fractions())
    True
    """

    matrix: tuple[tuple[Fraction, ...], ...]
    family: ClassVar[str] = "quadratic"
    quadratic: ClassVar[bool] = True

    def __post_init__(self) -> None:
        n = len(self.matrix)
        if not 1 <= n <= MAX_DIMENSION or any(len(row) != n for row in self.matrix):
            raise CertificateError(f"a square matrix of order 1 to {MAX_DIMENSION} expected")
        if any(self.matrix[i][j] != self.matrix[j][i] for i in range(n) for j in range(i)):
            raise CertificateError("the matrix of a quadratic must be symmetric")
        if not self.within(Curvature(lower=0), Rationals()):
            raise CertificateError("the quadratic is not bounded below: its matrix is indefinite")

    @property
    def dimension(self) -> int:
        return len(self.matrix)

    def describe(self) -> str:
        return "a quadratic"

    def value(self, x: Entries, numbers: NumberSystem) -> Any:
        return _dot(x, self.gradient(x, numbers), numbers) / numbers.integer(2)

    def gradient(self, x: Entries, numbers: NumberSystem) -> Entries:
        return tuple(_combination(row, x, numbers) for row in self.matrix)

    def within(self, bounds: Curvature, numbers: NumberSystem) -> bool:
        def definite(shift: Any, sign: int) -> bool:
            # sign·(Q − shift·I) ⪰ 0
            return is_positive_semidefinite(
                [
                    [
                        sign * (numbers.rational(entry) - shift)
                        if i == j
                        else numbers.rational(sign * entry)
                        for j, entry in enumerate(row)
                    ]
                    for i, row in enumerate(self.matrix)
                ],
                numbers,
            )

        if bounds.gradient is not None and any(entry for row in self.matrix for entry in row):
            return False
        return (bounds.lower is None or definite(bounds.lower, 1)) and (
            bounds.upper is None or definite(bounds.upper, -1)
        )

    def dominates(self, modulus: Any, numbers: NumberSystem) -> bool:
        # ‖Qx‖² ≥ modulus·½⟨x, Qx⟩; Q may be singular, as in ½x² on the plane
        q = [[numbers.rational(entry) for entry in row] for row in self.matrix]
        rest = [
            [
                _dot(tuple(left), tuple(right), numbers) - left[j] * modulus / 2
                for j, right in enumerate(q)
            ]
            for left in q
        ]
        return is_positive_semidefinite(rest, numbers)

    def prox(self, x: Entries, step: Any, numbers: NumberSystem) -> Entries:
        rows = [
            [step * numbers.rational(entry) + (1 if i == j else 0) for j, entry in enumerate(row)]
            + [x[i]]
            for i, row in enumerate(self.matrix)
        ]
        return _solved(rows)

    def line_minimum(self, x: Entries, direction: Entries, numbers: NumberSystem) -> Entries:
        # ∇f is linear, and f is constant along a direction without curvature
        curvature = _dot(direction, self.gradient(direction, numbers), numbers)
        if numbers.sign(curvature) == 0:
            return x
        length = _dot(direction, self.gradient(x, numbers), numbers) / curvature
        return tuple(t - length * d for t, d in zip(x, direction, strict=True))

    def data(self) -> dict[str, Any]:
        return {"family": self.family, "matrix": [[str(e) for e in row] for row in self.matrix]}

    def scaled(self, factor: Fraction) -> Quadratic:
        return self


def _solved(rows: list[list[Any]]) -> Entries:
    """The solution of a positive definite system, right-hand sides in the last column."""
    n = len(rows)
    for i in range(n):
        for j in range(i + 1, n):
            factor = rows[j][i] / rows[i][i]
            rows[j] = [b - factor * a for a, b in zip(rows[i], rows[j], strict=True)]
    solution: list[Any] = [None] * n
    for i in reversed(range(n)):
        known = rows[i][n]
        for j in range(i + 1, n):
            known = known - rows[i][j] * solution[j]
        solution[i] = known / rows[i][i]
    return tuple(solution)


@dataclass(frozen=True)
class LargestPiece(ExplicitFunction):
    """f(x) = max_i ⟨a_i, x⟩ + b_i with max b_i = 0, the worst case of subgradient methods.

    ``weights`` show that 0 is a minimiser: non-negative, of sum 1, zero where b_i < 0, with
    Σ w_i a_i = 0, so that 0 is a subgradient there. At a kink the first piece on top answers.
    """

    slopes: tuple[tuple[Fraction, ...], ...]
    offsets: tuple[Fraction, ...]
    weights: tuple[Fraction, ...]
    family: ClassVar[str] = "largest piece"

    def __post_init__(self) -> None:
        count, size = len(self.slopes), len(self.slopes[0]) if self.slopes else 0
        if count < 1 or size < 1 or any(len(row) != size for row in self.slopes):
            raise CertificateError("at least one piece expected, with slopes of one dimension")
        if not count == len(self.offsets) == len(self.weights):
            raise CertificateError("as many offsets and weights as pieces expected")
        if max(self.offsets) != 0:
            raise CertificateError("the largest offset must be 0: f(0) = 0")
        if min(self.weights) < 0 or sum(self.weights) != 1:
            raise CertificateError("the weights must be non-negative numbers of sum 1")
        if any(w and b for w, b in zip(self.weights, self.offsets, strict=True)):
            raise CertificateError("a weight on a piece that is below f at 0")
        rows = range(size)
        if any(sum(w * a[k] for w, a in zip(self.weights, self.slopes, strict=True)) for k in rows):
            raise CertificateError("the weighted slopes do not sum to 0: 0 need not be a minimiser")

    @property
    def dimension(self) -> int:
        return len(self.slopes[0])

    @property
    def cost(self) -> int:
        return sum(1 for slope in self.slopes for entry in slope if entry)

    def describe(self) -> str:
        return f"the largest of {len(self.slopes)} affine functions"

    def _heights(self, x: Entries, numbers: NumberSystem) -> list[Any]:
        return [
            _combination(slope, x, numbers) + numbers.rational(offset)
            for slope, offset in zip(self.slopes, self.offsets, strict=True)
        ]

    def value(self, x: Entries, numbers: NumberSystem) -> Any:
        return numbers.function("max", *self._heights(x, numbers))

    def gradient(self, x: Entries, numbers: NumberSystem) -> Entries:
        heights = self._heights(x, numbers)
        best = 0
        for i in range(1, len(heights)):
            if numbers.sign(heights[i] - heights[best]) > 0:
                best = i
        return tuple(numbers.rational(entry) for entry in self.slopes[best])

    def within(self, bounds: Curvature, numbers: NumberSystem) -> bool:
        if bounds.upper is not None:
            return False
        if bounds.lower is not None and numbers.sign(bounds.lower) > 0:
            return False
        if bounds.gradient is None:
            return True
        if numbers.sign(bounds.gradient) < 0:
            return False
        longest = max(sum((e * e for e in slope), Fraction(0)) for slope in self.slopes)
        return numbers.sign(bounds.gradient * bounds.gradient - numbers.rational(longest)) >= 0

    def dominates(self, modulus: Any, numbers: NumberSystem) -> bool:
        return False

    def data(self) -> dict[str, Any]:
        return {
            "family": self.family,
            "slopes": [[str(e) for e in slope] for slope in self.slopes],
            "offsets": [str(b) for b in self.offsets],
            "weights": [str(w) for w in self.weights],
        }

    def scaled(self, factor: Fraction) -> LargestPiece:
        slopes = tuple(tuple(factor * e for e in slope) for slope in self.slopes)
        return LargestPiece(slopes, tuple(factor**2 * b for b in self.offsets), self.weights)


@dataclass(frozen=True)
class AwayFromPolygon(ExplicitFunction):
    """f(x) = (L/2)‖x‖² − ((L − μ)/2)·dist(x, C)² on the plane, C a convex polygon around 0.

    ½dist² is convex and 1-smooth, so f is in F_{μ,L}. Its gradient μx + (L − μ)P(x), P the
    projection on C, makes heavy ball cycle (Goujaud, Taylor and Dieuleveut 2023, Section 3).
    ``vertices`` go around counter-clockwise.
    """

    lower: Fraction
    upper: Fraction
    vertices: tuple[tuple[Fraction, Fraction], ...]
    family: ClassVar[str] = "away from a polygon"

    def __post_init__(self) -> None:
        if not 0 <= self.lower <= self.upper or self.upper <= 0:
            raise CertificateError("0 <= mu <= L and L > 0 expected")
        if not 3 <= len(self.vertices) <= MAX_VERTICES:
            raise CertificateError(f"a polygon of 3 to {MAX_VERTICES} vertices expected")
        for a, b in self._edges:
            if _side(a, b, (Fraction(0), Fraction(0))) < 0:
                raise CertificateError("0 is outside of the polygon, or it goes around clockwise")
            if a == b or any(_side(a, b, v) <= 0 for v in self.vertices if v not in (a, b)):
                raise CertificateError("the polygon is not strictly convex")

    @cached_property
    def _edges(self) -> tuple[tuple[Any, Any], ...]:
        return tuple(zip(self.vertices, (*self.vertices[1:], self.vertices[0]), strict=True))

    @property
    def dimension(self) -> int:
        return 2

    @property
    def cost(self) -> int:
        return 4 * len(self.vertices)

    def describe(self) -> str:
        return (
            "the function (L/2)*norm(x)**2 - ((L - mu)/2)*dist(x, C)**2 of a polygon C with "
            f"{len(self.vertices)} vertices"
        )

    def projection(self, x: Entries, numbers: NumberSystem) -> Entries:
        """The point of the polygon nearest to x."""
        inside = True
        for a, b in self._edges:
            ax, ay, bx, by = (numbers.rational(t) for t in (*a, *b))
            ex, ey, dx, dy = bx - ax, by - ay, x[0] - ax, x[1] - ay
            if numbers.sign(ex * dy - ey * dx) >= 0:
                continue  # x is on the inner side of this edge
            inside = False
            along = ex * dx + ey * dy
            whole = ex * ex + ey * ey
            if numbers.sign(along) >= 0 and numbers.sign(along - whole) <= 0:
                return ax + ex * (along / whole), ay + ey * (along / whole)
        return x if inside else self._corner(x, numbers)

    def _corner(self, x: Entries, numbers: NumberSystem) -> Entries:
        """The projection of a point outside that no edge is nearest to: a vertex."""
        before = (self._edges[-1], *self._edges[:-1])
        for (a, b), (c, _) in zip(self._edges, before, strict=True):
            ax, ay = (numbers.rational(t) for t in a)
            bx, by = (numbers.rational(t) for t in b)
            cx, cy = (numbers.rational(t) for t in c)
            dx, dy = x[0] - ax, x[1] - ay
            # x − a is in the normal cone at a: both edges at a lead away from x
            ahead = dx * (bx - ax) + dy * (by - ay)
            back = dx * (cx - ax) + dy * (cy - ay)
            if numbers.sign(ahead) <= 0 and numbers.sign(back) <= 0:
                return ax, ay
        raise CertificateError("the projection on the polygon was not found")

    def value(self, x: Entries, numbers: NumberSystem) -> Any:
        away = tuple(a - b for a, b in zip(x, self.projection(x, numbers), strict=True))
        upper, bend = numbers.rational(self.upper), numbers.rational(self.upper - self.lower)
        two = numbers.integer(2)
        return upper / two * _dot(x, x, numbers) - bend / two * _dot(away, away, numbers)

    def gradient(self, x: Entries, numbers: NumberSystem) -> Entries:
        lower, bend = numbers.rational(self.lower), numbers.rational(self.upper - self.lower)
        near = self.projection(x, numbers)
        return tuple(lower * a + bend * b for a, b in zip(x, near, strict=True))

    def within(self, bounds: Curvature, numbers: NumberSystem) -> bool:
        if bounds.gradient is not None:
            return False
        lower, upper = numbers.rational(self.lower), numbers.rational(self.upper)
        return (bounds.lower is None or numbers.sign(lower - bounds.lower) >= 0) and (
            bounds.upper is None or numbers.sign(bounds.upper - upper) >= 0
        )

    def data(self) -> dict[str, Any]:
        return {
            "family": self.family,
            "lower": str(self.lower),
            "upper": str(self.upper),
            "vertices": [[str(t) for t in vertex] for vertex in self.vertices],
        }

    def scaled(self, factor: Fraction) -> AwayFromPolygon:
        vertices = tuple((factor * a, factor * b) for a, b in self.vertices)
        return AwayFromPolygon(self.lower, self.upper, vertices)


def _side(a: Sequence[Fraction], b: Sequence[Fraction], x: Sequence[Fraction]) -> Fraction:
    """Positive where x is to the left of the line from a to b."""
    return (b[0] - a[0]) * (x[1] - a[1]) - (b[1] - a[1]) * (x[0] - a[0])


def _dot(x: Entries, y: Entries, numbers: NumberSystem) -> Any:
    total = numbers.integer(0)
    for a, b in zip(x, y, strict=True):
        total = total + a * b
    return total


def _combination(row: Sequence[Fraction], x: Entries, numbers: NumberSystem) -> Any:
    total = numbers.integer(0)
    for a, t in zip(row, x, strict=True):
        if a:
            total = total + numbers.rational(a) * t
    return total
