"""Which of two bounds is smaller, and where: thresholds in one parameter, proved on both sides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import sympy

from theoryck.claims.claim import Claim, ComplexityClaim, Parameter, RateClaim
from theoryck.claims.expressions import Expr, Order
from theoryck.derive.decide import Proved, decide
from theoryck.derive.design.solving import zeros
from theoryck.derive.domain import Domain, domain_of
from theoryck.derive.printing import tidy, to_claim_text
from theoryck.derive.relations import Relation
from theoryck.derive.setting import START_DISTANCE, START_GAP, START_GRADIENT, start_quantity
from theoryck.derive.symbols import Reader, UnreadableError
from theoryck.derive.trees import comparisons, joined
from theoryck.errors import TheoryckError

FLIPPED = {">=": "<=", "<=": ">="}


class IncomparableError(TheoryckError, ValueError):
    """Two claims have no bounds that can be compared; the message says why."""


@dataclass(frozen=True)
class ComparedBounds:
    """The answer: the first bound is at most the second where ``first_where`` holds, and the

    second at most the first where ``second_where`` holds. None: nowhere (or not known, where both
    are None); a relation between numbers that holds: everywhere. Both are proved on the domain.
    """

    first: sympy.Expr
    second: sympy.Expr
    domain: Domain
    first_where: Relation | None
    second_where: Relation | None

    @property
    def decided(self) -> bool:
        """Whether anything was proved."""
        return self.first_where is not None or self.second_where is not None


ALWAYS = Relation(sympy.Integer(0), "<=", sympy.Integer(0))


def bound_of(claim: Claim) -> Expr:
    """The bound of a rate, or the number of iterations of a complexity claim.

    Raises:
        IncomparableError: the claim has neither.
    """
    match claim:
        case RateClaim(bound=bound):
            return bound.body if isinstance(bound, Order) else bound
        case ComplexityClaim(within=within, at_least=at_least):
            steps = within if within is not None else at_least
            if steps is not None:
                return steps.body if isinstance(steps, Order) else steps
    raise IncomparableError(f"{claim.id}: a {claim.kind} claim has no bound to compare")


def compare_bounds(first: Claim, second: Claim, deadline: float) -> ComparedBounds:
    """Where the bound of one claim is at most that of the other.

    A parameter of both claims is one and the same, under the constraints of both.

    Args:
        first, second: two rates, or two complexity claims. The bounds are taken as claimed;
            the constant that an order hides is taken to be 1.
        deadline: a value of ``time.monotonic()``.

    Raises:
        IncomparableError: there are no two bounds of one kind, or they cannot be read.

    >>> import time
    >>> from theoryck.claims.reading import read_claim
    >>> def reached(id, within):
    ...     return read_claim({
    ...         "id": id, "kind": "complexity", "within": within,
    ...         "parameters": {"n": "integer, n >= 1", "epsilon": "epsilon > 0"},
    ...         "method": "sgd(step=1/10)", "assumptions": ["smooth(1)"],
    ...         "reach": "E(norm(grad(x[k]))) <= epsilon"})
    >>> sampled, whole = reached("sampled", "O(1/epsilon**2)"), reached("whole", "O(n/epsilon)")
    >>> print(compare_bounds(sampled, whole, time.monotonic() + 10).first_where)
    n >= 1/epsilon
    """
    if first.kind != second.kind:
        raise IncomparableError(
            f"{first.id} is a {first.kind} claim and {second.id} a {second.kind} claim"
        )
    parameters = _together(first.parameters, second.parameters)
    domain = domain_of(parameters)
    reader = Reader(domain.symbols, start_quantity)
    try:
        left, right = (reader.read(bound_of(claim)) for claim in (first, second))
    except UnreadableError as error:
        raise IncomparableError(f"a bound is not read: {error}") from error
    known = {START_GAP, START_DISTANCE, START_GRADIENT} & (left.free_symbols | right.free_symbols)
    return compared(left, right, domain.with_symbols(*known), deadline)


def _together(
    first: Mapping[str, Parameter], second: Mapping[str, Parameter]
) -> dict[str, Parameter]:
    merged = dict(first)
    for name, parameter in second.items():
        known = merged.get(name)
        if known is None:
            merged[name] = parameter
            continue
        parts = (*comparisons(known.condition), *comparisons(parameter.condition))
        merged[name] = replace(
            known,
            condition=joined(dict.fromkeys(parts)),
            integer=known.integer or parameter.integer,
        )
    return merged


def compared(
    left: sympy.Expr, right: sympy.Expr, domain: Domain, deadline: float
) -> ComparedBounds:
    """The comparison of two expressions on a domain."""

    def surely(relation: Relation, part: Domain) -> bool:
        return isinstance(decide(relation, part, deadline), Proved)

    below, above = Relation(left, "<=", right), Relation(right, "<=", left)
    always = [ALWAYS if surely(relation, domain) else None for relation in (below, above)]
    if any(always):
        return ComparedBounds(left, right, domain, *always)
    for threshold in _thresholds(left - right, domain):
        other = Relation(threshold.left, FLIPPED[threshold.sign], threshold.right)
        if surely(below, domain.where(threshold)) and surely(above, domain.where(other)):
            return ComparedBounds(left, right, domain, threshold, other)
    return ComparedBounds(left, right, domain, None, None)


def _thresholds(difference: sympy.Expr, domain: Domain) -> Iterator[Relation]:
    """Relations ``symbol >= zero`` and their opposites, those with short texts first."""
    found = {
        (symbol, tidy(zero))
        for symbol in domain.symbols.values()
        if symbol in difference.free_symbols
        for zero in zeros(difference, symbol)
        if not zero.has(sympy.I) and not zero.is_negative and zero != 0
    }
    in_order = sorted(
        found,
        key=lambda pair: (
            pair[1].count_ops(),
            not pair[0].is_integer,  # a number of terms is what readers look for first
            pair[0].name,
            to_claim_text(pair[1]),
        ),
    )
    for symbol, zero in in_order:
        yield Relation(symbol, ">=", zero)
        yield Relation(symbol, "<=", zero)
