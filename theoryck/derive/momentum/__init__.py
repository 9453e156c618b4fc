"""Methods with memory: potentials of the whole state, found and proved for every k at once."""

from theoryck.derive.momentum.routes import memory_bounds

__all__ = ["memory_bounds"]
