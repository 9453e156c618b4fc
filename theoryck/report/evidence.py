"""Where certificates and witnesses go: files in a folder, named in the report, or into it."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from theoryck.check.records import plain
from theoryck.check.run import Result

UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")

Reference = str | Mapping[str, Any] | None


@dataclass(frozen=True)
class Folder:
    """Evidence is written below ``folder`` and named by its path relative to ``base``."""

    folder: Path
    base: Path


@dataclass(frozen=True)
class Embedded:
    """Evidence stands in the report itself."""


Place = Folder | Embedded


@dataclass(frozen=True)
class Evidence:
    """The references of one instance's evidence, as they stand in the JSON."""

    certificate: Reference
    witness: Reference


def file_names(results: Iterable[Result]) -> tuple[str, ...]:
    """A name for each claim's evidence: its id, with its file's name where the id is not enough.

    Ids are unique in one file only; names differ even on file systems that ignore case.
    """
    names: list[str] = []
    taken: set[str] = set()
    for result in results:
        name = UNSAFE.sub("-", result.verdict.id).strip(".-")[:100] or "claim"
        if name.lower() in taken:
            name = f"{UNSAFE.sub('-', Path(result.file).stem)}--{name}"
        base, count = name, 2
        while name.lower() in taken:
            name, count = f"{base}--{count}", count + 1
        taken.add(name.lower())
        names.append(name)
    return tuple(names)


def place_evidence(result: Result, name: str, place: Place) -> tuple[Evidence, ...]:
    """The references for the claim's instances, in their order, with the files written.

    Raises:
        OSError: a file cannot be written.
    """
    return tuple(
        Evidence(
            _put(instance.certificate, "certificates", f"{name}-{number}", place),
            _put(instance.witness, "witnesses", f"{name}-{number}", place),
        )
        for number, instance in enumerate(result.verdict.instances, start=1)
    )


def _put(data: Mapping[str, Any] | None, kind: str, name: str, place: Place) -> Reference:
    if data is None:
        return None
    match place:
        case Embedded():
            embedded: Mapping[str, Any] = plain(data)
            return embedded
        case Folder(folder=folder, base=base):
            path = folder / kind / f"{name}.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            text = json.dumps(plain(data), indent=1, ensure_ascii=False, allow_nan=False)
            path.write_text(text + "\n", encoding="utf-8")
            return Path(os.path.relpath(path, base)).as_posix()
