"""Sets that a problem is minimised on."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any


class FeasibleSet(ABC):
    """A closed convex set; points are arrays of shape (runs, d)."""

    @property
    @abstractmethod
    def diameter(self) -> float:
        """sup ‖x − y‖ over the set."""

    @abstractmethod
    def project(self, x: Any) -> Any:
        """argmin ‖u − x‖ over the set."""

    @abstractmethod
    def project_weighted(self, x: Any, weights: Any) -> Any:
        """argmin Σ weights_i·(u_i − x_i)² over the set, for positive weights of x's shape."""

    @abstractmethod
    def linear_minimizer(self, g: Any) -> Any:
        """argmin ⟨g, s⟩ over the set."""
