"""A step of the claim's method with what a search for potentials needs to know of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import sympy

from theoryck.algebra import Evaluation, Form, Leaf
from theoryck.derive.momentum.combine import Pair, entry
from theoryck.derive.momentum.directions import previous_iterate
from theoryck.derive.momentum.rules import PotentialStep, dissipated
from theoryck.derive.momentum.sampling import trial_points
from theoryck.derive.momentum.state import MemoryStep, memory_step
from theoryck.derive.momentum.statements import Direction, Potential
from theoryck.derive.potentials.multipliers import Point
from theoryck.derive.potentials.numbers import RationalFunctions
from theoryck.derive.proof import Workshop
from theoryck.derive.routes.attempt import attempt
from theoryck.derive.setting import Stuck
from theoryck.derive.statements import Quantity
from theoryck.derive.symbols import ONE, ZERO
from theoryck.errors import TheoryckError


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
        before = previous_iterate(step)
        if before is not None:
            step = memory_step(setting, (before,))
        return cls(workshop, step, trial_points(setting.domain, step.numbers))

    def looking_at(self, point: Direction) -> Ground:
        """The same step, f being looked at in one more place."""
        step = memory_step(self.workshop.setting, (*self.step.points, point))
        return replace(self, step=step, forms={})

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
    def velocities(self) -> Iterator[Direction]:
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


__all__ = ["Ground"]
