"""What a check answers: the status, what it rests on, and what was noticed beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any


class Status(StrEnum):
    """The five answers, see the table of the claim format for what each may rest on."""

    PROVED = "proved"
    REFUTED = "refuted"
    SUPPORTED = "supported"
    INCONCLUSIVE = "inconclusive"
    INVALID = "invalid"


class Scope(StrEnum):
    """What a proof covers: every admissible parameter value, or the instances in ``at``."""

    ALL_PARAMETERS = "all parameters"
    INSTANCES = "instances"


@dataclass(frozen=True)
class Finding:
    """Something noticed beside the verdict; ``code`` is stable, ``message`` is for people."""

    code: str
    message: str


FINDING_CODES = (
    "dimension-mismatch",
    "loose",
    "tight",
    "vacuous",
    "unused-assumption",
    "missing-assumption",
    "suggestion",
    "fails-from",
    "timed-out",
    "undefined",
)


@dataclass(frozen=True)
class Instance:
    """The claim at one choice of parameters.

    ``claimed`` is the bound's value and ``worst_case`` the measure's, as numbers; where the bound
    is a multiple of the run's own quantities (of ``f(x[0]) - f_star``, say), they are 1 and the
    largest ratio of the measure to the bound.
    ``at`` holds exact numbers as text ("3/2"); ``certificate`` and ``witness`` are the JSON-able
    data of the evidence (see :mod:`theoryck.certificates`).
    """

    at: Mapping[str, str]
    claimed: float | None
    worst_case: float | None
    status: Status
    reason: str = ""
    certificate: Mapping[str, Any] | None = None
    witness: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class EngineReport:
    """What one engine found. ``evidence`` is a list of printed lines (a derivation, a run)."""

    engine: str
    status: Status
    reason: str
    scope: Scope | None = None
    tight: bool | None = None
    best_bound: str | None = None
    instances: tuple[Instance, ...] = ()
    findings: tuple[Finding, ...] = ()
    evidence: tuple[str, ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True)
class Verdict:
    """The answer to one claim."""

    id: str
    kind: str
    status: Status
    reason: str
    scope: Scope | None = None
    tight: bool | None = None
    best_bound: str | None = None
    instances: tuple[Instance, ...] = ()
    findings: tuple[Finding, ...] = ()
    engines: Mapping[str, EngineReport] = field(default_factory=lambda: MappingProxyType({}))
    expect: Status | None = None
    seconds: float = 0.0

    @property
    def as_expected(self) -> bool:
        """Whether the claim's author expected this status, or nothing in particular."""
        return self.expect is None or self.expect is self.status
