"""What ``theoryck compare`` prints."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from theoryck.check.extensions import Vocabulary
from theoryck.claims.claim import Claim, ComplexityClaim, RateClaim
from theoryck.claims.expressions import Order
from theoryck.report.derived import claim_with_id
from theoryck.report.words import clean

if TYPE_CHECKING:
    from theoryck.derive.design import ComparedBounds
    from theoryck.derive.relations import Relation

SHOWN_POINTS = 2  # of each kind, where no threshold was found


def comparison_lines(
    file: str, first: str, second: str, vocabulary: Vocabulary, budget: float
) -> tuple[bool, tuple[str, ...]]:
    """Whether the comparison was decided, and what is printed of it.

    Raises:
        TheoryckError: a claim is not there, or the two have no bounds that can be compared.
    """
    from theoryck.derive.design import compare_bounds

    one, other = (claim_with_id(file, wanted, vocabulary) for wanted in (first, second))
    answer = compare_bounds(one, other, time.monotonic() + budget)
    return answer.decided, tuple(map(clean, _lines((one, other), answer)))


def _lines(claims: Sequence[Claim], answer: ComparedBounds) -> list[str]:
    from theoryck.derive.printing import to_claim_text

    names = [claim.id for claim in claims]
    bounds = [to_claim_text(bound) for bound in (answer.first, answer.second)]
    lines = [f"{n}: {b}" for n, b in zip(names, bounds, strict=True)]
    lines += [f"  on the domain {_domain(answer)}"]
    if any(_hides_a_constant(claim) for claim in claims):
        lines.append("  the constants that O(...) hides are taken to be 1")
    for (better, worse), where in zip(
        (names, names[::-1]), (answer.first_where, answer.second_where), strict=True
    ):
        if where is not None:
            lines.append(f"{better} is at most {worse} {_condition(where)}")
    if not answer.decided:
        lines.append("no threshold in one parameter was found; examples:")
        lines += _examples(names, answer)
    return lines


def _hides_a_constant(claim: Claim) -> bool:
    match claim:
        case RateClaim(bound=bound):
            return isinstance(bound, Order)
        case ComplexityClaim(within=within, at_least=at_least):
            return isinstance(within, Order) or isinstance(at_least, Order)
    return False


def _condition(where: Relation) -> str:
    return f"exactly where {where}" if where.symbols else "everywhere (proved)"


def _domain(answer: ComparedBounds) -> str:
    relations = [str(relation) for relation in answer.domain.relations]
    return ", ".join(relations) or "of all values"


def _examples(names: Sequence[str], answer: ComparedBounds) -> list[str]:
    from theoryck.derive.relations import Relation as Compared
    from theoryck.derive.sampling import sample_points
    from theoryck.derive.values import holds_at
    from theoryck.errors import TheoryckError

    found: dict[str, list[str]] = {name: [] for name in names}
    for point in sample_points(answer.domain):
        at = ", ".join(f"{symbol.name} = {value}" for symbol, value in point.items())
        try:
            first = holds_at(Compared(answer.first, "<", answer.second), point)
            second = holds_at(Compared(answer.second, "<", answer.first), point)
        except (TheoryckError, KeyError, ArithmeticError):
            continue
        if first or second:
            found[names[0] if first else names[1]].append(at)
    return [
        f"  {name} is smaller at {at}"
        for name, places in found.items()
        for at in places[:SHOWN_POINTS]
    ]
