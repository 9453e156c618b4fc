"""Recognises a clipped stochastic step in a method's own source, by tracing both of its cases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sympy

from theoryck.algebra import Point, Trace
from theoryck.algebra.adaptive import Condition
from theoryck.algebra.forms import inner
from theoryck.derive.arguments import Argument
from theoryck.derive.exact import equal
from theoryck.derive.setting import ITERATION, OtherKind, Setting, is_random
from theoryck.derive.symbols import Reader, Symbolic, as_sympy
from theoryck.errors import TheoryckError, UntraceableError


class Signed(Symbolic):
    """Symbolic numbers whose sign SymPy knows from what the domain says of their symbols.

    >>> Signed().sign(2 * sympy.Symbol("tau", positive=True))
    1
    """

    name = "signed"

    def sign(self, value: Any) -> int:
        value = as_sympy(value)
        return 1 if surely_positive(value) else super().sign(value)


def surely_positive(expr: sympy.Expr) -> bool:
    """Whether the expression is positive wherever it has a value, seen from its parts.

    >>> a, N = sympy.Symbol("a", real=True), sympy.Symbol("N", positive=True)
    >>> surely_positive(N ** (1 / (3 * a - 2)) + 1)
    True
    """
    match expr:
        case sympy.Add() | sympy.Mul():
            return all(map(surely_positive, expr.args))
        case sympy.Pow(base=base, exp=exponent):
            real = all(symbol.is_real for symbol in exponent.free_symbols)
            return real and surely_positive(base)
        case sympy.Max():
            return any(map(surely_positive, expr.args))
        case sympy.Min():
            return all(map(surely_positive, expr.args))
    return bool(expr.is_positive)


@dataclass
class OneCase(Trace):
    """A trace that takes every condition to hold, or every one to fail, and notes them.

    ``units`` pairs a vector with the leaf that stands for its direction.
    """

    taken: bool = True
    conditions: list[Condition] = field(default_factory=list)
    units: list[tuple[Point, Point]] = field(default_factory=list)

    def decide(self, condition: Condition) -> bool:
        self.conditions.append(condition)
        return self.taken

    def unit(self, vector: Point) -> Point:
        for known, direction in self.units:
            if known.coefficients == vector.coefficients:
                return direction
        direction = self.vector(f"u{len(self.units)}")
        self.units.append((vector, direction))
        return direction


@dataclass(frozen=True)
class Clipping:
    """``x[k+1] = x[k] - length*min(1, threshold/norm(g))*g`` with one stochastic gradient g."""

    length: sympy.Expr
    threshold: sympy.Expr


def clipping(setting: Setting) -> Clipping:
    """How the method clips.

    The two cases of its one condition, ‖g‖² <= threshold² for a stochastic gradient g at x[k],
    are traced apart; the step must be ``-length*g`` in the first and ``-length*threshold*g/‖g‖``
    in the second.

    Raises:
        OtherKind: the method is none that clips one stochastic gradient at x[k].
    """
    if not is_random(setting):
        raise OtherKind("the heavy-tailed route is for stochastic gradients")
    reader = Reader({**setting.domain.symbols, "k": ITERATION})
    use = setting.claim.method
    try:
        arguments = {name: Argument(reader.read(value)) for name, value in use.arguments.items()}
        (inside, short), (outside, long) = (_case(use, arguments, taken) for taken in (True, False))
    except TheoryckError as error:
        raise OtherKind(
            f"the step of {use.method.name} is not read as a clipped one: {error}"
        ) from error
    no_clipping = OtherKind(f"{use.method.name} does not clip one stochastic gradient at x[k]")
    if len(inside.conditions) != 1 or len(outside.conditions) != 1 or inside.units:
        raise no_clipping
    length, drawn = _multiple(short, _drawn(inside)), _drawn(outside)
    if length is None or drawn is None or len(outside.units) != 1:
        raise no_clipping
    ((vector, direction),) = outside.units
    longest = _multiple(long, direction)
    if vector.coefficients != drawn.coefficients or longest is None or length == 0:
        raise no_clipping
    threshold = longest / length
    if not all(_clips_at(threshold, trace) for trace in (inside, outside)):
        raise no_clipping
    return Clipping(-length, threshold)


def _case(use: Any, arguments: Mapping[str, Argument], taken: bool) -> tuple[OneCase, Point]:
    trace = OneCase(numbers=Signed(), taken=taken)
    state = use.method.first_state(trace.start)
    after = use.method.step(state, trace, Argument(ITERATION), arguments)
    if not isinstance(after, Point):
        raise UntraceableError("the step does not give a vector alone")
    return trace, after - trace.start


def _drawn(trace: OneCase) -> Point | None:
    """The one stochastic gradient, if it was drawn once at x[k]."""
    if len(trace.samples) != 1:
        return None
    (sample,) = trace.samples
    if sample.batch != 1 or sample.evaluation.point.coefficients != trace.start.coefficients:
        return None
    return sample.evaluation.gradient + sample.deviation


def _multiple(step: Point, vector: Point | None) -> sympy.Expr | None:
    """The factor c with ``step = c*vector``, by exact algebra."""
    if vector is None or set(step.coefficients) != set(vector.coefficients):
        return None
    factors = [
        as_sympy(step.coefficients[leaf] / vector.coefficients[leaf])
        for leaf in vector.coefficients
    ]
    return factors[0] if all(equal(factors[0], other) for other in factors) else None


def _clips_at(threshold: sympy.Expr, trace: OneCase) -> bool:
    """Whether the condition says ``threshold**2 - norm(g)**2 >= 0``, for a positive threshold."""
    drawn, form = _drawn(trace), trace.conditions[0].form
    if drawn is None or form.linear or not surely_positive(threshold):
        return False
    rest = form + inner(drawn, drawn)
    vanishing = (*rest.quadratic.values(), rest.constant - threshold**2)
    return all(equal(as_sympy(c), sympy.Integer(0)) for c in vanishing)


__all__ = ["Clipping", "Signed", "clipping", "surely_positive"]
