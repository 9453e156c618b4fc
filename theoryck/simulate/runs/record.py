"""What came of runs, put down as they end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from theoryck.simulate.metrics import Carried, Metric
from theoryck.simulate.quantities import View


@dataclass(frozen=True)
class Outcome:
    """What came of the runs, as NumPy arrays whose first axis is that of the runs.

    Attributes:
        measured: the metrics by name; infinite where a run diverged, except what a metric says
            of the time before.
        last: the last iterates, of shape (runs, d); of a diverged run the last finite one.
        steps: how many steps each run took.
        stopped: which runs ended early by the rule for stopping.
        diverged: which runs left the finite numbers, in the step after ``steps``.
    """

    measured: Mapping[str, Any]
    last: Any
    steps: Any
    stopped: Any
    diverged: Any

    @property
    def runs(self) -> int:
        """How many runs there were."""
        return int(self.last.shape[0])

    def __str__(self) -> str:
        text = f"{self.runs} runs of up to {int(self.steps.max())} steps"
        for count, what in (
            (self.stopped.sum(), "stopped early"),
            (self.diverged.sum(), "diverged"),
        ):
            text += f", {int(count)} {what}" if count else ""
        return text


@dataclass(eq=False)
class Record:
    """The outcome of ``runs`` runs as far as they have ended."""

    runs: int
    dimension: int
    metrics: Mapping[str, Metric]
    last: Any = None
    steps: Any = None
    stopped: Any = None
    diverged: Any = None
    measured: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.last is None:
            self.last = np.zeros((self.runs, self.dimension))
            self.steps = np.zeros(self.runs, dtype=np.int64)
            self.stopped = np.zeros(self.runs, dtype=np.bool_)
            self.diverged = np.zeros(self.runs, dtype=np.bool_)

    def put(
        self,
        runs: Any,
        view: View,
        carried: Mapping[str, Carried],
        *,
        stopped: bool = False,
        diverged: bool = False,
    ) -> None:
        """Put down that these runs ended as the view shows them.

        Args:
            runs: which runs they are, as a NumPy array of integers.
            view: these runs at their last iterates.
            carried: what their metrics carry.
        """
        to_numpy = view.backend.to_numpy
        self.last[runs] = to_numpy(view.x)
        self.steps[runs], self.stopped[runs], self.diverged[runs] = view.k, stopped, diverged
        for name, metric in self.metrics.items():
            with view.backend.quiet():
                numbers = to_numpy(metric.result(carried[name], view))
            if diverged:
                numbers = metric.lost(numbers, view)
            if name not in self.measured:
                shape = (self.runs, *numbers.shape[1:])
                self.measured[name] = np.zeros(shape, dtype=numbers.dtype)
            self.measured[name][runs] = numbers

    def outcome(self) -> Outcome:
        """The outcome, once all runs have ended."""
        return Outcome(self.measured, self.last, self.steps, self.stopped, self.diverged)


def joined(outcomes: Sequence[Outcome]) -> Outcome:
    """The outcome of several blocks of runs, one after the other."""
    if len(outcomes) == 1:
        return outcomes[0]
    measured = {
        name: np.concatenate([o.measured[name] for o in outcomes]) for name in outcomes[0].measured
    }
    rest = (
        np.concatenate([getattr(o, name) for o in outcomes])
        for name in ("last", "steps", "stopped", "diverged")
    )
    return Outcome(measured, *rest)
