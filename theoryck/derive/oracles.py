"""Which gradients a method of a claim is given in a symbolic trace: exact ones, or noisy ones."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from theoryck.algebra import NumberSystem, Point, Trace
from theoryck.assumptions.base import Subject
from theoryck.claims.claim import RateClaim
from theoryck.claims.expressions import Expectation, mentions

ABOUT_SAMPLING = frozenset({"finite_sum", "interpolation"})

EXACT_READING = (
    "nothing is assumed of noise and no expectation is taken: stochastic gradients are read as "
    "the gradients themselves"
)


@dataclass
class ExactGradients(Trace):
    """A trace in which a stochastic gradient is the gradient."""

    def sample_grad(self, x: Any, *, batch: int = 1) -> Point:
        return self.grad(x)

    def sample_grads(self, points: tuple[Any, ...], *, batch: int = 1) -> tuple[Point, ...]:
        return tuple(self.grad(x) for x in points)


@dataclass
class Listener(Trace):
    """Notes whether a method draws anything."""

    heard: list[str] = field(default_factory=list)

    def sample_grad(self, x: Any, *, batch: int = 1) -> Point:
        self.heard.append("sample_grad")
        return super().sample_grad(x, batch=batch)

    def sample_grads(self, points: tuple[Any, ...], *, batch: int = 1) -> tuple[Any, ...]:
        self.heard.append("sample_grads")
        return super().sample_grads(points, batch=batch)

    def noise(self, x: Any, law: str) -> Any:
        self.heard.append("noise")
        return super().noise(x, law)


def has_exact_gradients(claim: RateClaim) -> bool:
    """Whether nothing in the claim is random: no noise is assumed, no expectation is taken."""
    texts = (claim.measure, claim.bound, *claim.initial)
    noisy = any(
        use.assumption.subject is Subject.NOISE or use.assumption.name in ABOUT_SAMPLING
        for use in claim.assumptions
    )
    return (
        not noisy and claim.confidence is None and not any(mentions(t, Expectation) for t in texts)
    )


def trace_of(claim: RateClaim, numbers: NumberSystem) -> Trace:
    """A new trace with the gradients that the claim speaks of."""
    return ExactGradients(numbers=numbers) if has_exact_gradients(claim) else Trace(numbers=numbers)
