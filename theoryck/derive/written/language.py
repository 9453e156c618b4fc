"""From the formulas of a written derivation to expressions in named symbols.

A vector is written by one coordinate. ``sum(...)`` over the coordinates, f and its gradient at a
point, the expectation, and sums over an index are symbols, one for each content in canonical
form; of every symbol it is known which indices it depends on and when its randomness is drawn.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import comb

import sympy

from theoryck.claims.derivations import Written
from theoryck.derive.setting import F_STAR, START_GAP, Setting
from theoryck.derive.symbols import ONE, ZERO, Reader
from theoryck.derive.written.tracing import Tracer
from theoryck.errors import TheoryckError

MAX_SIZE = 3000  # operations of one expression
TAME = ("smooth", "l0_l1_smooth", "convex", "strongly_convex", "weakly_convex", "lipschitz")


class LineError(TheoryckError, ValueError):
    """Why a line is not accepted; the message completes "line ... is not accepted: ..."."""


@dataclass(frozen=True)
class Drawn:
    """When randomness enters: the state at ``index``, or what is drawn in the step from it."""

    index: sympy.Expr
    in_step: bool


@dataclass(frozen=True)
class About:
    """What is known of a symbol: a coordinate or not, its indices, its randomness, its degree.

    ``degree`` counts the stochastic gradients in it, each of which has second moments only.
    """

    coordinate: bool = False
    indices: frozenset[sympy.Symbol] = frozenset()
    drawn: frozenset[Drawn] = frozenset()
    degree: sympy.Expr = ZERO


@dataclass(frozen=True)
class TracedAt:
    """The state after a step, in terms of the state before it."""

    after: tuple[sympy.Expr, ...]
    tracer: Tracer


@dataclass
class Language:
    """Reads the formulas of one derivation; keeps what is known of the symbols."""

    setting: Setting
    written: Written
    random: bool
    about: dict[sympy.Symbol, About] = field(default_factory=dict)
    traced: dict[sympy.Expr, TracedAt] = field(default_factory=dict)
    start: tuple[sympy.Expr, ...] = ()
    constrained: bool = True
    vectors: frozenset[int] = frozenset()
    nonnegative: frozenset[int] = frozenset()
    degrees: Mapping[int, sympy.Expr] = field(default_factory=dict)
    draw_degree: sympy.Expr = sympy.oo

    # symbols

    def symbol(
        self,
        name: str,
        made_of: Iterable[sympy.Expr] = (),
        *,
        nonnegative: bool = False,
        without: sympy.Symbol | None = None,
        more: About | None = None,
    ) -> sympy.Symbol:
        """The symbol of a content, which inherits what is known of its parts."""
        parts = [self.about[s] for e in made_of for s in e.free_symbols if s in self.about]
        own = more or About()
        known = About(
            own.coordinate,
            frozenset().union(own.indices, *(p.indices for p in parts)) - {without},
            frozenset().union(own.drawn, *(p.drawn for p in parts)),
            own.degree,
        )
        made = sympy.Symbol(name, **({"nonnegative": True} if nonnegative else {"real": True}))
        self.about[made] = known
        return made

    def index(self, name: str) -> sympy.Symbol:
        """The symbol of an index."""
        made = sympy.Symbol(name, integer=True, nonnegative=True)
        self.about[made] = About(indices=frozenset({made}))
        return made

    def is_coordinate(self, expr: sympy.Expr) -> bool:
        """Whether it is the coordinate of a vector."""
        return any(self.about[s].coordinate for s in expr.free_symbols if s in self.about)

    def is_random(self, expr: sympy.Expr) -> bool:
        """Whether it depends on what is drawn."""
        return any(self.about[s].drawn for s in expr.free_symbols if s in self.about)

    def drawn(self, expr: sympy.Expr) -> frozenset[Drawn]:
        """When the randomness in it is drawn."""
        known = (self.about[s].drawn for s in expr.free_symbols if s in self.about)
        return frozenset().union(*known)

    def indices_of(self, expr: sympy.Expr) -> frozenset[sympy.Symbol]:
        """The indices that it depends on."""
        known = (self.about[s].indices for s in expr.free_symbols if s in self.about)
        return frozenset().union(*known)

    # points, sums over coordinates

    def point(self, expr: sympy.Expr) -> sympy.Expr:
        """A vector in canonical form, so that equal points are one."""
        return sympy.Add(*(c * v for v, c in self._collected(expr).items()))

    def _collected(self, expr: sympy.Expr) -> Mapping[sympy.Expr, sympy.Expr]:
        """The products of coordinates in a vector with their factors, none of them zero."""
        terms: dict[sympy.Expr, sympy.Expr] = {}
        for factor, vector in self._split(expr):
            terms[vector] = terms.get(vector, ZERO) + factor
        kept = {v: c for v, c in ((v, sympy.cancel(c)) for v, c in terms.items()) if c != 0}
        if ONE in kept:
            raise LineError(f"{expr} adds a scalar to a vector")
        return kept

    def _split(self, expr: sympy.Expr) -> Iterable[tuple[sympy.Expr, sympy.Expr]]:
        """The terms of an expression, each as (scalar factor, product of coordinates)."""
        bounded(expr)
        for term in sympy.Add.make_args(expand(expr)):
            scalar, vector = ONE, ONE
            for part in sympy.Mul.make_args(term):
                if self.is_coordinate(part):
                    vector *= part
                else:
                    scalar *= part
            yield scalar, vector

    def total(self, expr: sympy.Expr) -> sympy.Expr:
        """The sum over the coordinates: dot and norm are made of it."""
        result = ZERO
        for scalar, vector in self._split(expr):
            if scalar == 0:
                continue
            if vector == 1:
                dimension = self.setting.constant("dimension", "d")
                if dimension is None:
                    raise LineError("a sum of scalars over the coordinates needs dimension(d)")
                result += scalar * dimension
                continue
            nonnegative = bool(vector.is_nonnegative)
            more = About(degree=self.degree(vector))
            result += scalar * self.symbol(
                f"sum({vector})", [vector], nonnegative=nonnegative, more=more
            )
        return result

    def value(self, point: sympy.Expr) -> sympy.Expr:
        """f at a point."""
        point = self._vector(point)
        if point == self.minimiser:
            return F_STAR
        if str(point) == "x[0]" and not self.constrained:
            return START_GAP + F_STAR
        return self.symbol(f"f({point})", [point], more=About(degree=self._of_f(point)))

    def gradient(self, point: sympy.Expr) -> sympy.Expr:
        """The (sub)gradient at a point."""
        point = self._vector(point)
        if point == self.minimiser and self.smooth_minimum:
            return ZERO
        more = About(coordinate=True, degree=self._of_f(point))
        return self.symbol(f"grad({point})", [point], more=more)

    def _vector(self, point: sympy.Expr) -> sympy.Expr:
        point = self.point(point)
        if not self.is_coordinate(point):
            raise LineError(f"f or its gradient at {point}, which is no point")
        return point

    def _of_f(self, point: sympy.Expr) -> sympy.Expr:
        # such functions and their gradients are bounded on bounded sets
        tame = any(self.setting.assumes(name) for name in TAME)
        return ZERO if tame and self.degree(point) == 0 else sympy.oo

    @property
    def minimiser(self) -> sympy.Symbol:
        """x_star."""
        return self.symbol("x_star", more=About(coordinate=True))

    @property
    def smooth_minimum(self) -> bool:
        """Whether the gradient vanishes at x_star: f is differentiable, and nothing constrains."""
        return self.setting.assumes("smooth") and not self.constrained

    def norm(self, vector: sympy.Expr) -> sympy.Expr:
        """The length of a vector, its scalar factor in front."""
        terms = self._collected(vector)
        if not terms:
            return ZERO
        factor = terms[min(terms, key=str)]
        shares = {v: sympy.cancel(c / factor) for v, c in terms.items()}
        if not (factor.is_nonzero or all(c.is_number for c in shares.values())):
            # where the factor vanishes the other terms need not
            factor, shares = ONE, dict(terms)
        unit = sympy.Add(*(c * v for v, c in shares.items()))
        square = self.total(unit**2)
        size = sympy.Abs(factor)
        if square.is_Symbol:
            return size * sympy.sqrt(square)
        return size * self.symbol(
            f"norm({unit})", [unit], nonnegative=True, more=About(degree=self.degree(unit))
        )

    # the state

    def entry(self, position: int, index: sympy.Expr) -> sympy.Expr:
        """An entry of the state at an index."""
        if index == 0 and self.start:
            return self.start[position]
        own = About(
            position in self.vectors,
            frozenset(index.free_symbols),
            frozenset({Drawn(index, False)}) if self.random else frozenset(),
            self.degrees.get(position, ZERO) if self.random else ZERO,
        )
        name = f"{self.written.state[position]}[{index}]"
        return self.symbol(name, [index], nonnegative=position in self.nonnegative, more=own)

    def step(self, index: sympy.Expr) -> TracedAt:
        """The step from the state at an index."""
        if index not in self.traced:
            use = self.setting.claim.method
            tracer = self.tracer(index)
            reader = Reader({**self.setting.domain.symbols, "k": index})
            try:
                arguments = {n: tracer.term(reader.read(v)) for n, v in use.arguments.items()}
                entries = tuple(
                    tracer.term(self.entry(i, index)) for i in range(len(self.written.state))
                )
                before = entries if len(entries) > 1 else entries[0]
                state = use.method.step(before, tracer, tracer.term(index), arguments)
            except LineError:
                raise
            except TheoryckError as error:
                raise LineError(f"the step of {use.method.name} is not traced: {error}") from error
            after = state if isinstance(state, tuple) else (state,)
            projected = {p.symbol: None for p in tracer.projections}
            plain = tuple(tracer.term(entry).expression for entry in after)
            if any(set(e.free_symbols) & projected.keys() and e not in projected for e in plain):
                raise LineError("a projected point that is no entry of the state")
            self.traced[index] = TracedAt(plain, tracer)
        return self.traced[index]

    def tracer(self, index: sympy.Expr) -> Tracer:
        return Tracer(
            self.gradient,
            lambda number: self.draw(number, index),
            lambda number: self.symbol(
                f"projection {number} at {index}", [index], more=About(coordinate=True)
            ),
            self.total,
        )

    def draw(self, number: int, index: sympy.Expr) -> sympy.Symbol:
        """The n-th stochastic gradient of the step from an index."""
        if number >= len(self.written.draws):
            raise LineError("the method draws stochastic gradients that the derivation names not")
        own = About(
            True,
            frozenset(index.free_symbols),
            frozenset({Drawn(index, True)}) if self.random else frozenset(),
            self.draw_degree if self.random else ZERO,
        )
        return self.symbol(f"{self.written.draws[number]}[{index}]", [index], more=own)

    # how large it may be

    def degree(self, expr: sympy.Expr) -> sympy.Expr:
        """How many factors without bound a random expression has, oo where that is not known."""
        if not self.is_random(expr):
            return ZERO
        match expr:
            case sympy.Symbol():
                return self.about[expr].degree
            case sympy.Add() | sympy.Max() | sympy.Min():
                return sympy.Max(*(self.degree(part) for part in expr.args))
            case sympy.Mul():
                parts = _without_shares(expr) if self._shares_are_safe(expr) else expr.args
                return sympy.Add(*(self.degree(part) for part in parts))
            case sympy.Abs():
                return self.degree(expr.args[0])
            case sympy.log():
                return self.degree(expr.args[0]) if self.away_from_zero(expr.args[0]) else sympy.oo
            case sympy.Pow(base=base, exp=sympy.Rational() as exponent):
                if exponent > 0:
                    return self.degree(base) * exponent
                return ZERO if self.away_from_zero(base) else sympy.oo
        return sympy.oo

    def _shares_are_safe(self, expr: sympy.Expr) -> bool:
        return all(self.away_from_zero(p.base) for p in expr.args if _is_fraction(p))

    def away_from_zero(self, expr: sympy.Expr) -> bool:
        """Whether it is at least some positive number that is not random."""
        match expr:
            case sympy.Add():
                sure = sympy.Add(*(p for p in expr.args if not self.is_random(p)))
                rest = [p for p in expr.args if self.is_random(p)]
                return bool(sure.is_positive) and all(p.is_nonnegative for p in rest)
            case sympy.Mul():
                return all(self.away_from_zero(part) for part in expr.args)
            case sympy.Max():
                return any(self.away_from_zero(part) for part in expr.args)
            case sympy.Pow(base=base, exp=sympy.Rational() as exponent) if exponent > 0:
                return self.away_from_zero(base)
        return not self.is_random(expr) and bool(expr.is_positive)

    def expected(self, expr: sympy.Expr) -> sympy.Expr:
        """The expectation: linear, and a symbol for each random product."""
        if self.is_coordinate(expr):
            raise LineError("the expectation of a vector: take sums over its coordinates first")
        result = ZERO
        bounded(expr)
        for term in sympy.Add.make_args(expand(expr)):
            sure, product = ONE, ONE
            for part in sympy.Mul.make_args(term):
                if self.is_random(part):
                    product *= part
                else:
                    sure *= part
            if product == 1:
                result += sure
                continue
            degree = self.degree(product)
            if degree.is_number and degree <= 2:
                name, sign = f"E({product})", bool(product.is_nonnegative)
                indices = About(indices=self.indices_of(product))
                result += sure * self.symbol(name, nonnegative=sign, more=indices)
            else:
                raise LineError(f"whether {product} has an expectation is not known")
        return result


def _is_fraction(part: sympy.Expr) -> bool:
    return isinstance(part, sympy.Pow) and bool(part.exp.is_Rational and part.exp < 0)


def _without_shares(product: sympy.Expr) -> tuple[sympy.Expr, ...]:
    """The factors of a product, less those of the kind a/(a + b) with a, b >= 0: at most 1."""
    left = dict(part.as_base_exp() for part in product.args)
    for part in product.args:
        if not (_is_fraction(part) and isinstance(part.base, sympy.Add)):
            continue
        if not all(p.is_nonnegative for p in part.base.args):
            continue
        room = -part.exp
        for share in part.base.args:
            used = sympy.Min(room, left.get(share, ZERO))
            if share.is_Symbol and used > 0:
                left[share] -= used
                room -= used
    return tuple(base**exponent for base, exponent in left.items())


def expand(expr: sympy.Expr) -> sympy.Expr:
    """Products multiplied out; roots, logarithms and denominators stay whole, each a factor."""
    back: dict[sympy.Expr, sympy.Expr] = {}

    def whole(part: sympy.Expr) -> sympy.Expr:
        if _is_fraction(part):
            content, rest = expand(part.base).as_content_primitive()
            if not content.is_positive:
                content, rest = ONE, content * rest
            held = sympy.Dummy("fraction", real=True)
            back[held] = rest**part.exp
            return content**part.exp * held
        if part.is_Atom or not part.has(sympy.Pow):
            return part
        return part.func(*map(whole, part.args))

    held = whole(expr)
    return sympy.expand(held, log=False, power_base=False, power_exp=False).xreplace(back)


def bounded(expr: sympy.Expr) -> None:
    """Refuses an expression that is too large to compute with, or to multiply out.

    Raises:
        LineError: it is.
    """
    if expr.count_ops() > MAX_SIZE:
        raise LineError(f"an expression of more than {MAX_SIZE} operations")
    if _terms(expr) > MAX_SIZE:
        raise LineError(f"a product of more than {MAX_SIZE} terms when it is multiplied out")


def _terms(expr: sympy.Expr) -> int:
    """How many terms the expression may have once its products are multiplied out."""
    inside = max((_terms(part) for part in expr.args), default=1)
    match expr:
        case sympy.Add():
            return max(inside, min(sum(map(_terms, expr.args)), MAX_SIZE + 1))
        case sympy.Mul():
            product = 1
            for part in expr.args:
                product = min(product * _terms(part), MAX_SIZE + 1)
            return max(inside, product)
        case sympy.Pow(base=base, exp=sympy.Integer() as exponent) if abs(exponent) > 1:
            several = _terms(base) > 1
            power = abs(int(exponent))
            # there are that many ways to choose `power` of the terms
            ways = comb(_terms(base) + power - 1, power) if several else 1
            return max(inside, min(ways, MAX_SIZE + 1))
        case sympy.Pow() | sympy.Function():
            return inside if inside > MAX_SIZE else 1
    return inside
