"""From a floating-point dual to an exact certificate that the kernel accepts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from theoryck.assumptions.base import Slack
from theoryck.certificates import CertificateError, Goal, GoalCertificate, Problem, check_goal
from theoryck.errors import UndecidedError
from theoryck.pep.assemble import Assembled
from theoryck.pep.program import Dual

BITS = (12, 24, 40, 52)  # of the rounded multipliers, fewest first: small certificates read well


def completing_slacks(slacks: Sequence[Slack]) -> tuple[int, ...]:
    """For every value of f one inequality ``h - ... >= 0`` that contains no other value."""
    found: dict[Any, int] = {}
    for index, slack in enumerate(slacks):
        if slack.equality:
            continue
        linear = slack.form().linear
        if len(linear) == 1:
            (leaf, coefficient), *_ = linear.items()
            if coefficient == 1 and leaf not in found:
                found[leaf] = index
    return tuple(sorted(found.values()))


def unscaled(problem: Assembled, dual: Dual) -> np.ndarray:
    """The multipliers of the inequalities as the claim has them."""
    goal_scale = problem.bound_scale
    return dual.multipliers * problem.row_scale / goal_scale


def rounded(value: float, bits: int) -> Fraction:
    """A float at so many significant bits, exactly."""
    if value == 0 or not np.isfinite(value):
        return Fraction(0)
    exponent = int(np.floor(np.log2(abs(value)))) + 1 - bits
    scaled = round(Fraction(value) / Fraction(2) ** exponent)
    return scaled * Fraction(2) ** exponent


def with_margin(
    problem: Problem,
    goal: Goal,
    slacks: Sequence[Slack],
    assembled: Assembled,
    completing: Sequence[int],
    dual: Dual,
) -> GoalCertificate | None:
    """Round a dual that has room on all sides; the checker completes the values of f."""
    names = assembled.names
    values = unscaled(assembled, dual)
    keep = np.abs(dual.multipliers) > 1e-10 * max(
        1.0, float(np.max(np.abs(dual.multipliers), initial=0))
    )
    for bits in BITS:
        multipliers = {}
        for index in np.flatnonzero(keep):
            value = rounded(float(values[index]), bits)
            if assembled.equality[index] or value > 0:
                multipliers[names[index]] = str(value)
        certificate = GoalCertificate(
            weights=tuple(str(w) for w in simplex_weights(dual.weights, bits)),
            multipliers=multipliers,
            completion=tuple(names[index] for index in completing),
        )
        if accepted(problem, goal, certificate):
            return certificate
    return None


def simplex_weights(weights: np.ndarray, bits: int) -> list[Fraction]:
    """Rational weights near the given ones that sum to 1 exactly."""
    exact = [rounded(float(w), bits) if w > 1e-10 else Fraction(0) for w in weights]
    largest = max(range(len(exact)), key=lambda index: exact[index])
    exact[largest] += 1 - sum(exact)
    return exact


def accepted(problem: Problem, goal: Goal, certificate: GoalCertificate) -> bool:
    """Whether the kernel takes the certificate."""
    try:
        check_goal(problem, goal, certificate)
    except (CertificateError, UndecidedError):
        return False
    return True


def active_sets(dual: Dual) -> Iterator[np.ndarray]:
    """Guesses at the multipliers that are positive in the optimal face, largest sets first."""
    magnitude = np.abs(dual.multipliers)
    scale = max(1e-300, float(np.max(magnitude, initial=0)))
    seen: set[bytes] = set()
    for threshold in (1e-7, 1e-5, 1e-3):
        active = magnitude > threshold * scale
        if active.tobytes() not in seen:
            seen.add(active.tobytes())
            yield active
