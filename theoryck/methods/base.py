"""What a method is: an ordinary function of its state and an oracle, and what is known of it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, overload

from theoryck.algebra import Oracle
from theoryck.algebra.units import NONE, STEP, Unit
from theoryck.errors import TheoryckError


@dataclass(frozen=True)
class Argument:
    """A named argument of a method; ``default`` None means that it must be given.

    ``varies`` says whether its expression may depend on the iteration ``k``.
    """

    name: str
    unit: Unit | None
    default: int | Fraction | None = None
    varies: bool = True


UNITS: Mapping[str, Unit] = {"step": STEP, "momentum": NONE, "batch": NONE}


@dataclass(frozen=True)
class Method:
    """An algorithm: ``update(state, f, **arguments)`` gives the next state.

    The state is the iterate itself or a tuple whose first entry is the iterate; ``start``
    makes the first state from the first iterate. An update that has a parameter ``k``
    receives the iteration number, from 0.
    """

    name: str
    update: Callable[..., Any]
    start: Callable[[Any], Any]
    arguments: tuple[Argument, ...]
    wants_k: bool
    source: str

    def first_state(self, x: Any) -> Any:
        """The state before the first step."""
        return self.start(x)

    def step(self, state: Any, f: Oracle, k: Any, arguments: Mapping[str, Any]) -> Any:
        """The next state."""
        extra = {"k": k} if self.wants_k else {}
        return self.update(state, f, **extra, **arguments)

    @staticmethod
    def iterate(state: Any) -> Any:
        """The iterate x in a state."""
        return state[0] if isinstance(state, tuple) else state


@overload
def method(update: Callable[..., Any]) -> Method: ...


@overload
def method(
    update: None = None,
    *,
    start: Callable[[Any], Any] = ...,
    units: Mapping[str, Unit] | None = None,
    constants: tuple[str, ...] = (),
) -> Callable[[Callable[..., Any]], Method]: ...


def method(
    update: Callable[..., Any] | None = None,
    *,
    start: Callable[[Any], Any] = lambda x: x,
    units: Mapping[str, Unit] | None = None,
    constants: tuple[str, ...] = (),
) -> Any:
    """Make a :class:`Method` of a function ``(state, f, *, ...) -> state``.

    Args:
        start: the first state as a function of the first iterate (default: the iterate itself).
        units: units of arguments that are not called ``step`` or ``momentum``.
        constants: names of arguments that may not depend on ``k``.

    Raises:
        TheoryckError: the function's signature is not of that form.

    >>> @method
    ... def gradient_descent(x, f, *, step):
    ...     return x - step * f.grad(x)
    >>> [argument.name for argument in gradient_descent.arguments]
    ['step']
    """
    if update is None:
        return lambda function: _build(function, start, units or {}, constants)
    return _build(update, start, units or {}, constants)


def _build(
    update: Callable[..., Any],
    start: Callable[[Any], Any],
    units: Mapping[str, Unit],
    constants: tuple[str, ...],
) -> Method:
    known = {**UNITS, **units}
    positional, named = [], []
    for parameter in inspect.signature(update).parameters.values():
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY:
            named.append(parameter)
        elif parameter.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD:
            positional.append(parameter.name)
        else:
            raise TheoryckError(
                f"method {update.__name__}: *{parameter.name} is not allowed; the form is "
                "(state, f, *, step, ...)"
            )
    if len(positional) != 2:
        raise TheoryckError(
            f"method {update.__name__}: two positional parameters expected (state, f), got "
            f"({', '.join(positional)}); arguments such as the step come after a bare *"
        )
    arguments = tuple(
        Argument(
            name=p.name,
            unit=known.get(p.name),
            default=None if p.default is inspect.Parameter.empty else p.default,
            varies=p.name not in constants,
        )
        for p in named
        if p.name != "k"
    )
    return Method(
        name=update.__name__,
        update=update,
        start=start,
        arguments=arguments,
        wants_k=any(p.name == "k" for p in named),
        source=inspect.getdoc(update) or "",
    )
