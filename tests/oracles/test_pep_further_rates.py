"""Known worst cases of line searches, sums, sets, quadratics and user-made classes.

The worst case of these is enclosed: what is a hair above it is proved with an exact certificate,
what is a hundredth below it is refuted with a run.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from math import acos, acosh, cos, cosh
from typing import Any

import pytest

from theoryck.algebra import Evaluation, Oracle, Trace, dot
from theoryck.algebra import sqrt as root
from theoryck.algebra.units import CURVATURE
from theoryck.assumptions import ASSUMPTIONS, Assumption, Quantity, Subject
from theoryck.assumptions.base import Slack, Values
from theoryck.certificates import verify
from theoryck.claims import read_claim
from theoryck.methods import METHODS, Method, method
from theoryck.pep import examine
from theoryck.verdict import Instance, Status

pytestmark = pytest.mark.costly

AGREEMENT = 1e-6  # relative
ABOVE = 1 + 1e-6
BELOW = 0.99

NEAR = "norm(x[0] - x_star) <= {R}"
LOW = "f(x[0]) - f_star <= {R}"


def look(
    bound: float,
    *,
    methods: dict[str, Method] | None = None,
    **table: Any,
) -> Instance:
    claim = read_claim(
        {"id": "case", "bound": repr(bound), "at": [{}], **table},
        methods={**METHODS, **(methods or {})},
    )
    (instance,) = examine(claim, time.monotonic() + 60).instances
    return instance


def is_enclosed(optimum: Callable[..., float], worst: float, **case: Any) -> None:
    """The optimum is the worst case; a hair above it is proved, one percent below refuted, and the
    evidence verifies."""
    known = {**METHODS, **case.get("methods", {})}
    assert optimum(3 * worst, **case) == pytest.approx(worst, rel=AGREEMENT, abs=0)
    above = look(worst * ABOVE, **case)
    assert above.status is Status.PROVED, above.reason
    assert above.certificate is not None
    assert not verify(above.certificate, methods=known).refutes
    below = look(worst * BELOW, **case)
    assert below.status is Status.REFUTED, below.reason
    assert below.witness is not None
    assert verify(below.witness, methods=known).refutes


@pytest.mark.parametrize(("mu", "L", "N"), [(0.1, 1, 1), (0.25, 2, 2), (0.5, 1, 3)])
def test_exact_line_search(optimum: Callable[..., float], mu: float, L: float, N: int) -> None:
    """de Klerk, Glineur and Taylor 2017, Theorem 1.2"""
    is_enclosed(
        optimum,
        ((L - mu) / (L + mu)) ** (2 * N) * 3,
        method="gradient_descent_exact_line_search()",
        assumptions=[f"strongly_convex({mu})", f"smooth({L})"],
        initial=LOW.format(R=3),
        measure=f"f(x[{N}]) - f_star",
    )


@pytest.mark.parametrize(
    ("mu", "L", "step", "N"), [(0.1, 1, 1, 2), (0.1, 1, 1.9, 1), (0.5, 2, 0.3, 3)]
)
def test_proximal_gradient(
    optimum: Callable[..., float], mu: float, L: float, step: float, N: int
) -> None:
    """Taylor, Hendrickx and Glineur 2018, Theorem 2.1: the smooth part is strongly convex."""
    is_enclosed(
        optimum,
        max((1 - step * mu) ** 2, (1 - step * L) ** 2) ** N * 4,
        method=f"proximal_gradient(step={step})",
        assumptions=[f"strongly_convex({mu})", f"smooth({L})"],
        initial=NEAR.format(R=2),
        measure=f"norm(x[{N}] - x_star)**2",
    )


def thetas(N: int, one: Any) -> list[Any]:
    """θ_N = 1, ..., θ_1, θ_0 of Kim and Fessler 2021, in the numbers that ``one`` belongs to."""
    found = [one]
    for _ in range(N - 1):
        found.append((one + root(one + 4 * found[-1] * found[-1])) / 2)
    found.append((one + root(one + 8 * found[-1] * found[-1])) / 2)
    return found[::-1]


def ogm_g(N: int) -> Method:
    @method(start=lambda x: (x, x, 0), units={"L": CURVATURE}, constants=("L",))
    def optimized_gradient_for_gradients(state: Any, f: Oracle, *, L: Any) -> Any:
        """x and y of OGM-G [Kim and Fessler 2021, Equation 7]"""
        x, y, k = state
        theta = thetas(N, L / L)
        y_next = x - f.grad(x) / L
        a, b = theta[k], theta[k + 1]
        along = (a - 1) * (2 * b - 1) / (a * (2 * a - 1)) * (y_next - y)
        return y_next + along + (2 * b - 1) / (2 * a - 1) * (y_next - x), y_next, k + 1

    return optimized_gradient_for_gradients


@pytest.mark.parametrize(("L", "N"), [(1, 1), (2, 2), (1, 4)])
def test_ogm_g_on_the_gradient(optimum: Callable[..., float], L: float, N: int) -> None:
    """Kim and Fessler 2021, Theorem 6.1"""
    made = ogm_g(N)
    is_enclosed(
        optimum,
        2 * L * 3 / thetas(N, 1.0)[0] ** 2,
        methods={made.name: made},
        method=f"{made.name}(L={L})",
        assumptions=["convex", f"smooth({L})"],
        initial=LOW.format(R=3),
        measure=f"norm(grad(x[{N}]))**2",
    )


@pytest.mark.parametrize(
    ("mu", "L", "step", "N"), [(0, 1, 1, 1), (0, 1, 1.9, 2), (0, 2, 0.5, 4), (0.4, 1, 1, 3)]
)
def test_gradient_descent_on_quadratics(
    optimum: Callable[..., float], mu: float, L: float, step: float, N: int
) -> None:
    """Bousselmi, Hendrickx and Glineur 2024, Theorem 4.2"""
    h = step * L
    alpha = min(max(1 / (h * (2 * N + 1)), mu / L), 1)
    worst = L * 4 / 2 * max(alpha * (1 - alpha * h) ** (2 * N), (1 - h) ** (2 * N))
    is_enclosed(
        optimum,
        worst,
        method=f"gradient_descent(step={step})",
        assumptions=[f"strongly_convex({mu})" if mu else "convex", f"smooth({L})", "quadratic"],
        initial=NEAR.format(R=2),
        measure=f"f(x[{N}]) - f_star",
    )


def chebyshev(N: int, t: float) -> float:
    return cosh(N * acosh(t)) if t >= 1 else cos(N * acos(t))


@pytest.mark.parametrize(("mu", "L", "N"), [(0.1, 1, 1), (0.25, 1, 2), (0.5, 2, 3)])
def test_chebyshev_steps_on_quadratics(
    optimum: Callable[..., float], mu: float, L: float, N: int
) -> None:
    """Golub and Varga 1961"""
    node = f"cos(pi*(2*k + 1)/(2*{N}))"
    is_enclosed(
        optimum,
        4 / chebyshev(N, (L + mu) / (L - mu)) ** 2,
        method=f"gradient_descent(step=2/({L} + {mu} - ({L} - {mu})*{node}))",
        assumptions=[f"strongly_convex({mu})", f"smooth({L})", "quadratic"],
        initial=NEAR.format(R=2),
        measure=f"norm(x[{N}] - x_star)**2",
    )


@pytest.mark.parametrize(("L", "D", "N"), [(1, 1, 1), (2, 3, 4), (1, 1, 6)])
def test_frank_wolfe_is_within_the_known_bound(L: float, D: float, N: int) -> None:
    """Jaggi 2013, Theorem 1; not tight."""
    case = look(
        2 * L * D**2 / (N + 2),
        method="frank_wolfe()",
        assumptions=["convex", f"smooth({L})", f"bounded_domain({D})"],
        measure=f"f(x[{N}]) - f_star",
    )
    assert case.status is Status.PROVED, case.reason


def _secant(values: Values, at: Evaluation, trace: Trace) -> Iterator[Slack]:
    away = at.point - trace.x_star
    yield Slack(
        f"restricted_secant({at.label})",
        lambda: dot(at.gradient, away) - dot(away, away) * values["mu"],
    )


def _upper(values: Values, at: Evaluation, trace: Trace) -> Iterator[Slack]:
    away = at.point - trace.x_star
    yield Slack(
        f"upper_error_bound({at.label})",
        lambda: dot(away, away) * (values["L"] * values["L"]) - dot(at.gradient, at.gradient),
    )


def _pointwise(name: str, quantity: str, slacks: Any) -> Assumption:
    return Assumption(
        name=name,
        quantities=(Quantity(quantity, CURVATURE),),
        subject=Subject.FUNCTION,
        definition="a lower restricted secant inequality, or an upper error bound, around x*",
        latex="",
        source="Guille-Escuret, Ibrahim, Goujaud and Mitliagkas 2022",
        at_point=slacks,
        pointwise=True,
        interpolation=True,
        has_minimiser=True,
        of_the_minimum=True,
    )


SECANT = {
    "restricted_secant": _pointwise("restricted_secant", "mu", _secant),
    "upper_error_bound": _pointwise("upper_error_bound", "L", _upper),
}


@pytest.mark.parametrize(("mu", "L", "step", "N"), [(0.25, 1, 0.25, 1), (0.5, 1, 0.3, 2)])
def test_gradient_descent_under_a_restricted_secant_inequality(
    mu: float, L: float, step: float, N: int
) -> None:
    """Guille-Escuret, Ibrahim, Goujaud and Mitliagkas 2022, Theorem 3: a class that is made here
    of two assumptions of one's own."""
    worst = (1 - 2 * step * mu + step**2 * L**2) ** N * 4
    case: dict[str, Any] = {
        "method": f"gradient_descent(step={step})",
        "initial": NEAR.format(R=2),
        "measure": f"norm(x[{N}] - x_star)**2",
        "parameters": {},
    }
    for bound, status in ((worst * ABOVE, Status.PROVED), (worst * BELOW, Status.REFUTED)):
        claim = read_claim(
            {
                "id": "case",
                "bound": repr(bound),
                "at": [{}],
                "assumptions": [f"restricted_secant({mu})", f"upper_error_bound({L})"],
                **case,
            },
            assumptions={**ASSUMPTIONS, **SECANT},
        )
        (instance,) = examine(claim, time.monotonic() + 60).instances
        assert instance.status is status, instance.reason
        evidence = instance.certificate or instance.witness
        assert evidence is not None
        verify(evidence, assumptions={**ASSUMPTIONS, **SECANT})
