"""One step of a method with memory, from any state, as exact forms over the parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import sympy

from theoryck.algebra import Evaluation, Form, Leaf, Point, Trace
from theoryck.assumptions.base import Slack
from theoryck.assumptions.conditions import Assumed
from theoryck.claims.evaluate import Environment, evaluate
from theoryck.derive.momentum.inequalities import known_inequalities
from theoryck.derive.oracles import trace_of
from theoryck.derive.potentials.elements import Argument
from theoryck.derive.potentials.numbers import RationalFunctions
from theoryck.derive.setting import ITERATION, Setting, Stuck
from theoryck.derive.symbols import Reader
from theoryck.errors import TheoryckError

MAX_ENTRIES = 4  # of a state


@dataclass(frozen=True)
class MemoryStep:
    """A step from ``before`` to ``after``, both states: the iterate and what is remembered.

    The state before is any: its entries are unknown vectors. ``taken`` are the evaluations that
    the step itself made, ``iterates`` those at the entries of both states that are points.
    """

    before: tuple[Point, ...]
    after: tuple[Point, ...]
    taken: tuple[Evaluation, ...]
    iterates: tuple[tuple[Evaluation | None, ...], ...]
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
                found.append("m[k]" if self.size == 2 else f"m{place}[k]")
        return tuple(found)

    @cached_property
    def labels(self) -> Mapping[str, str]:
        """What the evaluated points are called."""
        ahead = [name.replace("[k]", "[k+1]").replace("[k-1]", "[k]") for name in self.names]
        ahead = [name.replace("[k-2]", "[k-1]") for name in ahead]
        found = {"x_star": "x_star"}
        for names, evaluations in zip((self.names, ahead), self.iterates, strict=True):
            for name, evaluation in zip(names, evaluations, strict=True):
                if evaluation is not None:
                    found.setdefault(evaluation.label, name)
        others = [e.label for e in self.trace.evaluations if e.label not in found]
        for number, label in enumerate(others):
            found[label] = "y[k]" if len(others) == 1 else f"y{number}[k]"
        return found

    @cached_property
    def inequalities(self) -> Mapping[str, Slack]:
        """What the assumptions say of the points, by name."""
        known = known_inequalities(self.assumed, self.trace, self.labels, minimiser=self.minimiser)
        return {slack.name: slack for slack in known}

    def direction(self, coefficients: tuple[Any, ...], ahead: bool) -> Point:
        """A combination of the state's entries, minus as much of x*, a displacement."""
        total = self.trace.zero()
        for c, entry in zip(coefficients, self.after if ahead else self.before, strict=True):
            total = total + entry * c
        origin = self.trace.x_star.coefficients
        kept = {leaf: c for leaf, c in total.coefficients.items() if leaf not in origin}
        return Point(self.trace, kept)

    def gap(self, place: int, ahead: bool) -> Form:
        """f − f* at an entry of one of the states.

        Raises:
            Stuck: the entry is no point.
        """
        evaluation = self.iterates[ahead][place]
        if evaluation is None:
            raise Stuck("a value of f at a displacement")
        form: Form = evaluation.value - self.trace.f_star
        return form


def memory_step(setting: Setting, *unknowns: sympy.Symbol) -> MemoryStep:
    """Traces one step of the claim's method.

    Args:
        setting: the claim.
        unknowns: further symbols of the field of coefficients.

    Raises:
        Stuck: the method remembers nothing, or has no rational reading.
    """
    numbers = field_of(setting, *unknowns)
    try:
        return _traced(setting, numbers)
    except (TheoryckError, ZeroDivisionError) as error:
        raise Stuck(f"no rational step: {error}") from error


def field_of(setting: Setting, *unknowns: sympy.Symbol) -> RationalFunctions:
    """The rational functions of the parameters, of k, and of the roots that the claim takes."""
    use = setting.claim.method
    reader = Reader({**setting.domain.symbols, "k": ITERATION})
    expressions = [reader.read(value) for value in use.arguments.values()]
    expressions += [c for each in setting.assumptions.values() for c in each.values()]
    rooted = {
        power.base: None
        for expr in expressions
        for power in sorted(expr.atoms(sympy.Pow), key=str)
        if power.base.is_Symbol and power.base.is_nonnegative and power.exp.is_Rational
        if power.exp.q == 2
    }
    rooted.pop(ITERATION, None)
    return RationalFunctions.over(setting.domain.with_symbols(*unknowns), (), rooted)


def _traced(setting: Setting, numbers: RationalFunctions) -> MemoryStep:
    claim = setting.claim
    method = claim.method.method
    trace = trace_of(claim, numbers)
    first = method.first_state(trace.start)
    if not isinstance(first, tuple) or len(first) < 2:
        raise Stuck(f"{method.name} remembers nothing beside x[k]")
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
    taken = tuple(trace.evaluations)
    iterates = tuple(
        tuple(trace.evaluate(e) if origin in e.coefficients else None for e in state)
        for state in (before, after)
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
        raise Stuck("potentials are not sought for finite sums")
    return MemoryStep(
        tuple(before),
        tuple(after),
        taken,
        iterates,
        trace,
        assumed,
        setting.has_minimiser,
        numbers,
    )


__all__ = ["MemoryStep", "field_of", "memory_step"]
