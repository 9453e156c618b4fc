"""A claim with a written derivation: every line is checked, then the claim is read off the last."""

from __future__ import annotations

import time

from theoryck.claims.claim import RateClaim
from theoryck.claims.derivations import Premise, Written
from theoryck.claims.printing import to_text
from theoryck.derive.decide import Proved, decide, is_empty
from theoryck.derive.printing import tidy, to_claim_text
from theoryck.derive.rate import examine_rate
from theoryck.derive.relations import Relation
from theoryck.derive.setting import Stuck, method_obligations, setting_of
from theoryck.derive.symbols import ONE
from theoryck.derive.written.endings import follows
from theoryck.derive.written.language import LineError
from theoryck.derive.written.lines import SELF, Accepted, Book, check_lemma, check_line
from theoryck.derive.written.preparation import language_of
from theoryck.errors import TheoryckError
from theoryck.verdict import EngineReport, Finding, Scope, Status

ENGINE = "derive"
SEARCH_SHARE = 0.2  # of the time; the rest is for the lines
# what SymPy makes of texts without a value, or of too large ones, is a reason to refuse too
REFUSALS = (
    *(TheoryckError, ArithmeticError, NotImplementedError, ValueError, TypeError),
    *(RecursionError, MemoryError),
)
WRONG = "suggestion"  # the code of the finding that names a line


def examine_with_derivation(claim: RateClaim, written: Written, deadline: float) -> EngineReport:
    """A claim that brings a derivation: derive searches first, then its lines are checked.

    Args:
        claim: the claim.
        written: its derivation.
        deadline: a value of ``time.monotonic()``.
    """
    now = time.monotonic()
    searched = examine_rate(claim, now + SEARCH_SHARE * (deadline - now))
    if searched.status is Status.PROVED:
        return searched
    return examine_written(claim, written, deadline)


def examine_written(claim: RateClaim, written: Written, deadline: float) -> EngineReport:
    """Proved if every line is accepted and the claim follows from the last; else inconclusive.

    Args:
        claim: the claim.
        written: its derivation.
        deadline: a value of ``time.monotonic()``.
    """
    try:
        book = _book(claim, written, deadline)
    except (Stuck, *REFUSALS) as error:
        return _inconclusive(f"the written derivation is not read: {error}", ())
    named = ((f"{n}[k]", e) for n, e in written.sequences.items())
    meanings = [f"{n} = {to_text(e)}" for n, e in (*named, *written.constants.items())]
    evidence = [f"where {', '.join(meanings)}"] if meanings else []
    for lemma in written.lemmas:
        try:
            how = check_lemma(lemma, book.language.setting.domain, deadline)
        except REFUSALS as error:
            return _refused(f"lemma {lemma.name!r}", error, evidence)
        book.lemmas[lemma.name] = lemma
        evidence.append(f"lemma {lemma.name}: {to_text(lemma.conclusion)}   [{how}]")
    for number, line in enumerate(written.lines, start=1):
        try:
            if line.name == SELF:
                raise LineError("the name is that of what an induction assumes")
            accepted = check_line(line, book)
        except REFUSALS as error:
            return _refused(f"line {number} ({line.name})", error, evidence)
        book.lines[line.name] = accepted
        evidence.append(f"{number}. {_printed(accepted)}")
    last = book.lines[written.lines[-1].name]
    try:
        bound, how = follows(last, book)
    except REFUSALS as error:
        return _refused(f"the last line ({last.line.name})", error, evidence)
    if claim.relation != "<=":
        return _inconclusive("a written derivation shows upper bounds only", tuple(evidence))
    lines = len(written.lines)
    return EngineReport(
        ENGINE,
        Status.PROVED,
        f"proved for all parameters by the written derivation, {lines} lines checked; {how}",
        scope=Scope.ALL_PARAMETERS,
        best_bound=to_claim_text(tidy(bound)),
        evidence=tuple(evidence),
    )


def _book(claim: RateClaim, written: Written, deadline: float) -> Book:
    setting = setting_of(claim)
    if is_empty(setting.domain, deadline):
        raise LineError("no parameters satisfy the constraints")
    for obligation in dict.fromkeys((*setting.obligations, *method_obligations(setting))):
        met = decide(Relation(ONE, "<=", ONE), setting.domain, deadline, (obligation,))
        if not isinstance(met, Proved):
            raise LineError(f"the claim's text may have no value: {met}")
    return Book(language_of(setting, written, deadline), deadline)


def _printed(accepted: Accepted) -> str:
    line = accepted.line
    text = to_text(line.statement)
    if line.every is not None:
        where = f" with {to_text(line.where)}" if line.where is not None else ""
        text += f" for every {line.every}{where}"
    named = [*(line.base or ()), *line.premises]
    used = ", ".join(dict.fromkeys(map(_name, named)))
    by = "induction" if line.base is not None else "combination"
    facts = f"; given {', '.join(map(_name, line.given))}" if line.given else ""
    chance = "; fails with a chance of " + " + ".join(str(s) for _, s in accepted.fails)
    fails = chance if accepted.fails else ""
    return f"{line.name}: {text}   [{by}; uses {used or 'algebra'}{facts}{fails}; {accepted.how}]"


def _name(premise: Premise) -> str:
    arguments = premise.arguments
    text = premise.name
    if arguments is not None:
        text += f"({', '.join(map(to_text, arguments))})"
    if premise.at is not None:
        text += f" at {to_text(premise.at)}"
    if premise.times is not None:
        text += f" times {to_text(premise.times)}"
    return text + "".join(f" under {way}" for way in premise.under)


def _refused(where: str, error: Exception, evidence: list[str]) -> EngineReport:
    what = "it is too large" if isinstance(error, RecursionError | MemoryError) else str(error)
    message = f"{where} of the written derivation is not accepted: {what}"
    return _inconclusive(message, tuple(evidence))


def _inconclusive(message: str, evidence: tuple[str, ...]) -> EngineReport:
    finding = Finding(WRONG, message)
    return EngineReport(
        ENGINE, Status.INCONCLUSIVE, message, findings=(finding,), evidence=evidence
    )
