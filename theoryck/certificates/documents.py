"""Certificates and witnesses as JSON data, and their verification from nothing but that data.

A document embeds the claim's table; everything else is rebuilt from it. Documents come from
strangers: they are bounded in size, hold names and exact numbers only, and nothing in them is
evaluated or believed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import Any

from theoryck.algebra import NumberSystem
from theoryck.assumptions import ASSUMPTIONS, Assumption
from theoryck.certificates import chains, function_documents
from theoryck.certificates.checker import (
    CertificateError,
    GoalCertificate,
    check_goal,
    exact,
)
from theoryck.certificates.function_runs import Outcome
from theoryck.certificates.problem import Between, Problem, branches, instantiate
from theoryck.certificates.witness import PlacedRun, Witness, check_attained, check_witness
from theoryck.certificates.words import inequalities_used
from theoryck.claims.arithmetic import Balls, Rationals
from theoryck.claims.claim import RateClaim
from theoryck.claims.expressions import Expr
from theoryck.claims.reading import read_claim
from theoryck.methods import METHODS, Method

FORMAT = 1
MAX_ENTRIES = 1_000_000  # multipliers or coordinates of one document
MAX_AUXILIARY = 500  # further points of one document
MAX_BITS = 4096  # working precision that a document may ask for


@dataclass(frozen=True)
class Established:
    """What a verified document establishes, in words; ``lines`` say it and what it does not."""

    claim_id: str
    refutes: bool
    lines: tuple[str, ...]


def number_system(name: str, bits: int = 256) -> NumberSystem:
    """The exact number system called ``rationals`` or ``balls``."""
    match name:
        case "rationals":
            return Rationals()
        case "balls":
            return Balls(bits)
        case _:
            raise CertificateError(f"arithmetic {name!r}: rationals or balls expected")


def certificate_document(
    claim: RateClaim,
    at: Mapping[str, str],
    arithmetic: str,
    goals: Sequence[GoalCertificate],
    attained: Witness | None = None,
    auxiliary: Sequence[Between] = (),
) -> dict[str, Any]:
    """The JSON data of an upper-bound certificate, of a run that attains the bound, and of the
    further points at which the proof looks at f."""
    extra: dict[str, Any] = {} if attained is None else {"attained": _witness_data(attained)}
    if auxiliary:
        extra["auxiliary"] = [[b.left, b.right, b.weight] for b in auxiliary]
    return _document(claim, at, arithmetic, "upper-bound") | _goals_data(goals) | extra


def gap_document(
    claim: RateClaim,
    at: Mapping[str, str],
    arithmetic: str,
    goals: Sequence[GoalCertificate],
    share: str,
) -> dict[str, Any]:
    """The JSON data that refutes an equality: measure <= share*bound with share < 1."""
    return _document(claim, at, arithmetic, "gap") | _goals_data(goals) | {"share": share}


def _goals_data(goals: Sequence[GoalCertificate]) -> dict[str, Any]:
    return {
        "goals": [
            {
                "weights": list(goal.weights),
                "multipliers": dict(goal.multipliers),
                "completion": list(goal.completion),
            }
            for goal in goals
        ]
    }


def witness_document(
    claim: RateClaim, at: Mapping[str, str], arithmetic: str, witness: Witness
) -> dict[str, Any]:
    """The JSON data of a refuting witness."""
    return _document(claim, at, arithmetic, "witness") | _witness_data(witness)


def _witness_data(witness: Witness) -> dict[str, Any]:
    cases = {"cases": list(witness.branch)} if witness.branch else {}
    return cases | {
        "dimension": witness.dimension,
        "vectors": {name: list(entries) for name, entries in witness.vectors.items()},
        "values": dict(witness.values),
    }


def _document(
    claim: RateClaim, at: Mapping[str, str], arithmetic: str, kind: str
) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "kind": kind,
        "claim": dict(claim.table),
        "at": dict(at),
        "arithmetic": arithmetic,
    }


def verify(
    data: Mapping[str, Any],
    *,
    methods: Mapping[str, Method] = METHODS,
    assumptions: Mapping[str, Assumption] = ASSUMPTIONS,
) -> Established:
    """Re-check a certificate or a witness with exact arithmetic alone.

    Args:
        data: the parsed JSON document.
        methods: the methods a claim may name; pass your own beside ``METHODS``.
        assumptions: likewise.

    Raises:
        CertificateError: the document is malformed, or does not establish what it says.
        ClaimError: the embedded claim means nothing as written.
        TheoryckError: its instance cannot be computed (too large, undefined, undecided).
    """
    if not isinstance(data, Mapping) or data.get("format") != FORMAT:
        raise CertificateError(f"not a theoryck document of format {FORMAT}")
    kinds: Mapping[str, Callable[..., Established]] = {
        "upper-bound": _verify_bound,
        "gap": _verify_gap,
    }
    kind = str(data.get("kind"))
    if kind == function_documents.KIND:
        return _verify_function(data, methods, assumptions)
    if kind not in (*kinds, "witness", chains.KIND):
        expected = " or ".join((*kinds, chains.KIND, "witness", function_documents.KIND))
        raise CertificateError(f"kind {kind!r}: {expected} expected")
    claim, at = _claim_at(data, methods, assumptions)
    bits = _bits(data)
    numbers = number_system(_field(data, "arithmetic", str), bits)
    with numbers.scope() if isinstance(numbers, Balls) else nullcontext():
        if kind == chains.KIND:
            lines = chains.verify_chain(data, claim, at, numbers)
            return Established(claim.id, refutes=False, lines=lines)
        if kind == "witness":
            return _verify_witness(data, instantiate(claim, at, numbers, _cases(data)))
        auxiliary = read_auxiliary(data)
        return kinds[kind](data, tuple(branches(claim, at, numbers, auxiliary)))


def read_auxiliary(data: Mapping[str, Any]) -> tuple[Between, ...]:
    """The further points at which a certificate looks at f."""
    entries = _list(data.get("auxiliary", []), "auxiliary")
    found = []
    for entry in entries[: MAX_AUXILIARY + 1]:
        triple = _list(entry, "auxiliary")
        if len(triple) != 3 or not all(isinstance(item, str) for item in triple):
            raise CertificateError("auxiliary: two labels and a number expected")
        left, right, weight = triple
        exact(weight, Rationals())
        found.append(Between(left, right, weight))
    if len(found) > MAX_AUXILIARY:
        raise CertificateError(f"more than {MAX_AUXILIARY} auxiliary points")
    return tuple(found)


def _cases(data: Mapping[str, Any]) -> tuple[bool, ...]:
    cases = _list(data.get("cases", []), "cases")
    if not all(isinstance(case, bool) for case in cases):
        raise CertificateError("cases: a list of true and false expected")
    return tuple(cases)


def _bits(data: Mapping[str, Any]) -> int:
    bits: int = _field(data, "bits", int, 256)
    if not 64 <= bits <= MAX_BITS:
        raise CertificateError(f"a precision of {bits} bits: 64 to {MAX_BITS} expected")
    return bits


def _verify_function(
    data: Mapping[str, Any],
    methods: Mapping[str, Method],
    assumptions: Mapping[str, Assumption],
) -> Established:
    claim, _, outcome = function_run(data, methods=methods, assumptions=assumptions)
    lines = function_documents.outcome_lines(claim, _at_text(data), outcome)
    return Established(claim.id, refutes=True, lines=lines)


def function_run(
    data: Mapping[str, Any],
    *,
    methods: Mapping[str, Method] = METHODS,
    assumptions: Mapping[str, Assumption] = ASSUMPTIONS,
) -> tuple[RateClaim, Mapping[str, Expr], Outcome]:
    """The claim, its instance and the run of a witness of kind "function", checked.

    Raises what :func:`verify` raises.
    """
    if not isinstance(data, Mapping) or data.get("kind") != function_documents.KIND:
        raise CertificateError("a document of kind 'function' expected")
    claim, at = _claim_at(data, methods, assumptions)
    return claim, at, function_documents.function_outcome(data, claim, at, _bits(data))


def placed_run(
    data: Mapping[str, Any],
    *,
    methods: Mapping[str, Method] = METHODS,
    assumptions: Mapping[str, Assumption] = ASSUMPTIONS,
) -> tuple[Problem, PlacedRun]:
    """The run that a witness document describes, checked, for engines that want to repeat it.

    Raises what :func:`verify` raises.
    """
    if not isinstance(data, Mapping) or data.get("kind") != "witness":
        raise CertificateError("a document of kind 'witness' expected")
    claim, at = _claim_at(data, methods, assumptions)
    numbers = number_system(_field(data, "arithmetic", str), _field(data, "bits", int, 256))
    with numbers.scope() if isinstance(numbers, Balls) else nullcontext():
        problem = instantiate(claim, at, numbers, _cases(data))
        return problem, check_witness(problem, _read_witness(data))


def _field(data: Mapping[str, Any], name: str, kind: type, default: Any = None) -> Any:
    value = data.get(name, default)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise CertificateError(f"{name}: a {kind.__name__} expected, got {type(value).__name__}")
    return value


def _claim_at(
    data: Mapping[str, Any],
    methods: Mapping[str, Method],
    assumptions: Mapping[str, Assumption],
) -> tuple[RateClaim, Any]:
    table = {key: value for key, value in _field(data, "claim", dict).items() if key != "at"}
    at = _field(data, "at", dict)
    claim = read_claim({**table, "at": [at]}, methods=methods, assumptions=assumptions)
    if not isinstance(claim, RateClaim):
        raise CertificateError(f"a document for a claim of kind {claim.kind}; only rates have them")
    return claim, claim.at[0]


def _texts(data: Any, what: str) -> Mapping[str, str]:
    if not isinstance(data, dict) or len(data) > MAX_ENTRIES:
        raise CertificateError(f"{what}: a table of names and numbers expected")
    return data


def _list(data: Any, what: str) -> Sequence[Any]:
    if not isinstance(data, list) or len(data) > MAX_ENTRIES:
        raise CertificateError(f"{what}: a list expected")
    return data


def _verify_bound(data: Mapping[str, Any], problems: Sequence[Problem]) -> Established:
    used = _check_goals(data, problems, None)
    claim = problems[0].claim
    attained = "It does not establish the bound at other parameter values, nor that it is tight."
    if claim.relation == "==":
        if "attained" not in data:
            raise CertificateError("the claim is an equality, and no run attains the bound")
        witness = _read_witness(_field(data, "attained", dict))
        check_attained(_branch(problems, witness), witness)
        attained = "A function of the class and an admissible start attain it, checked exactly."
    return Established(
        claim.id,
        refutes=False,
        lines=(
            f"The bound of claim {claim.id!r} holds at {_at_text(data)}: for every function that "
            f"meets the assumptions, every admissible start and every dimension.",
            *_how(used, data, problems),
            attained,
        ),
    )


def _branch(problems: Sequence[Problem], witness: Witness) -> Problem:
    for problem in problems:
        if problem.branch == witness.branch:
            return problem
    raise CertificateError("cases: the method has no such combination")


def _verify_gap(data: Mapping[str, Any], problems: Sequence[Problem]) -> Established:
    claim, numbers = problems[0].claim, problems[0].numbers
    share = exact(_field(data, "share", str), numbers)
    if claim.relation != "==":
        raise CertificateError("a gap below the bound refutes equalities only")
    if numbers.sign(1 - share) <= 0 or numbers.sign(share) < 0:
        raise CertificateError("share: a number from 0 up to, not including, 1 expected")
    for problem in problems:
        for goal in problem.goals:
            if goal.bound.is_constant() and numbers.sign(goal.bound.constant) <= 0:
                raise CertificateError("the bound is not positive")
    used = _check_goals(data, problems, share)
    return Established(
        claim.id,
        refutes=True,
        lines=(
            f"Claim {claim.id!r} says that its bound is the worst case. At {_at_text(data)} it is "
            f"not: every run stays below {as_float(share):.6g} times the bound"
            + (" (both squared)." if problems[0].goals[0].power == 2 else "."),
            *_how(used, data, problems),
            "As an upper bound the claim may well hold.",
        ),
    )


def _check_goals(
    data: Mapping[str, Any], problems: Sequence[Problem], share: Any | None
) -> list[str]:
    """Check every goal's entry in every branch, with the bound times ``share``; give the names
    of the inequalities used."""
    entries = _list(data.get("goals"), "goals")
    goals = [(problem, goal) for problem in problems for goal in problem.goals]
    if len(entries) != len(goals):
        raise CertificateError(f"{len(entries)} goals; the claim has {len(goals)}")
    used: dict[str, None] = {}
    for number, ((problem, goal), entry) in enumerate(zip(goals, entries, strict=True)):
        if not isinstance(entry, dict):
            raise CertificateError(f"goals[{number}]: a table expected")
        certificate = GoalCertificate(
            tuple(_list(entry.get("weights"), "weights")),
            _texts(entry.get("multipliers"), "multipliers"),
            tuple(_list(entry.get("completion", []), "completion")),
        )
        scaled = goal if share is None else replace(goal, bound=goal.bound * share)
        check_goal(problem, scaled, certificate)
        used |= dict.fromkeys((*certificate.multipliers, *certificate.completion))
    return list(used)


def _how(
    used: Sequence[str], data: Mapping[str, Any], problems: Sequence[Problem]
) -> tuple[str, ...]:
    exactness = "rational" if data["arithmetic"] == "rationals" else "ball"
    expected = " of expectations" if problems[0].random else ""
    cases = f" In each of {len(problems)} cases it" if len(problems) > 1 else "It"
    relaxed = dict.fromkeys(text for problem in problems for text in problem.relaxations)
    return (
        f"{cases.strip()} follows from {len(used)} inequalities{expected}, added with "
        f"non-negative multipliers, and a sum of squares, in exact {exactness} arithmetic.",
        f"Used: {inequalities_used(used, problems)}.",
        *(f"The proof covers more than the method: {relaxation}." for relaxation in relaxed),
    )


def _read_witness(data: Mapping[str, Any]) -> Witness:
    return Witness(
        _field(data, "dimension", int),
        {name: _list(v, name) for name, v in _texts(data.get("vectors"), "vectors").items()},
        _texts(data.get("values"), "values"),
        _cases(data),
    )


def _verify_witness(data: Mapping[str, Any], problem: Problem) -> Established:
    witness = _read_witness(data)
    run = check_witness(problem, witness)
    return Established(
        problem.claim.id,
        refutes=True,
        lines=(
            f"The bound of claim {problem.claim.id!r} fails at {_at_text(data)}: a function of the "
            f"class on R^{witness.dimension} and an admissible start make the measure "
            f"{float_text(run.measure)}, above the bound {float_text(run.bound)}"
            + (" (both squared)." if problem.goals[0].power == 2 else "."),
            "The points meet the interpolation conditions of the class and the iterates are those "
            "of the method, both in exact arithmetic.",
            "It does not say how large the worst case is.",
        ),
    )


def _at_text(data: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} = {value}" for name, value in data["at"].items()) or "no parameters"


def float_text(value: Any) -> str:
    """Six significant digits of an exact number, for reading only."""
    try:
        return f"{as_float(value):.6g}"
    except OverflowError:
        return "beyond the largest double"


def as_float(value: Any) -> float:
    """The double nearest to an exact number, for reports only."""
    if hasattr(value, "p"):
        top, bottom = int(value.p), int(value.q)
        return top / bottom
    return float(value.mid()) if hasattr(value, "mid") else float(value)


__all__ = [
    "Established",
    "PlacedRun",
    "certificate_document",
    "gap_document",
    "verify",
    "witness_document",
]
