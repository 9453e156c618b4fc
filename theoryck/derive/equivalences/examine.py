"""Equivalence claims: two methods, one oracle, the same iterates?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from itertools import islice

import sympy

from theoryck.algebra import Trace
from theoryck.claims.arithmetic import Balls, Rationals
from theoryck.claims.claim import EquivalenceClaim, MethodUse
from theoryck.claims.evaluate import Environment, holds
from theoryck.claims.expressions import Condition
from theoryck.derive.contradictions import contradiction
from theoryck.derive.decide import Proved, decide
from theoryck.derive.domain import Domain, domain_of
from theoryck.derive.equivalences.bisimulation import equal_formulas, equal_states
from theoryck.derive.equivalences.induction import Invariant, NoInductionError, induction
from theoryck.derive.equivalences.joint import (
    DifferentQuestionsError,
    NotLinearError,
    joint_step,
)
from theoryck.derive.equivalences.runs import STEPS, Compared, compare
from theoryck.derive.exact import is_zero
from theoryck.derive.instances import exact_instances, shown
from theoryck.derive.relations import Relation
from theoryck.derive.sampling import sample_points
from theoryck.derive.setting import ITERATION
from theoryck.derive.symbols import ONE, ZERO, Obligation, Reader, Symbolic
from theoryck.errors import InexactError, TheoryckError
from theoryck.verdict import EngineReport, Finding, Instance, Scope, Status

ENGINE = "derive"
RUNS = 24  # parameter values at which both methods are run
TRIED_POINTS = 24
TRIVIAL = Relation(ONE, "<=", ONE)


def examine_equivalence(claim: EquivalenceClaim, deadline: float) -> EngineReport:
    """Proves that both methods have the same iterates, or refutes it by an exact run.

    Both are given the same answers of the oracle, stochastic or not; the start is the same.

    Args:
        claim: two methods with conditions on their arguments.
        deadline: a value of ``time.monotonic()``.
    """
    plain = domain_of(claim.parameters)
    reader = Reader({**plain.symbols, "k": ITERATION})
    try:
        relations = [r for c in claim.assumptions for r in reader.relations(c)]
        given = tuple(_symbolic(use, reader) for use in claim.methods)
    except TheoryckError as error:
        return _inconclusive(f"the claim is not read: {error}")
    domain = plain.with_symbols(ITERATION).where(*relations)
    empty = contradiction(domain, deadline)
    if empty is not None:
        return _inconclusive(empty.message, (empty,))
    reason = _undefined((*domain.obligations, *reader.obligations), domain, deadline)
    asking = False
    for search in (_invariant, _equal_states) if reason is None else ():
        try:
            invariant, mixed = search(claim, (given[0], given[1]), domain, deadline)
            return _with_exact_gradients(invariant) if mixed else _proved(invariant)
        except (NoInductionError, NotLinearError, DifferentQuestionsError) as error:
            # why the second search stops says less of two methods that are linear
            asking = asking or isinstance(error, DifferentQuestionsError)
            linear = reason is not None and not reason.startswith("the s")
            reason = reason if linear else str(error)
    if asking:
        return _refuted(claim, deadline) or _inconclusive(f"no proof: {reason}")
    return (
        _refuted(claim, deadline)
        or _supported(claim, f"no induction proves it: {reason}")
        or _inconclusive(f"no induction proves it ({reason}), and no run compares the two")
    )


def _symbolic(use: MethodUse, reader: Reader) -> dict[str, sympy.Expr]:
    numbers = Symbolic()
    defaults = {
        argument.name: numbers.coerce(argument.default)
        for argument in use.method.arguments
        if argument.default is not None
    }
    return {**defaults, **{name: reader.read(value) for name, value in use.arguments.items()}}


def _undefined(obligations: tuple[Obligation, ...], domain: Domain, deadline: float) -> str | None:
    for obligation in dict.fromkeys(obligations):
        if not isinstance(decide(TRIVIAL, domain, deadline, (obligation,)), Proved):
            return f"an argument may have no value: {obligation} is not proved"
    return None


def _invariant(
    claim: EquivalenceClaim,
    arguments: tuple[Mapping[str, sympy.Expr], Mapping[str, sympy.Expr]],
    domain: Domain,
    deadline: float,
) -> tuple[Invariant, bool]:
    """The invariant, and whether only one of the two draws stochastic gradients."""
    step = joint_step(claim.methods, arguments, Trace(numbers=Symbolic()))
    points = tuple(islice(sample_points(domain), TRIED_POINTS))

    def surely(relation: Relation) -> bool:
        if relation.sign == "==" and relation.right == ZERO and is_zero(relation.left):
            return True
        return isinstance(decide(relation, domain, deadline, points=points), Proved)

    return induction(step, surely), step.mixed


def _equal_states(
    claim: EquivalenceClaim,
    arguments: tuple[Mapping[str, sympy.Expr], Mapping[str, sympy.Expr]],
    domain: Domain,
    deadline: float,
) -> tuple[Invariant, bool]:
    """The entries of the states that stay equal, in methods that look at coordinates."""
    same = {r.left: r.right for r in domain.relations if r.sign == "==" and r.left.is_Symbol}

    def surely(left: sympy.Expr, right: sympy.Expr) -> bool:
        left, right = left.subs(same), right.subs(same)
        if equal_formulas(left, right):
            return True
        relation = Relation(left, "==", right)
        return relation.symbols <= set(domain.symbols.values()) and isinstance(
            decide(relation, domain, deadline), Proved
        )

    return equal_states(claim.methods, arguments, surely)


def _proved(invariant: Invariant) -> EngineReport:
    return EngineReport(
        ENGINE,
        Status.PROVED,
        f"proved for all parameters and every k by induction{_with(invariant)}, the oracle giving "
        "both the same answers",
        scope=Scope.ALL_PARAMETERS,
        evidence=tuple(f"{n}. {line}" for n, line in enumerate(invariant.lines, start=1)),
    )


def _with(invariant: Invariant) -> str:
    count = len(invariant.forms)
    return f", with {count} linear relation(s) between the states" if count else ""


def _with_exact_gradients(invariant: Invariant) -> EngineReport:
    """One draws stochastic gradients, the other does not.

    A claim that assumes nothing of noise is read with exact gradients. Where the two methods are
    then one and the same text, noise is all that tells them apart, and that reading would beg the
    question: with noise the iterates differ.
    """
    if len(invariant.forms) > 1:
        reading = "the claim assumes nothing of noise, so that stochastic gradients are exact"
        proved = _proved(invariant)
        return replace(
            proved,
            reason=f"{proved.reason}; {reading}",
            evidence=(*proved.evidence, f"read so: {reading}; with noise the iterates differ"),
        )
    return replace(
        _proved(invariant),
        status=Status.SUPPORTED,
        scope=None,
        reason=(
            "the updates agree for every k where both get the same answers (shown by induction), "
            "but one method draws stochastic gradients and the other takes exact ones"
        ),
    )


def _runs(claim: EquivalenceClaim) -> list[tuple[dict[str, Fraction], Compared]]:
    found: list[tuple[dict[str, Fraction], Compared]] = []
    for values in exact_instances(claim, 2 * RUNS):
        if all(_met(condition, values) for condition in claim.assumptions):
            compared = compare(claim.methods, values)
            if compared is not None:
                found.append((values, compared))
        if len(found) == RUNS:
            break
    return found


def _met(condition: Condition, values: Mapping[str, Fraction]) -> bool:
    """Whether a condition on the arguments surely holds at every k of a run."""
    for numbers in (Rationals(), Balls()):
        named = {name: numbers.rational(value) for name, value in values.items()}
        try:
            return all(
                holds(condition, Environment({**named, "k": numbers.integer(k)}), numbers)
                for k in range(STEPS + 1)
            )
        except InexactError:
            continue
        except TheoryckError:
            return False
    return False


def _refuted(claim: EquivalenceClaim, deadline: float) -> EngineReport | None:
    for values, compared in _runs(claim):
        if compared.differ_at is None:
            continue
        where = f" at {shown(values)}" if values else ""
        first, second = compared.iterates[-1]
        reason = f"x[{compared.differ_at}] differs{where}: {first} and {second}"
        lines = (
            f"both run exactly on {compared.function}{where}",
            *(
                f"x[{k}]: {mine} and {other}"
                for k, (mine, other) in enumerate(compared.iterates, start=1)
            ),
        )
        instance = _instance(values, Status.REFUTED, reason, compared)
        return EngineReport(ENGINE, Status.REFUTED, reason, instances=(instance,), evidence=lines)
    return None


def _supported(claim: EquivalenceClaim, why: str) -> EngineReport | None:
    runs = _runs(claim)
    if not runs:
        return None
    reason = f"the first {STEPS} iterates agree at {len(runs)} choices of parameters; {why}"
    instances = tuple(
        _instance(values, Status.SUPPORTED, f"equal on {compared.function}", None)
        for values, compared in runs
    )
    return EngineReport(ENGINE, Status.SUPPORTED, reason, instances=instances)


def _instance(
    values: Mapping[str, Fraction], status: Status, reason: str, compared: Compared | None
) -> Instance:
    at = {name: str(value) for name, value in values.items()}
    witness = None
    if compared is not None:
        iterates = [list(pair) for pair in compared.iterates]
        witness = {"kind": "runs", "function": compared.function, "iterates": iterates}
    return Instance(at, None, None, status, reason, witness=witness)


def _inconclusive(reason: str, findings: tuple[Finding, ...] = ()) -> EngineReport:
    return EngineReport(ENGINE, Status.INCONCLUSIVE, reason, findings=findings)
