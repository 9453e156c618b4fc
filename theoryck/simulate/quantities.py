"""What can be measured at an iterate: functions of a :class:`View`, a number for every run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from theoryck.algebra import dot, norm
from theoryck.simulate.backend import Backend
from theoryck.simulate.errors import SimulationError
from theoryck.simulate.problems.base import Functions
from theoryck.simulate.runs.trees import taken

Quantity = Callable[["View"], Any]


@dataclass(frozen=True, eq=False)
class View:
    """The runs after ``k`` steps.

    Attributes:
        k: how many steps were taken.
        horizon: the number N of steps that the runs take if nothing stops them.
        x: the iterates, of shape (runs, d).
        state: the method's state, whose first entry is the iterate.
        functions: the problem's functions.
    """

    k: int
    x: Any
    state: Any
    functions: Functions
    backend: Backend
    horizon: int
    _seen: dict[Quantity | str, Any] = field(default_factory=dict, init=False)

    def rows(self, rows: Any) -> View:
        """Some of the runs, by their places in the batch."""
        runs = self.x.shape[0]
        state = taken(self.state, rows, runs, self.backend)
        return replace(self, x=taken(self.x, rows, runs, self.backend), state=state)

    def of(self, quantity: Quantity) -> Any:
        """The quantity here, of shape (runs,), computed once; NaN counts as infinite.

        Raises:
            SimulationError: it does not give one number for each run.
        """
        if quantity not in self._seen:
            xp, runs = self.backend.xp, self.x.shape[0]
            with self.backend.quiet():
                given = quantity(self)
            if tuple(getattr(given, "shape", ())) not in ((runs,), (runs, 1)):
                raise SimulationError(
                    f"a quantity must give a number for each run, of shape ({runs},) or "
                    f"({runs}, 1); got {getattr(given, 'shape', given)}"
                )
            numbers = xp.reshape(given, (-1,))
            self._seen[quantity] = xp.where(xp.isnan(numbers), xp.inf, numbers)
        return self._seen[quantity]

    def gradient(self) -> Any:
        """∇f(x), computed once."""
        if "gradient" not in self._seen:
            self._seen["gradient"] = self.functions.gradient(self.x)
        return self._seen["gradient"]


def value(view: View) -> Any:
    """f(x)."""
    return view.functions.value(view.x)


def gap(view: View) -> Any:
    """f(x) − f*."""
    return view.of(value) - view.functions.minimum()


def gradient_squared(view: View) -> Any:
    """‖∇f(x)‖²."""
    return dot(view.gradient(), view.gradient())


def gradient_norm(view: View) -> Any:
    """‖∇f(x)‖."""
    return norm(view.gradient())


def distance_squared(view: View) -> Any:
    """‖x − x*‖², x* the minimiser that the problem knows."""
    difference = view.x - view.functions.minimiser()
    return dot(difference, difference)


def distance(view: View) -> Any:
    """‖x − x*‖, x* the minimiser that the problem knows."""
    return norm(view.x - view.functions.minimiser())


def iterate_norm(view: View) -> Any:
    """‖x‖."""
    return norm(view.x)


def least_curvature(view: View) -> Any:
    """λ_min(∇²f(x)), negative at a strict saddle.

    Raises:
        SimulationError: the problem has no Hessian.
    """
    if view.functions.hessian is None:
        raise SimulationError("the Hessian of this problem is not known")
    return view.backend.xp.linalg.eigvalsh(view.functions.hessian(view.x))[:, 0]
