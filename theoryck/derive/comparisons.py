"""From what was derived to what is claimed: the last step of a derivation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from theoryck.claims.expressions import Order
from theoryck.claims.printing import to_text
from theoryck.derive.heavy.powers import PowerOrderFollows, PowersFollow, has_real_powers
from theoryck.derive.measure import Target
from theoryck.derive.proof import Workshop
from theoryck.derive.rules.asymptotics import GrowthOrderFollows
from theoryck.derive.rules.base import NotApplicableError, Rule
from theoryck.derive.rules.measures import ClaimFollows, NormFollows
from theoryck.derive.rules.orders import OrderFollows
from theoryck.derive.rules.probability import MarkovFollows
from theoryck.derive.setting import Setting, Stuck


@dataclass(frozen=True)
class Comparison:
    """A rule that ends in the claim, and for which claims it is meant."""

    rule: Rule
    suits: Callable[[Setting, Target], bool]


def _explicit(setting: Setting, target: Target) -> bool:
    return not isinstance(setting.claim.bound, Order) and not target.random


COMPARISONS: tuple[Comparison, ...] = (
    Comparison(PowersFollow(), lambda s, t: _explicit(s, t) and has_real_powers(s.bound)),
    Comparison(ClaimFollows(), lambda s, t: _explicit(s, t) and not t.measured.root),
    Comparison(NormFollows(), lambda s, t: _explicit(s, t) and t.measured.root),
    Comparison(OrderFollows(), lambda s, t: isinstance(s.claim.bound, Order)),
    Comparison(PowerOrderFollows(), lambda s, t: isinstance(s.claim.bound, Order)),
    Comparison(GrowthOrderFollows(), lambda s, t: isinstance(s.claim.bound, Order)),
    Comparison(MarkovFollows(), lambda s, t: t.random and not isinstance(s.claim.bound, Order)),
)


def follows(workshop: Workshop, number: int, target: Target) -> int | None:
    """The step that states the claim, from one that bounds what it measures.

    None where no rule shows that the claim follows; the reasons are noted in the workshop.
    """
    claim = workshop.setting.claim
    text = f"{to_text(claim.measure)} <= {to_text(claim.bound)}"
    for comparison in COMPARISONS:
        if not comparison.suits(workshop.setting, target):
            continue
        try:
            return workshop.add(
                comparison.rule,
                number,
                scale=target.scale,
                offset=target.offset,
                root=target.measured.root,
                text=text,
            )
        except (Stuck, NotApplicableError) as error:
            workshop.failures.append(str(error))
    return None
