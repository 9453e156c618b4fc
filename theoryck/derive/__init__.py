"""Engine 1: proofs for all parameters, as numbered steps that are each checked (SymPy, z3).

A rate is derived as on paper: the method's step is traced, put into the inequalities of the
function class, expectations are taken, the one-step inequality is summed or iterated, and the
result is compared with the claimed bound. To teach it something, add a rule to ``rules/``.
"""

from theoryck.derive.examine import examine, prove

__all__ = ["examine", "prove"]
