"""Claims about one function given by a formula: membership in a class, and its derivative."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from theoryck.claims.claim import AssumptionUse, GradientClaim, MembershipClaim, Variable
from theoryck.claims.declarations import read_variables
from theoryck.claims.expressions import Expr
from theoryck.claims.fields import Fields, InvalidTable, formula, shown, table
from theoryck.claims.grammar import parse_expression, suggestion
from theoryck.claims.instances import check_meaning, check_positive
from theoryck.claims.limits import constant_value
from theoryck.claims.scopes import CONSTANTS, SCALAR, Arithmetic, Scope
from theoryck.claims.shapes import check_shape, describe, same_shape
from theoryck.errors import ClaimError, Place

End = Expr | None
Domain = Mapping[str, tuple[End, End]]

WHOLE: tuple[End, End] = (None, None)
INFINITE = {"oo", "-oo", "+oo", "inf", "-inf", "+inf"}


def array_scope(where: str, parameters: Scope, variables: tuple[Variable, ...]) -> Scope:
    """Parameters, variables, and the dimensions of the variables as whole numbers."""
    dimensions = {d for v in variables for d in v.shape if isinstance(d, str)}
    shapes = {
        **dict.fromkeys(dimensions, SCALAR),
        **parameters.shapes,
        **{variable.name: variable.shape for variable in variables},
    }
    return Scope(where, shapes, parameters.integers | dimensions, CONSTANTS, Arithmetic.ARRAYS)


def read_membership(
    fields: Fields,
    parameters: Scope,
    common: Mapping[str, Any],
    read_assumptions: Callable[[Any, Place], tuple[AssumptionUse, ...]],
) -> MembershipClaim:
    """Does this function satisfy these assumptions on its domain?"""
    variables, function = _function(fields, parameters)
    assumptions = fields.read("assumptions", read_assumptions)
    whole: Domain = MappingProxyType({v.name: WHOLE for v in variables})
    domain = fields.optional("domain", lambda v, p: _domain(v, p, variables, parameters), whole)
    fields.close()
    ends = tuple(end for pair in domain.values() for end in pair if end is not None)
    check_meaning(common["at"], {"domain": ends}, fields.place)
    check_positive(common["at"], assumptions, fields.place)
    return MembershipClaim(
        **common, function=function, variables=variables, domain=domain, assumptions=assumptions
    )


def read_gradient(fields: Fields, parameters: Scope, common: Mapping[str, Any]) -> GradientClaim:
    """Is this the derivative of this function?

    One formula stands for the only variable of its shape; otherwise a table (or a list in the
    order of the variables) says which formula belongs to which variable.
    """
    variables, function = _function(fields, parameters)
    derivative = fields.read(
        "derivative", lambda value, place: _derivative(value, place, variables, parameters)
    )
    fields.close()
    return GradientClaim(**common, function=function, variables=variables, derivative=derivative)


def _function(fields: Fields, parameters: Scope) -> tuple[tuple[Variable, ...], Expr]:
    variables = fields.read("variables", lambda v, place: read_variables(v, place, CONSTANTS))
    if fields.failed("variables"):
        fields.close()  # the names in the formula would all be unknown
    for variable in variables:
        if variable.name in parameters.shapes:
            problem = f"{variable.name} is a parameter too"
            fields.fail("variables", ClaimError(problem, None, "rename one of them"))
        if any(variable.name in other.shape for other in variables):
            problem = f"{variable.name} is a dimension too"
            fields.fail("variables", ClaimError(problem, None, "rename one of them"))
    scope = array_scope("the function", parameters, variables)
    function = fields.read(
        "function",
        lambda value, place: parse_expression(formula(value, place), place=place, scope=scope),
    )
    return variables, function


def _domain(value: Any, place: Place, variables: tuple[Variable, ...], scope: Scope) -> Domain:
    names = [variable.name for variable in variables]
    if value == "R":
        return MappingProxyType(dict.fromkeys(names, WHOLE))
    if isinstance(value, list) and len(names) == 1:
        value = {names[0]: value}
    remedy = 'write domain = "R" or domain = { x = [-1, 1] }'
    if not isinstance(value, Mapping):
        raise ClaimError(f"{shown(value)} is no domain", place, remedy)
    pairs: dict[str, tuple[End, End]] = dict.fromkeys(names, WHOLE)
    for name, entry in table(value, place).items():
        here = replace(place, key=f"{place.key}.{name}")
        if name not in pairs:
            near = suggestion(name, names)
            raise ClaimError(f"{name} is no variable", here, near or remedy)
        if entry == "R":
            continue
        if not isinstance(entry, list | tuple) or len(entry) != 2:
            raise ClaimError(f"{shown(entry)} is no interval", here, "write [lo, hi]")
        low, high = (_end(end, here, scope) for end in entry)
        known = [constant_value(end) if end is not None else None for end in (low, high)]
        if None not in known and known[0] > known[1]:  # type: ignore[operator]
            raise ClaimError("an empty interval", here, "write [lo, hi] with lo <= hi")
        pairs[name] = (low, high)
    return MappingProxyType(pairs)


def _end(value: Any, place: Place, scope: Scope) -> End:
    text = str(value) if isinstance(value, str | float) else formula(value, place)
    if text.strip() in INFINITE:
        return None
    return parse_expression(
        formula(value, place), place=place, scope=scope.about("an end of the domain")
    )


def _derivative(
    value: Any, place: Place, variables: tuple[Variable, ...], parameters: Scope
) -> Mapping[str, Expr]:
    scope = array_scope("the derivative", parameters, variables)
    shapes = {variable.name: variable.shape for variable in variables}

    def read(text: Any, here: Place) -> Expr:
        return parse_expression(formula(text, here), place=here, scope=scope, shape=None)

    if isinstance(value, list | tuple):
        if len(value) != len(variables):
            raise ClaimError(f"{len(value)} formulas for {len(variables)} variables", place)
        value = dict(zip(shapes, value, strict=True))
    if not isinstance(value, Mapping):
        expr = read(value, place)
        shape = check_shape(expr, scope, place)
        fitting = [name for name in shapes if same_shape(shapes[name], shape)]
        if len(fitting) != 1:
            what = "no variable is" if not fitting else f"{' and '.join(fitting)} are each"
            raise ClaimError(
                f"the formula is {describe(shape)}, and {what} so",
                place,
                "give a table: derivative = { x = ..., y = ... }",
            )
        return MappingProxyType({fitting[0]: expr})
    result, errors = {}, []
    for name, text in table(value, place).items():
        here = replace(place, key=f"{place.key}.{name}")
        try:
            if name not in shapes:
                raise ClaimError(f"{name} is no variable", here, suggestion(name, list(shapes)))
            result[name] = read(text, here)
            check_shape(result[name], scope, here, shapes[name])
        except ClaimError as error:
            errors.append(error.at(here))
    if errors:
        raise InvalidTable(errors)
    if not result:
        raise ClaimError("an empty table", place, "give a formula for a variable")
    return MappingProxyType(result)
