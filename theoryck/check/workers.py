"""Worker processes, so that an engine that hangs or crashes costs its own answer and no more.

Every (claim, engine) is a process of its own: what one engine found is home before the next one
starts. A fork server that has imported the solvers once makes such a process cheap.
"""

from __future__ import annotations

import json
import multiprocessing
import signal
import time
from collections import deque
from collections.abc import Generator, Iterable
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection, wait
from multiprocessing.context import BaseContext
from typing import Any, Protocol

from theoryck.check.engines import Engine, failed, share
from theoryck.check.records import RecordError, from_data
from theoryck.check.worker import READY, Task, work
from theoryck.claims.claim import Claim
from theoryck.verdict import EngineReport, Status

START_SECONDS = 60.0  # for a worker to import its engine, on a cold disk
GRACE_SECONDS = 2.0  # for an engine to come home after its deadline, before it is ended
KILL_SECONDS = 1.0  # between asking a process to end and ending it


@dataclass(frozen=True)
class Answer:
    """A report, with the seconds that the engine was given and whether it came home in them."""

    report: EngineReport
    limit: float
    in_time: bool


class Store(Protocol):
    """Where reports may be known from an earlier run."""

    def get(self, job: Job, engine: Engine) -> EngineReport | None:
        """The report that this engine would give, if it is known."""

    def put(self, job: Job, engine: Engine, answer: Answer, settled: bool) -> None:
        """Keep an answer; ``settled`` says that some engine proved or refuted the claim."""


@dataclass(frozen=True)
class Job:
    """A claim with the engines that shall look at it."""

    claim: Claim
    file: str | None
    engines: tuple[Engine, ...]


class Course:
    """One job under way: the engines that are left, what was found, and the process that runs."""

    def __init__(self, number: int, job: Job, budget: float) -> None:
        self.number = number
        self.job = job
        self.left = deque(job.engines)
        self.budget_left = budget
        self.reports: list[EngineReport] = []
        self.answers: list[tuple[Engine, Answer]] = []  # those that are new and worth keeping
        self.running: Running | None = None


@dataclass(frozen=True)
class Running:
    """A process with the engine in it; ``ready`` when its clock has begun to run."""

    engine: Engine
    process: Any
    pipe: Connection
    since: float
    limit: float
    grace: float
    ready: bool = False

    @property
    def end(self) -> float:
        """When it is ended by force."""
        return self.since + (self.limit + self.grace if self.ready else START_SECONDS)


def context(modules: Iterable[str]) -> BaseContext:
    """How processes are started: from a fork server with these modules imported, or afresh."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    chosen = multiprocessing.get_context("forkserver")
    chosen.set_forkserver_preload(["theoryck.check.worker", *modules])
    return chosen


def run_jobs(
    jobs: Iterable[Job],
    *,
    processes: int,
    budget: float,
    methods_file: str | None = None,
    store: Store | None = None,
    grace: float = GRACE_SECONDS,
) -> Generator[tuple[int, tuple[EngineReport, ...], float], None, None]:
    """The reports on each job, as (number of the job, reports, seconds), as they are finished.

    Args:
        jobs: the claims, each with its engines.
        processes: how many claims are looked at at once.
        budget: seconds a claim, shared by its engines; an engine that overstays is ended.
        methods_file: where the workers find the user's methods.
        store: reports known from earlier runs.
        grace: seconds between an engine's deadline and its end by force.

    Closing the iterator ends every process that still runs.
    """
    pending = deque(Course(number, job, budget) for number, job in enumerate(jobs))
    modules = {engine.module for course in pending for engine in course.job.engines}
    supervisor = Supervisor(context(sorted(modules)), methods_file, store, grace)
    active: list[Course] = []
    try:
        while pending or active:
            while pending and len(active) < processes:
                active.append(pending.popleft())
            for course in list(active):
                supervisor.advance(course)
                if course.running is None:
                    active.remove(course)
                    supervisor.keep(course)
                    yield course.number, tuple(course.reports), budget - course.budget_left
            if not (pending and len(active) < processes):
                supervisor.wait(active)
    finally:
        for course in active:
            if course.running is not None:
                stop(course.running)


class Supervisor:
    """Starts workers, listens to them and ends those that overstay."""

    def __init__(
        self, ctx: BaseContext, methods_file: str | None, store: Store | None, grace: float
    ) -> None:
        self.ctx = ctx
        self.grace = grace
        self.methods_file = methods_file
        self.store = store

    def advance(self, course: Course) -> None:
        """Takes what the course's process has to say; starts the next engine where it is done."""
        if course.running is not None:
            course.running = self._listen(course, course.running)
        while course.running is None and course.left:
            engine = course.left.popleft()
            known = self.store.get(course.job, engine) if self.store else None
            if known is not None:
                course.reports.append(known)
                continue
            limit = share(course.budget_left, len(course.left) + 1)
            try:
                course.running = self._start(course.job, engine, limit)
            except OSError as error:  # no memory or no process left to start one
                course.reports.append(failed(engine.name, error))

    def wait(self, active: list[Course]) -> None:
        """Sleeps until a process speaks, ends, or has to be ended."""
        running = [course.running for course in active if course.running is not None]
        if running:
            soonest = min(process.end for process in running)
            wait([r.pipe for r in running], max(0.0, soonest - time.monotonic()))

    def _start(self, job: Job, engine: Engine, limit: float) -> Running:
        ours, theirs = self.ctx.Pipe(duplex=False)
        task = Task(engine, dict(job.claim.table), job.file, self.methods_file, limit)
        process = self.ctx.Process(target=work, args=(task, theirs), daemon=True)  # type: ignore[attr-defined]
        process.start()
        theirs.close()
        return Running(engine, process, ours, time.monotonic(), limit, self.grace)

    def _listen(self, course: Course, running: Running) -> Running | None:
        """The process as it is now, or None when its report is in."""
        message: bytes | None = b""
        while running.pipe.poll():
            message = _receive(running.pipe)
            if message != READY:
                break
            running = replace(running, since=time.monotonic(), ready=True)
            message = b""
        late = time.monotonic() >= running.end
        if message == b"" and not late:
            return running
        if message:
            report = _decode(running, message)
        elif message is None:
            report = _died(running)
        else:
            report = _overstayed(running)
        stop(running)
        course.reports.append(report)
        if running.ready:
            course.budget_left -= time.monotonic() - running.since
        if message is not None and running.ready:  # what died may do better another time
            answer = Answer(report, running.limit, in_time=bool(message))
            course.answers.append((running.engine, answer))
        return None

    def keep(self, course: Course) -> None:
        """Gives a finished course's new answers to the store."""
        if self.store is None:
            return
        settled = any(r.status in (Status.PROVED, Status.REFUTED) for r in course.reports)
        for engine, answer in course.answers:
            self.store.put(course.job, engine, answer, settled)


def _receive(pipe: Connection) -> bytes | None:
    """The next message; None when the other end is gone."""
    try:
        return pipe.recv_bytes()
    except (EOFError, OSError):
        return None


def _decode(running: Running, message: bytes) -> EngineReport:
    try:
        return from_data(json.loads(message))
    except (ValueError, RecordError) as error:
        return _without_answer(running, f"sent an answer that is none ({error})")


def _died(running: Running) -> EngineReport:
    running.process.join(KILL_SECONDS)
    code = running.process.exitcode
    if code is not None and code < 0:
        try:
            name = signal.Signals(-code).name
        except ValueError:
            name = f"signal {-code}"
        hint = ", as the system does when memory runs out" if name == "SIGKILL" else ""
        return _without_answer(running, f"was killed by {name}{hint}")
    return _without_answer(running, f"ended without an answer (exit code {code})")


def _overstayed(running: Running) -> EngineReport:
    if not running.ready:
        return _without_answer(running, f"did not start within {START_SECONDS:g} s")
    return _without_answer(
        running, f"did not stop after its share of the budget, {running.limit:.3g} s, and was ended"
    )


def _without_answer(running: Running, what: str) -> EngineReport:
    return EngineReport(
        engine=running.engine.name,
        status=Status.INCONCLUSIVE,
        reason=f"{running.engine.name} {what}",
        seconds=time.monotonic() - running.since,
    )


def stop(running: Running) -> None:
    """Ends the process, by force if it does not end when asked."""
    process = running.process
    running.pipe.close()
    if process.exitcode is None:
        process.join(0.05 if running.ready else 0)
    if process.exitcode is None:
        process.terminate()
        process.join(KILL_SECONDS)
    if process.exitcode is None:
        process.kill()
        process.join(KILL_SECONDS)
    if process.exitcode is not None:
        process.close()
