"""What would make a claim true: the smallest changes, each proved on the changed claim."""

from __future__ import annotations

import time
from dataclasses import replace

from theoryck.derive.decide import Proved
from theoryck.derive.findings import natural_relations
from theoryck.derive.measure import Target
from theoryck.derive.proof import Workshop
from theoryck.derive.recheck import recheck
from theoryck.derive.search import search
from theoryck.derive.setting import OutOfTime, Setting, Stuck
from theoryck.verdict import Finding

SEARCH_SHARE = 0.7  # of the time; the rest is for the re-check


def repairs(
    setting: Setting, target: Target, tried: Workshop, deadline: float
) -> tuple[Finding, ...]:
    """Natural relations between the constants, under which the claim is proved."""
    for relation in natural_relations(setting):
        known = tried.decisions.get(relation)
        if isinstance(known, Proved) or isinstance(tried.decided(relation), Proved):
            continue
        narrower = replace(setting, domain=setting.domain.where(relation))
        now = time.monotonic()
        try:
            found = search(narrower, target, now + SEARCH_SHARE * (deadline - now))
            if found.proof is None:
                continue
            derivation = found.workshop.derivation(found.proof)
        except (Stuck, OutOfTime):
            continue
        if recheck(derivation, narrower, deadline) is None:
            message = f"with {relation} among the constraints the claim is proved"
            return (Finding("suggestion", message),)
    return ()
