"""Helpers for the tests of written derivations: files to claims, and single lines to verdicts."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from theoryck.claims.claim import RateClaim
from theoryck.claims.derivations import Line, Written
from theoryck.claims.expressions import Apply, Comparison, Number
from theoryck.claims.reading import read_claim, read_file
from theoryck.derive.setting import setting_of
from theoryck.derive.written.lines import Accepted, Book, check_line
from theoryck.derive.written.preparation import language_of

PROOFS = Path(__file__).parents[2] / "proofs"
SECONDS = 60.0  # far more than a quiet machine needs, so that a busy one decides the same

FILES = {
    "accelegrad-lipschitz": "mathematics_of_data_2020_lecture9",
    "accelegrad-smooth-written": "written_accelegrad",
    "adagrad-norm-nonconvex": "written_adagrad_norm",
    "amsgrad-nonconvex": "written_amsgrad",
    "amsgrad-momentum-nonconvex": "written_amsgrad",
}


@cache
def claim_of(name: str) -> RateClaim:
    """A claim of proofs/ that has a written derivation."""
    entries = read_file(PROOFS / f"{FILES[name]}.toml").entries
    (claim,) = (entry for entry in entries if entry.id == name)
    assert isinstance(claim, RateClaim)
    return claim


def written(claim: RateClaim) -> Written:
    """The derivation of a claim that has one."""
    assert claim.derivation is not None
    return claim.derivation


def changed(name: str, **change: Any) -> RateClaim:
    """The claim with some of its keys changed, and the same derivation."""
    table: Mapping[str, Any] = {**claim_of(name).table, **change}
    claim = read_claim(table)
    assert isinstance(claim, RateClaim)
    return claim


def book_before(claim: RateClaim, line: Line) -> Book:
    """A book in which the lines before one stand as if they were checked."""
    deadline = time.monotonic() + SECONDS
    book = Book(language_of(setting_of(claim), written(claim), deadline), deadline)
    book.lemmas.update({lemma.name: lemma for lemma in written(claim).lemmas})
    for earlier in written(claim).lines:
        if earlier.name == line.name:
            return book
        book.lines[earlier.name] = Accepted(earlier, "assumed")
    raise KeyError(line.name)


def named(claim: RateClaim, name: str) -> Line:
    """The line of that name."""
    (line,) = (line for line in written(claim).lines if line.name == name)
    return line


def check_alone(claim: RateClaim, line: Line) -> Accepted:
    """Checks one line; those before it are taken to hold."""
    return check_line(line, book_before(claim, line))


def sharpened(line: Line) -> Line:
    """The line with its upper side times nine tenths."""
    left, right = line.statement.operands
    tenth = Apply("/", (Number(9), Number(10)))
    upper = Apply("*", (tenth, right))
    return replace(line, statement=Comparison((left, upper), line.statement.relations))


def without(line: Line, position: int) -> Line:
    """The line without one of its premises."""
    kept = (*line.premises[:position], *line.premises[position + 1 :])
    return replace(line, premises=kept)
