"""Other bounds for the same claim, which the derived ones prove."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import combinations, islice
from math import inf, log

import sympy

from theoryck.claims.arithmetic import Floats
from theoryck.claims.expressions import Apply, Expr, Number, Order
from theoryck.claims.printing import to_text
from theoryck.derive.comparisons import follows
from theoryck.derive.exact import equal
from theoryck.derive.measure import Target
from theoryck.derive.printing import tidy
from theoryck.derive.proof import Workshop
from theoryck.derive.recheck import recheck
from theoryck.derive.rules.base import NotApplicableError
from theoryck.derive.rules.orders import bounded_in
from theoryck.derive.sampling import sample_points
from theoryck.derive.setting import (
    START_DISTANCE,
    START_GAP,
    START_GRADIENT,
    OutOfTime,
    Setting,
    start_quantity,
)
from theoryck.derive.statements import Bound
from theoryck.derive.symbols import ONE, Reader, UnreadableError
from theoryck.derive.trees import substituted, tree_of
from theoryck.derive.values import Point, value
from theoryck.errors import ClaimError, TheoryckError

MAX_BOUNDS = 4  # derived bounds that a changed one is compared with
MAX_POINTS = 24  # at which a change is tried before it is asked to be proved
ROUNDING = 1e-9
FACTORS = tuple(
    map(Fraction, ("5/4", "4/3", "3/2", "2", "5/2", "3", "4", "5", "6", "8", "9", "10", "12"))
) + tuple(map(Fraction, ("16", "20", "24", "32", "48", "64", "100", "128", "1000")))
PL_CONSTANTS = {"pl": "mu", "error_bound": "delta"}


@dataclass(frozen=True)
class Change:
    """A bound in the place of the claimed one, and what was changed, in words."""

    bound: Expr
    words: str


def derived_numbers(setting: Setting, target: Target, tried: Workshop) -> tuple[int, ...]:
    """Steps that bound what is measured in the claim's own symbols, the smallest bounds first."""
    starts = frozenset({START_GAP, START_DISTANCE, START_GRADIENT})
    known = frozenset(setting.domain.symbols.values())
    if isinstance(setting.claim.bound, Order):
        known |= starts
    else:
        known -= starts - setting.bound.free_symbols
    wanted = replace(target.measured, root=False)
    found: dict[sympy.Expr, int] = {}
    for step in tried.steps:
        statement = step.statement
        if not isinstance(statement, Bound) or not statement.bound.free_symbols <= known:
            continue
        measured = replace(statement.measured, root=False)
        same = measured == wanted or (
            target.at_average and replace(measured, aggregate=wanted.aggregate) == wanted
        )
        if same:
            found.setdefault(statement.bound, step.number)
    points = tuple(islice(sample_points(setting.domain.with_symbols(*known)), MAX_POINTS))
    sizes = {bound: _size(bound, points) for bound in found}
    return tuple(found[bound] for bound in sorted(found, key=sizes.__getitem__))[:MAX_BOUNDS]


def _size(bound: sympy.Expr, points: tuple[Point, ...]) -> float:
    """The mean of the logarithm at some points, by which bounds are put in order."""
    total, count = 0.0, 0
    for point in points:
        try:
            size = float(value(bound, point, Floats()))
        except (TheoryckError, KeyError, ArithmeticError):
            continue
        if size > 0:
            total, count = total + log(size), count + 1
    return total / count if count else inf


def changed_bounds(
    setting: Setting, target: Target, tried: Workshop, deadline: float
) -> Iterator[str]:
    """Suggestions of other bounds, the smallest changes first."""
    numbers = derived_numbers(setting, target, tried)
    if not numbers:
        return
    points = tuple(islice(sample_points(setting.domain), MAX_POINTS))
    derived = [_derived(tried, number, target) for number in numbers]
    for group in (
        _shifts(setting),
        _conventions(setting),
        _factors(setting, derived, points),
        _exchanges(setting),
    ):
        for change in group:
            if time.monotonic() > deadline:
                return
            changed = with_bound(setting, change.bound)
            if changed is None or not any(_plausible(d, changed, points) for d in derived):
                continue
            if _proved(changed, target, tried, numbers, deadline):
                claim = setting.claim
                yield (
                    f"{to_text(claim.measure)} <= {to_text(change.bound)} is proved: {change.words}"
                )
                break


def with_bound(setting: Setting, bound: Expr) -> Setting | None:
    """The setting of the claim with another bound, or None where that has no reading."""
    claim = replace(setting.claim, bound=bound, relation="<=")
    reader = Reader(setting.domain.symbols, start_quantity)
    body = bound.body if isinstance(bound, Order) else bound
    try:
        read = reader.read(body)
    except UnreadableError:
        return None
    return replace(setting, claim=claim, bound=read)


def _derived(tried: Workshop, number: int, target: Target) -> sympy.Expr:
    statement = tried.statement(number)
    assert isinstance(statement, Bound)  # by the choice of the number
    if target.measured.root:
        return sympy.sqrt(target.scale**2 * statement.bound)
    return target.scale * statement.bound + target.offset


def _plausible(derived: sympy.Expr, changed: Setting, points: tuple[Point, ...]) -> bool:
    """Whether the derived bound is at most the changed one at a few points, in floats."""
    for point in points:
        try:
            left, right = (float(value(e, point, Floats())) for e in (derived, changed.bound))
        except (TheoryckError, KeyError, ArithmeticError):
            continue
        if left > right + ROUNDING * abs(right):
            return False
    return True


def _proved(
    changed: Setting,
    target: Target,
    tried: Workshop,
    numbers: tuple[int, ...],
    deadline: float,
) -> bool:
    workshop = Workshop(changed, deadline, steps=list(tried.steps))
    for number in numbers:
        try:
            last = follows(workshop, number, target)
        except OutOfTime:
            return False
        if last is not None:
            return recheck(workshop.derivation(last), changed, deadline) is None
    return False


def _shifts(setting: Setting) -> Iterator[Change]:
    """The horizon one later or one earlier in the bound."""
    bound = setting.claim.bound
    for parameter in setting.claim.parameters.values():
        if not parameter.integer or parameter.name not in _names(setting):
            continue
        for by, sign in ((1, "-"), (1, "+")):
            tree = tree_of(
                setting.domain.symbols[parameter.name] + (by if sign == "+" else -by),
                setting.claim.parameters,
            )
            words = f"with {parameter.name} {sign} {by} in place of {parameter.name}"
            yield Change(_simplified(substituted(bound, {parameter.name: tree}), setting), words)


def _conventions(setting: Setting) -> Iterator[Change]:
    """The constant of the PL inequality with and without its half."""
    bound, symbols = setting.claim.bound, setting.domain.symbols
    for assumption, quantity in PL_CONSTANTS.items():
        constant = setting.constant(assumption, quantity)
        if constant is None or not constant.is_Symbol or constant.name not in _names(setting):
            continue
        for changed in (constant / 2, 2 * constant):
            tree = tree_of(changed, symbols)
            words = (
                f"{to_text(tree)} in place of {constant.name}, as in the other convention of the "
                "PL inequality (here pl(mu) is error_bound(2*mu))"
            )
            yield Change(_simplified(substituted(bound, {constant.name: tree}), setting), words)


def _factors(
    setting: Setting, derived: list[sympy.Expr], points: tuple[Point, ...]
) -> Iterator[Change]:
    """The claimed bound times a constant; a product of parameters that it lacks."""
    claimed = setting.bound
    exact = _constant_ratio(derived, claimed)
    if exact is not None:
        yield _times(setting, exact)
    least = min((_largest_ratio(d, claimed, points) for d in derived), default=None)
    if least is not None:
        enough = [f for f in FACTORS if float(f) >= least * (1 - ROUNDING) and f != exact]
        for factor in enough[:3]:
            yield _times(setting, factor)
    for bound in derived[:1]:
        ratio = tidy(sympy.powsimp(sympy.cancel(sympy.expand_power_base(bound / claimed))))
        if _is_product(ratio) and ratio.free_symbols:
            words = f"the claimed bound lacks the factor {to_text(tree_of(ratio, _all(setting)))}"
            yield Change(tree_of(tidy(bound), _all(setting)), words)


def _is_product(ratio: sympy.Expr) -> bool:
    factors = sympy.Mul.make_args(ratio)
    return all(
        f.is_Rational or f.is_Symbol or (f.is_Pow and f.base.is_Atom and f.exp.is_Rational)
        for f in factors
    )


def _constant_ratio(derived: list[sympy.Expr], claimed: sympy.Expr) -> Fraction | None:
    ratios = [sympy.simplify(bound / claimed) for bound in derived if claimed != 0]
    constants = [Fraction(int(r.p), int(r.q)) for r in ratios if isinstance(r, sympy.Rational)]
    return min((c for c in constants if c > 1), default=None)


def _largest_ratio(derived: sympy.Expr, claimed: sympy.Expr, points: tuple[Point, ...]) -> float:
    """An estimate from below; infinite where the claimed bound is zero and the other is not."""
    largest = 1.0
    for point in points:
        try:
            above, below = (float(value(e, point, Floats())) for e in (derived, claimed))
        except (TheoryckError, KeyError, ArithmeticError):
            continue
        if below > 0:
            largest = max(largest, above / below)
        elif above > 0:
            return inf
    return largest


def _times(setting: Setting, factor: Fraction) -> Change:
    number: Expr = Number(Fraction(factor.numerator))
    if factor.denominator != 1:
        number = Apply("/", (number, Number(Fraction(factor.denominator))))
    product = _simplified(Apply("*", (number, setting.claim.bound)), setting)
    return Change(product, f"{factor} times the claimed bound")


def _exchanges(setting: Setting) -> Iterator[Change]:
    """Two constants of the bound exchanged."""
    symbols = setting.domain.symbols
    named = [
        p.name
        for p in setting.claim.parameters.values()
        if not p.integer and p.name in _names(setting)
    ]
    for first, second in combinations(named, 2):
        trees = {
            first: tree_of(symbols[second], symbols),
            second: tree_of(symbols[first], symbols),
        }
        words = f"with {first} and {second} exchanged"
        yield Change(substituted(setting.claim.bound, trees), words)


def _simplified(bound: Expr, setting: Setting) -> Expr:
    """The bound in its shortest form, as it stands where it has no other."""
    changed = with_bound(setting, bound)
    if changed is None or isinstance(bound, Order):
        return bound
    try:
        shorter = tree_of(tidy(changed.bound), _all(setting))
    except ClaimError:
        return bound
    return shorter if len(to_text(shorter)) <= len(to_text(bound)) + 2 else bound


def _all(setting: Setting) -> list[str]:
    return [name for name in setting.domain.symbols if name.isidentifier()]


def _names(setting: Setting) -> frozenset[str]:
    return frozenset(s.name for s in setting.bound.free_symbols)


def changed_orders(
    setting: Setting, target: Target, tried: Workshop, deadline: float
) -> Iterator[str]:
    """The smallest power of the horizon for which an order is proved."""
    name = setting.claim.limit.partition("->")[0].strip()
    symbol = setting.domain.symbols.get(name)
    if symbol is None or not isinstance(setting.claim.bound, Order):
        return
    numbers = derived_numbers(setting, target, tried)
    powers = [sympy.Rational(p, 4) for p in range(12, -5, -1)]
    for power in powers:
        order = symbol**-power
        if not any(_of_order(_derived(tried, n, target) / order, symbol) for n in numbers):
            continue
        if equal(order, setting.bound) or time.monotonic() > deadline:
            return
        bound = Order("O", tree_of(order if power else ONE, setting.domain.symbols))
        changed = with_bound(setting, bound)
        if changed is not None and _proved(changed, target, tried, numbers, deadline):
            yield f"{to_text(setting.claim.measure)} <= {to_text(bound)} is proved"
        return


def _of_order(ratio: sympy.Expr, symbol: sympy.Symbol) -> bool:
    try:
        bounded_in(ratio, symbol)
    except NotApplicableError:
        return False
    return True
