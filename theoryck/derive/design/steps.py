"""The step (or momentum) that minimises the bound which the rules derive for a method."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import sympy

from theoryck.claims.claim import RateClaim
from theoryck.claims.expressions import Order
from theoryck.derive.derivations import Derived, NotDerivedError, derivation_of
from theoryck.derive.design.minimum import NoOptimumError, Optimum, minimise
from theoryck.derive.printing import tidy
from theoryck.derive.trees import condition_of, tree_of, with_constraint, with_parameter_chosen
from theoryck.errors import ClaimError

DERIVATION_SHARE = 0.4  # of the time, for the bound as a function of the parameter
SEARCH_SHARE = 0.5  # of what is left, for the minimum


@dataclass(frozen=True)
class OptimalStep:
    """The best value of a parameter.

    ``optimum`` proves that it minimises a bound that ``derived`` proves; ``claim`` is the rate
    with the value put in and its bound as the claimed one, and ``proof`` its own derivation, or
    None where the bound follows from ``derived`` by putting the value in and in no shorter way.
    """

    derived: Derived
    optimum: Optimum
    claim: RateClaim
    proof: Derived | None

    @property
    def bound(self) -> sympy.Expr:
        """The bound at the best value."""
        return tidy(self.optimum.least)


def optimal_step(claim: RateClaim, parameter: str, deadline: float) -> OptimalStep:
    """The value of a parameter that minimises the bound, in the domain of the claim.

    Of a claim that is proved this is its own bound, as its author writes it; else, or where that
    does not lead to a proof, the bound that is derived.

    Args:
        claim: a rate.
        parameter: a parameter of it that the bound depends on.
        deadline: a value of ``time.monotonic()``.

    Raises:
        NotDerivedError: no bound is derived.
        NoOptimumError: there is no such parameter, or no best value is proved.
    """
    if parameter not in claim.parameters:
        known = ", ".join(claim.parameters)
        raise NoOptimumError(f"{parameter!r} is no parameter of the claim; they are {known}")
    now = time.monotonic()
    derived = derivation_of(claim, now + DERIVATION_SHARE * (deadline - now))
    optimum = _optimum(derived, parameter, deadline)
    chosen = _with_value(claim, parameter, optimum)
    return OptimalStep(derived, optimum, chosen, _proved(chosen, deadline))


def _optimum(derived: Derived, parameter: str, deadline: float) -> Optimum:
    domain = derived.setting.domain
    symbol = domain.symbols[parameter]
    bounds = [derived.bound]
    if derived.proves and not isinstance(derived.setting.claim.bound, Order):
        bounds = list(dict.fromkeys((derived.setting.bound, derived.bound)))
    reasons = []
    for bound in bounds:
        now = time.monotonic()
        try:
            return minimise(bound, symbol, domain, now + SEARCH_SHARE * (deadline - now))
        except NoOptimumError as error:
            reasons.append(str(error))
    raise NoOptimumError("; ".join(reasons))


def _with_value(claim: RateClaim, parameter: str, optimum: Optimum) -> RateClaim:
    names = claim.parameters
    try:
        value = tree_of(optimum.value, names)
        bound = tree_of(tidy(optimum.least), names)
        chosen = with_parameter_chosen(claim, parameter, value)
        for relation in optimum.where:
            (first,) = (s.name for s in relation.symbols)
            chosen = with_constraint(chosen, first, condition_of(relation, names))
    except ClaimError as error:
        raise NoOptimumError(f"the best value is too large to be written: {error}") from error
    return replace(chosen, bound=bound, relation="<=")


def _proved(claim: RateClaim, deadline: float) -> Derived | None:
    try:
        found = derivation_of(claim, deadline)
    except NotDerivedError:
        return None
    return found if found.proves and not isinstance(claim.bound, Order) else None
