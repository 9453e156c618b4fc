"""Do two methods produce the same iterates? An induction proves, an exact run refutes."""

from theoryck.derive.equivalences.examine import examine_equivalence

__all__ = ["examine_equivalence"]
