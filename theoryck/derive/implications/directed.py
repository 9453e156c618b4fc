"""Theorems whose conclusion has constants of its own choice: they start from what is asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from theoryck.derive.implications.edges import Constants, Premises
from theoryck.derive.relations import Relation
from theoryck.derive.symbols import ZERO


@dataclass(frozen=True)
class DirectedEdge:
    """``premises`` imply the conclusion with any constants that meet ``needs``."""

    premises: tuple[str, ...]
    conclusion: str
    needs: Callable[[Premises, Constants], tuple[Relation, ...]]
    proof: str
    source: str


def _no_saddle(p: Premises, goal: Constants) -> tuple[Relation, ...]:
    mu = p["strongly_convex"]["mu"]
    return (
        Relation(mu, ">", ZERO),
        Relation(goal["alpha"], "<=", mu),
        Relation(goal["epsilon"], "<=", mu * goal["delta"]),
    )


DIRECTED: tuple[DirectedEdge, ...] = (
    DirectedEdge(
        ("strongly_convex",),
        "strict_saddle",
        _no_saddle,
        "norm(grad(x)) >= mu*norm(x - x_star): where it is below epsilon, x is within epsilon/mu "
        "of the minimiser; f is mu-strongly convex everywhere, so that beta plays no part",
        "Ge, Huang, Jin and Yuan 2015, Definition 2",
    ),
)

__all__ = ["DIRECTED", "DirectedEdge"]
