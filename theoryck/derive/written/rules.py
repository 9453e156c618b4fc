"""The rules that a line may rest on: instances of assumptions, of inequalities, of the method.

Each is a true relation between the symbols of a derivation, under conditions that are decided
where it is used. A rule is a function of a place and its arguments; :data:`RULES` names them all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import sympy

from theoryck.claims.expressions import Entry, Expectation, Expr, Iterate, Number, Over
from theoryck.derive.relations import Relation
from theoryck.derive.setting import F_STAR
from theoryck.derive.symbols import ZERO
from theoryck.derive.written.language import LineError
from theoryck.derive.written.reading import Reading
from theoryck.derive.written.tracing import Draw, Projection, plain


@dataclass(frozen=True)
class Fact:
    """``left relation right``, true wherever the conditions hold."""

    left: sympy.Expr
    relation: str
    right: sympy.Expr
    conditions: tuple[Relation, ...] = field(default=())

    @property
    def as_relation(self) -> Relation:
        """The fact without its conditions."""
        return Relation(self.left, self.relation, self.right)


Rule = Callable[[Reading, tuple[Expr, ...]], Fact]


def _assumed(place: Reading, assumption: str, quantity: str) -> sympy.Expr:
    value = place.language.setting.constant(assumption, quantity)
    if value is None:
        raise LineError(f"{assumption} is not assumed")
    return value


def _needs(place: Reading, *assumptions: str) -> None:
    for assumption in assumptions:
        if not place.language.setting.assumes(assumption):
            raise LineError(f"{assumption} is not assumed")


def _read(place: Reading, arguments: tuple[Expr, ...], count: int) -> tuple[sympy.Expr, ...]:
    if len(arguments) != count:
        raise LineError(f"{count} arguments are needed, not {len(arguments)}")
    return tuple(map(place.read, arguments))


def smooth(place: Reading, arguments: tuple[Expr, ...]) -> Fact:
    """f(q) <= f(p) + <grad f(p), q - p> + (L/2)|q - p|^2 [Nesterov 2018, Lemma 1.2.3]."""
    p, q = _read(place, arguments, 2)
    constant, language = _assumed(place, "smooth", "L"), place.language
    slope = language.total(language.gradient(p) * (q - p))
    right = language.value(p) + slope + constant / 2 * language.total((q - p) ** 2)
    return Fact(language.value(q), "<=", right)


def smooth_gradients(place: Reading, arguments: tuple[Expr, ...]) -> Fact:
    """|grad f(p) - grad f(q)|^2 <= L^2 |p - q|^2: the definition."""
    p, q = _read(place, arguments, 2)
    constant, language = _assumed(place, "smooth", "L"), place.language
    apart = language.gradient(p) - language.gradient(q)
    return Fact(language.total(apart**2), "<=", constant**2 * language.total((p - q) ** 2))


def convex(place: Reading, arguments: tuple[Expr, ...]) -> Fact:
    """f(p) + <g, q - p> <= f(q) for the (sub)gradient g at p: the definition."""
    p, q = _read(place, arguments, 2)
    _needs(place, "convex")
    language = place.language
    slope = language.total(language.gradient(p) * (q - p))
    return Fact(language.value(p) + slope, "<=", language.value(q))


def lipschitz(place: Reading, arguments: tuple[Expr, ...]) -> Fact:
    """|grad f(p)| <= G at one point; f(p) - f(q) <= G |p - q| at two (the mean value theorem)."""
    constant, language = _assumed(place, "lipschitz", "G"), place.language
    if len(arguments) == 1:
        (p,) = _read(place, arguments, 1)
        return Fact(language.total(language.gradient(p) ** 2), "<=", constant**2)
    p, q = _read(place, arguments, 2)
    if not (language.setting.assumes("convex") or language.setting.assumes("smooth")):
        raise LineError("values are compared where f is convex or smooth")
    return Fact(language.value(p) - language.value(q), "<=", constant * language.norm(p - q))


def infimum(place: Reading, arguments: tuple[Expr, ...]) -> Fact:
    """f* <= f(p), at any point where nothing constrains the method: the definition of f*."""
    (p,) = _read(place, arguments, 1)
    language = place.language
    if language.constrained:
        raise LineError("f* is the least value on the feasible set only")
    return Fact(F_STAR, "<=", language.value(p))


def initial(place: Reading, arguments: tuple[Expr, ...]) -> Fact:
    """The n-th condition of the claim on its start, counted from 1."""
    conditions = place.language.setting.claim.initial
    match arguments:
        case (Number(value=number),) if 1 <= number <= len(conditions) and number % 1 == 0:
            condition = conditions[int(number) - 1]
            if len(condition.relations) == 1:
                return Fact(*place.relation(condition))
    raise LineError(f"the claim has {len(conditions)} single conditions on its start")


def square(place: Reading, arguments: tuple[Expr, ...]) -> Fact:
    """0 <= |v|^2."""
    (v,) = _read(place, arguments, 1)
    return Fact(ZERO, "<=", place.language.total(v**2))


def norm_squared(place: Reading, arguments: tuple[Expr, ...]) -> Fact:
    """|v| * |v| = |v|^2, the sum of the squares."""
    (v,) = _read(place, arguments, 1)
    return Fact(place.language.norm(v) ** 2, "==", place.language.total(v**2))


def cauchy_schwarz(place: Reading, arguments: tuple[Expr, ...]) -> Fact:
    """<v, w> <= |v| |w|."""
    v, w = _read(place, arguments, 2)
    language = place.language
    return Fact(language.total(v * w), "<=", language.norm(v) * language.norm(w))


def triangle(place: Reading, arguments: tuple[Expr, ...]) -> Fact:
    """|v + w + ...| <= |v| + |w| + ..."""
    vectors = _read(place, arguments, max(len(arguments), 2))
    language = place.language
    total = sympy.Add(*map(language.norm, vectors))
    return Fact(language.norm(sympy.Add(*vectors)), "<=", total)


def young(place: Reading, arguments: tuple[Expr, ...]) -> Fact:
    """a*b <= (c*a^2 + b^2/c)/2 for c > 0."""
    a, b, c = _read(place, arguments, 3)
    return Fact(a * b, "<=", (c * a**2 + b**2 / c) / 2, (Relation(c, ">", ZERO),))


def young_vectors(place: Reading, arguments: tuple[Expr, ...]) -> Fact:
    """<v, w> <= (c*|v|^2 + |w|^2/c)/2 for c > 0."""
    v, w, c = _read(place, arguments, 3)
    language = place.language
    right = (c * language.total(v**2) + language.total(w**2) / c) / 2
    return Fact(language.total(v * w), "<=", right, (Relation(c, ">", ZERO),))


def log_below(place: Reading, arguments: tuple[Expr, ...]) -> Fact:
    """1 - 1/t <= log(t) for t > 0."""
    (t,) = _read(place, arguments, 1)
    return Fact(1 - 1 / t, "<=", sympy.log(t), (Relation(t, ">", ZERO),))


def log_above(place: Reading, arguments: tuple[Expr, ...]) -> Fact:
    """log(t) <= t - 1 for t > 0."""
    (t,) = _read(place, arguments, 1)
    return Fact(sympy.log(t), "<=", t - 1, (Relation(t, ">", ZERO),))


def log_of_quotient(place: Reading, arguments: tuple[Expr, ...]) -> Fact:
    """log(a/b) = log(a) - log(b) for a, b > 0."""
    a, b = _read(place, arguments, 2)
    positive = (Relation(a, ">", ZERO), Relation(b, ">", ZERO))
    return Fact(sympy.log(a / b), "==", sympy.log(a) - sympy.log(b), positive)


def log_increases(place: Reading, arguments: tuple[Expr, ...]) -> Fact:
    """log(a) <= log(b) for 0 < a <= b."""
    a, b = _read(place, arguments, 2)
    conditions = (Relation(a, ">", ZERO), Relation(a, "<=", b))
    return Fact(sympy.log(a), "<=", sympy.log(b), conditions)


def log_of_power(place: Reading, arguments: tuple[Expr, ...]) -> Fact:
    """log(a^n) = n*log(a) for a > 0 and a whole number n."""
    a, n = _read(place, arguments, 2)
    if not n.is_Integer or abs(n) > 100:
        raise LineError("the power is a whole number of two digits")
    return Fact(sympy.log(a**n), "==", n * sympy.log(a), (Relation(a, ">", ZERO),))


def root_increases(place: Reading, arguments: tuple[Expr, ...]) -> Fact:
    """sqrt(a) <= sqrt(b) for 0 <= a <= b."""
    a, b = _read(place, arguments, 2)
    conditions = (Relation(a, ">=", ZERO), Relation(a, "<=", b))
    return Fact(sympy.sqrt(a), "<=", sympy.sqrt(b), conditions)


def least(place: Reading, arguments: tuple[Expr, ...]) -> Fact:
    """min_over(j, a, b, q(j)) <= q(i) for a <= i <= b."""
    if len(arguments) != 2 or not isinstance(arguments[0], Over):
        raise LineError("min_over(...) and an index are needed")
    over, index = arguments[0], place.read(arguments[1])
    if over.kind != "min_over":
        raise LineError("min_over(...) and an index are needed")
    lower, upper = place.read(over.lower), place.read(over.upper)
    term = place.with_indices({**place.indices, over.variable: index}).read(over.body)
    conditions = (Relation(lower, "<=", index), Relation(index, "<=", upper))
    if not index.is_integer:
        raise LineError("the index is not a whole number")
    return Fact(place.read(over), "<=", term, conditions)


def expected_sum(place: Reading, arguments: tuple[Expr, ...]) -> Fact:
    """E(sum_over(j, a, b, q)) = sum_over(j, a, b, E(q)): the expectation is linear."""
    match arguments:
        case (Over(kind="sum_over") as over,):
            inside = replace(over, body=Expectation(over.body))
            left = place.language.expected(place.read(over))
            return Fact(left, "==", place.read(inside))
    raise LineError("sum_over(...) is needed")


def step(place: Reading, arguments: tuple[Expr, ...]) -> Fact:
    """An entry of the state at the next index is what the method's step makes of it."""
    match arguments:
        case (Entry(name=name, index=at),):
            pass
        case (Iterate(index=at),):
            name = "x"
        case _:
            raise LineError("an entry of the state is needed")
    language, index = place.language, place.read(at)
    if name not in language.written.state:
        raise LineError(f"{name} is no entry of the state")
    traced = language.step(index - 1)
    position = language.written.state.index(name)
    conditions = (Relation(index, ">=", sympy.Integer(1)), *traced.tracer.needs)
    after = traced.after[position]
    if any(p.symbol == after for p in traced.tracer.projections):
        raise LineError(f"{name} is a projected point: use projection")
    return Fact(language.entry(position, index), "==", after, conditions)


def _projected(
    place: Reading, argument: Expr
) -> tuple[sympy.Expr, Projection, tuple[Relation, ...]]:
    """An entry of the state that is a projected point, from index 1 on."""
    match argument:
        case Entry(name=name, index=at) if name in place.language.written.state:
            index = place.read(at)
            traced = place.language.step(index - 1)
            after = traced.after[place.language.written.state.index(name)]
            for projection in traced.tracer.projections:
                if projection.symbol == after:
                    position = place.language.written.state.index(name)
                    symbol = place.language.entry(position, index)
                    later = Relation(index, ">=", sympy.Integer(1))
                    return symbol, projection, (later, *traced.tracer.needs)
    raise LineError("an entry of the state that is a projected point is needed")


def _feasible(place: Reading, argument: Expr) -> tuple[sympy.Expr, tuple[Relation, ...]]:
    point = place.read(argument)
    if point == place.language.minimiser:
        return point, ()
    symbol, _, conditions = _projected(place, argument)
    return symbol, conditions


def projection(place: Reading, arguments: tuple[Expr, ...]) -> Fact:
    """<w - P(w), p - P(w)> <= 0 for p in the feasible set [Nesterov 2018, Lemma 2.2.7]."""
    if len(arguments) != 2:
        raise LineError("a projected point and a feasible one are needed")
    nearest, projected, existing = _projected(place, arguments[0])
    other, conditions = _feasible(place, arguments[1])
    language = place.language
    product = language.total((projected.point - nearest) * (other - nearest))
    return Fact(product, "<=", ZERO, (*existing, *conditions))


def diameter(place: Reading, arguments: tuple[Expr, ...]) -> Fact:
    """|p - q|^2 <= D^2 for p, q in the feasible set, of which the method knows the diameter D."""
    if len(arguments) != 2:
        raise LineError("two feasible points are needed")
    (p, first), (q, second) = (_feasible(place, a) for a in arguments)
    language = place.language
    sizes = [x.diameter for x in language.step(language.index("k")).tracer.projections]
    size = language.setting.constant("bounded_domain", "D")
    size = size if size is not None else next((s for s in sizes if s is not None), None)
    if size is None:
        raise LineError("the feasible set has no known diameter")
    return Fact(language.total((p - q) ** 2), "<=", size**2, (*first, *second))


# rules of the noise: what is known before a draw goes through its expectation


def _draw(place: Reading, argument: Expr) -> tuple[sympy.Expr, Draw]:
    match argument:
        case Entry(name=name, index=at) if name in place.language.written.draws:
            index = place.read(at)
            number = place.language.written.draws.index(name)
            draws = place.language.step(index).tracer.draws
            if number < len(draws):
                if plain(draws[number].batch) != 1:
                    raise LineError("batches of draws are not read")
                place.require([Relation(index, ">=", ZERO)], "the index of a draw")
                place.require(place.language.step(index).tracer.needs, "a step without a value")
                return index, draws[number]
    raise LineError("a stochastic gradient that the derivation names is needed first")


def _known_before(place: Reading, index: sympy.Expr, *parts: sympy.Expr) -> tuple[Relation, ...]:
    """What must hold for the parts to be known before the draw of the step from an index."""
    conditions = []
    for drawn in frozenset().union(*map(place.language.drawn, parts)):
        if any(str(s).startswith("#") for s in drawn.index.free_symbols):
            raise LineError("a sum over draws is not surely known before the draw")
        sign = "<" if drawn.in_step else "<="
        conditions.append(Relation(drawn.index, sign, index))
    return tuple(conditions)


def unbiased(place: Reading, arguments: tuple[Expr, ...]) -> Fact:
    """E(<w, g>) = E(<w, grad f(x)>) for w known before g is drawn at x: the tower rule."""
    if len(arguments) != 2:
        raise LineError("a draw and a vector are needed")
    _needs(place, "unbiased")
    index, draw = _draw(place, arguments[0])
    weight, language = place.read(arguments[1]), place.language
    left = language.expected(language.total(weight * draw.symbol))
    right = language.expected(language.total(weight * language.gradient(draw.point)))
    return Fact(left, "==", right, _known_before(place, index, weight, draw.point))


def variance(place: Reading, arguments: tuple[Expr, ...]) -> Fact:
    """E(h |g - grad f(x)|^2) <= sigma^2 E(h) for h >= 0 known before g is drawn at x."""
    sigma = _assumed(place, "bounded_variance", "sigma")
    index, draw, weight = _weighted(place, arguments)
    language = place.language
    apart = language.total((draw.symbol - language.gradient(draw.point)) ** 2)
    conditions = (
        Relation(weight, ">=", ZERO),
        *_known_before(place, index, weight, draw.point),
    )
    left = language.expected(weight * apart)
    return Fact(left, "<=", sigma**2 * language.expected(weight), conditions)


def second_moment(place: Reading, arguments: tuple[Expr, ...]) -> Fact:
    """E(h |g|^2) <= G^2 E(h) for h >= 0 known before g is drawn."""
    bound = _assumed(place, "bounded_second_moment", "G")
    index, draw, weight = _weighted(place, arguments)
    language = place.language
    conditions = (
        Relation(weight, ">=", ZERO),
        *_known_before(place, index, weight, draw.point),
    )
    left = language.expected(weight * language.total(draw.symbol**2))
    return Fact(left, "<=", bound**2 * language.expected(weight), conditions)


def _weighted(place: Reading, arguments: tuple[Expr, ...]) -> tuple[sympy.Expr, Draw, sympy.Expr]:
    if len(arguments) != 2:
        raise LineError("a draw and a weight are needed")
    index, draw = _draw(place, arguments[0])
    weight = place.read(arguments[1])
    if place.language.is_coordinate(weight):
        raise LineError("the weight is a scalar")
    return index, draw, weight


def bounded_samples(place: Reading, arguments: tuple[Expr, ...]) -> Fact:
    """|g| <= G for a draw, almost surely; |grad f(p)| <= G at a point, by Jensen's inequality."""
    bound, language = _assumed(place, "bounded_samples", "G"), place.language
    if len(arguments) != 1:
        raise LineError("a draw or a point is needed")
    match arguments[0]:
        case Entry(name=name) if name in language.written.draws:
            _, draw = _draw(place, arguments[0])
            return Fact(language.total(draw.symbol**2), "<=", bound**2)
    _needs(place, "unbiased")
    gradient = language.gradient(place.read(arguments[0]))
    return Fact(language.total(gradient**2), "<=", bound**2)


def bounded_coordinate(place: Reading, arguments: tuple[Expr, ...]) -> Fact:
    """Each coordinate of a draw or of a gradient is at most G in size, as the whole vector is."""
    whole = bounded_samples(place, arguments)
    language = place.language
    match arguments[0]:
        case Entry(name=name) if name in language.written.draws:
            vector: sympy.Expr = _draw(place, arguments[0])[1].symbol
        case _:
            vector = language.gradient(place.read(arguments[0]))
    return Fact(vector**2, "<=", whole.right)


RULES: Mapping[str, Rule] = MappingProxyType(
    {
        rule.__name__: rule
        for rule in (
            *(smooth, smooth_gradients, convex, lipschitz, infimum, initial),
            *(square, norm_squared, cauchy_schwarz, triangle, young, young_vectors),
            *(log_below, log_above, log_of_quotient, log_increases, log_of_power),
            *(root_increases, least, expected_sum, step, projection, diameter),
            *(unbiased, variance, second_moment, bounded_samples, bounded_coordinate),
        )
    }
)
