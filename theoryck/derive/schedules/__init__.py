"""Step-size rules: how their terms behave as k -> oo, and which of their sums are finite."""

from theoryck.derive.schedules.examine import examine_schedule

__all__ = ["examine_schedule"]
