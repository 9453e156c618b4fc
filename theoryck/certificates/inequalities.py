"""Every inequality that the assumptions and the start give at a trace's points, by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from theoryck.algebra import Form, NumberSystem, Trace
from theoryck.algebra.relaxed import RelaxedTrace
from theoryck.assumptions.base import PairFamily, Slack
from theoryck.assumptions.conditions import (
    Assumed,
    noise_slacks,
    pair_families,
    point_slacks,
)
from theoryck.assumptions.terms import term_slacks


@dataclass(frozen=True)
class Hypothesis:
    """A condition on the start: ``form >= 0`` (zero if ``equality``, positive if ``strict``)."""

    name: str
    form: Form
    equality: bool = False
    strict: bool = False

    def slack(self) -> Slack:
        """The same as a named inequality."""
        return Slack(self.name, lambda: self.form, self.equality)


@dataclass(frozen=True)
class Inequalities:
    """What a proof about the points of ``trace`` may use. ``minimiser`` says whether it may
    speak of x* as a point."""

    trace: Trace
    assumed: tuple[Assumed, ...]
    hypotheses: tuple[Hypothesis, ...]
    minimiser: bool

    @property
    def numbers(self) -> NumberSystem:
        """The number system of every coefficient."""
        return self.trace.numbers

    @property
    def random(self) -> bool:
        """Whether the run draws stochastic gradients."""
        return bool(self.trace.samples)

    @cached_property
    def families(self) -> tuple[PairFamily, ...]:
        """The inequalities over pairs of points; there are as many as squares of the horizon."""
        _ = self.singles  # they bring in points of their own (nearest minimisers)
        return pair_families(self.assumed, self.trace, minimiser=self.minimiser)

    @cached_property
    def singles(self) -> Mapping[str, Slack]:
        """Every other inequality that a proof may use, by name."""
        single = [hypothesis.slack() for hypothesis in self.hypotheses]
        single += point_slacks(self.assumed, self.trace, minimiser=self.minimiser)
        single += noise_slacks(self.assumed, self.trace)
        if self.minimiser and isinstance(self.trace, RelaxedTrace) and self.trace.second is None:
            single += term_slacks(self.assumed, self.trace)
        return {slack.name: slack for slack in single}

    def slacks(self) -> Iterator[Slack]:
        """Every inequality that a proof may use."""
        yield from self.singles.values()
        for family in self.families:
            yield from family.members()

    def slack(self, name: str) -> Slack | None:
        """The inequality of that name; None if the claim gives none."""
        if name in self.singles:
            return self.singles[name]
        return next((s for family in self.families if (s := family.find(name))), None)
