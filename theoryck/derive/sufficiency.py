"""Proofs that a formula is in a class on a whole box, for all parameters or at given ones."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

import sympy

from theoryck.claims.claim import AssumptionUse
from theoryck.claims.expressions import Expr, Number
from theoryck.claims.printing import to_text
from theoryck.derive.boxed import Problem
from theoryck.derive.composition import Composition, without_squares
from theoryck.derive.criteria import (
    DOMINATION,
    LOCAL,
    Constants,
    Goal,
    Smooth,
    gradient_dominates,
    kl,
    quadratic_growth,
)
from theoryck.derive.decide import Proved, decide
from theoryck.derive.domain import Domain
from theoryck.derive.elementary import algebraic
from theoryck.derive.printing import to_claim_text
from theoryck.derive.relations import Relation
from theoryck.derive.subdivision import Settled, nonnegative_on
from theoryck.derive.symbols import ZERO, Obligation, Reader
from theoryck.errors import TheoryckError

KINKS = frozenset({"abs", "min", "max", "relu"})
JUMPS = frozenset({"sign", "ceil", "floor"})
CUTS = (4, 32)  # beyond which an unbounded side is left to algebra
ALGEBRA_SHARE = 0.4  # of the time that is left, for one question
Point = tuple[Fraction, ...]


@dataclass(frozen=True)
class Shown:
    """The assumption holds; the lines say why."""

    lines: tuple[str, ...]


@dataclass(frozen=True)
class NotShown:
    """It may or may not hold."""

    reason: str


def shown(
    problem: Problem, use: AssumptionUse, lows: tuple[Point, ...], deadline: float
) -> Shown | NotShown:
    """Whether the assumption holds on the whole box.

    Args:
        problem: from :func:`problem_of`.
        use: the assumption.
        lows: points where the formula may have its minimum.
        deadline: a value of ``time.monotonic()``.
    """
    try:
        return _shown(problem, use, lows, deadline)
    except TheoryckError as error:
        return NotShown(str(error))


def _shown(
    problem: Problem, use: AssumptionUse, lows: tuple[Point, ...], deadline: float
) -> Shown | NotShown:
    name = use.assumption.name
    composed = _composed(problem, use)
    if composed is not None:
        return composed
    if any(v.shape for v in problem.arrays):
        return NotShown(f"no rule proves {name} of this function of vectors, at every size")
    if problem.functions & JUMPS:
        return NotShown(f"the formula has jumps ({', '.join(sorted(problem.functions & JUMPS))})")
    if problem.functions & KINKS:
        return _two_points(problem, use, deadline)
    constants, needed = problem.constants(use)
    missing = _obligations(problem, (*problem.obligations, *needed), deadline)
    if missing is not None:
        return NotShown(missing)
    f = problem.derivatives()
    if name in LOCAL:
        return _all(problem, name, LOCAL[name](f, constants), deadline)
    if name == "quadratic":
        return _quadratic(f)
    reason = f"no rule for {name}"
    for goals in _about_minimum(problem, f, name, constants, lows):
        answer = _all(problem, name, goals, deadline)
        if isinstance(answer, Shown):
            return answer
        reason = answer.reason
    return NotShown(reason)


def _about_minimum(
    problem: Problem, f: Smooth, name: str, constants: Constants, lows: tuple[Point, ...]
) -> Iterator[tuple[Goal, ...]]:
    """The goals for each number that may be the minimum."""
    points = list(_minimisers(problem, f, lows))
    if name == "quadratic_growth":
        for point in points:
            yield quadratic_growth(f, point, constants["mu"])
        return
    places = [dict(zip(f.variables, point, strict=True)) for point in points]
    for lowest in dict.fromkeys([*(sympy.simplify(f.value.subs(p)) for p in places), ZERO]):
        if name in DOMINATION:
            yield gradient_dominates(f, lowest, DOMINATION[name](constants))
        elif name == "kl":
            goals = kl(f, lowest, constants)
            if goals is not None:
                yield goals


def _minimisers(
    problem: Problem, f: Smooth, lows: tuple[Point, ...]
) -> Iterator[tuple[sympy.Expr, ...]]:
    """Where the gradient is zero, if it is linear in one variable, and the low points."""
    if len(f.variables) == 1:
        (x,) = f.variables
        slope = sympy.expand(f.gradient[0])
        if slope.is_polynomial(x) and sympy.degree(slope, x) == 1:
            inside = not any(x in (r.left, r.right) for r in problem.domain.relations)
            if inside:  # no end of the box is in its way
                yield (sympy.cancel(-slope.coeff(x, 0) / slope.coeff(x, 1)),)
    for low in lows[:3]:
        yield tuple(sympy.Rational(c.numerator, c.denominator) for c in low)


def sole_minimiser(
    problem: Problem, use: AssumptionUse, lows: tuple[Point, ...], deadline: float
) -> Point | None:
    """The point of ``lows`` that is proved to be the only minimiser, or None.

    It is if f grows from it at least as a multiple of the squared distance.
    """
    try:
        constants, needed = problem.constants(use)
        missing = _obligations(problem, (*problem.obligations, *needed), deadline)
        arrays = any(v.shape for v in problem.arrays)
        if missing is not None or arrays or problem.functions & (KINKS | JUMPS):
            return None
        f = problem.derivatives()
        for low in lows[:2]:
            point = tuple(sympy.Rational(c.numerator, c.denominator) for c in low)
            for share in (2, 8, 64):
                goals = quadratic_growth(f, point, constants["mu"] / share)
                positive = Goal("mu", constants["mu"])
                if _holds(problem, Relation(positive.expr, ">", ZERO), deadline) and isinstance(
                    _all(problem, "growth", goals, deadline), Shown
                ):
                    return low
    except TheoryckError:
        return None
    return None


def _quadratic(f: Smooth) -> Shown | NotShown:
    plain = sympy.expand(f.value)
    if plain.is_polynomial(*f.variables) and sympy.Poly(plain, *f.variables).total_degree() <= 2:
        return Shown((f"quadratic: {to_claim_text(plain)} has degree at most 2   [exact algebra]",))
    return NotShown("it is not seen to be a polynomial of degree 2")


def _all(problem: Problem, name: str, goals: tuple[Goal, ...], deadline: float) -> Shown | NotShown:
    lines = []
    for goal in goals:
        how = _nonnegative(problem, goal.expr, deadline)
        if how is None:
            return NotShown(f"{goal.name} is not proved to be nonnegative everywhere")
        lines.append(f"{name}: {goal.name}: {_brief(goal.expr)} >= 0   [{how}]")
    return Shown(tuple(lines))


def _brief(expr: sympy.Expr) -> str:
    text = to_claim_text(expr)
    return text if len(text) <= 160 else f"{text[:150]} ..."


def _obligations(
    problem: Problem, obligations: tuple[Obligation, ...], deadline: float
) -> str | None:
    """Why something may have no value, or no derivatives, somewhere; None if it has."""
    for obligation in obligations:
        if not any(_holds(problem, r, deadline) for r in obligation.alternatives):
            return f"{obligation.because} is not ruled out: {obligation} is not proved"
    return None


def _holds(problem: Problem, relation: Relation, deadline: float) -> str | None:
    gap = relation.left - relation.right
    match relation.sign:
        case ">=" | "<=":
            return _nonnegative(problem, gap if relation.sign == ">=" else -gap, deadline)
        case ">" | "<":
            return _nonnegative(problem, gap if relation.sign == ">" else -gap, deadline, True)
        case "!=":
            return (
                _nonnegative(problem, gap, deadline, True)
                or _nonnegative(problem, -gap, deadline, True)
                or _by_algebra(problem.domain, relation, deadline)
            )
    return _by_algebra(problem.domain, relation, deadline)


def _nonnegative(
    problem: Problem, expr: sympy.Expr, deadline: float, strict: bool = False
) -> str | None:
    """How ``expr >= 0`` (``> 0``) is proved on the whole domain, or None."""
    relation = Relation(expr, ">" if strict else ">=", ZERO)
    how = _by_algebra(problem.domain, relation, deadline)
    if how is not None or problem.box is None:
        return how
    answer = nonnegative_on(expr, problem.box, deadline, strict=strict)
    if isinstance(answer, Settled):
        return str(answer)
    return _beyond(problem, relation, deadline, strict)


def _by_algebra(domain: Domain, relation: Relation, deadline: float) -> str | None:
    """Exact algebra and z3, with exponentials and trigonometric functions as unknowns."""
    now = time.monotonic()
    until = now + ALGEBRA_SHARE * max(deadline - now, 0.0)
    reading = algebraic(relation.left)
    plain = reading.expressions[0]
    unknowns = tuple(sorted((s for r in reading.relations for s in r.symbols), key=str))
    wider = domain.with_symbols(*unknowns).where(*reading.relations) if unknowns else domain
    forms = [plain] if plain.is_rational_function() is False else [sympy.factor(plain), plain]
    for form in dict.fromkeys(forms):
        decision = decide(Relation(form, relation.sign, relation.right), wider, until, points=())
        if isinstance(decision, Proved):
            return decision.how
    if unknowns:
        decision = decide(relation, domain, until, points=())
        if isinstance(decision, Proved):
            return decision.how
    return None


def _beyond(problem: Problem, relation: Relation, deadline: float, strict: bool) -> str | None:
    """Balls near zero and algebra far from it, for one variable on an unbounded side."""
    assert problem.box is not None
    if len(problem.variables) != 1:
        return None
    (x,) = problem.variables
    low, high = problem.box[x]
    if low is not None and high is not None:
        return None
    for cut in map(sympy.Integer, CUTS):
        near = (
            Fraction(-int(cut)) if low is None else low,
            Fraction(int(cut)) if high is None else high,
        )
        if near[0] >= near[1]:
            continue
        inner = nonnegative_on(relation.left, {x: near}, deadline, strict=strict)
        if not isinstance(inner, Settled):
            continue
        tails = []
        if high is None:
            tails.append(problem.domain.where(Relation(x, ">=", cut)))
        if low is None:
            tails.append(problem.domain.where(Relation(x, "<=", -cut)))
        how = [_by_algebra(tail, relation, deadline) for tail in tails]
        if None not in how:
            return f"{inner} between {near[0]} and {near[1]}; beyond, {how[0]}"
    return None


def _composed(problem: Problem, use: AssumptionUse) -> Shown | None:
    """Convexity by composition; squares are set against the modulus of strong or weak convexity."""
    name = use.assumption.name
    if name not in ("convex", "strongly_convex", "weakly_convex"):
        return None
    constants, needed = problem.constants(use)
    modulus = constants.get("mu", -constants.get("rho", ZERO))
    rest, squares = problem.function, dict[str, Fraction]()
    if modulus != 0:
        dimensions = {v.name: len(v.shape) for v in problem.arrays}
        found, squares = without_squares(problem.function, dimensions)
        rest = found if found is not None else Number(Fraction(0))
    if needed or not isinstance(modulus, sympy.Rational):
        return None
    least = min((squares.get(v.name, Fraction(0)) for v in problem.arrays), default=Fraction(0))
    if 2 * least < Fraction(int(modulus.p), int(modulus.q)):
        return None
    composition = Composition(frozenset(v.name for v in problem.arrays), _sign_of(problem))
    if not composition.shape(rest).is_convex:
        return None
    what = to_text(rest) if modulus == 0 else f"the function less {modulus}/2 of its square norm"
    return Shown((f"{name}: {what} is convex by its composition   [convex composition rules]",))


def _sign_of(problem: Problem) -> Callable[[Expr], int | None]:
    def sign(expr: Expr) -> int | None:
        try:
            value = Reader(problem.symbols).read(expr)
        except TheoryckError:
            return None
        if value.is_zero:
            return 0
        return 1 if value.is_positive else -1 if value.is_negative else None

    return sign


def _two_points(problem: Problem, use: AssumptionUse, deadline: float) -> Shown | NotShown:
    """Formulas with kinks, from the definition with two points: no second derivative is used.

    A measurable function that is midpoint convex is convex (Sierpinski 1920); a gradient formula
    that is Lipschitz where it is asked is continuous, so it is the gradient at the kinks too.
    """
    name = use.assumption.name
    if len(problem.variables) > 2:
        return NotShown("a formula with kinks in more than two variables")
    constants, needed = problem.constants(use)
    missing = _obligations(problem, (*problem.obligations, *needed), deadline)
    if missing is not None:
        return NotShown(missing)
    others = tuple(sympy.Symbol(f"{v.name}'", real=True) for v in problem.variables)
    renamed = dict(zip(problem.variables, others, strict=True))
    wide = problem.domain.with_symbols(*others)
    wide = wide.where(
        *(
            Relation(r.left.xreplace(renamed), r.sign, r.right.xreplace(renamed))
            for r in problem.domain.relations
            if r.symbols & set(problem.variables)
        )
    )
    goals = _two_point_goals(problem, name, constants, others)
    if not goals:
        return NotShown(f"a formula with kinks, and no rule for {name} of those")
    hows = []
    for goal in goals:
        how = _by_algebra(wide, Relation(goal.expr, ">=", ZERO), deadline)
        if how is None:
            return NotShown(f"{goal.name} is not proved to be nonnegative")
        hows.append(f"{name}: {goal.name}: {_brief(goal.expr)} >= 0   [{how}]")
    return Shown(tuple(hows))


def _two_point_goals(
    problem: Problem, name: str, constants: Constants, others: tuple[sympy.Symbol, ...]
) -> tuple[Goal, ...]:
    x, f = problem.variables, problem.value
    there = f.subs(dict(zip(x, others, strict=True)), simultaneous=True)
    middle = f.subs({a: (a + b) / 2 for a, b in zip(x, others, strict=True)}, simultaneous=True)
    squared = sum(((a - b) ** 2 for a, b in zip(x, others, strict=True)), ZERO)
    amounts = {
        "convex": lambda: ZERO,
        "strongly_convex": lambda: constants["mu"],
        "weakly_convex": lambda: -constants["rho"],
    }
    if name in amounts:
        gap = (f + there) / 2 - middle - amounts[name]() * squared / 8
        return (Goal("the mean of two values less the value in the middle", gap),)
    if name == "lipschitz":
        bound = constants["G"]
        apart = bound**2 * squared - (f - there) ** 2
        return Goal("G", bound), Goal("G**2 times the squared distance less the change", apart)
    if name == "smooth" and len(x) == 1:
        bound, slope = constants["L"], problem.derivatives().gradient[0]
        beside = problem.derivatives(others).gradient[0]
        apart = bound**2 * squared - (slope - beside) ** 2
        return Goal("L", bound), Goal("L**2 times the squared distance less the change", apart)
    return ()
