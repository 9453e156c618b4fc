"""How many iterations until a target is reached: complexity claims by way of rates."""

from theoryck.derive.complexity.examine import examine_complexity

__all__ = ["examine_complexity"]
