"""Noise from the exact data that a witness carries."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from theoryck.simulate.errors import SimulationError
from theoryck.simulate.noise.base import Exact, Noise
from theoryck.simulate.noise.heavy import HeavyTailed, Pareto, Stable, StableCoordinates, Student
from theoryck.simulate.noise.light import (
    Ball,
    CorrelatedGaussian,
    Gaussian,
    RareJumps,
    Sphere,
    TwoPoint,
)
from theoryck.simulate.noise.multiplicative import LogNormalFactor, Multiplicative, UniformFactor
from theoryck.simulate.noise.sampling import Cyclic, Passes, Reshuffled, Sampling, ShuffledOnce

MOST_DIGITS = 10_000  # of a number: data may come from strangers

Data = Mapping[str, Any]


def from_data(data: Data) -> Noise:
    """The noise whose :meth:`~theoryck.simulate.noise.Noise.data` these are.

    What ``sampling`` says of its spread and growth is taken as said: who relies on it compares
    with the problem's own.

    Raises:
        SimulationError: they are those of none.

    >>> from_data({"kind": "two-point", "sigma": "3/2"})
    TwoPoint(sigma=Fraction(3, 2))
    """
    kind = data.get("kind") if isinstance(data, Mapping) else None
    make = KINDS.get(kind) if isinstance(kind, str) else None
    if make is None:
        known = ", ".join(KINDS)
        raise SimulationError(f"no noise is of kind {kind!r}; expected one of {known}")
    try:
        return make(data)
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        raise SimulationError(f"data of {kind} noise: {type(error).__name__}: {error}") from error


def _number(data: Data, name: str) -> Fraction:
    text = data[name]
    if not isinstance(text, str) or len(text) > MOST_DIGITS or "e" in text.lower():
        raise ValueError(f"{name} must be a rational number as text, such as '3/2'")
    return Fraction(text)


def _optional(data: Data, name: str) -> Fraction | None:
    return None if data[name] is None else _number(data, name)


def _truth(data: Data, name: str) -> bool:
    if not isinstance(data[name], bool):
        raise ValueError(f"{name} must be true or false")
    return bool(data[name])


def _heavy(made: type[HeavyTailed]) -> Callable[[Data], Noise]:
    return lambda data: made(_number(data, "index"), _number(data, "scale"), data["dimension"])


def _passes(made: type[Passes]) -> Callable[[Data], Noise]:
    return lambda data: made(data["count"], _truth(data, "interpolates"))


def _correlated(data: Data) -> Noise:
    rows = [[float(_number({"entry": e}, "entry")) for e in row] for row in data["covariance"]]
    return CorrelatedGaussian(rows)


def _sampling(data: Data) -> Noise:
    return Sampling(
        data["count"],
        _optional(data, "spread"),
        _truth(data, "replacement"),
        _optional(data, "growth"),
        _truth(data, "interpolates"),
    )


KINDS: Mapping[str, Callable[[Data], Noise]] = {
    "exact": lambda data: Exact(),
    "two-point": lambda data: TwoPoint(_number(data, "sigma")),
    "sphere": lambda data: Sphere(_number(data, "sigma")),
    "ball": lambda data: Ball(_number(data, "radius"), data["dimension"]),
    "gaussian": lambda data: Gaussian(_number(data, "sigma")),
    "correlated gaussian": _correlated,
    "rare jumps": lambda data: RareJumps(_number(data, "size"), _number(data, "probability")),
    Student.law: _heavy(Student),
    Pareto.law: _heavy(Pareto),
    Stable.law: _heavy(Stable),
    StableCoordinates.law: _heavy(StableCoordinates),
    "multiplicative": lambda data: Multiplicative(_number(data, "rho")),
    "uniform factor": lambda data: UniformFactor(_number(data, "width")),
    "log-normal factor": lambda data: LogNormalFactor(_number(data, "rho")),
    "sampling": _sampling,
    "reshuffled": _passes(Reshuffled),
    "shuffled once": _passes(ShuffledOnce),
    "cyclic": _passes(Cyclic),
}
