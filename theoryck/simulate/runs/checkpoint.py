"""Runs put aside in files, to be gone on with: NumPy's npz, without pickle."""

from __future__ import annotations

import json
import os
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from theoryck.simulate.errors import SimulationError

FORMAT = 1


class CheckpointError(SimulationError):
    """A checkpoint that cannot be gone on with; the message says why."""


@dataclass(frozen=True)
class Checkpoint:
    """Save the runs every so many steps, and go on from what was saved before.

    Attributes:
        path: a folder for the files, one for each block of runs. It is made if it is not there.
        every: a positive number of steps.
    """

    path: str | os.PathLike[str]
    every: int = 10_000

    def __post_init__(self) -> None:
        if not isinstance(self.every, int) or self.every < 1:
            raise SimulationError(f"every must be a positive number of steps, got {self.every}")

    def file(self, lower: int, upper: int) -> Path:
        """The file of the runs numbered from ``lower`` to below ``upper``."""
        return Path(self.path) / f"runs-{lower}-{upper - 1}.npz"


def save(path: Path, prints: Mapping[str, str], arrays: Mapping[str, Any]) -> None:
    """Write arrays into a file that is at all times the old one or the new one, and complete.

    Args:
        prints: the fingerprints of what the runs depend on, by name.

    Raises:
        CheckpointError: the file cannot be written.
    """
    part = path.with_suffix(".part")
    head = np.array(json.dumps({"format": FORMAT, "prints": dict(prints)}))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            np.savez(file, allow_pickle=False, head=head, **arrays)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        raise CheckpointError(f"{path} cannot be written ({error})") from error


def load(path: Path, prints: Mapping[str, str]) -> dict[str, Any] | None:
    """The arrays in a file that :func:`save` wrote with these fingerprints; None without a file.

    Raises:
        CheckpointError: the file is damaged, of another format, or of other runs.
    """
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read ({error})") from error
    try:
        with file, np.load(file, allow_pickle=False) as saved:
            arrays = {name: saved[name] for name in saved.files}
        head = json.loads(str(arrays.pop("head")))
        version, found = head["format"], dict(head["prints"])
    except (
        OSError, EOFError, KeyError, TypeError, ValueError, AttributeError,
        zipfile.BadZipFile, zlib.error, NotImplementedError, MemoryError,
    ) as error:  # fmt: skip
        raise damaged(path, error) from error
    if version != FORMAT:
        raise CheckpointError(f"{path} has format {version}, this version reads {FORMAT}")
    other = [name for name in prints if prints[name] != found.get(name)]
    if other:
        raise CheckpointError(
            f"{path} is a checkpoint of other runs: not the same {', '.join(other)}. "
            "Delete it, or save these runs elsewhere"
        )
    return arrays


def damaged(path: Path, error: Exception) -> CheckpointError:
    """The error for a file that is not what was written."""
    return CheckpointError(
        f"{path} is damaged ({type(error).__name__}: {error}). Delete it to begin these runs anew"
    )
