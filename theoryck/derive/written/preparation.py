"""What is found out of the method before the lines of a derivation are read."""

from __future__ import annotations

import sympy

from theoryck.claims.derivations import Written
from theoryck.derive.decide import Proved, decide
from theoryck.derive.relations import Relation
from theoryck.derive.setting import Setting, is_random
from theoryck.derive.symbols import ONE, ZERO
from theoryck.derive.written.language import About, Language, LineError

SQUARE_INTEGRABLE = ("bounded_variance", "bounded_second_moment", "strong_growth")
ROUNDS = 3  # after which a degree that still grows is taken to be infinite


def language_of(setting: Setting, written: Written, deadline: float) -> Language:
    """The language of a derivation: which entries of the state are vectors, which are never

    negative, and how many factors without bound they have.

    Raises:
        LineError: the method's step has no formulas here, or the state another size.
    """
    language = Language(setting, written, is_random(setting))
    if setting.assumes("bounded_samples"):
        language.draw_degree = ZERO
    elif any(setting.assumes(name) for name in SQUARE_INTEGRABLE):
        language.draw_degree = ONE
    language.start = _start(language)
    language.vectors = frozenset(
        position for position, entry in enumerate(language.start) if language.is_coordinate(entry)
    )
    k = language.index("k")
    language.constrained = bool(language.step(k).tracer.projections)
    language.traced.clear()
    for _ in written.state:
        language.vectors |= frozenset(
            position
            for position, entry in enumerate(language.step(k).after)
            if language.is_coordinate(entry)
        )
        language.traced.clear()
    _find_signs(language, k, deadline)
    if language.random:
        _find_degrees(language, k)
        if language.degrees[0] != 0 and not _square_integrable_anywhere(setting):
            # the variance is about a gradient whose own size is not known to be integrable
            language.draw_degree = sympy.oo
            _find_degrees(language, k)
    return language


def _square_integrable_anywhere(setting: Setting) -> bool:
    """Whether a stochastic gradient has a second moment wherever the random iterate is."""
    return any(
        setting.assumes(name) for name in ("bounded_samples", "bounded_second_moment", "lipschitz")
    )


def _start(language: Language) -> tuple[sympy.Expr, ...]:
    tracer = language.tracer(ZERO)
    start = language.symbol("x[0]", more=About(coordinate=True))
    use = language.setting.claim.method
    state = use.method.first_state(tracer.term(start))
    entries = state if isinstance(state, tuple) else (state,)
    if len(entries) != len(language.written.state):
        raise LineError(
            f"the state of {use.method.name} has {len(entries)} entries, and "
            f"{len(language.written.state)} are named"
        )
    return tuple(tracer.term(entry).expression for entry in entries)


def _find_signs(language: Language, k: sympy.Symbol, deadline: float) -> None:
    """The entries that start at 0 or above and stay there, by induction on the step."""
    candidates = frozenset(i for i, e in enumerate(language.start) if e.is_nonnegative)
    while candidates:
        language.nonnegative = candidates
        language.traced.clear()
        after = language.step(k).after
        kept = frozenset(i for i in candidates if _nonnegative(after[i], language, deadline))
        if kept == candidates:
            return
        candidates = kept
    language.nonnegative = frozenset()
    language.traced.clear()


def _nonnegative(expr: sympy.Expr, language: Language, deadline: float) -> bool:
    if expr.is_nonnegative:
        return True
    domain = language.setting.domain.with_symbols(*expr.free_symbols)
    goal = Relation(expr, ">=", ZERO)
    return isinstance(decide(goal, domain, deadline, points=()), Proved)


def _find_degrees(language: Language, k: sympy.Symbol) -> None:
    """x stays in a bounded set if each step has bounded length; the rest grows with the draws."""
    degrees = dict.fromkeys(range(len(language.start)), ZERO)
    for _ in range(ROUNDS):
        language.degrees = degrees
        language.traced.clear()
        after = language.step(k).after
        found = {position: language.degree(entry) for position, entry in enumerate(after)}
        moved = language.total((after[0] - language.entry(0, k)) ** 2)
        found[0] = ZERO if language.degree(moved) == 0 else sympy.oo
        if found == degrees:
            return
        degrees = {p: sympy.Max(degrees[p], degree) for p, degree in found.items()}
    language.degrees = dict.fromkeys(degrees, sympy.oo)
    language.traced.clear()
