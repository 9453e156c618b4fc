"""Which assumptions an example satisfies, as conditions on the parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import sympy

from theoryck.derive.lower.families import Example
from theoryck.derive.relations import Relation
from theoryck.derive.setting import Setting
from theoryck.derive.symbols import ONE, ZERO, Reader, UnreadableError

Constants = Mapping[str, sympy.Expr]
Conditions = tuple[Relation, ...]

HALF = sympy.Rational(1, 2)


def _below(value: sympy.Expr | None, bound: sympy.Expr) -> Conditions | None:
    return None if value is None else (Relation(value, "<=", bound),)


def _above(value: sympy.Expr | None, bound: sympy.Expr) -> Conditions | None:
    return None if value is None else (Relation(value, ">=", bound),)


def _kl(example: Example, constants: Constants) -> Conditions | None:
    """‖∇f‖ = √(2m)·√(f − f*) for a quadratic of curvature m."""
    if example.growth is None or not example.is_quadratic:
        return None
    return (
        Relation(constants["alpha"], "==", HALF),
        Relation(constants["c"], ">=", ZERO),
        Relation(constants["c"] ** 2, "<=", 2 * example.growth),
    )


def _l0_l1(example: Example, constants: Constants) -> Conditions | None:
    if not example.is_quadratic or example.smoothness is None:
        return None
    return (
        Relation(example.smoothness, "<=", constants["L0"]),
        Relation(constants["L1"], ">=", ZERO),
    )


MEMBERSHIPS: Mapping[str, Callable[[Example, Constants], Conditions | None]] = {
    "convex": lambda e, c: () if e.convex else None,
    "strongly_convex": lambda e, c: _above(e.growth, c["mu"]),
    "weakly_convex": lambda e, c: (Relation(c["rho"], ">=", ZERO),) if e.convex else None,
    "quadratic": lambda e, c: () if e.is_quadratic else None,
    "smooth": lambda e, c: _below(e.smoothness, c["L"]),
    "l0_l1_smooth": _l0_l1,
    "lipschitz": lambda e, c: _below(e.slope, c["G"]),
    "pl": lambda e, c: _above(e.growth, c["mu"]),
    "error_bound": lambda e, c: None if e.growth is None else _above(2 * e.growth, c["delta"]),
    "kl": _kl,
    "quadratic_growth": lambda e, c: _above(e.growth, c["mu"]),
    "hessian_lipschitz": lambda e, c: (Relation(c["rho"], ">=", ZERO),) if e.is_quadratic else None,
    # without noise, and with n equal terms
    "unbiased": lambda e, c: (),
    "interpolation": lambda e, c: (),
    "bounded_variance": lambda e, c: (),
    "heavy_tailed": lambda e, c: (),
    "strong_growth": lambda e, c: (Relation(c["rho"], ">=", ONE),),
    "bounded_second_moment": lambda e, c: _below(e.slope, c["G"]),
    "finite_sum": lambda e, c: (Relation(c["n"], ">=", ONE),),
}


def membership(example: Example, setting: Setting) -> Conditions | None:
    """What makes the example satisfy every assumption of the claim; None where it does not.

    An assumption that is not in the table is taken not to hold.
    """
    reader = Reader(setting.domain.symbols)
    found: list[Relation] = []
    for use in setting.claim.assumptions:
        rule = MEMBERSHIPS.get(use.assumption.name)
        if rule is None:
            return None
        try:
            constants = {name: reader.read(value) for name, value in use.arguments.items()}
        except UnreadableError:
            return None
        conditions = rule(example, constants)
        if conditions is None:
            return None
        found += conditions
    return tuple(found)


__all__ = ["MEMBERSHIPS", "membership"]
