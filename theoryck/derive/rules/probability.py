"""From expectations to bounds that hold with a probability."""

from __future__ import annotations

from typing import Any

import sympy

from theoryck.derive.relations import Relation
from theoryck.derive.rules.base import Conclusion, NotApplicableError, positive
from theoryck.derive.rules.closing import ClosingRule
from theoryck.derive.rules.measures import bound_on
from theoryck.derive.setting import Setting, confidence_of
from theoryck.derive.statements import Aggregate, ClaimedBound, Statement


class MarkovFollows(ClosingRule):
    """Markov's inequality for what is measured, which is never negative.

    With P(X > C) <= E X/C, the bound C holds with probability c if E X <= (1 - c)*C. The least of
    several random values has an expectation of at most the least of theirs; a norm is compared by
    its square.
    """

    name = "Markov's inequality"
    formula = "X >= 0, E X <= B, C > 0, B <= (1 - c)*C  ⟹  P(X <= C) >= c"
    source = "Markov's inequality"

    def compare(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        (premise,) = premises
        known = bound_on(premise, *Aggregate)
        confidence = confidence_of(setting)
        if confidence is None or arguments["offset"] != 0:
            raise NotApplicableError(f"{self.name} needs a confidence and a measure without offset")
        scale, claimed = arguments["scale"], setting.bound
        derived, level = scale * known.bound, claimed
        if arguments["root"]:
            derived, level = scale**2 * known.bound, claimed**2
        needed = derived / (1 - confidence)
        statement = ClaimedBound(
            arguments["text"], sympy.sqrt(needed) if arguments["root"] else needed, claimed
        )
        conditions = (
            positive(scale),
            positive(claimed),
            Relation(confidence, "<", sympy.Integer(1)),
            Relation(derived, "<=", (1 - confidence) * level),
        )
        return Conclusion(statement, conditions)
