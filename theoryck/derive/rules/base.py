"""What a rule is: a statement with its source, and what it concludes from premises."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sympy

from theoryck.derive.relations import Relation
from theoryck.derive.setting import Setting
from theoryck.derive.statements import Affine, OneStep, Quantity, Statement, affine
from theoryck.derive.symbols import ZERO


class NotApplicableError(ValueError):
    """A rule does not apply: an assumption is missing, or the premises have another form.

    ``missing`` names the assumption that would make it apply, if it is one.
    """

    def __init__(self, reason: str, missing: str | None = None) -> None:
        super().__init__(reason)
        self.missing = missing


@dataclass(frozen=True)
class Conclusion:
    """What a rule concludes, under conditions on the parameters that must hold everywhere."""

    statement: Statement
    conditions: tuple[Relation, ...] = ()


class Rule(ABC):
    """A theorem of the toolbox.

    ``name`` is printed with every step; ``formula`` states the theorem; ``source`` cites it;
    ``uses`` names the assumptions of the claim that it rests on.
    """

    name: str
    formula: str
    source: str
    uses: tuple[str, ...] = ()

    @abstractmethod
    def conclude(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        """The conclusion.

        Raises:
            NotApplicableError: the premises or the claim's assumptions do not fit.
        """

    def stated(self, arguments: Mapping[str, Any]) -> str:
        """The rule as it is printed beside a step that was made with these arguments."""
        return f"{self.name}: {self.formula}"

    def require(self, setting: Setting) -> None:
        """Refuses unless everything in ``uses`` is assumed."""
        for assumption in self.uses:
            if not setting.assumes(assumption):
                raise NotApplicableError(f"{self.name} needs {assumption}", assumption)

    def assumed(self, setting: Setting) -> tuple[str, ...]:
        """The assumptions of the claim that the rule rests on."""
        return self.uses

    def constant(self, setting: Setting, assumption: str, quantity: str) -> sympy.Expr:
        """A constant of an assumption."""
        value = setting.constant(assumption, quantity)
        if value is None:
            raise NotApplicableError(f"{self.name} needs {assumption}", assumption)
        return value


class ConvexRule(Rule):
    """A rule that rests on convexity, assumed as such or as strong convexity."""

    def assumed(self, setting: Setting) -> tuple[str, ...]:
        return (*self.uses, "convex" if setting.assumes("convex") else "strongly_convex")

    def convexity(self, setting: Setting) -> tuple[Relation, ...]:
        """What makes f convex; refuses where it is not assumed to be."""
        if setting.assumes("convex"):
            return ()
        if not setting.is_convex:
            raise NotApplicableError(f"{self.name} needs convex", "convex")
        return (positive(setting.assumptions["strongly_convex"]["mu"]),)


class PointRule(Rule):
    """An inequality that holds at every point: ``form(at) <= 0``."""

    needs_minimiser: bool = False

    @abstractmethod
    def inequality(
        self, setting: Setting, at: int
    ) -> tuple[dict[Quantity, sympy.Expr], sympy.Expr, tuple[Relation, ...]]:
        """The terms and the constant of a form that is at most 0, and the conditions."""

    def conclude(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        self.require(setting)
        if premises:
            raise NotApplicableError(f"{self.name} takes no premises")
        if self.needs_minimiser and not setting.has_minimiser:
            raise NotApplicableError(f"{self.name} needs a minimiser x_star")
        terms, constant, conditions = self.inequality(setting, int(arguments.get("at", 0)))
        return Conclusion(OneStep(affine(terms, constant), "<="), conditions)


def positive(value: sympy.Expr) -> Relation:
    """The condition ``value > 0``."""
    return Relation(value, ">", ZERO)


def nonnegative(value: sympy.Expr) -> Relation:
    """The condition ``value >= 0``."""
    return Relation(value, ">=", ZERO)


def one_step(statement: Statement) -> OneStep:
    """The premise as a one-step statement."""
    if not isinstance(statement, OneStep):
        raise NotApplicableError("a one-step statement is expected as a premise")
    return statement


def as_form(terms: dict[Quantity, sympy.Expr], constant: sympy.Expr = ZERO) -> Affine:
    """Shorthand for :func:`affine`."""
    return affine(terms, constant)
