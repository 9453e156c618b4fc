"""The report as JSON; ``schema.json`` beside this file says what stands in it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

from theoryck.check.records import plain
from theoryck.check.run import Outcome, Result
from theoryck.report.evidence import Evidence, Place, file_names, place_evidence
from theoryck.report.words import exact_number
from theoryck.verdict import EngineReport, Instance

FORMAT = 1


def schema() -> dict[str, Any]:
    """The published JSON Schema of the report."""
    text = files("theoryck.report").joinpath("schema.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def report_data(outcome: Outcome, version: str, place: Place) -> dict[str, Any]:
    """The report as JSON data; evidence is put where ``place`` says.

    Raises:
        OSError: evidence cannot be written.
    """
    names = file_names(outcome.results)
    data: dict[str, Any] = plain(
        {
            "format": FORMAT,
            "theoryck": version,
            "results": [
                _result(result, place_evidence(result, name, place))
                for result, name in zip(outcome.results, names, strict=True)
            ],
            "errors": [
                {"file": problem.file, "message": problem.message} for problem in outcome.problems
            ],
        }
    )
    return data


def to_json(data: dict[str, Any]) -> str:
    """The data as text that ends in a newline; never NaN or infinity."""
    return json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _result(result: Result, evidence: Sequence[Evidence]) -> dict[str, Any]:
    verdict = result.verdict
    pairs = zip(verdict.instances, evidence, strict=True)
    return {
        "id": verdict.id,
        "file": result.file,
        "kind": verdict.kind,
        "status": verdict.status,
        "scope": verdict.scope,
        "expect": verdict.expect,
        "reason": verdict.reason,
        "tight": verdict.tight,
        "best_bound": verdict.best_bound,
        "instances": [_instance(instance, found) for instance, found in pairs],
        "findings": [{"code": f.code, "message": f.message} for f in verdict.findings],
        "engines": {name: _engine(report) for name, report in verdict.engines.items()},
        "seconds": round(verdict.seconds, 3),
    }


def _instance(instance: Instance, evidence: Evidence) -> dict[str, Any]:
    return {
        "at": {name: exact_number(value) for name, value in instance.at.items()},
        "claimed": instance.claimed,
        "worst_case": instance.worst_case,
        "status": instance.status,
        "reason": instance.reason,
        "certificate": evidence.certificate,
        "witness": evidence.witness,
    }


def _engine(report: EngineReport) -> dict[str, Any]:
    return {
        "status": report.status,
        "scope": report.scope,
        "reason": report.reason,
        "evidence": report.evidence,
        "seconds": round(report.seconds, 3),
    }
