"""More constraints, more assumptions, or other ones, under which a claim is proved as it stands."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import islice

import sympy

from theoryck.assumptions import ASSUMPTIONS, Assumption
from theoryck.claims.claim import AssumptionUse, RateClaim
from theoryck.claims.expressions import Apply, Comparison, Iterate, Number, Symbol, names
from theoryck.claims.printing import to_text
from theoryck.derive.decide import Counterexample, Proved, is_empty
from theoryck.derive.findings import natural_relations
from theoryck.derive.proof import Workshop
from theoryck.derive.recheck import recheck
from theoryck.derive.relations import Implied, Relation
from theoryck.derive.sampling import sample_points
from theoryck.derive.search import prepare, search
from theoryck.derive.setting import OutOfTime, Setting, Stuck, is_random
from theoryck.derive.symbols import ZERO, Obligation
from theoryck.derive.trees import condition_of, with_constraint
from theoryck.errors import ClaimError

MAX_ATTEMPTS = 6  # changed claims that are searched
ATTEMPT_SHARE = 0.5  # of the time that is left, for one changed claim
SEARCH_SHARE = 0.7  # of them; the rest is for the re-check
MAX_RELATIONS = 2  # that failed and are tried as constraints
OTHER_CONVENTION = {"error_bound": "pl", "pl": "error_bound"}
OTHER_SIGNS = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


@dataclass(frozen=True)
class Attempt:
    """A changed claim, and what was changed, in words."""

    claim: RateClaim
    words: str


def changed_hypotheses(setting: Setting, tried: Workshop, deadline: float) -> Iterator[str]:
    """Suggestions of other hypotheses; the first that is proved ends the search."""
    for attempt in islice(_attempts(setting, tried), MAX_ATTEMPTS):
        now = time.monotonic()
        if now > deadline:
            return
        if _proved(attempt.claim, now + ATTEMPT_SHARE * (deadline - now)):
            yield attempt.words
            return


def with_minimiser(setting: Setting, deadline: float) -> Iterator[str]:
    """The claim for functions that have a minimiser: a claim that names none speaks of all."""
    if setting.has_minimiser or not setting.is_convex:
        return
    distance = Apply("norm", (Apply("-", (Iterate(Number(Fraction(0))), Symbol("x_star"))),))
    named = Comparison((distance, Number(Fraction(0))), (">=",))
    claim = replace(setting.claim, initial=(*setting.claim.initial, named))
    now = time.monotonic()
    if _proved(claim, now + ATTEMPT_SHARE * (deadline - now)):
        yield (
            "for functions that have a minimiser the claim is proved: name it, as in "
            'initial = "norm(x[0] - x_star) <= R"'
        )


def _attempts(setting: Setting, tried: Workshop) -> Iterator[Attempt]:
    yield from _constrained(setting, tried, natural_relations(setting))
    yield from _other_convention(setting)
    yield from _constrained(setting, tried, _failed(setting, tried))
    yield from _more_assumptions(setting, tried)


def constrained(claim: RateClaim, obligation: Obligation, deadline: float) -> Iterator[str]:
    """A constraint under which the claim's text has a value and the claim is proved.

    Args:
        claim: a rate whose text may have no value.
        obligation: what it needs to have one: relations of which one must hold.
        deadline: a value of ``time.monotonic()``.
    """
    parameters, arguments = claim.parameters, _in_the_method(claim)
    for needed in obligation.alternatives:
        sign = ">" if needed.sign == "!=" else needed.sign
        solved = _linear(Relation(needed.left, sign, needed.right), arguments)
        if solved is None or not {s.name for s in solved.symbols} <= set(parameters):
            continue
        tree = condition_of(solved, parameters)
        narrower = with_constraint(claim, solved.left.name, tree)
        now = time.monotonic()
        if _proved(narrower, now + ATTEMPT_SHARE * (deadline - now)):
            yield f"with {solved} among the constraints the claim is proved"
            return


def _proved(claim: RateClaim, deadline: float) -> bool:
    try:
        setting, target = prepare(claim, deadline)
        if is_empty(setting.domain, deadline):
            return False
        now = time.monotonic()
        found = search(setting, target, now + SEARCH_SHARE * (deadline - now))
        if found.proof is None:
            return False
        derivation = found.workshop.derivation(found.proof)
        return recheck(derivation, setting, deadline) is None
    except (Stuck, OutOfTime):
        return False


def _constrained(
    setting: Setting, tried: Workshop, relations: tuple[Relation, ...]
) -> Iterator[Attempt]:
    """The claim on a smaller domain."""
    parameters = setting.claim.parameters
    for relation in relations:
        if isinstance(tried.decided(relation), Proved):
            continue
        named = [s.name for s in relation.symbols if s.name in parameters]
        if not named or len(named) < len(relation.symbols) or _only_at_the_edge(setting, relation):
            continue
        at = relation.left.name if relation.left.is_Symbol else named[0]
        try:
            claim = with_constraint(setting.claim, at, condition_of(relation, parameters))
        except ClaimError:
            continue
        yield Attempt(claim, f"with {relation} among the constraints the claim is proved")


def _only_at_the_edge(setting: Setting, relation: Relation) -> bool:
    """Whether nothing but a boundary is left of the domain, as of D >= 0 with D <= 0."""
    strict = replace(relation, sign=relation.sign.rstrip("=") or relation.sign)
    return next(sample_points(setting.domain.where(strict)), None) is None


def _failed(setting: Setting, tried: Workshop) -> tuple[Relation, ...]:
    """Conditions on the parameters that fail somewhere, the simplest first, solved for one."""
    own = {setting.domain.symbols[name] for name in setting.claim.parameters}
    simple: dict[Relation, None] = {}
    for relation, decision in tuple(tried.decisions.items()):
        if isinstance(relation, Implied) or not isinstance(decision, Counterexample):
            continue
        solved = _solved(relation, setting, tried)
        if solved is not None and solved.symbols and solved.symbols <= own:
            simple[solved] = None
    arguments = _in_the_method(setting.claim)

    def rank(relation: Relation) -> tuple[bool, int, str]:
        of_the_method = bool(arguments & {s.name for s in relation.symbols})
        size = relation.left.count_ops() + relation.right.count_ops()
        return (not of_the_method, size, str(relation))

    return tuple(sorted(simple, key=rank)[:MAX_RELATIONS])


def _in_the_method(claim: RateClaim) -> frozenset[str]:
    """The names in the arguments of the method."""
    return frozenset(n for v in claim.method.arguments.values() for n in names(v))


def _solved(relation: Relation, setting: Setting, tried: Workshop) -> Relation | None:
    """The relation solved for an argument of the method, where it is linear in one.

    Factors that are nowhere negative are dropped; whatever comes out is proved anew.
    """
    if relation.sign not in OTHER_SIGNS:
        return None
    try:
        difference = sympy.factor(sympy.together(relation.left - relation.right))
    except (sympy.PolynomialError, NotImplementedError):
        return None

    def is_nonnegative(factor: sympy.Expr) -> bool:
        if factor.is_nonnegative or factor.is_Rational:
            return bool(factor.is_nonnegative)
        return isinstance(tried.decided(Relation(factor, ">=", ZERO)), Proved)

    factors = [f for f in sympy.Mul.make_args(difference) if not is_nonnegative(f)]
    rest = Relation(sympy.Mul(*factors), relation.sign, ZERO)
    return _linear(rest, _in_the_method(setting.claim))


def _linear(relation: Relation, arguments: frozenset[str]) -> Relation | None:
    """The relation solved for a symbol in which it is linear, one of the arguments if it can be.

    Factors that are positive by what SymPy knows of the symbols are dropped.
    """
    difference = sympy.factor(relation.left - relation.right)
    factors = [f for f in sympy.Mul.make_args(difference) if not f.is_positive]
    difference = sympy.Mul(*factors)
    if relation.sign not in OTHER_SIGNS:
        return None
    for symbol in sorted(difference.free_symbols, key=lambda s: (s.name not in arguments, s.name)):
        if not difference.is_polynomial(symbol) or sympy.degree(difference, symbol) != 1:
            continue
        slope = sympy.expand(difference).coeff(symbol, 1)
        end = sympy.cancel(-sympy.expand(difference).coeff(symbol, 0) / slope)
        if slope.is_positive:
            return Relation(symbol, relation.sign, end)
        if slope.is_negative:
            return Relation(symbol, OTHER_SIGNS[relation.sign], end)
    return None


def _other_convention(setting: Setting) -> Iterator[Attempt]:
    """The PL inequality with its half where it stands without, and the other way round."""
    claim = setting.claim
    for place, use in enumerate(claim.assumptions):
        other = OTHER_CONVENTION.get(use.assumption.name)
        if other is None:
            continue
        assumption = ASSUMPTIONS[other]
        (quantity,) = (q.name for q in assumption.quantities)
        (constant,) = use.arguments.values()
        changed = AssumptionUse(assumption, {quantity: constant})
        uses = (*claim.assumptions[:place], changed, *claim.assumptions[place + 1 :])
        words = (
            f"with {written(changed)} in place of {written(use)} the claim is proved "
            "(pl(mu) is error_bound(2*mu))"
        )
        yield Attempt(replace(claim, assumptions=uses), words)


def _more_assumptions(setting: Setting, tried: Workshop) -> Iterator[Attempt]:
    """One more assumption: first what a rule asked for, then what the claim has constants for."""
    claim = setting.claim
    wanted = [*tried.missing, "convex", *(["unbiased"] if is_random(setting) else [])]
    candidates = [ASSUMPTIONS[name] for name in wanted if name in ASSUMPTIONS]
    candidates += list(_named_by_parameters(claim))
    assumed = {use.assumption.name for use in claim.assumptions}
    for assumption in dict.fromkeys(candidates):
        if assumption.name in assumed:
            continue
        arguments = {q.name: Symbol(q.name) for q in assumption.quantities}
        if not set(arguments) <= set(claim.parameters):
            continue
        use = AssumptionUse(assumption, dict(arguments))
        words = f"with {written(use)} among the assumptions the claim is proved"
        yield Attempt(replace(claim, assumptions=(*claim.assumptions, use)), words)


def _named_by_parameters(claim: RateClaim) -> Iterator[Assumption]:
    """Assumptions whose constants are parameters that no assumption of the claim uses."""
    used = {n for u in claim.assumptions for v in u.arguments.values() for n in names(v)}
    # what bounds the start is no constant of the class
    used |= {n for condition in claim.initial for n in names(condition)}
    for assumption in ASSUMPTIONS.values():
        needed = {q.name for q in assumption.quantities}
        if needed and needed <= set(claim.parameters) and not needed & used:
            yield assumption


def written(use: AssumptionUse) -> str:
    """An assumption as a claim writes it."""
    listed = ", ".join(to_text(value) for value in use.arguments.values())
    return f"{use.assumption.name}({listed})" if listed else use.assumption.name
