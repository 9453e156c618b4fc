"""The engines, which claims each has rules for, and how one is asked without being trusted."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import partial

from theoryck.check.faults import FAULT, fault, trail
from theoryck.check.rerun import rerun
from theoryck.claims.claim import Claim
from theoryck.errors import TheoryckError
from theoryck.verdict import EngineReport, Finding, Status

Examine = Callable[[Claim, float], EngineReport]


@dataclass(frozen=True)
class Engine:
    """An engine: ``module.examine(claim, deadline)`` looks at claims of these ``kinds``.

    ``options`` are further arguments of ``examine``, by name. The module is imported when it is
    first asked, so that no solver is loaded before that.
    """

    name: str
    module: str
    kinds: frozenset[str]
    options: tuple[tuple[str, str], ...] = ()

    def load(self) -> Examine:
        """The engine's entry point; imports the engine."""
        examine: Examine = importlib.import_module(self.module).examine
        return partial(examine, **dict(self.options)) if self.options else examine


# An engine that learns a new kind of claim is told here; until then it is not asked about it.
ENGINES: tuple[Engine, ...] = (
    Engine(
        "derive",
        "theoryck.derive",
        frozenset(
            (
                *("rate", "inequality", "identity", "schedule", "gradient", "membership"),
                *("implication", "equivalence", "complexity"),
            )
        ),
    ),
    Engine("pep", "theoryck.pep", frozenset({"rate"})),
    Engine("simulate", "theoryck.simulate", frozenset({"rate", "complexity"})),
)

SOLVING = "pep"  # the engine with a choice of solvers

NAMES: tuple[str, ...] = tuple(engine.name for engine in ENGINES)


class UnknownEngineError(TheoryckError, ValueError):
    """An engine was asked for that theoryck does not have."""


def select(names: Iterable[str], engines: tuple[Engine, ...] = ENGINES) -> tuple[Engine, ...]:
    """The engines of these names, in theoryck's own order, each once.

    Raises:
        UnknownEngineError: a name that is none, or no name at all.

    >>> [engine.name for engine in select(["pep", "derive"])]
    ['derive', 'pep']
    """
    wanted = [names] if isinstance(names, str) else list(names)
    known = [engine.name for engine in engines]
    for name in wanted:
        if name not in known:
            close = get_close_matches(name, known, n=1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            raise UnknownEngineError(f"no engine {name!r}: there are {', '.join(known)}{hint}")
    if not wanted:
        raise UnknownEngineError(f"no engine named: there are {', '.join(known)}")
    return tuple(engine for engine in engines if engine.name in wanted)


def with_solver(engines: Iterable[Engine], solver: str) -> tuple[Engine, ...]:
    """The engines, of which pep is told to use this solver.

    Raises:
        UnknownSolverError: no such solver is installed; the message lists those that are.
        UnknownEngineError: pep is not among the engines.

    >>> [engine.options for engine in with_solver(ENGINES, "clarabel")]
    [(), (('solver', 'clarabel'),), ()]
    """
    from theoryck.pep.solve import UnknownSolverError, solvers  # CVXPY is slow to import

    chosen = tuple(engines)
    if all(engine.name != SOLVING for engine in chosen):
        raise UnknownEngineError(f"a solver is for {SOLVING}, which is not among the engines")
    known = sorted(solvers())
    if solver not in known:
        close = get_close_matches(solver, known, n=1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        raise UnknownSolverError(f"no solver {solver!r}: installed are {', '.join(known)}{hint}")
    return tuple(
        replace(engine, options=(("solver", solver),)) if engine.name == SOLVING else engine
        for engine in chosen
    )


def route(kind: str, engines: Iterable[Engine]) -> tuple[Engine, ...]:
    """Those of the engines that have rules for claims of this kind.

    >>> [engine.name for engine in route("identity", ENGINES)]
    ['derive']
    """
    return tuple(engine for engine in engines if kind in engine.kinds)


def share(remaining: float, engines_left: int) -> float:
    """The seconds that the next engine may use; what it leaves over goes to the later ones.

    >>> share(60.0, 3)
    20.0
    """
    return max(remaining, 0.0) / engines_left


def ask(engine: Engine, claim: Claim, seconds: float) -> EngineReport:
    """The engine's report; an exception inside the engine becomes an inconclusive one.

    A witness of the kernel's kind is run again on the function rebuilt from it.

    ``seconds`` is cooperative: the engine is told its deadline and is expected to keep it.
    """
    start = time.monotonic()
    try:
        examine = engine.load()
        start = time.monotonic()  # importing a solver is not the claim's expense
        report = rerun(claim, replace(examine(claim, start + seconds), engine=engine.name))
    except Exception as error:
        report = failed(engine.name, error)
    return replace(report, seconds=time.monotonic() - start)


def failed(name: str, error: BaseException) -> EngineReport:
    """The report of an engine that raised: a fault of theoryck, not of the claim."""
    return EngineReport(
        engine=name,
        status=Status.INCONCLUSIVE,
        reason=f"{name} failed, {fault(error)}",
        findings=(Finding(FAULT, f"{name} failed, {fault(error)}"),),
        evidence=trail(error),
    )
