"""Formulas of a derivation at certain values of the indices, sums over an index included."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import sympy

from theoryck.claims.expressions import (
    Apply,
    Comparison,
    Entry,
    Expectation,
    Expr,
    Gradient,
    Iterate,
    Number,
    Over,
    Symbol,
    Value,
)
from theoryck.derive.relations import Relation
from theoryck.derive.setting import F_STAR
from theoryck.derive.symbols import ONE, ZERO, Obligation, Reader, UnreadableError
from theoryck.derive.written.language import About, Language, LineError, bounded, expand

MAX_UNROLLED = 20  # terms of a sum that are written out


@dataclass
class Reading:
    """Formulas where the indices have certain values.

    ``here`` is the index of the step that ``unfold`` writes out: the entries named there are
    replaced, at ``here + 1``, by what the step makes of the state at ``here``.
    """

    language: Language
    indices: Mapping[str, sympy.Expr]
    here: sympy.Expr | None = None
    unfold: frozenset[str] = frozenset()
    obligations: list[Obligation] = field(default_factory=list)
    names: Mapping[str, sympy.Expr] = field(default_factory=dict)

    def with_indices(self, indices: Mapping[str, sympy.Expr]) -> Reading:
        """The same place, with other values of the indices; obligations are shared."""
        return replace(self, indices=indices)

    def relation(self, statement: Comparison) -> tuple[sympy.Expr, str, sympy.Expr]:
        """The two sides of a statement."""
        left, right = map(self.read, statement.operands)
        return left, statement.relations[0], right

    def read(self, node: Expr) -> sympy.Expr:
        """The expression.

        Raises:
            LineError: a part has no meaning here.
        """
        try:
            found = self._reader().read(node)
        except UnreadableError as error:
            raise LineError(str(error)) from error
        bounded(found)
        return found

    def _reader(self) -> Reader:
        known = {**self.language.setting.domain.symbols, **self.names, **self.indices}
        reader = Reader(known, self._quantity)
        reader.obligations = self.obligations
        return reader

    def _quantity(self, node: Expr) -> sympy.Expr | None:
        language = self.language
        match node:
            case Symbol(name="f_star"):
                return F_STAR
            case Symbol(name="x_star"):
                if not language.setting.has_minimiser:
                    raise LineError("the claim says of no minimiser x_star that it exists")
                return language.minimiser
            case Symbol(name=name) if name in language.written.constants:
                return self.with_indices({}).read(language.written.constants[name])
            case Entry(name=name, index=index):
                return self._entry(name, self.read(index))
            case Iterate(index=index):
                return self._entry("x", self.read(index))
            case Value(point=point):
                return language.value(self.read(point))
            case Gradient(point=point):
                return language.gradient(self.read(point))
            case Expectation(body=body):
                return language.expected(self.read(body))
            case Over():
                return self._over(node)
            case Apply(function="sum", arguments=(inside,)):
                return language.total(self.read(inside))
            case Apply(function="dot", arguments=(left, right)):
                return language.total(self.read(left) * self.read(right))
            case Apply(function="norm", arguments=(inside,)):
                return language.norm(self.read(inside))
            case Apply(
                function="**",
                arguments=(
                    Apply(function="norm", arguments=(inside,)),
                    Number(value=exponent),
                ),
            ) if exponent in (2, 4):
                vector = self.read(inside)
                return language.total(vector * vector) ** int(exponent / 2)
        return None

    def _entry(self, name: str, index: sympy.Expr) -> sympy.Expr:
        language = self.language
        if not index.is_integer:
            raise LineError(f"the index {index} of {name} is not a whole number")
        if name in language.written.sequences:
            return self.with_indices({"k": index}).read(language.written.sequences[name])
        if not index.is_nonnegative:
            self.obligations.append(
                Obligation((Relation(index, ">=", ZERO),), f"the index of {name}")
            )
        if name in language.written.draws:
            return language.draw(language.written.draws.index(name), index)
        position = language.written.state.index(name)
        if self.here is not None and name in self.unfold and index == self.here + 1:
            traced = language.step(self.here)
            self.require(traced.tracer.needs, "a step without a value")
            after = traced.after[position]
            if any(p.symbol == after for p in traced.tracer.projections):
                raise LineError(f"{name} is a projected point, which has no formula to unfold")
            return after
        return language.entry(position, index)

    def require(self, relations: Iterable[Relation], because: str) -> None:
        """Notes what must hold for the text to have a value."""
        self.obligations += [Obligation((relation,), because) for relation in relations]

    # sums over an index

    def _over(self, node: Over) -> sympy.Expr:
        lower, upper = self.read(node.lower), self.read(node.upper)
        if not (lower.is_integer and upper.is_integer):
            raise LineError("the ends of a range are not whole numbers")
        if not lower.is_nonnegative:
            self.require([Relation(lower, ">=", ZERO)], "an index below 0")
        match node.kind:
            case "sum_over":
                return self._sum(node, lower, upper)
            case "mean_over":
                self.require([Relation(lower, "<=", upper)], "the mean of nothing")
                return self._sum(node, lower, upper) / (upper - lower + 1)
        self.require([Relation(lower, "<=", upper)], f"{node.kind} of nothing")
        running = self._running(node)
        body = self._body(node, running)
        made = f"{node.kind}({running}, {lower}, {upper}, {body})"
        degree = self.language.degree(body)
        return self.language.symbol(
            made,
            [body, lower, upper],
            nonnegative=bool(body.is_nonnegative),
            without=running,
            more=About(self.language.is_coordinate(body), degree=degree),
        )

    def _running(self, node: Over) -> sympy.Symbol:
        depth = sum(1 for value in self.indices.values() if str(value).startswith("#"))
        return self.language.index(f"#{depth}")

    def _body(self, node: Over, at: sympy.Expr) -> sympy.Expr:
        return self.with_indices({**self.indices, node.variable: at}).read(node.body)

    def _sum(self, node: Over, lower: sympy.Expr, upper: sympy.Expr) -> sympy.Expr:
        """A sum up to one before a symbol, with the terms from there on written out."""
        if (upper - lower).is_Integer:
            count = int(upper - lower) + 1
            if count > MAX_UNROLLED:
                raise LineError(f"a sum of more than {MAX_UNROLLED} written terms")
            return sympy.Add(*(self._body(node, lower + i) for i in range(count)))
        extra = upper.as_coeff_Add()[0] + 1
        if not extra.is_Integer or abs(extra) > MAX_UNROLLED:
            raise LineError(f"the last index {upper} is not a name plus a whole number")
        last = upper - extra
        first_written = upper if extra < 0 else last
        # the range must not be empty by more than the sums that are split off
        self.require([Relation(first_written, ">=", lower - 1)], "a sum that runs backwards")
        result = self._whole_sum(node, lower, last)
        for shift in range(1, int(extra) + 1):
            result += self._body(node, last + shift)
        for shift in range(int(extra) + 1, 1):
            result -= self._body(node, last + shift)
        return result

    def _whole_sum(self, node: Over, lower: sympy.Expr, upper: sympy.Expr) -> sympy.Expr:
        running = self._running(node)
        language = self.language
        body = self._body(node, running)
        bounded(body)
        result = ZERO
        for term in sympy.Add.make_args(expand(body)):
            outside, inside = ONE, ONE
            for part in sympy.Mul.make_args(term):
                if running in language.indices_of(part):
                    inside *= part
                else:
                    outside *= part
            if inside == 1:
                result += outside * (upper - lower + 1)
                continue
            sign, degree = bool(inside.is_nonnegative), language.degree(inside)
            result += outside * language.symbol(
                f"sum_over({running}, {lower}, {upper}, {inside})",
                [inside, lower, upper],
                nonnegative=sign,
                without=running,
                more=About(language.is_coordinate(inside), degree=degree),
            )
        return result
