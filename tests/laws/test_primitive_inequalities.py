"""Every inequality behind a relaxed answer must hold for the true answer.

A claim is traced, and its leaves get the values of a true run: line searches, adaptive steps,
projections, proximal steps and random draws are carried out on explicit functions of the class,
exactly where no root is needed. A random vector is the vector of its outcomes, with the mean of the
outcomes' products as its inner product. A negative inequality would let the kernel prove what is
false.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from theoryck.algebra import Coordinates, Fractions, minimum, norm, place, ratio
from theoryck.algebra.language import cases
from theoryck.algebra.relaxed import Damped, Direction, LineSearch, RelaxedTrace, Rescaled
from theoryck.certificates.checker import is_positive_semidefinite
from theoryck.certificates.problem import Problem, branches
from theoryck.claims.reading import read_claim
from theoryck.errors import InexactError
from theoryck.methods import METHODS, method

TOLERANCE = 1e-8  # of what a root has rounded
small = st.fractions(min_value=-3, max_value=3, max_denominator=4)
positive = st.fractions(min_value=Fraction(1, 4), max_value=3, max_denominator=4)
pairs = st.tuples(small, small)
Vector = tuple[Any, ...]


class Roots(Fractions):
    """Fractions with the roots of squares."""

    def function(self, name: str, *arguments: Any) -> Any:
        if name == "sqrt":
            found = root(arguments[0])
            if isinstance(found, float):
                raise InexactError(f"sqrt({arguments[0]})")
            return found
        return super().function(name, *arguments)


def root(x: Any) -> Any:
    """The square root, exact where it is rational."""
    if isinstance(x, Fraction) and x >= 0:
        top, bottom = math.isqrt(x.numerator), math.isqrt(x.denominator)
        if top * top == x.numerator and bottom * bottom == x.denominator:
            return Fraction(top, bottom)
    return math.sqrt(x)


def product_of(x: Vector, y: Vector) -> Any:
    return sum((a * b for a, b in zip(x, y, strict=True)), Fraction(0))


def plus(x: Vector, y: Vector, factor: Any = 1) -> Vector:
    return tuple(a + factor * b for a, b in zip(x, y, strict=True))


@dataclass(frozen=True)
class Quadratic:
    """½(x − c)ᵀQ(x − c) with a diagonal Q ⪰ 0 after a rational rotation."""

    curvatures: Vector
    centre: Vector
    turn: tuple[Any, Any] = (Fraction(1), Fraction(0))  # cosine and sine

    def _apply(self, v: Vector, function: Callable[[Any, Any], Any]) -> Vector:
        if len(v) == 1:
            return (function(self.curvatures[0], v[0]),)
        c, s = self.turn
        a, b = c * v[0] + s * v[1], c * v[1] - s * v[0]
        a, b = function(self.curvatures[0], a), function(self.curvatures[1], b)
        return (c * a - s * b, c * b + s * a)

    def grad(self, x: Vector) -> Vector:
        return self._apply(plus(x, self.centre, -1), lambda q, t: q * t)

    def value(self, x: Vector) -> Any:
        return product_of(self.grad(x), plus(x, self.centre, -1)) / 2

    def prox(self, x: Vector, step: Any) -> Vector:
        moved = self._apply(plus(x, self.centre, -1), lambda q, t: t / (1 + step * q))
        return plus(self.centre, moved)

    def nearest(self, x: Vector) -> Vector:
        flat = self._apply(plus(x, self.centre, -1), lambda q, t: t if q == 0 else t * 0)
        return plus(self.centre, flat)

    def line(self, x: Vector, direction: Vector) -> Vector:
        curved = product_of(self._apply(direction, lambda q, t: q * t), direction)
        slope = product_of(self.grad(x), direction)
        return x if curved == 0 else plus(x, direction, -slope / curved)


@dataclass(frozen=True)
class Separable:
    """Σ φ(x_i − c_i) of convex φ: Huber's function (of curvature q up to a knee) or q·|·|."""

    curvature: Any
    knee: Any | None
    centre: Vector

    def grad(self, x: Vector) -> Vector:
        return tuple(map(self._slope, plus(x, self.centre, -1)))

    def _slope(self, t: Any) -> Any:
        if self.knee is None:
            return self.curvature * ((t > 0) - (t < 0))
        return self.curvature * max(-self.knee, min(self.knee, t))

    def value(self, x: Vector) -> Any:
        return sum(map(self._value, plus(x, self.centre, -1)))

    def _value(self, t: Any) -> Any:
        if self.knee is None:
            return self.curvature * abs(t)
        inside = abs(t) <= self.knee
        return self.curvature * (t * t / 2 if inside else self.knee * (abs(t) - self.knee / 2))

    def nearest(self, x: Vector) -> Vector:
        return self.centre

    def line(self, x: Vector, direction: Vector) -> Vector:
        low, high = -1e3, 1e3
        for _ in range(200):
            middle = (low + high) / 2
            at = plus(x, direction, middle)
            low, high = (
                (middle, high) if product_of(self.grad(at), direction) < 0 else (low, middle)
            )
        return plus(x, direction, (low + high) / 2)


@dataclass(frozen=True)
class World:
    """A function with a minimiser (of the sum, or over the set), a start, and what the method may
    ask beside: terms of a sum, a second part, a set."""

    f: Any
    start: Vector
    star: Vector
    terms: Sequence[Any] = ()
    draws: int = 0  # in one run, over all batches
    soft: Any = Fraction(0)  # of the second part soft·‖x‖₁
    project: Callable[[Vector], Vector] | None = None
    vertex: Callable[[Vector], Vector] | None = None
    outcomes: list[tuple[int, ...]] = field(init=False)

    def __post_init__(self) -> None:
        all_draws = list(product(range(len(self.terms)), repeat=self.draws))
        object.__setattr__(self, "outcomes", all_draws or [()])

    @property
    def dimension(self) -> int:
        return len(self.start)

    def sure(self, x: Vector) -> Coordinates:
        """A vector that is the same in every outcome."""
        return Coordinates(tuple(x) * len(self.outcomes))

    def each(self, function: Callable[..., Vector], *vectors: Coordinates) -> Coordinates:
        """A function of vectors, outcome by outcome."""
        found: list[Any] = []
        for place_ in range(len(self.outcomes)):
            found += function(*(self._part(v, place_) for v in vectors))
        return Coordinates(tuple(found))

    def _part(self, v: Coordinates, place_: int) -> Vector:
        return v.entries[place_ * self.dimension : (place_ + 1) * self.dimension]

    def mean(self, function: Callable[..., Any], x: Coordinates) -> Any:
        count = len(self.outcomes)
        return sum(function(self._part(x, i)) for i in range(count)) / count

    def inner(self, x: Coordinates, y: Coordinates) -> Any:
        return x.dot(y) / len(self.outcomes)

    def drawn(self, x: Coordinates, first: int, batch: int) -> Coordinates:
        """The gradient of a batch of drawn terms."""
        found: list[Any] = []
        for place_, outcome in enumerate(self.outcomes):
            at = self._part(x, place_)
            total: Vector = (Fraction(0),) * self.dimension
            for index in outcome[first : first + batch]:
                total = plus(total, self.terms[index].grad(at))
            found += [t / batch for t in total]
        return Coordinates(tuple(found))

    def shrink(self, x: Vector, by: Any) -> Vector:
        return tuple(t - max(-by, min(by, t)) for t in x)


def direction_of(v: Vector) -> Vector:
    length = root(product_of(v, v))
    return v if length == 0 else tuple(t / length for t in v)


class Replay:
    """The values that the leaves of a problem's trace take in a world, in the leaves' order."""

    def __init__(self, problem: Problem, world: World) -> None:
        self.problem, self.world = problem, world
        trace = problem.trace
        assert isinstance(trace, RelaxedTrace)
        self.trace = trace
        self.zero = world.sure((Fraction(0),) * world.dimension)
        (d,) = (trace.start - trace.x_star).coefficients
        (origin,) = trace.x_star.coefficients
        (least,) = trace.f_star.linear
        self.values: dict[Any, Any] = {
            origin: world.sure(world.star),
            d: world.sure(plus(world.start, world.star, -1)),
            least: world.f.value(world.star),
        }
        tasks = list(self._tasks())
        while tasks:
            waiting = [task for task in tasks if not task()]
            assert len(waiting) < len(tasks), "a leaf of the trace has no meaning here"
            tasks = waiting

    def known(self, point: Any, but: Any = None) -> bool:
        return all(leaf in self.values or leaf is but for leaf in point.coefficients)

    def at(self, point: Any) -> Coordinates:
        return place(point, self.values, self.zero)

    def number(self, form: Any) -> Any:
        return form.evaluate(self.values, self.world.inner)

    def _tasks(self) -> Any:
        trace, world = self.trace, self.world
        for e in trace.evaluations:
            yield lambda e=e: self._evaluation(e)
        first = 0
        for sample in trace.samples:
            yield lambda s=sample, first=first: self._sample(s, first)
            first += sample.batch
        for primitive in trace.primitives:
            yield lambda p=primitive: self._primitive(p)
        for e in trace.nearest.values():
            yield lambda e=e: self._nearest(e)
        first = 0
        for sample in trace.samples:
            if sample.label in trace.component_optima:
                (leaf,) = trace.component_optima[sample.label].gradient.coefficients
                star = world.sure(world.star)
                self.values[leaf] = world.drawn(star, first, sample.batch)
            first += sample.batch
        if trace.second is not None:
            (slope,) = trace.optimum.gradient.coefficients
            self.values[slope] = world.sure(world.f.grad(world.star))
            for e in trace.second.evaluations:
                yield lambda e=e: self._second(e)

    def _evaluation(self, e: Any) -> bool:
        (g,) = e.gradient.coefficients
        if g in e.point.coefficients:  # a proximal step: x − step·g with g at the new point
            if not self.known(e.point, g):
                return False
            step = -e.point.coefficients[g]
            x = self.at(e.point + e.gradient * step) if g in self.values else self._before(e, g)
            new = self.world.each(lambda x: self.world.f.prox(x, step), x)
            self.values[g] = (x - new) / step
        elif not self.known(e.point):
            return False
        else:
            self.values[g] = self.world.each(self.world.f.grad, self.at(e.point))
        (h,) = (leaf for leaf in e.value.linear if leaf.name != "f_star")
        least = self.world.f.value(self.world.star)
        self.values[h] = self.world.mean(self.world.f.value, self.at(e.point)) - least
        return True

    def _before(self, e: Any, g: Any) -> Coordinates:
        self.values[g] = self.zero
        x = self.at(e.point)
        del self.values[g]
        return x

    def _sample(self, sample: Any, first: int) -> bool:
        known = sample.evaluation
        if not (self.known(known.point) and self.known(known.gradient)):
            return False
        (leaf,) = sample.deviation.coefficients
        x = self.at(known.point)
        self.values[leaf] = self.world.drawn(x, first, sample.batch) - self.at(known.gradient)
        return True

    def _nearest(self, e: Any) -> bool:
        at = next(known for known in self.trace.evaluations if e.label == f"p({known.label})")
        if not self.known(at.point):
            return False
        (leaf,) = (e.point - self.trace.x_star).coefficients
        nearest = self.world.each(self.world.f.nearest, self.at(at.point))
        self.values[leaf] = nearest - self.world.sure(self.world.star)
        return True

    def _primitive(self, p: Any) -> bool:
        match p:
            case LineSearch():
                if not (self.known(p.start) and self.known(p.direction)):
                    return False
                (leaf,) = p.displacement.coefficients
                x = self.at(p.start)
                self.values[leaf] = self.world.each(self.world.f.line, x, self.at(p.direction)) - x
            case Direction():
                if not self.known(p.vector):
                    return False
                (leaf,) = p.unit.coefficients
                self.values[leaf] = self.world.each(direction_of, self.at(p.vector))
            case Damped():
                if not self.known(p.vector):
                    return False
                (leaf,) = p.result.coefficients

                def damped(v: Vector) -> Vector:
                    length = root(product_of(v, v))
                    return tuple(t / (p.offset + length) for t in v)

                self.values[leaf] = self.world.each(damped, self.at(p.vector))
            case Rescaled():
                if not self.known(p.vector) or any(
                    q not in self.values for q in p.numerator.linear
                ):
                    return False
                (leaf,) = p.result.coefficients
                v = self.at(p.vector)
                square = v.dot(v)
                numerator = self.number(p.numerator)
                self.values[leaf] = v * (0 if square == 0 else numerator / square)
        return True

    def _second(self, e: Any) -> bool:
        world = self.world
        own = [leaf for leaf in e.point.coefficients if leaf in e.gradient.coefficients]
        if e.point.coefficients == self.trace.start.coefficients and not e.gradient.coefficients:
            return True  # the start of a conditional-gradient method
        if own:  # x − s·(subgradient at the new point)
            (slope,) = own
            if not self.known(e.point, slope):
                return False
            step = -e.point.coefficients[slope]
            x = self._before(e, slope)
            move = world.project or (lambda x: world.shrink(x, step * world.soft))
            self.values[slope] = (x - world.each(move, x)) / step
        elif world.vertex is not None:
            if not self.known(e.gradient):
                return False
            (p,) = (leaf for leaf in e.point.coefficients if leaf.name != "x_star")
            vertex = world.each(lambda s: world.vertex(tuple(-t for t in s)), self.at(e.gradient))
            self.values[p] = vertex - world.sure(world.star)
        else:
            if not self.known(e.point):
                return False
            (slope,) = e.gradient.coefficients
            self.values[slope] = world.each(
                lambda x: tuple(world.soft * ((t > 0) - (t < 0)) for t in x), self.at(e.point)
            )
        for leaf in e.value.linear:
            size = world.mean(lambda x: sum(map(abs, x)), self.at(e.point))
            self.values[leaf] = world.soft * (size - sum(map(abs, world.star)))
        return True


def assert_at_least_zero(value: Any, name: str, *, equality: bool = False) -> None:
    room = TOLERANCE if isinstance(value, float) else 0
    assert value >= -room, (name, value)
    if equality:
        assert value <= room, (name, value)


def spectral_matrix(problem: Problem, replay: Replay) -> list[list[Any]]:
    """The matrix that the products of the roots q are to equal: its entries without them."""
    trace = problem.trace
    assert isinstance(trace, RelaxedTrace)
    for root in trace.spectral_roots.values():
        replay.values |= dict.fromkeys(root.coefficients, replay.zero)
    labels = [e.label for e in trace.evaluations]

    def entry(a: int, b: int) -> Any:
        name = f"spectrum({labels[max(a, b)]},{labels[min(a, b)]})"
        return replay.number(problem.singles[name].form())

    places = range(len(labels))
    return [[entry(a, b) for b in places] for a in places]


def assert_semidefinite(rows: list[list[Any]]) -> None:
    if all(isinstance(entry, Fraction | int) for row in rows for entry in row):
        assert is_positive_semidefinite(rows, Roots())
    array = np.array([[float(entry) for entry in row] for row in rows])
    assert np.linalg.eigvalsh(array).min(initial=0) > -TOLERANCE * (1 + np.abs(array).max())


def assert_all_hold(problem: Problem, world: World) -> set[str]:
    """Every inequality of a problem at a true run; the kinds that were looked at."""
    slacks = list(problem.slacks())  # nearest minimisers and terms bring in leaves of their own
    replay = Replay(problem, world)
    seen = set()
    for slack in slacks:
        if slack.name.startswith("initial"):
            continue
        if slack.name.startswith("spectrum("):
            continue
        value = replay.number(slack.form())
        assert_at_least_zero(value, slack.name, equality=slack.equality)
        seen.add(slack.name.partition("(")[0])
    if any(name.startswith("spectrum(") for name in problem.singles):
        assert_semidefinite(spectral_matrix(problem, replay))
        seen.add("spectrum")
    return seen


def branch_of(world: World, table: dict[str, Any], own: Sequence[Any] = ()) -> set[str]:
    """Check the branches whose cases hold in the world; there must be one."""
    known = {**METHODS, **{m.name: m for m in own}}
    claim = read_claim({"id": "law", "parameters": {}, "at": [{}]} | table, methods=known)
    seen: set[str] = set()
    for problem in branches(claim, claim.at[0], Roots()):
        replay = Replay(problem, world)
        if all(replay.number(case.form) >= 0 for case in problem.trace.cases):
            seen |= assert_all_hold(problem, world)
    assert seen, "no branch covers the true run"
    return seen


GAP = {
    "initial": "norm(x[0] - x_star)**2 <= 1",
    "measure": "f(x[2]) - f_star",
    "bound": "1",
}
TURNS = [(Fraction(1), Fraction(0)), (Fraction(3, 5), Fraction(4, 5))]
turns = st.sampled_from(TURNS)


@st.composite
def quadratics(draw: Any) -> tuple[Quadratic, Vector, list[str]]:
    """A quadratic, strongly convex or with a line of minimisers, a start, and what it meets."""
    low, more = draw(st.one_of(st.just(Fraction(0)), positive)), draw(positive)
    f = Quadratic((low, low + more), draw(pairs), draw(turns))
    start = f.centre if draw(st.integers(0, 7)) == 0 else draw(pairs)
    curved = [f"strongly_convex({low})"] if low > 0 else ["convex"]
    return f, start, [*curved, f"smooth({low + more})"]


@st.composite
def hubers(draw: Any) -> tuple[Separable, Vector, list[str]]:
    q, knee = draw(positive), draw(positive)
    f = Separable(q, knee, draw(pairs))
    start = f.centre if draw(st.integers(0, 7)) == 0 else draw(pairs)
    return f, start, ["convex", f"smooth({q})", f"lipschitz({2 * q * knee})"]


@st.composite
def cones(draw: Any) -> tuple[Separable, Vector, list[str]]:
    q = draw(positive)
    f = Separable(q, None, draw(pairs))
    return f, draw(pairs), ["convex", f"lipschitz({2 * q})"]


smooth = st.one_of(quadratics(), hubers())
any_convex = st.one_of(smooth, cones())


@given(smooth)
def test_exact_line_search(drawn: tuple) -> None:
    f, start, assumptions = drawn
    seen = branch_of(
        World(f, start, f.nearest(start)),
        GAP | {"method": "gradient_descent_exact_line_search()", "assumptions": assumptions},
    )
    assert {"line", "across", "descent", "curvature"} <= seen


@given(cones())
def test_a_line_search_on_a_kink_ends_at_any_subgradient(drawn: tuple) -> None:
    f, start, assumptions = drawn
    table = {"method": "gradient_descent_exact_line_search()", "assumptions": assumptions}
    world = World(f, start, f.centre)
    assert "across" not in branch_of(world, GAP | table)


@given(any_convex, st.sampled_from(["1", "1/2", "2"]))
def test_polyak_step(drawn: tuple, scale: str) -> None:
    f, start, assumptions = drawn
    seen = branch_of(
        World(f, start, f.nearest(start)),
        GAP
        | {
            "method": f"gradient_descent_polyak_step(scale={scale})",
            "assumptions": assumptions,
        },
    )
    assert {"polyak", "scaled"} <= seen


@given(any_convex, st.sampled_from(["0", "1/2"]))
def test_normalised_step(drawn: tuple, offset: str) -> None:
    f, start, assumptions = drawn
    method_ = f"normalized_gd(step=1/3, offset={offset})"
    seen = branch_of(
        World(f, start, f.nearest(start)), GAP | {"method": method_, "assumptions": assumptions}
    )
    assert {"length", "along", "towards"} <= seen
    assert ("damped" in seen) == (offset != "0")


@method
def capped(x: Any, f: Any, *, step: Any, threshold: Any) -> Any:
    """x⁺ = x − step·min(1, threshold/‖g‖)·g, as one writes it first."""
    g = f.grad(x)
    return x - step * minimum(1, ratio(threshold, norm(g))) * g


@method
def two_speeds(x: Any, f: Any, *, step: Any, threshold: Any) -> Any:
    """A longer step where the gradient is short."""
    g = f.grad(x)
    return x - cases(norm(g) <= threshold, 2 * step, step) * g


@pytest.mark.parametrize("name", ["clipped_gd", "capped", "two_speeds"])
@given(any_convex, positive)
def test_clipped_step(name: str, drawn: tuple, threshold: Fraction) -> None:
    f, start, assumptions = drawn
    text = f"{name}(step=1/3, threshold={threshold})"
    world = World(f, start, f.nearest(start))
    seen = branch_of(
        world, GAP | {"method": text, "assumptions": assumptions}, [capped, two_speeds]
    )
    assert "case" in seen


@given(any_convex)
def test_norms_in_sums(drawn: tuple) -> None:
    f, start, assumptions = drawn
    table = {
        "method": "gradient_descent(step=1/3)",
        "assumptions": assumptions,
        "initial": "norm(x[0] - x_star) + norm(grad(x[0])) <= 1",
        "measure": "norm(grad(x[1])) + norm(x[1] - x_star)",
        "bound": "1",
    }
    assert {"length", "along"} <= branch_of(World(f, start, f.nearest(start)), table)


@given(quadratics(), positive)
def test_proximal_point(drawn: tuple, step: Fraction) -> None:
    f, start, assumptions = drawn
    table = {"method": f"proximal_point(step={step})", "assumptions": assumptions}
    assert "curvature" in branch_of(World(f, start, f.nearest(start)), GAP | table)


def box(x: Vector) -> Vector:
    """The projection on [0, 3] × [0, 4], of diameter 5."""
    return (max(0, min(3, x[0])), max(0, min(4, x[1])))


def ball(x: Vector) -> Vector:
    """The projection on the ball of radius 2 around 0."""
    length = root(product_of(x, x))
    return x if length <= 2 else tuple(2 * t / length for t in x)


def corner(g: Vector) -> Vector:
    return tuple(Fraction(0) if t >= 0 else Fraction(end) for t, end in zip(g, (3, 4), strict=True))


def opposite(g: Vector) -> Vector:
    return tuple(-2 * t for t in direction_of(g))


wide = st.tuples(*[st.fractions(min_value=-6, max_value=6, max_denominator=4)] * 2)


@pytest.mark.parametrize("name", ["projected_gradient(step=1/3)", "frank_wolfe()"])
@given(q=positive, more=positive, centre=wide, start=wide)
def test_steps_over_a_box(
    name: str, q: Fraction, more: Fraction, centre: Vector, start: Vector
) -> None:
    f = Quadratic((q, q + more), centre)
    conditional = name == "frank_wolfe()"
    world = World(
        f,
        box(start) if conditional else start,
        box(centre),
        project=box,
        vertex=corner if conditional else None,
    )
    table = {
        "method": name,
        "assumptions": [f"strongly_convex({q})", f"smooth({q + more})", "bounded_domain(5)"],
    }
    assert {"set", "bounded_domain"} <= branch_of(world, GAP | table)


@pytest.mark.parametrize("name", ["projected_gradient(step=1/3)", "frank_wolfe()"])
@given(q=positive, centre=wide, start=wide)
def test_steps_over_a_ball(name: str, q: Fraction, centre: Vector, start: Vector) -> None:
    f = Quadratic((q, q), centre)
    conditional = name == "frank_wolfe()"
    world = World(
        f,
        ball(start) if conditional else start,
        ball(centre),
        project=ball,
        vertex=opposite if conditional else None,
    )
    table = {"method": name, "assumptions": ["convex", f"smooth({q})", "bounded_domain(4)"]}
    assert {"set", "bounded_domain"} <= branch_of(world, GAP | table)


@given(q=positive, more=positive, centre=wide, start=wide, soft=positive, step=positive)
def test_proximal_gradient(
    q: Fraction, more: Fraction, centre: Vector, start: Vector, soft: Fraction, step: Fraction
) -> None:
    f = Quadratic((q, q + more), centre)
    star = tuple(
        t - max(-soft / c, min(soft / c, t)) for t, c in zip(centre, f.curvatures, strict=True)
    )
    world = World(f, start, star, soft=soft)
    table = {
        "method": f"proximal_gradient(step={step})",
        "assumptions": [f"strongly_convex({q})", f"smooth({q + more})"],
    }
    assert {"curvature", "h2"} <= branch_of(world, GAP | table)


def mean_of(terms: Sequence[Quadratic]) -> Quadratic:
    """The mean of quadratics with a diagonal Q, up to a constant."""
    n = len(terms)
    total = tuple(sum(t.curvatures[i] for t in terms) for i in range(2))
    centre = tuple(sum(t.curvatures[i] * t.centre[i] for t in terms) / total[i] for i in range(2))
    return Quadratic(tuple(q / n for q in total), centre)


@dataclass(frozen=True)
class Mean:
    """The mean of several functions, with its constant."""

    terms: Sequence[Any]
    centre: Vector

    def grad(self, x: Vector) -> Vector:
        total: Vector = (Fraction(0),) * len(x)
        for term in self.terms:
            total = plus(total, term.grad(x))
        return tuple(t / len(self.terms) for t in total)

    def value(self, x: Vector) -> Any:
        return sum(term.value(x) for term in self.terms) / len(self.terms)


EXPECTED = {
    "initial": "norm(x[0] - x_star)**2 <= 1",
    "measure": "E(f(x[{n}]) - f_star)",
    "bound": "1",
}
SUMS = [(2, 1, 2), (3, 1, 2), (2, 2, 1), (2, 2, 2)]  # terms, batch, steps


@pytest.mark.parametrize(("count", "batch", "steps"), SUMS)
@pytest.mark.parametrize("agree", [True, False])
@settings(max_examples=10)  # each has up to sixteen outcomes
@given(data=st.data())
def test_finite_sums(count: int, batch: int, steps: int, agree: bool, data: Any) -> None:
    low, high = data.draw(positive), data.draw(positive)
    curvatures = st.tuples(*[st.sampled_from([low, low + high, low + high / 2])] * 2)
    shared = data.draw(pairs)
    terms = [
        Quadratic(data.draw(curvatures), shared if agree else data.draw(pairs))
        for _ in range(count)
    ]
    f = Mean(terms, mean_of(terms).centre)
    world = World(f, data.draw(pairs), f.centre, terms=terms, draws=batch * steps)
    table = EXPECTED | {
        "method": f"sgd(step=1/3, batch={batch})",
        "assumptions": [
            f"finite_sum({count})",
            f"strongly_convex({low})",
            f"smooth({low + high})",
            *(["interpolation"] if agree else []),
        ],
        "measure": EXPECTED["measure"].format(n=steps),
    }
    seen = branch_of(world, table)
    assert {"term", "unbiased"} <= seen
    assert ("independent" in seen) != agree


@pytest.mark.parametrize(("batch", "steps"), [(1, 2), (2, 1), (2, 2)])
@settings(max_examples=10)  # each has up to sixteen outcomes
@given(q=positive, apart=pairs, start=pairs)
def test_a_finite_sum_of_bounded_variance(
    batch: int, steps: int, q: Fraction, apart: Vector, start: Vector
) -> None:
    terms = [Quadratic((q, q), apart), Quadratic((q, q), tuple(-t for t in apart))]
    f = Mean(terms, (Fraction(0), Fraction(0)))
    sigma = q * (abs(apart[0]) + abs(apart[1])) + Fraction(1, 9)
    world = World(f, start, f.centre, terms=terms, draws=batch * steps)
    table = EXPECTED | {
        "method": f"sgd(step=1/3, batch={batch})",
        "assumptions": ["finite_sum(2)", "convex", f"smooth({q})", f"bounded_variance({sigma})"],
        "measure": EXPECTED["measure"].format(n=steps),
    }
    assert {"term", "bounded_variance"} <= branch_of(world, table)


@given(q=positive, start=pairs)
def test_kinks_in_a_finite_sum(q: Fraction, start: Vector) -> None:
    """Terms |x − 1| and |x + 1|: any point between is a minimiser, with ±1 as gradients."""
    one = (Fraction(1), Fraction(1))
    terms = [Separable(q, None, one), Separable(q, None, tuple(-t for t in one))]
    f = Mean(terms, (Fraction(0), Fraction(0)))
    world = World(f, start, (Fraction(1, 2), Fraction(-1, 3)), terms=terms, draws=2)
    table = EXPECTED | {
        "method": "sgd(step=1/3)",
        "assumptions": ["finite_sum(2)", "convex", f"lipschitz({2 * q})"],
        "measure": EXPECTED["measure"].format(n=2),
    }
    assert {"term", "lipschitz"} <= branch_of(world, table)


@pytest.mark.parametrize(
    "name", ["gradient_descent(step=1/3)", "heavy_ball(step=1/3, momentum=1/2)"]
)
@given(drawn=quadratics())
def test_quadratics(name: str, drawn: tuple) -> None:
    f, start, assumptions = drawn
    world = World(f, start, f.nearest(start))
    for extra in (assumptions, assumptions[:1], assumptions[1:], []):
        seen = branch_of(world, GAP | {"method": name, "assumptions": ["quadratic", *extra]})
        assert {"symmetric", "value", "spectrum"} <= seen


@given(q=positive, centre=pairs, start=pairs, turn=turns, along=small)
def test_quadratic_growth_away_from_a_line_of_minimisers(
    q: Fraction, centre: Vector, start: Vector, turn: tuple, along: Fraction
) -> None:
    f = Quadratic((Fraction(0), q), centre, turn)
    star = plus(centre, turn, along)  # any point of the line of minimisers
    table = {
        "method": "gradient_descent(step=1/3)",
        "assumptions": ["convex", f"smooth({q})", f"quadratic_growth({q})"],
    }
    assert {"growth", "nearest", "curvature"} <= branch_of(World(f, start, star), GAP | table)
