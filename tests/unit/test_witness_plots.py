"""theoryck plot: pictures of witnesses that hold, and a clear word about everything else."""

from __future__ import annotations

import json
import subprocess
import sys
from fractions import Fraction as F
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from theoryck.assumptions import ASSUMPTIONS
from theoryck.certificates import witness_document
from theoryck.certificates.function_documents import function_document
from theoryck.certificates.functions import LargestPiece, Quadratic
from theoryck.certificates.piecewise import Piecewise
from theoryck.certificates.witness import Witness
from theoryck.claims.reading import read_claim
from theoryck.cli import cli
from theoryck.methods import METHODS
from theoryck.report.plots import draw, picture

ONE, ZERO = F(1), F(0)
CLAIM = {
    "id": "gd",
    "method": "gradient_descent(step=1/4)",
    "assumptions": ["convex", "smooth(1)"],
    "initial": "norm(x[0] - x_star)**2 <= 2",
    "measure": "f(x[1]) - f_star",
    "bound": "1/100",
}


def of_function(function: Any, start: tuple[F, ...], **changes: Any) -> dict[str, Any]:
    claim = read_claim(CLAIM | changes)
    return function_document(claim, {}, "rationals", function, start)


def of_interpolant(dimension: int) -> dict[str, Any]:
    """The run on (1/2)*norm(x)**2 of the larger class with smoothness 2, as an interpolant."""
    claim = read_claim(CLAIM | {"assumptions": ["convex", "smooth(2)"]})
    d = ["1"] + ["1/2"] * (dimension - 1)
    size = sum(F(t) ** 2 for t in d)
    g1 = [str(F(3, 4) * F(t)) for t in d]
    witness = Witness(
        dimension,
        {"d": d, "g0": d, "g1": g1},
        {"h0": str(size / 2), "h1": str(size * F(9, 32))},
    )
    return witness_document(claim, {}, "rationals", witness)


HUBER = Piecewise((-ONE / 2, ONE / 2), (-ONE / 2, -ONE / 2, ONE / 2), (ZERO, ONE, ZERO))
PLANE = Quadratic(((ONE / 2, ZERO), (ZERO, ONE)))
SPACE = Quadratic(tuple(tuple(ONE if i == j else ZERO for j in range(3)) for i in range(3)))
DRAWN = {
    "a function on the line": of_function(HUBER, (ONE,)),
    "a function on the plane": of_function(PLANE, (ONE, ONE)),
    "an interpolant on the line": of_interpolant(1),
    "an interpolant on the plane": of_interpolant(2),
}
SIGNATURES = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}


def saved(data: Any, folder: Path) -> Path:
    path = folder / "witness.json"
    path.write_text(data if isinstance(data, str) else json.dumps(data))
    return path


def plot(data: Any, out: Path, folder: Path) -> Any:
    return CliRunner().invoke(cli, ["plot", str(saved(data, folder)), str(out)])


@pytest.mark.parametrize("what", DRAWN)
def test_a_witness_is_drawn(what: str, tmp_path: Path) -> None:
    for suffix in ("png",) if "plane" in what else SIGNATURES:
        out = tmp_path / f"picture.{suffix}"
        done = plot(DRAWN[what], out, tmp_path)
        assert done.exit_code == 0, done.output
        assert out.read_bytes().startswith(SIGNATURES[suffix])


@pytest.mark.parametrize("what", DRAWN)
def test_what_is_drawn_is_the_run(what: str) -> None:
    shown = picture(DRAWN[what], methods=METHODS, assumptions=ASSUMPTIONS)
    x, y = shown.iterates
    slope = {"a function on the line": [0.5], "a function on the plane": [0.5, 1]}
    gradient = np.array(slope.get(what, x))
    assert np.allclose(y, x - gradient / 4)
    assert shown.value(shown.minimiser) == pytest.approx(0, abs=1e-12)
    axes = draw(shown).axes[0]
    marked = next(line for line in axes.lines if line.get_label() == "x[k]")
    assert np.allclose(marked.get_xdata(), shown.iterates[:, 0])
    heights = shown.iterates[:, 1] if shown.dimension == 2 else [shown.value(x), shown.value(y)]
    assert np.allclose(marked.get_ydata(), heights)
    assert "above the bound 0.01" in axes.get_title()


LINE = DRAWN["a function on the line"]
REFUSED = {
    "three dimensions": (of_function(SPACE, (ONE, ZERO, ZERO)), "out.png", 2, "dimension 3"),
    "no witness": (LINE | {"kind": "upper-bound"}, "out.png", 2, "only a witness"),
    "no kind": ({}, "out.png", 2, "only a witness"),
    "a list": ([], "out.png", 2, "a table"),
    "no JSON": ("{", "out.png", 2, "no JSON"),
    "does not hold": (LINE | {"start": ["2"]}, "out.png", 1, "does not hold: the start"),
    "a changed claim": (
        LINE | {"claim": CLAIM | {"bound": "1"}},
        *("out.png", 1, "does not hold: the run does not violate"),
    ),
    "unknown suffix": (LINE, "out.gif", 2, "ends in .png"),
    "no suffix": (LINE, "out", 2, "ends in .png"),
    "no folder": (LINE, "none/out.png", 2, "none/out.png"),
}


@pytest.mark.parametrize("why", REFUSED)
def test_what_cannot_be_drawn_is_told(why: str, tmp_path: Path) -> None:
    data, out, code, said = REFUSED[why]
    done = plot(data, tmp_path / out, tmp_path)
    assert done.exit_code == code, done.output
    assert said in done.output
    assert "Traceback" not in done.output
    assert not (tmp_path / out).exists()


def test_a_witness_that_is_not_there_is_told(tmp_path: Path) -> None:
    done = CliRunner().invoke(cli, ["plot", str(tmp_path / "none.json"), str(tmp_path / "o.png")])
    assert done.exit_code == 2
    assert "none.json" in done.output


def test_kinks_in_many_dimensions_are_no_trouble_to_refuse(tmp_path: Path) -> None:
    kinked = LargestPiece(((ONE,) * 4, (-ONE,) * 4), (ZERO, ZERO), (ONE / 2, ONE / 2))
    changes = {"assumptions": ["convex", "lipschitz(2)"], "bound": "1/100"}
    done = plot(of_function(kinked, (ONE / 2,) * 4, **changes), tmp_path / "o.png", tmp_path)
    assert done.exit_code == 2
    assert "dimension 4" in done.output


def test_help_loads_no_matplotlib() -> None:
    code = (
        "import sys, theoryck.cli as c\n"
        "sys.argv = ['theoryck', 'plot', '--help']\n"
        "try: c.main()\n"
        "except SystemExit: pass\n"
        "import theoryck.report.plots\n"
        "print('matplotlib' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False"
