"""The search for points of a box where an assumption fails, and their exact confirmation.

Floats guess where a definition fails most; only a rational candidate at which rationals or balls
say so is ever returned.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice, pairwise, product
from math import prod
from typing import Any

import numpy as np

from theoryck.algebra import NumberSystem
from theoryck.claims.arithmetic import Balls, Floats, Rationals, to_fraction
from theoryck.claims.claim import AssumptionUse, MembershipClaim
from theoryck.claims.evaluate import Environment, evaluate
from theoryck.claims.expressions import Expr
from theoryck.derive.arrays import Sizes, concrete_shape
from theoryck.derive.formulas import exactly
from theoryck.derive.violations import TESTS, Candidate, Function, Test, Vector
from theoryck.errors import DomainError, TheoryckError

FAILURES = (TheoryckError, ArithmeticError, ValueError)
AMOUNTS = tuple(
    Fraction(n, d)
    for n, d in (
        *((0, 1), (1, 2), (1, 1), (2, 1), (1, 10), (3, 1), (5, 1), (3, 2), (10, 1), (1, 4)),
        *((4, 1), (7, 1), (20, 1), (100, 1), (1000, 1), (5, 4), (3, 4), (5, 2)),
    )
)
STEPS = {1: 40, 2: 10, 3: 4}  # a bounded side is cut into so many parts
UNBOUNDED = {1: 18, 2: 7, 3: 3}  # and so many amounts are tried on an unbounded one
SIZE = 2  # of a named dimension
COORDINATES = 6
REFINED = 4  # candidates that are improved, and then checked exactly
ROUNDS = 40
SIMPLE = (1, 10, 1000, 10**9)  # denominators that are preferred where they serve as well
SUSPICIOUS = 1e-9  # margins below it are looked at exactly

Ends = tuple[Fraction | None, Fraction | None]


@dataclass(frozen=True)
class Setting:
    """A membership claim at one choice of parameters, with its box in rationals.

    Irrational ends are replaced by rationals just inside (``box``: for counterexamples) or just
    outside (``outer``: for proofs).
    """

    claim: MembershipClaim
    parameters: Mapping[str, Expr]
    box: tuple[Ends, ...]
    outer: tuple[Ends, ...]
    sizes: Sizes

    @property
    def names(self) -> tuple[str, ...]:
        """The coordinates: of an array in row order."""
        return tuple(
            f"{variable.name}[{number}]" if variable.shape else variable.name
            for variable in self.claim.variables
            for number in range(1, prod(concrete_shape(variable, self.sizes)) + 1)
        )

    def function(self, numbers: NumberSystem) -> Function:
        """The formula in a number system."""
        return Function(
            self.claim.function, self.claim.variables, self.parameters, self.sizes, numbers
        )

    def clamped(self, point: Vector) -> Vector:
        """The nearest point of the box."""
        return tuple(_clamp(c, ends) for c, ends in zip(point, self.box, strict=True))


def _clamp(value: Fraction, ends: Ends) -> Fraction:
    low, high = ends
    value = value if low is None else max(value, low)
    return value if high is None else min(value, high)


def setting_at(claim: MembershipClaim, parameters: Mapping[str, Expr]) -> Setting | None:
    """The claim at exact parameters; None where a side of its box is empty or a point.

    Named dimensions are 2, and a claim with too many coordinates has no setting.
    """
    sizes = {d: SIZE for v in claim.variables for d in v.shape if isinstance(d, str)}
    if any(name in parameters for name in sizes):
        return None
    box: list[Ends] = []
    outer: list[Ends] = []
    for variable in claim.variables:
        low, high = claim.domain[variable.name]
        ends = (_end(low, parameters, 1), _end(high, parameters, -1))
        if (low is None) != (ends[0] is None) or (high is None) != (ends[1] is None):
            return None
        if ends[0] is not None and ends[1] is not None and ends[0] >= ends[1]:
            return None
        count = prod(concrete_shape(variable, sizes))
        if len(box) + count > COORDINATES:
            return None
        box += [ends] * count
        outer += [(_end(low, parameters, -1), _end(high, parameters, 1))] * count
    return Setting(claim, parameters, tuple(box), tuple(outer), sizes)


def _end(expr: Expr | None, parameters: Mapping[str, Expr], side: int) -> Fraction | None:
    """The end, or a rational at most 2**-59 above (``side`` 1) or below it (-1)."""
    if expr is None:
        return None

    def ask(numbers: NumberSystem) -> Fraction:
        symbols = {n: evaluate(v, Environment(), numbers) for n, v in parameters.items()}
        value = evaluate(expr, Environment(symbols), numbers)
        if isinstance(numbers, Rationals):
            return to_fraction(value)
        scale = 1 << 60
        edge = (value * scale).upper().ceil() if side > 0 else (value * scale).lower().floor()
        return Fraction(numbers.to_integer(edge), scale)

    return exactly(ask)


def grid(setting: Setting) -> tuple[Vector, ...]:
    """Simple points of the box, its corners among them."""
    size = len(setting.box)
    sides = [_side(ends, STEPS.get(size, 2), UNBOUNDED.get(size, 2)) for ends in setting.box]
    return tuple(islice(product(*sides), 1500))


def _side(ends: Ends, steps: int, amounts: int) -> tuple[Fraction, ...]:
    low, high = ends
    chosen = AMOUNTS[:amounts]
    if low is not None and high is not None:
        inner = [low + (high - low) * Fraction(n, steps) for n in range(steps + 1)]
        return tuple(sorted({*inner, *(c for c in (Fraction(0),) if low < c < high)}))
    if low is not None:
        return tuple(sorted(low + a for a in chosen))
    if high is not None:
        return tuple(sorted(high - a for a in chosen))
    return tuple(sorted({*chosen, *(-a for a in chosen)}))


def undefined_point(setting: Setting) -> tuple[Vector, str] | None:
    """A point inside the box where the formula surely has no value, and why."""
    function = setting.function(Rationals())
    for point in grid(setting):
        if any(c in ends for c, ends in zip(point, setting.box, strict=True)):
            continue
        try:
            function.value(point)
        except DomainError as error:
            return point, str(error)
        except FAILURES:
            continue
    return None


def lowest_points(setting: Setting, deadline: float) -> tuple[Vector, ...]:
    """Points where the formula is small: the lowest found, and simple points close to it."""
    function = setting.function(Floats())
    scored = sorted(
        (value, point)
        for point in grid(setting)
        if (value := _float(lambda p=point: function.value(p))) is not None  # type: ignore[misc]
    )
    if not scored:
        return ()
    _, start = scored[0]
    best = _descend(lambda p: _float(lambda: function.value(p)), start, setting, deadline)
    rounded = [
        setting.clamped(tuple(c.limit_denominator(size) for c in best))
        for size in (1, 8, 100, 10**9)
    ]
    return tuple(dict.fromkeys((*rounded, start)))


def counterexample(
    setting: Setting,
    use: AssumptionUse,
    lows: tuple[Vector, ...],
    deadline: float,
    tests: Mapping[str, tuple[Test, ...]] = TESTS,
) -> tuple[Candidate, Test] | None:
    """Where the assumption fails, confirmed exactly, or None.

    Args:
        setting: the claim at exact parameters.
        use: the assumption.
        lows: points where the formula is small, from :func:`lowest_points`.
        deadline: a value of ``time.monotonic()``.
        tests: the ways in which assumptions may fail.
    """
    for test in tests.get(use.assumption.name, ()):
        found = _search(setting, use, test, lows, deadline)
        if found is not None:
            return found, test
    return None


def fails(setting: Setting, use: AssumptionUse, test: Test, candidate: Candidate) -> bool:
    """Whether the margin is negative, in exact or ball arithmetic, at points of the box."""
    if any(setting.clamped(point) != point for point in candidate.points):
        return False

    def ask(numbers: NumberSystem) -> bool:
        function = setting.function(numbers)
        margin = test.margin(function, function.constants(use.arguments), candidate)
        return numbers.sign(margin) < 0

    return exactly(ask) is True


def margin_text(setting: Setting, use: AssumptionUse, test: Test, candidate: Candidate) -> str:
    """The margin at a candidate, for people."""
    balls = Balls()
    with balls.scope():
        try:
            function = setting.function(balls)
            margin = test.margin(function, function.constants(use.arguments), candidate)
            return str(margin.str(6, radius=False))
        except FAILURES:
            return "negative"


def _float(ask: Callable[[], Any]) -> float | None:
    try:
        value = float(ask())
    except FAILURES:
        return None
    return value if value == value and abs(value) != float("inf") else None


def _search(
    setting: Setting,
    use: AssumptionUse,
    test: Test,
    lows: tuple[Vector, ...],
    deadline: float,
) -> Candidate | None:
    function = setting.function(Floats())
    try:
        constants = function.constants(use.arguments)
    except FAILURES:
        return None

    def score(candidate: Candidate) -> float | None:
        return _float(lambda: test.margin(function, constants, candidate))

    scored: list[tuple[float, int, Candidate]] = []
    for number, candidate in enumerate(_candidates(setting, test, lows, function)):
        if time.monotonic() > deadline:
            break
        value = score(candidate)
        if value is not None:
            scored.append((value, number, candidate))
    for _, _, candidate in sorted(scored)[:REFINED]:
        if time.monotonic() > deadline:
            return None
        value = score(candidate)
        if value is not None and value < -SUSPICIOUS and fails(setting, use, test, candidate):
            return candidate
        better = _improved(candidate, score, setting, deadline)
        value = score(better)
        if value is not None and value < SUSPICIOUS and fails(setting, use, test, better):
            return better
    return None


def _candidates(
    setting: Setting, test: Test, lows: tuple[Vector, ...], function: Function
) -> Iterator[Candidate]:
    points = grid(setting)
    if test.low:
        groups: list[tuple[Vector, ...]] = [(x, y) for y in lows[-3:] for x in points]
    elif test.points == 2:
        wide = [(x, y) for x in points[::3] for y in points[::5] if x != y]
        groups = [*pairwise(points), *zip(points, points[2:], strict=False), *wide[:400]]
    else:
        groups = [(x,) for x in points]
    for group in groups:
        if not test.directed:
            yield Candidate(group)
            continue
        for direction in _directions(group[0], function):
            yield Candidate(group, direction)


def _directions(point: Vector, function: Function) -> Iterator[Vector]:
    """The extreme eigenvectors of the Hessian, rounded, and the axes."""
    size = len(point)
    if size == 1:
        yield (Fraction(1),)
        return
    try:
        hessian = np.array(function.derivatives(point, 2).hessian, dtype=float)
        if not np.all(np.isfinite(hessian)):
            return
        _, vectors = np.linalg.eigh(hessian)
    except (*FAILURES, np.linalg.LinAlgError):
        return
    for column in (0, size - 1):
        yield tuple(Fraction(float(v)).limit_denominator(1000) for v in vectors[:, column])


def _improved(
    candidate: Candidate,
    score: Callable[[Candidate], float | None],
    setting: Setting,
    deadline: float,
) -> Candidate:
    """The points moved, one after the other, to where the margin is least."""
    points = candidate.points
    for place in (0, 1, 0) if len(points) == 2 else (0,):

        def at(point: Vector, place: int = place, points: tuple[Vector, ...] = points) -> Any:
            moved = (*points[:place], point, *points[place + 1 :])
            return score(Candidate(moved, candidate.direction))

        best = _descend(at, points[place], setting, deadline)
        points = (*points[:place], best, *points[place + 1 :])
    return Candidate(points, candidate.direction)


def _descend(
    score: Callable[[Vector], float | None], start: Vector, setting: Setting, deadline: float
) -> Vector:
    """Coordinate search with halving steps."""
    best, value = start, score(start)
    steps = [_first_step(ends) for ends in setting.box]
    for _ in range(ROUNDS):
        if value is None or time.monotonic() > deadline:
            break
        moved = False
        for axis, step in enumerate(steps):
            for sign in (1, -1):
                shifted = best[axis] + sign * step
                point = setting.clamped((*best[:axis], shifted, *best[axis + 1 :]))
                there = score(point)
                if there is not None and there < value:
                    best, value, moved = point, there, True
        if not moved:
            steps = [step / 2 for step in steps]
    for size in SIMPLE:
        rounded = setting.clamped(tuple(c.limit_denominator(size) for c in best))
        there = score(rounded)
        if value is not None and there is not None and there <= value:
            return rounded
    return best


def _first_step(ends: Ends) -> Fraction:
    low, high = ends
    return (high - low) / 40 if low is not None and high is not None else Fraction(1, 4)


__all__ = [
    "Setting",
    "counterexample",
    "fails",
    "grid",
    "lowest_points",
    "margin_text",
    "setting_at",
    "undefined_point",
]
