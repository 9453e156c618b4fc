"""Certificates and witnesses from files, handed to the kernel or to the simulator."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from theoryck.errors import TheoryckError

if TYPE_CHECKING:
    from theoryck.assumptions import Assumption
    from theoryck.certificates import Established
    from theoryck.methods import Method

MAX_BYTES = 64 << 20  # of a certificate
SAMPLE = "sample"  # the kind of document that is verified by running it


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
    from theoryck.check.extensions import load_vocabulary

    document = read_document(path)
    if not isinstance(document, dict) or not {"format", "kind", "claim"} <= document.keys():
        raise UnreadableError(f"{path}: no certificate; one has the keys format, kind and claim")
    words = load_vocabulary(methods_file)
    return verify_document(document, words.methods, words.assumptions)


def verify_document(
    document: Mapping[str, Any],
    methods: Mapping[str, Method],
    assumptions: Mapping[str, Assumption],
) -> Established:
    """What a document establishes: by the kernel, or for a refutation by samples by new runs.

    Raises:
        TheoryckError: it does not establish what it says.
    """
    if document.get("kind") == SAMPLE:
        from theoryck.simulate.engine.sample_documents import verify_sample

        return verify_sample(document, methods=methods, assumptions=assumptions)
    from theoryck.certificates import verify

    return verify(document, methods=methods, assumptions=assumptions)
