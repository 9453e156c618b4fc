"""Steps that are functions of the gradient's length: what they gain, and what follows."""

from theoryck.derive.functional.accumulated_route import accumulated_bounds
from theoryck.derive.functional.route import functional_bounds

__all__ = ["accumulated_bounds", "functional_bounds"]
