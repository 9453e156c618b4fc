"""The array library that runs are computed with: NumPy, or CuPy where there is a device."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import array_api_compat
import array_api_compat.numpy as compat_numpy
import numpy as np

from theoryck.simulate.errors import MissingExtraError, SimulationError


@dataclass(frozen=True)
class Backend:
    """A namespace of the Array API standard and how to bring data into it.

    >>> numpy_backend().asarray([1.0, 2.0]).shape
    (2,)
    """

    name: str
    xp: Any

    def asarray(self, data: Any, *, what: str = "data") -> Any:
        """The data as an array of doubles.

        Raises:
            SimulationError: the data are not real numbers, or some are not finite.
        """
        try:
            given = np.asarray(self.to_numpy(data))
            if np.iscomplexobj(given):  # NumPy would drop the imaginary parts
                raise TypeError("got complex numbers")
            values = np.asarray(given, dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise SimulationError(f"{what}: an array of real numbers expected ({error})") from error
        if not np.all(np.isfinite(values)):
            raise SimulationError(f"{what}: every entry must be finite, found NaN or infinity")
        return self.place(values)

    def place(self, values: Any) -> Any:
        """A NumPy array in this namespace, unchecked."""
        return values if self.xp is compat_numpy else self.xp.asarray(values)

    def to_numpy(self, array: Any) -> Any:
        """The array as a NumPy array."""
        if array_api_compat.is_cupy_array(array):
            return array.get()
        return np.asarray(array)

    @staticmethod
    def quiet() -> AbstractContextManager[Any]:
        """Overflow and NaN are results here, and no reason for a warning."""
        return np.errstate(all="ignore")


def numpy_backend() -> Backend:
    """NumPy, the backend that is always there."""
    return Backend("numpy", compat_numpy)


def cupy_backend() -> Backend:
    """CuPy on the current CUDA device.

    Raises:
        MissingExtraError: CuPy is not installed, or finds no device.
    """
    try:
        import array_api_compat.cupy as compat_cupy
        import cupy

        devices = cupy.cuda.runtime.getDeviceCount()
    except ImportError as error:
        raise MissingExtraError("CuPy is not installed: pip install 'theoryck[gpu]'") from error
    except Exception as error:  # CuPy's own errors need CuPy to be named
        raise MissingExtraError(f"CuPy finds no CUDA device: {error}") from error
    if devices < 1:
        raise MissingExtraError("CuPy finds no CUDA device")
    return Backend("cupy", compat_cupy)


def of_namespace(name: str, xp: Any) -> Backend:
    """Any namespace of the standard, such as ``array_api_strict``."""
    return Backend(name, xp)


def points(backend: Backend, x: Any, dimension: int, what: str) -> Any:
    """A batch of points in doubles, of shape (runs, dimension), in the backend's namespace.

    Other floating-point numbers are converted: all runs are computed in doubles.

    Raises:
        SimulationError: x is no such batch; its shape, its data type or its NaN is named.
    """
    try:
        given = x if hasattr(x, "shape") else np.asarray(x)
    except ValueError as error:
        raise SimulationError(f"{what}: shape (runs, {dimension}) expected ({error})") from error
    check_points(given, dimension, what)
    return backend.asarray(given, what=what)


def check_points(x: Any, dimension: int, what: str) -> None:
    """Raise unless x is a batch of points: floating, of shape (runs, dimension).

    Raises:
        SimulationError: naming the shape or the data type that was found.
    """
    xp = array_api_compat.array_namespace(x)
    if not xp.isdtype(x.dtype, "real floating"):
        raise SimulationError(
            f"{what}: floating-point numbers expected, got an array of {x.dtype}; "
            "convert it with astype(float)"
        )
    if x.ndim != 2 or x.shape[1] != dimension:
        raise SimulationError(f"{what}: shape (runs, {dimension}) expected, got {tuple(x.shape)}")
