"""Checking claims in this very process, for people who write Python."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from theoryck.check.faults import FAULT, fault
from theoryck.errors import ClaimError
from theoryck.verdict import EngineReport, Finding, Status, Verdict

if TYPE_CHECKING:
    from theoryck.assumptions.base import Assumption
    from theoryck.check.engines import Engine
    from theoryck.claims.claim import Claim
    from theoryck.claims.reading import InvalidClaim
    from theoryck.methods.base import Method

DEFAULT_BUDGET = 60.0  # seconds a claim


@overload
def check(
    claim: Claim | InvalidClaim | Mapping[str, Any],
    *,
    engines: Iterable[str] = ...,
    budget: float = ...,
    solver: str | None = ...,
    methods: Iterable[Method] = ...,
    assumptions: Iterable[Assumption] = ...,
) -> Verdict: ...
@overload
def check(
    claim: str | Path,
    *,
    engines: Iterable[str] = ...,
    budget: float = ...,
    solver: str | None = ...,
    methods: Iterable[Method] = ...,
    assumptions: Iterable[Assumption] = ...,
) -> list[Verdict]: ...
def check(
    claim: Any,
    *,
    engines: Iterable[str] = ("derive", "pep", "simulate"),
    budget: float = DEFAULT_BUDGET,
    solver: str | None = None,
    methods: Iterable[Method] = (),
    assumptions: Iterable[Assumption] = (),
) -> Verdict | list[Verdict]:
    """The verdict on a claim; on a file, the list of verdicts on its claims.

    Args:
        claim: a claim, the table of one (``{"id": ..., "method": ..., ...}``) or the path of a
            claim file.
        engines: the engines to ask, by name.
        budget: seconds a claim. It is cooperative here; the command line also ends an engine
            that does not keep it.
        solver: the solver that pep uses ("clarabel", say); without one, it is chosen by size.
        methods: methods of your own that the claim may name, made with :func:`theoryck.method`.
        assumptions: assumptions of your own, made with :class:`theoryck.Assumption`.

    Returns:
        The verdict. A table that means nothing gives the status ``invalid`` and the reason.

    Raises:
        ClaimError: the path cannot be read as a claim file.
        UnknownEngineError: no engine has that name.
        UnknownSolverError: no solver of that name is installed.
        ExtensionError: a name is taken.

    >>> verdict = check({"id": "typo", "kind": "identity", "parameters": {"a": ""},
    ...                  "lhs": "(a + 1)**2", "rhs": "a**2 + 2*b + 1"})
    >>> print(verdict.status)
    invalid
    """
    from theoryck.check.engines import select, with_solver
    from theoryck.check.extensions import with_words
    from theoryck.claims.reading import read_file

    chosen = select(engines)
    if solver is not None:
        chosen = with_solver(chosen, solver)
    words = with_words(methods, assumptions)
    if budget <= 0 or budget != budget:
        raise ValueError(f"budget must be a positive number of seconds, got {budget!r}")
    if isinstance(claim, str | Path):
        file = read_file(claim, methods=words.methods, assumptions=words.assumptions)
        return [check_entry(entry, chosen, budget) for entry in file.entries]
    if isinstance(claim, Mapping):
        return check_entry(_read_table(claim, words), chosen, budget)
    return check_entry(claim, chosen, budget)


def _read_table(table: Mapping[str, Any], words: Any) -> Any:
    from theoryck.claims.reading import read_claim

    try:
        return read_claim(table, methods=words.methods, assumptions=words.assumptions)
    except ClaimError as error:
        return Verdict(
            id=str(table.get("id", "")),
            kind=str(table.get("kind", "rate")),
            status=Status.INVALID,
            reason=str(error),
        )


def check_entry(entry: Any, engines: tuple[Engine, ...], budget: float) -> Verdict:
    """The verdict on one entry of a claim file, asking the engines one after another."""
    from theoryck.check.combine import combine
    from theoryck.check.engines import ask, route, share
    from theoryck.claims.claim import Claim

    if isinstance(entry, Verdict):
        return entry
    if not isinstance(entry, Claim):
        return invalid(entry)
    start = time.monotonic()
    reports: list[EngineReport] = []
    asked = route(entry.kind, engines)
    for number, engine in enumerate(asked):
        left = budget - sum(report.seconds for report in reports)
        reports.append(ask(engine, entry, share(left, len(asked) - number)))
    return combine(entry, reports, findings(entry), time.monotonic() - start)


def invalid(entry: InvalidClaim) -> Verdict:
    """The verdict on a claim that means nothing as written."""
    return Verdict(
        id=entry.id,
        kind=entry.kind,
        status=Status.INVALID,
        reason=" | ".join(str(error) for error in entry.errors),
        expect=entry.expect,
    )


def findings(claim: Claim) -> tuple[Finding, ...]:
    """What is noticed of a claim before any engine looks: its dimensions, an empty class."""
    try:
        from theoryck.claims.dimensions import check_dimensions
        from theoryck.claims.vacuity import check_vacuity

        return (*check_dimensions(claim), *check_vacuity(claim))
    except Exception as error:
        # findings never decide a verdict, so a fault here must not cost one either
        return (Finding(FAULT, f"the dimensions were not checked, {fault(error)}"),)
