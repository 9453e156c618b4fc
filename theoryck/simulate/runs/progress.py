"""How far runs have come, shown in the terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

Progress = Callable[[int, int], None]  # of steps of runs: so many are done, of so many


@contextmanager
def bar(what: str = "runs") -> Iterator[Progress]:
    """A bar in the terminal with the time that is left: ``with bar() as progress: ...``."""
    from rich.progress import Progress as Display

    with Display() as display:
        task = display.add_task(what, total=None)

        def show(done: int, total: int) -> None:
            display.update(task, completed=done, total=total)

        yield show
