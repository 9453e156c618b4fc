"""The search for potentials of a state: shapes, whose coefficients linear algebra finds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations, islice
from typing import Any

import sympy

from theoryck.algebra import Evaluation, Form, Leaf, dot
from theoryck.derive.momentum.combine import Pair, Puzzle, combinations_of, entry, residues
from theoryck.derive.momentum.directions import moved_by_gradients
from theoryck.derive.momentum.growing import from_nothing
from theoryck.derive.momentum.rules import PotentialStep, dissipated, observed
from theoryck.derive.momentum.sampling import trial_points
from theoryck.derive.momentum.state import MemoryStep, memory_step
from theoryck.derive.momentum.statements import Potential, Square
from theoryck.derive.potentials.multipliers import Point
from theoryck.derive.potentials.numbers import RationalFunctions
from theoryck.derive.proof import Workshop
from theoryck.derive.routes.attempt import attempt
from theoryck.derive.setting import ITERATION, Stuck
from theoryck.derive.statements import GAP, GRADIENT_SQUARED, Quantity, shifted
from theoryck.derive.symbols import ONE, ZERO
from theoryck.errors import TheoryckError

MAX_SOLUTIONS = 2  # of one puzzle that are tried
FREE_TERMS = 2  # beside the two that speak of f(x[k+1]), in the equations for a contraction
AHEAD, HERE, LOSS, SHAPE = "ahead", "here", "loss", "shape"


@dataclass(frozen=True)
class Ground:
    """A step of the claim's method with what a search needs to know of it."""

    workshop: Workshop
    step: MemoryStep
    points: tuple[Point, ...]
    forms: dict[str, Form] = field(default_factory=dict, compare=False, repr=False)
    tried: set[object] = field(default_factory=set, compare=False, repr=False)

    @classmethod
    def of(cls, workshop: Workshop) -> Ground:
        """The ground of a claim.

        Raises:
            Stuck: the method has no memory, or no rational reading.
        """
        setting = workshop.setting
        step = memory_step(setting)
        points = trial_points(setting.domain, step.numbers)
        return cls(workshop, step, points)

    @property
    def numbers(self) -> RationalFunctions:
        """The field of the coefficients."""
        return self.step.numbers

    @cached_property
    def noises(self) -> tuple[Leaf, ...]:
        """The deviations of stochastic gradients."""
        return tuple(leaf for s in self.step.trace.samples for leaf in s.deviation.coefficients)

    @cached_property
    def gradients(self) -> tuple[Leaf, ...]:
        """The gradients that the step took."""
        return tuple(leaf for e in self.step.taken for leaf in e.gradient.coefficients)

    @property
    def decoupled(self) -> frozenset[Pair]:
        """The products of the state's vectors with gradients, and the noises' squares."""
        found = {(u, g) for u in self.step.state_leaves for g in self.gradients}
        return frozenset(found | {(e, e) for e in self.noises})

    @property
    def closed(self) -> frozenset[Pair]:
        """The above, and the products of gradients."""
        return self.decoupled | {(g, h) for g in self.gradients for h in self.gradients}

    @property
    def ignored(self) -> frozenset[Pair]:
        """Products of a noise with what was known before, whose expectation is zero."""
        known = (*self.step.state_leaves, *self.gradients)
        return frozenset(pair for e in self.noises for u in known for pair in ((e, u), (u, e)))

    @property
    def velocities(self) -> Iterator[tuple[sympy.Expr, ...]]:
        """x[k] minus a point that the state remembers, or a displacement that it remembers."""
        for place in range(1, self.step.size):
            direction = [ZERO] * self.step.size
            direction[place] = ONE
            if self.step.weights[place]:
                direction[0], direction[place] = ONE, -ONE
            yield tuple(direction)

    def form(self, name: str) -> Form:
        """One of the known inequalities."""
        if name not in self.forms:
            self.forms[name] = self.step.inequalities[name].form()
        return self.forms[name]

    def named(self, *names: str) -> dict[str, Form]:
        """Those of the names that the claim gives."""
        return {name: self.form(name) for name in names if name in self.step.inequalities}

    def label(self, evaluation: Evaluation) -> str:
        """What a point is called."""
        return self.step.labels[evaluation.label]

    @property
    def variances(self) -> tuple[str, ...]:
        """What is assumed of the size of the noise."""
        return tuple(n for n in self.step.inequalities if n.startswith("bounded_variance("))

    def seems_nonnegative(self, value: Any) -> bool:
        """Whether a value is not negative at the trial points, as far as they tell."""
        try:
            return all(self.numbers.at(value, point) >= 0 for point in self.points)
        except ZeroDivisionError:
            return True

    def proposed(
        self,
        potential: Potential,
        ratio: sympy.Expr,
        drops: Mapping[Quantity, sympy.Expr],
        multipliers: Mapping[str, Any],
    ) -> int | None:
        """The step that says so, if the rule agrees."""
        numbers = self.numbers
        kept = {q: c for q, c in drops.items() if c != 0}
        what = (potential, ratio, tuple(kept.items()))
        if what in self.tried:
            return None
        self.tried.add(what)
        try:
            noise, full = self._with_noise(potential, ratio, kept, multipliers)
        except (TheoryckError, Stuck, ZeroDivisionError) as error:
            self.workshop.failures.append(str(error))
            return None
        return attempt(
            self.workshop,
            PotentialStep(),
            potential=potential,
            ratio=ratio,
            drops=tuple(kept.items()),
            noise=noise,
            multipliers=tuple((n, numbers.expression(m)) for n, m in full.items() if m != 0),
            points=self.points,
        )

    def _with_noise(
        self,
        potential: Potential,
        ratio: sympy.Expr,
        drops: Mapping[Quantity, sympy.Expr],
        multipliers: Mapping[str, Any],
    ) -> tuple[sympy.Expr, dict[str, Any]]:
        """The constant that is left, and the multipliers with those of unbiasedness."""
        full = dict(multipliers)
        rest = dissipated(self.step, potential, ratio, tuple(drops.items()), ZERO)
        for name, multiplier in multipliers.items():
            rest = rest - self.form(name) * multiplier
        zero = self.numbers.integer(0)
        for name, known in self.step.inequalities.items():
            if known.equality and name.startswith("unbiased("):
                ((pair, c),) = known.form().quadratic.items()
                full[name] = entry(rest, pair, zero) / c
        return self.numbers.expression(zero - rest.constant), full


def dissipations(ground: Ground) -> Iterator[int]:
    """Inequalities between V[k+1] and V[k]; contractions first where the claim is of a power."""
    searches = [levels, contractions, descents]
    if _claims_a_power(ground):
        searches = [contractions, descents, levels]
    for search in searches:
        yield from search(ground)


def _claims_a_power(ground: Ground) -> bool:
    powers = ground.workshop.setting.bound.atoms(sympy.Pow)
    return any(not power.exp.is_number for power in powers)


def _square(ground: Ground, direction: tuple[sympy.Expr, ...]) -> Potential:
    gaps = tuple(ZERO for _ in range(ground.step.size))
    return Potential(gaps, (Square(ONE, direction),))


def _around(ground: Ground) -> dict[str, Form]:
    """Inequalities between a point where a gradient was taken and x*, x[k], x[k-1], x[k+1]."""
    before, after = ground.step.iterates
    names = []
    for taken in ground.step.taken:
        y = ground.label(taken)
        names += [f"below(x_star, {y})", f"co-coercive(x_star, {y})", f"optimum({y})"]
        names += [f"descent({ground.label(e)}, {y})" for e in after[:1] if e is not None]
        names += [f"below({ground.label(e)}, {y})" for e in before if e is not None]
    return ground.named(*dict.fromkeys(names), *ground.variances)


def levels(ground: Ground) -> Iterator[int]:
    """V = ‖z − x*‖² + a·(f(x) − f*) with a z that only moves along gradients."""
    direction = moved_by_gradients(ground.step) if ground.step.minimiser else None
    if direction is not None:
        yield from _level(ground, direction)
        if ground.step.varies:
            yield from from_nothing(ground, direction)


def _level(ground: Ground, direction: tuple[sympy.Expr, ...]) -> Iterator[int]:
    """z without contraction: each place where f − f* may stand in V."""
    step = ground.step
    base = _square(ground, direction)
    target = dissipated(step, base, ONE, (), ZERO)
    for place in range(step.size):
        ahead = step.iterates[1][place]
        if ahead is None:
            continue
        quantity = next((q for q in (GAP, shifted(GAP)) if _is_gap(ground, ahead, q)), None)
        if quantity is None:
            continue
        terms = {
            **_around(ground),
            AHEAD: step.gap(place, ahead=True),
            HERE: -step.gap(place, ahead=False),
        }
        for zero in (ground.decoupled, ground.closed):
            puzzle = Puzzle(target, terms, zero, ground.ignored, frozenset({AHEAD}))
            found = combinations_of(puzzle, ground.points, ground.numbers)
            for multipliers in islice(found, MAX_SOLUTIONS):
                number = _kept_level(ground, base, place, quantity, multipliers)
                if number is not None:
                    yield number


def _is_gap(ground: Ground, evaluation: Evaluation, quantity: Quantity) -> bool:
    form = observed(ground.step, quantity)
    return form.linear.keys() == (evaluation.value - ground.step.trace.f_star).linear.keys()


def _kept_level(
    ground: Ground,
    base: Potential,
    place: int,
    quantity: Quantity,
    multipliers: Mapping[str, Any],
) -> int | None:
    numbers = ground.numbers
    here = numbers.expression(multipliers.get(HERE, numbers.integer(0)))
    ahead = numbers.element(here.subs(ITERATION, ITERATION + 1))
    left = multipliers[AHEAD] - ahead
    if not ground.seems_nonnegative(left):
        return None
    loss = numbers.expression(left)
    gaps = tuple(here if at == place else ZERO for at in range(ground.step.size))
    used = {n: m for n, m in multipliers.items() if n not in (AHEAD, HERE)}
    return ground.proposed(Potential(gaps, base.squares), ONE, {quantity: loss}, used)


SHARE = sympy.Symbol("share", positive=True)


def contractions(ground: Ground) -> Iterator[int]:
    """z[k+1] = (1 − θ)·z[k] + θ·y − (a multiple of a gradient), and V shrinks by 1 − θ."""
    if not ground.step.minimiser or ground.step.varies:
        return
    setting = ground.workshop.setting
    wide = memory_step(setting, SHARE)
    for place in range(len(wide.taken)):
        for share in shares(Ground(ground.workshop, wide, ()), wide.taken[place]):
            element = ground.numbers.element(share)
            direction = moved_by_gradients(ground.step, ground.step.taken[place], element)
            if direction is None:
                continue
            base = _square(ground, direction)
            target = dissipated(ground.step, base, 1 - share, (), ZERO)
            puzzle = _contraction(ground, target, 1 - element)
            for multipliers in islice(
                combinations_of(puzzle, ground.points, ground.numbers), MAX_SOLUTIONS
            ):
                weight = ground.numbers.expression(multipliers[SHAPE])
                potential = _with_gap(ground, base, weight)
                used = {n: m for n, m in multipliers.items() if n != SHAPE}
                ratio = sympy.factor(1 - share)
                number = ground.proposed(potential, ratio, {}, used)
                if number is not None:
                    yield number


def _with_gap(ground: Ground, base: Potential, weight: sympy.Expr) -> Potential:
    """V = (f − f*) + ‖z − x*‖²/weight, divided so that the gap stands alone."""
    gaps = (weight, *(ZERO for _ in range(ground.step.size - 1)))
    return Potential(gaps, base.squares)


def _contraction(ground: Ground, target: Form, ratio: Any) -> Puzzle:
    step = ground.step
    shrinking = step.gap(0, ahead=True) - step.gap(0, ahead=False) * ratio
    terms = {**_around(ground), SHAPE: shrinking}
    return Puzzle(target, terms, ground.decoupled, ground.ignored, frozenset({SHAPE}))


def shares(ground: Ground, taken: Evaluation) -> Iterator[sympy.Expr]:
    """Values of θ at which the equations for a contraction by 1 − θ have a solution."""
    numbers = ground.numbers
    share = numbers.element(SHARE)
    direction = moved_by_gradients(ground.step, taken, share)
    if direction is None:
        return
    target = dissipated(ground.step, _square(ground, direction), 1 - SHARE, (), ZERO)
    puzzle = _contraction(ground, target, 1 - share)
    (ahead, *_), y = ground.step.iterates[1], ground.label(taken)
    fixed = [SHAPE, *(() if ahead is None else (f"descent({ground.label(ahead)}, {y})",))]
    others = [name for name in puzzle.terms if name not in fixed]
    seen: set[sympy.Expr] = set()
    for chosen in combinations(others, FREE_TERMS):
        left = (
            residues(puzzle, (*fixed, *chosen), numbers)
            if set(fixed) <= puzzle.terms.keys()
            else None
        )
        for root in _common_roots(left or [], numbers):
            if root not in seen:
                seen.add(root)
                yield root


def _common_roots(values: list[Any], numbers: RationalFunctions) -> Iterator[sympy.Expr]:
    """Where all of the values vanish, as far as linear factors in θ tell."""
    roots: list[set[sympy.Expr]] = []
    for value in values:
        _, factors, _ = value.factors()
        found = set()
        for factor, _ in factors:
            polynomial = sympy.Poly(factor, SHARE)
            if polynomial.degree() == 1:
                slope, constant = polynomial.all_coeffs()
                found.add(sympy.factor(numbers.readable(-constant / slope)))
        roots.append(found)
    if roots:
        yield from sorted(set.intersection(*roots), key=str)


def descents(ground: Ground) -> Iterator[int]:
    """V = f(x) − f* + c·‖x[k] − x[k-1]‖², or a displacement that the state remembers."""
    step = ground.step
    origin = step.iterates[0][0]
    if origin is None or origin not in step.taken:
        return
    zeros = tuple(ZERO for _ in range(step.size))
    base = Potential((ONE, *zeros[1:]), ())
    target = dissipated(step, base, ONE, (), ZERO)
    square = dot(origin.gradient, origin.gradient)
    x = ground.label(origin)
    known = ground.named(
        *(f"descent({ground.label(e)}, {x})" for e in step.iterates[1][:1] if e is not None),
        *ground.variances,
    )
    for velocity in ground.velocities:
        moving = _square(ground, velocity)
        terms = {
            **known,
            SHAPE: -dissipated(step, moving, ONE, (), ZERO),
            LOSS: square,
        }
        puzzle = Puzzle(target, terms, ground.closed, ground.ignored, frozenset({LOSS}))
        for multipliers in islice(
            combinations_of(puzzle, ground.points, ground.numbers), MAX_SOLUTIONS
        ):
            yield from _kept_descent(ground, base, moving.squares[0], multipliers)


def _kept_descent(
    ground: Ground, base: Potential, square: Square, multipliers: Mapping[str, Any]
) -> Iterator[int]:
    numbers = ground.numbers
    shape = numbers.expression(multipliers.get(SHAPE, numbers.integer(0)))
    potential = Potential(base.gaps, (Square(shape, square.direction),) if shape != 0 else ())
    loss = multipliers[LOSS]
    used = {n: m for n, m in multipliers.items() if n not in (SHAPE, LOSS)}
    number = ground.proposed(potential, ONE, {GRADIENT_SQUARED: numbers.expression(loss)}, used)
    if number is not None:
        yield number
    yield from _contracted(ground, potential, loss, used)


def _contracted(
    ground: Ground, potential: Potential, loss: Any, used: Mapping[str, Any]
) -> Iterator[int]:
    """The same potential shrinking by a factor, where ‖∇f‖² is at least a multiple of f − f*."""
    origin = ground.step.iterates[0][0]
    if origin is None:
        return
    (leaf,) = (origin.value - ground.step.trace.f_star).linear
    (gradient,) = origin.gradient.coefficients
    for name, known in ground.step.inequalities.items():
        if not name.startswith(("pl(", "error_bound(", "kl(", "dominated(")):
            continue
        form = known.form()
        if form.linear.keys() != {leaf} or form.quadratic.keys() != {(gradient, gradient)}:
            continue
        weight = loss / form.quadratic[gradient, gradient]
        ratio = sympy.factor(ground.numbers.expression(1 + weight * form.linear[leaf]))
        number = ground.proposed(potential, ratio, {}, {**used, name: weight})
        if number is not None:
            yield number


__all__ = ["Ground", "contractions", "descents", "dissipations", "levels"]
