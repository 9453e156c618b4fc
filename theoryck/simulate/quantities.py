"""What can be measured at an iterate: functions of a :class:`View`, a number for every run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from theoryck.algebra import dot, norm
from theoryck.simulate.backend import Backend
from theoryck.simulate.problems.base import Functions

Quantity = Callable[["View"], Any]


@dataclass(frozen=True, eq=False)
class View:
    """The runs after ``k`` steps.

    Attributes:
        k: how many steps were taken.
        x: the iterates, of shape (runs, d).
        state: the method's state, whose first entry is the iterate.
        functions: the problem's functions.
    """

    k: int
    x: Any
    state: Any
    functions: Functions
    backend: Backend
    _seen: dict[Quantity, Any] = field(default_factory=dict)

    def of(self, quantity: Quantity) -> Any:
        """The quantity here, of shape (runs,), computed once; NaN counts as infinite."""
        if quantity not in self._seen:
            xp = self.backend.xp
            with self.backend.quiet():
                numbers = xp.reshape(quantity(self), (-1,))
            self._seen[quantity] = xp.where(xp.isnan(numbers), xp.inf, numbers)
        return self._seen[quantity]


def value(view: View) -> Any:
    """f(x)."""
    return view.functions.value(view.x)


def gap(view: View) -> Any:
    """f(x) − f*."""
    return view.functions.value(view.x) - view.functions.minimum()


def gradient_squared(view: View) -> Any:
    """‖∇f(x)‖²."""
    gradient = view.functions.gradient(view.x)
    return dot(gradient, gradient)


def gradient_norm(view: View) -> Any:
    """‖∇f(x)‖."""
    return norm(view.functions.gradient(view.x))


def distance_squared(view: View) -> Any:
    """‖x − x*‖², x* the minimiser that the problem knows."""
    difference = view.x - view.functions.minimiser()
    return dot(difference, difference)


def iterate_norm(view: View) -> Any:
    """‖x‖."""
    return norm(view.x)
