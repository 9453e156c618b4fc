"""A method that does something else at one k is not proved by a formula for the others."""

from __future__ import annotations

import time
from typing import Any

import pytest

from theoryck.check.extensions import with_words
from theoryck.claims.reading import read_claim
from theoryck.derive import prove
from theoryck.methods.base import Method, method
from theoryck.verdict import Status


@method
def late(x: Any, f: Any, *, step: Any, k: Any) -> Any:
    """Rests at first."""
    return x if k == 0 else x - step * f.grad(x)


@method
def truthful(x: Any, f: Any, *, step: Any, k: Any) -> Any:
    """Rests at first, asked otherwise."""
    return x - step * f.grad(x) if k else x


@method
def alternating(x: Any, f: Any, *, step: Any, k: Any) -> Any:
    """Rests at every second step."""
    return x - step * f.grad(x) if k % 2 else x


@method
def patient(x: Any, f: Any, *, step: Any, k: Any) -> Any:
    """Rests for ten steps."""
    return x if k < 10 else x - step * f.grad(x)


@method
def listed(x: Any, f: Any, *, step: Any, k: Any) -> Any:
    """Rests at the steps of a set."""
    return x if k in {0, 1} else x - step * f.grad(x)


@method
def steady(x: Any, f: Any, *, step: Any, k: Any) -> Any:
    """Computes with k, and is gradient descent."""
    return x - step * (2 * k + 2) / (k + 1) / 2 * f.grad(x)


def status(chosen: Method, bound: str) -> Status:
    words = with_words((chosen,), ())
    claim = read_claim(
        {
            "id": "claim",
            "method": f"{chosen.name}(step=1/L)",
            "assumptions": ["convex", "smooth(L)"],
            "initial": "norm(x[0] - x_star)**2 <= R**2",
            "measure": "f(x[N]) - f_star",
            "bound": bound,
            "parameters": {"L": "L > 0", "R": "R > 0", "N": "integer, N >= 1"},
        },
        methods=words.methods,
    )
    return prove(claim, time.monotonic() + 60).status


@pytest.mark.parametrize("bound", ["L*R**2/(4*N + 2)", "L*R**2/(2*N + 2)"])
@pytest.mark.parametrize(
    "chosen", [late, truthful, alternating, patient, listed], ids=lambda m: m.name
)
def test_branches_on_k_are_not_proved(chosen: Method, bound: str) -> None:
    assert status(chosen, bound) is Status.INCONCLUSIVE


def test_arithmetic_in_k_is_followed() -> None:
    assert status(steady, "L*R**2/(4*N + 2)") is Status.PROVED
