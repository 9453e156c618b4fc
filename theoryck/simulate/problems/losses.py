"""Losses of a prediction z against a target y, with their two derivatives in z."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from theoryck.algebra import maximum
from theoryck.algebra.language import namespace
from theoryck.simulate.backend import numpy_backend
from theoryck.simulate.errors import SimulationError


class Loss(ABC):
    """ℓ(z, y) ≥ 0 for predictions z of shape (…, outputs).

    Targets are prepared once, by :meth:`targets`; the other functions take what it returned.
    """

    @property
    @abstractmethod
    def smooth(self) -> bool:
        """Whether ℓ has a second derivative in z everywhere."""

    @abstractmethod
    def targets(self, given: Any, outputs: int) -> Any:
        """The targets of n samples as a NumPy array of shape (n, outputs).

        Raises:
            SimulationError: they are no targets of this loss.
        """

    @abstractmethod
    def value(self, z: Any, y: Any) -> Any:
        """ℓ(z, y), of shape (…)."""

    @abstractmethod
    def slope(self, z: Any, y: Any) -> Any:
        """∇ℓ in z, or a subgradient, of shape (…, outputs)."""

    @abstractmethod
    def bend(self, z: Any, y: Any, dz: Any) -> Any:
        """∇²ℓ·dz, of shape (…, outputs)."""

    @abstractmethod
    def describe(self) -> str:
        """A few words for a reader."""


@dataclass(frozen=True)
class Bounds:
    """What holds of a loss for all z and y: it bounds the derivatives of a linear model.

    Attributes:
        slope: ‖∇ℓ‖² is at most this.
        curvature: the eigenvalues of ∇²ℓ lie between 0 and this.
        bend: |∇³ℓ[u, u, u]| is at most this times ‖u‖³.
    """

    slope: Fraction
    curvature: Fraction
    bend: Fraction


class BoundedLoss(Loss):
    """A convex loss whose derivatives are bounded."""

    @property
    @abstractmethod
    def bounds(self) -> Bounds:
        """Bounds on its derivatives."""


@dataclass(frozen=True)
class Squared(Loss):
    """ℓ(z, y) = ½‖z − y‖²."""

    smooth = True

    def targets(self, given: Any, outputs: int) -> Any:
        numbers = numpy_backend().asarray(given, what="targets")
        if numbers.ndim == 1 and outputs == 1:
            numbers = numbers[:, None]
        if numbers.ndim != 2 or numbers.shape[1] != outputs:
            raise SimulationError(
                f"targets of shape (n, {outputs}) expected, one number an output; "
                f"got {numbers.shape}"
            )
        return numbers

    def value(self, z: Any, y: Any) -> Any:
        difference = z - y
        xp: Any = namespace(z)
        return 0.5 * xp.sum(difference * difference, axis=-1)

    def slope(self, z: Any, y: Any) -> Any:
        return z - y

    def bend(self, z: Any, y: Any, dz: Any) -> Any:
        return dz

    def describe(self) -> str:
        return "squared loss"


class _Margin(Loss):
    """A loss of the margin y·z with labels y = ±1 and one output."""

    def targets(self, given: Any, outputs: int) -> Any:
        labels = numpy_backend().asarray(given, what="labels")
        if labels.ndim == 2 and labels.shape[1] == 1:
            labels = labels[:, 0]
        if outputs != 1:
            raise SimulationError(f"the {self.describe()} needs one output, got {outputs}")
        if labels.ndim != 1 or not np.all(np.abs(labels) == 1):
            raise SimulationError(
                f"labels of -1 and 1 expected, one a sample, for the {self.describe()}"
                + _offender(labels, np.abs(labels) != 1)
            )
        return labels[:, None]


@dataclass(frozen=True)
class Logistic(_Margin, BoundedLoss):
    """ℓ(z, y) = log(1 + exp(−y·z)) with y = ±1.

    Its derivatives in z are at most 1, 1/4 and 1/(6√3) < 0.0963 in absolute value.
    """

    smooth = True
    bounds = Bounds(Fraction(1), Fraction(1, 4), Fraction(963, 10_000))

    def value(self, z: Any, y: Any) -> Any:
        xp: Any = namespace(z)
        margins = (y * z)[..., 0]
        # the same as log(1 + e^(−m)), without overflow
        return maximum(-margins, 0.0) + xp.log1p(xp.exp(-xp.abs(margins)))

    def slope(self, z: Any, y: Any) -> Any:
        xp: Any = namespace(z)
        # −y/(1 + e^m), without overflow
        return 0.5 * y * (xp.tanh(0.5 * y * z) - 1)

    def bend(self, z: Any, y: Any, dz: Any) -> Any:
        xp: Any = namespace(z)
        t = xp.tanh(0.5 * z)
        return 0.25 * (1 - t * t) * dz

    def describe(self) -> str:
        return "logistic loss"


@dataclass(frozen=True)
class Hinge(_Margin):
    """ℓ(z, y) = max(0, 1 − y·z) with y = ±1; at the kink the subgradient is 0."""

    smooth = False

    def value(self, z: Any, y: Any) -> Any:
        return maximum(1 - (y * z)[..., 0], 0.0)

    def slope(self, z: Any, y: Any) -> Any:
        xp: Any = namespace(z)
        # not (m < 1), so that NaN does not pass for a sample that is classified well
        return xp.where(y * z >= 1, 0.0 * y, -y + 0.0 * z)

    def bend(self, z: Any, y: Any, dz: Any) -> Any:
        return 0.0 * dz

    def describe(self) -> str:
        return "hinge loss"


@dataclass(frozen=True)
class CrossEntropy(BoundedLoss):
    """ℓ(z, y) = log Σ_j exp(z_j) − z_y with a label y in 0, …, outputs − 1.

    With p = softmax(z): ∇ℓ = p − e_y, of squared length at most 2. ∇²ℓ = diag(p) − ppᵀ; the
    absolute values in its row j sum to 2p_j(1 − p_j) ≤ ½, which bounds its eigenvalues
    (Böhning 1992). ∇³ℓ[u, u, u] is the third central moment of the number u_j under p; these
    lie in an interval of length √2‖u‖, on which it is at most (√2‖u‖)³/(6√3), a value of two
    points, < 0.2722‖u‖³.
    """

    smooth = True
    bounds = Bounds(Fraction(2), Fraction(1, 2), Fraction(2722, 10_000))

    def targets(self, given: Any, outputs: int) -> Any:
        labels = numpy_backend().asarray(given, what="labels")
        if outputs < 2:
            raise SimulationError(
                f"the {self.describe()} needs an output for each of two classes or more, "
                f"got {outputs}"
            )
        if labels.ndim == 2 and labels.shape[1] == 1:
            labels = labels[:, 0]
        wrong = (labels != np.floor(labels)) | (labels < 0) | (labels >= outputs)
        if labels.ndim != 1 or np.any(wrong):
            raise SimulationError(
                f"labels of 0, …, {outputs - 1} expected, one a sample" + _offender(labels, wrong)
            )
        return np.asarray(labels[:, None] == np.arange(outputs), dtype=np.float64)

    def value(self, z: Any, y: Any) -> Any:
        xp: Any = namespace(z)
        largest = xp.max(z, axis=-1, keepdims=True)
        away = z - largest
        return xp.log(xp.sum(xp.exp(away), axis=-1)) - xp.sum(y * away, axis=-1)

    def slope(self, z: Any, y: Any) -> Any:
        return self._softmax(z) - y

    def bend(self, z: Any, y: Any, dz: Any) -> Any:
        xp: Any = namespace(z)
        p = self._softmax(z)
        return p * (dz - xp.sum(p * dz, axis=-1, keepdims=True))

    @staticmethod
    def _softmax(z: Any) -> Any:
        xp: Any = namespace(z)
        powers = xp.exp(z - xp.max(z, axis=-1, keepdims=True))
        return powers / xp.sum(powers, axis=-1, keepdims=True)

    def describe(self) -> str:
        return "cross-entropy loss"


def _offender(labels: Any, wrong: Any) -> str:
    if labels.ndim != 1:
        return f"; got an array of shape {labels.shape}"
    return f"; found {labels[wrong][0]:g}"
