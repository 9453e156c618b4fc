"""What a report says to people, as lines with a style each and before any layout."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from theoryck.check.combine import describe
from theoryck.check.run import Outcome, Result
from theoryck.report.words import clean, number, shortened
from theoryck.verdict import EngineReport, Instance, Status, Verdict

STYLES = {
    Status.PROVED: "bold green",
    Status.REFUTED: "bold red",
    Status.SUPPORTED: "cyan",
    Status.INCONCLUSIVE: "yellow",
    Status.INVALID: "bold magenta",
}
COLUMNS = ("claim", "status", "scope", "bound", "seconds")
MAX_INSTANCES = 20  # shown for a claim; the JSON has them all
MAX_BOUND = 40  # characters of a bound in the table; below it stands whole
MAX_EVIDENCE = 10  # lines shown for an engine that proved nothing


@dataclass(frozen=True)
class Line:
    """A line of text, indented by ``indent``, in a style of rich's."""

    text: str
    style: str = ""
    indent: int = 0


@dataclass(frozen=True)
class Row:
    """A row of the table: the cells, and the style of the status."""

    cells: tuple[str, ...]
    style: str


def rows(results: Iterable[Result]) -> tuple[Row, ...]:
    """One row a claim."""
    return tuple(_row(result.verdict) for result in results)


def _row(verdict: Verdict) -> Row:
    cells = (
        clean(verdict.id),
        status_words(verdict),
        str(verdict.scope or ""),
        bound_words(verdict),
        f"{verdict.seconds:.1f}",
    )
    return Row(cells, STYLES[verdict.status])


def status_words(verdict: Verdict) -> str:
    """The status, and what was expected where that is something else."""
    if verdict.as_expected:
        return str(verdict.status)
    return f"{verdict.status}, expected {verdict.expect}"


def bound_words(verdict: Verdict) -> str:
    """The best bound known, if need be in part, and whether it is tight."""
    bound = verdict.best_bound
    words = [] if bound is None else [shortened(clean(bound), MAX_BOUND)]
    if verdict.tight is not None:
        words.append("tight" if verdict.tight else "not tight")
    return ", ".join(words)


def details(result: Result) -> Iterator[Line]:
    """Everything that is said of one claim: reason, instances, findings, evidence."""
    verdict = result.verdict
    title = f"{verdict.id} ({result.file}): {status_words(verdict)}"
    if verdict.scope:
        title += f", {verdict.scope}"
    yield Line(clean(title), STYLES[verdict.status])
    yield Line(clean(verdict.reason), indent=2)
    if verdict.best_bound is not None:
        yield Line(f"best bound known: {clean(verdict.best_bound)}", indent=2)
    for instance in verdict.instances[:MAX_INSTANCES]:
        yield Line(instance_words(instance), STYLES[instance.status], 2)
    if len(verdict.instances) > MAX_INSTANCES:
        yield Line(f"... {len(verdict.instances) - MAX_INSTANCES} more instances", indent=2)
    for finding in verdict.findings:
        yield Line(f"{clean(finding.code)}: {clean(finding.message)}", "blue", 2)
    for report in verdict.engines.values():
        yield from _engine(report)


def instance_words(instance: Instance) -> str:
    """One instance: what was claimed there, what is the worst, and what that means."""
    words = f"at {clean(describe(instance.at))}: {instance.status}"
    if instance.worst_case is not None:
        words += f", worst case {number(instance.worst_case)}"
    if instance.claimed is not None:
        words += f", claimed {number(instance.claimed)}"
    if instance.reason:
        words += f" ({clean(instance.reason)})"
    return words


def _engine(report: EngineReport) -> Iterator[Line]:
    said = f"{clean(report.engine)}: {report.status} ({report.seconds:.1f} s)"
    yield Line(f"{said}: {clean(report.reason)}", "dim", 2)
    # a proof is for reading from end to end; of runs, or of an attempt, a few will do
    shown = len(report.evidence) if report.status is Status.PROVED else MAX_EVIDENCE
    for line in report.evidence[:shown]:
        yield Line(clean(line), "dim", 4)
    if len(report.evidence) > shown:
        yield Line(f"... {len(report.evidence) - shown} more lines, see --json", "dim", 4)


def summary(outcome: Outcome) -> str:
    """How many claims have which status.

    >>> summary(Outcome((), ()))
    'no claims'
    """
    counts = Counter(result.verdict.status for result in outcome.results)
    total = len(outcome.results)
    if not total:
        return "no claims"
    parts = ", ".join(f"{counts[status]} {status}" for status in Status if counts[status])
    odd = sum(not result.verdict.as_expected for result in outcome.results)
    unlike = f"; {odd} not as expected" if odd else ""
    return f"{total} claim{'s' if total != 1 else ''}: {parts}{unlike}"
