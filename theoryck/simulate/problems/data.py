"""Least squares and logistic regression: finite sums over the rows of a data set."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from theoryck.algebra import dot
from theoryck.simulate.backend import Backend, numpy_backend
from theoryck.simulate.errors import MissingExtraError, SimulationError
from theoryck.simulate.problems.base import Constants, Functions, Problem

MARGIN = 1e-10  # relative, far above what rounding does to an eigenvalue of a small matrix
NEWTON_STEPS = 100


def _above(value: float) -> Fraction:
    return Fraction(float(value) * (1 + MARGIN) + 1e-300)


def _below(value: float, scale: float) -> Fraction:
    return Fraction(max(0.0, float(value) - MARGIN * float(scale)))


def _matrix(data: Any, targets: Any) -> tuple[Any, Any]:
    backend = numpy_backend()
    rows = backend.asarray(data, what="data")
    labels = backend.asarray(targets, what="targets")
    if rows.ndim != 2 or min(rows.shape) < 1 or labels.shape != rows.shape[:1]:
        raise SimulationError(
            f"data of shape (n, d) and n targets expected, got {rows.shape} and {labels.shape}"
        )
    return rows, labels


@dataclass(frozen=True, eq=False)
class LeastSquares(Problem):
    """f(x) = (1/2n)‖Ax − b‖², the mean of f_i(x) = ½(⟨a_i, x⟩ − b_i)².

    With more columns than rows it is overparameterised: f* = 0, and every f_i vanishes there.
    """

    data: Any
    targets: Any

    def __post_init__(self) -> None:
        rows, labels = _matrix(self.data, self.targets)
        object.__setattr__(self, "data", rows)
        object.__setattr__(self, "targets", labels)

    @property
    def dimension(self) -> int:
        return int(self.data.shape[1])

    def component_count(self) -> int:
        return int(self.data.shape[0])

    def describe(self) -> str:
        n, d = self.data.shape
        return f"least squares with {n} rows and {d} unknowns"

    @cached_property
    def eigenvalues(self) -> Any:
        """Those of AAᵀ/n or AᵀA/n, whichever is smaller: the nonzero ones are the same."""
        n, d = self.data.shape
        gram = self.data.T @ self.data if d <= n else self.data @ self.data.T
        return np.linalg.eigvalsh(gram / n)

    @cached_property
    def minimiser(self) -> Any:
        """The least-norm minimiser."""
        return np.linalg.lstsq(self.data, self.targets, rcond=None)[0]

    def constants(self) -> Constants:
        n, d = self.data.shape
        values = self.eigenvalues
        least = _below(values[0], values[-1])
        return Constants(
            lower=least if d <= n else Fraction(0),
            upper=_above(values[-1]),
            pl=least if least > 0 else None,
            hessian=Fraction(0),
            quadratic=True,
            nonnegative=True,
        )

    def component_constants(self) -> Constants:
        norms = np.sum(self.data**2, axis=1)
        return Constants(
            lower=Fraction(0) if self.dimension > 1 else _below(norms.min(), norms.max()),
            upper=_above(norms.max()),
            pl=_below(norms.min(), norms.max()) or None,
            hessian=Fraction(0),
            quadratic=True,
            nonnegative=True,
        )

    def interpolates(self) -> bool:
        """Whether one x fits every row, so that all f_i share a minimiser."""
        n, d = self.data.shape
        return d >= n and self.constants().pl is not None

    def with_smoothness(self, limit: Fraction, *, of_components: bool = False) -> LeastSquares:
        """The same data, scaled until the constant (of every component) is at most ``limit``."""
        constants = self.component_constants() if of_components else self.constants()
        if constants.upper is None:
            raise SimulationError("no bound on the curvature is known")
        factor = float(limit / constants.upper) ** 0.5 * (1 - MARGIN)
        return LeastSquares(self.data * factor, self.targets * factor)

    def on(self, backend: Backend) -> Functions:
        xp, n = backend.xp, self.data.shape[0]
        rows = backend.asarray(self.data, what="data")
        targets = backend.asarray(self.targets, what="targets")
        floor = 0.0 if self.interpolates() else self._value(self.minimiser)

        def components(x: Any, indices: Any) -> Any:
            return _mean_of_rows(xp, rows, x, indices, lambda m, i: m - _pick(xp, targets, i))

        return Functions(
            dimension=self.dimension,
            value=lambda x: xp.sum((x @ rows.T - targets) ** 2, axis=-1, keepdims=True) / (2 * n),
            gradient=lambda x: (x @ rows.T - targets) @ rows / n,
            f_star=floor,
            x_star=backend.asarray(self.minimiser),
            components=components,
            count=n,
        )

    def _value(self, x: Any) -> float:
        return float(np.sum((self.data @ x - self.targets) ** 2)) / (2 * len(self.targets))


@dataclass(frozen=True, eq=False)
class LogisticRegression(Problem):
    """f(x) = scale·[(1/n) Σ log(1 + exp(−y_i⟨a_i, x⟩)) + (ridge/2)‖x‖²], y_i = ±1, ridge > 0.

    Curvature between scale·ridge and scale·(λ_max(AᵀA/n)/4 + ridge), since the second derivative
    of log(1 + e^t) is at most 1/4.
    """

    data: Any
    labels: Any
    ridge: Fraction
    scale: Fraction = Fraction(1)

    def __post_init__(self) -> None:
        rows, labels = _matrix(self.data, self.labels)
        if not np.all(np.abs(labels) == 1):
            raise SimulationError("labels of -1 and 1 expected")
        if self.ridge <= 0 or self.scale <= 0:
            raise SimulationError("ridge > 0 and scale > 0 expected: without it f* may not exist")
        object.__setattr__(self, "data", rows)
        object.__setattr__(self, "labels", labels)

    @property
    def dimension(self) -> int:
        return int(self.data.shape[1])

    def component_count(self) -> int:
        return int(self.data.shape[0])

    def describe(self) -> str:
        n, d = self.data.shape
        return f"logistic regression on {n} rows and {d} features"

    @cached_property
    def spectral(self) -> Fraction:
        """An upper bound on λ_max(AᵀA/n)."""
        n = self.data.shape[0]
        return _above(np.linalg.eigvalsh(self.data.T @ self.data / n)[-1])

    def constants(self) -> Constants:
        cubes = float(np.mean(np.sum(self.data**2, axis=1) ** 1.5))
        return Constants(
            lower=self.scale * self.ridge,
            upper=self.scale * (self.spectral / 4 + self.ridge),
            # the third derivative of log(1 + e^t) is at most 1/(6√3) < 0.0963
            hessian=self.scale * _above(0.0963 * cubes),
            nonnegative=True,
        )

    def component_constants(self) -> Constants:
        return Constants(
            lower=self.scale * self.ridge,
            upper=self.scale * (self._largest_row / 4 + self.ridge),
            nonnegative=True,
        )

    @cached_property
    def _largest_row(self) -> Fraction:
        return _above(float(np.max(np.sum(self.data**2, axis=1))))

    def spread(self) -> Fraction:
        """A bound on E‖∇f_i − ∇f‖² at every x: the losses' gradients are at most ‖a_i‖ long."""
        return self.scale**2 * _above(float(np.mean(np.sum(self.data**2, axis=1))))

    def rescaled(
        self,
        lower: Fraction,
        upper: Fraction,
        spread: Fraction | None,
        *,
        of_components: bool = False,
    ) -> LogisticRegression:
        """The same data with curvature (of every component) from ``lower`` to ``upper``, and
        that ``spread`` at most.

        Raises:
            SimulationError: ``lower`` is not below ``upper``.
        """
        if not 0 < lower < upper:
            raise SimulationError(f"0 < lower < upper expected, got {lower} and {upper}")
        scale = 4 * (upper - lower) / (self._largest_row if of_components else self.spectral)
        if spread is not None:
            unit = replace(self, scale=Fraction(1)).spread()
            scale = min(scale, Fraction(float(spread / unit) ** 0.5 * (1 - MARGIN)))
        if scale <= 0:
            raise SimulationError("a positive spread expected")
        return replace(self, scale=scale, ridge=lower / scale)

    @cached_property
    def minimiser(self) -> Any:
        """x*, by Newton's method: f − f* is at most ‖∇f‖²/(2·scale·ridge) there."""
        rows, n = self.data * self.labels[:, None], len(self.labels)
        ridge = float(self.ridge)
        x = np.zeros(self.dimension)
        for _ in range(NEWTON_STEPS):
            p = 1 / (1 + np.exp(np.clip(rows @ x, -700, 700)))
            gradient = ridge * x - rows.T @ p / n
            hessian = (rows.T * (p * (1 - p))) @ rows / n + ridge * np.eye(self.dimension)
            step = np.linalg.solve(hessian, gradient)
            decrement = float(gradient @ step)
            # the damped step of a self-concordant function never overshoots
            x = x - step / (1 + decrement**0.5 if decrement > 1e-6 else 1.0)
            if np.linalg.norm(gradient) < 1e-13:
                return x
        if float(np.linalg.norm(gradient)) > 1e-9:
            raise SimulationError("Newton's method did not find the minimiser")
        return x

    def on(self, backend: Backend) -> Functions:
        xp, n = backend.xp, len(self.labels)
        rows = backend.asarray(self.data * self.labels[:, None], what="data")
        scale, ridge = float(self.scale), float(self.ridge)

        def value(x: Any) -> Any:
            margins = x @ rows.T
            losses = xp.maximum(-margins, xp.zeros_like(margins)) + xp.log1p(
                xp.exp(-xp.abs(margins))
            )
            mean = xp.sum(losses, axis=-1, keepdims=True) / n
            return scale * (mean + 0.5 * ridge * dot(x, x))

        def slope(margins: Any) -> Any:
            # −1/(1 + e^m), without overflow
            return 0.5 * (xp.tanh(margins / 2) - 1)

        def components(x: Any, indices: Any) -> Any:
            mean = _mean_of_rows(xp, rows, x, indices, lambda m, i: slope(m))
            return scale * (mean + ridge * x)

        functions = Functions(
            dimension=self.dimension,
            value=value,
            gradient=lambda x: scale * (slope(x @ rows.T) @ rows / n + ridge * x),
            f_star=0.0,
            x_star=backend.asarray(self.minimiser),
            components=components,
            count=n,
        )
        lowest = value(xp.reshape(functions.x_star, (1, -1)))
        return replace(functions, f_star=float(lowest[0, 0]))


def _pick(xp: Any, values: Any, indices: Any) -> Any:
    return xp.reshape(xp.take(values, xp.reshape(indices, (-1,))), indices.shape)


def _mean_of_rows(xp: Any, rows: Any, x: Any, indices: Any, weight: Any) -> Any:
    """(1/b) Σ weight(⟨a_i, x⟩)·a_i over the drawn rows, for every run."""
    runs, batch = indices.shape
    drawn = xp.take(rows, xp.reshape(indices, (-1,)), axis=0)
    drawn = xp.reshape(drawn, (runs, batch, rows.shape[1]))
    margins = xp.sum(drawn * xp.expand_dims(x, axis=1), axis=-1)
    weights = xp.expand_dims(weight(margins, indices), axis=-1)
    return xp.mean(weights * drawn, axis=1)


def gaussian_least_squares(
    rows: int, columns: int, *, noise: float = 0.0, seed: int = 0
) -> LeastSquares:
    """Least squares with standard normal data, b = A·x̄ plus noise.

    >>> gaussian_least_squares(5, 10).interpolates()
    True
    """
    if rows < 1 or columns < 1 or noise < 0:
        raise SimulationError("at least one row and one column, and noise >= 0, expected")
    generator = np.random.default_rng(seed)
    data = generator.standard_normal((rows, columns))
    targets = data @ generator.standard_normal(columns)
    return LeastSquares(data, targets + noise * generator.standard_normal(rows))


def breast_cancer(ridge: Fraction = Fraction(1, 100)) -> LogisticRegression:
    """Logistic regression on the Wisconsin breast cancer data, 569 rows of 30 scaled features.

    Raises:
        MissingExtraError: scikit-learn, which bundles the data, is not installed.
    """
    data, labels = _breast_cancer_rows()
    data = (data - data.mean(axis=0)) / data.std(axis=0)
    return LogisticRegression(data, 2.0 * labels - 1.0, ridge)


def _breast_cancer_rows() -> tuple[Any, Any]:
    found = importlib.util.find_spec("sklearn")
    if found is None or not found.submodule_search_locations:
        raise MissingExtraError(
            "the breast cancer data come with scikit-learn: pip install 'theoryck[data]'"
        )
    file = Path(found.submodule_search_locations[0]) / "datasets" / "data" / "breast_cancer.csv"
    if file.is_file():
        # importing scikit-learn takes over a second, reading its file a few milliseconds
        table = np.loadtxt(file, delimiter=",", skiprows=1)
        return table[:, :-1], table[:, -1]
    from sklearn.datasets import load_breast_cancer

    data, labels = load_breast_cancer(return_X_y=True)
    return data, labels
