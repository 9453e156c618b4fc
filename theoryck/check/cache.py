"""Reports kept from earlier runs, in the user's cache folder, as JSON.

A report is found again only for the same claim, the same sources of theoryck, the same versions
of the solvers and the same methods file. A certificate in it is checked again before anything is
believed, and an entry that cannot be read or does not check is as good as none.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache as once
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from theoryck.check.engines import Engine
from theoryck.check.faults import FAULT
from theoryck.check.recheck import still_holds
from theoryck.check.records import RecordError, from_data, plain, to_data
from theoryck.check.workers import Answer, Job
from theoryck.verdict import EngineReport, Status

FORMAT = 1
MAX_ENTRIES = 5_000
MAX_BYTES = 256 << 20  # of the whole folder
SOLVERS = ("sympy", "z3-solver", "cvxpy", "clarabel", "python-flint", "numpy", "scipy")
COMMENTS = frozenset({"text", "source", "expect"})  # keys that no engine reads
CONCLUSIVE = (Status.PROVED, Status.REFUTED)


def default_folder() -> Path:
    """Where the user's system keeps caches, as platformdirs tells it."""
    from platformdirs import user_cache_dir

    return Path(user_cache_dir("theoryck", appauthor=False)) / "reports"


@once
def sources_hash() -> str:
    """A hash of theoryck's own sources, so that a changed engine is asked again."""
    import theoryck

    root = Path(theoryck.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        digest.update(str(path.relative_to(root)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


@once
def solver_versions() -> Mapping[str, str]:
    """The versions of everything that an answer depends on."""
    found = {"python": sys.version}
    for name in SOLVERS:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "absent"
    return found


@dataclass(frozen=True)
class ReportCache:
    """Reports in a folder, one file each; failures to read or write it are never errors.

    ``budget`` is the budget of this run: an inconclusive report from a run that had more time
    is believed, one from a run that had less is not.
    """

    folder: Path
    budget: float
    methods_hash: str = ""

    def get(self, job: Job, engine: Engine) -> EngineReport | None:
        """The report of an earlier run, if it may be believed."""
        try:
            data = json.loads(self._path(job, engine).read_bytes())
            body = data["report"]
            if data["format"] != FORMAT or data["check"] != _checksum(body, data["budget"]):
                return None
            report = from_data(body)
            enough = report.status in CONCLUSIVE or float(data["budget"]) >= self.budget
            good = report.engine == engine.name and enough and still_holds(job.claim, report)
        except (OSError, ValueError, KeyError, TypeError, RecursionError, RecordError):
            return None
        return report if good else None

    def put(self, job: Job, engine: Engine, answer: Answer, settled: bool) -> None:
        """Keeps the answer, unless a fault or the time kept the engine from a better one.

        A time-out is kept only where the claim is settled without it; it is believed again
        under no larger budget.
        """
        report = answer.report
        faulty = any(finding.code == FAULT for finding in report.findings)
        hurried = not answer.in_time or report.seconds > answer.limit / 2
        if faulty or (hurried and report.status not in CONCLUSIVE and not settled):
            return
        body = to_data(report)
        data = {
            "format": FORMAT,
            "check": _checksum(body, self.budget),
            "budget": self.budget,
            "report": body,
        }
        try:
            _write(self._path(job, engine), json.dumps(data, allow_nan=False))
        except (OSError, ValueError):
            return

    def _path(self, job: Job, engine: Engine) -> Path:
        key = {
            "table": plain({k: v for k, v in job.claim.table.items() if k not in COMMENTS}),
            "engine": [engine.name, engine.module, *map(list, engine.options)],
            "sources": sources_hash(),
            "versions": dict(solver_versions()),
            "methods": self.methods_hash,
        }
        name = hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()
        return self.folder / name[:2] / f"{name}.json"

    def prune(self, max_entries: int = MAX_ENTRIES, max_bytes: int = MAX_BYTES) -> None:
        """Deletes the oldest entries until the folder is within its bounds."""
        try:
            known = [(p.stat().st_mtime, p.stat().st_size, p) for p in self.folder.rglob("*.json")]
            known.sort(reverse=True)
            total = 0
            for count, (_, size, path) in enumerate(known, start=1):
                total += size
                if count > max_entries or total > max_bytes:
                    path.unlink(missing_ok=True)
        except OSError:
            return


def methods_hash(path: str | None) -> str:
    """A hash of the user's methods file."""
    return "" if path is None else hashlib.sha256(Path(path).read_bytes()).hexdigest()


def _checksum(body: Any, budget: Any) -> str:
    return hashlib.sha256(json.dumps([body, budget], sort_keys=True).encode()).hexdigest()


def _write(path: Path, text: str) -> None:
    """Writes so that a reader, or a second run beside this one, never sees half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".part")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
