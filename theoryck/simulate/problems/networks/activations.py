"""Activations σ, applied to every coordinate, with their two derivatives."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

from array_api_compat import array_namespace

from theoryck.algebra import maximum, minimum
from theoryck.algebra.language import namespace
from theoryck.simulate.errors import SimulationError


class Activation(ABC):
    """σ: a function of one variable."""

    @property
    @abstractmethod
    def smooth(self) -> bool:
        """Whether σ has a second derivative everywhere."""

    @abstractmethod
    def value(self, u: Any) -> Any:
        """σ(u)."""

    @abstractmethod
    def slope(self, u: Any, h: Any) -> Any:
        """σ′(u), where h = σ(u) is known."""

    @abstractmethod
    def curvature(self, u: Any, h: Any) -> Any:
        """σ″(u), where h = σ(u) is known; 0 at a kink."""

    @abstractmethod
    def describe(self) -> str:
        """A word for a reader."""


@dataclass(frozen=True)
class Relu(Activation):
    """σ(u) = max(u, 0), with σ′(0) = 0 as in practice."""

    smooth = False

    def value(self, u: Any) -> Any:
        return maximum(u, 0.0)

    def slope(self, u: Any, h: Any) -> Any:
        return _positive(u)

    def curvature(self, u: Any, h: Any) -> Any:
        return 0.0

    def describe(self) -> str:
        return "ReLU"


@dataclass(frozen=True)
class LeakyRelu(Activation):
    """σ(u) = u for u > 0 and leak·u else, with σ′(0) = leak as in practice."""

    leak: float = 0.01

    smooth = False

    def __post_init__(self) -> None:
        finite(self.leak, "the slope of a leaky ReLU")

    def value(self, u: Any) -> Any:
        return (maximum if self.leak <= 1 else minimum)(u, self.leak * u)

    def slope(self, u: Any, h: Any) -> Any:
        return self.leak + (1 - self.leak) * _positive(u)

    def curvature(self, u: Any, h: Any) -> Any:
        return 0.0

    def describe(self) -> str:
        return f"leaky ReLU of slope {self.leak:g}"


@dataclass(frozen=True)
class Tanh(Activation):
    """σ(u) = tanh(u)."""

    smooth = True

    def value(self, u: Any) -> Any:
        xp: Any = namespace(u)
        return xp.tanh(u)

    def slope(self, u: Any, h: Any) -> Any:
        return 1 - h * h

    def curvature(self, u: Any, h: Any) -> Any:
        return -2 * h * (1 - h * h)

    def describe(self) -> str:
        return "tanh"


@dataclass(frozen=True)
class Linear(Activation):
    """σ(u) = u."""

    smooth = True

    def value(self, u: Any) -> Any:
        return u

    def slope(self, u: Any, h: Any) -> Any:
        return 1.0

    def curvature(self, u: Any, h: Any) -> Any:
        return 0.0

    def describe(self) -> str:
        return "linear"


def finite(number: Any, what: str) -> float:
    """The number itself.

    Raises:
        SimulationError: it is not a finite real number.
    """
    try:
        if math.isfinite(number):
            return float(number)
    except (TypeError, OverflowError):
        pass
    raise SimulationError(f"{what}: a finite number expected, got {number!r}")


def _positive(u: Any) -> Any:
    """1 where u > 0, and 0 elsewhere."""
    return array_namespace(u).astype(u > 0, u.dtype)
