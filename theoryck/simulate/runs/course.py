"""A block of runs on its way: stepped, measured, and made smaller as runs end."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from theoryck.simulate.backend import Backend
from theoryck.simulate.errors import SimulationError
from theoryck.simulate.metrics import Carried, Metric
from theoryck.simulate.noise import Noise
from theoryck.simulate.problems.base import Functions, Problem
from theoryck.simulate.quantities import View
from theoryck.simulate.runs.loop import Runnable
from theoryck.simulate.runs.oracle import ArrayOracle
from theoryck.simulate.runs.record import Outcome, Record
from theoryck.simulate.runs.schedule import Schedule
from theoryck.simulate.runs.trees import flattened, restored, taken
from theoryck.simulate.streams import Streams

RECORDED = ("last", "steps", "stopped", "diverged")
Stop = Callable[[View], Any]  # which runs are done, of shape (runs,)


@dataclass(frozen=True, eq=False)
class Plan:
    """All that runs depend on, apart from where they start and which numbers they draw."""

    problem: Problem
    method: Runnable
    steps: int
    metrics: Mapping[str, Metric]
    noise: Noise
    stop: Stop | None
    backend: Backend


class Course:
    """A block of runs after ``k`` steps.

    A run that ends is put down in the record. Its row of the arrays goes on beside the others,
    where nobody looks at it, until half of the rows are such: then they are dropped.

    Attributes:
        rows: which run of the block each row of the arrays is.
        alive: which rows are runs that have not ended, as a NumPy array.
    """

    def __init__(self, plan: Plan, start: Any, schedule: Schedule, streams: Streams) -> None:
        """Begin.

        Args:
            start: the first iterates, of shape (runs, d).
            schedule: the arguments of these runs.
            streams: their random numbers.
        """
        self.plan = plan
        self.functions: Functions = plan.problem.on(plan.backend)
        self.schedule = schedule
        self.oracle = ArrayOracle(self.functions, plan.noise, streams)
        runs = int(start.shape[0])
        self.record = Record(runs, int(start.shape[1]), plan.metrics)
        self.k = 0
        self.rows = np.arange(runs)
        self.alive = self.rows >= 0
        self.state = plan.method.first_state(start)
        view = self.view()
        self.carried: dict[str, Carried] = {
            name: metric.begin(view) for name, metric in plan.metrics.items()
        }
        self._stop(view)
        self._end_at_horizon()
        self._drop_ended()

    @property
    def ended(self) -> bool:
        """Whether every run has ended."""
        return len(self.rows) == 0

    def view(self) -> View:
        """The rows as they are now."""
        plan = self.plan
        x = plan.method.iterate(self.state)
        return View(self.k, x, self.state, self.functions, plan.backend, plan.steps)

    def outcome(self) -> Outcome:
        """What came of the runs, once all have ended."""
        return self.record.outcome()

    def step(self) -> None:
        """Take one step with every run."""
        plan = self.plan
        with plan.backend.quiet():
            following = self._following()
            # a sum is finite only if every entry is
            finite = math.isfinite(float(plan.backend.xp.sum(plan.method.iterate(following))))
        if not finite:
            following = self._lose(following)
            if self.ended:
                return
        self.k, self.state = self.k + 1, following
        view = self.view()
        with plan.backend.quiet():
            for name, metric in plan.metrics.items():
                self.carried[name] = metric.update(self.carried[name], view)
        self._stop(view)
        self._end_at_horizon()
        self._drop_ended()

    def saved(self) -> dict[str, Any]:
        """All of it as NumPy arrays by name, for :meth:`resume`."""
        record, backend = self.record, self.plan.backend
        saved = {"rows": self.rows, "alive": self.alive}
        saved |= {name: getattr(record, name) for name in RECORDED}
        saved |= {f"measured {name}": numbers for name, numbers in record.measured.items()}
        facts: dict[str, Any] = {"k": self.k, "tree": None}
        if not self.ended:
            carried = tuple(self.carried[name] for name in self.plan.metrics)
            facts["tree"], arrays = flattened((self.state, carried), backend)
            saved |= {f"array {i}": array for i, array in enumerate(arrays)}
            streams = self.oracle.streams.state()
            saved |= {f"streams {name}": array for name, array in streams.items()}
        return {"facts": np.array(json.dumps(facts)), **saved}

    def resume(self, saved: Mapping[str, Any], schedule: Schedule, streams: Streams) -> None:
        """Go on from what :meth:`saved` gave.

        Args:
            schedule: the arguments of all runs of the block.
            streams: their random numbers as they begin.

        Raises:
            LookupError, TypeError, ValueError: it gave no such arrays.
        """
        record, backend, d = self.record, self.plan.backend, self.record.dimension
        facts = json.loads(str(saved["facts"]))
        for name in RECORDED:
            like = getattr(record, name)
            setattr(record, name, _like(saved[name], like.shape, like.dtype, name))
        record.measured = {
            name.removeprefix("measured "): _like(
                array, (record.runs, *array.shape[1:]), array.dtype, name
            )
            for name, array in saved.items()
            if name.startswith("measured ")
        }
        rows = _like(saved["rows"], saved["rows"].shape, np.int64, "rows")
        alive = _like(saved["alive"], rows.shape, np.bool_, "alive")
        self.k = int(facts["k"])
        if rows.ndim != 1 or not 0 <= self.k <= self.plan.steps or np.any(np.diff(rows) < 1):
            raise ValueError(f"{rows.shape} runs after {self.k} of {self.plan.steps} steps")
        if len(rows):
            arrays = {
                int(name.removeprefix("array ")): array
                for name, array in saved.items()
                if name.startswith("array ")
            }
            self.state, carried = restored(facts["tree"], arrays, backend)
            x = self.plan.method.iterate(self.state)
            _like(backend.to_numpy(x), (len(rows), d), np.float64, "iterates")
            self.carried = dict(zip(self.plan.metrics, carried, strict=True))
            state = {
                name.removeprefix("streams "): array
                for name, array in saved.items()
                if name.startswith("streams ")
            }
            _like(state["numbers"] - streams.first, rows.shape, np.int64, "streams")
            if not np.array_equal(state["numbers"] - streams.first, rows):
                raise ValueError("the random numbers of other runs")
            whole = len(rows) == record.runs
            self.schedule = schedule if whole else schedule.select(backend.place(rows))
            self.oracle = replace(self.oracle, streams=streams.restore(state))
        self.rows, self.alive = rows, alive

    def _following(self) -> Any:
        arguments = self.schedule.at(self.k)
        try:
            following = self.plan.method.step(self.state, self.oracle, self.k, arguments)
        except (TypeError, ValueError) as error:
            names = self._steering(arguments)
            if not names:
                raise
            raise SimulationError(
                f"{names} must be one number for all runs: the method goes by it in ways that "
                f"arrays cannot follow ({error}). Simulate its values one after the other"
            ) from error
        if self.k == 0:
            self._check(following)
        return following

    def _steering(self, arguments: Mapping[str, Any]) -> str:
        """The arguments, given as arrays, but for which the step could be taken."""
        arrays = {name: value for name, value in arguments.items() if hasattr(value, "shape")}
        numbers = {name: float(value[0, 0]) for name, value in arrays.items()}
        for names in (*([name] for name in arrays), list(arrays)):
            scalars = {name: numbers[name] for name in names}
            with suppress(TypeError, ValueError):
                self.plan.method.step(self.state, self.oracle, self.k, {**arguments, **scalars})
                return ", ".join(names)
        return ""

    def _check(self, following: Any) -> None:
        """Raise unless the first step gave points again."""
        before, x = (self.plan.method.iterate(state) for state in (self.state, following))
        shape, kind = getattr(x, "shape", None), getattr(x, "dtype", type(x).__name__)
        if shape != before.shape or kind != before.dtype:
            raise SimulationError(
                f"the method made of points, of shape {tuple(before.shape)} and {before.dtype}, "
                f"something of shape {shape} and {kind}"
            )

    def _lose(self, following: Any) -> Any:
        """Put the runs down that left the finite numbers; what follows for the others."""
        plan, xp = self.plan, self.plan.backend.xp
        x = plan.method.iterate(following)
        finite = plan.backend.to_numpy(xp.all(xp.isfinite(x), axis=1))
        if finite.all():
            return following
        self._put(self.alive & ~finite, self.view(), diverged=True)
        if self.ended:
            return following
        # their rows follow one that is alive, so that nothing has to bear infinities
        shown = np.arange(len(self.rows))
        shown[~finite] = self.alive.argmax()
        followed = plan.backend.place(shown)
        return taken(following, followed, len(shown), plan.backend)

    def _stop(self, view: View) -> None:
        if self.plan.stop is None:
            return
        done = self.plan.backend.to_numpy(self.plan.stop(view))
        if done.shape != self.alive.shape:
            raise SimulationError(
                f"a rule for stopping says of each run whether it is done, of shape "
                f"{self.alive.shape}; got {done.shape}"
            )
        self._put(self.alive & done, view, stopped=True)

    def _end_at_horizon(self) -> None:
        if self.k == self.plan.steps and not self.ended:
            self._put(self.alive, self.view())

    def _put(self, chosen: Any, view: View, **how: bool) -> None:
        """Put runs down, by a mask over the rows."""
        if not chosen.any():
            return
        places = chosen.nonzero()[0]
        backend, runs = self.plan.backend, len(self.rows)
        at = backend.place(places)
        ended = view if len(places) == runs else view.rows(at)
        carried = {name: taken(c, at, runs, backend) for name, c in self.carried.items()}
        self.record.put(self.rows[places], ended, carried, **how)
        self.alive = self.alive & ~chosen
        if not self.alive.any():
            self.rows, self.alive = self.rows[:0], self.alive[:0]

    def _drop_ended(self) -> None:
        """Drop the rows of runs that have ended, once they are half of all."""
        backend, runs = self.plan.backend, len(self.rows)
        places = self.alive.nonzero()[0]
        if 2 * len(places) > runs or self.ended:
            return
        at = backend.place(places)
        self.state = taken(self.state, at, runs, backend)
        self.carried = {name: taken(c, at, runs, backend) for name, c in self.carried.items()}
        self.schedule = self.schedule.select(at)
        self.oracle = replace(self.oracle, streams=self.oracle.streams.select(places))
        self.rows, self.alive = self.rows[places], self.alive[places]


def _like(array: Any, shape: tuple[int, ...], dtype: Any, name: str) -> Any:
    if array.shape != shape or array.dtype != dtype:
        raise ValueError(f"{name} of shape {array.shape} and {array.dtype}")
    return array
