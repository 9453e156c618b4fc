"""Relations between symbolic expressions: what a side condition, a constraint or a goal is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sympy

NEGATIONS = {"<=": ">", "<": ">=", ">=": "<", ">": "<=", "==": "!=", "!=": "=="}


@dataclass(frozen=True)
class Relation:
    """``left sign right``, where ``sign`` is one of ``<= < >= > == !=``.

    >>> import sympy
    >>> step = sympy.Symbol("step", real=True)
    >>> print(Relation(step, ">", sympy.Integer(0)))
    step > 0
    """

    left: sympy.Expr
    sign: str
    right: sympy.Expr

    def negation(self) -> Relation:
        """The relation that holds exactly where this one does not."""
        return Relation(self.left, NEGATIONS[self.sign], self.right)

    @property
    def symbols(self) -> frozenset[sympy.Symbol]:
        """The symbols on both sides."""
        return frozenset(self.left.free_symbols | self.right.free_symbols)

    def __str__(self) -> str:
        from theoryck.derive.printing import to_claim_text

        return f"{to_claim_text(self.left)} {self.sign} {to_claim_text(self.right)}"


@dataclass(frozen=True)
class Implied(Relation):
    """A relation that is asked for only where all of ``premises`` hold.

    >>> import sympy
    >>> x = sympy.Symbol("x", real=True)
    >>> print(Implied(x, ">=", sympy.Integer(0), (Relation(x, ">", sympy.Integer(1)),)))
    x >= 0 where x > 1
    """

    premises: tuple[Relation, ...] = ()

    @property
    def goal(self) -> Relation:
        """The relation itself."""
        return Relation(self.left, self.sign, self.right)

    def __str__(self) -> str:
        where = " and ".join(map(str, self.premises))
        return f"{self.goal} where {where}" if where else str(self.goal)
