"""``heavy_ball(step=1/L, momentum=0)`` and ``smooth(L)``: named things with arguments."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from theoryck.assumptions.base import Assumption
from theoryck.claims.claim import AssumptionUse, MethodUse
from theoryck.claims.expressions import Expr
from theoryck.claims.fields import string
from theoryck.claims.grammar import Reader, parse_python, suggestion
from theoryck.claims.lexing import scan
from theoryck.claims.limits import check_constants, check_ranges, constant_value
from theoryck.claims.scopes import SCALAR, Scope
from theoryck.claims.shapes import check_shape
from theoryck.errors import ClaimError, Place
from theoryck.methods.base import Method


@dataclass(frozen=True)
class Slot:
    """An argument that a call may or must give, and the names its expression may use."""

    name: str
    required: bool
    scope: Scope


def read_method(
    value: Any, place: Place, parameters: Scope, methods: Mapping[str, Method]
) -> MethodUse:
    """A method with its arguments, such as ``"gradient_descent(step=1/L)"``.

    Raises:
        ClaimError: the method is unknown, or an argument is missing, unknown or malformed.
    """
    call = _Call.read(string(value, place), place)
    method = call.find(methods, "method")
    slots = [
        Slot(
            argument.name,
            argument.default is None,
            parameters.about(
                f"the argument {argument.name} of {method.name}", ("k",) if argument.varies else ()
            ),
        )
        for argument in method.arguments
    ]
    return MethodUse(method, call.bind(slots))


def read_assumption(
    value: Any, place: Place, parameters: Scope, assumptions: Mapping[str, Assumption]
) -> AssumptionUse:
    """An assumption with its parameters, such as ``"smooth(L)"`` or ``"convex"``.

    Raises:
        ClaimError: the assumption is unknown, an argument is missing, unknown or malformed, or a
            number is given that is surely negative where a positive one must stand.
    """
    call = _Call.read(string(value, place), place)
    assumption = call.find(assumptions, "assumption")
    slots = [
        Slot(q.name, True, parameters.about(f"the parameter {q.name} of {assumption.name}"))
        for q in assumption.quantities
    ]
    arguments = call.bind(slots)
    for quantity in assumption.quantities:
        known = constant_value(arguments[quantity.name])
        if quantity.positive and known is not None and known < 0:
            raise ClaimError(
                f"{assumption.name}: {quantity.name} is negative",
                replace(place, column=arguments[quantity.name].column),
                f"{quantity.name} must be positive",
            )
    return AssumptionUse(assumption, arguments)


@dataclass(frozen=True)
class _Call:
    """A name with arguments that are not read yet."""

    name: str
    node: ast.expr
    positional: Sequence[ast.expr]
    named: Sequence[ast.keyword]
    reader: Reader

    @staticmethod
    def read(text: str, place: Place) -> _Call:
        source = scan(text, place)
        node = parse_python(source)
        reader = Reader(source, Scope("the call"))
        match node:
            case ast.Name(id=name):
                return _Call(name, node, (), (), reader)
            case ast.Call(func=ast.Name(id=name)):
                return _Call(name, node, node.args, node.keywords, reader)
            case ast.Tuple() | ast.BoolOp():
                raise reader.error("several things where one belongs", node, "make it a list")
        raise reader.error("no name with arguments", node, "write name(argument=value)")

    def find(self, known: Mapping[str, Any], what: str) -> Any:
        if self.name in known:
            return known[self.name]
        near = suggestion(self.name, list(known))
        listed = f"the {what}s are {', '.join(sorted(known))}"
        raise self.reader.error(f"unknown {what} {self.name!r}", self.node, near or listed)

    def bind(self, slots: Sequence[Slot]) -> Mapping[str, Expr]:
        """The arguments by name, in the order of the slots."""
        names = [slot.name for slot in slots]
        form = f"{self.name}({', '.join(names)})"
        if len(self.positional) > len(slots):
            extra = self.positional[len(slots)]
            raise self.reader.error(
                f"{self.name} takes {len(slots)} arguments, got {len(self.positional)}",
                extra,
                f"write {form}",
            )
        given = dict(zip(names, self.positional, strict=False))
        for keyword in self.named:
            if keyword.arg is None:
                raise self.reader.error("** in a call", keyword, f"write {form}")
            if keyword.arg not in names:
                near = suggestion(keyword.arg, names)
                raise self.reader.error(
                    f"{self.name} has no argument {keyword.arg!r}", keyword, near or f"write {form}"
                )
            if keyword.arg in given:
                raise self.reader.error(f"{keyword.arg} is given twice", keyword, f"write {form}")
            given[keyword.arg] = keyword.value
        for slot in slots:
            if slot.required and slot.name not in given:
                raise self.reader.error(
                    f"{self.name} needs {slot.name}", self.node, f"write {form}"
                )
        return MappingProxyType(
            {
                slot.name: self.argument(given[slot.name], slot)
                for slot in slots
                if slot.name in given
            }
        )

    def argument(self, node: ast.expr, slot: Slot) -> Expr:
        place = self.reader.source.place
        expr = Reader(self.reader.source, slot.scope).term(node)
        check_shape(expr, slot.scope, place, SCALAR)
        check_constants(expr, place)
        check_ranges(expr, {}, place)
        return expr
