"""Telling when two engines speak of the claim at the same choice of parameters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction

from theoryck.claims.claim import Claim
from theoryck.claims.expressions import Expr
from theoryck.claims.spelling import spell_instance
from theoryck.verdict import Instance, Status

Key = frozenset[tuple[str, str]]

STRENGTH = {
    Status.REFUTED: 4,
    Status.PROVED: 3,
    Status.SUPPORTED: 2,
    Status.INCONCLUSIVE: 1,
    Status.INVALID: 0,
}


def key_of_text(at: Mapping[str, str]) -> Key:
    """A choice of parameters as an engine prints it, in one spelling a value.

    >>> key_of_text({"N": "3"}) == key_of_text({"N": "6/2"})
    True
    """
    return frozenset((name, canonical(value)) for name, value in at.items())


def key_of_claim(at: Mapping[str, Expr]) -> Key:
    """A choice of parameters as the claim gives it, in the same spelling."""
    return key_of_text(spell_instance(at))


def canonical(text: str) -> str:
    """One spelling of an exact number: ``3/2`` for ``1.5`` and ``6/4``.

    Text that is no rational number is compared letter by letter, but for spaces.

    >>> canonical("1.5"), canonical("sqrt( 2 )")
    ('3/2', 'sqrt(2)')
    """
    try:
        return str(Fraction(str(text)))
    except (ValueError, ZeroDivisionError):
        return "".join(str(text).split())


def wanted(claim: Claim) -> tuple[Key, ...]:
    """The keys of the instances that the claim's author asks about."""
    return tuple(key_of_claim(at) for at in claim.at)


def merge(groups: Iterable[Iterable[Instance]]) -> tuple[tuple[Key, tuple[Instance, ...]], ...]:
    """The engines' instances gathered by choice of parameters, in order of first mention."""
    gathered: dict[Key, list[Instance]] = {}
    for group in groups:
        for instance in group:
            gathered.setdefault(key_of_text(instance.at), []).append(instance)
    return tuple((key, tuple(found)) for key, found in gathered.items())


def summary(same: tuple[Instance, ...]) -> Instance:
    """What several engines found at one choice of parameters, as one instance.

    The strongest finding leads (a refutation, then a proof, then numbers); numbers and evidence
    that it lacks are taken from the others, in their order.
    """
    lead = max(same, key=lambda instance: STRENGTH[instance.status])
    ordered = (lead, *(instance for instance in same if instance is not lead))

    def first(name: str) -> object:
        values = (getattr(instance, name) for instance in ordered)
        return next((value for value in values if value is not None), None)

    return Instance(
        at=same[0].at,
        claimed=first("claimed"),  # type: ignore[arg-type]
        worst_case=first("worst_case"),  # type: ignore[arg-type]
        status=lead.status,
        reason=lead.reason,
        certificate=first("certificate"),  # type: ignore[arg-type]
        witness=first("witness"),  # type: ignore[arg-type]
    )
