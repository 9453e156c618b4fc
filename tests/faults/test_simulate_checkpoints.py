"""Checkpoints that are damaged, of other runs, or of a process that was killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from fractions import Fraction as Q
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from theoryck.methods import METHODS, method
from theoryck.simulate import Below, Checkpoint, Outcome, simulate
from theoryck.simulate.errors import SimulationError
from theoryck.simulate.metrics import Last, Mean
from theoryck.simulate.noise import Gaussian
from theoryck.simulate.problems.data import LeastSquares
from theoryck.simulate.problems.quadratic import DiagonalQuadratic
from theoryck.simulate.quantities import gap, value
from theoryck.simulate.runs.checkpoint import CheckpointError
from theoryck.simulate.runs.fingerprint import fingerprint
from theoryck.simulate.runs.loop import OutOfTimeError

PLANE = DiagonalQuadratic((Q(1), Q(1, 2)))
RUNS = np.ones((3, 2))


def go(folder: Path | None, **changed: Any) -> Outcome:
    settings: dict[str, Any] = {
        "problem": PLANE,
        "method": METHODS["sgd"],
        "arguments": {"step": lambda k: 1 / (k + 2)},
        "start": RUNS,
        "steps": 12,
        "metrics": {"gap": Last(gap)},
        "noise": Gaussian(Q(1)),
        "checkpoint": None if folder is None else Checkpoint(folder, 5),
    } | changed
    return simulate(**settings)


@method
def other_sgd(x: Any, f: Any, *, step: Any) -> Any:
    """Half of it."""
    return x - 0.5 * step * f.sample_grad(x)


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"problem": DiagonalQuadratic((Q(1), Q(1, 3)))}, "problem"),
        ({"method": other_sgd}, "method"),
        ({"arguments": {"step": lambda k: 1 / (k + 3)}}, "arguments"),
        ({"arguments": {"step": 0.5}}, "arguments"),
        ({"start": RUNS * 2}, "start"),
        ({"steps": 13}, "steps"),
        ({"metrics": {"gap": Mean(gap)}}, "metrics"),
        ({"metrics": {"gap": Last(value)}}, "metrics"),
        ({"noise": Gaussian(Q(2))}, "noise"),
        ({"seed": 1}, "seed"),
        ({"stop": Below(gap, 1e-3)}, "rule for stopping"),
    ],
)
def test_a_checkpoint_of_other_runs_is_refused(
    changed: dict[str, Any], named: str, tmp_path: Path
) -> None:
    go(tmp_path)
    with pytest.raises(CheckpointError, match=f"of other runs: not the same {named}"):
        go(tmp_path, **changed)


def test_other_numbers_of_runs_have_other_files(tmp_path: Path) -> None:
    go(tmp_path)
    go(tmp_path, first=3)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["runs-0-2.npz", "runs-3-5.npz"]  # and no file that is half written


@given(place=st.floats(0, 1, exclude_max=True))
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_file_that_was_cut_off_is_refused(place: float, tmp_path: Path) -> None:
    go(tmp_path)
    file = tmp_path / "runs-0-2.npz"
    content = file.read_bytes()
    file.write_bytes(content[: int(place * len(content))])
    with pytest.raises(CheckpointError, match=r"runs-0-2.npz is damaged .* Delete it"):
        go(tmp_path)
    file.unlink()


@given(place=st.floats(0, 1, exclude_max=True), bits=st.integers(1, 255))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_file_with_a_wrong_byte_is_refused_or_does_no_harm(
    place: float, bits: int, tmp_path: Path
) -> None:
    right = go(tmp_path)
    file = tmp_path / "runs-0-2.npz"
    content = bytearray(file.read_bytes())
    content[int(place * len(content))] ^= bits
    file.write_bytes(bytes(content))
    try:
        found = go(tmp_path)
    except CheckpointError:
        return  # most bytes are under a checksum; a date in the archive is not
    finally:
        file.unlink(missing_ok=True)
    np.testing.assert_array_equal(found.last, right.last)


class Treacherous:
    """Does something when it is unpickled."""

    def __reduce__(self) -> Any:
        return (os._exit, (1,))


def test_nothing_in_a_checkpoint_is_evaluated(tmp_path: Path) -> None:
    np.savez(tmp_path / "runs-0-2.npz", head=np.array([Treacherous()], dtype=object))
    with pytest.raises(CheckpointError, match="damaged"):
        go(tmp_path)


def test_a_format_of_the_future_is_refused(tmp_path: Path) -> None:
    head = np.array(json.dumps({"format": 99, "prints": {}}))
    np.savez(tmp_path / "runs-0-2.npz", head=head)
    with pytest.raises(CheckpointError, match="format 99"):
        go(tmp_path)


def rewritten(file: Path, **arrays: Any) -> None:
    """The same file with other arrays in it, as a stranger could make it."""
    with np.load(file) as saved:
        content = dict(saved)
    np.savez(file, **{**content, **arrays})


@pytest.mark.parametrize(
    "arrays",
    [
        {"rows": np.array([0.5])},
        {"rows": np.array([2, 1])},
        {"alive": np.array([True])},
        {"last": np.zeros((3, 9))},
        {"measured gap": np.zeros(2)},
        {"facts": np.array(json.dumps({"k": 99, "tree": None}))},
        {"facts": np.array(json.dumps({"k": 5, "tree": [{"array": 77}]}))},
        {"facts": np.array(json.dumps([]))},
        {"array 0": np.zeros((1, 1))},
        {"streams numbers": np.array([7, 8, 9])},
        {"streams facts": np.array("{}")},
    ],
)
def test_arrays_that_do_not_fit_are_refused(arrays: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(OutOfTimeError):
        go(tmp_path, deadline=time.monotonic() - 1)
    rewritten(tmp_path / "runs-0-2.npz", **arrays)
    with pytest.raises(CheckpointError, match="damaged"):
        go(tmp_path)


def test_when_time_is_up_the_runs_are_saved(tmp_path: Path) -> None:
    with pytest.raises(OutOfTimeError, match="step 0 of 12"):
        go(tmp_path, deadline=time.monotonic() - 1)
    assert zipfile.is_zipfile(tmp_path / "runs-0-2.npz")
    np.testing.assert_array_equal(go(tmp_path).last, go(None).last)


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("here")
    with pytest.raises(SimulationError, match="cannot be"):
        go(tmp_path / "file")


@pytest.mark.parametrize("every", [0, -1, 1.5])
def test_a_checkpoint_every_so_many_steps(every: Any) -> None:
    with pytest.raises(SimulationError, match="positive number of steps"):
        Checkpoint("anywhere", every)


SCRIPT = """
import sys
import time
import numpy as np
from fractions import Fraction as Q
from theoryck.methods import METHODS
from theoryck.simulate import Checkpoint, simulate
from theoryck.simulate.metrics import Mean
from theoryck.simulate.noise import Gaussian
from theoryck.simulate.problems.quadratic import DiagonalQuadratic
from theoryck.simulate.quantities import gap

def run(folder):
    checkpoint = Checkpoint(folder, 7) if folder else None
    return simulate(
        DiagonalQuadratic((Q(1), Q(1, 2))), METHODS["momentum_sgd"],
        {"step": 0.1, "momentum": 0.5}, np.ones((3, 2)), 1500, {"mean": Mean(gap)},
        noise=Gaussian(Q(1)), checkpoint=checkpoint,
    )

if __name__ == "__main__":
    run(sys.argv[1])
"""


def test_a_killed_process_is_gone_on_from(tmp_path: Path) -> None:
    script, folder = tmp_path / "killed.py", tmp_path / "runs"
    script.write_text(SCRIPT)
    process = subprocess.Popen([sys.executable, str(script), str(folder)])
    file = folder / "runs-0-2.npz"
    while not file.exists() and process.poll() is None:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL, "it was to be killed before its end"
    names: dict[str, Any] = {"__name__": "killed"}
    exec(compile(SCRIPT, str(script), "exec"), names)  # the same functions as in the process
    resumed, plain = names["run"](folder), names["run"](None)
    np.testing.assert_array_equal(resumed.last, plain.last)
    np.testing.assert_array_equal(resumed.measured["mean"], plain.measured["mean"])


RATE = 0.5


def reads_its_module(k: int) -> float:
    return RATE / (k + 1)


def test_fingerprints_tell_functions_and_data_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    def made(rate: float) -> Any:
        return lambda k: rate / (k + 1)

    assert fingerprint(made(0.5)) == fingerprint(made(0.5))
    assert fingerprint(made(0.5)) != fingerprint(made(0.25))
    before = fingerprint(reads_its_module)
    monkeypatch.setitem(reads_its_module.__globals__, "RATE", 0.25)
    assert fingerprint(reads_its_module) != before
    values = [
        0.0, -0.0, 0, False, None, "", b"", 1j, (), (0,), (0.0,), ((),), [], {}, {"a": 0}, {"a": 1},
        Q(0), slice(0), range(3), np.zeros(1), np.zeros((1, 1)), np.array(0),
        np.float32(0), {1}, {1, 2}, partial(made, 1), partial(made, 2), made, np.sin, np.cos, len,
        PLANE.on, PLANE, LeastSquares(np.ones((2, 2)), np.ones(2)), int, float, np, simulate,
    ]  # fmt: skip
    assert len({fingerprint(value) for value in values}) == len(values)


def test_what_has_no_fingerprint_is_named(tmp_path: Path) -> None:
    with pytest.raises(SimulationError, match="no fingerprint of a generator"):
        fingerprint(k for k in range(3))
    generator = np.random.default_rng(0)
    with pytest.raises(SimulationError, match="no fingerprint of a Generator"):
        go(tmp_path, arguments={"step": lambda k: generator.random()})
