"""The keys of each kind of claim: from a table to the typed claim."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from types import MappingProxyType
from typing import Any

from theoryck.assumptions.base import Assumption, Subject
from theoryck.claims.calls import read_assumption, read_method
from theoryck.claims.claim import (
    AssumptionUse,
    Claim,
    ComplexityClaim,
    EquivalenceClaim,
    IdentityClaim,
    ImplicationClaim,
    InequalityClaim,
    MethodUse,
    RateClaim,
)
from theoryck.claims.declarations import RUN_WORDS
from theoryck.claims.derivations import read_derivation
from theoryck.claims.expressions import (
    Comparison,
    Condition,
    Conjunction,
    Expr,
    Iterate,
    Number,
    Order,
    Symbol,
    walk,
)
from theoryck.claims.fields import Fields, each, formula, one_of, string
from theoryck.claims.functions import read_gradient, read_membership
from theoryck.claims.grammar import parse_condition, parse_expression, suggestion
from theoryck.claims.instances import (
    check_horizons,
    check_meaning,
    check_positive,
    check_probability,
)
from theoryck.claims.printing import brief
from theoryck.claims.schedules import read_schedule
from theoryck.claims.scopes import CONSTANTS, RUN, Scope
from theoryck.errors import ClaimError, Place
from theoryck.methods.base import Method


@dataclass(frozen=True)
class Context:
    """What a kind's reader needs beside the table: names, registries, what is common."""

    parameters: Scope
    methods: Mapping[str, Method]
    assumptions: Mapping[str, Assumption]
    common: Mapping[str, Any]

    def read_assumptions(self, value: Any, place: Place) -> tuple[AssumptionUse, ...]:
        """A list of assumptions."""
        return each(value, place, self.read_assumption)

    def read_assumption(self, value: Any, place: Place) -> AssumptionUse:
        """One assumption."""
        return read_assumption(value, place, self.parameters, self.assumptions)

    def read_method(self, value: Any, place: Place) -> MethodUse:
        """One method."""
        return read_method(value, place, self.parameters, self.methods)


@dataclass(frozen=True)
class Kind:
    """The keys that a kind has beside the common ones, the words its parameters may not take."""

    name: str
    keys: tuple[str, ...]
    reserved: frozenset[str]
    read: Callable[[Fields, Context], Claim]


def read_rate(fields: Fields, context: Context) -> RateClaim:
    """A claim about ``measure <= bound``."""
    run = context.parameters.about("the measure", RUN)
    method = fields.read("method", context.read_method)
    assumptions = fields.read("assumptions", context.read_assumptions)
    initial = fields.optional("initial", _initial(context.parameters), ())
    measure = fields.read("measure", _expression(run))
    bound = fields.read("bound", _expression(run.about("the bound", {"O"})))
    relation = fields.optional("relation", _relation, "<=")
    limit = fields.optional("as", _limit(context.parameters), "N -> oo")
    confidence = _confidence(fields, context)
    if isinstance(bound, Order):
        _check_limit(fields, limit, context.parameters)
        if relation == "==":
            remedy = "write bound = 'Theta(...)' with '<='"
            fields.fail("relation", ClaimError("'==' with an order bound", None, remedy))
    derivation = fields.optional(
        "derivation", lambda v, p: read_derivation(v, p, context.parameters), None
    )
    fields.close()
    parts = _run_parts(method, assumptions, initial) | {"measure": (measure,), "bound": (bound,)}
    check_meaning(context.common["at"], parts, fields.place)
    check_positive(context.common["at"], assumptions, fields.place)
    return RateClaim(
        **context.common,
        method=method,
        assumptions=assumptions,
        initial=initial,
        measure=measure,
        bound=bound,
        relation=relation,
        limit=limit,
        confidence=confidence,
        derivation=derivation,
    )


def read_complexity(fields: Fields, context: Context) -> ComplexityClaim:
    """A claim about the number of iterations until ``reach`` holds.

    In ``reach``, ``k`` is the number of iterations, and so is ``N`` where it is not declared.
    """
    scope = context.parameters.about("the target", RUN | {"k"})
    if "N" not in scope.shapes:
        scope = Scope(scope.where, {**scope.shapes, "N": ()}, scope.integers | {"N"}, scope.words)
    method = fields.read("method", context.read_method)
    assumptions = fields.read("assumptions", context.read_assumptions)
    initial = fields.optional("initial", _initial(context.parameters), ())
    reach = fields.read("reach", _target(scope))
    counts = context.parameters.about("a number of iterations", RUN | {"O"})
    within = fields.optional("within", _expression(counts), None)
    at_least = fields.optional("at_least", _expression(counts), None)
    if ("within" in fields.table) == ("at_least" in fields.table):
        fields.fail("within", ClaimError("exactly one of within and at_least is needed"))
    target = None if fields.failed("reach") else reach
    default = _natural_limit(target, context.parameters)
    limit = fields.optional("as", _limit(context.parameters), default)
    confidence = _confidence(fields, context)
    fields.close()
    count = within if within is not None else at_least
    assert count is not None
    if isinstance(count, Order):
        _check_limit(fields, limit, context.parameters)
        fields.close()
    check_meaning(
        context.common["at"],
        _run_parts(method, assumptions, initial)
        | {"reach": (reach,), "within" if within is not None else "at_least": (count,)},
        fields.place,
    )
    check_positive(context.common["at"], assumptions, fields.place)
    return ComplexityClaim(
        **context.common,
        method=method,
        assumptions=assumptions,
        initial=initial,
        reach=reach,
        within=within,
        at_least=at_least,
        limit=limit,
        confidence=confidence,
    )


def read_implication(fields: Fields, context: Context) -> ImplicationClaim:
    """Does one class contain the other?"""
    hypotheses = fields.read("hypotheses", context.read_assumptions)
    conclusion = fields.read("conclusion", context.read_assumption)
    fields.close()
    return ImplicationClaim(**context.common, hypotheses=hypotheses, conclusion=conclusion)


def read_inequality(fields: Fields, context: Context) -> InequalityClaim:
    """Does a condition on reals follow from others, and from the parameters' constraints?"""
    read = _condition(context.parameters)
    hypotheses = fields.optional("hypotheses", lambda value, place: each(value, place, read), ())
    conclusion = fields.read("conclusion", read)
    fields.close()
    parts = {"hypotheses": hypotheses, "conclusion": (conclusion,)}
    fields.attempt(
        "conclusion", lambda _: check_horizons(context.common["at"], parts, fields.place)
    )
    fields.close()
    return InequalityClaim(**context.common, hypotheses=hypotheses, conclusion=conclusion)


def read_identity(fields: Fields, context: Context) -> IdentityClaim:
    """Are two expressions equal wherever both are defined?"""
    lhs = fields.read("lhs", _expression(context.parameters.about("an identity")))
    rhs = fields.read("rhs", _expression(context.parameters.about("an identity")))
    fields.close()
    parts: dict[str, tuple[Expr | Condition, ...]] = {"lhs": (lhs,), "rhs": (rhs,)}
    fields.attempt("lhs", lambda _: check_horizons(context.common["at"], parts, fields.place))
    fields.close()
    return IdentityClaim(**context.common, lhs=lhs, rhs=rhs)


def read_equivalence(fields: Fields, context: Context) -> EquivalenceClaim:
    """Do two methods produce the same iterates, under conditions on their arguments?"""
    methods = fields.read("methods", lambda v, place: each(v, place, context.read_method))
    if not fields.failed("methods") and len(methods) != 2:
        fields.fail("methods", ClaimError("two methods are compared", None, "list two"))
    scope = context.parameters.about("a condition on the arguments", {"k"})
    read = _condition(scope)
    assumptions = fields.optional("assumptions", lambda v, place: each(v, place, read), ())
    fields.close()
    first, second = methods
    return EquivalenceClaim(**context.common, methods=(first, second), assumptions=assumptions)


def _membership(fields: Fields, context: Context) -> Claim:
    def about_functions(value: Any, place: Place) -> AssumptionUse:
        use = context.read_assumption(value, place)
        if use.assumption.subject is not Subject.FUNCTION:
            raise ClaimError(
                f"{use.assumption.name} speaks of {use.assumption.subject}, not of one function",
                place,
                "only assumptions on f can be tested of a formula",
            )
        return use

    return read_membership(
        fields, context.parameters, context.common, lambda v, p: each(v, p, about_functions)
    )


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        kind.name: kind
        for kind in (
            Kind(
                "rate",
                (
                    *("method", "assumptions", "initial", "measure", "bound"),
                    *("relation", "confidence", "derivation", "as"),
                ),
                RUN_WORDS,
                read_rate,
            ),
            Kind(
                "complexity",
                (
                    *("method", "assumptions", "initial", "reach", "within", "at_least"),
                    *("confidence", "as"),
                ),
                RUN_WORDS,
                read_complexity,
            ),
            Kind(
                "membership",
                ("function", "variables", "domain", "assumptions"),
                CONSTANTS,
                _membership,
            ),
            Kind("implication", ("hypotheses", "conclusion"), CONSTANTS, read_implication),
            Kind(
                "schedule",
                ("schedule", "conditions"),
                CONSTANTS | {"k"},
                lambda fields, context: read_schedule(fields, context.parameters, context.common),
            ),
            Kind("inequality", ("hypotheses", "conclusion"), CONSTANTS, read_inequality),
            Kind("identity", ("lhs", "rhs"), CONSTANTS, read_identity),
            Kind("equivalence", ("methods", "assumptions"), RUN_WORDS, read_equivalence),
            Kind(
                "gradient",
                ("function", "variables", "derivative"),
                CONSTANTS,
                lambda fields, context: read_gradient(fields, context.parameters, context.common),
            ),
        )
    }
)


def _expression(scope: Scope) -> Callable[[Any, Place], Expr]:
    return lambda value, place: parse_expression(formula(value, place), place=place, scope=scope)


def _condition(scope: Scope) -> Callable[[Any, Place], Condition]:
    return lambda value, place: parse_condition(string(value, place), place=place, scope=scope)


def _comparisons(condition: Condition) -> tuple[Comparison, ...]:
    return condition.parts if isinstance(condition, Conjunction) else (condition,)


def _initial(parameters: Scope) -> Callable[[Any, Place], tuple[Comparison, ...]]:
    scope = parameters.about("the initial condition", RUN)
    read = _condition(scope)

    def start(value: Any, place: Place) -> Condition:
        condition = read(value, place)
        for node in walk(condition):
            if isinstance(node, Iterate) and node.index != Number(Fraction(0)):
                raise ClaimError(
                    f"{brief(node)} in an initial condition",
                    replace(place, column=node.column),
                    "only the start x[0] can be assumed",
                )
        return condition

    def reader(value: Any, place: Place) -> tuple[Comparison, ...]:
        if value == "":
            return ()
        return tuple(part for c in each(value, place, start) for part in _comparisons(c))

    return reader


def _target(scope: Scope) -> Callable[[Any, Place], Comparison]:
    def reader(value: Any, place: Place) -> Comparison:
        target = _condition(scope)(value, place)
        if isinstance(target, Conjunction) or len(target.relations) != 1:
            raise ClaimError("more than one inequality", place, "one target is reached at a time")
        return target

    return reader


def _relation(value: Any, place: Place) -> str:
    if value in (">=", ">"):
        raise ClaimError(
            f"{value!r} is not a relation of rate claims",
            place,
            "rates are upper bounds ('<=', or '==' for a tight one); a lower bound on the "
            "iterations is a complexity claim with at_least",
        )
    return one_of("<=", "==")(value, place)


def _limit(parameters: Scope) -> Callable[[Any, Place], str]:
    def reader(value: Any, place: Place) -> str:
        name, arrow, target = (part.strip() for part in string(value, place).partition("->"))
        target = "oo" if target in ("inf", "infinity", "∞") else target
        if not arrow or target not in ("oo", "0"):
            raise ClaimError(f"{value!r} is no limit", place, "write 'N -> oo' or 'epsilon -> 0'")
        if name not in parameters.shapes:
            near = suggestion(name, list(parameters.shapes))
            raise ClaimError(f"{name!r} is no parameter", place, near or "name a parameter")
        return f"{name} -> {target}"

    return reader


def _check_limit(fields: Fields, limit: str, parameters: Scope) -> None:
    if not fields.failed("as") and limit.split(" ->")[0] not in parameters.shapes:
        problem = f"an order bound as {limit}, which names no parameter"
        fields.fail("as", ClaimError(problem, None, "name a parameter, as in 'epsilon -> 0'"))


def _natural_limit(reach: Comparison | None, parameters: Scope) -> str:
    """The accuracy of the target goes to 0, where it is a parameter by itself."""
    for operand in reach.operands if reach is not None else ():
        if isinstance(operand, Symbol) and operand.name in parameters.shapes:
            return f"{operand.name} -> 0"
    return "N -> oo"


def _confidence(fields: Fields, context: Context) -> Expr | None:
    read = _expression(context.parameters.about("the confidence"))

    def reader(value: Any, place: Place) -> Expr:
        confidence = read(value, place)
        check_probability(confidence, context.common["at"], place)
        return confidence

    return fields.optional("confidence", reader, None)


def _run_parts(
    method: MethodUse, assumptions: tuple[AssumptionUse, ...], initial: tuple[Comparison, ...]
) -> dict[str, tuple[Expr | Condition, ...]]:
    return {
        "method": tuple(method.arguments.values()),
        "assumptions": tuple(e for use in assumptions for e in use.arguments.values()),
        "initial": initial,
    }
