"""Power recursions a₊ <= a − c·a^p, and the growth conditions that lead to them."""

from __future__ import annotations

from theoryck.derive.power.route import power_bounds

__all__ = ["power_bounds"]
