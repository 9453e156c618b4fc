"""Least squares, and the problems on real data: finite sums over the rows of a data set."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from theoryck.simulate.backend import Backend, numpy_backend
from theoryck.simulate.errors import SimulationError
from theoryck.simulate.problems.base import Constants, Functions, Problem
from theoryck.simulate.problems.classification import LogisticRegression, SoftmaxRegression
from theoryck.simulate.problems.datasets import load
from theoryck.simulate.problems.rows import (
    MARGIN,
    above,
    below,
    check_indices,
    checked_rows,
    combinations,
    drawn,
    products,
)

__all__ = [
    "LeastSquares",
    "LogisticRegression",
    "SoftmaxRegression",
    "breast_cancer",
    "gaussian_least_squares",
    "softmax_regression",
]


def _matrix(data: Any, targets: Any) -> tuple[Any, Any]:
    rows = checked_rows(data)
    numbers = numpy_backend().asarray(targets, what="targets")
    if numbers.shape != rows.shape[:1]:
        raise SimulationError(
            f"data of shape (n, d) and n targets expected, got {rows.shape} and {numbers.shape}"
        )
    return rows, numbers


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
        least = below(values[0], values[-1])
        return Constants(
            lower=least if d <= n else Fraction(0),
            upper=above(values[-1]),
            pl=least if least > 0 else None,
            hessian=Fraction(0),
            quadratic=True,
            nonnegative=True,
        )

    def component_constants(self) -> Constants:
        norms = np.sum(self.data**2, axis=1)
        return Constants(
            lower=Fraction(0) if self.dimension > 1 else below(norms.min(), norms.max()),
            upper=above(norms.max()),
            pl=below(norms.min(), norms.max()) or None,
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

        def residuals(x: Any, indices: Any) -> tuple[Any, Any]:
            check_indices(xp, indices, x.shape[0], n)
            taken = drawn(xp, rows, indices)
            aims = drawn(xp, xp.expand_dims(targets, axis=-1), indices)[..., 0]
            return taken, (taken @ xp.expand_dims(x, axis=-1))[..., 0] - aims

        def components(x: Any, indices: Any) -> Any:
            taken, away = residuals(x, indices)
            total = xp.matrix_transpose(taken) @ xp.expand_dims(away, axis=-1)
            return total[..., 0] / indices.shape[1]

        def component_values(x: Any, indices: Any) -> Any:
            _, away = residuals(x, indices)
            return xp.mean(away**2, axis=-1, keepdims=True) / 2

        def hessian(x: Any) -> Any:
            whole = xp.matrix_transpose(rows) @ rows / n
            return xp.broadcast_to(whole, (x.shape[0], *whole.shape))

        def value(x: Any) -> Any:
            away = products(xp, rows, x) - targets
            return xp.sum(away**2, axis=-1, keepdims=True) / (2 * n)

        return Functions(
            dimension=self.dimension,
            value=value,
            gradient=lambda x: combinations(xp, products(xp, rows, x) - targets, rows) / n,
            f_star=floor,
            x_star=backend.asarray(self.minimiser),
            components=components,
            count=n,
            component_values=component_values,
            hessian=hessian,
            hessian_vector=lambda x, v: combinations(xp, products(xp, rows, v), rows) / n,
        )

    def _value(self, x: Any) -> float:
        return float(np.sum((self.data @ x - self.targets) ** 2)) / (2 * len(self.targets))


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
    data = load("breast cancer").standardised().pair(0, 1)
    return LogisticRegression(data.rows, data.labels, ridge)


def softmax_regression(name: str, ridge: Fraction = Fraction(1, 100)) -> SoftmaxRegression:
    """Softmax regression on a data set of :func:`theoryck.simulate.problems.datasets.load`:
    its features scaled, and an intercept.

    Raises:
        SimulationError: there is none of that name.
        MissingExtraError: scikit-learn, which bundles the data, is not installed.

    >>> print(softmax_regression("digits").describe())
    softmax regression on 1797 rows, 62 features and 10 classes
    """
    data = load(name).standardised().with_ones()
    return SoftmaxRegression(data.rows, data.labels, ridge)
