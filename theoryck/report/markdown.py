"""The table of verdicts in Markdown, for a page that stands in a repository.

It is the same on every machine: no seconds, and floats to six significant digits.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from theoryck.check.run import Outcome, Result
from theoryck.report.lines import status_words, summary
from theoryck.report.words import clean, number, shortened
from theoryck.verdict import Instance, Status, Verdict

HEADER = """\
# What theoryck says of these claims

This page is written by `{command}`; do not edit it, run that again.
"""
COLUMNS = ("claim", "source", "status", "scope", "best bound known", "at the instances")
SHOWN_INSTANCES = 3
MAX_BOUND = 80  # characters of a bound in the table; the report has it whole


def markdown(outcome: Outcome, command: str) -> str:
    """The page: a table for each file.

    Args:
        outcome: the verdicts.
        command: what regenerates the page, printed at its top.
    """
    parts = [HEADER.format(command=clean(command)), f"{summary(outcome)}.\n"]
    for file, results in groupby(outcome.results, key=lambda result: result.file):
        parts.append(f"## {cell(file)}\n")
        parts.append(_table(results))
    if outcome.problems:
        parts.append("## Files that could not be read\n")
        lines = (f"- {cell(p.file)}: {cell(p.message)}" for p in outcome.problems)
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def _table(results: Iterable[Result]) -> str:
    lines = [_line(COLUMNS), _line("---" for _ in COLUMNS)]
    lines += [_line(_cells(result)) for result in results]
    return "\n".join(lines) + "\n"


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _cells(result: Result) -> tuple[str, ...]:
    verdict = result.verdict
    return (
        code(verdict.id),
        cell(result.claim.source if result.claim else ""),
        cell(status_words(verdict)),
        cell(str(verdict.scope or "")),
        _bound(verdict),
        "<br>".join(_instance(instance) for instance in verdict.instances[:SHOWN_INSTANCES]),
    )


def _bound(verdict: Verdict) -> str:
    bound = "" if verdict.best_bound is None else code(shortened(verdict.best_bound, MAX_BOUND))
    return bound + (" (tight)" if verdict.tight else "")


def _instance(instance: Instance) -> str:
    at = ", ".join(f"{name}={value}" for name, value in instance.at.items())
    # the worst case of what is refuted is known only where it took a solver to refute it
    worst = None if instance.status is Status.REFUTED else instance.worst_case
    numbers = (("worst case", worst), ("claimed", instance.claimed))
    known = [f"{what} {number(value)}" for what, value in numbers if value is not None]
    said = ", ".join([*known, str(instance.status)])
    return f"{cell(at)}: {said}" if at else said


def cell(text: str) -> str:
    """Text that is safe in a cell of a table.

    >>> cell("a|b")
    'a\\\\|b'
    """
    return "".join("\\" + c if c in "\\`*_[]<>|" else c for c in clean(text))


def code(text: str) -> str:
    """Text as code in a cell of a table; a bar would end the cell even there.

    >>> code("L*R**2")
    '`L*R**2`'
    """
    return "`" + clean(text).replace("|", "\\|").replace("`", "'") + "`"
