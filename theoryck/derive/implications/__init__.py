"""Which class of functions contains which: a graph of theorems, and a table of examples."""

from theoryck.derive.implications.examine import examine_implication

__all__ = ["examine_implication"]
