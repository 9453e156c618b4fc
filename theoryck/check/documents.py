"""Certificates and witnesses from files, handed to the kernel."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from theoryck.errors import TheoryckError

if TYPE_CHECKING:
    from theoryck.certificates import Established

MAX_BYTES = 64 << 20  # of a certificate


class UnreadableError(TheoryckError, ValueError):
    """A file that holds no JSON document."""


def read_document(path: str | Path) -> Any:
    """The JSON data in the file.

    Raises:
        UnreadableError: there is no such file, or it is no JSON, or it is too large.
    """
    file = Path(path)
    try:
        if file.stat().st_size > MAX_BYTES:
            raise UnreadableError(f"{path}: over {MAX_BYTES >> 20} MiB; no certificate is so large")
        return json.loads(file.read_bytes())
    except OSError as error:
        raise UnreadableError(f"{path}: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise UnreadableError(f"{path}: no JSON document: {error}") from error


def verify_file(path: str | Path, methods_file: str | None = None) -> Established:
    """What the certificate or witness in the file establishes.

    Raises:
        UnreadableError: there is no JSON document to check.
        ExtensionError: the methods file cannot be used.
        TheoryckError: the document does not establish what it says.
    """
    from theoryck.certificates import verify
    from theoryck.check.extensions import load_vocabulary

    document = read_document(path)
    if not isinstance(document, dict) or not {"format", "kind", "claim"} <= document.keys():
        raise UnreadableError(f"{path}: no certificate; one has the keys format, kind and claim")
    words = load_vocabulary(methods_file)
    return verify(document, methods=words.methods, assumptions=words.assumptions)
