"""Logistic and softmax regression with a ridge: linear networks whose constants are known."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from typing import Any, Self

import numpy as np
from threadpoolctl import threadpool_limits

from theoryck.algebra import dot
from theoryck.simulate.backend import Backend, numpy_backend
from theoryck.simulate.errors import SimulationError
from theoryck.simulate.problems.base import Constants, Functions, Problem
from theoryck.simulate.problems.losses import BoundedLoss, CrossEntropy, Logistic
from theoryck.simulate.problems.networks import Linear, Network, NetworkProblem
from theoryck.simulate.problems.rows import MARGIN, above, checked_rows

NEWTON_STEPS = 100
HALVINGS = 40
GAP = 1e-12  # f(x) − f* at the minimiser that is found is no larger, before f is scaled
ENOUGH = 1e-25  # where Newton's method stops, in the same measure


@dataclass(frozen=True, eq=False)
class LinearClassification(Problem):
    """f(X) = scale·[(1/n) Σ ℓ(a_iX, y_i) + (ridge/2)‖X‖²] for X of shape (features, outputs).

    With 0 ≤ ∇²ℓ ≤ c·I in the predictions, the curvature of f lies between scale·ridge and
    scale·(c·λ_max(AᵀA/n) + ridge), that of a component between scale·ridge and
    scale·(c·‖a_i‖² + ridge). With |∇³ℓ[u, u, u]| ≤ b‖u‖³ the Hessian of f is Lipschitz with
    scale·b·mean‖a_i‖³. With ‖∇ℓ‖² ≤ s the components' gradients spread by no more than
    E‖∇f_i − ∇f‖² ≤ scale²·s·mean‖a_i‖², at every X.
    """

    data: Any
    labels: Any
    ridge: Fraction
    scale: Fraction = Fraction(1)
    linear: NetworkProblem = field(init=False, repr=False)  # the mean loss: a single layer

    def __post_init__(self) -> None:
        rows = checked_rows(self.data)
        labels = numpy_backend().asarray(self.labels, what="labels")
        if labels.shape != rows.shape[:1]:
            raise SimulationError(
                f"data of shape (n, d) and n targets expected, got {rows.shape} and {labels.shape}"
            )
        for what in ("ridge", "scale"):
            object.__setattr__(self, what, _rational(getattr(self, what), what))
        if self.ridge <= 0 or self.scale <= 0:
            raise SimulationError("ridge > 0 and scale > 0 expected: without it f* may not exist")
        object.__setattr__(self, "data", rows)
        object.__setattr__(self, "labels", labels)
        network = Network((rows.shape[1], self.outputs), Linear(), self.loss, biases=False)
        object.__setattr__(self, "linear", NetworkProblem(network, rows, labels))

    @property
    @abstractmethod
    def loss(self) -> BoundedLoss:
        """ℓ."""

    @property
    @abstractmethod
    def outputs(self) -> int:
        """How many numbers are predicted for a sample."""

    @property
    def dimension(self) -> int:
        return int(self.data.shape[1]) * self.outputs

    def component_count(self) -> int:
        return int(self.data.shape[0])

    @cached_property
    def spectral(self) -> Fraction:
        """An upper bound on λ_max(AᵀA/n)."""
        n, d = self.data.shape
        gram = self.data.T @ self.data if d <= n else self.data @ self.data.T
        return above(np.linalg.eigvalsh(gram / n)[-1])

    @cached_property
    def _norms(self) -> Any:
        return np.sqrt(np.sum(self.data**2, axis=1))

    @cached_property
    def _largest_row(self) -> Fraction:
        return above(float(np.max(self._norms)) ** 2)

    def constants(self) -> Constants:
        bounds = self.loss.bounds
        return Constants(
            lower=self.scale * self.ridge,
            upper=self.scale * (bounds.curvature * self.spectral + self.ridge),
            hessian=self.scale * bounds.bend * above(float(np.mean(self._norms**3))),
            nonnegative=True,
        )

    def component_constants(self) -> Constants:
        bounds = self.loss.bounds
        return Constants(
            lower=self.scale * self.ridge,
            upper=self.scale * (bounds.curvature * self._largest_row + self.ridge),
            hessian=self.scale * bounds.bend * above(float(np.max(self._norms)) ** 3),
            nonnegative=True,
        )

    def spread(self) -> Fraction:
        """A bound on E‖∇f_i − ∇f‖² at every X."""
        return self.scale**2 * self.loss.bounds.slope * above(float(np.mean(self._norms**2)))

    def rescaled(
        self,
        lower: Fraction,
        upper: Fraction,
        spread: Fraction | None,
        *,
        of_components: bool = False,
    ) -> Self:
        """The same data with curvature (of every component) from ``lower`` to ``upper``, and
        that ``spread`` at most.

        Raises:
            SimulationError: ``lower`` is not below ``upper``.
        """
        if not 0 < lower < upper:
            raise SimulationError(f"0 < lower < upper expected, got {lower} and {upper}")
        largest = self._largest_row if of_components else self.spectral
        scale = (upper - lower) / (self.loss.bounds.curvature * largest)
        if spread is not None:
            unit = replace(self, scale=Fraction(1)).spread()
            scale = min(scale, Fraction(float(spread / unit) ** 0.5 * (1 - MARGIN)))
        if scale <= 0:
            raise SimulationError("a positive spread expected")
        return replace(self, scale=scale, ridge=lower / scale)

    @cached_property
    def minimiser(self) -> Any:
        """X* as a vector, by Newton's method: f − f* is at most ‖∇f‖²/(2·scale·ridge) there."""
        ridge, loss = float(self.ridge), self.linear.on(numpy_backend())

        def gradient(x: Any) -> Any:
            return loss.gradient(x[None])[0] + ridge * x

        def hessian(x: Any) -> Any:
            return self._loss_hessian(x) + ridge * np.eye(len(x))

        # its matrices are small: threads cost more than they save, and a lot on a busy machine
        with threadpool_limits(limits=1, user_api="blas"):
            enough = (2 * ridge * ENOUGH) ** 0.5
            x = _newton(gradient, hessian, np.zeros(self.dimension), enough)
        gap = _length(gradient(x)) ** 2 / (2 * ridge)
        if gap > GAP:
            raise SimulationError(
                f"Newton's method knows f* to {gap:.1e} only: scale the data, or take more ridge"
            )
        return x

    def _loss_hessian(self, x: Any) -> Any:
        """∇² of the mean loss, (d·c, d·c): a weighted AᵀA for every pair of outputs."""
        (n, d), c = self.data.shape, self.outputs
        z = self.data @ x.reshape(d, c)
        whole = np.empty((d, c, d, c))
        for b in range(c):
            unit = np.broadcast_to(np.arange(c) == b, (n, c)).astype(np.float64)
            weights = self.loss.bend(z, self.linear.targets, unit)
            for a in range(b + 1):
                block = self.data.T @ (weights[:, a : a + 1] * self.data) / n
                whole[:, a, :, b] = block
                whole[:, b, :, a] = block
        return whole.reshape(d * c, d * c)

    def on(self, backend: Backend) -> Functions:
        linear = self.linear.on(backend)
        scale, ridge = float(self.scale), float(self.ridge)
        products = linear.hessian_vector
        parts, values = linear.components, linear.component_values
        hessian, xp = linear.hessian, backend.xp
        if products is None or parts is None or values is None or hessian is None:
            raise SimulationError("a network without derivatives")  # there is none

        def square(x: Any) -> Any:
            return 0.5 * ridge * dot(x, x)

        def whole_hessian(x: Any) -> Any:
            unit = xp.eye(self.dimension, dtype=x.dtype, device=x.device)
            return scale * (hessian(x) + ridge * unit)

        x_star = backend.asarray(self.minimiser)
        lowest = linear.value(xp.reshape(x_star, (1, -1))) + square(xp.reshape(x_star, (1, -1)))
        return replace(
            linear,
            value=lambda x: scale * (linear.value(x) + square(x)),
            gradient=lambda x: scale * (linear.gradient(x) + ridge * x),
            f_star=scale * float(lowest[0, 0]),
            x_star=x_star,
            components=lambda x, indices: scale * (parts(x, indices) + ridge * x),
            component_values=lambda x, indices: scale * (values(x, indices) + square(x)),
            hessian=whole_hessian,
            hessian_vector=lambda x, v: scale * (products(x, v) + ridge * v),
            layers=(),
        )


@dataclass(frozen=True, eq=False)
class LogisticRegression(LinearClassification):
    """f(x) = scale·[(1/n) Σ log(1 + exp(−y_i⟨a_i, x⟩)) + (ridge/2)‖x‖²], y_i = ±1, ridge > 0.

    Curvature between scale·ridge and scale·(λ_max(AᵀA/n)/4 + ridge), since the second derivative
    of log(1 + e^t) is at most 1/4.
    """

    loss = Logistic()
    outputs = 1

    def describe(self) -> str:
        n, d = self.data.shape
        return f"logistic regression on {n} rows and {d} features"


@dataclass(frozen=True, eq=False)
class SoftmaxRegression(LinearClassification):
    """f(X) = scale·[(1/n) Σ (log Σ_j exp⟨a_i, x_j⟩ − ⟨a_i, x_{y_i}⟩) + (ridge/2)‖X‖²], ridge > 0.

    Multinomial logistic regression: a column x_j for each class j = 0, …, classes − 1, the
    vector of the unknowns holding X row by row. Curvature between scale·ridge and
    scale·(λ_max(AᵀA/n)/2 + ridge) [Böhning 1992].

    Args:
        classes: how many there are; by default as many as the largest label says.

    >>> import numpy as np
    >>> tiny = SoftmaxRegression([[1.0], [2.0], [3.0]], [0, 1, 2], Fraction(1, 10))
    >>> tiny.dimension, bool(tiny.on(numpy_backend()).f_star < np.log(3))
    (3, True)
    """

    classes: int | None = None

    loss = CrossEntropy()

    @cached_property
    def outputs(self) -> int:
        return int(np.max(self.labels, initial=1)) + 1 if self.classes is None else self.classes

    def describe(self) -> str:
        n, d = self.data.shape
        return f"softmax regression on {n} rows, {d} features and {self.outputs} classes"


def _rational(number: Any, what: str) -> Fraction:
    try:
        return Fraction(number)
    except (TypeError, ValueError, OverflowError) as error:
        raise SimulationError(f"{what}: a positive number expected, got {number}") from error


def _newton(
    gradient: Callable[[Any], Any], hessian: Callable[[Any], Any], x: Any, enough: float
) -> Any:
    """Where the gradient of a strongly convex function is ``enough`` or as short as it gets.

    Along a Newton step the gradient grows shorter at first, so halving it does until it is 0.
    """
    slope = gradient(x)
    for _ in range(NEWTON_STEPS):
        length = _length(slope)
        if length <= enough:
            break
        step = np.linalg.solve(hessian(x), slope)
        tries = (x - 0.5**halving * step for halving in range(HALVINGS))
        better = ((tried, found) for tried in tries if _length(found := gradient(tried)) < length)
        following = next(better, None)
        if following is None:
            break  # no number nearby is better
        x, slope = following
    return x


def _length(vector: Any) -> float:
    return float(np.linalg.norm(vector))
