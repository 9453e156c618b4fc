"""Written derivations: each line is checked, and the last one is the claim."""

from theoryck.derive.written.examine import examine_with_derivation, examine_written

__all__ = ["examine_with_derivation", "examine_written"]
