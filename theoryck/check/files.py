"""Which claim files a command line means, and what stands in them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from theoryck.check.extensions import Vocabulary
from theoryck.claims.claim import Claim
from theoryck.claims.reading import InvalidClaim, read_file
from theoryck.errors import ClaimError

HAS_CLAIMS = re.compile(rb"^\s*(\[\[\s*[\"']?claim[\"']?\s*\]\]|claim\s*=)", re.MULTILINE)
SCANNED_BYTES = 1 << 20  # of a file in a folder, to see whether it is a claim file


@dataclass(frozen=True)
class Entry:
    """One claim of one file, as it was named on the command line."""

    file: str
    claim: Claim | InvalidClaim


@dataclass(frozen=True)
class Problem:
    """A path that could not be read as claims."""

    file: str
    message: str


def find(paths: Iterable[str | Path]) -> tuple[tuple[Path, ...], tuple[Problem, ...]]:
    """The claim files that the paths name, each once and in order, and the paths that name none.

    A file is taken as it is. A folder stands for every ``*.toml`` below it that contains claims,
    sorted; files and folders whose name begins with a dot are left out.
    """
    files: dict[Path, Path] = {}
    problems = []
    for path in map(Path, paths):
        if path.is_dir():
            below = list(_below(path))
            if not below:
                problems.append(Problem(str(path), "no *.toml file with a [[claim]] below it"))
            for file in below:
                files.setdefault(file.resolve(), file)
        elif not os.path.lexists(path):
            problems.append(Problem(str(path), "no such file or folder"))
        else:
            files.setdefault(path.resolve(), path)
    return tuple(files.values()), tuple(problems)


def _below(folder: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(parent, name)
            if name.endswith(".toml") and not name.startswith(".") and _has_claims(path):
                yield path


def _has_claims(path: Path) -> bool:
    """Whether the file is meant as a claim file; one that cannot be read counts, to be reported."""
    if not path.is_file():
        return False
    try:
        with path.open("rb") as stream:
            return HAS_CLAIMS.search(stream.read(SCANNED_BYTES)) is not None
    except OSError:
        return True


def read(
    paths: Iterable[str | Path], vocabulary: Vocabulary
) -> tuple[tuple[Entry, ...], tuple[Problem, ...]]:
    """Every claim of every readable file, and what could not be read; never raises for either."""
    files, problems = find(paths)
    entries: list[Entry] = []
    unread = list(problems)
    for path in files:
        try:
            found = read_file(path, methods=vocabulary.methods, assumptions=vocabulary.assumptions)
        except ClaimError as error:
            unread.append(Problem(str(path), _without_file(str(error), path)))
        except OSError as error:
            unread.append(Problem(str(path), error.strerror or str(error)))
        else:
            entries.extend(Entry(str(path), claim) for claim in found.entries)
    return tuple(entries), tuple(unread)


def _without_file(message: str, path: Path) -> str:
    """The message without the file's name in front, which a problem has of its own."""
    return message.removeprefix(f"{path}: ")
