"""What a certificate rests on, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from theoryck.assumptions.base import PairFamily
from theoryck.certificates.problem import Problem

SHOWN = 6  # names listed of one kind of inequality


def inequalities_used(names: Iterable[str], problems: Sequence[Problem]) -> str:
    """Which inequalities a proof used, by kind: "curvature between consecutive points (4) and
    with x_star (5)".

    Args:
        names: the names in the certificate, of all branches.
        problems: the branches of the claim.
    """
    families = {family.name: family for problem in problems for family in problem.families}
    pairs: dict[str, Counter[str]] = {}
    others: dict[str, list[str]] = {}
    for name in names:
        kind, _, inside = name.partition("(")
        family = families.get(kind)
        if family is None:
            others.setdefault(kind, []).append(inside.rstrip(")"))
        else:
            where = _where(inside.rstrip(")"), family)
            pairs.setdefault(kind, Counter())[where] += 1
    parts = [f"{kind} {_places(places)}" for kind, places in pairs.items()]
    if others.pop("initial", None) is not None:
        parts.append("the start")
    for kind, places in others.items():
        listed = ", ".join(places[:SHOWN]) + (", ..." if len(places) > SHOWN else "")
        parts.append(f"{kind} at {listed}" if any(places) else kind)
    return "; ".join(parts) or "no inequality"


ORDER = ("between consecutive points", "with x_star", "between distant points")


def _where(inside: str, family: PairFamily) -> str:
    positions = {point.label: place for place, point in enumerate(family.points)}
    left, _, right = inside.partition(",")
    if "x_star" in (left, right):
        return ORDER[1]
    apart = abs(positions.get(left, 0) - positions.get(right, 0))
    return ORDER[0] if apart == 1 else ORDER[2]


def _places(places: Counter[str]) -> str:
    return " and ".join(f"{where} ({places[where]})" for where in ORDER if places[where])
