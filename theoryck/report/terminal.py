"""The report on a terminal (rich) and, just as readable, in a pipe or a log (plain text)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from theoryck.check.run import Outcome, Progress
from theoryck.report.lines import COLUMNS, details, rows, summary

OTHER_COLUMNS = 50  # characters that the table needs beside the longest name


def print_report(outcome: Outcome, stream: IO[str]) -> None:
    """The table, then each claim's reason, findings and evidence.

    On a terminal it is coloured and fits the width; elsewhere it is plain, with no escape codes
    and no line cut or wrapped.
    """
    if stream.isatty():
        _print_rich(outcome, stream)
    else:
        stream.write("".join(f"{line}\n" for line in plain_lines(outcome)))
    stream.flush()


def plain_lines(outcome: Outcome) -> Iterator[str]:
    """The report as plain lines."""
    table = [COLUMNS, *(row.cells for row in rows(outcome.results))]
    if outcome.results:
        widths = [max(len(cells[i]) for cells in table) for i in range(len(COLUMNS))]
        for cells in table:
            padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
            yield "  ".join(padded).rstrip()
        yield ""
    for result in outcome.results:
        for line in details(result):
            yield " " * line.indent + line.text
        yield ""
    yield summary(outcome)


def _print_rich(outcome: Outcome, stream: IO[str]) -> None:
    from rich import box
    from rich.console import Console
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    console = Console(file=stream, markup=False, highlight=False, emoji=False)
    if outcome.results:
        table = Table(box=box.SIMPLE_HEAD)
        for name in COLUMNS:
            # a claim's name is never cut: it is what one greps for
            table.add_column(name, no_wrap=name == "claim", overflow="fold")
        for row in rows(outcome.results):
            name, status, *rest = row.cells
            table.add_row(Text(name), Text(status, row.style), *map(Text, rest))
        width = console.width
        longest = max(len(result.verdict.id) for result in outcome.results)
        console.width = max(width, longest + OTHER_COLUMNS)
        console.print(table)
        console.width = width
    for result in outcome.results:
        for line in details(result):
            console.print(
                Padding(Text(line.text, line.style), (0, 0, 0, line.indent), expand=False)
            )
        console.print()
    console.print(Text(summary(outcome)))


@contextmanager
def progress_bar(stream: IO[str]) -> Iterator[Progress]:
    """A function to report progress to: a bar where the stream is a terminal, else nothing."""
    if not stream.isatty():
        yield lambda done, total, name: None
        return
    from rich.console import Console
    from rich.progress import Progress as Bar

    with Bar(console=Console(file=stream), transient=True) as bar:
        task = bar.add_task("reading", total=None)

        def update(done: int, total: int, name: str) -> None:
            bar.update(task, completed=done, total=total, description=name or "checking")

        yield update
