"""Checking again what a stored report says is proved or refuted: with the kernel alone, or by
new runs where it is refuted by samples."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from theoryck.check.documents import SAMPLE, verify_document
from theoryck.check.instances import key_of_text
from theoryck.check.records import plain
from theoryck.check.rerun import vocabulary_of
from theoryck.claims.claim import Claim, ComplexityClaim, RateClaim
from theoryck.errors import TheoryckError
from theoryck.verdict import EngineReport, Instance, Status

FREE_KEYS = frozenset({"at", "expect", "text", "source"})  # what a certificate is not about


def still_holds(claim: Claim, report: EngineReport) -> bool:
    """Whether every certificate and every kernel witness in the report checks.

    A document must also be about this claim at that instance: a good certificate of another
    claim proves nothing here.
    """
    return all(_instance_holds(claim, instance) for instance in report.instances)


def _instance_holds(claim: Claim, instance: Instance) -> bool:
    match instance.status:
        case Status.PROVED if instance.certificate is not None:
            return _document_holds(claim, instance, instance.certificate, False)
        case Status.REFUTED if instance.witness is not None and "claim" in instance.witness:
            return _document_holds(claim, instance, instance.witness, True)
        case _:
            return True


def _document_holds(
    claim: Claim,
    instance: Instance,
    document: Mapping[str, Any],
    refutes: bool,
) -> bool:
    sampled = document.get("kind") == SAMPLE
    if not isinstance(claim, RateClaim | ComplexityClaim if sampled else RateClaim):
        return False
    about, at = document.get("claim"), document.get("at")
    if not isinstance(about, Mapping) or not isinstance(at, Mapping):
        return False
    if _statement(about) != _statement(claim.table) or key_of_text(at) != key_of_text(instance.at):
        return False
    try:
        return verify_document(document, **vocabulary_of(claim)).refutes is refutes
    except TheoryckError:
        return False


def _statement(table: Mapping[str, Any]) -> Any:
    """What the table states, as JSON data."""
    return plain({key: value for key, value in table.items() if key not in FREE_KEYS})
