"""From where on a claim fails: bisection between an instance that is proved and one refuted.

Every point that is looked at is proved by a certificate or refuted by a witness, so that both ends
of the interval that is told are certain. What happens between them, and beyond, is not said.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from theoryck.claims.arithmetic import Rationals, to_fraction
from theoryck.claims.claim import RateClaim
from theoryck.claims.evaluate import Environment, evaluate
from theoryck.claims.expressions import Expr, Number, Symbol, walk
from theoryck.claims.printing import to_text
from theoryck.claims.sampling import admissible
from theoryck.errors import TheoryckError
from theoryck.verdict import Finding, Instance, Status

CLOSE = Fraction(1, 1000)  # relative width of the interval that is told
STEPS = 24  # instances looked at on the way
SIDES = (Fraction(1, 2), Fraction(1, 4), Fraction(3, 4))  # where an interval is divided
DECIDED = (Status.PROVED, Status.REFUTED)

Values = Mapping[str, Fraction]
Look = Callable[[Mapping[str, Expr]], Instance]


@dataclass(frozen=True)
class Threshold:
    """The claim holds at ``holds`` and fails at ``fails``, which differ in one parameter."""

    parameter: str
    holds: Fraction
    fails: Fraction
    others: Values
    instances: tuple[Instance, Instance]

    def finding(self) -> Finding:
        """The same in words."""
        fixed = ", ".join(f"{name} = {_text(value)}" for name, value in self.others.items())
        message = (
            f"{f'with {fixed}, ' if fixed else ''}the claim is proved at {self.parameter} = "
            f"{_text(self.holds)} and refuted at {self.parameter} = {_text(self.fails)}: it "
            "starts to fail in between"
        )
        return Finding("fails-from", message)


@dataclass(frozen=True)
class _End:
    values: Values
    instance: Instance


class _Search:
    """Looks at instances, each once, at most STEPS of them and until the deadline."""

    def __init__(
        self, claim: RateClaim, look: Look, deadline: float, known: Sequence[_End]
    ) -> None:
        self.claim = claim
        self.look = look
        self.deadline = deadline
        self.known = list(known)
        self.left = STEPS

    def at(self, values: Values) -> _End | None:
        """The instance, if it is proved or refuted."""
        for end in self.known:
            if end.values == values:
                return end if end.instance.status in DECIDED else None
        if self.left == 0 or time.monotonic() > self.deadline:
            return None
        if not admissible(self.claim, values):
            return None
        self.left -= 1
        end = _End(values, self.look({name: Number(value) for name, value in values.items()}))
        self.known.append(end)
        return end if end.instance.status in DECIDED else None


def threshold(
    claim: RateClaim,
    instances: Sequence[tuple[Mapping[str, Expr], Instance]],
    look: Look,
    deadline: float,
) -> Threshold | None:
    """Where the claim starts to fail, if it holds at one of the instances and fails at another.

    Instances that differ in several parameters are joined by changing these one after another.

    Args:
        claim: the claim.
        instances: what was looked at, with what was found there.
        look: looks at one more instance.
        deadline: a ``time.monotonic()`` value; what is known then is told.
    """
    ends = [_End(values, i) for at, i in instances if (values := _rational(at)) is not None]
    search = _Search(claim, look, deadline, ends)
    proved = [end for end in ends if end.instance.status is Status.PROVED]
    refuted = [end for end in ends if end.instance.status is Status.REFUTED]
    pairs = [(p, r) for p in proved for r in refuted]
    for first, last in sorted(pairs, key=lambda pair: len(_differing(*pair))):
        for order in _orders(claim, _differing(first, last)):
            bracket = _flip(search, first, last, order)
            if bracket is not None:
                return _narrowed(search, *bracket)
    return None


def _rational(at: Mapping[str, Expr]) -> dict[str, Fraction] | None:
    try:
        return {
            name: to_fraction(evaluate(value, Environment(), Rationals()))
            for name, value in at.items()
        }
    except TheoryckError:
        return None


def _differing(first: _End, last: _End) -> list[str]:
    return [name for name, value in first.values.items() if value != last.values[name]]


def _orders(claim: RateClaim, differing: list[str]) -> Iterator[list[str]]:
    """The constants of the class first, then the horizon, the method's own parameters last: what
    changes last is most likely what the failure depends on."""

    def named(uses: Sequence[Mapping[str, Expr]]) -> set[str]:
        exprs = (expr for arguments in uses for expr in arguments.values())
        return {n.name for expr in exprs for n in walk(expr) if isinstance(n, Symbol)}

    of_class = named([use.arguments for use in claim.assumptions])
    of_method = named([claim.method.arguments])

    def rank(name: str) -> tuple[bool, bool]:
        return name in of_method - of_class, claim.parameters[name].integer

    ordered = sorted(differing, key=rank)
    for turn in range(len(ordered)):
        yield [*ordered[turn:], *ordered[:turn]]


def _flip(
    search: _Search, first: _End, last: _End, order: list[str]
) -> tuple[str, _End, _End] | None:
    """The step at which a walk from one end to the other passes from proved to refuted."""
    here = first
    for name in order:
        there = search.at({**here.values, name: last.values[name]})
        if there is None:
            return None
        if there.instance.status is Status.REFUTED:
            return name, here, there
        here = there
    return None


def _narrowed(search: _Search, name: str, holds: _End, fails: _End) -> Threshold:
    integer = search.claim.parameters[name].integer
    while True:
        low, high = holds.values[name], fails.values[name]
        width = abs(high - low)
        if width <= (1 if integer else CLOSE * max(abs(low), abs(high))):
            break
        end = None
        for side in SIDES:
            value = _between(low, high, side, integer)
            end = None if value is None else search.at({**holds.values, name: value})
            if end is not None:
                break
        if end is None:
            break
        if end.instance.status is Status.PROVED:
            holds = end
        else:
            fails = end
    others = {other: value for other, value in holds.values.items() if other != name}
    return Threshold(
        parameter=name,
        holds=holds.values[name],
        fails=fails.values[name],
        others=others,
        instances=(holds.instance, fails.instance),
    )


def _between(low: Fraction, high: Fraction, side: Fraction, integer: bool) -> Fraction | None:
    """A number near low + side·(high − low), as short as an eighth of the width allows."""
    low, high = min(low, high), max(low, high)
    middle, reach = low + side * (high - low), (high - low) / 8
    if integer:
        whole = Fraction(round(middle))
        return whole if low < whole < high else None
    return shortest(middle - reach, middle + reach)


def shortest(low: Fraction, high: Fraction) -> Fraction:
    """The number with the fewest decimals in [low, high], low < high.

    >>> shortest(Fraction(2, 3), Fraction(7, 10))
    Fraction(7, 10)
    """
    unit = Fraction(1)
    while (number := ceil(low / unit) * unit) > high:
        unit /= 10
    return number


def _text(value: Fraction) -> str:
    return to_text(Number(value))
