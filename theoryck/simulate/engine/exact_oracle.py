"""A problem's answers without rounding, with its randomness written out beforehand."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import flint

from theoryck.algebra import Coordinates, NumberSystem, Oracle
from theoryck.errors import TooLargeError
from theoryck.simulate.noise import Outcome
from theoryck.simulate.problems.base import ExactProblem
from theoryck.simulate.runs.loop import OutOfTimeError
from theoryck.simulate.runs.oracle import whole_batch

MAX_BITS = 200_000  # of a coordinate: rationals grow with every step


@dataclass(eq=False)
class Script:
    """The outcomes of one run's draws, by number: ``choices``, and then always the first.

    ``taken`` lists the outcomes that were used.
    """

    outcomes: Sequence[Outcome]
    choices: tuple[int, ...] = ()
    taken: list[int] = field(default_factory=list)

    def draw(self) -> Outcome:
        """The next outcome."""
        number = len(self.taken)
        choice = self.choices[number] if number < len(self.choices) else 0
        self.taken.append(choice)
        return self.outcomes[choice]

    def probability(self) -> Fraction:
        """How likely the outcomes taken are."""
        product = Fraction(1)
        for choice in self.taken:
            product *= self.outcomes[choice].probability
        return product

    def following(self) -> tuple[int, ...] | None:
        """The choices of the next run in the order of a milometer; None after the last."""
        digits = list(self.taken)
        while digits and digits[-1] == len(self.outcomes) - 1:
            digits.pop()
        if not digits:
            return None
        digits[-1] += 1
        return tuple(digits)


@dataclass(frozen=True, eq=False)
class ExactOracle(Oracle):
    """Answers for a rational problem, with :class:`Coordinates` over a number system.

    There is no answer to ``project``: a claim about a feasible set is not refuted without it.
    """

    problem: ExactProblem
    numbers: NumberSystem
    script: Script
    deadline: float

    def grad(self, x: Any) -> Coordinates:
        if time.monotonic() > self.deadline:
            raise OutOfTimeError("time was up in the exact run")
        entries = tuple(_bounded(t) for t in x.entries)
        return Coordinates(self.problem.exact_gradient(entries, self.numbers))

    def value(self, x: Any) -> Any:
        return self.problem.exact_value(x.entries, self.numbers)

    def minimum(self) -> Any:
        return self.numbers.integer(0)

    def sample_grad(self, x: Any, *, batch: Any = 1) -> Coordinates:
        return self.sample_grads((x,), batch=batch)[0]

    def sample_grads(self, points: tuple[Any, ...], *, batch: Any = 1) -> tuple[Coordinates, ...]:
        size = batch if isinstance(batch, int) else self.numbers.to_integer(batch)
        drawn = [self.script.draw() for _ in range(whole_batch(size))]
        scale = self.numbers.rational(sum((o.scale for o in drawn), Fraction(0)) / len(drawn))
        shift = self.numbers.rational(sum((o.shift for o in drawn), Fraction(0)) / len(drawn))

        def moved(x: Any) -> Coordinates:
            return Coordinates(tuple(scale * t + shift for t in self.grad(x).entries))

        return tuple(moved(x) for x in points)

    def prox(self, x: Any, step: Any) -> Coordinates:
        entries = tuple(_bounded(t) for t in x.entries)
        moved = self.problem.exact_prox(entries, step, self.numbers)
        if moved is None:
            raise self.no_answer("f.prox")
        return Coordinates(moved)

    def line_search(self, x: Any, direction: Any) -> Coordinates:
        if not self.problem.constants().quadratic:
            raise self.no_answer("f.line_search")
        # on a quadratic ∇f(x + td) = ∇f(x) + t·∇f(d), since ∇f(0) = 0
        along = self.grad(direction).dot(direction)
        if self.numbers.sign(along) == 0:
            return Coordinates(tuple(x.entries))
        moved: Coordinates = x - direction * (self.grad(x).dot(direction) / along)
        return moved


def _bounded(t: Any) -> Any:
    # either end: a run that diverges over the integers has no denominator to grow
    if isinstance(t, flint.fmpq) and max(int(t.p).bit_length(), int(t.q).bit_length()) > MAX_BITS:
        raise TooLargeError(f"a coordinate of more than {MAX_BITS} bits in the exact run")
    return t
