"""Potentials: quantities of the run that never grow, found and proved for every k at once."""

from theoryck.derive.potentials.routes import potential_bounds

__all__ = ["potential_bounds"]
