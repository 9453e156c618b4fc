"""Random numbers: one seed, one independent stream a run, whatever the runs are batched with."""

from __future__ import annotations

import hashlib
import json
import math
import operator
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from theoryck.simulate.backend import Backend
from theoryck.simulate.draws import LAWS
from theoryck.simulate.errors import SimulationError

AHEAD = 4096  # numbers that a run draws ahead at most, so that it draws seldom
MOST = 2**20  # numbers that all runs together draw ahead of one question at most: 8 MB
SHARE = 2**17  # numbers that are worth a thread: a millisecond's work
WORDS = 6  # 64-bit words of a generator's state


@dataclass(frozen=True)
class Question:
    """What is asked again and again: numbers of a law, of one shape for each run."""

    kind: str
    law: str
    parameter: float
    shape: tuple[int, ...]

    def text(self) -> str:
        """The question as JSON, which also tells its generators from those of other questions."""
        return json.dumps([self.kind, self.law, self.parameter, list(self.shape)])


@dataclass(frozen=True)
class _Ahead:
    """What was drawn ahead, of shape (runs, length, *shape), and how much of it was used."""

    generators: tuple[np.random.Generator, ...]
    block: Any
    used: int


@dataclass(frozen=True)
class _Pass:
    """A pass over the data: its order, of shape (runs, n), and how far it has come."""

    order: Any
    used: int


@dataclass(eq=False)
class Streams:
    """The random numbers of runs ``first, …, first + runs − 1`` of one seed.

    Each run has a generator of its own for each question, an SFC64 that is seeded with
    ``SeedSequence(seed, spawn_key=(run, question))``: a run sees the same numbers in any batch.
    They are drawn on the host, some steps ahead in blocks of bounded size, and then moved to
    where the backend computes. ``drawn`` says whether anything was asked at all, so a run that
    drew nothing is known to be deterministic.

    >>> from theoryck.simulate.backend import numpy_backend
    >>> both = Streams(numpy_backend(), seed=0, runs=2).normal("noise", 3)
    >>> second = Streams(numpy_backend(), seed=0, runs=1, first=1).normal("noise", 3)
    >>> bool((both[1] == second[0]).all())
    True
    """

    backend: Backend
    seed: int
    runs: int
    first: int = 0
    drawn: bool = False
    _numbers: tuple[int, ...] = ()
    _ahead: dict[Question, _Ahead] = field(default_factory=dict)
    _passes: dict[str, _Pass] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.seed = whole_number(self.seed, 0, "a seed must be a whole number >= 0")
        self.runs = whole_number(self.runs, 1, "at least one run expected, as a whole number")
        self.first = whole_number(
            self.first, 0, "the number of the first run must be a whole number"
        )
        self._numbers = self._numbers or tuple(range(self.first, self.first + self.runs))

    def normal(self, kind: str, *shape: int) -> Any:
        """Standard normal numbers of shape (runs, *shape)."""
        return self._next("normal", kind, shape)

    def uniform(self, kind: str, *shape: int) -> Any:
        """Numbers uniform on [0, 1) of shape (runs, *shape)."""
        return self._next("uniform", kind, shape)

    def exponential(self, kind: str, *shape: int) -> Any:
        """Exponential numbers of mean 1, of shape (runs, *shape)."""
        return self._next("exponential", kind, shape)

    def gamma(self, kind: str, order: float, *shape: int) -> Any:
        """Numbers of density t^(order − 1)e^(−t)/Γ(order), of shape (runs, *shape)."""
        if not 0 < order < math.inf:
            raise SimulationError(f"a gamma law of order > 0 expected, got {order}")
        return self._next("gamma", kind, shape, float(order))

    def integers(self, kind: str, n: int, *shape: int) -> Any:
        """Integers uniform on 0, …, n − 1, of shape (runs, *shape)."""
        return self._next("integers", kind, shape, whole_number(n, 1, COUNT))

    def permutation(self, kind: str, n: int) -> Any:
        """0, …, n − 1 in an order of its own for each run, of shape (runs, n)."""
        return self._next("permutation", kind, (whole_number(n, 1, COUNT),))

    def subset(self, kind: str, n: int, size: int) -> Any:
        """``size`` different ones of 0, …, n − 1, all subsets equally likely: (runs, size).

        Raises:
            SimulationError: there are not so many.
        """
        size = whole_number(size, 1, BATCH)
        if size > whole_number(n, 1, COUNT):
            raise SimulationError(
                f"a batch of {size} out of {n} components without replacement; "
                f"take at most {n}, or draw with replacement"
            )
        return self._next("subset", kind, (size,), n)

    def shuffled_pass(self, kind: str, n: int, size: int) -> Any:
        """The next ``size`` numbers of a pass over 0, …, n − 1 in random order, or as many as
        are left of it: of shape (runs, at most size). Each pass has an order of its own.
        """
        return self._continue(kind, n, size, lambda old: self.permutation(kind, n))

    def repeated_pass(self, kind: str, n: int, size: int) -> Any:
        """Like :meth:`shuffled_pass`, every pass of a run in the same random order."""

        def again(old: Any) -> Any:
            return self.permutation(kind, n) if old is None else old

        return self._continue(kind, n, size, again)

    def cyclic_pass(self, kind: str, n: int, size: int) -> Any:
        """Like :meth:`shuffled_pass`, every pass in the order 0, …, n − 1: nothing is random."""

        def again(old: Any) -> Any:
            order = np.tile(np.arange(n), (self.runs, 1))
            return self.backend.place(order) if old is None else old

        return self._continue(kind, n, size, again)

    def select(self, rows: Any) -> Streams:
        """The streams of some of the runs, which go on where they are.

        The streams that it is asked of must not be used any more.

        Args:
            rows: the places of these runs, as integers or as a mask.
        """
        chosen = np.arange(self.runs)[np.asarray(self.backend.to_numpy(rows))]
        if chosen.ndim != 1 or not len(chosen):
            raise SimulationError("at least one run must be left")
        xp, places = self.backend.xp, self.backend.place(chosen)

        def of(array: Any) -> Any:
            return xp.take(array, places, axis=0)

        return Streams(
            self.backend,
            self.seed,
            len(chosen),
            self.first,
            self.drawn,
            tuple(self._numbers[i] for i in chosen),
            {
                question: _Ahead(
                    tuple(ahead.generators[i] for i in chosen), of(ahead.block), ahead.used
                )
                for question, ahead in self._ahead.items()
            },
            {kind: replace(p, order=of(p.order)) for kind, p in self._passes.items()},
        )

    def state(self) -> dict[str, Any]:
        """Where the streams are, as NumPy arrays by name that need no pickle to be saved."""
        facts = {
            "drawn": self.drawn,
            "questions": [
                {"question": question.text(), "length": int(ahead.block.shape[1])}
                for question, ahead in self._ahead.items()
            ],
            "passes": {kind: p.used for kind, p in self._passes.items()},
        }
        arrays: dict[str, Any] = {
            "facts": np.array(json.dumps(facts)),
            "numbers": np.array(self._numbers, dtype=np.int64),
        }
        for i, ahead in enumerate(self._ahead.values()):
            # what was drawn ahead is kept as it is: a generator cannot be turned back
            arrays[f"ahead {i}"] = self.backend.to_numpy(ahead.block)[:, ahead.used :]
            arrays[f"generators {i}"] = np.stack([_words(g) for g in ahead.generators])
        for i, p in enumerate(self._passes.values()):
            arrays[f"pass {i}"] = self.backend.to_numpy(p.order)
        return arrays

    def restore(self, state: Mapping[str, Any]) -> Streams:
        """The streams of this seed as they were when :meth:`state` was taken.

        Raises:
            SimulationError: it is not a state of streams.
        """
        try:
            return self._restored(state)
        except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
            raise SimulationError(
                f"no state of random streams ({type(error).__name__}: {error}); "
                "one that Streams.state() gave is expected"
            ) from error

    def _restored(self, state: Mapping[str, Any]) -> Streams:
        facts = json.loads(str(state["facts"]))
        numbers = tuple(int(n) for n in state["numbers"])
        runs = len(numbers)
        ahead = {}
        for i, entry in enumerate(facts["questions"]):
            kind, law, parameter, shape = json.loads(entry["question"])
            question = Question(str(kind), law, float(parameter), tuple(int(s) for s in shape))
            rest: Any = np.asarray(state[f"ahead {i}"], dtype=LAWS[law].dtype)
            used = int(entry["length"]) - rest.shape[1]
            words = np.asarray(state[f"generators {i}"], dtype=np.uint64)
            if rest.shape[0] != runs or rest.shape[2:] != question.shape or used < 0:
                raise ValueError(f"numbers of shape {rest.shape}")
            if not _plausible(question, rest):
                raise ValueError(f"numbers that no {law} law gives")
            if words.shape != (runs, WORDS):
                raise ValueError(f"generators of shape {words.shape}")
            # only the place of what was used is kept, so that blocks go on growing as before
            gone = np.zeros((runs, used, *question.shape), dtype=rest.dtype)
            block = self.backend.place(np.concatenate([gone, rest], axis=1))
            ahead[question] = _Ahead(tuple(_generator(row) for row in words), block, used)
        passes = {}
        for i, (kind, used) in enumerate(facts["passes"].items()):
            order = np.asarray(state[f"pass {i}"], dtype=np.int64)
            if order.ndim != 2 or order.shape[0] != runs or not 0 <= used <= order.shape[1]:
                raise ValueError(f"a pass of shape {order.shape}")
            if not np.array_equal(
                np.sort(order, axis=1), np.tile(np.arange(order.shape[1]), (runs, 1))
            ):
                raise ValueError("a pass that does not meet every component once")
            passes[kind] = _Pass(self.backend.place(order), int(used))
        return Streams(
            self.backend, self.seed, runs, self.first, bool(facts["drawn"]), numbers, ahead, passes
        )

    def _next(self, law: str, kind: str, shape: tuple[int, ...], parameter: float = 0.0) -> Any:
        self.drawn = True
        wanted = f"numbers of shape {shape}: a batch and a dimension must be positive whole numbers"
        shape = tuple(whole_number(size, 1, wanted) for size in shape)
        question = Question(kind, law, parameter, shape)
        ahead = self._ahead.get(question)
        if ahead is None:
            ahead = self._drawn(question, self._spawn(question), 1)
        elif ahead.used == ahead.block.shape[1]:
            # longer blocks as the run goes on; where a generator's numbers are cut is no matter
            size = max(1, math.prod(shape))
            longest = max(1, min(AHEAD // size, MOST // (size * self.runs)))
            ahead = self._drawn(question, ahead.generators, min(2 * ahead.used, longest))
        self._ahead[question] = replace(ahead, used=ahead.used + 1)
        return ahead.block[:, ahead.used, ...]

    def _drawn(
        self, question: Question, generators: tuple[np.random.Generator, ...], length: int
    ) -> _Ahead:
        law = LAWS[question.law]
        # a new array each time: a method may keep a view of the old one
        block: Any = np.empty((self.runs, length, *question.shape), dtype=law.dtype)

        def fill(part: slice) -> None:
            for generator, row in zip(generators[part], block[part], strict=True):
                law.fill(generator, row, question.parameter)

        threads = min(os.cpu_count() or 1, block.size // SHARE)
        if threads > 1:
            # NumPy draws without the interpreter's lock, and each run has a generator of its own
            size = -(-self.runs // threads)
            with ThreadPoolExecutor(threads) as pool:
                list(pool.map(fill, (slice(i, i + size) for i in range(0, self.runs, size))))
        else:
            fill(slice(None))
        block = law.finish(block, question.parameter)
        return _Ahead(generators, self.backend.place(block), 0)

    def _spawn(self, question: Question) -> tuple[np.random.Generator, ...]:
        digest = hashlib.blake2b(question.text().encode(), digest_size=8).digest()
        number = int.from_bytes(digest, "big")
        return tuple(
            np.random.Generator(
                np.random.SFC64(np.random.SeedSequence(self.seed, spawn_key=(run, number)))
            )
            for run in self._numbers
        )

    def _continue(self, kind: str, n: int, size: int, order: Any) -> Any:
        size, n = whole_number(size, 1, BATCH), whole_number(n, 1, COUNT)
        place = f"{kind} {n}"
        now = self._passes.get(place)
        if now is None or now.used == n:
            now = _Pass(order(None if now is None else now.order), 0)
        end = min(now.used + size, n)
        self._passes[place] = replace(now, used=end)
        return now.order[:, now.used : end]


BATCH = "a batch must be a positive whole number"
COUNT = "a number of components must be a positive whole number"


def whole_number(value: Any, least: int, wanted: str) -> int:
    """An integer of at least that size.

    Args:
        wanted: what is wanted, for the error.

    Raises:
        SimulationError: it is none.
    """
    try:
        number = operator.index(value)
    except TypeError as error:
        raise SimulationError(f"{wanted}, got {value!r}") from error
    if number < least or isinstance(value, bool):
        raise SimulationError(f"{wanted}, got {value!r}")
    return number


def _plausible(question: Question, numbers: Any) -> bool:
    """Whether the law might have given the numbers."""
    if question.law in ("integers", "subset", "permutation"):
        count = question.shape[0] if question.law == "permutation" else question.parameter
        return bool(np.all((numbers >= 0) & (numbers < count)))
    return bool(np.all(np.isfinite(numbers)))


def _words(generator: np.random.Generator) -> Any:
    state: Any = generator.bit_generator.state
    return np.array(
        [*state["state"]["state"], state["has_uint32"], state["uinteger"]], dtype=np.uint64
    )


def _generator(words: Any) -> np.random.Generator:
    bits = np.random.SFC64()
    bits.state = {
        "bit_generator": "SFC64",
        "state": {"state": np.array(words[:4], dtype=np.uint64)},
        "has_uint32": int(words[4]),
        "uinteger": int(words[5]),
    }
    return np.random.Generator(bits)
