"""Complexity claims as rate claims: for every integer N past the claimed number of iterations."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from theoryck.claims.claim import ComplexityClaim, Parameter, RateClaim
from theoryck.claims.expressions import (
    Apply,
    Comparison,
    Condition,
    Conjunction,
    Expectation,
    Expr,
    Gradient,
    Iterate,
    Number,
    Order,
    Over,
    Symbol,
    Value,
    children,
    mentions,
    names,
    walk,
)
from theoryck.errors import TheoryckError

ZERO, ONE = Number(Fraction(0)), Number(Fraction(1))
FLIPPED = {">=": "<=", ">": "<", "<=": "<=", "<": "<"}
COUNTS = ("N", "n", "T", "iterations")


class NoRateError(TheoryckError, ValueError):
    """A complexity claim that no rate claim says; the message says why."""


@dataclass(frozen=True)
class StartQuantity:
    """A quantity of the start, with the name that stands for it and its tree."""

    name: str
    tree: Expr


GAP = Apply("-", (Value(Iterate(ZERO)), Symbol("f_star")))
START_QUANTITIES = (
    StartQuantity("Delta_0", GAP),
    StartQuantity("Delta_0", Apply("-", (Value(Iterate(ZERO)), Value(Symbol("x_star"))))),
    StartQuantity("R_0", Apply("norm", (Apply("-", (Iterate(ZERO), Symbol("x_star"))),))),
    StartQuantity("R_0", Apply("norm", (Apply("-", (Symbol("x_star"), Iterate(ZERO))),))),
)


@dataclass(frozen=True)
class Target:
    """``measure <= level`` after ``count`` iterations, claimed from ``steps`` iterations on.

    Quantities of the start in ``steps`` and ``level`` are named by parameters (``Delta_0`` for
    f(x[0]) - f_star), which ``initial`` bounds; ``parameters`` lists all.
    """

    measure: Expr
    level: Expr
    steps: Expr
    index: str
    count: str
    parameters: Mapping[str, Parameter]
    initial: tuple[Comparison, ...]


def target_of(claim: ComplexityClaim) -> Target:
    """Reads what is to be reached, and when.

    Raises:
        NoRateError: it is not of the form ``measure <= level`` within so many iterations.
    """
    if claim.within is None:
        raise NoRateError("that no fewer iterations suffice is not shown by an upper bound")
    (relation,) = claim.reach.relations
    left, right = claim.reach.operands
    if relation in (">=", ">"):
        left, right = right, left
    if FLIPPED.get(relation) != "<=":
        raise NoRateError(f"derive proves targets with <=, not with {relation}")
    if not mentions(left, Iterate):
        raise NoRateError("the target does not bound a measure of the run from above")
    steps = claim.within.body if isinstance(claim.within, Order) else claim.within
    if isinstance(claim.within, Order) and claim.within.kind != "O":
        raise NoRateError(f"derive proves upper bounds, not {claim.within.kind}(...)")
    index = "k" if "k" in free_names(left) else "N"
    if index not in free_names(left):
        raise NoRateError("the target does not depend on the number of iterations")
    if index in names(right):
        raise NoRateError("the level of the target depends on the number of iterations")
    count = index if index in claim.parameters else _unused(claim)
    level, steps, used = _named(right, steps, claim)
    return Target(
        measure=left,
        level=level,
        steps=steps,
        index=index,
        count=count,
        parameters={
            **claim.parameters,
            **{q.name: _size(q.name, (level, steps)) for q in used},
        },
        initial=(*claim.initial, *(_at_most(q) for q in used)),
    )


def _unused(claim: ComplexityClaim) -> str:
    return next(name for name in COUNTS if name not in claim.parameters)


def _named(
    level: Expr, steps: Expr, claim: ComplexityClaim
) -> tuple[Expr, Expr, tuple[StartQuantity, ...]]:
    used: dict[str, StartQuantity] = {}
    for quantity in START_QUANTITIES:
        if quantity.name in claim.parameters:
            raise NoRateError(f"the parameter {quantity.name} has a name that derive needs")

        def rename(node: Expr, quantity: StartQuantity = quantity) -> Expr | None:
            if node != quantity.tree:
                return None
            used.setdefault(quantity.name, quantity)
            return Symbol(quantity.name)

        level, steps = rewrite(level, rename), rewrite(steps, rename)
    for expr in (level, steps):
        if mentions(expr, Iterate, Value, Gradient):
            raise NoRateError("the level or the number of iterations depends on the run")
    return level, steps, tuple(used.values())


def _size(name: str, texts: tuple[Expr, ...]) -> Parameter:
    """A size of the start; positive where a text that mentions it has no value at zero."""
    inside = any(
        name in names(part)
        for text in texts
        for node in walk(text)
        if isinstance(node, Apply)
        for part in _sensitive(node)
    )
    sign = ">" if inside else ">="
    return Parameter(name, Comparison((Symbol(name), ZERO), (sign,)), integer=False)


def _sensitive(node: Apply) -> tuple[Expr, ...]:
    """The parts of a term that must not be zero, so far as the form of the term tells."""
    if node.function == "log":
        return node.arguments
    return node.arguments[1:] if node.function == "/" else ()


def is_positive(parameter: Parameter) -> bool:
    """Whether the constraint says no more than that the parameter is positive."""
    return parameter.condition == Comparison((Symbol(parameter.name), ZERO), (">",))


def _at_most(quantity: StartQuantity) -> Comparison:
    return Comparison((quantity.tree, Symbol(quantity.name)), ("<=",))


def rates(
    claim: ComplexityClaim,
    target: Target,
    factor: Fraction,
    eventually: tuple[Comparison, ...],
    positive: bool,
) -> Iterator[RateClaim]:
    """Rate claims, each of which implies that the target is reached within ``factor*steps``.

    At the last iterate: measure(x[N]) <= level for every integer N >= steps, of which the
    smallest is the claimed number, rounded up. At the best one: the least of x[0], ..., x[N-1]
    for N >= steps + 1.

    Args:
        claim: the complexity claim.
        target: what it says.
        factor: of the number of iterations (other than 1 where an order hides it).
        eventually: relations that hold in the limit that the order speaks of.
        positive: whether ``steps`` is positive on the whole domain, so that N >= 1.
    """
    count = Symbol(target.count)
    steps: Expr = target.steps
    if factor != 1:
        steps = Apply("*", (Number(factor), steps))

    def rate(measure: Expr, least: Expr, beginning: Expr) -> RateClaim:
        constraints: list[Comparison] = [
            Comparison((count, least), (">=",)),
            Comparison((count, beginning), (">=",)),
            *eventually,
        ]
        known = target.parameters.get(target.count)
        if known is not None and known.condition is not None:
            constraints += condition_parts(known.condition)
        parameter = Parameter(target.count, Conjunction(tuple(constraints)), integer=True)
        return RateClaim(
            id=claim.id,
            kind="rate",
            text=claim.text,
            source=claim.source,
            parameters={**target.parameters, target.count: parameter},
            at=(),
            expect=None,
            table=claim.table,
            method=claim.method,
            assumptions=claim.assumptions,
            initial=target.initial,
            measure=measure,
            bound=target.level,
            relation="<=",
            limit=claim.limit,
            confidence=claim.confidence,
        )

    if mentions(target.measure, Over):
        measure = at_index(target.measure, target.index, count)
        yield rate(measure, steps, ONE if positive or _ends_before(measure, count) else ZERO)
        return
    last = at_index(target.measure, target.index, count)
    at_last = rate(last, steps, ONE if positive else ZERO)
    running = next(n for n in ("k", "j", "i") if n not in target.parameters)
    body = at_index(target.measure, target.index, Symbol(running))
    best = Over("min_over", running, ZERO, Apply("-", (count, ONE)), body)
    at_best = rate(best, Apply("+", (steps, ONE)), ONE)
    # most of what is known of gradients is known of the best one
    yield from (at_best, at_last) if mentions(last, Gradient) else (at_last, at_best)


def _ends_before(measure: Expr, count: Symbol) -> bool:
    """Whether a range ends at N - 1, so that N = 0 would leave it empty."""
    last = Apply("-", (count, ONE))
    return any(isinstance(node, Over) and node.upper == last for node in walk(measure))


def condition_parts(condition: Condition) -> tuple[Comparison, ...]:
    """The comparisons that a constraint joins."""
    return condition.parts if isinstance(condition, Conjunction) else (condition,)


def free_names(expr: Expr) -> frozenset[str]:
    """The names that no range in the expression binds."""
    match expr:
        case Symbol(name=name):
            return frozenset({name})
        case Over(variable=variable, lower=lower, upper=upper, body=body):
            inside = free_names(body) - {variable}
            return inside | free_names(lower) | free_names(upper)
    found: frozenset[str] = frozenset()
    for child in children(expr):
        if not isinstance(child, Comparison | Conjunction):
            found |= free_names(child)
    return found


def at_index(expr: Expr, index: str, value: Expr) -> Expr:
    """The expression with ``value`` for the free occurrences of ``index``."""

    def rule(node: Expr) -> Expr | None:
        if node == Symbol(index):
            return value
        if isinstance(node, Over) and node.variable == index:
            ends = (at_index(node.lower, index, value), at_index(node.upper, index, value))
            return replace(node, lower=ends[0], upper=ends[1])
        return None

    return rewrite(expr, rule)


def rewrite(expr: Expr, rule: Callable[[Expr], Expr | None]) -> Expr:
    """The tree with each node that the rule answers replaced, from the top."""
    new = rule(expr)
    if new is not None:
        return new
    match expr:
        case Apply(arguments=arguments):
            return replace(expr, arguments=tuple(rewrite(a, rule) for a in arguments))
        case Iterate(index=inner):
            return replace(expr, index=rewrite(inner, rule))
        case Value(point=inner) | Gradient(point=inner):
            return replace(expr, point=rewrite(inner, rule))
        case Expectation(body=inner) | Order(body=inner):
            return replace(expr, body=rewrite(inner, rule))
        case Over(lower=lower, upper=upper, body=body):
            ends = (rewrite(lower, rule), rewrite(upper, rule))
            return replace(expr, lower=ends[0], upper=ends[1], body=rewrite(body, rule))
    return expr
