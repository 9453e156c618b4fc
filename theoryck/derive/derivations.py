"""The derivation itself, for those who print it or compute with its bound."""

from __future__ import annotations

import time
from dataclasses import dataclass

import sympy

from theoryck.claims.claim import RateClaim
from theoryck.claims.expressions import Order
from theoryck.derive.findings import derived_bound
from theoryck.derive.measure import Target
from theoryck.derive.oracles import EXACT_READING
from theoryck.derive.proof import Derivation
from theoryck.derive.recheck import recheck
from theoryck.derive.search import prepare, search
from theoryck.derive.setting import OutOfTime, Setting, Stuck, draws, is_random
from theoryck.derive.statements import Bound
from theoryck.errors import TheoryckError

SEARCH_SHARE = 0.7  # of the time; the rest is for the re-check


class NotDerivedError(TheoryckError, ValueError):
    """No bound was derived; the message says where the search stopped."""


@dataclass(frozen=True)
class Derived:
    """A derivation that passed its re-check.

    ``proves``: whether it proves the claim; else it proves another bound on what is measured, or
    of an equality one half.
    ``bound``: what was derived, an upper bound on the claim's measure; ``notes``: what was added
    to the claim's own assumptions on the parameters, and why.
    """

    setting: Setting
    target: Target
    derivation: Derivation
    proves: bool
    bound: sympy.Expr
    notes: tuple[str, ...]


def derivation_of(claim: RateClaim, deadline: float) -> Derived:
    """Searches for a derivation of a rate and checks it a second time.

    Args:
        claim: the rate.
        deadline: a value of ``time.monotonic()``.

    Raises:
        NotDerivedError: no bound was derived at all.

    >>> from theoryck.claims.reading import read_claim
    >>> claim = read_claim({
    ...     "id": "gd", "parameters": {"L": "L > 0", "Delta": "Delta >= 0", "N": "integer, N >= 1"},
    ...     "method": "gradient_descent(step=1/L)", "assumptions": ["smooth(L)"],
    ...     "initial": "f(x[0]) - f_star <= Delta",
    ...     "measure": "min_over(k, 0, N - 1, norm(grad(x[k]))**2)", "bound": "3*L*Delta/N"})
    >>> derivation_of(claim, time.monotonic() + 30).bound
    2*Delta*L/N
    """
    try:
        return _derived(claim, deadline)
    except Stuck as stuck:
        raise NotDerivedError(str(stuck)) from stuck
    except OutOfTime:
        raise NotDerivedError("the time is spent before anything is derived") from None


def _derived(claim: RateClaim, deadline: float) -> Derived:
    if claim.relation not in ("<=", "=="):
        raise NotDerivedError(f"the rules bound from above, not by {claim.relation}")
    if isinstance(claim.bound, Order) and claim.bound.kind != "O":
        raise NotDerivedError(f"the rules bound from above, not by {claim.bound.kind}(...)")
    setting, target = prepare(claim, deadline)
    now = time.monotonic()
    found = search(setting, target, now + SEARCH_SHARE * (deadline - now))
    last = found.best if found.proof is None else found.proof
    if last is None:
        raise NotDerivedError(found.stopped)
    derivation = found.workshop.derivation(last)
    problem = recheck(derivation, setting, deadline)
    if problem is not None:
        raise NotDerivedError(f"the derivation did not pass its re-check: {problem}")
    bound = derived_bound(derivation)
    if found.proof is None:
        bound = bound_on_measure(derivation, target)
    proves = found.proof is not None and claim.relation == "<="
    return Derived(setting, target, derivation, proves, bound, notes_of(setting))


def bound_on_measure(derivation: Derivation, target: Target) -> sympy.Expr:
    """The bound on the claim's measure that a bound on what is measured gives.

    Raises:
        NotDerivedError: the derivation does not end in a bound.
    """
    statement = derivation.conclusion
    if not isinstance(statement, Bound):
        raise NotDerivedError("no bound was derived")
    if target.measured.root and not statement.measured.root:
        return sympy.sqrt(target.scale**2 * statement.bound)
    return target.scale * statement.bound + target.offset


def notes_of(setting: Setting) -> tuple[str, ...]:
    """What a derivation takes for granted beside the claim's text."""
    notes = [f"on the domain, {note}" for note in setting.notes]
    if draws(setting) and not is_random(setting):
        notes.append(EXACT_READING)
    return tuple(notes)
