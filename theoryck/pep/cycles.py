"""Cycles of methods with memory: a smooth strongly convex function on which they never arrive.

For a fixed-step method whose next iterate is linear in the last two and in gradients, points
x_t = z^t of a regular polygon (z a root of unity, R² = C) are iterates where the gradients are
g_t = G·z^t for a known G. The function (L/2)‖x‖² − ((L − μ)/2)·dist(x, C)² has these gradients
if C is the polygon of p_t = (g_t − μy_t)/(L − μ), y_t the points where gradients are taken, and
p_t is the projection of y_t on it. Source: Goujaud, Taylor and Dieuleveut 2023 (heavy ball).

Near such a cycle the method runs as on a quadratic of curvature μ, so that the cycle attracts and
all numbers may be rounded.
"""

from __future__ import annotations

import cmath
import math
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from theoryck.algebra import Leaf, Trace
from theoryck.certificates.functions import AwayFromPolygon
from theoryck.certificates.problem import Run, parameter_values
from theoryck.claims.arithmetic import Floats
from theoryck.claims.claim import RateClaim
from theoryck.claims.expressions import Expr, names
from theoryck.errors import TheoryckError
from theoryck.pep.candidates import EXCESS, FunctionWitness, Look, checked, look
from theoryck.pep.families import Family, Placed, class_ends, horizon, rounded

PERIODS = range(3, 13)
ROOM = 1e-3  # of the projection's condition, relative: what rounding may use up
PROBED = 6  # steps of the trace from which the recursion is read
SAME = 1e-9  # relative, of two floats that are the same number
VERTEX = 10**4  # the denominator of the polygon's vertices
DISTANCES = (1.0, 1.5, 0.7, 2.2, 3.5)  # of a start, in those of the cycle
TURNS = 6  # directions of a start, within one corner of the polygon


@dataclass(frozen=True)
class Recursion:
    """x⁺ = a·x + b·x⁻ − c·g − d·g⁻ with g = ∇f(y) at y = u·x + (1 − u)·x⁻ + w·g⁻."""

    a: float
    b: float
    c: float
    d: float
    u: float
    w: float

    def response(self, z: complex) -> tuple[complex, complex]:
        """x_0 and y_0 where the gradients are z^t and everything turns with them."""
        x = -(self.c + self.d / z) / (z - self.a - self.b / z)
        return x, (self.u + (1 - self.u) / z) * x + self.w / z


@dataclass(frozen=True)
class Cycle(Family):
    """A polygon, the distance of its cycle from the origin, and starts around it."""

    lower: Fraction
    upper: Fraction
    corner: complex
    first: complex
    period: int

    def member(self, parameter: float, scale: float, denominator: int | None) -> Placed:
        number = round(parameter * (len(DISTANCES) * TURNS - 1))
        away, turn = DISTANCES[number // TURNS], number % TURNS
        place = away * cmath.exp(2j * math.pi * turn / (TURNS * self.period))
        start = place * self.first / abs(self.first)
        factor = rounded(scale / away, denominator)
        step = cmath.exp(2j * math.pi / self.period)
        corners = [self.corner / abs(self.first) * step**t for t in range(self.period)]
        vertices = tuple((_near(v.real), _near(v.imag)) for v in corners)
        function = AwayFromPolygon(self.lower, self.upper, vertices)
        return Placed(
            function.scaled(factor), (factor * _near(start.real), factor * _near(start.imag))
        )


def _near(value: float) -> Fraction:
    return Fraction(round(value * VERTEX), VERTEX)


def cycle_witness(
    claim: RateClaim, at: Mapping[str, Expr], deadline: float
) -> FunctionWitness | None:
    """A function on which the method is drawn into a cycle and breaks the bound, if one is found.

    Args:
        claim, at: the claim at an instance.
        deadline: a ``time.monotonic()`` value.
    """
    try:
        ends, recursion = class_ends(claim, at), read_recursion(claim, at)
        if ends is None or ends.upper is None or ends.gradient is not None or recursion is None:
            return None
        if horizon(claim, at) < PERIODS[0] or ends.lower <= 0 or ends.lower >= ends.upper:
            return None
        for cycle in cycles(recursion, ends.lower, ends.upper):
            best = _best_start(claim, at, cycle, deadline)
            if best is not None and best.ratio > 1 + EXCESS:
                placed = cycle.member(best.parameter, best.scale * (1 - 1e-6), VERTEX)
                witness = checked(claim, at, placed.function, placed.start)
                if witness is not None:
                    return witness
    except (TheoryckError, ArithmeticError):
        pass  # not a method, or not a class, of the kind that is looked at here
    return None


def _best_start(
    claim: RateClaim, at: Mapping[str, Expr], cycle: Cycle, deadline: float
) -> Look | None:
    best: Look | None = None
    count = len(DISTANCES) * TURNS
    for number in range(count):
        if time.monotonic() > deadline:
            break
        seen = look(claim, at, cycle, number / (count - 1))
        if seen is not None and (best is None or seen.ratio > best.ratio):
            best = seen
            if best.ratio > 2:
                break
    return best


def cycles(recursion: Recursion, lower: Fraction, upper: Fraction) -> Iterator[Cycle]:
    """The cycles on regular polygons, those with the most room first."""
    found = []
    mu, bend = float(lower), float(upper - lower)
    for period in PERIODS:
        for turns in range(1, (period + 1) // 2):
            if math.gcd(period, turns) != 1:
                continue
            z = cmath.exp(2j * math.pi * turns / period)
            x, y = recursion.response(z)
            corner = (1 - mu * y) / bend
            away = y - corner
            # the projection of y is the corner: the other corners lie behind it
            others = (corner * cmath.exp(2j * math.pi * s / period) for s in range(1, period))
            room = min(-(away * (other - corner).conjugate()).real for other in others)
            room /= max(abs(away) * abs(corner), 1e-300)
            if room > ROOM and abs(x) > 0:
                found.append((room, Cycle(lower, upper, corner, x, period)))
    return (cycle for _, cycle in sorted(found, key=lambda pair: -pair[0]))


def read_recursion(claim: RateClaim, at: Mapping[str, Expr]) -> Recursion | None:
    """The method's recursion, read off a trace; None if it is not of that form, or has no memory.

    Raises:
        UntraceableError: the method cannot be traced.
    """
    if any("k" in names(expr) for expr in claim.method.arguments.values()):
        return None
    trace = Trace(numbers=Floats())
    run = Run(claim.method, trace, parameter_values(at, trace.numbers))
    run.iterate(PROBED)
    if len(trace.evaluations) != PROBED or trace.samples or trace.proximals:
        return None
    leaves = [next(iter(e.gradient.coefficients)) for e in trace.evaluations]
    # the answer of x and of y to one gradient, so many steps later
    of_x = _impulse([run.iterate(k + 1).coefficients for k in range(PROBED)], leaves, 0)
    of_y = _impulse([e.point.coefficients for e in trace.evaluations], leaves, 1)
    if of_x is None or of_y is None:
        return None
    return _fitted(of_x, of_y)


def _impulse(
    rows: Sequence[Mapping[Leaf, Any]], leaves: Sequence[Leaf], lag: int
) -> list[float] | None:
    """minus the coefficient of the gradient i steps back, if it is the same at every step."""
    answers = []
    for back in range(PROBED - lag):
        seen = [-float(rows[k].get(leaves[k - lag - back], 0.0)) for k in range(lag + back, PROBED)]
        if any(abs(value - seen[0]) > SAME * max(1.0, abs(seen[0])) for value in seen):
            return None
        answers.append(seen[0])
    return answers


def _fitted(h: Sequence[float], e: Sequence[float]) -> Recursion | None:
    """The recursion with these answers, checked against the ones it was not read from."""
    size = max(map(abs, h)) or 1.0
    # h[i+1] = a·h[i] + b·h[i−1] from the second step on
    determinant = h[1] * h[1] - h[0] * h[2]
    if abs(determinant) <= SAME * size * size or abs(h[1] - h[0]) <= SAME * size:
        return None  # no memory
    a = (h[2] * h[1] - h[0] * h[3]) / determinant
    b = (h[1] * h[3] - h[2] * h[2]) / determinant
    u = (e[1] - h[0]) / (h[1] - h[0])
    recursion = Recursion(a, b, h[0], h[1] - a * h[0], u, u * h[0] - e[0])
    kept = all(
        abs(h[i + 1] - a * h[i] - b * h[i - 1]) <= 1e-6 * size for i in range(1, PROBED - 1)
    ) and all(
        abs(e[i] - u * h[i] - (1 - u) * h[i - 1]) <= 1e-6 * size for i in range(1, PROBED - 1)
    )
    return recursion if kept else None
