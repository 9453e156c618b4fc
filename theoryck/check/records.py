"""Reports as plain JSON data and back: what crosses a pipe and what the cache keeps.

JSON and not pickle, since reading a pickle runs code.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from theoryck.errors import TheoryckError
from theoryck.verdict import EngineReport, Finding, Instance, Scope, Status


class RecordError(TheoryckError, ValueError):
    """Data that is no report."""


def plain(value: Any) -> Any:
    """The value in JSON's own types; a float that is no number becomes null.

    >>> plain({"a": (1, float("inf"))})
    {'a': [1, None]}
    """
    match value:
        case bool() | None:
            return value
        case str():
            # a file name may hold bytes that are no UTF-8; JSON may not
            return str(value).encode("utf-8", "backslashreplace").decode("utf-8")
        case int():
            return int(value)
        case float():
            return float(value) if math.isfinite(value) else None
        case Mapping():
            return {str(key): plain(item) for key, item in value.items()}
        case list() | tuple():
            return [plain(item) for item in value]
        case _:
            # numbers of numpy and of flint: a float where they are one, their text otherwise
            return plain(float(value)) if hasattr(value, "dtype") else str(value)


def to_data(report: EngineReport) -> dict[str, Any]:
    """The report as JSON data; :func:`from_data` is the way home."""
    data: dict[str, Any] = plain(
        {
            "engine": report.engine,
            "status": report.status,
            "reason": report.reason,
            "scope": report.scope,
            "tight": report.tight,
            "best_bound": report.best_bound,
            "instances": [_instance_data(instance) for instance in report.instances],
            "findings": [[finding.code, finding.message] for finding in report.findings],
            "evidence": report.evidence,
            "seconds": report.seconds,
        }
    )
    return data


def _instance_data(instance: Instance) -> dict[str, Any]:
    return {
        "at": instance.at,
        "claimed": instance.claimed,
        "worst_case": instance.worst_case,
        "status": instance.status,
        "reason": instance.reason,
        "certificate": instance.certificate,
        "witness": instance.witness,
    }


def from_data(data: Any) -> EngineReport:
    """The report that :func:`to_data` wrote.

    Raises:
        RecordError: the data is nothing of the kind.
    """
    try:
        return EngineReport(
            engine=_text(data["engine"]),
            status=Status(data["status"]),
            reason=_text(data["reason"]),
            scope=None if data["scope"] is None else Scope(data["scope"]),
            tight=_maybe(data["tight"], bool),
            best_bound=_maybe(data["best_bound"], str),
            instances=tuple(_instance(item) for item in data["instances"]),
            findings=tuple(Finding(_text(c), _text(m)) for c, m in data["findings"]),
            evidence=tuple(_text(line) for line in data["evidence"]),
            seconds=float(data["seconds"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise RecordError(f"no report of an engine: {type(error).__name__} {error}") from error


def _instance(data: Any) -> Instance:
    return Instance(
        at={_text(name): _text(value) for name, value in data["at"].items()},
        claimed=_number(data["claimed"]),
        worst_case=_number(data["worst_case"]),
        status=Status(data["status"]),
        reason=_text(data["reason"]),
        certificate=_maybe(data["certificate"], dict),
        witness=_maybe(data["witness"], dict),
    )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"text expected, got {value!r}")
    return value


def _maybe(value: Any, kind: type) -> Any:
    if value is not None and not isinstance(value, kind):
        raise TypeError(f"{kind.__name__} or null expected, got {value!r}")
    return value


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | None):
        raise TypeError(f"a number or null expected, got {value!r}")
    return value
