"""Stronger ways to decide a relation, for those that the first question to z3 leaves open."""

from theoryck.derive.deciding.further import further

__all__ = ["further"]
