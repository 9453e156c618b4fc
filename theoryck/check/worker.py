"""What runs inside a worker process: one engine on one claim, its report down a pipe.

The claim comes as its TOML table and is read again here, since methods are functions and do not
cross between processes.
"""

from __future__ import annotations

import faulthandler
import json
import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from theoryck.check.engines import Engine, ask, failed
from theoryck.check.extensions import load_vocabulary
from theoryck.check.records import to_data
from theoryck.verdict import EngineReport

READY = b"ready"
LAST_RESORT = 30.0  # seconds after which a worker that nobody ended ends itself


@dataclass(frozen=True)
class Task:
    """One engine, one claim, and how long it may take."""

    engine: Engine
    table: Mapping[str, Any]
    file: str | None
    methods_file: str | None
    seconds: float


def work(task: Task, pipe: Connection) -> None:
    """Sends ``READY`` once everything is imported, then the report as JSON."""
    _live_with_the_parent(task.seconds)
    warnings.simplefilter("ignore")
    report = _report(task, pipe)
    try:
        message = json.dumps(to_data(report), allow_nan=False)
    except Exception as error:
        message = json.dumps(to_data(failed(task.engine.name, error)), allow_nan=False)
    pipe.send_bytes(message.encode())
    pipe.close()


def _report(task: Task, pipe: Connection) -> EngineReport:
    from theoryck.claims.reading import read_claim

    try:
        words = load_vocabulary(task.methods_file)
        claim = read_claim(
            task.table, file=task.file, methods=words.methods, assumptions=words.assumptions
        )
        task.engine.load()
    except Exception as error:
        pipe.send_bytes(READY)
        return failed(task.engine.name, error)
    pipe.send_bytes(READY)
    return ask(task.engine, claim, task.seconds)


def _live_with_the_parent(seconds: float) -> None:
    """Leaves Ctrl-C to the parent, keeps its standard output clean, and never outlives it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.dup2(2, 1)  # a solver that prints must not spoil the JSON
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()
    # Native code that holds the interpreter's lock would stop that thread, but not this timer.
    silence = open(os.devnull, "w")  # noqa: SIM115 - stays open as long as the process
    faulthandler.dump_traceback_later(seconds + LAST_RESORT, exit=True, file=silence)


def _end_with(sentinel: int) -> None:
    multiprocessing.connection.wait([sentinel])
    os._exit(1)
