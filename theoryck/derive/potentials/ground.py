"""What a search for potentials starts from, and how an inequality that it guesses is proved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, product
from typing import Any

import sympy

from theoryck.derive.potentials.extremal import AffineRun, affine_run, curvatures
from theoryck.derive.potentials.multipliers import Point, Vector, find_multipliers
from theoryck.derive.potentials.numbers import RationalFunctions
from theoryck.derive.potentials.rules import Case, Interpolated
from theoryck.derive.potentials.step import TracedPoints, traced_points
from theoryck.derive.proof import Workshop
from theoryck.derive.relations import Relation
from theoryck.derive.rules.base import NotApplicableError, Rule
from theoryck.derive.sampling import sample_points
from theoryck.derive.setting import ITERATION, Stuck
from theoryck.derive.statements import Affine
from theoryck.errors import InexactError

TRIED_POINTS = 5
MAX_PROOFS = 2  # of one inequality, with different multipliers


Powers = tuple[tuple[sympy.Expr, sympy.Symbol], ...]


@dataclass(frozen=True)
class Part:
    """``form <= 0`` is to be shown where ``premises`` hold; it is tight along the kernel."""

    form: Affine
    kernel: tuple[Vector, ...]
    premises: tuple[Relation, ...] = ()


@dataclass(frozen=True)
class Ground:
    """One step, and one point, where the class holds more than one curvature.

    ``apart`` says that the least curvature is less than the greatest, where the domain does not;
    ``same`` is then the rest of the domain, on which f is one quadratic.
    """

    workshop: Workshop
    numbers: RationalFunctions
    step: TracedPoints
    point: TracedPoints
    apart: tuple[Relation, ...] = ()
    same: tuple[Relation, ...] = ()

    @classmethod
    def of(cls, workshop: Workshop) -> Ground:
        """The ground of a claim.

        Raises:
            Stuck: the step has no reading in rational functions.
        """
        setting = workshop.setting
        lower, upper = setting.constant("strongly_convex", "mu"), setting.constant("smooth", "L")
        try:
            return cls._over(workshop, ())
        except Stuck:
            if lower is None or upper is None:
                raise
        return cls._over(workshop, (Relation(lower, "<", upper),), (Relation(lower, "==", upper),))

    @classmethod
    def _over(
        cls,
        workshop: Workshop,
        apart: tuple[Relation, ...],
        same: tuple[Relation, ...] = (),
        powers: Powers = (),
    ) -> Ground:
        setting = workshop.setting
        numbers = RationalFunctions.over(setting.domain.where(*apart), powers)
        step, point = (traced_points(setting, numbers, count) for count in (2, 1))
        return cls(workshop, numbers, step, point, apart, same)

    def with_powers(self, powers: Powers) -> Ground:
        """The same ground, its coefficients with the powers ``base**exponent`` among them."""
        return self._over(self.workshop, self.apart, self.same, powers)

    @property
    def curvatures(self) -> tuple[Any, Any]:
        """The least and the greatest curvature, None where there is no bound."""
        return curvatures(self.step, self.numbers)

    def run(self, traced: TracedPoints, c: Any) -> AffineRun | None:
        """The run of curvature c, or None with the reason noted."""
        try:
            return affine_run(traced, c, self.numbers)
        except Stuck as stuck:
            self.workshop.failures.append(str(stuck))
            return None

    def points(self, *premises: Relation) -> tuple[Point, ...]:
        """A few points of the domain, k among the symbols."""
        domain = self.workshop.setting.domain.with_symbols(ITERATION).where(*premises)
        return tuple(islice(sample_points(domain), TRIED_POINTS))

    def prove(self, parts: Sequence[Part]) -> Iterator[int]:
        """Steps that say that the form is at most 0, the parts together being the domain."""
        choices = [list(islice(self._cases(part), MAX_PROOFS)) for part in parts]
        for cases in product(*choices):
            number = self.attempt(Interpolated(), cases=(*cases, *self._degenerate(parts[0].form)))
            if number is not None:
                yield number

    def _cases(self, part: Part) -> Iterator[Case]:
        traced = self.step if any(q.at for q in part.form.quantities) else self.point
        premises = (*part.premises, *self.apart)
        points = self.points(*premises)
        try:
            target = traced.form(part.form, self.numbers) * -1
        except InexactError as error:
            self.workshop.failures.append(str(error))
            return
        for found in find_multipliers(target, traced.slacks, part.kernel, points, self.numbers):
            multipliers = tuple((n, self.numbers.expression(m)) for n, m in found.items())
            yield Case(part.form, multipliers, premises, points)

    def _degenerate(self, form: Affine) -> tuple[Case, ...]:
        if not self.same:
            return ()
        return (Case(form, None, self.same, self.points(*self.same)),)

    def attempt(self, rule: Rule, *premises: int, **arguments: Any) -> int | None:
        """The new step's number, or None with the reason noted."""
        try:
            return self.workshop.add(rule, *premises, **arguments)
        except (NotApplicableError, Stuck) as error:
            self.workshop.failures.append(str(error))
            return None
