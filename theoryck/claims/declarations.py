"""What a claim declares: its parameters with their domains, its variables with their shapes."""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from theoryck.claims.claim import Parameter, Variable
from theoryck.claims.expressions import Apply, Comparison, Condition, Conjunction, Symbol
from theoryck.claims.fields import InvalidTable, each, shown, string, table
from theoryck.claims.grammar import parse_condition
from theoryck.claims.scopes import CONSTANTS, FUNCTIONS, RUN, SCALAR, Scope, Shape
from theoryck.errors import ClaimError, Place

RUN_WORDS = RUN | CONSTANTS | {"k"}
"""What no parameter of a claim about a run may be called."""

MEANINGS = {
    "k": "the iteration in a step; a horizon is called N",
    "E": "the expectation",
    "f": "the function",
    "grad": "its gradient",
    "x": "the iterates",
    "f_star": "the infimum of f",
    "x_star": "a minimiser of f",
    "pi": "the number",
    "oo": "infinity",
}
INTEGER = re.compile(r"\s*integer\s*(,|$)")
WORDS = {
    "positive": "> 0",
    "nonnegative": ">= 0",
    "non-negative": ">= 0",
    "negative": "< 0",
}


def check_name(name: str, place: Place, reserved: Iterable[str]) -> None:
    """Refuse a name that expressions cannot use.

    Raises:
        ClaimError: it is no identifier, a word of Python's syntax, or has a meaning already.
    """
    if keyword.iskeyword(name):
        raise ClaimError(
            f"{name!r} is a word of Python's syntax, which expressions use",
            place,
            f"call it {name[:3] if name == 'lambda' else name + '_'}",
        )
    if name.isidentifier() and unicodedata.normalize("NFKC", name) != name:
        plain = unicodedata.normalize("NFKC", name)
        raise ClaimError(f"{name!r} is read as {plain!r} in formulas", place, f"write {plain!r}")
    if not name.isidentifier():
        raise ClaimError(
            f"{shown(name)} is no name", place, "use letters, digits and _, a letter first"
        )
    if name in FUNCTIONS:
        raise ClaimError(f"{name} is a function of the claim language", place, "call it otherwise")
    if name in reserved:
        problem = f"{name} has a meaning of its own here: {MEANINGS[name]}"
        raise ClaimError(problem, place, "call it otherwise")


def read_parameters(value: Any, place: Place, reserved: frozenset[str]) -> dict[str, Parameter]:
    """The parameters by name; a constraint may name the other parameters too.

    Raises:
        InvalidTable: with an error for each parameter that is wrong.
    """
    declared = table(value, place)
    scope = parameter_scope(declared)
    parameters, errors = {}, []
    for name, constraint in declared.items():
        here = replace(place, key=f"{place.key}.{name}")
        try:
            check_name(name, here, reserved)
            parameters[name] = read_parameter(name, constraint, here, scope)
        except ClaimError as error:
            errors.append(error)
    if errors:
        raise InvalidTable(errors)
    return parameters


def parameter_scope(declared: Any) -> Scope:
    """The names of a parameter table, before anything else in it is known to be right.

    >>> sorted(parameter_scope({"N": "integer, N >= 1", "L": "L > 0"}).integers)
    ['N']
    """
    names = declared if isinstance(declared, Mapping) else {}
    return Scope(
        where="a constraint",
        shapes=dict.fromkeys(names, SCALAR),
        integers=frozenset(
            name for name, text in names.items() if isinstance(text, str) and INTEGER.match(text)
        ),
    )


def read_parameter(name: str, constraint: Any, place: Place, scope: Scope) -> Parameter:
    """One parameter, of a constraint such as ``"integer, N >= 1"`` (``""``: any real)."""
    if not isinstance(constraint, str):
        raise ClaimError(
            f"a constraint in quotes is needed, got {shown(constraint)}",
            place,
            f'write {name} = "{name} > 0"; values are given in `at`',
        )
    text = string(constraint, place)
    match = INTEGER.match(text)
    if match:
        text = " " * match.end() + text[match.end() :]
    if not text.strip():
        if match and match.group(1):
            raise ClaimError("nothing after `integer,`", place, f"write integer, {name} >= 1")
        return Parameter(name, None, bool(match))
    if text.strip() in WORDS:
        raise ClaimError(
            f"{text.strip()!r} is no comparison", place, f"write {name} {WORDS[text.strip()]}"
        )
    if re.search(r",\s*integer\s*$", text):
        raise ClaimError("`integer` comes first", place, f"write integer, {name} >= 1")
    condition = parse_condition(text, place=place, scope=scope)
    return Parameter(name, without_infinity(condition), bool(match))


def without_infinity(condition: Condition) -> Condition | None:
    """A condition without its ends ``< oo`` and ``-oo <``, which every real satisfies.

    >>> from theoryck.claims import Scope, parse_condition, to_text
    >>> to_text(without_infinity(parse_condition("0 < R < oo", scope=Scope("", {"R": ()}))))
    '0 < R'
    """
    if isinstance(condition, Conjunction):
        parts = [without_infinity(part) for part in condition.parts]
        kept = tuple(part for part in parts if isinstance(part, Comparison))
        return (Conjunction(kept, condition.column) if len(kept) > 1 else kept[0]) if kept else None
    operands, relations = condition.operands, condition.relations
    top, bottom = Symbol("oo"), Apply("neg", (Symbol("oo"),))
    if (relations[-1] in ("<", "<=") and operands[-1] == top) or (
        relations[-1] in (">", ">=") and operands[-1] == bottom
    ):
        operands, relations = operands[:-1], relations[:-1]
    if relations and (
        (relations[0] in ("<", "<=") and operands[0] == bottom)
        or (relations[0] in (">", ">=") and operands[0] == top)
    ):
        operands, relations = operands[1:], relations[1:]
    return Comparison(operands, relations, condition.column) if relations else None


def read_variables(value: Any, place: Place, reserved: Iterable[str]) -> tuple[Variable, ...]:
    """Variables, scalars unless a shape is given.

    Spellings: ``["x", "y"]``, ``["v: d", "W: m x n"]``, ``"x, y"``, and a table
    ``{x = "scalar", v = "d", W = "m x n", u = [3], A = ["m", 2]}``. A dimension is a name or a
    positive integer.
    """
    if isinstance(value, Mapping):
        pairs = list(table(value, place).items())
        variables = tuple(
            Variable(name, read_shape(shape, replace(place, key=f"{place.key}.{name}")))
            for name, shape in pairs
        )
    else:
        listed = value.split(",") if isinstance(value, str) else value
        variables = each(listed, place, _variable)
    if not variables:
        raise ClaimError("no variables", place, 'write variables = ["x"]')
    names = [variable.name for variable in variables]
    for name in names:
        if names.count(name) > 1:
            raise ClaimError(f"the variable {name} is declared twice", place)
        check_name(name, place, reserved)
    return variables


def _variable(value: Any, place: Place) -> Variable:
    name, colon, shape = string(value, place).partition(":")
    if not colon:
        return Variable(name.strip(), SCALAR)
    return Variable(name.strip(), read_shape(shape, place))


def read_shape(value: Any, place: Place) -> Shape:
    """A shape: ``"scalar"``, ``"d"``, ``"m x n"``, ``3`` or ``["m", 3]``.

    >>> read_shape("m x n", Place())
    ('m', 'n')
    """
    remedy = 'write "scalar", "d" for a vector, "m x n" for a matrix'
    if isinstance(value, str):
        text = re.sub(r"^\s*(vector|matrix)\s+|^\s*R\^", "", value).strip().strip("(){}")
        if text in ("", "scalar", "real", "number", "R"):
            return SCALAR
        if text in ("vector", "matrix"):
            raise ClaimError(f"a {text} of no dimensions", place, remedy)
        parts: list[Any] = [part for part in re.split(r"\s+x\s+|\s*[×,]\s*", text) if part]
    elif isinstance(value, int) and not isinstance(value, bool):
        parts = [value]
    elif isinstance(value, list | tuple):
        parts = list(value)
    else:
        raise ClaimError(f"{shown(value)} is no shape", place, remedy)
    if len(parts) > 2:
        raise ClaimError("a shape of more than two dimensions", place, remedy)
    return tuple(_dimension(part, place, remedy) for part in parts)


def _dimension(part: Any, place: Place, remedy: str) -> str | int:
    if isinstance(part, str) and part.isdecimal() and part.isascii() and len(part) < 7:
        part = int(part)
    if isinstance(part, int) and not isinstance(part, bool) and 0 < part <= 10**6:
        return part
    if isinstance(part, str) and part.isidentifier() and part != "x":
        return part
    raise ClaimError(f"{shown(part)} is no dimension", place, remedy)
