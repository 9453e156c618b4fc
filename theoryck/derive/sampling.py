"""Points of a domain: small rational numbers, placed between the bounds that relations set."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

import sympy

from theoryck.claims.arithmetic import Rationals, to_fraction
from theoryck.derive.domain import Domain
from theoryck.derive.values import Point, inside, value
from theoryck.errors import TheoryckError

ATTEMPTS = 120  # points that are tried; about half of them lie in a typical domain

AMOUNTS = tuple(
    Fraction(n, d)
    for n, d in ((1, 1), (2, 1), (1, 2), (3, 1), (10, 1), (1, 10), (3, 2), (1, 100), (100, 1))
)
SHARES = tuple(Fraction(n, 20) for n in (10, 2, 18, 20, 0, 5, 15, 19, 1))
COUNTS = tuple(map(Fraction, (0, 1, 2, 3, 4, 9, 6, 99)))


def sample_points(domain: Domain) -> Iterator[Point]:
    """Points of the domain, the same ones at every call.

    >>> x = sympy.Symbol("x", positive=True)
    >>> len(list(sample_points(Domain({"x": x})))) > 50
    True
    """
    generator = random.Random(0)
    limits = {symbol: tuple(_limits(symbol, domain)) for symbol in _by_dependence(domain)}
    for _ in range(ATTEMPTS):
        point: dict[sympy.Symbol, Fraction] = {}
        for symbol, others in limits.items():
            point[symbol] = _choice(symbol, others, point, generator)
        if inside(domain, point):
            yield point


def widened(points: Iterable[Point], new: Iterable[sympy.Symbol]) -> tuple[Point, ...] | None:
    """The points with values for further symbols that are not negative, such as k or a norm.

    None where a new symbol may be negative.
    """
    symbols = tuple(new)
    if not all(s.is_nonnegative for s in symbols):
        return None

    def choice(symbol: sympy.Symbol, number: int) -> Fraction:
        values = COUNTS if symbol.is_integer else AMOUNTS
        return values[number % len(values)]

    return tuple(
        {**point, **{s: choice(s, row + column) for column, s in enumerate(symbols)}}
        for row, point in enumerate(points)
    )


FAR = tuple(map(Fraction, (10, 1000, 30000)))
FAR_STARTS = 6  # points of the domain from which one whole number goes far


def trial_points(domain: Domain) -> Iterator[Point]:
    """The sample points, and further ones where one whole number is large.

    >>> n = sympy.Symbol("n", integer=True, positive=True)
    >>> max(point[n] for point in trial_points(Domain({"n": n})))
    Fraction(30000, 1)
    """
    points = list(sample_points(domain))
    yield from points
    for symbol in domain.symbols.values():
        for point in points[:FAR_STARTS] if symbol.is_integer else ():
            for amount in FAR:
                far = {**point, symbol: amount}
                if inside(domain, far):
                    yield far


def _by_dependence(domain: Domain) -> list[sympy.Symbol]:
    """Symbols in the order of how many others occur in the relations that bound them."""

    def needs(symbol: sympy.Symbol) -> tuple[int, str]:
        others = {
            other
            for relation in domain.relations
            if symbol in (relation.left, relation.right)
            for other in relation.symbols - {symbol}
        }
        compound = {
            other
            for relation in domain.relations
            if symbol in (relation.left, relation.right)
            and not (relation.left.is_Symbol and relation.right.is_Symbol)
            for other in relation.symbols - {symbol}
        }
        return (len(compound) * 10 + len(others), symbol.name)

    return sorted(domain.symbols.values(), key=needs)


@dataclass(frozen=True)
class Limit:
    """A symbol is at most, or at least, or equal to ``other``."""

    other: sympy.Expr
    needs: frozenset[sympy.Symbol]
    above: bool
    below: bool


def _limits(symbol: sympy.Symbol, domain: Domain) -> Iterator[Limit]:
    """What the domain's relations say of a symbol alone."""
    for relation in domain.known:
        for side, other, signs in (
            (relation.left, relation.right, "<"),
            (relation.right, relation.left, ">"),
        ):
            if side == symbol:
                yield Limit(
                    other,
                    frozenset(other.free_symbols),
                    relation.sign.startswith((signs, "=")),
                    not relation.sign.startswith((signs, "!")),
                )


def _choice(
    symbol: sympy.Symbol,
    limits: Sequence[Limit],
    point: dict[sympy.Symbol, Fraction],
    generator: random.Random,
) -> Fraction:
    lower, upper = _bounds(limits, point)
    if symbol.is_integer:
        if lower is not None:
            chosen = ceil(lower) + generator.choice(COUNTS)
            return chosen if upper is None else min(chosen, Fraction(floor(upper)))
        amount = generator.choice(COUNTS)
        return Fraction(floor(upper)) - amount if upper is not None else amount
    if lower is not None and upper is not None:
        return lower + generator.choice(SHARES) * (upper - lower)
    amount = generator.choice(AMOUNTS)
    if lower is not None:
        return lower + amount * generator.choice((0, 1, 1, 1))
    if upper is not None:
        return upper - amount * generator.choice((0, 1, 1, 1))
    return amount * generator.choice((1, -1, 0, 1))


def _bounds(limits: Sequence[Limit], point: Point) -> tuple[Fraction | None, Fraction | None]:
    """The bounds that relations with already chosen symbols set."""
    lower: Fraction | None = None
    upper: Fraction | None = None
    for limit in limits:
        if not limit.needs <= point.keys():
            continue
        try:
            number = to_fraction(value(limit.other, point, Rationals()))
        except (TheoryckError, ZeroDivisionError):
            continue
        if limit.above:
            upper = number if upper is None else min(upper, number)
        if limit.below:
            lower = number if lower is None else max(lower, number)
    return lower, upper
