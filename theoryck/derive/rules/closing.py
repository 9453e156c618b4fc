"""What the last rule of a derivation must see to: that it speaks of what the claim measures."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from theoryck.derive.exact import equal
from theoryck.derive.measure import Target, read_measure
from theoryck.derive.rules.base import Conclusion, NotApplicableError, Rule
from theoryck.derive.setting import Setting, Stuck, is_random
from theoryck.derive.statements import Aggregate, Measured, Statement


class ClosingRule(Rule):
    """A rule that ends in the claim; its premises bound what the claim measures, and nothing else.

    ``scale`` and ``offset`` among the arguments are those of the claim's own measure, which is
    read again here: a route that bounds something else proves nothing.
    """

    def conclude(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        try:
            target, _ = read_measure(setting, is_random(setting))
        except Stuck as stuck:
            raise NotApplicableError(str(stuck)) from stuck
        if (arguments["scale"], arguments["offset"]) != (target.scale, target.offset):
            raise NotApplicableError("the claim measures another multiple of the quantity")
        if arguments.get("root", target.measured.root) != target.measured.root:
            raise NotApplicableError("the claim measures another power of the norm")
        for premise in premises:
            known = getattr(premise, "measured", None)
            if not isinstance(known, Measured) or not is_measured(known, target):
                raise NotApplicableError("the premise does not bound what the claim measures")
        return self.compare(premises, setting, **arguments)

    @abstractmethod
    def compare(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        """The claim, if what the premises say is at most what it says."""


def is_measured(known: Measured, target: Target) -> bool:
    """Whether a claim measures this quantity, of a norm its square, over this part of the run."""
    wanted = target.measured
    aggregates = {Aggregate.AVERAGE if target.at_average else wanted.aggregate}
    if wanted.root and wanted.aggregate is Aggregate.MEAN:
        aggregates.add(Aggregate.SQUARED_MEAN)
    ends = [(known.upper, wanted.upper)]
    if wanted.aggregate is not Aggregate.LAST:
        ends.append((known.lower, wanted.lower))
    return (
        known.quantity == wanted.quantity
        and known.aggregate in aggregates
        # what holds on every path holds in expectation
        and (wanted.expected or not known.expected)
        and all(equal(ours, theirs) for ours, theirs in ends)
    )
