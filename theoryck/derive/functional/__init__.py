"""Steps that are functions of the gradient's length: what they gain, and what follows."""

from theoryck.derive.functional.route import functional_bounds

__all__ = ["functional_bounds"]
