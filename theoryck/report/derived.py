"""What ``theoryck derive`` prints of a claim: its derivation, or where that stops."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from theoryck.check.extensions import Vocabulary
from theoryck.check.files import Entry, read
from theoryck.claims.claim import Claim, RateClaim
from theoryck.claims.grammar import suggestion
from theoryck.claims.reading import InvalidClaim
from theoryck.errors import TheoryckError
from theoryck.report.derivations import Page
from theoryck.verdict import EngineReport, Status

if TYPE_CHECKING:
    from theoryck.derive.derivations import Derived

DERIVED, OTHERWISE, UNREADABLE, NOT_DERIVED = 0, 1, 2, 3
"""Exit codes, from the best to the worst in this order: 0, 3, 1, 2."""
WORSE = (DERIVED, NOT_DERIVED, OTHERWISE, UNREADABLE)


class ClaimNotFoundError(TheoryckError, ValueError):
    """A claim that is asked for and not in the file, or not one that can be read."""


def chosen(file: str, ids: Sequence[str], vocabulary: Vocabulary) -> tuple[Entry, ...]:
    """The claims of a file with these ids (all of them where no id is given), in its order.

    Raises:
        ClaimNotFoundError: the file cannot be read, or has no such claim.
    """
    entries, problems = read([file], vocabulary)
    if problems:
        raise ClaimNotFoundError(f"{problems[0].file}: {problems[0].message}")
    known = [entry.claim.id for entry in entries]
    for wanted in ids:
        if wanted not in known:
            near = suggestion(wanted, known) or f"its claims are {', '.join(known)}"
            raise ClaimNotFoundError(f"{file}: no claim {wanted!r}; {near}")
    return tuple(entry for entry in entries if not ids or entry.claim.id in ids)


@dataclass(frozen=True)
class Wish:
    """What is asked of each claim: ``budget`` in seconds for its derivation, and, if not None,

    the ``parameter`` that is to be chosen best, or the ``level`` that is to be reached.
    """

    budget: float
    parameter: str | None = None
    level: str | None = None


def derived_pages(
    file: str, ids: Sequence[str], vocabulary: Vocabulary, wish: Wish
) -> list[tuple[Page, int]]:
    """A page and an exit code for each claim that is asked for.

    Raises:
        ClaimNotFoundError: as :func:`chosen`.
    """
    pages = []
    for entry in chosen(file, ids, vocabulary):
        claim = entry.claim
        if isinstance(claim, InvalidClaim):
            lines = tuple(map(str, claim.errors))
            pages.append((Page(claim, "invalid", None, lines=lines), UNREADABLE))
        else:
            pages.append(_wished(claim, wish))
    return pages


def _wished(claim: Claim, wish: Wish) -> tuple[Page, int]:
    if wish.parameter is not None:
        from theoryck.report.designed import optimal_page

        return optimal_page(claim, wish.parameter, wish.budget)
    if wish.level is not None:
        from theoryck.report.designed import reach_page

        return reach_page(claim, wish.level, wish.budget)
    return page_of(claim, wish.budget)


def claim_with_id(file: str, wanted: str, vocabulary: Vocabulary) -> Claim:
    """One claim of a file.

    Raises:
        ClaimNotFoundError: there is none with that id, or it is invalid.
    """
    (entry,) = chosen(file, [wanted], vocabulary)
    if isinstance(entry.claim, InvalidClaim):
        raise ClaimNotFoundError(str(entry.claim.errors[0]))
    return entry.claim


def worst(codes: Iterable[int]) -> int:
    """The exit code of several claims."""
    return max(codes, key=WORSE.index, default=DERIVED)


def page_of(claim: Claim, budget: float) -> tuple[Page, int]:
    """The page of one claim and its exit code.

    Args:
        claim: any claim; only rates have steps, of the others the evidence is printed.
        budget: seconds.
    """
    from theoryck.derive import examine

    derived = _derived(claim, time.monotonic() + budget)
    if derived is not None and derived.proves:
        steps = derived.derivation.steps
        answer = f"derived for all parameters in {len(steps)} steps, each checked twice"
        return Page(claim, answer, derived.derivation, derived.notes), DERIVED
    report = examine(claim, time.monotonic() + budget)
    answer = f"{report.status}: {report.reason}"
    notes = tuple(f"{finding.code}: {finding.message}" for finding in report.findings)
    if derived is None or report.status is Status.PROVED:
        return Page(claim, answer, None, notes, report.evidence), _code(claim, report)
    notes += derived.notes
    return Page(claim, answer, derived.derivation, notes), _code(claim, report)


def _derived(claim: Claim, deadline: float) -> Derived | None:
    """What is derived for a rate, in steps."""
    from theoryck.derive.derivations import NotDerivedError, derivation_of

    if not isinstance(claim, RateClaim) or claim.relation != "<=":
        return None
    try:
        return derivation_of(claim, deadline)
    except NotDerivedError:
        return None


def _code(claim: Claim, report: EngineReport) -> int:
    if report.status is Status.PROVED:
        return DERIVED
    if report.status is Status.INVALID:
        return UNREADABLE
    if report.status is Status.REFUTED and claim.expect is not Status.REFUTED:
        return OTHERWISE
    return NOT_DERIVED
