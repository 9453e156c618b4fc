"""Sums, means and extrema over a range of whole numbers whose ends are parameters."""

from theoryck.derive.sums.induction import by_induction
from theoryck.derive.sums.ranges import Ranged, RangeReader

__all__ = ["RangeReader", "Ranged", "by_induction"]
