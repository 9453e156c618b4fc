"""One step of a method with memory, from any state, as exact forms over the parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import sympy

from theoryck.algebra import Evaluation, Form, Leaf, Point, Trace
from theoryck.assumptions.base import Slack
from theoryck.assumptions.conditions import Assumed
from theoryck.claims.evaluate import Environment, evaluate
from theoryck.derive.momentum.inequalities import known_inequalities
from theoryck.derive.momentum.statements import Direction, moved
from theoryck.derive.oracles import trace_of
from theoryck.derive.potentials.elements import Argument
from theoryck.derive.potentials.numbers import RationalFunctions
from theoryck.derive.setting import ITERATION, OtherKind, Setting, Stuck
from theoryck.derive.symbols import ONE, ZERO, Reader
from theoryck.errors import TheoryckError

MAX_ENTRIES = 4  # of a state


@dataclass(frozen=True)
class MemoryStep:
    """A step from ``before`` to ``after``, both states: the iterate and what is remembered.

    The state before is any: its entries are unknown vectors. ``taken`` are the evaluations whose
    gradients the step uses. ``points`` are combinations of a state's entries, x itself the first;
    ``located`` has the evaluations there, before the step and after it.
    """

    before: tuple[Point, ...]
    after: tuple[Point, ...]
    taken: tuple[Evaluation, ...]
    points: tuple[Direction, ...]
    located: tuple[tuple[Evaluation, Evaluation], ...]
    trace: Trace
    assumed: tuple[Assumed, ...]
    minimiser: bool
    numbers: RationalFunctions

    @property
    def size(self) -> int:
        """How many entries a state has."""
        return len(self.before)

    @property
    def weights(self) -> tuple[int, ...]:
        """1 for an entry that is a point of the space, 0 for one that is a displacement."""
        (origin,) = self.trace.x_star.coefficients
        return tuple(0 if origin not in e.coefficients else 1 for e in self.before)

    @property
    def state_leaves(self) -> tuple[Leaf, ...]:
        """The unknown vectors of the state before."""
        origin = self.trace.x_star.coefficients
        return tuple(
            leaf for entry in self.before for leaf in entry.coefficients if leaf not in origin
        )

    @cached_property
    def varies(self) -> bool:
        """Whether the step depends on k."""
        place = self.numbers.field.symbols.index(ITERATION)
        return any(
            monomial[place]
            for entry in self.after
            for c in entry.coefficients.values()
            for part in (c.quotient.numer, c.quotient.denom)
            for monomial in part
        )

    @property
    def names(self) -> tuple[str, ...]:
        """What the entries of the state before are called."""
        found = ["x[k]"]
        for place in range(1, self.size):
            if self.after[place].coefficients == self.before[place - 1].coefficients:
                found.append(f"x[k-{place}]")
            else:
                kind = "w" if self.weights[place] else "m"
                found.append(f"{kind}[k]" if self.size == 2 else f"{kind}{place}[k]")
        return tuple(found)

    @property
    def here(self) -> Evaluation:
        """The evaluation at x[k]."""
        return self.located[0][0]

    @property
    def ahead(self) -> Evaluation:
        """The evaluation at x[k+1]."""
        return self.located[0][1]

    @cached_property
    def labels(self) -> Mapping[str, str]:
        """What the evaluated points are called."""
        found = {"x_star": "x_star"}

        def name(evaluation: Evaluation, text: str) -> None:
            found.setdefault(evaluation.label, text)

        name(self.here, "x[k]")
        name(self.ahead, "x[k+1]")
        for before, after in self.located[1:]:
            if after is self.here:
                name(before, "x[k-1]")
        others = [e for e in self.taken if e.label not in found]
        for number, evaluation in enumerate(others):
            name(evaluation, "y[k]" if len(others) == 1 else f"y{number}[k]")
        further = [pair for pair in self.located[1:] if pair[0].label not in found]
        for number, (before, after) in enumerate(further, start=1):
            text = "z" if len(further) == 1 else f"z{number}"
            name(before, f"{text}[k]")
            name(after, f"{text}[k+1]")
        return found

    @cached_property
    def inequalities(self) -> Mapping[str, Slack]:
        """What the assumptions say of the points, by name."""
        known = known_inequalities(self.assumed, self.trace, self.labels, minimiser=self.minimiser)
        return {slack.name: slack for slack in known}

    def direction(self, coefficients: Sequence[Any], ahead: bool) -> Point:
        """A combination of the state's entries, minus as much of x*, a displacement."""
        total = combined(self.trace, coefficients, self.after if ahead else self.before)
        origin = self.trace.x_star.coefficients
        kept = {leaf: c for leaf, c in total.coefficients.items() if leaf not in origin}
        return Point(self.trace, kept)

    def gap(self, point: Direction, ahead: bool) -> Form:
        """f − f* at one of the points of the state before or after.

        Raises:
            Stuck: it is none of them.
        """
        if point not in self.points:
            raise Stuck("a value of f at a point that was not evaluated")
        evaluation = self.located[self.points.index(point)][ahead]
        form: Form = evaluation.value - self.trace.f_star
        return form


def combined(trace: Trace, coefficients: Sequence[Any], entries: Sequence[Point]) -> Point:
    """A combination of vectors."""
    total = trace.zero()
    for c, entry in zip(coefficients, entries, strict=True):
        total = total + entry * c
    return total


def plain(size: int) -> Direction:
    """The iterate itself as a combination of the state's entries."""
    return (ONE, *(ZERO for _ in range(size - 1)))


def memory_step(
    setting: Setting, points: Sequence[Direction] = (), unknowns: Sequence[sympy.Symbol] = ()
) -> MemoryStep:
    """Traces one step of the claim's method.

    Args:
        setting: the claim.
        points: combinations of a state's entries at which f is looked at, beside x.
        unknowns: further symbols of the field of coefficients.

    Raises:
        Stuck: the method remembers nothing, or has no rational reading.
    """
    try:
        return _traced(setting, field_of(setting, *unknowns), points)
    except (TheoryckError, ZeroDivisionError) as error:
        raise Stuck(f"no rational step: {error}") from error


def field_of(setting: Setting, *unknowns: sympy.Symbol) -> RationalFunctions:
    """The rational functions of the parameters, of k, and of the roots that the claim takes."""
    use = setting.claim.method
    reader = Reader({**setting.domain.symbols, "k": ITERATION})
    expressions = [reader.read(value) for value in use.arguments.values()]
    expressions += [c for each in setting.assumptions.values() for c in each.values()]
    powers = sorted({p for expr in expressions for p in expr.atoms(sympy.Pow)}, key=str)
    rooted = dict.fromkeys(p.base for p in powers if p.exp.is_Rational and p.exp.q == 2)
    if any(ITERATION in radicand.free_symbols for radicand in rooted):
        raise Stuck("a root of k is no rational function")
    return RationalFunctions.over(setting.domain.with_symbols(*unknowns), (), rooted)


def _traced(
    setting: Setting, numbers: RationalFunctions, points: Sequence[Direction]
) -> MemoryStep:
    claim = setting.claim
    method = claim.method.method
    trace = trace_of(claim, numbers)
    first = method.first_state(trace.start)
    if not isinstance(first, tuple) or len(first) < 2:
        raise OtherKind(f"{method.name} remembers nothing beside x[k]")
    if len(first) > MAX_ENTRIES or not all(isinstance(entry, Point) for entry in first):
        raise Stuck(f"{method.name} remembers more than a few vectors from step to step")
    (origin,) = trace.x_star.coefficients
    before = [trace.start]
    for place, entry in enumerate(first[1:], start=1):
        unknown = trace.vector(f"memory{place}")
        weight = entry.coefficients.get(origin, 0)
        if weight != 0 and weight != 1:
            raise Stuck(f"{method.name} remembers a multiple of a point")
        before.append(unknown if weight == 0 else trace.x_star + unknown)
    symbols = {s.name: numbers.element(s) for s in setting.domain.symbols.values()}
    k = numbers.element(ITERATION)
    values = {
        argument.name: numbers.coerce(argument.default)
        for argument in method.arguments
        if argument.default is not None
    }
    for name, expr in claim.method.arguments.items():
        values[name] = evaluate(expr, Environment({**symbols, "k": k}), numbers)
    handed = {name: Argument(value.quotient) for name, value in values.items()}
    looked_at = tuple(dict.fromkeys((plain(len(before)), *points)))
    # before the step, so that its draws are independent of the gradients there
    known = [_located(trace, numbers, point, before) for point in looked_at]
    try:
        after = method.step(tuple(before), trace, Argument(k.quotient), handed)
    except TheoryckError:
        raise
    except Exception as error:  # the method is its author's code: anything may happen in it
        raise Stuck(f"{method.name} is not traced: {type(error).__name__}") from error
    if not isinstance(after, tuple) or len(after) != len(before):
        raise Stuck(f"{method.name} does not keep the form of its state")
    if not all(isinstance(entry, Point) for entry in after):
        raise Stuck(f"the step of {method.name} does not give vectors")
    used = {leaf for entry in after for leaf in entry.coefficients}
    taken = tuple(e for e in trace.evaluations if not used.isdisjoint(e.gradient.coefficients))
    located = tuple(
        (here, _located(trace, numbers, moved(point, ITERATION + 1), after))
        for point, here in zip(looked_at, known, strict=True)
    )
    environment = Environment(symbols)
    assumed = tuple(
        Assumed(
            use.assumption,
            {name: evaluate(v, environment, numbers) for name, v in use.arguments.items()},
        )
        for use in claim.assumptions
    )
    if any(a.name == "finite_sum" for a in assumed):
        raise OtherKind("potentials are not sought for finite sums")
    return MemoryStep(
        tuple(before),
        tuple(after),
        taken,
        looked_at,
        located,
        trace,
        assumed,
        setting.has_minimiser,
        numbers,
    )


def _located(
    trace: Trace, numbers: RationalFunctions, point: Direction, state: Sequence[Point]
) -> Evaluation:
    """The evaluation at a combination of a state's entries."""
    (origin,) = trace.x_star.coefficients
    if len(point) != len(state):
        raise Stuck("a point of another state")
    at = combined(trace, [numbers.element(c) for c in point], state)
    if at.coefficients.get(origin, 0) != 1:
        raise Stuck("a value of f at a displacement")
    return trace.evaluate(at)


__all__ = ["MemoryStep", "combined", "field_of", "memory_step", "plain"]
