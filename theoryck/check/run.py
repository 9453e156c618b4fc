"""Claim files in, verdicts and an exit code out: what the command line does."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from theoryck.check.combine import combine
from theoryck.check.engines import ENGINES, Engine, route
from theoryck.check.extensions import load_vocabulary
from theoryck.check.files import Entry, Problem, read
from theoryck.check.inprocess import DEFAULT_BUDGET, findings, invalid
from theoryck.check.workers import Job, Store, run_jobs
from theoryck.claims.claim import Claim
from theoryck.verdict import EngineReport, Status, Verdict

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Options:
    """How to check: which engines, how long, in how many processes, with whose methods."""

    engines: tuple[Engine, ...] = ENGINES
    budget: float = DEFAULT_BUDGET
    jobs: int | None = None
    methods_file: str | None = None
    store: Store | None = None


@dataclass(frozen=True)
class Result:
    """The verdict on one claim of one file."""

    file: str
    verdict: Verdict
    claim: Claim | None = None


@dataclass(frozen=True)
class Outcome:
    """The verdicts in the order of the files, and the paths that could not be read."""

    results: tuple[Result, ...]
    problems: tuple[Problem, ...]


def check_paths(
    paths: Iterable[str | Path],
    options: Options,
    progress: Progress = lambda done, total, name: None,
) -> Outcome:
    """Checks every claim of every file and folder.

    Args:
        paths: claim files and folders of claim files.
        options: how.
        progress: told (claims done, claims in all, id of the last one) as claims are finished.

    Raises:
        ExtensionError: the methods file cannot be used.
    """
    vocabulary = load_vocabulary(options.methods_file)
    entries, problems = read(paths, vocabulary)
    verdicts: dict[int, Verdict] = {}
    jobs: dict[int, Job] = {}
    for number, entry in enumerate(entries):
        if isinstance(entry.claim, Claim):
            asked = route(entry.claim.kind, options.engines)
            jobs[number] = Job(entry.claim, entry.file, asked)
        else:
            verdicts[number] = invalid(entry.claim)
    progress(len(verdicts), len(entries), "")
    numbers = list(jobs)
    running = run_jobs(
        jobs.values(),
        processes=options.jobs or default_jobs(len(jobs)),
        budget=options.budget,
        methods_file=options.methods_file,
        store=options.store,
    )
    try:
        for position, reports, seconds in running:
            number = numbers[position]
            verdicts[number] = judge(jobs[number].claim, reports, seconds)
            progress(len(verdicts), len(entries), jobs[number].claim.id)
    finally:
        running.close()
    return Outcome(tuple(_result(e, verdicts[n]) for n, e in enumerate(entries)), problems)


def judge(claim: Claim, reports: tuple[EngineReport, ...], seconds: float) -> Verdict:
    """The verdict that the reports carry, with what was noticed of the claim itself."""
    return combine(claim, reports, findings(claim), seconds)


def _result(entry: Entry, verdict: Verdict) -> Result:
    claim = entry.claim if isinstance(entry.claim, Claim) else None
    return Result(entry.file, verdict, claim)


def default_jobs(claims: int) -> int:
    """As many processes as there are processors for us, but no more than claims."""
    try:
        processors = len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        processors = os.cpu_count() or 1
    return max(1, min(processors, claims))


def exit_code(outcome: Outcome) -> int:
    """The exit code that the outcome stands for.

    2: a path could not be read, or a claim is invalid (and was not expected to be);
    1: otherwise, if a claim is refuted (and was not expected to be) or is unlike its ``expect``;
    3: otherwise, if a claim without ``expect`` is inconclusive;
    0: otherwise.

    2 goes before 1, as in grep and ruff: what could not be read may hide anything.
    """
    verdicts = [result.verdict for result in outcome.results]
    unexpected = [v for v in verdicts if v.expect is None or not v.as_expected]
    if outcome.problems or any(v.status is Status.INVALID for v in unexpected):
        return 2
    if any(v.status is Status.REFUTED or v.expect is not None for v in unexpected):
        return 1
    if any(v.status is Status.INCONCLUSIVE for v in unexpected):
        return 3
    return 0
