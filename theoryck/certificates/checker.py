"""The kernel: an exact check that a certificate proves a claim at an instance.

A certificate names inequalities of the claim and gives each a multiplier. The checker traces
the claim's method, rebuilds these inequalities, and verifies for every goal that

    bound − Σ w_i·measure_i − Σ λ_j·inequality_j  =  c + ⟨S, Gram⟩,   c ≥ 0, S ⪰ 0,

with w ≥ 0, Σ w = 1, λ ≥ 0 (any sign for an equality) and no value of f left over. Then
min_i measure_i ≤ Σ w_i·measure_i ≤ bound for every function of the class. Source: Drori and
Teboulle 2014; Taylor, Hendrickx and Glineur 2017, Section 3. No solver, no float.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from theoryck.algebra import Form, Leaf, NumberSystem, Trace
from theoryck.algebra.point import without_zeros
from theoryck.assumptions.base import Slack
from theoryck.certificates.inequalities import Inequalities
from theoryck.certificates.problem import Goal, Problem
from theoryck.errors import TheoryckError, UndecidedError

MAX_DIGITS = 100_000  # of one number in a certificate
NUMBER = re.compile(r"-?[0-9]+(/[1-9][0-9]*)?", re.ASCII)


class CertificateError(TheoryckError, ValueError):
    """A certificate does not establish what it says; the message holds the first failure."""


@dataclass(frozen=True)
class GoalCertificate:
    """The multipliers of one goal, exact numbers as text.

    ``weights`` belong to the alternatives of the measure. ``completion`` names, for values of f
    that the multipliers leave over, the inequality ``f(x) − f* − ... >= 0`` whose multiplier the
    checker raises by what is left; it needs no exact number, so it works in balls too.
    """

    weights: tuple[str, ...]
    multipliers: Mapping[str, str]
    completion: tuple[str, ...] = ()


def exact(text: str, numbers: NumberSystem) -> Any:
    """A number of a certificate, an integer or a fraction, as an element of the field."""
    if not isinstance(text, str) or len(text) > MAX_DIGITS or not NUMBER.fullmatch(text):
        raise CertificateError(f"{str(text)[:40]!r} is not an integer or a fraction p/q")
    top, _, bottom = text.partition("/")
    return numbers.rational(Fraction(_integer(top), _integer(bottom or "1")))


def _integer(text: str) -> int:
    # int() refuses more than 4300 digits, since it takes quadratic time; pieces do not
    if len(text) <= 4000:
        return int(text)
    sign, digits = (-1, text[1:]) if text.startswith("-") else (1, text)
    value = 0
    for start in range(0, len(digits), 4000):
        piece = digits[start : start + 4000]
        value = value * 10 ** len(piece) + int(piece)
    return sign * value


def check_goal(problem: Problem, goal: Goal, certificate: GoalCertificate) -> None:
    """Raise CertificateError unless the certificate proves the goal.

    Raises:
        CertificateError: a wrong name, sign or weight, a remainder, or an indefinite matrix.
        UndecidedError: in balls, something could not be told at the working precision.
    """
    numbers = problem.numbers
    weights = [exact(text, numbers) for text in certificate.weights]
    if len(weights) != len(goal.alternatives):
        raise CertificateError(
            f"{len(weights)} weights for a measure of {len(goal.alternatives)} alternatives"
        )
    if any(numbers.sign(weight) < 0 for weight in weights):
        raise CertificateError("a negative weight of the measure")
    if numbers.sign(_sum(weights, numbers) - 1) != 0:
        raise CertificateError("the weights of the measure do not sum to 1")
    remainder = goal.bound
    for weight, alternative in zip(weights, goal.alternatives, strict=True):
        remainder = remainder - alternative * weight
    check_remainder(remainder, problem, certificate.multipliers, certificate.completion)


def check_remainder(
    form: Form,
    inequalities: Inequalities,
    multipliers: Mapping[str, str],
    completion: tuple[str, ...],
) -> None:
    """Raise CertificateError unless ``form`` minus the multiplied inequalities is c + ⟨S, Gram⟩
    with c >= 0 and S ⪰ 0, so that ``form`` is non-negative wherever the inequalities hold.

    Raises:
        CertificateError: a wrong name or sign, a remainder, or an indefinite matrix.
        UndecidedError: in balls, something could not be told at the working precision.
    """
    numbers = inequalities.numbers
    found = {}
    terms = [(form, numbers.integer(1))]
    for name, text in multipliers.items():
        slack = _slack(inequalities, name)
        multiplier = exact(text, numbers)
        if not slack.equality and numbers.sign(multiplier) < 0:
            raise CertificateError(f"a negative multiplier of {name}")
        found[name] = multiplier
        terms.append((slack.form(), -multiplier))
    form = _completed(combination(inequalities.trace, terms), inequalities, completion, found)
    if form.linear:
        leaf = next(iter(form.linear))
        raise CertificateError(f"the value {leaf.name} of f is left over")
    if numbers.sign(form.constant) < 0:
        raise CertificateError("the constant is negative: the bound is not reached")
    if not is_positive_semidefinite(gram_matrix(form, numbers), numbers):
        raise CertificateError("the remaining quadratic form is not positive semidefinite")


def _slack(inequalities: Inequalities, name: str) -> Slack:
    slack = inequalities.slack(name)
    if slack is None:
        raise CertificateError(f"the claim gives no inequality called {name!r}")
    return slack


def _sum(values: list[Any], numbers: NumberSystem) -> Any:
    total = numbers.integer(0)
    for value in values:
        total = total + value
    return total


def combination(trace: Trace, terms: Iterable[tuple[Form, Any]]) -> Form:
    """``Σ coefficient·form``, summed monomial by monomial."""
    constant = trace.numbers.integer(0)
    linear: dict[Leaf, Any] = {}
    quadratic: dict[tuple[Leaf, Leaf], Any] = {}
    for form, factor in terms:
        constant = constant + form.constant * factor
        for leaf, coefficient in form.linear.items():
            term = coefficient * factor
            linear[leaf] = linear[leaf] + term if leaf in linear else term
        for pair, coefficient in form.quadratic.items():
            term = coefficient * factor
            quadratic[pair] = quadratic[pair] + term if pair in quadratic else term
    return Form(trace, constant, without_zeros(linear), without_zeros(quadratic))


def _completed(
    remainder: Form,
    inequalities: Inequalities,
    completion: tuple[str, ...],
    multipliers: Mapping[str, Any],
) -> Form:
    """Raise the multipliers of inequalities ``h − ... >= 0`` by what is left of their values h.

    The exact multiplier is the real number for which the identity holds, so h is then absent
    by definition, whatever ball its coefficient was known in.
    """
    if len(set(completion)) != len(completion):
        raise CertificateError("an inequality completes the identity twice")
    numbers = inequalities.numbers
    left = dict(remainder.linear)
    terms = [(remainder, numbers.integer(1))]
    for name in completion:
        slack = _slack(inequalities, name)
        form = slack.form()
        if len(form.linear) != 1 or next(iter(form.linear.values())) != 1:
            raise CertificateError(f"{slack.name} is not of the form h - ... >= 0 of one value h")
        (leaf,) = form.linear
        rest = left.pop(leaf, None)
        if rest is None:
            continue
        if numbers.sign(multipliers.get(slack.name, numbers.integer(0)) + rest) < 0:
            raise CertificateError(
                f"completing {leaf.name} makes the multiplier of {slack.name} negative"
            )
        terms.append((form, -rest))
    total = combination(inequalities.trace, terms)
    return Form(total.trace, total.constant, left, total.quadratic)


def gram_matrix(form: Form, numbers: NumberSystem) -> list[list[Any]]:
    """The symmetric matrix of a form's quadratic part over the vector leaves in it."""
    leaves: dict[Leaf, int] = {}
    for pair in form.quadratic:
        for leaf in pair:
            leaves.setdefault(leaf, len(leaves))
    zero = numbers.integer(0)
    matrix = [[zero] * len(leaves) for _ in leaves]
    for (u, v), coefficient in form.quadratic.items():
        i, j = leaves[u], leaves[v]
        half = coefficient if i == j else coefficient / 2
        matrix[i][j] = matrix[j][i] = half
    return matrix


def is_positive_semidefinite(matrix: Sequence[Sequence[Any]], numbers: NumberSystem) -> bool:
    """Whether a symmetric matrix is positive semidefinite, by LDLᵀ in the field itself.

    A pivot must be positive, or exactly zero with an exactly zero column below it. No rounding:
    in rationals the answer is exact; in balls True is a proof, and UndecidedError says that the
    balls are too wide (in particular a singular matrix is never decided).

    >>> from theoryck.algebra import Fractions
    >>> is_positive_semidefinite([[1, 1], [1, 1]], Fractions())
    True
    >>> is_positive_semidefinite([[0, 1], [1, 5]], Fractions())
    False
    """
    rest = [list(row) for row in matrix]
    while rest:
        pivot, *column = (row[0] for row in rest)
        sign = numbers.sign(pivot)
        if sign < 0:
            return False
        tail = [row[1:] for row in rest[1:]]
        if sign == 0:
            if any(numbers.sign(entry) != 0 for entry in column):
                return False
        else:
            for i, entry in enumerate(column):
                if entry == 0:
                    continue
                factor = entry / pivot
                row = tail[i]
                for j in range(i + 1):
                    row[j] = row[j] - factor * column[j]
                    tail[j][i] = row[j]
        rest = tail
    return True


__all__ = [
    "CertificateError",
    "GoalCertificate",
    "UndecidedError",
    "check_goal",
    "exact",
    "is_positive_semidefinite",
]
