"""What a link's proof can make positive: the potentials and inequalities that leave room to round.

In the remainder of a proof the square of every vector must get a positive coefficient from
somewhere, the value of f must cancel, and the constant must not be negative. What has no source
would have to vanish in every proof (as the square of a subgradient does where nothing bounds it);
left out, the remaining program has an interior, and its solutions can be rounded.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from theoryck.algebra import Form, Leaf
from theoryck.assumptions.base import Slack
from theoryck.certificates.documents import as_float
from theoryck.certificates.links import Seen

ONE = "1"
Name = str | tuple[str, str]  # of a coefficient of a potential: a value, a pair of vectors, or ONE


@dataclass(frozen=True)
class Watch:
    """What a potential looks at in a state: names of vectors and of values, and the constant."""

    vectors: tuple[str, ...]
    values: tuple[str, ...]
    constant: bool

    @property
    def names(self) -> tuple[Name, ...]:
        """The names of the potential's coefficients."""
        pairs = [(u, v) for i, u in enumerate(self.vectors) for v in self.vectors[i:]]
        return (*self.values, *pairs, *((ONE,) if self.constant else ()))

    def forms(self, seen: Seen) -> list[Form]:
        """What the coefficients multiply."""
        return [
            seen.product(*name)
            if isinstance(name, tuple)
            else seen.one
            if name == ONE
            else seen.values[name]
            for name in self.names
        ]

    def leaves(self, seen: Seen) -> tuple[tuple[Leaf, ...], ...]:
        """The leaves of which each of these forms is the product; none where it is of no one."""
        return tuple(
            tuple(leaf for part in name for leaf in _single(seen.vectors[part].coefficients))
            if isinstance(name, tuple)
            else ()
            if name == ONE
            else _single(seen.values[name].linear)
            for name in self.names
        )


def _single(coefficients: Mapping[Leaf, object]) -> tuple[Leaf, ...]:
    return tuple(coefficients) if len(coefficients) == 1 else ()


def supported(
    seen: Seen, without: frozenset[str], slacks: Sequence[Slack], others: Sequence[Form]
) -> Watch:
    """What the potential of the state ``seen`` may look at, beside those ``without``.

    Args:
        seen: the state after a link, or the first state.
        slacks: the inequalities of that link.
        others: the potential before it, or the bound.
    """
    watch = Watch(
        tuple(name for name in seen.vectors if name not in without), tuple(seen.values), True
    )
    while True:
        kept = useful(slacks, [*others, *watch.forms(seen)])
        sources = _Sources.of(kept, others)
        smaller = Watch(
            tuple(v for v in watch.vectors if seen.vectors[v].coefficients.keys() <= sources.free),
            tuple(v for v in watch.values if seen.values[v].linear.keys() <= sources.raised),
            watch.constant and sources.constant,
        )
        if smaller == watch:
            return watch
        watch = smaller


def useful(slacks: Sequence[Slack], others: Sequence[Form]) -> list[Slack]:
    """The inequalities that a proof with room on all sides can use."""
    kept = list(slacks)
    while True:
        sources = _Sources.of(kept, others)
        less = [slack for slack in kept if sources.allow(slack)]
        if len(less) == len(kept):
            return kept
        kept = less


@dataclass(frozen=True)
class _Sources:
    """Vectors whose squares may get a positive coefficient, values with a positive and with a
    negative one, and whether the constant may be positive."""

    free: frozenset[Leaf]
    raised: frozenset[Leaf]
    lowered: frozenset[Leaf]
    constant: bool

    @staticmethod
    def of(slacks: Iterable[Slack], others: Iterable[Form]) -> _Sources:
        free: set[Leaf] = set()
        raised: set[Leaf] = set()
        lowered: set[Leaf] = set()
        constant = False
        for form in others:
            free.update(leaf for pair in form.quadratic for leaf in pair)
            raised.update(form.linear)
            lowered.update(form.linear)
            constant = constant or as_float(form.constant) > 0
        for slack in slacks:
            form = slack.form()
            for (u, v), coefficient in form.quadratic.items():
                if u is v and (slack.equality or as_float(coefficient) < 0):
                    free.add(u)
            for leaf, coefficient in form.linear.items():
                if slack.equality or as_float(coefficient) < 0:
                    raised.add(leaf)
                if slack.equality or as_float(coefficient) > 0:
                    lowered.add(leaf)
            if as_float(form.constant) < 0 or (slack.equality and as_float(form.constant) != 0):
                constant = True
        return _Sources(frozenset(free), frozenset(raised), frozenset(lowered), constant)

    def allow(self, slack: Slack) -> bool:
        """Whether a positive multiple of the inequality can be made up for."""
        form = slack.form()
        return (
            all(leaf in self.free for pair in form.quadratic for leaf in pair)
            and all(leaf in self.raised and leaf in self.lowered for leaf in form.linear)
            and (self.constant or as_float(form.constant) <= 0)
        )
